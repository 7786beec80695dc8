//! CartoCSS of layers.

use crate::Sandbox;
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use crate::render::drawing::Drawings;
use cartocss::Stylesheet;
use moka::future::Cache;
use std::sync::Arc;

/// Bytes of all styles that are kept.
const MOST_KEPT: u64 = 32 << 20;

/// Styles that were read a while ago: every tile of a map needs them.
pub struct Styles(Cache<StyleText, Arc<Stylesheet>>);

/// Everything that a style is read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct StyleText {
    cartocss: String,
    /// What errors call it.
    name: String,
    layer: String,
}

impl Default for Styles {
    fn default() -> Styles {
        let size = |text: &StyleText, style: &Arc<Stylesheet>| {
            let text = text.cartocss.len() + text.name.len() + text.layer.len();
            u32::try_from(text + style.size()).unwrap_or(u32::MAX)
        };
        Styles(Cache::builder().max_capacity(MOST_KEPT).weigher(size).build())
    }
}

impl Styles {
    async fn read(&self, drawings: &Drawings, text: StyleText) -> Result<Arc<Stylesheet>, ApiError> {
        let read = self.0.try_get_with_by_ref(&text, async {
            let text = text.clone();
            drawings.read(move |_| read(&text.cartocss, &text.name, &text.layer)).await?.map(Arc::new)
        });
        read.await.map_err(Arc::unwrap_or_clone)
    }
}

/// Compiles the style of a layer.
///
/// # Errors
/// 400 with the compiler's words, for properties that are not drawn, and for pictures that cannot be fetched.
pub async fn compile(
    sandbox: &Sandbox,
    map: &Layergroup,
    index: usize,
    cartocss: &str,
) -> Result<Arc<Stylesheet>, ApiError> {
    compile_with(sandbox, map, index, cartocss, None).await.map(|(style, _)| style)
}

/// Compiles the style of a layer of a new map, and looks whether its pictures can be drawn. Tells whether it has them all
/// in itself.
///
/// # Errors
/// As those of [`compile`]; and 400 for pictures that cannot be drawn.
pub async fn check(
    sandbox: &Sandbox,
    map: &Layergroup,
    index: usize,
    cartocss: &str,
) -> Result<(Arc<Stylesheet>, bool), ApiError> {
    compile_with(sandbox, map, index, cartocss, Some(&sandbox.drawings)).await
}

async fn compile_with(
    sandbox: &Sandbox,
    map: &Layergroup,
    index: usize,
    cartocss: &str,
    checked: Option<&Drawings>,
) -> Result<(Arc<Stylesheet>, bool), ApiError> {
    let (name, layer) = (format!("style{index}"), map.layer_id(index));
    let text = StyleText { cartocss: cartocss.to_owned(), name: name.clone(), layer };
    let mut style = sandbox.styles.read(&sandbox.drawings, text).await?;
    // Pictures may change where they come from: they are not kept with the style.
    let pictures = style.pictures();
    if !pictures.is_empty() {
        sandbox.pictures.embed(Arc::make_mut(&mut style), &name, checked).await?;
    }
    Ok((style, pictures.iter().all(|address| address.starts_with("data:"))))
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
