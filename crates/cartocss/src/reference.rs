//! What the language has, for documents: each property with its values, and the colour schemes.

use crate::properties::{self, Kind};
use crate::undrawn;

/// A property of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceProperty {
    /// What it belongs to, such as `markers`; `*` for a whole style, `map` for the map.
    pub symbolizer: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The kind of its values, such as `color`.
    pub kind: &'static str,
    /// The words that it takes, where its values are words.
    pub words: &'static [&'static str],
    /// Whether a column may stand in place of a value: `[pop_max]`.
    pub takes_columns: bool,
    /// Whether a style that has it is refused, because it is not drawn.
    pub is_refused: bool,
}

/// All properties, in the order of the language's reference.
pub fn properties() -> impl Iterator<Item = ReferenceProperty> {
    properties::all().map(|(symbolizer, property)| {
        let (kind, words): (_, &[_]) = match property.kind {
            Kind::Boolean => ("boolean", &[]),
            Kind::Color => ("color", &[]),
            Kind::Float | Kind::Unsigned => ("number", &[]),
            Kind::Functions => ("functions", &[]),
            Kind::Keyword(words) => ("word", words),
            Kind::Numbers => ("numbers", &[]),
            Kind::String => ("text", &[]),
            Kind::Tags => ("tags", &[]),
            Kind::Uri => ("address", &[]),
        };
        ReferenceProperty {
            symbolizer,
            name: property.name,
            kind,
            words,
            takes_columns: property.expression,
            is_refused: undrawn::is_never_drawn(symbolizer, property.name),
        }
    })
}

/// Words of `comp-op` properties that are refused, because colours are not put together with them.
#[must_use]
pub fn refused_operations() -> &'static [&'static str] {
    undrawn::OPERATIONS
}

/// Names of the colour schemes of `cartocolor()` or `colorbrewer()`, with the most classes that each has.
#[cfg(feature = "standalone")]
pub fn schemes(family: &str) -> impl Iterator<Item = (&'static str, usize)> {
    crate::ramp::schemes(family)
}
