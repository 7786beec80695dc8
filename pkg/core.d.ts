/**
 * The namespace of `carto.core.js`, for CommonJS; see `core.d.mts`.
 *
 * ```js
 * const carto = require('carto-wasm/core'); // or window.carto, of the script tag
 * ```
 */
import * as carto from './types/core';

export = carto;
