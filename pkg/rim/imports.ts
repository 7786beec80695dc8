/** What the WebAssembly side calls: the module `carto-rim` of the glue. */
import { cartoError, type Properties } from './error.js';
import { type Rule, styleRule } from './metadata.js';

/** Builds an object of one of the rim's classes from its properties: a `CartoError`, or a rule of a style. */
export function build(error: boolean, properties: unknown): object {
  return error ? cartoError(properties as Properties) : styleRule(properties as Rule);
}
