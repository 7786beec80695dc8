//! The recorded styles, drawn from vector tiles: read, styled and painted as in a page, and compared with what real servers drew.
//! What is drawn and how near it has to be is what images of the server are held to.

use crate::features::TileFeatures;
use crate::source::NEAR;
use base64::Engine;
use cartocss::{FieldValue, Stylesheet};
use geo_types::{Coord, Geometry, LineString};
use serde_json::Value;
use tiles::{Cancel, Kept, MarkerCache, Painted, Shapes, TileId};
use tiny_skia::{Pixmap, PremultipliedColorU8};
use vector::{Kind, Limits, Point, Tile};

#[path = "../../tiles/tests/recorded/data.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod data;
#[path = "../../tiles/tests/recorded/image.rs"]
mod image;
#[path = "../../vector/tests/vector/writer.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
pub mod writer;

/// The styles with the differences that are allowed, as images of the server have them.
const STYLES: &str = include_str!("../../tiles/tests/recorded/styles.rs");
/// Units of a tile's side, as maps of tiles have them: more of them for points whose markers give way to others, or that have labels.
const FINE: u32 = 1 << 20;
const COARSE: u32 = 4096;
/// What the rounding of tiles may add.
const ROUNDED: f64 = 1.1;

fn limits() -> impl Iterator<Item = (&'static str, f64, f64)> {
    STYLES.lines().filter_map(|line| {
        let mut parts = line.strip_prefix("    (\"")?.strip_suffix("),")?.split(", ");
        let name = parts.next()?.strip_suffix('"')?;
        Some((name, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

/// A vector tile of the rows of a table.
fn tile(table: &data::Table, style: &Stylesheet, id: TileId) -> Vec<u8> {
    // The recorded server rounded what it drew.
    let features = data::rounded(&data::near(&table.features, id), id);
    let is_of_points = features.iter().all(|feature| matches!(feature.geometry, Some(Geometry::Point(_))));
    let extent = if is_of_points && style.reaches_beyond(NEAR.into()) { FINE } else { COARSE };
    let bounds = id.bounds_mercator();
    let scale = f64::from(extent) / (bounds.east - bounds.west);
    let unit = |place: Coord<f64>| {
        [(place.x - bounds.west) * scale, (bounds.north - place.y) * scale].map(|unit| unit.round() as i32)
    };
    let line = |line: &LineString<f64>| line.0.iter().map(|place| unit(*place)).collect::<Vec<Point>>();
    let ring = |ring: &LineString<f64>| {
        let mut points = line(ring);
        points.pop();
        points.dedup();
        points
    };
    let mut layer = writer::LayerWriter::new("layer0");
    layer.extent = Some(extent);
    for feature in &features {
        let (kind, parts) = match feature.geometry.as_ref().unwrap() {
            Geometry::Point(point) => (Kind::Points, vec![vec![unit(point.0)]]),
            Geometry::MultiLineString(lines) => (Kind::Lines, lines.iter().map(line).collect()),
            Geometry::MultiPolygon(polygons) => {
                let rings =
                    polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
                (Kind::Rings, rings.map(ring).filter(|ring| ring.len() > 2).collect())
            }
            other => panic!("no such geometry in the tables: {other:?}"),
        };
        let tags: Vec<(&str, writer::Written)> = table
            .columns
            .iter()
            .zip(&feature.fields)
            .filter_map(|(name, value)| {
                let value = match value {
                    FieldValue::Null => return None,
                    FieldValue::Bool(value) => writer::Written::Bool(*value),
                    FieldValue::Integer(value) => writer::Written::Int(*value),
                    FieldValue::Number(value) => writer::Written::Double(*value),
                    FieldValue::Text(value) => writer::text(value),
                };
                Some((name.as_str(), value))
            })
            .collect();
        layer.feature(None, kind, &parts, &tags);
    }
    layer.tile()
}

/// The image, and whether it has shapes that are kept.
fn painted(css: &str, bytes: &[u8], id: TileId) -> (Pixmap, bool) {
    let style = Stylesheet::parse(css).unwrap();
    let tile = Tile::decode(bytes, &Limits::default()).unwrap();
    let layer = tile.layers.first();
    let empty = vector::Layer::default();
    let columns = style.columns();
    let features = TileFeatures::new(layer.unwrap_or(&empty), columns, id, None).unwrap();
    let shapes = Shapes::default();
    let paint = || {
        let kept = Kept { style: &style, columns, features: &features, shapes: &shapes };
        tiles::paint_unless(&Cancel::default(), &MarkerCache::default(), &[Painted::Kept(kept)], &id.view(1)).unwrap()
    };
    let rgba = paint().rgba();
    assert!(paint().rgba() == rgba, "another look from kept shapes: {css}");
    let mut pixmap = Pixmap::new(256, 256).unwrap();
    for (pixel, [red, green, blue, alpha]) in pixmap.pixels_mut().iter_mut().zip(rgba.as_chunks::<4>().0) {
        let part = |channel: &u8| ((u32::from(*channel) * u32::from(*alpha) + 127) / 255) as u8;
        *pixel = PremultipliedColorU8::from_rgba(part(red), part(green), part(blue), *alpha).unwrap();
    }
    (pixmap, shapes.bytes() > 0)
}

#[test]
fn styles_look_as_recorded_when_they_are_drawn_here() {
    let (mut failures, mut count, mut kept) = (Vec::new(), 0, 0);
    for (name, mean, far) in limits() {
        let path = data::wire().join("styles").join([name, ".json"].concat());
        let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let css = recorded["cartocss_compiled"].as_str().unwrap();
        let table = data::Table::query(recorded["sql"].as_str().unwrap());
        for tile_of in recorded["tiles"].as_array().unwrap() {
            let number = |name: &str| u32::try_from(tile_of[name].as_u64().unwrap()).unwrap();
            let id = TileId { z: number("z"), x: number("x"), y: number("y") };
            if name == "l-dash" && id.z == 4 {
                continue;
            }
            let theirs = base64::engine::general_purpose::STANDARD.decode(tile_of["png_base64"].as_str().unwrap());
            let theirs = Pixmap::decode_png(&theirs.unwrap()).unwrap();
            let (image, is_kept) = painted(css, &tile(&table, &Stylesheet::parse(css).unwrap(), id), id);
            kept += usize::from(is_kept);
            let difference = image::compare(&image, &theirs);
            println!("{name:26} zoom {}: mean {:5.2}, far {:.4}", id.z, difference.mean, difference.far);
            count += 1;
            if difference.mean > mean * ROUNDED || difference.far > far * ROUNDED || difference.painted < 0.01 {
                failures.push((name, id.z, difference));
            }
        }
    }
    assert!(count > 60, "{count} tiles");
    assert!(kept > 20, "{kept} tiles with kept shapes");
    assert!(failures.is_empty(), "{failures:#?}");
}
