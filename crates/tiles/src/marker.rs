//! Shapes of markers.

use crate::drawing::{Path, PathBuilder, Rect, Stroke, Transform};
use crate::picture::{self, KnownPicture};
use crate::view::{Pixel, PixelBox};
use cartocss::{Color, CompOp, MarkerPicture, MarkerShape, Markers};

/// The largest marker.
const LARGEST: f32 = 20_000.0;

/// The arrow as a ring of corners around its middle: length 27.3, height 12 at a scale of 1.
const ARROW: [(f32, f32); 7] =
    [(13.65, 0.0), (4.74, -6.03), (5.33, -1.2), (-13.65, -1.2), (-13.65, 1.2), (5.33, 1.2), (4.74, 6.03)];
const ARROW_SIZE: (f32, f32) = (27.3, 12.06);

/// A marker of a certain size and angle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marker<'a> {
    style: &'a Markers,
    width: f32,
    height: f32,
    line_width: f32,
    /// Radians, clockwise.
    angle: f32,
    scale: f32,
    /// What its picture is told from others by.
    picture: u128,
}

impl<'a> Marker<'a> {
    /// A marker that is a picture is as large as that by itself, unless the style says otherwise.
    pub(crate) fn new(style: &'a Markers, picture: Option<KnownPicture>, angle: f32, scale: f32) -> Self {
        if let Some(KnownPicture { size: (own_width, own_height), id }) = picture {
            let size = |length: f32| (length * scale).clamp(0.0, picture::LARGEST);
            let (width, height) = match (style.width, style.height) {
                (Some(width), Some(height)) => (width, height),
                (Some(width), None) => (width, own_height * width / own_width),
                (None, Some(height)) => (own_width * height / own_height, height),
                (None, None) => (own_width, own_height),
            };
            let (width, height) = (size(width), size(height));
            return Self { style, width, height, line_width: 0.0, angle, scale, picture: id };
        }
        let (width, height, line_scale) = match (style.shape, style.width, style.height) {
            (MarkerShape::Rectangle, width, height) => {
                let width = width.or(style.height).unwrap_or(10.0);
                (width, height.unwrap_or(width), 1.0)
            }
            (MarkerShape::Ellipse, width, height) => {
                let width = width.or(style.height).unwrap_or(10.0);
                (width, height.unwrap_or(width), 1.0)
            }
            // Other shapes are scaled with their lines.
            (MarkerShape::Arrow, Some(width), Some(height)) => (width, height, width / ARROW_SIZE.0),
            (MarkerShape::Arrow, Some(width), None) => {
                let factor = width / ARROW_SIZE.0;
                (width, ARROW_SIZE.1 * factor, factor)
            }
            (MarkerShape::Arrow, None, Some(height)) => {
                let factor = height / ARROW_SIZE.1;
                (ARROW_SIZE.0 * factor, height, factor)
            }
            (MarkerShape::Arrow, None, None) => (ARROW_SIZE.0, ARROW_SIZE.1, 1.0),
        };
        let size = |length: f32| (length * scale).clamp(0.0, LARGEST);
        let angle = if style.shape == MarkerShape::Ellipse && width == height { 0.0 } else { angle };
        Self {
            style,
            width: size(width),
            height: size(height),
            line_width: size(style.line_width * line_scale),
            angle,
            scale,
            picture: 0,
        }
    }

    /// Is there anything to see?
    pub(crate) fn is_visible(&self) -> bool {
        self.width > 0.0
            && self.height > 0.0
            && (self.style.picture.is_some() || self.style.fill.alpha > 0.0 || self.has_line())
    }

    fn has_line(&self) -> bool {
        self.line_width > 0.0 && self.style.line_color.alpha > 0.0
    }

    /// The place that others may not overlap: the shape without its line.
    pub(crate) fn placement_box(&self, at: Pixel) -> PixelBox {
        self.box_with(at, 0.0)
    }

    /// All that is painted.
    pub(crate) fn painted_box(&self, at: Pixel) -> PixelBox {
        self.box_with(at, self.line_width + 1.0)
    }

    /// Sine and cosine of its angle. Most markers stand upright, and a browser's take a call into it.
    fn turn(&self) -> (f32, f32) {
        if self.angle == 0.0 { (0.0, 1.0) } else { self.angle.sin_cos() }
    }

    fn box_with(&self, at: Pixel, margin: f32) -> PixelBox {
        let (sine, cosine) = self.turn();
        let across = f64::from((self.width * cosine.abs() + self.height * sine.abs()) / 2.0 + margin);
        let down = f64::from((self.width * sine.abs() + self.height * cosine.abs()) / 2.0 + margin);
        PixelBox { left: at.x - across, top: at.y - down, right: at.x + across, bottom: at.y + down }
    }

    /// The shape around a place.
    pub(crate) fn shape(&self, x: f32, y: f32) -> Option<Path> {
        let rectangle = || {
            let rectangle = Rect::from_xywh(-self.width / 2.0, -self.height / 2.0, self.width, self.height)?;
            Some(PathBuilder::from_rect(rectangle))
        };
        let path = match self.style.shape {
            _ if self.style.picture.is_some() => rectangle()?,
            MarkerShape::Rectangle => rectangle()?,
            MarkerShape::Ellipse => ellipse(self.width / 2.0, self.height / 2.0, self.scale)?,
            MarkerShape::Arrow => {
                let (across, down) = (self.width / ARROW_SIZE.0, self.height / ARROW_SIZE.1);
                let mut builder = PathBuilder::new();
                for (index, (x, y)) in ARROW.iter().enumerate() {
                    match index {
                        0 => builder.move_to(x * across, y * down),
                        _ => builder.line_to(x * across, y * down),
                    }
                }
                builder.close();
                builder.finish()?
            }
        };
        let (sine, cosine) = self.turn();
        path.transform(Transform::from_row(cosine, sine, -sine, cosine, x, y))
    }

    /// What its line covers around a shape.
    pub(crate) fn line(&self, shape: &Path) -> Option<Path> {
        let stroke = Stroke { width: self.line_width, ..Stroke::default() };
        if self.has_line() { shape.stroke(&stroke, 4.0) } else { None }
    }

    /// What the marker covers at a place.
    pub(crate) fn areas(&self, at: Pixel) -> impl Iterator<Item = Path> {
        let shape = self.shape(at.x as f32, at.y as f32);
        let line = shape.as_ref().and_then(|shape| self.line(shape));
        [shape, line].into_iter().flatten()
    }

    /// What makes two markers look the same.
    pub(crate) fn key(&self) -> MarkerKey {
        let bits = |color: Color| [u32::from_be_bytes([0, color.red, color.green, color.blue]), color.alpha.to_bits()];
        let [fill, fill_alpha] = bits(self.style.fill);
        let [line, line_alpha] = bits(self.style.line_color);
        let picture = self.style.picture.as_ref().map(|picture| PictureLook {
            id: self.picture,
            colors: [picture.fill, picture.line_color].map(|color| color.map(bits)),
            line_width: picture.line_width.map(f32::to_bits),
            opacity: picture.opacity.to_bits(),
        });
        MarkerKey { form: self.form(), colors: [fill, fill_alpha, line, line_alpha], picture }
    }

    /// What makes two markers cover the same.
    pub(crate) fn form(&self) -> Form {
        Form {
            shape: self.style.shape,
            sizes: [self.width, self.height, self.line_width, self.angle, self.scale].map(f32::to_bits),
            has_line: self.has_line(),
            is_picture: self.has_picture(),
        }
    }

    /// Pixels that an image of it has on each side of its middle.
    pub(crate) fn reach(&self) -> (i32, i32) {
        let bounds = self.painted_box(Pixel { x: 0.0, y: 0.0 });
        (bounds.right.ceil() as i32 + 1, bounds.bottom.ceil() as i32 + 1)
    }

    /// Its middle in an image of it, at a place within a pixel.
    pub(crate) fn middle(&self, [places, part_x, part_y]: [i32; 3]) -> (f32, f32) {
        let (reach_x, reach_y) = self.reach();
        let offset = |part: i32, reach: i32| reach as f32 + part as f32 / places as f32;
        (offset(part_x, reach_x), offset(part_y, reach_y))
    }

    /// Pixels of its longer side, with its line.
    pub(crate) fn longest(&self) -> f32 {
        self.width.max(self.height) + self.line_width
    }

    pub(crate) fn size(&self) -> (f32, f32) {
        (self.width, self.height)
    }

    pub(crate) fn angle(&self) -> f32 {
        self.angle
    }

    pub(crate) fn fill(&self) -> Color {
        self.style.fill
    }

    pub(crate) fn line_color(&self) -> Color {
        self.style.line_color
    }

    pub(crate) fn comp_op(&self) -> CompOp {
        self.style.comp_op
    }

    pub(crate) fn allows_overlap(&self) -> bool {
        self.style.allow_overlap
    }

    pub(crate) fn picture(&self) -> Option<&MarkerPicture> {
        self.style.picture.as_ref()
    }

    pub(crate) fn has_picture(&self) -> bool {
        self.style.picture.is_some()
    }

    /// Places within a pixel, in each direction, that sprites are drawn for: fewer for large ones, which cost more.
    pub(crate) fn places(&self) -> i32 {
        match self.width.max(self.height) {
            ..24.0 => 16,
            ..64.0 => 8,
            _ => 4,
        }
    }

    /// The marker with a size of quarters of pixels.
    pub(crate) fn rounded(self) -> Self {
        let quarters = |length: f32| (length * 4.0).round().max(1.0) / 4.0;
        Self { width: quarters(self.width), height: quarters(self.height), ..self }
    }
}

/// An ellipse as a polygon of as many corners as Mapnik gives it, which is what small markers get their look from.
fn ellipse(radius_x: f32, radius_y: f32, scale: f32) -> Option<Path> {
    let radius = (radius_x + radius_y) / 2.0 / scale;
    let step = (radius / (radius + 0.125)).acos() * 2.0;
    let corners = (std::f32::consts::TAU / step).round().clamp(4.0, 2000.0);
    let mut builder = PathBuilder::new();
    for corner in 0..corners as usize {
        let (sine, cosine) = (corner as f32 / corners * std::f32::consts::TAU).sin_cos();
        match corner {
            0 => builder.move_to(cosine * radius_x, sine * radius_y),
            _ => builder.line_to(cosine * radius_x, sine * radius_y),
        }
    }
    builder.close();
    builder.finish()
}

/// The look of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MarkerKey {
    pub(crate) form: Form,
    colors: [u32; 4],
    picture: Option<PictureLook>,
}

/// What a marker covers, whatever its colours are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    shape: MarkerShape,
    sizes: [u32; 5],
    has_line: bool,
    is_picture: bool,
}

/// The look of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct PictureLook {
    id: u128,
    colors: [Option<[u32; 2]>; 2],
    line_width: Option<u32>,
    opacity: u32,
}
