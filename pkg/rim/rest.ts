/** When a map has come to rest. */

/** Milliseconds after the last move of a map until filters take its bounds (spec 2.16). */
const DELAY = 550;

/**
 * Calls back whenever a map has come to rest, until what this gives is called. `listen` calls `moved` at each move of the map, until
 * what it gives is called.
 */
export function whenAtRest(listen: (moved: () => void) => () => void, callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = (): void => clearTimeout(timer);
  const end = listen(() => {
    cancel();
    timer = setTimeout(callback, DELAY);
  });
  return () => {
    end();
    cancel();
  };
}
