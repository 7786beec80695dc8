//! Pictures that styles refer to: markers and patterns.

use crate::symbolizer::{Color, CompOp, Symbolizer, Values};
use std::sync::Arc;

/// Properties whose values are addresses of pictures that are drawn.
pub(crate) const FILES: &[&str] = &["marker-file", "polygon-pattern-file"];

/// The picture of markers, and what the style changes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkerPicture {
    /// Its address: a data URL, or another one.
    pub address: Arc<str>,
    /// The fill of all shapes that have one.
    pub fill: Option<Color>,
    /// The colour of all outlines.
    pub line_color: Option<Color>,
    /// The width of all outlines, in units of the picture.
    pub line_width: Option<f32>,
    /// How opaque all is, 0 to 1.
    pub opacity: f32,
}

/// A picture that is repeated all over an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Its address: a data URL, or another one.
    pub address: Arc<str>,
    /// How opaque it is, 0 to 1.
    pub opacity: f32,
    /// Whether it begins at each feature anew, or is the same all over the map.
    pub is_local: bool,
    /// How it goes together with what is below it.
    pub comp_op: CompOp,
}

fn opacity(values: &dyn Values, name: &str) -> f32 {
    values.number(name).unwrap_or(1.0).clamp(0.0, 1.0)
}

/// The address, where it is not empty.
fn address(values: &dyn Values, name: &str) -> Option<Arc<str>> {
    values.address(name).filter(|address| !address.is_empty())
}

impl MarkerPicture {
    /// The picture of markers, if they have one.
    pub(crate) fn build(values: &dyn Values) -> Option<Self> {
        let opacity = |name| opacity(values, name);
        Some(Self {
            address: address(values, "marker-file")?,
            fill: values.color("marker-fill").map(|color| color.faded(opacity("marker-fill-opacity"))),
            line_color: values.color("marker-line-color").map(|color| color.faded(opacity("marker-line-opacity"))),
            line_width: values.number("marker-line-width").map(|width| width.max(0.0)),
            opacity: opacity("marker-opacity"),
        })
    }
}

impl Pattern {
    /// The pattern of polygons.
    pub(crate) fn of_polygon(values: &dyn Values) -> Symbolizer {
        let Some(address) = address(values, "polygon-pattern-file") else {
            return Symbolizer::Undrawn("polygon-pattern");
        };
        Symbolizer::PolygonPattern(Self {
            address,
            opacity: opacity(values, "polygon-pattern-opacity"),
            is_local: values.word("polygon-pattern-alignment").as_deref() != Some("global"),
            comp_op: values.word("polygon-pattern-comp-op").map_or(CompOp::SrcOver, |word| CompOp::from_name(&word)),
        })
    }
}
