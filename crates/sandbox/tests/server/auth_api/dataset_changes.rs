//! Datasets that get another name, become public or private, and go.

use crate::sql_api::statements::query_as;
use crate::support::{Answer, fresh_user, get, map_over, runtime, sandbox, send};
use serde_json::{Value, json};

/// An account with a dataset `shops` of two points.
struct Account {
    name: &'static str,
    key: String,
}

impl Account {
    fn new(name: &'static str) -> Account {
        let (_, key) = runtime().block_on(fresh_user(&sandbox().database, name));
        let account = Account { name, key };
        for sql in [
            "CREATE TABLE shops (cartodb_id serial PRIMARY KEY, name text)",
            "SELECT CDB_CartodbfyTable('shops')",
            "INSERT INTO shops (name, the_geom) VALUES ('a', CDB_LatLng(40, -3)), ('b', CDB_LatLng(41, 2))",
        ] {
            let done = query_as(name, sql, &account.key, "");
            assert_eq!(done.status, 200, "{}", done.text());
        }
        runtime().block_on(sandbox().database.admin(&format!("ANALYZE \"{name}\".shops"))).unwrap();
        account
    }

    fn call(&self, method: &str, path: &str, key: &str, body: &Value) -> Answer {
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let uri = format!("/user/{}/api/v1/{path}?api_key={key}", self.name);
        send(method, &uri, &headers, if body.is_null() { Vec::new() } else { body.to_string().into_bytes() })
    }

    fn change(&self, dataset: &str, change: &Value) -> Answer {
        self.call("PUT", &format!("viz/{dataset}"), &self.key, change)
    }

    fn names(&self) -> Vec<String> {
        let listed = self.call("GET", "viz", &self.key, &Value::Null).json();
        let found = listed["visualizations"].as_array().unwrap().iter();
        found.map(|dataset| dataset["name"].as_str().unwrap().to_owned()).collect()
    }

    /// A regular key that may read and write `shops`.
    fn regular_key(&self) -> String {
        let grants = json!([{"type": "apis", "apis": ["sql", "maps"]}, {"type": "database", "tables": [
            {"schema": "public", "name": "shops", "permissions": ["select", "insert"]}]}]);
        let uri = format!("/user/{}/api/v3/api_keys?api_key={}", self.name, self.key);
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let made = send("POST", &uri, &headers, json!({"name": "of shops", "grants": grants}).to_string().into_bytes());
        made.json()["token"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned()
    }

    fn sql(&self, sql: &str, key: &str) -> u16 {
        query_as(self.name, sql, key, "").status
    }

    /// What hangs off an open map answers without an error of the server's own.
    fn tile(&self, map: &str, key: &str) -> u16 {
        let status = ["0/0/0.png", "mapnik/0/0/0.grid.json", "0/0/0.mvt", "dataview/n"].map(|what| {
            let answer = get(&format!("/user/{}/api/v1/map/{map}/{what}?api_key={key}", self.name));
            assert!(answer.status < 500, "{what}: {}", answer.text());
            answer.status
        });
        status[0]
    }

    fn map(&self, table: &str, key: &str) -> Result<String, u16> {
        let made = self.call("POST", "map", key, &map_over(&format!("SELECT * FROM {table}")));
        made.json()["layergroupid"].as_str().map(str::to_owned).ok_or(made.status)
    }
}

#[test]
fn datasets_tell_what_is_in_them() {
    let account = Account::new("changes-told");
    let told = account.call("GET", "viz/shops", &account.key, &Value::Null).json();
    assert_eq!((&told["name"], &told["privacy"], &told["kind"]), (&json!("shops"), &json!("PRIVATE"), &json!("geom")));
    let table = &told["table"];
    assert_eq!((&table["row_count"], &table["geometry_types"]), (&json!(2), &json!(["ST_Point"])), "{told}");
    assert!(table["size"].as_i64().unwrap() > 0, "{told}");
    let corners: Vec<f64> = table["bbox"].as_array().unwrap().iter().map(|corner| corner.as_f64().unwrap()).collect();
    assert!(corners.iter().zip([-3.0, 40.0, 2.0, 41.0]).all(|(told, right)| (told - right).abs() < 0.1), "{corners:?}");
    let told = account.call("GET", "tables/shops", &account.key, &Value::Null).json();
    assert_eq!((&told["rows_counted"], &told["table_visualization"]["id"]), (&json!(2), &json!("shops")), "{told}");
    // A table without places; somebody else's of the same name has some.
    account.sql("CREATE TABLE plain (a int)", &account.key);
    let other = Account::new("changes-told-2");
    assert_eq!(other.change("shops", &json!({"name": "plain"})).status, 200);
    let told = account.call("GET", "viz/plain", &account.key, &Value::Null).json();
    assert_eq!((&told["kind"], &told["table"]["geometry_types"]), (&json!("regular"), &json!([])));
    assert!(told["table"]["bbox"].is_null(), "{told}");
    let answer = get(&format!("/user/changes-told/api/v1/viz?q=PLAI&api_key={}", account.key));
    let found = answer.json();
    let told = (&found["total_entries"], &found["visualizations"][0]["name"]);
    assert_eq!(told, (&json!(1), &json!("plain")), "{} {}", answer.status, answer.text());
    // A key that lists datasets is told of none what it may not read.
    let grants = json!([{"type": "apis", "apis": []}, {"type": "database", "tables": [], "table_metadata": []}]);
    let uri = format!("/user/changes-told/api/v3/api_keys?api_key={}", account.key);
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let made = send("POST", &uri, &headers, json!({"name": "lists", "grants": grants}).to_string().into_bytes());
    let lists = made.json()["token"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned();
    for path in ["viz/shops", "viz"] {
        let told = account.call("GET", path, &lists, &Value::Null);
        let found = told.json();
        let table = if path == "viz" { &found["visualizations"][1]["table"] } else { &found["table"] };
        assert_eq!((&table["name"], &table["geometry_types"]), (&json!("shops"), &json!([])), "{}", told.text());
        assert!(["row_count", "size", "bbox"].iter().all(|fact| table[fact].is_null()), "{}", told.text());
    }
    assert_eq!(account.call("GET", "tables/nope", &account.key, &Value::Null).status, 404);
    assert_eq!(account.call("GET", "tables", &account.key, &Value::Null).status, 404);
}

#[test]
fn a_new_name_keeps_the_rights_of_keys() {
    let account = Account::new("changes-named");
    let key = account.regular_key();
    let open = account.map("shops", &key).unwrap();
    assert_eq!(account.tile(&open, &key), 200);
    let changed = account.change("shops", &json!({"id": "shops", "name": "Läden 1", "privacy": "PRIVATE"}));
    assert_eq!((changed.status, &changed.json()["id"]), (200, &json!("laden_1")), "{}", changed.text());
    assert_eq!(account.names(), ["laden_1"]);
    assert_eq!(account.sql("SELECT count(*) FROM laden_1", &key), 200);
    assert_eq!(account.sql("INSERT INTO laden_1 (name) VALUES ('c')", &key), 200);
    let keys = send("GET", &format!("/user/changes-named/api/v3/api_keys?api_key={key}"), &[], Vec::new()).json();
    let grant = &keys["result"][0]["grants"][1]["tables"][0];
    assert_eq!((&grant["name"], &grant["permissions"]), (&json!("laden_1"), &json!(["select", "insert"])), "{keys}");
    // Maps of the old name are over, which is no fault of the server.
    let status = account.tile(&open, &key);
    assert!((400..500).contains(&status), "{status}");
    assert!(account.map("laden_1", &key).is_ok());
    // Parts have the new name, so the old one is free for another dataset.
    let index = query_as("changes-named", "SELECT CDB_ColumnNames('laden_1') AS n", &account.key, "").json();
    assert!(index["total_rows"].as_i64().unwrap() >= 4, "{index}");
    let parts = runtime().block_on(sandbox().database.admin_query(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '\"changes-named\".laden_1'::regclass AND indisprimary",
        Vec::new(),
    ));
    assert_eq!(parts.unwrap()[0].get::<_, &str>(0), "\"changes-named\".laden_1_pkey");
}

#[test]
fn names_are_checked() {
    let account = Account::new("changes-names");
    account.sql("CREATE TABLE taken (a int)", &account.key);
    for (name, words) in
        [("Taken", "'taken' already exists"), ("!", "no letter and no digit"), ("shops_pkey", "already exists")]
    {
        let refused = account.change("shops", &json!({"name": name}));
        assert!(refused.status == 400 && refused.text().contains(words), "{name}: {}", refused.text());
    }
    for wrong in [json!({"privacy": "LINK"}), json!({"description": "x"}), json!({"name": ["a"]})] {
        assert_eq!(account.change("shops", &wrong).status, 400, "{wrong}");
    }
    assert_eq!(account.change("shops", &json!({"id": "taken", "name": "x"})).status, 403);
    assert_eq!(account.change("nope", &json!({"name": "x"})).status, 404);
    assert_eq!(account.names(), ["shops", "taken"]);
    // Reserved names get what an import would give them, and the same name is none.
    assert_eq!(account.change("shops", &json!({"name": "shops"})).status, 200);
    assert_eq!(account.change("shops", &json!({"name": "user"})).json()["name"], "user_t");
    let quoted = "x\"; DROP TABLE taken; --";
    assert_eq!(account.change("user_t", &json!({"name": quoted})).json()["name"], "x_drop_table_taken_");
    assert_eq!(account.names(), ["taken", "x_drop_table_taken_"]);
}

#[test]
fn datasets_become_public_and_private() {
    let account = Account::new("changes-public");
    let key = account.regular_key();
    let public = |sql: &str| account.sql(sql, "default_public");
    assert_eq!(public("SELECT 1 FROM shops"), 403);
    let changed = account.change("shops", &json!({"privacy": "PUBLIC"}));
    assert_eq!((changed.status, &changed.json()["privacy"]), (200, &json!("PUBLIC")), "{}", changed.text());
    assert_eq!((public("SELECT 1 FROM shops"), public("DELETE FROM shops")), (200, 403));
    let open = account.map("shops", "default_public").unwrap();
    assert_eq!(account.tile(&open, "default_public"), 200);
    let changed = account.call("PUT", "tables/shops", &account.key, &json!({"privacy": "private"}));
    assert_eq!((changed.status, &changed.json()["privacy"]), (200, &json!("PRIVATE")), "{}", changed.text());
    assert_eq!((public("SELECT 1 FROM shops"), account.sql("SELECT 1 FROM shops", &key)), (403, 200));
    assert_eq!(account.map("shops", "default_public"), Err(403));
    assert_eq!(account.tile(&open, "default_public"), 403);
}

#[test]
fn datasets_go() {
    let account = Account::new("changes-gone");
    let key = account.regular_key();
    let open = account.map("shops", &key).unwrap();
    let database = &sandbox().database;
    let view = "CREATE VIEW \"changes-gone\".some AS SELECT * FROM \"changes-gone\".shops";
    runtime().block_on(database.admin(view)).unwrap();
    let refused = account.call("DELETE", "viz/shops", &account.key, &Value::Null);
    assert!(refused.status == 422 && refused.text().contains("depend on it"), "{}", refused.text());
    assert_eq!(account.call("DELETE", "viz/some", &account.key, &Value::Null).status, 204);
    assert_eq!(account.call("DELETE", "viz/shops", &account.key, &Value::Null).status, 204);
    assert_eq!(account.call("DELETE", "viz/shops", &account.key, &Value::Null).status, 404);
    assert!(account.names().is_empty());
    let status = account.tile(&open, &key);
    assert!((400..500).contains(&status), "{status}");
    account.sql("CREATE TABLE again (a int)", &account.key);
    assert_eq!(account.call("DELETE", "tables/again", &account.key, &Value::Null).status, 204);
}

#[test]
fn only_the_master_key_changes_datasets_and_no_foreign_page_does() {
    let account = Account::new("changes-mine");
    let key = account.regular_key();
    for method in ["PUT", "DELETE"] {
        for (other, status) in [(key.as_str(), 403), ("default_public", 403), ("nope", 401), ("", 401)] {
            let refused = account.call(method, "viz/shops", other, &json!({"name": "x"}));
            assert_eq!(refused.status, status, "{method} {other}: {}", refused.text());
        }
        let uri = format!("/user/changes-mine/api/v1/viz/shops?api_key={}", account.key);
        for told in [("origin", "https://example.com"), ("sec-fetch-site", "cross-site"), ("host", "evil.com")] {
            let headers =
                [(told.0.to_owned(), told.1.to_owned()), ("content-type".to_owned(), "application/json".to_owned())];
            let refused = send(method, &uri, &headers, br#"{"name":"x"}"#.to_vec());
            assert_eq!(refused.status, if told.0 == "host" { 421 } else { 403 }, "{method} {told:?}");
        }
    }
    assert_eq!(account.names(), ["shops"]);
}
