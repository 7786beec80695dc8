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
pub mod csv_lines;
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
pub mod rings;
pub mod scan;
pub mod shapefile;
pub mod source;
pub mod spreadsheet;
pub mod wkb;
pub mod xml;

use crate::StopSignal;
use crate::data::tables;
use crate::db::admin::{AdminTransaction, Ask};
use crate::db::{Database, QueryError, migrations, quote_identifier};
use names::Reserved;
use source::{Given, Layer, Opened, System};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;
use tokio::sync::oneshot;

/// The name of a dataset whose file has none that can be written in small Latin letters and digits.
const UNNAMED: &str = "untitled_table";
/// Datasets of one name that get numbers.
const MOST_NUMBERS: usize = 1_000;

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

/// What becomes of a file whose dataset has a name that is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collision {
    /// The file is refused.
    #[default]
    Refuse,
    /// The new dataset takes the place of the old one.
    Replace,
    /// The new dataset gets a number behind its name.
    Number,
    /// The file, or this layer of it, is left out.
    Skip,
}

/// What is wished of an import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The user who owns the dataset.
    pub user: String,
    /// Name of the dataset; that of the file when there is none.
    pub table: Option<String>,
    /// What becomes of it when there is a dataset of this name.
    pub collision: Collision,
    /// Whether everybody may read it, with the key that needs no secret. A dataset that takes the place of another one is
    /// as public as that one, unless this says more.
    pub is_public: bool,
    /// Number of the reference system, in place of what the file says.
    pub srid: Option<i32>,
    /// Which layer or sheet of a file that has several; all of them, or the first sheet, when none is given.
    pub layer: Option<String>,
    /// How long it may take; without it, as long as it takes.
    pub timeout: Option<Duration>,
}

/// What an import made.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Names of the datasets, and their rows.
    pub tables: Vec<(String, usize)>,
    /// Names of datasets that were there already, so that nothing was imported.
    pub skipped: Vec<String>,
    /// What is odd about the file, a sentence each.
    pub warnings: Vec<String>,
}

/// Imports a file. `progress` hears how many rows of how many are written.
///
/// # Errors
/// In one sentence: the file cannot be read, or the database refuses. Nothing is changed then.
pub async fn import(
    database: &Database,
    file: impl Into<Given>,
    options: &ImportOptions,
    progress: impl Fn(usize, usize),
) -> Result<Report, ImportError> {
    // Listened to from the start: it counts while the file is read, too.
    let mut stop = StopSignal::new();
    let too_long = async {
        match options.timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let work = tokio::select! {
        filled = fill(database, file.into(), options, progress) => filled,
        () = stop.wait() => Err(ImportError("The import was stopped; nothing is changed.".into())),
        () = too_long => Err(ImportError("The import took too long; nothing is changed.".into())),
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
    file: Given,
    options: &ImportOptions,
    progress: impl Fn(usize, usize),
) -> Result<(AdminTransaction, Report), ImportError> {
    check_user(database, options).await?;
    let reserved = Reserved::of(database).await?;
    let (name, wished) = (source::unpacked_name(&file.name), options.clone());
    let Opened { layers, notes } = Aside::new(move || source::open(file, &wished)).done().await?;
    let tables = table_names(&name, options, &layers, &reserved)?;
    for table in &tables {
        target(database, options, table).await?;
    }
    let mut report = Report { warnings: notes, ..Report::default() };
    let (srid, mut planned) = (options.srid, Vec::new());
    let reserved = std::sync::Arc::new(reserved);
    let is_one = layers.len() == 1;
    let told = |warnings: Vec<String>, table: &str| {
        let of_table = |warning| if is_one { warning } else { format!("{table}: {warning}") };
        warnings.into_iter().map(of_table).collect::<Vec<_>>()
    };
    for (Layer { mut source, .. }, table) in layers.into_iter().zip(tables) {
        let reserved = reserved.clone();
        let scan = move || scan::scan(source.as_mut(), srid, &reserved).map(|plan| (source, plan));
        let of_layer = |error| if is_one { error } else { ImportError(format!("{table}: {error}")) };
        let (source, mut plan) = Aside::new(scan).done().await.map_err(of_layer)?;
        plan.system = known_system(database, plan.system).await?;
        report.warnings.extend(told(std::mem::take(&mut plan.warnings), &table));
        planned.push((table, source, plan));
    }
    let mut work = database.begin().await?;
    let filled = async {
        let mut drafts = Vec::new();
        for (table, source, plan) in planned {
            // A name of its own until everything is there, which nobody else sees.
            let draft = draft_name()?;
            let (rows, warnings) = load::load(&work, &options.user, &draft, source, plan, &progress).await?;
            report.warnings.extend(told(warnings, &table));
            drafts.push((draft, table, rows));
        }
        work.take_turn(database).await?;
        for (draft, table, rows) in drafts {
            match target(&work, options, &table).await? {
                Some(table) => {
                    rename(&work, &options.user, &draft, &table).await?;
                    if options.is_public {
                        tables::publish(&work, &options.user, &table).await?;
                    }
                    report.tables.push((table, rows));
                }
                None => {
                    work.run(&format!("DROP TABLE {}.{}", quote_identifier(&options.user), quote_identifier(&draft)))
                        .await?;
                    migrations::forget_table(&work, &options.user, &draft).await?;
                    report.warnings.push(format!("There is a dataset {table} already, and nothing is imported."));
                    report.skipped.push(table);
                }
            }
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
fn table_names(
    file: &Path,
    options: &ImportOptions,
    layers: &[Layer],
    reserved: &Reserved,
) -> Result<Vec<String>, ImportError> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if let (Some(_), true) = (&options.table, layers.len() > 1) {
        let names = layers.iter().filter_map(|layer| layer.name.as_deref()).collect::<Vec<_>>().join(", ");
        return Err(ImportError(format!(
            "--table names one dataset, and the file has several: {names}. Say --layer NAME."
        )));
    }
    let mut names = Vec::new();
    for layer in layers {
        let name = match (&options.table, &layer.name) {
            (Some(table), _) => table.clone(),
            (None, None) => stem.clone(),
            (None, Some(name)) if layer.is_part => format!("{stem}_{name}"),
            (None, Some(name)) => name.clone(),
        };
        let name = reserved.table(&name);
        let is_wished = options.table.is_some();
        names.push(if name.is_empty() && !is_wished { UNNAMED.to_owned() } else { name });
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
///
/// # Errors
/// There are no random numbers.
pub(crate) fn draft_name() -> Result<String, ImportError> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| ImportError(format!("There are no random numbers: {error}.")))?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("import_{digits}"))
}

async fn check_user(database: &impl Ask, options: &ImportOptions) -> Result<(), ImportError> {
    let known = "SELECT 1 FROM sandbox.users WHERE username = $1";
    if database.ask(known, vec![Box::new(options.user.clone())]).await?.is_empty() {
        return Err(ImportError(format!("There is no user {0}: carto-sandbox user add {0}", options.user)));
    }
    Ok(())
}

/// The name under which a dataset comes; none when it is left out because there is one.
async fn target(database: &impl Ask, options: &ImportOptions, table: &str) -> Result<Option<String>, ImportError> {
    check_user(database, options).await?;
    if table.is_empty() {
        return Err(ImportError("The dataset needs a name: --table NAME".into()));
    }
    let is_taken = async |name: String| migrations::has_relation(database, &options.user, &name).await;
    if options.collision == Collision::Replace || !is_taken(table.to_owned()).await? {
        return Ok(Some(table.to_owned()));
    }
    match options.collision {
        Collision::Skip => Ok(None),
        Collision::Number => {
            for number in 1..=MOST_NUMBERS {
                let name = tables::name_of_part(table, &number.to_string());
                if !is_taken(name.clone()).await? {
                    return Ok(Some(name));
                }
            }
            Err(ImportError(format!("There are {MOST_NUMBERS} datasets {table}_1, {table}_2 … already.")))
        }
        Collision::Refuse | Collision::Replace => Err(ImportError(format!(
            "There is a dataset {table} of {} already: --replace, or another --table",
            options.user
        ))),
    }
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

/// Whether a database complains of a description. The embedded one loses this error, and ends.
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
    tables::rename_parts(work, user, draft, table).await?;
    migrations::forget_table(work, user, draft).await?;
    // Keys that everybody has see no new dataset by themselves: only the owner does.
    Ok(migrations::touch_table(work, user, table).await?)
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
}
