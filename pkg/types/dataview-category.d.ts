import type { Base, DataviewEvents, Operation } from './dataview-base';
import type { RowFilter } from './filter';
import type { CartoError } from './error';
import type { AnySource } from './source';

/** A category of a {@link Category}. */
export interface CategoryItem {
  /** True for the group of all other rows. */
  group: boolean;
  /** The column's value. */
  name: string | number | boolean | null;
  /** The number that its rows became. */
  value: number;
}

/** The data of a {@link Category}; the numbers are left out before the first answer. */
export interface CategoryData {
  /** How rows become numbers. */
  operation: Operation;
  /** The categories, as the server orders them: largest first. */
  categories: CategoryItem[];
  /** Rows. */
  count?: number;
  /** Largest value of a category. */
  max?: number;
  /** Smallest value of a category. */
  min?: number;
  /** Rows without a value. */
  nulls?: number;
}

/** The options of a {@link Category}. */
export interface CategoryOptions {
  /** How many categories, more than 0 (6). */
  limit?: number;
  /** How rows become a number (`count`). */
  operation?: Operation;
  /** The column that the operation is applied to; the dataview's column when left out. */
  operationColumn?: string;
  /** Filters of the source that do not count here: what a widget selects must not hide what can be selected. */
  exceptFilters?: RowFilter[];
}

/** The events of a {@link Category}. */
export type CategoryEvents = DataviewEvents<CategoryData> & {
  /** Another number of categories is in use. */
  limitChanged: [limit: number];
  /** Another operation is in use. */
  operationChanged: [operation: Operation];
  /** The operation is applied to another column. */
  operationColumnChanged: [column: string];
};

export interface Category extends Base<CategoryData, CategoryEvents> {}
/**
 * The largest groups of a source's rows.
 *
 * @example
 * ```js
 * const countries = new carto.dataview.Category(cities, 'adm0name', {
 *   limit: 10,
 *   operation: carto.operation.SUM,
 *   operationColumn: 'pop_max',
 * });
 * countries.on('dataChanged', ({ categories }) => {
 *   element.replaceChildren(...categories.map(({ name, value }) => new Option(`${name}: ${value}`)));
 * });
 * await client.addDataview(countries);
 * ```
 */
export class Category {
  /**
   * @throws {@link CartoError} `validation:dataview:source-required`, `validation:dataview:column-required`,
   * `validation:dataview:column-string`, `validation:dataview:empty-column`, `validation:dataview:category-limit-number`,
   * `validation:dataview:category-limit-positive`, `validation:dataview:category-invalid-operation`,
   * `validation:dataview:category-operation-string`, `validation:dataview:category-operation-empty`
   * @example
   * ```js
   * const countries = new carto.dataview.Category(cities, 'adm0name', { limit: 10 });
   * ```
   */
  constructor(source: AnySource, column: string, options?: CategoryOptions | null);
  /**
   * How many categories.
   *
   * @example
   * ```js
   * console.log(category.getLimit());
   * ```
   */
  getLimit(): number;
  /**
   * Replaces the number of categories, without a map request.
   *
   * @throws {@link CartoError} `validation:dataview:category-limit-required`, `validation:dataview:category-limit-number`,
   * `validation:dataview:category-limit-positive`
   * @example
   * ```js
   * category.setLimit(20);
   * ```
   */
  setLimit(limit: number): this;
  /**
   * How rows become a number.
   *
   * @example
   * ```js
   * console.log(category.getOperation());
   * ```
   */
  getOperation(): Operation;
  /**
   * Replaces the operation; in a client the map is reloaded.
   *
   * @throws {@link CartoError} `validation:dataview:category-invalid-operation`
   * @example
   * ```js
   * category.setOperation(carto.operation.MAX);
   * ```
   */
  setOperation(operation: Operation): this;
  /**
   * The column that the operation is applied to.
   *
   * @example
   * ```js
   * console.log(category.getOperationColumn());
   * ```
   */
  getOperationColumn(): string;
  /**
   * Applies the operation to another column; in a client the map is reloaded.
   *
   * @throws {@link CartoError} `validation:dataview:category-operation-required`,
   * `validation:dataview:category-operation-string`, `validation:dataview:category-operation-empty`
   * @example
   * ```js
   * category.setOperationColumn('pop_max').setOperation('sum');
   * ```
   */
  setOperationColumn(column: string): this;
}
