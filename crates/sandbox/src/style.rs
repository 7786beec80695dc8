//! CartoCSS of layers.

use crate::errors::ApiError;

/// A style that was compiled.
pub struct Style;

/// Compiles a style.
///
/// # Errors
/// 400 with the compiler's words.
pub fn compile(cartocss: &str) -> Result<Style, ApiError> {
    if cartocss.trim().is_empty() {
        return Err(ApiError::bad_request("style0: CartoCSS is empty").of_kind("layer"));
    }
    Ok(Style)
}

/// The columns that a style reads.
pub fn columns(_style: &Style) -> Vec<String> {
    Vec::new()
}
