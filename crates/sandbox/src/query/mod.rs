//! What becomes SQL over a map's sources: filters, dataviews, aggregations, features.

pub mod aggregation;
mod aggregation_filters;
pub mod dataviews;
pub mod features;
pub mod filters;
pub mod histogram;
mod histogram_dataview;
pub mod layer_features;
pub mod layer_stats;
pub mod overview;
pub mod parameters;
pub mod reads;
pub mod source;
mod time_dimension;
