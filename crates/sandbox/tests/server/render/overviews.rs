//! Overviews of large tables: tiles are the same with one and without, and it is of no use to those who may not read the table.

use super::tiles::decode;
use crate::sql_api::statements::{MASTER, query};
use crate::support::{Answer, fresh_user, get, instantiate, layergroup, map_over, runtime, sandbox};
use carto_sandbox::data::overviews::{self, Outcome, OverviewError, Refresh};
use carto_sandbox::db::QueryError;
use carto_sandbox::db::admin::Ask;
use serde_json::{Value, json};
use std::time::Duration;

const STYLE: &str = "#layer { marker-width: 5; marker-fill: #f60; marker-fill-opacity: 0.9; marker-line-color: #fff;
  marker-line-width: 0.5; marker-allow-overlap: true; [pop > 500] { marker-fill: #06f; marker-width: 7; } }";

fn psql(statements: &str) {
    runtime().block_on(sandbox().database.admin(statements)).unwrap();
}

fn number(sql: &str) -> i64 {
    runtime().block_on(sandbox().database.admin_query(sql, Vec::new())).unwrap().first().map_or(-1, |row| row.get(0))
}

/// Makes a table of points that lie closely together in a part of the world, and alone elsewhere.
fn table(name: &str, points: u32) {
    psql(&format!(
        "DROP TABLE IF EXISTS demo.{name};
         CREATE TABLE demo.{name} AS
           SELECT n AS cartodb_id, 'place ' || n AS name, CASE WHEN n % 50 = 0 THEN NULL ELSE n % 1000 END AS pop,
                  ST_Transform(g, 4326) AS the_geom, g AS the_geom_webmercator
             FROM (SELECT n, ST_SetSRID(ST_MakePoint((n * 0.6180339887 % 1 - 0.5) * size, (n * 0.7548776662 % 1 - 0.5) * size), 3857) AS g
                     FROM generate_series(1, {points}) AS n, LATERAL (SELECT CASE WHEN n % 9 = 0 THEN 3.9e7 ELSE 8e6 END AS size) AS s) AS made;
         CREATE INDEX ON demo.{name} USING gist (the_geom_webmercator);
         ANALYZE demo.{name};
         GRANT SELECT ON demo.{name} TO PUBLIC"
    ));
    runtime().block_on(carto_sandbox::db::changes::watch(&sandbox().database, "demo", name)).unwrap();
}

fn map(table: &str) -> Value {
    let options = json!({ "sql": format!("SELECT * FROM {table}"), "cartocss": STYLE, "cartocss_version": "3.0.12",
                          "interactivity": ["cartodb_id", "name", "pop"] });
    json!({ "version": "1.8.0", "layers": [{ "type": "mapnik", "options": options }] })
}

fn tile(id: &str, place: &str) -> Vec<u8> {
    let answer = get(&format!("/user/demo/api/v1/map/{id}/0/{place}?api_key={MASTER}"));
    assert_eq!(answer.status, 200, "{place}: {}", answer.text());
    answer.body
}

/// The greatest difference of a channel, and how many channels differ.
fn difference(one: &[u8], other: &[u8]) -> (u8, usize) {
    let (one, other) = (decode(one), decode(other));
    assert_eq!(one.side, other.side);
    let channels = one.pixels.iter().flatten().zip(other.pixels.iter().flatten());
    let steps = channels.map(|(one, other)| one.abs_diff(*other));
    steps.fold((0, 0), |(most, count), step| (most.max(step), count + usize::from(step > 0)))
}

#[test]
fn tiles_are_the_same_with_an_overview_and_without() {
    let database = &sandbox().database;
    if database.is_embedded() {
        let refused = runtime().block_on(overviews::build(database, "demo", "cities"));
        assert!(matches!(refused, Err(OverviewError::Embedded)));
        return;
    }
    table("crowded", 140_000);
    let id = layergroup(&map("crowded"), MASTER);
    let places = ["0/0/0.png", "1/0/1.png", "2/2/1.png", "4/8/7.png"];
    let before: Vec<Vec<u8>> = places.iter().map(|place| tile(&id, place)).collect();
    let grid = |place: &str| serde_json::from_slice::<Value>(&tile(&id, place)).unwrap();
    let grid_before = grid("0/0/0.grid.json");
    let built = runtime().block_on(overviews::build(database, "demo", "crowded"));
    assert_eq!(built.unwrap(), Outcome::Made(140_000));
    let id = layergroup(&map("crowded"), MASTER);
    for (place, before) in places.iter().zip(&before) {
        // Colours are rounded once, and not with each marker of a stack.
        let (most, count) = difference(before, &tile(&id, place));
        assert!(most <= 8, "{place}: {count} channels differ, by up to {most}");
    }
    let after = serde_json::from_slice::<Value>(&tile(&id, "0/0/0.grid.json")).unwrap();
    assert_eq!(after["data"].as_object().map(|data| !data.is_empty()), Some(true));
    let of = |grid: &Value| grid["data"].as_object().unwrap().values().next().unwrap().as_object().unwrap().len();
    assert_eq!(of(&after), of(&grid_before));
    // It is what tiles are made from: without its points there are none.
    psql("DO $$ DECLARE o text; BEGIN SELECT 'sandbox.overview_' || id INTO o FROM sandbox.overviews WHERE name = 'crowded';
          EXECUTE 'DELETE FROM ' || o; END $$");
    let (most, _) = difference(&before[0], &tile(&id, "0/0/0.png"));
    assert!(most > 200, "the overview is not used");
    // Other queries than the plain table need the table.
    let filtered = layergroup(&map_over("SELECT * FROM crowded WHERE cartodb_id > 0"), MASTER);
    assert!(decode(&tile(&filtered, "0/0/0.png")).pixels.iter().any(|pixel| pixel[3] > 0));
    // With an edit it is out of date, whoever makes it.
    psql("DELETE FROM demo.crowded WHERE cartodb_id = 1");
    let (most, count) = difference(&before[0], &tile(&id, "0/0/0.png"));
    assert!(count < 500, "{count} channels differ, by up to {most}");
    let is_wanting = |rest| {
        let found = runtime().block_on(overviews::wanting(database, Some("demo"), 1e6, rest)).unwrap();
        found.iter().any(|wanting| wanting.table == "crowded")
    };
    assert!(is_wanting(Duration::ZERO) && !is_wanting(overviews::REST));
    // The server makes it anew when the dataset rests, once.
    let mut refresh = Refresh::default();
    runtime().block_on(refresh.turn(database, Duration::ZERO));
    assert!(!is_wanting(Duration::ZERO));
    let id_of = "SELECT id::bigint FROM sandbox.overviews WHERE name = 'crowded'";
    let made = number(id_of);
    runtime().block_on(refresh.turn(database, Duration::ZERO));
    assert_eq!(number(id_of), made);
    let points = "SELECT sum(total)::bigint FROM sandbox.overview_N WHERE level = 0".replace('N', &made.to_string());
    assert_eq!(number(&points), 139_999);
    // Who makes it at the same time as another does nothing.
    let other = runtime().block_on(database.begin()).unwrap();
    let lock = r#"SELECT pg_advisory_xact_lock(hashtext('carto-sandbox overview of "demo"."crowded"'))"#;
    runtime().block_on(other.run(lock)).unwrap();
    let built = runtime().block_on(overviews::build(database, "demo", "crowded"));
    assert_eq!(built.unwrap(), Outcome::Busy);
    runtime().block_on(other.end(Ok::<_, QueryError>(()))).unwrap();
    // It goes with its dataset.
    let dropped: Answer = query("DROP TABLE crowded", MASTER);
    assert_eq!(dropped.status, 200, "{}", dropped.text());
    assert_eq!(number("SELECT count(*) FROM sandbox.overviews WHERE name = 'crowded'"), 0);
    let tables =
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'sandbox'::regnamespace AND relname ~ '^overview_[0-9]+$'";
    assert_eq!(number(tables), number("SELECT count(*) FROM sandbox.overviews"));
}

#[test]
fn nobody_reads_an_overview_who_may_not_read_the_table() {
    let database = &sandbox().database;
    if database.is_embedded() {
        return;
    }
    table("secret_crowd", 70_000);
    psql(
        "REVOKE ALL ON demo.secret_crowd FROM PUBLIC;
         DO $$ BEGIN EXECUTE (SELECT format('GRANT SELECT ON demo.secret_crowd TO %I', role) FROM sandbox.users
                               WHERE username = 'demo'); END $$",
    );
    runtime().block_on(overviews::build(database, "demo", "secret_crowd")).unwrap();
    let refused = instantiate(&map("secret_crowd"), "default_public");
    assert_eq!(refused.status, 403, "{}", refused.text());
    // A map of somebody who may is open to those only who may, too.
    let id = layergroup(&map("secret_crowd"), MASTER);
    let answer = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.png"));
    assert_eq!(answer.status, 403, "{}", answer.text());
    let listed = query("SELECT CDB_UserTables()", MASTER);
    assert!(!listed.text().contains("overview_"), "{}", listed.text());
    let read = query("SELECT * FROM sandbox.overviews", MASTER);
    assert_eq!(read.status, 403, "{}", read.text());
    psql("DROP TABLE demo.secret_crowd");
    runtime().block_on(overviews::sweep(database)).unwrap();
    assert_eq!(number("SELECT count(*) FROM sandbox.overviews WHERE name = 'secret_crowd'"), 0);
}

#[test]
fn what_needs_no_overview_gets_none() {
    let database = &sandbox().database;
    if database.is_embedded() {
        return;
    }
    let build = |schema: &str, table: &str| runtime().block_on(overviews::build(database, schema, table));
    assert_eq!(build("demo", "world_countries").unwrap(), Outcome::NotPoints);
    assert_eq!(build("demo", "cities").unwrap(), Outcome::Small);
    assert!(matches!(build("demo", "nothing"), Err(OverviewError::Unknown(..))));
    assert!(matches!(build("pg_catalog", "pg_class"), Err(OverviewError::Unknown(..))));
    let (account, _) = runtime().block_on(fresh_user(database, "overviewed"));
    let wanting = overviews::wanting(database, Some(&account.schema), 65_535.0, Duration::ZERO);
    assert!(runtime().block_on(wanting).unwrap().is_empty());
}
