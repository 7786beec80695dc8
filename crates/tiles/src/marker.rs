//! Shapes of markers, and small pictures of them.

use crate::canvas::{Canvas, Sprite, skia_color};
use crate::picture::{self, Pictures};
use crate::view::{Pixel, PixelBox};
use cartocss::{Color, CompOp, MarkerShape, Markers};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use tiny_skia::{
    FillRule, Paint, Path, PathBuilder, Pixmap, PixmapPaint, PremultipliedColorU8, Rect, Stroke, Transform,
};

/// Markers that are no larger are painted from sprites.
const LARGEST_SPRITE: f32 = 160.0;

/// The largest marker.
const LARGEST: f32 = 20_000.0;

/// Sprites are drawn so much larger and then averaged, for smooth edges.
const OVERSAMPLING: usize = 4;

/// With more sprites than this, markers differ so much that further ones are drawn for fewer places and sizes.
const MANY_SPRITES: usize = 1024;

/// Sprites that are kept, and pixels of all of them.
const MOST_SPRITES: usize = 8192;
const MOST_SPRITE_PIXELS: usize = 16 << 20;

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
}

impl<'a> Marker<'a> {
    /// A marker that is a picture is as large as that by itself, unless the style says otherwise.
    pub(crate) fn new(style: &'a Markers, picture: Option<(f32, f32)>, angle: f32, scale: f32) -> Self {
        if let Some((own_width, own_height)) = picture {
            let size = |length: f32| (length * scale).clamp(0.0, picture::LARGEST);
            let (width, height) = match (style.width, style.height) {
                (Some(width), Some(height)) => (width, height),
                (Some(width), None) => (width, own_height * width / own_width),
                (None, Some(height)) => (own_width * height / own_height, height),
                (None, None) => (own_width, own_height),
            };
            return Self { style, width: size(width), height: size(height), line_width: 0.0, angle, scale };
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

    fn box_with(&self, at: Pixel, margin: f32) -> PixelBox {
        let (sine, cosine) = self.angle.sin_cos();
        let across = f64::from((self.width * cosine.abs() + self.height * sine.abs()) / 2.0 + margin);
        let down = f64::from((self.width * sine.abs() + self.height * cosine.abs()) / 2.0 + margin);
        PixelBox { left: at.x - across, top: at.y - down, right: at.x + across, bottom: at.y + down }
    }

    /// The shape around a place.
    fn shape(&self, x: f32, y: f32) -> Option<Path> {
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
        let (sine, cosine) = self.angle.sin_cos();
        path.transform(Transform::from_row(cosine, sine, -sine, cosine, x, y))
    }

    fn line(&self, shape: &Path) -> Option<Path> {
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
        let sizes = [self.width, self.height, self.line_width, self.angle].map(f32::to_bits);
        let picture = self.style.picture.as_ref().map_or(0, |picture| {
            let mut hash = DefaultHasher::new();
            picture.address.hash(&mut hash);
            let colors = [picture.fill, picture.line_color].map(|color| color.map(bits));
            let width = picture.line_width.map(f32::to_bits);
            (colors, width, picture.opacity.to_bits()).hash(&mut hash);
            hash.finish()
        });
        MarkerKey { shape: self.style.shape, sizes, colors: [fill, fill_alpha, line, line_alpha], picture }
    }

    /// Places within a pixel, in each direction, that sprites are drawn for: fewer for large ones, which cost more.
    fn places(&self) -> i32 {
        match self.width.max(self.height) {
            ..24.0 => 16,
            ..64.0 => 8,
            _ => 4,
        }
    }

    /// The marker with a size of quarters of pixels.
    fn rounded(self) -> Self {
        let quarters = |length: f32| (length * 4.0).round().max(1.0) / 4.0;
        Self { width: quarters(self.width), height: quarters(self.height), ..self }
    }

    fn sprite(&self, pictures: &mut Pictures, places: i32, part_x: i32, part_y: i32) -> Option<Sprite> {
        let bounds = self.painted_box(Pixel { x: 0.0, y: 0.0 });
        let reach_x = bounds.right.ceil() as i32 + 1;
        let reach_y = bounds.bottom.ceil() as i32 + 1;
        let (width, height) = (u32::try_from(reach_x * 2).ok()?, u32::try_from(reach_y * 2).ok()?);
        let offset = |part: i32, reach: i32| reach as f32 + part as f32 / places as f32;
        let at = (offset(part_x, reach_x), offset(part_y, reach_y));
        if let Some(picture) = &self.style.picture {
            let image = pictures.marker(picture, (self.width, self.height), self.angle, at, (width, height))?;
            return Some(Sprite { image, left: -reach_x, top: -reach_y });
        }
        let shape = self.shape(at.0, at.1)?;
        let factor = OVERSAMPLING as u32;
        // Fill and line are averaged each on its own, so that an edge pixel of both is as transparent as in Mapnik.
        let layer = |path: &Path, color: Color| {
            let mut large = Pixmap::new(width * factor, height * factor)?;
            let mut paint = Paint { anti_alias: true, ..Paint::default() };
            paint.set_color(skia_color(color));
            let enlarged = Transform::from_scale(factor as f32, factor as f32);
            large.fill_path(path, &paint, FillRule::Winding, enlarged, None);
            averaged(&large, width, height)
        };
        let mut image = layer(&shape, self.style.fill)?;
        if let Some(line) = self.line(&shape).and_then(|line| layer(&line, self.style.line_color)) {
            image.draw_pixmap(0, 0, line.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
        }
        Some(Sprite { image, left: -reach_x, top: -reach_y })
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

/// A picture made smaller.
fn averaged(large: &Pixmap, width: u32, height: u32) -> Option<Pixmap> {
    let mut small = Pixmap::new(width, height)?;
    let large_width = large.width() as usize;
    let rows = large.pixels().chunks_exact(large_width * OVERSAMPLING);
    for (target, rows) in small.pixels_mut().chunks_exact_mut(width as usize).zip(rows) {
        for (column, target) in target.iter_mut().enumerate() {
            let mut sums = [0_u32; 4];
            for row in rows.chunks_exact(large_width) {
                for pixel in row.iter().skip(column * OVERSAMPLING).take(OVERSAMPLING) {
                    let channels = [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()];
                    for (sum, channel) in sums.iter_mut().zip(channels) {
                        *sum += u32::from(channel);
                    }
                }
            }
            let count = (OVERSAMPLING * OVERSAMPLING) as u32;
            let [red, green, blue, alpha] = sums.map(|sum| ((sum + count / 2) / count) as u8);
            if let Some(color) =
                PremultipliedColorU8::from_rgba(red.min(alpha), green.min(alpha), blue.min(alpha), alpha)
            {
                *target = color;
            }
        }
    }
    Some(small)
}

/// The look of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MarkerKey {
    shape: MarkerShape,
    sizes: [u32; 4],
    colors: [u32; 4],
    picture: u64,
}

/// Sprites that were drawn once and are painted again and again.
#[derive(Debug, Default)]
pub(crate) struct Sprites {
    sprites: HashMap<(MarkerKey, i32, i32, i32), Option<Sprite>>,
    /// Pixels of all of them.
    pixels: usize,
}

impl Sprites {
    /// Paints a marker.
    pub(crate) fn paint(&mut self, canvas: &mut Canvas, pictures: &mut Pictures, marker: &Marker<'_>, at: Pixel) {
        let comp_op = marker.style.comp_op;
        if marker.width.max(marker.height) + marker.line_width > LARGEST_SPRITE {
            if marker.style.picture.is_some() {
                let ((x, _), (y, _)) = (split(at.x, 1), split(at.y, 1));
                if let Some(sprite) = marker.sprite(pictures, 1, 0, 0) {
                    canvas.paint(&sprite, x, y, comp_op);
                }
                return;
            }
            paint_large(canvas, marker, at, comp_op);
            return;
        }
        let (places, marker) = match self.sprites.len() {
            MANY_SPRITES.. => (marker.places().min(4), marker.rounded()),
            _ => (marker.places(), *marker),
        };
        let ((x, part_x), (y, part_y)) = (split(at.x, places), split(at.y, places));
        if self.sprites.len() >= MOST_SPRITES || self.pixels > MOST_SPRITE_PIXELS {
            self.sprites.clear();
            self.pixels = 0;
        }
        let key = (marker.key(), places, part_x, part_y);
        let sprite = self.sprites.entry(key).or_insert_with(|| {
            let sprite = marker.sprite(pictures, places, part_x, part_y);
            self.pixels += sprite.as_ref().map_or(0, |sprite| sprite.image.pixels().len());
            sprite
        });
        if let Some(sprite) = sprite {
            canvas.paint(sprite, x, y, comp_op);
        }
    }
}

fn paint_large(canvas: &mut Canvas, marker: &Marker<'_>, at: Pixel, comp_op: CompOp) {
    let Some(shape) = marker.shape(at.x as f32, at.y as f32) else { return };
    canvas.fill_path(&shape, FillRule::Winding, marker.style.fill, comp_op, 1.0);
    if let Some(line) = marker.line(&shape) {
        canvas.fill_path(&line, FillRule::Winding, marker.style.line_color, comp_op, 1.0);
    }
}

/// A coordinate as whole pixels and one of the places within a pixel.
fn split(coordinate: f64, places: i32) -> (i32, i32) {
    let place = (coordinate * f64::from(places)).round() as i32;
    (place.div_euclid(places), place.rem_euclid(places))
}
