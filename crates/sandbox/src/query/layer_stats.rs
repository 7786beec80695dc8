//! What a map says of a layer's data when it is asked: the layer option `metadata`.

use crate::Sandbox;
use crate::db::{Column, Role, quote_identifier};
use crate::map::error::ApiError;
use crate::map::layer_source::{LayerSource, geometry_type};
use crate::map::layergroup::Layergroup;
use crate::query::aggregation::{Aggregation, Dimension};
use crate::query::source::{self, View};
use serde_json::{Map, Value, json};
use tokio_postgres::types::Type;

/// Rows that a sample has when nobody says how many, and at most.
const SAMPLE: (u64, u64) = (1_000, 10_000);
/// The most frequent values of a column, when nobody says how many, and at most.
const CATEGORIES: (u64, u64) = (1_024, 10_000);

/// The member `stats` of a layer.
///
/// # Errors
/// The database refuses a query.
pub async fn of_layer(
    sandbox: &Sandbox,
    role: &Role,
    map: &Layergroup,
    index: usize,
    source: &LayerSource,
) -> Result<Value, ApiError> {
    let requested = &map.raw["layers"][index]["options"]["metadata"];
    // A whole number, as the planner gives it.
    let estimate = json!(source.description.rows as i64);
    let mut stats = Map::new();
    if !requested.is_object() {
        stats.insert("estimatedFeatureCount".into(), estimate);
        return Ok(stats.into());
    }
    let sql = &source.plain;
    let asked = Asked { sandbox, role, sql };
    let is_wanted = |name: &str| requested[name].as_bool() == Some(true);
    if requested["sample"].is_object() || is_wanted("sample") {
        let sample = asked.sample(&requested["sample"], source.description.rows).await?;
        // Real servers have an object for no rows.
        let is_empty = sample.as_array().is_some_and(Vec::is_empty);
        stats.insert("sample".into(), if is_empty { json!({}) } else { sample });
    }
    stats.insert("estimatedFeatureCount".into(), estimate);
    if is_wanted("featureCount") {
        stats.insert("featureCount".into(), asked.json("SELECT to_json(count(*))::text FROM points").await?);
    }
    if let Some(zoom) = requested["aggrFeatureCount"].as_f64() {
        let view = View { pixel: View::pixel_at(zoom.clamp(0.0, 30.0) as u32), ..View::WORLD };
        stats.insert("aggrFeatureCount".into(), asked.count(&source.sql, &view).await?);
    }
    if is_wanted("geometryType")
        && let Some(shape) = geometry_type(sandbox, role, sql).await?
    {
        stats.insert("geometryType".into(), shape.into());
    }
    let details = &requested["columnStats"];
    let has_details = details.is_object() || details.as_bool() == Some(true);
    let has_dates = map.raw["layers"][index]["options"]["dates_as_numbers"].as_bool() == Some(true);
    let dimensions = is_wanted("dimensions");
    let mut columns = Vec::new();
    if is_wanted("columns") || has_details || has_dates || dimensions {
        // Those of the source, also where the layer is aggregated.
        let described = source::describe(&sandbox.database, role, sql, sandbox.limits).await;
        columns = described.map_err(source::Unusable::plain)?.columns;
    }
    if is_wanted("columns") || has_details {
        let mut members = Map::new();
        for column in &columns {
            let mut member = json!({ "type": kind_of(column) });
            if has_details {
                asked.details(column, details, &mut member).await?;
            }
            members.insert(column.name.clone(), member);
        }
        stats.insert("columns".into(), members.into());
    }
    if has_details || dimensions {
        let mut members = Map::new();
        let all = source.aggregation.iter().filter(|_| dimensions).flat_map(Aggregation::dimensions);
        for dimension in all {
            members.insert(dimension.name.clone(), asked.dimension(dimension, &columns).await?);
        }
        stats.insert("dimensions".into(), members.into());
    }
    if has_dates {
        let dates = columns.iter().filter(|column| kind_of(column) == "date").map(|column| column.name.as_str());
        stats.insert("dates_as_numbers".into(), dates.collect::<Vec<_>>().into());
    }
    Ok(stats.into())
}

/// The words that real servers have for types.
fn kind_of(column: &Column) -> &str {
    match column.kind {
        Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC | Type::OID => "number",
        Type::BOOL => "boolean",
        Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ => "date",
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => "string",
        _ => column.kind.name(),
    }
}

/// A source that questions are asked about.
struct Asked<'a> {
    sandbox: &'a Sandbox,
    role: &'a Role,
    sql: &'a str,
}

impl Asked<'_> {
    /// Runs a query over `points`, the source, and reads the JSON text of its rows.
    async fn rows(&self, query: &str) -> Result<Vec<Value>, ApiError> {
        let sql = format!("WITH points AS (SELECT * FROM ({}\n) AS q) {query}", self.sql);
        let sql = source::checked(&sql, &View::WORLD).map_err(|refusal| crate::query::features::refused(&refusal))?;
        let rows = self.sandbox.database.read(self.role, (&sql).into(), Vec::new(), self.sandbox.limits).await;
        let parse = |row: &tokio_postgres::Row| {
            row.try_get::<_, Option<&str>>(0).ok().flatten().and_then(|text| serde_json::from_str(text).ok())
        };
        Ok(rows.map_err(ApiError::from_query)?.iter().filter_map(parse).collect())
    }

    /// How many features a query of the layer has where it sees the world with pixels of a size.
    async fn count(&self, sql: &str, view: &View) -> Result<Value, ApiError> {
        let sql = format!("SELECT to_json(count(*))::text FROM ({sql}\n) AS counted");
        let sql = source::checked(&sql, view).map_err(|refusal| crate::query::features::refused(&refusal))?;
        let rows = self.sandbox.database.read(self.role, (&sql).into(), Vec::new(), self.sandbox.limits).await;
        let rows = rows.map_err(ApiError::from_query)?;
        let text = rows.first().and_then(|row| row.try_get::<_, Option<&str>>(0).ok().flatten());
        Ok(text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
    }

    /// What is told of a dimension of an aggregation.
    async fn dimension(&self, dimension: &Dimension, columns: &[Column]) -> Result<Value, ApiError> {
        let Some(group) = &dimension.group else {
            let column = columns.iter().find(|column| column.name == dimension.column());
            return Ok(json!({ "type": column.map(kind_of) }));
        };
        let value = dimension.sql(columns);
        let query = format!("SELECT json_build_object('min', min({value}), 'max', max({value}))::text FROM points");
        let mut told = json!({ "params": group.params() });
        for (name, value) in self.json(&query).await?.as_object().into_iter().flatten() {
            told[name] = value.clone();
        }
        told["type"] = if group.is_text() { "string" } else { "number" }.into();
        Ok(told)
    }

    async fn json(&self, query: &str) -> Result<Value, ApiError> {
        Ok(self.rows(query).await?.into_iter().next().unwrap_or_default())
    }

    /// Some rows, picked at random.
    async fn sample(&self, requested: &Value, rows: f64) -> Result<Value, ApiError> {
        let wanted = requested["num_rows"].as_u64().unwrap_or(SAMPLE.0).clamp(1, SAMPLE.1);
        let columns = match requested["include_columns"].as_array() {
            Some(names) => {
                let names: Vec<String> = names.iter().filter_map(Value::as_str).map(quote_identifier).collect();
                names.join(", ")
            }
            None => "*".to_owned(),
        };
        if columns.is_empty() {
            return Ok(json!([]));
        }
        // Six standard deviations and some more than are wanted, so that there are always enough of them.
        let rows_wanted = wanted as f64;
        let share = ((rows_wanted + 6.0 * rows_wanted.sqrt() + 30.0) / rows.max(1.0)).min(1.0);
        let query = format!(
            "SELECT row_to_json(sample.*)::text FROM (SELECT {columns} FROM points WHERE random() < {share} LIMIT {wanted}) AS sample"
        );
        Ok(self.rows(&query).await?.into())
    }

    /// Bounds of numbers and dates, and the most frequent texts.
    async fn details(&self, column: &Column, requested: &Value, member: &mut Value) -> Result<(), ApiError> {
        let name = quote_identifier(&column.name);
        let found = match kind_of(column) {
            "number" => {
                // What is no number has no place in JSON, nor in an average.
                let number = match column.kind {
                    Type::FLOAT4 | Type::FLOAT8 => {
                        format!("nullif(nullif(nullif({name}::float8, 'NaN'), 'Infinity'), '-Infinity')")
                    }
                    _ => format!("{name}::float8"),
                };
                let query = format!(
                    "SELECT json_build_object('min', min(v), 'max', max(v), 'avg', avg(v), 'sum', sum(v))::text
                       FROM (SELECT {number} AS v FROM points) AS numbers"
                );
                self.json(&query).await?
            }
            "date" => {
                let moment =
                    |of: &str| format!(r#"to_char({of}(v) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#);
                let query = format!(
                    "SELECT json_build_object('min', {}, 'max', {})::text
                       FROM (SELECT {name}::timestamptz AS v FROM points WHERE isfinite({name})) AS dates",
                    moment("min"),
                    moment("max")
                );
                self.json(&query).await?
            }
            "string" => {
                let most = requested["topCategories"].as_u64().unwrap_or(CATEGORIES.0).min(CATEGORIES.1);
                let is_present = match requested["includeNulls"].as_bool() == Some(false) {
                    true => format!(" WHERE {name} IS NOT NULL"),
                    false => String::new(),
                };
                let query = format!(
                    "SELECT json_build_object('category', {name}, 'frequency', count(*))::text
                       FROM points{is_present} GROUP BY {name} ORDER BY count(*) DESC, {name} LIMIT {most}"
                );
                json!({ "categories": self.rows(&query).await? })
            }
            _ => return Ok(()),
        };
        for (key, value) in found.as_object().into_iter().flatten() {
            member[key] = value.clone();
        }
        Ok(())
    }
}
