//! From features to images, grids and vector tiles.

pub mod crowd;
pub mod draw;
pub mod drawing;
pub mod http_layer;
pub mod mvt;
pub mod pictures;
pub mod ramps;
pub mod static_map;
pub mod tile;
