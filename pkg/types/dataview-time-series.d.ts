import type { Base, DataviewEvents } from './dataview-base';
import type { RowFilter } from './filter';
import type { CartoError } from './error';
import type { AnySource } from './source';

/** How long the bins of a time series are; `auto` is what the server finds best. */
export type TimeAggregation =
  | 'auto' | 'millennium' | 'century' | 'decade' | 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute';

/** A bin of a {@link TimeSeries}; times are in seconds since 1970, UTC. */
export interface TimeSeriesBin {
  /** Its place, from 0. */
  index: number;
  /** When it starts, in seconds since 1970. */
  start: number;
  /** One second before the next bin starts, in seconds since 1970. */
  end: number;
  /** First time in it, in seconds since 1970; left out when it is empty. */
  min?: number;
  /** Last time in it, in seconds since 1970; left out when it is empty. */
  max?: number;
  /** Rows in it. */
  freq: number;
  /** Rows in it as a share of those of the fullest bin, 0 to 1. */
  normalized: number;
}

/** The data of a {@link TimeSeries}. */
export interface TimeSeriesData {
  /** The bins, in their order. */
  bins: TimeSeriesBin[];
  /** Rows without a time. */
  nulls: number;
  /** Hours between UTC and the days of the bins. */
  offset: number;
  /** Rows in all bins. */
  totalAmount: number;
}

/** The options of a {@link TimeSeries}. */
export interface TimeSeriesOptions {
  /** How long the bins are (`auto`). */
  aggregation?: TimeAggregation;
  /** Hours between UTC and the days of the bins: a whole number, -12 to 14 (0). */
  offset?: number;
  /** Whether the days are those of the browser's time zone instead (`false`). */
  useLocalTimezone?: boolean;
  /** Filters of the source that do not count here: what a widget selects must not hide what can be selected. */
  exceptFilters?: RowFilter[];
}

/** The events of a {@link TimeSeries}. */
export type TimeSeriesEvents = DataviewEvents<TimeSeriesData> & {
  /** Bins of another length are in use. */
  aggregationChanged: [aggregation: TimeAggregation];
  /** Another offset is in use: in seconds, unlike everything else about offsets, as in CARTO.js. */
  offsetChanged: [seconds: number];
  /** The browser's time zone is in use, or not any more. */
  localTimezoneChanged: [flag: boolean];
};

export interface TimeSeries extends Base<TimeSeriesData, TimeSeriesEvents> {}
/**
 * Rows by spans of time.
 *
 * @example
 * ```js
 * const days = new carto.dataview.TimeSeries(shops, 'opened', { aggregation: carto.dataview.timeAggregation.DAY });
 * days.on('dataChanged', ({ bins }) => console.log(bins.map(({ start, freq }) => [new Date(start * 1000), freq])));
 * await client.addDataview(days);
 * ```
 */
export class TimeSeries {
  /**
   * @throws {@link CartoError} `validation:dataview:source-required`, `validation:dataview:column-required`,
   * `validation:dataview:column-string`, `validation:dataview:empty-column`,
   * `validation:dataview:time-series-invalid-aggregation`, `validation:dataview:time-series-invalid-offset`,
   * `validation:dataview:time-series-invalid-uselocaltimezone`
   * @example
   * ```js
   * const months = new carto.dataview.TimeSeries(shops, 'opened', { aggregation: 'month', offset: 2 });
   * ```
   */
  constructor(source: AnySource, column: string, options?: TimeSeriesOptions | null);
  /**
   * How long the bins are, as it was set.
   *
   * @example
   * ```js
   * console.log(series.getAggregation());
   * ```
   */
  getAggregation(): TimeAggregation;
  /**
   * Replaces the length of the bins, without a map request.
   *
   * @throws {@link CartoError} `validation:dataview:time-series-invalid-aggregation`
   * @example
   * ```js
   * series.setAggregation(carto.dataview.timeAggregation.WEEK);
   * ```
   */
  setAggregation(aggregation: TimeAggregation): this;
  /**
   * Hours between UTC and the days of the bins, as it was set.
   *
   * @example
   * ```js
   * console.log(`UTC ${series.getOffset()} h`);
   * ```
   */
  getOffset(): number;
  /**
   * Replaces the offset, in hours from -12 to 14, without a map request.
   *
   * @throws {@link CartoError} `validation:dataview:time-series-invalid-offset`
   * @example
   * ```js
   * series.setOffset(-5);
   * ```
   */
  setOffset(hours: number): this;
  /**
   * Whether the days are those of the browser's time zone.
   *
   * @example
   * ```js
   * checkbox.checked = series.isUsingLocalTimezone();
   * ```
   */
  isUsingLocalTimezone(): boolean;
  /**
   * Sets whether the days are those of the browser's time zone, in place of the offset; without a map request.
   *
   * @throws {@link CartoError} `validation:dataview:time-series-invalid-uselocaltimezone`
   * @example
   * ```js
   * checkbox.addEventListener('change', () => series.useLocalTimezone(checkbox.checked));
   * ```
   */
  useLocalTimezone(flag: boolean): this;
}

/**
 * The lengths of bins by name.
 *
 * @example
 * ```js
 * series.setAggregation(carto.dataview.timeAggregation.QUARTER);
 * ```
 */
export const timeAggregation: {
  /** What the server finds best. */
  readonly AUTO: 'auto';
  /** 1,000 years. */
  readonly MILLENNIUM: 'millennium';
  /** 100 years. */
  readonly CENTURY: 'century';
  /** 10 years. */
  readonly DECADE: 'decade';
  /** A year. */
  readonly YEAR: 'year';
  /** Three months. */
  readonly QUARTER: 'quarter';
  /** A month. */
  readonly MONTH: 'month';
  /** Seven days. */
  readonly WEEK: 'week';
  /** A day. */
  readonly DAY: 'day';
  /** An hour. */
  readonly HOUR: 'hour';
  /** A minute. */
  readonly MINUTE: 'minute';
};
