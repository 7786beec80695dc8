//! Why a tile cannot be read.

use std::fmt;

/// A tile that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileError {
    /// The bytes end in the middle, or are no protocol buffer.
    Malformed,
    /// A name, a key or a value is not UTF-8.
    Text,
    /// A layer has no name.
    Unnamed,
    /// Two layers have the same name.
    Repeated,
    /// A layer is of a version other than 1 and 2.
    Version(u32),
    /// A layer's extent is 0, or beyond what coordinates have.
    Extent,
    /// There are more of these than [`Limits`](crate::Limits) allow.
    TooMany(&'static str),
}

impl fmt::Display for TileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => out.write_str("The vector tile is damaged"),
            Self::Text => out.write_str("A text of the vector tile is not UTF-8"),
            Self::Unnamed => out.write_str("A layer of the vector tile has no name"),
            Self::Repeated => out.write_str("Two layers of the vector tile have the same name"),
            Self::Version(version) => write!(out, "A layer of the vector tile is of version {version}, not 1 or 2"),
            Self::Extent => out.write_str("The extent of a layer of the vector tile is no size"),
            Self::TooMany(what) => write!(out, "The vector tile has too many {what}"),
        }
    }
}

impl std::error::Error for TileError {}
