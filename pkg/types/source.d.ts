import type { Abortable } from './abort';
import type { CartoError } from './error';
import type { EventMap, Events } from './events';
import type { RowFilter } from './filter';

/** A source of either class. */
export type AnySource = SQL | Dataset;

/** What both classes of sources have. */
export interface Base<E extends EventMap> extends Events<E> {
  /**
   * `S1`, `S2`, …: the id that the server knows the source by, one in the page.
   *
   * @example
   * ```js
   * client.on('error', (error) => { if (error.sourceId === cities.getId()) console.warn(error.message); });
   * ```
   */
  getId(): string;
  /**
   * The filters that were added, which must all hold: always the same list.
   *
   * @example
   * ```js
   * cities.removeFilters(cities.getFilters());
   * ```
   */
  getFilters(): RowFilter[];
  /**
   * Gives only the rows for which a filter holds, beside those that were added before. On a map it reloads it, without a
   * promise: failures are told by the `error` events of source and client. The same filter again changes nothing.
   *
   * @throws {@link CartoError} `validation:filter:wrong-filter-type`
   * @example
   * ```js
   * cities.addFilter(new carto.filter.Range('pop_max', { gte: 100_000 }));
   * ```
   */
  addFilter(filter: RowFilter): void;
  /**
   * Adds several filters.
   *
   * @throws {@link CartoError} `validation:filter:wrong-filter-type`
   * @example
   * ```js
   * cities.addFilters([
   *   new carto.filter.Range('pop_max', { gte: 100_000 }),
   *   new carto.filter.Category('adm0name', { in: ['Spain', 'France'] }),
   * ]);
   * ```
   */
  addFilters(filters: RowFilter[]): void;
  /**
   * Removes a filter; on a map it reloads it. One that is not there is no error.
   *
   * @throws {@link CartoError} `validation:filter:wrong-filter-type`
   * @example
   * ```js
   * const large = new carto.filter.Range('pop_max', { gte: 1_000_000 });
   * cities.addFilter(large);
   * cities.removeFilter(large);
   * ```
   */
  removeFilter(filter: RowFilter): void;
  /**
   * Removes several filters.
   *
   * @throws {@link CartoError} `validation:filter:wrong-filter-type`
   * @example
   * ```js
   * cities.removeFilters(cities.getFilters());
   * ```
   */
  removeFilters(filters: RowFilter[]): void;
}

/** The events of an {@link SQL} source. */
export type SqlEvents = {
  /** The query or the filters changed and the map shows it: the query as it is sent, with the filters. */
  queryChanged: [query: string];
  /** The server refused the source. */
  error: [error: CartoError];
};

/** The events of a {@link Dataset}. */
export type DatasetEvents = {
  /** The dataset or the filters changed and the map shows it: the dataset's name. */
  tableNameChanged: [tableName: string];
  /** The server refused the source. */
  error: [error: CartoError];
};

export interface SQL extends Base<SqlEvents> {}
/**
 * Data from a query, for layers and dataviews. What a layer draws needs the columns `cartodb_id`, `the_geom` and
 * `the_geom_webmercator`.
 *
 * @example
 * ```js
 * const large = new carto.source.SQL('SELECT * FROM cities WHERE pop_max > 1000000');
 * ```
 */
export class SQL {
  /**
   * @param query SQL for PostgreSQL with PostGIS, without a semicolon at the end
   * @throws {@link CartoError} `validation:source:query-required`, `validation:source:query-string`
   * @example
   * ```js
   * const large = new carto.source.SQL('SELECT * FROM cities WHERE pop_max > 1000000');
   * ```
   */
  constructor(query: string);
  /**
   * The query as it was given, without filters.
   *
   * @example
   * ```js
   * console.log(query.getQuery());
   * ```
   */
  getQuery(): string;
  /**
   * Replaces the query. On a map it reloads it, with all that uses the source.
   *
   * @returns settles with the map's answer; rejects with the server's refusal (`windshaft:analysis:*`); the source keeps the
   * new query in both cases
   * @throws {@link CartoError} `validation:source:query-required`, `validation:source:query-string`
   * @example
   * ```js
   * await query.setQuery('SELECT * FROM cities WHERE pop_max > 5000000');
   * ```
   */
  setQuery(query: string, options?: Abortable): Promise<void>;
}

export interface Dataset extends Base<DatasetEvents> {}
/**
 * Data of a whole dataset, for layers and dataviews.
 *
 * @example
 * ```js
 * const cities = new carto.source.Dataset('cities');
 * ```
 */
export class Dataset {
  /**
   * @param tableName the dataset's name, `name` or `schema.name`; it goes into the query as it is
   * @throws {@link CartoError} `validation:source:no-dataset-name`, `validation:source:dataset-string`,
   * `validation:source:dataset-required`
   * @example
   * ```js
   * const cities = new carto.source.Dataset('cities');
   * ```
   */
  constructor(tableName: string);
  /**
   * The dataset's name.
   *
   * @example
   * ```js
   * console.log(cities.getTableName());
   * ```
   */
  getTableName(): string;
  /**
   * Replaces the dataset. On a map it reloads it, with all that uses the source.
   *
   * @returns settles with the map's answer; rejects with the server's refusal (`windshaft:analysis:*`); the source keeps the
   * new name in both cases
   * @throws {@link CartoError} `validation:source:no-dataset-name`, `validation:source:dataset-string`,
   * `validation:source:dataset-required`
   * @example
   * ```js
   * await cities.setTableName('countries');
   * ```
   */
  setTableName(tableName: string, options?: Abortable): Promise<void>;
}
