/** The composition of the `carto` namespace (spec 1.2). */
import { version } from '../package.json';
import { Client } from './client.js';
import { ATTRIBUTION, events, layerEvents, operation, status, timeAggregation } from './constants.js';
import { Category, Formula } from './dataview.js';
import { CartoError } from './error.js';
import { BoundingBox, BoundingBoxLeaflet } from './filter.js';
import { Layer } from './layer.js';
import { Dataset, SQL } from './source.js';
import { CartoCSS } from './style.js';

export const source = { Dataset, SQL };
export const style = { CartoCSS };
export const layer = { Layer, events: layerEvents };
export const dataview = { Formula, Category, status, timeAggregation };
export const filter = { BoundingBox, BoundingBoxLeaflet };
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
  events,
  operation,
};

// Minified classes keep the names that pages see in stack traces and consoles.
for (const group of [{ Client, CartoError }, source, style, { Layer }, { Formula, Category }, filter]) {
  for (const [name, value] of Object.entries(group)) Object.defineProperty(value, 'name', { value: name });
}
