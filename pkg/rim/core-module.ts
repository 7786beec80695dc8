/** The ES module `carto-wasm/core`, which brings in the script `carto.core.js` as `module.ts` brings in `carto.js`. */
// @ts-expect-error The script is made by the build.
import * as script from './carto.core.js';
import type { carto as namespace } from './core-namespace.js';

const HAND_OVER = Symbol.for('carto-wasm/core');
const place = globalThis as { [HAND_OVER]?: typeof namespace };
const carto = (script as { default?: typeof namespace }).default ?? place[HAND_OVER]!;

export default carto;
export const { ATTRIBUTION, CartoError, Client, events, layer, source, style, version } = carto;
