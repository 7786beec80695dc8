//! A PostgreSQL server with PostGIS.
//!
//! The login of the database address sets things up and runs none of the users' SQL. Every API key logs in as its own
//! role, which has the rights of that key and may become no other role: there is nothing to break out to.

use super::logins::{self, Secret};
use super::{Collect, Column, Database, Limits, Param, QueryError, Role, Sessions};
use crate::StartError;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};

/// Sessions of one key.
const SESSIONS: usize = 4;
/// Keys that have sessions at a time; the one that was not used for longest gives its own up.
const MOST_POOLS: usize = 16;

/// Pools that are tried for a session when others take them away.
const MOST_TRIES: usize = 5;

/// A handle to a database server.
#[derive(Clone)]
pub struct ServerDatabase {
    config: Arc<Config>,
    administrators: Pool,
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
    pub async fn connect(url: &str, secret: Option<Secret>) -> Result<ServerDatabase, StartError> {
        // The address may hold a password: it is in no message.
        let mut config: Config =
            url.parse().map_err(|error| StartError(format!("The database address cannot be read: {error}.")))?;
        config.connect_timeout(Duration::from_secs(10)).application_name("carto-sandbox");
        let administrators = pool(config.clone(), 4)
            .map_err(|error| StartError(format!("No pool of connections can be made: {error}.")))?;
        drop(administrators.get().await.map_err(|error| unreachable_server(&error))?);
        Ok(ServerDatabase {
            config: Arc::new(config),
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
        let client = self.administrators.get().await.map_err(lost)?;
        Ok(client.batch_execute(statements).await?)
    }

    pub(super) async fn admin_query(&self, sql: &str, params: Vec<Param>) -> Result<Vec<Row>, QueryError> {
        let client = self.administrators.get().await.map_err(lost)?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|param| param.as_ref() as &(dyn ToSql + Sync)).collect();
        // The sandbox's own statements are few.
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, &params).await?)
    }

    pub(super) async fn collect<C: Collect>(
        &self,
        role: &Role,
        sql: String,
        params: Vec<Param>,
        timeout: Duration,
        rows: C,
    ) -> Result<C, QueryError> {
        let mut client = self.session(role).await?;
        within(timeout, super::collect_on(&mut client, role, &sql, &params, timeout, rows)).await
    }

    pub(super) async fn write(&self, role: &Role, sql: String, limits: Limits) -> Result<(Vec<Row>, u64), QueryError> {
        let mut client = self.session(role).await?;
        within(limits.timeout, super::write_on(&mut client, role, &sql, &limits)).await
    }

    pub(super) async fn columns(&self, role: &Role, sql: String, limits: Limits) -> Result<Vec<Column>, QueryError> {
        let mut client = self.session(role).await?;
        within(limits.timeout, super::columns_on(&mut client, role, &sql, &limits)).await
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
    async fn session(&self, role: &Role) -> Result<Object, QueryError> {
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
            self.set_login(role).await?;
        }
        let mut config = Config::clone(&self.config);
        config.user(role).password(self.secret().await?.password_of(role)?);
        let made = pool(config, SESSIONS).map_err(|_| QueryError::Lost)?;
        self.use_pool(role, Some(made)).await.ok_or(QueryError::Lost)
    }

    /// The pool of a role, which is used now; the one that is given if there is none yet.
    async fn use_pool(&self, role: &str, made: Option<Pool>) -> Option<Pool> {
        let mut pools = self.pools.lock().await;
        let known = pools.iter().position(|(name, _)| name == role).map(|index| pools.remove(index));
        let (name, pool) = known.or_else(|| Some((role.to_owned(), made?)))?;
        pools.push((name, pool.clone()));
        if pools.len() > MOST_POOLS {
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

fn pool(config: Config, size: usize) -> Result<Pool, deadpool_postgres::BuildError> {
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1).wait_timeout(Some(Duration::from_secs(30))).build()
}

fn lost(error: deadpool_postgres::PoolError) -> QueryError {
    tracing::warn!(cause = innermost(&error), "no connection to the database");
    QueryError::Lost
}

fn unreachable_server(error: &deadpool_postgres::PoolError) -> StartError {
    StartError(format!("The database server cannot be reached: {}.", innermost(error)))
}

/// The innermost cause says it best: "connection refused", "password authentication failed".
fn innermost(error: &deadpool_postgres::PoolError) -> String {
    use std::error::Error;
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
