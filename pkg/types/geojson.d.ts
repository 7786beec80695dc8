/** A position: longitude, latitude, and maybe altitude; degrees and meters, unless the query says otherwise. */
export type GeoPosition = number[];

/** A geometry of GeoJSON. */
export type Geometry =
  | { type: 'Point'; coordinates: GeoPosition }
  | { type: 'MultiPoint' | 'LineString'; coordinates: GeoPosition[] }
  | { type: 'MultiLineString' | 'Polygon'; coordinates: GeoPosition[][] }
  | { type: 'MultiPolygon'; coordinates: GeoPosition[][][] }
  | { type: 'GeometryCollection'; geometries: Geometry[] };

/** A row with its geometry. */
export interface Feature<Row = Record<string, unknown>> {
  /** What GeoJSON calls it. */
  type: 'Feature';
  /** The geometry; null where the row has none. */
  geometry: Geometry | null;
  /** The other columns. */
  properties: Row;
}

/** All rows, as `L.geoJSON` and others take them. */
export interface FeatureCollection<Row = Record<string, unknown>> {
  /** What GeoJSON calls it. */
  type: 'FeatureCollection';
  /** The rows. */
  features: Feature<Row>[];
}
