//! Every error code, in one table: (origin, type) → condition on the raw message → code and friendly text
//! (spec 2.2.2 to 2.2.4; the texts are seen by pages and are kept to the letter, Q-92).
//!
//! Only what can happen is here, since every page downloads it: a class brings its codes along. Lines of text weigh less
//! than a table of texts, in which each has an address and a length.

use crate::text;

/// The codes of one origin and type, tried in order.
#[derive(Debug)]
pub struct Group {
    /// `validation` or `windshaft`.
    pub origin: &'static str,
    /// The group: `client`, `layer`, …
    pub kind: &'static str,
    /// One on each line: `condition | code | text`. The condition is a pattern for the raw message, behind `~` where it
    /// occurs somewhere, `^` at the beginning, `$` at the end, `=` where it is all; `<0>` and `<1>` stand for one or more
    /// characters. Without a code it is the pattern itself in other letters: `apiKeyRequired` is `api-key-required`. The
    /// text replaces the raw message, with what `<0>` and `<1>` matched for `$0` and `$1`; without one the message stays.
    pub codes: &'static str,
}

/// What `<0>` and `<1>` matched, when a condition holds for `message`.
fn captures<'a>(condition: &str, message: &'a str) -> Option<Vec<&'a str>> {
    let (kind, pattern) = condition.split_at_checked(1)?;
    let Some((first, mut pattern)) = text::split_once(pattern, "<0>") else {
        let holds = match kind {
            "^" => message.starts_with(pattern),
            "$" => message.ends_with(pattern),
            "=" => message == pattern,
            _ => text::contains(message, pattern),
        };
        return holds.then(Vec::new);
    };
    let (_, mut rest) = text::split_once(message, first)?;
    let mut captured = Vec::new();
    loop {
        let (following, next) = text::split_once(pattern, "<1>").unwrap_or((pattern, ""));
        let line = text::split_once(rest, "\n").map_or(rest, |(line, _)| line);
        let (capture, after) = match following {
            "" => (line, ""),
            // Greedy, as the texts that servers write may quote the very words that follow.
            _ => text::split_last(line, following)?,
        };
        if capture.is_empty() {
            return None;
        }
        captured.push(capture);
        if following.len() == pattern.len() {
            return Some(captured);
        }
        (pattern, rest) = (next, after);
    }
}

/// The code and the friendly message for a raw error; `unknown-error` and the raw message when nothing fits.
pub fn look_up(origin: &str, kind: &str, message: &str) -> (String, String) {
    let group = TABLE.iter().find(|group| group.origin == origin && group.kind == kind);
    let mut lines = group.map(|group| group.codes).unwrap_or_default();
    while let Some((line, others)) = text::split_once(lines, "\n") {
        lines = others;
        let Some((condition, rest)) = text::split_once(line, " | ") else { continue };
        let Some(captured) = captures(condition, message) else { continue };
        let (code, friendly) = text::split_once(rest, " | ").unwrap_or((rest, message));
        let places = captured.iter().zip(["$0", "$1"]);
        let text = places.fold(friendly.to_owned(), |text, (capture, place)| text::replace_once(&text, place, capture));
        return (if code.is_empty() { kebab(message) } else { code.to_owned() }, text);
    }
    ("unknown-error".to_owned(), message.to_owned())
}

/// `apiKeyRequired` as `api-key-required`.
fn kebab(token: &str) -> String {
    let mut code = String::with_capacity(token.len() + 4);
    for char in token.chars() {
        if char.is_ascii_uppercase() {
            code.push('-');
        }
        code.push(char.to_ascii_lowercase());
    }
    code
}

/// The whole table.
pub static TABLE: &[Group] = &[
    #[cfg(feature = "aggregation")]
    Group {
        origin: "validation",
        kind: "aggregation",
        codes: r#"
~thresholdRequired |  | Aggregation threshold is required.
~invalidThreshold |  | Aggregation threshold must be an integer value greater than 0.
~resolutionRequired |  | Aggregation resolution is required.
~invalidResolution |  | Aggregation resolution must be 0.5, 1 or powers of 2 up to 256 (2, 4, 8, 16, 32, 64, 128, 256).
~invalidPlacement |  | Aggregation placement is not valid. Must be one of these values: `point-sample`, `point-grid`, `centroid`
$columnFunctionRequired<0> | column-function-required | Aggregation function for column '$0' is required.
$invalidColumnFunction<0> | invalid-column-function | Aggregation function for column '$0' is not valid. Use carto.aggregation.function
$columnAggregatedColumnRequired<0> | column-aggregated-column-required | Column to be aggregated to '$0' is required.
$invalidColumnAggregatedColumn<0> | invalid-column-aggregated-column | Column to be aggregated to '$0' must be a string.
"#,
    },
    Group {
        origin: "validation",
        kind: "client",
        codes: r#"
~badLayerType |  | The given object is not a layer.
~indexNumber |  | index property must be a number.
~indexOutOfRange |  | index is out of range.
~apiKeyRequired |  | apiKey property is required.
~apiKeyString |  | apiKey property must be a string.
~usernameRequired |  | username property is required.
~usernameString |  | username property must be a string.
~nonValidServerURL | non-valid-server-url | serverUrl is not a valid URL.
~serverURLDoesntMatchUsername | non-matching-server-url | serverUrl doesn't match the username.
~duplicatedLayerId |  | A layer with the same ID already exists in the client.
"#,
    },
    #[cfg(feature = "dataviews")]
    Group {
        origin: "validation",
        kind: "dataview",
        codes: r#"
~sourceRequired |  | Source property is required.
~columnRequired |  | Column property is required.
~columnString |  | Column property must be a string.
~emptyColumn |  | Column property must be not empty.
~filterRequired |  | Filter property is required.
~timeSeriesInvalidAggregation |  | Time aggregation must be a valid value. Use carto.dataview.timeAggregation.
~timeSeriesInvalidOffset |  | Offset must an integer value between -12 and 14.
~timeSeriesInvalidUselocaltimezone |  | useLocalTimezone must be a boolean value.
~histogramInvalidBins |  | Bins must be a positive integer value.
~histogramInvalidStartEnd |  | Both start and end values must be a number or null.
~formulaInvalidOperation |  | Operation for formula dataview is not valid. Use carto.operation
~categoryLimitRequired |  | Limit for category dataview is required.
~categoryLimitNumber |  | Limit for category dataview must be a number.
~categoryLimitPositive |  | Limit for category dataview must be greater than 0.
~categoryInvalidOperation |  | Operation for category dataview is not valid. Use carto.operation
~categoryOperationRequired |  | Operation column for category dataview is required.
~categoryOperationString |  | Operation column for category dataview must be a string.
~categoryOperationEmpty |  | Operation column for category dataview must be not empty.
"#,
    },
    #[cfg(feature = "filters")]
    Group {
        origin: "validation",
        kind: "filter",
        codes: r#"
~invalidBoundsObject |  | Bounds object is not valid. Use a carto.filter.Bounds object
~invalidCircleObject |  | Circle object is not valid. Use a carto.filter.CircleData object
~invalidPolygonObject |  | Polygon object is not valid. Use a carto.filter.PolygonData object
~columnRequired |  | Column property is required.
~columnString |  | Column property must be a string.
~emptyColumn |  | Column property must be not empty.
~invalidFilter<0> | invalid-filter | '$0' is not a valid filter. Please check documentation.
~invalidOption<0> | invalid-option | '$0' is not a valid option for this filter.
~wrongFilterType |  | Filters need to extend from carto.filter.SQLBase. Please use carto.filter.Category or carto.filter.Range.
~invalidParameterType<0> | invalid-parameter-type | Invalid parameter type for '$0'. Please check filters documentation.
"#,
    },
    Group {
        origin: "validation",
        kind: "layer",
        codes: r#"
~nonValidSource |  | The given object is not a valid source. See "carto.source.Base".
~nonValidStyle |  | The given object is not a valid style. See "carto.style.Base".
~nonValidColumns |  | The given object is not a valid array of string columns.
~differentSourceClient | source-with-different-client | A layer can't have a source which belongs to a different client.
~differentStyleClient | style-with-different-client | A layer can't have a style which belongs to a different client.
$wrongInteractivityColumns[<0>]#<1> | wrong-interactivity-columns | Columns [$0] set on `$1` do not match the columns set in aggregation options.
"#,
    },
    #[cfg(feature = "account")]
    Group {
        origin: "validation",
        kind: "sql",
        codes: r#"
~missingParameter<0> | missing-parameter | The query names :$0, which `params` has not.
~invalidParameter<0> | invalid-parameter | The value of :$0 has no form in SQL: numbers, texts, dates, booleans, null and lists of them have; :"$0" takes a name.
"#,
    },
    Group {
        origin: "validation",
        kind: "source",
        codes: r#"
~requiredQuery | query-required | SQL Source must have a SQL query.
~requiredString | query-string | SQL Query must be a string.
~noDatasetName |  | Table name is required.
$requiredDatasetString | dataset-string | Table name must be a string.
$requiredDataset | dataset-required | Table name must be not empty.
"#,
    },
    Group {
        origin: "validation",
        kind: "style",
        codes: r#"
$requiredCSS | required-css | CartoCSS is required.
$requiredCSSString | css-string | CartoCSS must be a string.
"#,
    },
    Group { origin: "ajax", kind: "(status text)", codes: "" },
    Group {
        origin: "windshaft",
        kind: "analysis",
        codes: r#"
^syntax error | sql-syntax-error
~relation <0> does not exist | invalid-dataset | Invalid dataset name used. Dataset $0 does not exist.
~column <0> does not exist | column-does-not-exist | Invalid column name. Column $0 does not exist.
^Analysis requires authentication with API key | analysis-requires-authentication
"#,
    },
    Group {
        origin: "windshaft",
        kind: "auth",
        codes: r#"
=Forbidden | forbidden | Forbidden. API key does not grant access.
"#,
    },
    #[cfg(feature = "dataviews")]
    Group {
        origin: "windshaft",
        kind: "dataview",
        codes: r#"
~Formula does not support <0> operation | formula-does-not-support-operation
~column <0> does not exist | column-does-not-exist
~permission denied for <0> | permission-denied
~function date_part(unknown, <0>) does not exist | wrong-type-column-used-in-time-series | Your time series column type is $0. Please use a date type.
~Invalid aggregation value. Valid ones: auto, minute, hour, day, week, month, quarter, year, decade, century, millennium | invalid-aggregation-value
"#,
    },
    Group { origin: "windshaft", kind: "generic", codes: "" },
    Group {
        origin: "windshaft",
        kind: "layer",
        codes: r#"
~column <0> does not exist | column-does-not-exist | Invalid column name. Column $0 does not exist.
~Unrecognized rule: <0> | unrecognized-rule | Unrecognized rule "$0"
^ | generic-layer-error
"#,
    },
    Group {
        origin: "windshaft",
        kind: "limit",
        codes: r#"
^You are over platform's limits | over-platform-limits
^ | generic-limit-error | The server is taking too long to respond, due to poor conectivity or a temporary error with our servers. Please try again soon.
"#,
    },
    Group {
        origin: "windshaft",
        kind: "tile",
        codes: r#"
^ | generic-tile-error | Some tiles might not be rendering correctly.
"#,
    },
];
