//! The embedded database: PGlite with PostGIS in a Node.js child process, spoken to over its stdin and stdout.
//!
//! There is one session, and it is a superuser's. Queries wait for each other. A query that takes too long cannot be
//! cancelled (the database is one thread of WebAssembly), so its process is killed and started again.

use super::collect::Counted;
use super::copy::{self, CopyError, Pieces};
use super::memory::{Held, Memory};
use super::metered::{Fault, Metered};
use super::script::{Ran, Script, ScriptError, script_on};
use super::{Collect, Column, Limits, Param, QueryError, Role, Sessions};
use crate::StartError;
use crate::sql_guard::RunnableSql;
use axum::body::Bytes;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio_postgres::{Client, Config, NoTls, Row};

/// How long opening may take; creating one on a slow machine takes the longest.
const OPENING: Duration = Duration::from_secs(180);

/// Bytes that one `COPY` may have: they are in memory twice before the database has them.
pub const LARGEST_COPY: usize = 64 << 20;

/// A handle to the embedded database.
#[derive(Clone)]
pub struct EmbeddedDatabase {
    session: Arc<Mutex<Session>>,
    /// When somebody last had the session.
    turned: Arc<std::sync::Mutex<Instant>>,
    memory: Arc<Memory>,
    /// Becomes true once; queries that run end then.
    closing: Arc<watch::Sender<bool>>,
}

/// The one session of the database, and how to have it again.
pub(super) struct Session {
    data_dir: PathBuf,
    memory: Arc<Memory>,
    live: Option<Live>,
}

/// A running child process; it is killed when this is dropped.
struct Live {
    client: Client,
    child: Child,
    /// Why the connection was ended from this side, if it was.
    fault: Arc<Fault>,
}

impl EmbeddedDatabase {
    /// Opens the database in `data_dir`, creating it when there is none.
    ///
    /// # Errors
    /// In one sentence: Node.js is missing, its packages are, or the database does not start.
    pub async fn open(data_dir: &Path, memory: Arc<Memory>) -> Result<EmbeddedDatabase, StartError> {
        let live = start(data_dir, &memory).await?;
        let session = Session { data_dir: data_dir.to_owned(), memory: memory.clone(), live: Some(live) };
        let session = Arc::new(Mutex::new(session));
        let turned = Arc::new(std::sync::Mutex::new(Instant::now()));
        Ok(EmbeddedDatabase { session, turned, memory, closing: Arc::new(watch::Sender::new(false)) })
    }

    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Waits for the session; who came first has it first.
    async fn turn(&self) -> OwnedMutexGuard<Session> {
        let session = self.session.clone().lock_owned().await;
        *self.turned.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        session
    }

    /// How long the one who has the session has it, or nobody wants it.
    pub(super) fn since_turn(&self) -> Duration {
        self.turned.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// The session, for whoever needs it for longer.
    pub(super) async fn hold(&self) -> Result<OwnedMutexGuard<Session>, QueryError> {
        let mut session = self.turn().await;
        session.client().await?;
        Ok(session)
    }

    pub(super) async fn admin(&self, statements: String) -> Result<(), QueryError> {
        let mut session = self.turn().await;
        // A task of its own: a caller that goes away must not leave half a conversation behind.
        let work = async move { Ok(session.client().await?.batch_execute(&statements).await?) };
        tokio::spawn(work).await.unwrap_or(Err(QueryError::Lost))
    }

    pub(super) async fn admin_query(&self, sql: String, params: Vec<Param>) -> Result<Vec<Row>, QueryError> {
        let mut session = self.turn().await;
        let work = async move { Ok(session.client().await?.query(&sql, &super::borrowed(&params)).await?) };
        tokio::spawn(work).await.unwrap_or(Err(QueryError::Lost))
    }

    pub(super) async fn collect<C: Collect>(
        &self,
        role: Role,
        sql: RunnableSql,
        params: Vec<Param>,
        timeout: Duration,
        rows: Counted<C>,
    ) -> Result<Counted<C>, QueryError> {
        let mut session = self.turn().await;
        let closing = self.closing.subscribe();
        let work = async move {
            let client = session.client().await?;
            let query = super::collect_on(client, &role, &sql, &params, timeout, rows);
            let result = within(query, timeout, closing).await;
            finish(session, result).await
        };
        tokio::spawn(work).await.unwrap_or(Err(QueryError::Lost))
    }

    pub(super) async fn write<C: Collect>(
        &self,
        role: Role,
        sql: RunnableSql,
        timeout: Duration,
        rows: Counted<C>,
    ) -> Result<(Counted<C>, u64), QueryError> {
        let mut session = self.turn().await;
        let closing = self.closing.subscribe();
        let work = async move {
            let client = session.client().await?;
            let result = within(super::write_on(client, &role, &sql, timeout, rows), timeout, closing).await;
            finish(session, result).await
        };
        tokio::spawn(work).await.unwrap_or(Err(QueryError::Lost))
    }

    pub(super) async fn script<C: Collect>(
        &self,
        role: Role,
        script: Script<C>,
        held: Option<Arc<Held>>,
        timeout: Duration,
    ) -> Result<Ran<C>, ScriptError> {
        let mut session = self.turn().await;
        let closing = self.closing.subscribe();
        let work = async move {
            let client = session.client().await?;
            let ran = async { Ok(script_on(client, &role, script, held, timeout).await) };
            let result = match within(ran, timeout, closing).await {
                Ok(Ok(Err(ScriptError::Query(error)))) => Ok(Err(error)),
                other => other,
            };
            finish(session, result).await?
        };
        tokio::spawn(work).await.unwrap_or(Err(QueryError::Lost.into()))
    }

    pub(super) async fn columns(&self, role: Role, sql: String, limits: Limits) -> Result<Vec<Column>, QueryError> {
        let mut session = self.turn().await;
        let closing = self.closing.subscribe();
        let work = async move {
            let client = session.client().await?;
            let result = within(super::columns_on(client, &role, &sql, &limits), limits.timeout, closing).await;
            finish(session, result).await
        };
        tokio::spawn(work).await.unwrap_or(Err(QueryError::Lost))
    }

    pub(super) async fn copy_in(
        &self,
        role: Role,
        sql: RunnableSql,
        pieces: Vec<Result<Bytes, String>>,
        timeout: Duration,
    ) -> Result<u64, CopyError> {
        let mut session = self.turn().await;
        let closing = self.closing.subscribe();
        let work = async move {
            let client = session.client().await?;
            let data = futures_util::stream::iter(pieces);
            let copied = async { Ok(copy::copy_in_on(client, &role, &sql, data, timeout).await) };
            let result = match within(copied, timeout, closing).await {
                Ok(Ok(Err(CopyError::Query(error)))) => Ok(Err(error)),
                other => other,
            };
            finish(session, result).await?
        };
        tokio::spawn(work).await.unwrap_or(Err(QueryError::Lost.into()))
    }

    pub(super) async fn copy_out(&self, role: Role, sql: RunnableSql, timeout: Duration) -> Result<Pieces, QueryError> {
        let mut session = self.turn().await;
        let closing = self.closing.subscribe();
        let (sender, mut pieces) = copy::channel();
        let work = async move {
            let client = session.client().await?;
            let copied = async move { copy::copy_out_on(client, &role, &sql, &sender, timeout).await };
            let result = within(copied, timeout, closing).await;
            finish(session, result).await
        };
        let work = tokio::spawn(work);
        // Others must not wait for the session until a client has taken everything.
        let (mut kept, mut bytes) = (Vec::new(), 0);
        while let Some(piece) = pieces.recv().await {
            bytes += piece.as_ref().map_or(0, Bytes::len);
            if bytes > LARGEST_COPY {
                return Err(QueryError::TooLarge);
            }
            kept.push(piece);
        }
        work.await.unwrap_or(Err(QueryError::Lost))?;
        let (sender, pieces) = copy::channel();
        tokio::spawn(async move {
            for piece in kept {
                if sender.send(piece).await.is_err() {
                    break;
                }
            }
        });
        Ok(pieces)
    }

    /// Sessions, and how many of them work; those who wait are not known.
    pub(super) fn sessions(&self) -> Sessions {
        let used = u32::from(self.session.try_lock().is_err());
        Sessions { open: 1, used, waiting: 0 }
    }

    pub(super) async fn close(&self) {
        self.closing.send_replace(true);
        let mut session = self.session.lock().await;
        if let Some(Live { client, mut child, .. }) = session.live.take() {
            // Dropping the client says goodbye in the protocol, and the process ends by itself.
            drop(client);
            let _ = tokio::time::timeout(Duration::from_secs(5), child.wait()).await;
        }
    }
}

/// Why a query did not come to its end.
enum Interrupted {
    TooSlow,
    Closing,
}

/// Waits for a query, for its time to be over, or for the end of all.
async fn within<T>(
    query: impl Future<Output = Result<T, QueryError>>,
    time: Duration,
    mut closing: watch::Receiver<bool>,
) -> Result<Result<T, QueryError>, Interrupted> {
    tokio::select! {
        result = query => Ok(result),
        () = tokio::time::sleep(time) => Err(Interrupted::TooSlow),
        _ = closing.wait_for(|closing| *closing) => Err(Interrupted::Closing),
    }
}

/// Hands a result on. After a timeout the process is replaced in the background while others wait for the session.
async fn finish<T>(
    mut session: OwnedMutexGuard<Session>,
    result: Result<Result<T, QueryError>, Interrupted>,
) -> Result<T, QueryError> {
    let fault = session.live.as_ref().and_then(|live| live.fault.error());
    match result {
        Ok(Err(error)) => Err(fault.unwrap_or(error)),
        Ok(result) => result,
        Err(Interrupted::Closing) => {
            session.stop().await;
            Err(QueryError::Lost)
        }
        Err(Interrupted::TooSlow) => {
            tracing::warn!("a query took too long; starting the embedded database again");
            tokio::spawn(async move {
                session.stop().await;
                if let Err(error) = session.client().await {
                    tracing::error!("{error}");
                }
            });
            Err(QueryError::Timeout)
        }
    }
}

impl Session {
    /// The client of the process, if there is one.
    pub(super) fn running(&self) -> Option<&Client> {
        self.live.as_ref().map(|live| &live.client)
    }

    /// Kills the process without waiting for its end.
    pub(super) fn abandon(&mut self) {
        self.live = None;
    }

    /// Kills the process and waits for its end: two of them must never work on one directory.
    pub(super) async fn stop(&mut self) {
        if let Some(mut live) = self.live.take() {
            let _ = live.child.kill().await;
        }
    }

    /// The session's client, of a new process when the last one is gone.
    async fn client(&mut self) -> Result<&mut Client, QueryError> {
        if self.live.as_ref().is_none_or(|live| live.client.is_closed() || live.fault.error().is_some()) {
            self.stop().await;
            let live = start(&self.data_dir, &self.memory).await.map_err(|error| {
                tracing::error!("{error}");
                QueryError::Lost
            })?;
            self.live = Some(live);
        }
        self.live.as_mut().map(|live| &mut live.client).ok_or(QueryError::Lost)
    }
}

/// Starts the child process and waits until it answers.
async fn start(data_dir: &Path, memory: &Arc<Memory>) -> Result<Live, StartError> {
    std::fs::create_dir_all(data_dir)
        .map_err(|error| StartError(format!("The data directory {} cannot be made: {error}.", data_dir.display())))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("embedded/database.mjs");
    let mut child = node(&script)
        .arg(data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(node_missing)?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(StartError("The embedded database has no pipes.".into()));
    };
    let complaint = tokio::spawn(last_complaint(stderr));
    let mut config = Config::new();
    config.user("postgres").dbname("postgres");
    let fault = Arc::<Fault>::default();
    let stream = Metered::new(tokio::io::join(stdout, stdin), memory, fault.clone());
    let connected = tokio::time::timeout(OPENING, config.connect_raw(stream, NoTls)).await;
    match connected {
        Ok(Ok((client, connection))) => {
            tokio::spawn(async move { drop(connection.await) });
            Ok(Live { client, child, fault })
        }
        Ok(Err(_)) => Err(explain(&complaint.await.unwrap_or_default())),
        Err(_) => Err(StartError(format!("The embedded database does not start within {} s.", OPENING.as_secs()))),
    }
}

/// The command that runs a script of the sandbox.
pub fn node(script: &Path) -> Command {
    let mut command = Command::new("node");
    // WebAssembly without this warning of Node.js 20 about experimental features on stderr.
    command.arg("--no-warnings").arg(script);
    command
}

/// What to say when `node` cannot be started.
pub fn node_missing(error: std::io::Error) -> StartError {
    StartError(match error.kind() {
        std::io::ErrorKind::NotFound => {
            "Node.js is not installed: the embedded database needs it (`node`, 20 or newer).".into()
        }
        _ => format!("Node.js does not start: {error}."),
    })
}

/// Turns what a script said before it ended into one sentence.
pub fn explain(complaint: &str) -> StartError {
    let said = complaint.lines().find_map(|line| line.strip_prefix("SAID "));
    StartError(if let Some(sentence) = said {
        sentence.to_owned()
    } else if complaint.contains("ERR_MODULE_NOT_FOUND") {
        "The packages of the embedded database are missing: run `npm ci` in the workspace.".into()
    } else if complaint.contains("DATA_DIR_IN_USE") {
        "Another sandbox works on the same data directory.".into()
    } else {
        // A line of source may come before it, and hold the same word.
        let is_word = |kind: &str| kind.ends_with("Error") && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_error = |line: &&str| line.split_once(": ").is_some_and(|(kind, _)| is_word(kind));
        let line = complaint.lines().map(str::trim).find(is_error).unwrap_or("it says nothing");
        let short: String = line.chars().take(200).collect();
        format!("The embedded database does not start: {short}.")
    })
}

/// Collects the end of what a process writes to stderr.
pub async fn last_complaint(stderr: tokio::process::ChildStderr) -> String {
    let mut lines = BufReader::new(stderr).lines();
    let mut kept = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if kept.len() < 8_000 {
            kept.push_str(&line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_one_sentence() {
        let of = |complaint: &str| explain(complaint).0;
        assert_eq!(of("noise\nSAID The disk is full.\n    at x"), "The disk is full.");
        let trace = "file:///x.js:3\nthrow new Error(a)},y=Error: z\n^\nRuntimeError: Aborted()\n    at a (b)\n";
        assert_eq!(of(trace), "The embedded database does not start: RuntimeError: Aborted().");
        assert_eq!(of(""), "The embedded database does not start: it says nothing.");
        assert!(of(&format!("Error: {}", "x".repeat(900))).len() < 300);
    }
}
