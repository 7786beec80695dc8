//! Styled features to pixels and UTF grids.
