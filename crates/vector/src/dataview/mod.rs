//! Dataviews over the tiles that are there, with the results of the server.

mod category;
mod formula;
mod histogram;
mod times;

use crate::area::Area;
use crate::column::{Numbers, Values};
use crate::filter::Filter;
use crate::rows::{Part, Rows};
use crate::schema::{Schema, Type, Undecided};
use crate::store::Store;
pub use category::{Categories, Category, CategoryName};
pub use formula::Formula;
pub use histogram::{Bin, Histogram};
pub use times::{TimeBin, TimeSeries, Unit};

/// What becomes of the numbers of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// How many there are.
    Count,
    /// Their sum.
    Sum,
    /// Their average.
    Avg,
    /// The smallest.
    Min,
    /// The greatest.
    Max,
}

/// What is to be computed, with the names of columns as tiles have them.
#[derive(Clone, Debug, PartialEq)]
pub enum Dataview {
    /// One number.
    Formula {
        /// The operation.
        operation: Operation,
        /// The column; rows are counted without one.
        column: Option<String>,
    },
    /// Groups of rows.
    Category {
        /// The column of the categories.
        column: String,
        /// The operation.
        operation: Operation,
        /// The column that it is applied to; rows are counted without one.
        operation_column: Option<String>,
        /// How many categories, that of all others included; as the server, from 1 to 10,000.
        limit: u32,
    },
    /// Rows by ranges of a number.
    Histogram {
        /// The column.
        column: String,
        /// How many bins; chosen from the data when there is none.
        bins: Option<u32>,
        /// Start and end of the bins, in any order; those of the data when there are none, or they are the same.
        range: Option<(f64, f64)>,
    },
    /// Rows by spans of time.
    TimeSeries {
        /// The column.
        column: String,
        /// How long the bins are; chosen from the data when there is none.
        unit: Option<Unit>,
        /// Seconds that local time is ahead of UTC.
        offset: i64,
        /// Start and end in seconds since 1970, as for histograms.
        range: Option<(f64, f64)>,
    },
}

/// A question for a dataview.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The number of the layer, as in [`TileKey`](crate::TileKey).
    pub layer: u32,
    /// The zoom level of the tiles to use.
    pub zoom: u8,
    /// The area.
    pub area: &'a Area,
    /// How far a place can be from where it is in the database, in units of the tile: 0.5 by rounding, more for shapes that
    /// were made simpler.
    pub tolerance: f64,
    /// Pixels around a tile, which has 256 of them, of which it has features.
    pub buffer: f64,
    /// The columns that tiles carry.
    pub schema: &'a Schema,
    /// The rows that count; all without one.
    pub filter: Option<&'a Filter>,
    /// What is to be computed.
    pub dataview: &'a Dataview,
}

/// The result of a dataview.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Of a formula.
    Formula(Formula),
    /// Of categories.
    Category(Categories),
    /// Of a histogram.
    Histogram(Histogram),
    /// Of a time series.
    TimeSeries(TimeSeries),
}

impl Store {
    /// Computes a dataview as the server does: whole numbers, counts and orders are the same, and sums and averages of
    /// other numbers differ by rounding only.
    ///
    /// # Errors
    /// The server is to be asked: tiles of the area are not there or not complete, a feature is at its edge, or the result
    /// depends on what only the database knows.
    pub fn dataview(&mut self, request: &Request<'_>) -> Result<Answer, Undecided> {
        let rows = Rows::find(self, request)?;
        let schema = request.schema;
        Ok(match request.dataview {
            Dataview::Formula { operation, column } => {
                Answer::Formula(formula::formula(&rows, schema, *operation, column.as_deref())?)
            }
            Dataview::Category { column, operation, operation_column, limit } => {
                let value = operation_column.as_deref();
                Answer::Category(category::categories(&rows, schema, column, *operation, value, *limit)?)
            }
            Dataview::Histogram { column, bins, range } => {
                Answer::Histogram(histogram::histogram(&rows, schema, column, *bins, ordered(*range))?)
            }
            Dataview::TimeSeries { column, unit, offset, range } => {
                Answer::TimeSeries(times::series(&rows, schema, column, *unit, *offset, ordered(*range))?)
            }
        })
    }
}

/// A range with its smaller end first; one without width is none.
fn ordered(range: Option<(f64, f64)>) -> Option<(f64, f64)> {
    let (start, end) = range.filter(|(start, end)| start != end && start.is_finite() && end.is_finite())?;
    Some((start.min(end), start.max(end)))
}

/// The columns of numbers of some layers.
struct NumberColumns<'a> {
    parts: Vec<Part<'a>>,
    /// Whether their type is one of whole numbers, as far as they tell.
    is_whole: bool,
    /// Whether one is of type `real`, whose values are written with fewer digits.
    is_single: bool,
}

impl<'a> NumberColumns<'a> {
    fn find(rows: &'a Rows<'a>, schema: &Schema, name: &str) -> Result<Self, Undecided> {
        let parts = rows.columns(schema, name)?;
        if schema.type_of(name) != Some(Type::Number) {
            return Err(Undecided::Meaning);
        }
        let has = |wanted: &dyn Fn(Numbers) -> bool| {
            let mut columns = parts.iter().filter_map(|(column, _)| *column);
            columns.any(|column| matches!(column.values, Values::Numbers { form, .. } if wanted(form)))
        };
        let (is_whole, is_single) = (!has(&|form| form != Numbers::Whole), has(&|form| form == Numbers::Single));
        Ok(Self { is_whole, is_single, parts })
    }

    fn each(&self, mut found: impl FnMut(Option<f64>)) {
        for (column, rows) in &self.parts {
            rows.iter().for_each(|row| found(column.and_then(|column| column.number(*row as usize))));
        }
    }
}

/// What is not a number among the values of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Odd {
    nulls: u64,
    nans: u64,
    infinities: u64,
}

impl Odd {
    /// Counts a value; gives it when it is a number.
    #[inline]
    fn sort(&mut self, value: Option<f64>) -> Option<f64> {
        match value {
            None => self.nulls += 1,
            Some(number) if number.is_nan() => self.nans += 1,
            Some(number) if number.is_infinite() => self.infinities += 1,
            Some(number) => return Some(number),
        }
        None
    }
}
