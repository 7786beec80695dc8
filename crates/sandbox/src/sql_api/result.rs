//! The result of a statement in one of the three formats, written as its rows come.

use super::columns::{Selected, write_value};
use super::request::{Format, SqlRequest};
use crate::db::{Collect, Limits, QueryError};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_postgres::Row;

const JSON: &str = "application/json; charset=utf-8";
const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Takes the rows that [`Selected::expressions`] asks for, and makes the answer of them.
pub struct SqlResult {
    selected: Selected,
    format: Format,
    /// What is written so far.
    written: Vec<u8>,
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
        };
        SqlResult { selected, format: request.format, written, rows: 0, most: limits.bytes }
    }

    /// The answer, with its type. `count` is how many rows a write was about.
    pub fn finish(mut self, count: Option<u64>, time: Duration) -> (Vec<u8>, &'static str) {
        match self.format {
            Format::Json => {
                let time = (time.as_secs_f64() * 1000.0).round() / 1000.0;
                self.written.extend_from_slice(b"],");
                let (fields, rows) = (self.selected.fields(), count.unwrap_or(self.rows));
                let rest = json!({ "time": time, "fields": fields, "total_rows": rows }).to_string();
                self.written.extend_from_slice(rest.get(1..).unwrap_or_default().as_bytes());
                (self.written, JSON)
            }
            Format::GeoJson => {
                self.written.extend_from_slice(b"]}");
                (self.written, JSON)
            }
            Format::Csv => (self.written, CSV),
        }
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
            Format::Csv => {
                let values = (0..self.selected.kept.len()).map(|index| text(&row, index).unwrap_or_default());
                self.written.append(&mut csv_line(values));
            }
        }
        self.rows += 1;
        if self.written.len() > self.most { Err(QueryError::TooLarge) } else { Ok(()) }
    }

    fn held(&self) -> usize {
        self.written.capacity()
    }
}

fn csv_line<'a>(values: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(values);
    writer.into_inner().unwrap_or_default()
}

/// Writing to memory does not fail.
fn write_json(written: &mut Vec<u8>, value: &Value) {
    let _ = serde_json::to_writer(written, value);
}

fn text(row: &Row, index: usize) -> Option<&str> {
    row.try_get(index).ok().flatten()
}
