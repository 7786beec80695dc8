//! Tables without a structure of their own, as CSV and spreadsheets are: which row has the names of the columns, and
//! which columns say where a row is.

use super::columns::{Typing, coordinate};
use super::names::normal;
use super::source::{Column, Each, Place, Row, Source};
use super::{ImportError, geometry};
use geo_types::{Geometry, Point};

/// Columns that have geometries by themselves, the likeliest first.
const GEOMETRIES: &[&str] =
    &["the_geom", "geometry", "geom", "wkb_geometry", "wkt", "wkb", "geojson", "shape", "the_geom_webmercator"];
/// Columns of latitudes, the likeliest first, as CARTO and others name them.
const LATITUDES: &[&str] = &[
    "latitude",
    "lat",
    "latitudedecimal",
    "latitud",
    "lati",
    "decimallatitude",
    "decimallat",
    "point_latitude",
    "decimal_latitude",
    "latitudine",
    "breitengrad",
    "y",
];
/// Those of longitudes.
const LONGITUDES: &[&str] = &[
    "longitude",
    "lon",
    "lng",
    "long",
    "longitudedecimal",
    "longitud",
    "longi",
    "decimallongitude",
    "decimallong",
    "decimallon",
    "point_longitude",
    "decimal_longitude",
    "longitudine",
    "laengengrad",
    "x",
];
/// Parts of longer names that tell the same: `start_lat`, `gps latitude`.
const PARTS_OF_LATITUDE: &[&str] = &["latitude", "lat", "latitud"];
/// Those of longitudes.
const PARTS_OF_LONGITUDE: &[&str] = &["longitude", "lon", "lng", "long", "longitud"];
/// Rows that are looked at before anything is decided.
const SAMPLE: usize = 100;
/// Lines of a title that a table may have above it.
const MOST_TITLES: usize = 20;
/// Columns that a table may have in the database.
pub const MOST_COLUMNS: usize = 1_500;

/// Cells of a row.
pub type Cells = Vec<Option<String>>;

/// What gives lines of cells, as often as it is asked.
pub trait Lines: Send {
    /// What a line is called in messages.
    const UNIT: &'static str;
    /// Whether every line should have as many cells as there are columns.
    const IS_EVEN: bool;

    /// Gives all lines with their numbers until `each` says that it is enough.
    ///
    /// # Errors
    /// In one sentence: the file cannot be read, or what `each` said.
    fn each(&mut self, each: &mut dyn FnMut(u64, Cells) -> Result<bool, ImportError>) -> Result<(), ImportError>;

    /// What is to be said of the whole when the lines were read, with the numbers of the lines.
    fn notes(&self) -> Vec<(u64, String)> {
        Vec::new()
    }
}

/// A table of lines.
pub struct Grid<L> {
    lines: L,
    /// The line of the names.
    header: u64,
    /// Cells that a line has.
    width: usize,
    columns: Vec<Column>,
    /// The columns that are geometries, which datasets have by themselves; the last one first.
    left_out: Vec<usize>,
    /// The column that has the geometry.
    geometry: Option<usize>,
    /// The columns of latitude and longitude.
    pair: Option<(usize, usize)>,
    notes: Vec<(u64, String)>,
}

impl<L: Lines> Grid<L> {
    /// Looks at the first lines. `comma` says that numbers may have a decimal comma.
    ///
    /// # Errors
    /// The file cannot be read, or is empty.
    pub fn open(mut lines: L, comma: bool) -> Result<Grid<L>, ImportError> {
        let mut sample: Vec<(u64, Cells)> = Vec::new();
        lines.each(&mut |number, cells| {
            if cells.iter().any(|cell| filled(cell).is_some()) {
                sample.push((number, cells));
            }
            Ok(sample.len() < SAMPLE)
        })?;
        let titles = titles(&sample);
        let mut notes = Vec::new();
        for (number, cells) in sample.drain(..titles) {
            let title: String = cells.iter().find_map(filled).unwrap_or_default().chars().take(40).collect();
            notes.push((number, format!("{} {number} (\"{title}\") is taken for a title and left out.", L::UNIT)));
        }
        if sample.is_empty() {
            return Err(ImportError("The table is empty.".into()));
        }
        let (header, names) = sample.remove(0);
        let mut names: Vec<String> = names.into_iter().map(|name| name.unwrap_or_default()).collect();
        if let Some(value) = value_among(&names, &sample) {
            let unit = L::UNIT;
            notes.push((
                header,
                format!("{unit} {header} is taken for names of columns, and has \"{value}\": is it a row?"),
            ));
        }
        // Separators at the ends of lines make no columns.
        let is_empty = |index: usize| sample.iter().all(|(_, cells)| cells.get(index).and_then(filled).is_none());
        while names.last().is_some_and(|name| name.trim().is_empty()) && is_empty(names.len() - 1) {
            names.pop();
        }
        if names.len() > MOST_COLUMNS {
            return Err(ImportError(format!("The table has more than {MOST_COLUMNS} columns.")));
        }
        let plain: Vec<String> = names.iter().map(|name| normal(name)).collect();
        let pair = pair(&plain, &sample);
        let geometry = geometry_column(&plain, &sample, pair.is_some());
        let pair = pair.filter(|_| geometry.is_none());
        let is_left_out = |index: usize| {
            Some(index) == geometry
                || geometry.is_some() && plain.get(index).is_some_and(|name| name == "the_geom_webmercator")
        };
        let left_out: Vec<usize> = (0..names.len()).rev().filter(|index| is_left_out(*index)).collect();
        let width = names.len();
        let named = names.into_iter().enumerate().filter(|(index, _)| !is_left_out(*index));
        let columns = named.map(|(index, name)| {
            let is_coordinate = pair.is_some_and(|(lat, lng)| index == lat || index == lng);
            Column { name, typing: if comma || is_coordinate { Typing::GuessedWithComma } else { Typing::Guessed } }
        });
        let columns = columns.collect();
        Ok(Grid { lines, header, width, columns, left_out, geometry, pair, notes })
    }
}

impl<L: Lines> Source for Grid<L> {
    fn unit(&self) -> &'static str {
        L::UNIT
    }

    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn notes(&self) -> Vec<(u64, String)> {
        [self.notes.clone(), self.lines.notes()].concat()
    }

    fn read(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        let Grid { lines, header, width, left_out, geometry, pair, .. } = self;
        lines.each(&mut |number, mut values| {
            if number <= *header || values.iter().all(|cell| filled(cell).is_none()) {
                return Ok(true);
            }
            let place = match (*geometry, *pair) {
                (Some(index), _) => written(values.get(index).and_then(filled)),
                (None, Some((lat, lng))) => point(values.get(lat).and_then(filled), values.get(lng).and_then(filled)),
                (None, None) => Place::None,
            };
            let count = values.len();
            let is_too_long = values.get(*width..).is_some_and(|rest| rest.iter().any(|cell| filled(cell).is_some()));
            let note = if is_too_long {
                Some(format!("has {count} values for {width} columns; those behind the last column are left out"))
            } else if L::IS_EVEN && count < *width {
                Some(format!("has {count} values for {width} columns; the missing ones are null"))
            } else {
                None
            };
            values.truncate(*width);
            for index in left_out.iter().filter(|index| **index < count) {
                values.remove(*index);
            }
            each(Row { number, values, place, note })?;
            Ok(true)
        })
    }
}

fn filled(cell: &Option<String>) -> Option<&str> {
    cell.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// How many of the first lines are a title: they have fewer than half of the cells that most lines have.
fn titles(sample: &[(u64, Cells)]) -> usize {
    let count = |cells: &Cells| cells.iter().filter(|cell| filled(cell).is_some()).count();
    let mut widths: Vec<usize> = sample.iter().map(|(_, cells)| cells.len()).collect();
    widths.sort_unstable();
    let most = widths.get(widths.len() / 2).copied().unwrap_or(0);
    let is_title = |(_, cells): &&(u64, Cells)| {
        let filled = count(cells);
        cells.len() * 2 <= most || most > 2 && filled == 1 || most > 4 && filled * 3 <= most
    };
    let titles = sample.iter().take(MOST_TITLES).take_while(is_title).count();
    // A table whose lines all look so has none.
    if titles == sample.len().min(MOST_TITLES) { 0 } else { titles }
}

/// A name of a column that looks like a value of it: a number that is no year and no count, above other numbers.
fn value_among<'a>(names: &'a [String], sample: &[(u64, Cells)]) -> Option<&'a str> {
    let is_value = |name: &str| coordinate(name).is_some() && name.contains(['.', ',', '-']);
    let is_number = |index: usize| {
        let mut values = sample.iter().filter_map(|(_, cells)| filled(cells.get(index)?)).peekable();
        values.peek().is_some() && values.all(|value| coordinate(value).is_some())
    };
    let found = names.iter().enumerate().find(|(index, name)| is_value(name.trim()) && is_number(*index));
    found.map(|(_, name)| name.trim())
}

/// The column of geometries, if one of a likely name has any.
fn geometry_column(names: &[String], sample: &[(u64, Cells)], has_pair: bool) -> Option<usize> {
    GEOMETRIES.iter().find_map(|known| {
        let index = names.iter().position(|name| name == known)?;
        let mut values = sample.iter().filter_map(|(_, cells)| filled(cells.get(index)?)).peekable();
        if values.peek().is_none() {
            // Nothing says that it is one but its name.
            return (*known == "the_geom" && !has_pair).then_some(index);
        }
        values.any(|value| matches!(geometry::from_text(value), Ok(Some(_)))).then_some(index)
    })
}

/// The columns of latitude and longitude, if there are numbers in them.
fn pair(names: &[String], sample: &[(u64, Cells)]) -> Option<(usize, usize)> {
    let has_numbers = |index: usize| {
        let mut values = sample.iter().filter_map(|(_, cells)| filled(cells.get(index)?)).peekable();
        // An empty table has the columns it has.
        sample.is_empty() || values.any(|value| coordinate(value).is_some())
    };
    let exact = |known: &[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
    let by_part = |known: &[&str]| names.iter().position(|name| name.split('_').any(|part| known.contains(&part)));
    let found = exact(LATITUDES).zip(exact(LONGITUDES));
    let found = found.or_else(|| by_part(PARTS_OF_LATITUDE).zip(by_part(PARTS_OF_LONGITUDE)));
    found.filter(|(lat, lng)| lat != lng && has_numbers(*lat) && has_numbers(*lng))
}

/// A geometry that is written in a cell.
pub fn written(text: Option<&str>) -> Place {
    let Some(text) = text else { return Place::None };
    match geometry::from_text(text) {
        Ok(Some((geometry, srid))) => Place::At(geometry, srid),
        Ok(None) => Place::None,
        Err(what) => Place::Broken(what),
    }
}

/// A point of two cells.
fn point(lat: Option<&str>, lng: Option<&str>) -> Place {
    if lat.is_none() && lng.is_none() {
        return Place::None;
    }
    match (lat.and_then(coordinate), lng.and_then(coordinate)) {
        (Some(lat), Some(lng)) => Place::At(Geometry::Point(Point::new(lng, lat)), None),
        _ => {
            let short = |text: Option<&str>| text.unwrap_or("none").chars().take(30).collect::<String>();
            Place::Broken(format!("latitude {}, longitude {}", short(lat), short(lng)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::rows_of;
    use super::*;

    /// Lines for tests, with cells between bars.
    struct Given(&'static str);

    impl Lines for Given {
        const UNIT: &'static str = "Line";
        const IS_EVEN: bool = true;

        fn each(&mut self, each: &mut dyn FnMut(u64, Cells) -> Result<bool, ImportError>) -> Result<(), ImportError> {
            for (index, line) in self.0.split('\n').enumerate() {
                let cells = line.split('|').map(|cell| (!cell.is_empty()).then(|| cell.to_owned())).collect();
                if !each(index as u64 + 1, cells)? {
                    break;
                }
            }
            Ok(())
        }
    }

    fn of(text: &'static str) -> (Vec<String>, Vec<Row>, Vec<String>) {
        let mut grid = Grid::open(Given(text), false).unwrap();
        let rows = rows_of(&mut grid).unwrap();
        (
            grid.columns().into_iter().map(|column| column.name).collect(),
            rows,
            grid.notes().into_iter().map(|(_, note)| note).collect(),
        )
    }

    fn places(text: &'static str) -> Vec<Place> {
        of(text).1.into_iter().map(|row| row.place).collect()
    }

    fn at(x: f64, y: f64) -> Place {
        Place::At(Geometry::Point(Point::new(x, y)), None)
    }

    #[test]
    fn coordinates_have_many_names() {
        for names in [
            "lat|lon",
            "LATITUDE|Longitude",
            "lati|longi",
            "decimalLatitude|decimalLongitude",
            "Point Latitude|Point Longitude",
            "Y|X",
            "start_lat|start_lng",
            "GPS latitude (deg)|GPS longitude (deg)",
        ] {
            let text = format!("{names}|name\n40.1|-3.5|a");
            assert_eq!(places(text.leak()), [at(-3.5, 40.1)], "{names}");
        }
        assert_eq!(places("lat|lon\nnorth|south"), [Place::None]);
        assert_eq!(places("plate|belong\n1|2"), [Place::None]);
    }

    #[test]
    fn geometries_are_known_by_what_they_are() {
        for (name, value) in [
            ("the_geom", "0101000020E610000000000000000000400000000000000840"),
            ("wkt", "POINT(2 3)"),
            ("geojson", "{\"type\":\"Point\",\"coordinates\":[2,3]}"),
            ("geom", "SRID=4326;POINT(2 3)"),
        ] {
            let text = format!("a|{name}|the_geom_webmercator\nx|{value}|");
            let (columns, rows, _) = of(text.leak());
            assert_eq!(columns, ["a"], "{name}");
            assert!(
                matches!(&rows.first().unwrap().place, Place::At(geometry, _) if *geometry == Geometry::Point(Point::new(2.0, 3.0)))
            );
        }
        let (columns, rows, _) = of("geom|lat|lon\nround|1|2");
        assert_eq!(columns, ["geom", "lat", "lon"]);
        assert_eq!(rows.first().unwrap().place, at(2.0, 1.0));
    }

    #[test]
    fn rows_that_are_odd_are_kept() {
        let (_, rows, _) =
            of("name|lat|lon|note\na|40.1|-3.5|x\nb|40.2|-3.6\nc|40.3|-3.7|y|extra\nd|N/A||\n\ne|1|2|z||");
        let notes: Vec<Option<&str>> = rows.iter().map(|row| row.note.as_deref()).collect();
        assert_eq!(
            notes,
            [
                None,
                Some("has 3 values for 4 columns; the missing ones are null"),
                Some("has 5 values for 4 columns; those behind the last column are left out"),
                None,
                None
            ]
        );
        assert_eq!(rows.get(3).unwrap().place, Place::Broken("latitude N/A, longitude none".into()));
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 4, 5, 7]);
        assert!(rows.iter().all(|row| row.values.len() <= 4));
    }

    #[test]
    fn rows_that_are_taken_for_names_are_told() {
        let (_, rows, notes) = of("Paris|48.85|2.35\nRome|41.9|12.5");
        assert_eq!(rows.len(), 1);
        assert_eq!(notes, ["Line 1 is taken for names of columns, and has \"48.85\": is it a row?"]);
        for table in ["name|2019|2020\na|1|2", "1|2|3\n4|5|6", "name|v1.5|1-2\na|1|b", "1.5|2\na|b"] {
            assert!(of(table).2.is_empty(), "{table}");
        }
    }

    #[test]
    fn titles_are_passed_over() {
        let (columns, rows, notes) = of("Report of 2020\n\nname|lat|lon\na|1|2\nb|3|4");
        assert_eq!(columns, ["name", "lat", "lon"]);
        assert_eq!(rows.len(), 2);
        assert_eq!(notes, ["Line 1 (\"Report of 2020\") is taken for a title and left out."]);
        assert_eq!(of("Report||\nname|lat|lon\na|1|2").0, ["name", "lat", "lon"]);
        assert_eq!(of("name\na\nb").0, ["name"]);
        assert_eq!(of("name|lat|lon|\na|1|2|\nb|3|4|").0, ["name", "lat", "lon"]);
        assert_eq!(of("name|lat|lon\na|1|2|\nb|3|4|").0, ["name", "lat", "lon"]);
        assert!(Grid::open(Given("\n\n"), false).is_err());
    }
}
