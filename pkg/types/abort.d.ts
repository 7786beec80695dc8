/** The last argument of everything that gives a promise. */
export interface Abortable {
  /** Ends the waiting: the promise rejects with the signal's reason. What was changed stays changed. */
  signal?: AbortSignal;
}
