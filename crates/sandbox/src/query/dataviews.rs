//! Dataviews of maps, and searches for categories of them.

use crate::db::{QueryError, quote_identifier, quote_literal};
use crate::map::error::ApiError;
use crate::map::open_map::OpenMap;
use crate::query::features;
use crate::query::filters::{self, Which};
use crate::query::parameters::Parameters;
use crate::query::source::{self, View};
use crate::sql_guard::{CheckedSql, RunnableSql};
use maps_api::config::DataviewConfig;
use maps_api::json::Value as Json;
use serde_json::{Value, json};

/// Categories of an aggregation when the request does not say how many, the one of all others included.
const CATEGORIES: u64 = 6;
/// Matches that a search gives.
const MATCHES: usize = 500;

/// The result of a dataview.
///
/// # Errors
/// There is no such dataview, a parameter makes no sense, or the database refuses.
pub async fn dataview(open: &OpenMap<'_>, parameters: Parameters<'_>, id: &str) -> Result<Value, ApiError> {
    let dataview = Dataview::new(open, parameters, id)?;
    match dataview.config.kind.as_str() {
        "formula" => dataview.formula().await,
        "aggregation" => dataview.aggregation().await,
        "histogram" => dataview.histogram().await,
        other => Err(ApiError::bad_request(format!("Invalid dataview type: \"{other}\""))),
    }
}

/// The result of a search for categories.
///
/// # Errors
/// As [`dataview`].
pub async fn search(open: &OpenMap<'_>, parameters: Parameters<'_>, id: &str) -> Result<Value, ApiError> {
    let dataview = Dataview::new(open, parameters, id)?;
    match dataview.config.kind.as_str() {
        "aggregation" => dataview.search().await,
        // Real servers answer so, too: there is nothing to search.
        "formula" => Ok(json!({ "operation": dataview.option("operation"), "result": 0, "nulls": 0 })),
        kind => Ok(json!({ "type": kind, "categories": [] })),
    }
}

/// A dataview that may be computed.
pub(super) struct Dataview<'a> {
    open: &'a OpenMap<'a>,
    pub(super) parameters: Parameters<'a>,
    pub(super) config: DataviewConfig,
    /// The query to compute over, filters included.
    pub(super) sql: CheckedSql,
    /// Which filters those are.
    which: Which,
}

impl<'a> Dataview<'a> {
    fn new(open: &'a OpenMap<'a>, parameters: Parameters<'a>, id: &str) -> Result<Dataview<'a>, ApiError> {
        let map = &open.map;
        let no_such = || ApiError::bad_request(format!("Dataview '{id}' does not exist")).of_kind("dataview");
        let config = map.dataview(id).ok_or_else(no_such)?.clone();
        let is_set = |name: &str| parameters.get(name).is_some_and(|value| value == "1");
        let has = |name: &str| parameters.get(name).is_some();
        if has("own_filter") && has("no_filters") {
            let message = "Both own_filter and no_filters cannot be sent in the same request";
            return Err(ApiError::bad_request(message).of_kind("dataview"));
        }
        let which = match (is_set("own_filter"), is_set("no_filters")) {
            (_, true) => Which::None,
            (true, _) => Which::WithOwn,
            _ => Which::Others,
        };
        let mut sql = filters::dataview_sql(map, id, &config, which).ok_or_else(no_such)?;
        let spatial = filters::spatial(|name| parameters.get(name).map(str::to_owned))?;
        if let Some(condition) = spatial.filter(|_| which != Which::None) {
            sql = format!("SELECT * FROM ({sql}\n) AS placed WHERE {condition}");
        }
        // It was checked when the map was instantiated; maps can come from the database, so it is checked again.
        let sql = source::checked(&sql, &View::WORLD).map_err(|refusal| features::refused(&refusal))?;
        Ok(Dataview { open, parameters, config, sql, which })
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.config.options.get(name).and_then(Json::as_str)
    }

    /// A whole number among the parameters.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let refuse = |_| ApiError::bad_request(format!("Invalid number format for parameter '{name}'"));
        self.parameters.get(name).map(|value| value.parse().map_err(refuse)).transpose()
    }

    /// Runs a query of one column of JSON text, written here around the checked one.
    pub(super) async fn ask(&self, sql: String) -> Result<Vec<Value>, ApiError> {
        let sandbox = self.open.sandbox;
        let rows = sandbox
            .database
            .read(&self.open.access.role, RunnableSql::of_server(sql), Vec::new(), sandbox.limits)
            .await;
        let parse = |row: &tokio_postgres::Row| {
            row.try_get::<_, Option<&str>>(0).ok().flatten().and_then(|text| serde_json::from_str(text).ok())
        };
        Ok(rows.map_err(ApiError::from_query)?.iter().filter_map(parse).collect())
    }

    /// What a column has beside numbers: conditions for NaN and for infinity; none where its type has neither.
    async fn odd_values(&self, column: &str) -> Result<Option<(String, String)>, QueryError> {
        let kind = self.type_of(column).await?;
        let may_be_odd = matches!(kind.as_str(), "float4" | "float8" | "numeric");
        Ok(may_be_odd.then(|| (format!("{column} = 'NaN'"), format!("{column} IN ('Infinity', '-Infinity')"))))
    }

    /// Name of the type of a column.
    pub(super) async fn type_of(&self, column: &str) -> Result<String, QueryError> {
        let sandbox = self.open.sandbox;
        let probe = format!("SELECT {column} FROM {} AS q LIMIT 0", source::wrapped(&self.sql));
        let columns =
            sandbox.database.columns(&self.open.access.role, RunnableSql::of_server(probe), sandbox.limits).await?;
        Ok(columns.first().map(|column| column.kind.name().to_owned()).unwrap_or_default())
    }

    async fn formula(&self) -> Result<Value, ApiError> {
        let operation = self.option("operation").unwrap_or_default();
        if !["count", "sum", "avg", "min", "max"].contains(&operation) {
            return Err(ApiError::bad_request(format!("Formula does not support '{operation}' operation")));
        }
        let is_count = operation == "count";
        let named = self.option("column").filter(|column| !(column.is_empty() || is_count && *column == "*"));
        let (column, odd) = match named {
            Some(column) => {
                let column = quote_identifier(column);
                let odd = self.odd_values(&column).await.map_err(ApiError::from_query)?;
                (column, odd)
            }
            // Rows are counted.
            None if is_count => ("1".to_owned(), None),
            None => return Err(ApiError::bad_request("Formula expects 'column' in dataview options")),
        };
        let has_odd = odd.is_some();
        let (nan, infinite) = odd.unwrap_or_else(|| ("false".into(), "false".into()));
        let mut selected = format!(
            "{operation}(CASE WHEN {nan} OR {infinite} THEN NULL ELSE {column} END) AS result,
             sum(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END) AS nulls"
        );
        if has_odd || !is_count {
            selected += &format!(
                ", sum(CASE WHEN {nan} THEN 1 ELSE 0 END) AS nans, sum(CASE WHEN {infinite} THEN 1 ELSE 0 END) AS infinities"
            );
        }
        let source = source::wrapped(&self.sql);
        let sql = format!("SELECT row_to_json(r)::text FROM (SELECT {selected} FROM {source} AS q) AS r");
        let found = self.ask(sql).await?;
        let mut result = json!({ "operation": operation });
        for (key, value) in found.into_iter().next().unwrap_or_default().as_object().into_iter().flatten() {
            result[key] = value.clone();
        }
        result["type"] = "formula".into();
        Ok(result)
    }

    /// `WITH` clause of a category query: `source`, its summary, and the ranked `categories`.
    async fn categories(&self) -> Result<(String, &str), ApiError> {
        let aggregation = self.option("aggregation").unwrap_or("count");
        let column = quote_identifier(self.option("column").unwrap_or_default());
        let value_column = self.option("aggregationColumn").filter(|name| !name.is_empty()).map(quote_identifier);
        let (odd, value, is_present) = match (aggregation, &value_column) {
            ("count", counted) => {
                let counted = counted.as_deref().unwrap_or("1");
                (None, format!("count({counted})"), format!("{column} IS NOT NULL"))
            }
            ("sum" | "avg" | "min" | "max", Some(value_column)) => {
                let odd = self.odd_values(value_column).await.map_err(ApiError::from_query)?;
                (odd, format!("{aggregation}({value_column})"), format!("{value_column} IS NOT NULL"))
            }
            ("sum" | "avg" | "min" | "max", None) => {
                return Err(ApiError::bad_request("Aggregation needs an 'aggregationColumn'"));
            }
            (other, _) => {
                return Err(ApiError::bad_request(format!("Aggregation does not support '{other}' operation")));
            }
        };
        let (nan, infinite) = odd.unwrap_or_else(|| ("false".into(), "false".into()));
        let source = source::wrapped(&self.sql);
        let with = format!(
            "WITH source AS (SELECT * FROM {source} AS q),
             summary AS (
               SELECT count(1) AS count,
                      coalesce(sum(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END), 0) AS nulls,
                      coalesce(sum(CASE WHEN {nan} THEN 1 ELSE 0 END), 0) AS nans,
                      coalesce(sum(CASE WHEN {infinite} THEN 1 ELSE 0 END), 0) AS infinities
                 FROM source),
             categories AS (
               SELECT {column} AS category, {value} AS value,
                      row_number() OVER (ORDER BY {value} DESC, {column}) AS rank
                 FROM source WHERE {is_present} AND NOT ({nan} OR {infinite}) GROUP BY {column})"
        );
        Ok((with, aggregation))
    }

    async fn aggregation(&self) -> Result<Value, ApiError> {
        let limit = self.number("categories")?.unwrap_or(CATEGORIES).clamp(1, 10_000);
        let (with, aggregation) = self.categories().await?;
        // What several categories add up to.
        let together = if aggregation == "count" { "sum" } else { aggregation };
        let column = quote_identifier(self.option("column").unwrap_or_default());
        // With its own filter all that it accepts are told, however many.
        let shown = match self.which {
            Which::WithOwn => "true".to_owned(),
            _ => format!("rank < {limit} OR (SELECT count(1) FROM categories) < {limit}"),
        };
        let list = |what: &str| {
            format!("coalesce((SELECT json_agg({what} ORDER BY rank) FROM categories WHERE {shown}), '[]')")
        };
        let entry = "json_build_object('category', category, 'value', value, 'agg', false)";
        let sql = format!(
            "{with}
             SELECT row_to_json(r)::text FROM (
               SELECT summary.*,
                      coalesce((SELECT min(value) FROM categories), 0) AS min,
                      coalesce((SELECT max(value) FROM categories), 0) AS max,
                      (SELECT count(1) FROM (SELECT 1 FROM source GROUP BY {column}) AS c) AS \"categoriesCount\",
                      {} AS categories,
                      (SELECT {together}(value) FROM categories WHERE NOT ({shown})) AS others
                 FROM summary) AS r",
            list(entry)
        );
        let mut found = self.ask(sql).await?.into_iter().next().unwrap_or_default();
        let others = found.as_object_mut().and_then(|found| found.shift_remove("others")).unwrap_or_default();
        if !others.is_null()
            && let Some(categories) = found["categories"].as_array_mut()
        {
            categories.push(json!({ "category": "Other", "value": others, "agg": true }));
        }
        let mut result = json!({ "aggregation": aggregation });
        for (key, value) in found.as_object().into_iter().flatten() {
            result[key] = value.clone();
        }
        result["type"] = "aggregation".into();
        Ok(result)
    }

    async fn search(&self) -> Result<Value, ApiError> {
        let Some(text) = self.parameters.get("q").filter(|text| !text.is_empty()) else {
            return Ok(json!({ "type": "aggregation", "categories": [] }));
        };
        let (with, _) = self.categories().await?;
        // The text is searched for as it is: no wildcards.
        let literal = quote_literal(&text.to_lowercase());
        let found = self
            .ask(format!(
                "{with}
                 SELECT json_build_object('category', category, 'value', value)::text
                   FROM categories WHERE strpos(lower(category::text), {literal}) > 0 ORDER BY rank LIMIT {MATCHES}"
            ))
            .await?;
        Ok(json!({ "type": "aggregation", "categories": found }))
    }
}
