//! The Maps API, in pure Rust: what is sent, what comes back, and what follows from it.

#[cfg(feature = "dataviews")]
pub mod bins;
#[cfg(feature = "dataviews")]
pub mod dataviews;
pub mod failure;
pub mod grid;
#[cfg(feature = "packing")]
pub mod lzma;
pub mod mercator;
pub mod metadata;
pub mod request;
pub mod tiles;
