//! CartoCSS of layers.

use crate::errors::ApiError;
use crate::layergroup::Layergroup;
use cartocss::Stylesheet;

/// Compiles the style of a layer.
///
/// # Errors
/// 400 with the compiler's words.
pub fn compile(map: &Layergroup, index: usize, cartocss: &str) -> Result<Stylesheet, ApiError> {
    Stylesheet::parse_named(cartocss, &format!("style{index}"), &map.layer_id(index))
        .map_err(|error| ApiError::bad_request(error.to_string()).of_kind("layer"))
}
