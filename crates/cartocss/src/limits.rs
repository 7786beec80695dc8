//! How much a style may be. Styles come from strangers: whatever they nest, repeat or multiply has an end, far beyond what
//! maps need.

/// Bytes of a style, also of one whose ramps were computed.
pub(crate) const LONGEST_STYLE: usize = 1 << 20;

/// Bytes of a layer's name that stand in a style's text.
pub(crate) const LONGEST_NAME: usize = 100;

/// How deep blocks may be nested, and parentheses.
pub(crate) const DEEPEST: usize = 64;

/// Operators of one declaration.
pub(crate) const MOST_OPERATORS: usize = 128;

/// How deep a value may be once variables are put in.
pub(crate) const DEEPEST_VALUE: usize = 200;

/// Parts of one value once variables are put in.
pub(crate) const MOST_PARTS: usize = 2_000;

/// Parts of all values together.
pub(crate) const MOST_PARTS_OF_STYLE: usize = 500_000;

/// Bytes of all texts in values together.
pub(crate) const MOST_TEXT: usize = 16 << 20;

/// Rules, each selector of a block combined with each of those around it.
pub(crate) const MOST_RULES: usize = 20_000;

/// Parts of the selectors of all rules together.
pub(crate) const MOST_CONDITIONS: usize = 1_000_000;

/// Attachments, each of which is a pass over all features.
pub(crate) const MOST_ATTACHMENTS: usize = 100;

/// Symbolizers that a feature may have: kinds and names before a slash.
pub(crate) const MOST_INSTANCES: usize = 100;

/// Columns that a style may read.
pub(crate) const MOST_COLUMNS: usize = 256;

/// Filters by pattern.
pub(crate) const MOST_PATTERNS: usize = 200;

/// Bytes of a pattern, and of the machine that it becomes.
pub(crate) const LONGEST_PATTERN: usize = 1_000;
pub(crate) const LARGEST_PATTERN: usize = 256 << 10;

/// Bytes of a text that patterns look at; a longer one does not match.
pub(crate) const LONGEST_MATCHED: usize = 8 << 10;

/// Bytes of a text that is computed with; what is behind them is left out.
pub(crate) const LONGEST_COMPUTED: usize = 64 << 10;

/// Mistakes that are told of a style.
pub(crate) const MOST_MISTAKES: usize = 100;

#[cfg(feature = "standalone")]
/// Characters of a mistake's message.
pub(crate) const LONGEST_MESSAGE: usize = 1_000;

/// Ramps of a style; each asks the database.
pub(crate) const MOST_RAMPS: usize = 64;

/// Words of outcomes that a style remembers: as many combinations of rules as that makes.
pub(crate) const MOST_OUTCOMES: usize = 1 << 16;

/// The first so many bytes of a text, and no half character.
pub(crate) fn beginning(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}
