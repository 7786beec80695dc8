import type { Abortable } from './abort';
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
  /** How the server merges features before it draws them: what {@link Aggregation} gives. Anything else is sent unchecked. */
  aggregation?: Partial<AggregationData>;
  /** First zoom level at which the layer is drawn (0). */
  minzoom?: number;
  /** Last zoom level at which the layer is drawn. */
  maxzoom?: number;
}

/** A class of a {@link BucketsMetadata}. */
export interface Bucket {
  min: number;
  max: number;
  /** What the property is in this class. */
  value: string | number;
}

/** What the rules of a style's ramps share. */
interface Metadata {
  getColumn(): string;
  /** How the column is compared: `>`, `=`, … */
  getMapping(): string;
  /** The CartoCSS property. */
  getProperty(): string;
}

/** A ramp over classes of a number. */
export interface BucketsMetadata extends Metadata {
  getType(): 'buckets';
  getBuckets(): Bucket[];
  /** The column's average. */
  getAverage(): number | undefined;
  /** Where the first class starts. */
  getMin(): number;
  /** Where the last class ends. */
  getMax(): number;
}

/** A ramp over categories. */
export interface CategoriesMetadata extends Metadata {
  getType(): 'categories';
  getCategories(): { name: string | number | boolean | null; value: string | number }[];
  /** What the property is for everything else. */
  getDefaultValue(): string | number | undefined;
}

/** What `metadataChanged` tells: enough for a legend. */
export interface MetadataEvent {
  styles: (BucketsMetadata | CategoriesMetadata)[];
}

type LayerEvents = {
  /** The server computed other classes or categories, or has other statistics; always after the first load. */
  metadataChanged: [event: MetadataEvent];
  /** Features could not be read, so that this layer has no events over a tile. */
  featureError: [error: CartoError];
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
  setSource(source: SQL | Dataset, options?: Abortable): Promise<void>;
  /**
   * Replaces the style, once the server agreed.
   *
   * @throws {CartoError} `validation:layer:non-valid-style`, `…:style-with-different-client`
   */
  setStyle(style: CartoCSS, options?: Abortable): Promise<void>;
  /** Columns that features have in events. */
  getFeatureClickColumns(): string[];
  /** Replaces them, once the server agreed. @throws {CartoError} `validation:layer:non-valid-columns` */
  setFeatureClickColumns(columns: string[], options?: Abortable): Promise<void>;
  /** Columns that features have in events. */
  getFeatureOverColumns(): string[];
  /** Replaces them, once the server agreed. @throws {CartoError} `validation:layer:non-valid-columns` */
  setFeatureOverColumns(columns: string[], options?: Abortable): Promise<void>;
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
  setOrder(index: number, options?: Abortable): Promise<void>;
  /** Moves the layer to the bottom. */
  bringToBack(options?: Abortable): Promise<void>;
  /** Moves the layer to the top. */
  bringToFront(options?: Abortable): Promise<void>;
}

/** How a column is merged. */
export interface AggregatedColumn {
  aggregateFunction: 'avg' | 'sum' | 'min' | 'max' | 'mode';
  aggregatedColumn: string;
}

export interface AggregationOptions {
  /** Features from which on they are merged, 1 or more. */
  threshold: number;
  /** Side of the cells whose features become one, in pixels. */
  resolution: 0.5 | 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256;
  /** Where the merged feature goes. */
  placement?: 'point-sample' | 'point-grid' | 'centroid';
  /** The columns of merged features, by their name. */
  columns?: Record<string, AggregatedColumn>;
}

/** What a server takes. */
export interface AggregationData {
  threshold: number;
  resolution: number;
  placement?: string;
  columns?: Record<string, { aggregate_function: string; aggregated_column: string }>;
}

/**
 * How the server merges features before it draws them. `new` gives a plain object for {@link LayerOptions.aggregation}.
 *
 * ```js
 * const aggregation = new carto.layer.Aggregation({
 *   threshold: 1,
 *   resolution: 16,
 *   placement: carto.layer.Aggregation.placement.CENTROID,
 *   columns: {
 *     people: { aggregateFunction: carto.layer.Aggregation.operation.SUM, aggregatedColumn: 'pop_max' },
 *   },
 * });
 * ```
 */
export const Aggregation: {
  /** @throws {CartoError} `validation:aggregation:*` */
  new (options: AggregationOptions): AggregationData;
  operation: { AVG: 'avg'; SUM: 'sum'; MIN: 'min'; MAX: 'max'; MODE: 'mode' };
  placement: { SAMPLE: 'point-sample'; GRID: 'point-grid'; CENTROID: 'centroid' };
};

/** The names of a layer's feature events. */
export const events: {
  FEATURE_CLICKED: 'featureClicked';
  FEATURE_OVER: 'featureOver';
  FEATURE_OUT: 'featureOut';
  TILE_ERROR: 'featureError';
};
