//! Maps: what they may be configured as, what is kept of them, and what their layers draw.

pub mod error;
mod form;
pub mod instantiation;
pub mod layer_source;
pub mod layergroup;
pub mod layergroups;
pub mod members;
pub mod open_map;
pub mod size;
pub mod style;
pub mod tilejson;
