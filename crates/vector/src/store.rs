//! The tiles that are kept.

use crate::boxes;
use crate::hit::Grid;
use crate::{Layer, Tile};
use std::cell::Cell;

/// Names of the layers of the tile that servers send in place of one that is over a limit.
const STRIPES: [&str; 2] = ["errorTileSquareLayer", "errorTileStripesLayer"];

/// Where a tile belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileKey {
    /// A number that the caller gives to a layer, and anew to a layer with other data.
    pub layer: u32,
    /// The zoom level.
    pub zoom: u8,
    /// Columns of tiles from the west.
    pub x: u32,
    /// Rows of tiles from the north.
    pub y: u32,
}

/// A tile that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The layer; none when the tile has no features.
    pub(crate) layer: Option<Layer>,
    /// Whether it has all features.
    pub(crate) is_complete: bool,
    /// Whether it could not be had or read, or is one of stripes.
    is_damaged: bool,
    pub(crate) grid: Option<Grid>,
    weight: usize,
    used: Cell<u64>,
}

/// What is there of a tile.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// It could not be made by the server, or not be read here.
    Damaged,
    /// It has no features.
    Empty,
    /// Its features.
    Layer(&'a Layer),
}

/// Tiles by key, no more than some bytes: those that were not used for longest are let go.
#[derive(Debug)]
pub struct Store {
    /// Hundreds at most, so that they are looked through.
    tiles: Vec<(TileKey, Kept)>,
    weight: usize,
    most: usize,
    /// Counts uses.
    now: Cell<u64>,
}

impl Store {
    /// A store of at most so many bytes, as [`Tile::weight`] counts them.
    #[must_use]
    pub fn new(most_bytes: usize) -> Self {
        Self { tiles: Vec::new(), weight: 0, most: most_bytes, now: Cell::new(0) }
    }

    /// Keeps a tile, in place of one of the same key. `is_complete` is whether it has all features of its square, each by
    /// itself: no limit cut it off, and nothing was left out because it was small. A tile of more than one layer, with
    /// features or boxes that could not be read, or of stripes is never complete. Gives the keys of tiles that were let go; a tile
    /// that is too large for the store is itself one of them.
    pub fn insert(&mut self, key: TileKey, tile: Tile, is_complete: bool) -> Vec<TileKey> {
        self.remove(&key);
        // Text that many rows have in common is as much work as if each had its own.
        let boxes = tile.layers.iter().map(boxes::check).sum::<Option<usize>>();
        let weight = tile.weight() + boxes.unwrap_or_default() + size_of::<Kept>();
        if weight > self.most {
            return vec![key];
        }
        let is_damaged = tile.layers.iter().any(|layer| STRIPES.contains(&&*layer.name));
        let is_whole = tile.layers.len() <= 1 && tile.layers.iter().all(|layer| layer.skipped == 0);
        let is_complete = is_complete && is_whole && !is_damaged && boxes.is_some();
        let layer = tile.layers.into_iter().next();
        self.keep(key, Kept { layer, is_complete, is_damaged, grid: None, weight, used: Cell::new(0) })
    }

    /// Remembers that a tile cannot be had or read, so that nobody asks for it again. Gives what [`Store::insert`] gives.
    pub fn insert_damaged(&mut self, key: TileKey) -> Vec<TileKey> {
        self.remove(&key);
        let weight = size_of::<Kept>();
        self.keep(
            key,
            Kept { layer: None, is_complete: false, is_damaged: true, grid: None, weight, used: Cell::new(0) },
        )
    }

    fn keep(&mut self, key: TileKey, kept: Kept) -> Vec<TileKey> {
        self.weight += kept.weight;
        self.tiles.push((key, Kept { used: Cell::new(self.tick()), ..kept }));
        self.shrink(key)
    }

    /// What is there of a tile, which counts as used; `None` when it is not there.
    pub fn content(&self, key: &TileKey) -> Option<Content<'_>> {
        let kept = self.kept(key)?;
        kept.used.set(self.tick());
        Some(match &kept.layer {
            _ if kept.is_damaged => Content::Damaged,
            Some(layer) => Content::Layer(layer),
            None => Content::Empty,
        })
    }

    /// Lets go what is too much, but for one tile.
    fn shrink(&mut self, but: TileKey) -> Vec<TileKey> {
        let mut gone = Vec::new();
        while self.weight > self.most {
            let others = self.tiles.iter().filter(|(key, _)| *key != but);
            let Some(oldest) = others.min_by_key(|(_, kept)| kept.used.get()).map(|(key, _)| *key) else { break };
            self.remove(&oldest);
            gone.push(oldest);
        }
        gone
    }

    /// Lets a tile go; `false` when it is not there.
    pub fn remove(&mut self, key: &TileKey) -> bool {
        let Some(place) = self.tiles.iter().position(|(known, _)| known == key) else { return false };
        let (_, gone) = self.tiles.swap_remove(place);
        self.weight -= gone.weight;
        true
    }

    /// Lets all tiles of a layer go.
    pub fn remove_layer(&mut self, layer: u32) {
        self.tiles.retain(|(key, _)| key.layer != layer);
        self.weight = self.tiles.iter().map(|(_, kept)| kept.weight).sum();
    }

    /// Whether a tile is there.
    #[must_use]
    pub fn contains(&self, key: &TileKey) -> bool {
        self.kept(key).is_some()
    }

    /// The layer of a tile, which counts as used; `None` when the tile is not there or is empty.
    pub fn layer(&mut self, key: &TileKey) -> Option<&Layer> {
        self.kept_mut(key)?.layer.as_ref()
    }

    /// Bytes of all tiles.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// A later time than all before.
    fn tick(&self) -> u64 {
        self.now.set(self.now.get() + 1);
        self.now.get()
    }

    /// Marks a tile as used.
    pub(crate) fn kept_mut(&mut self, key: &TileKey) -> Option<&mut Kept> {
        let now = self.tick();
        let (_, kept) = self.tiles.iter_mut().find(|(known, _)| known == key)?;
        kept.used.set(now);
        Some(kept)
    }

    pub(crate) fn kept(&self, key: &TileKey) -> Option<&Kept> {
        self.tiles.iter().find(|(known, _)| known == key).map(|(_, kept)| kept)
    }

    /// Counts what a tile has become.
    pub(crate) fn weigh(&mut self, key: &TileKey, grid: Option<Grid>) -> Vec<TileKey> {
        let Some((_, kept)) = self.tiles.iter_mut().find(|(known, _)| known == key) else { return Vec::new() };
        let weight = |grid: &Option<Grid>| grid.as_ref().map_or(0, Grid::weight);
        let (before, after) = (weight(&kept.grid), weight(&grid));
        kept.grid = grid;
        kept.weight = kept.weight + after - before;
        self.weight = self.weight + after - before;
        self.shrink(*key)
    }
}
