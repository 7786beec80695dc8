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
use tokio_postgres::{Client, Config, NoTls, Statement};

/// Connections of one login.
pub type Pool = managed::Pool<Connector>;
/// A connection that goes back to its pool.
pub type Object = managed::Object<Connector>;
/// Why there is no connection.
pub type PoolError = managed::PoolError<tokio_postgres::Error>;

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
    /// Number of the process on the side of the server.
    pid: i32,
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

    /// Number of its process on the side of the server.
    pub fn pid(&self) -> i32 {
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
}

impl managed::Manager for Connector {
    type Type = Connection;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Connection, tokio_postgres::Error> {
        let mut last = None;
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let ports = self.config.get_ports();
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
            let made = match host {
                Host::Tcp(name) => {
                    // An address in numbers goes before the name.
                    let address = self.config.get_hostaddrs().get(index).map(|address| address.to_string());
                    let target = (address.unwrap_or_else(|| name.clone()), port);
                    self.connect_over(tcp(target).await).await
                }
                #[cfg(unix)]
                Host::Unix(directory) => {
                    let path = directory.join(format!(".s.PGSQL.{port}"));
                    self.connect_over(in_time(tokio::net::UnixStream::connect(path)).await).await
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
            None => self.connect_over(tcp(("localhost".into(), DEFAULT_PORT)).await).await,
        }
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        match connection.is_closed() {
            true => Err(RecycleError::message("the connection is closed")),
            false => Ok(()),
        }
    }
}

async fn tcp((host, port): (String, u16)) -> io::Result<tokio::net::TcpStream> {
    let stream = in_time(tokio::net::TcpStream::connect((host, port))).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn in_time<T>(connecting: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(CONNECTING, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// A stream that could not be opened: it says why as soon as it is used, in an error of the driver.
struct Unopened(Option<io::Error>);

impl AsyncRead for Unopened {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Err(self.0.take().unwrap_or_else(|| io::ErrorKind::NotConnected.into())))
    }
}

impl AsyncWrite for Unopened {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        std::task::Poll::Ready(Err(self.0.take().unwrap_or_else(|| io::ErrorKind::NotConnected.into())))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

impl Connector {
    async fn connect_over<S>(&self, stream: io::Result<S>) -> Result<Connection, tokio_postgres::Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let fault = Arc::<Fault>::default();
        let (client, task) = match stream {
            Ok(stream) => {
                let stream = Metered::new(stream, &self.memory, fault.clone());
                let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
                (client, tokio::spawn(async move { drop(connection.await) }))
            }
            Err(error) => {
                let (client, connection) = self.config.connect_raw(Unopened(Some(error)), NoTls).await?;
                (client, tokio::spawn(async move { drop(connection.await) }))
            }
        };
        let pid = client.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).await?.get(0);
        Ok(Connection { client, task, fault, pid, statements: Mutex::default() })
    }
}

/// A pool of connections.
///
/// # Errors
/// There is no runtime.
pub fn pool(config: Config, size: usize, memory: Arc<Memory>) -> Result<Pool, managed::BuildError> {
    Pool::builder(Connector { config, memory })
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
