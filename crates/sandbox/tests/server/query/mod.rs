//! What is computed over a layer's rows.

mod aggregation;
mod dataviews;
