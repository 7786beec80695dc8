//! A local CARTO server on PostgreSQL with PostGIS: the Maps, SQL and Auth APIs.
//!
//! SQL of users runs in the database as the role of their key; tiles are drawn from CartoCSS. By default the database
//! is an embedded one, which is for local work only.
//!
//! The way of a request: [`routes`] → [`keys`] (who asks) → [`layergroup`] (what map), [`sql_api`] (what statement) or
//! [`auth_api`] (which key) → [`source`] and [`filters`] (which query) → [`sql_guard`] (may it run) → [`db`].

pub mod accounts;
pub mod aggregation;
pub mod auth_api;
pub mod crowd;
pub mod db;
pub mod demo_data;
pub mod draw;
pub mod drawing;
pub mod errors;
pub mod features;
pub mod filters;
pub mod histogram;
pub mod import;
pub mod keys;
pub mod layer_source;
pub mod layer_stats;
pub mod layergroup;
pub mod map_size;
pub mod metrics;
pub mod mvt;
pub mod pictures;
pub mod ramps;
pub mod rate_limits;
pub mod recordings;
pub mod routes;
pub mod source;
pub mod sql_api;
pub mod sql_guard;
pub mod style;
pub mod tables;

use db::{Database, Limits, embedded::EmbeddedDatabase, migrations, server::ServerDatabase};
use drawing::Drawings;
use layergroup::Layergroups;
use metrics::Metrics;
use pictures::Pictures;
use rate_limits::RateLimits;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// How the server is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Where the embedded database is.
    pub data_dir: PathBuf,
    /// Address of a PostgreSQL server, in place of the embedded database.
    pub database_url: Option<String>,
    /// Directory of the recordings' tables, to be loaded beside the demo.
    pub recordings: Option<PathBuf>,
    /// Time that one query may take.
    pub timeout: Duration,
    /// Time that drawing one image may take.
    pub drawing_timeout: Duration,
    /// Images that are drawn at a time.
    pub drawings: usize,
    /// Whether the demo is loaded.
    pub demo: bool,
    /// Origins of pages that may manage API keys, beside the server's own and those of this computer.
    pub allowed_origins: Vec<String>,
    /// Hosts that pictures of styles may come from.
    pub picture_hosts: Vec<String>,
    /// How often users may ask.
    pub rate_limits: Vec<rate_limits::Rule>,
}

/// Rows of a query of the Maps API that are kept together.
const MOST_ROWS: usize = 65_535;

/// Time that answers may take after the server was told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Why the server does not start, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

/// The server's state.
pub struct Sandbox {
    /// The database.
    pub database: Database,
    /// Maps that were instantiated.
    pub layergroups: Layergroups,
    /// What one query may take.
    pub limits: Limits,
    /// Origins of pages that may manage API keys, beside the server's own and those of this computer.
    pub allowed_origins: Vec<String>,
    /// How often users may ask.
    pub rate_limits: RateLimits,
    /// Pictures of styles.
    pub pictures: Pictures,
    /// Where images are drawn.
    pub drawings: Drawings,
    /// What is counted.
    pub metrics: Metrics,
}

impl Sandbox {
    /// Opens the database and loads what is missing.
    ///
    /// # Errors
    /// In one sentence, what is missing or wrong.
    pub async fn open(config: &Config) -> Result<Sandbox, StartError> {
        let begin = Instant::now();
        println!("{}", opening(config));
        let database = open_database(config).await?;
        println!("the database is open after {:.1} s", begin.elapsed().as_secs_f32());
        if config.demo {
            demo_data::load(&database).await?;
        }
        if let Some(directory) = &config.recordings {
            recordings::load(&database, directory).await?;
        }
        let limits = Limits { timeout: config.timeout, rows: MOST_ROWS, bytes: 64 << 20 };
        let allowed_origins =
            config.allowed_origins.iter().map(|origin| origin.trim_end_matches('/').to_owned()).collect();
        let rate_limits = RateLimits::new(config.rate_limits.clone()).map_err(StartError)?;
        let (layergroups, metrics) = (Layergroups::default(), Metrics::default());
        let pictures = Pictures::new(&config.picture_hosts);
        let drawings = Drawings::new(config.drawings, config.drawing_timeout);
        Ok(Sandbox { database, layergroups, limits, allowed_origins, rate_limits, pictures, drawings, metrics })
    }
}

fn opening(config: &Config) -> &'static str {
    match &config.database_url {
        Some(_) => "connecting to the database server …",
        None if config.data_dir.join("PG_VERSION").exists() => "opening the embedded database …",
        None => "creating (about 10 s) the embedded database …",
    }
}

/// Opens the database and brings what the sandbox keeps in it up to date.
///
/// # Errors
/// In one sentence, what is missing or wrong.
pub async fn open_database(config: &Config) -> Result<Database, StartError> {
    let database = match &config.database_url {
        Some(url) => Database::Server(ServerDatabase::connect(url).await?),
        None => Database::Embedded(EmbeddedDatabase::open(&config.data_dir).await?),
    };
    migrations::migrate(&database).await.map_err(|error| {
        let message = error.to_string();
        StartError(match message.contains("postgis") {
            true => format!("The database has no PostGIS, and it cannot be added: {message}."),
            false => format!("The sandbox cannot be set up in this database: {message}."),
        })
    })?;
    Ok(database)
}

/// Runs the server until it is told to stop; prints one line when it is ready.
///
/// # Errors
/// In one sentence, why it does not start.
pub async fn run(config: Config) -> Result<(), StartError> {
    let mut stop = StopSignal::new();
    let address = SocketAddr::new(config.host, config.port);
    // Before the long work: a port in use is told at once.
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => StartError(format!("Port {} is in use.", config.port)),
        _ => StartError(format!("The server cannot listen on {address}: {error}.")),
    })?;
    let address = listener.local_addr().unwrap_or(address);
    let sandbox = tokio::select! {
        sandbox = Sandbox::open(&config) => Arc::new(sandbox?),
        () = stop.wait() => return Ok(()),
    };
    println!("carto-sandbox ready on http://{address}");
    let database = sandbox.database.clone();
    // Who asked before the end gets an answer, unless that takes too long.
    let (ending, ended) = tokio::sync::oneshot::channel::<()>();
    let until = async {
        let _ = ended.await;
    };
    let serving = axum::serve(listener, routes::router(sandbox)).with_graceful_shutdown(until);
    let mut serving = std::pin::pin!(std::future::IntoFuture::into_future(serving));
    let stopped = |error| StartError(format!("The server stopped: {error}."));
    tokio::select! {
        served = &mut serving => served.map_err(stopped)?,
        () = stop.wait() => {
            let _ = ending.send(());
            tokio::select! {
                served = &mut serving => served.map_err(stopped)?,
                () = tokio::time::sleep(LAST_ANSWERS) => {}
                // Whoever says it twice means it.
                () = stop.wait() => {}
            }
        }
    }
    database.close().await;
    Ok(())
}

/// Ctrl-C, and SIGTERM where there is such a thing. Listened to from the start: a signal between two waits counts.
struct StopSignal {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
    #[cfg(windows)]
    signals: Option<tokio::signal::windows::CtrlC>,
}

impl StopSignal {
    #[cfg(unix)]
    fn new() -> StopSignal {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = signal(SignalKind::interrupt())
            .and_then(|interrupt| signal(SignalKind::terminate()).map(|terminate| [interrupt, terminate]));
        StopSignal { signals: signals.ok() }
    }

    #[cfg(windows)]
    fn new() -> StopSignal {
        StopSignal { signals: tokio::signal::windows::ctrl_c().ok() }
    }

    async fn wait(&mut self) {
        match &mut self.signals {
            #[cfg(unix)]
            Some([interrupt, terminate]) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            #[cfg(windows)]
            Some(ctrl_c) => {
                ctrl_c.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}
