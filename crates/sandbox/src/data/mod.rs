//! Tables of users: imported from files, those of the demo, and those of the recordings.

pub mod demo;
pub mod import;
pub mod recordings;
pub mod tables;
