import type { CartoError } from './error';
import type { Events } from './events';
import type { BoundingBox, BoundingBoxLeaflet } from './filter';
import type { Dataset, SQL } from './source';

/** How rows become a number. */
export type Operation = 'count' | 'sum' | 'avg' | 'max' | 'min';

/** Where a dataview stands. */
export type Status = 'notLoaded' | 'loading' | 'loaded' | 'error';

type DataviewEvents<Data> = {
  /** There is other data than before. */
  dataChanged: [data: Data];
  /** The dataview moved to a status; `error` has a second argument. */
  statusChanged: [status: Status, error?: { origin: string; type: string; message?: string }];
  columnChanged: [column: string];
  operationChanged: [operation: Operation];
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
  getOperation(): Operation;
  /** @throws {CartoError} `validation:dataview:*-invalid-operation` */
  setOperation(operation: Operation): this;
  /** Limits the data to an area; a former bounding box is replaced. @throws {CartoError} `validation:dataview:filter-required` */
  addFilter(filter: BoundingBox | BoundingBoxLeaflet): this;
  /** @throws {CartoError} `validation:dataview:filter-required` */
  removeFilter(filter: BoundingBox | BoundingBoxLeaflet): this;
  /** @throws {CartoError} `validation:dataview:filter-required` */
  hasFilter(filter: BoundingBox | BoundingBoxLeaflet): boolean;
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

export interface Formula extends Dataview<FormulaData, DataviewEvents<FormulaData>> {}
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
  getOperationColumn(): string;
  /** @throws {CartoError} `validation:dataview:category-operation-*` */
  setOperationColumn(column: string): this;
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
