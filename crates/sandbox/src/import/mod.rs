//! Import of files as datasets: read ([`csv`], [`geojson`], [`geopackage`], [`shapefile`]), name and type columns ([`columns`]), write.
//!
//! A dataset looks as CARTO makes it: `cartodb_id`, `the_geom` in degrees, `the_geom_webmercator`, indexes, a trigger that
//! keeps the geometries alike, the user as owner. It appears when all of it is there, or not at all.

pub mod columns;
pub mod csv;
pub mod geojson;
pub mod geopackage;
pub mod shapefile;

use crate::db::{Database, QueryError, migrations, quote_identifier, quote_literal};
use crate::tables::{Table, Writer};
use std::path::Path;

/// Why a file is not imported, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ImportError(pub String);

impl From<QueryError> for ImportError {
    fn from(error: QueryError) -> ImportError {
        ImportError(format!("The database refuses: {error}."))
    }
}

/// How the geometry of a row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// GeoJSON.
    GeoJson,
    /// Well-known text, or its hexadecimal binary form.
    Text,
}

/// What was read from a file.
#[derive(Debug, Default)]
pub struct Content {
    /// Names of the columns as the file has them.
    pub columns: Vec<String>,
    /// Values as text; missing ones are none.
    pub rows: Vec<Vec<Option<String>>>,
    /// The geometry of each row.
    pub geometries: Vec<Option<String>>,
    /// How geometries are written.
    pub form: Option<Form>,
    /// Number of the reference system, when the file says it.
    pub srid: Option<i32>,
    /// What the file says of the values of each column; nothing where this is shorter.
    pub typing: Vec<columns::Typing>,
    /// What a row is called in messages, and the number of the first one.
    pub unit: (&'static str, usize),
}

/// What is wished of an import.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The user who owns the dataset.
    pub user: String,
    /// Name of the dataset; that of the file when there is none.
    pub table: Option<String>,
    /// Whether a dataset of this name is replaced.
    pub is_replaced: bool,
    /// Number of the reference system, in place of what the file says.
    pub srid: Option<i32>,
    /// Which layer of a GeoPackage, when it has several.
    pub layer: Option<String>,
}

/// Imports a file; gives the name of the dataset and its number of rows. `progress` hears how many rows of how many are
/// written.
///
/// # Errors
/// In one sentence: the file cannot be read, or the database refuses. Nothing is changed then.
pub async fn import(
    database: &Database,
    file: &Path,
    wish: &Wish,
    progress: impl Fn(usize, usize),
) -> Result<(String, usize), ImportError> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let table = columns::normal(wish.table.as_deref().unwrap_or(&stem));
    check_target(database, wish, &table).await?;
    let content = read(file, wish)?;
    let srid = wish.srid.or(content.srid).unwrap_or(4326);
    check_srid(database, srid).await?;
    // A name of its own until everything is there.
    let draft = format!("import_{:08x}", columns::hash(&format!("{table}{}", std::process::id())));
    let written = tokio::select! {
        written = write(database, &wish.user, &draft, &content, srid, progress) => written,
        // Ctrl-C leaves nothing behind, either.
        Ok(()) = tokio::signal::ctrl_c() => Err(ImportError("The import was stopped; nothing is changed.".into())),
    };
    let rows = match written {
        Ok(rows) => rows,
        Err(error) => {
            let drop = format!("DROP TABLE IF EXISTS {}.{}", quote_identifier(&wish.user), quote_identifier(&draft));
            let _ = database.admin(&drop).await;
            forget(database, &wish.user, &draft).await?;
            return Err(error);
        }
    };
    rename(database, &wish.user, &draft, &table).await?;
    Ok((table, rows))
}

async fn check_target(database: &Database, wish: &Wish, table: &str) -> Result<(), ImportError> {
    let known = "SELECT 1 FROM sandbox.users WHERE username = $1";
    if database.admin_query(known, vec![Box::new(wish.user.clone())]).await?.is_empty() {
        return Err(ImportError(format!("There is no user {0}: carto-sandbox user add {0}", wish.user)));
    }
    if table.is_empty() {
        return Err(ImportError("The dataset needs a name: --table NAME".into()));
    }
    let name = format!("{}.{}", quote_identifier(&wish.user), quote_identifier(table));
    let exists = database.admin_query("SELECT to_regclass($1) IS NOT NULL", vec![Box::new(name)]).await?;
    if exists.first().is_some_and(|row| row.get(0)) && !wish.is_replaced {
        return Err(ImportError(format!(
            "There is a dataset {table} of {} already: --replace, or another --table",
            wish.user
        )));
    }
    Ok(())
}

async fn check_srid(database: &Database, srid: i32) -> Result<(), ImportError> {
    let rows = database.admin_query("SELECT 1 FROM spatial_ref_sys WHERE srid = $1", vec![Box::new(srid)]).await?;
    match rows.is_empty() {
        true => Err(ImportError(format!("The database does not know the reference system {srid}."))),
        false => Ok(()),
    }
}

/// Reads a file by its ending.
fn read(file: &Path, wish: &Wish) -> Result<Content, ImportError> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let unreadable = |error: std::io::Error| ImportError(format!("{} cannot be read: {error}.", file.display()));
    match ending.as_str() {
        "csv" | "tsv" | "txt" => csv::read(std::fs::File::open(file).map_err(unreadable)?, wish.srid),
        "geojson" | "json" => geojson::read(std::io::BufReader::new(std::fs::File::open(file).map_err(unreadable)?)),
        "shp" => shapefile::read(file),
        "zip" => shapefile::read_zipped(std::fs::File::open(file).map_err(unreadable)?),
        "gpkg" => geopackage::read(file, wish.layer.as_deref()),
        other => Err(ImportError(format!(
            "Files with the ending \"{other}\" are not understood: .geojson, .json, .csv, .tsv, .gpkg, .shp, or .zip with a shapefile in it."
        ))),
    }
}

/// The geometry in degrees over the column `geometry`.
fn expression(content: &Content, srid: i32, is_multiple: bool) -> String {
    let read = match content.form {
        Some(Form::GeoJson) => "ST_GeomFromGeoJSON(geometry_text)".to_owned(),
        _ => "geometry_text::geometry".to_owned(),
    };
    // A text may say its own reference system.
    let placed = match content.form {
        Some(Form::GeoJson) => format!("ST_SetSRID({read}, {srid})"),
        _ => format!("CASE WHEN ST_SRID({read}) = 0 THEN ST_SetSRID({read}, {srid}) ELSE {read} END"),
    };
    let flat = format!("ST_Force2D(ST_Transform({placed}, 4326))");
    if is_multiple { format!("ST_Multi({flat})") } else { flat }
}

/// The kinds of geometry in the file, as PostGIS names them.
async fn shapes(database: &Database, content: &Content) -> Result<Vec<String>, ImportError> {
    let mut found: Vec<String> = Vec::new();
    let read = match content.form {
        Some(Form::GeoJson) => "ST_GeomFromGeoJSON(g)",
        Some(Form::Text) => "g::geometry",
        None => return Ok(found),
    };
    let (unit, first) = content.unit;
    for (batch, geometries) in content.geometries.chunks(4_000).enumerate() {
        let sql = format!("SELECT DISTINCT GeometryType({read}) FROM unnest($1::text[]) AS g WHERE g IS NOT NULL");
        let rows = match database.admin_query(&sql, vec![Box::new(geometries.to_vec())]).await {
            Ok(rows) => rows,
            Err(error) => {
                // Which one it is, only the database knows.
                for (index, geometry) in geometries.iter().enumerate() {
                    if let Err(QueryError::Database(words)) =
                        database.admin_query(&sql, vec![Box::new(vec![geometry.clone()])]).await
                    {
                        let number = batch * 4_000 + index + first;
                        return Err(ImportError(format!(
                            "The geometry of {unit} {number} is none: {}.",
                            words.message()
                        )));
                    }
                }
                return Err(error.into());
            }
        };
        for row in rows {
            let shape: String = row.get(0);
            if !found.contains(&shape) {
                found.push(shape);
            }
        }
    }
    Ok(found)
}

/// The type of the column, and whether single shapes become multiple ones, as CARTO has lines and areas.
fn column_type(shapes: &[String]) -> (&'static str, bool) {
    let are = |kinds: &[&str]| !shapes.is_empty() && shapes.iter().all(|shape| kinds.contains(&shape.as_str()));
    if are(&["POINT"]) {
        ("Point", false)
    } else if are(&["POINT", "MULTIPOINT"]) {
        ("MultiPoint", true)
    } else if are(&["LINESTRING", "MULTILINESTRING"]) {
        ("MultiLineString", true)
    } else if are(&["POLYGON", "MULTIPOLYGON"]) {
        ("MultiPolygon", true)
    } else {
        ("Geometry", false)
    }
}

async fn write(
    database: &Database,
    user: &str,
    draft: &str,
    content: &Content,
    srid: i32,
    progress: impl Fn(usize, usize),
) -> Result<usize, ImportError> {
    let (kind, is_multiple) = column_type(&shapes(database, content).await?);
    let geometry = expression(content, srid, is_multiple);
    let columns = columns::of(content);
    let has_ids = columns.iter().any(|column| column.name == "cartodb_id");
    let mut described: Vec<(&str, &str)> = vec![("geometry_text", "text")];
    described.extend(columns.iter().map(|column| (column.name.as_str(), column.kind)));
    let table = Table {
        name: draft,
        columns: &described,
        geometry: &geometry,
        geometry_type: kind,
        dropped: &["geometry_text"],
        has_ids,
    };
    let mut writer = Writer::begin(database, user, &table).await?;
    for (index, row) in content.rows.iter().enumerate() {
        let mut values = vec![content.geometries.get(index).cloned().flatten()];
        values.extend(
            columns.iter().map(|column| row.get(column.index).cloned().flatten().filter(|value| column.takes(value))),
        );
        writer.push(values).await.map_err(|error| {
            let (unit, first) = content.unit;
            ImportError(format!("The database refuses {unit} {} or one shortly before it: {error}.", index + first))
        })?;
        if (index + 1) % 4_000 == 0 {
            progress(index + 1, content.rows.len());
        }
    }
    Ok(writer.finish().await?)
}

/// Gives the draft its name; a dataset of that name goes.
async fn rename(database: &Database, user: &str, draft: &str, table: &str) -> Result<(), ImportError> {
    let (schema, from, to) = (quote_identifier(user), quote_identifier(draft), quote_identifier(table));
    // Keys may do with the new dataset what they could do with the old one.
    let sql = "SELECT r.rolname::text, a.privilege_type::text
                 FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner";
    let granted = database.admin_query(sql, vec![Box::new(format!("{schema}.{to}"))]).await?;
    let mut statements = String::from("BEGIN;");
    for row in granted {
        let (role, right) = (quote_identifier(row.get(0)), row.get::<_, &str>(1));
        statements.push_str(&format!("GRANT {right} ON {schema}.{from} TO {role};"));
    }
    statements.push_str(&format!("DROP TABLE IF EXISTS {schema}.{to}; ALTER TABLE {schema}.{from} RENAME TO {to};"));
    for part in ["pkey", "the_geom_idx", "the_geom_webmercator_idx"] {
        let (from, to) = (quote_identifier(&format!("{draft}_{part}")), quote_identifier(&format!("{table}_{part}")));
        statements.push_str(&format!("ALTER INDEX IF EXISTS {schema}.{from} RENAME TO {to};"));
    }
    let (from, to) =
        (quote_identifier(&format!("{draft}_cartodb_id_seq")), quote_identifier(&format!("{table}_cartodb_id_seq")));
    statements.push_str(&format!("ALTER SEQUENCE IF EXISTS {schema}.{from} RENAME TO {to}; COMMIT"));
    if let Err(error) = database.admin(&statements).await {
        let draft_name = quote_identifier(draft);
        let _ = database.admin(&format!("ROLLBACK; DROP TABLE IF EXISTS {schema}.{draft_name}")).await;
        forget(database, user, draft).await?;
        return Err(error.into());
    }
    forget(database, user, draft).await?;
    // Keys that everybody has see no new dataset by themselves: only the owner does.
    Ok(migrations::touch_table(database, user, table).await?)
}

async fn forget(database: &Database, user: &str, draft: &str) -> Result<(), ImportError> {
    let sql = format!(
        "DELETE FROM sandbox.tables WHERE schema_name = {} AND name = {}",
        quote_literal(user),
        quote_literal(draft)
    );
    Ok(database.admin(&sql).await?)
}

/// Lets everybody read a dataset, with the key that needs no secret.
///
/// # Errors
/// The database refuses.
pub async fn publish(database: &Database, user: &str, table: &str) -> Result<(), ImportError> {
    let sql = "SELECT k.role FROM sandbox.api_keys k JOIN sandbox.users u ON u.id = k.user_id
                WHERE u.username = $1 AND k.type = 'default'";
    let rows = database.admin_query(sql, vec![Box::new(user.to_owned())]).await?;
    for row in rows {
        let (schema, role) = (quote_identifier(user), quote_identifier(row.get::<_, &str>(0)));
        let grant = format!(
            "GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {schema}.{} TO {role}",
            quote_identifier(table)
        );
        database.admin(&grant).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_make_types() {
        let of = |shapes: &[&str]| column_type(&shapes.iter().map(|shape| (*shape).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["POINT"]), ("Point", false));
        assert_eq!(of(&["POLYGON", "MULTIPOLYGON"]), ("MultiPolygon", true));
        assert_eq!(of(&["LINESTRING"]), ("MultiLineString", true));
        assert_eq!(of(&["POINT", "POLYGON"]), ("Geometry", false));
        assert_eq!(of(&[]), ("Geometry", false));
    }

    #[test]
    fn files_are_told_by_their_ending() {
        let message =
            read(Path::new("x.xlsx"), &Wish::default()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.starts_with("Files with the ending \"xlsx\" are not understood"), "{message}");
    }
}
