//! Tiles and their layers.

use crate::column::{Bits, Column};
use crate::geometry::{Geometry, Kind, Point, Shapes};
use std::ops::Range;

/// A tile that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tile {
    /// The layers, in the order of the tile. No two have the same name.
    pub layers: Vec<Layer>,
}

impl Tile {
    /// The layer of a name.
    #[must_use]
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| &*layer.name == name)
    }

    /// About how many bytes the tile takes.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.layers.iter().map(Layer::weight).sum::<usize>()
    }
}

/// A layer: features by index, and columns of their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Its name.
    pub name: Box<str>,
    /// Units of the tile's side.
    pub extent: u32,
    /// Features that were left out because their geometry or their values could not be read.
    pub skipped: usize,
    /// The columns: those keys that a feature has. A column of nothing but `NULL` has no key.
    pub columns: Vec<Column>,
    /// Features but for those that were read apart, which are behind them.
    pub(crate) shown: usize,
    /// The column that these have, if any were looked for; one beyond the end when there are none.
    pub(crate) apart: Option<usize>,
    pub(crate) kinds: Vec<Kind>,
    /// Empty when no feature has an identifier.
    pub(crate) ids: Vec<u64>,
    pub(crate) has_id: Bits,
    pub(crate) shapes: Shapes,
    /// Where the parts of each feature end.
    pub(crate) feature_ends: Vec<u32>,
}

impl Layer {
    /// The number of features.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shown
    }

    /// The places of features that were read apart.
    #[must_use]
    pub fn rows(&self) -> Range<usize> {
        self.shown..self.kinds.len()
    }

    /// Whether there is no feature.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown == 0
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    /// Makes numbers of the texts of a column: servers write those of any precision as text. What is no number stays as it is,
    /// with the whole column. `read` reads digits.
    pub fn read_numbers(&mut self, name: &str, read: &dyn Fn(&str) -> f64) {
        let column = self.columns.iter_mut().find(|column| &*column.name == name);
        if let Some((column, values)) =
            column.and_then(|column| column.numbers_of_texts(read).map(|values| (column, values)))
        {
            column.values = values;
        }
    }

    /// The identifier of a feature, which is not its `cartodb_id`; that is a column.
    #[must_use]
    pub fn id(&self, feature: usize) -> Option<u64> {
        self.ids.get(feature).copied().filter(|_| self.has_id.has(feature))
    }

    /// The kind of a feature's geometry; `None` beyond the end.
    #[must_use]
    pub fn kind(&self, feature: usize) -> Option<Kind> {
        self.kinds.get(feature).copied()
    }

    /// The geometry of a feature; `None` beyond the end.
    #[must_use]
    pub fn geometry(&self, feature: usize) -> Option<Geometry<'_>> {
        let kind = self.kind(feature)?;
        let end = *self.feature_ends.get(feature)? as usize;
        let first = end_before(&self.feature_ends, feature);
        let start = end_before(&self.shapes.ends, first);
        Some(Geometry { kind, points: &self.shapes.points, start, ends: self.shapes.ends.get(first..end)? })
    }

    /// Points of all geometries.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.shapes.points
    }

    fn weight(&self) -> usize {
        let geometry = self.shapes.points.len() * size_of::<Point>() + self.shapes.ends.len() * 4;
        let features = self.kinds.len() * (1 + 4) + self.ids.len() * 8 + self.has_id.weight();
        let columns = self.columns.iter().map(Column::weight).sum::<usize>();
        size_of::<Self>() + self.name.len() + geometry + features + columns
    }
}

/// Where what is before an index ends, which is where it begins itself.
fn end_before(ends: &[u32], index: usize) -> usize {
    index.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize)
}
