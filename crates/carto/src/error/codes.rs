//! Every error code, in one table: (origin, type) → condition on the raw message → code and friendly text
//! (spec 2.2.2 to 2.2.4; the texts are seen by pages and are kept to the letter, Q-92).
//!
//! Only what can happen is here, since every page downloads it: a class brings its codes along.

use crate::text;
use When::{Anything, Contains, EndsWith, Is, StartsWith};

/// When an entry of the table holds for a raw message. `<0>` and `<1>` stand for one or more characters.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// The pattern occurs somewhere.
    Contains(&'static str),
    /// The message begins with the text.
    StartsWith(&'static str),
    /// The message ends with the pattern.
    EndsWith(&'static str),
    /// The message is exactly the text.
    Is(&'static str),
    /// Always.
    Anything,
}

/// Stands for the code that is the pattern itself in other letters: `apiKeyRequired` is `api-key-required`.
const SAME: &str = "";

/// The codes of one origin and type, tried in order.
#[derive(Debug)]
pub struct Group {
    /// `validation` or `windshaft`.
    pub origin: &'static str,
    /// The group: `client`, `layer`, …
    pub kind: &'static str,
    /// Condition, code, and the text that replaces the raw message; `$0` and `$1` are what `<0>` and `<1>` matched.
    pub codes: &'static [(When, &'static str, Option<&'static str>)],
}

impl When {
    /// What `<0>` and `<1>` matched, when the condition holds for `message`.
    fn captures(self, message: &str) -> Option<Vec<&str>> {
        match self {
            Anything => Some(Vec::new()),
            Is(text) => (message == text).then(Vec::new),
            StartsWith(text) => message.starts_with(text).then(Vec::new),
            EndsWith(pattern) | Contains(pattern) => {
                let Some((first, mut pattern)) = text::split_once(pattern, "<0>") else {
                    let holds = match self {
                        EndsWith(_) => message.ends_with(pattern),
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
        }
    }
}

/// The code and the friendly message for a raw error; `unknown-error` and the raw message when nothing fits.
pub fn look_up(origin: &str, kind: &str, message: &str) -> (String, String) {
    let group = TABLE.iter().find(|group| group.origin == origin && group.kind == kind);
    for (when, code, friendly) in group.map(|group| group.codes).unwrap_or_default() {
        if let Some(captured) = when.captures(message) {
            let text = match friendly {
                None => message.to_owned(),
                Some(friendly) => captured
                    .iter()
                    .zip(["$0", "$1"])
                    .fold((*friendly).to_owned(), |text, (capture, place)| text::replace_once(&text, place, capture)),
            };
            return (if code.is_empty() { kebab(message) } else { (*code).to_owned() }, text);
        }
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
    Group {
        origin: "validation",
        kind: "aggregation",
        codes: &[
            (Contains("thresholdRequired"), SAME, Some("Aggregation threshold is required.")),
            (
                Contains("invalidThreshold"),
                SAME,
                Some("Aggregation threshold must be an integer value greater than 0."),
            ),
            (Contains("resolutionRequired"), SAME, Some("Aggregation resolution is required.")),
            (
                Contains("invalidResolution"),
                SAME,
                Some("Aggregation resolution must be 0.5, 1 or powers of 2 up to 256 (2, 4, 8, 16, 32, 64, 128, 256)."),
            ),
            (
                Contains("invalidPlacement"),
                SAME,
                Some(
                    "Aggregation placement is not valid. Must be one of these values: `point-sample`, `point-grid`, `centroid`",
                ),
            ),
            (
                EndsWith("columnFunctionRequired<0>"),
                "column-function-required",
                Some("Aggregation function for column '$0' is required."),
            ),
            (
                EndsWith("invalidColumnFunction<0>"),
                "invalid-column-function",
                Some("Aggregation function for column '$0' is not valid. Use carto.aggregation.function"),
            ),
            (
                EndsWith("columnAggregatedColumnRequired<0>"),
                "column-aggregated-column-required",
                Some("Column to be aggregated to '$0' is required."),
            ),
            (
                EndsWith("invalidColumnAggregatedColumn<0>"),
                "invalid-column-aggregated-column",
                Some("Column to be aggregated to '$0' must be a string."),
            ),
        ],
    },
    Group {
        origin: "validation",
        kind: "client",
        codes: &[
            (Contains("badLayerType"), SAME, Some("The given object is not a layer.")),
            (Contains("indexNumber"), SAME, Some("index property must be a number.")),
            (Contains("indexOutOfRange"), SAME, Some("index is out of range.")),
            (Contains("apiKeyRequired"), SAME, Some("apiKey property is required.")),
            (Contains("apiKeyString"), SAME, Some("apiKey property must be a string.")),
            (Contains("usernameRequired"), SAME, Some("username property is required.")),
            (Contains("usernameString"), SAME, Some("username property must be a string.")),
            (Contains("nonValidServerURL"), "non-valid-server-url", Some("serverUrl is not a valid URL.")),
            (
                Contains("serverURLDoesntMatchUsername"),
                "non-matching-server-url",
                Some("serverUrl doesn't match the username."),
            ),
            (Contains("duplicatedLayerId"), SAME, Some("A layer with the same ID already exists in the client.")),
        ],
    },
    Group {
        origin: "validation",
        kind: "dataview",
        codes: &[
            (Contains("sourceRequired"), SAME, Some("Source property is required.")),
            (Contains("columnRequired"), SAME, Some("Column property is required.")),
            (Contains("columnString"), SAME, Some("Column property must be a string.")),
            (Contains("emptyColumn"), SAME, Some("Column property must be not empty.")),
            (Contains("filterRequired"), SAME, Some("Filter property is required.")),
            (
                Contains("timeSeriesInvalidAggregation"),
                SAME,
                Some("Time aggregation must be a valid value. Use carto.dataview.timeAggregation."),
            ),
            (Contains("timeSeriesInvalidOffset"), SAME, Some("Offset must an integer value between -12 and 14.")),
            (Contains("timeSeriesInvalidUselocaltimezone"), SAME, Some("useLocalTimezone must be a boolean value.")),
            (Contains("histogramInvalidBins"), SAME, Some("Bins must be a positive integer value.")),
            (Contains("histogramInvalidStartEnd"), SAME, Some("Both start and end values must be a number or null.")),
            (
                Contains("formulaInvalidOperation"),
                SAME,
                Some("Operation for formula dataview is not valid. Use carto.operation"),
            ),
            (Contains("categoryLimitRequired"), SAME, Some("Limit for category dataview is required.")),
            (Contains("categoryLimitNumber"), SAME, Some("Limit for category dataview must be a number.")),
            (Contains("categoryLimitPositive"), SAME, Some("Limit for category dataview must be greater than 0.")),
            (
                Contains("categoryInvalidOperation"),
                SAME,
                Some("Operation for category dataview is not valid. Use carto.operation"),
            ),
            (Contains("categoryOperationRequired"), SAME, Some("Operation column for category dataview is required.")),
            (
                Contains("categoryOperationString"),
                SAME,
                Some("Operation column for category dataview must be a string."),
            ),
            (
                Contains("categoryOperationEmpty"),
                SAME,
                Some("Operation column for category dataview must be not empty."),
            ),
        ],
    },
    Group {
        origin: "validation",
        kind: "filter",
        codes: &[
            (
                Contains("invalidBoundsObject"),
                SAME,
                Some("Bounds object is not valid. Use a carto.filter.Bounds object"),
            ),
            (
                Contains("invalidCircleObject"),
                SAME,
                Some("Circle object is not valid. Use a carto.filter.CircleData object"),
            ),
            (
                Contains("invalidPolygonObject"),
                SAME,
                Some("Polygon object is not valid. Use a carto.filter.PolygonData object"),
            ),
            (Contains("columnRequired"), SAME, Some("Column property is required.")),
            (Contains("columnString"), SAME, Some("Column property must be a string.")),
            (Contains("emptyColumn"), SAME, Some("Column property must be not empty.")),
            (
                Contains("invalidFilter<0>"),
                "invalid-filter",
                Some("'$0' is not a valid filter. Please check documentation."),
            ),
            (Contains("invalidOption<0>"), "invalid-option", Some("'$0' is not a valid option for this filter.")),
            (
                Contains("wrongFilterType"),
                SAME,
                Some(
                    "Filters need to extend from carto.filter.SQLBase. Please use carto.filter.Category or carto.filter.Range.",
                ),
            ),
            (
                Contains("invalidParameterType<0>"),
                "invalid-parameter-type",
                Some("Invalid parameter type for '$0'. Please check filters documentation."),
            ),
        ],
    },
    Group {
        origin: "validation",
        kind: "layer",
        codes: &[
            (
                Contains("nonValidSource"),
                SAME,
                Some("The given object is not a valid source. See \"carto.source.Base\"."),
            ),
            (Contains("nonValidStyle"), SAME, Some("The given object is not a valid style. See \"carto.style.Base\".")),
            (Contains("nonValidColumns"), SAME, Some("The given object is not a valid array of string columns.")),
            (
                Contains("differentSourceClient"),
                "source-with-different-client",
                Some("A layer can't have a source which belongs to a different client."),
            ),
            (
                Contains("differentStyleClient"),
                "style-with-different-client",
                Some("A layer can't have a style which belongs to a different client."),
            ),
            (
                EndsWith("wrongInteractivityColumns[<0>]#<1>"),
                "wrong-interactivity-columns",
                Some("Columns [$0] set on `$1` do not match the columns set in aggregation options."),
            ),
        ],
    },
    Group {
        origin: "validation",
        kind: "sql",
        codes: &[
            (
                Contains("missingParameter<0>"),
                "missing-parameter",
                Some("The query names :$0, which `params` has not."),
            ),
            (
                Contains("invalidParameter<0>"),
                "invalid-parameter",
                Some(
                    "The value of :$0 has no form in SQL: numbers, texts, dates, booleans, null and lists of them have; :\"$0\" takes a name.",
                ),
            ),
        ],
    },
    Group {
        origin: "validation",
        kind: "source",
        codes: &[
            (Contains("requiredQuery"), "query-required", Some("SQL Source must have a SQL query.")),
            (Contains("requiredString"), "query-string", Some("SQL Query must be a string.")),
            (Contains("noDatasetName"), SAME, Some("Table name is required.")),
            (EndsWith("requiredDatasetString"), "dataset-string", Some("Table name must be a string.")),
            (EndsWith("requiredDataset"), "dataset-required", Some("Table name must be not empty.")),
        ],
    },
    Group {
        origin: "validation",
        kind: "style",
        codes: &[
            (EndsWith("requiredCSS"), "required-css", Some("CartoCSS is required.")),
            (EndsWith("requiredCSSString"), "css-string", Some("CartoCSS must be a string.")),
        ],
    },
    Group { origin: "ajax", kind: "(status text)", codes: &[] },
    Group {
        origin: "windshaft",
        kind: "analysis",
        codes: &[
            (StartsWith("syntax error"), "sql-syntax-error", None),
            (
                Contains("relation <0> does not exist"),
                "invalid-dataset",
                Some("Invalid dataset name used. Dataset $0 does not exist."),
            ),
            (
                Contains("column <0> does not exist"),
                "column-does-not-exist",
                Some("Invalid column name. Column $0 does not exist."),
            ),
            (StartsWith("Analysis requires authentication with API key"), "analysis-requires-authentication", None),
        ],
    },
    Group {
        origin: "windshaft",
        kind: "auth",
        codes: &[(Is("Forbidden"), "forbidden", Some("Forbidden. API key does not grant access."))],
    },
    Group {
        origin: "windshaft",
        kind: "dataview",
        codes: &[
            (Contains("Formula does not support <0> operation"), "formula-does-not-support-operation", None),
            (Contains("column <0> does not exist"), "column-does-not-exist", None),
            (Contains("permission denied for <0>"), "permission-denied", None),
            (
                Contains("function date_part(unknown, <0>) does not exist"),
                "wrong-type-column-used-in-time-series",
                Some("Your time series column type is $0. Please use a date type."),
            ),
            (
                Contains(
                    "Invalid aggregation value. Valid ones: auto, minute, hour, day, week, month, quarter, year, decade, century, millennium",
                ),
                "invalid-aggregation-value",
                None,
            ),
        ],
    },
    Group { origin: "windshaft", kind: "generic", codes: &[] },
    Group {
        origin: "windshaft",
        kind: "layer",
        codes: &[
            (
                Contains("column <0> does not exist"),
                "column-does-not-exist",
                Some("Invalid column name. Column $0 does not exist."),
            ),
            (Contains("Unrecognized rule: <0>"), "unrecognized-rule", Some("Unrecognized rule \"$0\"")),
            (Anything, "generic-layer-error", None),
        ],
    },
    Group {
        origin: "windshaft",
        kind: "limit",
        codes: &[
            (StartsWith("You are over platform's limits"), "over-platform-limits", None),
            (
                Anything,
                "generic-limit-error",
                Some(
                    "The server is taking too long to respond, due to poor conectivity or a temporary error with our servers. Please try again soon.",
                ),
            ),
        ],
    },
    Group {
        origin: "windshaft",
        kind: "tile",
        codes: &[(Anything, "generic-tile-error", Some("Some tiles might not be rendering correctly."))],
    },
];
