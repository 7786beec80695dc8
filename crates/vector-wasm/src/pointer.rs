//! What is under the pointer, and who is told: all features of all layers, where everything that is asked of them is there.

use crate::digits::Digits;
use crate::features::TileFeatures;
use crate::json::Json;
use crate::layer::Labels;
use crate::map::Map;
use crate::paint::{filter_of, key};
use tiles::{Kept, LabelBox, Painted, Shapes, TileId};
use vector::{Content, Grid, Reach, Value};

/// Pixels of a tile's side.
const SIDE: f64 = 256.0;
/// By how many pixels a feature may be missed.
const TOLERANCE: f64 = 1.0;
/// The same for labels, whose boxes are as high as capitals.
const LETTERS: f32 = 2.0;

/// What a pointer does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    /// A click; otherwise a move.
    pub is_click: bool,
    /// The zoom level of the tiles that are shown.
    pub zoom: u32,
    /// Where, in pixels of the world at that level.
    pub x: f64,
    pub y: f64,
}

impl Map {
    /// What layers and the page are told, as JSON: `events`, each with a layer, a name and a feature; `hand`, whether one is
    /// under the pointer; and `features`, all under a click, the topmost at the end. `ids` are the layers that want to know,
    /// bottom first. `None` when the server is to be asked for one of them.
    pub fn pointer(&mut self, pointer: Pointer, ids: &[String]) -> Option<String> {
        let world = SIDE * 2_f64.powi(i32::try_from(pointer.zoom).ok()?);
        if !(0.0..world).contains(&pointer.x) || !(0.0..world).contains(&pointer.y) {
            return None;
        }
        let (column, row) = ((pointer.x / SIDE).floor(), (pointer.y / SIDE).floor());
        let tile = TileId { z: pointer.zoom, x: column as u32, y: row as u32 };
        let place = [pointer.x - column * SIDE, pointer.y - row * SIDE];
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let index = self.layers.iter().position(|layer| layer.id == *id)?;
            found.push((id, self.features_at(index, tile, place)?));
        }
        let mut events = Vec::new();
        for (id, features) in &found {
            let mut tell = |name: &str, data: Option<&Json>| {
                let mut event = vec![Json::Plain((*id).clone()), name.into()];
                event.extend(data.cloned());
                events.push(Json::List(event));
            };
            self.hovered.retain(|hovered| hovered != *id);
            match features.first() {
                None => tell("featureOut", None),
                // As the engine has it: a popup that closes on out and opens on a click stays open.
                Some(data) if pointer.is_click => {
                    tell("featureOut", None);
                    tell("featureClicked", Some(data));
                }
                Some(data) => {
                    self.hovered.push((*id).clone());
                    tell("featureOver", Some(data));
                }
            }
        }
        let hand = Json::from(!self.hovered.is_empty());
        let mut told = Json::object([("events", Json::List(events)), ("hand", hand)]);
        if pointer.is_click {
            let mut all = Vec::new();
            for (id, features) in &found {
                for data in features.iter().rev() {
                    all.push(Json::List(vec![Json::Plain((*id).clone()), data.clone()]));
                }
            }
            told.set("features", Json::List(all));
        }
        Some(told.written())
    }

    /// The layers that are told that the pointer has left, as JSON.
    pub fn leave(&mut self) -> String {
        let left = std::mem::take(&mut self.hovered);
        Json::List(left.into_iter().map(Json::Plain).collect()).written()
    }

    /// The features of a layer at a place, topmost first.
    fn features_at(&mut self, index: usize, tile: TileId, place: [f64; 2]) -> Option<Vec<Json>> {
        let layer = self.layers.get(index)?;
        let source = self.sources.get(layer.source)?;
        let is_told = |column: &String| source.has(column) || source.tiles.is_some() && source.is_without(column);
        if !self.is_drawn(layer) || !layer.interactivity.iter().all(is_told) {
            return None;
        }
        if !layer.is_at(tile.z) {
            return Some(Vec::new());
        }
        let tiles = source.tiles.as_ref()?;
        let content = match self.store.content(&key(tiles.number, tile)?)? {
            Content::Damaged => return None,
            Content::Empty => return Some(Vec::new()),
            Content::Layer(content) => content,
        };
        if layer.grids.iter().all(|(known, ..)| *known != tile) {
            let style = layer.drawable()?;
            let columns = style.columns();
            let drawn = TileFeatures::new(content, columns, tile, filter_of(layer, Some(&tiles.schema)))?;
            let kept = Kept { style, columns, features: &drawn, shapes: &Shapes::default() };
            let reaches = tiles::reaches(&self.markers, Painted::Kept(kept), tile);
            let grid = Grid::new(content, reaches.features.into_iter().map(reach).collect());
            self.layers.get_mut(index)?.keep_grid(tile, grid, reaches.labels);
        }
        let layer = self.layers.get(index)?;
        let (_, grid, labels) = layer.grids.iter().find(|(known, ..)| *known == tile)?;
        let columns: Vec<_> = layer.interactivity.iter().map(|name| (name, content.column(name))).collect();
        let mut hits = Vec::new();
        grid.find(content, place, TOLERANCE, |feature| hits.push(feature));
        add_labelled(&mut hits, labels, place);
        let told = |feature: usize| {
            let value = |(name, column): &(&String, Option<&vector::Column>)| {
                let value = column.map_or(Value::Null, |column| column.get(feature));
                ((*name).clone(), written(value, self.digits))
            };
            Json::Object(columns.iter().map(value).collect())
        };
        Some(hits.into_iter().map(told).collect())
    }
}

/// Adds the features whose labels are at a place, each in its place among those that are drawn there, topmost first.
fn add_labelled(hits: &mut Vec<usize>, labels: &Labels, [x, y]: [f64; 2]) {
    let (x, y) = (x as f32, y as f32);
    for (feature, LabelBox([left, top, right, bottom])) in labels {
        if (left - LETTERS..=right + LETTERS).contains(&x) && (top - LETTERS..=bottom + LETTERS).contains(&y) {
            let place = hits.iter().position(|hit| hit <= feature).unwrap_or(hits.len());
            if hits.get(place) != Some(feature) {
                hits.insert(place, *feature);
            }
        }
    }
}

/// What the pointer can meet of a feature.
fn reach(drawn: tiles::Reach) -> Reach {
    match drawn {
        tiles::Reach { marker: Some(radius), .. } => Reach::Marker(radius),
        tiles::Reach { has_area: true, line, .. } => Reach::Fill(line.unwrap_or(0.0)),
        tiles::Reach { line: Some(distance), .. } => Reach::Stroke(distance),
        _ => Reach::Nothing,
    }
}

fn written(value: Value<'_>, digits: Digits) -> Json {
    match value {
        Value::Null => Json::null(),
        Value::Bool(truth) => truth.into(),
        #[expect(clippy::cast_precision_loss, reason = "as a script reads it")]
        Value::Integer(number) => digits.json(number as f64),
        Value::Number(number) => digits.json(number),
        Value::Text(text) => text.into(),
    }
}
