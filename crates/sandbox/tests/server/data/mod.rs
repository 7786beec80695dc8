//! Datasets: files, and the demo.

mod adopt;
mod demo;
mod import;
mod import_api;
