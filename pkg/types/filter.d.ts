import type { Events } from './events';

/** A bounding box, in degrees. */
export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** A circle: its center in degrees and its radius in meters. */
export interface CircleData {
  lat: number;
  lng: number;
  radius: number;
}

/** A GeoJSON polygon; positions are longitude and latitude in degrees. */
export interface PolygonData {
  type: 'Polygon';
  coordinates: number[][][];
}

type BoundsEvents = {
  /** There are new bounds. */
  boundsChanged: [bounds: Bounds];
};

/** What all bounding boxes have. */
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

export interface BoundingBoxGoogleMaps extends SpatialBounds {}
/**
 * Limits dataviews to what a Google map shows; follows the map with a delay of 550 ms.
 *
 * ```js
 * dataview.addFilter(new carto.filter.BoundingBoxGoogleMaps(map));
 * ```
 */
export class BoundingBoxGoogleMaps {
  /** @throws {Error} when Google Maps is missing or `map` is no `google.maps.Map` */
  constructor(map: object);
}

type CircleEvents = {
  /** There is another circle. */
  circleChanged: [circle: CircleData];
};

export interface Circle extends Events<CircleEvents> {}
/**
 * Limits dataviews to a circle.
 *
 * ```js
 * const filter = new carto.filter.Circle();
 * dataview.addFilter(filter);
 * filter.setCircle({ lat: 40.4, lng: -3.7, radius: 50_000 });
 * ```
 */
export class Circle {
  readonly type: 'circle';
  constructor();
  /** The circle; empty before there is one. */
  getCircle(): Partial<CircleData>;
  /** Sets the circle. @throws {CartoError} `validation:filter:invalid-circle-object` */
  setCircle(circle: CircleData): this;
  /** Sets all of it to 0. */
  resetCircle(): this;
}

type PolygonEvents = {
  /** There is another polygon. */
  polygonChanged: [polygon: PolygonData];
};

export interface Polygon extends Events<PolygonEvents> {}
/**
 * Limits dataviews to a polygon.
 *
 * ```js
 * const filter = new carto.filter.Polygon();
 * dataview.addFilter(filter);
 * filter.setPolygon({ type: 'Polygon', coordinates: [[[-10, 35], [5, 35], [0, 44], [-10, 35]]] });
 * ```
 */
export class Polygon {
  readonly type: 'polygon';
  constructor();
  /** The polygon; empty before there is one. */
  getPolygon(): Partial<PolygonData>;
  /** Sets the polygon. @throws {CartoError} `validation:filter:invalid-polygon-object` */
  setPolygon(polygon: PolygonData): this;
  /** Sets a polygon without corners. */
  resetPolygon(): this;
}

/** SQL that gives the value of a condition; it is sent as it is, so nothing of a user's may be in it. */
export interface Subquery {
  query: string;
}

/** A range of a {@link Range} filter. */
export interface Between {
  min: number | Date;
  max: number | Date;
}

/** A value among those of a column. */
type Scalar = string | number | Date;

export interface CategoryConditions {
  /** The column's value is one of these; none of an empty list. */
  in?: Scalar[] | string | Subquery;
  /** The column's value is none of these. */
  notIn?: Scalar[] | string | Subquery;
  eq?: Scalar | Subquery;
  notEq?: Scalar | Subquery;
  /** SQL's LIKE: `%` stands for any text, `_` for any character. */
  like?: string;
  /** SQL's SIMILAR TO, a regular expression. */
  similarTo?: string;
}

export interface RangeConditions {
  lt?: number | Date | Subquery;
  lte?: number | Date | Subquery;
  gt?: number | Date | Subquery;
  gte?: number | Date | Subquery;
  /** Both ends included. */
  between?: Between;
  notBetween?: Between;
  /** As `between`, whichever end is the larger one. */
  betweenSymmetric?: Between;
  notBetweenSymmetric?: Between;
}

export interface FilterOptions {
  /** Accepted, without effect, as in CARTO.js. */
  includeNull?: boolean;
}

/** A filter of rows, for sources. */
export type RowFilter = Category | Range | AND | OR;

type ConditionEvents<Conditions> = {
  /** Conditions were replaced: these. */
  'change:filters': [conditions: Conditions];
};

/** What both filters of conditions have. */
interface ConditionFilter<Conditions> extends Events<ConditionEvents<Conditions>> {
  /**
   * Replaces one condition and keeps the others; `null` and `undefined` change nothing.
   *
   * @throws {CartoError} `validation:filter:invalid-filter`, `…:invalid-parameter-type`
   */
  set<Name extends keyof Conditions>(name: Name, value: Conditions[Name]): void;
  /** Replaces all conditions. @throws {CartoError} `validation:filter:invalid-filter`, `…:invalid-parameter-type` */
  setFilters(conditions: Conditions): void;
  /** Removes all conditions. */
  resetFilters(): void;
}

export interface Category extends ConditionFilter<CategoryConditions> {}
/**
 * Rows by the value of a column. All conditions must hold.
 *
 * ```js
 * const capitals = new carto.filter.Category('featurecla', { in: ['Admin-0 capital', 'Admin-1 capital'] });
 * source.addFilter(capitals);
 * ```
 */
export class Category {
  /** @throws {CartoError} `validation:filter:*` */
  constructor(column: string, conditions?: CategoryConditions | null, options?: FilterOptions | null);
}

export interface Range extends ConditionFilter<RangeConditions> {}
/**
 * Rows by the order of a column. All conditions must hold.
 *
 * ```js
 * source.addFilter(new carto.filter.Range('pop_max', { between: { min: 100_000, max: 1_000_000 } }));
 * ```
 */
export class Range {
  /** @throws {CartoError} `validation:filter:*` */
  constructor(column: string, conditions?: RangeConditions | null, options?: FilterOptions | null);
}

type CollectionEvents = {
  /** A member was added, removed or changed; in the last case with its new conditions. */
  'change:filters': [conditions?: CategoryConditions | RangeConditions];
};

/** What both collections have. */
interface FilterCollection extends Events<CollectionEvents> {
  /** Adds a member at the end, unless it is there. @throws {CartoError} `validation:filter:wrong-filter-type` */
  addFilter(filter: RowFilter): void;
  /** Removes a member and gives it; undefined when it is not there. */
  removeFilter(filter: RowFilter): RowFilter | undefined;
  /** How many members there are. */
  count(): number;
  /** The members: always the same list. */
  getFilters(): RowFilter[];
}

export interface AND extends FilterCollection {}
/**
 * Rows for which all members hold.
 *
 * ```js
 * source.addFilter(new carto.filter.AND([capitals, large]));
 * ```
 */
export class AND {
  /** @throws {CartoError} `validation:filter:wrong-filter-type` */
  constructor(filters?: RowFilter[]);
}

export interface OR extends FilterCollection {}
/**
 * Rows for which at least one member holds.
 *
 * ```js
 * source.addFilter(new carto.filter.OR([capitals, large]));
 * ```
 */
export class OR {
  /** @throws {CartoError} `validation:filter:wrong-filter-type` */
  constructor(filters?: RowFilter[]);
}
