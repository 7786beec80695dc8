//! Colours of CSS as text.

use csscolorparser::Color;

/// A colour that data may say.
#[cfg(feature = "standalone")]
pub(crate) fn parse(text: &str) -> Option<Color> {
    csscolorparser::parse(text).ok()
}

/// A colour that data may say: a name, `transparent`, `#` and digits, or `rgb()` and `rgba()`.
#[cfg(not(feature = "standalone"))]
pub(crate) fn parse(text: &str) -> Option<Color> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(digits) = text.strip_prefix('#').or_else(|| crate::color_names::digits(&text)) {
        let digit = |index: usize| u8::from_str_radix(digits.get(index..=index)?, 16).ok();
        let channel = |index: usize| match digits.len() {
            3 | 4 => digit(index).map(|value| value * 17),
            6 | 8 => Some(digit(index * 2)? * 16 + digit(index * 2 + 1)?),
            _ => None,
        };
        let alpha = if matches!(digits.len(), 4 | 8) { channel(3)? } else { u8::MAX };
        return Some(Color::from_rgba8(channel(0)?, channel(1)?, channel(2)?, alpha));
    }
    if let Some((function, channels)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let mut channels = channels.split([',', '/']).map(|channel| crate::number::parse(channel.trim()));
        let mut channel = || channels.next().flatten().map(|channel| (channel / 255.0).clamp(0.0, 1.0) as f32);
        let (red, green, blue) = (channel()?, channel()?, channel()?);
        let alpha = channels.next().map_or(Some(1.0), |alpha| alpha)?.clamp(0.0, 1.0) as f32;
        return matches!(function, "rgb" | "rgba").then(|| Color::new(red, green, blue, alpha));
    }
    (text == "transparent").then(|| Color::new(0.0, 0.0, 0.0, 0.0))
}
