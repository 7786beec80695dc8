/** The kinds of public objects, as bits: a method is for one of them, or for several. */
import type * as raw from '../glue/carto.js';

/** A kind, with what the WebAssembly side has of its objects. */
export class Kind<Raw = unknown> {
  declare readonly raw: Raw;

  constructor(
    readonly bits: number,
    readonly name: string,
  ) {}
}

/** Whether something is a kind: pages have none. */
export const isKind = (value: unknown): boolean => value instanceof Kind;

export const CLIENT = new Kind<raw.Client>(1, 'Client');
export const API_KEYS = new Kind<raw.Account>(2, 'auth.ApiKeys');
export const LAYER = new Kind<raw.Layer>(4, 'layer.Layer');
export const CARTO_CSS = new Kind<raw.Style>(8, 'style.CartoCSS');
export const SQL = new Kind<raw.Source>(16, 'source.SQL');
export const DATASET = new Kind<raw.Source>(32, 'source.Dataset');
export const SOURCE = new Kind<raw.Source>(SQL.bits | DATASET.bits, 'sources');
export const FORMULA = new Kind<raw.Dataview>(64, 'dataview.Formula');
export const CATEGORY = new Kind<raw.Dataview>(128, 'dataview.Category');
export const HISTOGRAM = new Kind<raw.Dataview>(256, 'dataview.Histogram');
export const TIME_SERIES = new Kind<raw.Dataview>(512, 'dataview.TimeSeries');
export const DATAVIEW = new Kind<raw.Dataview>(FORMULA.bits | CATEGORY.bits | HISTOGRAM.bits | TIME_SERIES.bits, 'dataviews');
export const BOX = new Kind<raw.SpatialFilter>(1024, 'filter.BoundingBox');
export const BOX_OF_MAP = new Kind<raw.SpatialFilter>(2048, 'filter.BoundingBoxLeaflet and filter.BoundingBoxGoogleMaps');
export const BOXES = new Kind<raw.SpatialFilter>(BOX.bits | BOX_OF_MAP.bits, 'bounding boxes');
export const CIRCLE = new Kind<raw.SpatialFilter>(4096, 'filter.Circle');
export const POLYGON = new Kind<raw.SpatialFilter>(8192, 'filter.Polygon');
export const SPATIAL = new Kind<raw.SpatialFilter>(BOXES.bits | CIRCLE.bits | POLYGON.bits, 'spatial filters');
export const CATEGORIES = new Kind<raw.SqlFilter>(16384, 'filter.Category');
export const RANGE = new Kind<raw.SqlFilter>(32768, 'filter.Range');
export const CONDITIONS = new Kind<raw.SqlFilter>(CATEGORIES.bits | RANGE.bits, 'filter.Category and filter.Range');
export const ALL_OF = new Kind<raw.SqlFilter>(65536, 'filter.AND');
export const ONE_OF = new Kind<raw.SqlFilter>(131072, 'filter.OR');
export const COLLECTION = new Kind<raw.SqlFilter>(ALL_OF.bits | ONE_OF.bits, 'filter.AND and filter.OR');
export const ROWS = new Kind<raw.SqlFilter>(CONDITIONS.bits | COLLECTION.bits, 'filters of rows');
/** Everything, and what has events. */
export const ANY = new Kind<unknown>(-1, 'objects');
export const EMITTER = new Kind<unknown>(~API_KEYS.bits, 'objects with events');
