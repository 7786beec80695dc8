//! Statements of one request, run in one transaction; the rows of the last one are kept.

use super::collect::Counted;
use super::memory::Held;
use super::{Collect, Column, QueryError, Role, columns_of, fetch, names, settings};
use crate::sql_guard::RunnableSql;
use futures_util::TryStreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::{Client, Transaction};

/// What the last statement becomes, once its columns are known, and what takes its rows.
pub type Last<C> = Box<dyn FnOnce(Vec<Column>) -> Result<(RunnableSql, C), ScriptError> + Send>;

/// Statements that run one after the other.
pub struct Script<C> {
    /// The statements; there is one at least.
    pub statements: Vec<RunnableSql>,
    /// Whether none of them may change anything.
    pub reads_only: bool,
    /// Whether the last one may have columns: an older server would run a definition before it tells.
    pub may_have_columns: bool,
    /// What becomes of the last one.
    pub last: Last<C>,
}

/// Why a script did not run; nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The database says so.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The last statement has not what is asked of it.
    #[error("{0}")]
    Refused(String),
}

impl From<tokio_postgres::Error> for ScriptError {
    fn from(error: tokio_postgres::Error) -> ScriptError {
        ScriptError::Query(error.into())
    }
}

/// The rows of the last statement, and how many rows each one was about.
pub type Ran<C> = (C, Vec<u64>);

/// Runs a script on a session. What the rows need is held by `held`.
pub(super) async fn script_on<C: Collect>(
    client: &mut Client,
    role: &Role,
    script: Script<C>,
    held: Option<Arc<Held>>,
    timeout: Duration,
) -> Result<Ran<C>, ScriptError> {
    let reads_only = script.reads_only;
    let transaction = client.build_transaction().read_only(reads_only).start().await?;
    transaction.batch_execute(&settings(role, timeout)).await?;
    let ran = run(&transaction, role, script, held).await;
    match &ran {
        Ok(_) if !reads_only => transaction.commit().await?,
        _ => transaction.rollback().await?,
    }
    ran
}

async fn run<C: Collect>(
    transaction: &Transaction<'_>,
    role: &Role,
    script: Script<C>,
    held: Option<Arc<Held>>,
) -> Result<Ran<C>, ScriptError> {
    let mut counts = Vec::new();
    let Some((last, before)) = script.statements.split_last() else { return Err(QueryError::Lost.into()) };
    for sql in before {
        let statement = transaction.prepare(&names::in_schema(sql.as_str(), &role.schema)).await?;
        if statement.columns().is_empty() {
            counts.push(transaction.execute(&statement, &[]).await?);
            continue;
        }
        // Nobody wants its rows.
        let portal = transaction.bind(&statement, &[]).await?;
        let mut rows = std::pin::pin!(transaction.query_portal_raw(&portal, 0).await?);
        let mut count = 0;
        while rows.as_mut().try_next().await?.is_some() {
            count += 1;
        }
        counts.push(count);
    }
    let text = names::in_schema(last.as_str(), &role.schema);
    let columns = match script.may_have_columns {
        true => columns_of(&transaction.prepare(&text).await?),
        false => Vec::new(),
    };
    let has_columns = !columns.is_empty();
    let (sql, rows) = (script.last)(columns)?;
    let mut rows = Counted::held_by(rows, held);
    let statement = transaction.prepare(&names::in_schema(sql.as_str(), &role.schema)).await?;
    counts.push(match has_columns {
        true => fetch(transaction, &statement, &[], &mut rows).await?,
        false => transaction.execute(&statement, &[]).await?,
    });
    Ok((rows.into_inner(), counts))
}
