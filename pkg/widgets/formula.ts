import { css, type CSSResultGroup, html, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Formula, FormulaData } from '../types/dataview-formula.js';
import { DataviewWidget } from './dataview-widget.js';
import { numberText } from './locale.js';

/** `<carto-formula>`: one number. */
export class FormulaWidget extends DataviewWidget<FormulaData, Formula> {
  static override styles: CSSResultGroup[] = [
    ...super.styles,
    css`
      .value {
        font-size: var(--carto-value-size, 2.3em);
        font-weight: 700;
        line-height: 1.15;
        letter-spacing: -0.03em;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }
      .unit {
        margin-inline-start: 0.3em;
        font-size: 0.5em;
        font-weight: 600;
        letter-spacing: 0;
        color: var(--_soft);
      }
      .skeleton {
        display: inline-block;
        inline-size: 4ch;
        block-size: 0.75em;
        border-radius: 5px;
        background: var(--_wash);
      }
    `,
  ];
  static override properties: PropertyDeclarations = { unit: {}, notation: {}, digits: { type: Number } };

  declare unit: string;
  declare notation: 'standard' | 'compact';
  declare digits: number | undefined;

  constructor() {
    super();
    this.unit = '';
    this.notation = 'standard';
  }

  protected override isEmpty({ result }: FormulaData): boolean {
    return typeof result !== 'number';
  }

  #text(value: number): string {
    if (this.format) return this.format(value, this.language);
    const isCompact = this.notation === 'compact';
    const digits = this.digits;
    const options: Intl.NumberFormatOptions = isCompact
      ? { notation: 'compact', maximumSignificantDigits: digits ?? 3 }
      : { maximumFractionDigits: digits ?? 2, minimumFractionDigits: digits ?? 0 };
    return numberText(value, this.language, options);
  }

  protected override body(): TemplateResult {
    const value = this.data?.result;
    if (typeof value !== 'number') return html`<div class="value" part="value"><span class="skeleton"></span></div>`;
    const unit = this.unit ? html`<span class="unit" part="unit">${this.unit}</span>` : '';
    return html`<div class="value" part="value" title=${numberText(value, this.language)}>${this.#text(value)}${unit}</div>`;
  }
}
