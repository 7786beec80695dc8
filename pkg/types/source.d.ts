import type { CartoError } from './error';
import type { Events } from './events';
import type { RowFilter } from './filter';
import type { Abortable } from './abort';

/** What both kinds of source have. */
interface Source<E extends { error: [CartoError] }> extends Events<E> {
  /** `S1`, `S2`, …: the id that the server knows the source by. */
  getId(): string;
  /** The filters, which must all hold: always the same list. */
  getFilters(): RowFilter[];
  /**
   * Shows only rows for which a filter holds; on a map it reloads it. Failures are told by the `error` events of source and
   * client.
   *
   * @throws {CartoError} `validation:filter:wrong-filter-type`
   */
  addFilter(filter: RowFilter): void;
  /** Adds several. @throws {CartoError} `validation:filter:wrong-filter-type` */
  addFilters(filters: RowFilter[]): void;
  /** Removes a filter; on a map it reloads it. */
  removeFilter(filter: RowFilter): void;
  /** Removes several. */
  removeFilters(filters: RowFilter[]): void;
}

type SqlEvents = {
  /** The query changed and the map shows it. */
  queryChanged: [query: string];
  /** The server refused the source. */
  error: [error: CartoError];
};

type DatasetEvents = {
  /** The dataset changed and the map shows it. */
  tableNameChanged: [tableName: string];
  /** The server refused the source. */
  error: [error: CartoError];
};

export interface SQL extends Source<SqlEvents> {}
/**
 * Data from a query.
 *
 * ```js
 * const source = new carto.source.SQL('SELECT * FROM cities WHERE pop_max > 1000000');
 * ```
 */
export class SQL {
  /** @throws {CartoError} `validation:source:query-required`, `…:query-string` */
  constructor(query: string);
  /** The query as it was given. */
  getQuery(): string;
  /**
   * Replaces the query. On a map it reloads it; the promise settles with the answer.
   *
   * @throws {CartoError} `validation:source:query-required`, `…:query-string`
   */
  setQuery(query: string, options?: Abortable): Promise<void>;
}

export interface Dataset extends Source<DatasetEvents> {}
/**
 * Data of a whole dataset.
 *
 * ```js
 * const source = new carto.source.Dataset('cities');
 * ```
 */
export class Dataset {
  /** @throws {CartoError} `validation:source:no-dataset-name`, `…:dataset-string`, `…:dataset-required` */
  constructor(tableName: string);
  /** The dataset's name. */
  getTableName(): string;
  /**
   * Replaces the dataset. On a map it reloads it; the promise settles with the answer.
   *
   * @throws {CartoError} `validation:source:*`
   */
  setTableName(tableName: string, options?: Abortable): Promise<void>;
}
