import type { Base, DataviewEvents, Operation } from './dataview-base';
import type { CartoError } from './error';
import type { AnySource } from './source';

/** The data of a {@link Formula}. */
export interface FormulaData {
  /** How rows became the number. */
  operation: Operation;
  /** The number; null over no rows; an empty list before the first answer, as in CARTO.js. */
  result: number | null | never[];
  /** Rows without a value; left out before the first answer. */
  nulls?: number;
}

/** The options of a {@link Formula}. */
export interface FormulaOptions {
  /** How rows become a number (`count`). */
  operation?: Operation;
}

/** The events of a {@link Formula}. */
export type FormulaEvents = DataviewEvents<FormulaData> & {
  /** Another operation is in use. */
  operationChanged: [operation: Operation];
};

export interface Formula extends Base<FormulaData, FormulaEvents> {}
/**
 * One number about a source.
 *
 * @example
 * ```js
 * const people = new carto.dataview.Formula(cities, 'pop_max', { operation: carto.operation.SUM });
 * people.on('dataChanged', ({ result }) => { element.textContent = `${result} people`; });
 * await client.addDataview(people);
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
