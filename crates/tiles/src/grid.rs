//! UTF grids: which feature is under the pointer.

use crate::cache::{Look, LookKey, MarkerCache};
use crate::draw::{Painted, Surface, render};
use crate::drawing::{FillRule, Mask, Path, Transform};
use crate::feature::Layer;
#[cfg(feature = "text")]
use crate::font::Drawing;
use crate::label::Label;
use crate::maps::{HashMap, HashSet};
use crate::marker::{Form, Marker};
use crate::picture::Pictures;
use crate::typesetter::Typesetter;
use crate::view::{Pixel, TILE_SIZE, TileId};
#[cfg(feature = "pictures")]
use cartocss::Pattern;
use cartocss::{Cancel, FieldValue, Line, Polygon, Style, Text};
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use std::sync::Arc;

/// Pixels of a cell's side.
const RESOLUTION: u32 = 4;

/// Cells of a row, and rows.
const CELLS: usize = (TILE_SIZE / RESOLUTION) as usize;

/// Places within a pixel, in each direction, that markers are kept for.
const PLACES: i32 = 4;

/// Cells of all markers that are kept.
const MOST_COVERED: usize = 1 << 21;

/// What a grid tells of its features.
#[derive(Clone, Copy, Debug)]
pub struct GridOptions<'a> {
    /// The column that features have their keys of, as far as it tells them apart. Without it, or where it does not, keys are
    /// their numbers in the layer.
    pub key: Option<&'a str>,
    /// The columns that are handed out.
    pub columns: &'a [&'a str],
}

/// A UTF grid of 64 rows of 64 characters. It serialises to what clients read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Rows; each character stands for a key.
    pub grid: Vec<String>,
    /// Keys of features, the first being the empty one of no feature.
    pub keys: Vec<String>,
    /// The features that can be seen, by their keys.
    pub data: Vec<(String, GridRow)>,
}

/// The columns of a feature and their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridRow(pub Vec<(String, FieldValue)>);

/// Makes the grid of a layer for a tile. A cell belongs to the feature that is on top at the cell's first pixel, as in
/// Mapnik; a marker too small to be on any has the cell of its middle.
#[must_use]
pub fn grid(layer: &Layer<'_>, tile: TileId, options: &GridOptions<'_>) -> Grid {
    grid_unless(&Cancel::default(), &MarkerCache::default(), layer, tile, options).unwrap_or_default()
}

/// The same, for as long as somebody waits for it. What markers cover is taken from a cache, and kept there.
#[must_use]
pub fn grid_unless(
    cancel: &Cancel,
    cache: &MarkerCache,
    layer: &Layer<'_>,
    tile: TileId,
    options: &GridOptions<'_>,
) -> Option<Grid> {
    let mask = Mask::new(TILE_SIZE, TILE_SIZE)?;
    let mut cells = Cells {
        owners: vec![None; CELLS * CELLS],
        feature: 0,
        mask,
        pictures: Pictures::new(cache),
        markers: HashMap::new(),
        cache,
        covered: 0,
    };
    render(cancel, &[Painted::Features(*layer)], &tile.view(1), &mut cells)?;
    Some(encode(layer, &cells.owners, options))
}

fn encode(layer: &Layer<'_>, owners: &[Option<usize>], options: &GridOptions<'_>) -> Grid {
    let key_column = options.key.and_then(|key| layer.columns.iter().position(|column| column == key));
    let columns: Vec<(&str, Option<usize>)> =
        options.columns.iter().map(|name| (*name, layer.columns.iter().position(|column| column == name))).collect();
    let field = |feature: usize, column: Option<usize>| {
        let fields = layer.features.get(feature).map(|feature| feature.fields.as_slice()).unwrap_or_default();
        column.and_then(|column| fields.get(column)).cloned().unwrap_or_default()
    };
    // Every feature has a key of its own: what two of them share would show the data of one for both.
    let mut taken: HashSet<String> = HashSet::from([String::new()]);
    let mut by_feature: HashMap<usize, u32> = HashMap::new();
    let mut result = Grid { grid: Vec::with_capacity(CELLS), keys: vec![String::new()], data: Vec::new() };
    for row in owners.chunks(CELLS) {
        let mut text = String::with_capacity(CELLS);
        for owner in row {
            let id = match owner {
                None => 0,
                Some(feature) => *by_feature.entry(*feature).or_insert_with(|| {
                    let mut key = match key_column {
                        Some(_) => text_of(&field(*feature, key_column)),
                        None => (feature + 1).to_string(),
                    };
                    while taken.contains(&key) {
                        key = format!("{key}#{}", feature + 1);
                    }
                    let values = columns.iter().map(|(name, column)| ((*name).to_owned(), field(*feature, *column)));
                    result.data.push((key.clone(), GridRow(values.collect())));
                    taken.insert(key.clone());
                    result.keys.push(key);
                    (result.keys.len() - 1) as u32
                }),
            };
            text.push(character(id));
        }
        result.grid.push(text);
    }
    result
}

/// The character of an identifier: those from the space on, without the two that JSON escapes.
fn character(id: u32) -> char {
    let code = id + 32;
    let code = if code >= 34 { code + 1 } else { code };
    let code = if code >= 92 { code + 1 } else { code };
    char::from_u32(code).unwrap_or(' ')
}

fn text_of(value: &FieldValue) -> String {
    value.clone().into_text()
}

/// Cells by what covers them, and by its place within a cell.
type CoveredCells = HashMap<(Form, [i32; 2]), Arc<[(i32, i32)]>>;

/// A surface of cells that belong to features.
struct Cells<'a> {
    owners: Vec<Option<usize>>,
    feature: usize,
    mask: Mask,
    pictures: Pictures,
    /// The cells that markers cover, by their look and their place within a cell.
    markers: CoveredCells,
    cache: &'a MarkerCache,
    /// How many those are.
    covered: usize,
}

impl Cells<'_> {
    fn fill(&mut self, path: &Path, rule: FillRule) {
        self.mask.clear();
        self.mask.fill_path(path, rule, true, Transform::identity());
        let rows = self.mask.data().chunks_exact(TILE_SIZE as usize).step_by(RESOLUTION as usize);
        let samples = rows.flat_map(|row| row.iter().step_by(RESOLUTION as usize));
        for (owner, covered) in self.owners.iter_mut().zip(samples) {
            if *covered > 0 {
                *owner = Some(self.feature);
            }
        }
    }
}

impl Surface for Cells<'_> {
    fn start(&mut self, _style: &Style<'_>) {}

    fn finish(&mut self, _style: &Style<'_>) {}

    fn feature(&mut self, index: usize) {
        self.feature = index;
    }

    fn polygon(&mut self, area: &Path, _polygon: &Polygon) {
        self.fill(area, FillRule::EvenOdd);
    }

    fn line(&mut self, area: &Path, _line: &Line) {
        self.fill(area, FillRule::Winding);
    }

    /// Letters are thin: a cell is theirs where any of its pixels is.
    #[cfg(feature = "text")]
    fn label(&mut self, label: &Label, _text: &Text, _scale: f32) {
        // Servers make grids, which have the outlines.
        let Drawing::Outlined(outline) = &label.letters else { return };
        self.mask.clear();
        self.mask.fill_path(outline, FillRule::Winding, true, Transform::identity());
        let (side, cell) = (TILE_SIZE as usize, RESOLUTION as usize);
        let bounds = outline.bounds();
        // As floats become whole numbers, what is above the tile is its first row.
        let first = (bounds.top() as usize / cell).min(CELLS);
        let count = (bounds.bottom().ceil() as usize).div_ceil(cell).saturating_sub(first);
        let rows = self.mask.data().chunks_exact(side * cell).zip(self.owners.chunks_exact_mut(CELLS));
        for (rows, owners) in rows.skip(first).take(count) {
            for row in rows.chunks_exact(side) {
                for (pixels, owner) in row.chunks_exact(cell).zip(owners.iter_mut()) {
                    if pixels.iter().any(|covered| *covered > 0) {
                        *owner = Some(self.feature);
                    }
                }
            }
        }
    }

    /// Where there are no outlines, nobody makes grids.
    #[cfg(not(feature = "text"))]
    fn label(&mut self, _label: &Label, _text: &Text, _scale: f32) {}

    fn typesetter(&self) -> Option<&'static dyn Typesetter> {
        self.cache.typesetter()
    }

    fn pictures(&mut self) -> &mut Pictures {
        &mut self.pictures
    }

    #[cfg(feature = "pictures")]
    fn pattern(&mut self, area: &Path, _pattern: &Pattern, _origin: (f32, f32)) {
        self.fill(area, FillRule::EvenOdd);
    }

    fn marker(&mut self, marker: &Marker<'_>, at: Pixel) {
        let split = |pixel: f64| {
            let places = (pixel * f64::from(PLACES)).round() as i32;
            let per_cell = PLACES * RESOLUTION as i32;
            (places.div_euclid(per_cell), places.rem_euclid(per_cell))
        };
        let ((column, part_x), (row, part_y)) = (split(at.x), split(at.y));
        let place = |part: i32| f64::from(part) / f64::from(PLACES);
        if self.covered > MOST_COVERED {
            self.markers.clear();
            self.covered = 0;
        }
        let (form, parts) = (marker.form(), [part_x, part_y]);
        let cache = self.cache;
        let covered = self.markers.entry((form, parts)).or_insert_with(|| {
            let look = cache.get(LookKey::Cells(form, parts), || {
                Some(Look::Cells(covered_cells(marker, place(part_x), place(part_y)).into()))
            });
            let cells = match look {
                Some(Look::Cells(cells)) => cells,
                _ => Arc::from([]),
            };
            self.covered += cells.len() + 16;
            cells
        });
        for (dx, dy) in covered.iter() {
            let (Ok(x), Ok(y)) = (usize::try_from(column + *dx), usize::try_from(row + *dy)) else { continue };
            if let Some(owner) = self.owners.get_mut(y * CELLS + x).filter(|_| x < CELLS) {
                *owner = Some(self.feature);
            }
        }
    }
}

/// The cells whose first pixel a marker covers when it is at a pixel of the cell 0, 0.
fn covered_cells(marker: &Marker<'_>, x: f64, y: f64) -> Vec<(i32, i32)> {
    let bounds = marker.painted_box(Pixel { x: 0.0, y: 0.0 });
    let cell = RESOLUTION as i32;
    // A marker needs no more cells than a tile has, on each side.
    let reach = |length: f64| ((length / f64::from(cell)).ceil() as i32 + 1).min(CELLS as i32);
    let (reach_x, reach_y) = (reach(bounds.right), reach(bounds.bottom));
    let size = |reach: i32| ((reach * 2 + 1) * cell).unsigned_abs();
    let Some(mut mask) = Mask::new(size(reach_x), size(reach_y)) else { return Vec::new() };
    let at = Pixel { x: x + f64::from(reach_x * cell), y: y + f64::from(reach_y * cell) };
    for path in marker.areas(at) {
        mask.fill_path(&path, FillRule::Winding, true, Transform::identity());
    }
    let rows = mask.data().chunks_exact(size(reach_x) as usize).step_by(RESOLUTION as usize).zip(-reach_y..);
    let covered: Vec<(i32, i32)> = rows
        .flat_map(|(row, dy)| {
            row.iter().step_by(RESOLUTION as usize).zip(-reach_x..).map(move |(of, dx)| (*of, dx, dy))
        })
        .filter(|(of, _, _)| *of > 0)
        .map(|(_, dx, dy)| (dx, dy))
        .collect();
    if covered.is_empty() { vec![(0, 0)] } else { covered }
}

impl Serialize for Grid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A key stands once in the data, however many cells have it.
        let mut seen = HashSet::new();
        let data = Map(self.data.iter().filter(|(key, _)| seen.insert(key)).collect());
        let mut grid = serializer.serialize_struct("Grid", 3)?;
        grid.serialize_field("grid", &self.grid)?;
        grid.serialize_field("keys", &self.keys)?;
        grid.serialize_field("data", &data)?;
        grid.end()
    }
}

struct Map<'a>(Vec<&'a (String, GridRow)>);

impl Serialize for Map<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, row)| (key, row)))
    }
}

impl Serialize for GridRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            match value {
                FieldValue::Null => map.serialize_entry(name, &())?,
                FieldValue::Bool(value) => map.serialize_entry(name, value)?,
                FieldValue::Integer(value) => map.serialize_entry(name, value)?,
                FieldValue::Number(value) => map.serialize_entry(name, value)?,
                FieldValue::Text(value) => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}
