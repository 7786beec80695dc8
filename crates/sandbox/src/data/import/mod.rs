//! Import of files as datasets: read ([`csv`], [`geojson`], [`geopackage`], [`shapefile`]), name and type columns ([`columns`]), write.
//!
//! A dataset looks as CARTO makes it: `cartodb_id`, `the_geom` in degrees, `the_geom_webmercator`, indexes, a trigger that
//! keeps the geometries alike, the user as owner. All of it is made in one transaction, so it appears when it is complete,
//! or not at all, however the import ends.

pub mod columns;
pub mod csv;
pub mod geojson;
pub mod geopackage;
pub mod shapefile;

use crate::StopSignal;
use crate::data::tables::{Table, Writer};
use crate::db::admin::{AdminTransaction, Ask};
use crate::db::{Database, QueryError, migrations, quote_identifier};
use std::path::Path;

/// Letters that a name may have in PostgreSQL.
const LONGEST_IDENTIFIER: usize = 63;

/// Why a file is not imported, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ImportError(pub String);

impl From<QueryError> for ImportError {
    fn from(error: QueryError) -> ImportError {
        ImportError(match error {
            QueryError::Lost => "The connection to the database is lost; nothing is changed.".into(),
            QueryError::Gone => "The user was deleted meanwhile.".into(),
            error => format!("The database refuses: {error}."),
        })
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
    /// Whether everybody may read it, with the key that needs no secret.
    pub is_public: bool,
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
    // Listened to from the start: it counts while the file is read, too.
    let mut stop = StopSignal::new();
    let work = tokio::select! {
        filled = fill(database, file, wish, progress) => filled,
        () = stop.wait() => Err(ImportError("The import was stopped; nothing is changed.".into())),
    };
    let (work, table, rows) = work?;
    // From here on it is too late to stop.
    work.commit().await.map_err(|error| match error {
        QueryError::Lost => ImportError(format!(
            "The connection to the database was lost at the very end: look whether {table} is as it should be."
        )),
        error => error.into(),
    })?;
    Ok((table, rows))
}

/// Does all but the end of an import; what is done so far goes when the transaction is dropped.
async fn fill(
    database: &Database,
    file: &Path,
    wish: &Wish,
    progress: impl Fn(usize, usize),
) -> Result<(AdminTransaction, String, usize), ImportError> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let table = columns::normal(wish.table.as_deref().unwrap_or(&stem));
    check_target(database, wish, &table).await?;
    let content = read_aside(file, wish).await?;
    let srid = wish.srid.or(content.srid).unwrap_or(4326);
    check_srid(database, srid).await?;
    let shape = column_type(&shapes(database, &content).await?);
    let mut work = database.begin().await?;
    let filled = async {
        // A name of its own until everything is there, which nobody else sees.
        let draft = draft_name()?;
        let rows = write(&work, &wish.user, &draft, &content, srid, shape, progress).await?;
        work.take_turn(database).await?;
        check_target(&work, wish, &table).await?;
        rename(&work, &wish.user, &draft, &table).await?;
        if wish.is_public {
            publish(&work, &wish.user, &table).await?;
        }
        Ok(rows)
    }
    .await;
    match filled {
        Ok(rows) => Ok((work, table, rows)),
        Err(error) => {
            work.rollback().await;
            Err(error)
        }
    }
}

/// A name that no table has.
fn draft_name() -> Result<String, ImportError> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| ImportError(format!("There are no random numbers: {error}.")))?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("import_{digits}"))
}

async fn check_target(database: &impl Ask, wish: &Wish, table: &str) -> Result<(), ImportError> {
    let known = "SELECT 1 FROM sandbox.users WHERE username = $1";
    if database.ask(known, vec![Box::new(wish.user.clone())]).await?.is_empty() {
        return Err(ImportError(format!("There is no user {0}: carto-sandbox user add {0}", wish.user)));
    }
    if table.is_empty() {
        return Err(ImportError("The dataset needs a name: --table NAME".into()));
    }
    if migrations::has_relation(database, &wish.user, table).await? && !wish.is_replaced {
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

/// Reads a file without holding anything else up. A thread of its own ends with the program, whatever it is doing.
async fn read_aside(file: &Path, wish: &Wish) -> Result<Content, ImportError> {
    let (file, wish) = (file.to_owned(), wish.clone());
    let (done, content) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || drop(done.send(read(&file, &wish))));
    content.await.unwrap_or_else(|_| Err(ImportError("The file cannot be read.".into())))
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
    work: &AdminTransaction,
    user: &str,
    draft: &str,
    content: &Content,
    srid: i32,
    (kind, is_multiple): (&str, bool),
    progress: impl Fn(usize, usize),
) -> Result<usize, ImportError> {
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
    let mut writer = Writer::begin(work, user, &table).await?;
    for (index, row) in content.rows.iter().enumerate() {
        let mut values = vec![content.geometries.get(index).cloned().flatten()];
        values.extend(
            columns.iter().map(|column| row.get(column.index).cloned().flatten().filter(|value| column.takes(value))),
        );
        writer.push(values).await.map_err(|error| match error {
            QueryError::Database(words) => {
                let (unit, first) = content.unit;
                let number = index + first;
                ImportError(format!(
                    "The database refuses {unit} {number} or one shortly before it: {}.",
                    words.message()
                ))
            }
            error => error.into(),
        })?;
        if (index + 1) % 4_000 == 0 {
            progress(index + 1, content.rows.len());
        }
    }
    Ok(writer.finish().await?)
}

/// Gives the draft its name; a dataset of that name goes.
async fn rename(work: &AdminTransaction, user: &str, draft: &str, table: &str) -> Result<(), ImportError> {
    let (schema, from, to) = (quote_identifier(user), quote_identifier(draft), quote_identifier(table));
    // Keys may do with the new dataset what they could do with the old one.
    let sql = "SELECT r.rolname::text, a.privilege_type::text
                 FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner";
    let granted = work.ask(sql, vec![Box::new(format!("{schema}.{to}"))]).await?;
    let mut statements = String::new();
    for row in granted {
        let (role, right) = (quote_identifier(row.get(0)), row.get::<_, &str>(1));
        statements.push_str(&format!("GRANT {right} ON {schema}.{from} TO {role};"));
    }
    statements.push_str(&format!("DROP TABLE IF EXISTS {schema}.{to}; ALTER TABLE {schema}.{from} RENAME TO {to};"));
    work.run(&statements).await?;
    for (kind, part) in [
        ("INDEX", "pkey"),
        ("INDEX", "the_geom_idx"),
        ("INDEX", "the_geom_webmercator_idx"),
        ("SEQUENCE", "cartodb_id_seq"),
    ] {
        let from = quote_identifier(&format!("{draft}_{part}"));
        let to = name_of_part(table, part);
        // Names of parts are for people; one that is taken is left as it is.
        if !migrations::has_relation(work, user, &to).await? {
            let to = quote_identifier(&to);
            work.run(&format!("ALTER {kind} IF EXISTS {schema}.{from} RENAME TO {to}")).await?;
        }
    }
    migrations::forget_table(work, user, draft).await?;
    // Keys that everybody has see no new dataset by themselves: only the owner does.
    Ok(migrations::touch_table(work, user, table).await?)
}

/// The name of an index or a sequence of a table, with as much of the table's name as there is room for.
fn name_of_part(table: &str, part: &str) -> String {
    let room = LONGEST_IDENTIFIER.saturating_sub(part.len() + 1);
    let kept: String = table.char_indices().take_while(|(at, c)| at + c.len_utf8() <= room).map(|(_, c)| c).collect();
    format!("{kept}_{part}")
}

/// Lets everybody read a dataset, with the key that needs no secret.
async fn publish(work: &AdminTransaction, user: &str, table: &str) -> Result<(), ImportError> {
    let sql = "SELECT k.role FROM sandbox.api_keys k JOIN sandbox.users u ON u.id = k.user_id
                WHERE u.username = $1 AND k.type = 'default'";
    let rows = work.ask(sql, vec![Box::new(user.to_owned())]).await?;
    for row in rows {
        let (schema, role) = (quote_identifier(user), quote_identifier(row.get::<_, &str>(0)));
        let grant = format!(
            "GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {schema}.{} TO {role}",
            quote_identifier(table)
        );
        work.run(&grant).await?;
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
    fn parts_of_long_names_fit() {
        assert_eq!(name_of_part("shops", "pkey"), "shops_pkey");
        let long = "\u{e9}".repeat(31);
        assert!(name_of_part(&long, "the_geom_idx").len() <= 63 && name_of_part(&"x".repeat(63), "pkey").len() == 63);
    }

    #[test]
    fn files_are_told_by_their_ending() {
        let message =
            read(Path::new("x.xlsx"), &Wish::default()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.starts_with("Files with the ending \"xlsx\" are not understood"), "{message}");
    }
}
