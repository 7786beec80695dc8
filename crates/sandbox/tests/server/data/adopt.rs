//! Tables of PostGIS that were there before.

use crate::sql_api::statements::query_as;
use crate::support::{fresh_user, get, map_over, runtime, sandbox, send};
use carto_sandbox::data::adopt::{Adoption, adopt};
use serde_json::Value;

fn psql(statements: &str) {
    runtime().block_on(sandbox().database.admin(statements)).unwrap();
}

fn wish(table: &str, user: &str) -> Adoption {
    Adoption {
        schema: "gis".into(),
        table: table.into(),
        user: user.into(),
        geometry: None,
        name: None,
        is_view: false,
        is_watched: false,
        is_public: false,
    }
}

/// The name of the dataset, or why there is none.
fn adopted(wish: &Adoption) -> Result<String, String> {
    runtime().block_on(adopt(&sandbox().database, wish)).map(|(name, _)| name).map_err(|error| error.to_string())
}

/// Rows of a dataset as a map has them, and whether a client may keep them.
fn seen(user: &str, key: &str, dataset: &str) -> (Value, bool) {
    let map = map_over(&format!(
        "SELECT * FROM {dataset} WHERE the_geom_webmercator && ST_MakeEnvelope(-2e7, -2e7, 2e7, 2e7, 3857)"
    ));
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let made = send("POST", &format!("/user/{user}/api/v1/map?api_key={key}"), &headers, map.to_string().into_bytes());
    let id = made.json()["layergroupid"].as_str().unwrap_or_else(|| panic!("{dataset}: {}", made.text())).to_owned();
    let answer = get(&format!("/user/{user}/api/v1/map/{id}/dataview/n?api_key={key}"));
    let tile = get(&format!("/user/{user}/api/v1/map/{id}/0/0/0.png?api_key={key}"));
    assert_eq!(tile.status, 200, "{dataset}: {}", tile.text());
    (answer.json()["result"].clone(), answer.headers["cache-control"] == "public,max-age=31536000")
}

fn place(user: &str, key: &str, dataset: &str) -> String {
    let sql = format!(
        "SELECT string_agg(round(ST_X(ST_Centroid(the_geom)))::text || ' ' || round(ST_Y(ST_Centroid(the_geom)))::text, ', ' ORDER BY cartodb_id) AS s FROM {dataset}"
    );
    let answer = query_as(user, &sql, key, "");
    answer.json()["rows"][0]["s"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

const TABLES: &str = "
  DROP SCHEMA IF EXISTS gis CASCADE; CREATE SCHEMA gis;
  CREATE TABLE gis.parks (gid serial PRIMARY KEY, name text, geom geometry(MultiPolygonZ, 25832));
  INSERT INTO gis.parks (name, geom) SELECT 'a', ST_Multi(ST_Force3D(ST_Transform(ST_Buffer(ST_SetSRID(ST_MakePoint(9, 48), 4326), 0.01), 25832)));
  CREATE TABLE gis.mixed (code text, part int, shape geometry, PRIMARY KEY (code, part));
  INSERT INTO gis.mixed VALUES ('a', 1, ST_SetSRID(ST_MakePoint(9, 48), 4326)), ('a', 2, ST_Transform(ST_SetSRID(ST_MakePoint(9, 48), 4326), 3857)), ('b', 1, NULL);
  CREATE TABLE gis.\"Odd Name\" (id uuid, where_it_is geography(Point));
  INSERT INTO gis.\"Odd Name\" VALUES (gen_random_uuid(), ST_MakePoint(9, 48)), (gen_random_uuid(), ST_MakePoint(10, 49));
  CREATE TABLE gis.ready (the_geom geometry(Point, 31467), title text);
  INSERT INTO gis.ready SELECT ST_Transform(ST_SetSRID(ST_MakePoint(9, 48), 4326), 31467), 'x' FROM generate_series(1, 2);
  CREATE TABLE gis.two (id int PRIMARY KEY, a geometry, b geometry);
  CREATE TABLE gis.nowhere (id int PRIMARY KEY, geom geometry); INSERT INTO gis.nowhere VALUES (1, ST_MakePoint(1, 2));
  CREATE TABLE gis.twice (cartodb_id int, geom geometry(Point, 4326)); INSERT INTO gis.twice VALUES (1), (1);
  CREATE TABLE gis.computed (id int PRIMARY KEY, x float, geom geometry(Point, 4326) GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(x, 0), 4326)) STORED);
  CREATE TABLE gis.unnumbered (cartodb_id int, geom geometry(Point, 4326));
  CREATE TABLE gis.words (id int PRIMARY KEY, word text);
  CREATE TABLE gis.parted (id int, geom geometry(Point, 4326)) PARTITION BY LIST (id);
  CREATE TABLE gis.guarded (id int PRIMARY KEY, geom geometry(Point, 4326)); ALTER TABLE gis.guarded ENABLE ROW LEVEL SECURITY";

#[test]
fn tables_become_datasets_and_views_leave_them_alone() {
    let database = &sandbox().database;
    let (_, key) = runtime().block_on(fresh_user(database, "adopter"));
    psql(TABLES);
    // Views first: the tables stay where they are, and as they are.
    let columns = "SELECT string_agg(table_name || '.' || column_name, ',' ORDER BY table_name, ordinal_position) FROM information_schema.columns WHERE table_schema = 'gis'";
    let described = || -> String { runtime().block_on(database.admin_query(columns, Vec::new())).unwrap()[0].get(0) };
    let before = described();
    for (table, rows) in [("parks", 1), ("mixed", 2)] {
        let name = Some(format!("seen_{table}"));
        let done = adopted(&Adoption { is_view: true, name, ..wish(table, "adopter") });
        assert_eq!(done, Ok(format!("seen_{table}")));
        assert_eq!(seen("adopter", &key, &format!("seen_{table}")), (rows.into(), false));
    }
    assert_eq!(before, described());
    assert_eq!(place("adopter", &key, "seen_parks"), "9 48");
    let watched = Adoption {
        is_view: true,
        is_watched: true,
        is_public: true,
        name: Some("watched".into()),
        ..wish("parks", "adopter")
    };
    assert_eq!(adopted(&watched), Ok("watched".into()));
    assert_eq!(seen("adopter", "default_public", "watched"), (1.into(), true));
    psql("INSERT INTO gis.parks (name, geom) SELECT 'b', geom FROM gis.parks");
    assert_eq!(seen("adopter", "default_public", "watched"), (2.into(), true));
    psql("DELETE FROM gis.parks WHERE name = 'b'");

    // The tables themselves.
    assert_eq!(adopted(&wish("parks", "adopter")), Ok("parks".into()));
    assert_eq!(adopted(&wish("mixed", "adopter")), Ok("mixed".into()));
    assert_eq!(adopted(&Adoption { name: Some("odd".into()), ..wish("Odd Name", "adopter") }), Ok("odd".into()));
    assert_eq!(adopted(&wish("ready", "adopter")), Ok("ready".into()));
    for (dataset, rows, places) in
        [("parks", 1, "9 48"), ("mixed", 2, "9 48, 9 48"), ("odd", 2, "9 48, 10 49"), ("ready", 2, "9 48, 9 48")]
    {
        assert_eq!(seen("adopter", &key, dataset), (rows.into(), true), "{dataset}");
        assert_eq!(place("adopter", &key, dataset), places, "{dataset}");
    }
    // What another program writes into its own column is on the map.
    psql("INSERT INTO adopter.parks (name, geom) SELECT 'c', ST_Translate(geom, 100000, 0) FROM adopter.parks");
    assert_eq!(place("adopter", &key, "parks"), "9 48, 10 48");
    assert_eq!(seen("adopter", &key, "parks"), (2.into(), true));
    let written = query_as("adopter", "UPDATE ready SET the_geom = ST_SetSRID(ST_MakePoint(20, 10), 4326)", &key, "");
    assert_eq!((written.status, place("adopter", &key, "ready").as_str()), (200, "20 10, 20 10"), "{}", written.text());
    // What is not on Earth is kept, and not on the map.
    psql("INSERT INTO adopter.mixed VALUES ('far', 1, ST_SetSRID(ST_MakePoint(1e300, 1e300), 25832))");
    assert_eq!(seen("adopter", &key, "mixed"), (2.into(), true));
}

#[test]
fn no_other_table_is_in_the_way() {
    let database = &sandbox().database;
    let (_, key) = runtime().block_on(fresh_user(database, "crowded"));
    let point = "ST_SetSRID(ST_MakePoint(9, 48), 4326)";
    psql(&format!(
        "DROP SCHEMA IF EXISTS gis_crowded CASCADE; CREATE SCHEMA gis_crowded;
         CREATE TABLE crowded.title (id serial PRIMARY KEY, geom geometry(Point, 4326)); CREATE INDEX ON crowded.title USING gist (geom);
         CREATE TABLE gis_crowded.title (id serial PRIMARY KEY, geom geometry(Point, 25832)); CREATE INDEX ON gis_crowded.title USING gist (geom);
         CREATE TABLE gis_crowded.title_gis (id int);
         INSERT INTO gis_crowded.title (geom) VALUES (ST_Transform({point}, 25832));
         CREATE TABLE gis_crowded.worded (fid int PRIMARY KEY, the_geom geometry(Point, 4326), cartodb_id text);
         INSERT INTO gis_crowded.worded VALUES (7, {point}, 'x');
         CREATE TABLE gis_crowded.counted (the_geom geometry(Point, 4326), cartodb_id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);
         INSERT INTO gis_crowded.counted VALUES ({point});
         CREATE VIEW gis_crowded.again AS SELECT 1 AS cartodb_id, geom FROM gis_crowded.title UNION ALL SELECT 1, geom FROM gis_crowded.title"
    ));
    let of = |table: &str| Adoption { schema: "gis_crowded".into(), ..wish(table, "crowded") };
    assert!(adopted(&Adoption { is_view: true, ..of("again") }).unwrap_err().contains("has no primary key"));
    psql("DROP VIEW gis_crowded.again");
    assert!(adopted(&of("title")).unwrap_err().contains("has a dataset title already: --name NAME."));
    assert_eq!(adopted(&Adoption { name: Some("title_gis".into()), ..of("title") }), Ok("title_gis".into()));
    assert_eq!(place("crowded", &key, "title_gis"), "9 48");
    // Its sequence goes on, and other programs write as before.
    psql("INSERT INTO crowded.title_gis (geom) SELECT geom FROM crowded.title_gis");
    assert_eq!(place("crowded", &key, "title_gis"), "9 48, 9 48");
    psql(
        "SELECT 'gis_crowded.title_gis'::regclass, 'crowded.title_gis_pkey'::regclass, 'crowded.title_gis_id_seq'::regclass",
    );
    // A column that numbers no rows is no cartodb_id.
    assert_eq!(adopted(&Adoption { is_view: true, ..of("worded") }), Ok("worded".into()));
    let numbered = query_as("crowded", "SELECT cartodb_id FROM worded", &key, "");
    assert_eq!(numbered.json()["rows"][0]["cartodb_id"], 7, "{}", numbered.text());
    // One that counts by itself stays as it is.
    assert_eq!(adopted(&of("counted")), Ok("counted".into()));
    assert_eq!(place("crowded", &key, "counted"), "9 48");
    psql("DROP SCHEMA gis_crowded CASCADE");
}

#[test]
fn what_cannot_be_adopted_is_told_in_one_sentence() {
    let (database, table) = (&sandbox().database, wish("two", "nobody_such"));
    assert!(adopted(&table).unwrap_err().contains("There is no user nobody_such"));
    runtime().block_on(fresh_user(database, "refuser"));
    psql(&TABLES.replace("gis", "gis_refused"));
    let of = |table: &str| Adoption { schema: "gis_refused".into(), ..wish(table, "refuser") };
    let view = |table: &str| Adoption { is_view: true, ..of(table) };
    let geometry = |table: &str, column: &str| Adoption { geometry: Some(column.into()), ..of(table) };
    for (wish, sentence) in [
        (of("nothing"), "There is no table gis_refused.nothing."),
        (of("two"), "several geometries: --geometry a, or --geometry b."),
        (geometry("two", "c"), "has no column c."),
        (geometry("two", "id"), "is of type int4, and no geometry."),
        (of("words"), "has no geometry."),
        (of("nowhere"), "have no reference system"),
        (of("parted"), "can only be adopted with --view."),
        (view("parted"), "has no primary key"),
        (view("guarded"), "has policies for its rows"),
        (Adoption { schema: "pg_catalog".into(), ..of("pg_class") }, "belongs to the database"),
        (Adoption { schema: "public".into(), ..of("spatial_ref_sys") }, "belongs to an extension."),
        (Adoption { name: Some(String::new()), ..of("parks") }, "needs a name"),
        (Adoption { name: Some("My Parks".into()), ..of("parks") }, "name \"My Parks\" as it is: --name my_parks."),
        (Adoption { name: Some("select".into()), ..of("parks") }, "--name select_t."),
        (of("twice"), "has the same number in several rows, or none: rename it, or say --view."),
        (of("computed"), "is computed by the database"),
        (view("unnumbered"), "has no primary key"),
        (Adoption { schema: "demo".into(), ..of("cities") }, "is a dataset of demo."),
    ] {
        let told = adopted(&wish).unwrap_err();
        assert!(told.contains(sentence) && told.ends_with('.') && !told.contains('\n'), "{told}");
    }
    assert_eq!(adopted(&of("Odd Name")), Ok("odd_name".into()));
    let again = Adoption { schema: "refuser".into(), ..of("odd_name") };
    assert_eq!(adopted(&again), Err("refuser.odd_name is a dataset already.".into()));
    assert_eq!(adopted(&view("parks")), Ok("parks".into()));
    let again = Adoption { schema: "refuser".into(), ..of("parks") };
    assert_eq!(adopted(&again), Err("refuser.parks is a view in the schema of refuser, and no table.".into()));
    // No trigger and no index is advised where there can be none.
    psql(
        "CREATE VIEW gis_refused.seen AS SELECT gid AS cartodb_id, geom FROM gis_refused.parks;
         CREATE MATERIALIZED VIEW gis_refused.kept AS SELECT * FROM gis_refused.seen",
    );
    let notes = |table: &str| runtime().block_on(adopt(database, &view(table))).unwrap().1.join(" ");
    let (seen, kept) = (notes("seen"), notes("kept"));
    assert!(
        !seen.contains("--watch") && !seen.contains("CREATE INDEX") && seen.contains("carto_note_change"),
        "{seen}"
    );
    assert!(!kept.contains("--watch") && kept.contains("CREATE INDEX"), "{kept}");
    assert!(adopted(&of("parks")).unwrap_err().contains("has a dataset parks already: --name NAME."));
    psql("DROP SCHEMA gis_refused CASCADE");
}
