//! What is to be drawn for a feature, all values known.

use crate::field::FieldValue;
use crate::letters;
use crate::number;
use crate::picture::{MarkerPicture, Pattern};
use std::sync::Arc;

/// A colour, and how opaque it is, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
    /// 0 is transparent, 1 opaque.
    pub alpha: f32,
}

impl Color {
    /// An opaque colour.
    #[must_use]
    pub const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue, alpha: 1.0 }
    }

    /// The colour, more transparent by a factor.
    #[must_use]
    pub fn faded(self, opacity: f32) -> Self {
        Self { alpha: (self.alpha * opacity).clamp(0.0, 1.0), ..self }
    }

    pub(crate) fn from_float(color: &csscolorparser::Color) -> Self {
        let [red, green, blue, _] = color.to_rgba8();
        // The original writes two decimals.
        Self { red, green, blue, alpha: (color.a * 100.0).round() / 100.0 }
    }
}

/// How what is drawn goes together with what is below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the style language")]
pub enum CompOp {
    Clear,
    Src,
    Dst,
    #[default]
    SrcOver,
    DstOver,
    SrcIn,
    DstIn,
    SrcOut,
    DstOut,
    SrcAtop,
    DstAtop,
    Xor,
    Plus,
    Multiply,
    Screen,
    Overlay,
    Darken,
    Lighten,
    ColorDodge,
    ColorBurn,
    HardLight,
    SoftLight,
    Difference,
    Exclusion,
    Hue,
    Saturation,
    Color,
    Value,
}

impl CompOp {
    /// The operation of a name; those that are not drawn are as if they were not there.
    pub(crate) fn from_name(name: &str) -> Self {
        match name {
            "clear" => Self::Clear,
            "src" => Self::Src,
            "dst" => Self::Dst,
            "dst-over" => Self::DstOver,
            "src-in" => Self::SrcIn,
            "dst-in" => Self::DstIn,
            "src-out" => Self::SrcOut,
            "dst-out" => Self::DstOut,
            "src-atop" => Self::SrcAtop,
            "dst-atop" => Self::DstAtop,
            "xor" => Self::Xor,
            "plus" | "linear-dodge" => Self::Plus,
            "multiply" => Self::Multiply,
            "screen" => Self::Screen,
            "overlay" => Self::Overlay,
            "darken" => Self::Darken,
            "lighten" => Self::Lighten,
            "color-dodge" => Self::ColorDodge,
            "color-burn" => Self::ColorBurn,
            "hard-light" => Self::HardLight,
            "soft-light" => Self::SoftLight,
            "difference" => Self::Difference,
            "exclusion" => Self::Exclusion,
            "hue" => Self::Hue,
            "saturation" => Self::Saturation,
            "color" => Self::Color,
            "value" => Self::Value,
            _ => Self::SrcOver,
        }
    }
}

/// The shape of markers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MarkerShape {
    /// A circle, or an ellipse where width and height differ.
    #[default]
    Ellipse,
    /// An arrow to the right, or along its line.
    Arrow,
    /// A square, or a rectangle where width and height differ.
    Rectangle,
}

/// Where on a line or polygon markers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MarkerPlacement {
    /// In the middle.
    #[default]
    Point,
    /// All along, with spaces.
    Line,
    /// Inside of a polygon.
    Interior,
    /// At the first vertex.
    VertexFirst,
    /// At the last vertex.
    VertexLast,
}

/// Which parts of a geometry of many get markers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MultiPolicy {
    /// Each.
    #[default]
    Each,
    /// One for all together.
    Whole,
    /// The largest.
    Largest,
}

/// Markers at points.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the style language")]
pub struct Markers {
    pub shape: MarkerShape,
    /// Pixels; without width and height the shape has its own size.
    pub width: Option<f32>,
    pub height: Option<f32>,
    /// The fill, with its opacity in its alpha.
    pub fill: Color,
    /// The outline, with its opacity in its alpha.
    pub line_color: Color,
    pub line_width: f32,
    pub allow_overlap: bool,
    pub ignore_placement: bool,
    pub placement: MarkerPlacement,
    pub multi_policy: MultiPolicy,
    /// Pixels between markers along a line.
    pub spacing: f32,
    pub comp_op: CompOp,
    /// The picture that they are, in place of a shape.
    pub picture: Option<MarkerPicture>,
}

/// Ends of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the style language")]
pub enum LineCap {
    #[default]
    Butt,
    Round,
    Square,
}

/// Corners of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the style language")]
pub enum LineJoin {
    #[default]
    Miter,
    Round,
    Bevel,
}

/// A line, or the outline of a polygon.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the style language")]
pub struct Line {
    /// The colour, with its opacity in its alpha.
    pub color: Color,
    pub width: f32,
    pub cap: LineCap,
    pub join: LineJoin,
    pub miter_limit: f32,
    /// Lengths of dashes and gaps in turn; empty for a line without gaps.
    pub dashes: Vec<f32>,
    pub dash_offset: f32,
    /// Pixels to the right of the geometry, as seen along it.
    pub offset: f32,
    pub comp_op: CompOp,
}

/// The fill of a polygon.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the style language")]
pub struct Polygon {
    /// The colour, with its opacity in its alpha.
    pub fill: Color,
    /// Exponent for how much of edge pixels is covered.
    pub gamma: f32,
    pub comp_op: CompOp,
}

/// Where on a geometry text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextPlacement {
    /// In the middle.
    #[default]
    Point,
    /// Along a line.
    Line,
    /// At each vertex.
    Vertex,
    /// Inside of a polygon.
    Interior,
}

/// Which side of a place something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Left of it, or above.
    Before,
    /// Around it.
    Middle,
    /// Right of it, or below.
    Behind,
}

/// A label.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the style language")]
pub struct Text {
    /// The words, transformed.
    pub words: String,
    /// Name of the font.
    pub face: String,
    /// Pixels.
    pub size: f32,
    /// The colour, with its opacity in its alpha.
    pub fill: Color,
    /// The colour around letters, with its opacity in its alpha.
    pub halo_fill: Color,
    /// Pixels around letters.
    pub halo_radius: f32,
    /// Pixels to the right.
    pub dx: f32,
    /// Pixels down.
    pub dy: f32,
    pub horizontal: Side,
    pub vertical: Side,
    pub placement: TextPlacement,
    pub allow_overlap: bool,
    /// Pixels to other labels.
    pub margin: f32,
    /// Pixels between labels along a line; 0 for one in the middle.
    pub spacing: f32,
    /// Pixels that a line may be wide; 0 for any width.
    pub wrap_width: f32,
    /// Pixels more between letters.
    pub character_spacing: f32,
    /// Pixels more between lines.
    pub line_spacing: f32,
    /// Degrees, clockwise.
    pub orientation: f32,
    pub comp_op: CompOp,
}

/// One thing to draw for a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Symbolizer {
    /// Markers.
    Markers(Markers),
    /// A line.
    Line(Line),
    /// A fill.
    Polygon(Polygon),
    /// A fill with a picture.
    PolygonPattern(Pattern),
    /// A label.
    Text(Box<Text>),
    /// Something that is valid but not drawn, such as `shield`: its name.
    Undrawn(&'static str),
}

/// Properties of one symbolizer whose values are being asked for.
pub(crate) trait Values {
    fn number(&self, name: &str) -> Option<f32>;
    fn color(&self, name: &str) -> Option<Color>;
    fn boolean(&self, name: &str) -> Option<bool>;
    fn word(&self, name: &str) -> Option<String>;
    fn address(&self, name: &str) -> Option<Arc<str>>;
    fn numbers(&self, name: &str) -> Vec<f32>;
}

const BLACK: Color = Color::opaque(0, 0, 0);

impl Symbolizer {
    /// The symbolizer of a name with its properties, or Mapnik's defaults.
    pub(crate) fn build(name: &'static str, values: &dyn Values) -> Self {
        let opacity = |name: &str| values.number(name).unwrap_or(1.0).clamp(0.0, 1.0);
        let comp_op = |name: &str| values.word(name).map_or(CompOp::SrcOver, |word| CompOp::from_name(&word));
        match name {
            "markers" => {
                let all = opacity("marker-opacity");
                let fill = values.color("marker-fill").unwrap_or(Color::opaque(0, 0, 255));
                Self::Markers(Markers {
                    shape: match values.word("marker-type").as_deref() {
                        Some("arrow") => MarkerShape::Arrow,
                        Some("rectangle") => MarkerShape::Rectangle,
                        _ => MarkerShape::Ellipse,
                    },
                    width: values.number("marker-width").map(|width| width.max(0.0)),
                    height: values.number("marker-height").map(|height| height.max(0.0)),
                    fill: fill.faded(all * opacity("marker-fill-opacity")),
                    line_color: values
                        .color("marker-line-color")
                        .unwrap_or(BLACK)
                        .faded(all * opacity("marker-line-opacity")),
                    line_width: values.number("marker-line-width").unwrap_or(0.5).max(0.0),
                    allow_overlap: values.boolean("marker-allow-overlap").unwrap_or(false),
                    ignore_placement: values.boolean("marker-ignore-placement").unwrap_or(false),
                    placement: match values.word("marker-placement").as_deref() {
                        Some("line") => MarkerPlacement::Line,
                        Some("interior") => MarkerPlacement::Interior,
                        Some("vertex-first") => MarkerPlacement::VertexFirst,
                        Some("vertex-last") => MarkerPlacement::VertexLast,
                        _ => MarkerPlacement::Point,
                    },
                    multi_policy: match values.word("marker-multi-policy").as_deref() {
                        Some("whole") => MultiPolicy::Whole,
                        Some("largest") => MultiPolicy::Largest,
                        _ => MultiPolicy::Each,
                    },
                    spacing: values.number("marker-spacing").unwrap_or(100.0),
                    comp_op: comp_op("marker-comp-op"),
                    picture: MarkerPicture::build(values),
                })
            }
            "line" => Self::Line(Line {
                color: values.color("line-color").unwrap_or(BLACK).faded(opacity("line-opacity")),
                width: values.number("line-width").unwrap_or(1.0).max(0.0),
                cap: match values.word("line-cap").as_deref() {
                    Some("round") => LineCap::Round,
                    Some("square") => LineCap::Square,
                    _ => LineCap::Butt,
                },
                join: match values.word("line-join").as_deref() {
                    Some("round") => LineJoin::Round,
                    Some("bevel") => LineJoin::Bevel,
                    _ => LineJoin::Miter,
                },
                miter_limit: values.number("line-miterlimit").unwrap_or(4.0).max(1.0),
                dashes: values.numbers("line-dasharray"),
                dash_offset: values.number("line-dash-offset").unwrap_or(0.0),
                offset: values.number("line-offset").unwrap_or(0.0),
                comp_op: comp_op("line-comp-op"),
            }),
            "polygon" => Self::Polygon(Polygon {
                fill: values
                    .color("polygon-fill")
                    .unwrap_or(Color::opaque(128, 128, 128))
                    .faded(opacity("polygon-opacity")),
                gamma: values.number("polygon-gamma").unwrap_or(1.0).max(0.0),
                comp_op: comp_op("polygon-comp-op"),
            }),
            "text" => text(values),
            "polygon-pattern" => Pattern::of_polygon(values),
            other => Self::Undrawn(other),
        }
    }
}

fn text(values: &dyn Values) -> Symbolizer {
    let number = |name: &str| values.number(name).unwrap_or(0.0);
    let opacity = |name: &str| values.number(name).unwrap_or(1.0).clamp(0.0, 1.0);
    let (dx, dy) = (number("text-dx"), number("text-dy"));
    // Unless it says otherwise text is where it is moved to.
    let auto = |moved: f32| match moved {
        moved if moved > 0.0 => Side::Behind,
        moved if moved < 0.0 => Side::Before,
        _ => Side::Middle,
    };
    let words = values.word("text-name").unwrap_or_default();
    let words = match values.word("text-transform").as_deref() {
        Some("uppercase") => letters::large(&words),
        Some("lowercase") => letters::small(&words),
        Some("capitalize") => capitalized(&words),
        Some("reverse") => words.chars().rev().collect(),
        _ => words,
    };
    Symbolizer::Text(Box::new(Text {
        words,
        face: values.word("text-face-name").unwrap_or_default(),
        size: values.number("text-size").unwrap_or(10.0).clamp(0.0, 1000.0),
        fill: values.color("text-fill").unwrap_or(BLACK).faded(opacity("text-opacity")),
        halo_fill: values
            .color("text-halo-fill")
            .unwrap_or(Color::opaque(255, 255, 255))
            .faded(opacity("text-halo-opacity")),
        halo_radius: number("text-halo-radius").clamp(0.0, 100.0),
        dx,
        dy,
        horizontal: match values.word("text-horizontal-alignment").as_deref() {
            Some("left") => Side::Before,
            Some("right") => Side::Behind,
            Some("middle") => Side::Middle,
            _ => auto(dx),
        },
        vertical: match values.word("text-vertical-alignment").as_deref() {
            Some("top") => Side::Before,
            Some("bottom") => Side::Behind,
            Some("middle") => Side::Middle,
            _ => auto(dy),
        },
        placement: match values.word("text-placement").as_deref() {
            Some("line") => TextPlacement::Line,
            Some("vertex") => TextPlacement::Vertex,
            Some("interior") => TextPlacement::Interior,
            _ => TextPlacement::Point,
        },
        allow_overlap: values.boolean("text-allow-overlap").unwrap_or(false),
        margin: number("text-margin").max(number("text-min-distance")).clamp(0.0, 10_000.0),
        spacing: number("text-spacing").max(0.0),
        wrap_width: number("text-wrap-width").max(0.0),
        character_spacing: number("text-character-spacing"),
        line_spacing: number("text-line-spacing"),
        orientation: number("text-orientation"),
        comp_op: values.word("text-comp-op").map_or(CompOp::SrcOver, |word| CompOp::from_name(&word)),
    }))
}

/// A large letter at the start of each word.
fn capitalized(words: &str) -> String {
    let mut is_start = true;
    let mut result = String::with_capacity(words.len());
    for letter in words.chars() {
        match is_start {
            true => result.push_str(&letters::large(letter.encode_utf8(&mut [0; 4]))),
            false => result.push(letter),
        }
        is_start = letter.is_whitespace();
    }
    result
}

/// A number that can be drawn with.
pub(crate) fn drawable(value: &FieldValue) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more")]
    let number = match value {
        FieldValue::Text(text) => number::parse(text.trim())?,
        other => other.as_number()?,
    } as f32;
    number.is_finite().then_some(number)
}
