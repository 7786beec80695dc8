//! Bins of histograms and time series: what pages get from an answer (spec 2.13, 2.14).

use maps_api::json::Value;

/// Most bins that are taken from an answer: a hostile count would exhaust the memory.
const MOST_BINS: f64 = 65_536.0;
const DAY: i64 = 86_400;

/// The bins of an answer, and what is computed from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bins {
    /// The bins as pages get them.
    pub items: Vec<Value>,
    /// Rows without a value.
    pub nulls: f64,
}

fn number(value: &Value, key: &str) -> Option<f64> {
    value.get(key).and_then(Value::as_f64)
}

fn count(answer: &Value, otherwise: f64) -> f64 {
    let count = number(answer, "bins_count").filter(|count| count.is_finite()).unwrap_or(otherwise);
    count.clamp(0.0, MOST_BINS)
}

/// Puts a member in place of the one of that name, or at the end.
fn put(members: &mut Vec<(String, Value)>, name: &str, value: Value) {
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => members.push((name.to_owned(), value)),
    }
}

/// The server's bins by their index.
fn sent(answer: &Value, count: f64) -> Vec<Option<&Value>> {
    let mut by_index = vec![None; count as usize];
    for bin in answer.get("bins").map(Value::items).unwrap_or_default() {
        if let Some(index) = number(bin, "bin").filter(|index| *index >= 0.0)
            && let Some(slot) = by_index.get_mut(index as usize)
        {
            *slot = Some(bin);
        }
    }
    by_index
}

impl Bins {
    /// Reads the answer to a numeric histogram; `requested` is the number of bins that was asked for.
    pub fn histogram(answer: &Value, requested: f64) -> Bins {
        let count = count(answer, requested);
        let width = number(answer, "bin_width").unwrap_or_default();
        let first = number(answer, "bins_start").unwrap_or_default();
        let by_index = sent(answer, count);
        let last = by_index.len().saturating_sub(1);
        let item = |(index, bin): (usize, Option<&Value>)| {
            let edge = |index: usize| first + index as f64 * width;
            // The last bin ends at its largest value: it is the only one that contains its end.
            let max = bin.filter(|_| index == last).and_then(|bin| number(bin, "max"));
            let mut members = Vec::new();
            put(&mut members, "bin", (index as f64).into());
            put(&mut members, "start", edge(index).into());
            put(&mut members, "end", max.unwrap_or_else(|| edge(index + 1)).into());
            put(&mut members, "freq", 0.0.into());
            for (name, value) in bin.map(Value::members).unwrap_or_default() {
                put(&mut members, name, value.clone());
            }
            Value::Object(members)
        };
        Bins::of(answer, by_index.into_iter().enumerate().map(item).collect())
    }

    /// Reads the answer to a time series; `None` when its unit of time is none. Empty bins at the end beyond
    /// `most` are left out.
    pub fn time_series(answer: &Value, most: Option<usize>) -> Option<Bins> {
        let unit = Unit::of(answer.get("aggregation").and_then(Value::as_str)?)?;
        let first = number(answer, "timestamp_start").unwrap_or_default() as i64;
        let by_index = sent(answer, count(answer, 0.0));
        let item = |(index, bin): (usize, Option<&Value>)| {
            let edge = |index: usize| unit.after(first, index as i64);
            let mut item = Value::object([
                ("index", (index as f64).into()),
                ("start", (edge(index) as f64).into()),
                ("end", ((edge(index + 1) - 1) as f64).into()),
            ]);
            for name in ["min", "max"] {
                if let Some(value) = bin.and_then(|bin| bin.get(name)) {
                    item.push(name, value.clone());
                }
            }
            item.push("freq", bin.and_then(|bin| bin.get("freq")).cloned().unwrap_or(0.0.into()));
            item
        };
        let mut items: Vec<Value> = by_index.into_iter().enumerate().map(item).collect();
        while most.is_some_and(|most| items.len() > most)
            && items.last().and_then(|item| number(item, "freq")) == Some(0.0)
        {
            items.pop();
        }
        Some(Bins::of(answer, items))
    }

    fn of(answer: &Value, mut items: Vec<Value>) -> Bins {
        let most = items.iter().filter_map(|item| number(item, "freq")).fold(0.0, f64::max);
        for item in &mut items {
            let share = number(item, "freq").map_or(0.0, |freq| freq / most);
            item.push("normalized", if share.is_finite() { share } else { 0.0 });
        }
        Bins { items, nulls: number(answer, "nulls").unwrap_or_default() }
    }

    /// Where the first bin starts and the last one ends.
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((number(self.items.first()?, "start")?, number(self.items.last()?, "end")?))
    }

    fn frequencies(&self) -> Vec<f64> {
        self.items.iter().map(|item| number(item, "freq").unwrap_or_default()).collect()
    }

    /// The data of a page.
    pub fn to_value(&self) -> Value {
        // Not `sum`: that of nothing is -0.
        let total = self.frequencies().iter().fold(0.0, |sum, frequency| sum + frequency);
        Value::object([
            ("bins", Value::Array(self.items.clone())),
            ("nulls", self.nulls.into()),
            ("totalAmount", total.into()),
        ])
    }

    /// The letter of the distribution.
    pub fn distribution(&self) -> &'static str {
        distribution(&self.frequencies())
    }
}

/// What frequencies look like: flat `F`, rising `J`, falling `L`, with one hill `A` or valley `U`, or something else `S`.
pub fn distribution(frequencies: &[f64]) -> &'static str {
    let count = frequencies.len() as f64;
    let sum: f64 = frequencies.iter().sum();
    if frequencies.len() < 2 {
        return if sum > 0.0 { "F" } else { "S" };
    }
    let most = frequencies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = frequencies.iter().copied().fold(f64::INFINITY, f64::min);
    if most - least < 0.1 * sum / count {
        return "F";
    }
    let percent: Vec<f64> = frequencies.iter().map(|frequency| 100.0 * frequency / sum).collect();
    let step = |(p, q): (&f64, &f64)| {
        if p > q {
            -1
        } else if (p - q).abs() <= 0.05 {
            0
        } else {
            1
        }
    };
    let steps: Vec<i8> = percent.iter().zip(percent.iter().skip(1)).map(step).collect();
    let (largest, smallest) = (steps.iter().max().copied(), steps.iter().min().copied());
    if (largest, smallest) == (Some(0), Some(0)) {
        return "F";
    }
    if largest < Some(1) {
        return "L";
    }
    if smallest > Some(-1) {
        return "J";
    }
    let mut kinds: Vec<i8> = Vec::new();
    for step in steps {
        if !kinds.contains(&step) {
            kinds.push(step);
        }
    }
    match kinds.as_slice() {
        [1, -1] | [1, 0, -1] | [1, -1, 0] | [0, 1, -1] => "A",
        [-1, 1] | [-1, 0, 1] | [-1, 1, 0] | [0, -1, 1] => "U",
        _ => "S",
    }
}

/// How long the bins of a time series are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    Seconds(i64),
    Months(i64),
}

impl Unit {
    fn of(name: &str) -> Option<Unit> {
        Some(match name {
            "minute" => Unit::Seconds(60),
            "hour" => Unit::Seconds(3_600),
            "day" => Unit::Seconds(DAY),
            "week" => Unit::Seconds(7 * DAY),
            "month" => Unit::Months(1),
            "quarter" => Unit::Months(3),
            "year" => Unit::Months(12),
            "decade" => Unit::Months(120),
            "century" => Unit::Months(1_200),
            "millennium" => Unit::Months(12_000),
            _ => return None,
        })
    }

    /// The moment so many units after a moment, in seconds since 1970, UTC.
    fn after(self, timestamp: i64, count: i64) -> i64 {
        match self {
            Unit::Seconds(seconds) => timestamp.saturating_add(count * seconds),
            Unit::Months(months) => {
                let (year, month, day) = date(timestamp.div_euclid(DAY));
                let month = year * 12 + month + count * months;
                let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
                // The 31st becomes the last day of a shorter month.
                let longest = days(year, month + 1, 1) - days(year, month, 1);
                days(year, month, day.min(longest)) * DAY + timestamp.rem_euclid(DAY)
            }
        }
    }
}

/// Days from 1970 to a date; months count from 0 and may be 12, days from 1.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is their last one.
    let year = year + (month - 2).div_euclid(12);
    let month = (month - 2).rem_euclid(12);
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

/// Year, month from 0, and day from 1 of a day since 1970.
fn date(day: i64) -> (i64, i64, i64) {
    // No page shows other millennia; their arithmetic must only not overflow.
    let day = day.clamp(-100_000_000_000, 100_000_000_000);
    // Never too late: years have 365 or 366 days.
    let mut year = 1970 + day.div_euclid(365).min(day.div_euclid(366));
    while days(year + 1, 0, 1) <= day {
        // A year at a time once it is near, many before.
        year += ((day - days(year + 1, 0, 1)) / 366).max(1);
    }
    let month = (0..12).rev().find(|month| days(year, *month, 1) <= day).unwrap_or_default();
    (year, month, day - days(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may fail")]
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    fn column(items: &[Value], key: &str) -> Vec<Option<f64>> {
        items.iter().map(|item| number(item, key)).collect()
    }

    #[test]
    fn missing_bins_are_filled_and_the_last_one_ends_at_its_largest_value() {
        let answer = json(
            r#"{"bin_width":10,"bins_count":5,"bins_start":0,"nulls":2,"avg":5,"bins":[
            {"bin":0,"min":1,"max":9,"avg":5,"freq":4},{"bin":4,"min":41,"max":47,"avg":43,"freq":8}],"type":"histogram"}"#,
        );
        let bins = Bins::histogram(&answer, 10.0);
        let of = |key| column(&bins.items, key).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(of("start"), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(of("end"), [10.0, 20.0, 30.0, 40.0, 47.0]);
        assert_eq!(of("normalized"), [0.5, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(of("avg"), [5.0, 43.0]);
        assert_eq!(bins.range(), Some((0.0, 47.0)));
        let data = bins.to_value();
        assert_eq!((number(&data, "nulls"), number(&data, "totalAmount")), (Some(2.0), Some(12.0)));
    }

    #[test]
    fn hostile_histograms_are_harmless() {
        let huge = json(r#"{"bins_count":1e300,"bins":[{"bin":1e300,"freq":1},{"bin":-1},{"bin":"x"},7]}"#);
        assert_eq!(Bins::histogram(&huge, 10.0).items.len(), 65_536);
        let odd = json(r#"{"bins_count":"x","bin_width":null,"bins":{"a":1},"nulls":"many"}"#);
        let bins = Bins::histogram(&odd, 2.0);
        assert_eq!((bins.items.len(), bins.nulls), (2, 0.0));
        let none = Bins::histogram(&Value::Null, -3.0);
        assert!(none.range().is_none());
        assert_eq!(number(&none.to_value(), "totalAmount").map(f64::is_sign_positive), Some(true));
        assert!(Bins::time_series(&json(r#"{"aggregation":"fortnight"}"#), None).is_none());
        let far = json(r#"{"aggregation":"millennium","timestamp_start":-1e300,"bins_count":70000}"#);
        assert_eq!(Bins::time_series(&far, None).map(|bins| bins.items.len()), Some(65_536));
    }

    #[test]
    fn months_are_counted_by_the_calendar() {
        let answer = json(
            r#"{"aggregation":"month","offset":0,"timestamp_start":1500000000,"bin_width":2629746,"bins_count":3,"nulls":0,
            "bins":[{"bin":0,"timestamp":1500000000,"min":1500000000,"max":1500000500,"freq":4},
            {"bin":2,"timestamp":1505000000,"min":1505000001,"max":1505000500,"freq":8}],"type":"histogram"}"#,
        );
        let bins = Bins::time_series(&answer, None).expect("a known unit").items;
        let of = |key| column(&bins, key).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(of("start"), [1_500_000_000.0, 1_502_678_400.0, 1_505_356_800.0]);
        assert_eq!(of("end"), [1_502_678_399.0, 1_505_356_799.0, 1_507_948_799.0]);
        assert_eq!(of("normalized"), [0.5, 0.0, 1.0]);
        assert_eq!(column(&bins, "min"), [Some(1_500_000_000.0), None, Some(1_505_000_001.0)]);
    }

    #[test]
    fn the_31st_becomes_the_last_day_of_shorter_months() {
        let january = 1_548_892_800; // 2019-01-31
        let iso = |timestamp: i64| {
            let (year, month, day) = date(timestamp.div_euclid(DAY));
            (year, month + 1, day)
        };
        let after = |name, count| iso(Unit::of(name).expect("a unit").after(january, count));
        assert_eq!(iso(january), (2019, 1, 31));
        assert_eq!(after("month", 1), (2019, 2, 28));
        assert_eq!(after("month", 13), (2020, 2, 29));
        assert_eq!(after("month", 3), (2019, 4, 30));
        assert_eq!(after("quarter", -1), (2018, 10, 31));
        assert_eq!(after("year", 1), (2020, 1, 31));
        assert_eq!(after("week", 1), (2019, 2, 7));
        assert_eq!(after("millennium", -2), (19, 1, 31));
        assert_eq!(iso(-1), (1969, 12, 31));
        assert_eq!(iso(951_782_400), (2000, 2, 29));
        assert_eq!(iso(-2_203_891_200), (1900, 3, 1));
    }

    #[test]
    fn empty_bins_at_the_end_are_left_out() {
        let answer = json(r#"{"aggregation":"day","timestamp_start":0,"bins_count":5,"bins":[{"bin":1,"freq":3}]}"#);
        let length = |most| Bins::time_series(&answer, most).map(|bins| bins.items.len());
        assert_eq!(
            (length(None), length(Some(9)), length(Some(3)), length(Some(1))),
            (Some(5), Some(5), Some(3), Some(2))
        );
    }

    #[test]
    fn recorded_distributions_have_the_same_letter() {
        let all = json(include_str!("../../../../tests/vectors/carto-js-v4-vectors.json"));
        let cases = all.get("distributionTypes").map(Value::items).unwrap_or_default();
        assert!(cases.len() >= 12);
        for case in cases {
            let frequencies: Vec<f64> =
                case.get("freqs").map(Value::items).unwrap_or_default().iter().filter_map(Value::as_f64).collect();
            assert_eq!(Some(distribution(&frequencies)), case.get("type").and_then(Value::as_str), "{frequencies:?}");
        }
        assert_eq!([distribution(&[]), distribution(&[0.0]), distribution(&[3.0])], ["S", "S", "F"]);
        assert_eq!(distribution(&[1000.0, 1010.0, 990.0, 1300.0]), "A", "neighbours differ by percents, not by shares");
    }
}
