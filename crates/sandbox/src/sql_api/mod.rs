//! The SQL API: statements of a user, run as the role of the key, and the result of the last one in one of some formats.
//!
//! The way of a query: [`request`] (what is asked) → [`crate::sql_guard`] (may it run) → [`columns`] (how each column
//! comes out of the database) → [`result`] (what the answer looks like). Rows in bulk go by [`copy`].

pub mod columns;
pub mod copy;
pub mod error;
pub mod formats;
pub mod multipart;
pub mod request;
pub mod result;

use crate::Sandbox;
use crate::accounts::keys::{Account, Key};
use crate::db::names::PUBLIC;
use crate::db::script::{Script, ScriptError};
use crate::db::{Column, Database, Limits, QueryError, Role, changes, migrations, rights};
use crate::query::source;
use crate::sql_guard::script::{check_script, first_refused};
use crate::sql_guard::writes::CheckedStatement;
use crate::sql_guard::{self, CheckedSql, GuardError, RunnableSql};
use columns::Selected;
use error::SqlError;
use request::SqlRequest;
use result::SqlResult;

/// Rows from which on the planner is told that a table is another one now.
const MANY_ROWS: u64 = 100;

/// What statements did.
pub struct Done {
    /// The rows of the last one.
    pub result: SqlResult,
    /// How many rows it was about, if it wrote.
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
    let nothing = || {
        let result = SqlResult::new(Selected::new(Vec::new(), request), request, &limits);
        Ok(Done { result, count: Some(0), is_write: false })
    };
    if request.query.is_empty() {
        return nothing();
    }
    if request.query.contains('\0') {
        return Err(SqlError::bad_request("invalid message format"));
    }
    match check_script(&request.query) {
        Ok(statements) => match statements.as_slice() {
            [] => nothing(),
            [CheckedStatement::Read(sql)] => {
                let columns = database.columns(role, sql.into(), limits).await?;
                let (query, result) = query_of(sql, columns, request, &limits)?;
                let result = database.collect(role, query, Vec::new(), limits.timeout, result).await?;
                Ok(Done { result, count: None, is_write: false })
            }
            _ => run_script(database, account, role, request, statements, limits).await,
        },
        Err(refusal) => {
            // Of several statements one is told of.
            let told = first_refused(&request.query).unwrap_or_else(|| request.query.clone());
            Err(refused(database, role, &told, refusal, limits).await)
        }
    }
}

/// The query for the rows of a query of a user's, and what takes them.
fn query_of(
    sql: &CheckedSql,
    columns: Vec<Column>,
    request: &SqlRequest,
    limits: &Limits,
) -> Result<(RunnableSql, SqlResult), SqlError> {
    let selected = Selected::new(columns, request);
    check_geometry(&selected, request)?;
    let from = format!("{} AS {}", source::wrapped(sql), selected.named());
    let query = format!("SELECT {} FROM {from}{}", selected.expressions(), selected.paging(request)?);
    Ok((RunnableSql::of_server(query), SqlResult::new(selected, request, limits)))
}

fn check_geometry(selected: &Selected, request: &SqlRequest) -> Result<(), SqlError> {
    match request.format.has_features() && selected.geometry.is_none() {
        true => Err(SqlError::bad_request("column \"the_geom\" does not exist")),
        false => Ok(()),
    }
}

/// The last statement of a script, as it is run, and what takes its rows.
fn last_of(
    statement: &CheckedStatement,
    columns: Vec<Column>,
    request: &SqlRequest,
    limits: &Limits,
) -> Result<(RunnableSql, SqlResult), SqlError> {
    let write = match statement {
        CheckedStatement::Read(sql) | CheckedStatement::Call(sql, _) => return query_of(sql, columns, request, limits),
        CheckedStatement::Write(write) => write,
    };
    let has_rows = !columns.is_empty();
    let selected = Selected::new(columns, request);
    if !has_rows {
        return Ok((write.sql.clone(), SqlResult::new(selected, request, limits)));
    }
    check_geometry(&selected, request)?;
    let (named, expressions) = (selected.named(), selected.expressions());
    let query = format!("WITH {named} AS ({}\n) SELECT {expressions} FROM cdbq", write.sql.as_str());
    Ok((RunnableSql::of_server(query), SqlResult::new(selected, request, limits)))
}

async fn run_script(
    database: &Database,
    account: &Account,
    role: &Role,
    request: &SqlRequest,
    statements: Vec<CheckedStatement>,
    limits: Limits,
) -> Result<Done, SqlError> {
    let Some(last) = statements.last().cloned() else { return Err(SqlError::bad_request("There is no statement")) };
    let reads_only = statements.iter().all(CheckedStatement::is_read);
    let is_definition = matches!(&last, CheckedStatement::Write(write) if write.is_definition);
    let count_is_told = matches!(last, CheckedStatement::Write(_));
    let request = request.clone();
    let script = Script {
        statements: statements.iter().map(CheckedStatement::runnable).collect(),
        reads_only,
        may_have_columns: !is_definition,
        last: Box::new(move |columns| {
            last_of(&last, columns, &request, &limits).map_err(|error| ScriptError::Refused(error.message))
        }),
    };
    let (result, counts) = database.script(role, script, limits.timeout).await.map_err(script_error)?;
    if statements.iter().any(CheckedStatement::may_define)
        && let Err(error) = rights::keep(database).await
    {
        tracing::warn!("rights cannot be kept for backups: {error}");
    }
    for (statement, count) in statements.iter().zip(&counts) {
        match statement {
            CheckedStatement::Read(_) => {}
            CheckedStatement::Call(_, tables) => note_changes(database, account, tables, Extent::Definition).await?,
            CheckedStatement::Write(write) => {
                let extent = match write.is_definition {
                    true => Extent::Definition,
                    false if *count >= MANY_ROWS => Extent::ManyRows,
                    false => Extent::FewRows,
                };
                note_changes(database, account, &write.tables, extent).await?;
            }
        }
    }
    Ok(Done { result, count: counts.last().copied().filter(|_| count_is_told), is_write: !reads_only })
}

fn script_error(error: ScriptError) -> SqlError {
    match error {
        // What begins with WITH and writes cannot stand in another WITH.
        ScriptError::Query(QueryError::Database(error)) if error.message().contains("must be at the top level") => {
            SqlError::bad_request(
                "The sandbox cannot give rows of a statement that begins with WITH and writes: leave RETURNING out, or \
                 write first and read then",
            )
        }
        ScriptError::Query(error) => error.into(),
        ScriptError::Refused(words) => SqlError::bad_request(words),
    }
}

/// How much of a table a statement changed.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    FewRows,
    ManyRows,
    /// Its columns, or whether it is there.
    Definition,
}

/// Maps over changed tables get new ids, so that nobody sees old tiles.
async fn note_changes(
    database: &Database,
    account: &Account,
    tables: &[(Option<String>, String)],
    extent: Extent,
) -> Result<(), QueryError> {
    let schema = &account.schema;
    let is_own = |named: &Option<String>| named.as_deref().is_none_or(|named| named == PUBLIC || named == schema);
    for (_, table) in tables.iter().filter(|(named, _)| is_own(named)) {
        if !migrations::has_relation(database, schema, table).await? {
            migrations::forget_table(database, schema, table).await?;
            continue;
        }
        if extent == Extent::Definition {
            // What cannot be watched is kept by nobody: that is no reason to refuse what was done.
            if let Err(error) = changes::watch(database, schema, table).await {
                tracing::warn!(schema, table, "changes of a table are not noted: {error}");
            }
        }
        match extent {
            Extent::FewRows => migrations::note_update(database, schema, table).await?,
            Extent::ManyRows | Extent::Definition => migrations::touch_table(database, schema, table).await?,
        }
    }
    Ok(())
}

/// The error of a statement that is not run.
async fn refused(database: &Database, role: &Role, sql: &str, refusal: GuardError, limits: Limits) -> SqlError {
    match refusal {
        GuardError::Forbidden(message) => SqlError::forbidden(message),
        GuardError::TooLong => SqlError::bad_request("The query is too long for the sandbox"),
        // The database is only asked to parse it: nothing runs, and its complaint is the one that people know.
        GuardError::NotAQuery => match database.parse(role, sql.to_owned(), limits).await {
            Err(error) => error.into(),
            Ok(()) => match (sql_guard::missing_parameter(sql), sql_guard::stop(sql)) {
                (Some(missing), _) => SqlError::bad_request(missing),
                (None, Some(stop)) => SqlError::bad_request(format!(
                    "The statement cannot be read by the sandbox: it stops at line {}, column {}",
                    stop.line, stop.column
                )),
                (None, None) => SqlError::forbidden(
                    "permission denied for this kind of statement: the sandbox runs SELECT, WITH, VALUES, INSERT, \
                     UPDATE, DELETE, TRUNCATE, CREATE TABLE, CREATE INDEX, ALTER TABLE (columns and names) and DROP TABLE",
                ),
            },
        },
    }
}
