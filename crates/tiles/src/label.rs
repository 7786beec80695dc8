//! Labels: words laid out around a place, or along a line.

use crate::font::{Drawing, Face, Line};
use crate::typesetter::Typesetter;
use crate::view::{Pixel, PixelBox};
#[cfg(feature = "text")]
use cartocss::Cancel;
use cartocss::{Side, Text, TextPlacement};

/// Letters of a label; more are not drawn.
const LONGEST: usize = 1_000;
/// A label along a line does not go round sharper corners, in radians (22.5 degrees).
#[cfg(feature = "text")]
const SHARPEST: f32 = 0.4;

/// A label that is ready to be drawn.
#[derive(Debug)]
pub(crate) struct Label {
    /// Its letters.
    pub(crate) letters: Drawing,
    /// The place that others may not overlap.
    pub(crate) boxes: Vec<PixelBox>,
}

/// A style's words as lines of letters.
pub(crate) struct Words<'a> {
    text: &'a Text,
    face: Face,
    lines: Vec<Line>,
    /// Pixels of an image for one of the style.
    scale: f32,
    size: f32,
}

impl<'a> Words<'a> {
    /// Lays words out; `None` when there is nothing to see.
    pub(crate) fn new(text: &'a Text, scale: f32, typesetter: Option<&'static dyn Typesetter>) -> Option<Words<'a>> {
        let face = Face::find(&text.face, typesetter)?;
        let size = text.size * scale;
        let words: String = text.words.trim().chars().take(LONGEST).collect();
        if words.is_empty() || size <= 0.0 {
            return None;
        }
        let is_apart = text.placement == TextPlacement::Line;
        let shaped = |line: &str| face.line(line, size, text.character_spacing * scale, is_apart);
        let mut lines = Vec::new();
        for paragraph in words.lines() {
            wrapped(paragraph, text.wrap_width * scale, &shaped, &mut lines);
        }
        Some(Words { text, face, lines, scale, size })
    }

    /// Pixels between the lines of letters that stand below each other.
    fn step(&self) -> f32 {
        self.size * self.face.height() + self.text.line_spacing * self.scale
    }

    /// Pixels of the widest line.
    fn width(&self) -> f32 {
        self.lines.iter().map(|line| line.width).fold(0.0, f32::max)
    }

    /// The label around a place.
    pub(crate) fn around(&self, at: Pixel) -> Option<Label> {
        let Text { dx, dy, horizontal, vertical, .. } = self.text;
        let (dx, dy) = (dx * self.scale, dy * self.scale);
        let width = self.width();
        let capitals = self.size * self.face.capitals();
        let height = capitals + self.step() * self.lines.len().saturating_sub(1) as f32;
        let left = match horizontal {
            Side::Before => -width,
            Side::Middle => -width / 2.0,
            Side::Behind => 0.0,
        };
        let top = match vertical {
            Side::Before => -height,
            Side::Middle => -height / 2.0,
            Side::Behind => 0.0,
        };
        let angle = self.text.orientation.to_radians();
        let (sine, cosine) = angle.sin_cos();
        let turned = |x: f32, y: f32| (at.x as f32 + x * cosine - y * sine, at.y as f32 + x * sine + y * cosine);
        let mut letters = self.face.letters(self.size);
        for (index, line) in self.lines.iter().enumerate() {
            let baseline = dy + top + capitals + self.step() * index as f32;
            let start = dx + left + (width - line.width) / 2.0;
            for glyph in &line.glyphs {
                let place = turned(start + glyph.x, baseline + glyph.y);
                letters.add(line, *glyph, place, angle);
            }
        }
        let corners = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)];
        let corners = corners.map(|(x, y)| turned(dx + left + x, dy + top + y));
        Some(Label { letters: letters.finish()?, boxes: vec![bounds(&corners)] })
    }

    /// How far from its place a label may reach, and somewhat more.
    pub(crate) fn reach(&self) -> f64 {
        let width = self.width();
        let height = self.size + self.step().abs() * self.lines.len() as f32;
        let moved = (self.text.dx.abs() + self.text.dy.abs()) * self.scale;
        f64::from(2.0 * (width.abs() + height + moved) + 8.0)
    }

    /// The style.
    #[cfg(feature = "text")]
    pub(crate) fn text(&self) -> &Text {
        self.text
    }

    /// Calls back with labels along a line, one for each of its turns.
    #[cfg(feature = "text")]
    pub(crate) fn along(&self, cancel: &Cancel, pixels: &[Pixel], found: &mut dyn FnMut(Label)) {
        let Some(line) = self.lines.first() else { return };
        let path = Polyline::new(pixels);
        let (length, width) = (path.length, line.width);
        if length < width {
            return;
        }
        let spacing = self.text.spacing * self.scale;
        let count = if spacing > 0.0 { ((length / (spacing + width)).floor() as usize).clamp(1, 1_000) } else { 1 };
        let share = length / count as f32;
        for index in (0..count).take_while(|_| !cancel.is_cancelled()) {
            if let Some(label) = self.at(line, &path, share * (index as f32 + 0.5) - width / 2.0) {
                found(label);
            }
        }
    }

    /// The label that begins at a distance from the line's start; none where the line turns too sharply.
    #[cfg(feature = "text")]
    fn at(&self, line: &Line, path: &Polyline<'_>, start: f32) -> Option<Label> {
        let (from, to) = (path.at(start)?, path.at(start + line.width)?);
        // Words are read from left to right.
        let is_reversed = to.0 < from.0;
        let lift = self.size * self.face.capitals() / 2.0 - self.text.dy * self.scale;
        let mut letters = self.face.letters(self.size);
        let mut boxes = Vec::new();
        let mut before: Option<f32> = None;
        for glyph in &line.glyphs {
            let middle = glyph.x + glyph.advance / 2.0;
            let distance = start + if is_reversed { line.width - middle } else { middle };
            let (x, y, angle) = path.at(distance)?;
            let angle = if is_reversed { angle + std::f32::consts::PI } else { angle };
            if before.is_some_and(|before| turn(before, angle) > SHARPEST) {
                return None;
            }
            before = Some(angle);
            let (sine, cosine) = angle.sin_cos();
            let place = |along: f32, down: f32| (x + along * cosine - down * sine, y + along * sine + down * cosine);
            let half = glyph.advance / 2.0;
            letters.add(line, *glyph, place(-half, lift + glyph.y), angle);
            let corners = [(-half, -lift), (half, -lift), (-half, lift), (half, lift)];
            boxes.push(bounds(&corners.map(|(along, down)| place(along, down))));
        }
        Some(Label { letters: letters.finish()?, boxes })
    }
}

/// How much two directions differ, in radians.
#[cfg(feature = "text")]
fn turn(one: f32, other: f32) -> f32 {
    let difference = (one - other).rem_euclid(std::f32::consts::TAU);
    difference.min(std::f32::consts::TAU - difference)
}

fn bounds(corners: &[(f32, f32)]) -> PixelBox {
    let mut bounds = PixelBox { left: f64::MAX, top: f64::MAX, right: f64::MIN, bottom: f64::MIN };
    for (x, y) in corners {
        let (x, y) = (f64::from(*x), f64::from(*y));
        bounds.left = bounds.left.min(x);
        bounds.top = bounds.top.min(y);
        bounds.right = bounds.right.max(x);
        bounds.bottom = bounds.bottom.max(y);
    }
    bounds
}

/// Breaks a paragraph into lines, each behind the word that makes it wider than a width, if one is given, as Mapnik does.
fn wrapped(paragraph: &str, width: f32, shaped: &dyn Fn(&str) -> Line, lines: &mut Vec<Line>) {
    if width <= 0.0 {
        lines.push(shaped(paragraph));
        return;
    }
    let mut current = String::new();
    for word in paragraph.split_whitespace() {
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
        let line = shaped(&current);
        if line.width > width {
            lines.push(line);
            current.clear();
        }
    }
    if !current.is_empty() {
        lines.push(shaped(&current));
    }
}

/// A line of pixels that is walked along.
#[cfg(feature = "text")]
struct Polyline<'a> {
    pixels: &'a [Pixel],
    /// How far each pixel is from the start.
    distances: Vec<f64>,
    length: f32,
}

#[cfg(feature = "text")]
impl<'a> Polyline<'a> {
    fn new(pixels: &'a [Pixel]) -> Polyline<'a> {
        let mut length = 0.0;
        let mut distances = Vec::with_capacity(pixels.len());
        let mut before = pixels.first();
        for pixel in pixels {
            length += before.map_or(0.0, |before| before.distance(*pixel));
            distances.push(length);
            before = Some(pixel);
        }
        Polyline { pixels, distances, length: length as f32 }
    }

    /// The place at a distance from the start, and the direction there in radians, clockwise.
    fn at(&self, distance: f32) -> Option<(f32, f32, f32)> {
        let distance = f64::from(distance).max(0.0);
        let direction = |from: &Pixel, to: &Pixel| (to.y - from.y).atan2(to.x - from.x) as f32;
        // The first stretch with a length that ends there or further on.
        let end = self.distances.partition_point(|known| *known < distance || *known <= 0.0);
        if let (Some(to), Some(reached)) = (self.pixels.get(end), self.distances.get(end)) {
            let from = self.pixels.get(end.checked_sub(1)?)?;
            let length = from.distance(*to);
            let part = if length > 0.0 { 1.0 - (reached - distance) / length } else { 1.0 };
            let place = from.towards(*to, part.clamp(0.0, 1.0));
            return Some((place.x as f32, place.y as f32, direction(from, to)));
        }
        // Rounding may lead a little beyond the end.
        let last = self.distances.last().filter(|last| distance - **last < 1.0)?;
        let start = self.distances.partition_point(|known| known < last).checked_sub(1)?;
        let (from, to) = (self.pixels.get(start)?, self.pixels.last()?);
        Some((to.x as f32, to.y as f32, direction(from, to)))
    }
}

#[cfg(all(test, feature = "text"))]
mod tests {
    use super::*;
    use cartocss::{FieldValue, GeometryKind, Stylesheet, Symbolizer};

    fn text(css: &str) -> Text {
        let style = Stylesheet::parse(&format!(
            "#l {{ text-name: [name]; text-face-name: 'DejaVu Sans Book'; text-size: 10; {css} }}"
        ))
        .unwrap();
        let words = [FieldValue::from("one two three")];
        let mut styles = style.at(5, &["name"]);
        match styles[0].symbolizers(&words, GeometryKind::Point).first() {
            Some(Symbolizer::Text(text)) => (**text).clone(),
            other => panic!("{other:?}"),
        }
    }

    fn around(css: &str) -> PixelBox {
        Words::new(&text(css), 1.0, None).unwrap().around(Pixel { x: 100.0, y: 50.0 }).unwrap().boxes[0]
    }

    #[test]
    fn labels_are_where_they_are_moved_to() {
        let plain = around("");
        assert!((plain.left + plain.right - 200.0).abs() < 1e-3 && (plain.top + plain.bottom - 100.0).abs() < 1e-3);
        let moved = around("text-dx: 7; text-dy: -4;");
        assert!((moved.left - 107.0).abs() < 1e-3 && (moved.bottom - 46.0).abs() < 1e-3, "{moved:?}");
        let left = around("text-horizontal-alignment: left; text-vertical-alignment: bottom;");
        assert!((left.right - 100.0).abs() < 1e-3 && (left.top - 50.0).abs() < 1e-3, "{left:?}");
        // A quarter turn makes it as high as it was wide.
        let turned = around("text-orientation: 90;");
        assert!((turned.bottom - turned.top - (plain.right - plain.left)).abs() < 1e-3);
    }

    #[test]
    fn words_are_wrapped_and_transformed() {
        assert_eq!(text("text-transform: uppercase;").words, "ONE TWO THREE");
        assert_eq!(text("text-transform: capitalize;").words, "One Two Three");
        let lines = |css: &str| Words::new(&text(css), 1.0, None).unwrap().lines.len();
        assert_eq!((lines(""), lines("text-wrap-width: 30;"), lines("text-wrap-width: 1;")), (1, 2, 3));
        assert!(around("text-wrap-width: 30;").bottom > around("").bottom + 4.0);
        let mut nothing = text("");
        nothing.words = " ".into();
        assert!(Words::new(&nothing, 1.0, None).is_none());
    }

    #[test]
    fn labels_follow_lines_as_far_as_these_are_straight() {
        let line = |pixels: &[(f64, f64)]| pixels.iter().map(|(x, y)| Pixel { x: *x, y: *y }).collect::<Vec<_>>();
        let text = text("text-placement: line;");
        let words = Words::new(&text, 1.0, None).unwrap();
        let along = |words: &Words<'_>, pixels: &[Pixel]| {
            let mut labels = Vec::new();
            words.along(&Cancel::default(), pixels, &mut |label| labels.push(label));
            labels
        };
        let straight = along(&words, &line(&[(0.0, 0.0), (200.0, 0.0)]));
        assert_eq!(straight.len(), 1);
        // The other way round the words are not upside down.
        let back = along(&words, &line(&[(200.0, 0.0), (0.0, 0.0)]));
        let bounds = |label: &Label| match &label.letters {
            Drawing::Outlined(path) => path.bounds(),
            Drawing::Written(_) => panic!("there are fonts"),
        };
        assert!((bounds(&straight[0]).left() - bounds(&back[0]).left()).abs() < 0.1);
        assert!((bounds(&straight[0]).top() - bounds(&back[0]).top()).abs() < 0.1);
        assert!(along(&words, &line(&[(0.0, 0.0), (30.0, 0.0)])).is_empty(), "too short");
        assert!(along(&words, &line(&[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)])).is_empty(), "too sharp");
        assert_eq!(along(&words, &line(&[(0.0, 0.0), (60.0, 0.0), (120.0, 10.0)])).len(), 1);
        let spaced = Text { spacing: 100.0, ..text.clone() };
        assert_eq!(along(&Words::new(&spaced, 1.0, None).unwrap(), &line(&[(0.0, 0.0), (1000.0, 0.0)])).len(), 5);
        for odd in [vec![], line(&[(0.0, 0.0)]), line(&[(5.0, 5.0), (5.0, 5.0)]), line(&[(0.0, 0.0), (1e300, 0.0)])] {
            assert!(along(&words, &odd).len() <= 1);
        }
    }
}
