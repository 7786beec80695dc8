//! The Maps API, in pure Rust: what is sent, what comes back, and what follows from it.

pub mod bins;
pub mod dataviews;
pub mod failure;
pub mod grid;
pub mod lzma;
pub mod mercator;
pub mod metadata;
pub mod request;
pub mod tiles;
