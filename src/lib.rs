//! The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly: what pages see of the crate `carto`.
//!
//! The exported classes ([`client`], [`source`], [`style`], [`layer`], [`dataview`], [`filter`], [`account`]) convert, validate and
//! delegate; [`convert`] has all conversions, [`driver`] timers and requests, and [`http`] is the one door to the network.
#![cfg(target_arch = "wasm32")]

#[cfg(feature = "account")]
mod account;
#[cfg(feature = "aggregation")]
mod aggregation;
#[cfg(feature = "dataviews")]
mod area;
mod client;
mod convert;
#[cfg(feature = "dataviews")]
mod dataview;
mod driver;
#[cfg(any(feature = "account", feature = "filters"))]
mod enums;
#[cfg(feature = "filters")]
mod filter;
mod http;
mod layer;
mod source;
mod style;
#[cfg(any(feature = "account", feature = "filters"))]
mod written;

/// A quarter of the size of the standard allocator, and as fast.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
