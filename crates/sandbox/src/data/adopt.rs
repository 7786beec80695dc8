//! Makes datasets of tables of PostGIS that are there already.
//!
//! The table itself becomes the dataset, in the schema of its user; or a view of it does, which leaves the table as it is.

use crate::data::import;
use crate::data::import::names::Reserved;
use crate::data::tables;
use crate::db::admin::{AdminTransaction, Ask};
use crate::db::{Database, Param, QueryError, changes, migrations, quote_identifier};
use crate::{accounts::users, accounts::users::AccountError, db::roles::is_username};
use tokio_postgres::error::SqlState;

/// Time that adopting waits for those who write into the table.
const LOCK_PATIENCE: &str = "10s";
/// Types of whole numbers.
const WHOLE: [&str; 3] = ["int2", "int4", "int8"];
/// Numbers that are tried behind the name of an index.
const MOST_NUMBERS: usize = 100;
/// Columns that a dataset has, and a table that is adopted only as such ones.
const OF_DATASETS: [&str; 3] = ["cartodb_id", "the_geom", "the_geom_webmercator"];

/// What is to be adopted.
#[derive(Clone, Debug)]
pub struct Adoption {
    /// The schema of the table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Who gets the dataset.
    pub user: String,
    /// Which column is the geometry, where there are several.
    pub geometry: Option<String>,
    /// The name of the dataset; that of the table without.
    pub name: Option<String>,
    /// Whether the table stays as it is, and a view is the dataset.
    pub is_view: bool,
    /// Whether the table behind a view gets the trigger that notes changes, and nothing else.
    pub is_watched: bool,
    /// Whether everybody may read it.
    pub is_public: bool,
}

/// Why a table is not adopted, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// What is said already.
    #[error("{0}")]
    Said(String),
    /// The database refuses.
    #[error("The database refuses: {0}.")]
    Query(#[from] QueryError),
    /// Something about the user.
    #[error(transparent)]
    Account(#[from] AccountError),
}

fn said<T>(text: impl Into<String>) -> Result<T, AdoptError> {
    Err(AdoptError::Said(text.into()))
}

/// What the database knows of a table.
struct Known {
    name: String,
    kind: String,
    is_part: bool,
    has_policies: bool,
    columns: Vec<(String, String)>,
    /// Columns that the database computes.
    computed: Vec<String>,
    /// Columns of whole numbers that are in no two rows the same.
    unique: Vec<String>,
    /// Columns of the primary key, and whether it is one whole number.
    key: Vec<String>,
    is_numbered: bool,
}

/// Makes a dataset of a table; gives its name and what whoever asked should know.
///
/// # Errors
/// In one sentence, why not. Nothing was changed then.
pub async fn adopt(database: &Database, adoption: &Adoption) -> Result<(String, Vec<String>), AdoptError> {
    let account = users::existing(database, &adoption.user).await?;
    let (name, note) = dataset_name(adoption, &Reserved::of(database).await?)?;
    let work = database.begin_exclusive().await?;
    let done = adopt_in(&work, adoption, &account.schema, &account.role, &name).await;
    let notes = work.end(done.map_err(|error| told(error, adoption))).await?;
    Ok((name, note.into_iter().chain(notes).collect()))
}

/// The name of the dataset: pages write it without quotes. What is to be said where that of the table will not do.
fn dataset_name(adoption: &Adoption, reserved: &Reserved) -> Result<(String, Option<String>), AdoptError> {
    let wished = adoption.name.as_ref().unwrap_or(&adoption.table);
    if reserved.is_plain_table(wished) {
        return Ok((wished.clone(), None));
    }
    let plain = reserved.table(wished);
    match (&adoption.name, plain.is_empty()) {
        (_, true) => said("The dataset needs a name of 1 to 63 small letters, digits and _: --name NAME."),
        (Some(name), _) => {
            said(format!("Pages cannot use the name \"{}\" as it is: --name {plain}.", name.escape_debug()))
        }
        (None, _) => {
            let note =
                format!("Pages cannot use the name \"{}\" as it is: the dataset is {plain}.", wished.escape_debug());
            Ok((plain, Some(note)))
        }
    }
}

/// A lock that was waited for is not the server's load.
fn told(error: AdoptError, adoption: &Adoption) -> AdoptError {
    match error {
        AdoptError::Query(QueryError::Overloaded) => AdoptError::Said(format!(
            "Others use {}.{} and did not let go of it for {LOCK_PATIENCE}: try again later.",
            adoption.schema, adoption.table
        )),
        AdoptError::Query(QueryError::Database(refusal)) if *refusal.code() == SqlState::INSUFFICIENT_PRIVILEGE => {
            AdoptError::Said(format!("The login of the database may not do that: {}.", refusal.message()))
        }
        AdoptError::Query(QueryError::Database(refusal)) if !adoption.is_view => AdoptError::Said(format!(
            "{}.{} cannot become a dataset itself, for the database refuses: {}. --view leaves the table as it is.",
            adoption.schema,
            adoption.table,
            refusal.message()
        )),
        error => error,
    }
}

async fn adopt_in(
    work: &AdminTransaction,
    adoption: &Adoption,
    schema: &str,
    role: &str,
    name: &str,
) -> Result<Vec<String>, AdoptError> {
    work.run(&format!("SET LOCAL lock_timeout TO '{LOCK_PATIENCE}'")).await?;
    let known = known(work, adoption).await?;
    let is_at_home = adoption.schema == schema;
    let is_same = is_at_home && adoption.table == name;
    if is_at_home && !adoption.is_view && is_dataset(work, &known, role).await? {
        return said(format!("{schema}.{} is a dataset already.", adoption.table));
    }
    if is_same && !adoption.is_view && known.kind == "v" {
        return said(format!("{schema}.{name} is a view in the schema of {}, and no table.", adoption.user));
    }
    if migrations::has_relation(work, schema, name).await? && (adoption.is_view || !is_same) {
        return said(format!("{} has a dataset {name} already: --name NAME.", adoption.user));
    }
    let (column, is_geography) = geometry_of(&known, adoption)?;
    check_reference(work, &known, &column, is_geography).await?;
    let mut notes = Vec::new();
    let dataset = format!("{}.{}", quote_identifier(schema), quote_identifier(name));
    if adoption.is_view {
        make_view(work, adoption, &known, &dataset, (&column, is_geography), role, &mut notes).await?;
    } else {
        take_over(work, adoption, &known, (schema, name, &dataset), (&column, is_geography), role, &mut notes).await?;
        changes::watch(work, schema, name).await?;
        migrations::touch_table(work, schema, name).await?;
    }
    if adoption.is_public {
        tables::publish(work, &adoption.user, name).await?;
    }
    Ok(notes)
}

async fn known(work: &AdminTransaction, adoption: &Adoption) -> Result<Known, AdoptError> {
    let told = format!("{}.{}", adoption.schema, adoption.table);
    if ["pg_catalog", "information_schema", "sandbox", "cartodb"].contains(&adoption.schema.as_str()) {
        return said(format!("{told} belongs to the database or to the server."));
    }
    let name = format!("{}.{}", quote_identifier(&adoption.schema), quote_identifier(&adoption.table));
    let params = || -> Vec<Param> { vec![Box::new(name.clone())] };
    let sql = "SELECT c.relkind::text, c.relispartition OR EXISTS (SELECT 1 FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)),
                      c.relrowsecurity,
                      EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                 FROM pg_class c WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let rows = work.ask(sql, params()).await?;
    let Some(row) = rows.first() else { return said(format!("There is no table {told}.")) };
    if row.get(3) {
        return said(format!("{told} belongs to an extension."));
    }
    let (kind, is_part, has_policies) = (row.get(0), row.get(1), row.get(2));
    let sql = "SELECT a.attname::text, t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    let columns = work.ask(sql, params()).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let sql = "SELECT attname::text FROM pg_attribute
                WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated <> ''";
    let computed = work.ask(sql, params()).await?.iter().map(|row| row.get(0)).collect();
    let sql = "SELECT a.attname::text
                 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                      JOIN pg_type t ON t.oid = a.atttypid
                WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL
                      AND t.typname IN ('int2', 'int4', 'int8')";
    let unique = work.ask(sql, params()).await?.iter().map(|row| row.get(0)).collect();
    let sql = "SELECT a.attname::text, t.typname IN ('int2', 'int4', 'int8')
                 FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                      JOIN pg_type t ON t.oid = a.atttypid
                WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.place";
    let rows = work.ask(sql, params()).await?;
    let key: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let is_numbered = key.len() == 1 && rows.first().is_some_and(|row| row.get(1));
    Ok(Known { name, kind, is_part, has_policies, columns, computed, unique, key, is_numbered })
}

/// Whether a table in the schema of its user has all that a dataset has.
async fn is_dataset(work: &AdminTransaction, known: &Known, role: &str) -> Result<bool, AdoptError> {
    let owned = "SELECT 1 FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = to_regclass($1) AND r.rolname = $2";
    let owned = work.ask(owned, vec![Box::new(known.name.clone()), Box::new(role.to_owned())]).await?;
    let has = |wanted: &&str| known.columns.iter().any(|(name, _)| name == wanted);
    Ok(!owned.is_empty() && OF_DATASETS.iter().all(has) && known.has_unique("cartodb_id"))
}

impl Known {
    fn has_unique(&self, column: &str) -> bool {
        self.unique.iter().any(|name| name == column)
    }
}

/// The column of the geometry, and whether it is a geography.
fn geometry_of(known: &Known, adoption: &Adoption) -> Result<(String, bool), AdoptError> {
    let told = format!("{}.{}", adoption.schema, adoption.table);
    let is_place = |kind: &str| kind == "geometry" || kind == "geography";
    let places: Vec<&(String, String)> = known
        .columns
        .iter()
        .filter(|(name, kind)| is_place(kind) && (name != "the_geom_webmercator" || adoption.geometry.is_some()))
        .collect();
    let found = match &adoption.geometry {
        Some(wanted) => match known.columns.iter().find(|(name, _)| name == wanted) {
            None => return said(format!("{told} has no column {wanted}.")),
            Some((_, kind)) if !is_place(kind) => {
                return said(format!("The column {wanted} of {told} is of type {kind}, and no geometry."));
            }
            Some(found) => found,
        },
        None => match places.as_slice() {
            [] => return said(format!("{told} has no geometry.")),
            [one] => one,
            several => match several.iter().find(|(name, _)| name == "the_geom") {
                Some(the_geom) => the_geom,
                None => {
                    let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
                    return said(format!(
                        "{told} has several geometries: --geometry {}.",
                        names.join(", or --geometry ")
                    ));
                }
            },
        },
    };
    Ok((found.0.clone(), found.1 == "geography"))
}

/// Geometries that do not say where on Earth they are would be nowhere on the map.
async fn check_reference(
    work: &AdminTransaction,
    known: &Known,
    column: &str,
    is_geography: bool,
) -> Result<(), AdoptError> {
    if is_geography {
        return Ok(());
    }
    let column_name = quote_identifier(column);
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE public.ST_SRID({column_name}) = 0)", known.name);
    if work.ask(&sql, Vec::new()).await?.first().is_some_and(|row| row.get(0)) {
        return said(format!(
            "Geometries in {column} have no reference system: SELECT UpdateGeometrySRID(…) says which one it is."
        ));
    }
    Ok(())
}

/// Expressions for the geometry in degrees and in Web Mercator.
fn places(column: &str, is_geography: bool) -> [String; 2] {
    let cast = if is_geography { "::public.geometry" } else { "" };
    let column = format!("{}{cast}", quote_identifier(column));
    [format!("cartodb._cdb_degrees({column})"), format!("cartodb._cdb_mercator({column})")]
}

async fn make_view(
    work: &AdminTransaction,
    adoption: &Adoption,
    known: &Known,
    dataset: &str,
    (column, is_geography): (&str, bool),
    role: &str,
    notes: &mut Vec<String>,
) -> Result<(), AdoptError> {
    let told = format!("{}.{}", adoption.schema, adoption.table);
    if known.has_policies {
        return said(format!("{told} has policies for its rows, and a view would show all of them."));
    }
    let has_numbers = numbers_rows(work, known).await?;
    if !has_numbers && known.columns.iter().any(|(name, _)| name == "cartodb_id") {
        notes.push(format!("The column cartodb_id of {told} is not in the dataset, for it does not number the rows."));
    }
    let id = match (has_numbers, known.is_numbered, known.key.as_slice()) {
        (true, ..) => quote_identifier("cartodb_id"),
        (false, _, []) => {
            return said(format!("{told} has no primary key, so that no row of a view has a number that stays."));
        }
        (false, true, [key, ..]) => quote_identifier(key),
        (false, false, key) => {
            let names: Vec<String> = key.iter().map(|name| quote_identifier(name)).collect();
            format!("cartodb._cdb_number_of(ROW({})::text)", names.join(", "))
        }
    };
    let [degrees, mercator] = places(column, is_geography);
    let others = known.columns.iter().filter(|(name, _)| !OF_DATASETS.contains(&name.as_str()) && name != column);
    let others: String = others.map(|(name, _)| format!(", {}", quote_identifier(name))).collect();
    let role = quote_identifier(role);
    work.run(&format!(
        "CREATE VIEW {dataset} AS SELECT {id} AS cartodb_id, {degrees} AS the_geom, {mercator} AS the_geom_webmercator{others}
           FROM {};
         GRANT SELECT ON {dataset} TO {role}",
        known.name
    ))
    .await?;
    match (adoption.is_watched, known.kind.as_str()) {
        (true, "r" | "p") => changes::watch(work, &adoption.schema, &adoption.table).await?,
        (true, _) => return said(format!("{told} is no table: it has nothing that --watch could watch.")),
        (false, "r" | "p") => notes.push(format!(
            "Nobody notes changes of {told}, so clients ask for each tile again; --watch puts a trigger on it that does."
        )),
        (false, "v") => notes.push(format!(
            "Clients ask for each tile of {told} again, if there is a table behind it that has no trigger carto_note_change."
        )),
        (false, _) => notes.push(format!("Nobody notes changes of {told}, so clients ask for each tile again.")),
    }
    // What has no rows of its own has no index either.
    if ["r", "p", "m"].contains(&known.kind.as_str()) {
        notes.push(format!(
            "Maps find places in a large table with an index: CREATE INDEX ON {} USING gist ({mercator})",
            known.name
        ));
    }
    Ok(())
}

/// Whether there is a column cartodb_id that numbers the rows.
async fn numbers_rows(work: &AdminTransaction, known: &Known) -> Result<bool, AdoptError> {
    let Some((_, kind)) = known.columns.iter().find(|(name, _)| name == "cartodb_id") else { return Ok(false) };
    if known.has_unique("cartodb_id") || !WHOLE.contains(&kind.as_str()) || ["r", "p"].contains(&known.kind.as_str()) {
        return Ok(known.has_unique("cartodb_id"));
    }
    // Views have no index that says it.
    are_different(work, &known.name).await
}

/// Whether every row has a number, and no two have the same.
async fn are_different(work: &AdminTransaction, table: &str) -> Result<bool, AdoptError> {
    let sql = format!("SELECT count(*) = count(DISTINCT cartodb_id) FROM {table}");
    Ok(work.ask(&sql, Vec::new()).await?.first().is_some_and(|row| row.get(0)))
}

async fn take_over(
    work: &AdminTransaction,
    adoption: &Adoption,
    known: &Known,
    (schema, name, dataset): (&str, &str, &str),
    (column, is_geography): (&str, bool),
    role: &str,
    notes: &mut Vec<String>,
) -> Result<(), AdoptError> {
    let told = format!("{}.{}", adoption.schema, adoption.table);
    if known.kind != "r" || known.is_part {
        return said(format!("{told} is no plain table, and can only be adopted with --view."));
    }
    if is_username(&adoption.schema)
        && adoption.schema != schema
        && users::find(work, &adoption.schema).await?.is_some()
    {
        return said(format!("{told} is a dataset of {}.", adoption.schema));
    }
    let role = quote_identifier(role);
    if known.computed.iter().any(|name| name == column) {
        return said(format!(
            "The column {column} of {told} is computed by the database, and nothing can be computed from it: --view leaves the table as it is."
        ));
    }
    if adoption.schema != schema {
        move_table(work, adoption, known, schema, name).await?;
        notes.push(format!("{told} is {schema}.{name} now; views of it go on, and other programs need the new name."));
    } else if adoption.table != name {
        work.run(&format!("ALTER TABLE {} RENAME TO {}", known.name, quote_identifier(name))).await?;
    }
    work.run(&format!("ALTER TABLE {dataset} OWNER TO {role}")).await?;
    if column != "the_geom" || is_geography {
        let others = known.columns.iter().map(|(name, _)| name.as_str()).filter(|name| *name != column);
        if let Some(taken) = others.filter(|name| *name != "cartodb_id").find(|name| OF_DATASETS.contains(name)) {
            return said(format!("{told} has a column {taken}, too: rename it, or say --view."));
        }
        if OF_DATASETS.contains(&column) {
            return said(format!(
                "The column {column} of {told} is not what a dataset has there: rename it, or say --view."
            ));
        }
        let [degrees, mercator] = places(column, is_geography);
        work.run(&format!(
            "ALTER TABLE {dataset}
               ADD COLUMN the_geom public.geometry(Geometry, 4326) GENERATED ALWAYS AS ({degrees}) STORED,
               ADD COLUMN the_geom_webmercator public.geometry(Geometry, 3857) GENERATED ALWAYS AS ({mercator}) STORED;
             CREATE INDEX ON {dataset} USING gist (the_geom);
             CREATE INDEX ON {dataset} USING gist (the_geom_webmercator)"
        ))
        .await?;
        number_rows(work, known, dataset).await?;
        notes.push(format!("Whoever writes places writes {column}: the_geom and the_geom_webmercator follow it."));
    } else {
        // With the rights of its owner, as anybody calls it.
        work.run(&format!(
            "SET LOCAL ROLE {role};
             SELECT cartodb.CDB_CartodbfyTable({});
             RESET ROLE",
            crate::db::quote_literal(dataset)
        ))
        .await?;
    }
    Ok(())
}

/// Moves a table into another schema, under another name if need be, with its indexes and sequences. No name on the way is
/// that of anything else.
async fn move_table(
    work: &AdminTransaction,
    adoption: &Adoption,
    known: &Known,
    schema: &str,
    name: &str,
) -> Result<(), AdoptError> {
    let draft = import::draft_name().map_err(|error| AdoptError::Said(error.to_string()))?;
    let sql = "SELECT p.relname::text, p.relkind = 'S', EXISTS (
                        SELECT 1 FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
                         WHERE n.nspname = $2 AND o.relname = p.relname)
                 FROM pg_class p
                WHERE p.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass($1)
                                UNION SELECT objid FROM pg_depend
                                       WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
                                             AND refobjid = to_regclass($1) AND deptype IN ('a', 'i'))
                      AND p.relkind IN ('i', 'S') ORDER BY 1";
    let rows = work.ask(sql, vec![Box::new(known.name.clone()), Box::new(schema.to_owned())]).await?;
    let (from, to) = (quote_identifier(&adoption.schema), quote_identifier(schema));
    let mut statements = String::new();
    let mut renamed: Vec<(&str, String, String)> = Vec::new();
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.get(2)) {
        let (part, is_sequence): (String, bool) = (row.get(0), row.get(1));
        let (kind, away) =
            (if is_sequence { "SEQUENCE" } else { "INDEX" }, tables::name_of_part(&draft, &index.to_string()));
        statements.push_str(&format!(
            "ALTER {kind} {from}.{} RENAME TO {};",
            quote_identifier(&part),
            quote_identifier(&away)
        ));
        renamed.push((kind, part, away));
    }
    let (drafted, named) = (quote_identifier(&draft), quote_identifier(name));
    statements.push_str(&format!(
        "ALTER TABLE {} RENAME TO {drafted}; ALTER TABLE {from}.{drafted} SET SCHEMA {to}; ALTER TABLE {to}.{drafted} RENAME TO {named}",
        known.name
    ));
    work.run(&statements).await?;
    for (kind, part, away) in renamed {
        let rest = part.strip_prefix(&adoption.table).map_or(part.as_str(), |rest| rest.trim_start_matches('_'));
        let wished = (0..=MOST_NUMBERS).map(|number| match number {
            0 => tables::name_of_part(name, rest),
            number => tables::name_of_part(name, &format!("{rest}{number}")),
        });
        for wished in wished {
            if !migrations::has_relation(work, schema, &wished).await? {
                let (away, wished) = (quote_identifier(&away), quote_identifier(&wished));
                work.run(&format!("ALTER {kind} {to}.{away} RENAME TO {wished}")).await?;
                break;
            }
        }
    }
    Ok(())
}

/// Gives rows a number: the one that they have, or a new one.
async fn number_rows(work: &AdminTransaction, known: &Known, dataset: &str) -> Result<(), AdoptError> {
    match known.columns.iter().find(|(name, _)| name == "cartodb_id") {
        Some((_, kind)) if !WHOLE.contains(&kind.as_str()) => {
            return said(format!(
                "The column cartodb_id is of type {kind}, and no whole number: rename it, or say --view."
            ));
        }
        Some(_) if known.has_unique("cartodb_id") => {}
        Some(_) if !are_different(work, dataset).await? => {
            return said(
                "The column cartodb_id has the same number in several rows, or none: rename it, or say --view.",
            );
        }
        Some(_) => {}
        None => {
            let sql = format!("ALTER TABLE {dataset} ADD COLUMN cartodb_id bigint GENERATED BY DEFAULT AS IDENTITY");
            work.run(&sql).await?;
        }
    }
    if !known.has_unique("cartodb_id") {
        let unique = match known.key.is_empty() {
            true => format!("ALTER TABLE {dataset} ADD PRIMARY KEY (cartodb_id)"),
            false => format!("CREATE UNIQUE INDEX ON {dataset} (cartodb_id)"),
        };
        work.run(&unique).await?;
    }
    Ok(())
}
