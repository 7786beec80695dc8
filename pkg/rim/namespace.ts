/** The composition of the `carto` namespace (spec 1.2). */
import { version } from '../package.json';
import { Aggregation } from './aggregation.js';
import { ApiKeys } from './auth.js';
import './client-account.js';
import './client-dataviews.js';
import './client-google.js';
import './client-maps.js';
import { Client } from './client.js';
import { ATTRIBUTION, events, layerEvents, operation, status, timeAggregation } from './constants.js';
import { Category, Formula, Histogram, TimeSeries } from './dataview.js';
import { CartoError } from './error.js';
import { AND, BoundingBox, BoundingBoxGoogleMaps, BoundingBoxLeaflet, BoundingBoxMapLibre, BoundingBoxOpenLayers, Category as Categories, Circle, OR, Polygon, Range } from './filter.js';
import { Layer } from './layer.js';
import './inspect.js';
import './source-filters.js';
import { Dataset, Source, SQL } from './source.js';
import { CartoCSS } from './style.js';

export const source = { Dataset, SQL };
export const style = { CartoCSS };
export const layer = { Aggregation, Layer, events: layerEvents };
export const dataview = { Formula, Category, Histogram, TimeSeries, status, timeAggregation };
export const filter = { AND, BoundingBox, BoundingBoxGoogleMaps, BoundingBoxLeaflet, BoundingBoxMapLibre, BoundingBoxOpenLayers, Category: Categories, Circle, OR, Polygon, Range };
// For widgets, which are a script of their own: filters must be of the copy of the library that their source is of.
Object.defineProperty(Source.prototype, Symbol.for('carto-wasm/filter'), { value: { Category: Categories, Range } });
export const auth = { ApiKeys };
export { ATTRIBUTION, CartoError, Client, events, operation, version };

export const carto = {
  version,
  ATTRIBUTION,
  Client,
  CartoError,
  source,
  style,
  layer,
  dataview,
  filter,
  auth,
  events,
  operation,
};
