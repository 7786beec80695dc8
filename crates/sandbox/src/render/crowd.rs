//! The features of a tile, as rows of the database bring them: all of them, or the topmost of a crowd of points.

use crate::db::{Collect, QueryError};
use crate::query::features::FeatureRow;
use cartocss::FieldValue;
use std::collections::HashMap;
use tokio_postgres::Row;

/// Features that are kept whatever they are; beyond, points are a crowd.
pub const CROWD: usize = 65_535;
/// Points of a crowd that are drawn over each other in a pixel.
pub const STACKED: usize = 4;
/// Features that are kept at all: more are refused.
pub const MOST_FEATURES: usize = 600_000;
/// Bytes that a feature takes beside its geometry and its values, before and while it is drawn.
const FEATURE: usize = 256;
/// Bytes of all features together.
const MOST_BYTES: usize = 128 << 20;

/// A cell of the view, and the numbers of the features in it that were kept, the oldest first.
type Cells = HashMap<(i64, i64), Vec<usize>>;

/// Keeps features in the order in which they are painted.
///
/// Of a crowd of points, nearly all are below others. Of each pixel only so many are kept of those that are painted last,
/// so that a tile of a huge dataset takes no more memory, and hardly more time to paint, than there are pixels.
#[derive(Debug)]
pub struct KeptFeatures {
    /// What was kept, with its number in the order of painting.
    kept: Vec<(u64, FeatureRow)>,
    /// Rows so far.
    number: u64,
    bytes: usize,
    /// Points of a cell.
    stacked: usize,
    /// Metres of a cell's side.
    cell: f64,
    /// Once there is a crowd.
    cells: Option<Cells>,
    are_points: bool,
}

impl KeptFeatures {
    /// Features of a view whose pixels have this many metres, and how many points are kept of a pixel of a crowd.
    pub fn new(pixel: f64, stacked: usize) -> KeptFeatures {
        KeptFeatures {
            kept: Vec::new(),
            number: 0,
            bytes: 0,
            stacked: stacked.max(1),
            cell: pixel,
            cells: None,
            are_points: true,
        }
    }

    /// What was kept, in the order of painting.
    pub fn into_features(mut self) -> Vec<FeatureRow> {
        if self.cells.is_some() {
            self.kept.sort_unstable_by_key(|(number, _)| *number);
        }
        self.kept.into_iter().map(|(_, feature)| feature).collect()
    }

    fn put(&mut self, feature: FeatureRow) -> Result<(), QueryError> {
        self.number += 1;
        let place = feature.point();
        self.are_points &= place.is_some();
        if self.are_points && self.cells.is_none() && self.kept.len() >= CROWD {
            self.begin_crowd();
        }
        if let (Some(cells), Some(place), true) = (&mut self.cells, place, self.are_points) {
            let cell = cells.entry(cell_of(place, self.cell)).or_default();
            if cell.len() >= self.stacked {
                // The oldest one makes room.
                cell.rotate_left(1);
                let bytes = bytes_of(&feature);
                if let Some(slot) = cell.last().and_then(|index| self.kept.get_mut(*index)) {
                    let before = std::mem::replace(slot, (self.number, feature));
                    self.bytes = (self.bytes + bytes).saturating_sub(bytes_of(&before.1));
                }
                return if self.bytes > MOST_BYTES { Err(QueryError::TooLarge) } else { Ok(()) };
            }
            cell.push(self.kept.len());
        }
        self.bytes += bytes_of(&feature);
        if self.kept.len() >= MOST_FEATURES || self.bytes > MOST_BYTES {
            return Err(QueryError::TooLarge);
        }
        self.kept.push((self.number, feature));
        Ok(())
    }

    /// Puts what there is into cells, as far as they have room.
    fn begin_crowd(&mut self) {
        let (cell, stacked) = (self.cell, self.stacked);
        let mut above: HashMap<(i64, i64), usize> = HashMap::new();
        let mut topmost: Vec<_> = std::mem::take(&mut self.kept)
            .into_iter()
            .rev()
            .filter(|(_, feature)| {
                let count = feature.point().map(|place| above.entry(cell_of(place, cell)).or_default());
                count.is_none_or(|count| {
                    *count += 1;
                    *count <= stacked
                })
            })
            .collect();
        topmost.reverse();
        let mut cells = Cells::new();
        for (index, (_, feature)) in topmost.iter().enumerate() {
            if let Some(place) = feature.point() {
                cells.entry(cell_of(place, cell)).or_default().push(index);
            }
        }
        self.bytes = topmost.iter().map(|(_, feature)| bytes_of(feature)).sum();
        (self.kept, self.cells) = (topmost, Some(cells));
    }
}

fn bytes_of(feature: &FeatureRow) -> usize {
    let text = |value: &FieldValue| if let FieldValue::Text(text) = value { text.len() } else { 0 };
    let texts: usize = feature.fields.iter().map(text).sum();
    feature.wkb.len() + feature.fields.len() * size_of::<FieldValue>() + texts
}

fn cell_of((x, y): (f64, f64), side: f64) -> (i64, i64) {
    ((x / side).floor() as i64, (y / side).floor() as i64)
}

impl Collect for KeptFeatures {
    fn add(&mut self, row: Row) -> Result<(), QueryError> {
        FeatureRow::from_row(&row).map_or(Ok(()), |feature| self.put(feature))
    }

    fn held(&self) -> usize {
        // As it came, and once more as it is drawn.
        self.bytes * 2 + self.kept.len() * FEATURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f64, y: f64, number: i64) -> FeatureRow {
        let mut wkb = vec![1, 1, 0, 0, 0];
        wkb.extend(x.to_le_bytes());
        wkb.extend(y.to_le_bytes());
        FeatureRow { wkb, fields: vec![FieldValue::Integer(number)], east: 0.0 }
    }

    fn numbers(features: KeptFeatures) -> Vec<i64> {
        let number = |feature: FeatureRow| match feature.fields.first() {
            Some(FieldValue::Integer(number)) => *number,
            _ => -1,
        };
        features.into_features().into_iter().map(number).collect()
    }

    #[test]
    fn texts_count() {
        let mut features = KeptFeatures::new(1.0, 1);
        let text = |x: f64| FeatureRow { fields: vec![FieldValue::Text("x".repeat(10 << 20))], ..point(x, 0.0, 0) };
        let taken = (0..20).take_while(|number| features.put(text(f64::from(*number))).is_ok()).count();
        assert_eq!((taken, features.held() > 240 << 20), (12, true));
    }

    #[test]
    fn few_features_are_all_kept() {
        let mut features = KeptFeatures::new(1.0, 1);
        for number in 0..1000 {
            assert!(features.put(point(0.5, 0.5, number)).is_ok());
        }
        assert_eq!(numbers(features), (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn of_a_crowd_the_topmost_are_kept_in_order() {
        let mut features = KeptFeatures::new(1.0, 2);
        let crowd = CROWD as i64;
        // Each in a cell of its own, then three more in the first two cells.
        for number in 0..crowd {
            assert!(features.put(point(number as f64 + 0.5, -7.0, number)).is_ok());
        }
        for (number, x) in [(crowd, 0.1), (crowd + 1, 0.2), (crowd + 2, 1.9), (crowd + 3, 0.3)] {
            assert!(features.put(point(x, -7.0, number)).is_ok());
        }
        let kept = numbers(features);
        let mut expected: Vec<i64> = (1..crowd).collect();
        // Of the first cell, its own feature and the first newcomer made room.
        expected.extend([crowd + 1, crowd + 2, crowd + 3]);
        assert_eq!(kept, expected);
    }

    #[test]
    fn a_crowd_of_others_is_refused_in_the_end() {
        let line = || FeatureRow { wkb: vec![1, 2, 0, 0, 0], fields: Vec::new(), east: 0.0 };
        let mut features = KeptFeatures::new(1.0, 1);
        for _ in 0..MOST_FEATURES {
            assert!(features.put(line()).is_ok());
        }
        assert!(matches!(features.put(line()), Err(QueryError::TooLarge)));
    }

    #[test]
    fn points_end_to_be_a_crowd_when_there_is_something_else() {
        let mut features = KeptFeatures::new(1.0, 1);
        for number in 0..CROWD as i64 + 10 {
            assert!(features.put(point(0.5, 0.5, number)).is_ok());
        }
        assert!(features.put(FeatureRow { wkb: vec![1, 2, 0, 0, 0], fields: Vec::new(), east: 0.0 }).is_ok());
        for number in 0..10 {
            assert!(features.put(point(0.5, 0.5, number)).is_ok());
        }
        assert_eq!(features.into_features().len(), 12);
    }
}
