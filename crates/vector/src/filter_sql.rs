//! Filters as they stand in SQL: what CARTO.js puts around a query, read back.

use crate::filter::{Condition, Filter, Operand};

/// What stands between a query and the condition that filters it, whatever the query is called.
const WRAPS: [&str; 2] = [") as originalQuery WHERE ", ") as datasetQuery WHERE "];
/// What stands before the query.
const BEFORE: &str = "SELECT * FROM (";
/// How deep conditions may nest.
const DEEPEST: usize = 100;
/// Milliseconds of a day.
const DAY: f64 = 86_400e3;

/// A query without the filter that is around it, and the filter. `None` for anything but what CARTO.js writes.
///
/// `number` reads digits.
#[must_use]
pub fn unfiltered<'a>(query: &'a str, number: &dyn Fn(&str) -> f64) -> Option<(&'a str, Filter)> {
    let inner = query.strip_prefix(BEFORE)?;
    // In a text of the condition the quotes behind it do not pair, so that it is not read.
    let found = WRAPS.iter().filter_map(|wrap| compact::rfind(inner, wrap).map(|at| (at, wrap.len())));
    let (at, length) = found.max_by_key(|(at, _)| *at)?;
    Some((inner.get(..at)?, condition(inner.get(at + length..)?, number)?))
}

fn condition(sql: &str, number: &dyn Fn(&str) -> f64) -> Option<Filter> {
    let mut reader = Reader { rest: sql, number };
    let filter = reader.any(DEEPEST)?;
    reader.rest.is_empty().then_some(filter)
}

/// Makes a condition of a value, and of two.
type OfOne = fn(Operand) -> Condition;
type OfTwo = fn(Operand, Operand) -> Condition;

struct Reader<'a> {
    rest: &'a str,
    number: &'a dyn Fn(&str) -> f64,
}

impl<'a> Reader<'a> {
    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Conditions of which one must hold; `AND` binds closer.
    fn any(&mut self, levels: usize) -> Option<Filter> {
        let mut members = vec![self.all(levels)?];
        while self.takes(" OR ") {
            members.push(self.all(levels)?);
        }
        if members.len() == 1 { members.pop() } else { Some(Filter::Or(members)) }
    }

    fn all(&mut self, levels: usize) -> Option<Filter> {
        let mut members = vec![self.one(levels)?];
        while self.takes(" AND ") {
            members.push(self.one(levels)?);
        }
        if members.len() == 1 { members.pop() } else { Some(Filter::And(members)) }
    }

    fn one(&mut self, levels: usize) -> Option<Filter> {
        let levels = levels.checked_sub(1)?;
        if self.takes("(") {
            let filter = self.any(levels)?;
            return self.takes(")").then_some(filter);
        }
        if self.takes("true = false") {
            return Some(Filter::Or(vec![Filter::Column { column: "cartodb_id".to_owned(), conditions: never() }]));
        }
        let column = self.column()?;
        let condition = self.comparison()?;
        Some(Filter::Column { column, conditions: vec![condition] })
    }

    fn column(&mut self) -> Option<String> {
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let length = match self.rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"')? + 2,
            None => self.rest.find(|char| !is_name(char))?,
        };
        let (column, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        (!column.is_empty()).then(|| column.to_owned())
    }

    fn comparison(&mut self) -> Option<Condition> {
        if self.takes(" IN (") {
            return self.list().map(Condition::In);
        }
        if self.takes(" NOT IN (") {
            return self.list().map(Condition::NotIn);
        }
        if self.takes(" LIKE ") {
            return match self.value()? {
                Operand::Text(pattern) => Some(Condition::Like(pattern)),
                _ => None,
            };
        }
        let compared: [(&str, OfOne); 6] = [
            (" = ", Condition::Eq),
            (" != ", Condition::NotEq),
            (" <= ", Condition::Lte),
            (" >= ", Condition::Gte),
            (" < ", Condition::Lt),
            (" > ", Condition::Gt),
        ];
        for (operator, make) in compared {
            if self.takes(operator) {
                return self.value().map(make);
            }
        }
        let ranges: [(&str, OfTwo); 4] = [
            (" BETWEEN SYMMETRIC ", Condition::BetweenSymmetric),
            (" NOT BETWEEN SYMMETRIC ", Condition::NotBetweenSymmetric),
            (" BETWEEN ", Condition::Between),
            (" NOT BETWEEN ", Condition::NotBetween),
        ];
        for (operator, make) in ranges {
            if self.takes(operator) {
                let low = self.value()?;
                return if self.takes(" AND ") { Some(make(low, self.value()?)) } else { None };
            }
        }
        None
    }

    fn list(&mut self) -> Option<Vec<Operand>> {
        let mut items = vec![self.value()?];
        while self.takes(",") {
            items.push(self.value()?);
        }
        self.takes(")").then_some(items)
    }

    fn value(&mut self) -> Option<Operand> {
        if self.takes("'") {
            return self.text();
        }
        let length = self.rest.find(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.')));
        let (digits, rest) = self.rest.split_at_checked(length.unwrap_or(self.rest.len()))?;
        // Letters only as JavaScript writes them in numbers.
        let is_number = digits.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit())
            && digits.chars().all(|char| char.is_ascii_digit() || matches!(char, '+' | '-' | '.' | 'e'));
        let number = if is_number { (self.number)(digits) } else { f64::NAN };
        self.rest = rest;
        number.is_finite().then_some(Operand::Number(number))
    }

    /// A text behind its first quote, as the page wrote it: line breaks and double quotes stand in SQL with a backslash.
    fn text(&mut self) -> Option<Operand> {
        let mut text = String::new();
        loop {
            let at = self.rest.find(['\'', '"', '\\', '\n'])?;
            text.push_str(self.rest.get(..at)?);
            self.rest = self.rest.get(at..)?;
            if self.takes("''") {
                text.push('\'');
            } else if self.takes("'") {
                break;
            } else if self.takes("\\n") {
                text.push('\n');
            } else if self.takes("\\\"") {
                text.push('"');
            } else if self.takes("\\") {
                text.push('\\');
            } else {
                return None;
            }
        }
        Some(milliseconds(&text).map_or(Operand::Text(text), Operand::Date))
    }
}

/// What no row fulfils.
fn never() -> Vec<Condition> {
    vec![Condition::In(Vec::new())]
}

/// Milliseconds since 1970 of a date as JavaScript writes it, `2010-10-03T05:31:39.000Z`.
fn milliseconds(text: &str) -> Option<f64> {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000Z";
    let is_alike = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    if text.len() != FORM.len() || !text.as_bytes().iter().zip(FORM).all(is_alike) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i32>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (hours, minutes, seconds, rest) = (part(11..13)?, part(14..16)?, part(17..19)?, part(20..23)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = days + (month * 153 + 2) / 5 + day - 1 - 719_468;
    let of_day = (hours * 3600 + minutes * 60 + seconds) * 1000 + rest;
    Some(f64::from(days) * DAY + f64::from(of_day))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(sql: &str) -> Option<Filter> {
        condition(sql, &|digits| digits.parse().unwrap_or(f64::NAN))
    }

    fn is(column: &str, condition: Condition) -> Filter {
        Filter::Column { column: column.to_owned(), conditions: vec![condition] }
    }

    fn text(text: &str) -> Operand {
        Operand::Text(text.to_owned())
    }

    #[test]
    fn what_is_written_is_read() {
        use Operand::Number;
        let cases = [
            ("a = 'x'", is("a", Condition::Eq(text("x")))),
            ("a != -1.5e-7", is("a", Condition::NotEq(Number(-1.5e-7)))),
            ("\"A b\" IN ('it''s',2)", is("\"A b\"", Condition::In(vec![text("it's"), Number(2.0)]))),
            ("a NOT IN ('x\\n\\\"\\\\y')", is("a", Condition::NotIn(vec![text("x\n\"\\\\y")]))),
            ("a LIKE '%x'", is("a", Condition::Like("%x".to_owned()))),
            ("a BETWEEN 1 AND 2", is("a", Condition::Between(Number(1.0), Number(2.0)))),
            ("a NOT BETWEEN SYMMETRIC 2 AND 1", is("a", Condition::NotBetweenSymmetric(Number(2.0), Number(1.0)))),
            ("a <= '1970-01-02T00:00:00.001Z'", is("a", Condition::Lte(Operand::Date(86_400_001.0)))),
            (
                "(a > 1 AND (b < 2 OR c = 'AND'))",
                Filter::And(vec![
                    is("a", Condition::Gt(Number(1.0))),
                    Filter::Or(vec![is("b", Condition::Lt(Number(2.0))), is("c", Condition::Eq(text("AND")))]),
                ]),
            ),
            (
                "a = 1 AND b = 2 OR c = 3",
                Filter::Or(vec![
                    Filter::And(vec![is("a", Condition::Eq(Number(1.0))), is("b", Condition::Eq(Number(2.0)))]),
                    is("c", Condition::Eq(Number(3.0))),
                ]),
            ),
        ];
        for (sql, expected) in cases {
            assert_eq!(read(sql), Some(expected), "{sql}");
        }
        assert!(read("true = false").is_some());
    }

    #[test]
    fn anything_else_is_the_databases() {
        for sql in [
            "",
            "a",
            "a = ",
            "a = b",
            "a = NaN",
            "a = 1e999",
            "a = 'x",
            "a = 'x' ",
            "a = 'a\"b'",
            "a = 'a\nb'",
            "NOT a = 1",
            "a IN ()",
            "a IN (SELECT 1)",
            "a = (SELECT 1)",
            "a SIMILAR TO 'x'",
            "lower(a) = 'x'",
            "a = 1; DROP TABLE b",
            "a = 1 -- x",
            "a = 1::text",
            "a = 1 AND",
            "(a = 1",
            "a = 1)",
            "a BETWEEN 1",
            "a = E'x'",
            "a = 'x' 'y'",
        ] {
            assert_eq!(read(sql), None, "{sql}");
        }
        let deep = |depth: usize| ["(".repeat(depth), "a = 1".to_owned(), ")".repeat(depth)].concat();
        assert!(read(&deep(90)).is_some() && read(&deep(100_000)).is_none());
    }

    #[test]
    fn queries_are_taken_out_of_their_filters() {
        let number = |digits: &str| digits.parse().unwrap_or(f64::NAN);
        let found = |query: &'static str| unfiltered(query, &number).map(|(inner, _)| inner);
        assert_eq!(found("SELECT * FROM (SELECT 1) as originalQuery WHERE a = 1"), Some("SELECT 1"));
        assert_eq!(found("SELECT * FROM (SELECT * from t) as datasetQuery WHERE a = 1"), Some("SELECT * from t"));
        assert_eq!(found("SELECT * FROM (q) as originalQuery WHERE a = ') as originalQuery WHERE b = 1'"), None);
        assert_eq!(found("SELECT * FROM (q) as originalQuery WHERE a = ') as datasetQuery WHERE b = '''"), None);
        for other in ["SELECT 1", "SELECT * FROM (SELECT 1) as other WHERE a = 1"] {
            assert_eq!(found(other), None);
        }
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let known = [
            ("2010-10-03T05:31:39.000Z", 1_286_083_899_000.0),
            ("2000-02-29T23:59:59.999Z", 951_868_799_999.0),
            ("0001-01-01T00:00:00.000Z", -62_135_596_800_000.0),
            ("1969-12-31T23:59:59.999Z", -1.0),
        ];
        for (text, time) in known {
            assert_eq!(milliseconds(text), Some(time), "{text}");
        }
        for other in ["2010-10-03", "2010-13-03T05:31:39.000Z", "+12010-10-03T05:31:39.0Z", "2010-10-03T25:31:39.000Z"]
        {
            assert_eq!(milliseconds(other), None);
        }
    }
}
