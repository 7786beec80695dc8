//! What of a map's configuration is kept: the members that somebody reads. Whoever sends more has it forgotten.

use serde_json::{Map, Value};

/// Letters of a text that is neither SQL nor a style: names, colours, ids.
const LONGEST_TEXT: usize = 1_000;
/// Names in a list, or members that the map names itself.
const MOST_NAMES: usize = 2_000;

/// What a member looks like; anything else is dropped.
enum Shape {
    /// A number, a truth value or a short text.
    Plain,
    /// SQL or a style.
    Long,
    /// A list of names, or the names in one text.
    Names,
    /// An object with these members.
    Members(&'static [(&'static str, Shape)]),
    /// A plain value, or an object with these members.
    PlainOr(&'static [(&'static str, Shape)]),
    /// An object whose members have names of the map's own.
    Named(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A list of plain values.
    Values,
    /// One of these, or a list of them.
    OneOrMany(&'static Shape),
}

use Shape::{List, Long, Members, Named, Names, OneOrMany, Plain, PlainOr, Values};

const CONFIG: &[(&str, Shape)] = &[
    ("version", Plain),
    ("buffersize", Members(&[("png", Plain), ("grid.json", Plain), ("mvt", Plain)])),
    ("layers", List(&Members(LAYER))),
    ("dataviews", Named(&Members(DATAVIEW))),
    ("analyses", List(&Members(ANALYSIS))),
];

const LAYER: &[(&str, Shape)] = &[("id", Plain), ("type", Plain), ("options", Members(OPTIONS))];

const OPTIONS: &[(&str, Shape)] = &[
    ("cartocss", Long),
    ("cartocss_version", Plain),
    ("source", Members(&[("id", Plain)])),
    ("sql", Long),
    ("sql_wrap", Long),
    ("geom_column", Plain),
    ("geom_type", Plain),
    ("srid", Plain),
    ("dates_as_numbers", Plain),
    ("vector_extent", Plain),
    ("vector_simplify_extent", Plain),
    ("urlTemplate", Plain),
    ("subdomains", Names),
    ("tms", Plain),
    ("interactivity", Names),
    ("attributes", Members(&[("id", Plain), ("columns", Names)])),
    ("minzoom", Plain),
    ("maxzoom", Plain),
    ("color", Plain),
    (
        "aggregation",
        PlainOr(&[
            ("threshold", Plain),
            ("resolution", Plain),
            ("placement", Plain),
            ("columns", Named(&Members(&[("aggregate_function", Plain), ("aggregated_column", Plain)]))),
            ("dimensions", Named(&PlainOr(&[("column", Plain), ("format", Plain), ("group", Members(GROUP))]))),
            ("filters", Named(&OneOrMany(&Members(CONDITION)))),
        ]),
    ),
    (
        "metadata",
        Members(&[
            ("featureCount", Plain),
            ("aggrFeatureCount", Plain),
            ("geometryType", Plain),
            ("columns", Plain),
            ("dimensions", Plain),
            ("columnStats", PlainOr(&[("topCategories", Plain), ("includeNulls", Plain)])),
            ("sample", PlainOr(&[("num_rows", Plain), ("include_columns", Names)])),
        ]),
    ),
];

/// How the times of a dimension are put together.
const GROUP: &[(&str, Shape)] = &[("units", Plain), ("count", Plain), ("timezone", Plain), ("starting", Plain)];

/// A condition of an aggregation's filter.
const CONDITION: &[(&str, Shape)] = &[
    ("equal", Plain),
    ("not_equal", Plain),
    ("in", Values),
    ("not_in", Values),
    ("less_than", Plain),
    ("less_than_or_equal_to", Plain),
    ("greater_than", Plain),
    ("greater_than_or_equal_to", Plain),
];

const DATAVIEW: &[(&str, Shape)] = &[
    ("type", Plain),
    ("source", Members(&[("id", Plain)])),
    (
        "options",
        Members(&[
            ("column", Plain),
            ("operation", Plain),
            ("aggregation", Plain),
            ("aggregationColumn", Plain),
            ("bins", Plain),
            ("start", Plain),
            ("end", Plain),
            ("offset", Plain),
        ]),
    ),
];

const ANALYSIS: &[(&str, Shape)] = &[("id", Plain), ("type", Plain), ("params", Members(&[("query", Long)]))];

const FILTER: &[(&str, Shape)] = &[("accept", Values), ("reject", Values), ("min", Plain), ("max", Plain)];

/// The filter of an analysis node.
const NODE_FILTER: &[(&str, Shape)] = &[("type", Plain), ("column", Plain), ("params", Members(FILTER))];

/// What is read of a configuration, its members in one order: equal maps are equal texts.
pub fn of_config(config: &Value) -> Value {
    known(config, &Members(CONFIG)).unwrap_or_default()
}

/// What is read of the filter of a dataview.
pub fn of_filter(filter: &Value) -> Value {
    known(filter, &Members(FILTER)).unwrap_or_default()
}

/// What is read of the filters of an analysis node, which are a list, or named.
pub fn of_node_filters(filters: &Value) -> Value {
    let filters: Vec<Value> = match filters {
        Value::Array(filters) => filters.clone(),
        Value::Object(filters) => filters.values().cloned().collect(),
        _ => Vec::new(),
    };
    known(&filters.into_iter().take(MOST_NAMES).collect(), &List(&Members(NODE_FILTER))).unwrap_or_default()
}

fn known(value: &Value, shape: &Shape) -> Option<Value> {
    match shape {
        Plain => plain(value),
        Long => (!value.is_array() && !value.is_object()).then(|| value.clone()),
        Names => match value {
            Value::Array(names) => Some(names.iter().filter_map(plain).take(MOST_NAMES).collect()),
            // The names together may be longer than one.
            Value::String(_) => Some(value.clone()),
            _ => None,
        },
        Members(members) => Some(members_of(value.as_object()?, members)),
        PlainOr(members) => match value.as_object() {
            Some(object) => Some(members_of(object, members)),
            None => plain(value),
        },
        Named(shape) => {
            let members = value.as_object()?.iter().filter(|(name, _)| name.len() <= LONGEST_TEXT);
            let members = members.filter_map(|(name, value)| Some((name.clone(), known(value, shape)?)));
            Some(members.take(MOST_NAMES).collect())
        }
        // What one of them is not is still at its place.
        List(shape) => Some(value.as_array()?.iter().map(|item| known(item, shape).unwrap_or_default()).collect()),
        OneOrMany(shape) => match value {
            Value::Array(_) => known(value, &List(shape)),
            one => known(one, shape),
        },
        Values => {
            Some(value.as_array()?.iter().filter(|item| !item.is_array() && !item.is_object()).cloned().collect())
        }
    }
}

fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) | Value::Object(_) => None,
        Value::String(text) if text.len() > LONGEST_TEXT => None,
        value => Some(value.clone()),
    }
}

fn members_of(object: &Map<String, Value>, members: &[(&str, Shape)]) -> Value {
    let members = members.iter().filter_map(|(name, shape)| {
        let value = known(object.get(*name)?, shape)?;
        Some(((*name).to_owned(), value))
    });
    members.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_nobody_reads_is_dropped() {
        let junk = "x".repeat(95_000);
        let config = json!({
            "junk": junk, "version": "1.3.0", "stat_tag": [junk],
            "layers": [
                {"type": "mapnik", "id": 7, "junk": junk, "options": {"sql": "SELECT 1", "junk": {"a": junk},
                    "cartocss_version": junk, "interactivity": ["a", [junk]], "source": junk, "metadata": {"columns": [junk]}}},
                junk,
            ],
            "dataviews": {"d": {"type": "formula", "options": {"column": "a", "junk": junk}}, junk.clone(): {}},
            "analyses": [{"id": "a", "type": "source", "params": {"query": "SELECT 2", "junk": junk}}]
        });
        let expected = json!({
            "version": "1.3.0",
            "layers": [{"id": 7, "type": "mapnik", "options": {"sql": "SELECT 1", "interactivity": ["a"], "metadata": {}}}, null],
            "dataviews": {"d": {"type": "formula", "options": {"column": "a"}}},
            "analyses": [{"id": "a", "type": "source", "params": {"query": "SELECT 2"}}]
        });
        assert_eq!(of_config(&config), expected);
        assert_eq!(of_config(&expected), expected);
        assert_eq!(of_filter(&json!({"accept": ["a", null, {"b": 1}], "junk": 1})), json!({"accept": ["a", null]}));
    }

    #[test]
    fn what_is_read_is_kept() {
        let config = json!({
            "version": "1.8.0", "buffersize": {"png": 8, "grid.json": 0, "mvt": 64},
            "layers": [{"id": "L", "type": "cartodb", "options": {
                "cartocss": "#l{}", "cartocss_version": "2.1.0", "source": {"id": "S"}, "sql": "x".repeat(50_000),
                "interactivity": "a, b", "attributes": {"id": "cartodb_id", "columns": ["a"]}, "minzoom": 1, "maxzoom": "9",
                "color": "red", "sql_wrap": "SELECT * FROM (<%= sql %>) w", "geom_column": "g", "srid": 4326, "dates_as_numbers": true,
                "vector_extent": 256, "vector_simplify_extent": 256, "urlTemplate": "http://{s}.example.com/{z}/{x}/{y}.png",
                "subdomains": ["a", "b"], "tms": false,
                "aggregation": {"threshold": 1, "resolution": 2.5, "placement": "centroid",
                    "columns": {"n": {"aggregate_function": "sum", "aggregated_column": "a"}},
                    "dimensions": {"d": "c", "e": {"column": "f", "format": "iso", "group": {"units": "month", "timezone": "Etc/UTC"}}},
                    "filters": {"n": [{"equal": 1}, {"in": [2, 3]}], "d": {"less_than": 4}}},
                "metadata": {"featureCount": true, "aggrFeatureCount": 10, "dimensions": true, "geometryType": true, "columns": true,
                    "columnStats": {"topCategories": 5, "includeNulls": false},
                    "sample": {"num_rows": 5, "include_columns": ["a"]}}
            }}],
            "dataviews": {"h": {"type": "histogram", "source": {"id": "S"}, "options": {"column": "a", "operation": "sum",
                "aggregation": "month", "aggregationColumn": "b", "bins": 5, "start": 1, "end": 2, "offset": 3600}}},
            "analyses": [{"id": "S", "type": "source", "params": {"query": "SELECT 1"}}]
        });
        assert_eq!(of_config(&config), config);
    }
}
