//! The image that is painted on.

use crate::view::PixelBox;
use cartocss::{Color, CompOp, Pattern as CssPattern};
use tiny_skia::{
    BlendMode, FillRule, FilterQuality, Mask, Paint, Path, Pattern, Pixmap, PixmapPaint, PremultipliedColorU8,
    SpreadMode, Transform,
};

/// A small picture that is painted often.
#[derive(Clone, Debug)]
pub(crate) struct Sprite {
    pub(crate) image: Pixmap,
    /// Where its left top corner is when it is painted at the pixel 0, 0.
    pub(crate) left: i32,
    pub(crate) top: i32,
}

/// An image.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    pixels: Pixmap,
}

impl Canvas {
    /// A transparent image, if it is neither empty nor huge.
    pub(crate) fn new(width: u32, height: u32) -> Option<Self> {
        Pixmap::new(width, height).map(|pixels| Self { pixels })
    }

    pub(crate) fn fill(&mut self, color: Color) {
        self.pixels.fill(skia_color(color));
    }

    /// A transparent image of the same size.
    pub(crate) fn same_size(&self) -> Option<Self> {
        Self::new(self.pixels.width(), self.pixels.height())
    }

    /// Paints a whole image over this one.
    pub(crate) fn composite(&mut self, over: &Self, comp_op: CompOp, opacity: f32) {
        let paint = PixmapPaint { opacity, blend_mode: blend_mode(comp_op), ..PixmapPaint::default() };
        self.pixels.draw_pixmap(0, 0, over.pixels.as_ref(), &paint, Transform::identity(), None);
    }

    /// Fills a path; a gamma other than 1 changes how much of edge pixels is covered.
    pub(crate) fn fill_path(&mut self, path: &Path, rule: FillRule, color: Color, comp_op: CompOp, gamma: f32) {
        let mut paint = Paint {
            blend_mode: blend_mode(comp_op),
            anti_alias: true,
            // The library's fast way overflows in some of the unusual operations, which is a panic in debug builds.
            force_hq_pipeline: comp_op != CompOp::SrcOver,
            ..Paint::default()
        };
        paint.set_color(skia_color(color));
        if gamma == 1.0 {
            self.pixels.fill_path(path, &paint, rule, Transform::identity(), None);
            return;
        }
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let Some(mut mask) = Mask::new(width, height) else { return };
        mask.fill_path(path, rule, true, Transform::identity());
        // What is not covered at all stays so, also where the exponent is 0.
        for covered in mask.data_mut().iter_mut().filter(|covered| **covered > 0) {
            *covered = ((f32::from(*covered) / 255.0).powf(gamma) * 255.0).round() as u8;
        }
        if let Some(all) = tiny_skia::Rect::from_xywh(0.0, 0.0, width as f32, height as f32) {
            self.pixels.fill_rect(all, &paint, Transform::identity(), Some(&mask));
        }
    }

    /// Fills a path with a picture that repeats itself from a place on.
    pub(crate) fn fill_pattern(&mut self, path: &Path, tile: &Pixmap, (x, y): (f32, f32), pattern: &CssPattern) {
        let shader = Pattern::new(
            tile.as_ref(),
            SpreadMode::Repeat,
            FilterQuality::Nearest,
            pattern.opacity,
            Transform::from_translate(x, y),
        );
        let paint = Paint {
            shader,
            blend_mode: blend_mode(pattern.comp_op),
            anti_alias: true,
            force_hq_pipeline: true,
            ..Paint::default()
        };
        self.pixels.fill_path(path, &paint, FillRule::EvenOdd, Transform::identity(), None);
    }

    /// Paints an image in a rectangle of whole pixels.
    pub(crate) fn paint_image(&mut self, image: &Pixmap, place: &PixelBox) {
        let (width, height) = (place.right - place.left, place.bottom - place.top);
        let (x, y) = ((width / f64::from(image.width())) as f32, (height / f64::from(image.height())) as f32);
        let quality = if x == 1.0 && y == 1.0 { FilterQuality::Nearest } else { FilterQuality::Bilinear };
        let transform = Transform::from_row(x, 0.0, 0.0, y, place.left as f32, place.top as f32);
        let paint = PixmapPaint { quality, ..PixmapPaint::default() };
        self.pixels.draw_pixmap(0, 0, image.as_ref(), &paint, transform, None);
    }

    /// Paints a sprite at a pixel.
    pub(crate) fn paint(&mut self, sprite: &Sprite, x: i32, y: i32, comp_op: CompOp) {
        let (left, top) = (x.saturating_add(sprite.left), y.saturating_add(sprite.top));
        if comp_op == CompOp::SrcOver {
            self.paint_over(&sprite.image, left, top);
        } else {
            let paint = PixmapPaint { blend_mode: blend_mode(comp_op), ..PixmapPaint::default() };
            self.pixels.draw_pixmap(left, top, sprite.image.as_ref(), &paint, Transform::identity(), None);
        }
    }

    /// The usual way to paint, without the machinery that a general one needs: markers come in ten thousands.
    fn paint_over(&mut self, image: &Pixmap, left: i32, top: i32) {
        let (from_column, column, columns) = overlap(left, image.width(), self.pixels.width());
        let (from_row, row, rows) = overlap(top, image.height(), self.pixels.height());
        if columns == 0 || rows == 0 {
            return;
        }
        let target_width = self.pixels.width() as usize;
        let target = self.pixels.pixels_mut().chunks_exact_mut(target_width).skip(row).take(rows);
        let source = image.pixels().chunks_exact(image.width() as usize).skip(from_row);
        for (target, source) in target.zip(source) {
            let (Some(target), Some(source)) =
                (target.get_mut(column..column + columns), source.get(from_column..from_column + columns))
            else {
                continue;
            };
            for (below, above) in target.iter_mut().zip(source) {
                match above.alpha() {
                    0 => {}
                    255 => *below = *above,
                    _ => *below = over(*above, *below),
                }
            }
        }
    }

    /// The image as PNG.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, String> {
        self.pixels.encode_png().map_err(|error| error.to_string())
    }
}

/// First column in the sprite, first column in the image, and how many columns both have.
fn overlap(start: i32, length: u32, room: u32) -> (usize, usize, usize) {
    let (start, length, room) = (i64::from(start), i64::from(length), i64::from(room));
    let first = start.max(0);
    let count = (start + length).min(room) - first;
    let size = |value: i64| usize::try_from(value).unwrap_or(0);
    (size(first - start), size(first), size(count))
}

fn over(above: PremultipliedColorU8, below: PremultipliedColorU8) -> PremultipliedColorU8 {
    let rest = 255 - u32::from(above.alpha());
    let blend = |above: u8, below: u8| {
        let product = u32::from(below) * rest + 128;
        above.saturating_add(((product + (product >> 8)) >> 8) as u8)
    };
    let alpha = blend(above.alpha(), below.alpha());
    // Rounding may not make a channel greater than alpha.
    PremultipliedColorU8::from_rgba(
        blend(above.red(), below.red()).min(alpha),
        blend(above.green(), below.green()).min(alpha),
        blend(above.blue(), below.blue()).min(alpha),
        alpha,
    )
    .unwrap_or(above)
}

pub(crate) fn skia_color(color: Color) -> tiny_skia::Color {
    let alpha = (color.alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
    tiny_skia::Color::from_rgba8(color.red, color.green, color.blue, alpha)
}

fn blend_mode(comp_op: CompOp) -> BlendMode {
    match comp_op {
        CompOp::Clear => BlendMode::Clear,
        CompOp::Src => BlendMode::Source,
        CompOp::Dst => BlendMode::Destination,
        CompOp::SrcOver => BlendMode::SourceOver,
        CompOp::DstOver => BlendMode::DestinationOver,
        CompOp::SrcIn => BlendMode::SourceIn,
        CompOp::DstIn => BlendMode::DestinationIn,
        CompOp::SrcOut => BlendMode::SourceOut,
        CompOp::DstOut => BlendMode::DestinationOut,
        CompOp::SrcAtop => BlendMode::SourceAtop,
        CompOp::DstAtop => BlendMode::DestinationAtop,
        CompOp::Xor => BlendMode::Xor,
        CompOp::Plus => BlendMode::Plus,
        CompOp::Multiply => BlendMode::Multiply,
        CompOp::Screen => BlendMode::Screen,
        CompOp::Overlay => BlendMode::Overlay,
        CompOp::Darken => BlendMode::Darken,
        CompOp::Lighten => BlendMode::Lighten,
        CompOp::ColorDodge => BlendMode::ColorDodge,
        CompOp::ColorBurn => BlendMode::ColorBurn,
        CompOp::HardLight => BlendMode::HardLight,
        CompOp::SoftLight => BlendMode::SoftLight,
        CompOp::Difference => BlendMode::Difference,
        CompOp::Exclusion => BlendMode::Exclusion,
        CompOp::Hue => BlendMode::Hue,
        CompOp::Saturation => BlendMode::Saturation,
        CompOp::Color => BlendMode::Color,
        CompOp::Value => BlendMode::Luminosity,
    }
}
