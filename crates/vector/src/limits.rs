//! What a tile may cost.

/// The most of everything that is read of a tile. More is an error.
///
/// While a tile is decoded it takes at most about `12 * vertices + 12 * cells + 32 * values + 2 * bytes` bytes, whatever it
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the tile, as they are after decompression.
    pub bytes: usize,
    /// Layers.
    pub layers: usize,
    /// Features of all layers.
    pub features: usize,
    /// Points of all geometries.
    pub vertices: usize,
    /// Keys of a layer.
    pub columns: usize,
    /// Distinct values of a layer.
    pub values: usize,
    /// Features times columns, of all layers.
    pub cells: usize,
}

impl Default for Limits {
    /// What the biggest tile of the server has, and room.
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            layers: 64,
            features: 262_144,
            vertices: 4 << 20,
            columns: 512,
            values: 2 << 20,
            cells: 8 << 20,
        }
    }
}
