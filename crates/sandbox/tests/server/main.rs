//! The server from outside: recorded exchanges, containment, lifecycle.
//!
//! The tests need `node` and `npm ci`. They run on the embedded database, or on the server of `DATABASE_URL`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod aggregations;
mod auth;
mod carto_functions;
mod closing;
mod commands;
mod compare;
mod compression;
mod concurrency;
mod connections;
mod containment;
mod damage;
mod dataviews;
mod demo;
mod escapes;
mod holding_up;
mod hostile;
mod http_layers;
mod imports;
mod instantiation;
mod layergroups;
mod leftovers;
mod lifecycle;
mod logins;
mod names;
mod origins;
mod parts;
mod public_schema;
mod replay;
mod sql;
mod sql_formats;
mod styles;
mod support;
mod tiles;
mod tools;
mod vector;
