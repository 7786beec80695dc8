//! The crate over tiles that are written here, recorded ones and damaged ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod boxes;
mod dataviews;
mod filters;
mod hits;
mod hostile;
mod random;
mod recorded;
mod table;
mod tiles;
mod writer;
