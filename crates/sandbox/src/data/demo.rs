//! The demo: a user `demo` with tables and keys.

use crate::StartError;
use crate::accounts::demo_keys::{self, DemoKeys, USERNAME};
use crate::data::tables::{Table, Writer, finish_table, identified_geometry};
use crate::db::embedded::{explain, last_complaint, node, node_missing};
use crate::db::roles;
use crate::db::{Database, QueryError};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Counted up whenever the demo's tables change; they are made anew then.
const VERSION: &str = "3";

/// Both APIs, which every key but one has.
pub const ALL_APIS: &[&str] = &["sql", "maps"];

/// The poles have no place in Web Mercator. Areas that cross the antimeridian come in one piece, which would go around the
/// world: they are cut there, all but Antarctica, which does go around it.
const WORLD: &str = "(SELECT ST_Multi(ST_CollectionExtract(ST_Intersection(ST_Union(CASE
           WHEN ST_XMax(part) - ST_XMin(part) < 180 OR ST_YMin(part) < -80 THEN ST_MakeValid(part)
           ELSE ST_Union(ST_Intersection(ST_MakeValid(ST_ShiftLongitude(part)), ST_MakeEnvelope(0, -90, 180, 90, 4326)),
                         ST_Translate(ST_Intersection(ST_MakeValid(ST_ShiftLongitude(part)),
                                                      ST_MakeEnvelope(180, -90, 360, 90, 4326)), -360, 0)) END),
           ST_MakeEnvelope(-180, -85.0511, 180, 85.0511, 4326)), 3))
      FROM (SELECT (ST_Dump(ST_GeomFromGeoJSON(geojson))).geom AS part) AS parts)";

/// Names of countries and places are those of Natural Earth where it has them.
const TABLES: &[Table] = &[
    Table {
        name: "world_countries",
        columns: &[("name", "text"), ("iso_a2", "text"), ("iso_n3", "text"), ("geojson", "text")],
        geometry: WORLD,
        geometry_type: "MultiPolygon",
        dropped: &["geojson"],
        has_ids: false,
    },
    Table {
        name: "cities",
        columns: &[
            ("name", "text"),
            ("nameascii", "text"),
            ("adm0name", "text"),
            ("iso_a2", "text"),
            ("featurecla", "text"),
            ("adm0cap", "integer"),
            ("pop_max", "bigint"),
            ("geonameid", "bigint"),
            ("longitude", "double precision"),
            ("latitude", "double precision"),
        ],
        geometry: "ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)",
        geometry_type: "Point",
        dropped: &[],
        has_ids: false,
    },
];
/// A private dataset: what only some keys may see. Its shops are made up, in the 200 largest cities.
const SHOPS: &str = "shops";
const SHOPS_ROWS: &str = "INSERT INTO demo.shops (the_geom, the_geom_webmercator, name, city, revenue, opened)
    SELECT the_geom, the_geom_webmercator, 'Shop ' || lpad((row_number() OVER largest)::text, 3, '0'), name,
           (geonameid % 900 + 100) * 100, date '2015-01-01' + (geonameid % 3000)::integer
      FROM demo.cities WINDOW largest AS (ORDER BY pop_max DESC, geonameid) ORDER BY pop_max DESC, geonameid LIMIT 200";
/// What the script calls the tables.
const PARTS: &[&str] = &["countries", "cities"];

/// Loads the demo unless it is there. Its keys are those that a test gives, or random ones.
///
/// # Errors
/// In one sentence: Node.js or a package is missing, or the database refuses.
pub async fn load(database: &Database, given: Option<&DemoKeys>) -> Result<(), StartError> {
    if stored_version(database).await.map_err(failed)? == VERSION {
        return match given {
            Some(_) => demo_keys::put(database, given).await,
            None => Ok(()),
        };
    }
    roles::create_user(database, USERNAME).await.map_err(failed)?;
    for (table, part) in TABLES.iter().zip(PARTS) {
        println!("loading the demo table {} …", table.name);
        let begin = Instant::now();
        let rows = load_table(database, USERNAME, table, part).await?;
        println!("loaded {rows} rows into {} in {:.1} s", table.name, begin.elapsed().as_secs_f32());
    }
    load_shops(database, USERNAME).await.map_err(failed)?;
    demo_keys::put(database, given).await?;
    let remember = format!(
        "INSERT INTO sandbox.settings VALUES ('demo', '{VERSION}')
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    );
    database.admin(&remember).await.map_err(failed)
}

async fn load_shops(database: &Database, username: &str) -> Result<(), QueryError> {
    let geometry = identified_geometry("Point");
    let columns = "name text, city text, revenue integer, opened date";
    let sql =
        format!("DROP TABLE IF EXISTS demo.{SHOPS}; CREATE TABLE demo.{SHOPS} ({geometry}, {columns}); {SHOPS_ROWS}");
    database.admin(&sql).await?;
    finish_table(database, username, SHOPS).await
}

async fn stored_version(database: &Database) -> Result<String, QueryError> {
    let rows = database.admin_query("SELECT value FROM sandbox.settings WHERE name = 'demo'", Vec::new()).await?;
    Ok(rows.first().map(|row| row.get(0)).unwrap_or_default())
}

fn failed(error: QueryError) -> StartError {
    StartError(format!("The demo data cannot be loaded: {error}."))
}

async fn load_table(database: &Database, username: &str, table: &Table<'_>, part: &str) -> Result<usize, StartError> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("embedded/demo-data.mjs");
    let mut child = node(&script)
        .arg(part)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(node_missing)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(StartError("The demo data has no pipes.".into()));
    };
    let complaint = tokio::spawn(last_complaint(stderr));
    let mut writer = Writer::begin(database, username, table).await.map_err(failed)?;
    let mut lines = BufReader::new(stdout).lines();
    let unreadable = |error: &dyn std::fmt::Display| StartError(format!("The demo data cannot be read: {error}."));
    while let Some(line) = lines.next_line().await.map_err(|error| unreadable(&error))? {
        let row = serde_json::from_str(&line).map_err(|error| unreadable(&error))?;
        writer.push(row).await.map_err(failed)?;
    }
    if !child.wait().await.is_ok_and(|status| status.success()) {
        return Err(explain(&complaint.await.unwrap_or_default()));
    }
    writer.finish().await.map_err(failed)
}
