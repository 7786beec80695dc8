/**
 * Who keeps whom alive. The WebAssembly side holds the page's objects weakly; what belongs together must hold each other
 * here, so that listeners live exactly as long as the page can cause an event.
 */

const KEPT = Symbol('kept');

/** Lets `holder` keep `part` alive. */
export function keep(holder: object, part: unknown): void {
  ((holder as { [KEPT]?: Set<unknown> })[KEPT] ??= new Set()).add(part);
}

/** Ends what {@link keep} began. */
export function release(holder: object, part: unknown): void {
  (holder as { [KEPT]?: Set<unknown> })[KEPT]?.delete(part);
}

/** Gives the page's object to its half in WebAssembly, and takes what only the glue reads out of consoles and JSON. */
export function bindTo(object: object): void {
  (object as { __bind?(object: object): void }).__bind?.(object);
  for (const key of Object.keys(object)) Object.defineProperty(object, key, { enumerable: false });
}
