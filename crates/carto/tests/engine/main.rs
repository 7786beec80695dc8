//! The engine without a browser: a driver that writes down what it is asked for, and hands back what the test answers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod again;
mod dataviews;
mod map;
mod pointer;
mod world;
