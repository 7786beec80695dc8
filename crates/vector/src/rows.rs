//! The rows that a dataview is computed of: features of tiles in an area, each once.

use crate::area::{Place, Window};
use crate::boxes::{self, REACH, TOLERANCE, UNITS};
use crate::column::Column;
use crate::dataview::Request;
use crate::filter::{Bound, column_of};
use crate::geometry::{Kind, Point};
use crate::schema::{Schema, Type, Undecided};
use crate::store::{Store, TileKey};
use crate::{Layer, Verdict};
use compact::HashMap;

/// Tiles that a dataview is computed of at most.
const MOST_TILES: usize = 1024;
/// What tells that features are clusters, as servers call it.
const CLUSTER: &str = "_cdb_feature_count";
/// What tells features of several tiles apart.
const ID: &str = "cartodb_id";
/// How far shapes that have boxes may be from where they are in the database: pixels, as they are made simpler, and units.
const SHAPE_TOLERANCE: [f64; 2] = [0.25, 1.5];
/// Rows of a tile of which boxes do not tell whether they are inside, at most: each is looked for among all.
const MOST_UNSURE: usize = 256;

/// Rows as places in layers.
#[derive(Debug, Default)]
pub(crate) struct Rows<'a> {
    /// The features of each layer, in its order.
    pub(crate) layers: Vec<(&'a Layer, Vec<u32>)>,
}

/// A feature that may be in several tiles.
struct Seen {
    /// The box around it, in units of the world, if it is told.
    whole: [f64; 4],
    /// The last tile that had it; none at first.
    tile: usize,
    is_counted: bool,
}

/// A tile that is looked through.
struct Search<'a> {
    layer: &'a Layer,
    request: &'a Request<'a>,
    place: (u32, u32),
    windows: Vec<Window>,
    filter: Option<Bound<'a>>,
    ids: Option<&'a Column>,
    /// Whether there is no tile beyond on the left, above, on the right and below.
    is_last: [bool; 4],
}

impl<'a> Rows<'a> {
    /// Finds the rows of a request.
    pub(crate) fn find(store: &'a mut Store, request: &'a Request<'a>) -> Result<Self, Undecided> {
        let tiles = request.area.tiles(request.zoom, MOST_TILES).ok_or(Undecided::Incomplete)?;
        let key = |(x, y)| TileKey { layer: request.layer, zoom: request.zoom, x, y };
        for tile in &tiles {
            // Each of them counts as used.
            let kept = store.kept_mut(&key(*tile)).filter(|kept| kept.is_complete);
            kept.ok_or(Undecided::Incomplete)?;
        }
        let store = &*store;
        let last = 2_u32.checked_pow(request.zoom.into()).unwrap_or(0).wrapping_sub(1);
        let mut rows = Rows::default();
        let mut seen = HashMap::new();
        for (tile, (x, y)) in tiles.into_iter().enumerate() {
            let Some(layer) = store.kept(&key((x, y))).and_then(|kept| kept.layer.as_ref()) else { continue };
            let is_boxed = layer.apart.is_some();
            let (extent, tolerance) = if is_boxed { (UNITS, TOLERANCE) } else { (layer.extent, request.tolerance) };
            if layer.column(CLUSTER).is_some() {
                return Err(Undecided::Aggregated);
            }
            let search = Search {
                layer,
                request,
                place: (x, y),
                windows: windows(request, (x, y), extent, tolerance),
                filter: request.filter.map(|filter| filter.bind(request.schema, layer)).transpose()?,
                ids: match request.schema.type_of(ID) {
                    Some(Type::Number) => column_of(layer, ID, Type::Number)?,
                    _ => None,
                },
                is_last: [x == 0, y == 0, x == last, y == last],
            };
            if !search.is_known(extent) {
                return Err(Undecided::Incomplete);
            }
            let found = search.rows(tile, &mut seen)?;
            rows.layers.push((layer, found));
        }
        if seen.values().any(|seen: &Seen| !seen.is_counted) { Err(Undecided::Edge) } else { Ok(rows) }
    }

    pub(crate) fn len(&self) -> usize {
        self.layers.iter().map(|(_, rows)| rows.len()).sum()
    }

    /// The column of each layer, with its rows.
    pub(crate) fn columns(&self, schema: &Schema, name: &str) -> Result<Vec<Part<'_>>, Undecided> {
        let kind = schema.type_of(name).ok_or(Undecided::Column)?;
        let mut columns = Vec::with_capacity(self.layers.len());
        for (layer, rows) in &self.layers {
            columns.push((column_of(layer, name, kind)?, rows.as_slice()));
        }
        Ok(columns)
    }
}

/// A layer's column, if it has one, and the rows to read of it.
pub(crate) type Part<'a> = (Option<&'a Column>, &'a [u32]);
/// By `cartodb_id`.
type ById = HashMap<u64, Seen>;

impl Search<'_> {
    /// Whether rows have boxes.
    fn is_boxed(&self) -> bool {
        self.layer.apart.is_some()
    }

    /// Whether tiles reach as far as the area does: beyond the world they have no more than their buffer.
    fn is_known(&self, extent: u32) -> bool {
        let (request, extent) = (self.request, f64::from(extent));
        let buffer = if self.is_boxed() { REACH } else { request.buffer };
        // The window is larger by the tolerance, and what is computed is not exact to the last digit.
        let units = buffer * extent / 256.0 + request.tolerance + 1e-6 * extent;
        let [_, is_top, _, is_bottom] = self.is_last;
        let reaches = |window: &Window| {
            let [_, top, _, bottom] = window.possible();
            !(is_top && top < -units || is_bottom && bottom > extent + units)
        };
        self.windows.iter().all(reaches)
    }

    fn rows(&self, tile: usize, seen: &mut ById) -> Result<Vec<u32>, Undecided> {
        let (mut rows, mut unsure) = (Vec::new(), 0);
        for feature in if self.is_boxed() { self.layer.rows() } else { 0..self.layer.len() } {
            let Some(geometry) = self.layer.geometry(feature) else { break };
            let point = |point: &Point| best(&self.windows, |window| window.place_of_point(*point));
            let (mut whole, mut is_valid) = ([0.0; 4], false);
            let (is_owned, is_alone, mut place) = match (geometry.kind, geometry.points()) {
                _ if self.is_boxed() => {
                    let Some(told) = boxes::find(self.layer, feature, &self.windows) else { break };
                    (whole, is_valid) = (told.0, told.2);
                    (true, false, told.1)
                }
                (Kind::Points, [one]) => {
                    let (is_owned, is_near) = self.owns(*one);
                    if !is_owned && !is_near {
                        continue;
                    }
                    (is_owned, !is_near, point(one))
                }
                (Kind::Points, many) => (true, false, many.iter().map(point).max().unwrap_or(Place::Outside)),
                // What is too small is not in the tile.
                _ => return Err(Undecided::Incomplete),
            };
            if place == Place::Outside {
                continue;
            }
            match self.filter.as_ref().map_or(Verdict::Yes, |filter| filter.test(feature)) {
                Verdict::Yes => {}
                Verdict::No => continue,
                Verdict::Unknown => return Err(Undecided::Meaning),
            }
            let id = self.ids.and_then(|ids| ids.number(feature)).filter(|id| id.fract() == 0.0);
            if place == Place::Edge && self.is_boxed() {
                unsure += 1;
                if unsure <= MOST_UNSURE && id.is_some_and(|id| self.is_seen(id, is_valid)) {
                    place = Place::Inside;
                }
            }
            let is_counted = if is_alone {
                place == Place::Inside || return Err(Undecided::Edge)
            } else if self.ids.is_some() {
                self.note(seen, id.ok_or(Undecided::Identity)?, whole, place == Place::Inside, tile)?
            } else if !self.is_boxed() && geometry.kind == Kind::Points && geometry.points().len() == 1 {
                (place == Place::Inside || return Err(Undecided::Edge)) && is_owned
            } else {
                return Err(Undecided::Identity);
            };
            if is_counted {
                rows.push(u32::try_from(feature).unwrap_or(u32::MAX));
            }
        }
        Ok(rows)
    }

    /// Whether the shape of a number that one row has is surely in the area. What is inside of an area that is not valid, only the
    /// database knows.
    fn is_seen(&self, id: f64, is_valid: bool) -> bool {
        let layer = self.layer;
        let is_meant = |feature: &usize| self.ids.and_then(|ids| ids.number(*feature)) == Some(id);
        let [pixels, units] = SHAPE_TOLERANCE;
        let windows = windows(self.request, self.place, layer.extent, pixels * f64::from(layer.extent) / 256.0 + units);
        let is_inside = |feature| {
            let geometry = layer.geometry(feature);
            geometry.is_some_and(|geometry| windows.iter().any(|window| window.is_met_by(geometry, is_valid)))
        };
        layer.rows().filter(is_meant).count() == 1 && (0..layer.len()).filter(is_meant).any(is_inside)
    }

    /// Notes that a tile has a feature that may be in others, too; whether it counts now.
    fn note(&self, seen: &mut ById, id: f64, told: [f64; 4], is_counted: bool, tile: usize) -> Result<bool, Undecided> {
        let [left, top, right, bottom] = told;
        let (x, y) = (f64::from(self.place.0) * f64::from(UNITS), f64::from(self.place.1) * f64::from(UNITS));
        let whole = if self.is_boxed() { [left + x, top + y, right + x, bottom + y] } else { told };
        let known = seen.entry(id.to_bits()).or_insert(Seen { whole, tile: usize::MAX, is_counted: false });
        let is_same = known.whole.iter().zip(whole).all(|(one, other)| (one - other).abs() <= 2.0);
        // Twice in one tile are two rows of one number, and so are two that are not alike.
        if !is_same || known.tile == tile {
            return Err(Undecided::Identity);
        }
        known.tile = tile;
        let counts = is_counted && !known.is_counted;
        known.is_counted |= counts;
        Ok(counts)
    }

    /// Whether a point belongs to this tile, and whether it is so near to a neighbour that rounding could have put it there.
    #[inline]
    fn owns(&self, [x, y]: Point) -> (bool, bool) {
        let [is_left, is_top, is_right, is_bottom] = self.is_last;
        let extent = i64::from(self.layer.extent);
        let (x, y) = (i64::from(x), i64::from(y));
        let is_owned =
            (x >= 0 || is_left) && (y >= 0 || is_top) && (x < extent || is_right) && (y < extent || is_bottom);
        let is_within = |low: i64, high: i64| {
            (x >= low || is_left) && (y >= low || is_top) && (x <= high || is_right) && (y <= high || is_bottom)
        };
        (is_owned, is_within(-1, extent + 1) && !is_within(2, extent - 2))
    }
}

pub(crate) fn best(windows: &[Window], place: impl Fn(&Window) -> Place) -> Place {
    windows.iter().map(place).max().unwrap_or(Place::Outside)
}

/// The area of a request in units of a tile.
fn windows(request: &Request<'_>, tile: (u32, u32), extent: u32, tolerance: f64) -> Vec<Window> {
    request.area.0.iter().map(|area| Window::new(area, request.zoom, tile, extent, tolerance)).collect()
}
