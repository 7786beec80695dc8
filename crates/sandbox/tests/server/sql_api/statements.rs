//! The SQL API beyond the recordings: grants, writes, formats, limits.

use crate::support::{Answer, assert_whole, get, instantiate, map_over, sandbox, send};
use carto_sandbox::db::AllRows;
use carto_sandbox::sql_guard::RunnableSql;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub const MASTER: &str = "demo_master_key_0123456789abcdef01234567";

/// Runs a statement of the demo's user.
pub fn query(sql: &str, key: &str) -> Answer {
    query_as("demo", sql, key, "")
}

pub fn query_as(user: &str, sql: &str, key: &str, more: &str) -> Answer {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let body = format!("q={}&api_key={}{more}", encode(sql), encode(key));
    let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    send("POST", &format!("/user/{user}/api/v2/sql"), &headers, body.into_bytes())
}

fn error(answer: &Answer) -> String {
    answer.json()["error"][0].as_str().unwrap_or_default().to_owned()
}

#[test]
fn writes_are_kept_and_maps_see_them() {
    let made = query(
        "CREATE TABLE written (cartodb_id serial PRIMARY KEY, name text DEFAULT 'new', the_geom geometry(Point, 4326), the_geom_webmercator geometry(Point, 3857))",
        MASTER,
    );
    assert!(made.status == 200 || error(&made).contains("already exists"), "{}", made.text());
    assert_eq!(query("TRUNCATE written RESTART IDENTITY", MASTER).status, 200);
    let map =
        || instantiate(&map_over("SELECT * FROM written"), MASTER).json()["layergroupid"].as_str().unwrap().to_owned();
    let before = map();
    let answer = query("INSERT INTO written (name) VALUES ('a'), ('b') RETURNING cartodb_id, name", MASTER);
    assert_eq!(
        answer.json()["rows"],
        json!([{"cartodb_id": 1, "name": "a"}, {"cartodb_id": 2, "name": "b"}]),
        "{}",
        answer.text()
    );
    assert_eq!(answer.headers["cache-control"], "no-cache,max-age=0,must-revalidate,public");
    assert_ne!(before, map(), "a map over a changed table has another id");
    let answer = query("UPDATE written SET name = upper(name)", MASTER).json();
    assert_eq!((answer["total_rows"].as_u64(), &answer["rows"], &answer["fields"]), (Some(2), &json!([]), &json!({})));
    assert_eq!(query("SELECT string_agg(name, '') AS s FROM written", MASTER).json()["rows"][0]["s"], "AB");
    let answer = query(
        "WITH gone AS (DELETE FROM written RETURNING name) INSERT INTO written (name) SELECT name FROM gone",
        MASTER,
    );
    assert_eq!(answer.json()["total_rows"], 2, "{}", answer.text());
    let refused = query("WITH gone AS (DELETE FROM written RETURNING name) SELECT * FROM gone", MASTER);
    assert!(refused.status == 400 && error(&refused).contains("begins with WITH"), "{}", refused.text());
    // What fails leaves nothing behind.
    assert_eq!(query("INSERT INTO written (cartodb_id) SELECT 1000 FROM generate_series(1, 2)", MASTER).status, 400);
    assert_eq!(query("SELECT count(*) FROM written", MASTER).json()["rows"][0]["count"], 2);
    for sql in [
        "ALTER TABLE written ADD COLUMN size int DEFAULT 3",
        "ALTER TABLE written RENAME COLUMN size TO width",
        "CREATE INDEX written_name ON written (name)",
        "CREATE TABLE written_copy AS SELECT * FROM written",
        "DROP TABLE IF EXISTS written_copy, nothing_such",
        "DELETE FROM written",
        "DROP TABLE written",
    ] {
        let answer = query(sql, MASTER);
        assert_eq!(answer.status, 200, "{sql}: {}", answer.text());
    }
    assert_eq!(error(&query("SELECT * FROM written", MASTER)), "relation \"written\" does not exist");
}

#[test]
fn geometry_follows_in_web_mercator() {
    let sql = "INSERT INTO shops (the_geom, name) VALUES (ST_SetSRID(ST_MakePoint(90, 0), 4326), 'here') \
               RETURNING cartodb_id > 200 AS counted, round(ST_X(the_geom_webmercator)) AS x";
    let answer = query(sql, MASTER);
    assert_eq!(answer.json()["rows"], json!([{"counted": true, "x": 10018754}]), "{}", answer.text());
    assert_eq!(query("DELETE FROM shops WHERE name = 'here'", MASTER).status, 200);
}

#[test]
fn countries_of_the_demo_end_at_the_antimeridian() {
    let sql = "SELECT name FROM world_countries, ST_Dump(the_geom) AS part \
               WHERE ST_XMax(part.geom) - ST_XMin(part.geom) > 180";
    assert_eq!(query(sql, "default_public").json()["rows"], json!([{"name": "Antarctica"}]));
}

#[test]
fn formats_hold_what_the_rows_hold() {
    let spans =
        query("SELECT interval '1 day 2 hours' AS day, interval '0' AS nothing, NULL::interval AS none", MASTER);
    assert_eq!(spans.json()["rows"], json!([{"day": {"days": 1, "hours": 2}, "nothing": {}, "none": null}]));
    let csv = get("/user/demo/api/v2/sql?format=csv&q=SELECT+'a%22b,c%0Ad'+AS+x,+null+AS+y,+true+AS+z");
    assert_eq!(csv.text(), "x,y,z\r\n\"a\"\"b,c\nd\",,true\r\n");
    let geojson =
        get("/user/demo/api/v2/sql?format=GeoJSON&dp=1&q=SELECT+*+FROM+cities+ORDER+BY+cartodb_id+LIMIT+1").json();
    let feature = &geojson["features"][0];
    assert_eq!(feature["geometry"]["type"], "Point");
    assert!(feature["properties"]["name"].is_string() && feature["properties"]["the_geom_webmercator"].is_null());
    let both = get(
        "/user/demo/api/v2/sql?q=SELECT+1+AS+a,+2+AS+a,+'x'::bytea+AS+b,+age(timestamp+'2020-02-01',+'2020-01-01+01:00')+AS+i",
    );
    assert_eq!(both.json()["rows"][0]["i"], json!({"days": 30, "hours": 23}), "{}", both.text());
    let script = get("/user/demo/api/v2/sql?callback=cb&q=SELECT+1+AS+a").text();
    assert!(script.starts_with("/**/ typeof cb === 'function' && cb({\"rows\":[{\"a\":1}]"), "{script}");
    let none = get("/user/demo/api/v2/sql?q=SELECT+FROM+cities+LIMIT+2").json();
    assert_eq!((none["total_rows"].as_u64(), &none["rows"]), (Some(2), &json!([{}, {}])), "{none}");
    for path in ["job", "job/1"] {
        let answer = get(&format!("/user/demo/api/v2/sql/{path}"));
        assert!(answer.status == 501 && error(&answer).contains("The sandbox has no"), "{path}: {}", answer.text());
    }
    let order = get("/user/demo/api/v2/sql?q=SELECT+1+AS+a&order_by=nope");
    assert_eq!((order.status, error(&order).as_str()), (400, "column \"nope\" does not exist"));
}

#[test]
fn limits_are_told() {
    for sql in ["SELECT pg_sleep(60)", "UPDATE shops SET name = name WHERE (SELECT pg_sleep(60)) IS NOT NULL"] {
        let begin = Instant::now();
        let answer = query(sql, MASTER);
        let body = answer.json();
        assert_eq!(
            (answer.status, body["context"].as_str(), body["detail"].as_str()),
            (429, Some("limit"), Some("datasource")),
            "{sql}: {body}"
        );
        // However long others had the database before.
        assert!(begin.elapsed() < Duration::from_secs(55), "{sql}");
    }
    let large = query("SELECT repeat('x', 1000000) AS a FROM generate_series(1, 100)", MASTER);
    assert_eq!((large.status, large.json()["context"].as_str()), (429, Some("limit")), "{} bytes", large.body.len());
    let insert = "INSERT INTO shops (name) SELECT repeat('x', 1000000) FROM generate_series(1, 100) RETURNING name";
    assert_eq!(query(insert, MASTER).status, 429);
    assert_eq!(query("SELECT count(*) FROM shops WHERE length(name) > 1000", MASTER).json()["rows"][0]["count"], 0);
    let body = format!("q={}", "x".repeat(2_000_000));
    let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    assert_eq!(send("POST", "/user/demo/api/v2/sql", &headers, body.into_bytes()).status, 413);
    assert_whole();
}

/// What leads out of a role, by way of statements that write.
const ESCAPES: &[&str] = &[
    "SET ROLE postgres",
    "SET LOCAL ROLE postgres",
    "RESET ROLE",
    "SET SESSION AUTHORIZATION DEFAULT",
    "/* */ SET ROLE postgres",
    "DO $$ BEGIN EXECUTE 'SET ROLE postgres'; END $$",
    "INSERT INTO mine VALUES (1); SET ROLE postgres",
    "INSERT INTO mine VALUES (set_config('role', 'postgres', false)::int)",
    "INSERT INTO mine VALUES (1) RETURNING set_config('role', 'postgres', false)",
    "INSERT INTO mine SELECT 1 FROM (SELECT set_config('role', 'postgres', false)) x",
    "INSERT INTO mine (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = set_config('role', 'postgres', false)::int",
    "UPDATE mine SET a = (SELECT U&\"\\0073et_config\"('role', 'postgres', false))::int",
    "UPDATE mine SET a = 1 WHERE pg_catalog.set_config('role', 'postgres', false) = ''",
    "CREATE TABLE trap (a text DEFAULT set_config('role', 'postgres', false))",
    "CREATE TABLE trap (a text CHECK (set_config('role', 'postgres', false) = ''))",
    "CREATE TABLE trap AS SELECT set_config('role', 'postgres', false) AS a",
    "CREATE INDEX trap ON mine ((set_config('role', 'postgres', false)))",
    "ALTER TABLE mine ALTER a TYPE text USING set_config('role', 'postgres', false)",
    "ALTER TABLE mine OWNER TO postgres",
    "ALTER TABLE mine SET SCHEMA sandbox",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int)",
    "CREATE CAST (text AS int) WITH INOUT AS IMPLICIT",
    "CREATE EXTENSION dblink",
    "CREATE SCHEMA elsewhere",
    "CREATE TABLE sandbox.trap (a int)",
    "CREATE TEMP TABLE trap (a int)",
    "CREATE TABLE pg_catalog.trap (a int)",
    "INSERT INTO sandbox.users (username, role, schema_name) VALUES ('x', 'postgres', 'x')",
    "UPDATE sandbox.api_keys SET role = 'postgres'",
    "DELETE FROM sandbox.settings",
    "DROP TABLE sandbox.api_keys",
    "TRUNCATE sandbox.tables",
    "UPDATE pg_catalog.pg_authid SET rolsuper = true",
    "UPDATE pg_settings SET setting = 'postgres' WHERE name = 'role'",
    "COPY mine FROM PROGRAM 'id'",
    "COPY mine TO '/tmp/x'",
    "INSERT INTO mine SELECT length(pg_read_file('/etc/passwd'))",
    "INSERT INTO mine SELECT lo_import('/etc/passwd')::int",
    "INSERT INTO mine SELECT 1 FROM private_places",
    "INSERT INTO private_places (cartodb_id) VALUES (-5)",
    "UPDATE mine SET a = 1 FROM private_places",
    "DELETE FROM mine USING private_places",
    "TRUNCATE private_places",
    "DROP TABLE private_places",
    "ALTER TABLE cities ADD COLUMN x int",
    "CREATE INDEX ON private_places (name)",
    "DELETE FROM spatial_ref_sys",
    "GRANT ALL ON mine TO PUBLIC",
    "GRANT carto_demo TO CURRENT_USER",
    "REASSIGN OWNED BY carto_demo TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "VACUUM",
    "LISTEN x",
    "SELECT nextval('sandbox.users_id_seq')",
];

#[test]
fn nothing_leads_out_of_a_role() {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let keys = format!("/user/demo/api/v3/api_keys?api_key={MASTER}");
    send("DELETE", &format!("/user/demo/api/v3/api_keys/maker?api_key={MASTER}"), &[], Vec::new());
    let grants = json!([{"type": "apis", "apis": ["sql"]},
                        {"type": "database", "schemas": [{"name": "public", "permissions": ["create"]}]}]);
    let made = send("POST", &keys, &headers, json!({"name": "maker", "grants": grants}).to_string().into_bytes());
    let token = made.json()["token"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned();
    query("DROP TABLE IF EXISTS mine", MASTER);
    assert_eq!(query("CREATE TABLE mine (a int UNIQUE)", &token).status, 200);
    let who = |key: &str| {
        query("SELECT current_user::text AS u", key).json()["rows"][0]["u"].as_str().unwrap_or_default().to_owned()
    };
    let role = who(&token);
    assert!(role.starts_with("carto_") && role.contains("demo_"), "{role}");
    for sql in ESCAPES {
        let answer = query(sql, &token);
        assert!((400..500).contains(&answer.status), "{sql}: {} {}", answer.status, answer.text());
        assert_eq!(who(&token), role, "after {sql}");
    }
    // The same past the guard, for one fence must hold when the other has a hole. Statements that set the role are not
    // among them: on the embedded database nothing but the guard holds those.
    let is_guards = |sql: &str| ["SET", "RESET", "/*", "ALTER ROLE", "LISTEN"].iter().any(|word| sql.starts_with(word));
    let role = carto_sandbox::db::Role { name: role, schema: "demo".into() };
    let limits = sandbox().limits;
    for sql in ESCAPES.iter().filter(|sql| !is_guards(sql)) {
        let done = crate::support::runtime().block_on(sandbox().database.write(
            &role,
            RunnableSql::of_server(*sql),
            limits.timeout,
            AllRows::new(limits),
        ));
        let is_harmless =
            ["TEMP TABLE", "CREATE CAST", "CREATE OPERATOR", "GRANT ALL ON mine"].iter().any(|part| sql.contains(part))
                || !sandbox().database.is_embedded()
                    && (sql.contains("set_config") || sql.contains("pg_settings") || sql.contains("CREATE FUNCTION"));
        let is_trap = sql.starts_with("CREATE TABLE trap (a text");
        assert!(done.is_err() || is_harmless || is_trap, "{sql}");
        if is_trap {
            // What a table would do for itself, it does as whoever writes into it.
            for insert in ["INSERT INTO trap DEFAULT VALUES", "INSERT INTO trap VALUES ('x')"] {
                let write = sandbox().database.write(
                    &role,
                    RunnableSql::of_server(insert),
                    limits.timeout,
                    AllRows::new(limits),
                );
                let fired = crate::support::runtime().block_on(write).is_ok() && sql.contains("CHECK");
                assert!(!fired, "{sql}: {insert}");
            }
            assert_eq!(query("DROP TABLE trap", MASTER).status, 200);
        }
    }
    assert_eq!(who(&token), role.name);
    send("DELETE", &format!("/user/demo/api/v3/api_keys/maker?api_key={MASTER}"), &[], Vec::new());
    // What the key made is the user's now.
    assert_eq!(query("DROP TABLE mine", MASTER).status, 200);
    assert_whole();
}

#[test]
fn random_texts_break_nothing() {
    // Small and always the same: a linear congruential generator over what parsers stumble over.
    let parts =
        ["'", "\"", "\\", "%", "/", ";", "--", "$$", "\u{0}", "é", "\u{202e}", "{", "(", " ", "a", "SELECT", "\n", "0"];
    let mut state = 42_u64;
    let mut next = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let mut text = move || (0..next(12)).map(|_| parts[next(parts.len())]).collect::<String>();
    for _ in 0..150 {
        let (a, b, c) = (encode(&text()), encode(&text()), encode(&text()));
        let body = json!({"name": text(), "grants": [{"type": "apis", "apis": []}, {"type": "database", "tables":
            [{"schema": text(), "name": text(), "permissions": ["select"]}], "schemas": [{"name": text(), "permissions": []}]}]});
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        for answer in [
            get(&format!("/user/{a}/api/v2/sql?q={b}&api_key={c}")),
            get(&format!("/user/demo/api/v2/sql?q=SELECT+1&order_by={a}&skipfields={b}&filename={c}&format=csv")),
            get(&format!("/user/demo/api/v2/sql?q={a}&callback={b}&format={c}")),
            get(&format!("/user/demo/api/v3/api_keys/{a}?api_key={MASTER}")),
            get(&format!("/user/demo/api/v3/api_keys?api_key={a}&type={b}&order={c}")),
            get(&format!("/user/demo/api/v4/datasets?api_key={MASTER}&page={a}")),
            send("DELETE", &format!("/user/demo/api/v3/api_keys/{a}?api_key={b}"), &[], Vec::new()),
            send(
                "POST",
                &format!("/user/demo/api/v3/api_keys?api_key={MASTER}"),
                &headers,
                body.to_string().into_bytes(),
            ),
        ] {
            assert!(answer.status < 500, "{a} {b} {c} {body}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains(MASTER) || answer.status == 200, "{}", answer.text());
        }
    }
    assert_whole();
}

#[test]
fn errors_have_hint_and_no_key() {
    let answer = query("SELECT nam FROM cities", "demo_maps_key_for_cities_only_0001");
    let body: Value = answer.json();
    assert!(body["hint"].as_str().is_some_and(|hint| hint.contains("cities.name")), "{body}");
    for key in ["demo_sql_key_without_the_maps_api_0001", "not-a-key"] {
        for answer in [query("SELECT x FROM nothing", key), instantiate(&map_over("SELECT x FROM nothing"), key)] {
            assert!(answer.status >= 400 && !answer.text().contains(key), "{}", answer.text());
        }
    }
}
