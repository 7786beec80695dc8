import type { Abortable } from './abort';
import type { AnyDataview } from './dataview';
import type { CartoError, Reason } from './error';
import type { Events } from './events';
import type { LatLng, Layer } from './layer';

export interface ClientSettings {
  /** The key that every request carries. Get one from the API keys page of the account. */
  apiKey: string;
  /** The account. */
  username: string;
  /** Where the Maps API is (`https://{username}.carto.com`); `{username}` in it is replaced. */
  serverUrl?: string;
  /** Milliseconds until an answer must be complete (30,000). */
  timeout?: number;
  /** Keeps quiet about a master key in a page on a public host. */
  allowMasterKey?: boolean;
  /** Longest URL of a map request by GET, in characters (7,500); longer ones go by POST, which costs a CORS preflight. */
  maxUrlLength?: number;
}

/** What `featuresClicked` tells. */
export interface FeaturesEvent {
  /** The features under the click, bottom layer first; none over none. */
  features: { layer: Layer; data: Record<string, unknown> }[];
  /** Where it was, in degrees. */
  latLng: LatLng;
  /** Where it was, in pixels of the map's container. */
  position: { x: number; y: number };
}

/** A value of a query's `params`. */
export type SqlParam = string | number | bigint | boolean | Date | null | SqlParam[];

export interface SqlOptions extends Abortable {
  /** How rows come: objects, a feature collection, or a text with a line for each (`json`). */
  format?: 'json' | 'geojson' | 'csv';
  /** Values for the names in the query: `:name` becomes a literal, `:"name"` an identifier. */
  params?: Record<string, SqlParam>;
}

export interface SqlResult<Row = Record<string, unknown>> {
  rows: Row[];
  /** The columns, by their name; `type` is `number`, `string`, `date`, `boolean`, `geometry`, … */
  fields: Record<string, { type: string; pgtype?: string }>;
  /** Seconds that the query took. */
  time: number;
  /** Rows that there are, or that were changed. */
  totalRows: number;
}

export interface CheckOptions extends Abortable {
  /** Datasets that the page reads: `name` or `schema.name`. */
  datasets?: string[];
  /** APIs that the page cannot do without (`['maps']`). */
  apis?: ('maps' | 'sql')[];
}

export interface KeyProblem {
  /** Why, for programs. */
  reason: Reason;
  /** What is wrong and what to do, for people. Never contains a key. */
  hint: string;
  api?: 'maps' | 'sql';
  dataset?: string;
}

export interface KeyCheck {
  /** Whether nothing stands in the way. */
  ok: boolean;
  /** The account; `null` when the server does not know it, or did not say. */
  user: string | null;
  key: {
    /** `null` when only the Auth API knows, and it cannot be asked from here. */
    type: 'master' | 'default' | 'regular' | null;
    /** The APIs that it may use. */
    apis: ('maps' | 'sql')[];
    /** Datasets that it may read, of those that were asked for or that the Auth API told. */
    datasets: string[];
  };
  problems: KeyProblem[];
}

type ClientEvents = {
  /** The map was clicked or tapped: the features of all layers that have columns. */
  featuresClicked: [event: FeaturesEvent];
  /** The map was made ready as it is now. */
  success: [];
  /** The map could not be made ready, or a tile could not be loaded. */
  error: [error: CartoError];
};

/** The part of a Leaflet tile layer that every page uses; with Leaflet's types it can be treated as an `L.TileLayer`. */
export interface LeafletLayer {
  addTo(map: object): this;
  remove(): this;
  removeFrom(map: object): this;
  redraw(): this;
  setOpacity(opacity: number): this;
  setZIndex(zIndex: number): this;
  bringToFront(): this;
  bringToBack(): this;
  getContainer(): HTMLElement | null;
  on(name: string, listener: (event: object) => void): this;
  off(name: string, listener?: (event: object) => void): this;
}

/** A `google.maps.MapType`. */
export interface GoogleMapType {
  readonly tileSize: object;
  getTile(coordinate: { x: number; y: number }, zoom: number, ownerDocument?: Document): HTMLElement;
}

export interface Client extends Events<ClientEvents> {}
/**
 * The connection to an account's Maps API, and what is on the map.
 *
 * ```js
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * client.on('error', (error) => console.warn(error.message, error.hint));
 * ```
 */
export class Client {
  /** @throws {CartoError} `validation:client:*` */
  constructor(settings: ClientSettings);
  /** Adds a layer on top; the promise settles with the map's answer. @throws {CartoError} as {@link addLayers} */
  addLayer(layer: Layer, options?: Abortable): Promise<void>;
  /**
   * Adds layers on top, in order, with one map request.
   *
   * @throws {CartoError} `validation:client:bad-layer-type`, `…:duplicated-layer-id`
   */
  addLayers(layers: Layer[], options?: Abortable): Promise<void>;
  /** Removes a layer. @throws {CartoError} `validation:client:bad-layer-type` */
  removeLayer(layer: Layer, options?: Abortable): Promise<void>;
  /** Removes layers. @throws {CartoError} `validation:client:bad-layer-type` */
  removeLayers(layers: Layer[], options?: Abortable): Promise<void>;
  /**
   * Moves a layer to an index, 0 at the bottom.
   *
   * @throws {CartoError} `validation:client:bad-layer-type`, `…:index-number`, `…:index-out-of-range`
   */
  moveLayer(layer: Layer, index: number, options?: Abortable): Promise<void>;
  /** The layers, bottom first: always the same list. */
  getLayers(): Layer[];
  /** Adds a dataview. */
  addDataview(dataview: AnyDataview, options?: Abortable): Promise<void>;
  /** Adds dataviews with one map request. */
  addDataviews(dataviews: AnyDataview[], options?: Abortable): Promise<void>;
  /** Removes and disables a dataview. */
  removeDataview(dataview: AnyDataview, options?: Abortable): Promise<void>;
  /** The dataviews, in the order in which they were added: always the same list. */
  getDataviews(): AnyDataview[];
  /**
   * The Leaflet layer that shows this client: always the same one. For Leaflet 1 as `window.L`, or any Leaflet from 1.0 to
   * 2.0 that is handed over, which modules need:
   *
   * ```js
   * import * as leaflet from 'leaflet';
   * client.getLeafletLayer({ leaflet }).addTo(map);
   * ```
   *
   * @param options those of `L.TileLayer`, and `leaflet`; only the first call's count
   * @throws {Error} when Leaflet is missing
   */
  getLeafletLayer(options?: { leaflet?: object; [option: string]: unknown }): LeafletLayer;
  /**
   * What shows this client on a Google map: always the same one. Tested against a stand-in of Google's documented
   * interface, since the real one needs a key.
   *
   * ```js
   * map.overlayMapTypes.push(client.getGoogleMapsMapType(map));
   * ```
   *
   * @param map a `google.maps.Map`; only the first call's counts
   * @throws {Error} when Google Maps is missing or older than 3.31
   */
  getGoogleMapsMapType(map: object): GoogleMapType;
  /**
   * Ends the client: requests are aborted, promises rejected, the map layer goes off the map. What was in it can go to
   * another client; adding anything to this one is refused. Nothing needs it in a page that lives long.
   */
  dispose(): void;
  /**
   * Asks with another key from now on; layers and dataviews stay. A key that was refused is replaced so without a reload of
   * the page.
   *
   * ```js
   * client.setApiKey(key).catch((error) => show(error.hint));
   * ```
   *
   * @throws {CartoError} `validation:client:api-key-required`, `…:api-key-string`
   */
  setApiKey(apiKey: string, options?: Abortable): Promise<void>;
  /**
   * Asks the SQL API, which the key must grant. Values go into the query by name and are quoted here: `:name` becomes a
   * literal, `:"name"` an identifier. Long queries go by POST.
   *
   * ```js
   * const { rows } = await client.sql('SELECT name FROM cities WHERE pop_max > :people', { params: { people: 1e6 } });
   * ```
   *
   * @throws {CartoError} `validation:sql:*`; rejects with `sql:*`
   */
  sql<Row = Record<string, unknown>>(query: string, options?: SqlOptions & { format?: 'json' }): Promise<SqlResult<Row>>;
  sql(query: string, options: SqlOptions & { format: 'csv' }): Promise<string>;
  sql(query: string, options: SqlOptions & { format: 'geojson' }): Promise<{ type: 'FeatureCollection'; features: object[] }>;
  /**
   * Finds out what the key is good for, with the fewest questions that decide it, and says what is wrong with it.
   *
   * ```js
   * const { ok, problems } = await client.checkKey({ datasets: ['cities'] });
   * if (!ok) show(problems[0].hint);
   * ```
   */
  checkKey(options?: CheckOptions): Promise<KeyCheck>;
  /** The same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void;
}

// For projects whose `lib` does not have it yet; where it has, both are one.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}
