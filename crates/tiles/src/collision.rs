//! Which places are taken by markers that must not overlap.

use crate::view::PixelBox;

/// Pixels of a cell's side.
const CELL: f64 = 32.0;

/// Boxes that touch more cells are looked through one after the other: sorted into all their cells, some thousand of them
/// would fill the memory.
const MOST_CELLS: usize = 64;

/// The boxes of markers that were drawn.
#[derive(Debug)]
pub(crate) struct Collisions {
    extent: PixelBox,
    columns: usize,
    rows: usize,
    boxes: Vec<PixelBox>,
    /// Boxes by the cells that they touch, as far as they were sorted in.
    cells: Vec<Vec<u32>>,
    /// Boxes that are too large for cells.
    large: Vec<u32>,
    sorted: usize,
}

impl Collisions {
    /// No box yet; boxes outside of the extent count as at its edge.
    pub(crate) fn new(extent: PixelBox) -> Self {
        let count = |length: f64| (length / CELL).ceil().clamp(1.0, 512.0) as usize;
        let columns = count(extent.right - extent.left);
        let rows = count(extent.bottom - extent.top);
        Self { extent, columns, rows, boxes: Vec::new(), cells: Vec::new(), large: Vec::new(), sorted: 0 }
    }

    /// Notes that a place is taken.
    pub(crate) fn insert(&mut self, taken: PixelBox) {
        // Sorting in waits until somebody asks: most styles let all markers overlap.
        self.boxes.push(taken);
    }

    /// Is a place free?
    pub(crate) fn is_free(&mut self, wanted: &PixelBox) -> bool {
        self.sort_in();
        let boxes = &self.boxes;
        let is_taken = |index: &u32| boxes.get(*index as usize).is_some_and(|taken| taken.intersects(wanted));
        if self.large.iter().any(is_taken) {
            return false;
        }
        match cells_of(&self.extent, self.columns, self.rows, wanted) {
            Some(cells) => !cells.filter_map(|cell| self.cells.get(cell)).any(|indexes| indexes.iter().any(is_taken)),
            None => !boxes.iter().any(|taken| taken.intersects(wanted)),
        }
    }

    fn sort_in(&mut self) {
        self.cells.resize(self.columns * self.rows, Vec::new());
        for (index, taken) in self.boxes.iter().enumerate().skip(self.sorted) {
            let Ok(index) = u32::try_from(index) else { break };
            let Some(cells) = cells_of(&self.extent, self.columns, self.rows, taken) else {
                self.large.push(index);
                continue;
            };
            for cell in cells {
                if let Some(indexes) = self.cells.get_mut(cell) {
                    indexes.push(index);
                }
            }
        }
        self.sorted = self.boxes.len();
    }
}

/// The cells that a box touches; nothing for one that touches too many.
fn cells_of(
    extent: &PixelBox,
    columns: usize,
    rows: usize,
    area: &PixelBox,
) -> Option<impl Iterator<Item = usize> + use<>> {
    let cell = |place: f64, start: f64, count: usize| {
        ((place - start) / CELL).floor().clamp(0.0, (count.max(1) - 1) as f64) as usize
    };
    let across = cell(area.left, extent.left, columns)..=cell(area.right, extent.left, columns);
    let down = cell(area.top, extent.top, rows)..=cell(area.bottom, extent.top, rows);
    let count = |range: &std::ops::RangeInclusive<usize>| (range.end() + 1).saturating_sub(*range.start());
    if count(&across) * count(&down) > MOST_CELLS {
        return None;
    }
    Some(down.flat_map(move |row| across.clone().map(move |column| row * columns + column)))
}
