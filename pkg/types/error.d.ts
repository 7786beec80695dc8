import type { Layer } from './layer';
import type { AnySource } from './source';

/** Why something was refused or failed, for programs; `hint` says it for people. */
export type Reason =
  | 'malformed-key'
  | 'unknown-key'
  | 'unknown-user'
  | 'api-not-granted'
  | 'dataset-not-granted'
  | 'forbidden'
  | 'master-key-required'
  | 'dataset-not-found'
  | 'key-not-found'
  | 'name-taken'
  | 'invalid-grants'
  | 'fixed-key'
  | 'quota'
  | 'no-such-api'
  | 'invalid-query'
  | 'not-found'
  | 'disposed'
  | 'rate-limited'
  | 'over-limit'
  | 'timeout'
  | 'unreachable'
  | 'not-json'
  | 'not-maps-api';

/** Where an error arose: in a check of arguments, on a server of the Maps, SQL or Auth API, or on the way there. */
export type Origin = 'validation' | 'windshaft' | 'ajax' | 'generic' | 'sql' | 'auth';

/** What an error was made from: the check that failed, or the server's words. */
export interface OriginalError {
  /** Where it arose. */
  origin: string;
  /** The group: `client`, `layer`, `analysis`, … */
  type: string;
  /** What a server tells beside the type. */
  subtype?: string;
  /** The name of the check that failed, or the server's words; at most 256 characters of a Maps API's, 1,000 of another's. */
  message?: string;
  /** What a server tells about the place, as it came. */
  context?: unknown;
  /** The layer that the server names. */
  layerId?: string | number;
  /** The source that the server names. */
  analysisId?: string;
}

/**
 * The one error that is thrown and rejected. Checks of arguments throw it; what the server refuses comes with the promise,
 * and as `error` event of the client and of the layer, source, style or dataview that it is about.
 *
 * @example
 * ```js
 * client.addLayer(layer).catch((error) => {
 *   document.body.append(error.forbidden ? error.hint : error.message);
 * });
 * ```
 */
export class CartoError extends Error {
  private constructor();
  /** `CartoError`. */
  readonly name: 'CartoError';
  /** Where it arose. */
  readonly origin: Origin;
  /** The group: `client`, `layer`, `analysis`, `auth`, …; empty for generic errors, and for those of SQL and Auth API. */
  readonly type: string;
  /**
   * Origin, group and what is wrong, as in CARTO.js: `validation:client:api-key-required`, `windshaft:layer:unrecognized-rule`.
   * Errors of the SQL and Auth API have their reason in place of the last two: `sql:dataset-not-granted`.
   *
   * @example
   * ```js
   * try {
   *   new carto.source.SQL('');
   * } catch (error) {
   *   if (error instanceof carto.CartoError) console.warn(error.errorCode); // validation:source:query-required
   * }
   * ```
   */
  readonly errorCode: string;
  /** What the error was made from. */
  readonly originalError?: OriginalError;
  /** The HTTP status, when there was an answer. */
  readonly status?: number;
  /**
   * Whether the server refused the key or the user, whichever status it chose for that.
   *
   * @example
   * ```js
   * client.on('error', (error) => {
   *   if (error.forbidden) console.warn(error.reason, error.hint);
   * });
   * ```
   */
  readonly forbidden: boolean;
  /** The API that refused or failed. */
  readonly api?: 'maps' | 'sql' | 'auth';
  /** Why, for programs. */
  readonly reason?: Reason;
  /** What to check, for people: one or two sentences. Never contains a key. */
  readonly hint?: string;
  /** The dataset that the key does not grant, where the server names it. */
  readonly dataset?: string;
  /** What `fetch` threw, when the network failed. */
  readonly cause?: unknown;
  /** The layer that the server names, on errors that the client's `error` event carries. */
  readonly layer?: Layer;
  /** The source that the server names, on errors that the source's `error` event carries. */
  readonly source?: AnySource;
  /** Id of the source that the server names. */
  readonly sourceId?: string;
}
