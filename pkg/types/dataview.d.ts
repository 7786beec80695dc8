import type { CartoError } from './error';
import type { Events } from './events';
import type { BoundingBox, BoundingBoxGoogleMaps, BoundingBoxLeaflet, Circle, Polygon } from './filter';
import type { Dataset, SQL } from './source';

/** How rows become a number. */
export type Operation = 'count' | 'sum' | 'avg' | 'max' | 'min';

/** How long the bins of a time series are. */
export type TimeAggregation =
  | 'auto' | 'millennium' | 'century' | 'decade' | 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute';

/** An area for dataviews. */
export type SpatialFilter = BoundingBox | BoundingBoxGoogleMaps | BoundingBoxLeaflet | Circle | Polygon;

/** A dataview of any class. */
export type AnyDataview = Formula | Category | Histogram | TimeSeries;

/** Where a dataview stands. */
export type Status = 'notLoaded' | 'loading' | 'loaded' | 'error';

type DataviewEvents<Data> = {
  /** There is other data than before. */
  dataChanged: [data: Data];
  /** The dataview moved to a status; `error` has a second argument. */
  statusChanged: [status: Status, error?: { origin: string; type: string; message?: string }];
  columnChanged: [column: string];
  /** The data could not be read. */
  error: [error: CartoError];
};

/** What all dataviews have. */
interface Dataview<Data, E extends DataviewEvents<Data>> extends Events<E> {
  getStatus(): Status;
  isLoading(): boolean;
  isLoaded(): boolean;
  hasError(): boolean;
  /** Lets changes of map and filters lead to new data again, and catches up. */
  enable(): this;
  /** Stops reading new data. */
  disable(): this;
  isEnabled(): boolean;
  getSource(): SQL | Dataset;
  getColumn(): string;
  /** @throws {CartoError} `validation:dataview:*column*` */
  setColumn(column: string): this;
  /** Limits the data to an area; a former one of the same form is replaced, and bounding boxes come before circles, circles before polygons. @throws {CartoError} `validation:dataview:filter-required` */
  addFilter(filter: SpatialFilter): this;
  /** @throws {CartoError} `validation:dataview:filter-required` */
  removeFilter(filter: SpatialFilter): this;
  /** @throws {CartoError} `validation:dataview:filter-required` */
  hasFilter(filter: SpatialFilter): boolean;
  /** The data; null while the dataview is in no client. */
  getData(): Data | null;
}

/** The data of a {@link Formula}. */
export interface FormulaData {
  operation: Operation;
  /** The number; null over no rows; an empty list before the first answer. */
  result: number | null | never[];
  /** Rows without a value. */
  nulls?: number;
}

type FormulaEvents = DataviewEvents<FormulaData> & {
  operationChanged: [operation: Operation];
};

export interface Formula extends Dataview<FormulaData, FormulaEvents> {}
/**
 * One number about a source.
 *
 * ```js
 * const people = new carto.dataview.Formula(source, 'pop_max', { operation: carto.operation.SUM });
 * people.on('dataChanged', ({ result }) => (element.textContent = result));
 * client.addDataview(people);
 * ```
 */
export class Formula {
  /** @throws {CartoError} `validation:dataview:*` */
  constructor(source: SQL | Dataset, column: string, options?: { operation?: Operation } | null);
  getOperation(): Operation;
  /** @throws {CartoError} `validation:dataview:formula-invalid-operation` */
  setOperation(operation: Operation): this;
}

/** The data of a {@link Category}. */
export interface CategoryData {
  operation: Operation;
  categories: {
    /** True for the group of all other rows. */
    group: boolean;
    name: string | number | boolean | null;
    value: number;
  }[];
  /** Rows. */
  count?: number;
  max?: number;
  min?: number;
  /** Rows without a value. */
  nulls?: number;
}

export interface CategoryOptions {
  /** How many categories (6). */
  limit?: number;
  /** How rows become a number (`count`). */
  operation?: Operation;
  /** The column that the operation is applied to; the dataview's column when left out. */
  operationColumn?: string;
}

type CategoryEvents = DataviewEvents<CategoryData> & {
  limitChanged: [limit: number];
  operationChanged: [operation: Operation];
  operationColumnChanged: [column: string];
};

export interface Category extends Dataview<CategoryData, CategoryEvents> {}
/**
 * The largest groups of a source's rows.
 *
 * ```js
 * const countries = new carto.dataview.Category(source, 'adm0name', {
 *   limit: 10,
 *   operation: carto.operation.SUM,
 *   operationColumn: 'pop_max',
 * });
 * ```
 */
export class Category {
  /** @throws {CartoError} `validation:dataview:*` */
  constructor(source: SQL | Dataset, column: string, options?: CategoryOptions | null);
  getLimit(): number;
  /** Replaces the number of categories, without a map request. @throws {CartoError} `validation:dataview:category-limit-*` */
  setLimit(limit: number): this;
  getOperation(): Operation;
  /** @throws {CartoError} `validation:dataview:category-invalid-operation` */
  setOperation(operation: Operation): this;
  getOperationColumn(): string;
  /** @throws {CartoError} `validation:dataview:category-operation-*` */
  setOperationColumn(column: string): this;
}

/** A bin of a {@link Histogram}. */
export interface HistogramBin {
  /** Its place, from 0. */
  bin: number;
  start: number;
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
  bins: HistogramBin[];
  /** Rows without a value. */
  nulls: number;
  /** Rows in all bins. */
  totalAmount: number;
}

export interface HistogramOptions {
  /** How many bins (10). */
  bins?: number;
  /** Where the first bin starts; together with `end`, else where the data do. */
  start?: number | null;
  /** Where the last bin ends. */
  end?: number | null;
}

type HistogramEvents = DataviewEvents<HistogramData> & {
  binsChanged: [bins: number];
  startChanged: [start: number | null | undefined];
  endChanged: [end: number | null | undefined];
};

export interface Histogram extends Dataview<HistogramData, HistogramEvents> {}
/**
 * Rows by ranges of a number.
 *
 * ```js
 * const sizes = new carto.dataview.Histogram(source, 'pop_max', { bins: 20 });
 * sizes.on('dataChanged', ({ bins }) => draw(bins.map(({ normalized }) => normalized)));
 * client.addDataview(sizes);
 * ```
 */
export class Histogram {
  /** @throws {CartoError} `validation:dataview:*` */
  constructor(source: SQL | Dataset, column: string, options?: HistogramOptions | null);
  getBins(): number;
  /** Replaces the number of bins, without a map request. @throws {CartoError} `validation:dataview:histogram-invalid-bins` */
  setBins(bins: number): this;
  /** Where the first bin starts, as it was set, else as the data have it; undefined before they are known. */
  getStart(): number | undefined;
  /** Where the last bin ends. */
  getEnd(): number | undefined;
  /**
   * Sets both ends, without a map request; without numbers the present ones stay.
   *
   * @throws {CartoError} `validation:dataview:histogram-invalid-start-end`
   */
  setStartEnd(start?: number | null, end?: number | null): this;
  /** Flat `F`, rising `J`, falling `L`, a hill `A`, a valley `U`, or else `S`; null while the dataview is in no client. */
  getDistributionType(): 'F' | 'J' | 'L' | 'A' | 'U' | 'S' | null;
}

/** A bin of a {@link TimeSeries}; times are in seconds since 1970, UTC. */
export interface TimeSeriesBin {
  /** Its place, from 0. */
  index: number;
  start: number;
  /** One second before the next bin starts. */
  end: number;
  /** First time in it; left out when it is empty. */
  min?: number;
  /** Last time in it; left out when it is empty. */
  max?: number;
  /** Rows in it. */
  freq: number;
  /** Rows in it as a share of those of the fullest bin, 0 to 1. */
  normalized: number;
}

/** The data of a {@link TimeSeries}. */
export interface TimeSeriesData {
  bins: TimeSeriesBin[];
  /** Rows without a time. */
  nulls: number;
  /** Hours between UTC and the days of the bins. */
  offset: number;
  /** Rows in all bins. */
  totalAmount: number;
}

export interface TimeSeriesOptions {
  /** How long the bins are (`auto`: as the server finds best). */
  aggregation?: TimeAggregation;
  /** Hours between UTC and the days of the bins, -12 to 14 (0). */
  offset?: number;
  /** Whether the days are those of the browser's time zone instead (`false`). */
  useLocalTimezone?: boolean;
}

type TimeSeriesEvents = DataviewEvents<TimeSeriesData> & {
  aggregationChanged: [aggregation: TimeAggregation];
  /** In seconds, unlike everything else. */
  offsetChanged: [seconds: number];
  localTimezoneChanged: [flag: boolean];
};

export interface TimeSeries extends Dataview<TimeSeriesData, TimeSeriesEvents> {}
/**
 * Rows by spans of time.
 *
 * ```js
 * const days = new carto.dataview.TimeSeries(source, 'date', {
 *   aggregation: carto.dataview.timeAggregation.DAY,
 * });
 * days.on('dataChanged', ({ bins }) => draw(bins.map(({ start, freq }) => [new Date(start * 1000), freq])));
 * ```
 */
export class TimeSeries {
  /** @throws {CartoError} `validation:dataview:*` */
  constructor(source: SQL | Dataset, column: string, options?: TimeSeriesOptions | null);
  getAggregation(): TimeAggregation;
  /** Replaces the unit, without a map request. @throws {CartoError} `validation:dataview:time-series-invalid-aggregation` */
  setAggregation(aggregation: TimeAggregation): this;
  /** Hours. */
  getOffset(): number;
  /** Replaces the offset in hours, without a map request. @throws {CartoError} `validation:dataview:time-series-invalid-offset` */
  setOffset(hours: number): this;
  isUsingLocalTimezone(): boolean;
  /** Sets whether the days are those of the browser's time zone. @throws {CartoError} `validation:dataview:time-series-invalid-uselocaltimezone` */
  useLocalTimezone(flag: boolean): this;
}

export const status: { NOT_LOADED: 'notLoaded'; LOADING: 'loading'; LOADED: 'loaded'; ERROR: 'error' };

export const timeAggregation: {
  AUTO: 'auto';
  MILLENNIUM: 'millennium';
  CENTURY: 'century';
  DECADE: 'decade';
  YEAR: 'year';
  QUARTER: 'quarter';
  MONTH: 'month';
  WEEK: 'week';
  DAY: 'day';
  HOUR: 'hour';
  MINUTE: 'minute';
};
