//! The Auth API.

mod api_keys;
mod dataset_changes;
