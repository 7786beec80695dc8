//! Images and masks.

use super::blend::{BlendMode, blend};
use super::cover::Cover;
use super::fill::{Run, cover};
use crate::pairs::{PAIR, by_pairs};
use tiny_skia_path::{Path, Rect, Transform};

/// Pixels that an image or a mask may have.
const MOST_PIXELS: u32 = 1 << 27;

/// What is inside of an outline that crosses itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FillRule {
    Winding,
    EvenOdd,
}

impl FillRule {
    pub(super) fn is_inside(self, winding: i32) -> bool {
        match self {
            Self::Winding => winding != 0,
            Self::EvenOdd => winding & 1 != 0,
        }
    }
}

/// A colour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Color([u8; 4]);

impl Color {
    pub(crate) fn from_rgba8(red: u8, green: u8, blue: u8, alpha: u8) -> Self {
        Self([red, green, blue, alpha])
    }

    /// The colour multiplied by its opacity.
    pub(crate) fn premultiply(self) -> Self {
        let Self([red, green, blue, alpha]) = self;
        let of = |channel: u8| (f32::from(channel) * f32::from(alpha) / 255.0 + 0.5) as u8;
        Self([of(red), of(green), of(blue), alpha])
    }

    pub(crate) fn to_color_u8(self) -> PremultipliedColorU8 {
        PremultipliedColorU8(self.0)
    }
}

/// A pixel: a colour multiplied by its opacity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PremultipliedColorU8([u8; 4]);

impl PremultipliedColorU8 {
    #[inline(always)]
    pub(crate) fn from_rgba(red: u8, green: u8, blue: u8, alpha: u8) -> Option<Self> {
        (red.max(green).max(blue) <= alpha).then_some(Self([red, green, blue, alpha]))
    }

    pub(crate) fn red(self) -> u8 {
        let [red, ..] = self.0;
        red
    }

    pub(crate) fn green(self) -> u8 {
        let [_, green, ..] = self.0;
        green
    }

    pub(crate) fn blue(self) -> u8 {
        let [_, _, blue, _] = self.0;
        blue
    }

    pub(crate) fn alpha(self) -> u8 {
        let [.., alpha] = self.0;
        alpha
    }

    fn floats(self) -> [f32; 4] {
        self.0.map(|channel| f32::from(channel) / 255.0)
    }

    /// A part of it, in 255.
    fn part(self, part: u8) -> Self {
        if part == 255 { self } else { Self(scaled(self, part).to_le_bytes()) }
    }

    /// What it looks like over a colour. As no channel is greater than alpha, no sum goes beyond 255.
    fn over(self, below: Self) -> Self {
        Self(u32::from_le_bytes(self.0).wrapping_add(scaled(below, 255 - self.alpha())).to_le_bytes())
    }

    /// Puts a colour over it, a part of it in 255.
    fn put(&mut self, mode: BlendMode, above: Self, part: u8) {
        if part == 0 {
            return;
        }
        if mode == BlendMode::SourceOver {
            *self = above.part(part).over(*self);
            return;
        }
        let part = f32::from(part) / 255.0;
        let (mut above, before) = (above.floats(), self.floats());
        if mode == BlendMode::Plus {
            above = above.map(|channel| channel * part);
        }
        let after = blend(mode, above, before);
        let share = if mode == BlendMode::Plus { 1.0 } else { part };
        self.set(before, after, share);
    }

    /// The colour that is a share of the way from one to another.
    fn set(&mut self, before: [f32; 4], after: [f32; 4], share: f32) {
        for ((channel, before), after) in self.0.iter_mut().zip(before).zip(after) {
            *channel = ((before + (after - before) * share) * 255.0 + 0.5) as u8;
        }
        // Rounding may not make a channel greater than alpha.
        let [red, green, blue, alpha] = self.0;
        self.0 = [red.min(alpha), green.min(alpha), blue.min(alpha), alpha];
    }
}

/// A part of a colour, in 255: two channels at a time, which come to less than 2^16 each.
fn scaled(color: PremultipliedColorU8, part: u8) -> u32 {
    by_pairs(u32::from_le_bytes(color.0), |pair| (pair * u32::from(part) + PAIR) >> 8)
}

/// How a shape is filled.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint {
    pub(crate) color: Color,
    pub(crate) blend_mode: BlendMode,
    /// There is no other way here.
    pub(crate) anti_alias: bool,
    pub(crate) force_hq_pipeline: bool,
}

impl Paint {
    pub(crate) fn set_color(&mut self, color: Color) {
        self.color = color;
    }
}

/// How an image is put over another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PixmapPaint {
    pub(crate) opacity: f32,
    pub(crate) blend_mode: BlendMode,
}

impl Default for PixmapPaint {
    fn default() -> Self {
        Self { opacity: 1.0, blend_mode: BlendMode::SourceOver }
    }
}

/// The number of pixels, unless there are none or too many.
fn area(width: u32, height: u32) -> Option<usize> {
    let pixels = width.checked_mul(height).filter(|pixels| (1..=MOST_PIXELS).contains(pixels))?;
    usize::try_from(pixels).ok()
}

/// What is covered of pixels.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Mask {
    pub(crate) fn new(width: u32, height: u32) -> Option<Self> {
        Some(Self { width, height, data: vec![0; area(width, height)?] })
    }

    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    pub(crate) fn clear(&mut self) {
        self.data.fill(0);
    }

    /// Adds what a path covers that is drawn larger by the transformation's factor.
    pub(crate) fn fill_path(&mut self, path: &Path, rule: FillRule, _anti_alias: bool, transform: Transform) {
        let width = self.width as usize;
        let data = &mut self.data;
        cover(path, (rule, transform.sx), (self.width, self.height), &mut |Run { y, x, length, part }| {
            let start = y * width + x;
            for before in data.get_mut(start..start + length).unwrap_or_default() {
                *before = part.saturating_add(((u16::from(*before) * u16::from(255 - part) + 255) >> 8) as u8);
            }
        });
    }
}

/// An image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pixmap {
    width: u32,
    height: u32,
    pixels: Vec<PremultipliedColorU8>,
}

impl Pixmap {
    pub(crate) fn new(width: u32, height: u32) -> Option<Self> {
        Some(Self { width, height, pixels: vec![PremultipliedColorU8::default(); area(width, height)?] })
    }

    pub(crate) fn as_ref(&self) -> &Self {
        self
    }

    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    pub(crate) fn pixels(&self) -> &[PremultipliedColorU8] {
        &self.pixels
    }

    pub(crate) fn pixels_mut(&mut self) -> &mut [PremultipliedColorU8] {
        &mut self.pixels
    }

    pub(crate) fn fill(&mut self, color: Color) {
        self.pixels.fill(color.premultiply().to_color_u8());
    }

    pub(crate) fn fill_path(
        &mut self,
        path: &Path,
        paint: &Paint,
        rule: FillRule,
        _at: Transform,
        _mask: Option<&Mask>,
    ) {
        let color = paint.color.premultiply().to_color_u8();
        cover(path, (rule, 1.0), (self.width, self.height), &mut |run| self.put(run, paint.blend_mode, color));
    }

    /// Fills what a path covered; a gamma other than 1 changes how much of edge pixels it is.
    pub(crate) fn fill_cover(&mut self, cover: &Cover, paint: &Paint, gamma: f32) {
        let color = paint.color.premultiply().to_color_u8();
        cover.runs(&mut |mut run| {
            if gamma != 1.0 {
                run.part = ((f32::from(run.part) / 255.0).powf(gamma) * 255.0).round() as u8;
            }
            self.put(run, paint.blend_mode, color);
        });
    }

    /// Puts a colour over a run of pixels.
    fn put(&mut self, Run { y, x, length, part }: Run, mode: BlendMode, color: PremultipliedColorU8) {
        let start = y * self.width as usize + x;
        let pixels = self.pixels.get_mut(start..start + length).unwrap_or_default();
        if mode != BlendMode::SourceOver {
            pixels.iter_mut().for_each(|pixel| pixel.put(mode, color, part));
            return;
        }
        let color = color.part(part);
        match color.alpha() {
            255 => pixels.fill(color),
            _ => pixels.iter_mut().for_each(|pixel| *pixel = color.over(*pixel)),
        }
    }

    /// Fills all that a mask of the same size covers.
    pub(crate) fn fill_rect(&mut self, _all: Rect, paint: &Paint, _at: Transform, mask: Option<&Mask>) {
        let color = paint.color.premultiply().to_color_u8();
        for (pixel, part) in self.pixels.iter_mut().zip(mask.map(Mask::data).unwrap_or_default()) {
            pixel.put(paint.blend_mode, color, *part);
        }
    }

    /// Fills what is covered of a rectangle that begins at a pixel, and is so wide.
    pub(crate) fn fill_mask(
        &mut self,
        (left, top, across): (u32, u32, u32),
        covered: &[u8],
        color: Color,
        mode: BlendMode,
    ) {
        let color = color.premultiply().to_color_u8();
        let rows = self.pixels.chunks_exact_mut(self.width as usize).skip(top as usize);
        for (row, covered) in rows.zip(covered.chunks_exact(across.max(1) as usize)) {
            for (pixel, part) in row.iter_mut().skip(left as usize).zip(covered) {
                pixel.put(mode, color, *part);
            }
        }
    }

    /// Puts an image over this one, its left top corner at a pixel.
    pub(crate) fn draw_pixmap(
        &mut self,
        left: i32,
        top: i32,
        image: &Self,
        paint: &PixmapPaint,
        _at: Transform,
        _mask: Option<&Mask>,
    ) {
        let part = (paint.opacity.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        let offset = |from: i32| (from.max(0) as usize, from.min(0).unsigned_abs() as usize);
        let ((column, skipped_columns), (row, skipped_rows)) = (offset(left), offset(top));
        let targets = self.pixels.chunks_exact_mut(self.width as usize).skip(row);
        let sources = image.pixels.chunks_exact(image.width as usize).skip(skipped_rows);
        for (target, source) in targets.zip(sources) {
            for (pixel, above) in target.iter_mut().skip(column).zip(source.iter().skip(skipped_columns)) {
                match part {
                    255 => pixel.put(paint.blend_mode, *above, 255),
                    // A faded image is put over whole.
                    _ => {
                        let faded = above.0.map(|channel| (f32::from(channel) * paint.opacity + 0.5) as u8);
                        pixel.put(paint.blend_mode, PremultipliedColorU8(faded), 255);
                    }
                }
            }
        }
    }
}
