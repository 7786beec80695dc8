//! The rows that a dataview is computed of: features of tiles in an area, each once.

use crate::area::{Place, Window};
use crate::boxes::Crossings;
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

/// Rows as places in layers.
#[derive(Debug, Default)]
pub(crate) struct Rows<'a> {
    /// The features of each layer, in its order.
    pub(crate) layers: Vec<(&'a Layer, Vec<u32>)>,
}

/// Where a feature was seen that may be in several tiles.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Counted,
    AtEdge,
}

/// A tile that is looked through.
struct Search<'a> {
    layer: &'a Layer,
    windows: Vec<Window>,
    filter: Option<Bound<'a>>,
    ids: Option<&'a Column>,
    /// Whether there is no tile beyond on the left, above, on the right and below.
    is_last: [bool; 4],
}

impl<'a> Rows<'a> {
    /// Finds the rows of a request.
    pub(crate) fn find(store: &'a mut Store, request: &Request<'_>) -> Result<Self, Undecided> {
        let tiles = request.area.tiles(request.zoom, MOST_TILES).ok_or(Undecided::Incomplete)?;
        let key = |(x, y)| TileKey { layer: request.layer, zoom: request.zoom, x, y };
        for tile in &tiles {
            // Each of them counts as used.
            let kept = store.kept_mut(&key(*tile)).filter(|kept| kept.is_complete);
            kept.ok_or(Undecided::Incomplete)?;
        }
        let store = &*store;
        let last = last(request);
        let mut rows = Rows::default();
        let mut seen = HashMap::new();
        let mut crossings = Crossings::default();
        for (tile, (x, y)) in tiles.into_iter().enumerate() {
            let Some(kept) = store.kept(&key((x, y))) else { continue };
            if let Some(boxes) = &kept.boxes {
                let found = crossings.find((boxes, kept.layer.as_ref()), (x, y), request)?;
                rows.layers.push((&boxes.layer, found));
                continue;
            }
            let Some(layer) = &kept.layer else { continue };
            if layer.column(CLUSTER).is_some() {
                return Err(Undecided::Aggregated);
            }
            let search = Search {
                layer,
                windows: windows(request, (x, y), layer.extent, request.tolerance),
                filter: request.filter.map(|filter| filter.bind(request.schema, layer)).transpose()?,
                ids: ids(request, layer)?,
                is_last: [x == 0, y == 0, x == last, y == last],
            };
            if !is_known(&search.windows, request, (x, y), layer.extent, request.buffer) {
                return Err(Undecided::Incomplete);
            }
            let found = search.rows(tile, &mut seen)?;
            rows.layers.push((layer, found));
        }
        let is_unsure = seen.values().any(|(place, _)| *place == Seen::AtEdge) || !crossings.are_sure();
        if is_unsure { Err(Undecided::Edge) } else { Ok(rows) }
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
/// By `cartodb_id`, and the last tile that had it.
type ById = HashMap<u64, (Seen, Option<usize>)>;

impl Search<'_> {
    fn rows(&self, tile: usize, seen: &mut ById) -> Result<Vec<u32>, Undecided> {
        let mut rows = Vec::new();
        for feature in 0..self.layer.len() {
            let Some(geometry) = self.layer.geometry(feature) else { break };
            let (is_owned, is_alone, place) = match (geometry.kind, geometry.points()) {
                (Kind::Points, [point]) => {
                    let (is_owned, is_near) = self.owns(*point);
                    if !is_owned && !is_near {
                        continue;
                    }
                    (is_owned, !is_near, best(&self.windows, |window| window.place_of_point(*point)))
                }
                _ => (true, false, best(&self.windows, |window| window.place_of(geometry))),
            };
            if place == Place::Outside {
                continue;
            }
            match self.filter.as_ref().map_or(Verdict::Yes, |filter| filter.test(feature)) {
                Verdict::Yes => {}
                Verdict::No => continue,
                Verdict::Unknown => return Err(Undecided::Meaning),
            }
            let is_counted = if is_alone {
                place == Place::Inside || return Err(Undecided::Edge)
            } else if let Some(ids) = self.ids {
                let id = ids.number(feature).filter(|id| id.fract() == 0.0).ok_or(Undecided::Identity)?;
                note(seen, id, place, tile)?
            } else if geometry.kind == Kind::Points && geometry.points().len() == 1 {
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

/// The last column or row of tiles.
fn last(request: &Request<'_>) -> u32 {
    2_u32.checked_pow(request.zoom.into()).unwrap_or(0).wrapping_sub(1)
}

/// The area of a request in units of a tile.
pub(crate) fn windows(request: &Request<'_>, tile: (u32, u32), extent: u32, tolerance: f64) -> Vec<Window> {
    request.area.0.iter().map(|area| Window::new(area, request.zoom, tile, extent, tolerance)).collect()
}

/// The identifiers of a layer, if it has any.
pub(crate) fn ids<'a>(request: &Request<'_>, layer: &'a Layer) -> Result<Option<&'a Column>, Undecided> {
    let is_there = request.schema.type_of(ID) == Some(Type::Number);
    if is_there { column_of(layer, ID, Type::Number) } else { Ok(None) }
}

/// Whether tiles reach as far as the area does: beyond the world they have no more than so many pixels.
pub(crate) fn is_known(windows: &[Window], request: &Request<'_>, tile: (u32, u32), extent: u32, pixels: f64) -> bool {
    let extent = f64::from(extent);
    // The window is larger by the tolerance, and what is computed is not exact to the last digit.
    let units = pixels * extent / 256.0 + request.tolerance + 1e-6 * extent;
    let reaches = |window: &Window| {
        let [_, top, _, bottom] = window.possible();
        !(tile.1 == 0 && top < -units || tile.1 == last(request) && bottom > extent + units)
    };
    windows.iter().all(reaches)
}

pub(crate) fn best(windows: &[Window], place: impl Fn(&Window) -> Place) -> Place {
    windows.iter().fold(Place::Outside, |before, window| better(before, place(window)))
}

/// The place of what is in one of two places or in both.
pub(crate) fn better(one: Place, other: Place) -> Place {
    match (one, other) {
        (Place::Inside, _) | (_, Place::Inside) => Place::Inside,
        (Place::Outside, Place::Outside) => Place::Outside,
        _ => Place::Edge,
    }
}

/// Notes where a feature of an identifier was seen; whether it counts now.
fn note(seen: &mut ById, id: f64, place: Place, tile: usize) -> Result<bool, Undecided> {
    let now = if place == Place::Inside { Seen::Counted } else { Seen::AtEdge };
    let (before, last) = seen.entry(id.to_bits()).or_insert((Seen::AtEdge, None));
    // Twice in one tile are two rows of one number.
    if last.replace(tile) == Some(tile) {
        return Err(Undecided::Identity);
    }
    let is_first = *before == Seen::AtEdge && now == Seen::Counted;
    if is_first {
        *before = now;
    }
    Ok(is_first)
}
