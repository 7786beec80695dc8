import type { Abortable } from './abort';
import type { Client } from './client';
import type { Reason } from './error';

/** An API of a server. */
export type Api = 'maps' | 'sql';

/** A value of a query's `params`: what has a form in SQL. */
export type SqlParam = string | number | bigint | boolean | Date | null | SqlParam[];

/** How the rows of a query come: objects, a feature collection, or a text with a line for each. */
export type SqlFormat = 'json' | 'geojson' | 'csv';

/** The options of {@link Client.sql}. */
export interface SqlOptions<Format extends SqlFormat = SqlFormat> extends Abortable {
  /** How rows come (`json`). */
  format?: Format;
  /** Values for the names in the query: `:name` becomes a literal, `:"name"` an identifier (a list is `schema.name`). */
  params?: Record<string, SqlParam>;
}

/** The options of {@link Client.sql} for another format. */
export interface FormatOptions<Format extends SqlFormat> extends SqlOptions<Format> {
  /** How rows come. */
  format: Format;
}

/** What a column of a query is. */
export interface SqlField {
  /** `number`, `string`, `date`, `boolean`, `geometry`, … */
  type: string;
  /** PostgreSQL's name of the type: `int4`, `text`, … */
  pgtype?: string;
}

/** What {@link Client.sql} gives. */
export interface SqlResult<Row = Record<string, unknown>> {
  /** The rows, as objects by column. */
  rows: Row[];
  /** The columns, by their name. */
  fields: Record<string, SqlField>;
  /** Seconds that the query took. */
  time: number;
  /** Rows that there are, or that were changed. */
  totalRows: number;
}

/** The options of {@link Client.checkKey}. */
export interface CheckOptions extends Abortable {
  /** Datasets that the page reads: `name` or `schema.name` (none). */
  datasets?: string[];
  /** APIs that the page cannot do without (`['maps']`). */
  apis?: Api[];
}

/** Something that stands between a key and what the page needs. */
export interface KeyProblem {
  /** Why, for programs. */
  reason: Reason;
  /** What is wrong and what to do, for people. Never contains a key. */
  hint: string;
  /** The API that it is about. */
  api?: Api;
  /** The dataset that it is about. */
  dataset?: string;
}

/** What is known of a key. */
export interface CheckedKey {
  /** What kind of key it is; `null` when only the Auth API knows, and it cannot be asked from here. */
  type: 'master' | 'default' | 'regular' | null;
  /** The APIs that it may use. */
  apis: Api[];
  /** Datasets that it may read, of those that were asked for or that the Auth API told. */
  datasets: string[];
}

/** What {@link Client.checkKey} finds out. */
export interface KeyCheck {
  /** Whether nothing stands in the way. */
  ok: boolean;
  /** The account; `null` when the server does not know it, or did not say. */
  user: string | null;
  /** The key. */
  key: CheckedKey;
  /** What stands in the way. */
  problems: KeyProblem[];
}
