//! Edits that come by other programs, such as psql or QGIS: maps show them, and nobody keeps what may change for long.

use crate::sql_api::statements::{MASTER, query};
use crate::support::{Answer, get, instantiate, layergroup, map_over, public_role, runtime, sandbox, send};
use carto_sandbox::db::admin::Ask;
use carto_sandbox::db::changes;
use serde_json::{Value, json};

const FOREVER: &str = "public,max-age=31536000";
const CHECKED: &str = "public,max-age=0,must-revalidate";
const COLUMNS: &str = "cartodb_id int, the_geom geometry(Point, 4326), the_geom_webmercator geometry(Point, 3857)";
/// A point at the middle of the world for each number.
const POINTS: &str = "SELECT n, ST_SetSRID(ST_MakePoint(0, 0), 4326), ST_SetSRID(ST_MakePoint(0, 0), 3857)";

/// Runs statements as somebody who logs in to the database does.
fn psql(statements: &str) {
    runtime().block_on(sandbox().database.admin(statements)).unwrap();
}

/// Makes a table as another program does, and has it watched as a start of the server does.
fn table(name: &str) {
    psql(&format!(
        "DROP TABLE IF EXISTS demo.{name} CASCADE; CREATE TABLE demo.{name} ({COLUMNS}); GRANT SELECT ON demo.{name} TO PUBLIC"
    ));
    runtime().block_on(changes::watch(&sandbox().database, "demo", name)).unwrap();
    psql(&format!("INSERT INTO demo.{name} {POINTS} FROM generate_series(1, 3) AS n"));
}

fn count(id: &str) -> Answer {
    get(&format!("/user/demo/api/v1/map/{id}/dataview/n?api_key={MASTER}"))
}

fn cache(answer: &Answer) -> &str {
    answer.headers["cache-control"].to_str().unwrap()
}

#[test]
fn every_edit_of_another_program_makes_another_version() {
    table("edited");
    let map = map_over("SELECT * FROM edited");
    let mut known = layergroup(&map, MASTER);
    assert_eq!(known, layergroup(&map, MASTER), "nothing changed");
    let answer = count(&known);
    assert_eq!((answer.json()["result"].as_i64(), cache(&answer)), (Some(3), FOREVER));
    for (sql, rows) in [
        (format!("INSERT INTO demo.edited {POINTS} FROM generate_series(4, 5) AS n"), 5),
        ("UPDATE demo.edited SET cartodb_id = 9 WHERE cartodb_id = 5".to_owned(), 5),
        ("DELETE FROM demo.edited WHERE cartodb_id = 9".to_owned(), 4),
        ("SET session_replication_role TO replica; DELETE FROM demo.edited WHERE cartodb_id = 4; RESET session_replication_role".to_owned(), 3),
        ("ALTER TABLE demo.edited ADD COLUMN name text".to_owned(), 3),
        ("ALTER TABLE demo.edited RENAME COLUMN name TO title".to_owned(), 3),
        ("TRUNCATE demo.edited".to_owned(), 0),
        // What happens while nobody watches is not known, and that is enough.
        (format!("ALTER TABLE demo.edited DISABLE TRIGGER ALL; INSERT INTO demo.edited {POINTS} FROM generate_series(1, 2) AS n; ALTER TABLE demo.edited ENABLE TRIGGER ALL"), 2),
    ] {
        psql(&sql);
        // An old id goes on, with the data as they are: nobody keeps what it answers.
        let answer = count(&known);
        assert_eq!((answer.json()["result"].as_i64(), cache(&answer)), (Some(rows), CHECKED), "{sql}");
        let next = layergroup(&map, MASTER);
        assert!(next > known, "{sql}: {next} after {known}");
        let answer = count(&next);
        assert_eq!((answer.json()["result"].as_i64(), cache(&answer)), (Some(rows), FOREVER), "{sql}");
        assert_eq!(cache(&count(&known)), CHECKED, "{sql}");
        known = next;
    }
    // What is taken back moves nothing.
    psql("BEGIN; DELETE FROM demo.edited; ROLLBACK");
    assert_eq!(known, layergroup(&map, MASTER));
    // A new table of the same name has nobody who watches it.
    psql(&format!("DROP TABLE demo.edited; CREATE TABLE demo.edited ({COLUMNS}); GRANT ALL ON demo.edited TO PUBLIC"));
    let next = layergroup(&map, MASTER);
    assert!(next > known && cache(&count(&next)) == CHECKED);
    runtime().block_on(changes::watch_all(&sandbox().database)).unwrap();
    assert_eq!(cache(&count(&layergroup(&map, MASTER))), FOREVER);
    psql("DROP TABLE demo.edited");
}

#[test]
fn whoever_may_write_is_noted_and_nobody_may_note() {
    table("noted");
    let role = public_role().name;
    psql(&format!("GRANT SELECT, INSERT ON demo.noted TO \"{role}\""));
    let map = map_over("SELECT * FROM noted");
    let before = layergroup(&map, "default_public");
    psql(&format!(
        "BEGIN; SET LOCAL ROLE \"{role}\"; INSERT INTO demo.noted {POINTS} FROM generate_series(4, 4) AS n; COMMIT"
    ));
    assert!(layergroup(&map, "default_public") > before);
    let inserted = query("INSERT INTO noted (cartodb_id) VALUES (5), (6)", "default_public");
    assert_eq!(inserted.status, 200, "{}", inserted.text());
    let database = &sandbox().database;
    for refused in [
        "SELECT sandbox.note_change()",
        "INSERT INTO sandbox.changes VALUES (1, 1)",
        "CREATE TRIGGER mine AFTER INSERT ON demo.noted FOR EACH STATEMENT EXECUTE FUNCTION sandbox.note_change()",
    ] {
        let error = runtime().block_on(async {
            let work = database.begin().await.unwrap();
            let done = work.run(&format!("SET LOCAL ROLE \"{role}\"; {refused}")).await;
            work.end(done).await.unwrap_err().to_string()
        });
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{refused}: {error}");
    }
    psql("DROP TABLE demo.noted");
}

#[test]
fn views_and_partitions_are_what_they_are_made_of() {
    psql(&format!(
        "DROP TABLE IF EXISTS demo.parted CASCADE; CREATE TABLE demo.parted ({COLUMNS}) PARTITION BY RANGE (cartodb_id);
         CREATE TABLE demo.parted_few PARTITION OF demo.parted FOR VALUES FROM (0) TO (100);
         CREATE TABLE demo.parted_many PARTITION OF demo.parted FOR VALUES FROM (100) TO (200);
         CREATE VIEW demo.seen AS SELECT * FROM demo.parted WHERE cartodb_id < 50;
         CREATE VIEW demo.seen_again AS SELECT * FROM demo.seen;
         GRANT SELECT ON demo.parted, demo.seen, demo.seen_again TO PUBLIC"
    ));
    runtime().block_on(changes::watch(&sandbox().database, "demo", "parted")).unwrap();
    for (name, edit) in [
        ("parted", format!("INSERT INTO demo.parted_many {POINTS} FROM generate_series(100, 101) AS n")),
        ("parted", format!("INSERT INTO demo.parted {POINTS} FROM generate_series(1, 2) AS n")),
        ("seen_again", format!("INSERT INTO demo.parted {POINTS} FROM generate_series(3, 4) AS n")),
        ("seen_again", "CREATE OR REPLACE VIEW demo.seen AS SELECT * FROM demo.parted".to_owned()),
    ] {
        let map = map_over(&format!("SELECT * FROM public.{name}"));
        let before = layergroup(&map, "default_public");
        assert_eq!(cache(&count(&before)), FOREVER, "{edit}");
        psql(&edit);
        assert_eq!(cache(&count(&before)), CHECKED, "{edit}");
        assert!(layergroup(&map, "default_public") > before, "{edit}");
    }
    assert_eq!(count(&layergroup(&map_over("SELECT * FROM seen_again"), "default_public")).json()["result"], 6);
    psql("DROP TABLE demo.parted CASCADE");
}

#[test]
fn what_nobody_watches_is_asked_for_again_and_again() {
    let point = "1 AS cartodb_id, ST_SetSRID(ST_MakePoint(0, 0), 3857) AS the_geom_webmercator";
    let fixed = layergroup(&map_over(&format!("SELECT {point}")), MASTER);
    assert_eq!(cache(&count(&fixed)), FOREVER);
    for from in [
        "FROM pg_class",
        "FROM cartodb.CDB_UserTables()",
        "WHERE now() > '2020-01-01'",
        "WHERE random() < 2",
        "WHERE CURRENT_DATE > 'yesterday'",
    ] {
        let id = layergroup(&map_over(&format!("SELECT {point} {from}")), MASTER);
        assert_eq!(cache(&count(&id)), CHECKED, "{from}");
    }
    // A table of somebody else's.
    psql(&format!(
        "DROP SCHEMA IF EXISTS elsewhere CASCADE; CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.kept ({COLUMNS});
         INSERT INTO elsewhere.kept {POINTS} FROM generate_series(1, 3) AS n;
         GRANT USAGE ON SCHEMA elsewhere TO PUBLIC; GRANT SELECT ON elsewhere.kept TO PUBLIC"
    ));
    let map = map_over("SELECT * FROM elsewhere.kept");
    let id = layergroup(&map, "default_public");
    let answer = count(&id);
    assert_eq!((answer.json()["result"].as_i64(), cache(&answer)), (Some(3), CHECKED));
    let again = |answer: &Answer| {
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        send(
            "GET",
            &format!("/user/demo/api/v1/map/{id}/dataview/n?api_key={MASTER}"),
            &[("if-none-match".into(), tag)],
            Vec::new(),
        )
    };
    assert_eq!(again(&answer).status, 304);
    psql("DELETE FROM elsewhere.kept WHERE cartodb_id = 1");
    let changed = again(&answer);
    assert_eq!((changed.status, changed.json()["result"].as_i64()), (200, Some(2)));
    psql("DROP SCHEMA elsewhere CASCADE");
}

#[test]
fn who_has_an_answer_is_told_so() {
    let mut map = map_over("SELECT * FROM populated_places");
    map["layers"][0]["options"]["attributes"] = json!({"id": "cartodb_id", "columns": ["name"]});
    let id = layergroup(&map, "default_public");
    let base = format!("/user/demo/api/v1/map/{id}");
    for address in [
        format!("{base}/0/0/0.png"),
        format!("{base}/L1/0/0/0.grid.json"),
        format!("{base}/0/0/0.mvt"),
        format!("{base}/dataview/n"),
        format!("{base}/dataview/n?callback=f"),
        format!("{base}/0/attributes/1"),
        format!("/user/demo/api/v1/map/static/center/{id}/1/0/0/40/30.png"),
        format!("/user/demo/api/v1/map/static/center/{id}/1/0/0/40/30.jpg"),
        "/user/demo/api/v2/sql?q=SELECT%20name%20FROM%20populated_places%20LIMIT%2010".to_owned(),
        "/user/demo/api/v2/sql?q=SELECT%201&format=csv".to_owned(),
    ] {
        let first = get(&address);
        assert_eq!(first.status, 200, "{address}: {}", first.text());
        // Of two answers of the SQL API, the times that they took make no difference.
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        let ask = |tag: String| send("GET", &address, &[("if-none-match".into(), tag)], Vec::new());
        let second = ask(format!("\"other\", {tag}"));
        assert_eq!((second.status, second.body.len()), (304, 0), "{address}");
        // It may be the tag of a compressed answer.
        assert!(second.headers["etag"].to_str().unwrap().ends_with(tag.trim_start_matches("W/")), "{address}");
        for name in ["cache-control", "vary", "access-control-allow-origin", "carto-user"] {
            assert_eq!(second.headers.get(name), first.headers.get(name), "{address} {name}");
        }
        assert!(!second.headers.contains_key("content-type"), "{address}");
        assert_eq!(ask("\"other\"".into()).status, 200, "{address}");
    }
    let wrong = get(&format!("{base}/dataview/nope"));
    assert!(!wrong.headers.contains_key("etag") && !wrong.headers.contains_key("cache-control"));
    assert!(!instantiate(&map, "default_public").headers.contains_key("etag"));
}

#[test]
fn classes_follow_the_data() {
    table("classed");
    psql(
        "ALTER TABLE demo.classed ADD COLUMN size int;
         UPDATE demo.classed SET size = cartodb_id, the_geom_webmercator = ST_Translate(the_geom_webmercator, 4e6 * cartodb_id, 0)",
    );
    let style = "#l { marker-width: 30; marker-fill: ramp([size], (#FF0000, #00FF00, #0000FF), quantiles); }";
    let tile = |sql: &str| {
        let mut map: Value = map_over(sql);
        map["layers"][0]["options"]["cartocss"] = style.into();
        let id = layergroup(&map, MASTER);
        let answer = get(&format!("/user/demo/api/v1/map/{id}/0/0/0.png?api_key={MASTER}"));
        assert_eq!((answer.status, cache(&answer)), (200, FOREVER));
        answer.body
    };
    let before = tile("SELECT * FROM classed");
    psql("UPDATE demo.classed SET size = size * 10");
    let after = tile("SELECT * FROM classed");
    assert!(after == tile("SELECT * FROM classed WHERE true"), "as a map that nobody made before");
    assert!(after == before, "each point has its class as before");
    psql("DROP TABLE demo.classed");
}

#[test]
fn a_write_is_not_refused_after_it_was_done() {
    let headers = [
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ("accept-encoding".to_owned(), "identity;q=0, *;q=0".to_owned()),
    ];
    let body = format!("q=DELETE FROM shops WHERE false&api_key={MASTER}");
    let answer = send("POST", "/user/demo/api/v2/sql", &headers, body.into_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
}
