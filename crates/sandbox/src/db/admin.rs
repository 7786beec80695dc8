//! Work of the sandbox itself that is done whole or not at all.
//!
//! Rights belong to rows of the catalog that PostgreSQL locks for nobody: two `GRANT`s on one schema at a time end in
//! "tuple concurrently updated". So whatever makes or drops keys, roles and rights waits for its turn, in this process
//! and in every other one that works on the same database, and is tried again where somebody else was in between.

use super::connection::Object;
use super::embedded::Session;
use super::{Database, Param, QueryError, rights};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, CopyInSink, Row};

/// How often work is tried when others are in between.
const MOST_TRIES: u32 = 6;
/// How long work waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// Nobody but the sandbox can lock its own table; those who only read it do not wait.
const TAKE_TURN: &str = "LOCK TABLE sandbox.api_keys IN SHARE ROW EXCLUSIVE MODE";

/// Whoever answers the sandbox's own questions: the database, or a transaction with it.
pub trait Ask: Sync {
    /// Runs one statement and gives its rows.
    fn ask(&self, sql: &str, params: Vec<Param>) -> impl Future<Output = Result<Vec<Row>, QueryError>> + Send;

    /// Runs statements; several at once, no parameters.
    fn run(&self, statements: &str) -> impl Future<Output = Result<(), QueryError>> + Send;

    /// Whether this is the embedded database.
    fn is_embedded(&self) -> bool;
}

impl Ask for Database {
    async fn ask(&self, sql: &str, params: Vec<Param>) -> Result<Vec<Row>, QueryError> {
        self.admin_query(sql, params).await
    }

    async fn run(&self, statements: &str) -> Result<(), QueryError> {
        self.admin(statements).await
    }

    fn is_embedded(&self) -> bool {
        Database::is_embedded(self)
    }
}

/// A transaction on one session of the sandbox's own login. Unless it is committed, nothing of it is done.
pub struct AdminTransaction {
    /// None once it has ended.
    session: Option<Held>,
    /// Whoever has it is the only one in this process who changes rights.
    turn: Option<OwnedMutexGuard<()>>,
}

/// A session that nobody else uses meanwhile.
enum Held {
    Embedded(OwnedMutexGuard<Session>),
    Server(Box<Object>),
}

impl Held {
    fn client(&self) -> Result<&Client, QueryError> {
        match self {
            Held::Embedded(session) => session.running().ok_or(QueryError::Lost),
            Held::Server(client) => Ok(client),
        }
    }
}

impl Ask for AdminTransaction {
    async fn ask(&self, sql: &str, params: Vec<Param>) -> Result<Vec<Row>, QueryError> {
        Ok(self.client()?.query(sql, &super::borrowed(&params)).await?)
    }

    async fn run(&self, statements: &str) -> Result<(), QueryError> {
        Ok(self.client()?.batch_execute(statements).await?)
    }

    fn is_embedded(&self) -> bool {
        matches!(self.session, Some(Held::Embedded(_)))
    }
}

impl AdminTransaction {
    fn client(&self) -> Result<&Client, QueryError> {
        self.session.as_ref().ok_or(QueryError::Lost)?.client()
    }

    /// Waits until nobody else changes keys, roles or rights, and keeps others from it until the end.
    ///
    /// # Errors
    /// Others take too long.
    pub async fn take_turn(&mut self, database: &Database) -> Result<(), QueryError> {
        if self.turn.is_none() {
            self.turn = turn(database).await?;
        }
        self.run(&format!("SET LOCAL lock_timeout TO {}; {TAKE_TURN}", PATIENCE.as_millis())).await
    }

    /// Begins a `COPY … FROM STDIN`; an embedded database takes 64 MB at most.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn copy_in(&self, sql: &str) -> Result<CopyInSink<Bytes>, QueryError> {
        Ok(self.client()?.copy_in(sql).await?)
    }

    /// Keeps what was done.
    ///
    /// # Errors
    /// The connection is lost, or the database refuses at last; after a refusal nothing was done.
    pub async fn commit(mut self) -> Result<(), QueryError> {
        // Whoever had a turn may have changed rights.
        if self.turn.is_some() {
            rights::remember(&self).await?;
        }
        self.client()?.batch_execute("COMMIT").await?;
        self.session.take();
        Ok(())
    }

    /// Takes back what was done.
    pub async fn rollback(mut self) {
        if let Ok(client) = self.client()
            && client.batch_execute("ROLLBACK").await.is_ok()
        {
            self.session.take();
        }
    }

    /// Keeps what was done if all went well, and takes it back otherwise.
    ///
    /// # Errors
    /// The one that it is given, or as [`AdminTransaction::commit`].
    pub async fn end<T, E: From<QueryError>>(self, done: Result<T, E>) -> Result<T, E> {
        match done {
            Ok(done) => Ok(self.commit().await.map(|()| done)?),
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }
}

impl Drop for AdminTransaction {
    fn drop(&mut self) {
        match self.session.take() {
            None => {}
            // With the connection the transaction ends, and what waits for it, too.
            Some(Held::Server(client)) => drop(Object::take(*client)),
            Some(Held::Embedded(mut session)) => match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(async move {
                    let ended = match session.running() {
                        Some(client) => client.batch_execute("ROLLBACK").await.is_ok(),
                        None => true,
                    };
                    if !ended {
                        session.stop().await;
                    }
                })),
                Err(_) => session.abandon(),
            },
        }
    }
}

/// Waits until nobody else in this process changes rights; an embedded database has one session, which is turn enough.
async fn turn(database: &Database) -> Result<Option<OwnedMutexGuard<()>>, QueryError> {
    let Database::Server(server) = database else { return Ok(None) };
    let turn = tokio::time::timeout(PATIENCE, server.turn()).await;
    turn.map(Some).map_err(|_| QueryError::Overloaded)
}

impl Database {
    /// Begins a transaction of the sandbox itself.
    ///
    /// # Errors
    /// The database is not reachable.
    pub async fn begin(&self) -> Result<AdminTransaction, QueryError> {
        let session = match self {
            Database::Embedded(embedded) => Held::Embedded(embedded.hold().await?),
            Database::Server(server) => Held::Server(Box::new(server.hold().await?)),
        };
        let work = AdminTransaction { session: Some(session), turn: None };
        // Whoever watches idle sessions must not end half of it; a statement that takes an hour takes too long.
        work.run("BEGIN; SET LOCAL idle_in_transaction_session_timeout TO 0; SET LOCAL statement_timeout TO '1h'")
            .await?;
        Ok(work)
    }

    /// Begins a transaction that may change keys, roles and rights: no other one does until it ends.
    ///
    /// # Errors
    /// The database is not reachable, or others take too long.
    pub async fn begin_exclusive(&self) -> Result<AdminTransaction, QueryError> {
        // Before there is a session: those who wait hold none.
        let turn = turn(self).await?;
        let mut work = self.begin().await?;
        work.turn = turn;
        let locked = work.take_turn(self).await;
        match locked {
            Ok(()) => Ok(work),
            Err(error) => {
                work.rollback().await;
                Err(error)
            }
        }
    }

    /// Waits until no other process sets the same database up. On a server the lock is held until this is dropped;
    /// an embedded database has one process only.
    ///
    /// # Errors
    /// The database is not reachable.
    pub async fn begin_setup(&self) -> Result<Option<AdminTransaction>, QueryError> {
        if self.is_embedded() {
            return Ok(None);
        }
        let work = self.begin().await?;
        // There may be no table to lock yet. Users cannot call this function.
        work.run("SELECT pg_advisory_xact_lock(hashtext('carto-sandbox setup'))").await?;
        Ok(Some(work))
    }
}

/// An error of work in a transaction, which may be the database's.
pub trait Failure: From<QueryError> {
    /// What the database said, if it was the database.
    fn query_error(&self) -> Option<&QueryError>;
}

impl Failure for QueryError {
    fn query_error(&self) -> Option<&QueryError> {
        Some(self)
    }
}

/// Does work, and does it again from its beginning when others were in between.
///
/// # Errors
/// The last one of the work.
pub async fn retried<T, E, F>(work: impl Fn() -> F) -> Result<T, E>
where
    E: Failure,
    F: Future<Output = Result<T, E>>,
{
    let mut tries = 1;
    loop {
        let done = work().await;
        match &done {
            Err(error) if tries < MOST_TRIES && error.query_error().is_some_and(is_passing) => {
                tokio::time::sleep(Duration::from_millis(20 << tries)).await;
                tries += 1;
            }
            _ => return done,
        }
    }
}

/// Whether the same work may go through in a moment.
fn is_passing(error: &QueryError) -> bool {
    let QueryError::Database(refusal) = error else { return false };
    let code = refusal.code();
    let is_between = *code == SqlState::INTERNAL_ERROR && refusal.message().contains("concurrently");
    // Two made the same role or schema at a time; the second one finds it now.
    let is_twin = *code == SqlState::UNIQUE_VIOLATION && refusal.schema() == Some("pg_catalog");
    let known = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        // Somebody made something in the moment in which its owner went.
        SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
    ];
    is_between || is_twin || known.contains(code)
}

/// What a refusal means that has nothing to do with the SQL of users.
pub(super) fn own_refusal(refusal: &DbError) -> Option<QueryError> {
    let code = refusal.code();
    // What `SET LOCAL ROLE` says. Users cannot set roles, and what they call with the name of one says it differently.
    let is_role_gone = *code == SqlState::INVALID_PARAMETER_VALUE
        && refusal.message().starts_with("role \"carto_")
        && refusal.message().ends_with("\" does not exist");
    // A row of the sandbox about a user who is not there.
    let is_user_gone = *code == SqlState::FOREIGN_KEY_VIOLATION && refusal.schema() == Some("sandbox");
    if is_role_gone || is_user_gone {
        Some(QueryError::Gone)
    } else if *code == SqlState::CHARACTER_NOT_IN_REPERTOIRE && refusal.message().ends_with(": 0x00") {
        Some(QueryError::Unsendable)
    } else if *code == SqlState::LOCK_NOT_AVAILABLE {
        Some(QueryError::Overloaded)
    } else {
        None
    }
}

/// Whether a statement or a value was not sent at all, for it cannot be.
pub(super) fn is_unsendable(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::InvalidInput)
}
