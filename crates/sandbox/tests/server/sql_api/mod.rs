//! The SQL API.

mod formats;
pub mod statements;
