//! What rules apply to.

use crate::error::Mistake;
use crate::expression::{Expression, Variables};
use crate::message::message;
use crate::pattern::Pattern;
use std::sync::Arc;

/// The deepest zoom level that selectors know.
pub(crate) const DEEPEST_ZOOM: u32 = 25;

/// A set of zoom levels: a bit for each.
pub(crate) const ALL_ZOOMS: u32 = (1 << (DEEPEST_ZOOM + 1)) - 1;

/// `#id`, `.class`, `*` or `Map`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Id,
    Class,
    Any,
    Map,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Matches,
}

impl Comparison {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Matches => "=~",
        }
    }
}

/// `[column > value]`
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) column: Expression,
    pub(crate) comparison: Comparison,
    pub(crate) value: Expression,
    /// What a value of `=~` is compiled to.
    pub(crate) pattern: Option<Pattern>,
    pub(crate) at: usize,
}

/// `[zoom > value]`
#[derive(Clone, Debug)]
pub(crate) struct ZoomTest {
    pub(crate) comparison: Comparison,
    pub(crate) value: Expression,
    pub(crate) at: usize,
}

impl ZoomTest {
    /// The zoom levels that pass.
    pub(crate) fn zooms(&self, variables: &Variables<'_>) -> Result<u32, Mistake> {
        let Expression::Number { value, .. } = variables.resolve(&self.value)? else {
            return Err(Mistake::new(self.at, "A zoom level must be a number."));
        };
        let level = value.trunc();
        if !(0.0..=f64::from(DEEPEST_ZOOM)).contains(&level) {
            return Err(Mistake::new(self.at, message!("Only zoom levels between 0 and {DEEPEST_ZOOM} supported.")));
        }
        let passes = |zoom: f64| match self.comparison {
            Comparison::Equal => zoom == level,
            Comparison::Less => zoom < level,
            Comparison::AtMost => zoom <= level,
            Comparison::Greater => zoom > level,
            Comparison::AtLeast => zoom >= level,
            Comparison::NotEqual | Comparison::Matches => true,
        };
        Ok((0..=DEEPEST_ZOOM).filter(|zoom| passes(f64::from(*zoom))).fold(0, |zooms, zoom| zooms | (1 << zoom)))
    }
}

/// One of the selectors before a block, or several of nested blocks put together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) elements: Vec<Element>,
    /// Shared by all rules that the selector becomes a part of.
    pub(crate) filters: Vec<Arc<Filter>>,
    /// Tests that were not yet looked at.
    pub(crate) zooms: Vec<ZoomTest>,
    /// The zoom levels that did not pass.
    pub(crate) hidden: u32,
    pub(crate) attachment: Option<Arc<str>>,
    /// How many filters and zoom tests were written, which counts for specificity.
    pub(crate) conditions: usize,
    pub(crate) at: usize,
}

impl Selector {
    /// The selector of a block nested in this one's.
    pub(crate) fn nested(&self, inner: &Self) -> Self {
        let attachment = match (&self.attachment, &inner.attachment) {
            (Some(outer), Some(inner)) => Some([outer, "/", inner].concat().into()),
            (outer, inner) => inner.clone().or_else(|| outer.clone()),
        };
        Self {
            elements: [self.elements.as_slice(), inner.elements.as_slice()].concat(),
            filters: [self.filters.as_slice(), inner.filters.as_slice()].concat(),
            zooms: Vec::new(),
            hidden: self.hidden | inner.hidden,
            attachment,
            conditions: self.conditions + inner.conditions,
            at: inner.at,
        }
    }

    /// How much the selector says.
    pub(crate) fn size(&self) -> usize {
        let name = self.attachment.as_ref().map_or(0, |name| name.len());
        1 + self.elements.len() + self.filters.len() + name
    }

    /// Is this about the whole map?
    pub(crate) fn is_map(&self) -> bool {
        self.elements.first() == Some(&Element::Map)
    }

    /// Does it apply to the layer? Whatever a selector calls it, a style has only one.
    pub(crate) fn applies(&self) -> bool {
        // Layers of CARTO maps have no classes.
        self.elements.iter().all(|element| matches!(element, Element::Any | Element::Id))
    }

    /// Identifiers, classes, conditions and place in the text: greater wins.
    pub(crate) fn specificity(&self) -> [usize; 4] {
        let ids = self.elements.iter().filter(|element| matches!(element, Element::Id)).count();
        let classes = self.elements.iter().filter(|element| matches!(element, Element::Class)).count();
        [ids, classes, self.conditions, self.at]
    }
}
