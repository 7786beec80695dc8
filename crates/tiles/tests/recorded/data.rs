//! The tables that the recordings were made from.

use cartocss::FieldValue;
use geo_types::{Coord, Geometry, LineString, MultiLineString};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tiles::{Feature, TileId};

/// Where the recordings are.
pub fn wire() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wire")
}

/// Rows of a table with their columns.
#[derive(Clone)]
pub struct Table {
    pub columns: Vec<String>,
    pub features: Vec<Feature>,
}

impl Table {
    /// Reads a table, geometry in Web Mercator.
    pub fn read(name: &str) -> Self {
        let mut reader = csv::Reader::from_path(wire().join("data").join(format!("{name}.csv"))).unwrap();
        let headers = reader.headers().unwrap().clone();
        let columns = headers.iter().filter(|name| *name != "the_geom").map(str::to_owned).collect();
        let features = reader
            .records()
            .map(|row| {
                let row = row.unwrap();
                let cells = || headers.iter().zip(row.iter());
                let fields = cells().filter(|(name, _)| *name != "the_geom").map(|(name, cell)| field(name, cell));
                let wkb = cells().find(|(name, _)| *name == "the_geom").map(|(_, cell)| bytes(cell)).unwrap();
                let feature = Feature::from_wkb(&wkb, fields.collect()).unwrap();
                Feature { geometry: feature.geometry.map(to_mercator), ..feature }
            })
            .collect();
        Self { columns, features }
    }

    /// Runs one of the few queries of the recordings.
    pub fn query(sql: &str) -> Self {
        static PLACES: LazyLock<Table> = LazyLock::new(|| Table::read("populated_places"));
        static BORDERS: LazyLock<Table> = LazyLock::new(|| Table::read("world_borders"));
        let mut table = if sql.contains("populated_places") { PLACES.clone() } else { BORDERS.clone() };
        if sql.contains("WHERE pop > 80000") {
            let pop = table.columns.iter().position(|column| column == "pop").unwrap();
            table.features.retain(|row| matches!(row.fields[pop], FieldValue::Number(pop) if pop > 80_000.0));
        }
        if sql.contains("ST_Boundary") {
            for feature in &mut table.features {
                feature.geometry = feature.geometry.take().map(boundary);
            }
        }
        table
    }
}

/// The features that a server would select for a tile: points within its buffer, and all that are no points.
pub fn near(features: &[Feature], tile: TileId) -> Vec<Feature> {
    let bounds = tile.buffered_bounds(tiles::BUFFER);
    let is_near = |feature: &&Feature| match &feature.geometry {
        Some(Geometry::Point(place)) => {
            let within = |least: f64, value: f64, greatest: f64| least <= value && value <= greatest;
            within(bounds.west, place.x(), bounds.east) && within(bounds.south, place.y(), bounds.north)
        }
        _ => true,
    };
    features.iter().filter(is_near).cloned().collect()
}

/// Rounds coordinates as the recorded server had its database do for a tile: to a power of ten metres below
/// half a pixel.
pub fn rounded(features: &[Feature], tile: TileId) -> Vec<Feature> {
    let bounds = tile.bounds_mercator();
    let unit = 10_f64.powf(((bounds.east - bounds.west) / 512.0).log10().floor());
    let round = |place: Coord<f64>| Coord { x: (place.x / unit).round() * unit, y: (place.y / unit).round() * unit };
    features
        .iter()
        .map(|feature| Feature {
            geometry: feature.geometry.as_ref().map(|geometry| mapped(geometry, &round)),
            fields: feature.fields.clone(),
        })
        .collect()
}

fn field(name: &str, cell: &str) -> FieldValue {
    match (name, cell) {
        (_, "") => FieldValue::Null,
        ("cartodb_id" | "pop2005", _) => FieldValue::Integer(cell.parse().unwrap()),
        ("pop" | "area_km2", _) => FieldValue::Number(cell.parse().unwrap()),
        ("capital", _) => FieldValue::Bool(cell == "t"),
        _ => FieldValue::Text(cell.to_owned()),
    }
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    hexadecimal
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn to_mercator(geometry: Geometry<f64>) -> Geometry<f64> {
    const RADIUS: f64 = 6_378_137.0;
    mapped(&geometry, &|place| Coord {
        x: place.x.to_radians() * RADIUS,
        y: (std::f64::consts::FRAC_PI_4 + place.y.to_radians() / 2.0).tan().ln() * RADIUS,
    })
}

fn mapped(geometry: &Geometry<f64>, change: &dyn Fn(Coord<f64>) -> Coord<f64>) -> Geometry<f64> {
    let line = |line: &LineString<f64>| LineString(line.0.iter().map(|place| change(*place)).collect());
    match geometry {
        Geometry::Point(point) => Geometry::Point(change(point.0).into()),
        Geometry::MultiLineString(lines) => Geometry::MultiLineString(lines.iter().map(line).collect()),
        Geometry::MultiPolygon(polygons) => Geometry::MultiPolygon(
            polygons
                .iter()
                .map(|polygon| {
                    let holes = polygon.interiors().iter().map(line).collect();
                    geo_types::Polygon::new(line(polygon.exterior()), holes)
                })
                .collect(),
        ),
        other => panic!("no such geometry in the tables: {other:?}"),
    }
}

fn boundary(geometry: Geometry<f64>) -> Geometry<f64> {
    let Geometry::MultiPolygon(polygons) = geometry else { panic!("only polygons have a boundary here") };
    let rings = polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    Geometry::MultiLineString(MultiLineString(rings.cloned().collect()))
}
