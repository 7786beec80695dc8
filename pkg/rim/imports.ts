/** What the WebAssembly side calls: the module `carto-rim` of the glue. */
import type * as raw from '../glue/carto.js';
import { cartoError, type Properties } from './error.js';
import { emit } from './events.js';
import { behind, isHeld, numbered } from './held.js';
import { DATAVIEW, LAYER, ROWS, SOURCE, SPATIAL, CARTO_CSS } from './kind.js';
import { note } from './layer.js';
import { type Rule, styleRule } from './metadata.js';
import { after } from './natives.js';

/** Builds an object of one of the rim's classes from its properties: a `CartoError`, or a rule of a style. */
export function build(error: boolean, properties: unknown): object {
  return error ? cartoError(properties as Properties) : styleRule(properties as Rule);
}

/** The page's object, or the rim's, that has a number; undefined when it was collected. */
export { numbered as object };

export { whenBack } from './back.js';
export { refill } from './list.js';
export { answers } from './vector.js';

/** Calls back once when a promise is settled, with whether it is fulfilled and its value or reason; what was thrown counts as a reason. */
export function settled(isFulfilled: boolean, promise: unknown, done: (isFulfilled: boolean, value: unknown) => void): void {
  after(isFulfilled ? Promise.resolve(promise) : Promise.reject(promise), (value: unknown) => done(true, value), (reason: unknown) => done(false, reason));
}

/** Tells an event to an object. */
export function tell(target: object, name: string, args: unknown[]): void {
  if (isHeld(target)) {
    note(target, name, args);
    emit(target, name, args);
  } else (target as { __emit(name: string, args: unknown[]): void }).__emit(name, args);
}

// New handles of what is behind an argument of the page's, if it is of the right kind.
export const layer = (value: unknown): raw.Layer | undefined => behind(value, LAYER)?.__share();
export const dataview = (value: unknown): raw.Dataview | undefined => behind(value, DATAVIEW)?.__share();
export const source = (value: unknown): raw.Source | undefined => behind(value, SOURCE)?.__share();
export const style = (value: unknown): raw.Style | undefined => behind(value, CARTO_CSS)?.__share();
export const spatial = (value: unknown): raw.SpatialFilter | undefined => behind(value, SPATIAL)?.__share();
export const rows = (value: unknown): raw.SqlFilter | undefined => behind(value, ROWS)?.__share();
