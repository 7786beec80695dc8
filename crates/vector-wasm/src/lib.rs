//! Vector mode in WebAssembly: the tiles of a client's map drawn in the browser, by the code that draws them on the server.
//!
//! [`map`] says what is drawn and what is asked, of which [`source`]s; [`paint`] draws tiles, with [`features`] made of them;
//! [`dataview`] and [`pointer`] tell what the server would be asked for; and `exports` is what JavaScript sees.
#![cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "called by JavaScript"))]

mod boxes;
mod config;
mod dataview;
mod digits;
#[cfg(target_arch = "wasm32")]
mod exports;
mod features;
mod json;
mod layer;
mod map;
#[cfg(target_arch = "wasm32")]
mod math;
mod newest;
mod paint;
mod pointer;
mod ramps;
mod shapes;
mod source;

#[cfg(test)]
#[path = "recorded_tests.rs"]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]
mod recorded;

/// A quarter of the size of the standard allocator, and as fast.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
