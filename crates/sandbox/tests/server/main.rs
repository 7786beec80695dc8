//! The server from outside: recorded exchanges, containment, lifecycle.
//!
//! The tests need `node` and `npm ci`. They run on the embedded database, or on the server of `DATABASE_URL`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accounts;
mod auth_api;
mod commands;
mod compare;
mod data;
mod db;
mod http;
mod lifecycle;
mod map;
mod query;
mod render;
mod replay;
mod sql_api;
mod sql_guard;
mod support;
mod tools;
