//! The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly.
//!
//! Two halves. The **pure** one knows nothing of JavaScript and runs under plain `cargo test`: [`maps`] is the Maps API,
//! [`model`] the state behind each public object and the engine that joins them, [`account`] the SQL and Auth APIs,
//! [`refusal`] the reasons for which servers refuse, [`error`] the codes and texts,
//! [`settings`], [`json`], [`subject`], [`text`] and [`ticket`] what they share. The other half exists on wasm32 only: the exported
//! classes (`client`, `source`, `style`, `layer`, `dataview`, `filter`), which convert, validate and delegate, `convert`
//! for all conversions, `driver` for timers and requests, and `http`, the one door to the network.
//!
//! Data flows one way: `Client` → engine → `maps::config` → `http` → `maps::instance` → layers, dataviews and the map
//! library. What is lower calls what is higher only by an event.

pub mod account;
pub mod error;
pub mod json;
pub mod maps;
pub mod model;
pub mod refusal;
pub mod settings;
pub mod subject;
pub mod text;
pub mod ticket;

#[cfg(target_arch = "wasm32")]
mod client;
#[cfg(target_arch = "wasm32")]
mod convert;
#[cfg(target_arch = "wasm32")]
mod dataview;
#[cfg(target_arch = "wasm32")]
mod driver;
#[cfg(target_arch = "wasm32")]
mod filter;
#[cfg(target_arch = "wasm32")]
mod http;
#[cfg(target_arch = "wasm32")]
mod layer;
#[cfg(target_arch = "wasm32")]
mod source;
#[cfg(target_arch = "wasm32")]
mod style;

/// A quarter of the size of the standard allocator, and as fast.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
