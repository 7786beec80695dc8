//! Boxes around rows of lines and areas. A tile leaves out what is too small for it; with each of its rows told once more by a
//! text, nothing is left out.
//!
//! The text has groups of four whole numbers between spaces: left, upper edge, width and height, in units of which the tile's
//! side has [`UNITS`]. The first one is around the whole row, what is beyond the tile included. The others, if there are any,
//! are around those parts that are in the tile or near to it, and together they hold all of these. The feature that has
//! the text is a point in the upper left corner of the first one, or in the tile as near to that as [`INSET`] lets it be.

use crate::area::Place;
use crate::column::{Column, Value};
use crate::dataview::Request;
use crate::geometry::Kind;
use crate::rows::{best, better, ids, is_known, windows};
use crate::schema::Undecided;
use crate::{Layer, Verdict};
use compact::HashMap;

/// Units of a tile's side.
pub(crate) const UNITS: u32 = 1 << 18;
/// Units of a pixel.
const PIXEL: i64 = 1024;
/// How far away from the edge of the tile the points are.
const INSET: i64 = PIXEL;
/// What is so far within the tile is in no other one.
const ALONE: i64 = 4 * PIXEL;
/// Numbers are smaller, so that all sums of them are exact.
const MOST_UNITS: i64 = 1 << 51;
/// Boxes of a tile at most: many features can have one text.
const MOST: usize = 1 << 20;

/// Left, upper, right and lower edge. The geometry reaches to within a unit of the first two, and two units of the others.
pub(crate) type RowBox = [i64; 4];

/// The rows of a tile.
#[derive(Debug)]
pub(crate) struct Boxes {
    /// Their values: a feature is a row.
    pub(crate) layer: Layer,
    boxes: Vec<RowBox>,
    /// Where the boxes of each row end.
    ends: Vec<usize>,
}

impl Boxes {
    /// Reads the boxes of a layer; `None` when a text is none of ours, or is about other places than it should be.
    pub(crate) fn read(layer: Layer, key: &str) -> Option<Self> {
        let (mut boxes, mut ends) = (Vec::new(), Vec::new());
        let texts = layer.column(key);
        for feature in 0..layer.len() {
            let Value::Text(text) = texts?.get(feature) else { return None };
            let before = boxes.len();
            let mut numbers = text.split(' ');
            while let Some(left) = numbers.next() {
                let number = |text: Option<&str>| {
                    text?.parse::<i64>().ok().filter(|number| (-MOST_UNITS..MOST_UNITS).contains(number))
                };
                let (left, top) = (number(Some(left))?, number(numbers.next())?);
                let (width, height) = (number(numbers.next())?, number(numbers.next())?);
                boxes.push([left, top, left + width, top + height]);
                if boxes.len() > MOST {
                    return None;
                }
            }
            let [left, top, ..] = *boxes.get(before)?;
            let geometry = layer.geometry(feature)?;
            let (Kind::Points, [[x, y]]) = (geometry.kind, geometry.points()) else { return None };
            let side = i64::from(UNITS);
            let is_at = |at: i32, told: i64| {
                let told = told.clamp(INSET, side - INSET) * i64::from(layer.extent);
                (i64::from(at) * side - told).abs() <= side
            };
            if !is_at(*x, left) || !is_at(*y, top) {
                return None;
            }
            ends.push(boxes.len());
        }
        (layer.skipped == 0).then_some(Self { layer, boxes, ends })
    }

    /// The box around a row, and those around its parts, if there are any.
    pub(crate) fn of(&self, row: usize) -> Option<(RowBox, &[RowBox])> {
        let start = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let (whole, parts) = self.boxes.get(start..*self.ends.get(row)?)?.split_first()?;
        Some((*whole, parts))
    }

    pub(crate) fn weight(&self) -> usize {
        self.layer.weight() + self.boxes.len() * size_of::<RowBox>() + self.ends.len() * 8
    }
}

/// Whether a row is in no other tile.
pub(crate) fn is_alone([left, top, right, bottom]: RowBox) -> bool {
    let most = i64::from(UNITS) - ALONE;
    left >= ALONE && top >= ALONE && right <= most && bottom <= most
}

/// How far the edges of boxes may be from where they are in the database, in units: the server computes them.
const TOLERANCE: f64 = 0.25;
/// The same for shapes that are drawn, in pixels: they are rounded, and made simpler.
const SHAPE_TOLERANCE: f64 = 0.75;
/// Pixels around a tile in which rows have boxes.
const REACH: f64 = 2.0;
/// Rows of a tile of which boxes do not tell whether they are inside, at most: each is looked for among all.
const MOST_UNSURE: usize = 256;

/// A row that may be in several tiles: the box around it, in units of the world, the last tile that had it, and whether it counts.
struct Crossing {
    whole: RowBox,
    tile: (u32, u32),
    is_counted: bool,
}

/// Rows of several tiles, by `cartodb_id`.
#[derive(Default)]
pub(crate) struct Crossings(HashMap<u64, Crossing>);

impl Crossings {
    /// Whether it is known of all whether they are inside.
    pub(crate) fn are_sure(&self) -> bool {
        self.0.values().all(|row| row.is_counted)
    }

    /// Finds the rows of a tile in an area, but for those that were found in another tile.
    pub(crate) fn find(
        &mut self,
        (boxes, shapes): (&Boxes, Option<&Layer>),
        tile: (u32, u32),
        request: &Request<'_>,
    ) -> Result<Vec<u32>, Undecided> {
        let layer = &boxes.layer;
        let windows = windows(request, tile, UNITS, TOLERANCE);
        if !is_known(&windows, request, tile, UNITS, REACH - TOLERANCE) {
            return Err(Undecided::Incomplete);
        }
        let filter = request.filter.map(|filter| filter.bind(request.schema, layer)).transpose()?;
        let ids = ids(request, layer)?;
        let (mut rows, mut unsure) = (Vec::new(), 0);
        for row in 0..layer.len() {
            let Some((whole, parts)) = boxes.of(row) else { break };
            let mut place = best(&windows, |window| window.place_of_box(whole));
            if place == Place::Edge && !parts.is_empty() {
                place = parts.iter().fold(Place::Outside, |before, part| {
                    better(before, best(&windows, |window| window.place_of_box(*part)))
                });
            }
            if place == Place::Outside {
                continue;
            }
            match filter.as_ref().map_or(Verdict::Yes, |filter| filter.test(row)) {
                Verdict::Yes => {}
                Verdict::No => continue,
                Verdict::Unknown => return Err(Undecided::Meaning),
            }
            let id = || ids.and_then(|ids| ids.number(row)).filter(|id| id.fract() == 0.0).ok_or(Undecided::Identity);
            if place == Place::Edge {
                unsure += 1;
                let is_one = |ids: &&Column| {
                    id().is_ok_and(|id| (0..layer.len()).filter(|row| ids.number(*row) == Some(id)).count() == 1)
                };
                if unsure > MOST_UNSURE || ids.filter(is_one).is_none() {
                    return Err(Undecided::Identity);
                }
                if shapes.is_some_and(|shapes| is_seen(shapes, id().unwrap_or_default(), tile, request)) {
                    place = Place::Inside;
                }
            }
            let is_counted = place == Place::Inside;
            let counts = if is_alone(whole) {
                is_counted || return Err(Undecided::Edge)
            } else {
                self.note(id()?, Crossing { whole: of_world(whole, tile), tile, is_counted })?
            };
            if counts {
                rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
        Ok(rows)
    }

    /// Notes that a tile has a row; whether it counts now.
    fn note(&mut self, id: f64, row: Crossing) -> Result<bool, Undecided> {
        let Some(known) = self.0.get_mut(&id.to_bits()) else {
            let counts = row.is_counted;
            self.0.insert(id.to_bits(), row);
            return Ok(counts);
        };
        let is_same = known.whole.iter().zip(&row.whole).all(|(one, other)| (one - other).abs() <= 2);
        // Two rows of one number.
        if known.tile == row.tile || !is_same {
            return Err(Undecided::Identity);
        }
        known.tile = row.tile;
        let counts = row.is_counted && !known.is_counted;
        known.is_counted |= counts;
        Ok(counts)
    }
}

fn of_world([left, top, right, bottom]: RowBox, (x, y): (u32, u32)) -> RowBox {
    let (x, y) = (i64::from(x) * i64::from(UNITS), i64::from(y) * i64::from(UNITS));
    [left + x, top + y, right + x, bottom + y]
}

/// Whether a shape of a number is surely in the area, as far as it is drawn.
fn is_seen(shapes: &Layer, id: f64, tile: (u32, u32), request: &Request<'_>) -> bool {
    let windows = windows(request, tile, shapes.extent, SHAPE_TOLERANCE * f64::from(shapes.extent) / 256.0);
    let is_inside = |feature| {
        let geometry = shapes.geometry(feature);
        geometry.is_some_and(|geometry| best(&windows, |window| window.place_of(geometry)) == Place::Inside)
    };
    let Ok(Some(ids)) = ids(request, shapes) else { return false };
    (0..shapes.len()).any(|feature| ids.number(feature) == Some(id) && is_inside(feature))
}
