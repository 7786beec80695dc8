//! What is drawn.

mod http_layer;
mod overviews;
mod styles;
pub mod tiles;
pub mod vector;
