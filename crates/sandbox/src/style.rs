//! CartoCSS of layers.

use crate::errors::ApiError;
use crate::layergroup::Layergroup;
use crate::pictures::Pictures;
use cartocss::Stylesheet;

/// The deepest zoom level that styles tell from others.
const DEEPEST: u32 = 25;

/// Compiles the style of a layer.
///
/// # Errors
/// 400 with the compiler's words, for filters of images, which are not drawn, and for pictures that cannot be.
pub async fn compile(
    pictures: &Pictures,
    map: &Layergroup,
    index: usize,
    cartocss: &str,
) -> Result<Stylesheet, ApiError> {
    let name = format!("style{index}");
    let mut style = Stylesheet::parse_named(cartocss, &name, &map.layer_id(index))
        .map_err(|error| ApiError::bad_request(error.to_string()).of_kind("layer"))?;
    // Without its filters such a style looks like another one: a page must know. Most styles do not have the word.
    let has_filters = |zoom| style.at::<&str>(zoom, &[]).iter().any(cartocss::Style::has_image_filters);
    if cartocss.contains("image-filters") && (0..=DEEPEST).any(has_filters) {
        let message = format!("{name}: image-filters cannot be drawn by this server");
        return Err(ApiError::bad_request(message).of_kind("layer"));
    }
    pictures.embed(&mut style, &name).await?;
    Ok(style)
}
