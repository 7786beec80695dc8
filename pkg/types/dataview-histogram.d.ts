import type { Base, DataviewEvents } from './dataview-base';
import type { RowFilter } from './filter';
import type { CartoError } from './error';
import type { AnySource } from './source';

/** A bin of a {@link Histogram}. */
export interface HistogramBin {
  /** Its place, from 0. */
  bin: number;
  /** Where it starts, in the column's unit. */
  start: number;
  /** Where it ends, in the column's unit. */
  end: number;
  /** Rows in it. */
  freq: number;
  /** Rows in it as a share of those of the fullest bin, 0 to 1. */
  normalized: number;
  /** Smallest value in it; left out when it is empty. */
  min?: number;
  /** Largest value in it; left out when it is empty. */
  max?: number;
  /** Average in it; left out when it is empty. */
  avg?: number;
}

/** The data of a {@link Histogram}. */
export interface HistogramData {
  /** The bins, in their order. */
  bins: HistogramBin[];
  /** Rows without a value. */
  nulls: number;
  /** Rows in all bins. */
  totalAmount: number;
}

/** The options of a {@link Histogram}. */
export interface HistogramOptions {
  /** How many bins: a whole number, 1 or more (10). A server may make fewer. */
  bins?: number;
  /** Where the first bin starts, in the column's unit; together with `end`, else where the data do. */
  start?: number | null;
  /** Where the last bin ends, in the column's unit. */
  end?: number | null;
  /** Filters of the source that do not count here: what a widget selects must not hide what can be selected. */
  exceptFilters?: RowFilter[];
}

/** The events of a {@link Histogram}. */
export type HistogramEvents = DataviewEvents<HistogramData> & {
  /** Another number of bins is in use. */
  binsChanged: [bins: number];
  /** The first bin starts elsewhere: what {@link Histogram.setStartEnd} was given. */
  startChanged: [start: number | null | undefined];
  /** The last bin ends elsewhere: what {@link Histogram.setStartEnd} was given. */
  endChanged: [end: number | null | undefined];
};

/** Flat `F`, rising `J`, falling `L`, a hill `A`, a valley `U`, or else `S`. */
export type Distribution = 'F' | 'J' | 'L' | 'A' | 'U' | 'S';

export interface Histogram extends Base<HistogramData, HistogramEvents> {}
/**
 * Rows by ranges of a number.
 *
 * @example
 * ```js
 * const sizes = new carto.dataview.Histogram(cities, 'pop_max', { bins: 20 });
 * sizes.on('dataChanged', ({ bins }) => console.log(bins.map(({ start, end, freq }) => `${start} to ${end}: ${freq}`)));
 * await client.addDataview(sizes);
 * ```
 */
export class Histogram {
  /**
   * @throws {@link CartoError} `validation:dataview:source-required`, `validation:dataview:column-required`,
   * `validation:dataview:column-string`, `validation:dataview:empty-column`, `validation:dataview:histogram-invalid-bins`,
   * `validation:dataview:histogram-invalid-start-end`
   * @example
   * ```js
   * const sizes = new carto.dataview.Histogram(cities, 'pop_max', { bins: 5, start: 0, end: 10_000_000 });
   * ```
   */
  constructor(source: AnySource, column: string, options?: HistogramOptions | null);
  /**
   * How many bins were asked for.
   *
   * @example
   * ```js
   * console.log(histogram.getBins());
   * ```
   */
  getBins(): number;
  /**
   * Replaces the number of bins, without a map request.
   *
   * @throws {@link CartoError} `validation:dataview:histogram-invalid-bins`
   * @example
   * ```js
   * histogram.setBins(50);
   * ```
   */
  setBins(bins: number): this;
  /**
   * Where the first bin starts, in the column's unit: as it was set, else as the data have it; undefined before they are known.
   *
   * @example
   * ```js
   * console.log(histogram.getStart(), histogram.getEnd());
   * ```
   */
  getStart(): number | undefined;
  /**
   * Where the last bin ends, in the column's unit.
   *
   * @example
   * ```js
   * console.log(histogram.getStart(), histogram.getEnd());
   * ```
   */
  getEnd(): number | undefined;
  /**
   * Sets both ends, in the column's unit, without a map request; without numbers the present ones stay.
   *
   * @throws {@link CartoError} `validation:dataview:histogram-invalid-start-end`, for one end alone too
   * @example
   * ```js
   * histogram.setStartEnd(0, 10_000_000);
   * ```
   */
  setStartEnd(start?: number | null, end?: number | null): this;
  /**
   * The form of the histogram as a letter; null while the dataview is in no client.
   *
   * @example
   * ```js
   * if (histogram.getDistributionType() === 'L') console.log('many small ones, few large ones');
   * ```
   */
  getDistributionType(): Distribution | null;
}
