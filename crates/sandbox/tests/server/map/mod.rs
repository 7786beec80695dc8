//! Map instantiation and what hangs off a map.

mod edits;
mod instantiation;
mod layergroups;
mod parts;
