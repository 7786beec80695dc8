//! The Auth API: API keys of a user, and what each may do.

pub mod api_keys;
pub mod dataset_changes;
pub mod datasets;
pub mod grants;
pub mod paging;
