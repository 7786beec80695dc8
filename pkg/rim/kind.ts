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

const enum Bit {
  Client = 1,
  ApiKeys = 2,
  Layer = 4,
  CartoCSS = 8,
  SQL = 16,
  Dataset = 32,
  Formula = 64,
  Category = 128,
  Histogram = 256,
  TimeSeries = 512,
  Box = 1024,
  BoxOfMap = 2048,
  Circle = 4096,
  Polygon = 8192,
  Categories = 16384,
  Range = 32768,
  AllOf = 65536,
  OneOf = 131072,
}

// Marked, so that a bundle leaves out those that it does not use.
export const CLIENT = /* @__PURE__ */ new Kind<raw.Client>(Bit.Client, 'Client');
export const API_KEYS = /* @__PURE__ */ new Kind<raw.Account>(Bit.ApiKeys, 'auth.ApiKeys');
export const LAYER = /* @__PURE__ */ new Kind<raw.Layer>(Bit.Layer, 'layer.Layer');
export const CARTO_CSS = /* @__PURE__ */ new Kind<raw.Style>(Bit.CartoCSS, 'style.CartoCSS');
export const SQL = /* @__PURE__ */ new Kind<raw.Source>(Bit.SQL, 'source.SQL');
export const DATASET = /* @__PURE__ */ new Kind<raw.Source>(Bit.Dataset, 'source.Dataset');
export const SOURCE = /* @__PURE__ */ new Kind<raw.Source>(Bit.SQL | Bit.Dataset, 'sources');
export const FORMULA = /* @__PURE__ */ new Kind<raw.Dataview>(Bit.Formula, 'dataview.Formula');
export const CATEGORY = /* @__PURE__ */ new Kind<raw.Dataview>(Bit.Category, 'dataview.Category');
export const HISTOGRAM = /* @__PURE__ */ new Kind<raw.Dataview>(Bit.Histogram, 'dataview.Histogram');
export const TIME_SERIES = /* @__PURE__ */ new Kind<raw.Dataview>(Bit.TimeSeries, 'dataview.TimeSeries');
export const DATAVIEW = /* @__PURE__ */ new Kind<raw.Dataview>(Bit.Formula | Bit.Category | Bit.Histogram | Bit.TimeSeries, 'dataviews');
export const BOX = /* @__PURE__ */ new Kind<raw.SpatialFilter>(Bit.Box, 'filter.BoundingBox');
export const BOX_OF_MAP = /* @__PURE__ */ new Kind<raw.SpatialFilter>(Bit.BoxOfMap, 'bounding boxes of maps');
export const BOXES = /* @__PURE__ */ new Kind<raw.SpatialFilter>(Bit.Box | Bit.BoxOfMap, 'bounding boxes');
export const CIRCLE = /* @__PURE__ */ new Kind<raw.SpatialFilter>(Bit.Circle, 'filter.Circle');
export const POLYGON = /* @__PURE__ */ new Kind<raw.SpatialFilter>(Bit.Polygon, 'filter.Polygon');
export const SPATIAL = /* @__PURE__ */ new Kind<raw.SpatialFilter>(Bit.Box | Bit.BoxOfMap | Bit.Circle | Bit.Polygon, 'spatial filters');
export const CATEGORIES = /* @__PURE__ */ new Kind<raw.SqlFilter>(Bit.Categories, 'filter.Category');
export const RANGE = /* @__PURE__ */ new Kind<raw.SqlFilter>(Bit.Range, 'filter.Range');
export const CONDITIONS = /* @__PURE__ */ new Kind<raw.SqlFilter>(Bit.Categories | Bit.Range, 'filter.Category and filter.Range');
export const ALL_OF = /* @__PURE__ */ new Kind<raw.SqlFilter>(Bit.AllOf, 'filter.AND');
export const ONE_OF = /* @__PURE__ */ new Kind<raw.SqlFilter>(Bit.OneOf, 'filter.OR');
export const COLLECTION = /* @__PURE__ */ new Kind<raw.SqlFilter>(Bit.AllOf | Bit.OneOf, 'filter.AND and filter.OR');
export const ROWS = /* @__PURE__ */ new Kind<raw.SqlFilter>(Bit.Categories | Bit.Range | Bit.AllOf | Bit.OneOf, 'filters of rows');
/** Everything, and what has events. */
export const ANY = /* @__PURE__ */ new Kind<unknown>(-1, 'objects');
export const EMITTER = /* @__PURE__ */ new Kind<unknown>(~Bit.ApiKeys, 'objects with events');
