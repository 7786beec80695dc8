//! The server from outside: recorded exchanges, containment, lifecycle.
//!
//! The tests need `node` and `npm ci`. They run on the embedded database, or on the server of `DATABASE_URL`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod auth;
mod commands;
mod compare;
mod containment;
mod hostile;
mod lifecycle;
mod parts;
mod replay;
mod sql;
mod styles;
mod support;
mod tiles;
mod vector;
