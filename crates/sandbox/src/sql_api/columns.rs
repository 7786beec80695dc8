//! How the columns of a result come out of the database: as text, whose form depends on the type and the format.

use super::error::SqlError;
use super::formats::{Field, geopackage, kml, svg};
use super::request::{Format, SqlRequest};
use crate::db::Column;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tokio_postgres::types::{Kind, Type};

/// Geometry columns that features do not repeat among their properties.
const GEOMETRIES: [&str; 2] = ["the_geom", "the_geom_webmercator"];

/// The columns of a result, and what is asked of them.
pub struct Selected {
    /// All columns of the query.
    columns: Vec<Column>,
    /// Those that the answer holds, by index.
    pub kept: Vec<usize>,
    /// Of those, by their place in a row, the ones that are members of an object.
    members: Vec<usize>,
    /// The one that features are made of, by index.
    pub geometry: Option<usize>,
    format: Format,
    decimals: u8,
}

impl Selected {
    /// Looks at the columns of a query.
    pub fn new(columns: Vec<Column>, request: &SqlRequest) -> Selected {
        let is_feature = request.format.has_features();
        let is_left_out = |column: &Column| {
            request.skipfields.contains(&column.name) || is_feature && GEOMETRIES.contains(&column.name.as_str())
        };
        let is_kept = |column: &Column| !is_left_out(column);
        let mut kept: Vec<usize> =
            (0..columns.len()).filter(|index| columns.get(*index).is_some_and(is_kept)).collect();
        if request.format == Format::Csv {
            // As the tool does that real servers write it with.
            kept.sort_by_key(|index| columns.get(*index).is_none_or(|column| column.name != GEOMETRIES[0]));
        }
        let mut members: Vec<usize> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (index, column) in kept.iter().filter_map(|index| columns.get(*index)).enumerate() {
            match places.get(column.name.as_str()).and_then(|place| members.get_mut(*place)) {
                Some(member) => *member = index,
                None => {
                    places.insert(&column.name, members.len());
                    members.push(index);
                }
            }
        }
        let geometry = columns.iter().position(|column| is_feature && column.name == "the_geom");
        Selected { columns, kept, members, geometry, format: request.format, decimals: request.decimals }
    }

    /// Name and type of the columns that the answer holds.
    pub fn kept(&self) -> impl Iterator<Item = &Column> {
        self.kept.iter().filter_map(|index| self.columns.get(*index))
    }

    /// The columns as members of an object, with their place in a row: of several of one name the last one counts, where
    /// the first one stands.
    pub fn members(&self) -> impl Iterator<Item = (&Column, usize)> {
        self.members.iter().filter_map(|index| {
            let column = self.columns.get(*self.kept.get(*index)?)?;
            Some((column, *index))
        })
    }

    /// The name of the query and names for all its columns by position: those of the query may be there twice.
    pub fn named(&self) -> String {
        let names: Vec<String> = (0..self.columns.len()).map(|index| format!("c{index}")).collect();
        if names.is_empty() { "cdbq".into() } else { format!("cdbq ({})", names.join(", ")) }
    }

    /// What is selected, all of it text: the columns that the answer holds, then the geometry.
    pub fn expressions(&self) -> String {
        let mut expressions: Vec<String> = self
            .kept
            .iter()
            .filter_map(|index| Some(expression(self.columns.get(*index)?, *index, self.format)))
            .collect();
        if let Some(index) = self.geometry {
            expressions.push(self.geometry_expression(index));
        }
        // A row without columns is a row.
        if expressions.is_empty() { "NULL".into() } else { expressions.join(", ") }
    }

    /// The geometry in the form that the format asks for.
    fn geometry_expression(&self, index: usize) -> String {
        let decimals = self.decimals;
        let geometry = format!("c{index}");
        // Files tell of one reference system.
        let in_degrees =
            format!("CASE WHEN ST_SRID({geometry}) = 0 THEN {geometry} ELSE ST_Transform({geometry}, 4326) END");
        match self.format {
            Format::Kml => kml::expression(&geometry, decimals),
            Format::Svg => svg::expression(&geometry, &format!("(ST_Extent({geometry}) OVER ())"), decimals),
            Format::Shapefile => format!("ST_AsGeoJSON(ST_Force2D({in_degrees}), 15)"),
            Format::GeoPackage => geopackage::expression(&format!("({in_degrees})")),
            Format::Json | Format::GeoJson | Format::Csv => format!("ST_AsGeoJSON({geometry}, {decimals})"),
        }
    }

    /// The columns of a feature beside its geometry, with their place in a row.
    pub fn fields(&self) -> Vec<(Field, usize)> {
        self.members().map(|(column, index)| (Field::of(column), index)).collect()
    }

    /// Order and page.
    ///
    /// # Errors
    /// There is no such column.
    pub fn paging(&self, request: &SqlRequest) -> Result<String, SqlError> {
        let mut paging = String::new();
        if let Some((name, is_descending)) = &request.order_by {
            let index = self
                .columns
                .iter()
                .position(|column| column.name == *name)
                .ok_or_else(|| SqlError::bad_request(format!("column \"{name}\" does not exist")))?;
            // Without the table's name it would be the selected text that is sorted.
            paging.push_str(&format!(" ORDER BY cdbq.c{index} {}", if *is_descending { "DESC" } else { "ASC" }));
        }
        if let Some(rows) = request.rows_per_page {
            // The database counts in 64 bits with a sign.
            let most = i64::MAX as u64;
            let offset = rows.saturating_mul(request.page).min(most);
            paging.push_str(&format!(" LIMIT {} OFFSET {offset}", rows.min(most)));
        }
        Ok(paging)
    }

    /// The member `fields` of an answer.
    pub fn told(&self) -> Value {
        Value::Object(self.kept().map(|column| (column.name.clone(), field(column))).collect::<Map<_, _>>())
    }
}

/// A column as text.
fn expression(column: &Column, index: usize, format: Format) -> String {
    let kind = &column.kind;
    if matches!(format, Format::Csv | Format::Kml) {
        return format!("c{index}::text");
    }
    let moment = |value: &str| {
        format!(r#"CASE WHEN isfinite(c{index}) THEN to_char({value}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END"#)
    };
    match *kind {
        Type::TIMESTAMPTZ => moment(&format!("c{index} AT TIME ZONE 'UTC'")),
        Type::TIMESTAMP => moment(&format!("c{index}")),
        Type::DATE => moment(&format!("c{index}::timestamp")),
        Type::BYTEA => format!("encode(c{index}, 'hex')"),
        // As the driver of real servers takes them apart.
        Type::INTERVAL => format!(
            "CASE WHEN c{index} IS NOT NULL THEN json_strip_nulls(json_build_object('years', nullif(extract(year from c{index}), 0), \
             'months', nullif(extract(month from c{index}), 0), 'days', nullif(extract(day from c{index}), 0), \
             'hours', nullif(extract(hour from c{index}), 0), 'minutes', nullif(extract(minute from c{index}), 0), \
             'seconds', nullif(floor(extract(second from c{index})), 0), \
             'milliseconds', nullif(extract(milliseconds from c{index})::numeric % 1000, 0)))::text END"
        ),
        _ if matches!(kind.kind(), Kind::Array(_)) => format!("array_to_json(c{index})::text"),
        _ => format!("c{index}::text"),
    }
}

/// What an answer says of a column's type.
fn field(column: &Column) -> Value {
    let name = column.kind.name();
    if ["geometry", "geography"].contains(&name) {
        return geometry_field(name, column.modifier);
    }
    let (kind, pgtype) = match column.kind.kind() {
        Kind::Array(of) => (format!("{}[]", kind_of(of)), name),
        _ if column.kind == Type::JSON => ("JSON".to_owned(), "JSON"),
        _ => (kind_of(&column.kind).to_owned(), name),
    };
    json!({ "type": kind, "pgtype": pgtype })
}

fn kind_of(kind: &Type) -> &str {
    match *kind {
        Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC | Type::OID => "number",
        // Real servers call it that.
        Type::INTERVAL => "number",
        Type::BOOL => "boolean",
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::CHAR | Type::NAME | Type::UNKNOWN => "string",
        Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ => "date",
        _ => kind.name(),
    }
}

/// PostGIS packs system, shape and dimensions into the modifier.
fn geometry_field(name: &str, modifier: i32) -> Value {
    const SHAPES: &[&str] = &[
        "Unknown",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ];
    if modifier < 0 {
        return json!({ "type": name, "dims": 4, "srid": -1 });
    }
    let shape = SHAPES.get(((modifier >> 2) & 0x3f) as usize).unwrap_or(&"Unknown");
    let dimensions = 2 + ((modifier >> 1) & 1) + (modifier & 1);
    json!({ "type": name, "wkbtype": shape, "dims": dimensions, "srid": (modifier >> 8) & 0x1f_ffff })
}

/// Writes a value that the database gave as text, as JSON. What may be large is not taken apart in memory.
pub fn write_value(written: &mut Vec<u8>, column: &Column, text: Option<&str>) {
    let Some(text) = text else { return written.extend_from_slice(b"null") };
    let kind = &column.kind;
    match *kind {
        Type::BYTEA => {
            written.extend_from_slice(b"{\"type\":\"Buffer\",\"data\":[");
            for (index, byte) in hexadecimal(text).enumerate() {
                if index > 0 {
                    written.push(b',');
                }
                written.extend_from_slice(byte.to_string().as_bytes());
            }
            written.extend_from_slice(b"]}");
        }
        Type::JSON | Type::JSONB | Type::INTERVAL => write_json(written, text),
        _ if matches!(kind.kind(), Kind::Array(_)) => write_json(written, text),
        // Writing to memory does not fail.
        _ => drop(serde_json::to_writer(written, &value_of(column, Some(text)))),
    }
}

/// Copies JSON without its blanks; what is none, or is nested too deeply, stays text.
fn write_json(written: &mut Vec<u8>, text: &str) {
    let begin = written.len();
    let mut reader = serde_json::Deserializer::from_str(text);
    let copied = serde_transcode::transcode(&mut reader, &mut serde_json::Serializer::new(&mut *written));
    if copied.and_then(|()| reader.end()).is_err() {
        written.truncate(begin);
        let _ = serde_json::to_writer(written, text);
    }
}

/// A value that the database gave as text, as JSON.
pub fn value_of(column: &Column, text: Option<&str>) -> Value {
    let Some(text) = text else { return Value::Null };
    let kind = &column.kind;
    match *kind {
        Type::BOOL => (text == "true").into(),
        // Large numbers lose their last digits, as they do in every page.
        Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC | Type::OID => number(text),
        Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ => text.replace(".000Z", "Z").into(),
        Type::BYTEA => json!({ "type": "Buffer", "data": hexadecimal(text).collect::<Vec<_>>() }),
        Type::JSON | Type::JSONB | Type::INTERVAL => json(text),
        _ if matches!(kind.kind(), Kind::Array(_)) => json(text),
        _ => text.into(),
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// What is no number in JSON stays text: `NaN`, `Infinity`.
fn number(text: &str) -> Value {
    match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number.abs() < 1e21 => (number as i128)
            .to_string()
            .parse()
            .map_or_else(|_| text.into(), |number: serde_json::Number| number.into()),
        Ok(number) if number.is_finite() => number.into(),
        _ => text.into(),
    }
}

fn hexadecimal(digits: &str) -> impl Iterator<Item = u8> {
    digits.as_bytes().chunks(2).map(|pair| {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or(0) as u8;
        pair.iter().fold(0, |byte, next| byte << 4 | digit(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Type) -> Column {
        Column { name: "a".into(), kind, modifier: -1 }
    }

    #[test]
    fn values_have_the_types_of_json() {
        let of = |kind, text| value_of(&column(kind), Some(text)).to_string();
        assert_eq!(of(Type::INT8, "9007199254740993"), "9007199254740992");
        assert_eq!(of(Type::NUMERIC, "1.250"), "1.25");
        assert_eq!(of(Type::FLOAT8, "NaN"), "\"NaN\"");
        assert_eq!(of(Type::FLOAT8, "-Infinity"), "\"-Infinity\"");
        assert_eq!(of(Type::FLOAT8, "1e+300"), "1e+300");
        assert_eq!(of(Type::BOOL, "true"), "true");
        assert_eq!(of(Type::TIMESTAMPTZ, "2020-01-02T03:04:05.000Z"), "\"2020-01-02T03:04:05Z\"");
        assert_eq!(of(Type::BYTEA, "00ff"), r#"{"type":"Buffer","data":[0,255]}"#);
        assert_eq!(of(Type::JSONB, r#"{"a": [1]}"#), r#"{"a":[1]}"#);
        assert_eq!(of(Type::TEXT, "1"), "\"1\"");
        assert_eq!(value_of(&column(Type::TEXT), None), Value::Null);
    }

    #[test]
    fn values_are_written_as_they_are() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for (kind, text) in [
            (Type::INT8, "7"),
            (Type::BYTEA, "00ff"),
            (Type::BYTEA, ""),
            (Type::JSONB, r#"{"a": [1, 2.5, null, "x"]}"#),
            (Type::JSON, deep.as_str()),
            (Type::TEXT_ARRAY, r#"["a", "b"]"#),
            (Type::TEXT, "a\"b"),
        ] {
            let mut written = Vec::new();
            write_value(&mut written, &column(kind.clone()), Some(text));
            let expected = value_of(&column(kind), Some(text)).to_string();
            assert_eq!(String::from_utf8_lossy(&written), expected);
        }
    }

    #[test]
    fn of_columns_of_one_name_the_last_one_counts() {
        let columns = ["a", "b", "a"].map(|name| Column { name: name.into(), kind: Type::INT4, modifier: -1 });
        let selected = Selected::new(columns.to_vec(), &SqlRequest::for_rows(std::iter::empty()));
        let members: Vec<_> = selected.members().map(|(column, index)| (column.name.as_str(), index)).collect();
        assert_eq!(members, [("a", 2), ("b", 1)]);
    }

    #[test]
    fn modifiers_of_geometry_are_taken_apart() {
        // geometry(MultiPolygon, 4326)
        let modifier = 4326 << 8 | 6 << 2;
        let expected = json!({"type": "geometry", "wkbtype": "MultiPolygon", "dims": 2, "srid": 4326});
        assert_eq!(geometry_field("geometry", modifier), expected);
        assert_eq!(geometry_field("geometry", -1), json!({"type": "geometry", "dims": 4, "srid": -1}));
    }
}
