import type { Histogram, HistogramData } from '../types/dataview-histogram.js';
import { type Bin, numberTicks, type Range, type Tick } from './bins.js';
import { ChartWidget } from './chart.js';

/** `<carto-histogram>`: rows by ranges of a number. */
export class HistogramWidget extends ChartWidget<HistogramData, Histogram> {
  /** The two ends of everything, as they were before a part was shown. */
  #whole: Range | null = null;

  protected override changedDataview(): void {
    super.changedDataview();
    this.#whole = null;
  }

  protected override bins(): readonly Bin[] {
    return this.data?.bins ?? [];
  }

  protected override get extent(): Range | null {
    const bins = this.bins();
    return this.#whole ?? (bins.length ? [bins[0]!.start, bins.at(-1)!.end] : null);
  }

  protected override marks(ends: Range): Tick[] {
    return numberTicks(ends, this.width, (value) => this.shortNumber(value));
  }

  protected override endText(value: number): string {
    return this.shortNumber(value);
  }

  /** The server makes the bins of a part anew: finer ones. */
  protected override show(view: Range | null): void {
    const whole = this.extent;
    const ends = view ?? whole;
    if (ends) this.dataview?.setStartEnd(ends[0], ends[1]);
    this.#whole = view ? whole : null;
  }

  protected override conditions(): Record<string, unknown> | null {
    if (!this.selection) return null;
    const [gte, end] = this.selection;
    // The last bin includes its end.
    return end >= (this.extent?.[1] ?? Infinity) ? { gte, lte: end } : { gte, lt: end };
  }
}
