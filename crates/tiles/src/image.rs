//! Images of other servers' tiles, which are painted between layers.

use crate::drawing::Pixmap;
use crate::view::Bounds;
#[cfg(feature = "pictures")]
use std::fmt;
#[cfg(feature = "pictures")]
use tiny_skia::ColorU8;
#[cfg(feature = "pictures")]
use zune_jpeg::JpegDecoder;
#[cfg(feature = "pictures")]
use zune_jpeg::zune_core::bytestream::ZCursor;
#[cfg(feature = "pictures")]
use zune_jpeg::zune_core::colorspace::ColorSpace;
#[cfg(feature = "pictures")]
use zune_jpeg::zune_core::options::DecoderOptions;

/// Pixels of an image's side.
#[cfg(feature = "pictures")]
const LARGEST: u32 = 1024;

/// An image of a part of the earth.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// What it covers.
    pub bounds: Bounds,
    pixels: Pixmap,
}

/// Bytes that are no image.
#[cfg(feature = "pictures")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageError;

#[cfg(feature = "pictures")]
impl fmt::Display for ImageError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "it is neither a PNG nor a JPEG of up to {LARGEST} pixels on a side")
    }
}

#[cfg(feature = "pictures")]
impl std::error::Error for ImageError {}

impl Image {
    pub(crate) fn new(bounds: Bounds, pixels: Pixmap) -> Self {
        Self { bounds, pixels }
    }

    /// Reads a PNG or a JPEG.
    ///
    /// # Errors
    /// The bytes are neither, or the image is large.
    #[cfg(feature = "pictures")]
    pub fn read(bytes: &[u8], bounds: Bounds) -> Result<Self, ImageError> {
        let pixels = if bytes.starts_with(b"\x89PNG") { png(bytes) } else { jpeg(bytes) };
        pixels.map(|pixels| Self { bounds, pixels }).ok_or(ImageError)
    }

    pub(crate) fn pixels(&self) -> &Pixmap {
        &self.pixels
    }
}

#[cfg(feature = "pictures")]
fn png(bytes: &[u8]) -> Option<Pixmap> {
    // The sides are at this place of every PNG; who says too much gets no memory.
    let side = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let is_small = |side: Option<u32>| side.is_some_and(|side| side <= LARGEST);
    (is_small(side(16)) && is_small(side(20))).then(|| Pixmap::decode_png(bytes).ok()).flatten()
}

#[cfg(feature = "pictures")]
fn jpeg(bytes: &[u8]) -> Option<Pixmap> {
    let options = DecoderOptions::default()
        .set_max_width(LARGEST as usize)
        .set_max_height(LARGEST as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let colors = decoder.decode().ok()?;
    let info = decoder.info()?;
    let mut pixels = Pixmap::new(info.width.into(), info.height.into())?;
    for (pixel, color) in pixels.pixels_mut().iter_mut().zip(colors.chunks_exact(3)) {
        if let [red, green, blue] = color {
            *pixel = ColorU8::from_rgba(*red, *green, *blue, 255).premultiply();
        }
    }
    Some(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { west: 0.0, south: 0.0, east: 1.0, north: 1.0 };

    fn white() -> Vec<u8> {
        crate::jpeg::encode(&Pixmap::new(20, 10).unwrap()).unwrap()
    }

    #[test]
    fn both_kinds_are_read() {
        let photo = Image::read(&white(), BOUNDS).unwrap();
        assert_eq!((photo.pixels.width(), photo.pixels.height()), (20, 10));
        let pixel = photo.pixels.pixel(3, 3).unwrap();
        assert!(pixel.alpha() == 255 && pixel.red() > 250, "{pixel:?}");
        let mut red = Pixmap::new(4, 4).unwrap();
        red.fill(tiny_skia::Color::from_rgba8(255, 0, 0, 255));
        let image = Image::read(&red.encode_png().unwrap(), BOUNDS).unwrap();
        assert_eq!(image.pixels.pixel(0, 0).unwrap().red(), 255);
    }

    #[test]
    fn others_are_refused() {
        assert_eq!(Image::read(b"", BOUNDS), Err(ImageError));
        assert_eq!(Image::read(b"<html>not found</html>", BOUNDS), Err(ImageError));
        let large = Pixmap::new(LARGEST + 1, 1).unwrap();
        assert_eq!(Image::read(&large.encode_png().unwrap(), BOUNDS), Err(ImageError));
        assert_eq!(Image::read(&crate::jpeg::encode(&large).unwrap(), BOUNDS), Err(ImageError));
        let photo = white();
        for end in 0..photo.len() {
            // What is cut off is read in part or refused, and breaks nothing.
            let _ = Image::read(&photo[..end], BOUNDS);
        }
    }
}
