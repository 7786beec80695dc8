//! Groups of rows with the same value.

use super::{NumberColumns, Odd, Operation};
use crate::column::Values;
use crate::rows::Rows;
use crate::schema::{Schema, Type, Undecided};
use crate::total::Total;
use crate::{Column, compare};
use compact::HashMap;
use std::cmp::Ordering;

/// The most categories that a server tells.
const MOST: u32 = 10_000;
/// Numbers that differ by less may be the same, rounded.
const ALIKE: f64 = 1e-9;

/// The result of a category dataview.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Categories {
    /// The categories, greatest value first, those with the same value by name; then that of all others, if there is one.
    pub categories: Vec<Category>,
    /// Rows.
    pub count: u64,
    /// Rows without a category.
    pub nulls: u64,
    /// Rows whose number is `NaN`.
    pub nans: u64,
    /// Rows whose number is infinite.
    pub infinities: u64,
    /// The smallest value of all categories, 0 when there is none.
    pub min: f64,
    /// The greatest one.
    pub max: f64,
    /// How many categories there are, `NULL` included.
    pub categories_count: u64,
}

/// A category.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    /// Its name; `None` for all others together, which the server calls `Other`.
    pub name: Option<CategoryName>,
    /// Its value.
    pub value: f64,
}

/// The value of a column that makes a category.
#[derive(Clone, Debug, PartialEq)]
pub enum CategoryName {
    /// SQL's `NULL`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Name<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
}

#[derive(Clone, Copy, Debug)]
struct Group<'a> {
    name: Name<'a>,
    rows: u64,
    total: Total,
    min: f64,
    max: f64,
}

/// The groups, and how to find that of a value.
#[derive(Default)]
struct Groups<'a> {
    all: Vec<Group<'a>>,
    texts: HashMap<&'a str, usize>,
    /// By the bits of numbers, and of 0 and 1 for truth values.
    numbers: HashMap<u64, usize>,
    null: Option<usize>,
}

impl<'a> Groups<'a> {
    fn find(&mut self, name: Name<'a>) -> usize {
        let next = self.all.len();
        let place = match name {
            Name::Null => *self.null.get_or_insert(next),
            Name::Bool(truth) => *self.numbers.entry(truth.into()).or_insert(next),
            Name::Number(number) => {
                // Both zeros are alike, and so is all that is not a number.
                let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
                *self.numbers.entry(number.to_bits()).or_insert(next)
            }
            Name::Text(text) => *self.texts.entry(text).or_insert(next),
        };
        if place == next {
            let (rows, total, min, max) = (0, Total::default(), f64::INFINITY, f64::NEG_INFINITY);
            self.all.push(Group { name, rows, total, min, max });
        }
        place
    }

    /// The group of each row of a layer.
    fn of_rows(&mut self, column: Option<&'a Column>, rows: &[u32]) -> Vec<usize> {
        let Some(column) = column else { return rows.iter().map(|_| self.find(Name::Null)).collect() };
        let mut of_row: Box<dyn FnMut(usize) -> usize> = match &column.values {
            Values::Numbers { .. } => Box::new(|row| self.find(column.number(row).map_or(Name::Null, Name::Number))),
            Values::Bools(values) => {
                Box::new(|row| self.find(values.get(row).copied().flatten().map_or(Name::Null, Name::Bool)))
            }
            Values::Texts { dictionary, places } => {
                // A text is looked for once, however many rows have it.
                let mut known = vec![usize::MAX; dictionary.len()];
                Box::new(move |row| {
                    let place = places.get(row).copied().unwrap_or(u32::MAX);
                    let (Some(known), Some(text)) = (known.get_mut(place as usize), dictionary.get(place)) else {
                        return self.find(Name::Null);
                    };
                    if *known == usize::MAX {
                        *known = self.find(Name::Text(text));
                    }
                    *known
                })
            }
            // No column of this kind has a type.
            Values::Mixed { .. } => Box::new(|_| self.find(Name::Null)),
        };
        rows.iter().map(|row| of_row(*row as usize)).collect()
    }
}

/// A category with what it is ranked by.
struct Ranked<'a> {
    name: Name<'a>,
    value: f64,
    /// The sum and the number that a value is the average of.
    total: Total,
}

pub(super) fn categories(
    rows: &Rows<'_>,
    schema: &Schema,
    column: &str,
    operation: Operation,
    operation_column: Option<&str>,
    limit: u32,
) -> Result<Categories, Undecided> {
    let names = rows.columns(schema, column)?;
    if schema.type_of(column).is_some_and(Type::is_date) {
        // How it is written as text, the database knows.
        return Err(Undecided::Meaning);
    }
    if schema.type_of(column) == Some(Type::Number) && NumberColumns::find(rows, schema, column)?.is_single {
        return Err(Undecided::Rounding);
    }
    let operation_column = operation_column.filter(|name| !name.is_empty());
    let is_count = operation == Operation::Count;
    let mut groups = Groups::default();
    let mut odd = Odd::default();
    let mut is_whole = true;
    match operation_column {
        None if !is_count => return Err(Undecided::Meaning),
        // Rows are counted, or rows that have a value.
        counted if is_count => {
            let counted = counted.map(|name| rows.columns(schema, name)).transpose()?;
            for (index, (column, rows)) in names.into_iter().enumerate() {
                let counted = counted.as_ref().and_then(|all| all.get(index));
                for (group, row) in groups.of_rows(column, rows).into_iter().zip(rows) {
                    let is_null = |column: &Option<&Column>| column.is_none_or(|column| column.is_null(*row as usize));
                    if let Some(group) = groups.all.get_mut(group) {
                        group.rows += 1;
                        group.total.count += u64::from(!counted.is_some_and(|(column, _)| is_null(column)));
                    }
                }
            }
        }
        values => {
            let values = NumberColumns::find(rows, schema, values.unwrap_or_default())?;
            if values.is_single && operation != Operation::Avg {
                return Err(Undecided::Rounding);
            }
            is_whole = values.is_whole;
            for ((column, rows), (value, _)) in names.into_iter().zip(&values.parts) {
                for (group, row) in groups.of_rows(column, rows).into_iter().zip(rows) {
                    let Some(group) = groups.all.get_mut(group) else { continue };
                    group.rows += 1;
                    if let Some(number) = odd.sort(value.and_then(|value| value.number(*row as usize))) {
                        group.total.add(number);
                        group.min = group.min.min(number);
                        group.max = group.max.max(number);
                    }
                }
            }
        }
    }
    let nulls = groups.null.and_then(|null| groups.all.get(null)).map_or(0, |group| group.rows);
    let found = Categories {
        count: rows.len() as u64,
        nulls,
        nans: odd.nans,
        infinities: odd.infinities,
        categories_count: groups.all.len() as u64,
        ..Categories::default()
    };
    let is_ranked = |group: &Group<'_>| if is_count { group.name != Name::Null } else { group.total.count > 0 };
    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
    let ranked = groups.all.iter().filter(|group| is_ranked(group)).map(|group| Ranked {
        name: group.name,
        total: group.total,
        value: match operation {
            Operation::Count => group.total.count as f64,
            Operation::Sum => group.total.sum(),
            Operation::Avg => group.total.average(is_whole).unwrap_or_default(),
            Operation::Min => group.min,
            Operation::Max => group.max,
        },
    });
    tell(ranked.collect(), operation, limit.clamp(1, MOST) as usize, found)
}

/// Ranks the categories, and tells as many as are wanted.
fn tell(
    found_groups: Vec<Ranked<'_>>,
    operation: Operation,
    limit: usize,
    mut found: Categories,
) -> Result<Categories, Undecided> {
    let at = |place: u32| found_groups.get(place as usize);
    let is_before = |one: u32, other: u32| match (at(one), at(other)) {
        (Some(one), Some(other)) => {
            compare::numbers(other.value, one.value).then_with(|| by_name(&one.name, &other.name)).is_lt()
        }
        _ => false,
    };
    let ranked: Vec<&Ranked<'_>> =
        compact::places(found_groups.len(), &mut &is_before).into_iter().filter_map(at).collect();
    let shown = if ranked.len() < limit { ranked.len() } else { limit - 1 };
    let (front, others) = ranked.split_at(shown);
    for (one, other) in front.iter().zip(ranked.iter().skip(1)) {
        is_sure(one, other, operation)?;
    }
    // Each of those that are not shown has to be behind the last that is.
    if let Some(last) = front.last() {
        let near = others.iter().take_while(|other| last.value - other.value <= ALIKE * last.value.abs());
        near.into_iter().try_for_each(|other| is_sure(last, other, operation))?;
    }
    found.min = ranked.iter().map(|category| category.value).reduce(f64::min).unwrap_or(0.0);
    found.max = ranked.iter().map(|category| category.value).reduce(f64::max).unwrap_or(0.0);
    found.categories = front.iter().map(|category| told(category)).collect();
    if !others.is_empty() {
        let mut total = Total::default();
        others.iter().for_each(|category| total.add(category.value));
        let values = others.iter().map(|category| category.value);
        let value = match operation {
            Operation::Count | Operation::Sum => total.sum(),
            Operation::Avg => total.average(false).unwrap_or_default(),
            Operation::Min => values.fold(f64::INFINITY, f64::min),
            Operation::Max => values.fold(f64::NEG_INFINITY, f64::max),
        };
        found.categories.push(Category { name: None, value });
    }
    Ok(found)
}

fn told(category: &Ranked<'_>) -> Category {
    let name = match category.name {
        Name::Null => CategoryName::Null,
        Name::Bool(truth) => CategoryName::Bool(truth),
        Name::Number(number) => CategoryName::Number(number),
        Name::Text(text) => CategoryName::Text(text.to_owned()),
    };
    Category { name: Some(name), value: category.value }
}

/// Any order of names that is the database's where that is sure.
fn by_name(one: &Name<'_>, other: &Name<'_>) -> Ordering {
    match (one, other) {
        (Name::Text(one), Name::Text(other)) => one.cmp(other),
        (Name::Number(one), Name::Number(other)) => compare::numbers(*one, *other),
        (Name::Bool(one), Name::Bool(other)) => one.cmp(other),
        // NULL comes last.
        (one, other) => (*one == Name::Null).cmp(&(*other == Name::Null)),
    }
}

/// Whether the database, too, has one category before another.
fn is_sure(one: &Ranked<'_>, other: &Ranked<'_>, operation: Operation) -> Result<(), Undecided> {
    let is_exact = match operation {
        Operation::Count | Operation::Min | Operation::Max => true,
        Operation::Sum => one.total.is_exact() && other.total.is_exact(),
        Operation::Avg => false,
    };
    let difference = (one.value - other.value).abs();
    if !is_exact && difference <= ALIKE * one.value.abs() && !(one.total.is_like(&other.total) && difference == 0.0) {
        return Err(Undecided::Rounding);
    }
    match (one.name, other.name) {
        (Name::Text(name), Name::Text(behind)) if difference == 0.0 => match compare::texts(name, behind) {
            Some(Ordering::Less) => Ok(()),
            _ => Err(Undecided::Order),
        },
        _ => Ok(()),
    }
}
