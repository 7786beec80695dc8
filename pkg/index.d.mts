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
import * as all from './types/namespace.js';

/** The namespace; what CommonJS adds to it is not in it. */
declare namespace carto {
  export import Abortable = all.Abortable;
  export import ATTRIBUTION = all.ATTRIBUTION;
  export import CheckOptions = all.CheckOptions;
  export import CartoError = all.CartoError;
  export import Client = all.Client;
  export import ClientSettings = all.ClientSettings;
  export import FeaturesEvent = all.FeaturesEvent;
  export import GoogleMapType = all.GoogleMapType;
  export import KeyCheck = all.KeyCheck;
  export import KeyProblem = all.KeyProblem;
  export import LeafletLayer = all.LeafletLayer;
  export import Reason = all.Reason;
  export import SqlOptions = all.SqlOptions;
  export import SqlParam = all.SqlParam;
  export import SqlResult = all.SqlResult;
  export import auth = all.auth;
  export import dataview = all.dataview;
  export import events = all.events;
  export import filter = all.filter;
  export import layer = all.layer;
  export import operation = all.operation;
  export import source = all.source;
  export import style = all.style;
  export import version = all.version;
}

export default carto;
export * from './types/namespace.js';
export as namespace carto;
