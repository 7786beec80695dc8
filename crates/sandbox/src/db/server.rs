//! A PostgreSQL server with PostGIS.
//!
//! Two logins: the one of the database address sets things up, and a second one, made by the sandbox, runs all SQL of
//! users. The second has no rights of its own and may only become the role of a key, so what breaks out of
//! `SET LOCAL ROLE` lands in a role that can do nothing.

use super::{Column, Limits, Param, QueryError, Role, quote_identifier, quote_literal};
use crate::StartError;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use std::time::Duration;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};

/// The login that runs SQL of users.
pub const READER: &str = "carto_sandbox_reader";
/// Sessions of that login.
const READERS: usize = 8;

/// A handle to a database server.
#[derive(Clone)]
pub struct ServerDatabase {
    administrators: Pool,
    readers: Pool,
}

impl ServerDatabase {
    /// Connects to the server at `url` and makes sure that the reader's login exists.
    ///
    /// # Errors
    /// In one sentence: the address is wrong, the server is not reachable, or the login lacks rights.
    pub async fn connect(url: &str) -> Result<ServerDatabase, StartError> {
        // The address may hold a password: it is in no message.
        let mut config: Config =
            url.parse().map_err(|error| StartError(format!("The database address cannot be read: {error}.")))?;
        config.connect_timeout(Duration::from_secs(10)).application_name("carto-sandbox");
        let administrators = pool(config.clone(), 4)?;
        let admin = administrators.get().await.map_err(|error| unreachable_server(&error))?;
        let password = reader_password(&admin).await.map_err(|error| {
            StartError(format!("The sandbox cannot be set up in this database: {}.", QueryError::from(error)))
        })?;
        config.user(READER).password(&password);
        let readers = pool(config, READERS)?;
        drop(readers.get().await.map_err(|error| unreachable_server(&error))?);
        Ok(ServerDatabase { administrators, readers })
    }

    pub(super) async fn admin(&self, statements: &str) -> Result<(), QueryError> {
        let client = self.administrators.get().await.map_err(lost)?;
        Ok(client.batch_execute(statements).await?)
    }

    pub(super) async fn admin_query(&self, sql: &str, params: Vec<Param>) -> Result<Vec<Row>, QueryError> {
        let client = self.administrators.get().await.map_err(lost)?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|param| param.as_ref() as &(dyn ToSql + Sync)).collect();
        Ok(client.query(sql, &params).await?)
    }

    pub(super) async fn read(
        &self,
        role: &Role,
        sql: String,
        params: Vec<Param>,
        limits: Limits,
    ) -> Result<Vec<Row>, QueryError> {
        let mut client = self.readers.get().await.map_err(lost)?;
        // statement_timeout ends the statement; this ends everything around it.
        let patience = limits.timeout + Duration::from_secs(2);
        let work = super::read_on(&mut client, role, &sql, &params, &limits);
        tokio::time::timeout(patience, work).await.unwrap_or(Err(QueryError::Timeout))
    }

    pub(super) async fn columns(&self, role: &Role, sql: String, limits: Limits) -> Result<Vec<Column>, QueryError> {
        let mut client = self.readers.get().await.map_err(lost)?;
        let patience = limits.timeout + Duration::from_secs(2);
        let work = super::columns_on(&mut client, role, &sql, &limits);
        tokio::time::timeout(patience, work).await.unwrap_or(Err(QueryError::Timeout))
    }
}

fn pool(config: Config, size: usize) -> Result<Pool, StartError> {
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(Duration::from_secs(30)))
        .build()
        .map_err(|error| StartError(format!("No pool of connections can be made: {error}.")))
}

fn lost(_: deadpool_postgres::PoolError) -> QueryError {
    QueryError::Lost
}

fn unreachable_server(error: &deadpool_postgres::PoolError) -> StartError {
    use std::error::Error;
    // The innermost cause says it best: "connection refused", "password authentication failed".
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    StartError(format!("The database server cannot be reached: {cause}."))
}

/// The reader's password, made up once for each database and kept where only the administrator can read it.
async fn reader_password(admin: &deadpool_postgres::Object) -> Result<String, tokio_postgres::Error> {
    admin
        .batch_execute(
            "CREATE SCHEMA IF NOT EXISTS sandbox; REVOKE ALL ON SCHEMA sandbox FROM PUBLIC;
             CREATE TABLE IF NOT EXISTS sandbox.settings (name text PRIMARY KEY, value text NOT NULL);
             INSERT INTO sandbox.settings
                VALUES ('reader_password', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''))
                ON CONFLICT DO NOTHING",
        )
        .await?;
    let row = admin.query_one("SELECT value FROM sandbox.settings WHERE name = 'reader_password'", &[]).await?;
    let password: String = row.get(0);
    let exists = admin.query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&READER]).await?.is_some();
    let verb = if exists { "ALTER" } else { "CREATE" };
    let (reader, secret) = (quote_identifier(READER), quote_literal(&password));
    let options = if exists { "" } else { "LOGIN NOINHERIT " };
    admin.batch_execute(&format!("{verb} ROLE {reader} {options}PASSWORD {secret}")).await?;
    Ok(password)
}
