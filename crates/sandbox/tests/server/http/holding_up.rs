//! Attempts to hold the server up: with answers that are too large, with queries that cannot be interrupted, by going away.

use crate::sql_api::statements::query;
use crate::support::{assert_whole, get, instantiate, layergroup, map_over, public_role, runtime, sandbox};
use carto_sandbox::db::{Limits, QueryError};
use carto_sandbox::sql_guard::RunnableSql;
use serde_json::json;
use std::time::{Duration, Instant};

/// Answers of many megabytes, of few rows and of many.
const LARGE: &[&str] = &[
    "SELECT lpad('', 1000000, 'x') AS a FROM generate_series(1, 1500)",
    "SELECT lpad('', 100000000, 'x') AS a",
    "SELECT n AS a, 'abc' AS b FROM generate_series(1, 5000000) n",
    "SELECT repeat('1', CASE WHEN n > 4000 THEN 1000000 ELSE 1 END) AS a FROM generate_series(1, 6000) n",
    "SELECT array_agg(n) AS a FROM generate_series(1, 9000000) n",
    "SELECT decode(repeat('00', 50000000), 'hex') AS a",
];

/// What a request held is given back. Other tests run at the same time.
fn assert_given_back() {
    let begin = Instant::now();
    while sandbox().database.memory().used() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "{} bytes", sandbox().database.memory().used());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn large_answers_end_before_they_are_held() {
    for sql in LARGE {
        let begin = Instant::now();
        let answer = query(sql, "default_public");
        assert!(
            matches!(answer.status, 429 | 503),
            "{sql}: {} {}",
            answer.status,
            answer.text().chars().take(200).collect::<String>()
        );
        assert!(begin.elapsed() < Duration::from_secs(60), "{sql}: {:?}", begin.elapsed());
        assert_given_back();
        let map =
            map_over(&format!("SELECT 1 AS cartodb_id, ST_Point(0, 0) AS the_geom_webmercator, q.* FROM ({sql}) q"));
        let answer = instantiate(&map, "default_public");
        let Some(id) = answer.json()["layergroupid"].as_str().map(str::to_owned) else {
            assert!(matches!(answer.status, 429 | 503), "{sql}: {} {}", answer.status, answer.text());
            continue;
        };
        let answer = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.png"));
        assert!(answer.status < 500 || answer.status == 503, "{sql}: {} {}", answer.status, answer.text());
    }
    assert_whole();
}

#[test]
fn many_rows_are_answered_with_little_memory() {
    let answer = query("SELECT n AS a FROM generate_series(1, 70000) n", "default_public");
    assert_eq!((answer.status, answer.json()["total_rows"].as_u64()), (200, Some(70_000)));
    assert_eq!(answer.json()["rows"][69_999]["a"], 70_000);
    assert_given_back();
}

/// A query that PostgreSQL cannot interrupt, as one in a function that an operator has let everybody use.
#[test]
fn a_session_that_cannot_be_interrupted_is_not_used_again() {
    let database = &sandbox().database;
    if database.is_embedded() {
        // There, the whole process is ended.
        return;
    }
    let role = public_role();
    let grant = |word: &str, to: &str| {
        for function in ["xpath(text, xml)", "xpath(text, xml, text[])", "xml(text)"] {
            let sql = format!("{word} EXECUTE ON FUNCTION pg_catalog.{function} {to} \"{}\"", role.name);
            runtime().block_on(database.admin(&sql)).unwrap();
        }
    };
    grant("GRANT", "TO");
    // Some seconds of searching, in one call.
    let stuck = "SELECT array_length(xpath('count(//b[count(//b[count(//b) > 1]) > 1])', ('<a>' || repeat('<b/>', 350) || '</a>')::xml), 1)";
    let limits = Limits { timeout: Duration::from_millis(300), ..sandbox().limits };
    let read = |sql: &'static str| database.read(&role, RunnableSql::of_server(sql), Vec::new(), limits);
    let begin = Instant::now();
    let all = runtime().block_on(async { tokio::join!(read(stuck), read(stuck), read(stuck), read(stuck)) });
    let ended = begin.elapsed();
    // All sessions of the key are stuck, and it has new ones.
    let begin = Instant::now();
    let next = runtime().block_on(read("SELECT 1"));
    let answered = begin.elapsed();
    // Whatever came of it: other tests count on this.
    grant("REVOKE", "FROM");
    for result in [all.0, all.1, all.2, all.3] {
        assert!(matches!(result, Err(QueryError::Timeout)), "{result:?}");
    }
    assert!(next.is_ok());
    // On a busy machine it takes a while; the search takes longer there, too.
    assert!(ended < Duration::from_secs(8) && answered < Duration::from_secs(4), "{ended:?} {answered:?}");
    assert_whole();
}

#[test]
fn the_work_of_a_client_that_leaves_ends() {
    let database = &sandbox().database;
    if database.is_embedded() {
        return;
    }
    let role = public_role();
    let limits = Limits { timeout: Duration::from_secs(20), ..sandbox().limits };
    let read = |sql: &'static str| database.read(&role, RunnableSql::of_server(sql), Vec::new(), limits);
    runtime().block_on(async {
        let sleeping = async { tokio::join!(read("SELECT pg_sleep(19)"), read("SELECT pg_sleep(19)"), read("SELECT pg_sleep(19)"), read("SELECT pg_sleep(19)")) };
        assert!(tokio::time::timeout(Duration::from_millis(500), sleeping).await.is_err());
        let begin = Instant::now();
        assert!(read("SELECT 1").await.is_ok());
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(19)%' AND state = 'active' AND usename <> current_user";
        for _ in 0..50 {
            if database.admin_query(sql, Vec::new()).await.unwrap()[0].get::<_, i64>(0) == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("queries run on");
    });
}

/// With each collection inside another one PostGIS takes twice as long, unless somebody takes them apart before.
#[test]
fn collections_in_collections_are_drawn() {
    let nested =
        "ST_SetSRID(ST_GeomFromText(repeat('GEOMETRYCOLLECTION(', 60) || 'POINT(1 2)' || repeat(')', 60)), 3857)";
    let sql = format!("SELECT 1 AS cartodb_id, {nested} AS the_geom_webmercator");
    let id = layergroup(&map_over(&sql), "default_public");
    for file in ["0/0/0/0.mvt", "0/0/0/0.png"] {
        let answer = get(&format!("/user/demo/api/v1/map/{id}/{file}"));
        assert_eq!(answer.status, 200, "{file}: {}", answer.text());
    }
    let envelope = "ST_MakeEnvelope(-20037508, -20037508, 20037508, 20037508, 3857)";
    let answer = query(&format!("SELECT ST_AsMVTGeom({nested}, {envelope}::box2d, 4096, 64, true)"), "default_public");
    assert_eq!(answer.status, 403, "{}", answer.text());
}

#[test]
fn maps_of_large_rows_are_refused() {
    let config = json!({"layers": [{"type": "mapnik", "options": {
        "sql": "SELECT 1 AS cartodb_id, ST_Point(0, 0) AS the_geom_webmercator, lpad('', 1000000, 'x') AS a FROM generate_series(1, 1500)",
        "cartocss": "#l { marker-width: 1; [a = 'x'] { marker-width: 2; } }", "interactivity": ["a"]}}]});
    let answer = instantiate(&config, "default_public");
    if answer.status == 200 {
        let id = answer.json()["layergroupid"].as_str().unwrap().to_owned();
        for file in ["0/0/0/0.png", "0/0/0/0.grid.json", "0/0/0/0.mvt"] {
            let answer = get(&format!("/user/demo/api/v1/map/{id}/{file}"));
            // A vector tile has each value once.
            let is_small = file.ends_with("mvt") && answer.body.len() < 2_000_000;
            let is_refused = answer.status == 429 || answer.status == 503;
            assert!(is_refused || is_small, "{file}: {} {}", answer.status, answer.body.len());
        }
    }
    assert_given_back();
    assert_whole();
}
