//! From features to images and grids.

use crate::errors::ApiError;
use crate::features::Feature;
use crate::source::View;
use crate::style::Style;
use serde_json::Value;

/// A layer that is drawn.
pub enum DrawnLayer {
    /// One colour everywhere.
    Plain(String),
    /// Features in a style.
    Styled {
        /// The style.
        style: Style,
        /// Names of the features' values.
        columns: Vec<String>,
        /// The features.
        features: Vec<Feature>,
    },
}

/// Draws layers over each other into one image.
///
/// # Errors
/// A layer cannot be drawn.
pub fn png(_layers: &[DrawnLayer], _view: &View, _zoom: u32, _scale: u32) -> Result<Vec<u8>, ApiError> {
    Err(ApiError::bad_request("Unsupported format png"))
}

/// Makes the UTF grid of a layer.
///
/// # Errors
/// The layer cannot be drawn.
pub fn grid(_layer: &DrawnLayer, _interactivity: &[String], _view: &View, _zoom: u32) -> Result<Value, ApiError> {
    Err(ApiError::bad_request("Unsupported format grid.json"))
}
