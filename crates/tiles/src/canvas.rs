//! The image that is painted on.

#[cfg(not(feature = "skia"))]
use crate::drawing::Cover;
use crate::drawing::{
    BlendMode, FillRule, Mask, Paint, Path, Pixmap, PixmapPaint, PremultipliedColorU8, Rect, Transform,
};
#[cfg(feature = "pictures")]
use crate::drawing::{FilterQuality, Pattern, SpreadMode};
use crate::pairs::{PAIR, by_pairs};
#[cfg(feature = "pictures")]
use crate::view::PixelBox;
#[cfg(feature = "pictures")]
use cartocss::Pattern as CssPattern;
use cartocss::{Color, CompOp};
use std::sync::OnceLock;

/// A small picture that is painted often.
#[derive(Clone, Debug)]
pub(crate) struct Sprite {
    pub(crate) image: Pixmap,
    /// Where its left top corner is when it is painted at the pixel 0, 0.
    pub(crate) left: i32,
    pub(crate) top: i32,
}

impl Sprite {
    /// The sprite without what is transparent around it: thousands of sprites have to be at hand.
    pub(crate) fn trimmed(self) -> Self {
        let width = self.image.width() as usize;
        let (mut left, mut right, mut top, mut bottom) = (width, 0, None, 0);
        for (row, pixels) in self.image.pixels().chunks_exact(width).enumerate() {
            let Some(first) = pixels.iter().position(|pixel| pixel.alpha() > 0) else { continue };
            let last = pixels.iter().rposition(|pixel| pixel.alpha() > 0).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.or(Some(row)), row + 1);
        }
        let top = top.unwrap_or_default();
        let size = |from: usize, to: usize| u32::try_from(to.saturating_sub(from)).unwrap_or(0);
        let (Some(mut image), Ok(x), Ok(y)) =
            (Pixmap::new(size(left, right), size(top, bottom)), i32::try_from(left), i32::try_from(top))
        else {
            return self;
        };
        let rows = self.image.pixels().chunks_exact(width).skip(top);
        for (target, source) in image.pixels_mut().chunks_exact_mut((right - left).max(1)).zip(rows) {
            target.iter_mut().zip(source.iter().skip(left)).for_each(|(target, source)| *target = *source);
        }
        Self { image, left: self.left + x, top: self.top + y }
    }
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

    /// Width and height.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.pixels.width(), self.pixels.height())
    }

    pub(crate) fn pixels(&self) -> &Pixmap {
        &self.pixels
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
        #[cfg_attr(not(feature = "skia"), expect(clippy::needless_update, reason = "the library's has a member more"))]
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
        if let Some(all) = Rect::from_xywh(0.0, 0.0, width as f32, height as f32) {
            self.pixels.fill_rect(all, &paint, Transform::identity(), Some(&mask));
        }
    }

    /// What a path covers of the image.
    #[cfg(not(feature = "skia"))]
    pub(crate) fn cover(&self, path: &Path, rule: FillRule) -> Cover {
        Cover::new(path, rule, (self.pixels.width(), self.pixels.height()))
    }

    /// Fills what a path covered of an image of the same size.
    #[cfg(not(feature = "skia"))]
    pub(crate) fn fill_cover(&mut self, cover: &Cover, color: Color, comp_op: CompOp, gamma: f32) {
        let mut paint = Paint { blend_mode: blend_mode(comp_op), ..Paint::default() };
        paint.set_color(skia_color(color));
        self.pixels.fill_cover(cover, &paint, gamma);
    }

    /// Fills what is covered of a rectangle that begins at a pixel, and is so wide.
    #[cfg(not(feature = "skia"))]
    pub(crate) fn fill_mask(&mut self, place: (u32, u32, u32), covered: &[u8], color: Color, comp_op: CompOp) {
        self.pixels.fill_mask(place, covered, skia_color(color), blend_mode(comp_op));
    }

    /// The same by the library, whose masks are as large as the image.
    #[cfg(feature = "skia")]
    pub(crate) fn fill_mask(
        &mut self,
        (left, top, across): (u32, u32, u32),
        covered: &[u8],
        color: Color,
        comp_op: CompOp,
    ) {
        let (width, height) = self.size();
        let Some(mut mask) = Mask::new(width, height) else { return };
        let rows = mask.data_mut().chunks_exact_mut(width as usize).skip(top as usize);
        for (row, covered) in rows.zip(covered.chunks_exact(across.max(1) as usize)) {
            row.iter_mut().skip(left as usize).zip(covered).for_each(|(pixel, covered)| *pixel = *covered);
        }
        let mut paint = Paint { blend_mode: blend_mode(comp_op), force_hq_pipeline: true, ..Paint::default() };
        paint.set_color(skia_color(color));
        if let Some(all) = Rect::from_xywh(0.0, 0.0, width as f32, height as f32) {
            self.pixels.fill_rect(all, &paint, Transform::identity(), Some(&mask));
        }
    }

    /// Fills a path with a picture that repeats itself from a place on.
    #[cfg(feature = "pictures")]
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
    #[cfg(feature = "pictures")]
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

    /// Whether most pixels are unlike the one beside them, as in crowds of markers: looking for what repeats itself would take
    /// longer than all the painting, and save next to nothing.
    #[cfg(feature = "encode")]
    fn is_noisy(&self) -> bool {
        let pixels = self.pixels.pixels();
        let unlike = pixels.iter().zip(pixels.iter().skip(1)).filter(|(one, next)| one != next).count();
        unlike > pixels.len() / 2
    }

    /// Red, green, blue and opacity of each pixel, the colours not multiplied by the opacity.
    pub(crate) fn rgba(&self) -> Vec<u8> {
        let mut data = vec![0; 4 * self.pixels.pixels().len()];
        let divided = divided();
        for (channels, pixel) in data.as_chunks_mut::<4>().0.iter_mut().zip(self.pixels.pixels()) {
            let [red, green, blue, alpha] = [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()];
            *channels = match (alpha, divided.get(usize::from(alpha))) {
                (0, _) => continue,
                (1..=254, Some(by)) => {
                    let of = |channel: u8| by.get(usize::from(channel)).copied().unwrap_or(u8::MAX);
                    [of(red), of(green), of(blue), alpha]
                }
                _ => [red, green, blue, alpha],
            };
        }
        data
    }

    /// The image as PNG, with colours that are not multiplied by their opacity.
    #[cfg(feature = "encode")]
    pub(crate) fn encode(&self) -> Result<Vec<u8>, String> {
        let data = self.rgba();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.pixels.width(), self.pixels.height());
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        if self.is_noisy() {
            encoder.set_compression(png::Compression::Fast);
        } else {
            // Painted pixels repeat themselves, which filters hide: level 2 without one is a quarter smaller than level 6 with
            // all of them, in half the time.
            encoder.set_deflate_compression(png::DeflateCompression::Level(2));
            encoder.set_filter(png::Filter::NoFilter);
        }
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&data));
        written.map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

/// What channels are before they are multiplied by an opacity, rounded as the drawing library does it. A table is quicker: most
/// of a crowded tile is neither opaque nor empty.
fn divided() -> &'static [[u8; 256]] {
    static TABLE: OnceLock<Vec<[u8; 256]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let row = |alpha: u8| {
            let mut row = [0; 256];
            for (channel, divided) in (0_u8..=255).zip(row.iter_mut()) {
                *divided = (f64::from(channel) / (f64::from(alpha) / 255.0) + 0.5) as u8;
            }
            row
        };
        (0..=255).map(row).collect()
    })
}

/// First column in the sprite, first column in the image, and how many columns both have.
fn overlap(start: i32, length: u32, room: u32) -> (usize, usize, usize) {
    let (start, length, room) = (i64::from(start), i64::from(length), i64::from(room));
    let first = start.max(0);
    let count = (start + length).min(room) - first;
    let size = |value: i64| usize::try_from(value).unwrap_or(0);
    (size(first - start), size(first), size(count))
}

/// Two channels at a time. As no channel of a pixel is greater than its alpha, no sum goes beyond 255 or the new alpha.
fn over(above: PremultipliedColorU8, below: PremultipliedColorU8) -> PremultipliedColorU8 {
    let bits =
        |pixel: PremultipliedColorU8| u32::from_le_bytes([pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]);
    let rest = 255 - u32::from(above.alpha());
    let through = by_pairs(bits(below), |pair| {
        let product = pair * rest + 0x0080_0080;
        (product + (product >> 8 & PAIR)) >> 8
    });
    let [red, green, blue, alpha] = (bits(above) + through).to_le_bytes();
    PremultipliedColorU8::from_rgba(red, green, blue, alpha).unwrap_or(above)
}

pub(crate) fn skia_color(color: Color) -> crate::drawing::Color {
    let alpha = (color.alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
    crate::drawing::Color::from_rgba8(color.red, color.green, color.blue, alpha)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sprites_end_where_nothing_is_painted_any_more() {
        let mut image = Pixmap::new(5, 6).unwrap();
        let red = PremultipliedColorU8::from_rgba(9, 0, 0, 9).unwrap();
        (image.pixels_mut()[2 * 5 + 1], image.pixels_mut()[4 * 5 + 3]) = (red, red);
        let trimmed = Sprite { image, left: -2, top: -3 }.trimmed();
        assert_eq!((trimmed.left, trimmed.top), (-1, -1));
        assert_eq!((trimmed.image.width(), trimmed.image.height()), (3, 3));
        let painted: Vec<bool> = trimmed.image.pixels().iter().map(|pixel| *pixel == red).collect();
        assert_eq!(painted, [true, false, false, false, false, false, false, false, true]);
        let empty = Sprite { image: Pixmap::new(2, 2).unwrap(), left: 1, top: 1 }.trimmed();
        assert_eq!((empty.left, empty.image.width()), (1, 2));
    }

    #[test]
    fn two_channels_at_a_time_are_as_each_alone() {
        let one = |above: u8, below: u8, rest: u8| {
            let share = f64::from(below) * f64::from(rest) / 255.0;
            above + (share + 0.5) as u8
        };
        for alpha in 0..=255_u8 {
            for below in (0..=255_u8).step_by(5) {
                let rest = 255 - alpha;
                let (red, green) = (alpha / 2, alpha / 7);
                let above = PremultipliedColorU8::from_rgba(red, green, alpha, alpha).unwrap();
                let under = PremultipliedColorU8::from_rgba(below / 3, below, 0, below).unwrap();
                let mixed = over(above, under);
                assert_eq!(
                    [mixed.red(), mixed.green(), mixed.blue(), mixed.alpha()],
                    [one(red, below / 3, rest), one(green, below, rest), alpha, one(alpha, below, rest)],
                    "{above:?} over {under:?}"
                );
            }
        }
    }

    #[test]
    fn images_are_encoded_as_the_drawing_library_does_it() {
        // Every channel with every opacity that it can have.
        let mut canvas = Canvas::new(256, 256).unwrap();
        for (index, pixel) in canvas.pixels.pixels_mut().iter_mut().enumerate() {
            let (alpha, channel) = ((index / 256) as u8, (index % 256) as u8);
            let channel = channel.min(alpha);
            *pixel = PremultipliedColorU8::from_rgba(channel, alpha - channel, alpha, alpha).unwrap();
        }
        let channels = |png: &[u8]| {
            let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
            let mut channels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut channels).unwrap();
            channels
        };
        assert!(canvas.is_noisy());
        assert!(channels(&canvas.encode().unwrap()) == channels(&canvas.pixels.encode_png().unwrap()));
        // A plain one, too, which is compressed in another way.
        let mut plain = Canvas::new(256, 256).unwrap();
        for (index, pixel) in plain.pixels.pixels_mut().iter_mut().enumerate() {
            let shade = (index / 5000) as u8 * 10;
            *pixel = PremultipliedColorU8::from_rgba(shade, shade / 2, 0, shade + 20).unwrap();
        }
        assert!(!plain.is_noisy());
        assert!(channels(&plain.encode().unwrap()) == channels(&plain.pixels.encode_png().unwrap()));
    }
}
