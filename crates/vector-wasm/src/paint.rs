//! Tiles of a map: what is missing for them, and how they are painted.

use crate::boxes::KEY;
use crate::features::TileFeatures;
use crate::layer::MapLayer;
use crate::map::Map;
use tiles::{Cancel, Kept, Painted, TileId};
use vector::{Content, Filter, Limits, Schema, Tile, TileKey, Type};

/// What is painted together in a tile.
#[derive(Debug, PartialEq)]
pub enum Run {
    /// Layers that are drawn here, by their places among those that are visible.
    Here(usize, usize),
    /// The server's image of a layer, by its address.
    Image(String),
}

/// Where a tile of some tiles is kept.
pub fn key(number: u32, tile: TileId) -> Option<TileKey> {
    Some(TileKey { layer: number, zoom: u8::try_from(tile.z).ok()?, x: tile.x, y: tile.y })
}

impl Map {
    /// The vector tiles that are needed for a tile, and are not there: the number of the tiles, and the address.
    pub fn missing(&mut self, tile: TileId) -> Vec<(u32, String)> {
        self.zoom = tile.z;
        let mut wanted: Vec<(u32, String)> = Vec::new();
        for layer in self.visible().into_iter().filter_map(|index| self.layers.get(index)) {
            let Some(tiles) = layer.tiles(&self.sources).filter(|_| layer.is_at(tile.z) && self.is_drawn(layer)) else {
                continue;
            };
            let is_there = key(tiles.number, tile).is_none_or(|key| self.store.contains(&key));
            if !is_there && wanted.iter().all(|(number, _)| *number != tiles.number) {
                wanted.push((tiles.number, self.url(&tiles.group, 0, tile, ".mvt")));
            }
        }
        wanted
    }

    fn url(&self, group: &str, position: usize, TileId { z, x, y }: TileId, format: &str) -> String {
        let (before, behind) = &self.address;
        let mut url = [before, group].concat();
        for number in [position, z as usize, x as usize, y as usize] {
            url.push('/');
            url.push_str(&crate::json::Json::from(number).written());
        }
        url.push_str(format);
        url.push_str(behind);
        let subdomain = self.subdomains.get((x + y) as usize % self.subdomains.len().max(1));
        subdomain.map(|subdomain| compact::replace(&url, "{s}", subdomain)).unwrap_or(url)
    }

    /// Keeps a vector tile.
    pub fn put(&mut self, number: u32, tile: TileId, bytes: &[u8]) {
        let tiles = |source: &&crate::source::Source| source.tiles.as_ref().is_some_and(|tiles| tiles.number == number);
        let (Some(source), Some(key)) = (self.sources.iter().find(tiles), key(number, tile)) else { return };
        self.shapes.remove(&key);
        let boxes = source.has_boxes().then_some(KEY);
        let Ok(mut read) = Tile::decode_apart(bytes, &Limits::default(), boxes) else {
            self.store.insert_damaged(key);
            return;
        };
        if let (Some(layer), Some(Schema(columns))) = (read.layers.first_mut(), source.schema()) {
            for (name, _) in columns.iter().filter(|(_, kind)| *kind == Type::Number) {
                layer.read_numbers(name, &self.digits.read);
            }
        }
        self.store.insert(key, read, source.is_countable());
    }

    /// How a tile is painted, bottom first, when its vector tiles are there. `None` when the server has to draw a layer that it
    /// does not have as it is now.
    pub fn runs(&mut self, tile: TileId, scale: u32) -> Option<Vec<Run>> {
        let mut runs = Vec::new();
        for (place, index) in self.visible().into_iter().enumerate() {
            let Some(layer) = self.layers.get(index).filter(|layer| layer.is_at(tile.z)) else { continue };
            let is_drawn = self.is_drawn(layer);
            let tiles = layer.tiles(&self.sources);
            let content = tiles.and_then(|tiles| self.store.content(&key(tiles.number, tile)?));
            let is_here = is_drawn
                && match content {
                    Some(Content::Empty) => true,
                    Some(Content::Layer(found)) => {
                        let filter = filter_of(layer, tiles.map(|tiles| &tiles.schema));
                        TileFeatures::new(found, &[], tile, filter).is_some()
                    }
                    Some(Content::Damaged) | None => false,
                };
            match (is_here, runs.last_mut()) {
                (true, Some(Run::Here(_, end))) if *end == place => *end = place + 1,
                (true, _) => runs.push(Run::Here(place, place + 1)),
                (false, _) if !layer.is_on_server => return None,
                (false, _) => {
                    let format = if scale > 1 { "@2x.png" } else { ".png" };
                    runs.push(Run::Image(self.url(&layer.group, layer.position, tile, format)));
                }
            }
        }
        Some(runs)
    }

    /// Paints visible layers: red, green, blue and opacity of each pixel.
    pub fn paint(&mut self, (first, end): (usize, usize), tile: TileId, scale: u32) -> Vec<u8> {
        let visible = self.visible();
        let empty = vector::Layer::default();
        let mut drawn = Vec::new();
        for index in visible.get(first..end).unwrap_or_default() {
            let Some(layer) = self.layers.get(*index) else { continue };
            let (Some(style), Some(tiles)) = (layer.drawable(), layer.tiles(&self.sources)) else { continue };
            let Some(key) = key(tiles.number, tile) else { continue };
            let found = match self.store.content(&key) {
                Some(Content::Layer(found)) => found,
                // A style may have a background.
                _ => &empty,
            };
            let filter = filter_of(layer, Some(&tiles.schema));
            let Some(features) = TileFeatures::new(found, style.columns(), tile, filter) else { continue };
            drawn.push((style, features, self.shapes.of((key, *index, scale))));
        }
        let layers: Vec<Painted<'_>> = drawn
            .iter()
            .map(|(style, features, shapes)| Painted::Kept(Kept { style, columns: style.columns(), features, shapes }))
            .collect();
        let painting = tiles::paint_unless(&Cancel::default(), &self.markers, &layers, &tile.view(scale));
        self.shapes.trim();
        painting.map(|painting| painting.rgba()).unwrap_or_default()
    }
}

/// The filter of a layer, and the columns that it is about.
pub fn filter_of<'a>(layer: &'a MapLayer, schema: Option<&'a Schema>) -> Option<(&'a Filter, &'a Schema)> {
    layer.filter.as_ref().zip(schema)
}
