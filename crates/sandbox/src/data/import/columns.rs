//! Types of imported columns, guessed from all of their values.

use super::dates::is_time;

/// What a file says of the values of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Typing {
    /// Nothing, or that they are none of the below: the values tell.
    #[default]
    Guessed,
    /// Nothing, and numbers may have a decimal comma.
    GuessedWithComma,
    /// Texts, even where they look like something else.
    Text,
    /// Texts, times among them.
    TextOrTime,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers of rows.
    Id,
    /// Whole numbers.
    Integer,
    /// Whole numbers, some of them longer than the database's own have room for.
    LongInteger,
    /// Numbers.
    Number,
    /// Numbers that are written with a decimal comma.
    NumberWithComma,
    /// True or false.
    Truth,
    /// Points in time.
    Time,
    /// Texts.
    Text,
}

impl Kind {
    /// Its name in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Kind::Id => "integer",
            Kind::Integer => "bigint",
            Kind::LongInteger => "numeric",
            Kind::Number | Kind::NumberWithComma => "double precision",
            Kind::Truth => "boolean",
            Kind::Time => "timestamptz",
            Kind::Text => "text",
        }
    }

    /// A value as the database takes it; none for what is null.
    pub fn value(self, value: String) -> Option<String> {
        if self == Kind::Text {
            // PostgreSQL has no place for zeros in texts.
            return Some(if value.contains('\0') { value.replace('\0', "") } else { value });
        }
        let trimmed = value.trim();
        if trimmed.is_empty() || is_nothing(trimmed) {
            return None;
        }
        match self {
            Kind::NumberWithComma => Some(plain_number(trimmed)),
            // The database refuses numbers that are too small for it, which are zero.
            Kind::Number if trimmed.contains(['e', 'E']) => {
                trimmed.parse::<f64>().ok().map(|number| format!("{number:e}"))
            }
            _ if trimmed.len() == value.len() => Some(value),
            _ => Some(trimmed.to_owned()),
        }
    }
}

/// What is known of a column while its values pass.
#[derive(Clone, Debug)]
pub struct Guess {
    /// Given up as values turn up that a type does not take.
    integer: bool,
    long_integer: bool,
    number: bool,
    comma: bool,
    truth: bool,
    time: bool,
    digits: bool,
    /// Whether there was a value at all.
    seen: bool,
    /// Whether there was a decimal comma.
    has_comma: bool,
    /// Words for nothing: the first one, its row, and how many there are.
    nothing: Option<(String, u64, u64)>,
}

impl Default for Guess {
    fn default() -> Guess {
        Guess {
            integer: true,
            long_integer: true,
            number: true,
            comma: true,
            truth: true,
            time: true,
            digits: true,
            seen: false,
            has_comma: false,
            nothing: None,
        }
    }
}

impl Guess {
    /// Looks at a value.
    pub fn see(&mut self, value: &str, row: u64) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        if is_nothing(value) {
            match &mut self.nothing {
                Some((.., count)) => *count += 1,
                nothing => *nothing = Some((value.to_owned(), row, 1)),
            }
            return;
        }
        self.seen = true;
        // Most columns are of one type: what was given up is not looked for.
        if self.integer || self.number || self.comma {
            // What begins with a zero is a code, such as that of a post office.
            let is_code = is_code(value);
            self.integer = self.integer && !is_code && value.parse::<i64>().is_ok();
            self.long_integer = self.long_integer && !is_code && (self.integer || is_whole(value));
            self.number = self.number && !is_code && (self.integer || is_number(value));
            self.comma = self.comma && !is_code && is_number_with_comma(value);
            self.has_comma |= self.comma && value.contains(',');
        }
        self.truth = self.truth && (value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"));
        self.time = self.time && is_time(value);
        // Well-known binary of a point is the shortest.
        self.digits = self.digits
            && value.len() >= 42
            && value.starts_with('0')
            && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    }

    /// The narrowest type that takes all values, of those that the file leaves open.
    pub fn kind(&self, typing: Typing) -> Kind {
        let is_open = matches!(typing, Typing::Guessed | Typing::GuessedWithComma);
        match self {
            Guess { seen: false, .. } => Kind::Text,
            Guess { integer: true, .. } if is_open => Kind::Integer,
            Guess { long_integer: true, number: true, .. } if is_open => Kind::LongInteger,
            Guess { number: true, .. } if is_open => Kind::Number,
            Guess { comma: true, has_comma: true, .. } if typing == Typing::GuessedWithComma => Kind::NumberWithComma,
            Guess { truth: true, .. } if is_open => Kind::Truth,
            Guess { time: true, .. } if typing != Typing::Text => Kind::Time,
            _ => Kind::Text,
        }
    }

    /// Words that become null where the column is not of texts: the first one, its row, and how many there are.
    pub fn nothing(&self, typing: Typing) -> Option<(&str, u64, u64)> {
        let (word, row, count) = self.nothing.as_ref().filter(|_| self.kind(typing) != Kind::Text)?;
        Some((word, *row, *count))
    }

    /// Whether all values are geometries in hexadecimal digits, or there are none.
    pub fn is_made_of_digits(&self) -> bool {
        self.digits
    }
}

/// Whether a value is a word for nothing, as spreadsheets and statistics write it.
pub fn is_nothing(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "#n/a", "#div/0!", "#ref!", "#value!", "-", "--", "?", "n.a.", "n/a", "na", "nan", "nil", "none", "null", "\\n",
    ];
    value.len() <= 7 && WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn is_code(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") && !digits.starts_with("0,")
}

/// Whether a value has nothing but digits, and no more than a number of the database may have.
fn is_whole(value: &str) -> bool {
    const MOST_DIGITS: usize = 300;
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    (1..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && value.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `40,4168`, `1.234,5`, `1.234`, `12`: points group digits by three.
fn is_number_with_comma(value: &str) -> bool {
    let value = value.strip_prefix(['-', '+']).unwrap_or(value);
    let (whole, fraction) = value.split_once(',').unwrap_or((value, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    let mut is_grouped = false;
    let are_groups = groups.all(|group| {
        is_grouped = true;
        group.len() == 3 && are_digits(group)
    });
    are_digits(fraction) && are_digits(first) && are_groups && (!is_grouped || first.len() <= 3)
}

/// A number with a decimal comma as others write it.
fn plain_number(value: &str) -> String {
    value.chars().filter(|c| *c != '.').map(|c| if c == ',' { '.' } else { c }).collect()
}

/// A number of degrees or metres, with a point or a comma.
pub fn coordinate(value: &str) -> Option<f64> {
    let value = value.trim();
    if let Ok(number) = value.parse::<f64>() {
        return Some(number).filter(|number| number.is_finite());
    }
    let is_plain = value.contains(',') && is_number_with_comma(value);
    if is_plain { plain_number(value).parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typing: Typing, values: &[&str]) -> Kind {
        let mut guess = Guess::default();
        values.iter().for_each(|value| guess.see(value, 1));
        guess.kind(typing)
    }

    #[test]
    fn values_have_the_narrowest_type() {
        let guessed = |values: &[&str]| of(Typing::Guessed, values);
        assert_eq!(guessed(&["1", "-20", ""]), Kind::Integer);
        assert_eq!(guessed(&["1", "2.5e3"]), Kind::Number);
        assert_eq!(guessed(&["2.5", "1"]), Kind::Number);
        assert_eq!(guessed(&["01234"]), Kind::Text);
        assert_eq!(guessed(&["true", "FALSE"]), Kind::Truth);
        assert_eq!(guessed(&["2020-01-02", "2020-01-02T03:04:05Z"]), Kind::Time);
        assert_eq!(guessed(&["2020-01-02", "soon"]), Kind::Text);
        assert_eq!(guessed(&["", "  "]), Kind::Text);
        assert_eq!(guessed(&["9223372036854775807", "-9223372036854775808"]), Kind::Integer);
        assert_eq!(guessed(&["1", "12345678901234567890"]), Kind::LongInteger);
        assert_eq!(guessed(&["12345678901234567890", "1.5"]), Kind::Number);
        assert_eq!(guessed(&["0012345678901234567890"]), Kind::Text);
        assert_eq!(guessed(&["9".repeat(400).as_str()]), Kind::Text);
        assert_eq!(guessed(&["1,5"]), Kind::Text);
        assert_eq!(of(Typing::Text, &["12", "13"]), Kind::Text);
        assert_eq!(of(Typing::Text, &["2020-01-02"]), Kind::Text);
        assert_eq!(of(Typing::TextOrTime, &["12"]), Kind::Text);
        assert_eq!(of(Typing::TextOrTime, &["2020-01-02"]), Kind::Time);
    }

    #[test]
    fn words_for_nothing_are_null_beside_numbers() {
        let mut guess = Guess::default();
        for (row, value) in ["1", "N/A", "NULL", "2"].into_iter().enumerate() {
            guess.see(value, row as u64);
        }
        assert_eq!((guess.kind(Typing::Guessed), guess.nothing(Typing::Guessed)), (Kind::Integer, Some(("N/A", 1, 2))));
        assert_eq!(guess.kind(Typing::Guessed).value("N/A".into()), None);
        let mut guess = Guess::default();
        for value in ["N/A", "Vik"] {
            guess.see(value, 0);
        }
        assert_eq!((guess.kind(Typing::Guessed), guess.nothing(Typing::Guessed)), (Kind::Text, None));
        assert_eq!(Kind::Text.value("N/A".into()), Some("N/A".to_owned()));
        assert_eq!(of(Typing::Guessed, &["NaN"]), Kind::Text);
    }

    #[test]
    fn commas_are_decimal_where_they_can_be() {
        let guessed = |values: &[&str]| of(Typing::GuessedWithComma, values);
        assert_eq!(guessed(&["1.234,5", "98,2", "-3,70", "12", "1.234"]), Kind::NumberWithComma);
        assert_eq!(guessed(&["12", "1"]), Kind::Integer);
        assert_eq!(guessed(&["1.25", "1"]), Kind::Number);
        assert_eq!(guessed(&["1.25", "1,5"]), Kind::Text);
        assert_eq!(guessed(&["1,234,567"]), Kind::Text);
        assert_eq!(Kind::NumberWithComma.value(" 1.234,5".into()), Some("1234.5".to_owned()));
        assert_eq!(Kind::Number.value("1e-400".into()), Some("0e0".to_owned()));
        assert_eq!(coordinate("40,4168"), Some(40.4168));
        assert_eq!(coordinate(" -3.5"), Some(-3.5));
        assert_eq!(coordinate("inf"), None);
        assert_eq!(coordinate("N/A"), None);
    }
}
