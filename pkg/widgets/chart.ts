import { type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { barsOf, type Bin, countOf, edgesOf, grouped, type Range, rowTicks, type Tick } from './bins.js';
import { Brush } from './brush.js';
import { chartStyles } from './chart-styles.js';
import type { DataviewLike } from './dataview-widget.js';
import { CROSS, WHOLE, ZOOM } from './icons.js';
import { SelectingWidget } from './selecting-widget.js';
import type { ExceptingDataview } from './source-filter.js';
import type { Texts } from './texts.js';
import { vars } from './vars.js';

/** Room beside the bars for numbers of rows: `--_gutter`. */
const GUTTER = 38;
/** A bar and its gap need as many pixels. */
const NARROWEST = 4;

/** A widget of bars along an axis, with a brush. */
export abstract class ChartWidget<Data extends { bins: readonly { freq: number }[] }, Dataview extends DataviewLike & ExceptingDataview> extends SelectingWidget<Data, Dataview, Range | null> {
  static override styles: CSSResultGroup[] = [...super.styles, chartStyles];
  static override properties: PropertyDeclarations = { width: { state: true }, draft: { state: true }, over: { state: true }, view: { state: true } };

  /** How wide the chart is. */
  declare protected width: number;
  /** The bars that are being selected. */
  declare protected draft: [number, number] | null;
  /** The bar under the pointer. */
  declare protected over: number | null;
  /** What is shown in the whole width; null for everything. */
  declare protected view: Range | null;

  #sizes?: ResizeObserver;
  readonly #brush = new Brush({
    count: () => this.#bars.length,
    selected: () => this.draft ?? barsOf(edgesOf(this.#bars), this.selection),
    isRightToLeft: () => this.isRightToLeft,
    draw: (bars) => {
      this.touched();
      this.draft = bars;
    },
    settle: (bars) => this.settle(bars),
    hover: (bar) => (this.over = bar),
  });
  #bars: Bin[] = [];

  constructor() {
    super('Range', null);
    this.width = 320;
    this.draft = this.over = this.view = null;
  }

  /** All bins of the data that are in view. */
  protected abstract bins(): readonly Bin[];
  /** The marks of the axis, for ends in its unit. */
  protected abstract marks(ends: Range): Tick[];
  /** An end as text; `isEnd` for one that is not included itself. */
  protected abstract endText(value: number, isEnd: boolean): string;
  /** The two ends of everything. */
  protected abstract get extent(): Range | null;
  /** Shows a part, or everything. */
  protected abstract show(view: Range | null): void;

  /** The visitor took the brush. */
  protected touched(): void {}

  /** More buttons below the chart. */
  protected buttons(): unknown {
    return nothing;
  }

  /** The bars that are shown. */
  protected get bars(): readonly Bin[] {
    return this.#bars;
  }

  protected override isEmpty({ bins }: Data): boolean {
    // Where something is selected, it can be taken back.
    return !this.selection && !bins.some(({ freq }) => freq > 0);
  }

  protected override changedDataview(): void {
    this.view = this.draft = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes = new ResizeObserver(([entry]) => {
      const { paddingInlineStart } = getComputedStyle(this.renderRoot.querySelector('.widget') ?? this);
      if (entry) this.width = Math.max(40, Math.round(entry.contentRect.width - 2 * parseFloat(paddingInlineStart) - GUTTER));
    });
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes?.disconnect();
    this.#brush.cancel();
  }

  /** Selects some of the bars; all of them are no selection, unless they are a part of everything. */
  protected settle(bars: [number, number] | null): void {
    const edges = edgesOf(this.#bars);
    this.draft = null;
    const isAll = !bars || (bars[0] === 0 && bars[1] === edges.length - 1 && !this.view);
    const next: Range | null = isAll ? null : [edges[bars[0]]!, edges[bars[1]]!];
    if (next?.[0] !== this.selection?.[0] || next?.[1] !== this.selection?.[1]) this.select(next);
  }

  zoom(): void {
    // What the keyboard selected a moment ago counts.
    if (this.draft) this.settle(this.draft);
    this.#brush.cancel();
    if (!this.selection) return;
    this.view = this.selection;
    this.show(this.selection);
  }

  reset(): void {
    this.touched();
    this.#brush.cancel();
    if (this.view) this.show(null);
    this.view = this.draft = null;
    if (this.selection) this.select(null);
  }

  protected rangeText([from, to]: Range): string {
    return this.say('range', { from: this.endText(from, false), to: this.endText(to, true) });
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    this.#bars = grouped(this.bins(), Math.floor(this.width / NARROWEST));
    // Other data may have fewer bars than what is being selected.
    if (this.draft && this.draft[1] > this.#bars.length) this.draft = null;
  }

  protected override body(): TemplateResult {
    if (!this.data?.bins.length) return html`<div class="chart skeleton" aria-hidden="true"><div class="plot"></div><div class="axis"></div></div>`;
    const bars = this.#bars;
    const edges = edgesOf(bars);
    const most = Math.max(1, ...bars.map(({ freq }) => freq));
    const selected = this.draft ?? barsOf(edges, this.selection);
    const isOut = (index: number): boolean => !!selected && (index < selected[0] || index >= selected[1]);
    const bar = ({ freq }: Bin, index: number): TemplateResult =>
      html`<span part="bar" class="${freq ? '' : 'none'} ${isOut(index) ? 'out' : ''} ${index === this.over ? 'over' : ''}" ${vars({ '--share': String(freq / most) })}></span>`;
    const line = (rows: number): TemplateResult => html`<div class="line" part="grid" ${vars({ '--at': String(rows / most) })}><span>${this.shortNumber(rows)}</span></div>`;
    const mark = ({ at, text }: Tick): TemplateResult => html`<span part="tick" ${vars({ '--at': String(at) })}>${text}</span>`;
    const ends: Range = [edges[0]!, edges.at(-1)!];
    const summary = `${this.heading || this.label}: ${this.rangeText(ends)}, ${this.number(countOf(bars, [0, bars.length]))}`;
    return html`<div class="chart" part="chart">
        <div class="plot" part="plot">
          <div role="img" aria-label=${summary}>
            ${rowTicks(most, 3).map(line)}
            <div class="bars" ${vars({ '--gap': this.width / bars.length > 6 ? '2px' : '1px' })}>${bars.map(bar)}</div>
          </div>
          ${this.isSelectable ? this.#brush.render(selected, edges, { from: this.say('from'), to: this.say('to'), text: (value, isEnd) => this.endText(value, isEnd) }) : nothing}
        </div>
        <div class="axis" part="axis" aria-hidden="true">${this.marks(ends).map(mark)}</div>
      </div>
      ${this.#foot(selected, bars)}`;
  }

  /** A button that is a picture, with its text as name and tooltip. */
  protected button(name: keyof Texts, icon: TemplateResult, act: () => void): TemplateResult {
    const text = this.say(name);
    return html`<button type="button" part=${`button ${name}`} aria-label=${text} title=${text} @click=${act}>${icon}</button>`;
  }

  #foot(selected: [number, number] | null, bars: readonly Bin[]): TemplateResult {
    const edges = edgesOf(bars);
    const shown: [number, number] = this.draft ?? (this.over !== null && this.over < bars.length ? [this.over, this.over + 1] : (selected ?? [0, bars.length]));
    const canZoom = !!selected && selected[1] - selected[0] < bars.length;
    return html`<div class="foot" part="foot">
      <span class="caption" part="caption"><b>${this.number(countOf(bars, shown))}</b> ${'·'} ${this.rangeText([edges[shown[0]]!, edges[shown[1]]!])}</span>
      ${this.buttons()}
      ${canZoom && this.isSelectable ? this.button('zoom', ZOOM, () => this.zoom()) : nothing}
      ${this.view ? this.button('reset', WHOLE, () => this.reset()) : this.selection ? this.button('clear', CROSS, () => this.reset()) : nothing}
    </div>`;
  }
}
