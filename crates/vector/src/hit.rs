//! What is under the pointer.

use crate::area::{contains, segments};
use crate::geometry::{Geometry, Kind};
use crate::store::{Store, TileKey};
use crate::{Layer, Point, order};

/// Pixels of a tile's side.
const SIDE: f64 = 256.0;
/// Pixels around a tile of which features are found, by a place in the tile that they do not reach themselves.
const MARGIN: f64 = 32.0;
/// Cells along the side of a tile: at least and at most, powers of two.
const CELLS: (usize, usize) = (4, 64);
/// As many when there are lines or areas, which are in many cells each.
const CELLS_OF_SHAPES: usize = 32;
/// Places of features in cells; where there are more, cells are made larger.
const MOST_ENTRIES: usize = 4 << 20;
/// Cells that are looked at while features are sorted; where there are more, cells are made larger.
const MOST_STEPS: usize = 32 << 20;
/// Tells of a place in a cell that the feature covers all of the cell.
const COVERED: u32 = 1 << 31;

/// How far a feature reaches that is drawn, in pixels of a tile that has 256.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Reach {
    /// It is not drawn.
    #[default]
    Nothing,
    /// A marker at its points: its radius.
    Marker(f32),
    /// A line along it: half of its width.
    Stroke(f32),
    /// Its area, and a line along it: half of its width, which may be 0.
    Fill(f32),
}

impl Reach {
    /// The distance, when it is drawn and its geometry is one that can be drawn so.
    fn distance(self, kind: Kind) -> Option<f64> {
        let distance = match (self, kind) {
            (Self::Marker(distance), Kind::Points)
            | (Self::Stroke(distance), Kind::Lines | Kind::Rings)
            | (Self::Fill(distance), Kind::Rings) => distance,
            _ => return None,
        };
        (distance >= 0.0 && distance.is_finite()).then_some(distance.into())
    }
}

/// A feature under the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The tile.
    pub key: TileKey,
    /// The feature of its layer.
    pub feature: usize,
}

/// Which features are where in a tile.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Cells along a side.
    cells: usize,
    /// Where the features of each cell begin, and the end of all.
    starts: Vec<u32>,
    /// The features of the cells, those below first.
    entries: Vec<u32>,
    /// Of each feature that is one marker its place and its radius in pixels, so that no more is read of it; the radius of
    /// others is not a number.
    discs: Vec<[f32; 3]>,
    reaches: Vec<Reach>,
}

impl Grid {
    /// Sorts the features of a layer into cells. `reaches` has one entry for each feature; those without are not drawn.
    #[must_use]
    pub fn new(layer: &Layer, reaches: Vec<Reach>) -> Self {
        let drawn = |feature: usize| {
            let geometry = layer.geometry(feature)?;
            Some((geometry, reaches.get(feature)?.distance(geometry.kind)?))
        };
        let features = layer.len().min(COVERED as usize);
        let (mut count, mut sum, mut has_shapes) = (0.0, 0.0, false);
        for (geometry, distance) in (0..features).filter_map(drawn) {
            has_shapes |= geometry.kind != Kind::Points;
            count += 1.0;
            sum += distance;
        }
        let mean = if count == 0.0 { 0.0 } else { sum / count };
        let (least, mut cells) = CELLS;
        while cells > least && (SIDE / (cells as f64) < mean || has_shapes && cells > CELLS_OF_SHAPES) {
            cells /= 2;
        }
        loop {
            let mut sorter = Sorter::new(cells, SIDE / f64::from(layer.extent));
            let all = (0..features).filter_map(|feature| drawn(feature).map(|drawn| (feature, drawn)));
            let has_room = all.into_iter().all(|(feature, (geometry, distance))| {
                sorter.add(feature as u32, geometry, distance, matches!(reaches.get(feature), Some(Reach::Fill(_))));
                sorter.pairs.len() <= MOST_ENTRIES && sorter.steps <= MOST_STEPS
            });
            if has_room || cells == 1 {
                let (starts, entries) = sorter.sorted();
                let scale = SIDE / f64::from(layer.extent);
                let disc = |feature| match drawn(feature)
                    .map(|(geometry, distance)| (geometry.kind, geometry.points(), distance))
                {
                    Some((Kind::Points, [[x, y]], radius)) => {
                        [f64::from(*x) * scale, f64::from(*y) * scale, radius].map(|pixels| pixels as f32)
                    }
                    _ => [f32::NAN; 3],
                };
                let discs = (0..features).map(disc).collect();
                return Self { cells, starts, entries, discs, reaches };
            }
            cells /= 2;
        }
    }

    /// The features at a place, topmost first: those painted last. Pixels from the upper left corner of the tile, which has
    /// 256; `tolerance` is by how many pixels a feature may be missed, 32 at most.
    pub fn find(&self, layer: &Layer, [x, y]: [f64; 2], tolerance: f64, mut found: impl FnMut(usize)) {
        if !(0.0..SIDE).contains(&x) || !(0.0..SIDE).contains(&y) {
            return;
        }
        let tolerance = tolerance.min(MARGIN);
        let search = Search { layer, grid: self, scale: SIDE / f64::from(layer.extent), x, y, tolerance };
        let own = self.cell(x, y);
        if tolerance <= 0.0 {
            let here = |entry: &&u32| search.is_hit(**entry);
            self.entries_of(own).iter().rev().filter(here).for_each(|entry| found((entry & !COVERED) as usize));
            return;
        }
        let mut features = Vec::new();
        let at = |pixel: f64| pixel.clamp(0.0, SIDE - 1.0);
        let (first, last) =
            (self.cell(at(x - tolerance), at(y - tolerance)), self.cell(at(x + tolerance), at(y + tolerance)));
        for row in first / self.cells..=last / self.cells {
            for column in first % self.cells..=last % self.cells {
                let cell = row * self.cells + column;
                // That it covers another cell says nothing of this place.
                let here = |entry: &u32| if cell == own { *entry } else { entry & !COVERED };
                let hits = self.entries_of(cell).iter().map(here).filter(|entry| search.is_hit(*entry));
                features.extend(hits.map(|entry| entry & !COVERED));
            }
        }
        let at = |place: u32| features.get(place as usize);
        let mut last = None;
        for place in compact::places(features.len(), &mut |one, other| at(one) > at(other)) {
            if last != at(place) {
                last = at(place);
                last.iter().for_each(|feature| found(**feature as usize));
            }
        }
    }

    fn cell(&self, x: f64, y: f64) -> usize {
        let cell = |pixel: f64| ((pixel * self.cells as f64 / SIDE) as usize).min(self.cells.saturating_sub(1));
        cell(y) * self.cells + cell(x)
    }

    fn entries_of(&self, cell: usize) -> &[u32] {
        let start = self.starts.get(cell).map_or(0, |start| *start as usize);
        let end = self.starts.get(cell + 1).map_or(0, |end| *end as usize);
        self.entries.get(start..end).unwrap_or_default()
    }

    /// Bytes that the grid takes.
    pub(crate) fn weight(&self) -> usize {
        (self.starts.len() + self.entries.len()) * 4
            + self.discs.len() * size_of::<[f32; 3]>()
            + self.reaches.len() * size_of::<Reach>()
    }
}

/// A place that is looked at.
struct Search<'a> {
    layer: &'a Layer,
    grid: &'a Grid,
    /// Pixels of a unit.
    scale: f64,
    x: f64,
    y: f64,
    tolerance: f64,
}

impl Search<'_> {
    #[inline]
    fn is_hit(&self, entry: u32) -> bool {
        if entry & COVERED != 0 {
            return true;
        }
        let feature = entry as usize;
        if let Some([x, y, radius]) = self.grid.discs.get(feature).filter(|disc| !disc[2].is_nan()) {
            let (across, down) = (f64::from(*x) - self.x, f64::from(*y) - self.y);
            let most = f64::from(*radius) + self.tolerance;
            return across * across + down * down <= most * most;
        }
        let (Some(geometry), Some(reach)) = (self.layer.geometry(feature), self.grid.reaches.get(feature)) else {
            return false;
        };
        let Some(distance) = reach.distance(geometry.kind) else { return false };
        // In units, so that one number is divided and not all are multiplied.
        let (place, most) = ([self.x / self.scale, self.y / self.scale], (distance + self.tolerance) / self.scale);
        match geometry.kind {
            Kind::Points => geometry.points().iter().any(|[x, y]| {
                let (across, down) = (f64::from(*x) - place[0], f64::from(*y) - place[1]);
                across * across + down * down <= most * most
            }),
            kind => {
                let is_closed = kind == Kind::Rings;
                matches!(reach, Reach::Fill(_)) && contains(geometry, place)
                    || most > 0.0 && geometry.parts().any(|part| is_near(part, is_closed, place, most))
            }
        }
    }
}

/// Whether a place is no farther from a line than that.
fn is_near(part: &[Point], is_closed: bool, [x, y]: [f64; 2], most: f64) -> bool {
    segments(part, is_closed).any(|([from_x, from_y], [to_x, to_y])| {
        let (run, rise) = (to_x - from_x, to_y - from_y);
        let length = run * run + rise * rise;
        let along = if length == 0.0 { 0.0 } else { ((x - from_x) * run + (y - from_y) * rise) / length };
        let along = along.clamp(0.0, 1.0);
        let (across, down) = (from_x + along * run - x, from_y + along * rise - y);
        across * across + down * down <= most * most
    })
}

/// Sorts features into cells.
struct Sorter {
    cells: usize,
    /// Cells of a unit.
    scale: f64,
    /// Cells of a pixel.
    pixel: f64,
    /// Cells and what is in them, in the order of the features.
    pairs: Vec<(u32, u32)>,
    /// Cells that were looked at.
    steps: usize,
    /// The last feature in each cell, plus one.
    marks: Vec<u32>,
    /// Where rings cross the middle of each row of cells.
    crossings: Vec<Vec<f64>>,
}

impl Sorter {
    fn new(cells: usize, pixels_of_unit: f64) -> Self {
        let pixel = cells as f64 / SIDE;
        Self {
            cells,
            scale: pixels_of_unit * pixel,
            pixel,
            pairs: Vec::new(),
            steps: 0,
            marks: vec![0; cells * cells],
            crossings: vec![Vec::new(); cells],
        }
    }

    fn add(&mut self, feature: u32, geometry: Geometry<'_>, distance: f64, is_filled: bool) {
        // Rounding must not lose what is at the very edge.
        let reach = distance * self.pixel + 1e-6;
        if geometry.kind == Kind::Points {
            for [x, y] in geometry.points() {
                let (x, y) = (f64::from(*x) * self.scale, f64::from(*y) * self.scale);
                let Some(rows) = self.range(y - reach, y + reach) else { continue };
                rows.for_each(|row| self.add_row(feature, row, x - reach, x + reach));
            }
            return;
        }
        let is_closed = geometry.kind == Kind::Rings;
        for part in geometry.parts() {
            for (from, to) in segments(part, is_closed) {
                let scaled = |[x, y]: [f64; 2]| [x * self.scale, y * self.scale];
                self.add_segment(feature, scaled(from), scaled(to), reach, is_filled);
            }
        }
        if is_filled {
            self.fill(feature);
        }
    }

    /// Cells that are in a range; `None` when none is. What is not far beyond the tile is in the cells at its border.
    fn range(&self, from: f64, to: f64) -> Option<std::ops::RangeInclusive<usize>> {
        let (end, margin) = (self.cells as f64, MARGIN * self.pixel);
        if !(to >= -margin && from < end + margin) {
            return None;
        }
        let last = self.cells.saturating_sub(1);
        Some((from.max(0.0) as usize).min(last)..=(to.max(0.0) as usize).min(last))
    }

    fn add_row(&mut self, feature: u32, row: usize, from: f64, to: f64) {
        if let Some(columns) = self.range(from, to) {
            self.steps += columns.end() + 1 - columns.start();
            columns.for_each(|column| self.put(row * self.cells + column, feature, 0));
        }
    }

    #[inline]
    fn put(&mut self, cell: usize, feature: u32, flag: u32) {
        let Some(mark) = self.marks.get_mut(cell).filter(|mark| **mark != feature + 1) else { return };
        *mark = feature + 1;
        self.pairs.push((cell as u32, feature | flag));
    }

    /// Puts a feature into the cells that one of its segments reaches, row by row.
    fn add_segment(&mut self, feature: u32, from: [f64; 2], to: [f64; 2], reach: f64, is_filled: bool) {
        let (upper, lower) = if from[1] <= to[1] { (from, to) } else { (to, from) };
        let slope = if lower[1] == upper[1] { 0.0 } else { (lower[0] - upper[0]) / (lower[1] - upper[1]) };
        if let Some(rows) = self.range(upper[1] - reach, lower[1] + reach) {
            for row in rows {
                // The piece that reaches this row.
                let at = |edge: f64| edge.clamp(upper[1], lower[1]);
                let margin = MARGIN * self.pixel + reach;
                let above = if row == 0 { margin } else { reach };
                let below = if row + 1 == self.cells { margin } else { reach };
                let (top, bottom) = (at(row as f64 - above), at(row as f64 + 1.0 + below));
                let (one, other) = match upper[1] == lower[1] {
                    true => (upper[0], lower[0]),
                    false => (upper[0] + (top - upper[1]) * slope, upper[0] + (bottom - upper[1]) * slope),
                };
                self.add_row(feature, row, one.min(other) - reach, one.max(other) + reach);
            }
        }
        if is_filled && let Some(rows) = self.range(upper[1] - 1.0, lower[1]) {
            for row in rows {
                let middle = row as f64 + 0.5;
                if upper[1] <= middle
                    && middle < lower[1]
                    && let Some(crossings) = self.crossings.get_mut(row)
                {
                    crossings.push(upper[0] + (middle - upper[1]) * slope);
                }
            }
        }
    }

    /// Puts a feature into the cells that it covers.
    fn fill(&mut self, feature: u32) {
        for row in 0..self.cells {
            let mut crossings = self.crossings.get_mut(row).map(std::mem::take).unwrap_or_default();
            for pair in order::numbers(&crossings).chunks_exact(2) {
                let [enters, leaves] = pair else { continue };
                // Cells whose middle is between.
                let Some(columns) = self.range(enters - 0.5, leaves - 0.5) else { continue };
                for column in columns {
                    let middle = column as f64 + 0.5;
                    if *enters <= middle && middle <= *leaves {
                        self.put(row * self.cells + column, feature, COVERED);
                    }
                }
            }
            crossings.clear();
            if let Some(place) = self.crossings.get_mut(row) {
                *place = crossings;
            }
        }
    }

    /// Where each cell begins, and what is in all of them.
    fn sorted(self) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0_u32; self.cells * self.cells + 2];
        for (cell, _) in &self.pairs {
            if let Some(count) = starts.get_mut(*cell as usize + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut entries = vec![0; self.pairs.len()];
        for (cell, entry) in &self.pairs {
            let Some(next) = starts.get_mut(*cell as usize + 1) else { continue };
            if let Some(place) = entries.get_mut(*next as usize) {
                *place = *entry;
            }
            *next += 1;
        }
        (starts, entries)
    }
}

impl Store {
    /// Says how the features of a tile are drawn, one entry for each, so that they can be found. Gives the keys of tiles that
    /// were let go because there is less room now; nothing happens when the tile is not there.
    pub fn set_reaches(&mut self, key: &TileKey, reaches: Vec<Reach>) -> Vec<TileKey> {
        let layer = self.kept_mut(key).and_then(|kept| kept.layer.as_ref());
        let grid = layer.map(|layer| Grid::new(layer, reaches));
        self.weigh(key, grid)
    }

    /// The features at a place of some layers, topmost first: `layers` begins with the topmost one. `x` and `y` are pixels of
    /// the world from its north-western corner at a zoom level, where a tile has 256; `x` may go around the world.
    /// `tolerance` is by how many pixels a feature may be missed, 32 at most.
    #[must_use]
    pub fn hit(&self, layers: &[u32], zoom: u8, x: f64, y: f64, tolerance: f64) -> Vec<Hit> {
        let world = SIDE * 2_f64.powi(zoom.into());
        let x = x.rem_euclid(world);
        let mut hits = Vec::new();
        if !(x.is_finite() && (0.0..world).contains(&y)) {
            return hits;
        }
        let (column, row) = ((x / SIDE).floor(), (y / SIDE).floor());
        let place = [x - column * SIDE, y - row * SIDE];
        for layer in layers {
            let key = TileKey { layer: *layer, zoom, x: column as u32, y: row as u32 };
            let Some(kept) = self.kept(&key) else { continue };
            if let (Some(layer), Some(grid)) = (&kept.layer, &kept.grid) {
                grid.find(layer, place, tolerance, |feature| hits.push(Hit { key, feature }));
            }
        }
        hits
    }
}
