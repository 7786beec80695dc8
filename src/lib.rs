//! The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly.
pub mod error;
pub mod json;
pub mod maps;
pub mod model;
pub mod settings;
pub mod subject;
pub mod ticket;
