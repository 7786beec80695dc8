//! The pure half of `carto-wasm`: what CARTO.js v4 knows and does, without JavaScript. Everything here runs under plain
//! `cargo test`; the crate `carto-wasm` gives it to pages.
//!
//! [`maps`] is the Maps API, [`model`] the state behind each public object and the engine that joins them, [`account`] the
//! SQL and Auth APIs, [`refusal`] the reasons for which servers refuse, [`explain`] which of them an error is, [`error`] the codes and texts, and
//! [`event`], [`page_value`], [`settings`], [`slot`], [`subject`], [`text`] and [`ticket`] what they share.
//!
//! Data flows one way: `Client` → engine → `maps_api::config` → the network → `maps_api::instance` → layers, dataviews
//! and the map library. What is lower does not know what is higher: it tells events, and what it needs of its client is a
//! trait beside it ([`model::owner`]).

#[cfg(feature = "account")]
pub mod account;
pub mod error;
pub mod event;
pub mod explain;
pub mod maps;
pub mod model;
pub mod page_value;
pub mod refusal;
pub mod settings;
pub mod slot;
pub mod subject;
pub mod text;
pub mod ticket;
