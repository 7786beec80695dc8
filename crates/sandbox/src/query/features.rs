//! From rows to what can be drawn: the query of a tile, and the values of its features.

use crate::db::quote_identifier;
use crate::map::error::ApiError;
use crate::query::source::{self, Description, View};
use crate::sql_guard::{GuardError, RunnableSql};
use axum::http::StatusCode;
use cartocss::FieldValue;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

/// Pixels around a view that are looked at in any case: symbols reach over the edges of tiles.
const LEAST_BUFFER: u32 = 32;

/// The query of a layer's features around a view, `buffer` pixels larger on each side: geometry as WKB in Web
/// Mercator, made as simple as pixels allow, and the given columns.
///
/// # Errors
/// The SQL may not be run.
pub fn query(
    sql: &str,
    columns: &[String],
    description: &Description,
    view: &View,
    buffer: u32,
) -> Result<RunnableSql, GuardError> {
    let around = around(view, buffer);
    let user_sql = source::checked(sql, &around)?;
    let selected: String = columns.iter().map(|column| format!(", {}", selected(column, description))).collect();
    // Half a pixel is not seen. Points, which may be many, are as simple as can be.
    let tolerance = view.pixel / 2.0;
    let geometry = "\"the_geom_webmercator\"";
    // Areas that reach far out are cut where their new edges are out of sight. Lines are not: dashes would shift.
    let far = view.grown(2.0 * margin(view, buffer)).envelope();
    let cut = format!(
        "CASE WHEN ST_Dimension({geometry}) = 2 AND NOT {geometry} @ {far} THEN ST_ClipByBox2D({geometry},{far}) ELSE {geometry} END"
    );
    let shape = match are_points(description) {
        true => geometry.to_owned(),
        false => format!(
            "CASE WHEN ST_Dimension({geometry}) = 0 THEN {geometry} ELSE ST_Simplify(ST_RemoveRepeatedPoints({cut},{tolerance}),{tolerance},true) END"
        ),
    };
    Ok(RunnableSql::of_server(format!(
        "SELECT ST_AsBinary({shape}) AS geom{selected} FROM {} as cdbq WHERE {geometry} && {}",
        source::wrapped(&user_sql),
        around.envelope()
    )))
}

/// Whether the geometry is points by its type: then there is nothing to look at in each row.
fn are_points(description: &Description) -> bool {
    // The kind of a shape is in these bits of what PostGIS narrows the type to.
    const POINT: i32 = 1;
    description.column("the_geom_webmercator").is_some_and(|column| {
        column.kind.name() == "geometry" && column.modifier >= 0 && (column.modifier & 0xfc) >> 2 == POINT
    })
}

/// Metres around a view that are looked at.
fn margin(view: &View, buffer: u32) -> f64 {
    f64::from(buffer.max(LEAST_BUFFER)) * view.pixel
}

/// A view and what is looked at around it.
pub fn around(view: &View, buffer: u32) -> View {
    view.grown(margin(view, buffer))
}

/// A feature as the database gave it.
#[derive(Clone, Debug)]
pub struct FeatureRow {
    /// Geometry in Web Mercator metres.
    pub wkb: Vec<u8>,
    /// Values of the columns that were asked for.
    pub fields: Vec<FieldValue>,
    /// Metres that it is drawn further east: a whole number of worlds.
    pub east: f64,
}

impl FeatureRow {
    /// Its place, when it is one point.
    pub fn point(&self) -> Option<(f64, f64)> {
        // The byte order, the kind, two coordinates.
        let (coordinates, [x, y]) = match self.wkb.split_at_checked(5)? {
            ([1, 1, 0, 0, 0], rest) => (rest, [0, 8].map(|at| Some(f64::from_le_bytes(eight(rest, at)?)))),
            ([0, 0, 0, 0, 1], rest) => (rest, [0, 8].map(|at| Some(f64::from_be_bytes(eight(rest, at)?)))),
            _ => return None,
        };
        (coordinates.len() == 16).then_some((x?, y?))
    }

    /// Reads a row of [`query`]; `None` when it has no geometry.
    pub fn from_row(row: &Row) -> Option<FeatureRow> {
        let wkb = row.try_get::<_, Option<&[u8]>>(0).ok().flatten()?.to_vec();
        Some(FeatureRow { wkb, fields: (1..row.columns().len()).map(|index| field(row, index)).collect(), east: 0.0 })
    }
}

fn eight(bytes: &[u8], at: usize) -> Option<[u8; 8]> {
    bytes.get(at..at + 8)?.try_into().ok()
}

/// A column as one of the types that [`field`] reads.
fn selected(column: &str, description: &Description) -> String {
    let name = quote_identifier(column);
    match description.column(column).map(|column| column.kind.name()) {
        // An unknown column is asked for as it is, so that the database says what is wrong.
        None | Some("int2" | "int4" | "int8" | "float4" | "float8" | "bool" | "text") => name,
        Some("numeric") => format!("{name}::float8 AS {name}"),
        Some(_) => format!("{name}::text AS {name}"),
    }
}

/// The value of a column of a row.
fn field(row: &Row, index: usize) -> FieldValue {
    fn get<'a, T: FromSql<'a>>(row: &'a Row, index: usize, field: impl Fn(T) -> FieldValue) -> FieldValue {
        row.try_get::<_, Option<T>>(index).ok().flatten().map_or(FieldValue::Null, field)
    }
    match row.columns().get(index).map(|column| column.type_().name()) {
        Some("int2") => get(row, index, |value: i16| FieldValue::Integer(value.into())),
        Some("int4") => get(row, index, |value: i32| FieldValue::Integer(value.into())),
        Some("int8") => get(row, index, FieldValue::Integer),
        Some("float4") => get(row, index, |value: f32| FieldValue::Number(value.into())),
        Some("float8") => get(row, index, FieldValue::Number),
        Some("bool") => get(row, index, FieldValue::Bool),
        _ => get(row, index, |value: &str| FieldValue::from(value)),
    }
}

/// The answer to SQL that the guard refuses after a map was made.
pub fn refused(refusal: &GuardError) -> ApiError {
    match refusal {
        GuardError::Forbidden(message) => ApiError::new(StatusCode::FORBIDDEN, message.clone()),
        GuardError::NotAQuery | GuardError::TooLong => ApiError::bad_request("The SQL of the map is not one query"),
    }
}
