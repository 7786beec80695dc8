//! A PostgreSQL server with PostGIS.
//!
//! The login of the database address sets things up and runs none of the users' SQL. Every API key logs in as its own
//! role, which has the rights of that key and may become no other role: there is nothing to break out to.

use super::collect::Counted;
use super::connection::{self, Object, Pool, PoolError};
use super::copy::{self, CopyError, Pieces};
use super::logins::{self, Secret};
use super::memory::{Held, Memory};
use super::script::{Ran, Script, ScriptError, script_on};
use super::session::{Leaving, Session};
use super::{Collect, Column, Database, Limits, Param, QueryError, Role, Sessions};
use crate::StartError;
use crate::sql_guard::RunnableSql;
use axum::body::Bytes;
use futures_util::Stream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, Row};

/// Pieces of work of the sandbox itself that clients asked for and that may take long, such as imports, at a time.
pub const LONG_WORK: usize = 2;
/// Time for one of the sandbox's own questions, and for its own work: an index of a large table takes a while.
const ASKING: Duration = Duration::from_secs(60);
const WORKING: Duration = Duration::from_secs(60 * 60);

/// How many connections a process has with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Those of one key; the sandbox's own login has [`LONG_WORK`] more.
    pub per_key: usize,
    /// Keys that have some at a time; the one that was not used for longest gives its own up.
    pub keys: usize,
    /// Whether they lead to a pool that gives a connection with the server to each transaction, such as PgBouncer's.
    pub is_pooled: bool,
}

impl Default for Connections {
    fn default() -> Connections {
        Connections { per_key: 4, keys: 16, is_pooled: false }
    }
}

impl Connections {
    /// Whether a server can work with them.
    ///
    /// # Errors
    /// A number is too small, or too large.
    pub fn check(&self) -> Result<(), StartError> {
        if !(2..=1_000).contains(&self.per_key) {
            return Err(StartError("The connections of a key must be between 2 and 1000.".into()));
        }
        if !(1..=10_000).contains(&self.keys) {
            return Err(StartError("The keys that have connections must be between 1 and 10000.".into()));
        }
        Ok(())
    }
}

/// Pools that are tried for a session when others take them away.
const MOST_TRIES: usize = 5;

/// A handle to a database server.
#[derive(Clone)]
pub struct ServerDatabase {
    config: Arc<Config>,
    connections: Connections,
    memory: Arc<Memory>,
    administrators: Pool,
    /// Sessions that were ended in the middle of their work, until they are gone.
    leaving: Arc<Leaving>,
    /// By role, the one used last at the end.
    pools: Arc<Mutex<Vec<(String, Pool)>>>,
    /// What passwords of roles are made of; the one that is kept in the database when none was given.
    secret: Arc<OnceCell<Secret>>,
    /// Taken by whoever changes rights.
    turns: Arc<Mutex<()>>,
    /// Taken by whoever sets a password.
    logging_in: Arc<Mutex<()>>,
}

impl ServerDatabase {
    /// Connects to the server at `url`.
    ///
    /// # Errors
    /// In one sentence: the address is wrong, or the server is not reachable.
    pub async fn connect(
        url: &str,
        secret: Option<Secret>,
        memory: Arc<Memory>,
        connections: Connections,
    ) -> Result<ServerDatabase, StartError> {
        // The address may hold a password: it is in no message.
        let mut config: Config =
            url.parse().map_err(|error| StartError(format!("The database address cannot be read: {error}.")))?;
        config.connect_timeout(Duration::from_secs(10)).application_name("carto-sandbox");
        let Connections { per_key, is_pooled, .. } = connections;
        let administrators = connection::pool(config.clone(), per_key + LONG_WORK, memory.clone(), is_pooled)
            .map_err(|error| StartError(format!("No pool of connections can be made: {error}.")))?;
        drop(administrators.get().await.map_err(|error| unreachable_server(&error))?);
        Ok(ServerDatabase {
            config: Arc::new(config),
            connections,
            memory,
            leaving: Arc::new(Leaving::new(administrators.clone(), per_key)),
            administrators,
            pools: Arc::default(),
            secret: Arc::new(OnceCell::new_with(secret)),
            turns: Arc::default(),
            logging_in: Arc::default(),
        })
    }

    /// A session of the sandbox's own login, for whoever needs it for longer.
    pub(super) async fn hold(&self) -> Result<Object, QueryError> {
        self.administrators.get().await.map_err(lost)
    }

    /// Waits until nobody else in this process changes rights.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        self.turns.clone().lock_owned().await
    }

    pub(super) async fn admin(&self, statements: &str) -> Result<(), QueryError> {
        let client = self.hold().await?;
        let done = tokio::time::timeout(WORKING, client.batch_execute(statements)).await;
        match done {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                // Who comes next must not find what is left of a transaction.
                if !client.is_closed() && client.batch_execute("ROLLBACK").await.is_err() {
                    drop(Object::take(client));
                }
                Err(error.into())
            }
            Err(_) => self.give_up(client),
        }
    }

    pub(super) async fn admin_query(&self, sql: &str, params: Vec<Param>) -> Result<Vec<Row>, QueryError> {
        let mut client = self.hold().await?;
        let asked = tokio::time::timeout(ASKING, async {
            if self.connections.is_pooled {
                // What is prepared is there until the transaction ends.
                let transaction = client.transaction().await?;
                let rows = transaction.query(sql, &super::borrowed(&params)).await?;
                transaction.commit().await?;
                return Ok(rows);
            }
            // The sandbox's own statements are few.
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, &super::borrowed(&params)).await
        });
        match asked.await {
            Ok(rows) => Ok(rows?),
            Err(_) => self.give_up(client),
        }
    }

    /// Ends a session of the sandbox's own login that does not answer.
    fn give_up<T>(&self, client: Object) -> Result<T, QueryError> {
        let connection = Object::take(client);
        let pid = connection.pid();
        connection.abandon();
        let login = self.config.get_user().unwrap_or_default().to_owned();
        if let Some(pid) = pid {
            let administrators = self.administrators.clone();
            tokio::spawn(async move { connection::terminate(&administrators, pid, &login).await });
        }
        tracing::warn!("a question to the database was given up, for it took too long");
        Err(QueryError::Overloaded)
    }

    pub(super) async fn collect<C: Collect>(
        &self,
        role: &Role,
        sql: RunnableSql,
        params: Vec<Param>,
        timeout: Duration,
        rows: Counted<C>,
    ) -> Result<Counted<C>, QueryError> {
        let mut session = self.session(role).await?;
        let collected = super::collect_on(session.client()?, role, &sql, &params, timeout, rows);
        let collected = within(timeout, collected).await;
        session.finish(collected)
    }

    pub(super) async fn collect_own<C: Collect>(
        &self,
        sql: &str,
        timeout: Duration,
        mut rows: Counted<C>,
    ) -> Result<Counted<C>, QueryError> {
        let mut client = self.hold().await?;
        let fetched = async {
            let transaction = client.build_transaction().read_only(true).start().await?;
            let limit = format!("SET LOCAL statement_timeout TO {}", timeout.as_millis().max(1));
            let (set, statement) = tokio::join!(biased; transaction.batch_execute(&limit), transaction.prepare(sql));
            set?;
            super::fetch(&transaction, &statement?, &[], &mut rows).await?;
            Ok(transaction.rollback().await?)
        };
        match within(timeout, fetched).await {
            Ok(()) => Ok(rows),
            // The next one would wait for it.
            Err(QueryError::Timeout) if !client.is_closed() => {
                drop(self.give_up::<()>(client));
                Err(QueryError::Timeout)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn write<C: Collect>(
        &self,
        role: &Role,
        sql: RunnableSql,
        timeout: Duration,
        rows: Counted<C>,
    ) -> Result<(Counted<C>, u64), QueryError> {
        let mut session = self.session(role).await?;
        let written = within(timeout, super::write_on(session.client()?, role, &sql, timeout, rows)).await;
        session.finish(written)
    }

    pub(super) async fn script<C: Collect>(
        &self,
        role: &Role,
        script: Script<C>,
        held: Option<Arc<Held>>,
        timeout: Duration,
    ) -> Result<Ran<C>, ScriptError> {
        let mut session = self.session(role).await?;
        let work = script_on(session.client()?, role, script, held, timeout);
        match within(timeout, async { Ok(work.await) }).await {
            Ok(Err(ScriptError::Refused(words))) => {
                session.finish(Ok(()))?;
                Err(ScriptError::Refused(words))
            }
            Ok(Err(ScriptError::Query(error))) => session.finish(Err(error)).map_err(ScriptError::Query),
            Ok(Ok(ran)) => Ok(session.finish(Ok(ran))?),
            Err(error) => session.finish(Err(error)).map_err(ScriptError::Query),
        }
    }

    pub(super) async fn columns(&self, role: &Role, sql: String, limits: Limits) -> Result<Vec<Column>, QueryError> {
        let mut session = self.session(role).await?;
        let columns = within(limits.timeout, super::columns_on(session.client()?, role, &sql, &limits)).await;
        session.finish(columns)
    }

    pub(super) async fn copy_in(
        &self,
        role: &Role,
        sql: RunnableSql,
        data: impl Stream<Item = Result<Bytes, String>> + Send,
        timeout: Duration,
    ) -> Result<u64, CopyError> {
        let mut session = self.session(role).await?;
        let copied = copy::copy_in_on(session.client()?, role, &sql, data, timeout);
        match within(timeout, async { Ok(copied.await) }).await {
            Ok(Ok(count)) => Ok(session.finish(Ok(count))?),
            // The driver ends a COPY that failed twice, so that nobody can use the session again.
            Ok(Err(error)) => Err(error),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn copy_out(
        &self,
        role: &Role,
        sql: RunnableSql,
        timeout: Duration,
    ) -> Result<Pieces, QueryError> {
        let mut session = self.session(role).await?;
        let (sender, pieces) = copy::channel();
        let role = role.clone();
        tokio::spawn(async move {
            let copied = match session.client() {
                Ok(client) => within(timeout, copy::copy_out_on(client, &role, &sql, &sender, timeout)).await,
                Err(error) => Err(error),
            };
            if let Err(error) = session.finish(copied) {
                // Nobody may wait for it any more.
                let _ = sender.send(Err(error)).await;
            }
        });
        Ok(pieces)
    }

    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    pub(super) async fn forget(&self, role: &str) {
        let mut pools = self.pools.lock().await;
        if let Some(index) = pools.iter().position(|(name, _)| name == role) {
            pools.remove(index).1.close();
        }
    }

    pub(super) fn sessions(&self) -> Sessions {
        let mut sessions = Sessions::default();
        let pools = self.pools.try_lock();
        let of_keys = pools.iter().flat_map(|pools| pools.iter().map(|(_, pool)| pool));
        for status in of_keys.chain([&self.administrators]).map(Pool::status) {
            let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            sessions.open += count(status.size);
            sessions.used += count(status.size.saturating_sub(status.available));
            sessions.waiting += count(status.waiting);
        }
        sessions
    }

    /// A session that is logged in as the role of a key.
    async fn session(&self, role: &Role) -> Result<Session, QueryError> {
        self.leaving.check(&role.name)?;
        Ok(Session::new(self.connection(role).await?, &role.name, &self.leaving))
    }

    async fn connection(&self, role: &Role) -> Result<Object, QueryError> {
        let mut is_set = false;
        for _ in 0..MOST_TRIES {
            let pool = self.pool_of(&role.name).await?;
            match pool.get().await {
                // It was given up for another role, or forgotten, since it was found.
                Err(PoolError::Closed) => {}
                Err(error) if is_refused_login(&error) && !is_set => {
                    // One after the other: whoever comes later finds the password set.
                    let _turn = self.logging_in.lock().await;
                    if pool.get().await.is_err_and(|error| is_refused_login(&error)) {
                        self.set_login(&role.name).await?;
                        is_set = true;
                    }
                }
                session => return session.map_err(lost),
            }
        }
        Err(QueryError::Overloaded)
    }

    /// Connections as a role.
    async fn pool_of(&self, role: &str) -> Result<Pool, QueryError> {
        if let Some(pool) = self.use_pool(role, None).await {
            return Ok(pool);
        }
        // A role that never logged in cannot: it is told beforehand, and the server's log stays free of refusals.
        if !logins::has_login(&self.database(), role).await? {
            let password = self.secret().await?.password_of(role)?;
            logins::set_first_login(&self.database(), role, &password).await?;
        }
        let mut config = Config::clone(&self.config);
        config.user(role).password(self.secret().await?.password_of(role)?);
        let Connections { per_key, is_pooled, .. } = self.connections;
        let made = connection::pool(config, per_key, self.memory.clone(), is_pooled).map_err(|_| QueryError::Lost)?;
        self.use_pool(role, Some(made)).await.ok_or(QueryError::Lost)
    }

    /// The pool of a role, which is used now; the one that is given if there is none yet.
    async fn use_pool(&self, role: &str, made: Option<Pool>) -> Option<Pool> {
        let mut pools = self.pools.lock().await;
        let known = pools.iter().position(|(name, _)| name == role).map(|index| pools.remove(index));
        let (name, pool) = known.or_else(|| Some((role.to_owned(), made?)))?;
        pools.push((name, pool.clone()));
        if pools.len() > self.connections.keys {
            // Its sessions end when they have done their work.
            pools.remove(0).1.close();
        }
        Some(pool)
    }

    async fn secret(&self) -> Result<&Secret, QueryError> {
        self.secret.get_or_try_init(|| async { logins::kept_secret(&self.database()).await }).await
    }

    async fn set_login(&self, role: &str) -> Result<(), QueryError> {
        let password = self.secret().await?.password_of(role)?;
        logins::set_login(&self.database(), role, &password).await
    }

    fn database(&self) -> Database {
        Database::Server(self.clone())
    }
}

/// Whether the server does not let a role in: its password is another one, or it cannot log in at all.
fn is_refused_login(error: &PoolError) -> bool {
    let PoolError::Backend(error) = error else { return false };
    let refused = [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION];
    error.code().is_some_and(|code| refused.contains(code))
}

/// statement_timeout ends the statement; this ends everything around it.
async fn within<T>(timeout: Duration, work: impl Future<Output = Result<T, QueryError>>) -> Result<T, QueryError> {
    let patience = timeout + Duration::from_secs(2);
    tokio::time::timeout(patience, work).await.unwrap_or(Err(QueryError::Timeout))
}

fn lost(error: PoolError) -> QueryError {
    let is_full = match &error {
        PoolError::Timeout(deadpool::managed::TimeoutType::Wait) => true,
        PoolError::Backend(error) => error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS),
        _ => false,
    };
    tracing::warn!(cause = innermost(&error), "no connection to the database");
    if is_full { QueryError::Overloaded } else { QueryError::Lost }
}

fn unreachable_server(error: &PoolError) -> StartError {
    StartError(format!("The database server cannot be reached: {}.", innermost(error)))
}

/// The innermost cause says it best: "connection refused", "password authentication failed".
fn innermost(error: &PoolError) -> String {
    use std::error::Error;
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
