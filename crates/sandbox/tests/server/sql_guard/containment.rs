//! Attempts to get out of the role of a key. Each is made twice where it can be: through the API, and straight at the
//! database, past the guard, for one fence must hold when the other has a hole.

use crate::render::vector;
use crate::support::{self, assert_whole, get, instantiate, layergroup, map_over, public_role, runtime, sandbox, wire};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use carto_sandbox::db::{Limits, QueryError};
use carto_sandbox::sql_guard::RunnableSql;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

/// Queries that a server without fences would run.
const ESCAPES: &[&str] = &[
    // Back to the session's own role.
    "SELECT set_config('role', 'postgres', false)",
    "SELECT pg_catalog.set_config('session_authorization', 'postgres', false)",
    "SELECT \"set_config\"('transaction_read_only', 'off', true)",
    "SELECT U&\"\\0073et_config\"('role', 'postgres', false)",
    "SELECT U&\"set!005fconfig\" UESCAPE '!' ('role', 'postgres', false)",
    "WITH x AS (SELECT set_config('role', 'postgres', false)) SELECT * FROM x",
    "SELECT * FROM populated_places ORDER BY (SELECT set_config('role', 'postgres', false))",
    "SELECT count(*) FILTER (WHERE set_config('role', 'postgres', false) = 'x') FROM populated_places",
    "UPDATE pg_settings SET setting = 'postgres' WHERE name = 'role'",
    "WITH x AS (UPDATE pg_settings SET setting = 'postgres' WHERE name = 'role' RETURNING 1) SELECT 1",
    "DO $$ BEGIN EXECUTE 'SET ROLE postgres'; END $$",
    "CREATE FUNCTION demo.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    // SQL given as text.
    "SELECT query_to_xml('SELECT set_config(''role'', ''postgres'', false)', true, true, '')",
    "SELECT query_to_xml_and_xmlschema('SELECT 1', true, true, '')",
    "SELECT table_to_xml('sandbox.api_keys', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT * FROM ts_stat('SELECT set_config(''role'', ''postgres'', false)::tsvector')",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')",
    "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t (a int)",
    "SELECT DropGeometryTable('cities')",
    "SELECT UpdateGeometrySRID('cities', 'the_geom', 3857)",
    "SELECT postgis_extensions_upgrade()",
    // Several statements.
    "SELECT 1; SELECT 2",
    "SELECT 1) AS x; DELETE FROM cities; --",
    "SELECT * FROM (SELECT 1) AS x; SET ROLE postgres",
    // Writing.
    "INSERT INTO cities (cartodb_id) VALUES (-1)",
    "WITH gone AS (DELETE FROM populated_places RETURNING *) SELECT * FROM gone",
    "SELECT * INTO stolen FROM populated_places",
    "CREATE TABLE t (a int)",
    "CREATE TEMP TABLE t (a int)",
    "SELECT * FROM populated_places FOR UPDATE",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_create(0)",
    "SELECT pg_notify('a', 'b')",
    // Files and programs.
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/x'",
    // What belongs to others.
    "SELECT * FROM private_places",
    "SELECT * FROM demo.private_places",
    "SELECT * FROM sandbox.api_keys",
    "SELECT * FROM sandbox.settings",
    "SELECT * FROM sandbox.layergroups",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_shadow",
    "SELECT * FROM pg_prepared_statements",
    // What holds up others.
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_cancel_backend(pg_backend_pid())",
    "SELECT pg_export_snapshot()",
];

fn limits() -> Limits {
    sandbox().limits
}

#[test]
fn nothing_gets_past_the_api() {
    for sql in ESCAPES {
        let config = map_over(sql);
        let answer = instantiate(&config, "default_public");
        assert!((400..500).contains(&answer.status), "{sql}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("layergroupid"), "{sql}: {}", answer.text());
        // The same as inline SQL, which takes another way.
        let inline =
            json!({"layers": [{"type": "mapnik", "options": {"sql": sql, "cartocss": "#l { marker-width: 1; }"}}]});
        let answer = instantiate(&inline, "default_public");
        assert!((400..500).contains(&answer.status), "{sql}: {} {}", answer.status, answer.text());
    }
    assert_whole();
}

#[test]
fn nothing_gets_past_the_database_either() {
    let role = public_role();
    for sql in ESCAPES {
        let result =
            runtime().block_on(sandbox().database.read(&role, RunnableSql::of_server(*sql), Vec::new(), limits()));
        // On a server the login has no rights to gain, and the end of the transaction takes back what was done.
        let is_harmless = !sandbox().database.is_embedded()
            && [
                "set_config",
                "pg_settings",
                "to_xml",
                "advisory",
                "backend",
                "snapshot",
                "ts_",
                "prepared",
                "notify",
                "lo_",
            ]
            .iter()
            .any(|part| sql.contains(part));
        assert!(matches!(result, Err(QueryError::Database(_))) || is_harmless, "{sql}: {result:?}");
    }
    let who = RunnableSql::of_server("SELECT current_user::text");
    let rows = runtime().block_on(sandbox().database.read(&role, who, Vec::new(), limits())).unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), role.name);
    assert_whole();
}

#[test]
fn names_and_values_in_a_map_are_no_sql() {
    let mut config = map_over("SELECT * FROM populated_places");
    let evil = "pop\") FROM populated_places; SET ROLE postgres; --";
    config["dataviews"] = json!({
        "f": {"type": "formula", "source": {"id": "S1"}, "options": {"column": evil, "operation": "sum"}},
        "c": {"type": "aggregation", "source": {"id": "S1"}, "options": {"column": evil, "aggregation": "sum", "aggregationColumn": evil}},
        "o": {"type": "formula", "source": {"id": "S1"}, "options": {"column": "pop", "operation": "sum(1)); SELECT (1"}}
    });
    let id = layergroup(&config, "default_public");
    for dataview in ["f", "c", "o"] {
        let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/{dataview}"));
        assert!((400..500).contains(&answer.status), "{dataview}: {}", answer.text());
    }
    config["layers"][0]["options"]["interactivity"] = json!([evil]);
    assert_eq!(instantiate(&config, "default_public").status, 400);
    // A quote in a filter is part of the value.
    let filter = r#"{"dataviews":{"c":{"accept":["'; SELECT 1; --"]}}}"#;
    config["layers"][0]["options"]["interactivity"] = json!(["name"]);
    config["dataviews"]["c"]["options"] = json!({"column": "country", "aggregation": "count"});
    let encoded: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    let uri = format!("/user/demo/api/v1/map?filters={encoded}");
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let answer = support::send("POST", &uri, &headers, config.to_string().into_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let id = answer.json()["layergroupid"].as_str().unwrap().to_owned();
    let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/c?own_filter=1"));
    assert_eq!(answer.json()["count"], 0, "{}", answer.text());
    for user in ["demo'--", "demo%00", "%22", "..", "demo;"] {
        assert_ne!(get(&format!("/user/{user}/api/v1/map?config=%7B%22layers%22%3A%5B%5D%7D")).status, 200, "{user}");
    }
    assert_eq!(get("/user/demo/api/v1/map?config=%7B%22layers%22%3A%5B%5D%7D&api_key=a%00b").status, 401);
    assert_whole();
}

#[test]
fn a_layergroup_carries_no_permission() {
    let master = "demo_master_key_0123456789abcdef01234567";
    let id = layergroup(&map_over("SELECT * FROM private_places"), master);
    let dataview = |key: &str| get(&format!("/user/demo/api/v1/map/{id}/dataview/n?api_key={key}"));
    assert_eq!(dataview(master).json()["result"], 500);
    for key in ["", "default_public", "places_regular_key_000000"] {
        let answer = dataview(key);
        assert_eq!((answer.status, answer.message().as_str()), (403, "permission denied for table private_places"));
        let tile = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.png?api_key={key}"));
        assert_eq!(tile.status, 403, "{}", tile.text());
    }
}

#[test]
fn queries_that_take_too_long_are_ended() {
    for sql in [
        "SELECT *, pg_sleep(60) FROM populated_places",
        "SELECT a.* FROM populated_places a, populated_places b, populated_places c, populated_places d",
        "WITH RECURSIVE r AS (SELECT 1 AS cartodb_id UNION ALL SELECT cartodb_id FROM r) SELECT p.* FROM populated_places p, r",
    ] {
        let id = layergroup(&map_over(sql), "default_public");
        let begin = Instant::now();
        let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/n"));
        let context = &answer.json()["errors_with_context"][0];
        assert_eq!(answer.status, 429, "{sql}: {}", answer.text());
        assert_eq!((context["type"].as_str(), context["subtype"].as_str()), (Some("limit"), Some("datasource")));
        assert!(begin.elapsed() < Duration::from_secs(55), "{sql}: {:?}", begin.elapsed());
    }
    // A tile says it in its own words.
    let id = layergroup(&map_over("SELECT *, pg_sleep(60) FROM populated_places"), "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.png"));
    let context = &answer.json()["errors_with_context"][0];
    assert_eq!((answer.status, context["subtype"].as_str()), (429, Some("render")), "{}", answer.text());
    // A vector tile draws it: as recorded, but for the version of its layers.
    let answer = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.mvt"));
    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (429, "application/x-protobuf"));
    let recorded = fs::read_to_string(wire().join("tile-limit-05-statement-timeout-mvt.json")).unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    let theirs = BASE64_STANDARD.decode(recorded["response"]["body"].as_str().unwrap()).unwrap();
    let layers = |tile: &[u8]| -> Vec<_> {
        vector::read(tile).unwrap().into_iter().map(|(name, _, extent, features)| (name, extent, features)).collect()
    };
    assert_eq!(layers(&answer.body), layers(&theirs));
    assert_whole();
}

#[test]
fn answers_that_are_too_large_are_ended() {
    let sql = "SELECT cartodb_id, the_geom_webmercator, repeat(name, 20000000) AS name FROM populated_places";
    let mut config = map_over(sql);
    config["dataviews"] = json!({"c": {"type": "aggregation", "source": {"id": "S1"}, "options": {"column": "name", "aggregation": "count"}}});
    let id = layergroup(&config, "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/c"));
    assert_ne!(answer.status, 200, "{} bytes", answer.body.len());
    assert_whole();
}

#[test]
fn deep_and_long_queries_break_nothing() {
    let chain = |part: &str, times: usize| format!("SELECT *, {}1 AS x FROM populated_places", part.repeat(times));
    for sql in [
        chain("1+", 3_900),
        chain("1+", 40_000),
        chain("- ", 3_900),
        chain("NOT ", 3_900),
        format!("SELECT {}1{}", "(".repeat(3_900), ")".repeat(3_900)),
        format!("SELECT {}1{}", "abs(".repeat(2_500), ")".repeat(2_500)),
        format!("{}SELECT 1{}", "SELECT * FROM (".repeat(1_500), ") AS x".repeat(1_500)),
        format!("{}SELECT 1", "SELECT 1 UNION ALL ".repeat(2_000)),
        format!("SELECT ARRAY{}1{}", "[".repeat(3_000), "]".repeat(3_000)),
    ] {
        let answer = instantiate(&map_over(&sql), "default_public");
        assert!(answer.status < 500, "{}…: {} {}", &sql[..40], answer.status, answer.text());
    }
    assert_whole();
}
