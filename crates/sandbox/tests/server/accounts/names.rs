//! Names and texts of every kind: they break nothing, and nobody hears that the server failed.

use crate::sql_api::statements::{MASTER, query_as};
use crate::support::{
    Answer, assert_whole, fresh_user, get, instantiate, layergroup, map_over, runtime, sandbox, send,
};
use carto_sandbox::accounts::users;
use serde_json::{Value, json};

/// What somebody might call a table.
fn odd_names() -> Vec<String> {
    let plain = [
        "$role$",
        "$1",
        "$$",
        "it's",
        "a\"b",
        "100%",
        "%s",
        "%I",
        "{}",
        "{0}",
        "a;b",
        "a--b",
        "/*a",
        "\\",
        "\\'",
        " a ",
        "UPPER",
        "select",
        "user",
        "ünï cödé",
        "数据",
        "a.b",
        "\"",
        "'",
        "\n",
        "\u{1}",
        "!bbox!",
        "e'",
        "?",
    ];
    let mut names: Vec<String> = plain.map(str::to_owned).to_vec();
    names.push("x".repeat(63));
    names.push(format!("{}\"", "é".repeat(31)));
    names
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn path(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn json_headers() -> [(String, String); 1] {
    [("content-type".to_owned(), "application/json".to_owned())]
}

#[test]
fn tables_and_keys_may_be_called_anything() {
    let database = &sandbox().database;
    let master = runtime().block_on(async {
        let (account, master) = fresh_user(database, "oddly").await;
        for name in odd_names() {
            let table = format!("oddly.{}", quoted(&name));
            let sql = format!(
                "CREATE TABLE {table} (cartodb_id serial PRIMARY KEY); INSERT INTO {table} DEFAULT VALUES;
                 ALTER TABLE {table} OWNER TO {}",
                quoted(&account.role)
            );
            database.admin(&sql).await.unwrap();
        }
        master
    });
    let call = |method: &str, tail: &str, key: &str, body: &str| {
        let uri = format!("/user/oddly/api/v3/api_keys{tail}?api_key={key}");
        send(method, &uri, &json_headers(), body.as_bytes().to_vec())
    };
    for name in odd_names() {
        // The key is called as the table, and may see this one only.
        let grants = json!([
            {"type": "apis", "apis": ["sql"]},
            {"type": "database", "tables": [{"schema": "oddly", "name": name, "permissions": ["select", "insert"]}]}
        ]);
        let made = call("POST", "", &master, &json!({"name": name, "grants": grants}).to_string());
        if name.trim().is_empty() || name.contains('/') {
            assert_eq!(made.status, 422, "{name:?}");
            continue;
        }
        assert_eq!(made.status, 201, "{name:?}: {}", made.text());
        let token = made.json()["token"].as_str().unwrap().to_owned();
        let shown = call("GET", &format!("/{}", path(&name)), &token, "");
        assert_eq!(shown.json()["grants"][1]["tables"][0]["name"], *name, "{}", shown.text());
        let run = |sql: &str, key: &str| query_as("oddly", sql, key, "").status;
        let (read, write) =
            (format!("SELECT * FROM {}", quoted(&name)), format!("INSERT INTO {} DEFAULT VALUES", quoted(&name)));
        assert_eq!((run(&read, &token), run(&write, &token)), (200, 200), "{name:?}");
        assert_eq!(run("SELECT * FROM \"100%\"", &token) == 200, name == "100%", "{name:?}");
        assert_eq!(call("POST", &format!("/{}/token/regenerate", path(&name)), &master, "").status, 200, "{name:?}");
        assert_eq!(run(&read, &token), 401, "{name:?}");
        assert_eq!(call("DELETE", &format!("/{}", path(&name)), &master, "").status, 204, "{name:?}");
    }
    // Nobody's browser would find these again.
    for name in [".", "..", "a/b", "\0", "a\0"] {
        let grants = json!([{"type": "apis", "apis": []}]);
        let made = call("POST", "", &master, &json!({"name": name, "grants": grants}).to_string());
        assert_eq!((made.status, made.json()["errors"].as_str()), (422, Some("Validation failed: Name is invalid")));
    }
    runtime().block_on(users::delete(database, "oddly")).unwrap();
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A map with a text at every place that a text may have.
fn map_with(text: &str) -> Vec<Value> {
    let plain = map_over("SELECT * FROM populated_places");
    let mut maps = Vec::new();
    let mut with = |change: &dyn Fn(&mut Value)| {
        let mut map = plain.clone();
        change(&mut map);
        maps.push(map);
    };
    with(&|map| map["analyses"][0]["params"]["query"] = format!("SELECT * FROM populated_places -- {text}").into());
    with(&|map| map["analyses"][0]["params"]["query"] = format!("SELECT '{text}' AS a").into());
    with(&|map| map["analyses"][0]["params"]["query"] = text.into());
    with(&|map| map["analyses"][0]["id"] = text.into());
    with(&|map| map["layers"][0]["id"] = text.into());
    with(&|map| map["layers"][0]["options"]["interactivity"] = json!([text]));
    with(&|map| map["layers"][0]["options"]["attributes"] = json!({"id": text, "columns": [text]}));
    with(&|map| {
        map["layers"][0]["options"]["aggregation"] =
            json!({"columns": {text: {"aggregate_function": "sum", "aggregated_column": text}}, "threshold": 1});
    });
    with(&|map| map["layers"][0]["options"]["cartocss"] = format!("#l[name=\"{text}\"] {{ marker-width: 8; }}").into());
    with(&|map| {
        map["layers"][0]["options"]["cartocss"] = format!("#l {{ marker-width: ramp([{text}], (1, 9)); }}").into()
    });
    with(&|map| map["layers"][0]["options"]["cartocss"] = format!("#l {{ text-name: [{text}]; }}").into());
    with(&|map| {
        map["layers"][0] = json!({"type": "mapnik", "options": {
            "sql": format!("SELECT * FROM \"{text}\""), "cartocss": "#l { marker-width: 1; }", "geom_column": text
        }});
    });
    for kind in ["formula", "aggregation", "histogram"] {
        with(&|map| {
            map["dataviews"]["n"] = json!({"type": kind, "source": {"id": "S1"}, "options": {
                "column": text, "operation": "sum", "aggregation": "sum", "aggregationColumn": text, "bins": 3
            }});
        });
    }
    with(&|map| {
        map["dataviews"] =
            json!({text: {"type": "formula", "source": {"id": "S1"}, "options": {"column": "pop", "operation": "sum"}}})
    });
    maps
}

fn is_no_failure(what: &str, answer: &Answer) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text());
}

#[test]
fn zero_bytes_are_wrong_requests() {
    // SQL.
    for (sql, status) in [("SELECT 1 AS a -- \0", 400), ("SELECT '\0' AS a", 400), ("\0", 400)] {
        for key in ["default_public", MASTER] {
            let answer = query_as("demo", sql, key, "");
            assert_eq!(answer.status, status, "{sql:?}: {}", answer.text());
        }
    }
    for (more, expected) in [
        ("&order_by=%00", 400),
        ("&order_by=cartodb_id&sort_order=%00", 400),
        ("&skipfields=%00", 200),
        ("&filename=%00", 200),
        ("&format=%00", 400),
        ("&rows_per_page=%00", 400),
        ("&dp=%00", 400),
    ] {
        let answer = query_as("demo", "SELECT cartodb_id FROM populated_places LIMIT 1", "default_public", more);
        is_no_failure(more, &answer);
        assert!(answer.status == expected || answer.status == 400 || answer.status == 200, "{more}: {}", answer.text());
    }
    // Maps, and what hangs off those that there are.
    for text in ["\0", "a\0b", "\u{fffe}", "\u{feff}", "\u{10ffff}"] {
        for map in map_with(text) {
            let answer = instantiate(&map, "default_public");
            is_no_failure(&map.to_string(), &answer);
            let made = answer.json()["layergroupid"].as_str().map(str::to_owned);
            let Some(id) = made else {
                assert!([400, 403, 404].contains(&answer.status), "{map}: {}", answer.text());
                continue;
            };
            if text != "a\0b" {
                continue;
            }
            for tail in [
                "0/0/0/0.png".to_owned(),
                "0/0/0/0.grid.json".to_owned(),
                "0/0/0/0.mvt".to_owned(),
                "dataview/n".to_owned(),
                "0/attributes/1".to_owned(),
                format!("dataview/{}", path(text)),
            ] {
                is_no_failure(&format!("{map} {tail}"), &get(&format!("/user/demo/api/v1/map/{id}/{tail}")));
            }
        }
    }
    let mut map = map_over("SELECT * FROM populated_places");
    map["dataviews"]["c"] =
        json!({"type": "aggregation", "source": {"id": "S1"}, "options": {"column": "name", "aggregation": "count"}});
    map["dataviews"]["h"] =
        json!({"type": "histogram", "source": {"id": "S1"}, "options": {"column": "pop", "bins": 3}});
    let id = layergroup(&map, "default_public");
    for tail in [
        "dataview/c/search?q=a%00b",
        "dataview/c?categories=%00",
        "dataview/c?bbox=%00",
        "dataview/c?circle=%00",
        "dataview/c?polygon=%00",
        "dataview/c?own_filter=%00",
        "dataview/h?bins=%00",
        "dataview/h?start=%00&end=%00",
        "dataview/h?aggregation=%00",
        "dataview/h?offset=%00",
        "dataview/c%00",
        "%00/0/0/0.png",
        "0/%00/0/0.png",
        "0/0/0/%00.png",
        "0/attributes/%00",
        "0/0/cluster/%00",
        "0/0/cluster/1?aggregation=%00",
        "analysis/node/%00",
    ] {
        is_no_failure(tail, &get(&format!("/user/demo/api/v1/map/{id}/{tail}")));
    }
    assert_eq!(get(&format!("/user/demo/api/v1/map/{id}/dataview/c/search?q=a%00b")).status, 400);
    for filter in [
        json!({"dataviews": {"c": {"accept": ["a\0b"]}}}),
        json!({"dataviews": {"c": {"reject": ["\0"]}}}),
        json!({"dataviews": {"h": {"min": "\0", "max": "\0"}}}),
        json!({"dataviews": {"\0": {"accept": ["\0"]}}}),
        json!({"layers": [{"range": "\0"}], "analyses": {"S1": [{"type": "category", "column": "\0", "params": {"accept": ["\0"]}}]}}),
    ] {
        let uri = format!("/user/demo/api/v1/map?filters={}", encoded(&filter.to_string()));
        let answer = send("POST", &uri, &json_headers(), map.to_string().into_bytes());
        is_no_failure(&filter.to_string(), &answer);
        let Some(id) = answer.json()["layergroupid"].as_str().map(str::to_owned) else { continue };
        for tail in ["dataview/c?own_filter=1", "dataview/h?own_filter=1", "dataview/n"] {
            is_no_failure(&format!("{filter} {tail}"), &get(&format!("/user/demo/api/v1/map/{id}/{tail}")));
        }
    }
    // Users and keys.
    for uri in [
        "/user/de%00mo/api/v1/map?config=%7B%7D",
        "/user/%00/api/v2/sql?q=SELECT%201",
        "/user/demo/api/v2/sql?q=SELECT%201&api_key=%00",
        "/user/demo/api/v1/map/%00:0/0/0/0.png",
        "/user/demo/api/v1/map/static/center/%00/0/0/0/9/9.png",
        "/user/%00/api/v3/api_keys?api_key=x",
        "/user/demo/api/v3/api_keys?api_key=%00",
        "/user/%00/api/v4/datasets?api_key=x",
        "/user/%FF%FE/api/v2/sql?q=SELECT%201",
        "/user/demo/api/v2/sql?q=%FF",
        "/user/demo/api/v1/map?config=%FF",
    ] {
        let answer = get(uri);
        assert!((400..500).contains(&answer.status), "{uri}: {} {}", answer.status, answer.text());
    }
    for (tail, status) in [("/a%00b?", 400), ("?type=%00&", 400), ("?order=%00&", 400), ("?page=%00&", 400)] {
        let answer = get(&format!("/user/demo/api/v3/api_keys{tail}api_key={MASTER}"));
        assert_eq!(answer.status, status, "{tail}: {}", answer.text());
    }
    let delete = send("DELETE", &format!("/user/demo/api/v3/api_keys/a%00b?api_key={MASTER}"), &[], Vec::new());
    assert_eq!(delete.status, 400, "{}", delete.text());
    let table = json!({"schema": "public", "name": "\0", "permissions": ["select"]});
    for body in [
        json!({"name": "n", "grants": [{"type": "apis", "apis": ["sql"]}, {"type": "database", "tables": [table]}]}).to_string(),
        json!({"name": "n", "grants": [{"type": "apis", "apis": ["sql"]}, {"type": "data-observatory", "datasets": ["\0"]}]}).to_string(),
        r#"{"name": "\ud800", "grants": []}"#.to_owned(),
        r#"{"name": "n", "grants": [{"type": "apis", "apis": ["\udc00"]}]}"#.to_owned(),
    ] {
        let uri = format!("/user/demo/api/v3/api_keys?api_key={MASTER}");
        let answer = send("POST", &uri, &json_headers(), body.clone().into_bytes());
        assert!((400..500).contains(&answer.status), "{body}: {} {}", answer.status, answer.text());
    }
    // Halves of characters, and bytes that are none.
    for (uri, kind, body) in [
        ("/user/demo/api/v2/sql", "application/json", br#"{"q": "SELECT '\ud800' AS a"}"#.to_vec()),
        ("/user/demo/api/v2/sql", "application/json", b"{\"q\": \"SELECT '\xff' AS a\"}".to_vec()),
        ("/user/demo/api/v1/map", "application/json", br#"{"layers": [], "name": "\udfff"}"#.to_vec()),
        ("/user/demo/api/v1/map", "application/json", b"{\"layers\": [], \"name\": \"\xc3\x28\"}".to_vec()),
    ] {
        let answer = send("POST", uri, &[("content-type".to_owned(), kind.to_owned())], body);
        assert_eq!(answer.status, 400, "{uri}: {}", answer.text());
    }
    assert_whole();
}

/// What the server puts around the SQL of a layer may be too much for it, too.
#[test]
fn queries_that_are_just_short_enough_are_no_failure() {
    for times in [3_900, 3_960, 3_975, 3_985, 3_992] {
        let mut map = map_over(&format!("SELECT *, {}1 AS x FROM populated_places", "1+".repeat(times)));
        map["layers"][0]["options"]["cartocss"] = "#l { marker-width: ramp([pop], (2, 9), quantiles); }".into();
        is_no_failure(&times.to_string(), &instantiate(&map, "default_public"));
    }
}
