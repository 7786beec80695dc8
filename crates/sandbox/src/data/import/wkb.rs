//! Well-known binary, also PostGIS's extended one.

use super::geometry::{DEEPEST, Placed};
use geo_types::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon};

/// Writes a geometry as extended well-known binary with a reference system.
pub fn write(geometry: &Geometry, srid: i32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    put(&mut bytes, geometry, Some(srid));
    bytes
}

/// Writes several geometries as one collection, without a reference system.
pub fn write_together<'a>(geometries: impl ExactSizeIterator<Item = &'a Geometry>) -> Vec<u8> {
    let mut bytes = Vec::new();
    head(&mut bytes, 7, None);
    count(&mut bytes, geometries.len());
    geometries.for_each(|geometry| put(&mut bytes, geometry, None));
    bytes
}

fn head(bytes: &mut Vec<u8>, code: u32, srid: Option<i32>) {
    const HAS_SRID: u32 = 0x2000_0000;
    bytes.push(1);
    bytes.extend((if srid.is_some() { code | HAS_SRID } else { code }).to_le_bytes());
    if let Some(srid) = srid {
        bytes.extend(srid.to_le_bytes());
    }
}

fn count(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn put(bytes: &mut Vec<u8>, geometry: &Geometry, srid: Option<i32>) {
    let at = |bytes: &mut Vec<u8>, at: &Coord| {
        bytes.extend(at.x.to_le_bytes());
        bytes.extend(at.y.to_le_bytes());
    };
    let line = |bytes: &mut Vec<u8>, line: &LineString| {
        count(bytes, line.0.len());
        line.0.iter().for_each(|place| at(bytes, place));
    };
    let area = |bytes: &mut Vec<u8>, polygon: &Polygon| {
        count(bytes, 1 + polygon.interiors().len());
        line(bytes, polygon.exterior());
        polygon.interiors().iter().for_each(|ring| line(bytes, ring));
    };
    match geometry {
        Geometry::Point(point) => {
            head(bytes, 1, srid);
            at(bytes, &point.0);
        }
        Geometry::Line(ends) => {
            head(bytes, 2, srid);
            line(bytes, &LineString(vec![ends.start, ends.end]));
        }
        Geometry::LineString(found) => {
            head(bytes, 2, srid);
            line(bytes, found);
        }
        Geometry::Polygon(polygon) => {
            head(bytes, 3, srid);
            area(bytes, polygon);
        }
        Geometry::MultiPoint(points) => {
            head(bytes, 4, srid);
            count(bytes, points.0.len());
            for point in &points.0 {
                head(bytes, 1, None);
                at(bytes, &point.0);
            }
        }
        Geometry::MultiLineString(lines) => {
            head(bytes, 5, srid);
            count(bytes, lines.0.len());
            for part in &lines.0 {
                head(bytes, 2, None);
                line(bytes, part);
            }
        }
        Geometry::MultiPolygon(polygons) => {
            head(bytes, 6, srid);
            count(bytes, polygons.0.len());
            for polygon in &polygons.0 {
                head(bytes, 3, None);
                area(bytes, polygon);
            }
        }
        Geometry::GeometryCollection(parts) => {
            head(bytes, 7, srid);
            count(bytes, parts.0.len());
            parts.0.iter().for_each(|part| put(bytes, part, None));
        }
        Geometry::Rect(rectangle) => put(bytes, &Geometry::Polygon(rectangle.to_polygon()), srid),
        Geometry::Triangle(triangle) => put(bytes, &Geometry::Polygon(triangle.to_polygon()), srid),
    }
}

/// Reads well-known binary, also PostGIS's extended one; heights and measures are left out. None for an empty geometry.
///
/// # Errors
/// What is wrong, in some words.
pub fn from_binary(bytes: &[u8]) -> Result<Option<Placed>, &'static str> {
    let mut reader = Bytes { rest: bytes };
    let (geometry, srid) = reader.geometry(0)?;
    Ok(geometry.map(|geometry| (geometry, srid)))
}

const CUT_OFF: &str = "it is cut off";

/// Bytes that are not read yet.
struct Bytes<'a> {
    rest: &'a [u8],
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (first, rest) = self.rest.split_first_chunk::<N>().ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(*first)
    }

    fn integer(&mut self, is_little: bool) -> Result<u32, &'static str> {
        let bytes = self.take()?;
        Ok(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn number(&mut self, is_little: bool) -> Result<f64, &'static str> {
        let bytes = self.take()?;
        Ok(if is_little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    /// A list of as many as are said; never room for more than there can be.
    fn list<T>(
        &mut self,
        is_little: bool,
        least: usize,
        mut one: impl FnMut(&mut Self) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, &'static str> {
        let count = self.integer(is_little)? as usize;
        if count > self.rest.len() / least {
            return Err(CUT_OFF);
        }
        (0..count).map(|_| one(self)).collect()
    }

    fn geometry(&mut self, depth: usize) -> Result<(Option<Geometry>, Option<i32>), &'static str> {
        if depth > DEEPEST {
            return Err("it is nested too deeply");
        }
        let [order] = self.take()?;
        let is_little = match order {
            0 => false,
            1 => true,
            _ => return Err("it is no well-known binary"),
        };
        let code = self.integer(is_little)?;
        // PostGIS has flags for more dimensions, the standard adds thousands.
        let (flags, plain) = (code >> 29, code & 0x1fff_ffff);
        let (thousands, plain) = (plain / 1000, plain % 1000);
        let more = match thousands {
            0 => (flags >> 2 & 1) + (flags >> 1 & 1),
            1 | 2 => 1,
            3 => 2,
            _ => return Err("it is of an unknown kind"),
        };
        let srid = if flags & 1 == 1 { i32::try_from(self.integer(is_little)?).ok() } else { None };
        let size = 16 + 8 * more as usize;
        let coordinate = |reader: &mut Self| {
            let at = Coord { x: reader.number(is_little)?, y: reader.number(is_little)? };
            for _ in 0..more {
                reader.number(is_little)?;
            }
            Ok(at)
        };
        let line = |reader: &mut Self| Ok(LineString(reader.list(is_little, size, coordinate)?));
        let part = |reader: &mut Self| Ok(reader.geometry(depth + 1)?.0);
        let found = match plain {
            1 => {
                let at = coordinate(self)?;
                // An empty point is written so.
                (!(at.x.is_nan() && at.y.is_nan())).then_some(Geometry::Point(at.into()))
            }
            2 => Some(line(self)?).filter(|line| !line.0.is_empty()).map(Geometry::LineString),
            3 => {
                let mut rings = self.list(is_little, 4, line)?.into_iter();
                let outer = rings.next().filter(|ring| !ring.0.is_empty());
                outer.map(|outer| Geometry::Polygon(Polygon::new(outer, rings.collect())))
            }
            4..=7 => {
                let parts: Vec<Geometry> = self.list(is_little, 5, part)?.into_iter().flatten().collect();
                together(plain, parts)?
            }
            8..=14 => return Err("it has curves"),
            _ => return Err("it is of an unknown kind"),
        };
        Ok((found, srid))
    }
}

/// Parts as the multiple geometry that the code of well-known binary names.
fn together(code: u32, parts: Vec<Geometry>) -> Result<Option<Geometry>, &'static str> {
    if parts.is_empty() {
        return Ok(None);
    }
    let wrong = "it has a part of another kind";
    Ok(Some(match code {
        4 => {
            let points = parts.into_iter().map(|part| part.try_into().map_err(|_| wrong));
            Geometry::MultiPoint(MultiPoint(points.collect::<Result<_, _>>()?))
        }
        5 => {
            let lines = parts.into_iter().map(|part| part.try_into().map_err(|_| wrong));
            Geometry::MultiLineString(MultiLineString(lines.collect::<Result<_, _>>()?))
        }
        6 => {
            let polygons = parts.into_iter().map(|part| part.try_into().map_err(|_| wrong));
            Geometry::MultiPolygon(MultiPolygon(polygons.collect::<Result<_, _>>()?))
        }
        _ => Geometry::GeometryCollection(GeometryCollection(parts)),
    }))
}

/// A geometry in hexadecimal digits, as PostGIS reads it from a text.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].into_iter().filter_map(|half| DIGITS.get(usize::from(half))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_end_the_process() {
        let mut bytes = Vec::new();
        for _ in 0..100_000 {
            head(&mut bytes, 7, None);
            count(&mut bytes, 1);
        }
        assert!(from_binary(&bytes).is_err());
        let mut bytes = Vec::new();
        head(&mut bytes, 2, None);
        count(&mut bytes, usize::MAX);
        assert!(from_binary(&bytes).is_err());
    }
}
