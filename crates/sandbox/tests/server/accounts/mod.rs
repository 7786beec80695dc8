//! Users and their names.

mod names;
