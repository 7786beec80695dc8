import type { Base, DataviewEvents, Operation } from './dataview-base';
import type { RowFilter } from './filter';
import type { CartoError } from './error';
import type { AnySource } from './source';

/** The data of a {@link Formula}: what the server answered. */
export interface FormulaData {
  /** How rows became the number. */
  operation: Operation;
  /** The number; null over no rows. */
  result: number | null;
  /** Rows without a value; null over no rows. */
  nulls: number | null;
}

/** What `getData` of a {@link Formula} gives before the first answer. */
export interface EmptyFormulaData {
  /** How rows will become the number. */
  operation: Operation;
  /** An empty list, as in CARTO.js: there is no number yet. */
  result: [];
  /** Left out. */
  nulls?: undefined;
}

/** The options of a {@link Formula}. */
export interface FormulaOptions {
  /** How rows become a number (`count`). */
  operation?: Operation;
  /** Filters of the source that do not count here: what a widget selects must not hide what can be selected. */
  exceptFilters?: RowFilter[];
}

/** The events of a {@link Formula}. */
export type FormulaEvents = DataviewEvents<FormulaData> & {
  /** Another operation is in use. */
  operationChanged: [operation: Operation];
};

export interface Formula extends Base<FormulaData, FormulaEvents, EmptyFormulaData> {}
/**
 * One number about a source.
 *
 * @example
 * ```js
 * const people = new carto.dataview.Formula(cities, 'pop_max', { operation: carto.operation.SUM });
 * people.on('dataChanged', ({ result }) => { element.textContent = `${result ?? 'no'} people`; });
 * await client.addDataview(people);
 *
 * const data = people.getData(); // null in no client, without a number before the first answer
 * if (data?.nulls !== undefined) console.log(data.result);
 * ```
 */
export class Formula {
  /**
   * @throws {@link CartoError} `validation:dataview:source-required`, `validation:dataview:column-required`,
   * `validation:dataview:column-string`, `validation:dataview:empty-column`, `validation:dataview:formula-invalid-operation`
   * @example
   * ```js
   * const people = new carto.dataview.Formula(cities, 'pop_max', { operation: 'sum' });
   * ```
   */
  constructor(source: AnySource, column: string, options?: FormulaOptions | null);
  /**
   * How rows become the number.
   *
   * @example
   * ```js
   * console.log(formula.getOperation());
   * ```
   */
  getOperation(): Operation;
  /**
   * Replaces the operation; in a client the map is reloaded.
   *
   * @throws {@link CartoError} `validation:dataview:formula-invalid-operation`
   * @example
   * ```js
   * formula.setOperation(carto.operation.AVG);
   * ```
   */
  setOperation(operation: Operation): this;
}
