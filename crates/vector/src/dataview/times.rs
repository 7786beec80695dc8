//! Rows by spans of time.

use crate::rows::Rows;
use crate::schema::{Schema, Type, Undecided};
use compact::HashMap;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Bins that are chosen at most.
const MOST_CHOSEN: f64 = 100.0;
/// Times from the year 1 to the year 9999: what is beyond, calendars do not agree about.
const TIMES: std::ops::Range<i64> = -62_135_596_800..253_402_300_800;

/// How long bins of a time series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week, from Monday on.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
    /// Ten years, from one that ends with 0 on.
    Decade,
    /// A hundred years, from one that ends with 01 on.
    Century,
    /// A thousand years, from one that ends with 001 on.
    Millennium,
}

/// From coarse to fine, as they are chosen from.
const UNITS: [Unit; 11] = [
    Unit::Millennium,
    Unit::Century,
    Unit::Decade,
    Unit::Year,
    Unit::Quarter,
    Unit::Month,
    Unit::Week,
    Unit::Day,
    Unit::Hour,
    Unit::Minute,
    Unit::Second,
];

/// The result of a time series. Times are seconds since 1970, in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeSeries {
    /// How long the bins are.
    pub unit: Unit,
    /// Seconds that local time is ahead of UTC.
    pub offset: i64,
    /// When the first bin begins; `None` when there is no time, as `bins_start`.
    pub timestamp_start: Option<i64>,
    /// How long a bin is on average, in seconds; 0 when there is no time.
    pub bin_width: i64,
    /// How many bins there are, empty ones included.
    pub bins_count: i64,
    /// When the first bin that is not empty begins.
    pub bins_start: Option<i64>,
    /// The bins that are not empty in their order, then that of rows without a time.
    pub bins: Vec<TimeBin>,
}

/// A bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBin {
    /// Its place, from 0 on, and when it begins; `None` for rows without a time.
    pub place: Option<(i64, i64)>,
    /// How many rows there are.
    pub freq: u64,
}

pub(super) fn series(
    rows: &Rows<'_>,
    schema: &Schema,
    column: &str,
    unit: Option<Unit>,
    offset: i64,
    range: Option<(f64, f64)>,
) -> Result<TimeSeries, Undecided> {
    let parts = rows.columns(schema, column)?;
    let scale = match schema.type_of(column) {
        Some(Type::Seconds) => 1e6,
        Some(Type::Milliseconds) => 1e3,
        _ => return Err(Undecided::Meaning),
    };
    let mut times = Vec::with_capacity(rows.len());
    let mut nulls = 0_u64;
    for (column, rows) in &parts {
        for row in *rows {
            match column.and_then(|column| column.number(*row as usize)) {
                None => nulls += 1,
                // PostgreSQL counts microseconds.
                Some(time) => times.push((time * scale).round()),
            }
        }
    }
    let known = |seconds: f64| TIMES.contains(&(seconds.floor() as i64));
    let ends = range.map_or([0.0; 2], |(start, end)| [start, end]);
    let is_known = times.iter().all(|time| known(time / 1e6) && known(time / 1e6 + offset as f64))
        && ends.iter().all(|time| known(*time) && known(time + offset as f64));
    if !is_known {
        return Err(Undecided::Meaning);
    }
    // The unit is that of the whole, whatever part is asked for.
    let (first, last) = bounds(&times);
    let unit = unit.unwrap_or_else(|| Unit::of_span((first <= last).then_some((last - first) / 1e6)));
    if let Some((start, end)) = range {
        times.retain(|time| *time >= start * 1e6 && *time <= end * 1e6);
        nulls = 0;
    }
    let local = |time: f64| (time / 1e6).floor() as i64 + offset;
    let (first, last) = match range {
        Some((start, end)) => ((start * 1e6).round(), (end * 1e6).round()),
        None => bounds(&times),
    };
    let mut counts = HashMap::new();
    for time in &times {
        *counts.entry(unit.start(local(*time))).or_insert(0_u64) += 1;
    }
    let mut bins: Vec<_> = counts.iter().collect();
    compact::sort_by(&mut bins, |one, other| one.0.cmp(other.0));
    let start = (first <= last).then(|| unit.start(local(first)));
    let place = |begin: i64| start.map(|start| (unit.between(start, begin), begin - offset));
    let null_bin = (nulls > 0).then_some(TimeBin { place: None, freq: nulls });
    let has_times = !times.is_empty();
    Ok(TimeSeries {
        unit,
        offset,
        timestamp_start: start.filter(|_| has_times).map(|start| start - offset),
        bin_width: if has_times { unit.seconds() } else { 0 },
        bins_count: match start {
            Some(start) if has_times => unit.between(start, unit.start(local(last))) + 1,
            _ => 0,
        },
        bins_start: bins.first().map(|(begin, _)| *begin - offset),
        bins: bins
            .iter()
            .map(|(begin, freq)| TimeBin { place: place(**begin), freq: **freq })
            .chain(null_bin)
            .collect(),
    })
}

/// The first and the last time; the other way round when there is none.
fn bounds(times: &[f64]) -> (f64, f64) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    times.iter().fold(ends, |(first, last), time| (first.min(*time), last.max(*time)))
}

impl Unit {
    /// The unit of this name, as requests and answers have it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        UNITS.into_iter().find(|unit| unit.name() == name)
    }

    /// As requests and answers call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Decade => "decade",
            Self::Century => "century",
            Self::Millennium => "millennium",
        }
    }

    /// What `auto` stands for: the finest unit of which a span of so many seconds has no more than 100; where coarser ones
    /// give no fewer bins, the coarsest.
    fn of_span(seconds: Option<f64>) -> Self {
        let Some(seconds) = seconds else { return Self::Day };
        let mut best = (Self::Day, -1.0);
        for unit in UNITS {
            let count = unit.rough_count(seconds);
            if count <= MOST_CHOSEN && count > best.1 {
                best = (unit, count);
            }
        }
        best.0
    }

    /// About how many units a span has, as servers count.
    fn rough_count(self, seconds: f64) -> f64 {
        let days = (seconds / 86_400.0).floor();
        match self {
            Self::Second => seconds,
            Self::Minute => (seconds / 60.0).floor(),
            Self::Hour => (seconds / 3600.0).floor(),
            Self::Day => days,
            Self::Week => (days / 7.0).round(),
            Self::Month => (days / 30.0).round(),
            Self::Quarter => (days / 91.0).round(),
            Self::Year => (days / 365.0).round(),
            Self::Decade => (days / 3652.0).round(),
            Self::Century => (days / 36_524.0).round(),
            Self::Millennium => (days / 365_242.0).round(),
        }
    }

    /// Length in seconds, as PostgreSQL counts intervals: months have 30 days and years 365.25.
    fn seconds(self) -> i64 {
        match self.months() {
            Err(seconds) => seconds,
            Ok(months) => months / 12 * 31_557_600 + months % 12 * 2_592_000,
        }
    }

    /// Length in months, or in seconds where it is none of months.
    fn months(self) -> Result<i64, i64> {
        match self {
            Self::Second => Err(1),
            Self::Minute => Err(60),
            Self::Hour => Err(3600),
            Self::Day => Err(DAY),
            Self::Week => Err(7 * DAY),
            Self::Month => Ok(1),
            Self::Quarter => Ok(3),
            Self::Year => Ok(12),
            Self::Decade => Ok(120),
            Self::Century => Ok(1200),
            Self::Millennium => Ok(12_000),
        }
    }

    /// When the unit begins that a time is in.
    fn start(self, time: i64) -> i64 {
        match self.months() {
            // 1970 began on a Thursday.
            Err(seconds) if self == Self::Week => time - (time + 3 * DAY).rem_euclid(seconds),
            Err(seconds) => time - time.rem_euclid(seconds),
            Ok(length) => {
                let month = month_of(time);
                // Centuries and millennia begin a year late.
                let late = if length >= 1200 { 12 } else { 0 };
                time_of(month - (month - late).rem_euclid(length))
            }
        }
    }

    /// How many units lie between two times that one begins at.
    fn between(self, from: i64, to: i64) -> i64 {
        match self.months() {
            Err(seconds) => (to - from) / seconds,
            Ok(length) => (month_of(to) - month_of(from)) / length,
        }
    }
}

/// Months since the beginning of a year 0, in the calendar of Gregory.
fn month_of(time: i64) -> i64 {
    // Days since the 1st of March of the year 0, when leap days are the last ones of a year.
    let days = time.div_euclid(DAY) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    (era * 400 + year) * 12 + month + 2
}

/// When a month begins, as [`month_of`] counts them.
fn time_of(month: i64) -> i64 {
    let (year, month) = ((month - 2).div_euclid(12), (month - 2).rem_euclid(12));
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5;
    (days - 719_468) * DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_when_they_do() {
        assert_eq!((month_of(0), time_of(1970 * 12)), (1970 * 12, 0));
        assert_eq!((month_of(951_782_399), month_of(951_782_400)), (2000 * 12 + 1, 2000 * 12 + 1));
        assert_eq!((month_of(951_868_799), month_of(951_868_800)), (2000 * 12 + 1, 2000 * 12 + 2));
        for month in 12..120_000 {
            let time = time_of(month);
            assert_eq!((month_of(time), month_of(time - 1)), (month, month - 1));
        }
    }

    #[test]
    fn units_begin_as_in_the_database() {
        // extract(epoch FROM date_trunc(unit, timestamp '2017-11-30 23:59:59')) in PostgreSQL 15.
        let starts = [
            978_307_200,
            978_307_200,
            1_262_304_000,
            1_483_228_800,
            1_506_816_000,
            1_509_494_400,
            1_511_740_800,
            1_512_000_000,
            1_512_082_800,
            1_512_086_340,
            1_512_086_399,
        ];
        assert_eq!(UNITS.map(|unit| unit.start(1_512_086_399)), starts);
        assert_eq!(Unit::Century.start(946_684_800), -2_177_452_800, "2000 is of the 20th century");
        assert_eq!(UNITS.map(|unit| Unit::named(unit.name())), UNITS.map(Some));
    }

    #[test]
    fn spans_have_no_more_than_a_hundred_bins() {
        let days = |days: f64| Unit::of_span(Some(days * 86_400.0));
        let table = [(0.05, Unit::Minute), (3.0, Unit::Hour), (62.0, Unit::Day), (419.0, Unit::Week)];
        for (span, unit) in table.into_iter().chain([(1149.0, Unit::Month), (4802.0, Unit::Quarter)]) {
            assert_eq!(days(span), unit, "{span} days");
        }
        assert_eq!((days(0.0), Unit::of_span(None)), (Unit::Millennium, Unit::Day));
    }
}
