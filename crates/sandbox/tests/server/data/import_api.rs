//! The Import API: files that are sent, how far their imports are, and what becomes of them.

use crate::sql_api::statements::query_as;
use crate::support::{Answer, LARGEST_IMPORT, fresh_user, runtime, sandbox, send};
use axum::body::{Body, Bytes};
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use carto_sandbox::data::import_queue::MOST_UNDER_WAY;
use carto_sandbox::http;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tower::ServiceExt;

/// An account with a queue of its own, and so one test at a time.
struct Account {
    user_id: i32,
    key: String,
    _alone: MutexGuard<'static, ()>,
}

const USER: &str = "uploads";

fn account() -> Account {
    static ALONE: Mutex<()> = Mutex::new(());
    static KNOWN: OnceLock<(i32, String)> = OnceLock::new();
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (user_id, key) = KNOWN.get_or_init(|| {
        let (account, key) = runtime().block_on(fresh_user(&sandbox().database, USER));
        (account.user_id, key)
    });
    Account { user_id: *user_id, key: key.clone(), _alone: alone }
}

/// A form with fields and, at its end, a file.
fn form(fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    if let Some((name, content)) = file {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend(head.bytes().chain(content.iter().copied()).chain(*b"\r\n"));
    }
    body.extend(b"--b--\r\n");
    body
}

fn headers(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    more.iter().chain(&kind).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Account {
    fn post(&self, fields: &[(&str, &str)], name: &str, content: impl AsRef<[u8]>) -> Answer {
        let uri = format!("/user/{USER}/api/v1/imports/?api_key={}", self.key);
        send("POST", &uri, &headers(&[]), form(fields, Some((name, content.as_ref()))))
    }

    fn sent(&self, fields: &[(&str, &str)], name: &str, content: impl AsRef<[u8]>) -> String {
        let answer = self.post(fields, name, content);
        assert_eq!((answer.status, &answer.json()["success"]), (200, &json!(true)), "{}", answer.text());
        answer.json()["item_queue_id"].as_str().unwrap().to_owned()
    }

    fn state(&self, id: &str) -> Answer {
        send("GET", &format!("/user/{USER}/api/v1/imports/{id}?api_key={}", self.key), &[], Vec::new())
    }

    /// What became of an import.
    fn end(&self, id: &str) -> Value {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let state = self.state(id).json();
            if ["complete", "failure"].contains(&state["state"].as_str().unwrap_or_default()) {
                return state;
            }
            assert!(Instant::now() < end, "{state}");
        }
    }

    fn import(&self, fields: &[(&str, &str)], name: &str, content: impl AsRef<[u8]>) -> Value {
        self.end(&self.sent(fields, name, content))
    }

    fn rows(&self, sql: &str) -> Value {
        query_as(USER, sql, &self.key, "").json()["rows"].clone()
    }

    fn refused(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let answer = self.post(fields, "a.csv", "a\n1\n");
        (answer.status, answer.json()["errors"]["imports"].as_str().unwrap_or_default().to_owned())
    }
}

#[test]
fn a_file_becomes_a_dataset_with_its_warnings() {
    let account = account();
    let content = "name,lat,lon\nVik,63.4,-19\nNowhere,x,7\nHöfn,64.25,-15.2\n";
    let id = account.sent(&[("privacy", "public")], "Towns of Iceland.csv", content);
    let told = account.end(&id);
    for (member, value) in [
        ("id", json!(id)),
        ("queue_id", json!(id)),
        ("state", json!("complete")),
        ("success", json!(true)),
        ("data_type", json!("file")),
        ("display_name", json!("Towns of Iceland.csv")),
        ("table_id", json!("towns_of_iceland")),
        ("table_name", json!("towns_of_iceland")),
        ("tables_created_count", json!(1)),
        ("tables", json!([{"name": "towns_of_iceland", "rows": 3}])),
        ("rows", json!(3)),
        ("error_code", Value::Null),
        ("get_error_text", Value::Null),
    ] {
        assert_eq!(told[member], value, "{member} of {told}");
    }
    let warnings = told["warnings"].as_array().unwrap();
    assert!(
        warnings.len() == 1 && warnings[0].as_str().unwrap().starts_with("Line 3 is kept without a place"),
        "{told}"
    );
    let listed = send("GET", &format!("/user/{USER}/api/v1/imports?api_key={}", account.key), &[], Vec::new()).json();
    assert!(listed["success"] == true && listed["imports"].as_array().unwrap().contains(&json!(id)), "{listed}");
    assert_eq!(listed["max_file_size"], LARGEST_IMPORT);
    let public = query_as(USER, "SELECT count(*) AS n, max(name) AS name FROM towns_of_iceland", "default_public", "");
    assert_eq!(public.json()["rows"], json!([{"n": 3, "name": "Vik"}]), "{}", public.text());
    // Of somebody else.
    let (other, key) = runtime().block_on(fresh_user(&sandbox().database, "uploads-2"));
    let answer = send("GET", &format!("/user/{}/api/v1/imports/{id}?api_key={key}", other.username), &[], Vec::new());
    assert_eq!(answer.status, 404);
}

#[test]
fn names_that_are_taken_get_numbers_or_are_left_or_replaced() {
    let account = account();
    let import = |fields: &[(&str, &str)], content: &str| account.import(fields, "twice.csv", content);
    assert_eq!(import(&[], "a\n1\n")["table_name"], "twice");
    assert_eq!(import(&[], "a\n2\n")["table_name"], "twice_1");
    let skipped = import(&[("collision_strategy", "skip")], "a\n3\n");
    assert_eq!((&skipped["state"], &skipped["table_name"]), (&json!("complete"), &json!("twice")));
    assert_eq!((&skipped["tables_created_count"], &skipped["rows"]), (&json!(0), &json!(0)), "{skipped}");
    assert!(skipped["warnings"].to_string().contains("There is a dataset twice already"), "{skipped}");
    assert_eq!(account.rows("SELECT a FROM twice"), json!([{"a": 1}]));

    // Rights of keys stay where a dataset takes the place of another one.
    let grants = json!([{"type": "apis", "apis": ["sql"]}, {"type": "database", "tables": [
        {"schema": "public", "name": "twice", "permissions": ["select"]}]}]);
    let uri = format!("/user/{USER}/api/v3/api_keys?api_key={}", account.key);
    let json_type = [("content-type".to_owned(), "application/json".to_owned())];
    let made = send("POST", &uri, &json_type, json!({"name": "reader", "grants": grants}).to_string().into_bytes());
    let reader = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(import(&[("collision_strategy", "overwrite")], "a\n4\n5\n")["table_name"], "twice");
    let read = query_as(USER, "SELECT a FROM twice ORDER BY a", &reader, "");
    assert_eq!(read.json()["rows"], json!([{"a": 4}, {"a": 5}]), "{}", read.text());

    assert_eq!(import(&[("table_name", "User")], "a\n6\n")["table_name"], "user_t");
    let layers =
        r#"<gpx version="1.1"><wpt lat="1" lon="2"/><rte><rtept lat="1" lon="2"/><rtept lat="2" lon="2"/></rte></gpx>"#;
    let several = account.import(&[], "walk.gpx", layers);
    assert_eq!(several["tables_created_count"], 2, "{several}");
    let advice = account.import(&[("table_name", "x")], "walk.gpx", layers)["get_error_text"]["what_about"].to_string();
    assert!(advice.contains("table_name names one dataset") && advice.contains("Say layer=NAME"), "{advice}");
    assert_eq!(account.import(&[("layer", "waypoints")], "way.gpx", layers)["tables_created_count"], 1);
}

#[test]
fn a_body_may_be_the_file_and_basic_shows_the_key() {
    let account = account();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{}", account.key)));
    let told = [("authorization".to_owned(), basic), ("content-type".to_owned(), "text/csv".to_owned())];
    let uri = format!("/user/{USER}/api/v1/imports?filename=..%2Fplain.csv&privacy=private");
    let answer = send("POST", &uri, &told, b"a,lat,lon\n1,2,3\n".to_vec());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let id = answer.json()["item_queue_id"].as_str().unwrap().to_owned();
    assert_eq!(account.end(&id)["table_name"], "plain");
    assert_eq!(query_as(USER, "SELECT 1 FROM plain", "default_public", "").status, 403);
}

#[test]
fn what_cannot_be_imported_fails_with_a_code_and_a_sentence() {
    let account = account();
    for (name, content, code, title, words) in [
        ("odd.doc", "x", 1002, "Unsupported file type", "Files with the ending"),
        ("odd", "x", 1002, "Unsupported file type", "Files with the ending"),
        ("odd.zip", "x", 2001, "Unable to load data", "The archive cannot be read"),
        ("odd.shp", "x", 2001, "Unable to load data", "imported together in a .zip"),
        (
            "far.geojson",
            r#"{"type":"Point","coordinates":[500000,4000000]}"#,
            2001,
            "Unable to load data",
            "srid=NUMBER",
        ),
    ] {
        let told = account.import(&[], name, content);
        assert_eq!((&told["state"], &told["success"]), (&json!("failure"), &json!(false)), "{told}");
        assert_eq!((&told["error_code"], &told["get_error_text"]["title"]), (&json!(code), &json!(title)), "{told}");
        let what = told["get_error_text"]["what_about"].as_str().unwrap();
        assert!(what.contains(words) && told["table_name"].is_null(), "{told}");
    }
    let there = account.rows("SELECT count(*) AS n FROM CDB_UserTables() AS t WHERE t IN ('odd', 'far')");
    assert_eq!(there, json!([{"n": 0}]));
    // As the words advise.
    let far = r#"{"type":"Point","coordinates":[500000,4000000]}"#;
    assert_eq!(account.import(&[("srid", "25830")], "far.geojson", far)["state"], "complete");
}

#[test]
fn what_makes_no_sense_is_refused_before_it_is_kept() {
    let account = account();
    for (field, value, words) in [
        ("url", "http://127.0.0.1/secret", "fetches no files from addresses"),
        ("sql", "SELECT 1", "makes no copies"),
        ("privacy", "link", "public or private"),
        ("collision_strategy", "append", "skip or overwrite"),
        ("create_vis", "true", "create_vis=false only"),
    ] {
        let (status, sentence) = account.refused(&[(field, value)]);
        assert!(status == 400 && sentence.contains(words), "{field}: {status} {sentence}");
    }
    let uri = format!("/user/{USER}/api/v1/imports?api_key={}", account.key);
    let json_type = [("content-type".to_owned(), "application/json".to_owned())];
    let by_address = send("POST", &uri, &json_type, br#"{"url": "http://127.0.0.1/secret"}"#.to_vec());
    assert!(by_address.status == 400 && by_address.text().contains("fetches no files"), "{}", by_address.text());
    // What has no file in it is an import that failed; the key may be in such a body.
    let bodiless = format!("/user/{USER}/api/v1/imports/");
    let made =
        send("POST", &bodiless, &json_type, json!({"api_key": account.key, "url": null}).to_string().into_bytes());
    let failed = account.end(made.json()["item_queue_id"].as_str().unwrap_or_else(|| panic!("{}", made.text())));
    assert_eq!((&failed["state"], &failed["error_code"]), (&json!("failure"), &json!(1010)), "{failed}");
    assert_eq!(send("POST", &bodiless, &json_type, b"{}".to_vec()).status, 401);
    let nothing = send("POST", &uri, &headers(&[]), form(&[("privacy", "public")], None));
    assert!(nothing.status == 400 && nothing.text().contains("There is no file"), "{}", nothing.text());
    assert_eq!(send("POST", &uri, &headers(&[]), b"--c".to_vec()).status, 400);
    assert_eq!(send("POST", &uri, &json_type, b"{".to_vec()).status, 400);
    // One byte too many, told late and told at once.
    for more in [1, 3 << 20] {
        let large = account.post(&[], "a.csv", vec![b'a'; LARGEST_IMPORT as usize + more]);
        assert!(large.status == 413 && large.text().contains("more than 1 MB"), "{}", large.text());
    }
    assert_eq!(send("PUT", &uri, &headers(&[]), Vec::new()).status, 404);
    assert_eq!(account.state("nope").status, 404);
    let left = sandbox().imports.ids(account.user_id);
    assert!(left.iter().all(|id| account.state(id).json()["state"] != "uploading"), "no place is lost");
}

#[test]
fn only_the_master_key_imports_and_no_foreign_page_does() {
    let account = account();
    let file = || form(&[], Some(("a.csv", b"a\n1\n")));
    let uri = |key: &str| format!("/user/{USER}/api/v1/imports?api_key={key}");
    for (key, status) in [("", 401), ("nope", 401), ("default_public", 403)] {
        for refused in [send("POST", &uri(key), &headers(&[]), file()), send("GET", &uri(key), &[], Vec::new())] {
            assert_eq!(refused.status, status, "{key}");
            let words = refused.json()["errors"]["imports"].as_str().unwrap_or_default().to_owned();
            assert!(words.contains("master key"), "{key}: {}", refused.text());
        }
    }
    let before = sandbox().imports.ids(account.user_id);
    for told in [("origin", "https://example.com"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let refused = send("POST", &uri(&account.key), &headers(&[told]), file());
        assert!(refused.status == 403 && refused.text().contains("--allow-origin"), "{told:?}: {}", refused.text());
    }
    let refused = send("POST", &uri(&account.key), &headers(&[("host", "evil.com")]), file());
    assert_eq!(refused.status, 421, "{}", refused.text());
    assert_eq!(sandbox().imports.ids(account.user_id), before, "nothing is kept of them");
    // A page that the operator trusts may.
    let page = send("POST", &uri(&account.key), &headers(&[("origin", "https://maps.example.com")]), file());
    assert_eq!(page.status, 200, "{}", page.text());
    let id = page.json()["item_queue_id"].as_str().unwrap().to_owned();
    assert_eq!(account.end(&id)["state"], "complete");
    let preflight = send("OPTIONS", &uri(""), &[("origin".into(), "https://maps.example.com".into())], Vec::new());
    assert_eq!(preflight.headers["access-control-allow-headers"], "Content-Type, Authorization");
}

#[test]
fn imports_wait_for_each_other_and_too_many_are_refused() {
    let account = account();
    let imports = &sandbox().imports;
    // Nobody else may change rights while this is held; an embedded database does nothing else at all.
    let held = runtime().block_on(sandbox().database.begin_exclusive()).unwrap();
    let upload = |name: &str| {
        use carto_sandbox::data::import::ImportOptions;
        use carto_sandbox::data::upload::receive_file;
        let options = ImportOptions { user: USER.into(), ..ImportOptions::default() };
        runtime().block_on(async {
            let sent = receive_file(name, Body::from("a\n1\n"), 100).await.unwrap();
            let place = imports.begin(account.user_id).unwrap();
            place.fill(&sandbox().database, sent.upload.unwrap(), options)
        })
    };
    let ids = [upload("first_in_line.csv"), upload("second_in_line.csv")];
    let state = |id: &str| imports.told(account.user_id, id).unwrap()["state"].clone();
    while state(&ids[0]) == "pending" {
        std::thread::yield_now();
    }
    assert_eq!(ids.each_ref().map(|id| state(id)), ["importing", "pending"]);
    let places: Vec<_> = (2..MOST_UNDER_WAY).map(|_| imports.begin(account.user_id).unwrap()).collect();
    assert!(imports.begin(account.user_id).is_none());
    runtime().block_on(held.rollback());
    assert_eq!(ids.each_ref().map(|id| account.end(id)["state"].clone()), ["complete", "complete"]);
    drop(places);

    let places: Vec<_> = (0..MOST_UNDER_WAY).map(|_| imports.begin(account.user_id).unwrap()).collect();
    let (status, sentence) = account.refused(&[]);
    assert!(status == 429 && sentence.contains("wait or run already"), "{status} {sentence}");
    drop(places);
    assert_eq!(account.import(&[], "afterwards.csv", "a\n1\n")["state"], "complete");
}

#[test]
fn who_goes_away_leaves_nothing_behind() {
    let account = account();
    let request = |body| {
        let uri = format!("/user/{USER}/api/v1/imports?api_key={}", account.key);
        let request =
            Request::post(uri).header("host", "127.0.0.1").header("content-type", "multipart/form-data; boundary=b");
        http::router(sandbox().clone()).oneshot(request.body(body).unwrap())
    };
    let head = Bytes::from("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"gone.csv\"\r\n\r\na\n1\n");
    let before = sandbox().imports.ids(account.user_id);
    // The connection ends in the middle of the file.
    let broken = Body::from_stream(futures_util::stream::iter([Ok(head.clone()), Err(io::Error::other("gone"))]));
    let answer = runtime().block_on(request(broken)).unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(sandbox().imports.ids(account.user_id), before);
    // Nobody waits for the answer any more.
    let waiting = Arc::new(Notify::new());
    let (told, user_id, known) = (waiting.clone(), account.user_id, before.len());
    let silence = futures_util::stream::once(async move {
        assert_eq!(sandbox().imports.ids(user_id).len(), known + 1, "it is among the imports");
        told.notify_one();
        std::future::pending::<Result<Bytes, io::Error>>().await
    });
    let first = futures_util::stream::once(async move { Ok(head) });
    let endless = Body::from_stream(Box::pin(futures_util::StreamExt::chain(first, silence)));
    runtime().block_on(async {
        tokio::select! {
            _ = request(endless) => panic!("there is no end"),
            () = waiting.notified() => {}
        }
    });
    assert_eq!(sandbox().imports.ids(account.user_id), before);
}
