//! Images without transparency.

use crate::draw::DrawError;
use jpeg_encoder::{ColorType, Encoder};
use tiny_skia::Pixmap;

/// How good the images are, of 100.
const QUALITY: u8 = 85;

/// An image as JPEG, on white.
///
/// # Errors
/// It has more than 65,535 pixels on a side.
pub(crate) fn encode(image: &Pixmap) -> Result<Vec<u8>, DrawError> {
    let failed = |error: &dyn std::fmt::Display| DrawError::Encoding(error.to_string());
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
        let image = Pixmap::new(20, 10).and_then(|image| encode(&image).ok()).unwrap_or_default();
        assert!(image.starts_with(&[0xff, 0xd8, 0xff]) && image.ends_with(&[0xff, 0xd9]), "{} bytes", image.len());
        assert!(Pixmap::new(65_536, 1).is_some_and(|image| encode(&image).is_err()));
    }
}
