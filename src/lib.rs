//! The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly: what pages see of the crate `carto`.
//!
//! The exported classes ([`client`], [`source`], [`style`], [`layer`], [`dataview`], [`filter`], [`account`]) convert, validate and
//! delegate; [`convert`] has all conversions, [`driver`] timers and requests, and [`http`] is the one door to the network.
#![cfg(target_arch = "wasm32")]

mod account;
mod client;
mod convert;
mod dataview;
mod driver;
mod enums;
mod filter;
mod http;
mod layer;
mod source;
mod style;

/// A quarter of the size of the standard allocator, and as fast.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
