import type { CartoError } from './error';
import type { Events } from './events';

/** A filter of rows, for sources. */
export type RowFilter = Category | Range | AND | OR;

/** SQL that gives the value of a condition; it is sent as it is, so nothing that a visitor typed may be in it. */
export interface Subquery {
  /** The SQL. */
  query: string;
}

/** Two ends. */
export interface Between {
  /** The smaller end, included. */
  min: number | Date;
  /** The larger end, included. */
  max: number | Date;
}

/** A value that is compared with those of a column. */
export type Scalar = string | number | Date;

/** The conditions of a {@link Category}. Values are quoted where SQL needs it. */
export interface CategoryConditions {
  /** The column's value is one of these; none of an empty list. */
  in?: Scalar[] | string | Subquery;
  /** The column's value is none of these; any of an empty list. */
  notIn?: Scalar[] | string | Subquery;
  /** The column's value is this. */
  eq?: Scalar | Subquery;
  /** The column's value is not this. */
  notEq?: Scalar | Subquery;
  /** SQL's LIKE: `%` stands for any text, `_` for any character. */
  like?: string;
  /** SQL's SIMILAR TO, a regular expression. */
  similarTo?: string;
}

/** The conditions of a {@link Range}. */
export interface RangeConditions {
  /** Less. */
  lt?: number | Date | Subquery;
  /** Less or equal. */
  lte?: number | Date | Subquery;
  /** Greater. */
  gt?: number | Date | Subquery;
  /** Greater or equal. */
  gte?: number | Date | Subquery;
  /** Between two ends, both included. */
  between?: Between;
  /** Outside of two ends. */
  notBetween?: Between;
  /** As `between`, whichever end is the larger one. */
  betweenSymmetric?: Between;
  /** As `notBetween`, whichever end is the larger one. */
  notBetweenSymmetric?: Between;
}

/** The options of filters of conditions. */
export interface FilterOptions {
  /** Accepted, without effect, as in CARTO.js. */
  includeNull?: boolean;
}

/** The events of filters of conditions. */
export type ConditionEvents<Conditions> = {
  /** Conditions were replaced: these. */
  'change:filters': [conditions: Conditions];
};

/** What both filters of conditions have. */
export interface ConditionFilter<Conditions> extends Events<ConditionEvents<Conditions>> {
  /**
   * Replaces one condition and keeps the others; `null` and `undefined` change nothing. The maps of all sources that have
   * the filter are reloaded.
   *
   * @throws {@link CartoError} `validation:filter:invalid-filter`, `validation:filter:invalid-parameter-type`
   * @example
   * ```js
   * range.set('lt', 10_000_000);
   * ```
   */
  set<Name extends keyof Conditions>(name: Name, value: Conditions[Name] | null): void;
  /**
   * Replaces all conditions.
   *
   * @throws {@link CartoError} `validation:filter:invalid-filter`, `validation:filter:invalid-parameter-type`
   * @example
   * ```js
   * range.setFilters({ gte: 100_000, lt: 1_000_000 });
   * ```
   */
  setFilters(conditions: Conditions): void;
  /**
   * Removes all conditions: every row passes.
   *
   * @example
   * ```js
   * range.resetFilters();
   * ```
   */
  resetFilters(): void;
}

export interface Category extends ConditionFilter<CategoryConditions> {}
/**
 * Rows by the value of a column. All conditions must hold.
 *
 * @example
 * ```js
 * const iberia = new carto.filter.Category('adm0name', { in: ['Spain', 'Portugal'] });
 * cities.addFilter(iberia);
 * ```
 */
export class Category {
  /**
   * @param column the column; it goes into the query as it is
   * @param conditions what must hold; nothing when left out
   * @throws {@link CartoError} `validation:filter:column-required`, `validation:filter:column-string`,
   * `validation:filter:empty-column`, `validation:filter:invalid-option`, `validation:filter:invalid-filter`,
   * `validation:filter:invalid-parameter-type`
   * @example
   * ```js
   * const s = new carto.filter.Category('name', { like: 'S%', notEq: 'Sevilla' });
   * ```
   */
  constructor(column: string, conditions?: CategoryConditions | null, options?: FilterOptions | null);
}

export interface Range extends ConditionFilter<RangeConditions> {}
/**
 * Rows by the order of a column: numbers or dates. All conditions must hold.
 *
 * @example
 * ```js
 * cities.addFilter(new carto.filter.Range('pop_max', { between: { min: 100_000, max: 1_000_000 } }));
 * ```
 */
export class Range {
  /**
   * @param column the column; it goes into the query as it is
   * @param conditions what must hold; nothing when left out
   * @throws {@link CartoError} `validation:filter:column-required`, `validation:filter:column-string`,
   * `validation:filter:empty-column`, `validation:filter:invalid-option`, `validation:filter:invalid-filter`,
   * `validation:filter:invalid-parameter-type`
   * @example
   * ```js
   * const recent = new carto.filter.Range('opened', { gte: new Date('1900-01-01') });
   * ```
   */
  constructor(column: string, conditions?: RangeConditions | null, options?: FilterOptions | null);
}

/** The events of collections of filters. */
export type CollectionEvents = {
  /** A member was added, removed or changed; in the last case with its new conditions. */
  'change:filters': [conditions: CategoryConditions | RangeConditions | undefined];
};

/** What both collections have. */
export interface FilterCollection extends Events<CollectionEvents> {
  /**
   * Adds a member at the end, unless it is there.
   *
   * @throws {@link CartoError} `validation:filter:wrong-filter-type`; also for a collection that would contain itself
   * @example
   * ```js
   * all.addFilter(range);
   * ```
   */
  addFilter(filter: RowFilter): void;
  /**
   * Removes a member and gives it; undefined when it is not there.
   *
   * @example
   * ```js
   * if (!all.removeFilter(range)) console.log('it was not there');
   * ```
   */
  removeFilter(filter: RowFilter): RowFilter | undefined;
  /**
   * How many members there are, those of members not counted.
   *
   * @example
   * ```js
   * console.log(all.count());
   * ```
   */
  count(): number;
  /**
   * The members: always the same list.
   *
   * @example
   * ```js
   * for (const filter of [...all.getFilters()]) all.removeFilter(filter);
   * ```
   */
  getFilters(): RowFilter[];
}

export interface AND extends FilterCollection {}
/**
 * Rows for which all members hold.
 *
 * @example
 * ```js
 * const spain = new carto.filter.Category('adm0name', { eq: 'Spain' });
 * const large = new carto.filter.Range('pop_max', { gte: 1_000_000 });
 * cities.addFilter(new carto.filter.AND([spain, large]));
 * ```
 */
export class AND {
  /**
   * @throws {@link CartoError} `validation:filter:wrong-filter-type`
   * @example
   * ```js
   * const all = new carto.filter.AND([range]);
   * ```
   */
  constructor(filters?: RowFilter[]);
}

export interface OR extends FilterCollection {}
/**
 * Rows for which at least one member holds.
 *
 * @example
 * ```js
 * const spain = new carto.filter.Category('adm0name', { eq: 'Spain' });
 * const large = new carto.filter.Range('pop_max', { gte: 1_000_000 });
 * cities.addFilter(new carto.filter.OR([spain, large]));
 * ```
 */
export class OR {
  /**
   * @throws {@link CartoError} `validation:filter:wrong-filter-type`
   * @example
   * ```js
   * const any = new carto.filter.OR([range]);
   * ```
   */
  constructor(filters?: RowFilter[]);
}
