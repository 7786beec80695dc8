//! What is sent to CARTO's Maps API and what comes back. The library and the server share it, so that one definition
//! serves both ends of the wire.
//!
//! [`config`] is the map configuration that a client posts, [`instance`] what the server answers, and [`json`] the JSON
//! value that both are read from and written to.

pub mod config;
pub mod instance;
pub mod json;
