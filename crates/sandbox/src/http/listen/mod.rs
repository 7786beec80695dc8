//! From sockets to requests: how many connections there may be, and how long each may take.
//!
//! Nobody can stop the server by holding connections: who sends or reads too slowly is cut off, and where there are too
//! many, those go first that wait for their client. [`stream`] sees what goes over the wire, [`activity`] keeps what a
//! connection does, [`connection`] judges it, [`registry`] knows them all.

pub mod activity;
mod body;
pub mod client;
mod connection;
pub mod registry;
mod stream;

pub use body::{Keeping, TooSlow};

use crate::StartError;
use axum::Router;
use client::Proxies;
use registry::Registry;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long to wait when the system has no more descriptors or memory for connections.
const RECOVERY: Duration = Duration::from_millis(100);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// Bytes that the system takes of an answer before its client does. A part of them must be taken before it takes more: with
/// more of them nobody could tell a slow client from one that does not read.
const SEND_BUFFER: u32 = 128 * 1024;
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// The longest that a time limit may be.
const LONGEST: Duration = Duration::from_secs(3600);

/// What connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Connections at a time from one address, but for this computer and trusted proxies.
    pub per_address: usize,
    /// Time until the head of a request is there.
    pub header_timeout: Duration,
    /// Time until the body of a request is there.
    pub body_timeout: Duration,
    /// Time that a connection may wait for another request.
    pub idle_timeout: Duration,
    /// Time in which a client must have taken a part of an answer.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1000,
            per_address: 256,
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// Whether the server can work with them.
    ///
    /// # Errors
    /// A number is zero, or too large.
    pub fn check(&self) -> Result<(), StartError> {
        for (name, number) in [("connections", self.connections), ("connections of one address", self.per_address)] {
            if !(1..=1_000_000).contains(&number) {
                return Err(StartError(format!("The number of {name} must be between 1 and 1000000.")));
            }
        }
        let times = [
            ("headers", self.header_timeout),
            ("bodies", self.body_timeout),
            ("idle connections", self.idle_timeout),
            ("writing", self.write_timeout),
        ];
        for (name, time) in times {
            if time.is_zero() || time > LONGEST {
                return Err(StartError(format!("The time for {name} must be between 1 and 3600 seconds.")));
            }
        }
        Ok(())
    }
}

/// Listens on an address.
///
/// # Errors
/// In one sentence, why that cannot be.
pub fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|error: Error| match error.kind() {
        ErrorKind::AddrInUse => StartError(format!("Port {} is in use.", address.port())),
        _ => StartError(format!("The server cannot listen on {address}: {error}.")),
    })
}

/// Answers connections until `stop` says so; then those at work come to their end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    registry: Arc<Registry>,
    proxies: Arc<Proxies>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match registry.admit(peer.ip(), proxies.is_trusted(peer.ip())) {
                Some(place) => {
                    let (router, proxies) = (router.clone(), proxies.clone());
                    connections.spawn(connection::serve(stream, peer.ip(), place, router, proxies, stopping.clone()));
                }
                None => refuse(&stream),
            },
            Err(error) if is_over(&error) => {}
            Err(error) => {
                tracing::warn!(cause = %error, "no more connections");
                registry.make_room();
                tokio::time::sleep(RECOVERY).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Says that there is no place, to whoever still listens.
fn refuse(stream: &TcpStream) {
    let _ = stream.try_write(FULL);
}

/// Whether an error is about a connection that ended before it began.
fn is_over(error: &Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted].contains(&error.kind())
}

/// Lets the process have as many descriptors as the system allows it; gives how many that are.
#[cfg(unix)]
pub fn raise_descriptors() -> Option<usize> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    /// More are of no use, and some programs look at each of them.
    const ENOUGH: u64 = 65_536;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let wanted = hard.min(ENOUGH).max(soft);
    let raised = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok();
    usize::try_from(if raised { wanted } else { soft }).ok()
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn raise_descriptors() -> Option<usize> {
    None
}
