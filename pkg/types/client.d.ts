import type { Abortable } from './abort';
import type { CheckOptions, FormatOptions, KeyCheck, SqlOptions, SqlResult } from './account';
import type { AnyDataview } from './dataview';
import type { CartoError } from './error';
import type { Events } from './events';
import type { GoogleMap } from './filter';
import type { FeatureCollection } from './geojson';
import type { LatLng, Layer, Position } from './layer';
import type { MapAdapter, MapConnection, MapLibreLayer, MapLibreLayerOptions, OpenLayersLayer, OpenLayersLayerOptions } from './map-library';
import type { GoogleMapType, LeafletLayer, LeafletLayerOptions } from './native';

/** The settings of a {@link Client}. They are not written to. */
export interface ClientSettings {
  /** The key that every request carries. Get one from the API keys page of the account. A key is a secret of its account. */
  apiKey: string;
  /** The account. */
  username: string;
  /** Where the server is (`https://{username}.carto.com`); `{username}` in it is replaced, and the username must be in it. */
  serverUrl?: string;
  /** Milliseconds until an answer must be complete (30,000). */
  timeout?: number;
  /** Keeps quiet about a master key in a page on a public host (`false`). */
  allowMasterKey?: boolean;
  /** Longest URL of a map request by GET, in characters (7,500); longer ones go by POST, which costs a CORS preflight. */
  maxUrlLength?: number;
}

/** A feature of a layer. */
export interface LayerFeature {
  /** The layer. */
  layer: Layer;
  /** The feature's `cartodb_id` and all click and over columns of the layer. */
  data: Record<string, unknown>;
}

/** What `featuresClicked` tells. */
export interface FeaturesEvent {
  /** The features under the click, bottom layer first; none over none. One of each layer, but all of them in vector mode. */
  features: LayerFeature[];
  /** Where it was, in degrees. */
  latLng: LatLng;
  /** Where it was, in pixels of the map's container. */
  position: Position;
}

/** What `renderModeChanged` tells. */
export interface RenderModeEvent {
  /** The layer. */
  layer: Layer;
  /** Who draws it now: the browser, or the server. */
  mode: 'vector' | 'image';
}

/** The events of a {@link Client}. */
export type ClientEvents = {
  /** In vector mode: the server draws a layer, because the browser cannot; or the browser draws it again. */
  renderModeChanged: [event: RenderModeEvent];
  /** The map was clicked or tapped: the features of all layers that have columns. */
  featuresClicked: [event: FeaturesEvent];
  /** The map was made ready as it is now, or no tile is missing any more after some could not be loaded. */
  success: [];
  /** The map could not be made ready, or a tile could not be loaded: one error for each, with the `reason`. */
  error: [error: CartoError];
};

export interface Client extends Events<ClientEvents> {}
/**
 * The connection to an account's server, and what is on the map.
 *
 * Promises of changes settle with the map's answer; tiles and the data of dataviews come later. They reject with a
 * {@link CartoError}: `windshaft:*` for what the server refuses, else `generic:unknown-error` with a `reason`.
 *
 * @example
 * ```js
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * client.on('error', (error) => console.warn(error.message, error.hint));
 * client.getLeafletLayer().addTo(map);
 * await client.addLayer(layer);
 * ```
 */
export class Client {
  /**
   * @throws {@link CartoError} `validation:client:api-key-required`, `validation:client:api-key-string`,
   * `validation:client:username-required`, `validation:client:username-string`,
   * `validation:client:non-valid-server-url`, `validation:client:non-matching-server-url`
   * @example
   * ```js
   * const client = new carto.Client({
   *   apiKey: 'default_public',
   *   username: 'demo',
   *   serverUrl: 'https://maps.example.com/user/{username}',
   *   timeout: 10_000,
   * });
   * ```
   */
  constructor(settings: ClientSettings);
  /**
   * Adds a layer on top. A layer that the server refuses stays in {@link getLayers}, as in CARTO.js: every later change is
   * refused with it, until it is mended (by its style or source) or removed.
   *
   * @returns settles with the map's answer
   * @throws {@link CartoError} `validation:client:bad-layer-type`, `validation:client:duplicated-layer-id`
   * @example
   * ```js
   * await client.addLayer(new carto.layer.Layer(cities, style));
   * ```
   */
  addLayer(layer: Layer, options?: Abortable): Promise<void>;
  /**
   * Adds layers on top, the last one topmost, with one map request. All are added or none is.
   *
   * @returns settles with the map's answer
   * @throws {@link CartoError} `validation:client:bad-layer-type`, `validation:client:duplicated-layer-id`
   * @example
   * ```js
   * await client.addLayers([
   *   new carto.layer.Layer(new carto.source.Dataset('countries'), new carto.style.CartoCSS('#l { polygon-fill: #eee; }')),
   *   new carto.layer.Layer(cities, style),
   * ]);
   * ```
   */
  addLayers(layers: Layer[], options?: Abortable): Promise<void>;
  /**
   * Removes a layer; one that is not there is no error.
   *
   * @returns settles with the map's answer
   * @throws {@link CartoError} `validation:client:bad-layer-type`
   * @example
   * ```js
   * await client.removeLayer(layer);
   * ```
   */
  removeLayer(layer: Layer, options?: Abortable): Promise<void>;
  /**
   * Removes layers with one map request.
   *
   * @returns settles with the map's answer
   * @throws {@link CartoError} `validation:client:bad-layer-type`
   * @example
   * ```js
   * await client.removeLayers(client.getLayers());
   * ```
   */
  removeLayers(layers: Layer[], options?: Abortable): Promise<void>;
  /**
   * Moves a layer to an index, 0 at the bottom.
   *
   * @returns settles with the map's answer
   * @throws {@link CartoError} `validation:client:bad-layer-type`, `validation:client:index-number`,
   * `validation:client:index-out-of-range`
   * @example
   * ```js
   * await client.moveLayer(layer, client.getLayers().length - 1);
   * ```
   */
  moveLayer(layer: Layer, index: number, options?: Abortable): Promise<void>;
  /**
   * The layers, bottom first: always the same list.
   *
   * @example
   * ```js
   * for (const layer of client.getLayers()) layer.show();
   * ```
   */
  getLayers(): Layer[];
  /**
   * Adds a dataview.
   *
   * @returns settles with the map's answer; the data comes with the dataview's `dataChanged`
   * @throws {@link CartoError} `validation:client:unknown-error` for what is no dataview
   * @example
   * ```js
   * const count = new carto.dataview.Formula(cities, 'cartodb_id', { operation: carto.operation.COUNT });
   * count.on('dataChanged', ({ result }) => { element.textContent = String(result); });
   * await client.addDataview(count);
   * ```
   */
  addDataview(dataview: AnyDataview, options?: Abortable): Promise<void>;
  /**
   * Adds dataviews with one map request.
   *
   * @returns settles with the map's answer; the data comes with the dataviews' `dataChanged`
   * @throws {@link CartoError} `validation:client:unknown-error` for what is no dataview
   * @example
   * ```js
   * await client.addDataviews([
   *   new carto.dataview.Formula(cities, 'pop_max', { operation: 'sum' }),
   *   new carto.dataview.Category(cities, 'adm0name'),
   * ]);
   * ```
   */
  addDataviews(dataviews: AnyDataview[], options?: Abortable): Promise<void>;
  /**
   * Removes a dataview and disables it; one that is not there is no error.
   *
   * @returns settles with the map's answer
   * @example
   * ```js
   * await client.removeDataview(dataview);
   * ```
   */
  removeDataview(dataview: AnyDataview, options?: Abortable): Promise<void>;
  /**
   * The dataviews, in the order in which they were added: always the same list.
   *
   * @example
   * ```js
   * const loading = client.getDataviews().some((dataview) => dataview.isLoading());
   * ```
   */
  getDataviews(): AnyDataview[];
  /**
   * The Leaflet layer that shows this client: always the same one. For Leaflet 1 as `window.L`, or any Leaflet from 1.0 to
   * 2.0 that is handed over, which modules need.
   *
   * @param options those of `L.TileLayer`, `leaflet` and `render`; only the first call's count
   * @throws `Error` when Leaflet is missing or before 1.0, or when vector mode is wanted and not loaded
   * @example
   * ```js
   * client.getLeafletLayer({ leaflet: L, opacity: 0.8 }).addTo(map);
   * ```
   */
  getLeafletLayer<Native = LeafletLayer>(options?: LeafletLayerOptions): Native;
  /**
   * What shows this client on a Google map: always the same one. Tested against a stand-in of Google's documented
   * interface, since the real one needs a key.
   *
   * @param map a `google.maps.Map`; only the first call's counts
   * @throws `Error` when Google Maps is missing or before 3.31
   * @example
   * ```js
   * googleMap.overlayMapTypes.push(client.getGoogleMapsMapType(googleMap));
   * ```
   */
  getGoogleMapsMapType<Native = GoogleMapType>(map: GoogleMap): Native;
  /**
   * What shows this client on a map of MapLibre GL JS (4 to 6): always the same one. Mapbox GL JS has the same interface; it
   * needs a key, and was not tried.
   *
   * @param options only the first call's count
   * @example
   * ```js
   * client.getMapLibreLayer({ before: 'labels' }).addTo(map);
   * ```
   */
  getMapLibreLayer(options?: MapLibreLayerOptions): MapLibreLayer;
  /**
   * The `ol/layer/Tile` that shows this client on a map of OpenLayers (9, 10) in Web Mercator: always the same one. Modules
   * hand over the two classes that it is made of.
   *
   * @param options those of `ol/layer/Tile`, and the classes; only the first call's count
   * @throws `Error` when OpenLayers is missing
   * @example
   * ```js
   * olMap.addLayer(client.getOpenLayersLayer({ TileLayer: ol.layer.Tile, XYZ: ol.source.XYZ }));
   * ```
   */
  getOpenLayersLayer<Native = OpenLayersLayer>(options?: OpenLayersLayerOptions): Native;
  /**
   * Joins this client and a map library that it does not know: the adapter is told what to show, and tells what the pointer
   * does.
   *
   * @example
   * ```js
   * const connection = client.connectMap({ showTiles: (addresses) => console.log(addresses) });
   * ```
   */
  connectMap(adapter: MapAdapter): MapConnection;
  /**
   * Ends the client: requests are aborted, promises rejected (`reason` is `disposed`), the map layer goes off the map. What
   * was in it can go to another client; adding anything to this one is refused. Pages that keep their map need not call it.
   *
   * @example
   * ```js
   * client.dispose();
   * ```
   */
  dispose(): void;
  /**
   * Asks with another key from now on; layers and dataviews stay. A key that was refused is replaced so without a reload of
   * the page.
   *
   * @returns settles with the map's answer to the new key
   * @throws {@link CartoError} `validation:client:api-key-required`, `validation:client:api-key-string`
   * @example
   * ```js
   * await client.setApiKey(prompt('API key') ?? 'default_public');
   * ```
   */
  setApiKey(apiKey: string, options?: Abortable): Promise<void>;
  /**
   * Asks the SQL API, which the key must grant. Values go into the query by name and are quoted: `:name` becomes a literal,
   * `:"name"` an identifier. Long queries go by POST, as a form.
   *
   * @returns the rows; rejects with `sql:` and the `reason`: `sql:dataset-not-granted`, `sql:invalid-query`, `sql:timeout`, …
   * @throws {@link CartoError} `validation:sql:query-string`, `validation:sql:invalid-format`,
   * `validation:sql:missing-parameter`, `validation:sql:invalid-parameter`
   * @example
   * ```js
   * const { rows } = await client.sql('SELECT name FROM cities WHERE pop_max > :people', { params: { people: 1e6 } });
   * const csv = await client.sql('SELECT * FROM :"table"', { format: 'csv', params: { table: 'cities' } });
   * const { features } = await client.sql('SELECT * FROM cities LIMIT 10', { format: 'geojson' });
   * ```
   */
  sql<Row = Record<string, unknown>>(query: string, options?: SqlOptions<'json'>): Promise<SqlResult<Row>>;
  sql(query: string, options: FormatOptions<'csv'>): Promise<string>;
  sql<Row = Record<string, unknown>>(query: string, options: FormatOptions<'geojson'>): Promise<FeatureCollection<Row>>;
  /**
   * Finds out what the key is good for, with the fewest questions that decide it, and says what is wrong with it.
   *
   * @returns what was found out; what is wrong with the key rejects nothing
   * @example
   * ```js
   * const { ok, problems } = await client.checkKey({ datasets: ['cities'] });
   * if (!ok) console.warn(problems.map(({ hint }) => hint).join('\n'));
   * ```
   */
  checkKey(options?: CheckOptions): Promise<KeyCheck>;
  /**
   * The same as {@link dispose}, for `using`.
   *
   * @example
   * ```js
   * using client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
   * ```
   */
  [Symbol.dispose](): void;
}

// For projects whose `lib` does not have it yet; where it has, both are one.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}
