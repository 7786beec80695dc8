//! What a page builds, in pure Rust: the state behind each public object, and the engine that joins them.

pub mod client;
pub mod dataview;
pub mod filter;
pub mod hover;
pub mod layer;
pub mod source;
pub mod style;

use crate::text;
use std::cell::Cell;
use std::thread::LocalKey;

/// An id from a counter that starts at 1 and is never reused.
fn next_id(prefix: &str, counter: &'static LocalKey<Cell<u32>>) -> String {
    counter.with(|counter| {
        counter.set(counter.get() + 1);
        [prefix, &text::number(counter.get().into())].concat()
    })
}
