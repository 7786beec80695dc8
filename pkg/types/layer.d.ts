import type { CartoError } from './error';
import type { Events } from './events';
import type { Dataset, SQL } from './source';
import type { CartoCSS } from './style';

/** A position on earth, in degrees. */
export interface LatLng {
  lat: number;
  lng: number;
}

/** What `featureOver` and `featureClicked` tell. */
export interface FeatureEvent {
  /** The feature's `cartodb_id` and all click and over columns of the layer. */
  data: Record<string, unknown>;
  /** Where the pointer is, in degrees. */
  latLng: LatLng;
  /** Where the pointer is, in pixels of the map's container. */
  position: { x: number; y: number };
}

export interface LayerOptions {
  /** The layer's id; `L1`, `L2`, … when left out. */
  id?: string | number;
  /** Columns that features have in events. */
  featureClickColumns?: string[];
  /** Columns that features have in events. */
  featureOverColumns?: string[];
  /** Whether the layer is shown at first (`true`). */
  visible?: boolean;
  /** Server-side aggregation, in the server's form. */
  aggregation?: object;
  /** First zoom level at which the layer is drawn (0). */
  minzoom?: number;
  /** Last zoom level at which the layer is drawn. */
  maxzoom?: number;
}

type LayerEvents = {
  /** A feature was clicked. */
  featureClicked: [event: FeatureEvent];
  /** The pointer moved over a feature. */
  featureOver: [event: FeatureEvent];
  /** The pointer is not over a feature; also before every click on one. */
  featureOut: [event: { data?: undefined; latLng?: undefined }];
  /** The layer was shown or hidden. */
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
 * A source drawn with a style.
 *
 * ```js
 * const layer = new carto.layer.Layer(source, style, { featureClickColumns: ['name', 'pop_max'] });
 * layer.on('featureClicked', ({ data, latLng }) => L.popup().setLatLng(latLng).setContent(data.name).openOn(map));
 * ```
 */
export class Layer {
  /** @throws {CartoError} `validation:layer:*` */
  constructor(source: SQL | Dataset, style: CartoCSS, options?: LayerOptions);
  /** The id. */
  getId(): string | number;
  /** The source that the map shows. */
  getSource(): SQL | Dataset;
  /** The style that the map shows. */
  getStyle(): CartoCSS;
  /**
   * Replaces the source, once the server agreed.
   *
   * @throws {CartoError} `validation:layer:non-valid-source`, `…:source-with-different-client`
   */
  setSource(source: SQL | Dataset): Promise<void>;
  /**
   * Replaces the style, once the server agreed.
   *
   * @throws {CartoError} `validation:layer:non-valid-style`, `…:style-with-different-client`
   */
  setStyle(style: CartoCSS): Promise<void>;
  /** Columns that features have in events. */
  getFeatureClickColumns(): string[];
  /** Replaces them, once the server agreed. @throws {CartoError} `validation:layer:non-valid-columns` */
  setFeatureClickColumns(columns: string[]): Promise<void>;
  /** Columns that features have in events. */
  getFeatureOverColumns(): string[];
  /** Replaces them, once the server agreed. @throws {CartoError} `validation:layer:non-valid-columns` */
  setFeatureOverColumns(columns: string[]): Promise<void>;
  /** Hides the layer, without a map request. */
  hide(): this;
  /** Shows the layer, without a map request. */
  show(): this;
  /** Hides the layer when it is shown, shows it when it is hidden. */
  toggle(): this;
  isVisible(): boolean;
  isHidden(): boolean;
  /** Whether features have columns, and so events. */
  isInteractive(): boolean;
  /** Moves the layer to an index, 0 at the bottom. @throws {CartoError} `validation:client:index-*` */
  setOrder(index: number): Promise<void>;
  /** Moves the layer to the bottom. */
  bringToBack(): Promise<void>;
  /** Moves the layer to the top. */
  bringToFront(): Promise<void>;
}

/** The names of a layer's feature events. */
export const events: {
  FEATURE_CLICKED: 'featureClicked';
  FEATURE_OVER: 'featureOver';
  FEATURE_OUT: 'featureOut';
  TILE_ERROR: 'featureError';
};
