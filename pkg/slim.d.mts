/**
 * The `carto` namespace without its WebAssembly module inside: smaller, and compiled while it arrives.
 *
 * @example
 * ```js
 * import load from 'carto-wasm/slim';
 *
 * const carto = await load();
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * ```
 *
 * @module slim
 */
import type carto from './index.mjs';

/**
 * Loads the WebAssembly module and gives the namespace. Every call gives the same promise, until one fails: then the next call
 * tries again.
 *
 * @param from Where the module is, or the module itself. Without it `carto_bg.wasm` beside this file, which Vite, webpack
 * and Parcel find and copy; other bundlers need its address, which the package exports as `carto-wasm/carto_bg.wasm`.
 * @returns the namespace; rejects with a `TypeError` when the file cannot be fetched, an `Error` with the HTTP status when
 * the server has none, a `WebAssembly.CompileError` when it is another file.
 * @example
 * ```js
 * import load from 'carto-wasm/slim';
 *
 * const carto = await load('/static/carto_bg.wasm');
 * ```
 */
export declare function load(from?: string | URL | WebAssembly.Module): Promise<typeof carto>;
export default load;
