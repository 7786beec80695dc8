//! What styles may say by the rules of the language, and is not drawn: without it a map would look like another one.

use crate::error::{Mistake, Problem};
use crate::expression::Expression;
use crate::field::FieldValue;
use crate::stylesheet::{Block, Declaration};
use crate::symbolizer::drawable;

/// Symbolizers of which nothing is drawn.
const SYMBOLIZERS: &[&str] = &["shield", "line-pattern", "raster", "point", "building", "debug", "dot"];
/// Properties that change what is drawn, and are not looked at.
const PROPERTIES: &[&str] = &[
    "image-filters",
    "direct-image-filters",
    "background-image",
    "marker-transform",
    "marker-geometry-transform",
    "polygon-geometry-transform",
    "line-geometry-transform",
    "polygon-pattern-transform",
    "polygon-pattern-geometry-transform",
    "text-halo-transform",
];
/// Numbers that change nothing as long as they are 0.
const NUMBERS: &[&str] =
    &["line-smooth", "polygon-smooth", "marker-smooth", "polygon-pattern-smooth", "text-smooth", "marker-offset"];
/// Operations that colours are not put together with.
pub(crate) const OPERATIONS: &[&str] =
    &["minus", "divide", "linear-burn", "contrast", "invert", "invert-rgb", "grain-merge", "grain-extract"];

/// The first declaration of a text that is not drawn: its place, and the name of the property.
pub(crate) fn first(blocks: &[Block], text: &str) -> Option<Problem> {
    let declarations = blocks.iter().flat_map(|block| &block.declarations);
    let undrawn =
        declarations.filter(|declaration| is_undrawn(declaration)).min_by_key(|declaration| declaration.at)?;
    let place = Mistake::new(undrawn.at, "").locate(text);
    Some(Problem { message: undrawn.property.to_owned(), ..place })
}

/// Is a property not drawn whatever its value is?
pub(crate) fn is_never_drawn(symbolizer: &str, property: &str) -> bool {
    SYMBOLIZERS.contains(&symbolizer) || PROPERTIES.contains(&property)
}

fn is_undrawn(declaration: &Declaration) -> bool {
    let Declaration { symbolizer, property, values, .. } = declaration;
    let value = values.first();
    if is_never_drawn(symbolizer, property) {
        return true;
    }
    if NUMBERS.contains(property) {
        let number = value.filter(|value| !value.is_dynamic()).and_then(|value| drawable(&constant(value)));
        return number != Some(0.0);
    }
    let is_operation = property.ends_with("comp-op") && compact::find(property, "halo").is_none();
    is_operation && value.is_some_and(|value| OPERATIONS.contains(&value.text().as_str()))
}

fn constant(value: &Expression) -> FieldValue {
    value.evaluate(&|_| FieldValue::Null)
}
