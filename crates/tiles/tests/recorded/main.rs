//! Recorded tiles of CARTO's own pipeline, drawn again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod data;
mod exchanges;
mod image;
mod styles;
