//! Statements that try to learn of others, of the server, or to hold it up: each as it is, and hidden where one reader sees a
//! text and another one sees code.

use crate::sql_api::statements::{MASTER, query, query_as};
use crate::support::{assert_whole, fresh_user, public_role, runtime, sandbox};
use carto_sandbox::db::{Limits, QueryError};
use carto_sandbox::sql_guard::RunnableSql;
use serde::Deserialize;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

#[derive(Deserialize)]
struct Escape {
    kind: String,
    sql: String,
}

fn escapes() -> Vec<Escape> {
    serde_json::from_str(include_str!("escapes.json")).unwrap()
}

/// What is in the private table of somebody else, and nowhere else.
const SECRET: &str = "do-not-tell-4711";

/// Another user with a private table.
fn victim() {
    static MADE: OnceLock<()> = OnceLock::new();
    let database = &sandbox().database;
    MADE.get_or_init(|| {
        let (_, token) = runtime().block_on(fresh_user(database, "victim"));
        for sql in [
            "CREATE TABLE secret (cartodb_id serial PRIMARY KEY, secret text, the_geom geometry(Point, 4326))".to_owned(),
            format!("INSERT INTO secret (secret, the_geom) SELECT '{SECRET}', ST_SetSRID(ST_Point(n, 17.25), 4326) FROM generate_series(1, 50) n"),
        ] {
            let answer = query_as("victim", &sql, &token, "");
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        runtime().block_on(database.admin("ANALYZE victim.secret")).unwrap();
    });
}

/// What a text tells of others, if it does.
fn told(text: &str, sql: &str) -> Option<&'static str> {
    // What was asked is told back in messages.
    let text = text.replace(sql, "").to_lowercase();
    ["victim", SECRET, "postgresql 1", "root:x:", "17.25", "pg_catalog.", "lo_import", "/var/lib"]
        .into_iter()
        .find(|part| text.contains(part))
}

#[test]
fn the_api_tells_nothing_of_others() {
    victim();
    for Escape { sql, kind } in escapes() {
        for key in ["default_public", MASTER] {
            let begin = Instant::now();
            let answer = query(&sql, key);
            assert!(answer.status < 500, "{kind}: {sql}: {} {}", answer.status, answer.text());
            // What does not exist for the key may be called by the name that the key asked for.
            let is_told = match answer.status {
                200 => told(&answer.text(), &sql),
                _ => told(&answer.text(), &sql).filter(|part| !sql.to_lowercase().contains(part)),
            };
            assert_eq!(is_told, None, "{kind}: {sql}: {}", answer.text());
            assert!(begin.elapsed() < Duration::from_secs(60), "{sql}");
        }
    }
    assert_whole();
}

fn read(sql: &str) -> Result<String, QueryError> {
    let limits = Limits { timeout: Duration::from_secs(2), ..sandbox().limits };
    let sql = RunnableSql::of_server(format!("SELECT (q.*)::text FROM ({sql}\n) AS q"));
    let rows = runtime().block_on(sandbox().database.read(&public_role(), sql, Vec::new(), limits))?;
    Ok(rows.iter().filter_map(|row| row.get::<_, Option<String>>(0)).collect())
}

/// The same without the guard: one fence must hold when the other has a hole.
#[test]
fn the_database_tells_nothing_of_others_either() {
    victim();
    for Escape { sql, kind } in escapes() {
        // Names by number: no right of the database is about those. The guard is alone there.
        let is_guards = sql.contains("::reg") || sql.contains("regclass");
        if is_guards || kind == "statements" {
            continue;
        }
        match read(&sql) {
            Ok(text) => assert_eq!(told(&text, &sql), None, "{kind}: {sql}: {text}"),
            Err(QueryError::Database(_) | QueryError::Timeout) => {}
            Err(error) => panic!("{kind}: {sql}: {error:?}"),
        }
    }
    assert_whole();
}

#[test]
fn what_is_not_harmless_is_not_executable() {
    for sql in [
        "SELECT xpath('count(//b)', '<a><b/></a>')",
        "SELECT set_config('application_name', 'x', true)",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_logical_emit_message(false, 'a', 'b')",
        "SELECT pg_advisory_lock(1)",
        "SELECT lo_create(0)",
        "SELECT current_setting('port')",
        "SELECT txid_current()",
        "SELECT format_type(16384, -1)",
        "SELECT makeaclitem(10, 10, 'SELECT', false)",
        "SELECT regclassout(16384)::text",
        "SELECT regroleout(10)::text",
        "SELECT regnamespacein('victim')::oid",
        "SELECT postgis_lib_version()",
        "SELECT _postgis_scripts_pgsql_version()",
        "SELECT ST_EstimatedExtent('demo', 'private_places', 'the_geom')",
        "SELECT relname FROM pg_class",
        "SELECT attname FROM pg_attribute",
        "SELECT rolname FROM pg_roles",
        "SELECT most_common_vals::text FROM pg_stats",
        "SELECT query FROM pg_stat_activity",
        "SELECT name FROM pg_settings",
        "SELECT table_name FROM information_schema.tables",
    ] {
        let denied = match read(sql) {
            Err(QueryError::Database(error)) => error.message().starts_with("permission denied"),
            _ => false,
        };
        assert!(denied, "{sql}: {:?}", read(sql));
    }
    // What maps need is left.
    for sql in [
        "SELECT name, the_geom, now() - interval '1 day', to_char(now(), 'YYYY'), random() FROM demo.populated_places LIMIT 1",
        "SELECT ST_AsGeoJSON(ST_Transform(the_geom, 3857)), to_json(name), format('%s', name) FROM demo.populated_places LIMIT 1",
        "SELECT f_table_name FROM geography_columns",
        "SELECT date_trunc('month', '2020-02-03'::timestamptz)::date + 1, age(now()), '2020-01-01'::date < now()",
        "SELECT to_tsvector('english', name) @@ to_tsquery('english', 'a'), regexp_replace(name, 'a', 'b') FROM demo.populated_places LIMIT 1",
        "SELECT json_agg(p.pop), array_to_json(array_agg(pop)), jsonb_build_object('a', 1), concat('a', 1) FROM demo.populated_places p",
    ] {
        assert!(read(sql).is_ok(), "{sql}: {:?}", read(sql));
    }
}

/// Two readers that see different tokens see different statements. PostgreSQL's own reader is the judge.
#[test]
fn the_database_gets_what_the_guard_saw() {
    use carto_sandbox::sql_guard::lexer;
    for (sql, expected) in [
        ("SELECT 'a' ||/* ' */ 'b' -- '", "ab"),
        ("SELECT 'a' ||--'\n 'b'", "ab"),
        ("SELECT E'\\\\' || 'x'\n'y' || $q$'$q$ || N'z'", "\\xy'z"),
        ("SELECT 5 </* ' */ 6", "true"),
    ] {
        let written = lexer::written(&lexer::tokens(sql).unwrap());
        let of = |sql: &str| {
            query(sql, "default_public").json()["rows"][0].as_object().map(|row| row.values().next().cloned())
        };
        let value = of(sql).flatten().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        assert_eq!(value.as_deref(), Some(expected), "{sql}");
        assert_eq!(of(sql), of(&written), "{sql}");
    }
}
