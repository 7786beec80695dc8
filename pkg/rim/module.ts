/**
 * The ES module: named exports, and the namespace as the default one.
 *
 * The script that it brings in is the one of script tags and CommonJS, so that a package has the WebAssembly module once.
 * What takes it for CommonJS (Node, most bundlers) gives its exports as the default one; what takes it for an ES module
 * (browsers) finds them where the script puts them then.
 */
// @ts-expect-error The script is made by the build.
import * as script from './carto.js';
import type { carto as namespace } from './namespace.js';

const HAND_OVER = Symbol.for('carto-wasm');
const place = globalThis as { [HAND_OVER]?: typeof namespace };
const carto = (script as { default?: typeof namespace }).default ?? place[HAND_OVER]!;

export default carto;
export const { ATTRIBUTION, auth, CartoError, Client, dataview, events, filter, layer, operation, source, style, version } = carto;
