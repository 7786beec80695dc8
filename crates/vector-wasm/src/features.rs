//! From tiles as they were read to features that are drawn.

use cartocss::FieldValue;
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use tiles::{Feature, TileId};
use vector::{Filter, Kind, Layer, Schema, Value, Verdict};

/// The features of a layer, with the values of some columns. Those that a filter leaves out have no geometry. `None` when only
/// the server can tell what the filter leaves out.
pub fn features(
    layer: &Layer,
    columns: &[String],
    tile: TileId,
    filter: Option<(&Filter, &Schema)>,
) -> Option<Vec<Feature>> {
    let filter = match filter {
        Some((filter, schema)) => Some(filter.bind(schema, layer).ok()?),
        None => None,
    };
    let columns: Vec<_> = columns.iter().map(|name| layer.column(name)).collect();
    let bounds = tile.bounds_mercator();
    let unit = (bounds.east - bounds.west) / f64::from(layer.extent);
    let place = |[x, y]: &vector::Point| Coord {
        x: bounds.west + f64::from(*x) * unit,
        y: bounds.north - f64::from(*y) * unit,
    };
    let mut features = Vec::with_capacity(layer.len());
    for index in 0..layer.len() {
        let is_left = match filter.as_ref().map_or(Verdict::Yes, |filter| filter.test(index)) {
            Verdict::Yes => true,
            Verdict::No => false,
            Verdict::Unknown => return None,
        };
        features.push(match layer.geometry(index).filter(|_| is_left) {
            Some(geometry) => Feature {
                geometry: Some(placed(geometry, &place)),
                fields: columns
                    .iter()
                    .map(|column| column.map_or(FieldValue::Null, |column| field(column.get(index))))
                    .collect(),
            },
            None => Feature::default(),
        });
    }
    Some(features)
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
