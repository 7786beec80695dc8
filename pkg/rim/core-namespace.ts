/** The namespace of `carto.core.js`: maps and their features, without what else `carto.js` has. */
import { version } from '../package.json';
import { Client } from './client.js';
import { ATTRIBUTION, events, layerEvents } from './constants.js';
import { CartoError } from './error.js';
import { Layer } from './layer.js';
import { addMethods } from './methods.js';
import { Dataset, Source, SQL } from './source.js';
import { CartoCSS } from './style.js';

export const source = { Dataset, SQL };
export const style = { CartoCSS };
export const layer = { Layer, events: layerEvents };
export { ATTRIBUTION, CartoError, Client, events, version };

export const carto = { version, ATTRIBUTION, Client, CartoError, source, style, layer, events };

/** Says where something is that is not here. */
function lack(what: string): never {
  throw new Error(`${what} is not in carto.core.js but in carto.js: load that script in place of this one, or import 'carto-wasm' in place of 'carto-wasm/core'.`);
}

/** Members that a namespace has in `carto.js`: reading one says so, looking at all members does not. */
function lackMembers(namespace: object, of: string, names: string[]): void {
  for (let at = 0; at < names.length; at++) Object.defineProperty(namespace, names[at]!, { get: () => lack(`${of}.${names[at]}`) });
}

/** Methods that a class has in `carto.js`: calling one says so. */
function lackMethods(prototype: object, of: string, names: string[]): void {
  const methods: Record<string, () => never> = {};
  for (let at = 0; at < names.length; at++) methods[names[at]!] = () => lack(`${of}.${names[at]}`);
  addMethods(prototype, methods);
}

lackMembers(carto, 'carto', ['dataview', 'filter', 'auth', 'operation']);
lackMembers(layer, 'carto.layer', ['Aggregation']);
lackMethods(Client.prototype, 'client', ['addDataview', 'addDataviews', 'removeDataview', 'getDataviews', 'getGoogleMapsMapType', 'getMapLibreLayer', 'getOpenLayersLayer', 'connectMap', 'sql', 'checkKey']);
lackMethods(Source.prototype, 'source', ['addFilter', 'addFilters', 'removeFilter', 'removeFilters', 'getFilters']);
