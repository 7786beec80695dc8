//! Import of files as datasets.
//!
//! A file is opened as layers of rows ([`source`]), which are read twice and never held: once to name and type the
//! columns ([`scan`]), once to write them ([`load`]).
//!
//! A dataset looks as CARTO makes it: `cartodb_id`, `the_geom` in degrees, `the_geom_webmercator`, indexes, a trigger that
//! keeps the geometries alike, the user as owner. All of it is made in one transaction, so it appears when it is complete,
//! or not at all, however the import ends.

pub mod archive;
pub mod columns;
pub mod csv;
pub mod dates;
pub mod encoding;
pub mod geojson;
pub mod geometry;
pub mod geopackage;
pub mod gpx;
pub mod grid;
pub mod kml;
pub mod load;
pub mod names;
pub mod ods;
pub mod properties;
pub mod scan;
pub mod shapefile;
pub mod source;
pub mod spreadsheet;
pub mod wkb;
pub mod xml;

use crate::StopSignal;
use crate::db::admin::{AdminTransaction, Ask};
use crate::db::{Database, QueryError, migrations, quote_identifier};
use names::Reserved;
use source::{Layer, Opened, System};
use std::collections::HashSet;
use std::path::Path;
use tokio::sync::oneshot;

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
    /// Which layer or sheet of a file that has several; all of them, or the first sheet, when none is given.
    pub layer: Option<String>,
}

/// What an import made.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Names of the datasets, and their rows.
    pub tables: Vec<(String, usize)>,
    /// What is odd about the file, a sentence each.
    pub warnings: Vec<String>,
}

/// Imports a file. `progress` hears how many rows of how many are written.
///
/// # Errors
/// In one sentence: the file cannot be read, or the database refuses. Nothing is changed then.
pub async fn import(
    database: &Database,
    file: &Path,
    wish: &Wish,
    progress: impl Fn(usize, usize),
) -> Result<Report, ImportError> {
    // Listened to from the start: it counts while the file is read, too.
    let mut stop = StopSignal::new();
    let work = tokio::select! {
        filled = fill(database, file, wish, progress) => filled,
        () = stop.wait() => Err(ImportError("The import was stopped; nothing is changed.".into())),
    };
    let (work, report) = work?;
    // From here on it is too late to stop.
    work.commit().await.map_err(|error| match error {
        QueryError::Lost => {
            let tables = report.tables.iter().map(|(table, _)| table.as_str()).collect::<Vec<_>>().join(", ");
            ImportError(format!(
                "The connection to the database was lost at the very end: look whether {tables} is as it should be."
            ))
        }
        error => error.into(),
    })?;
    Ok(report)
}

/// Does all but the end of an import; what is done so far goes when the transaction is dropped.
async fn fill(
    database: &Database,
    file: &Path,
    wish: &Wish,
    progress: impl Fn(usize, usize),
) -> Result<(AdminTransaction, Report), ImportError> {
    check_user(database, wish).await?;
    let reserved = Reserved::of(database).await?;
    let (path, wished) = (file.to_owned(), wish.clone());
    let Opened { layers, notes } = Aside::new(move || source::open(&path, &wished)).done().await?;
    let tables = table_names(file, wish, &layers, &reserved)?;
    for table in &tables {
        check_target(database, wish, table).await?;
    }
    let mut report = Report { warnings: notes, ..Report::default() };
    let (srid, mut planned) = (wish.srid, Vec::new());
    let reserved = std::sync::Arc::new(reserved);
    let is_one = layers.len() == 1;
    for (Layer { mut source, .. }, table) in layers.into_iter().zip(tables) {
        let reserved = reserved.clone();
        let scan = move || scan::scan(source.as_mut(), srid, &reserved).map(|plan| (source, plan));
        let (source, mut plan) = Aside::new(scan).done().await?;
        plan.system = known_system(database, plan.system).await?;
        let warnings = plan.warnings.drain(..);
        report.warnings.extend(warnings.map(|warning| if is_one { warning } else { format!("{table}: {warning}") }));
        planned.push((table, source, plan));
    }
    let mut work = database.begin().await?;
    let filled = async {
        let mut drafts = Vec::new();
        for (table, source, plan) in planned {
            // A name of its own until everything is there, which nobody else sees.
            let draft = draft_name()?;
            let (rows, warnings) = load::load(&work, &wish.user, &draft, source, plan, &progress).await?;
            report.warnings.extend(warnings);
            drafts.push((draft, table, rows));
        }
        work.take_turn(database).await?;
        for (draft, table, rows) in drafts {
            check_target(&work, wish, &table).await?;
            rename(&work, &wish.user, &draft, &table).await?;
            if wish.is_public {
                publish(&work, &wish.user, &table).await?;
            }
            report.tables.push((table, rows));
        }
        Ok(report)
    }
    .await;
    match filled {
        Ok(report) => Ok((work, report)),
        Err(error) => {
            work.rollback().await;
            Err(error)
        }
    }
}

/// Work that blocks, in a thread of its own; it ends with the program, whatever it is doing.
pub(crate) struct Aside<T>(oneshot::Receiver<Result<T, ImportError>>);

impl<T: Send + 'static> Aside<T> {
    /// Begins the work.
    pub(crate) fn new(work: impl FnOnce() -> Result<T, ImportError> + Send + 'static) -> Aside<T> {
        let (done, result) = oneshot::channel();
        std::thread::spawn(move || drop(done.send(work())));
        Aside(result)
    }

    /// What comes out of it.
    pub(crate) async fn done(self) -> Result<T, ImportError> {
        self.0.await.unwrap_or_else(|_| Err(ImportError("The file cannot be read.".into())))
    }
}

/// Names of the datasets that layers become.
fn table_names(file: &Path, wish: &Wish, layers: &[Layer], reserved: &Reserved) -> Result<Vec<String>, ImportError> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if let (Some(_), true) = (&wish.table, layers.len() > 1) {
        let names = layers.iter().filter_map(|layer| layer.name.as_deref()).collect::<Vec<_>>().join(", ");
        return Err(ImportError(format!(
            "--table names one dataset, and the file has several: {names}. Say --layer NAME."
        )));
    }
    let mut names = Vec::new();
    for layer in layers {
        let name = match (&wish.table, &layer.name) {
            (Some(table), _) => table.clone(),
            (None, None) => stem.clone(),
            (None, Some(name)) if layer.is_part => format!("{stem}_{name}"),
            (None, Some(name)) => name.clone(),
        };
        names.push(reserved.table(&name));
    }
    let different: HashSet<&String> = names.iter().collect();
    if different.len() < names.len() {
        return Err(ImportError(format!(
            "Several layers would have the same name: {}. Say --layer NAME.",
            names.join(", ")
        )));
    }
    Ok(names)
}

/// A name that no table has.
fn draft_name() -> Result<String, ImportError> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| ImportError(format!("There are no random numbers: {error}.")))?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("import_{digits}"))
}

async fn check_user(database: &impl Ask, wish: &Wish) -> Result<(), ImportError> {
    let known = "SELECT 1 FROM sandbox.users WHERE username = $1";
    if database.ask(known, vec![Box::new(wish.user.clone())]).await?.is_empty() {
        return Err(ImportError(format!("There is no user {0}: carto-sandbox user add {0}", wish.user)));
    }
    Ok(())
}

async fn check_target(database: &impl Ask, wish: &Wish, table: &str) -> Result<(), ImportError> {
    check_user(database, wish).await?;
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

/// A reference system as the database knows it.
async fn known_system(database: &Database, system: System) -> Result<System, ImportError> {
    match &system {
        System::Unsaid => {}
        System::Number(srid) => {
            let known = "SELECT 1 FROM spatial_ref_sys WHERE srid = $1";
            if database.admin_query(known, vec![Box::new(*srid)]).await?.is_empty() {
                return Err(ImportError(format!("The database does not know the reference system {srid}.")));
            }
        }
        System::Described(text) => {
            let read = "SELECT ST_Transform('POINT EMPTY'::geometry, $1::text, 4326)::text";
            match database.admin_query(read, vec![Box::new(text.clone())]).await {
                Ok(rows) if !rows.is_empty() => {}
                Err(error) if !is_complaint(&error, database) => return Err(error.into()),
                Ok(_) | Err(_) => {
                    // The number behind it may tell what the words do not.
                    let (number, name) = (authority(text), text.split('"').nth(1).unwrap_or_default());
                    let unknown =
                        || ImportError(format!("The reference system \"{name}\" is not understood: --srid NUMBER"));
                    let numbered = System::Number(number.ok_or_else(unknown)?);
                    return Box::pin(known_system(database, numbered)).await;
                }
            }
        }
    }
    Ok(system)
}

/// Whether a database complains of a description. The embedded one answers with nothing, which looks like its end.
fn is_complaint(error: &QueryError, database: &Database) -> bool {
    matches!(error, QueryError::Database(_)) || database.is_embedded() && matches!(error, QueryError::Lost)
}

/// The number of EPSG at the end of a description; the last one is that of the whole.
fn authority(description: &str) -> Option<i32> {
    let text: String = description.chars().filter(|c| !c.is_whitespace()).collect();
    let (_, rest) = text.rsplit_once("[\"EPSG\",")?;
    rest.trim_start_matches('"').split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
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
    fn descriptions_may_have_numbers() {
        let old = "PROJCS[\"x\",GEOGCS[\"y\",AUTHORITY[\"EPSG\",\"4258\"]],AUTHORITY[\"EPSG\", \"25832\"]]";
        assert_eq!(authority(old), Some(25_832));
        assert_eq!(authority("PROJCRS[\"x\",ID[\"EPSG\",2154]]"), Some(2154));
        assert_eq!(authority("PROJCS[\"Somewhere\"]"), None);
    }

    #[test]
    fn parts_of_long_names_fit() {
        assert_eq!(name_of_part("shops", "pkey"), "shops_pkey");
        let long = "\u{e9}".repeat(31);
        assert!(name_of_part(&long, "the_geom_idx").len() <= 63 && name_of_part(&"x".repeat(63), "pkey").len() == 63);
    }
}
