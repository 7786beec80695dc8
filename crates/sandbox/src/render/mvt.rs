//! Vector tiles: written by PostGIS where it can, and here where the embedded one cannot.

use crate::db::{quote_identifier, quote_literal};
use crate::map::error::ApiError;
use crate::query::features::FeatureRow;
use crate::query::source::{self, Description, View};
use crate::sql_guard::{GuardError, RunnableSql};
use cartocss::{Cancel, FieldValue};
use geo_types::{Geometry, LineString, Polygon};
use mvt::{GeomEncoder, GeomType, Tile};
use serde_json::{Value, json};

/// Units of a tile's side, when a layer does not say.
pub const EXTENT: u32 = 4096;
/// Features that a tile may have.
pub const MOST_FEATURES: usize = 262_144;
/// One more tells that there are too many.
const BEYOND: usize = MOST_FEATURES + 1;
/// The most units that a tile's side may have.
const MOST_EXTENT: u64 = 2_147_483_647;
const GEOMETRY: &str = "\"the_geom_webmercator\"";

/// The geometry without collections in each other: ST_AsMVTGeom takes twice as long with each of them, and cannot be
/// interrupted. It would itself keep what has the most dimensions.
const FLAT: &str = "CASE WHEN GeometryType(\"the_geom_webmercator\") = 'GEOMETRYCOLLECTION'
                              THEN ST_CollectionExtract(\"the_geom_webmercator\") ELSE \"the_geom_webmercator\" END";

/// What a layer says of its vector tiles, and where they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Units of the tile's side.
    pub extent: u32,
    /// Units of the grid that shapes are made simpler to, when the layer says so.
    pub simplified: Option<u32>,
    /// Whether dates are carried, as seconds since 1970.
    pub has_dates: bool,
    /// Pixels around the tile that features are taken from.
    pub buffer: u32,
    /// Pixels that aggregated points may be beyond that.
    pub overhang: u32,
}

impl Options {
    /// What a layer says, with a buffer of so many pixels.
    pub fn of_layer(options: &Value, buffer: u32, overhang: u32) -> Options {
        let number = |name: &str| options[name].as_u64().and_then(|number| u32::try_from(number).ok());
        Options {
            extent: number("vector_extent").unwrap_or(EXTENT),
            simplified: number("vector_simplify_extent"),
            has_dates: options["dates_as_numbers"].as_bool() == Some(true),
            buffer,
            overhang,
        }
    }

    /// The units around the tile in which shapes are kept.
    fn margin(&self) -> i32 {
        let units = u64::from(self.buffer + self.overhang) * u64::from(self.extent) / 256;
        i32::try_from(units).unwrap_or(i32::MAX)
    }

    /// The geometry, made as simple as the layer says. Points are as simple as can be.
    fn geometry(&self, view: &View) -> String {
        let Some(units) = self.simplified else { return FLAT.to_owned() };
        // Half of a unit is not seen.
        let tolerance = (view.bbox[2] - view.bbox[0]) / f64::from(units.max(1)) / 2.0;
        format!(
            "CASE WHEN ST_Dimension({GEOMETRY}) = 0 THEN {FLAT}
                  ELSE ST_Simplify(ST_RemoveRepeatedPoints({FLAT}, {tolerance}), {tolerance}, true) END"
        )
    }
}

/// Checks what the layers of a map say of their vector tiles, which must be the same for all of them.
///
/// # Errors
/// 400 for a number that is none, or too large.
pub fn check_extents<'a>(layers: impl Iterator<Item = &'a Value>) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::bad_request(message));
    let mut said: Vec<(Value, Value)> = Vec::new();
    for options in layers {
        let extent = if options["vector_extent"].is_null() { json!(EXTENT) } else { options["vector_extent"].clone() };
        let simplified = options["vector_simplify_extent"].clone();
        let is_valid = |number: &Value, most: u64| number.as_u64().is_some_and(|number| (1..=most).contains(&number));
        if !is_valid(&extent, MOST_EXTENT) {
            return refuse(format!("Invalid vector_extent. Must be between 1 and {MOST_EXTENT}"));
        }
        if !simplified.is_null() && !is_valid(&simplified, extent.as_u64().unwrap_or(0)) {
            let message =
                format!("Invalid vector_simplify_extent. Must be between 1 and vector_extent, which is {extent}");
            return refuse(message);
        }
        said.push((extent, simplified));
    }
    match said.iter().all(|layer| Some(layer) == said.first()) {
        true => Ok(()),
        false => refuse("The layers of a map must have the same vector_extent and vector_simplify_extent".into()),
    }
}

/// The columns that features carry, with the expressions of their values: those that a vector tile has a place for. Numbers
/// of any precision are carried like others; dates only where a layer wants them as numbers.
fn columns(description: &Description, has_dates: bool) -> impl Iterator<Item = (&str, String)> {
    description.columns.iter().filter_map(move |column| {
        let name = quote_identifier(&column.name);
        let value = match column.kind.name() {
            "geometry" | "geography" | "raster" | "bytea" | "time" | "timetz" => return None,
            "date" | "timestamp" | "timestamptz" if !has_dates => return None,
            "date" | "timestamp" | "timestamptz" => format!("date_part('epoch', {name})"),
            "numeric" => format!("{name}::float8"),
            _ => name,
        };
        Some((column.name.as_str(), value))
    })
}

/// Names of the columns that features carry.
pub fn names(description: &Description, options: &Options) -> Vec<String> {
    columns(description, options.has_dates).map(|(name, _)| name.to_owned()).collect()
}

/// The query of one row with the bytes of a layer and its number of features, for servers whose PostGIS writes vector tiles.
///
/// # Errors
/// The SQL may not be run.
pub fn tile_query(
    sql: &str,
    description: &Description,
    view: &View,
    options: &Options,
    layer: &str,
) -> Result<RunnableSql, GuardError> {
    let user_sql = source::checked(sql, &around(view, options.buffer))?;
    let selected = columns(description, options.has_dates);
    let selected: String = selected.map(|(name, value)| format!(", {value} AS {}", quote_identifier(name))).collect();
    // What users call a column is theirs, also `tile`.
    let free = |name| source::free_name(name, &description.columns);
    let (tile, shape) = (free("_cdb_tile"), free("_cdb_tile_geom"));
    let (extent, margin) = (options.extent, options.margin());
    Ok(RunnableSql::of_server(format!(
        "SELECT ST_AsMVT({tile}, {}, {extent}, '{shape}'), count(*) FROM (
           SELECT ST_AsMVTGeom({}, {}, {extent}, {margin}, true) AS {shape}{selected}
             FROM {} as cdbq WHERE {GEOMETRY} && {} LIMIT {BEYOND}) AS {tile} WHERE {shape} IS NOT NULL",
        quote_literal(layer),
        options.geometry(view),
        view.envelope(),
        source::wrapped(&user_sql),
        around(view, options.buffer + options.overhang).envelope()
    )))
}

/// The query of a layer's features for [`encode`]: geometry as WKB in units of the tile, y to the south, cut and rounded.
///
/// # Errors
/// The SQL may not be run.
pub fn features_query(
    sql: &str,
    description: &Description,
    view: &View,
    options: &Options,
) -> Result<RunnableSql, GuardError> {
    let user_sql = source::checked(sql, &around(view, options.buffer))?;
    let around = around(view, options.buffer + options.overhang);
    let (mut selected, mut names) = (String::new(), String::new());
    for (name, value) in columns(description, options.has_dates) {
        let quoted = quote_identifier(name);
        let value = match description.column(name).map(|column| column.kind.name()) {
            Some("int2" | "int4" | "int8" | "float4" | "float8" | "bool" | "text" | "numeric") => value,
            Some("date" | "timestamp" | "timestamptz") => value,
            _ => format!("{quoted}::text"),
        };
        selected += &format!(", {value} AS {quoted}");
        names += &format!(", {quoted}");
    }
    let shape = source::free_name("_cdb_tile_geom", &description.columns);
    let [west, _, _, north] = view.bbox;
    let scale = f64::from(options.extent) / (view.bbox[2] - west);
    let flat = options.geometry(view);
    let cut = format!(
        "CASE WHEN ST_Dimension({GEOMETRY}) > 0 AND NOT {GEOMETRY} @ {0} THEN ST_ClipByBox2D({flat}, {0}) ELSE {flat} END",
        around.envelope()
    );
    // Outer rings run clockwise as seen.
    Ok(RunnableSql::of_server(format!(
        "SELECT ST_AsBinary({shape}){names} FROM (
           SELECT ST_SnapToGrid(ST_Affine(ST_ForcePolygonCW(ST_Force2D({cut})), {scale}, 0, 0, -{scale}, {}, {}), 1)
                  AS {shape}{selected}
             FROM {} as cdbq WHERE {GEOMETRY} && {} LIMIT {BEYOND}) AS \"{}\" WHERE NOT ST_IsEmpty({shape})",
        -west * scale,
        north * scale,
        source::wrapped(&user_sql),
        around.envelope(),
        source::free_name("_cdb_tile", &description.columns)
    )))
}

fn around(view: &View, buffer: u32) -> View {
    view.grown(f64::from(buffer) * view.pixel)
}

/// Writes a layer of a vector tile; empty when no feature has a geometry, and cut off when it was cancelled.
///
/// # Errors
/// What cannot be written.
pub fn encode(
    cancel: &Cancel,
    (name, extent): (&str, u32),
    columns: &[String],
    features: &[FeatureRow],
) -> Result<Vec<u8>, mvt::Error> {
    let mut tile = Tile::new(extent);
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
