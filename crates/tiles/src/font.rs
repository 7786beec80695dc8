//! Fonts: lines of text as letters with places, and letters that are put together to be drawn.
//!
//! DejaVu Sans stands in for all fonts: the bold one where a style's font is one. Servers have it and shape text themselves;
//! elsewhere a [`Typesetter`] does both.

#[cfg(feature = "text")]
use crate::drawing::{Path, PathBuilder};
#[cfg(feature = "text")]
use crate::shaping;
use crate::typesetter::{CAPITALS, HEIGHT, Setter, Typesetter, Written};

/// A letter of a line of text, or letters that are drawn as one piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glyph {
    /// The number in the font, or that of the piece in its line.
    pub(crate) id: u32,
    /// Pixels from the start of the line to the letter's origin.
    pub(crate) x: f32,
    /// Pixels below the line's own height.
    pub(crate) y: f32,
    /// Pixels to the next letter.
    pub(crate) advance: f32,
}

/// A line of text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) glyphs: Vec<Glyph>,
    /// The texts of pieces; none where glyphs are those of a font.
    pub(crate) pieces: Vec<String>,
    /// Pixels.
    pub(crate) width: f32,
}

/// A font.
#[derive(Clone, Copy)]
pub(crate) enum Face {
    #[cfg(feature = "text")]
    Shaped(&'static shaping::Face),
    Set(Setter),
}

impl Face {
    /// The font of a name: somebody else's where somebody else sets text.
    pub(crate) fn find(name: &str, typesetter: Option<&'static dyn Typesetter>) -> Option<Face> {
        let name = name.to_ascii_lowercase();
        let is_bold = ["bold", "black", "heavy"].iter().any(|word| name.contains(word));
        match typesetter {
            Some(typesetter) => Some(Face::Set(Setter { typesetter, is_bold })),
            #[cfg(feature = "text")]
            None => shaping::Face::get(is_bold).map(Face::Shaped),
            #[cfg(not(feature = "text"))]
            None => None,
        }
    }

    /// Height of capitals, as a share of the size.
    pub(crate) fn capitals(self) -> f32 {
        match self {
            #[cfg(feature = "text")]
            Face::Shaped(face) => face.capitals,
            Face::Set(_) => CAPITALS,
        }
    }

    /// Height of lines, as a share of the size.
    pub(crate) fn height(self) -> f32 {
        match self {
            #[cfg(feature = "text")]
            Face::Shaped(face) => face.height,
            Face::Set(_) => HEIGHT,
        }
    }

    /// The letters of a line; `is_apart` where each will have a place of its own.
    pub(crate) fn line(self, text: &str, size: f32, spacing: f32, is_apart: bool) -> Line {
        match self {
            #[cfg(feature = "text")]
            Face::Shaped(face) => face.line(text, size, spacing),
            Face::Set(setter) => setter.line(text, size, spacing, is_apart),
        }
    }

    /// No letters yet.
    pub(crate) fn letters(self, size: f32) -> Letters {
        match self {
            #[cfg(feature = "text")]
            Face::Shaped(face) => Letters::Outlined(face, size, PathBuilder::new()),
            Face::Set(setter) => Letters::Written(Written::new(setter, size)),
        }
    }
}

/// Letters that are put together.
pub(crate) enum Letters {
    #[cfg(feature = "text")]
    Outlined(&'static shaping::Face, f32, PathBuilder),
    Written(Written),
}

impl Letters {
    /// Adds a letter of a line: its origin at a place, turned clockwise by an angle in radians.
    pub(crate) fn add(&mut self, line: &Line, glyph: Glyph, place: (f32, f32), angle: f32) {
        match self {
            #[cfg(feature = "text")]
            Letters::Outlined(face, size, path) => face.outline(glyph, *size, place, angle, path),
            Letters::Written(written) => written.add(line, glyph, place, angle),
        }
    }

    /// Something to draw, if there is anything.
    pub(crate) fn finish(self) -> Option<Drawing> {
        match self {
            #[cfg(feature = "text")]
            Letters::Outlined(_, _, path) => path.finish().map(Drawing::Outlined),
            Letters::Written(written) => (!written.is_empty()).then_some(Drawing::Written(written)),
        }
    }
}

/// Letters as they are drawn.
#[derive(Debug)]
pub(crate) enum Drawing {
    /// Their outlines.
    #[cfg(feature = "text")]
    Outlined(Path),
    /// What somebody else draws.
    Written(Written),
}
