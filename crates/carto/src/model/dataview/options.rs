//! What dataviews accept: the checks of constructors and setters, in the order of spec 2.10 to 2.14.

use crate::error::CartoError;
use maps_api::json::Value;

/// The values of `carto.operation`.
const OPERATIONS: [&str; 5] = ["count", "sum", "avg", "max", "min"];
/// The values of `carto.dataview.timeAggregation`.
const UNITS: [&str; 11] =
    ["auto", "millennium", "century", "decade", "year", "quarter", "month", "week", "day", "hour", "minute"];

/// The class of a dataview.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// One number.
    Formula,
    /// Groups of rows.
    Category,
    /// Rows by ranges of a number.
    Histogram,
    /// Rows by spans of time.
    TimeSeries,
}

/// What getters give and setters replace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// The column.
    Column,
    /// How rows become a number.
    Operation,
    /// The column that the operation is applied to.
    OperationColumn,
    /// How many categories.
    Limit,
    /// How many bins.
    Bins,
    /// Where the first bin starts.
    Start,
    /// Where the last bin ends.
    End,
    /// How long the bins of a time series are.
    Aggregation,
    /// Hours between UTC and the days of a time series.
    Offset,
    /// Whether the days are those of the browser's time zone.
    LocalTimezone,
}

/// The options of a dataview, as the page gave them; `None` is JavaScript's `undefined`.
#[derive(Clone, Debug, Default)]
pub struct DataviewOptions {
    /// How rows become a number.
    pub operation: Option<Value>,
    /// The column that the operation is applied to.
    pub operation_column: Option<Value>,
    /// How many categories.
    pub limit: Option<Value>,
    /// How many bins.
    pub bins: Option<Value>,
    /// Where the first bin starts.
    pub start: Option<Value>,
    /// Where the last bin ends.
    pub end: Option<Value>,
    /// How long the bins of a time series are.
    pub aggregation: Option<Value>,
    /// Hours between UTC and the days of a time series.
    pub offset: Option<Value>,
    /// Whether the days are those of the browser's time zone.
    pub use_local_timezone: Option<Value>,
}

pub(super) fn refuse(token: &str) -> CartoError {
    CartoError::validation("dataview", token)
}

/// A text that is neither absent nor empty; otherwise the first, second or third token.
fn filled(text: Option<&Value>, [absent, other, empty]: [&str; 3]) -> Result<String, CartoError> {
    match text {
        None => Err(refuse(absent)),
        Some(Value::String(text)) if text.is_empty() => Err(refuse(empty)),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(refuse(other)),
    }
}

pub(super) fn column(column: Option<&Value>) -> Result<String, CartoError> {
    filled(column, ["columnRequired", "columnString", "emptyColumn"])
}

pub(super) fn operation_column(column: Option<&Value>) -> Result<String, CartoError> {
    filled(column, ["categoryOperationRequired", "categoryOperationString", "categoryOperationEmpty"])
}

pub(super) fn limit(limit: Option<&Value>) -> Result<f64, CartoError> {
    match limit {
        None => Err(refuse("categoryLimitRequired")),
        Some(Value::Number(limit)) if *limit <= 0.0 => Err(refuse("categoryLimitPositive")),
        Some(Value::Number(limit)) => Ok(*limit),
        Some(_) => Err(refuse("categoryLimitNumber")),
    }
}

/// One of a list of words.
fn word(value: Option<&Value>, words: &[&str], token: &str) -> Result<String, CartoError> {
    match value.and_then(Value::as_str) {
        Some(word) if words.contains(&word) => Ok(word.to_owned()),
        _ => Err(refuse(token)),
    }
}

pub(super) fn operation(kind: Kind, operation: Option<&Value>) -> Result<String, CartoError> {
    let token = if kind == Kind::Formula { "formulaInvalidOperation" } else { "categoryInvalidOperation" };
    word(operation, &OPERATIONS, token)
}

pub(super) fn aggregation(unit: Option<&Value>) -> Result<String, CartoError> {
    word(unit, &UNITS, "timeSeriesInvalidAggregation")
}

/// A whole number; casting saturates, so that anything larger than an integer can be differs from itself.
fn whole(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_f64).filter(|number| (*number as i64) as f64 == *number)
}

pub(super) fn bins(bins: Option<&Value>) -> Result<f64, CartoError> {
    whole(bins).filter(|bins| *bins >= 1.0).ok_or_else(|| refuse("histogramInvalidBins"))
}

pub(super) fn offset(hours: Option<&Value>) -> Result<f64, CartoError> {
    whole(hours).filter(|hours| (-12.0..=14.0).contains(hours)).ok_or_else(|| refuse("timeSeriesInvalidOffset"))
}

pub(super) fn local_timezone(flag: Option<&Value>) -> Result<bool, CartoError> {
    flag.and_then(Value::as_bool).ok_or_else(|| refuse("timeSeriesInvalidUselocaltimezone"))
}

/// The ends of a histogram as the page gave them: numbers, nulls, or nothing.
pub(super) type Ends = (Option<Value>, Option<Value>);

/// Checks them: both numbers, both null, or both nothing.
pub(super) fn ends(start: Option<&Value>, end: Option<&Value>) -> Result<Ends, CartoError> {
    let good = match (start, end) {
        (None, None) | (Some(Value::Null), Some(Value::Null)) => true,
        (Some(Value::Number(start)), Some(Value::Number(end))) => !(start.is_nan() || end.is_nan()),
        _ => false,
    };
    if good { Ok((start.cloned(), end.cloned())) } else { Err(refuse("histogramInvalidStartEnd")) }
}

/// Both ends, when they can be sent.
pub(super) fn finite((start, end): &Ends) -> Option<(f64, f64)> {
    let number = |end: &Option<Value>| end.as_ref().and_then(Value::as_f64).filter(|end| end.is_finite());
    Some((number(start)?, number(end)?))
}
