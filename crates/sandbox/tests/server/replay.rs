//! Sends recorded requests and compares the answers with the recorded ones.

use crate::compare::differences;
use crate::support::{self, send};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

/// What is replayed, by the beginning of the file name.
const FAMILIES: &[&str] = &[
    "map-",
    "dv-formula",
    "dv-category",
    "dv-histogram",
    "dv-timeseries",
    "dv-err",
    "dv-search",
    "dv-private",
    "dv-limit",
    "tile-",
    "attributes-",
    "cluster-",
    "analysis-",
    "static-",
    "misc-",
    "sql-",
];

/// What is not replayed, and why. Nothing else is left out.
const LEFT_OUT: &[(&str, &str)] = &[
    ("analysis-01-node-status", "the ids of nodes are a server's own; lifecycle tests the answer"),
    (
        "attributes-limit-01-over-rate-limit",
        "the recorded user is not there; rate_limits and commands test the answers",
    ),
    ("tile-limit-01-within-rate-limit", "the recorded user is not there; rate_limits and commands test the answers"),
    ("tile-limit-02-over-rate-limit-png", "the recorded user is not there; rate_limits and commands test the answers"),
    ("tile-limit-03-over-rate-limit-mvt", "the recorded user is not there; rate_limits and commands test the answers"),
    ("tile-limit-04-render-timeout-png", "needs a user with a limit of its own; lifecycle tests the answer"),
    ("tile-limit-05-statement-timeout-mvt", "needs a user with a limit of its own; containment tests the answer"),
    ("tile-torque-json", "torque"),
    ("dv-limit-01-statement-timeout", "needs a user with a limit of its own; lifecycle tests the answer"),
    ("map-26-post-torque-layer", "torque"),
    ("map-27-post-analysis-buffer", "analyses other than sources"),
    ("map-limit-01-within-rate-limit", "the recorded user is not there; rate_limits and commands test the answers"),
    ("map-limit-02-over-rate-limit", "the recorded user is not there; rate_limits and commands test the answers"),
    ("map-limit-03-render-timeout", "needs a user with a limit of its own; lifecycle tests the answer"),
    ("misc-04-health", "ours asks the database, and so says that checks are enabled"),
    ("misc-02-unknown-route", "ours says in words that there is nothing"),
    ("misc-03-named-map-unknown", "ours says that there are no named maps at all"),
    ("sql-18-callback", "ours is a script that browsers may run: no JSON type, and a check that the function is there"),
    ("sql-25-topojson", "a format that the sandbox does not write"),
    ("sql-26-several-statements", "the rows are those of the last statement, and of no other one"),
    ("sql-32-empty-filename", "a single column has no comma behind it"),
    ("sql-batch-01-create-job", "batch jobs"),
    ("sql-batch-02-get-job", "batch jobs"),
    ("sql-batch-err-01-create-without-master", "batch jobs"),
    ("sql-err-16-division-by-zero", "no answer begins before the query has ended, so this is an error without rows"),
    ("sql-err-17-csv-error", "the complaint is about the query as it was sent, not about a wrapped one"),
    ("sql-limit-01-within-rate-limit", "the recorded user is not there; rate_limits and commands test the answers"),
    ("sql-limit-02-over-rate-limit", "the recorded user is not there; rate_limits and commands test the answers"),
    ("sql-limit-03-statement-timeout", "needs a user with a limit of its own; sql tests the answer"),
    ("sql-limit-04-csv-export-timeout", "needs a user with a limit of its own; sql tests the answer"),
    ("sql-misc-01-version", "the sandbox has its own address for its version"),
];

/// Maps that recorded requests refer to, and which of ours they are.
pub fn maps() -> HashMap<&'static str, String> {
    let points = "#layer { marker-width: 8; marker-fill: #EE4D5A; }";
    let layer = |id: &str, source: &str, cartocss: &str| {
        json!({"id": id, "type": "mapnik", "options": {"cartocss": cartocss, "cartocss_version": "2.1.0",
               "source": {"id": source}, "interactivity": ["cartodb_id", "name"]}})
    };
    let source = |id: &str, table: &str| json!({"id": id, "type": "source", "params": {"query": format!("SELECT * FROM {table}")}});
    let dataview = |kind: &str, options: Value| json!({"type": kind, "source": {"id": "S1"}, "options": options});
    let category = |aggregation: &str, column: &str| {
        dataview("aggregation", json!({"column": column, "aggregation": aggregation, "aggregationColumn": "pop"}))
    };
    let odd = json!({
        "layers": [layer("L1", "S1", points)], "analyses": [source("S1", "populated_places")],
        "dataviews": {
            "f": dataview("formula", json!({"column": "nope", "operation": "sum"})),
            "t": dataview("formula", json!({"column": "name", "operation": "sum"})),
            "op": dataview("formula", json!({"column": "pop", "operation": "median"})),
            "ty": dataview("nope", json!({"column": "pop"})),
            "c": category("sum", "nope"),
            "ag": category("median", "country"),
            "h": dataview("histogram", json!({"column": "nope"})),
            "ht": dataview("histogram", json!({"column": "name"})),
            "hist": dataview("histogram", json!({"column": "pop"})),
        }
    });
    let with_attributes = |mut layer: Value, columns: &[&str]| {
        layer["options"]["attributes"] = json!({"id": "cartodb_id", "columns": columns});
        layer
    };
    let private = json!({
        "layers": [with_attributes(layer("L1", "S1", points), &["name"])], "analyses": [source("S1", "private_places")],
        "dataviews": {"s": dataview("formula", json!({"column": "pop", "operation": "sum"}))}
    });
    let mut silent = layer("L1", "S1", points);
    silent["options"]["interactivity"] = json!([]);
    let areas = "#layer { polygon-fill: #826DBA; polygon-opacity: 0.9; ::outline { line-width: 1; line-color: #FFFFFF; line-opacity: 0.5; } }";
    let mut named = layer("L2", "S2", points);
    named["options"]["interactivity"] = json!(["cartodb_id", "name", "country"]);
    let named = with_attributes(named, &["name", "country", "pop", "opened"]);
    let two = json!({
        "layers": [layer("L1", "S1", areas), named],
        "analyses": [source("S1", "world_borders WHERE cartodb_id <= 6"), source("S2", "populated_places WHERE cartodb_id <= 60")]
    });
    let vector = json!({"version": "1.8.0", "layers": [{"id": "L1", "type": "mapnik", "options": {"sql": "SELECT * FROM populated_places WHERE cartodb_id <= 60"}}]});
    let silent = json!({"layers": [silent], "analyses": [source("S1", "populated_places")]});
    let master = "demo_master_key_0123456789abcdef01234567";
    let mut maps = HashMap::from([
        ("3eecdd529fe8f720bea8b304f633dcfd", support::layergroup(&odd, "default_public")),
        ("771b7f717333b5ba913458b73d5b92cd", support::layergroup(&private, master)),
        ("3c6dbf492e01797fd0d3dcea13607642", support::layergroup(&two, "default_public")),
        ("ce6d82a5e6bff32bd7f6a7f01af9d998", support::layergroup(&silent, "default_public")),
        ("1b5bedce33cb6ae8dc8d186f465cd5dd", support::layergroup(&vector, "default_public")),
    ]);
    for (recorded, case) in [
        ("6273c9fae18e552642a686d605043972", "map-08-post-two-layers-dataviews"),
        ("f8263e12e9b78100b1bacd4110b006c0", "map-09-post-two-layers-with-filters"),
        ("1db5fe1fad60096a8bbb779e024cc834", "map-12-post-aggregation"),
        ("c04664c291fb8209f1ff35845a0388f2", "map-11-post-timeseries-filter"),
    ] {
        let text = fs::read_to_string(support::wire().join(case).with_extension("json")).unwrap();
        let recording: Value = serde_json::from_str(&text).unwrap();
        let answer = replay(&recording, &HashMap::new());
        maps.insert(recorded, answer.json()["layergroupid"].as_str().expect("a map").to_owned());
    }
    maps
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub fn replay(recording: &Value, maps: &HashMap<&str, String>) -> support::Answer {
    let request = &recording["request"];
    let mut path = request["path"].as_str().unwrap().to_owned();
    for (recorded, ours) in maps {
        if let Some(at) = path.find(recorded) {
            let end = path[at..].find('/').map_or(path.len(), |end| at + end);
            path.replace_range(at..end, ours);
        }
    }
    let query: Vec<String> = request["query"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={}", encode(text)),
            other => format!("{name}={}", encode(&other.to_string())),
        })
        .collect();
    let headers: Vec<(String, String)> = request["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let body = match &request["body"] {
        // The recording only describes this one.
        Value::String(text) if text.starts_with("(map-01 body") => {
            support::map_over(&format!("SELECT '{}'", "x".repeat(110_000))).to_string()
        }
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    };
    send(request["method"].as_str().unwrap(), &format!("{path}?{}", query.join("&")), &headers, body.into_bytes())
}

#[test]
fn recorded_requests_get_the_recorded_answers() {
    let maps = maps();
    let mut failures = Vec::new();
    let mut seen = Vec::new();
    let mut replayed = 0;
    let mut files: Vec<_> = fs::read_dir(support::wire()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let name_of = |file: &PathBuf| file.file_stem().unwrap().to_string_lossy().into_owned();
    // Some statements write, and then maps that were made before are of an older version.
    files.sort_by_key(|file| (name_of(file).starts_with("sql-"), file.clone()));
    for file in files {
        let name = name_of(&file);
        let is_json = file.extension().is_some_and(|extension| extension == "json");
        if !is_json || !FAMILIES.iter().any(|family| name.starts_with(family)) {
            continue;
        }
        seen.push(name.clone());
        if LEFT_OUT.iter().any(|(case, _)| *case == name) {
            continue;
        }
        let recording: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let answer = replay(&recording, &maps);
        let found = differences(&answer, &recording["response"]);
        replayed += 1;
        if !found.is_empty() {
            failures.push(format!("{name}:\n    {}", found.join("\n    ")));
        }
    }
    for (case, _) in LEFT_OUT {
        assert!(seen.iter().any(|name| name == case), "{case} is left out, but there is no such recording");
    }
    println!("{replayed} of {} recordings replayed", seen.len());
    assert!(replayed > 130, "only {replayed} recordings were found");
    assert!(failures.is_empty(), "{} recordings differ:\n{}", failures.len(), failures.join("\n"));
}
