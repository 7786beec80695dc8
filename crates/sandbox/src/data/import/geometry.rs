//! Geometries of files: read from their texts, told apart, and brought into the world.

use super::wkb;
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon};
use std::collections::BTreeSet;
use wkt::TryFromWkt;

/// Levels of collections in collections, and of parentheses in a text. Deeper ones are refused.
pub const DEEPEST: usize = 32;
/// Degrees that are rounding and not a place beyond the world's edge.
const ROUNDING: f64 = 1e-7;
/// Where Web Mercator ends.
const MERCATOR_EDGE: f64 = 89.0;
/// Radius of the sphere of Web Mercator, in metres.
const RADIUS: f64 = 6_378_137.0;

/// The kinds of geometry that PostGIS has columns for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A point.
    Point,
    /// Several points.
    MultiPoint,
    /// A line.
    LineString,
    /// Several lines.
    MultiLineString,
    /// An area.
    Polygon,
    /// Several areas.
    MultiPolygon,
    /// Anything together.
    Collection,
}

/// The kind of a geometry.
pub fn kind(geometry: &Geometry) -> Kind {
    match geometry {
        Geometry::Point(_) => Kind::Point,
        Geometry::MultiPoint(_) => Kind::MultiPoint,
        Geometry::Line(_) | Geometry::LineString(_) => Kind::LineString,
        Geometry::MultiLineString(_) => Kind::MultiLineString,
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => Kind::Polygon,
        Geometry::MultiPolygon(_) => Kind::MultiPolygon,
        Geometry::GeometryCollection(_) => Kind::Collection,
    }
}

/// The type of the column for these kinds, and whether single shapes become multiple ones, as CARTO has lines and areas.
pub fn column_type(kinds: &BTreeSet<Kind>) -> (&'static str, bool) {
    let are = |known: &[Kind]| !kinds.is_empty() && kinds.iter().all(|kind| known.contains(kind));
    if are(&[Kind::Point]) {
        ("Point", false)
    } else if are(&[Kind::Point, Kind::MultiPoint]) {
        ("MultiPoint", true)
    } else if are(&[Kind::LineString, Kind::MultiLineString]) {
        ("MultiLineString", true)
    } else if are(&[Kind::Polygon, Kind::MultiPolygon]) {
        ("MultiPolygon", true)
    } else {
        ("Geometry", false)
    }
}

/// A geometry as the multiple one of its kind.
pub fn multiple(geometry: Geometry) -> Geometry {
    match geometry {
        Geometry::Point(point) => Geometry::MultiPoint(MultiPoint(vec![point])),
        Geometry::LineString(line) => Geometry::MultiLineString(MultiLineString(vec![line])),
        Geometry::Polygon(polygon) => Geometry::MultiPolygon(MultiPolygon(vec![polygon])),
        other => other,
    }
}

/// Calls `each` with every coordinate.
fn visit(geometry: &mut Geometry, each: &mut dyn FnMut(&mut Coord)) {
    let rings = |polygon: &mut Polygon, each: &mut dyn FnMut(&mut Coord)| {
        polygon.exterior_mut(|ring| ring.0.iter_mut().for_each(&mut *each));
        polygon.interiors_mut(|rings| rings.iter_mut().for_each(|ring| ring.0.iter_mut().for_each(&mut *each)));
    };
    match geometry {
        Geometry::Point(point) => each(&mut point.0),
        Geometry::MultiPoint(points) => points.0.iter_mut().for_each(|point| each(&mut point.0)),
        Geometry::Line(line) => {
            each(&mut line.start);
            each(&mut line.end);
        }
        Geometry::LineString(line) => line.0.iter_mut().for_each(each),
        Geometry::MultiLineString(lines) => {
            lines.0.iter_mut().for_each(|line| line.0.iter_mut().for_each(&mut *each));
        }
        Geometry::Polygon(polygon) => rings(polygon, each),
        Geometry::MultiPolygon(polygons) => polygons.0.iter_mut().for_each(|polygon| rings(polygon, each)),
        Geometry::GeometryCollection(parts) => parts.0.iter_mut().for_each(|part| visit(part, each)),
        // No file has these.
        Geometry::Rect(_) | Geometry::Triangle(_) => {}
    }
}

/// Bytes that a geometry has, about.
pub fn size(geometry: &Geometry) -> usize {
    let ring = |line: &LineString| 16 * line.0.len();
    let area = |polygon: &Polygon| ring(polygon.exterior()) + polygon.interiors().iter().map(ring).sum::<usize>();
    match geometry {
        Geometry::LineString(line) => ring(line),
        Geometry::MultiPoint(points) => 21 * points.0.len(),
        Geometry::MultiLineString(lines) => lines.0.iter().map(ring).sum(),
        Geometry::Polygon(polygon) => area(polygon),
        Geometry::MultiPolygon(polygons) => polygons.0.iter().map(area).sum(),
        Geometry::GeometryCollection(parts) => parts.0.iter().map(size).sum(),
        _ => 32,
    }
}

/// The corners of a geometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The smallest x and y.
    pub least: Coord,
    /// The largest x and y.
    pub most: Coord,
}

/// The corners of a geometry; none when it is empty, or has a number that is none.
pub fn bounds(geometry: &mut Geometry) -> Option<Bounds> {
    let infinite = f64::INFINITY;
    let mut found = Bounds { least: Coord { x: infinite, y: infinite }, most: Coord { x: -infinite, y: -infinite } };
    let mut is_whole = true;
    visit(geometry, &mut |at| {
        is_whole &= at.x.is_finite() && at.y.is_finite();
        found.least = Coord { x: found.least.x.min(at.x), y: found.least.y.min(at.y) };
        found.most = Coord { x: found.most.x.max(at.x), y: found.most.y.max(at.y) };
    });
    (is_whole && found.least.x <= found.most.x).then_some(found)
}

/// Where a geometry in degrees lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// In the world.
    Within,
    /// Partly beyond 180 degrees, to be brought back.
    Beyond,
    /// Nowhere on earth.
    Nowhere,
}

/// Tells where a geometry in degrees lies. Numbers that are a rounding beyond the edge are put on it, and points are
/// brought back.
pub fn settle(geometry: &mut Geometry) -> Lies {
    let Some(Bounds { least, most }) = bounds(geometry) else { return Lies::Nowhere };
    if least.y < -90.0 - ROUNDING || most.y > 90.0 + ROUNDING || least.x < -360.0 || most.x > 360.0 {
        return Lies::Nowhere;
    }
    if least.x >= -180.0 && most.x <= 180.0 && least.y >= -90.0 && most.y <= 90.0 {
        return Lies::Within;
    }
    let is_points = matches!(geometry, Geometry::Point(_) | Geometry::MultiPoint(_));
    visit(geometry, &mut |at| {
        at.y = at.y.clamp(-90.0, 90.0);
        if at.x.abs() <= 180.0 + ROUNDING {
            at.x = at.x.clamp(-180.0, 180.0);
        } else if is_points {
            at.x -= 360.0 * at.x.signum();
        }
    });
    let is_within = bounds(geometry).is_some_and(|now| now.least.x >= -180.0 && now.most.x <= 180.0);
    if is_within { Lies::Within } else { Lies::Beyond }
}

/// A geometry in degrees in Web Mercator; none where it reaches beyond its edge, and must be cut.
pub fn mercator(geometry: &Geometry) -> Option<Geometry> {
    let mut geometry = geometry.clone();
    let mut is_within = true;
    visit(&mut geometry, &mut |at| {
        is_within &= at.y.abs() <= MERCATOR_EDGE;
        *at = Coord { x: RADIUS * at.x.to_radians(), y: RADIUS * at.y.to_radians().tan().asinh() };
    });
    is_within.then_some(geometry)
}

/// A geometry, and the number of its reference system where it says one.
pub type Placed = (Geometry, Option<i32>);

/// Reads well-known text, also with PostGIS's `SRID=…;`, well-known binary in hexadecimal digits, or GeoJSON.
///
/// # Errors
/// What is wrong, in some words.
pub fn from_text(text: &str) -> Result<Option<Placed>, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return from_geojson(text).map(|geometry| geometry.map(|geometry| (geometry, None)));
    }
    // PostgreSQL writes bytes with `\x` before their digits, other databases with `0x`.
    let digits = ["\\x", "0x", "0X"].iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text);
    if digits.len() >= 10 && digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
        let bytes: Vec<u8> = digits
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |all, byte| all << 4 | digit(*byte)))
            .collect();
        return wkb::from_binary(&bytes).map_err(str::to_owned);
    }
    let (srid, text) = match text.get(..5).filter(|head| head.eq_ignore_ascii_case("srid=")).and(text.split_once(';')) {
        Some((head, rest)) => {
            let number = head.get(5..).and_then(|number| number.trim().parse().ok());
            (Some(number.ok_or("its reference system is no number")?), rest)
        }
        None => (None, text),
    };
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err("it is nested too deeply".into());
        }
    }
    if text.to_ascii_uppercase().ends_with("EMPTY") {
        return Ok(None);
    }
    let geometry =
        Geometry::try_from_wkt_str(text).map_err(|error| error.to_string().chars().take(100).collect::<String>())?;
    Ok(Some((geometry, srid)))
}

/// Reads a geometry of GeoJSON; heights are left out. None for an empty one.
///
/// # Errors
/// What is wrong, in some words.
pub fn from_geojson(text: &str) -> Result<Option<Geometry>, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    from_json(value)
}

/// Reads a geometry of GeoJSON from its value.
///
/// # Errors
/// What is wrong, in some words.
pub fn from_json(value: serde_json::Value) -> Result<Option<Geometry>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let geometry = serde_json::from_value::<geojson::Geometry>(value).map_err(|error| error.to_string())?;
    let mut geometry = Geometry::try_from(geometry).map_err(|error| error.to_string())?;
    let mut is_empty = true;
    visit(&mut geometry, &mut |_| is_empty = false);
    Ok((!is_empty).then_some(geometry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Geometry {
        from_text(text).unwrap().unwrap().0
    }

    #[test]
    fn kinds_make_types() {
        let of = |kinds: &[Kind]| column_type(&kinds.iter().copied().collect());
        assert_eq!(of(&[Kind::Point]), ("Point", false));
        assert_eq!(of(&[Kind::Polygon, Kind::MultiPolygon]), ("MultiPolygon", true));
        assert_eq!(of(&[Kind::LineString]), ("MultiLineString", true));
        assert_eq!(of(&[Kind::Point, Kind::Polygon]), ("Geometry", false));
        assert_eq!(of(&[]), ("Geometry", false));
    }

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "POINT(1 2)",
            "LINESTRING(1 2,3 4)",
            "POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))",
            "MULTIPOINT((1 2),(3 4))",
            "MULTILINESTRING((1 2,3 4),(5 6,7 8))",
            "MULTIPOLYGON(((0 0,4 0,4 4,0 0)))",
            "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))",
        ] {
            let geometry = read(text);
            let bytes = wkb::write(&geometry, 4326);
            assert_eq!(wkb::from_binary(&bytes), Ok(Some((geometry.clone(), Some(4326)))), "{text}");
            for mark in ["", "\\x", "0x"] {
                assert_eq!(read(&format!("{mark}{}", wkb::hexadecimal(&bytes))), geometry, "{mark} {text}");
            }
            for length in 0..bytes.len() {
                assert!(wkb::from_binary(bytes.get(..length).unwrap_or_default()).is_err(), "{text} {length}");
            }
        }
        assert_eq!(read("POINT Z (1 2 3)"), read("SRID=4326;POINT(1 2)"));
        assert_eq!(read("point(1 2)"), read("{\"type\":\"Point\",\"coordinates\":[1,2,3]}"));
        assert_eq!(from_text("srid=3857;POINT(1 2)").unwrap().unwrap().1, Some(3857));
        assert_eq!(from_text("POLYGON EMPTY"), Ok(None));
        assert!(
            from_text("POINT(1)").is_err() && from_text("round").is_err() && from_text("SRID=a;POINT(1 2)").is_err()
        );
    }

    #[test]
    fn no_text_ends_the_process() {
        let nested = format!("{}POINT(1 2){}", "GEOMETRYCOLLECTION(".repeat(100_000), ")".repeat(100_000));
        assert!(from_text(&nested).is_err());
    }

    #[test]
    fn places_are_settled() {
        let of = |text: &str| {
            let mut geometry = read(text);
            (settle(&mut geometry), geometry)
        };
        assert_eq!(of("POINT(1 2)"), (Lies::Within, read("POINT(1 2)")));
        assert_eq!(of("POINT(200 -10)"), (Lies::Within, read("POINT(-160 -10)")));
        assert_eq!(of("POINT(-190 -10)"), (Lies::Within, read("POINT(170 -10)")));
        assert_eq!(of("POINT(180.00000001 90.00000001)"), (Lies::Within, read("POINT(180 90)")));
        assert_eq!(of("LINESTRING(170 0,190 0)").0, Lies::Beyond);
        assert_eq!(of("POINT(1 91)").0, Lies::Nowhere);
        assert_eq!(of("POINT(-999 1)").0, Lies::Nowhere);
    }

    #[test]
    fn mercator_is_that_of_maps() {
        let Some(Geometry::Point(point)) = mercator(&read("POINT(180 45)")) else { panic!("no point") };
        assert!((point.x() - 20_037_508.342_789_244).abs() < 1e-6 && (point.y() - 5_621_521.486_192_066).abs() < 1e-6);
        assert_eq!(mercator(&read("POINT(0 89.1)")), None);
    }
}
