//! Text that somebody else measures and draws: a browser has fonts, which a page would have to download otherwise.

use crate::font::{Glyph, Line};
use crate::view::PixelBox;
use std::fmt;

/// Height of capitals and of lines in DejaVu Sans, as shares of the size: labels are in the same places, whatever font stands in
/// for it.
pub(crate) const CAPITALS: f32 = 0.73;
pub(crate) const HEIGHT: f32 = 1.164_062_5;
/// How far letters reach from their baseline and from their ends, as shares of the size, in any script.
const ABOVE: f32 = 1.3;
const BELOW: f32 = 0.6;
const BESIDE: f32 = 0.4;
/// A text is no wider than this many times its size, whatever is said of it.
const WIDEST: f32 = 10_000.0;

/// Measures and draws text.
pub trait Typesetter: fmt::Debug + Send + Sync {
    /// How wide a text is in a font with a size of 1.
    fn width(&self, text: &str, is_bold: bool) -> f32;
    /// How much of each pixel is covered, row by row: 0 for nothing, 255 for all.
    fn cover(&self, writing: &Writing<'_>) -> Vec<u8>;
}

/// Texts to be drawn into an image.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// The texts, with a line break between each two.
    pub texts: &'a str,
    /// Three numbers for each text: the pixel at which its baseline begins, across and down, and its direction in radians,
    /// clockwise.
    pub places: &'a [f32],
    /// Whether the font is a bold one.
    pub is_bold: bool,
    /// Pixels.
    pub size: f32,
    /// Pixels of a line around the letters, half of which is outside of them; 0 for the letters themselves.
    pub line: f32,
    /// Pixels of the image.
    pub width: u32,
    /// Pixels of the image.
    pub height: u32,
}

/// Whoever sets text, in one of the fonts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setter {
    pub(crate) typesetter: &'static dyn Typesetter,
    pub(crate) is_bold: bool,
}

impl Setter {
    fn width(self, text: &str) -> f32 {
        let width = self.typesetter.width(text, self.is_bold);
        if width.is_finite() { width.clamp(0.0, WIDEST) } else { 0.0 }
    }

    /// A line as one piece, or where each letter has a place of its own, in letters.
    pub(crate) fn line(self, text: &str, size: f32, spacing: f32, is_apart: bool) -> Line {
        let mut line = Line::default();
        if text.is_empty() {
            return line;
        }
        if !is_apart && spacing == 0.0 {
            let advance = self.width(text) * size;
            line.glyphs.push(Glyph { id: 0, x: 0.0, y: 0.0, advance });
            line.width = advance;
            line.pieces.push(text.to_owned());
            return line;
        }
        let mut pieces = letters(text);
        let is_leftward = text.chars().any(is_leftward);
        if is_leftward {
            pieces.reverse();
        }
        let mut rest = pieces.iter().peekable();
        while let Some(piece) = rest.next() {
            // With the next letter, because some pairs stand closer.
            let advance = match rest.peek() {
                Some(next) if !is_leftward => self.width(&[*piece, *next].concat()) - self.width(next),
                _ => self.width(piece),
            };
            let advance = advance * size + spacing;
            let id = u32::try_from(line.pieces.len()).unwrap_or(u32::MAX);
            line.glyphs.push(Glyph { id, x: line.width, y: 0.0, advance });
            line.width += advance;
            line.pieces.push((*piece).to_owned());
        }
        line
    }
}

/// The letters of a text with the marks on them. Words of scripts whose letters join stay whole.
fn letters(text: &str) -> Vec<&str> {
    let mut letters = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, letter) in text.char_indices() {
        let goes_on = before.is_none_or(|before| is_mark(letter) || before == JOINER || joins(before) && joins(letter));
        if !goes_on {
            letters.extend(text.get(start..at));
            start = at;
        }
        before = Some(letter);
    }
    letters.extend(text.get(start..));
    letters
}

const JOINER: char = '\u{200d}';

fn is_mark(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | JOINER
        | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Hebrew, Arabic, and the scripts of India and its neighbours.
fn joins(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

fn is_leftward(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

/// Pieces of text in an image.
#[derive(Debug)]
pub(crate) struct Written {
    setter: Setter,
    size: f32,
    texts: String,
    places: Vec<f32>,
    /// What the letters do not reach beyond.
    bounds: PixelBox,
}

impl Written {
    pub(crate) fn new(setter: Setter, size: f32) -> Written {
        let bounds = PixelBox { left: f64::MAX, top: f64::MAX, right: f64::MIN, bottom: f64::MIN };
        Written { setter, size, texts: String::new(), places: Vec::new(), bounds }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds a piece of a line: its origin at a place, turned clockwise by an angle in radians.
    pub(crate) fn add(&mut self, line: &Line, glyph: Glyph, (x, y): (f32, f32), angle: f32) {
        let Some(text) = line.pieces.get(glyph.id as usize).filter(|text| !text.trim().is_empty()) else { return };
        if !self.is_empty() {
            self.texts.push('\n');
        }
        self.texts.push_str(text);
        self.places.extend([x, y, angle]);
        let (sine, cosine) = angle.sin_cos();
        let [start, end] = [-BESIDE * self.size, glyph.advance + BESIDE * self.size];
        let [top, bottom] = [-ABOVE * self.size, BELOW * self.size];
        for (along, down) in [(start, top), (end, top), (start, bottom), (end, bottom)] {
            let (x, y) = (f64::from(x + along * cosine - down * sine), f64::from(y + along * sine + down * cosine));
            self.bounds.left = self.bounds.left.min(x);
            self.bounds.top = self.bounds.top.min(y);
            self.bounds.right = self.bounds.right.max(x);
            self.bounds.bottom = self.bounds.bottom.max(y);
        }
    }

    /// What there is to draw in an image of a size, and where; nothing when all of it is elsewhere.
    pub(crate) fn within(&self, (width, height): (u32, u32), line: f32) -> Option<Shown<'_>> {
        let margin = f64::from(line) / 2.0 + 1.0;
        // As floats become whole numbers, what is left of the image is its first pixel.
        let side = |from: f64, to: f64, most: u32| {
            let (from, to) = ((from - margin).floor() as u32, ((to + margin).ceil() as u32).min(most));
            (from < to).then_some((from, to - from))
        };
        let (left, width) = side(self.bounds.left, self.bounds.right, width)?;
        let (top, height) = side(self.bounds.top, self.bounds.bottom, height)?;
        let places = self.places.as_chunks().0.iter();
        let places = places.flat_map(|[x, y, angle]| [x - left as f32, y - top as f32, *angle]).collect();
        Some(Shown { written: self, places, line, left, top, width, height })
    }
}

/// The part of a text that is in an image.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    written: &'a Written,
    places: Vec<f32>,
    line: f32,
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    height: u32,
}

impl Shown<'_> {
    /// All that makes it look as it does.
    pub(crate) fn key(&self) -> Vec<u8> {
        let Written { setter, size, texts, .. } = self.written;
        let mut key = Vec::with_capacity(texts.len() + 4 * self.places.len() + 20);
        key.push(u8::from(setter.is_bold));
        let numbers = [self.width, self.height, size.to_bits(), self.line.to_bits()];
        for number in numbers.into_iter().chain(self.places.iter().map(|number| number.to_bits())) {
            key.extend(number.to_le_bytes());
        }
        key.extend(texts.as_bytes());
        key
    }

    /// What it covers; nothing unless that is said of each pixel.
    pub(crate) fn cover(&self) -> Option<Vec<u8>> {
        let Written { setter, size, texts, .. } = self.written;
        let covered = setter.typesetter.cover(&Writing {
            texts,
            places: &self.places,
            is_bold: setter.is_bold,
            size: *size,
            line: self.line,
            width: self.width,
            height: self.height,
        });
        (covered.len() == self.width as usize * self.height as usize).then_some(covered)
    }
}

#[cfg(all(test, feature = "text"))]
#[path = "typesetter_tests.rs"]
mod tests;
