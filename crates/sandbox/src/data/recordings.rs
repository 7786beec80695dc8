//! The tables and keys that the recorded exchanges with real servers were made with, so that they can be replayed.

use crate::StartError;
use crate::accounts::demo_keys::USERNAME;
use crate::accounts::keys::DEFAULT_PUBLIC;
use crate::auth_api::api_keys::{self, GivenKey};
use crate::data::demo::ALL_APIS;
use crate::data::tables::{Table, Writer};
use crate::db::roles;
use crate::db::{Database, QueryError};
use std::path::Path;

const PLACES: &[(&str, &str)] = &[
    ("cartodb_id", "integer"),
    ("wkb", "text"),
    ("name", "text"),
    ("country", "text"),
    ("pop", "numeric"),
    ("opened", "timestamptz"),
    ("capital", "boolean"),
];

const TABLES: &[Table] = &[
    Table {
        name: "populated_places",
        columns: PLACES,
        geometry: "wkb::geometry",
        geometry_type: "Point",
        dropped: &["wkb"],
        has_ids: true,
    },
    Table {
        name: "private_places",
        columns: PLACES,
        geometry: "wkb::geometry",
        geometry_type: "Point",
        dropped: &["wkb"],
        has_ids: true,
    },
    Table {
        name: "world_borders",
        columns: &[
            ("cartodb_id", "integer"),
            ("wkb", "text"),
            ("iso3", "text"),
            ("name", "text"),
            ("region", "text"),
            ("pop2005", "bigint"),
            ("area_km2", "double precision"),
        ],
        geometry: "wkb::geometry",
        geometry_type: "MultiPolygon",
        dropped: &["wkb"],
        has_ids: true,
    },
];

/// Loads `populated_places.csv`, `private_places.csv` and `world_borders.csv` of a directory beside the demo.
///
/// # Errors
/// In one sentence: a file is missing or damaged, or the database refuses.
pub async fn load(database: &Database, directory: &Path) -> Result<(), StartError> {
    roles::create_user(database, USERNAME).await.map_err(failed)?;
    for table in TABLES {
        if is_loaded(database, USERNAME, table.name).await.map_err(failed)? {
            continue;
        }
        let file = directory.join(table.name).with_extension("csv");
        let unreadable =
            |error: &dyn std::fmt::Display| StartError(format!("{} cannot be read: {error}.", file.display()));
        let mut reader = csv::Reader::from_path(&file).map_err(|error| unreadable(&error))?;
        let mut writer = Writer::begin(database, USERNAME, table).await.map_err(failed)?;
        for record in reader.records() {
            let record = record.map_err(|error| unreadable(&error))?;
            let row = record.iter().map(|field| (!field.is_empty()).then(|| field.to_owned())).collect();
            writer.push(row).await.map_err(failed)?;
        }
        let rows = writer.finish().await.map_err(failed)?;
        println!("loaded {rows} rows into {}", table.name);
    }
    let public = &["populated_places", "world_borders"][..];
    let key = |name, kind, token, apis, tables| GivenKey { name, kind, token, apis, tables };
    for key in [
        key("Default public", "default", DEFAULT_PUBLIC, ALL_APIS, public),
        key("Recorded places", "regular", "places_regular_key_000000", ALL_APIS, &["populated_places"]),
        key("Recorded without the SQL API", "regular", "mapsonly_regular_key_00000", &["maps"], public),
        key("Recorded without the Maps API", "regular", "sqlonly_regular_key_000000", &["sql"], public),
    ] {
        api_keys::put(database, USERNAME, &key).await.map_err(failed)?;
    }
    Ok(())
}

/// Whether a table is there, with the trigger that tables have since version 3 of the database.
async fn is_loaded(database: &Database, schema: &str, table: &str) -> Result<bool, QueryError> {
    let sql = "SELECT 1
                 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $1 AND c.relname = $2 AND NOT t.tgisinternal";
    let rows = database.admin_query(sql, vec![Box::new(schema.to_owned()), Box::new(table.to_owned())]).await?;
    Ok(!rows.is_empty())
}

fn failed(error: QueryError) -> StartError {
    StartError(format!("The recordings' tables cannot be loaded: {error}."))
}
