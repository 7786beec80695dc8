/**
 * The `carto` namespace without its WebAssembly module inside, for CommonJS.
 *
 * ```js
 * const load = require('carto-wasm/slim');
 *
 * load().then((carto) => new carto.Client({ apiKey: 'default_public', username: 'demo' }));
 * ```
 */
import type * as carto from './types/namespace';

/**
 * Loads the WebAssembly module and gives the namespace; see `slim.d.mts`.
 *
 * @param from Where the module is, or the module itself; `carto_bg.wasm` of the package without it.
 */
declare function load(from?: string | URL | WebAssembly.Module): Promise<typeof carto>;
export = load;
