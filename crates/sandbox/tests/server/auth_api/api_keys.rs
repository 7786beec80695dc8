//! The Auth API: the exchanges of real servers, and what keys may do at the moment they may.

use crate::sql_api::statements::query_as;
use crate::support::{Answer, assert_whole, get, instantiate, map_over, runtime, sandbox, send, wire};
use carto_sandbox::auth_api::api_keys::{self, GivenKey};
use carto_sandbox::db::roles;
use serde_json::{Value, json};
use std::fs;

/// A user with a table, a private one, and nothing but the two fixed keys.
struct User {
    name: &'static str,
    master: String,
}

impl User {
    fn new(name: &'static str) -> User {
        let master = format!("master_of_{name}");
        let database = &sandbox().database;
        runtime().block_on(async {
            roles::create_user(database, name).await.unwrap();
            let key = |key: &'static str, kind, token: &'static str, tables| (key, kind, token, tables);
            let schema = format!("\"{name}\"");
            let owner = format!("\"{}\"", roles::user_role(database, name).await.unwrap());
            for table in ["populated_places", "shops"] {
                let sql = format!("CREATE TABLE IF NOT EXISTS {schema}.{table} (cartodb_id serial PRIMARY KEY, name text, the_geom geometry, the_geom_webmercator geometry); ALTER TABLE {schema}.{table} OWNER TO {owner}");
                database.admin(&sql).await.unwrap();
            }
            let fixed = [key("Master", "master", "", &[][..]), key("Default public", "default", "default_public", &["populated_places"][..])];
            for (key, kind, token, tables) in fixed {
                let token = if token.is_empty() { &master } else { token };
                api_keys::put(database, name, &GivenKey { name: key, kind, token, apis: &["sql", "maps"], tables }).await.unwrap();
            }
        });
        let user = User { name, master };
        let known = user.call("GET", "?per_page=1000&type=regular", &user.master, None).json();
        for key in known["result"].as_array().into_iter().flatten() {
            user.call("DELETE", &format!("/{}", encoded(key["name"].as_str().unwrap())), &user.master, None);
        }
        user
    }

    fn call(&self, method: &str, tail: &str, key: &str, body: Option<Value>) -> Answer {
        let separator = if tail.contains('?') { '&' } else { '?' };
        let uri = format!("/user/{}/api/v3/api_keys{tail}{separator}api_key={key}", self.name);
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        send(method, &uri, &headers, body.map(|body| body.to_string()).unwrap_or_default().into_bytes())
    }

    fn create(&self, name: &str, apis: &[&str], tables: Value) -> Answer {
        let grants = json!([{"type": "apis", "apis": apis}, {"type": "database", "tables": tables}]);
        self.call("POST", "", &self.master, Some(json!({"name": name, "grants": grants})))
    }

    fn token(&self, name: &str, apis: &[&str], tables: Value) -> String {
        let answer = self.create(name, apis, tables);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    fn sql(&self, sql: &str, key: &str) -> u16 {
        query_as(self.name, sql, key, "").status
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn grant(table: &str, permissions: &[&str]) -> Value {
    json!({"schema": "public", "name": table, "permissions": permissions})
}

/// What is not replayed, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("auth-09-regenerate-master", "the other key tests do it with a user of their own"),
    ("auth-err-10-quota", "needs 200 keys; has a test of its own"),
    ("auth-err-13-engine-disabled", "every user of the sandbox has the API"),
];

/// In the order in which one leads to the next.
const EXCHANGES: &[&str] = &[
    "auth-05-create",
    "auth-01-list",
    "auth-02-list-paged",
    "auth-03-list-by-type",
    "auth-04-list-with-regular-key",
    "auth-07-show",
    "auth-err-01-delete-master",
    "auth-err-02-not-found",
    "auth-err-03-show-other-key-with-regular-key",
    "auth-err-04-create-with-regular-key",
    "auth-err-05-no-credentials",
    "auth-err-06-grants-not-array",
    "auth-err-07-bad-permission",
    "auth-err-08-table-not-owned",
    "auth-err-09-name-taken",
    "auth-err-11-bad-order",
    "auth-err-12-bad-type",
    "auth-08-regenerate",
    "auth-10-delete",
    "auth-06-create-apis-only",
];

/// Without tokens, dates, hosts, and with the user's name for the schema.
fn normal(value: &Value, user: &str) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match name.as_str() {
                "token" | "created_at" | "updated_at" => (name.clone(), "…".into()),
                "schema" => (name.clone(), user.into()),
                _ => (name.clone(), normal(value, user)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| normal(item, user)).collect(),
        Value::String(text) if text.contains("://") => text.split("/api/").last().into(),
        Value::String(text) if text == "demo" => user.into(),
        Value::String(text) if text.contains(" ... ") => "…".into(),
        Value::String(text) if text.contains("The property") => "…".into(),
        other => other.clone(),
    }
}

#[test]
fn recorded_exchanges_come_out_alike() {
    let user = User::new("recorded");
    let mut regular = String::new();
    for case in EXCHANGES {
        let recording: Value =
            serde_json::from_str(&fs::read_to_string(wire().join(case).with_extension("json")).unwrap()).unwrap();
        let (request, response) = (&recording["request"], &recording["response"]);
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut query: Vec<String> = Vec::new();
        for (name, value) in request["headers"].as_object().unwrap() {
            if name == "Authorization" {
                use base64::Engine;
                let pair = base64::prelude::BASE64_STANDARD.encode(format!("{}:{}", user.name, user.master));
                headers.push((name.clone(), format!("Basic {pair}")));
            } else {
                headers.push((name.clone(), value.as_str().unwrap().to_owned()));
            }
        }
        for (name, value) in request["query"].as_object().unwrap() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let is_regular = name == "api_key" && text != "default_public";
            query.push(format!("{name}={}", encoded(if is_regular { &regular } else { &text })));
        }
        let uri = format!("/user/{}{}?{}", user.name, request["path"].as_str().unwrap(), query.join("&"));
        let body = if request["body"].is_null() { String::new() } else { request["body"].to_string() };
        let answer = send(request["method"].as_str().unwrap(), &uri, &headers, body.into_bytes());
        assert_eq!(u64::from(answer.status), response["status"].as_u64().unwrap(), "{case}: {}", answer.text());
        assert_eq!(normal(&answer.json(), user.name), normal(&response["body"], user.name), "{case}");
        assert_eq!(answer.body.is_empty(), response["body"].is_null(), "{case}");
        if answer.status == 422 || answer.status == 404 {
            assert!(answer.json()["errors"].is_string(), "{case}");
        }
        if let Some(token) = answer.json()["token"].as_str() {
            regular = token.to_owned();
        }
    }
    let names: Vec<String> = fs::read_dir(wire())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    for name in names.iter().filter(|name| name.starts_with("auth-")) {
        let is_known = EXCHANGES.contains(&name.as_str()) || LEFT_OUT.iter().any(|(case, _)| case == name);
        assert!(is_known, "{name} is neither replayed nor left out");
    }
}

#[test]
fn every_grant_allows_what_it_says_and_nothing_else() {
    let user = User::new("granted");
    let statements = [
        ("select", "SELECT * FROM shops"),
        ("insert", "INSERT INTO shops (name) VALUES ('x')"),
        ("update", "UPDATE shops SET name = 'y'"),
        ("delete", "DELETE FROM shops"),
    ];
    for (granted, _) in statements {
        let token = user.token(granted, &["sql"], json!([grant("shops", &[granted])]));
        for (permission, sql) in statements {
            let expected = if permission == granted { 200 } else { 403 };
            assert_eq!(user.sql(sql, &token), expected, "{granted}: {sql}");
        }
        assert_eq!(user.sql("SELECT * FROM populated_places", &token), 200, "what is public is everybody's");
        assert_eq!(user.sql("INSERT INTO populated_places (name) VALUES ('x')", &token), 403);
        assert_eq!(user.sql("CREATE TABLE made (a int)", &token), 403);
    }
    // The APIs.
    for (apis, maps, sql) in
        [(&["maps"][..], 200, 403), (&["sql"], 403, 200), (&[], 403, 403), (&["sql", "maps"], 200, 200)]
    {
        let token = user.token(&format!("apis {apis:?}"), apis, json!([grant("shops", &["select"])]));
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let map = send(
            "POST",
            &format!("/user/granted/api/v1/map?api_key={token}"),
            &headers,
            map_over("SELECT * FROM shops").to_string().into_bytes(),
        );
        assert_eq!(map.status, maps, "{apis:?}: {}", map.text());
        assert_eq!(user.sql("SELECT * FROM shops", &token), sql, "{apis:?}");
    }
    // The fixed keys.
    assert_eq!(user.sql("SELECT * FROM shops", "default_public"), 403);
    assert_eq!(user.sql("SELECT * FROM shops", &user.master), 200);
    // A schema.
    let grants = json!([{"type": "apis", "apis": ["sql"]}, {"type": "database", "schemas": [{"name": "granted", "permissions": ["create"]}]}]);
    let maker = user.call("POST", "", &user.master, Some(json!({"name": "maker", "grants": grants}))).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    user.sql("DROP TABLE IF EXISTS made", &user.master);
    assert_eq!(user.sql("CREATE TABLE made (a int)", &maker), 200);
    assert_eq!(user.sql("INSERT INTO made VALUES (1)", &maker), 200);
    assert_eq!(user.sql("SELECT * FROM made", &user.master), 200, "what a key makes is the user's too");
    assert_eq!(user.sql("SELECT * FROM made", "default_public"), 403);
    let shown = user.call("GET", "/maker", &maker, None).json();
    assert_eq!(shown["grants"][1]["tables"][0]["owner"], true, "{shown}");
    assert_eq!(user.call("DELETE", "/maker", &user.master, None).status, 204);
    assert_eq!(user.sql("INSERT INTO made VALUES (2)", &user.master), 200);
    user.sql("DROP TABLE made", &user.master);
    // Datasets.
    let list = |key: &str| get(&format!("/user/granted/api/v4/datasets?api_key={key}"));
    let plain = user.token("plain", &["sql"], json!([]));
    assert_eq!((list(&plain).status, list(&user.master).status, list("nope").status), (403, 200, 401));
    let grants = json!([{"type": "apis", "apis": []}, {"type": "database", "table_metadata": []}]);
    let lister = user.call("POST", "", &user.master, Some(json!({"name": "lister", "grants": grants}))).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let names: Vec<Value> =
        list(&lister).json()["result"].as_array().unwrap().iter().map(|d| json!([d["name"], d["privacy"]])).collect();
    assert_eq!(json!(names), json!([["populated_places", "public"], ["shops", "private"]]));
}

#[test]
fn tokens_stop_at_once() {
    let user = User::new("renewed");
    let old = user.token(
        "a key/of: \"nobody\"".replace('/', " ").as_str(),
        &["sql", "maps"],
        json!([grant("shops", &["select"])]),
    );
    let tail = format!("/{}", encoded("a key of: \"nobody\""));
    assert_eq!(user.sql("SELECT * FROM shops", &old), 200);
    let renewed = user.call("POST", &format!("{tail}/token/regenerate"), &user.master, None);
    let new = renewed.json()["token"].as_str().unwrap().to_owned();
    assert!(new != old && new.len() == 22, "{}", renewed.text());
    assert_eq!((user.sql("SELECT * FROM shops", &old), user.sql("SELECT * FROM shops", &new)), (401, 200));
    assert_eq!(
        user.call("POST", &format!("{tail}/token/regenerate"), &new, None).status,
        401,
        "only the master key renews"
    );
    assert_eq!(user.call("DELETE", &tail, &new, None).status, 401);
    assert_eq!(user.call("DELETE", &tail, &user.master, None).status, 204);
    assert_eq!(user.sql("SELECT * FROM shops", &new), 401);
    assert_eq!(user.call("DELETE", &tail, &user.master, None).status, 404);
    let sql =
        "SELECT count(*) FROM pg_roles, sandbox.users WHERE username = 'renewed' AND starts_with(rolname, role || '_')";
    let rows = runtime().block_on(sandbox().database.admin_query(sql, Vec::new())).unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 1, "the role of the public key is the only one left");
    // The master key.
    let renewed = user.call("POST", "/Master/token/regenerate", &user.master, None);
    let master = renewed.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(
        (user.call("GET", "", &user.master, None).status, user.call("GET", "", &master, None).status),
        (401, 200)
    );
    // Its form tells clients what it is.
    assert!(master.len() == 40 && master.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", renewed.text());
    let fixed = user.call("POST", &format!("/{}/token/regenerate", encoded("Default public")), &master, None);
    assert_eq!(fixed.status, 422, "{}", fixed.text());
    assert_whole();
}

#[test]
fn rules_are_told() {
    let user = User::new("ruled");
    let text = |answer: Answer| (answer.status, answer.json()["errors"].as_str().unwrap_or_default().to_owned());
    let invalid = |name: &str, tables: Value| text(user.create(name, &["sql"], tables));
    let failed = |what: &str| (422, format!("Validation failed: {what}"));
    assert_eq!(invalid("", json!([])), failed("Name can't be blank"));
    assert_eq!(invalid("Master", json!([])), failed("Name api_key name cannot be Master nor Default public"));
    assert_eq!(invalid("a/b", json!([])), failed("Name is invalid"));
    assert_eq!(invalid(&"x".repeat(256), json!([])), failed("Name is too long (maximum is 255 characters)"));
    for table in ["nothing", "Shops", "shops\"; DROP TABLE shops; --"] {
        assert_eq!(
            invalid("k", json!([grant(table, &["select"])])),
            failed("Grants can only grant table permissions you have")
        );
    }
    let foreign = json!([{"schema": "demo", "name": "shops", "permissions": ["select"]}]);
    assert_eq!(invalid("k", foreign), failed("Grants can only grant table permissions you have"));
    let sandboxed = json!([{"schema": "sandbox", "name": "api_keys", "permissions": ["select"]}]);
    assert_eq!(invalid("k", sandboxed), failed("Grants can only grant table permissions you have"));
    assert_eq!(
        text(user.call("POST", "", &user.master, Some(json!({"name": "k"})))),
        failed("Grants grants has to be an array")
    );
    for (tail, status) in [
        ("?page=0", 400),
        ("?per_page=x", 400),
        ("?order_direction=up", 400),
        ("?order_direction=desc", 200),
        ("?target_user=demo", 403),
        ("/a/b", 404),
    ] {
        assert_eq!(user.call("GET", tail, &user.master, None).status, status, "{tail}");
    }
    // A key of another user is no key.
    assert_eq!(user.call("GET", "", "demo_master_key_0123456789abcdef01234567", None).status, 401);
    assert_eq!(get("/user/nobody/api/v3/api_keys?api_key=x").status, 401);
    // Too many.
    let many = "INSERT INTO sandbox.api_keys (user_id, name, type, token, role, apis)
                SELECT u.id, 'many ' || n, 'regular', 'token ' || n, 'carto_ruled', '{}'
                  FROM sandbox.users u, generate_series(1, 200) n WHERE username = 'ruled'";
    runtime().block_on(sandbox().database.admin_query(many, Vec::new())).unwrap();
    assert_eq!(
        text(user.create("one more", &["sql"], json!([]))),
        (403, "You have reached the limit of API keys for your plan".into())
    );
    let none = "DELETE FROM sandbox.api_keys WHERE name LIKE 'many %'";
    runtime().block_on(sandbox().database.admin_query(none, Vec::new())).unwrap();
}

#[test]
fn only_trusted_pages_manage_keys() {
    let allowed = |origin: &str| {
        let headers = [("origin".to_owned(), origin.to_owned())];
        let answer = send("OPTIONS", "/user/demo/api/v3/api_keys", &headers, Vec::new());
        answer.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };
    for origin in [
        "http://127.0.0.1:18182",
        "http://localhost:8181",
        "http://127.0.0.1",
        "http://[::1]:99",
        "https://maps.example.com",
    ] {
        assert_eq!(allowed(origin).as_deref(), Some(origin));
    }
    for origin in [
        "https://example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com:80",
        "http://maps.example.com",
        "https://maps.example.com.evil.org",
        "null",
        "localhost",
    ] {
        assert_eq!(allowed(origin), None, "{origin}");
    }
    let headers = [("origin".to_owned(), "http://localhost:1".to_owned())];
    let refused = send("GET", "/user/demo/api/v3/api_keys", &headers, Vec::new());
    assert_eq!(
        (refused.status, refused.headers["access-control-allow-origin"].to_str().unwrap()),
        (401, "http://localhost:1")
    );
    let open = send(
        "GET",
        "/user/demo/api/v4/datasets?api_key=x",
        &[("origin".to_owned(), "https://example.com".to_owned())],
        Vec::new(),
    );
    assert_eq!(open.headers["access-control-allow-origin"], "*");
    assert_eq!(instantiate(&map_over("SELECT * FROM shops"), "default_public").status, 403);
}
