//! `carto.layer.Aggregation`: how a server merges features before it draws them (spec 2.8).

use crate::error::CartoError;
use crate::text;
use maps_api::json::Value;

/// Sides of the cells in pixels.
const RESOLUTIONS: [f64; 10] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Where the merged feature goes.
const PLACEMENTS: [&str; 3] = ["point-sample", "point-grid", "centroid"];
/// How the values of a column are merged.
const FUNCTIONS: [&str; 5] = ["avg", "sum", "min", "max", "mode"];

/// A number of the page's; texts pass for numbers in the first check and fail in the second one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A finite number.
    Number(f64),
    /// A text that says a number.
    Text,
    /// Anything else.
    Other,
}

/// What the page gave.
#[derive(Clone, Debug)]
pub struct AggregationOptions {
    /// Features from which on they are merged.
    pub threshold: Quantity,
    /// Side of a cell in pixels.
    pub resolution: Quantity,
    /// Where the merged feature goes.
    pub placement: Option<Value>,
    /// Names of new columns, each with what is merged (`aggregatedColumn`) and how (`aggregateFunction`).
    pub columns: Option<Vec<(String, [Option<Value>; 2])>>,
}

fn refuse(token: &str, column: &str) -> CartoError {
    CartoError::validation("aggregation", &text::concat(&[token, column]))
}

/// Checks the options and gives them in the form that is sent.
///
/// # Errors
/// `validation:aggregation:*`, of the first check that fails.
pub fn aggregation(options: &AggregationOptions) -> Result<Value, CartoError> {
    let threshold = match options.threshold {
        Quantity::Other => return Err(refuse("thresholdRequired", "")),
        Quantity::Number(threshold) if threshold >= 1.0 && (threshold as i64) as f64 == threshold => threshold,
        _ => return Err(refuse("invalidThreshold", "")),
    };
    let resolution = match options.resolution {
        Quantity::Other => return Err(refuse("resolutionRequired", "")),
        Quantity::Number(resolution) if RESOLUTIONS.contains(&resolution) => resolution,
        _ => return Err(refuse("invalidResolution", "")),
    };
    let mut sent = Value::object([("threshold", threshold.into()), ("resolution", resolution.into())]);
    if let Some(placement) = options.placement.as_ref().filter(|placement| crate::settings::truthy(Some(placement))) {
        if !placement.as_str().is_some_and(|placement| PLACEMENTS.contains(&placement)) {
            return Err(refuse("invalidPlacement", ""));
        }
        sent.push("placement", placement.clone());
    }
    if let Some(columns) = &options.columns {
        let mut sent_columns = Value::object([]);
        for (name, [column, function]) in columns {
            let text = |value: &Option<Value>, missing, wrong| match value {
                value if !crate::settings::truthy(value.as_ref()) => Err(refuse(missing, name)),
                Some(Value::String(text)) => Ok(text.clone()),
                _ => Err(refuse(wrong, name)),
            };
            let column = text(column, "columnAggregatedColumnRequired", "invalidColumnAggregatedColumn")?;
            let function = text(function, "columnFunctionRequired", "invalidColumnFunction")?;
            if !FUNCTIONS.contains(&function.as_str()) {
                return Err(refuse("invalidColumnFunction", name));
            }
            let merged = [("aggregate_function", function.into()), ("aggregated_column", column.into())];
            sent_columns.push(name, Value::object(merged));
        }
        sent.push("columns", sent_columns);
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may fail")]
    use super::*;

    fn options(threshold: f64, resolution: f64) -> AggregationOptions {
        let (threshold, resolution) = (Quantity::Number(threshold), Quantity::Number(resolution));
        AggregationOptions { threshold, resolution, placement: None, columns: None }
    }

    fn code(options: &AggregationOptions) -> String {
        aggregation(options).expect_err("refused").error_code.clone()
    }

    #[test]
    fn good_options_become_what_servers_want() {
        let columns = vec![("pop".to_owned(), [Some("people".into()), Some("sum".into())])];
        let all =
            AggregationOptions { placement: Some("centroid".into()), columns: Some(columns), ..options(1.0, 4.0) };
        let sent = serde_json::to_string(&aggregation(&all).expect("good options")).expect("JSON");
        let expected = r#"{"threshold":1,"resolution":4,"placement":"centroid","columns":{"pop":{"aggregate_function":"sum","aggregated_column":"people"}}}"#;
        assert_eq!(sent, expected);
        let none = AggregationOptions { columns: Some(Vec::new()), ..options(5.0, 0.5) };
        let sent = serde_json::to_string(&aggregation(&none).expect("good options")).expect("JSON");
        assert_eq!(sent, r#"{"threshold":5,"resolution":0.5,"columns":{}}"#);
    }

    #[test]
    fn the_first_check_that_fails_counts() {
        assert_eq!(code(&options(0.0, 3.0)), "validation:aggregation:invalid-threshold");
        assert_eq!(code(&options(1.5, 4.0)), "validation:aggregation:invalid-threshold");
        assert_eq!(code(&options(1.0, 3.0)), "validation:aggregation:invalid-resolution");
        let text = AggregationOptions { threshold: Quantity::Text, ..options(1.0, 4.0) };
        assert_eq!(code(&text), "validation:aggregation:invalid-threshold");
        let missing = AggregationOptions { resolution: Quantity::Other, ..options(1.0, 4.0) };
        assert_eq!(code(&missing), "validation:aggregation:resolution-required");
        let column = |column: Option<Value>, function: Option<Value>| AggregationOptions {
            columns: Some(vec![("a".to_owned(), [column, function])]),
            ..options(1.0, 4.0)
        };
        let error = aggregation(&column(None, None)).expect_err("refused");
        assert_eq!(error.error_code, "validation:aggregation:column-aggregated-column-required");
        assert_eq!(error.message, "Column to be aggregated to 'a' is required.");
        assert_eq!(code(&column(Some(7.0.into()), None)), "validation:aggregation:invalid-column-aggregated-column");
        assert_eq!(code(&column(Some("b".into()), None)), "validation:aggregation:column-function-required");
        let count = column(Some("b".into()), Some("count".into()));
        assert_eq!(code(&count), "validation:aggregation:invalid-column-function");
    }
}
