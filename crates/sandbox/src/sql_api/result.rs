//! The result of a statement in the format that was asked for, written as its rows come.

use super::columns::{Selected, write_value};
use super::formats::FeatureFile;
use super::formats::geopackage::GeoPackage;
use super::formats::kml::Kml;
use super::formats::shapefile::Shapefile;
use super::formats::svg::Svg;
use super::request::{Format, SqlRequest};
use crate::db::{Collect, Limits, QueryError};
use serde_json::{Value, json};
use std::ops::Range;
use std::time::Duration;
use tokio_postgres::Row;

/// Takes the rows that [`Selected::expressions`] asks for, and makes the answer of them.
pub struct SqlResult {
    selected: Selected,
    format: Format,
    /// What is written so far, unless there is a file.
    written: Vec<u8>,
    file: Option<Box<dyn FeatureFile>>,
    /// Places of the values in a row that the file has fields for.
    places: Vec<usize>,
    /// Why the file cannot be written.
    trouble: Option<String>,
    rows: u64,
    /// Bytes that may be written.
    most: usize,
}

impl SqlResult {
    /// Nothing but the columns yet.
    pub fn new(selected: Selected, request: &SqlRequest, limits: &Limits) -> SqlResult {
        let written = match request.format {
            Format::Json => b"{\"rows\":[".to_vec(),
            Format::GeoJson => b"{\"type\":\"FeatureCollection\",\"features\":[".to_vec(),
            Format::Csv => csv_line(selected.kept().map(|column| column.name.as_str())),
            Format::Kml | Format::Svg | Format::Shapefile | Format::GeoPackage => Vec::new(),
        };
        let (fields, places): (Vec<_>, Vec<_>) = selected.fields().into_iter().unzip();
        let name = request.filename.as_deref().unwrap_or("cartodb_query");
        let file: Result<Option<Box<dyn FeatureFile>>, String> = match request.format {
            Format::Kml => Ok(Some(Box::new(Kml::new(name, fields)))),
            Format::Svg => Ok(Some(Box::<Svg>::default())),
            Format::Shapefile => Ok(Some(Box::new(Shapefile::new(name, fields)))),
            Format::GeoPackage => GeoPackage::new(name, fields).map(|package| Some(Box::new(package) as _)),
            Format::Json | Format::GeoJson | Format::Csv => Ok(None),
        };
        let (file, trouble) = match file {
            Ok(file) => (file, None),
            Err(trouble) => (None, Some(trouble)),
        };
        let most = limits.bytes;
        SqlResult { selected, format: request.format, written, file, places, trouble, rows: 0, most }
    }

    /// The answer, and where in it stands what differs each time. `count` is how many rows a write was about.
    ///
    /// # Errors
    /// In one sentence, why the format cannot hold it.
    pub fn finish(mut self, count: Option<u64>, time: Duration) -> Result<(Vec<u8>, Range<usize>), String> {
        if let Some(trouble) = self.trouble {
            return Err(trouble);
        }
        if let Some(file) = self.file {
            return file.finish().map(|written| (written, 0..0));
        }
        let mut differs = 0..0;
        match self.format {
            Format::Json => {
                let time = (time.as_secs_f64() * 1000.0).round() / 1000.0;
                self.written.extend_from_slice(b"],");
                let begin = self.written.len();
                self.written.extend_from_slice(format!("\"time\":{},", json!(time)).as_bytes());
                differs = begin..self.written.len();
                let (fields, rows) = (self.selected.told(), count.unwrap_or(self.rows));
                let rest = json!({ "fields": fields, "total_rows": rows }).to_string();
                self.written.extend_from_slice(rest.get(1..).unwrap_or_default().as_bytes());
            }
            Format::GeoJson => self.written.extend_from_slice(b"]}"),
            _ => {}
        }
        Ok((self.written, differs))
    }

    /// The values of a row as members of an object.
    fn write_members(&mut self, row: &Row) {
        self.written.push(b'{');
        let mut is_first = true;
        for (column, index) in self.selected.members() {
            if !std::mem::take(&mut is_first) {
                self.written.push(b',');
            }
            write_json(&mut self.written, &Value::from(column.name.as_str()));
            self.written.push(b':');
            write_value(&mut self.written, column, text(row, index));
        }
        self.written.push(b'}');
    }
}

impl Collect for SqlResult {
    fn add(&mut self, row: Row) -> Result<(), QueryError> {
        if let Some(file) = &mut self.file {
            let values: Vec<Option<&str>> = self.places.iter().map(|index| text(&row, *index)).collect();
            if self.trouble.is_none() {
                self.trouble = file.add(text(&row, self.selected.kept.len()), &values).err();
            }
            return if file.bytes() > self.most { Err(QueryError::TooLarge) } else { Ok(()) };
        }
        if self.rows > 0 && self.format != Format::Csv {
            self.written.push(b',');
        }
        match self.format {
            Format::Json => self.write_members(&row),
            Format::GeoJson => {
                self.written.extend_from_slice(b"{\"type\":\"Feature\",\"geometry\":");
                match text(&row, self.selected.kept.len()) {
                    // PostGIS writes it, in the plainest form.
                    Some(geometry) => self.written.extend_from_slice(geometry.as_bytes()),
                    None => self.written.extend_from_slice(b"null"),
                }
                self.written.extend_from_slice(b",\"properties\":");
                self.write_members(&row);
                self.written.push(b'}');
            }
            _ => {
                let values = (0..self.selected.kept.len()).map(|index| text(&row, index).unwrap_or_default());
                self.written.append(&mut csv_line(values));
            }
        }
        self.rows += 1;
        if self.written.len() > self.most { Err(QueryError::TooLarge) } else { Ok(()) }
    }

    fn held(&self) -> usize {
        self.written.capacity() + self.file.as_ref().map_or(0, |file| file.bytes())
    }
}

fn csv_line<'a>(values: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut line = Vec::new();
    for (index, value) in values.enumerate() {
        if index > 0 {
            line.push(b',');
        }
        // More than the format asks for: programs of many countries split lines at semicolons.
        if value.contains(['"', ',', ';', '\t', '\n', '\r']) {
            line.push(b'"');
            line.extend_from_slice(value.replace('"', "\"\"").as_bytes());
            line.push(b'"');
        } else {
            line.extend_from_slice(value.as_bytes());
        }
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// Writing to memory does not fail.
fn write_json(written: &mut Vec<u8>, value: &Value) {
    let _ = serde_json::to_writer(written, value);
}

fn text(row: &Row, index: usize) -> Option<&str> {
    row.try_get(index).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_csv_are_quoted_where_they_could_be_split() {
        let line = csv_line(["a", "b;c", "d\"e", "", "f,g", "h\ni"].into_iter());
        assert_eq!(String::from_utf8_lossy(&line), "a,\"b;c\",\"d\"\"e\",,\"f,g\",\"h\ni\"\r\n");
    }
}
