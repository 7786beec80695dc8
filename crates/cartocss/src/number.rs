//! Numbers as text.

/// The number that a text stands for.
#[cfg(feature = "standalone")]
pub(crate) fn parse(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A number as text.
#[cfg(feature = "standalone")]
pub(crate) fn text(number: f64) -> String {
    number.to_string()
}

/// The number that a text stands for: what browsers take for numbers beside that has other signs, or none.
#[cfg(not(feature = "standalone"))]
pub(crate) fn parse(text: &str) -> Option<f64> {
    let is_sign = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    let is_plain = text.bytes().all(is_sign) && text.bytes().any(|byte| byte.is_ascii_digit());
    let number = crate::host::host().filter(|_| is_plain).map(|host| (host.number)(text))?;
    (!number.is_nan()).then_some(number)
}

/// A number as text.
#[cfg(not(feature = "standalone"))]
pub(crate) fn text(number: f64) -> String {
    crate::host::host().map(|host| (host.text)(number)).unwrap_or_default()
}
