//! CartoCSS of layers.

use crate::Sandbox;
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use cartocss::Stylesheet;

/// Compiles the style of a layer.
///
/// # Errors
/// 400 with the compiler's words, for properties that are not drawn, and for pictures that cannot be fetched.
pub async fn compile(
    sandbox: &Sandbox,
    map: &Layergroup,
    index: usize,
    cartocss: &str,
) -> Result<Stylesheet, ApiError> {
    let (mut style, name) = read_style(sandbox, map, index, cartocss).await?;
    sandbox.pictures.embed(&mut style, &name, None).await?;
    Ok(style)
}

/// Compiles the style of a layer of a new map, and looks whether its pictures can be drawn.
///
/// # Errors
/// As those of [`compile`]; and 400 for pictures that cannot be drawn.
pub async fn check(sandbox: &Sandbox, map: &Layergroup, index: usize, cartocss: &str) -> Result<Stylesheet, ApiError> {
    let (mut style, name) = read_style(sandbox, map, index, cartocss).await?;
    sandbox.pictures.embed(&mut style, &name, Some(&sandbox.drawings)).await?;
    Ok(style)
}

async fn read_style(
    sandbox: &Sandbox,
    map: &Layergroup,
    index: usize,
    cartocss: &str,
) -> Result<(Stylesheet, String), ApiError> {
    let (name, layer, cartocss) = (format!("style{index}"), map.layer_id(index), cartocss.to_owned());
    sandbox.drawings.read(move |_| read(&cartocss, &name, &layer).map(|style| (style, name))).await?
}

fn read(cartocss: &str, name: &str, layer: &str) -> Result<Stylesheet, ApiError> {
    let style = Stylesheet::parse_named(cartocss, name, layer)
        .map_err(|error| ApiError::bad_request(error.to_string()).of_kind("layer"))?;
    // Without it such a style looks like another one: a page must know.
    if let Some(undrawn) = style.undrawn() {
        let (line, column, property) = (undrawn.line, undrawn.column, &undrawn.message);
        let message = format!("{name}:{line}:{column} {property} cannot be drawn by this server");
        return Err(ApiError::bad_request(message).of_kind("layer"));
    }
    Ok(style)
}
