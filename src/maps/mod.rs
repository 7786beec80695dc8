//! The Maps API, in pure Rust: what is sent, what comes back, and what follows from it.

pub mod config;
pub mod instance;
