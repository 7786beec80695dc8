//! Tiles of styled features: PNG images and UTF grids, without a server and without SQL.
//!
//! ```
//! use cartocss::{FieldValue, Stylesheet};
//! use tiles::{Feature, GridOptions, Layer, TileId};
//!
//! let style = Stylesheet::parse("#layer { marker-width: 9; marker-allow-overlap: true; }")?;
//! let point = geo_types::Point::new(0.0, 0.0);
//! let columns = ["cartodb_id".to_owned(), "name".to_owned()];
//! let features = [Feature {
//!     geometry: Some(point.into()),
//!     fields: vec![FieldValue::from(1_i64), FieldValue::from("Null Island")],
//! }];
//! let layer = Layer { style: &style, columns: &columns, features: &features };
//! let tile = TileId { z: 0, x: 0, y: 0 };
//!
//! let png = tiles::draw(&[layer], tile, 1)?;
//! assert!(png.starts_with(b"\x89PNG"));
//!
//! let grid = tiles::grid(&layer, tile, &GridOptions { key: Some("cartodb_id"), columns: &["name"] });
//! assert_eq!(grid.keys, ["", "1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Geometry is in Web Mercator metres (EPSG:3857). Query it with [`TileId::buffered_bounds`] and [`BUFFER`], because
//! what lies outside of a tile can reach into it. Layers are painted in their order, bottom first; in each, attachments
//! one after the other, all features in their order, as Mapnik does. Labels are DejaVu Sans, whatever font a style wants. Pass the columns that the style reads
//! ([`cartocss::Stylesheet::columns`]) and those of the grid.
//!
//! Styles and features may be anybody's: what they draw is bounded in memory, and whoever waits for it gives up by
//! [`Cancel`].

#![cfg_attr(not(feature = "skia"), allow(dead_code, reason = "what only servers need is not called in browsers"))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod cache;
mod canvas;
mod clip;
mod collision;
mod coverage;
mod draw;
mod feature;
mod font;
mod grid;
mod image;
#[cfg(feature = "encode")]
mod jpeg;
mod label;
mod maps;
mod marker;
#[cfg(feature = "skia")]
mod occlusion;
mod painter;
mod pairs;
mod path;
#[cfg(feature = "pictures")]
mod picture;
#[cfg(not(feature = "pictures"))]
#[path = "no_picture.rs"]
mod picture;
mod placement;
#[cfg(any(test, not(feature = "skia")))]
#[cfg_attr(feature = "skia", allow(dead_code, unused_imports, reason = "it is compared with the drawing library only"))]
mod raster;
mod reach;
#[cfg_attr(feature = "skia", path = "no_shapes.rs")]
mod shapes;
#[cfg(feature = "text")]
mod shaping;
mod sprite;
#[cfg(feature = "pictures")]
mod svg;
mod typesetter;
mod view;

#[cfg(not(feature = "skia"))]
use raster as drawing;
#[cfg(feature = "skia")]
use tiny_skia as drawing;

pub use cache::MarkerCache;
pub use cartocss::Cancel;
pub use draw::{DrawError, Kept, Painted, Painting, paint_unless};
#[cfg(feature = "encode")]
pub use draw::{draw, draw_view, draw_view_unless};
#[cfg(feature = "wkb")]
pub use feature::WkbError;
pub use feature::{Feature, Features, Layer};
pub use grid::{Grid, GridOptions, GridRow, grid, grid_unless};
pub use image::Image;
#[cfg(feature = "pictures")]
pub use image::ImageError;
#[cfg(feature = "skia")]
pub use occlusion::{Crowd, Gap, Topmost, marker_reach, paint_topmost};
#[cfg(feature = "pictures")]
pub use picture::{PictureError, check_picture};
pub use reach::{LabelBox, Reach, Reaches, reaches};
pub use shapes::Shapes;
pub use typesetter::{Typesetter, Writing};
pub use view::{Bounds, HALF_WORLD, TileId, View};

/// Pixels around a tile from which features are drawn too, as the Maps API has it for images.
pub const BUFFER: f64 = 64.0;
