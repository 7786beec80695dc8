//! The SQL of histograms, over numbers and over time.

/// Bins when nobody says how many: at least and at most.
const BINS: (u32, u32) = (6, 48);
/// Bins that `auto` allows; a finer unit of time would give more.
const MOST_AUTO_BINS: f64 = 100.0;

/// Bounds that a request gives, the smaller one first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Where the first bin begins.
    pub start: f64,
    /// Where the last bin ends.
    pub end: f64,
}

impl Range {
    /// The range between two numbers.
    pub fn new(one: f64, other: f64) -> Range {
        Range { start: one.min(other), end: one.max(other) }
    }
}

/// What a histogram over numbers is computed of.
pub struct Numbers<'a> {
    /// The query after FROM.
    pub source: &'a str,
    /// The column as an SQL expression of a number.
    pub value: &'a str,
    /// Whether NaN and infinity may be among its values.
    pub is_float: bool,
    /// Number of bins; chosen from the data when there is none.
    pub bins: Option<u64>,
    /// The bounds; the data's own when there are none.
    pub range: Option<Range>,
}

impl Numbers<'_> {
    /// One row of one column: the histogram as JSON text.
    pub fn sql(&self) -> String {
        let Numbers { source, value, .. } = self;
        let within = self
            .range
            .map_or(String::new(), |Range { start, end }| format!(" WHERE {value} >= {start} AND {value} <= {end}"));
        let (nan, infinite) = match self.is_float {
            true => ("v = 'NaN'", "v IN ('Infinity', '-Infinity')"),
            false => ("false", "false"),
        };
        let (low, high) = match self.range {
            // Whole numbers would be divided as such.
            Some(Range { start, end }) => (format!("({start})::float8"), format!("({end})::float8")),
            None => ("min(v)".to_owned(), "max(v)".to_owned()),
        };
        let bins = match self.bins {
            Some(bins) => bins.clamp(1, 10_000).to_string(),
            // Freedman and Diaconis without the number of rows, as real servers have it.
            None => format!(
                "CASE WHEN total = 0 OR iqr = 0 THEN 1
                      ELSE greatest(least({}, total), least((spread / (2 * iqr))::int, {})) END",
                BINS.0, BINS.1
            ),
        };
        // The difference comes first: what cannot be subtracted is what the database complains of.
        format!(
            "WITH source AS (SELECT {value} AS v FROM {source} AS q{within}),
             numbers AS (SELECT v FROM source WHERE v IS NOT NULL AND NOT ({nan} OR {infinite})),
             quartiles AS (
               SELECT max(v) FILTER (WHERE quarter = 3) - max(v) FILTER (WHERE quarter = 1) AS iqr
                 FROM (SELECT v, ntile(4) OVER (ORDER BY v) AS quarter FROM numbers) AS n),
             basics AS (
               SELECT max(v) - min(v) AS data_spread, {low} AS low, {high} AS high, ({high}) - ({low}) AS spread,
                      avg(v) AS average, count(1) AS total, (SELECT iqr FROM quartiles) AS iqr
                 FROM numbers),
             shape AS (SELECT *, ({bins})::int AS bins FROM basics),
             bins AS (
               SELECT CASE WHEN spread = 0 THEN 0
                           ELSE greatest(0, least(floor((v - low) * bins / spread), bins - 1)) END::int AS bin,
                      min(v) AS min, max(v) AS max, avg(v) AS avg, count(1) AS freq
                 FROM numbers, shape GROUP BY 1)
             SELECT row_to_json(r)::text FROM (
               SELECT spread / bins AS bin_width, bins AS bins_count, low AS bins_start,
                      (SELECT count(1) FROM source WHERE v IS NULL) AS nulls,
                      (SELECT count(1) FROM source WHERE {infinite}) AS infinities,
                      (SELECT count(1) FROM source WHERE {nan}) AS nans,
                      coalesce(average, 0) AS avg,
                      coalesce((SELECT json_agg(b ORDER BY bin) FROM bins AS b), '[]') AS bins
                 FROM shape) AS r"
        )
    }
}

/// A unit of time that bins have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// As the database and requests call it.
    pub name: &'static str,
    /// How long it is.
    length: Length,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    Seconds(u32),
    Months(u32),
}

/// From fine to coarse.
pub const UNITS: &[Unit] = &[
    Unit { name: "second", length: Length::Seconds(1) },
    Unit { name: "minute", length: Length::Seconds(60) },
    Unit { name: "hour", length: Length::Seconds(3_600) },
    Unit { name: "day", length: Length::Seconds(86_400) },
    Unit { name: "week", length: Length::Seconds(604_800) },
    Unit { name: "month", length: Length::Months(1) },
    Unit { name: "quarter", length: Length::Months(3) },
    Unit { name: "year", length: Length::Months(12) },
    Unit { name: "decade", length: Length::Months(120) },
    Unit { name: "century", length: Length::Months(1_200) },
    Unit { name: "millennium", length: Length::Months(12_000) },
];

impl Unit {
    /// The unit when there is no time at all.
    const USUAL: Unit = Unit { name: "day", length: Length::Seconds(86_400) };

    /// The unit of this name.
    pub fn named(name: &str) -> Option<Unit> {
        UNITS.iter().find(|unit| unit.name == name).copied()
    }

    /// The unit that `auto` stands for: the finest of which a span of so many seconds has no more than 100; where coarser
    /// ones give no fewer bins, the coarsest.
    pub fn of_span(seconds: Option<f64>) -> Unit {
        let Some(seconds) = seconds else { return Unit::USUAL };
        let mut best = (None, -1.0);
        for unit in UNITS.iter().rev() {
            let count = unit.rough_count(seconds);
            if count <= MOST_AUTO_BINS && count > best.1 {
                best = (Some(*unit), count);
            }
        }
        best.0.unwrap_or(Unit::USUAL)
    }

    /// About how many units a span has, as real servers count: months and what is longer by the days that they have on average.
    fn rough_count(self, seconds: f64) -> f64 {
        let days = (seconds / 86_400.0).floor();
        match self.length {
            Length::Seconds(1) => seconds,
            Length::Seconds(604_800) => (days / 7.0).round(),
            Length::Seconds(length) => (seconds / f64::from(length)).floor(),
            Length::Months(1) => (days / 30.0).round(),
            Length::Months(3) => (days / 91.0).round(),
            Length::Months(months) => (days / (f64::from(months) / 12.0 * 365.2425).floor()).round(),
        }
    }

    /// Length in seconds; as PostgreSQL counts intervals: months have 30 days and years 365.25.
    fn seconds(self) -> u64 {
        match self.length {
            Length::Seconds(seconds) => seconds.into(),
            Length::Months(months) => u64::from(months / 12) * 31_557_600 + u64::from(months % 12) * 2_592_000,
        }
    }

    /// How many units lie between two timestamps that the unit begins at.
    fn between(self, from: &str, to: &str) -> String {
        match self.length {
            Length::Seconds(seconds) => {
                format!("((extract(epoch FROM {to}) - extract(epoch FROM {from})) / {seconds})::bigint")
            }
            Length::Months(months) => format!(
                "(((extract(year FROM {to}) - extract(year FROM {from})) * 12
                   + extract(month FROM {to}) - extract(month FROM {from})) / {months})::bigint"
            ),
        }
    }

    fn truncated(self, time: &str) -> String {
        format!("date_trunc('{}', {time})", self.name)
    }
}

/// What a histogram over time is computed of.
pub struct Times<'a> {
    /// The query after FROM.
    pub source: &'a str,
    /// The column, quoted.
    pub column: &'a str,
    /// Seconds that local time is ahead of UTC.
    pub offset: i64,
    /// The bounds in seconds since 1970; the data's own when there are none.
    pub range: Option<Range>,
}

impl Times<'_> {
    /// `WITH` clause: `source` with local times, and `bounds` of them.
    fn with(&self) -> String {
        let Times { source, column, offset, .. } = self;
        let time = format!("{column}::timestamptz");
        let (within, low, high) = match self.range {
            Some(Range { start, end }) => (
                format!(" WHERE extract(epoch FROM {time}) >= {start} AND extract(epoch FROM {time}) <= {end}"),
                self.local(&format!("to_timestamp({start})")),
                self.local(&format!("to_timestamp({end})")),
            ),
            None => (String::new(), "min(t)".to_owned(), "max(t)".to_owned()),
        };
        format!(
            "WITH source AS (
               SELECT ({time} AT TIME ZONE 'UTC') + {offset} * interval '1 second' AS t FROM {source} AS q{within}),
             bounds AS (SELECT {low} AS low, {high} AS high, count(t) AS total FROM source)"
        )
    }

    fn local(&self, time: &str) -> String {
        format!("({time} AT TIME ZONE 'UTC') + {} * interval '1 second'", self.offset)
    }

    /// One row: the seconds from the first to the last time. Bounds do not count: a part has the bins of the whole.
    pub fn span_sql(&self) -> String {
        let Times { source, column, .. } = self;
        format!(
            "SELECT to_json(extract(epoch FROM max({column}::timestamptz) - min({column}::timestamptz)))::text
               FROM {source} AS q WHERE isfinite({column}::timestamptz)"
        )
    }

    /// One row of one column: the histogram as JSON text.
    pub fn sql(&self, unit: Unit) -> String {
        let Times { offset, .. } = self;
        let begin = unit.truncated("t");
        let first = unit.truncated("low");
        let index = unit.between(&first, &begin);
        let count = unit.between(&first, &unit.truncated("high"));
        let seconds = unit.seconds();
        // Rows without a time have a bin of their own, which real servers do not count as nulls.
        format!(
            "{},
             bins AS (
               SELECT {index} AS bin, (extract(epoch FROM {begin}) - {offset})::bigint AS min, count(1) AS freq
                 FROM source, bounds GROUP BY 1, 2)
             SELECT row_to_json(r)::text FROM (
               SELECT (extract(epoch FROM {first}) - {offset})::bigint AS timestamp_start,
                      CASE WHEN total > 0 THEN {seconds} ELSE 0 END AS bin_width,
                      CASE WHEN total > 0 THEN {count} + 1 ELSE 0 END AS bins_count,
                      (SELECT min(min) FROM bins) AS bins_start, 0 AS nulls,
                      coalesce((SELECT json_agg(json_build_object('bin', bin, 'min', min, 'max', min, 'avg', min,
                                                                  'freq', freq, 'timestamp', min) ORDER BY bin)
                                  FROM bins), '[]') AS bins
                 FROM bounds) AS r",
            self.with()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_as_long_as_recorded() {
        let seconds = |name| Unit::named(name).map(Unit::seconds);
        assert_eq!(seconds("week"), Some(604_800));
        assert_eq!(seconds("month"), Some(2_592_000));
        assert_eq!(seconds("quarter"), Some(7_776_000));
        assert_eq!(seconds("year"), Some(31_557_600));
        assert_eq!(seconds("millennium"), Some(31_557_600_000));
        assert_eq!(seconds("fortnight"), None);
    }

    #[test]
    fn spans_have_no_more_than_a_hundred_bins() {
        let unit = |days: f64| Unit::of_span(Some(days * 86_400.0)).name;
        let table = [(57.0 / 86_400.0, "second"), (101.0 / 86_400.0, "minute"), (0.05, "minute"), (3.0, "hour")];
        let longer = [(62.0, "day"), (101.0, "week"), (419.0, "week"), (1_149.0, "month"), (4_802.0, "quarter")];
        let longest = [(10_280.0, "year"), (61_000.0, "decade"), (700_000.0, "century"), (7e6, "millennium")];
        for (days, name) in table.into_iter().chain(longer).chain(longest) {
            assert_eq!(unit(days), name, "{days} days");
        }
        assert_eq!(unit(0.0), "millennium", "one time is one bin of any unit");
        assert_eq!(Unit::of_span(None).name, "day");
    }

    #[test]
    fn ranges_begin_with_the_smaller_number() {
        assert_eq!(Range::new(5.0, -1.0), Range { start: -1.0, end: 5.0 });
    }
}
