//! Numbers as text.

use crate::json::Json;

/// How numbers are read and written: a browser does it.
#[derive(Clone, Copy, Debug)]
pub struct Digits {
    /// The number that digits stand for; `NaN` when they stand for none.
    pub read: fn(&str) -> f64,
    /// A number in as few digits as tell it from others.
    pub write: fn(f64) -> String,
}

impl Digits {
    /// The number that a text stands for, when it is one, and finite.
    pub fn number(self, text: &str) -> Option<f64> {
        Some((self.read)(text)).filter(|number| number.is_finite() && !text.is_empty())
    }

    /// A number in JSON, which knows none that is not finite.
    pub fn json(self, number: f64) -> Json {
        if number.is_finite() { Json::Plain((self.write)(number)) } else { Json::null() }
    }
}
