//! Features under the pointer: which layers take part, which grids are needed, who is told (spec 5.3).

use super::layer::Layer;
use super::owner::Owner;
use crate::event::{Arg, Event};
use crate::maps::grid::Grid;
use crate::maps::mercator::{Cell, cell_at};
use crate::maps::tiles::TileSource;
use crate::subject::Subject;
use maps_api::json::Value;
use std::rc::Rc;

/// What the pointer did, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointer {
    /// A click; otherwise a move.
    pub click: bool,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees, not wrapped.
    pub lng: f64,
    /// Zoom level of the tiles that are shown: a whole number also when the map's zoom is fractional.
    pub zoom: f64,
    /// The position in pixels of the world at that zoom level, longitude wrapped.
    pub world: (f64, f64),
    /// Pixels from the left edge of the map's container.
    pub x: f64,
    /// Pixels from its top edge.
    pub y: f64,
}

/// A tile of one layer's grid: index of the layer, zoom, column, row.
pub type GridKey = (usize, u32, i64, i64);

#[derive(Debug)]
enum Entry {
    /// Being read; the pointer event that is looked at when it arrives, and whether it was told that the grid failed.
    Reading(Pointer, bool),
    Ready(Grid),
    /// Could not be read; not tried again until the map changes, or what the reason was may have passed.
    Failed(Hope),
}

/// Whether a grid that failed is asked for again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hope {
    None,
    /// Not before a while.
    Later,
    /// When the pointer needs it.
    Now,
}

/// The grids of the map as it is shown now.
#[derive(Debug, Default)]
pub struct Hover {
    /// A few dozen at most: those of the tiles that the pointer has been over.
    grids: Vec<(GridKey, Entry)>,
    /// Counts the maps: a grid of a former one is of no use.
    epoch: u32,
    hovered: Vec<usize>,
    /// The latest click, while grids are being read for it.
    click: Option<Click>,
}

/// A click, and the features that were found under it so far.
#[derive(Debug)]
struct Click {
    pointer: Pointer,
    features: Vec<(usize, Value)>,
    /// The grids that have not been looked at yet.
    missing: Vec<GridKey>,
}

/// What a pointer event leads to.
#[derive(Debug, Default)]
pub struct Reaction {
    /// Events of layers, in order.
    pub events: Vec<(Rc<Subject>, Event)>,
    /// Grids to read: key, epoch and address.
    pub reads: Vec<(GridKey, u32, String)>,
    /// The cursor that the map should have: a pointing hand or the default; `None` leaves it.
    pub hand: Option<bool>,
    /// The event of the client about all features under a click.
    pub clicked: Option<Event>,
    /// Whether a grid came that had failed before.
    pub is_back: bool,
}

impl Hover {
    /// Forgets all grids: the map shows something else. Tells whether a feature was hovered, so that the cursor can
    /// be put back.
    pub fn reset(&mut self) -> bool {
        self.epoch += 1;
        self.grids.clear();
        self.click = None;
        !std::mem::take(&mut self.hovered).is_empty()
    }

    /// Looks for features under the pointer in all layers that are shown and have columns, bottom first.
    pub fn pointer<O: Owner + 'static>(
        &mut self,
        layers: &[Rc<Layer<O>>],
        tiles: &TileSource,
        pointer: &Pointer,
    ) -> Reaction {
        let mut reaction = Reaction::default();
        let Some(cell) = cell_at(pointer.world.0, pointer.world.1, pointer.zoom) else { return reaction };
        let mut click = Click { pointer: pointer.clone(), features: Vec::new(), missing: Vec::new() };
        let mut asked = false;
        for (index, layer) in layers.iter().enumerate() {
            if !(layer.is_visible() && layer.is_interactive()) {
                continue;
            }
            asked = true;
            let key = (index, cell.z, cell.x, cell.y);
            match self.grids.iter_mut().find(|(other, _)| *other == key).map(|(_, entry)| entry) {
                Some(Entry::Ready(grid)) => {
                    let hit = grid.feature(cell.column, cell.row).cloned();
                    click.features.extend(hit.clone().map(|data| (index, data)));
                    self.react(&mut reaction, index, &layer.subject, pointer, hit);
                }
                // The latest position counts when the grid arrives, but a click is not forgotten for a move.
                Some(Entry::Reading(waiting, _)) => {
                    click.missing.push(key);
                    if pointer.click || !waiting.click {
                        *waiting = pointer.clone();
                    }
                }
                Some(Entry::Failed(Hope::None | Hope::Later)) => {}
                entry => {
                    if let Some(url) = tiles.grid(index, cell.z, cell.x, cell.y) {
                        click.missing.push(key);
                        reaction.reads.push((key, self.epoch, url));
                        let reading = Entry::Reading(pointer.clone(), entry.is_some());
                        match entry {
                            Some(failed) => *failed = reading,
                            None => self.grids.push((key, reading)),
                        }
                    }
                }
            }
        }
        if asked && pointer.click {
            self.click = Some(click);
            reaction.clicked = self.clicked(layers);
        }
        reaction
    }

    /// The event about all features under a click, once every grid was looked at.
    fn clicked<O>(&mut self, layers: &[Rc<Layer<O>>]) -> Option<Event> {
        let click = self.click.take_if(|click| click.missing.is_empty())?;
        let mut features = Vec::new();
        // In the order of the layers; grids arrive in any.
        for (index, layer) in layers.iter().enumerate() {
            if let Some((_, data)) = click.features.iter().find(|(of, _)| *of == index) {
                features.push((layer.subject.clone(), data.clone()));
            }
        }
        Some(Event::of("featuresClicked", Arg::Features(features, place(&click.pointer))))
    }

    /// Grids that failed for a reason that may pass are asked for when the pointer needs them.
    pub fn may_ask_again(&mut self) {
        for (_, entry) in &mut self.grids {
            if let Entry::Failed(hope @ Hope::Later) = entry {
                *hope = Hope::Now;
            }
        }
    }

    /// Takes a grid that was read, or the event that tells that it could not be with whether that may pass, and looks at
    /// the pointer that waited for it.
    pub fn answer<O>(
        &mut self,
        layers: &[Rc<Layer<O>>],
        key: GridKey,
        epoch: u32,
        grid: Result<Grid, (Event, bool)>,
    ) -> Reaction {
        let mut reaction = Reaction::default();
        if epoch != self.epoch {
            return reaction;
        }
        let waiting = self.grids.iter().position(|(other, _)| *other == key);
        let waiting = waiting.map(|index| self.grids.swap_remove(index).1);
        if let Some(click) = self.click.as_mut().filter(|click| click.missing.contains(&key)) {
            click.missing.retain(|missing| *missing != key);
            let cell = cell_at(click.pointer.world.0, click.pointer.world.1, click.pointer.zoom);
            let hit = cell.and_then(|cell| grid.as_ref().ok()?.feature(cell.column, cell.row));
            click.features.extend(hit.map(|data| (key.0, data.clone())));
        }
        let had_failed = matches!(waiting, Some(Entry::Reading(_, true)));
        let grid = match grid {
            Ok(grid) => grid,
            Err((failed, may_pass)) => {
                self.grids.push((key, Entry::Failed(if may_pass { Hope::Later } else { Hope::None })));
                // Told once, until it comes.
                if !(may_pass && had_failed) {
                    reaction.events.extend(layers.get(key.0).map(|layer| (layer.subject.clone(), failed)));
                }
                reaction.clicked = self.clicked(layers);
                return reaction;
            }
        };
        if let (Some(Entry::Reading(pointer, _)), Some(layer)) = (waiting, layers.get(key.0))
            && let Some(Cell { z, x, y, column, row }) = cell_at(pointer.world.0, pointer.world.1, pointer.zoom)
        {
            // The pointer may have left the tile since; then another grid answers for it.
            if (key.0, z, x, y) == key {
                self.react(&mut reaction, key.0, &layer.subject, &pointer, grid.feature(column, row).cloned());
            }
        }
        self.grids.push((key, Entry::Ready(grid)));
        reaction.is_back = had_failed;
        reaction.clicked = self.clicked(layers);
        reaction
    }

    /// The pointer left the map: every hovered layer is told once.
    pub fn leave<O>(&mut self, layers: &[Rc<Layer<O>>]) -> Reaction {
        let hovered = std::mem::take(&mut self.hovered);
        let left = |index: &usize| layers.get(*index).map(|layer| (layer.subject.clone(), out()));
        Reaction {
            hand: (!hovered.is_empty()).then_some(false),
            events: hovered.iter().filter_map(left).collect(),
            ..Reaction::default()
        }
    }

    fn react(
        &mut self,
        reaction: &mut Reaction,
        index: usize,
        layer: &Rc<Subject>,
        pointer: &Pointer,
        hit: Option<Value>,
    ) {
        let mut tell = |event| reaction.events.push((layer.clone(), event));
        self.hovered.retain(|hovered| *hovered != index);
        match hit {
            None => tell(out()),
            Some(data) if pointer.click => {
                // A page that closes its popup on out and opens it on click must end with an open one.
                tell(out());
                tell(feature("featureClicked", data, pointer));
            }
            Some(data) => {
                self.hovered.push(index);
                tell(feature("featureOver", data, pointer));
            }
        }
        reaction.hand = Some(!self.hovered.is_empty());
    }
}

fn out() -> Event {
    // Neither data nor position: both are undefined to the page.
    Event::of("featureOut", Arg::NoFeature)
}

fn feature(name: &'static str, data: Value, pointer: &Pointer) -> Event {
    let mut feature = Value::object([("data", data)]);
    for (name, value) in place(pointer).members() {
        feature.push(name, value.clone());
    }
    Event::of(name, Arg::Value(feature))
}

/// Where the pointer is, in degrees and in pixels of the map's container.
fn place(pointer: &Pointer) -> Value {
    let at = Value::object([("lat", pointer.lat.into()), ("lng", pointer.lng.into())]);
    let position = Value::object([("x", pointer.x.into()), ("y", pointer.y.into())]);
    Value::object([("latLng", at), ("position", position)])
}
