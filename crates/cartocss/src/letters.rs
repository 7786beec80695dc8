//! Large and small letters.

/// A text in large letters.
#[cfg(feature = "standalone")]
pub(crate) fn large(text: &str) -> String {
    text.to_uppercase()
}

/// A text in small letters.
#[cfg(feature = "standalone")]
pub(crate) fn small(text: &str) -> String {
    text.to_lowercase()
}

/// A text in large letters.
#[cfg(not(feature = "standalone"))]
pub(crate) fn large(text: &str) -> String {
    crate::host::host().map(|host| (host.large)(text)).unwrap_or_default()
}

/// A text in small letters.
#[cfg(not(feature = "standalone"))]
pub(crate) fn small(text: &str) -> String {
    crate::host::host().map(|host| (host.small)(text)).unwrap_or_default()
}
