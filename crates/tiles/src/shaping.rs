//! The fonts that servers have (see `fonts/LICENSE`), and words as outlines of their letters.

use crate::drawing::PathBuilder;
use crate::font::{Glyph, Line};
use crate::typesetter::CAPITALS;
use harfrust::{Buffer, Font, ShapeOptions, ShaperFont};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{GlyphId, MetadataProvider};
use std::sync::OnceLock;

const REGULAR: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSans-Bold.ttf");

/// A font.
pub(crate) struct Face {
    bytes: &'static [u8],
    font: Font,
    /// Units of a pixel at a size of 1.
    units: f32,
    /// Height of capitals and of lines, as shares of the size.
    pub(crate) capitals: f32,
    pub(crate) height: f32,
}

impl Face {
    /// One of the fonts.
    pub(crate) fn get(is_bold: bool) -> Option<&'static Face> {
        static REGULAR_FACE: OnceLock<Option<Face>> = OnceLock::new();
        static BOLD_FACE: OnceLock<Option<Face>> = OnceLock::new();
        let (face, bytes) = if is_bold { (&BOLD_FACE, BOLD) } else { (&REGULAR_FACE, REGULAR) };
        face.get_or_init(|| Face::new(bytes)).as_ref()
    }

    fn new(bytes: &'static [u8]) -> Option<Face> {
        let metrics = skrifa::FontRef::new(bytes).ok()?.metrics(Size::unscaled(), LocationRef::default());
        let units = f32::from(metrics.units_per_em);
        Some(Face {
            bytes,
            font: Font::new(bytes, 0)?,
            units,
            capitals: metrics.cap_height.unwrap_or(CAPITALS * units) / units,
            height: (metrics.ascent - metrics.descent) / units,
        })
    }

    /// The letters of a line.
    pub(crate) fn line(&self, text: &str, size: f32, spacing: f32) -> Line {
        let mut buffer = Buffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let shaper = ShaperFont::new(&self.font);
        if harfrust::shape(&shaper, &mut buffer, ShapeOptions::new()).is_err() {
            return Line::default();
        }
        let pixels = |units: i32| units as f32 * size / self.units;
        let mut line = Line::default();
        for (info, position) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
            let advance = pixels(position.x_advance) + spacing;
            line.glyphs.push(Glyph {
                id: info.glyph_id,
                x: line.width + pixels(position.x_offset),
                y: -pixels(position.y_offset),
                advance,
            });
            line.width += advance;
        }
        line
    }

    /// Adds the outline of a letter: its origin at a place, turned clockwise by an angle in radians.
    pub(crate) fn outline(&self, glyph: Glyph, size: f32, (x, y): (f32, f32), angle: f32, path: &mut PathBuilder) {
        let Ok(font) = skrifa::FontRef::new(self.bytes) else { return };
        let Some(outline) = font.outline_glyphs().get(GlyphId::new(glyph.id)) else { return };
        let (sine, cosine) = angle.sin_cos();
        let mut pen = Pen { path, x, y, sine, cosine };
        // What a damaged outline has drawn so far stays.
        let _ = outline.draw(DrawSettings::unhinted(Size::new(size), LocationRef::default()), &mut pen);
    }
}

struct Pen<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    y: f32,
    sine: f32,
    cosine: f32,
}

impl Pen<'_> {
    /// Fonts have y upwards.
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.cosine + y * self.sine, self.y + x * self.sine - y * self.cosine)
    }
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let ((cx, cy), (x, y)) = (self.place(cx, cy), self.place(x, y));
        self.path.quad_to(cx, cy, x, y);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let ((ax, ay), (bx, by), (x, y)) = (self.place(ax, ay), self.place(bx, by), self.place(x, y));
        self.path.cubic_to(ax, ay, bx, by, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typesetter::HEIGHT;

    #[test]
    fn fonts_are_there() {
        let find = |name: &str| match crate::font::Face::find(name, None) {
            Some(crate::font::Face::Shaped(face)) => face,
            _ => panic!("{name}"),
        };
        let (regular, bold) = (find("Open Sans Regular"), find("Lato Bold"));
        assert!(regular.line("Vik", 10.0, 0.0).width < bold.line("Vik", 10.0, 0.0).width);
        // Where somebody else sets text, labels are as high.
        for face in [regular, bold] {
            assert!((face.capitals - CAPITALS).abs() < 1e-4, "{}", face.capitals);
            assert!((face.height - HEIGHT).abs() < 1e-4, "{}", face.height);
        }
    }

    #[test]
    fn letters_are_put_together() {
        let face = Face::get(false).unwrap();
        let apart: f32 = ["A", "V"].iter().map(|letter| face.line(letter, 100.0, 0.0).width).sum();
        // The pair is closer than its letters.
        assert!(face.line("AV", 100.0, 0.0).width < apart - 1.0);
        assert!((face.line("AV", 100.0, 5.0).width - face.line("AV", 100.0, 0.0).width - 10.0).abs() < 1e-3);
        // An accent that is a letter of its own takes no place.
        assert!((face.line("e\u{301}", 100.0, 0.0).width - face.line("é", 100.0, 0.0).width).abs() < 1e-3);
        assert_eq!(face.line("", 100.0, 0.0).glyphs.len(), 0);
    }
}
