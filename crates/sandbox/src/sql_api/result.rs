//! The result of a statement in one of the three formats.

use super::columns::{Selected, value_of};
use super::request::{Format, SqlRequest};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio_postgres::Row;

/// What a statement gave.
pub struct SqlResult {
    /// Rows of text, as [`Selected::expressions`] asks for them.
    pub rows: Vec<Row>,
    /// Their columns.
    pub selected: Selected,
    /// How many rows a write was about.
    pub count: Option<u64>,
    /// Whether something was changed.
    pub is_write: bool,
}

impl SqlResult {
    /// What no statement gives.
    pub fn nothing(request: &SqlRequest) -> SqlResult {
        SqlResult { rows: Vec::new(), selected: Selected::new(Vec::new(), request), count: Some(0), is_write: false }
    }

    /// The answer, with its type.
    pub fn written(&self, format: Format, time: Duration) -> (Written, &'static str) {
        const JSON: &str = "application/json; charset=utf-8";
        match format {
            Format::Json => (Written::Json(self.json(time)), JSON),
            Format::GeoJson => (Written::Json(self.geojson()), JSON),
            Format::Csv => (Written::Text(self.csv()), "text/csv; charset=utf-8; header=present"),
        }
    }

    fn json(&self, time: Duration) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.members(row).into()).collect();
        let time = (time.as_secs_f64() * 1000.0).round() / 1000.0;
        let count = self.count.unwrap_or(rows.len() as u64);
        json!({ "rows": rows, "time": time, "fields": self.selected.fields(), "total_rows": count })
    }

    fn members(&self, row: &Row) -> Map<String, Value> {
        let columns = self.selected.kept().enumerate();
        columns.map(|(index, column)| (column.name.clone(), value_of(column, text(row, index)))).collect()
    }

    fn geojson(&self) -> Value {
        let feature = |row: &Row| {
            let geometry = text(row, self.selected.kept.len()).and_then(|text| serde_json::from_str(text).ok());
            json!({ "type": "Feature", "geometry": geometry.unwrap_or(Value::Null), "properties": self.members(row) })
        };
        json!({ "type": "FeatureCollection", "features": self.rows.iter().map(feature).collect::<Vec<_>>() })
    }

    fn csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        // Writing to memory does not fail.
        let _ = writer.write_record(self.selected.kept().map(|column| column.name.as_str()));
        for row in &self.rows {
            let _ =
                writer.write_record((0..self.selected.kept.len()).map(|index| text(row, index).unwrap_or_default()));
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }
}

fn text(row: &Row, index: usize) -> Option<&str> {
    row.try_get(index).ok().flatten()
}

/// An answer.
pub enum Written {
    /// JSON, which a callback may wrap.
    Json(Value),
    /// Anything else.
    Text(String),
}
