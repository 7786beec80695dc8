//! Features of a layer: the attributes of one, and those that an aggregated point stands for.

use crate::db::{Limits, quote_identifier};
use crate::map::error::ApiError;
use crate::map::open_map::OpenMap;
use crate::query::parameters::Parameters;
use crate::query::source::{self, View};
use crate::query::{aggregation, features, filters};
use crate::sql_api::columns::{Selected, value_of};
use crate::sql_api::request::SqlRequest;
use crate::sql_guard::RunnableSql;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// Bytes of rows: values that are JSON are taken apart in memory, and may be many times larger there.
const MOST_BYTES: usize = 8 << 20;

/// The attributes of one feature.
///
/// # Errors
/// There is no such layer or feature, the layer exposes none, or the database refuses.
pub async fn attributes(open: &OpenMap<'_>, layer: &str, feature: &str) -> Result<Value, ApiError> {
    let map = &open.map;
    let index = layer_index(open, layer)?;
    let Some(attributes) = map.config.layers.get(index).and_then(|layer| layer.attributes.as_ref()) else {
        return Err(ApiError::bad_request(format!("Layer {index} has no exposed attributes")));
    };
    // Real servers take the text for a name.
    let number: i64 = feature.parse().map_err(|_| not_found(format!("column \"{feature}\" does not exist")))?;
    let sql = filters::layer_sql(map, index).ok_or_else(|| ApiError::bad_request("Missing sql for layer"))?;
    let columns: Vec<String> = attributes.columns.iter().map(|column| quote_identifier(column)).collect();
    let sql = format!(
        "SELECT {} FROM ({sql}\n) AS q WHERE {} = {number} LIMIT 2",
        columns.join(", "),
        quote_identifier(&attributes.id)
    );
    let found = rows(open, &sql).await?;
    match found.rows.as_slice() {
        [row] => Ok(row.clone()),
        rows => {
            let message = format!(
                "Multiple features ({}) identified by '{}' = {number} in layer {index}",
                rows.len(),
                attributes.id
            );
            Err(not_found(message))
        }
    }
}

/// The features that an aggregated point stands for, or what they add up to.
///
/// # Errors
/// There is no such layer, it is not aggregated, a number is none, or the database refuses.
pub async fn cluster(
    open: &OpenMap<'_>,
    parameters: Parameters<'_>,
    layer: &str,
    zoom: &str,
    feature: &str,
) -> Result<Value, ApiError> {
    let index = layer_index(open, layer)?;
    let source = open.layer_source(index).await?;
    let Some(aggregation) = &source.aggregation else {
        return Err(ApiError::bad_request(format!("Map {} has no aggregation defined for layer {index}", open.id)));
    };
    let zoom: u32 = zoom.parse().map_err(|_| ApiError::bad_request(format!("Invalid zoom value ({zoom})")))?;
    let number: i64 = feature.parse().map_err(|_| ApiError::bad_request(format!("Invalid cluster id ({feature})")))?;
    let pixel = View::pixel_at(zoom.min(30));
    let sql = aggregation.cluster_sql(&source.plain, number, pixel);
    let sql = match parameters.get("aggregation") {
        Some(text) => summary(&sql, text)?,
        None => sql,
    };
    let found = rows(open, &sql).await?;
    Ok(json!({ "rows": found.rows, "fields": found.fields }))
}

/// The query that adds features up, as the parameter `aggregation` says: `{columns, expressions}`.
fn summary(sql: &str, text: &str) -> Result<String, ApiError> {
    let requested: Value = serde_json::from_str(text)
        .map_err(|_| ApiError::bad_request("Invalid aggregation input, should be a a valid JSON"))?;
    let columns: Vec<String> =
        requested["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).map(quote_identifier).collect();
    if columns.is_empty() {
        return Err(ApiError::bad_request("Invalid aggregation input, columns should be a non empty array"));
    }
    let mut selected = vec![format!("count(*) AS \"{}\"", aggregation::COUNT)];
    selected.extend(columns.iter().cloned());
    for (name, expression) in requested["expressions"].as_object().into_iter().flatten() {
        let function = aggregation::function(expression)?;
        let column = expression["aggregated_column"].as_str().unwrap_or_default();
        selected.push(format!("{} AS {}", aggregation::aggregated(&function, column), quote_identifier(name)));
    }
    let (selected, columns) = (selected.join(", "), columns.join(", "));
    Ok(format!("SELECT {selected} FROM ({sql}\n) AS cluster GROUP BY {columns} ORDER BY {columns}"))
}

/// The layer that an address names; only its index does.
fn layer_index(open: &OpenMap<'_>, layer: &str) -> Result<usize, ApiError> {
    let layers = open.map.config.layers.len();
    let index = layer.parse().ok().filter(|index| *index < layers);
    index.ok_or_else(|| ApiError::bad_request(format!("Map {} has no layer number {layer}", open.id)))
}

fn not_found(message: String) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, message)
}

struct Rows {
    rows: Vec<Value>,
    fields: Vec<Value>,
}

/// Runs a query and gives its rows with the values that the SQL API gives, without geometry.
async fn rows(open: &OpenMap<'_>, sql: &str) -> Result<Rows, ApiError> {
    let (sandbox, role) = (open.sandbox, &open.access.role);
    let sql = source::checked(sql, &View::WORLD).map_err(|refusal| features::refused(&refusal))?;
    let columns = sandbox.database.columns(role, (&sql).into(), sandbox.limits).await;
    let columns = columns.map_err(ApiError::from_query)?;
    let asked = SqlRequest::for_rows(columns.iter().filter(|column| column.kind.name() == "geometry"));
    let selected = Selected::new(columns, &asked);
    let from = format!("{} AS {}", source::wrapped(&sql), selected.named());
    let query = format!("SELECT {} FROM {from}", selected.expressions());
    let limits = Limits { bytes: MOST_BYTES, ..sandbox.limits };
    let found = sandbox.database.read(role, RunnableSql::of_server(query), Vec::new(), limits).await;
    let found = found.map_err(ApiError::from_query)?;
    let members = |row: &tokio_postgres::Row| {
        let values = selected.kept().enumerate().map(|(index, column)| {
            let value = value_of(column, row.try_get(index).ok().flatten());
            (column.name.clone(), with_milliseconds(value, &column.kind))
        });
        Value::Object(values.collect::<Map<_, _>>())
    };
    let fields = selected.kept().map(|column| {
        let (modifier, oid) = (column.modifier, column.kind.oid());
        json!({ "name": column.name, "dataTypeID": oid, "dataTypeModifier": modifier, "format": "text" })
    });
    Ok(Rows { rows: found.iter().map(members).collect(), fields: fields.collect() })
}

/// Times as JavaScript writes them, with milliseconds also where they are none.
fn with_milliseconds(value: Value, kind: &tokio_postgres::types::Type) -> Value {
    let is_time = ["date", "timestamp", "timestamptz"].contains(&kind.name());
    match value {
        Value::String(text) if is_time && !text.contains('.') => text.replace('Z', ".000Z").into(),
        other => other,
    }
}
