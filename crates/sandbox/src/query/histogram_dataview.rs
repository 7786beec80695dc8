//! Dataviews of type `histogram`: over numbers, and over time.

use crate::db::quote_identifier;
use crate::map::error::ApiError;
use crate::query::dataviews::Dataview;
use crate::query::histogram::{Numbers, Range, Times, UNITS, Unit};
use crate::query::source;
use maps_api::json::Value as Json;
use serde_json::{Value, json};

impl Dataview<'_> {
    /// Computes a histogram: over time when the dataview or the request names an aggregation.
    pub(super) async fn histogram(&self) -> Result<Value, ApiError> {
        let wanted = self.parameters.get("aggregation").or_else(|| self.option("aggregation"));
        match wanted.map(str::to_owned) {
            Some(aggregation) => self.over_time(&aggregation).await,
            None => self.over_numbers().await,
        }
    }

    /// `start` and `end` of the request, which count together only.
    fn range(&self) -> Result<Option<Range>, ApiError> {
        Ok(match (self.decimal("start")?, self.decimal("end")?) {
            // A range without width is none.
            (Some(start), Some(end)) if start != end => Some(Range::new(start, end)),
            _ => None,
        })
    }

    fn decimal(&self, name: &str) -> Result<Option<f64>, ApiError> {
        let Some(text) = self.parameters.get(name) else { return Ok(None) };
        let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        number.map(Some).ok_or_else(|| ApiError::bad_request(format!("Invalid number format for parameter '{name}'")))
    }

    async fn over_numbers(&self) -> Result<Value, ApiError> {
        let (bins, range) = (self.number("bins")?, self.range()?);
        let column = quote_identifier(self.option("column").unwrap_or_default());
        let kind = self.type_of(&column).await.map_err(ApiError::from_query)?;
        let value = match kind.as_str() {
            "int2" | "int4" | "int8" => format!("{column}::numeric"),
            "float4" => format!("{column}::float8"),
            // A date among numbers is its seconds, as in the answers to histograms over time.
            "date" | "timestamp" | "timestamptz" => format!("extract(epoch FROM {column})"),
            _ => column,
        };
        let source = source::wrapped(&self.sql);
        let is_float = matches!(kind.as_str(), "float4" | "float8" | "numeric");
        let sql =
            Numbers { source: &source, value: &value, is_float, bins: bins.filter(|bins| *bins > 0), range }.sql();
        let mut found = self.ask(sql).await?.into_iter().next().unwrap_or_default();
        let is_empty = found["bins"].as_array().is_none_or(Vec::is_empty);
        if let Some(members) = found.as_object_mut() {
            if is_empty {
                for name in ["bin_width", "bins_count", "bins_start"] {
                    members.shift_remove(name);
                }
            }
            members.insert("type".into(), "histogram".into());
        }
        Ok(found)
    }

    async fn over_time(&self, aggregation: &str) -> Result<Value, ApiError> {
        let range = self.range()?;
        let offset = match self.decimal("offset")? {
            Some(offset) => offset,
            None => self.config.options.get("offset").and_then(Json::as_f64).unwrap_or(0.0),
        };
        if aggregation != "auto" && Unit::named(aggregation).is_none() {
            let known: Vec<&str> = UNITS.iter().map(|unit| unit.name).collect();
            let message = format!("Invalid aggregation value. Valid ones: auto, {}", known.join(", "));
            return Err(ApiError::bad_request(message));
        }
        let column = quote_identifier(self.option("column").unwrap_or_default());
        let source = source::wrapped(&self.sql);
        let times = Times { source: &source, column: &column, offset: offset as i64, range };
        let unit = match Unit::named(aggregation) {
            Some(unit) => unit,
            None => {
                let found = self.ask(times.span_sql()).await?;
                Unit::of_span(found.first().and_then(Value::as_f64))
            }
        };
        let found = self.ask(times.sql(unit)).await?.into_iter().next().unwrap_or_default();
        let mut result = json!({ "aggregation": unit.name, "offset": offset as i64 });
        for (key, value) in found.as_object().into_iter().flatten() {
            // Without data there is no first bin.
            let is_shown =
                found["bins_count"] != 0 || !["timestamp_start", "bins_start", "nulls"].contains(&key.as_str());
            if is_shown {
                result[key] = value.clone();
            }
        }
        result["type"] = "histogram".into();
        Ok(result)
    }
}
