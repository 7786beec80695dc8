//! The recordings of the real servers (tests/wire) through the client's parsers.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail")]

use carto::error::{CartoError, codes};
use carto::maps::failure::{Failure, RequestKind};
use carto::maps::grid::Grid;
use carto::maps::{dataviews, tiles::TileSource};
use carto::refusal::Credentials;
use carto::settings::Settings;
use maps_api::config::MapConfig;
use maps_api::instance::MapInstance;
use maps_api::json::Value;
use std::fs;
use std::path::Path;

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn recording(name: &str) -> Value {
    read(&Path::new("../../tests/wire").join(format!("{name}.json")))
}

fn recordings(prefix: &str) -> Vec<(String, Value)> {
    let mut names: Vec<String> = fs::read_dir("../../tests/wire")
        .expect("tests/wire is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".json").map(str::to_owned))
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), recording(&name))).collect()
}

fn status(exchange: &Value) -> u16 {
    exchange.at(&["response", "status"]).and_then(Value::as_f64).unwrap_or_default() as u16
}

fn body(exchange: &Value) -> Value {
    exchange.at(&["response", "body"]).cloned().unwrap_or_default()
}

fn error(exchange: &Value, request: RequestKind, api_key: &str) -> CartoError {
    let failure = Failure::Server(status(exchange), body(exchange));
    let raw = failure.errors(request, Credentials { api_key, username: "demo" }).into_iter().next();
    CartoError::new(raw.expect("a failure has an error"))
}

#[test]
fn every_recorded_map_is_read() {
    let mut maps = 0;
    for (name, exchange) in recordings("map-") {
        if status(&exchange) != 200 || !matches!(body(&exchange), Value::Object(_)) {
            continue;
        }
        let instance = MapInstance::from_value(&body(&exchange)).unwrap_or_else(|| panic!("{name} was not read"));
        let layers = body(&exchange).at(&["metadata", "layers"]).map_or(0, |layers| layers.items().len());
        assert_eq!(instance.layers.len(), layers, "{name}");
        assert!(instance.layergroupid.contains(':'), "{name}: {}", instance.layergroupid);
        for (id, urls) in &instance.dataviews {
            assert!(urls.http.as_ref().is_some_and(|url| url.ends_with(id)), "{name}: {id} {urls:?}");
        }
        let nodes = &instance.nodes;
        assert!(nodes.iter().all(|(_, node)| node.status == "ready"), "{name}: {nodes:?}");
        maps += 1;
    }
    assert!(maps >= 15, "only {maps} maps were read");
}

#[test]
fn what_the_original_client_sent_is_what_we_send() {
    let mut requests = 0;
    for (name, session) in recordings("browser-") {
        for exchange in session.get("exchanges").map(Value::items).unwrap_or_default() {
            let config = exchange.at(&["request", "query", "config"]).and_then(Value::as_str);
            let Some(config) = config.and_then(|text| serde_json::from_str::<Value>(text).ok()) else { continue };
            assert_eq!(MapConfig::from_value(&config).to_value(), config, "{name}");
            requests += 1;
        }
    }
    assert!(requests >= 4, "only {requests} map requests were compared");
}

#[test]
fn tile_addresses_are_those_of_the_recorded_answer() {
    let answer = body(&recording("map-01-post-one-layer"));
    let instance = MapInstance::from_value(&answer).expect("the map is read");
    let (username, api_key) = ("demo".to_owned(), "default_public".to_owned());
    let settings = Settings { api_key, username, base: "https://localhost:18182/user/demo".to_owned() };
    let tiles = TileSource::new(&instance, &settings);
    let recorded = answer.at(&["metadata", "url", "raster", "urlTemplate"]).and_then(Value::as_str);
    let ours = tiles.tiles(&[0]).expect("one layer is shown").replace("/0/{z}", "/{z}");
    assert_eq!(Some(ours.as_str()), recorded);
    assert_eq!(tiles.subdomains, ["a", "b", "c"]);
}

#[test]
fn refusals_of_key_and_user_explain_themselves() {
    let cases = [
        ("map-err-01-unknown-api-key", "5up3rs3cr3t", 401, "unknown-key", "windshaft:auth:unknown-error"),
        ("map-err-02-malformed-api-key", "not a key!", 401, "malformed-key", "windshaft:auth:unknown-error"),
        ("map-err-04-unknown-user", "5up3rs3cr3t", 401, "unknown-key", "windshaft:auth:unknown-error"),
        ("map-err-04b-unknown-user-without-key", "k", 404, "unknown-user", "windshaft:unknown:unknown-error"),
        (
            "map-err-05-forbidden-table-default-public",
            "default_public",
            403,
            "dataset-not-granted",
            "windshaft:analysis:analysis-requires-authentication",
        ),
        (
            "map-err-05b-forbidden-table-inline-sql",
            "k",
            403,
            "dataset-not-granted",
            "windshaft:layer:generic-layer-error",
        ),
        ("map-err-07-key-without-maps-grant", "k", 403, "api-not-granted", "windshaft:auth:forbidden"),
    ];
    for (name, key, status, reason, code) in cases {
        let error = error(&recording(name), RequestKind::Map, key);
        let refusal = error.refusal.as_ref().unwrap_or_else(|| panic!("{name} has no hint"));
        let found = (error.status, refusal.reason, error.error_code.as_str(), refusal.forbidden);
        assert_eq!(found, (Some(status), reason, code, true), "{name}");
        assert!(!refusal.hint.contains(key) || key == "k", "{name} repeats the key: {}", refusal.hint);
    }
    let dataview = error(&recording("dv-err-19-private-map-without-key"), RequestKind::Dataview, "k");
    assert_eq!(dataview.error_code, "windshaft:dataview:permission-denied");
    assert_eq!(dataview.refusal.as_ref().and_then(|refusal| refusal.dataset.as_deref()), Some("private_places"));
}

/// Every recorded refusal of the Maps API: its reason, and the dataset where the server names one.
const REFUSALS: &[(&str, &str, Option<&str>)] = &[
    ("attributes-err-01-unknown-feature", "not-found", None),
    ("attributes-err-04-private-without-key", "dataset-not-granted", Some("private_places")),
    ("attributes-err-05-not-a-number", "invalid-query", None),
    ("attributes-limit-01-over-rate-limit", "rate-limited", None),
    ("dv-err-02-formula-unknown-column", "invalid-query", None),
    ("dv-err-03-category-unknown-column", "invalid-query", None),
    ("dv-err-04-histogram-unknown-column", "invalid-query", None),
    ("dv-err-06-histogram-of-text", "invalid-query", None),
    ("dv-err-17-unknown-api-key", "unknown-key", None),
    ("dv-err-18-key-without-maps-grant", "api-not-granted", None),
    ("dv-err-19-private-map-without-key", "dataset-not-granted", Some("private_places")),
    ("dv-limit-01-statement-timeout", "over-limit", None),
    ("map-err-01-unknown-api-key", "unknown-key", None),
    ("map-err-02-malformed-api-key", "unknown-key", None),
    ("map-err-04-unknown-user", "unknown-key", None),
    ("map-err-04b-unknown-user-without-key", "unknown-user", None),
    ("map-err-05-forbidden-table-default-public", "dataset-not-granted", None),
    ("map-err-05b-forbidden-table-inline-sql", "dataset-not-granted", Some("private_places")),
    ("map-err-06-forbidden-table-regular-key", "dataset-not-granted", None),
    ("map-err-07-key-without-maps-grant", "api-not-granted", None),
    ("map-err-09-basic-auth-unknown-key", "unknown-key", None),
    ("map-err-11-missing-table", "dataset-not-found", Some("no_such_table")),
    ("map-err-12-missing-column-in-sql", "invalid-query", None),
    ("map-err-20-attributes-unknown-column", "invalid-query", None),
    ("map-limit-02-over-rate-limit", "rate-limited", None),
    ("map-limit-03-render-timeout", "over-limit", None),
    ("misc-02-unknown-route", "not-json", None),
    ("misc-03-named-map-unknown", "not-found", None),
    ("tile-err-10-unknown-api-key", "unknown-key", None),
    ("tile-err-11-key-without-maps-grant", "api-not-granted", None),
    ("tile-err-12-private-map-without-key-png", "dataset-not-granted", Some("private_places")),
    ("tile-err-13-private-map-without-key-mvt", "dataset-not-granted", Some("private_places")),
    ("tile-err-14-private-map-without-key-grid", "dataset-not-granted", Some("private_places")),
    ("tile-err-15-private-map-default-public", "dataset-not-granted", Some("private_places")),
    ("tile-limit-02-over-rate-limit-png", "rate-limited", None),
    ("tile-limit-03-over-rate-limit-mvt", "not-json", None),
    ("tile-limit-04-render-timeout-png", "over-limit", None),
    ("tile-limit-05-statement-timeout-mvt", "not-json", None),
];

#[test]
fn every_recorded_refusal_has_a_reason_and_a_hint() {
    let mut found = Vec::new();
    for (name, exchange) in recordings("") {
        let is_maps = !name.starts_with("sql-") && !name.starts_with("auth-");
        let status = exchange.at(&["response", "status"]).and_then(Value::as_f64).unwrap_or_default() as u16;
        if !is_maps || !matches!(status, 401..=404 | 429) {
            continue;
        }
        let is_json = exchange.at(&["response", "body_encoding"]).and_then(Value::as_str) == Some("json");
        let failure =
            if is_json { Failure::Server(status, body(&exchange)) } else { Failure::NotJson(status, String::new()) };
        let credentials = Credentials { api_key: "5up3rs3cr3t", username: "demo" };
        let raw = failure.errors(RequestKind::Map, credentials).into_iter().next().unwrap_or_default();
        let refusal = raw.refusal.unwrap_or_else(|| panic!("{name} has no reason"));
        assert!(refusal.hint.len() > 20 && !refusal.hint.contains('{'), "{name}: {}", refusal.hint);
        assert_eq!(refusal.forbidden, matches!(status, 401 | 403) || refusal.reason == "unknown-user", "{name}");
        found.push((name, refusal.reason, refusal.dataset));
    }
    let found: Vec<_> =
        found.iter().map(|(name, reason, dataset)| (name.as_str(), *reason, dataset.as_deref())).collect();
    assert_eq!(found, REFUSALS);
}

#[test]
fn mistakes_of_the_page_are_no_refusals() {
    let mut mistakes = 0;
    for prefix in ["map-err-", "dv-err-"] {
        let request = if prefix == "dv-err-" { RequestKind::Dataview } else { RequestKind::Map };
        for (name, exchange) in recordings(prefix).into_iter().filter(|(_, exchange)| status(exchange) >= 400) {
            let error = error(&exchange, request, "default_public");
            assert_eq!(error.status, Some(status(&exchange)), "{name}");
            assert!(!error.message.is_empty(), "{name} has no message");
            let first = body(&exchange).get("errors").and_then(|errors| errors.items().first().cloned());
            let text = first.as_ref().and_then(Value::as_str).unwrap_or_default();
            let denied = ["Unauthorized", "Forbidden"].contains(&text) || text.contains("permission denied");
            let denied = denied || text.contains("redis");
            assert_eq!(error.refusal.as_ref().is_some_and(|refusal| refusal.forbidden), denied, "{name}: {text}");
            mistakes += usize::from(!denied);
        }
    }
    assert!(mistakes >= 35, "only {mistakes} were looked at");
}

#[test]
fn limits_say_whether_waiting_helps() {
    let reason = |name| error(&recording(name), RequestKind::Map, "k").refusal.as_ref().map(|refusal| refusal.reason);
    assert_eq!(reason("map-limit-02-over-rate-limit"), Some("rate-limited"));
    assert_eq!(reason("map-limit-03-render-timeout"), Some("over-limit"));
}

#[test]
fn what_pages_saw_of_dataviews_is_what_they_see() {
    let session = recording("browser-01-plain");
    let seen = session.at(&["result_seen_by_the_page", "res"]).cloned().unwrap_or_default();
    let answers: Vec<Value> = session
        .get("exchanges")
        .map(Value::items)
        .unwrap_or_default()
        .iter()
        .filter(|exchange| exchange.at(&["request", "query", "bbox"]).is_some())
        .map(body)
        .collect();
    let with = |mut data: Value, operation: &Value| {
        data.push("operation", operation.clone());
        data
    };
    for (kind, key, parse) in
        [("formula", "f", dataviews::formula as fn(&Value) -> Value), ("aggregation", "c", dataviews::category)]
    {
        let seen = seen.get(key).expect("the page saw it");
        let same = |answer: &Value| {
            let ours = with(parse(answer), seen.get("operation").unwrap_or(&Value::Null));
            let members = |value: &Value| value.members().to_vec();
            let mine = members(&ours);
            members(seen).iter().all(|member| mine.contains(member)) && mine.len() == members(seen).len()
        };
        let of_kind = |answer: &&Value| answer.get("type").and_then(Value::as_str) == Some(kind);
        assert!(answers.iter().filter(of_kind).any(same), "{kind}: no answer reads as the page saw it: {seen:?}");
    }
}

#[test]
fn recorded_grids_lead_to_features() {
    let answer = body(&recording("tile-grid-layer-0"));
    let grid = Grid::from_value(answer.clone());
    let cells = (0..64).flat_map(|row| (0..64).map(move |column| (column, row)));
    let mut hit = 0;
    for (column, row) in cells {
        if let Some(feature) = grid.feature(column, row) {
            assert!(feature.get("cartodb_id").is_some(), "{feature:?}");
            hit += 1;
        }
    }
    // Every cell that is not blank in the recording belongs to a feature.
    let rows = answer.get("grid").map(Value::strings).unwrap_or_default();
    let inked = rows.iter().flat_map(|row| row.chars()).filter(|cell| *cell != ' ').count();
    assert_eq!(hit, inked);
    assert!(hit > 100, "only {hit} cells");
}

#[test]
fn every_code_of_the_table_is_one_of_cartojs() {
    let spec = read(Path::new("../../tests/vectors/carto-js-v4-errors.json"));
    let groups = spec.get("groups").map(Value::items).unwrap_or_default();
    let mut checked = 0;
    for group in groups {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (origin, kind) = (text(group, "origin"), text(group, "type"));
        if !codes::TABLE.iter().any(|ours| ours.origin == origin && ours.kind == kind) {
            continue;
        }
        for entry in group.get("entries").map(Value::items).unwrap_or_default() {
            let pattern = entry.at(&["when", "text"]).and_then(Value::as_str).unwrap_or("anything");
            let raw = pattern.replace("<0>", "x").replace("<1>", "y");
            let (code, message) = codes::look_up(&origin, &kind, &raw);
            // Classes that do not exist yet have not brought their codes along.
            if code == "unknown-error" {
                continue;
            }
            assert_eq!(code, text(entry, "code"), "{origin}:{kind} {raw}");
            let friendly = entry.get("message").and_then(Value::as_str);
            let friendly = friendly.map(|text| text.replace("$0", "x").replace("$1", "y")).unwrap_or(raw);
            assert_eq!(message, friendly);
            checked += 1;
        }
    }
    // CARTO.js speaks neither to the SQL API nor to the Auth API.
    let groups = codes::TABLE.iter().filter(|group| !matches!(group.kind, "sql" | "auth"));
    let ours: usize = groups.map(|group| group.codes.lines().filter(|line| !line.is_empty()).count()).sum();
    assert!(checked >= ours, "{checked} of {ours} entries were checked");
}
