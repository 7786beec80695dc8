//! Connections, headers, and requests of strangers.

mod compression;
mod connections;
mod holding_up;
mod hostile;
mod origins;
