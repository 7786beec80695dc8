//! Images without transparency.

use crate::draw::DrawError;
use jpeg_encoder::{ColorType, Encoder};
use tiny_skia::Pixmap;

/// How good the images are, of 100.
const QUALITY: u8 = 85;

/// A drawn image as JPEG, on white.
///
/// # Errors
/// It is no PNG of this crate, or has more than 65,535 pixels on a side.
pub fn jpeg(png: &[u8]) -> Result<Vec<u8>, DrawError> {
    let failed = |error: &dyn std::fmt::Display| DrawError::Encoding(error.to_string());
    let image = Pixmap::decode_png(png).map_err(|error| failed(&error))?;
    let mut colors = Vec::with_capacity(image.pixels().len() * 3);
    for pixel in image.pixels() {
        // Colours are multiplied by their opacity already: white fills up what is missing.
        let white = 255 - pixel.alpha();
        colors.extend([pixel.red(), pixel.green(), pixel.blue()].map(|channel| channel.saturating_add(white)));
    }
    let side = |pixels: u32| u16::try_from(pixels).map_err(|error| failed(&error));
    let (width, height) = (side(image.width())?, side(image.height())?);
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, QUALITY).encode(&colors, width, height, ColorType::Rgb).map_err(|error| failed(&error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparent_images_are_white() {
        let png = Pixmap::new(20, 10).and_then(|image| image.encode_png().ok()).unwrap_or_default();
        let image = jpeg(&png).unwrap_or_default();
        assert!(image.starts_with(&[0xff, 0xd8, 0xff]) && image.ends_with(&[0xff, 0xd9]), "{} bytes", image.len());
        assert!(jpeg(b"nothing").is_err());
    }
}
