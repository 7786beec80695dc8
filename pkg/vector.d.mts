/**
 * Vector mode: `carto.vector.js` as a module. It has no members; once it is loaded, `render: 'vector'` has the tiles of a client drawn in the browser.
 *
 * @example
 * ```js
 * import carto from 'carto-wasm';
 * import 'carto-wasm/vector';
 *
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * client.getLeafletLayer({ render: 'vector' }).addTo(map);
 * ```
 */
export {};
