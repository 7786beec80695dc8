//! Names and types of imported columns, as CARTO makes them.

use super::Content;
use unicode_normalization::UnicodeNormalization;

/// Longer names are cut by PostgreSQL, and may be the same then.
const LONGEST: usize = 60;
/// Columns that datasets have by themselves.
const RESERVED: &[&str] = &["the_geom", "the_geom_webmercator", "geometry_text"];

/// What a file says of the values of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Typing {
    /// Nothing, or that they are none of the below: the values tell.
    #[default]
    Guessed,
    /// Texts, even where they look like something else.
    Text,
    /// Texts, times among them.
    TextOrTime,
}

/// A column of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: &'static str,
    /// Which column of the file it is.
    pub index: usize,
}

impl Imported {
    /// Whether a value is one; empty texts are none for all but texts.
    pub fn takes(&self, value: &str) -> bool {
        self.kind == "text" || !value.trim().is_empty()
    }
}

/// A name in small letters without accents and signs, that does not begin with a digit.
pub fn normal(name: &str) -> String {
    let plain = name.trim().nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let mut normal: String = plain
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(LONGEST)
        .collect();
    if normal.starts_with(|c: char| c.is_ascii_digit()) {
        normal.insert(0, '_');
    }
    if normal.chars().all(|c| c == '_') { String::new() } else { normal }
}

/// The columns of a file with names that are all different.
pub fn of(content: &Content) -> Vec<Imported> {
    let mut columns: Vec<Imported> = Vec::new();
    for (index, name) in content.columns.iter().enumerate() {
        let values = || content.rows.iter().filter_map(|row| row.get(index)?.as_deref());
        let mut base = normal(name);
        if base.is_empty() {
            base = format!("field_{}", index + 1);
        }
        if RESERVED.contains(&base.as_str()) || base == "cartodb_id" && !are_ids(content, index) {
            base.push_str("_0");
        }
        let mut name = base.clone();
        for number in 1.. {
            if columns.iter().all(|column| column.name != name) {
                break;
            }
            name = format!("{base}_{number}");
        }
        let kind = if name == "cartodb_id" {
            "integer"
        } else {
            kind(values(), content.typing.get(index).copied().unwrap_or_default())
        };
        columns.push(Imported { name, kind, index });
    }
    // Tables begin with it, so its values do as well.
    columns.sort_by_key(|column| column.name != "cartodb_id");
    columns
}

/// Whether a column numbers the rows: all are there, and all are different.
fn are_ids(content: &Content, index: usize) -> bool {
    let ids =
        content.rows.iter().map(|row| row.get(index)?.as_deref()?.trim().parse::<i32>().ok().filter(|id| *id > 0));
    let Some(mut ids) = ids.collect::<Option<Vec<i32>>>() else { return false };
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    ids.len() == count
}

/// The narrowest type that takes all values.
fn kind<'a>(values: impl Iterator<Item = &'a str>, typing: Typing) -> &'static str {
    // Given up as values turn up that a type does not take.
    let (plain, mut time, mut seen) = (typing == Typing::Guessed, typing != Typing::Text, false);
    let (mut integer, mut number, mut truth) = (plain, plain, plain);
    for value in values.map(str::trim).filter(|value| !value.is_empty()) {
        seen = true;
        // What begins with a zero is a code, such as that of a post office.
        let is_code = value.len() > 1 && value.starts_with('0') && !value.starts_with("0.");
        integer &= !is_code && value.len() < 19 && value.parse::<i64>().is_ok();
        number &= !is_code && is_number(value);
        truth &= matches!(value.to_ascii_lowercase().as_str(), "true" | "false");
        time &= is_time(value);
    }
    match (seen, integer, number, truth, time) {
        (false, ..) => "text",
        (_, true, ..) => "bigint",
        (_, _, true, ..) => "double precision",
        (_, _, _, true, _) => "boolean",
        (_, _, _, _, true) => "timestamptz",
        _ => "text",
    }
}

fn is_number(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && value.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `2020-01-02`, or that with a time of day behind it.
fn is_time(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let number =
        |range: std::ops::Range<usize>| value.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let is_date = digits(0..4)
        && digits(5..7)
        && digits(8..10)
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && (1..=12).contains(&number(5..7))
        && (1..=days(number(0..4), number(5..7))).contains(&number(8..10));
    let is_clock = match bytes.get(10) {
        None => true,
        Some(b'T' | b' ') => {
            digits(11..13)
                && bytes.get(13) == Some(&b':')
                && digits(14..16)
                && number(11..13) < 24
                && number(14..16) < 60
                && value.get(16..).is_some_and(is_rest_of_clock)
        }
        Some(_) => false,
    };
    is_date && is_clock
}

/// Seconds with a fraction and a time zone; all of it may be missing.
fn is_rest_of_clock(rest: &str) -> bool {
    let is_number = |text: &str, below: u32| {
        text.len() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse::<u32>().is_ok_and(|number| number < below)
    };
    let (seconds, zone) = rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len()));
    let is_seconds = seconds.strip_prefix(':').map_or(seconds.is_empty(), |seconds| {
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
        is_number(whole, 60) && fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_zone = zone.is_empty()
        || zone == "Z"
        || zone.get(1..).is_some_and(|offset| {
            let (hours, minutes) = offset.split_at(offset.len().min(2));
            let minutes = minutes.trim_start_matches(':');
            is_number(hours, 15) && (minutes.is_empty() || is_number(minutes, 60))
        });
    is_seconds && is_zone
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(normal("Población 2020 (%)"), "poblacion_2020____");
        assert_eq!(normal("2020"), "_2020");
        assert_eq!(normal("  Straße "), "stra_e");
        assert_eq!(normal("???"), "");
        assert_eq!(normal(&"x".repeat(100)).len(), LONGEST);
    }

    #[test]
    fn values_have_the_narrowest_type() {
        let of = |values: &[&str]| kind(values.iter().copied(), Typing::Guessed);
        assert_eq!(of(&["1", "-20", ""]), "bigint");
        assert_eq!(of(&["1", "2.5e3"]), "double precision");
        assert_eq!(of(&["01234"]), "text");
        assert_eq!(of(&["true", "FALSE"]), "boolean");
        assert_eq!(of(&["2020-01-02", "2020-01-02T03:04:05Z"]), "timestamptz");
        assert_eq!(of(&["2020-02-30"]), "text");
        assert_eq!(of(&["2020-01-02", "soon"]), "text");
        assert_eq!(of(&["NaN"]), "text");
        assert_eq!(of(&["", "  "]), "text");
        assert_eq!(of(&["12345678901234567890"]), "double precision");
        assert_eq!(of(&["2020-01-02T03:04:61Z", "2020-01-02 03:04"]), "text");
        assert_eq!(of(&["2020-01-02 03:04:05.678+02", "2020-01-02T03:04:05-02:30"]), "timestamptz");
        assert_eq!(kind(["12", "13"].into_iter(), Typing::Text), "text");
        assert_eq!(kind(["2020-01-02"].into_iter(), Typing::Text), "text");
        assert_eq!(kind(["2020-01-02"].into_iter(), Typing::TextOrTime), "timestamptz");
    }

    #[test]
    fn columns_are_all_different() {
        let content = Content {
            columns: ["Name", "name", "", "the_geom", "cartodb_id"].map(str::to_owned).to_vec(),
            rows: vec![["a", "b", "c", "d", "1"].map(|value| Some(value.to_owned())).to_vec(); 2],
            ..Content::default()
        };
        let names: Vec<String> = of(&content).into_iter().map(|column| column.name).collect();
        // Two rows have the same id: it is none.
        assert_eq!(names, ["name", "name_1", "field_3", "the_geom_0", "cartodb_id_0"]);
        let numbered = Content {
            columns: vec!["a".into(), "cartodb_id".into()],
            rows: vec![vec![None, Some("7".into())], vec![None, Some("9".into())]],
            ..Content::default()
        };
        assert_eq!(of(&numbered).first().map(|column| (column.name.as_str(), column.index)), Some(("cartodb_id", 1)));
    }
}
