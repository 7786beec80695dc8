import type { Events } from './events';

/** A bounding box, in degrees. */
export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

type BoundsEvents = {
  /** There are new bounds. */
  boundsChanged: [bounds: Bounds];
};

/** What both kinds of bounding box have. */
interface SpatialBounds extends Events<BoundsEvents> {
  readonly type: 'bbox';
  /** The bounds; empty before there are any. */
  getBounds(): Partial<Bounds>;
}

export interface BoundingBox extends SpatialBounds {}
/**
 * Limits dataviews to a bounding box that the page sets.
 *
 * ```js
 * const filter = new carto.filter.BoundingBox();
 * dataview.addFilter(filter);
 * filter.setBounds({ west: -10, south: 35, east: 5, north: 44 });
 * ```
 */
export class BoundingBox {
  constructor();
  /** Sets the bounds. @throws {CartoError} `validation:filter:invalid-bounds-object` */
  setBounds(bounds: Bounds): this;
  /** Sets all bounds to 0. */
  resetBounds(): this;
}

export interface BoundingBoxLeaflet extends SpatialBounds {}
/**
 * Limits dataviews to what a Leaflet map shows; follows the map with a delay of 550 ms.
 *
 * ```js
 * dataview.addFilter(new carto.filter.BoundingBoxLeaflet(map));
 * ```
 */
export class BoundingBoxLeaflet {
  /** @throws {Error} when Leaflet is missing or `map` is no Leaflet map */
  constructor(map: object);
}
