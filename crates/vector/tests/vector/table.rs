//! Rows of a table, and the tiles that a server would make of them.

use crate::writer::{LayerWriter, Written};
use vector::{Kind, Limits, Point, Store, Tile, TileKey};

/// A row: parts of a geometry as parts of the world's side, and values by column.
#[derive(Clone, Debug)]
pub struct Row {
    pub kind: Kind,
    pub parts: Vec<Vec<[f64; 2]>>,
    pub values: Vec<(&'static str, Written)>,
}

impl Row {
    pub fn point(place: [f64; 2], values: Vec<(&'static str, Written)>) -> Self {
        Self { kind: Kind::Points, parts: vec![vec![place]], values }
    }
}

/// A tile of rows, with what is in its buffer. Shapes are not cut.
pub fn tile(rows: &[Row], zoom: u8, (x, y): (u32, u32), extent: u32, buffer: f64) -> Vec<u8> {
    let mut layer = LayerWriter::new("layer0");
    layer.extent = Some(extent);
    let side = 2_f64.powi(zoom.into());
    let units = f64::from(extent);
    let (low, high) = (-buffer / 256.0 * units, units + buffer / 256.0 * units);
    for row in rows {
        let unit =
            |[across, down]: [f64; 2]| [(across * side - f64::from(x)) * units, (down * side - f64::from(y)) * units];
        let all = || row.parts.iter().flatten().map(|place| unit(*place));
        let misses = |axis: usize| all().all(|place| place[axis] < low) || all().all(|place| place[axis] > high);
        if misses(0) || misses(1) {
            continue;
        }
        let rounded = |place: &[f64; 2]| unit(*place).map(|unit| unit.round() as i32);
        let parts: Vec<Vec<Point>> = row.parts.iter().map(|part| part.iter().map(rounded).collect()).collect();
        layer.feature(None, row.kind, &parts, &row.values);
    }
    layer.tile()
}

/// A store with all tiles of a zoom level, as layer 1.
pub fn store(rows: &[Row], zoom: u8, extent: u32, buffer: f64) -> Store {
    let mut store = Store::new(1 << 30);
    let side = 1_u32 << zoom;
    for (x, y) in (0..side).flat_map(|x| (0..side).map(move |y| (x, y))) {
        let bytes = tile(rows, zoom, (x, y), extent, buffer);
        let tile = Tile::decode(&bytes, &Limits::default()).unwrap();
        assert!(store.insert(TileKey { layer: 1, zoom, x, y }, tile, true).is_empty());
    }
    store
}
