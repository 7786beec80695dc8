import { type PropertyDeclarations, type PropertyValues } from 'lit';
import type { TimeSeries, TimeSeriesData } from '../types/dataview-time-series.js';
import { barsOf, type Bin, dateParts, edgesOf, type Range, type Tick, timeTicks, within } from './bins.js';
import { moved } from './brush.js';
import { ChartWidget } from './chart.js';
import { PAUSE, PLAY } from './icons.js';
import { dateText } from './locale.js';

/** The shortest time between two steps: each costs a map request. */
const QUICKEST = 200;

/** `<carto-time-series>`: rows by spans of time. */
export class TimeSeriesWidget extends ChartWidget<TimeSeriesData, TimeSeries> {
  static override properties: PropertyDeclarations = { interval: { type: Number }, playing: { type: Boolean, reflect: true } };

  declare interval: number;
  declare playing: boolean;

  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.interval = 1000;
    this.playing = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.pause();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    // The attribute alone starts it, too.
    if (changed.has('playing') && this.playing && this.#timer === undefined) this.#wait();
  }

  #all(): Bin[] {
    const bins = this.data?.bins ?? [];
    // The data's ends are the last seconds, so that the next bin tells where one ends.
    return bins.map(({ start, end, freq }, index) => ({ start, end: bins[index + 1]?.start ?? end + 1, freq }));
  }

  protected override bins(): readonly Bin[] {
    return within(this.#all(), this.view);
  }

  protected override get extent(): Range | null {
    const bins = this.#all();
    return bins.length ? [bins[0]!.start, bins.at(-1)!.end] : null;
  }

  protected override show(): void {}

  /** A time in the days of the dataview. */
  #text(seconds: number, parts: Intl.DateTimeFormatOptions): string {
    return dateText((seconds + this.#shift) * 1000, this.language, parts);
  }

  /** Seconds from UTC to the days of the dataview. */
  get #shift(): number {
    return (this.data?.offset ?? 0) * 3600;
  }

  protected override marks([start, end]: Range): Tick[] {
    const shift = this.#shift;
    return timeTicks([start + shift, end + shift], this.width, (seconds, step) => dateText(seconds * 1000, this.language, dateParts(step)));
  }

  protected override endText(value: number, isEnd: boolean): string {
    const [first] = this.bars;
    const step = first ? first.end - first.start : 0;
    const parts = dateParts(step);
    const whole: Intl.DateTimeFormatOptions = parts.hour ? { dateStyle: 'medium', timeStyle: 'short' } : parts.day ? { dateStyle: 'medium' } : parts;
    // The last day that is included, not the first one that is not.
    return this.#text(isEnd ? value - 1 : value, whole);
  }

  protected override conditions(): Record<string, unknown> | null {
    if (!this.selection) return null;
    const [start, end] = this.selection;
    return { gte: new Date(start * 1000), lt: new Date(end * 1000) };
  }

  protected override touched(): void {
    this.pause();
  }

  play(): void {
    if (this.playing) return;
    this.playing = true;
    this.#step();
  }

  pause(): void {
    this.playing = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#step(), Math.max(QUICKEST, Number(this.interval) || 0));
  }

  readonly #step = (): void => {
    if (!this.playing || !this.isConnected) return;
    this.#wait();
    // Nobody looks at a hidden page, and a step that overtakes its data shows nothing.
    if (document.hidden || this.state !== 'loaded' || this.dataview?.isLoading()) return;
    const count = this.bars.length;
    if (!count) return;
    const selected = barsOf(edgesOf(this.bars), this.selection);
    const width = selected ? selected[1] - selected[0] : Math.max(1, Math.round(count / 10));
    const isAtEnd = !selected || selected[1] === count || width === count;
    this.settle(isAtEnd ? [0, Math.min(width, Math.max(1, count - 1))] : moved(selected, 1, count));
  };

  protected override buttons(): unknown {
    if (!this.isSelectable) return '';
    return this.playing ? this.button('pause', PAUSE, () => this.pause()) : this.button('play', PLAY, () => this.play());
  }
}
