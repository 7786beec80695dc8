//! The database: an embedded one by default, or a PostgreSQL server.
//!
//! Two doors: [`Database::admin`] runs the sandbox's own statements, and [`Database::read`] and [`Database::write`] run
//! SQL of users. The second one opens a transaction as the role of a key, read-only unless it writes, and never runs
//! more than one statement. It takes [`RunnableSql`]: [`crate::sql_guard`] has looked at what users sent before.

pub mod admin;
pub mod changes;
pub mod closing;
pub mod collect;
mod connection;
pub mod copy;
pub mod embedded;
pub mod functions;
pub mod logins;
pub mod memory;
mod metered;
pub mod migrations;
pub mod names;
pub mod rights;
pub mod roles;
pub mod script;
pub mod server;
mod session;
pub mod sweep;

use crate::sql_guard::RunnableSql;
use collect::Counted;
pub use collect::{AllRows, Collect};
use futures_util::TryStreamExt;
use memory::Memory;
/// Writes a name as an SQL identifier, and a text as an SQL literal.
pub use postgres_protocol::escape::{escape_identifier as quote_identifier, escape_literal as quote_literal};
use script::{Ran, Script, ScriptError};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement, ToStatement, Transaction};

/// A parameter that may travel to another task.
pub type Param = Box<dyn ToSql + Sync + Send>;

/// Parameters as the driver takes them.
fn borrowed(params: &[Param]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|param| param.as_ref() as &(dyn ToSql + Sync)).collect()
}

/// How much one query may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time until the answer is complete.
    pub timeout: Duration,
    /// Rows.
    pub rows: usize,
    /// Bytes of all rows together.
    pub bytes: usize,
}

/// The database role that a query runs as, and where it looks for tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Role {
    /// Name of the role of the key.
    pub name: String,
    /// Schema of the user's tables.
    pub schema: String,
}

/// Why a query gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The database refused or failed.
    #[error("{}", .0.message())]
    Database(Box<tokio_postgres::error::DbError>),
    /// It calls a function of CARTO's that the server does not have.
    #[error("{0}")]
    UnknownFunction(String),
    /// It took longer than allowed.
    #[error("the query takes too long")]
    Timeout,
    /// The answer is larger than allowed.
    #[error("the answer of the query is too large")]
    TooLarge,
    /// There is no room for its answer beside what other requests hold, or no session is free.
    #[error("the server is overloaded")]
    Overloaded,
    /// A statement or a value cannot be sent: there is a zero byte in it, which PostgreSQL has no place for.
    #[error("invalid message format")]
    Unsendable,
    /// The user or the key was deleted while the request ran.
    #[error("the user or the key does not exist any more")]
    Gone,
    /// The connection is gone.
    #[error("the database is not reachable")]
    Lost,
}

impl From<tokio_postgres::Error> for QueryError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            // What statement_timeout of a real server ends in.
            Some(refusal) if *refusal.code() == tokio_postgres::error::SqlState::QUERY_CANCELED => QueryError::Timeout,
            // The refusal before it was lost, and with it what became of the work.
            Some(refusal) if *refusal.code() == tokio_postgres::error::SqlState::IN_FAILED_SQL_TRANSACTION => {
                QueryError::Lost
            }
            Some(refusal) => admin::own_refusal(refusal)
                .or_else(|| functions::unknown(refusal.message()).map(QueryError::UnknownFunction))
                .unwrap_or_else(|| QueryError::Database(refusal.clone().into())),
            None if admin::is_unsendable(&error) => QueryError::Unsendable,
            None => QueryError::Lost,
        }
    }
}

/// A column of a result.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// What the type is narrowed to, as the database packs it; -1 for nothing.
    pub modifier: i32,
}

/// Sessions with the database at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// Those that there are.
    pub open: u32,
    /// Those that are at work.
    pub used: u32,
    /// Requests that wait for one.
    pub waiting: u32,
}

/// The database in use.
#[derive(Clone)]
pub enum Database {
    /// PGlite in a child process; one session.
    Embedded(embedded::EmbeddedDatabase),
    /// A PostgreSQL server; many sessions.
    Server(server::ServerDatabase),
}

impl Database {
    /// Runs statements of the sandbox itself; several at once, no parameters.
    pub async fn admin(&self, statements: &str) -> Result<(), QueryError> {
        match self {
            Database::Embedded(embedded) => embedded.admin(statements.to_owned()).await,
            Database::Server(server) => server.admin(statements).await,
        }
    }

    /// Runs one statement of the sandbox itself and gives its rows.
    pub async fn admin_query(&self, sql: &str, params: Vec<Param>) -> Result<Vec<Row>, QueryError> {
        match self {
            Database::Embedded(embedded) => embedded.admin_query(sql.to_owned(), params).await,
            Database::Server(server) => server.admin_query(sql, params).await,
        }
    }

    /// Runs one query read-only as the role of a key.
    pub async fn read(
        &self,
        role: &Role,
        sql: RunnableSql,
        params: Vec<Param>,
        limits: Limits,
    ) -> Result<Vec<Row>, QueryError> {
        Ok(self.collect(role, sql, params, limits.timeout, AllRows::new(limits)).await?.rows)
    }

    /// Runs one query read-only as the role of a key, and gives its rows to a collector as they come.
    pub async fn collect<C: Collect>(
        &self,
        role: &Role,
        sql: RunnableSql,
        params: Vec<Param>,
        timeout: Duration,
        rows: C,
    ) -> Result<C, QueryError> {
        let rows = Counted::new(rows);
        let rows = match self {
            Database::Embedded(embedded) => embedded.collect(role.clone(), sql, params, timeout, rows).await,
            Database::Server(server) => server.collect(role, sql, params, timeout, rows).await,
        };
        rows.map(Counted::into_inner)
    }

    /// Runs one query of the sandbox itself, and gives its rows to a collector as they come. An embedded database gives
    /// none: it has nothing of its own that is so large.
    pub async fn collect_own<C: Collect>(&self, sql: &str, timeout: Duration, rows: C) -> Result<C, QueryError> {
        match self {
            Database::Embedded(_) => Ok(rows),
            Database::Server(server) => {
                server.collect_own(sql, timeout, Counted::new(rows)).await.map(Counted::into_inner)
            }
        }
    }

    /// Runs one statement that may write, as the role of a key, and commits. Gives its rows to a collector, and tells how
    /// many it was about.
    pub async fn write<C: Collect>(
        &self,
        role: &Role,
        sql: RunnableSql,
        timeout: Duration,
        rows: C,
    ) -> Result<(C, u64), QueryError> {
        let rows = Counted::new(rows);
        let written = match self {
            Database::Embedded(embedded) => embedded.write(role.clone(), sql, timeout, rows).await,
            Database::Server(server) => server.write(role, sql, timeout, rows).await,
        };
        written.map(|(rows, count)| (rows.into_inner(), count))
    }

    /// Runs statements as the role of a key, in one transaction.
    ///
    /// # Errors
    /// One of them fails; nothing is kept then.
    pub async fn script<C: Collect>(
        &self,
        role: &Role,
        script: Script<C>,
        timeout: Duration,
    ) -> Result<Ran<C>, ScriptError> {
        let held = memory::current();
        match self {
            Database::Embedded(embedded) => embedded.script(role.clone(), script, held, timeout).await,
            Database::Server(server) => server.script(role, script, held, timeout).await,
        }
    }

    /// The memory that requests share.
    pub fn memory(&self) -> &Arc<Memory> {
        match self {
            Database::Embedded(embedded) => embedded.memory(),
            Database::Server(server) => server.memory(),
        }
    }

    /// Forgets the connections of a role that is about to go.
    pub async fn forget(&self, role: &str) {
        if let Database::Server(server) = self {
            server.forget(role).await;
        }
    }

    /// Has a query parsed and analysed as the role of a key, without running it; gives the columns of its result.
    pub async fn columns(&self, role: &Role, sql: RunnableSql, limits: Limits) -> Result<Vec<Column>, QueryError> {
        self.parsed(role, sql.into_string(), limits).await
    }

    /// Has a text that is no [`RunnableSql`] parsed and analysed as the role of a key, for the database's own complaint.
    /// Nothing is run.
    pub async fn parse(&self, role: &Role, sql: String, limits: Limits) -> Result<(), QueryError> {
        self.parsed(role, sql, limits).await.map(drop)
    }

    async fn parsed(&self, role: &Role, sql: String, limits: Limits) -> Result<Vec<Column>, QueryError> {
        match self {
            Database::Embedded(embedded) => embedded.columns(role.clone(), sql, limits).await,
            Database::Server(server) => server.columns(role, sql, limits).await,
        }
    }

    /// Whether this is the embedded database.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Database::Embedded(_))
    }

    /// Whether somebody was served within a while: a database that is busy with others is well.
    pub fn has_served_within(&self, time: Duration) -> bool {
        match self {
            Database::Embedded(embedded) => embedded.since_turn() < time,
            // Its sessions do not wait for each other.
            Database::Server(_) => false,
        }
    }

    /// The sessions as they are now.
    pub fn sessions(&self) -> Sessions {
        match self {
            Database::Embedded(embedded) => embedded.sessions(),
            Database::Server(server) => server.sessions(),
        }
    }

    /// Closes the database in good order.
    pub async fn close(&self) {
        if let Database::Embedded(embedded) = self {
            embedded.close().await;
        }
    }
}

/// Rows that are fetched at once, at first and at most. In between it is as many as have [`BYTES_AT_ONCE`]: what was asked
/// for comes, whether it is wanted or not.
const FIRST_ROWS: i32 = 50;
const MOST_ROWS_AT_ONCE: i32 = 4_000;
/// Bytes that are fetched at once, if rows are like those before.
const BYTES_AT_ONCE: usize = 4 << 20;

/// What makes a transaction harmless, and quick. Everything is local to it, and a rollback ends it.
///
/// Queries of maps are short: compiling them takes longer than it saves. Without turning discs a spatial index is worth
/// while much earlier than PostgreSQL believes: 35,000 of 4 million points take 160 ms with it, 1,260 without.
fn settings(role: &Role, timeout: Duration) -> String {
    format!(
        "SET LOCAL ROLE {}; SET LOCAL search_path TO {}, cartodb, public; SET LOCAL timezone TO 'UTC';
         SET LOCAL jit TO off; SET LOCAL random_page_cost TO 1.1; SET LOCAL statement_timeout TO {}",
        quote_identifier(&role.name),
        quote_identifier(&role.schema),
        timeout.as_millis().max(1)
    )
}

/// Runs `sql` on a session, in a transaction of its own.
async fn collect_on<C: Collect>(
    client: &mut Client,
    role: &Role,
    sql: &RunnableSql,
    params: &[Param],
    timeout: Duration,
    mut rows: Counted<C>,
) -> Result<Counted<C>, QueryError> {
    let transaction = client.build_transaction().read_only(true).start().await?;
    let params = borrowed(params);
    let fetched = async {
        let settings = settings(role, timeout);
        // Sent together, taken in this order: the statement is prepared as the role.
        let sql = names::in_schema(sql.as_str(), &role.schema);
        let (set, statement) = tokio::join!(biased; transaction.batch_execute(&settings), transaction.prepare(&sql));
        set?;
        fetch(&transaction, &statement?, &params, &mut rows).await
    }
    .await;
    let ended = transaction.rollback().await;
    fetched?;
    ended?;
    Ok(rows)
}

/// Runs a statement and fetches its rows in parts, so that no more come than are wanted; gives their number.
async fn fetch<S: ToStatement + ?Sized, C: Collect>(
    transaction: &Transaction<'_>,
    statement: &S,
    params: &[&(dyn ToSql + Sync)],
    rows: &mut Counted<C>,
) -> Result<u64, QueryError> {
    let portal = transaction.bind(statement, params).await?;
    let (mut number, mut bytes) = (0, 0);
    let mut wanted = FIRST_ROWS;
    loop {
        let mut part = std::pin::pin!(transaction.query_portal_raw(&portal, wanted).await?);
        let before = number;
        while let Some(row) = part.as_mut().try_next().await? {
            number += 1;
            bytes += row.raw_size_bytes();
            rows.add(row).await?;
        }
        if number - before < wanted as u64 {
            return Ok(number);
        }
        let like_before = BYTES_AT_ONCE / (bytes / number as usize).max(1);
        wanted = i32::try_from(like_before).unwrap_or(i32::MAX).clamp(1, MOST_ROWS_AT_ONCE);
    }
}

/// Runs `sql` on a session in a transaction of its own, and keeps what it did.
async fn write_on<C: Collect>(
    client: &mut Client,
    role: &Role,
    sql: &RunnableSql,
    timeout: Duration,
    mut rows: Counted<C>,
) -> Result<(Counted<C>, u64), QueryError> {
    let transaction = client.build_transaction().start().await?;
    transaction.batch_execute(&settings(role, timeout)).await?;
    let done = async {
        let statement = transaction.prepare(&names::in_schema(sql.as_str(), &role.schema)).await?;
        if statement.columns().is_empty() {
            return Ok(transaction.execute(&statement, &[]).await?);
        }
        fetch(&transaction, &statement, &[], &mut rows).await
    }
    .await;
    match done {
        Ok(count) => {
            transaction.commit().await?;
            Ok((rows, count))
        }
        Err(error) => {
            transaction.rollback().await?;
            Err(error)
        }
    }
}

/// Prepares `sql` on a session, in a transaction of its own.
async fn columns_on(client: &mut Client, role: &Role, sql: &str, limits: &Limits) -> Result<Vec<Column>, QueryError> {
    let transaction = client.build_transaction().read_only(true).start().await?;
    transaction.batch_execute(&settings(role, limits.timeout)).await?;
    let statement = transaction.prepare(&names::in_schema(sql, &role.schema)).await;
    transaction.rollback().await?;
    Ok(columns_of(&statement?))
}

/// The columns of a statement's result.
fn columns_of(statement: &Statement) -> Vec<Column> {
    let column = |column: &tokio_postgres::Column| Column {
        name: column.name().to_owned(),
        kind: column.type_().clone(),
        modifier: column.type_modifier(),
    };
    statement.columns().iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(quote_identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("a\\'b"), " E'a\\\\''b'");
    }
}
