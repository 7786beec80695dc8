import type { Abortable } from './abort';
import type { CartoError } from './error';
import type { Events } from './events';
import type { AggregationData } from './layer-aggregation';
import type { AnyMetadata, MetadataEvent } from './layer-metadata';
import type { AnySource } from './source';
import type { CartoCSS } from './style';

export * from './layer-aggregation';
export * from './layer-metadata';

/** A position on earth, in degrees. Leaflet and Google Maps take it as it is. */
export interface LatLng {
  /** North of the equator, in degrees. */
  lat: number;
  /** East of Greenwich, in degrees; not wrapped, so that it may be beyond 180 on a map that repeats the world. */
  lng: number;
}

/** A place in the map's container. */
export interface Position {
  /** Pixels from the left. */
  x: number;
  /** Pixels from the top. */
  y: number;
}

/** What `featureOver` and `featureClicked` tell. */
export interface FeatureEvent {
  /** The feature's `cartodb_id` and all click and over columns of the layer, whichever event it is. */
  data: Record<string, unknown>;
  /** Where the pointer is, in degrees. */
  latLng: LatLng;
  /** Where the pointer is, in pixels of the map's container. */
  position: Position;
}

/** What `featureOut` tells: nothing. */
export interface FeatureOutEvent {
  /** There is no feature. */
  data?: undefined;
  /** There is no feature. */
  latLng?: undefined;
}

/** The options of a {@link Layer}. */
export interface LayerOptions {
  /** The layer's id, one in its client; `L1`, `L2`, … when left out. */
  id?: string | number;
  /** Columns that features have in events (none). Every column makes the grids that the map loads larger. */
  featureClickColumns?: string[];
  /** Columns that features have in events (none). */
  featureOverColumns?: string[];
  /** Whether the layer is shown at first (`true`). */
  visible?: boolean;
  /** How the server merges features before it draws them: what {@link Aggregation} gives. Anything else is sent unchecked. */
  aggregation?: Partial<AggregationData>;
  /** First zoom level at which the layer is drawn (0). */
  minzoom?: number;
  /** Last zoom level at which the layer is drawn (none). */
  maxzoom?: number;
}

/** The events of a {@link Layer}. */
export type LayerEvents = {
  /** The server computed other classes or categories, or has other statistics; always after the first load. */
  metadataChanged: [event: MetadataEvent];
  /** Features could not be read, so that this layer has no events over a tile until they are asked for again. */
  featureError: [error: CartoError];
  /** A feature was clicked or tapped. */
  featureClicked: [event: FeatureEvent];
  /** The pointer moved over a feature. */
  featureOver: [event: FeatureEvent];
  /** The pointer is not over a feature any more; also before every click on one. */
  featureOut: [event: FeatureOutEvent];
  /** The layer was shown or hidden: whether it is visible now. */
  visibilityChanged: [visible: boolean];
  /** Another style is in use. */
  styleChanged: [layer: Layer];
  /** Another source is in use. */
  sourceChanged: [layer: Layer];
  /** The server refused the layer. */
  error: [error: CartoError];
};

export interface Layer extends Events<LayerEvents> {}
/**
 * A source drawn with a style. It is drawn once it is added to a client and the client's map layer is on a map.
 *
 * @example
 * ```js
 * const layer = new carto.layer.Layer(cities, style, { featureClickColumns: ['name', 'pop_max'] });
 * layer.on('featureClicked', ({ data, latLng }) => {
 *   // As text: a text that becomes HTML could bring a script along.
 *   const content = document.createElement('p');
 *   content.textContent = `${data.name}: ${data.pop_max}`;
 *   L.popup().setLatLng(latLng).setContent(content).openOn(map);
 * });
 * await client.addLayer(layer);
 * ```
 */
export class Layer {
  /**
   * @throws {@link CartoError} `validation:layer:non-valid-source`, `validation:layer:non-valid-style`, and
   * `validation:layer:wrong-interactivity-columns` for columns that the aggregation does not give
   * @example
   * ```js
   * const layer = new carto.layer.Layer(cities, style, { featureOverColumns: ['name'], minzoom: 4 });
   * ```
   */
  constructor(source: AnySource, style: CartoCSS, options?: LayerOptions | null);
  /**
   * The id: the one of the options, or `L1`, `L2`, …
   *
   * @example
   * ```js
   * const [found] = client.getLayers().filter((layer) => layer.getId() === 'cities');
   * ```
   */
  getId(): string | number;
  /**
   * The source that the map shows; a new one once the server agreed.
   *
   * @example
   * ```js
   * const source = layer.getSource();
   * if (source instanceof carto.source.SQL) console.log(source.getQuery());
   * ```
   */
  getSource(): AnySource;
  /**
   * Who draws the layer in vector mode: `'vector'`, or `'image'` where the server does. There once a client in vector mode has
   * had an answer.
   *
   * @example
   * ```js
   * if (layer.getRenderMode?.() === 'image') console.log('drawn by the server');
   * ```
   */
  getRenderMode?(): 'vector' | 'image';
  /**
   * The style that the map shows; a new one once the server agreed.
   *
   * @example
   * ```js
   * console.log(layer.getStyle().getContent());
   * ```
   */
  getStyle(): CartoCSS;
  /**
   * Replaces the source. The present one tells nothing and changes nothing.
   *
   * @returns settles with the map's answer; rejects with the server's refusal, and the former source is kept
   * @throws {@link CartoError} `validation:layer:non-valid-source`, `validation:layer:source-with-different-client`
   * @example
   * ```js
   * await layer.setSource(new carto.source.Dataset('countries'));
   * ```
   */
  setSource(source: AnySource, options?: Abortable): Promise<void>;
  /**
   * Replaces the style. The present one tells nothing and changes nothing.
   *
   * @returns settles with the map's answer; rejects with the server's refusal, and the former style is kept
   * @throws {@link CartoError} `validation:layer:non-valid-style`, `validation:layer:style-with-different-client`
   * @example
   * ```js
   * await layer.setStyle(new carto.style.CartoCSS('#layer { marker-fill: #38618c; }'));
   * ```
   */
  setStyle(style: CartoCSS, options?: Abortable): Promise<void>;
  /**
   * What the last `metadataChanged` told: a rule for each ramp of the style. Undefined before the first one.
   *
   * @example
   * ```js
   * const widths = layer.getMetadata()?.find((rule) => rule.getProperty() === 'marker-width');
   * ```
   */
  getMetadata(): AnyMetadata[] | undefined;
  /**
   * The click columns; with the over columns, those that features have in events.
   *
   * @example
   * ```js
   * await layer.setFeatureClickColumns([...layer.getFeatureClickColumns(), 'pop_max']);
   * ```
   */
  getFeatureClickColumns(): string[];
  /**
   * Replaces the click columns. The same columns in another order change nothing.
   *
   * @returns settles with the map's answer; rejects with the server's refusal, and the former columns are kept
   * @throws {@link CartoError} `validation:layer:non-valid-columns`
   * @example
   * ```js
   * await layer.setFeatureClickColumns(['name', 'pop_max']);
   * ```
   */
  setFeatureClickColumns(columns: string[], options?: Abortable): Promise<void>;
  /**
   * The over columns; with the click columns, those that features have in events.
   *
   * @example
   * ```js
   * console.log(layer.getFeatureOverColumns().join());
   * ```
   */
  getFeatureOverColumns(): string[];
  /**
   * Replaces the over columns. The same columns in another order change nothing.
   *
   * @returns settles with the map's answer; rejects with the server's refusal, and the former columns are kept
   * @throws {@link CartoError} `validation:layer:non-valid-columns`
   * @example
   * ```js
   * await layer.setFeatureOverColumns(['name']);
   * ```
   */
  setFeatureOverColumns(columns: string[], options?: Abortable): Promise<void>;
  /**
   * Hides the layer, without a map request.
   *
   * @example
   * ```js
   * layer.hide();
   * ```
   */
  hide(): this;
  /**
   * Shows the layer, without a map request.
   *
   * @example
   * ```js
   * layer.show().bringToFront();
   * ```
   */
  show(): this;
  /**
   * Hides the layer when it is shown, shows it when it is hidden.
   *
   * @example
   * ```js
   * button.addEventListener('click', () => { button.ariaPressed = String(layer.toggle().isVisible()); });
   * ```
   */
  toggle(): this;
  /**
   * Whether the layer is shown.
   *
   * @example
   * ```js
   * const visible = client.getLayers().filter((layer) => layer.isVisible());
   * ```
   */
  isVisible(): boolean;
  /**
   * Whether the layer is hidden.
   *
   * @example
   * ```js
   * if (layer.isHidden()) layer.show();
   * ```
   */
  isHidden(): boolean;
  /**
   * Whether features have columns, and so events.
   *
   * @example
   * ```js
   * if (!layer.isInteractive()) await layer.setFeatureClickColumns(['name']);
   * ```
   */
  isInteractive(): boolean;
  /**
   * Moves the layer to an index of its client, 0 at the bottom. In no client it resolves and does nothing.
   *
   * @returns settles with the map's answer
   * @throws {@link CartoError} `validation:client:index-number`, `validation:client:index-out-of-range`
   * @example
   * ```js
   * await layer.setOrder(0);
   * ```
   */
  setOrder(index: number, options?: Abortable): Promise<void>;
  /**
   * Moves the layer to the bottom.
   *
   * @returns settles with the map's answer
   * @example
   * ```js
   * await layer.bringToBack();
   * ```
   */
  bringToBack(options?: Abortable): Promise<void>;
  /**
   * Moves the layer to the top.
   *
   * @returns settles with the map's answer
   * @example
   * ```js
   * await layer.bringToFront();
   * ```
   */
  bringToFront(options?: Abortable): Promise<void>;
}

/**
 * The names of a layer's feature events.
 *
 * @example
 * ```js
 * layer.on(carto.layer.events.FEATURE_CLICKED, ({ data }) => console.log(data.name));
 * ```
 */
export const events: {
  /** A feature was clicked or tapped. */
  readonly FEATURE_CLICKED: 'featureClicked';
  /** The pointer moved over a feature. */
  readonly FEATURE_OVER: 'featureOver';
  /** The pointer is not over a feature any more. */
  readonly FEATURE_OUT: 'featureOut';
  /** Features could not be read. */
  readonly TILE_ERROR: 'featureError';
};
