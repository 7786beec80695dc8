//! From tiles as they were read to features that are drawn.

use cartocss::{FieldValue, GeometryKind};
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use std::borrow::Cow;
use tiles::{Features, TileId};
use vector::{Bound, Column, Filter, Kind, Layer, Schema, Value, Verdict};

/// The features of a layer in a tile, each made when it is drawn, with the values of some columns. Those that a filter leaves out
/// have no geometry.
#[derive(Debug)]
pub struct TileFeatures<'a> {
    layer: &'a Layer,
    columns: Vec<Option<&'a Column>>,
    filter: Option<Bound<'a>>,
    /// Where a tile's corner is, and metres of a unit.
    corner: Coord<f64>,
    unit: f64,
}

impl<'a> TileFeatures<'a> {
    /// `None` when only the server can tell what the filter leaves out.
    pub fn new(
        layer: &'a Layer,
        columns: &[String],
        tile: TileId,
        filter: Option<(&'a Filter, &'a Schema)>,
    ) -> Option<TileFeatures<'a>> {
        let filter = match filter {
            Some((filter, schema)) => Some(filter.bind(schema, layer).ok()?),
            None => None,
        };
        if filter
            .as_ref()
            .is_some_and(|filter| (0..layer.len()).any(|feature| filter.test(feature) == Verdict::Unknown))
        {
            return None;
        }
        let bounds = tile.bounds_mercator();
        Some(TileFeatures {
            layer,
            columns: columns.iter().map(|name| layer.column(name)).collect(),
            filter,
            corner: Coord { x: bounds.west, y: bounds.north },
            unit: (bounds.east - bounds.west) / f64::from(layer.extent),
        })
    }

    fn located(&self, index: usize) -> Option<vector::Geometry<'a>> {
        let is_left = self.filter.as_ref().is_none_or(|filter| filter.test(index) == Verdict::Yes);
        self.layer.geometry(index).filter(|_| is_left)
    }
}

impl Features for TileFeatures<'_> {
    fn count(&self) -> usize {
        self.layer.len()
    }

    fn kind(&self, index: usize) -> Option<GeometryKind> {
        Some(match self.located(index)?.kind {
            Kind::Points => GeometryKind::Point,
            Kind::Lines => GeometryKind::Line,
            Kind::Rings => GeometryKind::Polygon,
        })
    }

    fn geometry(&self, index: usize) -> Option<Cow<'_, Geometry<f64>>> {
        let place = |[x, y]: &vector::Point| Coord {
            x: self.corner.x + f64::from(*x) * self.unit,
            y: self.corner.y - f64::from(*y) * self.unit,
        };
        self.located(index).map(|geometry| Cow::Owned(placed(geometry, &place)))
    }

    fn fields<'a>(&'a self, index: usize, spare: &'a mut Vec<FieldValue>) -> &'a [FieldValue] {
        let values = self.columns.iter();
        spare.extend(values.map(|column| column.map_or(FieldValue::Null, |column| field(column.get(index)))));
        spare
    }
}

fn field(value: Value<'_>) -> FieldValue {
    match value {
        Value::Null => FieldValue::Null,
        Value::Bool(value) => FieldValue::Bool(value),
        Value::Integer(value) => FieldValue::Integer(value),
        Value::Number(value) => FieldValue::Number(value),
        Value::Text(value) => FieldValue::from(value),
    }
}

fn placed(geometry: vector::Geometry<'_>, place: &dyn Fn(&vector::Point) -> Coord<f64>) -> Geometry<f64> {
    let line = |points: &[vector::Point]| LineString(points.iter().map(place).collect());
    match geometry.kind {
        Kind::Points => match geometry.points() {
            [one] => Geometry::Point(Point(place(one))),
            points => Geometry::MultiPoint(MultiPoint(points.iter().map(|point| Point(place(point))).collect())),
        },
        Kind::Lines => Geometry::MultiLineString(MultiLineString(geometry.parts().map(line).collect())),
        Kind::Rings => {
            let polygon = |polygon: vector::Geometry<'_>| {
                let mut rings = polygon.parts().map(line);
                let outer = rings.next().unwrap_or_else(|| LineString(Vec::new()));
                Polygon::new(outer, rings.collect())
            };
            Geometry::MultiPolygon(MultiPolygon(geometry.polygons().map(polygon).collect()))
        }
    }
}
