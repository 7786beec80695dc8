//! The first pass over a layer: names and types of its columns, kinds of its geometries, and what is odd about it.

use super::columns::{Guess, Kind};
use super::geometry::{self, Lies};
use super::grid::MOST_COLUMNS;
use super::names::{Reserved, normal};
use super::source::{Place, Source, System};
use super::{ImportError, geometry::column_type};
use geo_types::Geometry;
use std::collections::BTreeSet;

/// Warnings of one sort that are told; of the others their number is.
const MOST_TOLD: usize = 10;
/// What a dataset calls its rows.
const ID: &str = "cartodb_id";
/// Columns that a dataset makes itself, and exports have.
const MADE: &[&str] = &["the_geom", "the_geom_webmercator"];

/// A column of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Which column of the file it is.
    pub index: usize,
}

/// What a layer becomes.
#[derive(Debug)]
pub struct Plan {
    /// The columns of the dataset, its numbers first if the file has them.
    pub columns: Vec<Imported>,
    /// The type of the geometry.
    pub geometry_type: &'static str,
    /// Whether single shapes become multiple ones.
    pub is_multiple: bool,
    /// In which reference system the numbers are.
    pub system: System,
    /// Rows of the layer.
    pub rows: u64,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Whether the file numbers its rows.
    pub fn has_ids(&self) -> bool {
        self.columns.first().is_some_and(|column| column.kind == Kind::Id)
    }
}

/// Whether numbers in a reference system are degrees of longitude and latitude.
pub fn is_degrees(system: &System) -> bool {
    matches!(system, System::Unsaid | System::Number(4326))
}

/// Warnings of one sort, with the numbers of their rows.
#[derive(Default)]
struct Told {
    first: Vec<(u64, String)>,
    others: usize,
}

impl Told {
    fn tell(&mut self, number: u64, message: impl FnOnce() -> String) {
        if self.first.len() < MOST_TOLD {
            self.first.push((number, message()));
        } else {
            self.others += 1;
        }
    }

    /// Adds the warnings; `are` says what the rows are that are only counted.
    fn into_warnings(self, are: &str, warnings: &mut Vec<(u64, String)>) {
        warnings.extend(self.first);
        if self.others > 0 {
            warnings.push((u64::MAX, others(self.others, are)));
        }
    }
}

/// A sentence about rows that are only counted.
pub fn others(count: usize, are: &str) -> String {
    match count {
        1 => format!("… and one more row like these: {are}."),
        _ => format!("… and {count} more rows like these: {are}."),
    }
}

/// What is known of a layer so far.
#[derive(Default)]
struct Seen {
    guesses: Vec<Guess>,
    kinds: BTreeSet<geometry::Kind>,
    rows: u64,
    /// Rows that are somewhere.
    placed: u64,
    /// Rows that are nowhere on earth, if the numbers are degrees.
    outside: u64,
    first_outside: Option<String>,
    nowhere: Told,
    broken: Told,
    noted: Told,
    zeros: Told,
}

/// Reads a layer to the end. A wished reference system goes before that of the file.
///
/// # Errors
/// The file cannot be read, or its numbers are in no reference system that is known.
pub fn scan(source: &mut dyn Source, srid: Option<i32>, reserved: &Reserved) -> Result<Plan, ImportError> {
    let unit = source.unit();
    let mut seen = Seen::default();
    source.read(&mut |row| {
        seen.rows += 1;
        if row.values.len() > MOST_COLUMNS {
            return Err(ImportError(format!("The file has more than {MOST_COLUMNS} columns.")));
        }
        for (index, value) in row.values.iter().enumerate() {
            if seen.guesses.len() == index {
                seen.guesses.push(Guess::default());
            }
            let (Some(guess), Some(value)) = (seen.guesses.get_mut(index), value) else { continue };
            guess.see(value, row.number);
        }
        if row.values.iter().flatten().any(|value| value.contains('\0')) {
            seen.zeros.tell(row.number, || format!("{unit} {} has NUL bytes, which are left out.", row.number));
        }
        if let Some(note) = row.note {
            seen.noted.tell(row.number, || format!("{unit} {} {note}.", row.number));
        }
        match row.place {
            Place::None => {}
            Place::Broken(what) => {
                seen.broken.tell(row.number, || format!("{unit} {} is kept without a place: {what}.", row.number));
            }
            Place::At(geometry, own) => seen.place(geometry, own.is_none_or(|own| own == 4326), unit, row.number),
        }
        Ok(())
    })?;
    plan(source, srid, reserved, seen)
}

impl Seen {
    fn place(&mut self, mut geometry: Geometry, may_be_degrees: bool, unit: &str, number: u64) {
        self.placed += 1;
        let kind = geometry::kind(&geometry);
        let at = geometry::bounds(&mut geometry);
        let lies = if may_be_degrees { geometry::settle(&mut geometry) } else { Lies::Within };
        match lies {
            Lies::Within => {}
            Lies::Beyond => {
                // What is cut at the edge of the world has several parts.
                self.kinds.insert(geometry::kind(&geometry::multiple(geometry)));
            }
            Lies::Nowhere => {
                self.outside += 1;
                let at = at.map(|at| format!("{} {}", short(at.most.x), short(at.most.y)));
                let at = at.unwrap_or("no number".into());
                self.nowhere
                    .tell(number, || format!("{unit} {number} is kept without a place: {at} is nowhere on earth."));
                self.first_outside.get_or_insert_with(|| format!("{unit} {number}: {at}"));
            }
        }
        self.kinds.insert(kind);
    }
}

/// A number without its zeros where these are many.
fn short(number: f64) -> String {
    if number.abs() < 1e15 { number.to_string() } else { format!("{number:e}") }
}

fn plan(source: &mut dyn Source, srid: Option<i32>, reserved: &Reserved, mut seen: Seen) -> Result<Plan, ImportError> {
    let system = srid.map_or_else(|| source.system(), System::Number);
    let mut warnings = source.notes();
    if let (true, Some(example)) = (system == System::Unsaid && seen.outside * 2 > seen.placed, &seen.first_outside) {
        return Err(ImportError(format!(
            "The numbers are no degrees ({example}), and the file does not say their reference system: --srid NUMBER"
        )));
    }
    if is_degrees(&system) {
        std::mem::take(&mut seen.nowhere).into_warnings("nowhere on earth", &mut warnings);
    }
    seen.broken.into_warnings("without a place that can be read", &mut warnings);
    seen.noted.into_warnings("not all of their values can be taken as they are", &mut warnings);
    seen.zeros.into_warnings("with NUL bytes", &mut warnings);
    let found = source.columns();
    // Columns of a file without rows have no values.
    seen.guesses.resize(found.len(), Guess::default());
    let names = reserved.columns(found.iter().map(|column| column.name.as_str()));
    let mut columns = Vec::new();
    for (index, ((column, guess), name)) in found.iter().zip(&seen.guesses).zip(names).enumerate() {
        let plain = normal(&column.name);
        if MADE.contains(&plain.as_str()) && guess.is_made_of_digits() {
            continue;
        }
        let kind = guess.kind(column.typing);
        if let Some((word, row, count)) = guess.nothing(column.typing) {
            let others = match count {
                0 | 1 => String::new(),
                2 => ", and so is one more in this column".into(),
                _ => format!(", and so are {} more in this column", count - 1),
            };
            let unit = source.unit();
            let warning = format!("{unit} {row} has \"{word}\" in {}, which is taken for null{others}.", column.name);
            warnings.push((row, warning));
        }
        columns.push(Imported { name, kind, index });
    }
    settle_ids(&mut columns, source)?;
    let (geometry_type, is_multiple) = column_type(&seen.kinds);
    // In the order of the file; those of one row as they were found.
    warnings.sort_by_key(|(number, _)| *number);
    let mut warnings: Vec<String> = warnings.into_iter().map(|(_, warning)| warning).collect();
    if seen.placed == 0 {
        warnings.push("The file has no places: the dataset is a table without geometry.".into());
    }
    Ok(Plan { columns, geometry_type, is_multiple, system, rows: seen.rows, warnings })
}

/// Finds out whether a column numbers the rows; one that does not has another name.
fn settle_ids(columns: &mut [Imported], source: &mut dyn Source) -> Result<(), ImportError> {
    let Some(place) = columns.iter().position(|column| column.name == ID) else { return Ok(()) };
    let Some(index) = columns.get(place).map(|column| column.index) else { return Ok(()) };
    let (mut ids, mut are_all): (Vec<i32>, bool) = (Vec::new(), true);
    source.read(&mut |row| {
        let value = row.values.get(index).and_then(|value| value.as_deref());
        match value.and_then(|value| value.trim().parse().ok()).filter(|id| *id > 0) {
            Some(id) => ids.push(id),
            None => are_all = false,
        }
        Ok(())
    })?;
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    are_all &= ids.len() == count;
    let taken: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    if let Some(column) = columns.get_mut(place) {
        if are_all {
            column.kind = Kind::Id;
        } else {
            let names = (0..).map(|number| format!("{ID}_{number}"));
            column.name = names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
        }
    }
    // Tables begin with it, so its values do as well.
    columns.sort_by_key(|column| column.kind != Kind::Id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::columns::Typing;
    use super::super::source::{Column, Each, Row};
    use super::*;

    struct Given {
        columns: Vec<Column>,
        rows: Vec<Row>,
        system: System,
    }

    impl Source for Given {
        fn unit(&self) -> &'static str {
            "Line"
        }

        fn columns(&self) -> Vec<Column> {
            self.columns.clone()
        }

        fn system(&self) -> System {
            self.system.clone()
        }

        fn read(&mut self, each: Each<'_>) -> Result<(), ImportError> {
            self.rows.iter().cloned().try_for_each(each)
        }
    }

    fn of(columns: &[&str], rows: &[(&[&str], &str)], system: System) -> Result<Plan, String> {
        let column = |name: &&str| Column { name: (*name).to_owned(), typing: Typing::Guessed };
        let row = |(number, (values, place)): (u64, &(&[&str], &str))| Row {
            number,
            values: values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect(),
            place: super::super::grid::written(Some(place).filter(|place| !place.is_empty()).copied()),
            note: None,
        };
        let mut given =
            Given { columns: columns.iter().map(column).collect(), rows: (2..).zip(rows).map(row).collect(), system };
        scan(&mut given, None, &Reserved::default()).map_err(|error| error.to_string())
    }

    fn names(plan: &Plan) -> Vec<(&str, Kind)> {
        plan.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect()
    }

    #[test]
    fn numbers_of_rows_are_kept() {
        let rows: &[(&[&str], &str)] = &[(&["a", "7"], "POINT(1 2)"), (&["b", "9"], "")];
        let plan = of(&["name", "cartodb_id"], rows, System::Unsaid).unwrap();
        assert_eq!(names(&plan), [("cartodb_id", Kind::Id), ("name", Kind::Text)]);
        assert!(plan.has_ids() && plan.warnings.is_empty());
        let rows: &[(&[&str], &str)] = &[(&["a", "7"], "POINT(1 2)"), (&["b", "7"], "")];
        let plan = of(&["name", "cartodb_id"], rows, System::Unsaid).unwrap();
        assert_eq!(names(&plan), [("name", Kind::Text), ("cartodb_id_0", Kind::Integer)]);
    }

    #[test]
    fn exports_make_no_extra_column() {
        let digits = "0101000020110F00000000000000000000000000000000F0BF";
        let plan =
            of(&["the_geom_webmercator", "a"], &[(&[digits, "1"], "POINT(1 2)"), (&["", "1"], "")], System::Unsaid);
        assert_eq!(names(&plan.unwrap()), [("a", Kind::Integer)]);
    }

    #[test]
    fn rows_that_are_nowhere_are_told() {
        let rows: &[(&[&str], &str)] =
            &[(&["1"], "POINT(1 2)"), (&["2"], "POINT(200 91.5)"), (&["N/A"], "POINT(1 2)"), (&["3"], "POINT(1)")];
        let plan = of(&["n"], rows, System::Unsaid).unwrap();
        let [nowhere, nothing, broken] = plan.warnings.as_slice() else { panic!("{:?}", plan.warnings) };
        assert_eq!(nowhere, "Line 3 is kept without a place: 200 91.5 is nowhere on earth.");
        assert!(broken.starts_with("Line 5 is kept without a place: "), "{broken}");
        assert_eq!(nothing, "Line 4 has \"N/A\" in n, which is taken for null.");
        assert_eq!((names(&plan), plan.geometry_type), (vec![("n", Kind::Integer)], "Point"));
        let rows: &[(&[&str], &str)] = &[(&["1"], "POINT(1 2)"), (&["2"], "POINT(-1.5e308 2)")];
        let told = of(&["n"], rows, System::Unsaid).unwrap().warnings;
        assert_eq!(told, ["Line 3 is kept without a place: -1.5e308 2 is nowhere on earth."]);
        let one: &[&str] = &["1"];
        let many = [vec![(one, "POINT(1 2)"); 40], vec![(one, "POINT(1 99)"); 30]].concat();
        let plan = of(&["n"], &many, System::Unsaid).unwrap();
        assert_eq!(plan.warnings.len(), MOST_TOLD + 1);
        assert!(plan.warnings.last().is_some_and(|last| last.contains("20 more")));
    }

    #[test]
    fn numbers_that_are_no_degrees_are_refused() {
        let rows: &[(&[&str], &str)] = &[(&["1"], "POINT(440000 4474000)")];
        assert!(
            of(&["n"], rows, System::Unsaid)
                .is_err_and(|message| message.contains("440000 4474000") && message.contains("--srid"))
        );
        assert!(of(&["n"], rows, System::Number(25_830)).is_ok());
    }

    #[test]
    fn shapes_that_are_cut_have_parts() {
        let rows: &[(&[&str], &str)] = &[(&["1"], "LINESTRING(170 0,190 0)")];
        assert_eq!(of(&["n"], rows, System::Unsaid).unwrap().geometry_type, "MultiLineString");
        let plan = of(&["n"], &[(&["1"], "")], System::Unsaid).unwrap();
        assert!(plan.warnings.first().is_some_and(|warning| warning.contains("no places")));
    }
}
