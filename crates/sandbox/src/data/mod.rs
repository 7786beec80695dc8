//! Tables of users: imported from files, adopted, those of the demo, and those of the recordings; overviews of large ones.

pub mod adopt;
pub mod demo;
pub mod import;
pub mod import_queue;
pub mod overviews;
pub mod recordings;
pub mod tables;
pub mod upload;
