//! Areas of the map that are boxes, and what is in them.

use crate::boxes::RowBox;
use crate::geometry::{Geometry, Kind, Point};
use std::f64::consts::PI;

/// Latitudes beyond this one have no place in Web Mercator.
const MOST_LATITUDE: f64 = 89.99;
/// Edges that are this close to a border of tiles are on it.
const NEAR: f64 = 1e-9;

/// A box of the world: west, north, east, south, as parts of the world's side in Web Mercator, from 0 at its north-western
/// corner to 1. North and south may be beyond.
pub type Box4 = [f64; 4];

/// One box, or two when the date line cuts it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Area(pub Vec<Box4>);

impl Area {
    /// The area of a request's `bbox`: west, south, east and north in degrees. Longitudes may go around the world.
    #[must_use]
    pub fn of_degrees([west, south, east, north]: [f64; 4]) -> Self {
        let across = |longitude: f64| (longitude + 180.0) / 360.0;
        let down = |latitude: f64| {
            let radians = latitude.clamp(-MOST_LATITUDE, MOST_LATITUDE).to_radians();
            0.5 - (PI / 4.0 + radians / 2.0).tan().ln() / (2.0 * PI)
        };
        let wrap = |longitude: f64| (longitude + 180.0).rem_euclid(360.0) - 180.0;
        let ranges = if east - west >= 360.0 {
            vec![(-180.0, 180.0)]
        } else if west >= -180.0 && east <= 180.0 {
            vec![(west, east)]
        } else {
            let (west, east) = (wrap(west), wrap(east));
            if west <= east { vec![(west, east)] } else { vec![(west, 180.0), (-180.0, east)] }
        };
        let (one, other) = (down(north), down(south));
        let corners = |(west, east): (f64, f64)| {
            let (left, right) = (across(west), across(east));
            [left.min(right), one.min(other), left.max(right), one.max(other)]
        };
        Self(ranges.into_iter().map(corners).collect())
    }

    /// The tiles of a zoom level that are needed to know what is in the area, each once; `None` when there are more than
    /// `most`, or the area is no area.
    pub(crate) fn tiles(&self, zoom: u8, most: usize) -> Option<Vec<(u32, u32)>> {
        let side = 2_f64.powi(zoom.into());
        let mut tiles = Vec::new();
        for [west, north, east, south] in &self.0 {
            let range = |from: f64, to: f64| {
                let first = (from * side + NEAR).floor().clamp(0.0, side - 1.0);
                let last = ((to * side - NEAR).ceil() - 1.0).clamp(first, side - 1.0);
                // So many do not go into a u32 only when there are too many.
                (first as u32, last as u32)
            };
            if ![west, north, east, south].iter().all(|edge| edge.is_finite()) {
                return None;
            }
            let ((left, right), (top, bottom)) = (range(*west, *east), range(*north, *south));
            let count = u64::from(right - left + 1) * u64::from(bottom - top + 1);
            if count > most as u64 {
                return None;
            }
            let before = tiles.len();
            for x in left..=right {
                for y in top..=bottom {
                    // Two boxes may have tiles in common.
                    if !tiles.iter().take(before).any(|tile| *tile == (x, y)) {
                        tiles.push((x, y));
                    }
                }
            }
        }
        (tiles.len() <= most).then_some(tiles)
    }
}

/// Whether something is in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Outside,
    /// It depends on what rounding has changed.
    Edge,
    Inside,
}

/// A box in units of a tile, smaller and greater by what rounding may have changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    sure: [f64; 4],
    possible: [f64; 4],
}

impl Window {
    pub(crate) fn new(area: &Box4, zoom: u8, (x, y): (u32, u32), extent: u32, tolerance: f64) -> Self {
        let (side, extent) = (2_f64.powi(zoom.into()), f64::from(extent));
        let [west, north, east, south] = *area;
        let edge = |part: f64, tile: u32, away: f64| (part * side - f64::from(tile)) * extent + away;
        let grown = |by: f64| [edge(west, x, -by), edge(north, y, -by), edge(east, x, by), edge(south, y, by)];
        Self { sure: grown(-tolerance), possible: grown(tolerance) }
    }

    /// Left, upper, right and lower edge, grown by what rounding may have changed.
    pub(crate) fn possible(&self) -> [f64; 4] {
        self.possible
    }

    #[inline]
    pub(crate) fn place_of_point(&self, point: Point) -> Place {
        if holds(&self.sure, point) {
            Place::Inside
        } else if holds(&self.possible, point) {
            Place::Edge
        } else {
            Place::Outside
        }
    }

    /// The place of what is in a box and reaches to its edges, and to the lines across its corners.
    pub(crate) fn place_of_box(&self, (edges, corners): RowBox) -> Place {
        let ([left, top, right, bottom], [nw, ne, sw, se]) = (edges, corners);
        let [west, north, east, south] = self.possible;
        if right < west
            || left > east
            || bottom < north
            || top > south
            || east + south < left + top + nw
            || west - south > right - top - ne
            || east - north < left - bottom + sw
            || west + north > right + bottom - se
        {
            return Place::Outside;
        }
        let [west, north, east, south] = self.sure;
        // It has a point on each of these lines, as near as is told.
        let sides = [
            [left + nw - 2.0, top, right - ne + 2.0, top + 1.0],
            [left + sw - 2.0, bottom - 2.0, right - se + 2.0, bottom],
            [left, top + nw - 2.0, left + 1.0, bottom - sw + 2.0],
            [right - 2.0, top + ne - 2.0, right, bottom - se + 2.0],
            [left, top, left + nw + 8.0, top + nw + 8.0],
            [right - ne - 8.0, top, right, top + ne + 8.0],
            [left, bottom - sw - 8.0, left + sw + 8.0, bottom],
            [right - se - 8.0, bottom - se - 8.0, right, bottom],
        ];
        let is_inside = |[left, top, right, bottom]: &[f64; 4]| {
            *left >= west && *top >= north && *right <= east && *bottom <= south
        };
        if sides.iter().any(is_inside) { Place::Inside } else { Place::Edge }
    }

    /// Whether a line or an outline is surely in the area, or an area if it may be around all of this.
    pub(crate) fn is_met_by(&self, geometry: Geometry<'_>, may_be_around: bool) -> bool {
        let [left, top, right, bottom] = self.sure;
        let middle = [f64::midpoint(left, right), f64::midpoint(top, bottom)];
        let is_around = || may_be_around && geometry.kind == Kind::Rings && contains(geometry, middle);
        left <= right && top <= bottom && (meets(&self.sure, geometry) || is_around())
    }
}

#[inline]
fn holds([left, top, right, bottom]: &[f64; 4], [x, y]: Point) -> bool {
    let (x, y) = (f64::from(x), f64::from(y));
    x >= *left && x <= *right && y >= *top && y <= *bottom
}

/// Whether a box that is not empty and a geometry, of areas their outlines, have a point in common.
fn meets(window: &[f64; 4], geometry: Geometry<'_>) -> bool {
    let [left, top, right, bottom] = *window;
    let points = geometry.points();
    if points.iter().any(|point| holds(window, *point)) {
        return true;
    }
    let is_aside = |aside: &dyn Fn(Point) -> bool| points.iter().all(|point| aside(*point));
    if geometry.kind == Kind::Points
        || is_aside(&|[x, _]| f64::from(x) < left)
        || is_aside(&|[x, _]| f64::from(x) > right)
        || is_aside(&|[_, y]| f64::from(y) < top)
        || is_aside(&|[_, y]| f64::from(y) > bottom)
    {
        return false;
    }
    geometry
        .parts()
        .any(|part| segments(part, geometry.kind == Kind::Rings).any(|(from, to)| crosses(window, from, to)))
}

/// The segments of a line or a ring.
pub(crate) fn segments(part: &[Point], is_closed: bool) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    let place = |[x, y]: Point| [f64::from(x), f64::from(y)];
    let close = part.last().zip(part.first()).filter(|_| is_closed);
    let open = part.iter().zip(part.iter().skip(1));
    open.chain(close).map(move |(from, to)| (place(*from), place(*to)))
}

/// Whether a segment and a box have a point in common.
fn crosses([left, top, right, bottom]: &[f64; 4], from: [f64; 2], to: [f64; 2]) -> bool {
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    let [run, rise] = [to[0] - from[0], to[1] - from[1]];
    for (delta, start, low, high) in [(run, from[0], *left, *right), (rise, from[1], *top, *bottom)] {
        if delta == 0.0 {
            if start < low || start > high {
                return false;
            }
            continue;
        }
        let (one, other) = ((low - start) / delta, (high - start) / delta);
        enters = enters.max(one.min(other));
        leaves = leaves.min(one.max(other));
    }
    enters <= leaves
}

/// Whether a place is in an area of rings: it is when a ray from it crosses them an odd number of times.
pub(crate) fn contains(geometry: Geometry<'_>, [x, y]: [f64; 2]) -> bool {
    let mut inside = false;
    for ring in geometry.parts() {
        for ([from_x, from_y], [to_x, to_y]) in segments(ring, true) {
            if (from_y > y) != (to_y > y) && x < from_x + (to_x - from_x) * (y - from_y) / (to_y - from_y) {
                inside = !inside;
            }
        }
    }
    inside
}
