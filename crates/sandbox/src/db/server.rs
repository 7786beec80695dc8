//! A PostgreSQL server with PostGIS.
//!
//! The login of the database address sets things up and runs none of the users' SQL. Every API key logs in as its own
//! role, which has the rights of that key and may become no other role: there is nothing to break out to.

use super::{Collect, Column, Limits, Param, QueryError, Role, Sessions, quote_identifier, quote_literal};
use crate::StartError;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};

/// Sessions of one key.
const SESSIONS: usize = 4;
/// Keys that have sessions at a time; the one that was not used for longest gives its own up.
const MOST_POOLS: usize = 16;

/// A handle to a database server.
#[derive(Clone)]
pub struct ServerDatabase {
    config: Arc<Config>,
    administrators: Pool,
    /// By role, the one used last at the end.
    pools: Arc<Mutex<Vec<(String, Pool)>>>,
}

impl ServerDatabase {
    /// Connects to the server at `url`.
    ///
    /// # Errors
    /// In one sentence: the address is wrong, or the server is not reachable.
    pub async fn connect(url: &str) -> Result<ServerDatabase, StartError> {
        // The address may hold a password: it is in no message.
        let mut config: Config =
            url.parse().map_err(|error| StartError(format!("The database address cannot be read: {error}.")))?;
        config.connect_timeout(Duration::from_secs(10)).application_name("carto-sandbox");
        let administrators = pool(config.clone(), 4)
            .map_err(|error| StartError(format!("No pool of connections can be made: {error}.")))?;
        drop(administrators.get().await.map_err(|error| unreachable_server(&error))?);
        Ok(ServerDatabase { config: Arc::new(config), administrators, pools: Arc::default() })
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
        let pool = {
            let mut pools = self.pools.lock().await;
            let known = pools.iter().position(|(name, _)| *name == role.name).map(|index| pools.remove(index));
            let (name, pool) = match known {
                Some(known) => known,
                None => (role.name.clone(), self.log_in(&role.name).await?),
            };
            pools.push((name, pool.clone()));
            if pools.len() > MOST_POOLS {
                // Its sessions end when they have done their work.
                pools.remove(0).1.close();
            }
            pool
        };
        pool.get().await.map_err(lost)
    }

    /// Connections as a role. Its password is made up at its first login and kept where only the administrator can read it.
    async fn log_in(&self, role: &str) -> Result<Pool, QueryError> {
        let admin = self.administrators.get().await.map_err(lost)?;
        let known = admin.query_opt("SELECT password FROM sandbox.logins WHERE role = $1", &[&role]).await?;
        let password: String = match known {
            Some(row) => row.get(0),
            None => {
                let sql = "SELECT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')";
                let password: String = admin.query_one(sql, &[]).await?.get(0);
                let (name, secret) = (quote_identifier(role), quote_literal(&password));
                admin.batch_execute(&format!("ALTER ROLE {name} LOGIN PASSWORD {secret}")).await?;
                let sql = "INSERT INTO sandbox.logins VALUES ($1, $2)
                           ON CONFLICT (role) DO UPDATE SET password = excluded.password";
                admin.execute(sql, &[&role, &password]).await?;
                password
            }
        };
        let mut config = Config::clone(&self.config);
        config.user(role).password(&password);
        pool(config, SESSIONS).map_err(|_| QueryError::Lost)
    }
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
