//! Filters of rows, with the meaning that their SQL has in PostgreSQL.

use crate::column::{Column, Numbers, Values};
use crate::schema::{Schema, Type, Undecided};
use crate::{Layer, compare, order};
use std::cmp::Ordering;

/// How deep filters may nest.
const DEEPEST: usize = 100;
/// Names that mean something else than a column when they stand in SQL without quotes.
const RESERVED: [&str; 12] = [
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "false",
    "localtime",
    "localtimestamp",
    "null",
    "session_user",
    "user",
];
/// Numbers that every type of number has, when they are written as text.
const SMALL: std::ops::RangeInclusive<i32> = -32_768..=32_767;
/// Microseconds of a day.
const DAY: f64 = 86_400e6;

/// A filter: conditions on a column, or several filters.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All conditions must hold. The column is as the page wrote it, which is how it stands in SQL.
    Column {
        /// A name, which may be in double quotes.
        column: String,
        /// None are no condition.
        conditions: Vec<Condition>,
    },
    /// All must hold. None, and those without conditions, are no condition.
    And(Vec<Filter>),
    /// One must hold. None, and those without conditions, are no condition.
    Or(Vec<Filter>),
}

/// A condition of `carto.filter.Category` or `carto.filter.Range`.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `in`; lists in lists are one list.
    In(Vec<Operand>),
    /// `notIn`.
    NotIn(Vec<Operand>),
    /// `eq`.
    Eq(Operand),
    /// `notEq`.
    NotEq(Operand),
    /// `like`.
    Like(String),
    /// `lt`.
    Lt(Operand),
    /// `lte`.
    Lte(Operand),
    /// `gt`.
    Gt(Operand),
    /// `gte`.
    Gte(Operand),
    /// `between`: lower and upper end, both included.
    Between(Operand, Operand),
    /// `notBetween`.
    NotBetween(Operand, Operand),
    /// `betweenSymmetric`: the ends in any order.
    BetweenSymmetric(Operand, Operand),
    /// `notBetweenSymmetric`.
    NotBetweenSymmetric(Operand, Operand),
    /// Anything else, such as `similarTo`: only the database knows.
    Other,
}

/// A value of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A date, in milliseconds since 1970.
    Date(f64),
    /// Anything else, such as `{ query }`: only the database knows.
    Other,
}

/// Whether a row passes a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Yes,
    /// It does not, or the condition is `NULL`.
    No,
    /// Only the database knows.
    Unknown,
}

impl From<bool> for Verdict {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Filter {
    /// Makes the filter ready for the rows of a layer.
    ///
    /// # Errors
    /// Tiles do not carry a column of it, or what it means, and whether it is an error, only the database knows.
    pub fn bind<'a>(&self, schema: &Schema, layer: &'a Layer) -> Result<Bound<'a>, Undecided> {
        Ok(Bound(self.node(schema, layer, DEEPEST)?))
    }

    /// Whether the filter can be told at all of columns of these types.
    ///
    /// # Errors
    /// As of [`Filter::bind`].
    pub fn check(&self, schema: &Schema) -> Result<(), Undecided> {
        self.bind(schema, &Layer::default()).map(|_| ())
    }

    fn node<'a>(&self, schema: &Schema, layer: &'a Layer, levels: usize) -> Result<Option<Node<'a>>, Undecided> {
        let levels = levels.checked_sub(1).ok_or(Undecided::Meaning)?;
        let members = |filters: &[Filter]| {
            let nodes = filters.iter().filter_map(|filter| filter.node(schema, layer, levels).transpose());
            nodes.collect::<Result<Vec<_>, _>>()
        };
        let (is_or, nodes) = match self {
            Filter::And(filters) => (false, members(filters)?),
            Filter::Or(filters) => (true, members(filters)?),
            Filter::Column { column, conditions } => {
                // Of an empty list nothing is left in the SQL.
                let is_written =
                    |condition: &&Condition| !matches!(condition, Condition::NotIn(list) if list.is_empty());
                let mut nodes = Vec::new();
                for condition in conditions.iter().filter(is_written) {
                    nodes.push(condition.node(column, schema, layer)?);
                }
                (false, nodes)
            }
        };
        Ok((!nodes.is_empty()).then_some(if is_or { Node::Or(nodes) } else { Node::And(nodes) }))
    }

    /// The columns that it reads, as they are called in tiles; a name that is none is left out.
    pub fn columns(&self, found: &mut Vec<String>) {
        match self {
            Filter::And(filters) | Filter::Or(filters) => filters.iter().for_each(|filter| filter.columns(found)),
            Filter::Column { column, .. } => {
                found.extend(folded(column).filter(|column| !found.contains(column)));
            }
        }
    }
}

/// The name of a column that stands in SQL; `None` for anything else.
fn folded(written: &str) -> Option<String> {
    if let Some(quoted) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return (!quoted.is_empty() && !quoted.contains('"')).then(|| quoted.to_owned());
    }
    let name = written.to_ascii_lowercase();
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && !RESERVED.contains(&&*name);
    is_name.then_some(name)
}

/// A filter that is ready for the rows of a layer.
#[derive(Clone, Debug)]
pub struct Bound<'a>(Option<Node<'a>>);

impl Bound<'_> {
    /// Whether a feature passes.
    #[must_use]
    pub fn test(&self, feature: usize) -> Verdict {
        self.0.as_ref().map_or(Verdict::Yes, |node| node.test(feature))
    }
}

#[derive(Clone, Debug)]
enum Node<'a> {
    And(Vec<Node<'a>>),
    Or(Vec<Node<'a>>),
    /// The same for all rows that have a value, or for all.
    Nothing,
    Numbers(&'a Column, NumberTest),
    /// What turns a value into microseconds; the test for times, and that for days.
    Dates(&'a Column, f64, [NumberTest; 2]),
    /// What holds for each text of the dictionary.
    Texts(&'a [u32], Vec<bool>),
    Bools(&'a [Option<bool>], [bool; 2]),
}

#[derive(Clone, Debug)]
enum NumberTest {
    Among(Vec<f64>, bool),
    Compared(Comparison, f64),
    Between(f64, f64, bool),
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Node<'_> {
    fn test(&self, feature: usize) -> Verdict {
        match self {
            Node::And(nodes) => joined(nodes, feature, Verdict::No, Verdict::Yes),
            Node::Or(nodes) => joined(nodes, feature, Verdict::Yes, Verdict::No),
            Node::Nothing => Verdict::No,
            Node::Numbers(column, test) => {
                column.number(feature).map_or(Verdict::No, |number| test.holds(number).into())
            }
            Node::Dates(column, unit, [of_times, of_days]) => {
                let Some(number) = column.number(feature) else { return Verdict::No };
                let time = (number * unit).round();
                let holds = of_times.holds(time);
                // A day is compared with the day of the bound, and whether it is one is not known.
                let is_sure = time % DAY != 0.0 || of_days.holds(time) == holds;
                if is_sure { holds.into() } else { Verdict::Unknown }
            }
            Node::Texts(places, holds) => {
                let place = places.get(feature).map_or(usize::MAX, |place| *place as usize);
                holds.get(place).copied().unwrap_or(false).into()
            }
            Node::Bools(values, holds) => {
                let value = values.get(feature).copied().flatten();
                value.is_some_and(|value| if value { holds[1] } else { holds[0] }).into()
            }
        }
    }
}

/// Asks several until one decides.
fn joined(nodes: &[Node<'_>], feature: usize, decisive: Verdict, mut otherwise: Verdict) -> Verdict {
    for node in nodes {
        match node.test(feature) {
            Verdict::Unknown => otherwise = Verdict::Unknown,
            verdict if verdict == decisive => return decisive,
            _ => {}
        }
    }
    otherwise
}

impl NumberTest {
    fn holds(&self, number: f64) -> bool {
        match self {
            NumberTest::Among(list, is_in) => {
                list.binary_search_by(|item| compare::numbers(*item, number)).is_ok() == *is_in
            }
            NumberTest::Compared(comparison, bound) => comparison.holds(compare::numbers(number, *bound)),
            NumberTest::Between(low, high, is_in) => {
                (compare::numbers(number, *low).is_ge() && compare::numbers(number, *high).is_le()) == *is_in
            }
        }
    }
}

/// What a condition asks, whatever the type.
enum Question<'a> {
    Among(&'a [Operand], bool),
    Compared(Comparison, &'a Operand),
    Between(&'a Operand, &'a Operand, bool, bool),
    Alike(&'a str),
}

impl Condition {
    fn question(&self) -> Result<Question<'_>, Undecided> {
        use Condition as C;
        Ok(match self {
            C::In(list) => Question::Among(list, true),
            C::NotIn(list) => Question::Among(list, false),
            C::Eq(value) => Question::Among(std::slice::from_ref(value), true),
            C::NotEq(value) => Question::Among(std::slice::from_ref(value), false),
            C::Like(pattern) => Question::Alike(pattern),
            C::Lt(bound) => Question::Compared(Comparison::Less, bound),
            C::Lte(bound) => Question::Compared(Comparison::LessOrEqual, bound),
            C::Gt(bound) => Question::Compared(Comparison::Greater, bound),
            C::Gte(bound) => Question::Compared(Comparison::GreaterOrEqual, bound),
            C::Between(low, high) => Question::Between(low, high, false, true),
            C::NotBetween(low, high) => Question::Between(low, high, false, false),
            C::BetweenSymmetric(low, high) => Question::Between(low, high, true, true),
            C::NotBetweenSymmetric(low, high) => Question::Between(low, high, true, false),
            C::Other => return Err(Undecided::Meaning),
        })
    }

    fn node<'a>(&self, column: &str, schema: &Schema, layer: &'a Layer) -> Result<Node<'a>, Undecided> {
        let name = folded(column).ok_or(Undecided::Column)?;
        let kind = schema.type_of(&name).ok_or(Undecided::Column)?;
        let column = column_of(layer, &name, kind)?;
        let question = self.question()?;
        match kind {
            Type::Number => {
                let test = question.map(number)?;
                Ok(column.map_or(Node::Nothing, |column| Node::Numbers(column, test)))
            }
            Type::Seconds | Type::Milliseconds => {
                let of_times = question.map(|operand, _| date(operand))?;
                let of_days = question.map(|operand, _| Ok((date(operand)? / DAY).floor() * DAY))?;
                let unit = if kind == Type::Seconds { 1e6 } else { 1e3 };
                Ok(column.map_or(Node::Nothing, |column| Node::Dates(column, unit, [of_times, of_days])))
            }
            Type::Text => text_node(&question, column),
            Type::Bool => {
                let Question::Among(list, is_in) = question else { return Err(Undecided::Meaning) };
                let list = list.iter().map(truth).collect::<Result<Vec<bool>, _>>()?;
                let holds = [false, true].map(|value| list.contains(&value) == is_in);
                Ok(match column.map(|column| &column.values) {
                    Some(Values::Bools(values)) => Node::Bools(values, holds),
                    _ => Node::Nothing,
                })
            }
        }
    }
}

impl Question<'_> {
    /// Reads the operands; the second argument says whether one is among others of another kind.
    fn map(&self, read: impl Fn(&Operand, bool) -> Result<f64, Undecided>) -> Result<NumberTest, Undecided> {
        Ok(match self {
            Question::Among(list, is_in) => {
                let texts = list.iter().filter(|item| matches!(item, Operand::Text(_))).count();
                let is_mixed = texts != 0 && texts != list.len();
                let list = list.iter().map(|item| read(item, is_mixed)).collect::<Result<Vec<f64>, _>>()?;
                NumberTest::Among(order::numbers(&list), *is_in)
            }
            Question::Compared(comparison, bound) => NumberTest::Compared(*comparison, read(bound, false)?),
            Question::Between(low, high, is_symmetric, is_in) => {
                let (low, high) = (read(low, false)?, read(high, false)?);
                let swap = *is_symmetric && low > high;
                let (low, high) = if swap { (high, low) } else { (low, high) };
                NumberTest::Between(low, high, *is_in)
            }
            Question::Alike(_) => return Err(Undecided::Meaning),
        })
    }
}

/// A number to compare numbers with. Text is read as the column's type, and what that is nobody has told.
fn number(operand: &Operand, is_mixed: bool) -> Result<f64, Undecided> {
    match operand {
        Operand::Number(number) if number.is_finite() => Ok(*number),
        Operand::Text(text) if !is_mixed => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = if is_plain { text.parse::<i32>().ok() } else { None };
            number.filter(|number| SMALL.contains(number)).map(f64::from).ok_or(Undecided::Meaning)
        }
        _ => Err(Undecided::Meaning),
    }
}

/// Microseconds since 1970.
fn date(operand: &Operand) -> Result<f64, Undecided> {
    match operand {
        // What is beyond it JavaScript writes in another way.
        Operand::Date(milliseconds) if (-62_135_596_800_000.0..253_402_300_800_000.0).contains(milliseconds) => {
            Ok(milliseconds.floor() * 1e3)
        }
        _ => Err(Undecided::Meaning),
    }
}

fn truth(operand: &Operand) -> Result<bool, Undecided> {
    match operand {
        Operand::Text(text) if text == "true" || text == "t" => Ok(true),
        Operand::Text(text) if text == "false" || text == "f" => Ok(false),
        _ => Err(Undecided::Meaning),
    }
}

/// A text as it stands in SQL: CARTO.js writes line breaks and double quotes with a backslash, which SQL takes as it is.
fn written(text: &str) -> String {
    compact::replace(&compact::replace(text, "\n", "\\n"), "\"", "\\\"")
}

fn text_node<'a>(question: &Question<'_>, column: Option<&'a Column>) -> Result<Node<'a>, Undecided> {
    let test: Box<dyn Fn(&str) -> bool> = match question {
        Question::Among(list, is_in) => {
            let text = |operand: &Operand| match operand {
                Operand::Text(text) => Ok(written(text)),
                _ => Err(Undecided::Meaning),
            };
            let list = list.iter().map(text).collect::<Result<Vec<String>, _>>()?;
            let places =
                compact::places(list.len(), &mut |one, other| list.get(one as usize) < list.get(other as usize));
            let is_in = *is_in;
            Box::new(move |text| {
                let found =
                    places.binary_search_by(|place| list.get(*place as usize).map(String::as_str).cmp(&Some(text)));
                found.is_ok() == is_in
            })
        }
        Question::Alike(pattern) => {
            let pattern = like_pattern(&written(pattern))?;
            Box::new(move |text| is_like(&pattern, text))
        }
        Question::Compared(..) | Question::Between(..) => return Err(Undecided::Meaning),
    };
    Ok(match column.map(|column| &column.values) {
        Some(Values::Texts { dictionary, places }) => {
            let holds = (0..).map_while(|place| dictionary.get(place)).map(&*test).collect();
            Node::Texts(places, holds)
        }
        _ => Node::Nothing,
    })
}

/// A part of a pattern of `LIKE`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Like {
    Char(char),
    One,
    Any,
}

fn like_pattern(pattern: &str) -> Result<Vec<Like>, Undecided> {
    let mut chars = pattern.chars();
    let mut parts = Vec::new();
    while let Some(char) = chars.next() {
        parts.push(match char {
            '%' => Like::Any,
            '_' => Like::One,
            // The database complains when nothing follows.
            '\\' => Like::Char(chars.next().ok_or(Undecided::Meaning)?),
            char => Like::Char(char),
        });
    }
    Ok(parts)
}

/// Matches a text; goes back to the last `%` only, so that no pattern takes long.
fn is_like(pattern: &[Like], text: &str) -> bool {
    let (mut rest, mut chars) = (pattern, text.chars());
    let mut again = None;
    loop {
        let mut ahead = chars.clone();
        let next = ahead.next();
        match (rest.split_first(), next) {
            (Some((Like::Any, behind)), _) => {
                rest = behind;
                again = Some((behind, chars.clone()));
            }
            (Some((Like::One, behind)), Some(_)) => (rest, chars) = (behind, ahead),
            (Some((Like::Char(wanted), behind)), Some(char)) if *wanted == char => (rest, chars) = (behind, ahead),
            (None, None) => return true,
            _ => {
                let Some((behind, from)) = &mut again else { return false };
                if from.next().is_none() {
                    return false;
                }
                (rest, chars) = (behind, from.clone());
            }
        }
    }
}

/// The column of a name in a tile; `None` when all is `NULL` there.
pub(crate) fn column_of<'a>(layer: &'a Layer, name: &str, kind: Type) -> Result<Option<&'a Column>, Undecided> {
    let Some(column) = layer.column(name) else { return Ok(None) };
    let fits = match &column.values {
        Values::Numbers { present, form, .. } => {
            if *form == Numbers::Whole && present.count() == 0 {
                return Ok(None);
            }
            kind == Type::Number || kind.is_date()
        }
        Values::Bools(_) => kind == Type::Bool,
        Values::Texts { .. } => kind == Type::Text,
        Values::Mixed { .. } => false,
    };
    if fits { Ok(Some(column)) } else { Err(Undecided::Column) }
}
