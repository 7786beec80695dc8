//! The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly.
pub mod json;
pub mod maps;
