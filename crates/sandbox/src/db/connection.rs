//! Connections with a database server: how they are made, kept in a pool, and ended from the side.

use super::memory::Memory;
use super::metered::{Fault, Metered};
use super::{QueryError, quote_literal};
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use std::collections::HashMap;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls, Statement};

/// Connections of one login.
pub type Pool = managed::Pool<Connector>;
/// A connection that goes back to its pool.
pub type Object = managed::Object<Connector>;
/// Why there is no connection.
pub type PoolError = managed::PoolError<ConnectError>;

/// Why a connection is not made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server cannot be reached.
    #[error("the server cannot be reached")]
    Unreachable(#[from] io::Error),
    /// The server refuses, or speaks another language.
    #[error("the server refuses")]
    Refused(#[from] tokio_postgres::Error),
}

impl ConnectError {
    /// What the server says, if it says something.
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            ConnectError::Unreachable(_) => None,
            ConnectError::Refused(error) => error.code(),
        }
    }
}

/// Statements that a connection remembers.
const REMEMBERED: usize = 200;
/// How long a request waits for a connection that others use.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long making a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);
const DEFAULT_PORT: u16 = 5432;
/// Time between two looks at a process that does not end.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A connection with a server.
pub struct Connection {
    client: Client,
    task: JoinHandle<()>,
    fault: Arc<Fault>,
    /// Number of the process on the side of the server, where it is this connection's alone.
    pid: Option<i32>,
    statements: Mutex<HashMap<String, Statement>>,
}

impl Connection {
    /// Prepares a statement once.
    pub async fn prepare_cached(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if statements.len() >= REMEMBERED {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Why it was ended from this side, if it was.
    pub fn fault(&self) -> Option<QueryError> {
        self.fault.error()
    }

    /// Number of its process on the side of the server; none behind a pool, which ends it by itself.
    pub fn pid(&self) -> Option<i32> {
        self.pid
    }

    /// Closes it at once, whatever it is about.
    pub fn abandon(self) {
        self.task.abort();
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// Makes connections of one login.
pub struct Connector {
    config: Config,
    memory: Arc<Memory>,
    is_pooled: bool,
}

impl managed::Manager for Connector {
    type Type = Connection;
    type Error = ConnectError;

    async fn create(&self) -> Result<Connection, ConnectError> {
        let mut last = None;
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let ports = self.config.get_ports();
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
            let made = match host {
                Host::Tcp(name) => {
                    // An address in numbers goes before the name.
                    let address = self.config.get_hostaddrs().get(index).map(|address| address.to_string());
                    self.connect_tcp(address.unwrap_or_else(|| name.clone()), port).await
                }
                #[cfg(unix)]
                Host::Unix(directory) => {
                    let path = directory.join(format!(".s.PGSQL.{port}"));
                    match in_time(tokio::net::UnixStream::connect(path)).await {
                        Ok(stream) => self.connect_over(stream).await,
                        Err(error) => Err(error.into()),
                    }
                }
            };
            match made {
                Ok(connection) => return Ok(connection),
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) => Err(error),
            // An address without a host is this computer's.
            None => self.connect_tcp("localhost".into(), DEFAULT_PORT).await,
        }
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<ConnectError> {
        match connection.is_closed() {
            true => Err(RecycleError::message("the connection is closed")),
            // What the driver has prepared is known to one of the pool's connections with the server, and the next work may
            // get another one.
            false if self.is_pooled => Err(RecycleError::message("the pool keeps the connections")),
            false => Ok(()),
        }
    }
}

impl Connector {
    async fn connect_over<S>(&self, stream: S) -> Result<Connection, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let fault = Arc::<Fault>::default();
        let stream = Metered::new(stream, &self.memory, fault.clone());
        let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
        let task = tokio::spawn(async move { drop(connection.await) });
        // Behind a pool it is no number of this connection's.
        let pid = match self.is_pooled {
            true => None,
            false => Some(client.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).await?.get(0)),
        };
        Ok(Connection { client, task, fault, pid, statements: Mutex::default() })
    }

    async fn connect_tcp(&self, host: String, port: u16) -> Result<Connection, ConnectError> {
        let stream = in_time(tokio::net::TcpStream::connect((host, port))).await?;
        stream.set_nodelay(true)?;
        self.connect_over(stream).await
    }
}

async fn in_time<T>(connecting: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(CONNECTING, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// A pool of connections.
///
/// # Errors
/// There is no runtime.
pub fn pool(config: Config, size: usize, memory: Arc<Memory>, is_pooled: bool) -> Result<Pool, managed::BuildError> {
    Pool::builder(Connector { config, memory, is_pooled })
        .max_size(size)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(CONNECTING * 2))
        .build()
}

/// Ends the process of a connection on the side of the server, and waits until it is gone.
///
/// A process that cannot be interrupted where it is ends when it is through.
pub async fn terminate(administrators: &Pool, pid: i32, role: &str) {
    let role = quote_literal(role);
    // Numbers of processes are given again: only one of the same role is meant.
    let sql = format!(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
          WHERE pid = {pid} AND usename = {role}"
    );
    let mut wait = Duration::from_millis(50);
    loop {
        // A server that does not answer may have it still.
        if let Ok(admin) = administrators.get().await
            && let Ok(messages) = admin.simple_query(&sql).await
            && !messages.iter().any(|message| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_)))
        {
            return;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
