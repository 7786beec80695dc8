//! CartoCSS, the style language of CARTO: from text to what is to be drawn for a feature at a zoom level.
//!
//! ```
//! use cartocss::{FieldValue, GeometryKind, Stylesheet, Symbolizer};
//!
//! let style = Stylesheet::parse("#layer { marker-width: 4; [pop > 10][zoom >= 3] { marker-width: 9; } }")?;
//! assert_eq!(style.columns(), ["pop"]);
//! let columns = ["name", "pop"];
//! for mut style in style.at(5, &columns) {
//!     let fields = [FieldValue::from("Vik"), FieldValue::from(300_i64)];
//!     let symbolizers = style.symbolizers(&fields, GeometryKind::Point);
//!     assert!(matches!(&symbolizers[0], Symbolizer::Markers(markers) if markers.width == Some(9.0)));
//! }
//! # Ok::<(), cartocss::Error>(())
//! ```
//!
//! Rules, their order and the words of messages are those of CARTO's compiler for Mapnik 3. Properties that are not
//! drawn, such as those of `shield`, are checked as well; [`Stylesheet::undrawn`] tells of them. `ramp()` needs the data of
//! a map: see [`ramp`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod cancel;
#[cfg(any(test, not(feature = "standalone")))]
mod color_names;
mod color_text;
mod compiler;
mod error;
mod evaluation;
mod expression;
mod field;
mod functions;
#[cfg(not(feature = "standalone"))]
mod host;
mod letters;
mod limits;
mod maps;
mod message;
mod number;
mod parser;
mod pattern;
mod picture;
mod properties;
pub mod ramp;
pub mod reference;
mod scanner;
mod selector;
mod size;
mod stylesheet;
mod symbolizer;
mod undrawn;

pub use cancel::Cancel;
pub use error::{Error, Problem};
pub use evaluation::{GeometryKind, Style};
pub use field::FieldValue;
#[cfg(not(feature = "standalone"))]
pub use host::{Host, run_in};
pub use picture::{MarkerPicture, Pattern};
pub use stylesheet::Stylesheet;
pub use symbolizer::{
    Color, CompOp, Line, LineCap, LineJoin, MarkerPlacement, MarkerShape, Markers, MultiPolicy, Polygon, Side,
    Symbolizer, Text, TextPlacement,
};
