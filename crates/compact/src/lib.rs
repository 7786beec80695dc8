//! Maps, sorting and searching for programs that a page downloads.
//!
//! Those of the standard library are compiled anew for each type that is in them, two to four kilobytes a time. Here all that
//! does not need to know the type is there once. It takes a little longer, and holds less.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod hasher;
mod index;
mod map;
mod set;
mod sort;
mod text;

pub use hasher::seed;
pub use map::{Entry, HashMap};
pub use set::HashSet;
pub use sort::{places, sort_by};
pub use text::{find, replace, rfind, split_once};
