/** `<carto-legend>`: the colours, sizes and categories of a layer's style, as the server computed them. */
import { type CSSResultGroup, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { AnyMetadata, BucketsMetadata, Layer } from '../types/layer.js';
import { LEGEND_STYLES } from './legend-styles.js';
import { colourOf, sideOf, symbol } from './legend-symbol.js';
import { numberText } from './locale.js';
import { type Failure, Widget } from './widget.js';

/** Colours of more classes than this are one bar with its ends named. */
const CLASSES = 8;
/** A list of more than this has a height of its own, and scrolls. */
const ROWS = 10;
/** What is shown of a rule at most: nobody reads more, and a style is not always the page's. */
const MOST = 500;

interface Row {
  value: unknown;
  text: string;
}

export class LegendWidget extends Widget {
  static override styles: CSSResultGroup[] = [...super.styles, LEGEND_STYLES];
  static override properties: PropertyDeclarations = {
    layer: { attribute: false },
    labels: { attribute: false },
    rules: { state: true },
    isOff: { state: true },
  };

  declare layer: Layer | null | undefined;
  declare labels: Readonly<Record<string, string>> | undefined;
  declare protected rules: readonly AnyMetadata[] | undefined;
  declare protected isOff: boolean;

  #followed: Layer | undefined;

  readonly #listeners = {
    metadataChanged: ({ styles }: { styles: AnyMetadata[] }): void => this.#take(styles),
    visibilityChanged: (isVisible: boolean): void => void (this.isOff = !isVisible),
    error: (error: Failure): void => {
      this.failure = error;
      this.state = 'error';
    },
  };

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.layer) this.#follow(this.layer);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#follow(undefined);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('layer') && this.isConnected) this.#follow(this.layer ?? undefined);
    super.willUpdate(changed);
  }

  #follow(layer: Layer | undefined): void {
    const before = this.#followed;
    if (before === layer) return;
    before?.off(this.#listeners);
    layer?.on(this.#listeners);
    this.#followed = layer;
    // What is off the page keeps showing what it showed, for when it comes back.
    if (!layer && this.layer) return;
    this.isOff = layer?.isHidden() ?? false;
    // A layer of CARTO.js cannot be asked: its legend is filled by the next event.
    const rules = layer?.getMetadata?.();
    if (rules) return this.#take(rules);
    this.rules = undefined;
    this.state = layer ? 'loading' : 'idle';
  }

  #take(rules: readonly AnyMetadata[]): void {
    this.failure = undefined;
    this.rules = rules;
    this.state = rules.length ? 'loaded' : 'empty';
  }

  protected override get label(): string {
    return this.say('legend');
  }

  protected override say(name: Parameters<Widget['say']>[0], values?: Record<string, string>): string {
    return super.say(name === 'empty' ? 'sameLook' : name, values);
  }

  protected override body(): unknown {
    const off = this.isOff ? html`<p class="note" part="note">${this.say('hiddenLayer')}</p>` : nothing;
    return [off, this.rules?.map((rule, index) => this.#rule(rule, index)) ?? nothing];
  }

  /** A text in place of a name of the data, where the page has one. */
  #name(name: unknown): string {
    const text = String(name);
    return this.labels && Object.hasOwn(this.labels, text) ? this.labels[text]! : text;
  }

  #rule(rule: AnyMetadata, index: number): TemplateResult {
    const column = rule.getColumn();
    const id = `rule-${index}`;
    const title = column === undefined ? this.label : this.#name(column);
    return html`<div class=${this.isOff ? 'rule off' : 'rule'} part="rule">
      <div class="title" part="title" id=${id}>${title}</div>
      ${this.#isBar(rule) ? this.#bar(rule, title) : this.#list(rule.getProperty(), this.#rows(rule), id)}
    </div>`;
  }

  #isBar(rule: AnyMetadata): rule is BucketsMetadata {
    return 'getBuckets' in rule && rule.getBuckets().length > CLASSES && rule.getBuckets().every(({ value }) => colourOf(value));
  }

  /** A number of a class, with as many digits as tell its classes apart. */
  #edge(value: unknown, rule: BucketsMetadata): string {
    const number = typeof value === 'number' ? value : NaN;
    if (Number.isNaN(number)) return String(value ?? '…');
    if (this.format) return this.format(number, this.language);
    const step = Math.abs(rule.getMax() - rule.getMin()) / rule.getBuckets().length;
    const digits = Number.isFinite(step) && step > 0 ? Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(step)))) : 2;
    return numberText(number, this.language, { maximumFractionDigits: digits });
  }

  #rows(rule: AnyMetadata): Row[] {
    if ('getBuckets' in rule) {
      return rule.getBuckets().map(({ min, max, value }) => {
        const [from, to] = [this.#edge(min, rule), this.#edge(max, rule)];
        return { value, text: from === to ? from : this.say('range', { from, to }) };
      });
    }
    const rows = rule.getCategories().map(({ name, value }) => {
      const isNumber = typeof name === 'number' && !(this.labels && Object.hasOwn(this.labels, String(name)));
      return { value, text: name === null || name === '' ? this.say('noValue') : isNumber ? this.number(name) : this.#name(name) };
    });
    const rest = rule.getDefaultValue();
    if (symbol(rule.getProperty(), rest)) rows.push({ value: rest as string, text: this.say('others') });
    return rows;
  }

  #list(property: string, rows: Row[], id: string): TemplateResult {
    const shown = rows.slice(0, MOST);
    const side = Math.max(...shown.map(({ value }) => sideOf(property, value)));
    const isLong = shown.length > ROWS;
    return html`<ul class=${isLong ? 'rows long' : 'rows'} part="list" role="list" aria-labelledby=${id} tabindex=${isLong ? 0 : nothing} .style=${`--_side: ${side}px`}>
      ${shown.map(({ value, text }) => html`<li part="row"><span class="cell" part="symbol" aria-hidden="true">${symbol(property, value)}</span><span part="label">${text}</span></li>`)}
      ${rows.length > MOST ? html`<li part="row">${'…'}</li>` : nothing}
    </ul>`;
  }

  #bar(rule: BucketsMetadata, title: string): TemplateResult {
    const buckets = rule.getBuckets().slice(0, MOST);
    const [from, to] = [this.#edge(rule.getMin(), rule), this.#edge(rule.getMax(), rule)];
    return html`<div class="bar" part="bar" role="img" aria-label="${title}: ${this.say('range', { from, to })}">
        ${buckets.map(({ value }) => html`<i .style=${`color: ${value}`}></i>`)}
      </div>
      <div class="ends" part="ends"><span part="label">${from}</span><span part="label">${to}</span></div>`;
  }
}
