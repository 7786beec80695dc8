/** When a map has come to rest. */

/** Milliseconds after the last move of a map until filters take its bounds (spec 2.16). */
const DELAY = 550;

/** A listener for moves that calls back once they have ended. */
export function atRest(callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(callback, DELAY);
  };
}
