//! Where a pixel of the world falls in the tile pyramid (spec 5.3.2).
//!
//! The map library projects positions to pixels: it knows its projection, and its code is on the page already.

/// Pixels on a side of a tile.
const TILE: f64 = 256.0;
/// Pixels on a side of a grid cell.
const CELL: f64 = 4.0;
/// Highest zoom level whose tiles have numbers that fit.
const MAX_ZOOM: f64 = 30.0;

/// A cell of a UTF grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Zoom level of the tile.
    pub z: u32,
    /// Column of the tile.
    pub x: i64,
    /// Row of the tile.
    pub y: i64,
    /// Column within the tile's grid, 0 to 63.
    pub column: usize,
    /// Row within the tile's grid, 0 to 63.
    pub row: usize,
}

/// The grid cell under a pixel of the world at a zoom level; `None` outside of the world.
pub fn cell_at(x: f64, y: f64, zoom: f64) -> Option<Cell> {
    if !(0.0..=MAX_ZOOM).contains(&zoom) {
        return None;
    }
    let z = zoom as u32;
    let world = TILE * f64::from(1_u32 << z);
    let inside = 0.0..world;
    if !(inside.contains(&x) && inside.contains(&y)) {
        return None;
    }
    let cell = |pixel: f64| ((pixel % TILE) / CELL) as usize;
    Some(Cell { z, x: (x / TILE) as i64, y: (y / TILE) as i64, column: cell(x), row: cell(y) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_fall_into_their_cells() {
        assert_eq!(cell_at(256.0, 256.0, 1.0), Some(Cell { z: 1, x: 1, y: 1, column: 0, row: 0 }));
        assert_eq!(cell_at(511.9, 3.99, 1.0), Some(Cell { z: 1, x: 1, y: 0, column: 63, row: 0 }));
        assert_eq!(cell_at(259.0, 264.0, 1.0), Some(Cell { z: 1, x: 1, y: 1, column: 0, row: 2 }));
    }

    #[test]
    fn outside_of_the_world_is_nothing() {
        for (x, y, zoom) in
            [(512.0, 0.0, 1.0), (0.0, -1.0, 1.0), (f64::NAN, 0.0, 1.0), (0.0, 0.0, f64::NAN), (0.0, 0.0, 31.0)]
        {
            assert_eq!(cell_at(x, y, zoom), None, "{x} {y} {zoom}");
        }
    }
}
