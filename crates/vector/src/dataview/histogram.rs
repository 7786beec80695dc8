//! Rows by ranges of a number.

use super::{NumberColumns, Odd};
use crate::order;
use crate::quotient::quotient;
use crate::rows::Rows;
use crate::schema::{Schema, Undecided};
use crate::total::Total;

/// The most bins that a server makes.
const MOST: u32 = 10_000;
/// Bins when nobody says how many: at least and at most.
const CHOSEN: (u64, u64) = (6, 48);
/// Values this near to an edge, in bins, may be on its other side when they are computed in another way.
const NEAR: f64 = 1e-9;

/// The result of a histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// How wide a bin is; `None` when there are no numbers, as `bins_count` and `bins_start`.
    pub bin_width: Option<f64>,
    /// How many bins there are, empty ones included.
    pub bins_count: Option<u32>,
    /// Where the first bin starts.
    pub bins_start: Option<f64>,
    /// Rows without a value; 0 when a range was asked for, as the following.
    pub nulls: u64,
    /// Rows whose value is `NaN`.
    pub nans: u64,
    /// Rows whose value is infinite.
    pub infinities: u64,
    /// The average of all numbers, 0 of none.
    pub avg: f64,
    /// The bins that are not empty, in their order.
    pub bins: Vec<Bin>,
}

/// A bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Its place, from 0 on.
    pub bin: u32,
    /// The smallest number in it.
    pub min: f64,
    /// The greatest number in it.
    pub max: f64,
    /// The average of the numbers.
    pub avg: f64,
    /// How many there are.
    pub freq: u64,
}

pub(super) fn histogram(
    rows: &Rows<'_>,
    schema: &Schema,
    column: &str,
    bins: Option<u32>,
    range: Option<(f64, f64)>,
) -> Result<Histogram, Undecided> {
    let columns = NumberColumns::find(rows, schema, column)?;
    let mut odd = Odd::default();
    let mut numbers = Vec::with_capacity(rows.len());
    let mut total = Total::default();
    columns.each(|value| {
        // NULL, NaN and infinity are beyond any range.
        let is_within = range.is_none_or(|(start, end)| value.is_some_and(|value| value >= start && value <= end));
        if let Some(number) = is_within.then(|| odd.sort(value)).flatten() {
            total.add(number);
            numbers.push(number);
        }
    });
    let is_whole = columns.is_whole;
    let mut result = Histogram {
        nulls: odd.nulls,
        nans: odd.nans,
        infinities: odd.infinities,
        avg: total.average(is_whole).unwrap_or(0.0),
        ..Histogram::default()
    };
    if numbers.is_empty() {
        return Ok(result);
    }
    let (low, high) = range.unwrap_or_else(|| {
        (
            numbers.iter().copied().fold(f64::INFINITY, f64::min),
            numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        )
    });
    let spread = high - low;
    if !spread.is_finite() {
        // The database complains.
        return Err(Undecided::Meaning);
    }
    let count = match bins.filter(|bins| *bins > 0) {
        Some(bins) => bins.min(MOST),
        None => chosen(&numbers, spread, is_whole && range.is_none())?,
    };
    let bins = Bins { low, high, spread, count: f64::from(count), is_whole: range.is_none() && is_whole };
    let (mut totals, mut ends) = (vec![Total::default(); count as usize], Vec::new());
    ends.resize(count as usize, (f64::INFINITY, f64::NEG_INFINITY));
    for number in numbers {
        let place = bins.place(number)?;
        if let (Some(total), Some((min, max))) = (totals.get_mut(place), ends.get_mut(place)) {
            total.add(number);
            (*min, *max) = (min.min(number), max.max(number));
        }
    }
    result.bin_width = Some(bins.width());
    result.bins_count = Some(count);
    result.bins_start = Some(low);
    let filled = (0..count).zip(totals).zip(ends).filter(|((_, total), _)| total.count > 0);
    let bin = |((bin, total), (min, max)): ((u32, Total), (f64, f64))| Bin {
        bin,
        min,
        max,
        avg: total.average(is_whole).unwrap_or_default(),
        freq: total.count,
    };
    result.bins = filled.map(bin).collect();
    Ok(result)
}

/// Where bins are.
struct Bins {
    low: f64,
    high: f64,
    spread: f64,
    count: f64,
    /// Whether the database computes with whole numbers.
    is_whole: bool,
}

impl Bins {
    fn width(&self) -> f64 {
        if self.is_whole && self.spread.abs() < 9e15 {
            // The number of bins is small, and whole.
            return quotient(self.spread as i128, self.count as u64);
        }
        self.spread / self.count
    }

    /// The bin of a number.
    fn place(&self, number: f64) -> Result<usize, Undecided> {
        if self.spread == 0.0 {
            return Ok(0);
        }
        let exact = (number - self.low) * self.count / self.spread;
        let is_near = (exact - exact.round()).abs() < NEAR * exact.abs().max(1.0);
        let is_end = number == self.low || number == self.high;
        let is_whole = |number: f64| number.fract() == 0.0;
        if is_near && !is_end && !(is_whole(number) && is_whole(self.low) && is_whole(self.spread)) {
            return Err(Undecided::Rounding);
        }
        // It is not negative, and less than the number of bins.
        Ok(exact.floor().min(self.count - 1.0).max(0.0) as usize)
    }
}

/// How many bins the server chooses: as Freedman and Diaconis, but for the number of rows.
fn chosen(numbers: &[f64], spread: f64, is_whole: bool) -> Result<u32, Undecided> {
    let numbers = order::numbers(numbers);
    let total = numbers.len();
    let (least, most) = CHOSEN;
    let least = least.min(total as u64);
    // The greatest number of the first and the third of four parts, of which the first ones are longer by one.
    let end_of = |part: usize| total / 4 * part + part.min(total % 4);
    let greatest = |part: usize| end_of(part).checked_sub(1).and_then(|last| numbers.get(last));
    let bins = match (greatest(3), greatest(1)) {
        (Some(high), Some(low)) if total >= 3 => {
            let range = high - low;
            if range == 0.0 {
                return Ok(1);
            }
            let bins = spread / (2.0 * range);
            let is_middle = (bins.fract() - 0.5).abs() < NEAR;
            if is_middle && !is_whole {
                // Floating-point numbers are rounded to the even one, decimal ones up.
                return Err(Undecided::Rounding);
            }
            // `f64::round` rounds the middle away from 0, as `numeric` does.
            bins.round().min(most as f64) as u64
        }
        // Without a third part its range is not known, and the rest of the rule is the greatest number.
        _ => most,
    };
    u32::try_from(bins.max(least)).map_err(|_| Undecided::Rounding)
}
