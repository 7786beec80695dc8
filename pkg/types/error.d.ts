import type { Layer } from './layer';
import type { Dataset, SQL } from './source';

/** Why something was refused or failed, for programs. */
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
  | 'disposed'
  | 'rate-limited'
  | 'over-limit'
  | 'timeout'
  | 'unreachable'
  | 'not-json'
  | 'not-maps-api';

/**
 * The one error that is thrown and rejected.
 *
 * ```js
 * client.addLayer(layer).catch((error) => {
 *   if (error.forbidden) show(error.hint);
 *   else show(error.message);
 * });
 * ```
 */
export class CartoError extends Error {
  private constructor();
  readonly name: 'CartoError';
  /** Where it arose. */
  readonly origin: 'validation' | 'windshaft' | 'ajax' | 'generic' | 'sql' | 'auth';
  /** The group: `client`, `layer`, `analysis`, `auth`, …; empty for generic errors. */
  readonly type: string;
  /** `origin:type:code`, as in CARTO.js, for example `validation:client:api-key-required`. */
  readonly errorCode: string;
  /** What the error was made from: the failed check, or the server's words. */
  readonly originalError?: {
    origin: string;
    type: string;
    subtype?: string;
    message?: string;
    context?: unknown;
    layerId?: string | number;
    analysisId?: string;
  };
  /** The HTTP status, when there was an answer. */
  readonly status?: number;
  /** Whether the server refused the key or the user, whichever status it chose for that. */
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
  readonly source?: Dataset | SQL;
  /** Id of the source that the server names. */
  readonly sourceId?: string;
}
