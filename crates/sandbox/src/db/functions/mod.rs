//! CARTO's functions in SQL, in a schema of their own that every search finds.
//!
//! They are written from what their documentation says they do. None of them has other rights than whoever calls it, the
//! search path of each is fixed, and none runs a statement that it is given.

use super::{Database, QueryError, migrations};
use crate::sql_guard::catalog::SCHEMA;

/// Where the functions are listed.
pub const PAGE: &str = "www/docs/sql.md";

/// CARTO's functions that there are, in small letters.
pub const NAMES: &[&str] = &[
    "cdb_cartodbfytable",
    "cdb_columnnames",
    "cdb_columntype",
    "cdb_datetonumber",
    "cdb_equalintervalbins",
    "cdb_great_circle",
    "cdb_greatcircle",
    "cdb_headstailsbins",
    "cdb_hexagongrid",
    "cdb_jenksbins",
    "cdb_latlng",
    "cdb_makehexagon",
    "cdb_math_mode",
    "cdb_quantilebins",
    "cdb_querystatements",
    "cdb_querytablestext",
    "cdb_rectanglegrid",
    "cdb_stringtodate",
    "cdb_transformtowebmercator",
    "cdb_usertables",
    "cdb_xyz_extent",
    "cdb_xyz_resolution",
    "cdb_zoomfromscale",
];

/// In the order in which they lean on each other.
const PARTS: &[&str] = &[
    include_str!("catalog.sql"),
    include_str!("tables.sql"),
    include_str!("geometry.sql"),
    include_str!("numbers.sql"),
    include_str!("queries.sql"),
    include_str!("cartodbfy.sql"),
    include_str!("adopted.sql"),
];

/// Makes the functions, or makes them anew.
///
/// # Errors
/// The database refuses.
pub async fn install(database: &Database) -> Result<(), QueryError> {
    let mut statements = format!(
        "CREATE SCHEMA IF NOT EXISTS {SCHEMA}; REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC; GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC;
         SET LOCAL check_function_bodies TO off;"
    );
    for part in PARTS {
        let part = part.replace("{webmercator of NEW.the_geom}", &migrations::webmercator("NEW.the_geom"));
        statements.push_str(&part.replace("{webmercator of degrees}", &migrations::webmercator("degrees")));
    }
    let work = database.begin().await?;
    let done = super::admin::Ask::run(&work, &statements).await;
    work.end(done).await
}

/// What is said of a function of CARTO's that there is none of, with what the database says.
pub fn unknown(message: &str) -> Option<String> {
    let name = message.strip_prefix("function ")?;
    let name = name.strip_prefix(SCHEMA).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
    let (name, _) = name.split_once('(')?;
    let is_unknown = name.starts_with("cdb_") && !NAMES.contains(&name) && message.ends_with(" does not exist");
    is_unknown.then(|| format!("{message}: of CARTO's functions this server has those that {PAGE} lists"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_functions_are_told_with_the_page() {
        let told = unknown("function cdb_geocode_street(text) does not exist");
        assert!(told.is_some_and(|told| told.contains(PAGE) && told.starts_with("function cdb_geocode_street(text)")));
        assert!(unknown("function cartodb.cdb_nope() does not exist").is_some());
        for other in ["function cdb_latlng(text) does not exist", "function nope() does not exist", "cdb_nope("] {
            assert_eq!(unknown(other), None);
        }
    }

    #[test]
    fn functions_are_no_way_to_other_rights() {
        for part in PARTS {
            assert!(!part.to_uppercase().contains("SECURITY DEFINER"));
            let made = part.matches("CREATE OR REPLACE FUNCTION").count();
            assert_eq!(part.matches("SET search_path TO pg_catalog, public, pg_temp").count(), made);
        }
        let made: String = PARTS.concat().to_lowercase();
        for name in NAMES {
            assert!(made.contains(&format!("cartodb.{name}(")), "{name}");
        }
    }
}
