//! What a page builds, in pure Rust: the state behind each public object, and the engine that joins them.

pub mod client;
pub mod dataview;
pub mod filter;
pub mod hover;
pub mod layer;
pub mod source;
pub mod style;

use std::cell::Cell;
use std::thread::LocalKey;

/// The next number of a counter that starts at 1 and is never reused.
fn next(counter: &'static LocalKey<Cell<u32>>) -> u32 {
    counter.with(|counter| {
        counter.set(counter.get() + 1);
        counter.get()
    })
}
