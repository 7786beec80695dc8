/**
 * The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly.
 *
 * ```js
 * const carto = require('carto-wasm'); // or window.carto, of the script tag
 *
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * const source = new carto.source.Dataset('cities');
 * const style = new carto.style.CartoCSS('#layer { marker-width: 7; marker-fill: #ee4d5a; }');
 * client.addLayer(new carto.layer.Layer(source, style, { featureClickColumns: ['name'] }));
 * client.getLeafletLayer().addTo(map);
 * ```
 */
import * as carto from './types/namespace';

export = carto;
export as namespace carto;
