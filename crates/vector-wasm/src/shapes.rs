//! The shapes of the features of tiles that were drawn, for as long as there is room.

use tiles::Shapes;
use vector::TileKey;

/// Bytes of all of them.
const MOST_BYTES: usize = 32 << 20;
/// Tiles, most of which have points, whose shapes take nothing.
const MOST_TILES: usize = 256;

/// The shapes of tiles, those that were used last at the end: of a tile, drawn for a layer in some place, at a scale.
#[derive(Debug, Default)]
pub struct ShapesOfTiles(Vec<((TileKey, usize, u32), Shapes)>);

impl ShapesOfTiles {
    /// The shapes of a tile that is drawn for a layer at a scale.
    pub fn of(&mut self, of: (TileKey, usize, u32)) -> Shapes {
        let known = self.0.iter().position(|(other, _)| *other == of);
        let tile = known.map_or_else(|| (of, Shapes::default()), |index| self.0.remove(index));
        let shapes = tile.1.clone();
        self.0.push(tile);
        shapes
    }

    /// Forgets the shapes of a tile that is another one now.
    pub fn remove(&mut self, key: &TileKey) {
        self.0.retain(|((other, ..), _)| other != key);
    }

    /// Lets go of those that were not used for longest when there are too many.
    pub fn trim(&mut self) {
        let mut bytes: usize = self.0.iter().map(|(_, shapes)| shapes.bytes()).sum();
        while bytes > MOST_BYTES || self.0.len() > MOST_TILES {
            bytes -= self.0.remove(0).1.bytes();
        }
    }
}
