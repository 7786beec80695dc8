//! The SQL API: one statement of a user, run as the role of the key, and its result in one of three formats.
//!
//! The way of a query: [`request`] (what is asked) → [`crate::sql_guard`] (may it run) → [`columns`] (how each column
//! comes out of the database) → [`result`] (what the answer looks like).

pub mod columns;
pub mod error;
pub mod request;
pub mod result;

use crate::Sandbox;
use crate::accounts::keys::{Account, Key};
use crate::db::{Database, Limits, QueryError, Role, migrations};
use crate::query::source;
use crate::sql_guard::writes::{CheckedStatement, CheckedWrite, check_statement};
use crate::sql_guard::{CheckedSql, Refusal, RunnableSql, missing_parameter};
use columns::Selected;
use error::SqlError;
use request::{Format, SqlRequest};
use result::SqlResult;

/// Rows from which on the planner is told that a table is another one now.
const MANY_ROWS: u64 = 100;

/// What a statement did.
pub struct Done {
    /// Its rows.
    pub result: SqlResult,
    /// How many rows a write was about.
    pub count: Option<u64>,
    /// Whether something was changed.
    pub is_write: bool,
}

/// Runs what a request asks for.
///
/// # Errors
/// As real servers answer them.
pub async fn run(sandbox: &Sandbox, account: &Account, key: &Key, request: &SqlRequest) -> Result<Done, SqlError> {
    let (database, role) = (&sandbox.database, &key.role);
    let limits = sandbox.limits;
    if request.query.is_empty() {
        let result = SqlResult::new(Selected::new(Vec::new(), request), request, &limits);
        return Ok(Done { result, count: Some(0), is_write: false });
    }
    if request.query.contains('\0') {
        return Err(SqlError::bad_request("invalid message format"));
    }
    match check_statement(&request.query) {
        Ok(CheckedStatement::Read(sql)) => {
            let selected = select(database, role, &sql, request, limits).await?;
            let from = format!("{} AS {}", source::wrapped(&sql), selected.named());
            let query = format!("SELECT {} FROM {from}{}", selected.expressions(), selected.paging(request)?);
            let result = SqlResult::new(selected, request, &limits);
            let result =
                database.collect(role, RunnableSql::of_server(query), Vec::new(), limits.timeout, result).await?;
            Ok(Done { result, count: None, is_write: false })
        }
        Ok(CheckedStatement::Write(write)) => run_write(database, account, role, request, write, limits).await,
        Err(refusal) => Err(refused(database, role, &request.query, refusal, limits).await),
    }
}

async fn select(
    database: &Database,
    role: &Role,
    sql: &CheckedSql,
    request: &SqlRequest,
    limits: Limits,
) -> Result<Selected, SqlError> {
    let columns = database.columns(role, sql.into(), limits).await?;
    let selected = Selected::new(columns, request);
    if request.format == Format::GeoJson && selected.geometry.is_none() {
        return Err(SqlError::bad_request("column \"the_geom\" does not exist"));
    }
    Ok(selected)
}

async fn run_write(
    database: &Database,
    account: &Account,
    role: &Role,
    request: &SqlRequest,
    write: CheckedWrite,
    limits: Limits,
) -> Result<Done, SqlError> {
    // A definition has no columns, and an older server would run it before it tells so.
    let columns =
        if write.is_definition { Vec::new() } else { database.columns(role, write.sql.clone(), limits).await? };
    let has_rows = !columns.is_empty();
    let selected = Selected::new(columns, request);
    let query = match has_rows {
        true => {
            let (named, expressions) = (selected.named(), selected.expressions());
            RunnableSql::of_server(format!("WITH {named} AS ({}\n) SELECT {expressions} FROM cdbq", write.sql.as_str()))
        }
        false => write.sql.clone(),
    };
    let result = SqlResult::new(selected, request, &limits);
    let (result, count) = match database.write(role, query, limits.timeout, result).await {
        // What begins with WITH and writes cannot stand in another WITH.
        Err(QueryError::Database(error)) if has_rows && error.message().contains("must be at the top level") => {
            return Err(SqlError::bad_request(
                "The sandbox cannot give rows of a statement that begins with WITH and writes: leave RETURNING out, or \
                 write first and read then",
            ));
        }
        done => done?,
    };
    note_changes(database, account, &write, count).await?;
    Ok(Done { result, count: Some(count), is_write: true })
}

/// Maps over changed tables get new ids, so that nobody sees old tiles.
async fn note_changes(
    database: &Database,
    account: &Account,
    write: &CheckedWrite,
    count: u64,
) -> Result<(), QueryError> {
    for (schema, table) in &write.tables {
        let schema = schema.as_deref().unwrap_or(&account.schema);
        if !migrations::has_relation(database, schema, table).await? {
            migrations::forget_table(database, schema, table).await?;
        } else if write.is_definition || count >= MANY_ROWS {
            migrations::touch_table(database, schema, table).await?;
        } else {
            migrations::note_update(database, schema, table).await?;
        }
    }
    Ok(())
}

/// The error of a statement that is not run.
async fn refused(database: &Database, role: &Role, sql: &str, refusal: Refusal, limits: Limits) -> SqlError {
    match refusal {
        Refusal::Forbidden(message) => SqlError::forbidden(message),
        Refusal::TooLong => SqlError::bad_request("The query is too long for the sandbox"),
        // The database is only asked to parse it: nothing runs, and its complaint is the one that people know.
        Refusal::NotAQuery => match database.parse(role, sql.to_owned(), limits).await {
            Err(error) => error.into(),
            Ok(()) if missing_parameter(sql).is_some() => {
                SqlError::bad_request(&missing_parameter(sql).unwrap_or_default())
            }
            Ok(()) => SqlError::forbidden(
                "permission denied for this kind of statement: the sandbox runs one statement of SELECT, WITH, VALUES, \
                 INSERT, UPDATE, DELETE, TRUNCATE, CREATE TABLE, CREATE INDEX, ALTER TABLE (columns and names) or DROP TABLE",
            ),
        },
    }
}
