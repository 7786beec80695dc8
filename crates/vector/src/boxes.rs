//! Boxes around rows of lines and areas. A tile leaves out what is too small for it; with each of its rows told once more by a
//! text, nothing is left out.
//!
//! The text has groups of eight whole numbers with spaces between them, in units of which the tile's side has [`UNITS`]: left,
//! upper edge, width and height of a box, and how far from its upper left, upper right, lower left and lower right corner
//! a diagonal line meets what is in it, as the sum of both ways. The first box is around the whole row, what is beyond the
//! tile included. The others, if there are any, are around those parts that are in the tile or near to it, and together
//! they hold all of these. The feature that has the text is a point a quarter of the tile's side from its left and upper edge:
//! where the server thinks of other units or of another tile, it is elsewhere.

use crate::Layer;
use crate::area::{Place, Window};
use crate::column::Value;
use crate::geometry::Kind;
use crate::rows::best;

/// Units of a tile's side.
pub(crate) const UNITS: u32 = 1 << 18;
/// Pixels around a tile in which rows have boxes, but for what is rounded.
pub(crate) const REACH: f64 = 1.75;
/// How far the edges of boxes may be from where they are in the database, in units: the server computes them.
pub(crate) const TOLERANCE: f64 = 0.25;

/// Left, upper, right and lower edge, and what is cut off at the corners. The geometry reaches to within a unit of the first
/// two edges, two units of the others, and six units of the diagonal lines.
pub(crate) type RowBox = ([f64; 4], [f64; 4]);

/// The boxes of a row. One that cannot be read may be anywhere, and stands for all that follow.
pub(crate) struct Boxes<'a>(&'a [u8]);

impl<'a> Boxes<'a> {
    fn of(layer: &'a Layer, row: usize) -> Self {
        match layer.apart.and_then(|column| layer.columns.get(column)).map(|column| column.get(row)) {
            Some(Value::Text(text)) => Self(text.as_bytes()),
            _ => Self(&[]),
        }
    }

    fn number(&mut self) -> f64 {
        let (mut number, mut sign) = (f64::NAN, 1.0);
        while let [byte, rest @ ..] = self.0 {
            self.0 = rest;
            match byte {
                b' ' => break,
                b'-' => sign = -1.0,
                b'0'..=b'9' => number = f64::from(byte - b'0') + if number.is_nan() { 0.0 } else { 10.0 * number },
                _ => sign = f64::NAN,
            }
        }
        sign * number
    }
}

impl Iterator for Boxes<'_> {
    type Item = RowBox;

    fn next(&mut self) -> Option<RowBox> {
        if self.0.is_empty() {
            return None;
        }
        let numbers = [(); 8].map(|()| self.number());
        if numbers.iter().any(|number| number.is_nan()) {
            self.0 = &[];
            return Some(([f64::NAN; 4], [f64::NAN; 4]));
        }
        let [left, top, width, height, corners @ ..] = numbers;
        Some(([left, top, left + width, top + height], corners))
    }
}

/// How much text the boxes of a tile are, when they are where they should be.
pub(crate) fn check(layer: &Layer) -> Option<usize> {
    let mut length = 0;
    let quarter = i64::from(layer.extent / 4);
    for row in layer.rows() {
        let geometry = layer.geometry(row)?;
        let is_there = |at: &i32| (i64::from(*at) - quarter).abs() <= 1;
        let is_ours = geometry.kind == Kind::Points && geometry.points().iter().flatten().all(is_there);
        let text = Boxes::of(layer, row).0;
        if !is_ours || text.is_empty() {
            return None;
        }
        length += text.len();
    }
    // What is in the tile has boxes, or the server has left these out.
    let is_inside = |at: &i32| *at > 0 && at.cast_unsigned() < layer.extent;
    let is_shown = || layer.points().iter().any(|point| point.iter().all(is_inside));
    (layer.apart.is_none() || !layer.rows().is_empty() || !is_shown()).then_some(length)
}

/// The box around a row, the place of the row in the area, and whether it is known to be valid: the server tells parts of those
/// only.
pub(crate) fn find(layer: &Layer, row: usize, windows: &[Window]) -> Option<([f64; 4], Place, bool)> {
    let mut boxes = Boxes::of(layer, row);
    let whole = boxes.next()?;
    let place = |row: RowBox| best(windows, |window| window.place_of_box(row));
    let (mut found, mut is_valid) = (place(whole), false);
    if found == Place::Edge && !boxes.0.is_empty() {
        (found, is_valid) = (Place::Outside, true);
        for part in boxes {
            found = found.max(place(part));
            is_valid &= !part.0.iter().any(|edge| edge.is_nan());
        }
    }
    Some((whole.0, found, is_valid))
}
