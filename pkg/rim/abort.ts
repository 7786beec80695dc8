/** `AbortSignal` for everything that gives a promise. */

import { read } from './natives.js';

/** The last argument of every method that gives a promise. */
export interface Abortable {
  signal?: AbortSignal;
}

/**
 * Calls unless the signal was aborted before, and rejects with its reason once it is. What was changed stays changed:
 * only the waiting ends.
 */
export function abortable<T>(options: Abortable | undefined, call: () => Promise<T>): Promise<T> {
  const signal = read(options, 'signal');
  // What only looks like one could throw after the call, and leave its promise to nobody.
  if (!isSignal(signal)) return call();
  if (signal.aborted) return Promise.reject(signal.reason);
  const done = call();
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, Object.assign(Object.create(null) as object, { once: true }));
    done.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function isSignal(signal: unknown): signal is AbortSignal {
  try {
    return signal instanceof AbortSignal && typeof signal.aborted === 'boolean';
  } catch {
    return false;
  }
}
