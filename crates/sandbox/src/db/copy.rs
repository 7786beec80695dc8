//! Rows in bulk, as the role of a key: `COPY` from a client and to one, in pieces as they come.

use super::{Database, QueryError, Role, names, settings};
use crate::sql_guard::RunnableSql;
use axum::body::Bytes;
use futures_util::{SinkExt, Stream, StreamExt, TryStreamExt};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_postgres::Client;

/// Pieces that wait for a client to take them.
const PIECES: usize = 4;

/// Why rows did not get in.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The database says so.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// They did not come, or not as they should.
    #[error("{0}")]
    Data(String),
}

impl From<tokio_postgres::Error> for CopyError {
    fn from(error: tokio_postgres::Error) -> CopyError {
        CopyError::Query(error.into())
    }
}

/// Rows on their way.
pub type Pieces = mpsc::Receiver<Result<Bytes, QueryError>>;

impl Database {
    /// Puts rows into a table, all of them or none; tells how many there were.
    ///
    /// # Errors
    /// The database refuses, or the rows do not come.
    pub async fn copy_in(
        &self,
        role: &Role,
        sql: RunnableSql,
        data: impl Stream<Item = Result<Bytes, String>> + Send + 'static,
        timeout: Duration,
    ) -> Result<u64, CopyError> {
        match self {
            Database::Embedded(embedded) => {
                // It has one session, for which others must not wait until a client has sent everything.
                let most = super::embedded::LARGEST_COPY;
                let mut pieces: Vec<Result<Bytes, String>> = Vec::new();
                let mut data = std::pin::pin!(data);
                let mut bytes = 0;
                while let Some(piece) = data.next().await {
                    let piece = piece.map_err(CopyError::Data)?;
                    bytes += piece.len();
                    if bytes > most {
                        return Err(QueryError::TooLarge.into());
                    }
                    pieces.push(Ok(piece));
                }
                embedded.copy_in(role.clone(), sql, pieces, timeout).await
            }
            Database::Server(server) => server.copy_in(role, sql, data, timeout).await,
        }
    }

    /// Fetches rows. Whoever has seen the first piece knows that the database runs the statement.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn copy_out(&self, role: &Role, sql: RunnableSql, timeout: Duration) -> Result<Pieces, QueryError> {
        match self {
            Database::Embedded(embedded) => embedded.copy_out(role.clone(), sql, timeout).await,
            Database::Server(server) => server.copy_out(role, sql, timeout).await,
        }
    }
}

/// A channel for rows on their way.
pub(super) fn channel() -> (mpsc::Sender<Result<Bytes, QueryError>>, Pieces) {
    mpsc::channel(PIECES)
}

/// Puts rows into a table, in a transaction of their own.
pub(super) async fn copy_in_on(
    client: &mut Client,
    role: &Role,
    sql: &RunnableSql,
    data: impl Stream<Item = Result<Bytes, String>>,
    timeout: Duration,
) -> Result<u64, CopyError> {
    let transaction = client.build_transaction().start().await?;
    transaction.batch_execute(&settings(role, timeout)).await?;
    let copied = async {
        let statement = transaction.prepare(&names::in_schema(sql.as_str(), &role.schema)).await?;
        let sink = transaction.copy_in::<_, Bytes>(&statement).await?;
        let (mut sink, mut data) = (std::pin::pin!(sink), std::pin::pin!(data));
        while let Some(piece) = data.next().await {
            // The one that is dropped tells the database that nothing is to be kept.
            sink.send(piece.map_err(CopyError::Data)?).await?;
        }
        Ok(sink.finish().await?)
    }
    .await;
    match copied {
        Ok(count) => {
            transaction.commit().await?;
            Ok(count)
        }
        Err(error) => {
            // What went wrong first is told, whatever became of the connection.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

/// Fetches rows in a transaction that only reads, and hands them on.
pub(super) async fn copy_out_on(
    client: &mut Client,
    role: &Role,
    sql: &RunnableSql,
    pieces: &mpsc::Sender<Result<Bytes, QueryError>>,
    timeout: Duration,
) -> Result<(), QueryError> {
    let transaction = client.build_transaction().read_only(true).start().await?;
    transaction.batch_execute(&settings(role, timeout)).await?;
    let copied = async {
        let statement = transaction.prepare(&names::in_schema(sql.as_str(), &role.schema)).await?;
        let mut rows = std::pin::pin!(transaction.copy_out(&statement).await?);
        while let Some(piece) = rows.try_next().await? {
            // Nobody waits for it any more.
            pieces.send(Ok(piece)).await.map_err(|_| QueryError::Lost)?;
        }
        Ok(())
    }
    .await;
    if !matches!(copied, Err(QueryError::Lost)) {
        transaction.rollback().await?;
    }
    copied
}
