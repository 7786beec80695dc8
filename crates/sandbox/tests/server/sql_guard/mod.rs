//! What SQL may not do.

mod containment;
mod escapes;
mod public_schema;
