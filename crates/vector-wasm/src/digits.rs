//! Numbers as text.

/// How numbers are read and written: a browser does it.
#[derive(Clone, Copy, Debug)]
pub struct Digits {
    /// The number that digits stand for; `NaN` when they stand for none.
    pub read: fn(&str) -> f64,
    /// A number in as few digits as tell it from others.
    pub write: fn(f64) -> String,
}
