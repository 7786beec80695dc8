//! Users, their API keys as requests show them, and the keys of the demo.

pub mod demo_keys;
pub mod keys;
pub mod users;
