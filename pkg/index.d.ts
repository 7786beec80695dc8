/**
 * The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly.
 *
 * ```js
 * import carto from 'carto-wasm';
 *
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * const source = new carto.source.Dataset('cities');
 * const style = new carto.style.CartoCSS('#layer { marker-width: 7; marker-fill: #ee4d5a; }');
 * await client.addLayer(new carto.layer.Layer(source, style, { featureClickColumns: ['name'] }));
 * client.getLeafletLayer().addTo(map);
 * ```
 */
import * as carto from './types/namespace';

export default carto;
export * from './types/namespace';
export as namespace carto;
