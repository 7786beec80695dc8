/**
 * The namespace: the default export of the package, `window.carto` of the script tag. Its members are named exports, too.
 *
 * @example
 * ```js
 * import carto from 'carto-wasm';
 *
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * const cities = new carto.source.Dataset('cities');
 * const style = new carto.style.CartoCSS('#layer { marker-width: 7; marker-fill: #ee4d5a; }');
 * client.getLeafletLayer().addTo(map);
 * await client.addLayer(new carto.layer.Layer(cities, style, { featureClickColumns: ['name'] }));
 * ```
 *
 * @module carto
 */

export { Abortable } from './abort';
export { Api, CheckedKey, CheckOptions, FormatOptions, KeyCheck, KeyProblem, SqlField, SqlFormat, SqlOptions, SqlParam, SqlResult } from './account';
export { Client, ClientEvents, ClientSettings, FeaturesEvent, LayerFeature, RenderModeEvent } from './client';
export { CartoError, Origin, OriginalError, Reason } from './error';
export { EventArguments, EventMap, EventName, EventNames, Events, EventsOf, EventWords, Listener, ListenerMap } from './events';
export { Feature, FeatureCollection, Geometry, GeoPosition } from './geojson';
export { MapAdapter, MapConnection, MapLibreLayer, MapLibreLayerOptions, MapLibreMap, MapPosition, MapTile, OpenLayersLayer, OpenLayersLayerOptions, OpenLayersMap } from './map-library';
export { GoogleMapType, LeafletLayer, LeafletLayerOptions, LeafletMapTarget, Size, TileCoordinate } from './native';
export * as auth from './auth';
export * as dataview from './dataview';
export * as filter from './filter';
export * as layer from './layer';
export * as source from './source';
export * as style from './style';

/**
 * The version of this library.
 *
 * @example
 * ```js
 * console.log(`carto-wasm ${carto.version}`);
 * ```
 */
export const version: string;
/**
 * Who must be named on a map, as HTML.
 *
 * @example
 * ```js
 * client.getLeafletLayer({ attribution: `${carto.ATTRIBUTION}, GeoNames` });
 * ```
 */
export const ATTRIBUTION: string;
/**
 * The names of a client's events.
 *
 * @example
 * ```js
 * client.on(carto.events.ERROR, (error) => console.warn(error.message));
 * ```
 */
export const events: {
  /** The map was made ready as it is now. */
  readonly SUCCESS: 'success';
  /** The map could not be made ready. */
  readonly ERROR: 'error';
};
/**
 * How dataviews make a number of rows.
 *
 * @example
 * ```js
 * const people = new carto.dataview.Formula(cities, 'pop_max', { operation: carto.operation.SUM });
 * ```
 */
export const operation: {
  /** Rows. */
  readonly COUNT: 'count';
  /** Sum. */
  readonly SUM: 'sum';
  /** Average. */
  readonly AVG: 'avg';
  /** Largest. */
  readonly MAX: 'max';
  /** Smallest. */
  readonly MIN: 'min';
};
