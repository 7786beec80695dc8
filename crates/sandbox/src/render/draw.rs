//! From features to images and grids.

use crate::map::error::ApiError;
use crate::query::features::FeatureRow;
use axum::http::StatusCode;
use cartocss::{Cancel, Stylesheet};
use geo_types::{Geometry, LineString, Polygon};
use serde_json::Value;
use std::sync::Arc;
use tiles::{DrawError, GridOptions, Image, Layer, MarkerCache, Painted, Painting, TileId, View};

/// What is drawn of a layer of a map.
pub enum Drawn {
    /// Features in their style.
    Features(DrawnLayer),
    /// One colour, everywhere.
    Plain(DrawnLayer),
    /// Images of another server.
    Images(Vec<Image>),
}

/// A layer that is drawn.
pub struct DrawnLayer {
    /// The style.
    pub style: Arc<Stylesheet>,
    /// Names of the features' values.
    pub columns: Vec<String>,
    /// The features.
    pub features: Features,
}

/// Features in the order in which they are painted.
pub enum Features {
    /// As the database gave them.
    Rows(Vec<FeatureRow>),
    /// As they are drawn.
    Read(Vec<tiles::Feature>),
}

impl Features {
    /// Reads the geometries; one that cannot be read is not drawn.
    fn read(self, cancel: &Cancel) -> Vec<tiles::Feature> {
        match self {
            Features::Rows(rows) => geometries(cancel, rows),
            Features::Read(features) => features,
        }
    }

    /// Puts others above these.
    pub fn extend(&mut self, others: Features) {
        match (self, others) {
            (Features::Rows(rows), Features::Rows(others)) => rows.extend(others),
            (Features::Read(features), Features::Read(others)) => features.extend(others),
            // Those of one layer are all of one kind.
            _ => {}
        }
    }

    /// Draws them so many metres further east.
    pub fn move_east(&mut self, metres: f64) {
        match self {
            Features::Rows(rows) => rows.iter_mut().for_each(|feature| feature.east = metres),
            Features::Read(features) => {
                features.iter_mut().filter_map(|feature| feature.geometry.as_mut()).for_each(|g| move_east(g, metres));
            }
        }
    }
}

impl DrawnLayer {
    /// A layer of one colour, everywhere.
    ///
    /// # Errors
    /// The colour is none.
    pub fn plain(color: &str) -> Result<DrawnLayer, ApiError> {
        let is_color = color.chars().all(|c| c.is_ascii_alphanumeric() || "#(),.% ".contains(c));
        let style = Stylesheet::parse(&format!("#layer {{ polygon-fill: {color}; }}")).ok().filter(|_| is_color);
        let style = style.ok_or_else(|| ApiError::bad_request(format!("Invalid color for 'plain' layer: {color}")))?;
        Ok(DrawnLayer {
            style: Arc::new(style),
            columns: Vec::new(),
            features: Features::Rows(vec![FeatureRow { wkb: everywhere(), fields: Vec::new(), east: 0.0 }]),
        })
    }
}

/// WKB of a rectangle that is larger than the world.
fn everywhere() -> Vec<u8> {
    const FAR: f64 = 1e8;
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
    for (x, y) in [(-FAR, -FAR), (FAR, -FAR), (FAR, FAR), (-FAR, FAR), (-FAR, -FAR)] {
        wkb.extend(x.to_le_bytes());
        wkb.extend(y.to_le_bytes());
    }
    wkb
}

/// Reads the geometries; one that cannot be read is not drawn.
fn geometries(cancel: &Cancel, features: Vec<FeatureRow>) -> Vec<tiles::Feature> {
    let read = |feature: FeatureRow| {
        let mut read = tiles::Feature::from_wkb(&feature.wkb, feature.fields).unwrap_or_default();
        if let Some(geometry) = read.geometry.as_mut().filter(|_| feature.east != 0.0) {
            move_east(geometry, feature.east);
        }
        read
    };
    features.into_iter().take_while(|_| !cancel.is_cancelled()).map(read).collect()
}

fn move_east(geometry: &mut Geometry<f64>, metres: f64) {
    let line = |line: &mut LineString<f64>| line.0.iter_mut().for_each(|coordinate| coordinate.x += metres);
    let polygon = |polygon: &mut Polygon<f64>| {
        polygon.exterior_mut(line);
        polygon.interiors_mut(|rings| rings.iter_mut().for_each(line));
    };
    match geometry {
        Geometry::Point(point) => point.0.x += metres,
        Geometry::MultiPoint(points) => points.iter_mut().for_each(|point| point.0.x += metres),
        Geometry::LineString(one) => line(one),
        Geometry::MultiLineString(lines) => lines.iter_mut().for_each(line),
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(polygons) => polygons.iter_mut().for_each(polygon),
        Geometry::GeometryCollection(all) => all.iter_mut().for_each(|geometry| move_east(geometry, metres)),
        // WKB has none of the others.
        _ => {}
    }
}

/// Paints layers over each other into one image of a view.
///
/// # Errors
/// The image cannot be made.
pub fn paint(cancel: &Cancel, cache: &MarkerCache, layers: Vec<Drawn>, view: &View) -> Result<Painting, ApiError> {
    let read = |layer: Drawn| match layer {
        Drawn::Features(layer) | Drawn::Plain(layer) => Ok((layer.style, layer.columns, layer.features.read(cancel))),
        Drawn::Images(images) => Err(images),
    };
    let layers: Vec<_> = layers.into_iter().map(read).collect();
    let painted = layers.iter().map(|layer| match layer {
        Ok((style, columns, features)) => Painted::Features(Layer { style, columns, features }),
        Err(images) => Painted::Images(images),
    });
    tiles::paint_unless(cancel, cache, &painted.collect::<Vec<_>>(), view).map_err(failed)
}

/// The answer to an image that cannot be made.
pub fn failed(error: DrawError) -> ApiError {
    match error {
        DrawError::Cancelled => ApiError::render_timeout(),
        error => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).of_kind("tile"),
    }
}

/// Makes the UTF grid of a layer, with values of the given columns.
///
/// # Errors
/// Nobody waits for it any more.
pub fn grid(
    cancel: &Cancel,
    cache: &MarkerCache,
    layer: DrawnLayer,
    interactivity: &[String],
    tile: TileId,
) -> Result<Value, ApiError> {
    let features = layer.features.read(cancel);
    let columns: Vec<&str> = interactivity.iter().map(String::as_str).collect();
    // Other columns may be the same for many features.
    let key = columns.contains(&"cartodb_id").then_some("cartodb_id");
    let layer = Layer { style: &layer.style, columns: &layer.columns, features: &features };
    let grid = tiles::grid_unless(cancel, cache, &layer, tile, &GridOptions { key, columns: &columns });
    let grid = grid.ok_or_else(ApiError::render_timeout)?;
    Ok(serde_json::to_value(&grid).unwrap_or_default())
}
