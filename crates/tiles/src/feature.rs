//! What is drawn: features of layers.

use cartocss::{FieldValue, GeometryKind, Stylesheet};
#[cfg(feature = "wkb")]
use geo_traits::to_geo::ToGeoGeometry;
#[cfg(feature = "wkb")]
use geo_traits::{GeometryCollectionTrait, GeometryTrait, GeometryType, MultiPointTrait};
use geo_types::{Geometry, LineString, Polygon};
use std::borrow::Cow;
#[cfg(feature = "wkb")]
use std::fmt;
#[cfg(feature = "wkb")]
use wkb::reader::Wkb;

/// A feature: a geometry in Web Mercator metres, and values of its layer's columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// The geometry; nothing is drawn without.
    pub geometry: Option<Geometry<f64>>,
    /// The values, in the order of the layer's columns.
    pub fields: Vec<FieldValue>,
}

#[cfg(feature = "wkb")]
impl Feature {
    /// A feature whose geometry is WKB or EWKB. Empty geometries are none.
    ///
    /// # Errors
    /// The bytes are no WKB.
    pub fn from_wkb(wkb: &[u8], fields: Vec<FieldValue>) -> Result<Self, WkbError> {
        let geometry = wkb::reader::read_wkb(wkb).map_err(|error| WkbError(error.to_string()))?;
        if has_odd_points(&geometry) {
            return Err(WkbError("points of a multipoint are not alike".to_owned()));
        }
        Ok(Self { geometry: geometry.try_to_geometry(), fields })
    }
}

/// Does a point of many say a reference system of its own? The library counts on it that none does.
#[cfg(feature = "wkb")]
fn has_odd_points(geometry: &Wkb<'_>) -> bool {
    match geometry.as_type() {
        GeometryType::GeometryCollection(all) => all.geometries().any(has_odd_points),
        GeometryType::MultiPoint(points) => {
            let wkb = points.buf();
            // The byte of a header that has the flag depends on the byte order, which is that of the whole.
            let flags = if wkb.first() == Some(&0) { 1 } else { 4 };
            (0..points.num_points() as u64).any(|point| {
                let start = usize::try_from(points.point_offset(point)).unwrap_or(usize::MAX);
                wkb.get(start.saturating_add(flags)).is_some_and(|byte| byte & 0x20 != 0)
            })
        }
        _ => false,
    }
}

/// Bytes that are no WKB.
#[cfg(feature = "wkb")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WkbError(String);

#[cfg(feature = "wkb")]
impl fmt::Display for WkbError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "The geometry cannot be read: {}", self.0)
    }
}

#[cfg(feature = "wkb")]
impl std::error::Error for WkbError {}

/// Features in a style.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// The style.
    pub style: &'a Stylesheet,
    /// Names of the features' fields.
    pub columns: &'a [String],
    /// The features, in the order in which they are painted.
    pub features: &'a [Feature],
}

/// The features of a layer, in the order in which they are painted, each made when it is asked for.
pub trait Features {
    /// How many there are.
    fn count(&self) -> usize;
    /// What filters see of the geometry of a feature; nothing is drawn of one without.
    fn kind(&self, index: usize) -> Option<GeometryKind>;
    /// The geometry of a feature, in Web Mercator metres.
    fn geometry(&self, index: usize) -> Option<Cow<'_, Geometry<f64>>>;
    /// The values of a feature, in the order of the layer's columns. Where they are not kept they are put into `spare`.
    fn fields<'a>(&'a self, index: usize, spare: &'a mut Vec<FieldValue>) -> &'a [FieldValue];
}

/// Features that are there.
pub(crate) struct Listed<'a>(pub(crate) &'a [Feature]);

impl Listed<'_> {
    fn located(&self, index: usize) -> Option<&Geometry<f64>> {
        self.0.get(index)?.geometry.as_ref()
    }
}

impl Features for Listed<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn kind(&self, index: usize) -> Option<GeometryKind> {
        self.located(index).map(kind)
    }

    fn geometry(&self, index: usize) -> Option<Cow<'_, Geometry<f64>>> {
        self.located(index).map(Cow::Borrowed)
    }

    fn fields<'a>(&'a self, index: usize, _spare: &'a mut Vec<FieldValue>) -> &'a [FieldValue] {
        self.0.get(index).map(|feature| feature.fields.as_slice()).unwrap_or_default()
    }
}

/// The kind of geometry that filters see.
fn kind(geometry: &Geometry<f64>) -> GeometryKind {
    match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) => GeometryKind::Point,
        Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_) => GeometryKind::Line,
        Geometry::GeometryCollection(_) => GeometryKind::Collection,
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => {
            GeometryKind::Polygon
        }
    }
}

/// One simple part of a geometry.
pub(crate) enum Part<'a> {
    Point(geo_types::Coord<f64>),
    Line(&'a LineString<f64>),
    Polygon(&'a Polygon<f64>),
}

/// Calls back with every simple part of a geometry.
pub(crate) fn each_part<'a>(geometry: &'a Geometry<f64>, found: &mut dyn FnMut(Part<'a>)) {
    match geometry {
        Geometry::Point(point) => found(Part::Point(point.0)),
        Geometry::MultiPoint(points) => points.iter().for_each(|point| found(Part::Point(point.0))),
        Geometry::LineString(line) => found(Part::Line(line)),
        Geometry::MultiLineString(lines) => lines.iter().for_each(|line| found(Part::Line(line))),
        Geometry::Polygon(polygon) => found(Part::Polygon(polygon)),
        Geometry::MultiPolygon(polygons) => polygons.iter().for_each(|polygon| found(Part::Polygon(polygon))),
        Geometry::GeometryCollection(all) => all.iter().for_each(|geometry| each_part(geometry, found)),
        // WKB has none of these.
        Geometry::Line(_) | Geometry::Rect(_) | Geometry::Triangle(_) => {}
    }
}
