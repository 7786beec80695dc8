//! What becomes SQL over a map's sources: filters, dataviews, aggregations, features.

pub mod aggregation;
pub mod features;
pub mod filters;
pub mod histogram;
pub mod layer_stats;
pub mod source;
