/** The last argument of everything that gives a promise. */
export interface Abortable {
  /**
   * Ends the waiting: the promise rejects with the signal's reason, a `DOMException` named `AbortError` or `TimeoutError`
   * unless the page gave another one. What was changed stays changed. With a signal that is aborted already nothing is done.
   *
   * @example
   * ```js
   * await client.addLayer(layer, { signal: AbortSignal.timeout(5_000) });
   * ```
   */
  signal?: AbortSignal;
}
