//! What features cover of the image of a tile, kept from one drawing to the next: other colours need no geometry.

use crate::drawing::Cover;
use cartocss::{Line, Symbolizer};
use std::cell::RefCell;
use std::rc::Rc;

/// Bytes of the shapes of a tile's layer.
const MOST_BYTES: usize = 16 << 20;

/// The shapes of the features of one layer in one image. They are those of the same features at every drawing, by their places in
/// the list. Clones share what is kept.
#[derive(Clone, Debug, Default)]
pub struct Shapes(Rc<RefCell<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    forms: Vec<Drawn>,
    bytes: usize,
}

/// The shapes of one way to draw.
#[derive(Debug)]
struct Drawn {
    /// A line, or the area.
    line: Option<Line>,
    is_used: bool,
    /// By feature; nothing for those that were not drawn so far.
    covers: Vec<Option<Cover>>,
}

/// What makes the shape of a feature beside its geometry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form<'a> {
    Area,
    Line(&'a Line),
}

impl<'a> Form<'a> {
    pub(crate) fn of(symbolizer: &'a Symbolizer) -> Option<Self> {
        match symbolizer {
            Symbolizer::Polygon(_) => Some(Self::Area),
            Symbolizer::Line(line) => Some(Self::Line(line)),
            _ => None,
        }
    }
}

impl Drawn {
    fn is_of(&self, form: Form<'_>) -> bool {
        match (&self.line, form) {
            (None, Form::Area) => true,
            // The colour is not looked at.
            (Some(one), Form::Line(other)) => {
                [one.width, one.miter_limit, one.dash_offset, one.offset]
                    == [other.width, other.miter_limit, other.dash_offset, other.offset]
                    && one.cap == other.cap
                    && one.join == other.join
                    && one.dashes == other.dashes
            }
            _ => false,
        }
    }
}

impl Shapes {
    /// Bytes that they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.borrow().bytes
    }

    /// A drawing begins.
    pub(crate) fn start(&self) {
        self.0.borrow_mut().forms.iter_mut().for_each(|drawn| drawn.is_used = false);
    }

    /// The drawing is done: shapes that it has not used go.
    pub(crate) fn finish(&self) {
        let mut kept = self.0.borrow_mut();
        kept.forms.retain(|drawn| drawn.is_used);
        let size = |drawn: &Drawn| {
            let bytes: usize = drawn.covers.iter().flatten().map(Cover::bytes).sum();
            bytes + drawn.covers.len() * size_of::<Option<Cover>>()
        };
        kept.bytes = kept.forms.iter().map(size).sum();
    }

    /// Calls back with the shape of a feature, if it is known. Whether it is.
    pub(crate) fn find(&self, form: Form<'_>, feature: usize, found: impl FnOnce(&Cover)) -> bool {
        let mut kept = self.0.borrow_mut();
        let Some(drawn) = kept.forms.iter_mut().find(|drawn| drawn.is_of(form)) else { return false };
        drawn.is_used = true;
        let Some(Some(cover)) = drawn.covers.get(feature) else { return false };
        found(cover);
        true
    }

    /// Keeps the shape of a feature, unless there is no room.
    pub(crate) fn put(&self, form: Form<'_>, feature: usize, cover: Cover) {
        let mut kept = self.0.borrow_mut();
        if kept.bytes > MOST_BYTES {
            return;
        }
        kept.bytes += cover.bytes();
        let known = kept.forms.iter().position(|drawn| drawn.is_of(form));
        let index = known.unwrap_or(kept.forms.len());
        if known.is_none() {
            let line = match form {
                Form::Area => None,
                Form::Line(line) => Some(line.clone()),
            };
            kept.forms.push(Drawn { line, is_used: true, covers: Vec::new() });
        }
        let Some(drawn) = kept.forms.get_mut(index) else { return };
        if drawn.covers.len() <= feature {
            drawn.covers.resize(feature + 1, None);
        }
        if let Some(place) = drawn.covers.get_mut(feature) {
            *place = Some(cover);
        }
    }
}
