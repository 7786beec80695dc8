//! A local CARTO server on PostgreSQL with PostGIS: the Maps, SQL and Auth APIs.
//!
//! SQL of users runs in the database as the role of their key; tiles are drawn from CartoCSS. By default the database
//! is an embedded one, which is for local work only.
//!
//! The way of a request: [`http`] (which route) → [`accounts`] (who asks) → [`map`] (what map), [`sql_api`] (what statement)
//! or [`auth_api`] (which key) → [`query`] (what is asked of the database) → [`sql_guard`] (may it run) → [`db`] → [`render`]
//! (what is drawn of it).

pub mod accounts;
pub mod auth_api;
pub mod data;
pub mod db;
pub mod http;
pub mod map;
pub mod query;
pub mod render;
pub mod sql_api;
pub mod sql_guard;

use accounts::demo_keys::{self, DemoKeys};
use data::import_queue::Imports;
use data::{demo, overviews, recordings};
use db::memory::Memory;
use db::{
    Database, Limits, changes, embedded::EmbeddedDatabase, logins::Secret, migrations, rights, server::Connections,
    server::ServerDatabase, sweep,
};
use http::health::Health;
use http::listen::registry::Registry;
use http::listen::{self, client::Proxies};
use http::metrics::Metrics;
use http::origins::Trust;
use http::rate_limits::{self, RateLimits};
use map::layergroups::{self, Layergroups};
use map::style::Styles;
use render::drawing::Drawings;
use render::pictures::Pictures;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tiles::MarkerCache;
use tokio::net::TcpListener;
use tokio::sync::watch;

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
    /// Connections with that server.
    pub database_connections: Connections,
    /// What passwords of roles on that server are made of; one that is kept in the database when there is none.
    pub secret: Option<Secret>,
    /// Directory of the recordings' tables, to be loaded beside the demo.
    pub recordings: Option<PathBuf>,
    /// Time that one query may take.
    pub timeout: Duration,
    /// Bytes of memory that all requests under way may hold; a quarter of the machine's when it is not said.
    pub memory: Option<usize>,
    /// Time that drawing one image may take.
    pub drawing_timeout: Duration,
    /// Images that are drawn at a time.
    pub drawings: usize,
    /// Whether the demo is loaded.
    pub demo: bool,
    /// The keys of the demo, for tests; random ones without.
    pub demo_keys: Option<PathBuf>,
    /// Origins of pages that may manage API keys, beside the server's own and those of this computer.
    pub allowed_origins: Vec<String>,
    /// Hosts under which keys are managed, beside this computer, the address that is listened on and the hosts of the
    /// allowed origins; `*.` stands for all below one.
    pub public_hosts: Vec<String>,
    /// Hosts that pictures of styles may come from.
    pub picture_hosts: Vec<String>,
    /// How often users and addresses may ask.
    pub rate_limits: Vec<rate_limits::Rule>,
    /// Whether the limits count that the server has by itself, where no other one fits.
    pub default_rate_limits: bool,
    /// What connections may take.
    pub connections: listen::Limits,
    /// Proxies whose word is taken for where requests come from, by address or network.
    pub trusted_proxies: Vec<String>,
    /// A listener of its own for `/health` and `/metrics`.
    pub admin_listen: Option<SocketAddr>,
    /// What is kept of the maps of one user.
    pub maps: layergroups::Caps,
    /// Bytes that a file may have that is sent to be imported.
    pub largest_import: u64,
}

/// Bytes that a file to import may have, unless the operator says otherwise.
pub const LARGEST_IMPORT: u64 = 1 << 30;

impl Config {
    /// Whether what is only for this computer stays there.
    fn check(&self) -> Result<(), StartError> {
        self.connections.check()?;
        self.maps.check()?;
        let is_local = self.host.to_canonical().is_loopback();
        for (given, what) in
            [(self.demo_keys.is_some(), "--demo-keys"), (self.recordings.is_some(), "--load-recordings")]
        {
            if given && !is_local {
                let why = "its keys are for tests and known to everybody";
                return Err(StartError(format!("{what} needs a loopback address to listen on: {why}.")));
            }
        }
        Ok(())
    }
}

/// Rows of a query of the Maps API that are kept together.
const MOST_ROWS: usize = 65_535;

/// Time that answers may take after the server was told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// Time to write down what is known in memory only.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Connections of those who watch the server.
const ADMIN_CONNECTIONS: usize = 64;

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
    /// Which pages are trusted with master keys.
    pub trust: Trust,
    /// How often users and addresses may ask.
    pub rate_limits: RateLimits,
    /// Pictures of styles.
    pub pictures: Pictures,
    /// Styles that were read.
    pub styles: Styles,
    /// What markers look like, for all images.
    pub markers: MarkerCache,
    /// Where images are drawn.
    pub drawings: Drawings,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether the database answers.
    pub health: Arc<Health>,
    /// The connections of clients.
    pub connections: Arc<Registry>,
    /// Files that are to be imported.
    pub imports: Imports,
    /// Bytes that such a file may have.
    pub largest_import: u64,
    /// Whether the demo is on.
    pub has_demo: bool,
    /// Whether there is a listener for those who watch the server.
    pub has_admin: bool,
}

impl Sandbox {
    /// Opens the database and loads what is missing.
    ///
    /// # Errors
    /// In one sentence, what is missing or wrong.
    pub async fn open(config: &Config) -> Result<Sandbox, StartError> {
        config.check()?;
        let trust = Trust::new(config.host, &config.allowed_origins, &config.public_hosts)?;
        let rate_limits =
            RateLimits::new(config.rate_limits.clone(), config.default_rate_limits).map_err(StartError)?;
        let demo_keys = config.demo_keys.as_deref().map(DemoKeys::read).transpose()?;
        let begin = Instant::now();
        println!("{}", opening(config));
        let database = open_database(config).await?;
        println!("the database is open after {:.1} s", begin.elapsed().as_secs_f32());
        let swept = overviews::sweep(&database).await;
        swept.map_err(|error| StartError(format!("What was left behind cannot be cleared away: {error}.")))?;
        let watched = changes::watch_all(&database).await;
        watched.map_err(|error| StartError(format!("Changes of tables cannot be watched: {error}.")))?;
        // Two processes that start at a time load nothing twice.
        let alone = database.begin_setup().await;
        let alone = alone.map_err(|error| StartError(format!("The database cannot be set up: {error}.")))?;
        if config.demo {
            demo::load(&database, demo_keys.as_ref()).await?;
        }
        if demo_keys.is_none() {
            demo_keys::replace_published(&database).await?;
        }
        if config.demo {
            match database.is_embedded() {
                true => {
                    let file = demo_keys::write_file(&database, &config.data_dir).await?;
                    println!("the demo's keys are in {}", file.display());
                }
                false => println!("the demo's keys: carto-sandbox key list --user demo --show"),
            }
        }
        if let Some(directory) = &config.recordings {
            recordings::load(&database, directory).await?;
        }
        drop(alone);
        let layergroups = Layergroups::new(config.maps);
        // The caps may be others than those of the last run.
        let cleaned = layergroups.clean(&database, None).await;
        cleaned.map_err(|error| StartError(format!("Old maps cannot be deleted: {error}.")))?;
        Ok(Sandbox {
            database,
            layergroups,
            limits: Limits { timeout: config.timeout, rows: MOST_ROWS, bytes: 64 << 20 },
            trust,
            rate_limits,
            pictures: Pictures::new(&config.picture_hosts),
            styles: Styles::default(),
            markers: MarkerCache::default(),
            drawings: Drawings::new(config.drawings, config.drawing_timeout),
            metrics: Metrics::default(),
            health: Arc::default(),
            connections: Arc::new(Registry::new(config.connections, listen::raise_descriptors())),
            imports: Imports::default(),
            largest_import: config.largest_import,
            has_demo: config.demo,
            has_admin: config.admin_listen.is_some(),
        })
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
    config.database_connections.check()?;
    let memory = config.memory.map_or_else(Memory::quarter, Memory::new);
    let database = match &config.database_url {
        Some(url) => Database::Server(
            ServerDatabase::connect(url, config.secret.clone(), memory, config.database_connections).await?,
        ),
        None => Database::Embedded(EmbeddedDatabase::open(&config.data_dir, memory).await?),
    };
    migrations::migrate(&database).await.map_err(|error| {
        let message = error.to_string();
        StartError(match message.contains("postgis") {
            true => format!("The database has no PostGIS, and it cannot be added: {message}."),
            false => format!("The sandbox cannot be set up in this database: {message}."),
        })
    })?;
    let swept = sweep::orphaned_roles(&database).await;
    swept.map_err(|error| StartError(format!("What was left behind cannot be cleared away: {error}.")))?;
    Ok(database)
}

/// Runs the server until it is told to stop; prints one line when it is ready.
///
/// # Errors
/// In one sentence, why it does not start.
pub async fn run(config: Config) -> Result<(), StartError> {
    let mut stop = StopSignal::new();
    let proxies = Arc::new(Proxies::new(&config.trusted_proxies)?);
    // Before the long work: a port in use is told at once.
    let listener = listen::bind(SocketAddr::new(config.host, config.port))?;
    let admin = config.admin_listen.map(listen::bind).transpose()?;
    let told = |listener: &TcpListener| listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let address = told(&listener);
    let sandbox = tokio::select! {
        sandbox = Sandbox::open(&config) => Arc::new(sandbox?),
        () = stop.wait() => return Ok(()),
    };
    let (ending, ended) = watch::channel(false);
    let cleaning = tokio::spawn(clean(sandbox.clone()));
    let refreshing = tokio::spawn(refresh_overviews(sandbox.clone()));
    if let Some(admin) = admin {
        println!("health and metrics on http://{}", told(&admin));
        let few = listen::Limits { connections: ADMIN_CONNECTIONS, ..config.connections };
        let (router, few) = (http::admin_router(sandbox.clone()), Arc::new(Registry::new(few, None)));
        tokio::spawn(listen::serve(admin, router, few, proxies.clone(), ended.clone()));
    }
    let connections = sandbox.connections.clone();
    let serving = listen::serve(listener, http::router(sandbox.clone()), connections, proxies, ended);
    let mut serving = std::pin::pin!(serving);
    println!("carto-sandbox ready on http://{address}");
    tokio::select! {
        () = &mut serving => {}
        () = stop.wait() => {
            let _ = ending.send(true);
            // Who asked before the end gets an answer, unless that takes too long.
            tokio::select! {
                () = &mut serving => {}
                () = tokio::time::sleep(LAST_ANSWERS) => {}
                // Whoever says it twice means it.
                () = stop.wait() => {}
            }
        }
    }
    cleaning.abort();
    refreshing.abort();
    // Which maps were used is worth a moment, not more.
    let _ = tokio::time::timeout(LAST_WORDS, sandbox.layergroups.clean(&sandbox.database, None)).await;
    sandbox.database.close().await;
    Ok(())
}

/// Deletes old maps from time to time.
async fn clean(sandbox: Arc<Sandbox>) {
    let mut times = tokio::time::interval(layergroups::CLEANING);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    times.tick().await;
    loop {
        times.tick().await;
        if let Err(error) = sandbox.layergroups.clean(&sandbox.database, None).await {
            tracing::warn!(cause = %error, "old maps cannot be deleted");
        }
        if let Err(error) = changes::settle_all(&sandbox.database, None).await {
            tracing::warn!(cause = %error, "notes of changes cannot be cleared away");
        }
        if let Err(error) = rights::keep(&sandbox.database).await {
            tracing::warn!(cause = %error, "rights cannot be kept for backups");
        }
    }
}

/// An overview takes minutes: nothing else waits for it.
async fn refresh_overviews(sandbox: Arc<Sandbox>) {
    let mut refresh = overviews::Refresh::default();
    loop {
        tokio::time::sleep(overviews::REST).await;
        refresh.turn(&sandbox.database, overviews::REST).await;
    }
}

/// Ctrl-C, and SIGTERM where there is such a thing. Listened to from the start: a signal between two waits counts.
pub(crate) struct StopSignal {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
    #[cfg(windows)]
    signals: Option<tokio::signal::windows::CtrlC>,
}

impl StopSignal {
    #[cfg(unix)]
    pub(crate) fn new() -> StopSignal {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = signal(SignalKind::interrupt())
            .and_then(|interrupt| signal(SignalKind::terminate()).map(|terminate| [interrupt, terminate]));
        StopSignal { signals: signals.ok() }
    }

    #[cfg(windows)]
    pub(crate) fn new() -> StopSignal {
        StopSignal { signals: tokio::signal::windows::ctrl_c().ok() }
    }

    pub(crate) async fn wait(&mut self) {
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
