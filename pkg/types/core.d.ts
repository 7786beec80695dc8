/**
 * The namespace of `carto.core.js` and `carto-wasm/core`: maps with their layers and features. What else the whole library
 * has (dataviews, filters, aggregation, API keys, the SQL API, Google Maps) is missing; in a page, touching it is an `Error` that says so.
 *
 * @example
 * ```js
 * import carto from 'carto-wasm/core';
 *
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * const cities = new carto.source.Dataset('cities');
 * const style = new carto.style.CartoCSS('#layer { marker-width: 7; marker-fill: #ee4d5a; }');
 * client.getLeafletLayer().addTo(map);
 * await client.addLayer(new carto.layer.Layer(cities, style, { featureClickColumns: ['name'] }));
 * ```
 *
 * @module core
 */

import type { Abortable } from './abort';
import type { Client as WholeClient, ClientSettings } from './client';
import * as wholeLayer from './layer';
import type * as wholeSource from './source';
import * as style from './style';

export { Abortable } from './abort';
export { ClientEvents, ClientSettings, FeaturesEvent, LayerFeature, RenderModeEvent } from './client';
export { CartoError, Origin, OriginalError, Reason } from './error';
export { EventArguments, EventMap, EventName, EventNames, Events, EventsOf, EventWords, Listener, ListenerMap } from './events';
export { LeafletLayer, LeafletLayerOptions, LeafletMapTarget } from './native';
export { ATTRIBUTION, events, version } from './namespace';
export { style };

/** What sources have in the whole library only. */
type Filters = 'getFilters' | 'addFilter' | 'addFilters' | 'removeFilter' | 'removeFilters';

/** Sources, without filters. */
export namespace source {
  /** A source of either class. */
  type AnySource = SQL | Dataset;

  /** As `source.SQL` of the whole library, without filters. */
  interface SQL extends Omit<wholeSource.SQL, Filters> {}
  /**
   * Makes a source of a query.
   *
   * @throws {@link CartoError} `validation:source:query-required`, `query-string`
   * @example
   * ```js
   * const large = new carto.source.SQL('SELECT * FROM cities WHERE pop_max > 1000000');
   * ```
   */
  const SQL: new (query: string) => SQL;

  /** As `source.Dataset` of the whole library, without filters. */
  interface Dataset extends Omit<wholeSource.Dataset, Filters> {}
  /**
   * Makes a source of a dataset.
   *
   * @throws {@link CartoError} `validation:source:no-dataset-name`, `dataset-string`, `dataset-required`
   * @example
   * ```js
   * const cities = new carto.source.Dataset('cities');
   * ```
   */
  const Dataset: new (tableName: string) => Dataset;
}

/** Layers. */
export namespace layer {
  export import events = wholeLayer.events;
  export import FeatureEvent = wholeLayer.FeatureEvent;
  export import FeatureOutEvent = wholeLayer.FeatureOutEvent;
  export import LatLng = wholeLayer.LatLng;
  export import LayerEvents = wholeLayer.LayerEvents;
  export import LayerOptions = wholeLayer.LayerOptions;
  export import MetadataEvent = wholeLayer.MetadataEvent;
  export import Position = wholeLayer.Position;

  /** As `layer.Layer` of the whole library, of sources without filters. */
  export interface Layer extends Omit<wholeLayer.Layer, 'getSource' | 'setSource'> {
    /**
     * The source, as of `layer.Layer` of the whole library.
     *
     * @example
     * ```js
     * console.log(layer.getSource().getId());
     * ```
     */
    getSource(): source.AnySource;
    /**
     * Replaces the source, as of `layer.Layer` of the whole library.
     *
     * @example
     * ```js
     * await layer.setSource(new carto.source.Dataset('cities'));
     * ```
     */
    setSource(source: source.AnySource, options?: Abortable): Promise<void>;
  }
  /**
   * Makes a layer.
   *
   * @throws {@link CartoError} `validation:layer:non-valid-source`, `non-valid-style`
   * @example
   * ```js
   * const layer = new carto.layer.Layer(cities, style, { featureClickColumns: ['name'] });
   * ```
   */
  export const Layer: new (source: source.AnySource, style: style.CartoCSS, options?: wholeLayer.LayerOptions | null) => Layer;
}

/** What clients have in the whole library only. */
type Missing = 'addDataview' | 'addDataviews' | 'removeDataview' | 'getDataviews' | 'getGoogleMapsMapType' | 'getMapLibreLayer' | 'getOpenLayersLayer' | 'connectMap' | 'sql' | 'checkKey';
/** What has other layers there. */
type OfLayers = 'addLayer' | 'addLayers' | 'removeLayer' | 'removeLayers' | 'moveLayer' | 'getLayers';

/** As `Client` of the whole library, without dataviews, Google Maps, the SQL API and the check of a key. */
export interface Client extends Omit<WholeClient, Missing | OfLayers> {
  /**
   * Puts a layer on top, as of `Client` of the whole library.
   *
   * @example
   * ```js
   * await client.addLayer(layer);
   * ```
   */
  addLayer(layer: layer.Layer, options?: Abortable): Promise<void>;
  /**
   * Puts layers on top, as of `Client` of the whole library.
   *
   * @example
   * ```js
   * await client.addLayers([layer]);
   * ```
   */
  addLayers(layers: layer.Layer[], options?: Abortable): Promise<void>;
  /**
   * Takes a layer off, as of `Client` of the whole library.
   *
   * @example
   * ```js
   * await client.removeLayer(layer);
   * ```
   */
  removeLayer(layer: layer.Layer, options?: Abortable): Promise<void>;
  /**
   * Takes layers off, as of `Client` of the whole library.
   *
   * @example
   * ```js
   * await client.removeLayers(client.getLayers());
   * ```
   */
  removeLayers(layers: layer.Layer[], options?: Abortable): Promise<void>;
  /**
   * Moves a layer, as of `Client` of the whole library.
   *
   * @example
   * ```js
   * await client.moveLayer(layer, 0);
   * ```
   */
  moveLayer(layer: layer.Layer, index: number, options?: Abortable): Promise<void>;
  /**
   * The layers, as of `Client` of the whole library.
   *
   * @example
   * ```js
   * for (const layer of client.getLayers()) await layer.show();
   * ```
   */
  getLayers(): layer.Layer[];
}
/**
 * Makes a client.
 *
 * @throws {@link CartoError} `validation:client:*`
 * @example
 * ```js
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * ```
 */
export const Client: new (settings: ClientSettings) => Client;
