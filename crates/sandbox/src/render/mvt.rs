//! Vector tiles: written by PostGIS where it can, and here where the embedded one cannot.

use crate::db::{Column, quote_identifier, quote_literal};
use crate::query::features::Feature;
use crate::query::source::{self, Description, View};
use crate::sql_guard::{Refusal, RunnableSql};
use cartocss::{Cancel, FieldValue};
use geo_types::{Geometry, LineString, Polygon};
use mvt::{GeomEncoder, GeomType, Tile};
use tokio_postgres::types::Type;

/// Units of a tile's side.
pub const EXTENT: u32 = 4096;
/// Features that a tile may have.
pub const MOST_FEATURES: usize = 262_144;
/// One more tells that there are too many.
const BEYOND: usize = MOST_FEATURES + 1;
const GEOMETRY: &str = "\"the_geom_webmercator\"";

/// The geometry without collections in each other: ST_AsMVTGeom takes twice as long with each of them, and cannot be
/// interrupted. It would itself keep what has the most dimensions.
const FLAT: &str = "CASE WHEN GeometryType(\"the_geom_webmercator\") = 'GEOMETRYCOLLECTION'
                              THEN ST_CollectionExtract(\"the_geom_webmercator\") ELSE \"the_geom_webmercator\" END";

/// The columns that features carry: those whose values a vector tile has a place for. Real servers leave dates out.
pub fn columns(description: &Description) -> Vec<String> {
    let is_carried = |column: &&Column| {
        let is_date =
            matches!(column.kind, Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ);
        !is_date && !["geometry", "geography", "raster", "bytea"].contains(&column.kind.name())
    };
    description.columns.iter().filter(is_carried).map(|column| column.name.clone()).collect()
}

/// The query of one row with the bytes of a layer and its number of features, for servers whose PostGIS writes vector tiles.
///
/// # Errors
/// The SQL may not be run.
pub fn tile_query(
    sql: &str,
    description: &Description,
    view: &View,
    buffer: u32,
    layer: &str,
) -> Result<RunnableSql, Refusal> {
    let around = around(view, buffer);
    let user_sql = source::checked(sql, &around)?;
    let selected: String = columns(description).iter().map(|name| format!(", {}", quote_identifier(name))).collect();
    let units = buffer * EXTENT / 256;
    Ok(RunnableSql::of_server(format!(
        "SELECT ST_AsMVT(tile, {}, {EXTENT}, '_cdb_tile_geom'), count(*) FROM (
           SELECT ST_AsMVTGeom({FLAT}, {}, {EXTENT}, {units}, true) AS _cdb_tile_geom{selected}
             FROM {} as cdbq WHERE {GEOMETRY} && {} LIMIT {BEYOND}) AS tile WHERE _cdb_tile_geom IS NOT NULL",
        quote_literal(layer),
        view.envelope(),
        source::wrapped(&user_sql),
        around.envelope()
    )))
}

/// The query of a layer's features for [`encode`]: geometry as WKB in units of the tile, y to the south, cut and rounded.
///
/// # Errors
/// The SQL may not be run.
pub fn features_query(sql: &str, description: &Description, view: &View, buffer: u32) -> Result<RunnableSql, Refusal> {
    let around = around(view, buffer);
    let user_sql = source::checked(sql, &around)?;
    let selected: String = columns(description)
        .iter()
        .map(|name| {
            let quoted = quote_identifier(name);
            // Numbers of any precision are texts in vector tiles, as PostGIS writes them.
            match description.column(name).map(|column| column.kind.name()) {
                Some("int2" | "int4" | "int8" | "float4" | "float8" | "bool" | "text") => format!(", {quoted}"),
                _ => format!(", {quoted}::text AS {quoted}"),
            }
        })
        .collect();
    let [west, _, _, north] = view.bbox;
    let scale = f64::from(EXTENT) / (view.bbox[2] - west);
    let cut = format!(
        "CASE WHEN ST_Dimension({GEOMETRY}) > 0 AND NOT {GEOMETRY} @ {0} THEN ST_ClipByBox2D({FLAT}, {0}) ELSE {FLAT} END",
        around.envelope()
    );
    let names: String = columns(description).iter().map(|name| format!(", {}", quote_identifier(name))).collect();
    // Outer rings run clockwise as seen.
    Ok(RunnableSql::of_server(format!(
        "SELECT ST_AsBinary(_cdb_tile_geom){names} FROM (
           SELECT ST_SnapToGrid(ST_Affine(ST_ForcePolygonCW(ST_Force2D({cut})), {scale}, 0, 0, -{scale}, {}, {}), 1)
                  AS _cdb_tile_geom{selected}
             FROM {} as cdbq WHERE {GEOMETRY} && {} LIMIT {BEYOND}) AS tile WHERE NOT ST_IsEmpty(_cdb_tile_geom)",
        -west * scale,
        north * scale,
        source::wrapped(&user_sql),
        around.envelope()
    )))
}

fn around(view: &View, buffer: u32) -> View {
    let margin = f64::from(buffer) * view.pixel;
    let [west, south, east, north] = view.bbox;
    View { bbox: [west - margin, south - margin, east + margin, north + margin], pixel: view.pixel }
}

/// Writes a layer of a vector tile; empty when no feature has a geometry, and cut off when it was cancelled.
///
/// # Errors
/// What cannot be written.
pub fn encode(cancel: &Cancel, name: &str, columns: &[String], features: &[Feature]) -> Result<Vec<u8>, mvt::Error> {
    let mut tile = Tile::new(EXTENT);
    let mut layer = tile.create_layer(name);
    for feature in features.iter().take_while(|_| !cancel.is_cancelled()) {
        let Ok(read) = tiles::Feature::from_wkb(&feature.wkb, Vec::new()) else { continue };
        let Some(data) = read.geometry.as_ref().map(geometry).transpose()?.flatten() else { continue };
        let mut written = layer.into_feature(data);
        for (column, value) in columns.iter().zip(&feature.fields) {
            match value {
                FieldValue::Null => {}
                FieldValue::Bool(value) => written.add_tag_bool(column, *value),
                // As PostGIS has it: the sign decides.
                FieldValue::Integer(value) => match u64::try_from(*value) {
                    Ok(value) => written.add_tag_uint(column, value),
                    Err(_) => written.add_tag_sint(column, *value),
                },
                FieldValue::Number(value) => written.add_tag_double(column, *value),
                FieldValue::Text(value) => written.add_tag_string(column, value),
            }
        }
        layer = written.into_layer();
    }
    if layer.num_features() == 0 {
        return Ok(Vec::new());
    }
    tile.add_layer(layer)?;
    tile.to_bytes()
}

/// The vector tile in place of one that is over a limit: a square full of stripes, as real servers send it.
///
/// # Errors
/// What cannot be written.
pub fn error_tile() -> Result<Vec<u8>, mvt::Error> {
    const STRIPES: u32 = 32;
    let side = f64::from(EXTENT);
    let mut tile = Tile::new(EXTENT);
    let mut square = GeomEncoder::<i32>::new(GeomType::Polygon);
    let corners = LineString::from(vec![(0.0, side), (0.0, 0.0), (side, 0.0), (side, side), (0.0, side)]);
    add_polygon(&mut square, &Polygon::new(corners.clone(), Vec::new()))?;
    let layer = tile.create_layer("errorTileSquareLayer");
    tile.add_layer(layer.into_feature(square.encode()?).into_layer())?;
    // From the left and the lower edge to the upper and the right one, then the edges themselves.
    let mut stripes = Vec::new();
    for stripe in 0..STRIPES {
        let step = f64::from(stripe) * side / f64::from(STRIPES);
        stripes.push(((0.0, side - step), (side - step, 0.0)));
        if stripe > 0 {
            stripes.push(((step, side), (side, step)));
        }
    }
    let edges = corners.lines().map(|edge| ((edge.start.x, edge.start.y), (edge.end.x, edge.end.y)));
    let mut layer = tile.create_layer("errorTileStripesLayer");
    for (start, end) in stripes.into_iter().chain(edges) {
        let mut line = GeomEncoder::<i32>::new(GeomType::Linestring);
        add_line(&mut line, &LineString::from(vec![start, end]))?;
        layer = layer.into_feature(line.encode()?).into_layer();
    }
    tile.add_layer(layer)?;
    tile.to_bytes()
}

/// The commands of a geometry; `None` when nothing is left of it.
fn geometry(geometry: &Geometry<f64>) -> Result<Option<mvt::GeomData>, mvt::Error> {
    let mut encoder = GeomEncoder::<i32>::new(match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) => GeomType::Point,
        Geometry::LineString(_) | Geometry::MultiLineString(_) | Geometry::Line(_) => GeomType::Linestring,
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => GeomType::Polygon,
        _ => return Ok(None),
    });
    match geometry {
        Geometry::Point(point) => encoder.add_point(unit(point.x()), unit(point.y()))?,
        Geometry::MultiPoint(points) => {
            for point in points {
                encoder.add_point(unit(point.x()), unit(point.y()))?;
            }
        }
        Geometry::LineString(line) => add_line(&mut encoder, line)?,
        Geometry::MultiLineString(lines) => lines.iter().try_for_each(|line| add_line(&mut encoder, line))?,
        Geometry::Polygon(polygon) => add_polygon(&mut encoder, polygon)?,
        Geometry::MultiPolygon(all) => all.iter().try_for_each(|polygon| add_polygon(&mut encoder, polygon))?,
        _ => {}
    }
    let data = encoder.encode()?;
    Ok((!data.is_empty()).then_some(data))
}

fn add_line(encoder: &mut GeomEncoder<i32>, line: &LineString<f64>) -> Result<(), mvt::Error> {
    for point in line.points() {
        encoder.add_point(unit(point.x()), unit(point.y()))?;
    }
    encoder.complete_geom()
}

fn add_polygon(encoder: &mut GeomEncoder<i32>, polygon: &Polygon<f64>) -> Result<(), mvt::Error> {
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        // The last point is the first one, which the command that closes a ring says.
        let points = ring.0.len().saturating_sub(1);
        for point in ring.points().take(points) {
            encoder.add_point(unit(point.x()), unit(point.y()))?;
        }
        encoder.complete_geom()?;
    }
    Ok(())
}

/// A coordinate, which is a whole number already.
fn unit(coordinate: f64) -> i32 {
    coordinate.round() as i32
}
