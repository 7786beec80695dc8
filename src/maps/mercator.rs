//! Where a position on earth falls in the tile pyramid (spec 5.3.2).

use std::f64::consts::PI;

/// Pixels on a side of a tile.
const TILE: f64 = 256.0;
/// Pixels on a side of a grid cell.
const CELL: f64 = 4.0;
/// Latitude beyond which the projection has no pixels, in degrees.
const MAX_LATITUDE: f64 = 85.051_128_779_806_6;

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

/// The grid cell under a position in degrees. Both tile and cell are taken at the rounded zoom.
pub fn cell_at(lat: f64, lng: f64, zoom: f64) -> Option<Cell> {
    if !(lat.is_finite() && lng.is_finite() && zoom.is_finite()) {
        return None;
    }
    let zoom = zoom.round().clamp(0.0, 30.0);
    let world = TILE * zoom.exp2();
    let lng = (lng + 180.0).rem_euclid(360.0) - 180.0;
    let sin = (lat.clamp(-MAX_LATITUDE, MAX_LATITUDE) * PI / 180.0).sin();
    let px = ((lng + 180.0) / 360.0 * world).floor().min(world - 1.0);
    let py = ((0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * PI)) * world).floor().clamp(0.0, world - 1.0);
    let within = |pixel: f64| ((pixel % TILE) / CELL) as usize;
    Some(Cell { z: zoom as u32, x: (px / TILE) as i64, y: (py / TILE) as i64, column: within(px), row: within(py) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_fall_into_their_cells() {
        let middle = Cell { z: 1, x: 1, y: 1, column: 0, row: 0 };
        assert_eq!(cell_at(0.0, 0.0, 1.0), Some(middle));
        assert_eq!(cell_at(0.0, 360.0, 1.2), Some(middle), "longitudes wrap and zooms are rounded");
        let madrid = cell_at(40.4168, -3.7038, 10.0);
        assert_eq!(madrid.map(|cell| (cell.x, cell.y)), Some((501, 386)));
        assert_eq!(cell_at(90.0, -180.0, 0.0), Some(Cell { z: 0, x: 0, y: 0, column: 0, row: 0 }));
        assert_eq!(cell_at(-90.0, 179.999, 0.0), Some(Cell { z: 0, x: 0, y: 0, column: 63, row: 63 }));
        assert_eq!(cell_at(f64::NAN, 0.0, 0.0), None);
    }
}
