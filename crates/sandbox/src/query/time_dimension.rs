//! Dimensions of aggregations that put times together: by units since a beginning, by place in a cycle, or as text.

use crate::db::{Column, quote_identifier, quote_literal};
use crate::map::error::ApiError;
use serde_json::{Value, json};

/// Units in which times are counted since a beginning.
const SERIAL: &[&str] = &[
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "semester",
    "trimester",
    "year",
    "decade",
    "century",
    "millennium",
];
/// Places in a cycle, with what of a time tells them.
const CYCLES: &[(&str, &str)] = &[
    ("dayOfWeek", "date_part('isodow', t)"),
    ("dayOfMonth", "date_part('day', t)"),
    ("dayOfYear", "date_part('doy', t)"),
    ("hourOfDay", "date_part('hour', t)"),
    ("minuteOfHour", "date_part('minute', t)"),
    ("weekOfYear", "date_part('week', t)"),
    ("monthOfYear", "date_part('month', t)"),
    ("quarterOfYear", "date_part('quarter', t)"),
    ("semesterOfYear", "ceil(date_part('month', t) / 6)"),
    ("trimesterOfYear", "ceil(date_part('month', t) / 4)"),
];
/// Units that are put together at most.
const MOST_UNITS: u64 = 1_000_000;
/// Letters of the name of a time zone.
const LONGEST_ZONE: usize = 100;

/// How the times of a column are put together.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeGroup {
    units: String,
    count: u64,
    /// An SQL expression: the name of a zone, or its distance from UTC.
    zone: String,
    zone_name: Value,
    /// When units are counted from, as PostgreSQL reads it.
    starting: String,
    is_text: bool,
}

impl TimeGroup {
    /// Reads the member `group` of a dimension, and its `format`.
    ///
    /// # Errors
    /// 400 for units that there are not, or what does not go together.
    pub fn read(dimension: &Value) -> Result<Option<TimeGroup>, ApiError> {
        let group = &dimension["group"];
        if !group.is_object() {
            return Ok(None);
        }
        let refuse = |why: String| ApiError::bad_request(format!("Invalid time dimension: {why}")).of_kind("layer");
        let units = group["units"].as_str().unwrap_or_default();
        let is_cycle = CYCLES.iter().any(|(name, _)| *name == units);
        if !is_cycle && !SERIAL.contains(&units) {
            let cycles = CYCLES.iter().map(|(name, _)| *name);
            let known: Vec<&str> = SERIAL.iter().copied().chain(cycles).collect();
            return Err(refuse(format!("there are no units \"{units}\", only {}", known.join(", "))));
        }
        let is_text = !is_cycle && dimension["format"].as_str() == Some("iso");
        let count = match &group["count"] {
            Value::Null => 1,
            count => count
                .as_u64()
                .filter(|count| (1..=MOST_UNITS).contains(count))
                .ok_or_else(|| refuse(format!("\"count\" must be a whole number from 1 to {MOST_UNITS}")))?,
        };
        if count > 1 && (is_cycle || is_text) {
            return Err(refuse("\"count\" goes with units since a beginning that are told as numbers only".into()));
        }
        let (zone, zone_name) = match &group["timezone"] {
            Value::Number(seconds) => {
                let seconds = seconds.as_f64().unwrap_or(0.0);
                (format!("interval '{seconds} seconds'"), json!(seconds))
            }
            Value::String(name) if name.len() <= LONGEST_ZONE => (quote_literal(name), json!(name)),
            Value::Null => ("'utc'".to_owned(), json!("utc")),
            _ => return Err(refuse("\"timezone\" must be a name or a number of seconds".into())),
        };
        let starting = match &group["starting"] {
            Value::Null => beginning(""),
            Value::String(text) => beginning(text),
            _ => None,
        };
        let starting = starting.ok_or_else(|| refuse("\"starting\" must be a date such as 2001-01-01".into()))?;
        Ok(Some(TimeGroup { units: units.to_owned(), count, zone, zone_name, starting, is_text }))
    }

    /// The group of a time of a column, as an SQL expression. Columns of numbers hold seconds since 1970.
    pub fn sql(&self, column: &str, columns: &[Column]) -> String {
        let kind = columns.iter().find(|known| known.name == column).map(|known| known.kind.name());
        let name = quote_identifier(column);
        let time = match kind {
            Some("int2" | "int4" | "int8" | "float4" | "float8" | "numeric") => format!("to_timestamp({name}::float8)"),
            _ => format!("{name}::timestamptz"),
        };
        let local = format!("timezone({}, {time})", self.zone);
        let with_time = |expression: &str| expression.replace("t)", &format!("{local})"));
        if let Some((_, part)) = CYCLES.iter().find(|(name, _)| *name == self.units) {
            return format!("({})::int", with_time(part));
        }
        if self.is_text { self.text(&local) } else { self.number(&local) }
    }

    /// The number of units since the beginning. Units of less than a day, and decades, are counted from 0, all others from 1.
    fn number(&self, local: &str) -> String {
        let start = format!("TIMESTAMP '{}'", self.starting);
        let between = |part: &str| format!("(date_part('{part}', {local}) - date_part('{part}', {start}))");
        let seconds = |length: u32| format!("floor({} / {length})", between("epoch"));
        let years = between("year");
        let (number, is_from_zero) = match self.units.as_str() {
            "second" => (seconds(1), true),
            "minute" => (seconds(60), true),
            "hour" => (seconds(3_600), true),
            "day" => (format!("1 + {}", seconds(86_400)), false),
            "week" => (format!("1 + {}", seconds(604_800)), false),
            "month" => (format!("1 + {} + 12 * {years}", between("month")), false),
            "quarter" => (format!("1 + {} + 4 * {years}", between("quarter")), false),
            "semester" => (format!("1 + floor({} / 6) + 2 * {years}", between("month")), false),
            "trimester" => (format!("1 + floor({} / 4) + 3 * {years}", between("month")), false),
            "decade" => (format!("floor(({years} + 1) / 10)"), true),
            "century" => (format!("1 + floor({years} / 100)"), false),
            "millennium" => (format!("1 + floor({years} / 1000)"), false),
            _ => (format!("1 + {years}"), false),
        };
        match (self.count, is_from_zero) {
            (1, _) => format!("({number})::bigint"),
            (count, true) => format!("floor(({number}) / {count}::float8)::bigint"),
            (count, false) => format!("ceil(({number}) / {count}::float8)::bigint"),
        }
    }

    /// The unit in the way of ISO 8601, as far as that has one for it.
    fn text(&self, local: &str) -> String {
        let written = |pattern: &str| format!("to_char({local}, '{pattern}')");
        let part_of_year = |letter: &str, months: u32| {
            format!("{} || ceil(date_part('month', {local}) / {months})::int", written(&format!("YYYY\"{letter}\"")))
        };
        match self.units.as_str() {
            "second" => written("YYYY-MM-DD\"T\"HH24:MI:SS"),
            "minute" => written("YYYY-MM-DD\"T\"HH24:MI"),
            "hour" => written("YYYY-MM-DD\"T\"HH24"),
            "day" => written("YYYY-MM-DD"),
            "week" => written("IYYY-\"W\"IW"),
            "month" => written("YYYY-MM"),
            "quarter" => written("YYYY-\"Q\"Q"),
            "semester" => part_of_year("S", 6),
            "trimester" => part_of_year("t", 4),
            "decade" => format!("'D' || date_part('decade', {local})::int"),
            "century" => written("\"C\"CC"),
            "millennium" => format!("'M' || date_part('millennium', {local})::int"),
            _ => written("YYYY"),
        }
    }

    /// Whether the groups are texts.
    pub fn is_text(&self) -> bool {
        self.is_text
    }

    /// What is told of it, with all that it was not asked for.
    pub fn params(&self) -> Value {
        let mut params = json!({ "timezone": self.zone_name, "units": self.units, "count": self.count });
        if !self.is_text && SERIAL.contains(&self.units.as_str()) {
            params["starting"] = self.starting.as_str().into();
        }
        params
    }
}

/// A date and a time of which the end may be missing, as a whole one; `None` when it is none.
fn beginning(text: &str) -> Option<String> {
    const WHOLE: &str = "0001-01-01T00:00:00";
    let text = text.trim().replacen(' ', "T", 1);
    let rest = WHOLE.get(text.len()..)?;
    let whole = format!("{text}{rest}");
    let has_shape = whole.bytes().zip(WHOLE.bytes()).all(|(ours, sign)| match sign {
        b'0'..=b'9' => ours.is_ascii_digit(),
        sign => ours == sign,
    });
    has_shape.then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_postgres::types::Type;

    fn read(dimension: Value) -> Result<TimeGroup, String> {
        TimeGroup::read(&dimension).map_err(|error| error.message)?.ok_or_else(|| "no group".into())
    }

    #[test]
    fn groups_are_checked() {
        assert_eq!(read(json!({"column": "a"})), Err("no group".to_owned()));
        assert!(read(json!({"group": {"units": "week"}})).is_ok());
        for (wrong, word) in [
            (json!({"group": {"units": "fortnight"}}), "fortnight"),
            (json!({"group": {}}), "units"),
            (json!({"group": {"units": "year", "count": 0}}), "count"),
            (json!({"group": {"units": "dayOfWeek", "count": 2}}), "count"),
            (json!({"format": "iso", "group": {"units": "day", "count": 2}}), "count"),
            (json!({"group": {"units": "year", "timezone": true}}), "timezone"),
            (json!({"group": {"units": "year", "starting": "yesterday"}}), "starting"),
            (json!({"group": {"units": "year", "starting": "'; SELECT 1 --"}}), "starting"),
        ] {
            assert!(read(wrong.clone()).is_err_and(|message| message.contains(word)), "{wrong}");
        }
    }

    #[test]
    fn beginnings_may_be_short() {
        assert_eq!(beginning("").as_deref(), Some("0001-01-01T00:00:00"));
        assert_eq!(beginning("2001").as_deref(), Some("2001-01-01T00:00:00"));
        assert_eq!(beginning("2001-02-03 04").as_deref(), Some("2001-02-03T04:00:00"));
        assert_eq!(beginning("2001-02-03T04:05:06Z"), None);
        assert_eq!(beginning("ä"), None);
    }

    #[test]
    fn columns_and_zones_are_quoted() {
        let columns = [Column { name: "n".into(), kind: Type::INT8, modifier: -1 }];
        let group = read(json!({"group": {"units": "hourOfDay", "timezone": "it's"}}));
        let sql = |column: &str| group.as_ref().map(|group| group.sql(column, &columns)).unwrap_or_default();
        assert_eq!(sql("a\"b"), "(date_part('hour', timezone('it''s', \"a\"\"b\"::timestamptz)))::int");
        assert_eq!(sql("n"), "(date_part('hour', timezone('it''s', to_timestamp(\"n\"::float8))))::int");
    }
}
