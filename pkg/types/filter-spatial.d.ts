import type { CartoError } from './error';
import type { Events } from './events';
import type { MapLibreMap, OpenLayersMap } from './map-library';

/** A filter of an area, for dataviews. */
export type SpatialFilter = BoundingBox | BoundingBoxGoogleMaps | BoundingBoxLeaflet | BoundingBoxMapLibre | BoundingBoxOpenLayers | Circle | Polygon;

/** A bounding box, in degrees. */
export interface Bounds {
  /** Western edge, in degrees of longitude. */
  west: number;
  /** Southern edge, in degrees of latitude. */
  south: number;
  /** Eastern edge, in degrees of longitude. */
  east: number;
  /** Northern edge, in degrees of latitude. */
  north: number;
}

/** A circle on earth. */
export interface CircleData {
  /** The center's latitude, in degrees. */
  lat: number;
  /** The center's longitude, in degrees. */
  lng: number;
  /** The radius, in meters. */
  radius: number;
}

/** A GeoJSON polygon. */
export interface PolygonData {
  /** What GeoJSON calls it. */
  type: 'Polygon';
  /** Rings, the outer one first; positions are longitude and latitude in degrees, and the last one is the first one. */
  coordinates: number[][][];
}

/** An `L.Map`, as far as it is used here. */
export interface LeafletMap {
  /** What the map shows, in degrees. */
  getBounds(): Record<'getWest' | 'getSouth' | 'getEast' | 'getNorth', () => number>;
}

/** A `google.maps.Map`, as far as it is used here. */
export interface GoogleMap {
  /** What the map shows. */
  getBounds(): unknown;
  /** Listens to the map. */
  addListener(name: string, listener: () => void): object;
}

/** The events of bounding boxes. */
export type BoundsEvents = {
  /** There are new bounds. */
  boundsChanged: [bounds: Bounds];
};

/** What all bounding boxes have. */
export interface SpatialBounds extends Events<BoundsEvents> {
  /** What kind of area it is. */
  readonly type: 'bbox';
  /**
   * The bounds; empty before there are any.
   *
   * @example
   * ```js
   * const { west = -180, east = 180 } = box.getBounds();
   * ```
   */
  getBounds(): Partial<Bounds>;
}

export interface BoundingBox extends SpatialBounds {}
/**
 * Limits dataviews to a bounding box that the page sets. Until then their data are waited for.
 *
 * @example
 * ```js
 * const iberia = new carto.filter.BoundingBox();
 * dataview.addFilter(iberia);
 * iberia.setBounds({ west: -10, south: 35, east: 5, north: 44 });
 * ```
 */
export class BoundingBox {
  /**
   * Takes nothing, as in CARTO.js: the bounds are given to `setBounds`.
   *
   * @example
   * ```js
   * const box = new carto.filter.BoundingBox();
   * ```
   */
  constructor();
  /**
   * Sets the bounds, in degrees. The page's own object is kept.
   *
   * @throws {@link CartoError} `validation:filter:invalid-bounds-object`
   * @example
   * ```js
   * box.setBounds({ west: -10, south: 35, east: 5, north: 44 });
   * ```
   */
  setBounds(bounds: Bounds): this;
  /**
   * Sets all bounds to 0, as CARTO.js does: dataviews count nothing but what is there. `dataview.removeFilter` ends the limit.
   *
   * @example
   * ```js
   * box.resetBounds();
   * ```
   */
  resetBounds(): this;
}

export interface BoundingBoxLeaflet extends SpatialBounds {}
/**
 * Limits dataviews to what a Leaflet map shows; follows the map 550 milliseconds after its last move.
 *
 * @example
 * ```js
 * dataview.addFilter(new carto.filter.BoundingBoxLeaflet(map));
 * ```
 */
export class BoundingBoxLeaflet {
  /**
   * @param map an `L.Map` that has a view
   * @throws `Error` when this is no map of Leaflet 1.0 or newer
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxLeaflet(map);
   * shown.on('boundsChanged', ({ west, east }) => console.log(west, east));
   * ```
   */
  constructor(map: LeafletMap);

  /**
   * Lets go of the map for good; the bounds stay as they are. A filter that only dataviews of disposed clients use lets go
   * by itself, until a client needs it again.
   *
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxLeaflet(map);
   * shown.dispose();
   * map.remove();
   * ```
   */
  dispose(): void;
  /**
   * The same as {@link dispose}, for `using`.
   *
   * @example
   * ```js
   * using shown = new carto.filter.BoundingBoxLeaflet(map);
   * ```
   */
  [Symbol.dispose](): void;
}

export interface BoundingBoxGoogleMaps extends SpatialBounds {}
/**
 * Limits dataviews to what a Google map shows; follows the map 550 milliseconds after its last move.
 *
 * @example
 * ```js
 * dataview.addFilter(new carto.filter.BoundingBoxGoogleMaps(googleMap));
 * ```
 */
export class BoundingBoxGoogleMaps {
  /**
   * @param map a `google.maps.Map`
   * @throws `Error` when Google Maps is missing or before 3.31, or when this is no map of it
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxGoogleMaps(googleMap);
   * ```
   */
  constructor(map: GoogleMap);

  /**
   * Lets go of the map for good; the bounds stay as they are. A filter that only dataviews of disposed clients use lets go
   * by itself, until a client needs it again.
   *
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxGoogleMaps(googleMap);
   * shown.dispose();
   * ```
   */
  dispose(): void;
  /**
   * The same as {@link dispose}, for `using`.
   *
   * @example
   * ```js
   * using shown = new carto.filter.BoundingBoxGoogleMaps(googleMap);
   * ```
   */
  [Symbol.dispose](): void;
}

export interface BoundingBoxMapLibre extends SpatialBounds {}
/**
 * Limits dataviews to what a map of MapLibre GL JS shows, all of it when it is turned or tilted; follows the map 550 milliseconds after its last move.
 *
 * @example
 * ```js
 * dataview.addFilter(new carto.filter.BoundingBoxMapLibre(map));
 * ```
 */
export class BoundingBoxMapLibre {
  /**
   * @param map a map of MapLibre or Mapbox
   * @throws `Error` when this is no such map
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxMapLibre(map);
   * ```
   */
  constructor(map: MapLibreMap);

  /**
   * Lets go of the map for good; the bounds stay as they are. A filter that only dataviews of disposed clients use lets go
   * by itself, until a client needs it again.
   *
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxMapLibre(map);
   * shown.dispose();
   * ```
   */
  dispose(): void;
  /**
   * The same as {@link dispose}, for `using`.
   *
   * @example
   * ```js
   * using shown = new carto.filter.BoundingBoxMapLibre(map);
   * ```
   */
  [Symbol.dispose](): void;
}

export interface BoundingBoxOpenLayers extends SpatialBounds {}
/**
 * Limits dataviews to what a map of OpenLayers shows; follows the map 550 milliseconds after its last move.
 *
 * @example
 * ```js
 * dataview.addFilter(new carto.filter.BoundingBoxOpenLayers(olMap));
 * ```
 */
export class BoundingBoxOpenLayers {
  /**
   * @param map an `ol/Map` in Web Mercator
   * @throws `Error` when this is no such map
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxOpenLayers(olMap);
   * ```
   */
  constructor(map: OpenLayersMap);

  /**
   * Lets go of the map for good; the bounds stay as they are. A filter that only dataviews of disposed clients use lets go
   * by itself, until a client needs it again.
   *
   * @example
   * ```js
   * const shown = new carto.filter.BoundingBoxOpenLayers(olMap);
   * shown.dispose();
   * ```
   */
  dispose(): void;
  /**
   * The same as {@link dispose}, for `using`.
   *
   * @example
   * ```js
   * using shown = new carto.filter.BoundingBoxOpenLayers(olMap);
   * ```
   */
  [Symbol.dispose](): void;
}

/** The events of a {@link Circle}. */
export type CircleEvents = {
  /** There is another circle. */
  circleChanged: [circle: CircleData];
};

export interface Circle extends Events<CircleEvents> {}
/**
 * Limits dataviews to a circle.
 *
 * @example
 * ```js
 * const around = new carto.filter.Circle();
 * dataview.addFilter(around);
 * around.setCircle({ lat: 40.4, lng: -3.7, radius: 50_000 }); // 50 km around Madrid
 * ```
 */
export class Circle {
  /** What kind of area it is. */
  readonly type: 'circle';
  /**
   * Takes nothing, as in CARTO.js: the circle is given to `setCircle`.
   *
   * @example
   * ```js
   * const circle = new carto.filter.Circle();
   * ```
   */
  constructor();
  /**
   * The circle; empty before there is one.
   *
   * @example
   * ```js
   * const { radius = 0 } = circle.getCircle();
   * ```
   */
  getCircle(): Partial<CircleData>;
  /**
   * Sets the circle: its center in degrees, its radius in meters. The page's own object is kept.
   *
   * @throws {@link CartoError} `validation:filter:invalid-circle-object`
   * @example
   * ```js
   * circle.setCircle({ lat: 40.4, lng: -3.7, radius: 50_000 });
   * ```
   */
  setCircle(circle: CircleData): this;
  /**
   * Sets center and radius to 0, as CARTO.js does. `dataview.removeFilter` ends the limit.
   *
   * @example
   * ```js
   * circle.resetCircle();
   * ```
   */
  resetCircle(): this;
}

/** The events of a {@link Polygon}. */
export type PolygonEvents = {
  /** There is another polygon. */
  polygonChanged: [polygon: PolygonData];
};

export interface Polygon extends Events<PolygonEvents> {}
/**
 * Limits dataviews to a polygon.
 *
 * @example
 * ```js
 * const triangle = new carto.filter.Polygon();
 * dataview.addFilter(triangle);
 * triangle.setPolygon({ type: 'Polygon', coordinates: [[[-10, 35], [5, 35], [0, 44], [-10, 35]]] });
 * ```
 */
export class Polygon {
  /** What kind of area it is. */
  readonly type: 'polygon';
  /**
   * Takes nothing, as in CARTO.js: the polygon is given to `setPolygon`.
   *
   * @example
   * ```js
   * const polygon = new carto.filter.Polygon();
   * ```
   */
  constructor();
  /**
   * The polygon; empty before there is one.
   *
   * @example
   * ```js
   * const { coordinates = [] } = polygon.getPolygon();
   * ```
   */
  getPolygon(): Partial<PolygonData>;
  /**
   * Sets the polygon. The page's own object is kept.
   *
   * @throws {@link CartoError} `validation:filter:invalid-polygon-object`
   * @example
   * ```js
   * polygon.setPolygon({ type: 'Polygon', coordinates: [[[-10, 35], [5, 35], [0, 44], [-10, 35]]] });
   * ```
   */
  setPolygon(polygon: PolygonData): this;
  /**
   * Sets a polygon without corners, as CARTO.js does. `dataview.removeFilter` ends the limit.
   *
   * @example
   * ```js
   * polygon.resetPolygon();
   * ```
   */
  resetPolygon(): this;
}
