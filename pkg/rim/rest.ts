/** When a map has come to rest. */

/** Milliseconds after the last move of a map until filters take its bounds (spec 2.16). */
const DELAY = 550;

/** What waits for the end of the moves of a map. */
export interface Rest {
  /** The map moves. */
  moved(): void;
  /** Nobody waits any more. */
  cancel(): void;
}

/** Calls back once the moves that it is told of have ended. */
export function atRest(callback: () => void): Rest {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = (): void => clearTimeout(timer);
  return {
    moved() {
      cancel();
      timer = setTimeout(callback, DELAY);
    },
    cancel,
  };
}
