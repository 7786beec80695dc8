//! What a browser can do that this runs in, so that no code for it is downloaded.

use std::sync::OnceLock;

/// What whoever this runs in does.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Whether a pattern matches a whole text; nothing when it cannot be read.
    pub matches: fn(pattern: &str, text: &str) -> Option<bool>,
    /// The number that a text of digits stands for; `NaN` when it is none.
    pub number: fn(text: &str) -> f64,
    /// A text in large letters.
    pub large: fn(text: &str) -> String,
    /// A text in small letters.
    pub small: fn(text: &str) -> String,
    /// A number in as few digits as tell it from others.
    pub text: fn(number: f64) -> String,
}

static HOST: OnceLock<Host> = OnceLock::new();

/// Says what this runs in; the first one counts. Without any, no pattern and no number can be read.
pub fn run_in(host: Host) {
    let _ = HOST.set(host);
}

pub(crate) fn host() -> Option<&'static Host> {
    HOST.get()
}
