//! Pages that nobody trusts, and names that somebody else has pointed here.

use crate::sql_api::statements::MASTER;
use crate::support::{Answer, demo_keys, get, sandbox, send};
use serde_json::json;
use std::fs;

const READ: &str = "SELECT 1 AS one";
/// Changes nothing, and is a change nevertheless.
const WRITE: &str = "DELETE FROM shops WHERE false";

fn sql(method: &str, statement: &str, key: &str, told: &[(&str, &str)]) -> Answer {
    let encoded: String = form_urlencoded::byte_serialize(statement.as_bytes()).collect();
    let parameters = format!("q={encoded}&api_key={key}");
    let mut headers: Vec<(String, String)> =
        told.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    match method {
        "GET" => send("GET", &format!("/user/demo/api/v2/sql?{parameters}"), &headers, Vec::new()),
        _ => {
            headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
            send("POST", "/user/demo/api/v2/sql", &headers, parameters.into_bytes())
        }
    }
}

/// What browsers tell of requests for pages that nobody trusts.
const FOREIGN: &[&[(&str, &str)]] = &[
    &[("origin", "https://example.com")],
    &[("origin", "null")],
    &[("origin", "file://")],
    &[("origin", "ftp://localhost")],
    &[("origin", "http://localhost.evil.com")],
    &[("origin", "http://127.0.0.1.evil.com:18182")],
    &[("origin", "http://localhost@evil.com")],
    &[("origin", "http://maps.example.com")],
    &[("origin", "https://maps.example.com:8443")],
    &[("origin", "http://192.168.1.1:18182")],
    &[("referer", "https://example.com/page?http://localhost/")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("origin", "https://example.com"), ("referer", "http://localhost/"), ("sec-fetch-site", "same-origin")],
];
const TRUSTED: &[&[(&str, &str)]] = &[
    &[],
    &[("origin", "http://127.0.0.1:18182"), ("sec-fetch-site", "same-origin")],
    &[("origin", "http://localhost:8181"), ("sec-fetch-site", "cross-site")],
    &[("origin", "http://[::1]:99")],
    &[("origin", "https://MAPS.example.com")],
    &[("referer", "http://localhost:8181/keys.html"), ("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "none")],
    &[("sec-fetch-site", "same-origin")],
];

#[test]
fn foreign_pages_change_nothing_with_a_master_key() {
    for method in ["GET", "POST"] {
        for told in FOREIGN {
            let refused = sql(method, WRITE, MASTER, told);
            assert_eq!(refused.status, 403, "{method} {told:?}: {}", refused.text());
            assert!(refused.text().contains("--allow-origin") && !refused.text().contains(MASTER));
            // What is no statement that reads is none that a foreign page may try.
            assert_eq!(sql(method, "DROP TABLE", MASTER, told).status, 403, "{method} {told:?}");
            assert_eq!(sql(method, READ, MASTER, told).status, 200, "{method} {told:?}");
            // Any page may do what its own key allows.
            let other = sql(method, WRITE, "default_public", told);
            assert!(other.text().contains("permission denied"), "{}", other.text());
        }
        for told in TRUSTED {
            let done = sql(method, WRITE, MASTER, told);
            assert_eq!(done.status, 200, "{method} {told:?}: {}", done.text());
        }
    }
}

fn keys(method: &str, tail: &str, told: &[(&str, &str)], body: &str) -> Answer {
    let headers: Vec<(String, String)> = told.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let separator = if tail.contains('?') { '&' } else { '?' };
    let uri = format!("/user/demo/api/v3/api_keys{tail}{separator}api_key={MASTER}");
    send(method, &uri, &headers, body.as_bytes().to_vec())
}

#[test]
fn foreign_pages_manage_no_keys() {
    let grants = json!([{"type": "apis", "apis": ["sql"]}, {"type": "database", "tables": []}]);
    let wanted = json!({"name": "made by a page", "grants": grants}).to_string();
    keys("DELETE", "/made%20by%20a%20page", &[], "");
    for told in FOREIGN {
        // As a form sends it: no preflight asks beforehand.
        let mut told = told.to_vec();
        told.push(("content-type", "text/plain"));
        for (method, tail) in [("POST", ""), ("DELETE", "/Cities%20only"), ("POST", "/Cities%20only/token/regenerate")]
        {
            let refused = keys(method, tail, &told, &wanted);
            assert_eq!(refused.status, 403, "{method} {tail} {told:?}: {}", refused.text());
            assert!(!refused.headers.contains_key("access-control-allow-origin"));
        }
    }
    assert_eq!(keys("GET", "/made%20by%20a%20page", &[], "").status, 404);
    for told in TRUSTED {
        let made = keys("POST", "", told, &wanted);
        assert_eq!(made.status, 201, "{told:?}: {}", made.text());
        assert_eq!(keys("DELETE", "/made%20by%20a%20page", told, "").status, 204, "{told:?}");
    }
}

#[test]
fn keys_are_managed_under_known_names_only() {
    for host in
        ["127.0.0.1:18182", "localhost", "LOCALHOST.:1", "[::1]:18182", "demo.localhost:18182", "maps.example.com"]
    {
        assert_eq!(keys("GET", "", &[("host", host)], "").status, 200, "{host}");
        assert_eq!(sql("POST", READ, MASTER, &[("host", host)]).status, 200, "{host}");
    }
    for host in [
        "evil.com:18182",
        "localhost.evil.com",
        "127.0.0.1.evil.com:18182",
        "maps.example.com.evil.com",
        "192.168.1.1",
        "localhost@evil.com",
        "evil.com, localhost",
        "",
    ] {
        let refused = keys("GET", "", &[("host", host)], "");
        assert_eq!(refused.status, 421, "{host}: {}", refused.text());
        assert!(refused.text().contains("--public-host"), "{}", refused.text());
        let datasets = [("host".to_owned(), host.to_owned())];
        let datasets = send("GET", &format!("/user/demo/api/v4/datasets?api_key={MASTER}"), &datasets, Vec::new());
        assert_eq!(datasets.status, 421, "{host}");
        assert_eq!(sql("POST", READ, MASTER, &[("host", host)]).status, 421, "{host}");
        // Its own origin, which it is not.
        let own = format!("http://{host}");
        let preflight = keys("OPTIONS", "", &[("host", host), ("origin", &own)], "");
        assert!(!preflight.headers.contains_key("access-control-allow-origin"), "{host}");
        // Whoever has no master key is at home everywhere.
        assert_eq!(sql("POST", READ, "default_public", &[("host", host)]).status, 200, "{host}");
    }
    // An address with a host in it goes before the header.
    let headers = [("host".to_owned(), "localhost".to_owned())];
    let uri = format!("http://evil.com/user/demo/api/v3/api_keys?api_key={MASTER}");
    assert_eq!(send("GET", &uri, &headers, Vec::new()).status, 421);
}

#[test]
fn no_script_has_keys() {
    for uri in ["/user/demo/api/v3/api_keys", "/user/demo/api/v3/api_keys/Master", "/user/demo/api/v4/datasets"] {
        let answer = get(&format!("{uri}?api_key={MASTER}&callback=steal"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(!answer.text().contains("steal("), "{}", answer.text());
        assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    }
    for uri in ["/", "/health", "/metrics", "/demo/keys.json", "/nothing", "/user/demo/api/v2/sql?q=SELECT+1"] {
        assert_eq!(get(uri).headers["x-content-type-options"], "nosniff", "{uri}");
    }
}

#[test]
fn pages_get_the_demos_keys_without_the_master_key() {
    let given: serde_json::Value = serde_json::from_str(&fs::read_to_string(demo_keys()).unwrap()).unwrap();
    let answer = get("/demo/keys.json");
    for name in ["username", "default", "restricted", "sqlOnly"] {
        assert_eq!(answer.json()[name], given[name]);
    }
    assert!(given["master"] == MASTER && !answer.text().contains(MASTER));
    assert_eq!(answer.json().as_object().unwrap().len(), 4);
    // Whoever operates the embedded database finds all of them beside it.
    #[cfg(unix)]
    if sandbox().database.is_embedded() {
        use std::os::unix::fs::PermissionsExt;
        let file = crate::support::config("sandbox").data_dir.join("demo-keys.json");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(kept, given);
    }
}
