//! `carto-sandbox`: a CARTO server for development, tests, and pages that lost theirs.

mod commands;
mod settings;

use carto_sandbox::db::logins::Secret;
use carto_sandbox::db::server::Connections;
use carto_sandbox::http::listen::Limits;
use carto_sandbox::map::layergroups::Caps;
use carto_sandbox::{Config, LARGEST_IMPORT};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use commands::{Command, CommandError};
use settings::{Log, Settings};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What the help calls options that only `serve` has a use for.
const OPTIONS_TO_SERVE: &str = "Options to serve";

/// A CARTO server: Maps, SQL and Auth API on PostgreSQL with PostGIS
///
/// Without a command it serves. Options can also come from the file of --config or from variables of the environment:
/// options go before variables, variables before the file.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// A file of settings (TOML)
    #[arg(long, global = true, env = "CARTO_SANDBOX_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the embedded database is
    #[arg(long, global = true, env = "CARTO_SANDBOX_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A PostgreSQL server with PostGIS, in place of the embedded database [also env: DATABASE_URL]
    #[arg(long, global = true, env = "CARTO_SANDBOX_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// Connections with that server for each API key, and for the server's own login [default: 4]
    #[arg(long, global = true, env = "CARTO_SANDBOX_DATABASE_CONNECTIONS_PER_KEY", value_name = "NUMBER")]
    database_connections_per_key: Option<usize>,
    /// API keys that have connections with that server at a time [default: 16]
    #[arg(long, global = true, env = "CARTO_SANDBOX_DATABASE_KEYS", value_name = "NUMBER")]
    database_keys: Option<usize>,
    /// That server is a pool that gives its connections to transactions, such as PgBouncer in transaction mode
    #[arg(long, global = true, env = "CARTO_SANDBOX_POOLED")]
    pooled: bool,
    /// A file with a secret that passwords of roles on that server are made of; without one, a secret is kept in the
    /// database [also env: CARTO_SANDBOX_SECRET, the secret itself]
    #[arg(long, global = true, env = "CARTO_SANDBOX_SECRET_FILE", value_name = "FILE")]
    secret_file: Option<PathBuf>,
    // Before and behind `serve` alike.
    #[command(flatten, next_help_heading = OPTIONS_TO_SERVE)]
    serve: Serve,
    #[command(subcommand)]
    task: Option<Task>,
}

/// How to serve.
#[derive(Args)]
struct Serve {
    /// Address and port to listen on, such as 0.0.0.0:8182 [env: CARTO_SANDBOX_LISTEN]
    #[arg(long, global = true, value_name = "ADDRESS:PORT", conflicts_with_all = ["host", "port"])]
    listen: Option<SocketAddr>,
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, global = true, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 takes a free one [default: 8182]
    #[arg(long, global = true)]
    port: Option<u16>,
    /// Load the tables of the recordings from this directory, beside the demo
    #[arg(long, global = true, value_name = "DIR")]
    load_recordings: Option<PathBuf>,
    /// Load the demo, also on a database server or an address that others reach [env: CARTO_SANDBOX_DEMO]
    #[arg(long, global = true)]
    demo: bool,
    /// Leave the demo out; without either it is there on the embedded database and a loopback address only
    /// [env: CARTO_SANDBOX_NO_DEMO]
    #[arg(long, global = true, conflicts_with = "demo")]
    no_demo: bool,
    /// A file of the demo's keys, for tests; on a loopback address only
    #[arg(long, global = true, env = "CARTO_SANDBOX_DEMO_KEYS", value_name = "FILE")]
    demo_keys: Option<PathBuf>,
    /// Seconds that one query may take [default: 10]
    #[arg(long, global = true, env = "CARTO_SANDBOX_TIMEOUT", value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Megabytes that all requests under way may hold together [default: a quarter of the machine's memory]
    #[arg(long, global = true, env = "CARTO_SANDBOX_MEMORY", value_name = "MB")]
    memory: Option<usize>,
    /// Seconds that drawing one image may take [default: 10]
    #[arg(long, global = true, env = "CARTO_SANDBOX_DRAWING_TIMEOUT", value_name = "SECONDS")]
    drawing_timeout: Option<u64>,
    /// Images that are drawn at a time [default: as many as there are cores]
    #[arg(long, global = true, env = "CARTO_SANDBOX_DRAWINGS", value_name = "NUMBER")]
    drawings: Option<usize>,
    /// A line in the log for each request, on stderr; no line holds a key. Warnings are there in any case [default: off]
    #[arg(long, global = true, env = "CARTO_SANDBOX_LOG", value_name = "FORM")]
    log: Option<Log>,
    /// An origin whose pages may manage API keys, such as https://maps.example.com; may be given several times
    #[arg(long, global = true, env = "CARTO_SANDBOX_ALLOW_ORIGIN", value_delimiter = ',', value_name = "URL")]
    allow_origin: Vec<String>,
    /// A host that the server is known by, such as maps.example.com or *.maps.example.com, where keys are managed; may be
    /// given several times
    #[arg(long, global = true, env = "CARTO_SANDBOX_PUBLIC_HOST", value_delimiter = ',', value_name = "HOST")]
    public_host: Vec<String>,
    /// A proxy whose X-Forwarded-For is believed, such as 192.0.2.7 or 10.0.0.0/8; may be given several times. Those of
    /// this computer are in any case
    #[arg(long, global = true, env = "CARTO_SANDBOX_TRUSTED_PROXY", value_delimiter = ',', value_name = "ADDRESS")]
    trusted_proxy: Vec<String>,
    /// Address and port for /health and /metrics, which then has no other one
    #[arg(long, global = true, env = "CARTO_SANDBOX_ADMIN_LISTEN", value_name = "ADDRESS:PORT")]
    admin_listen: Option<SocketAddr>,
    /// Connections at a time [default: 1000]
    #[arg(long, global = true, env = "CARTO_SANDBOX_MAX_CONNECTIONS", value_name = "NUMBER")]
    max_connections: Option<usize>,
    /// Connections at a time from one address that is neither this computer's nor a trusted proxy's [default: 256]
    #[arg(long, global = true, env = "CARTO_SANDBOX_MAX_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER")]
    max_connections_per_address: Option<usize>,
    /// Seconds until the head of a request is there [default: 15]
    #[arg(long, global = true, env = "CARTO_SANDBOX_HEADER_TIMEOUT", value_name = "SECONDS")]
    header_timeout: Option<u64>,
    /// Seconds until the body of a request is there [default: 30]
    #[arg(long, global = true, env = "CARTO_SANDBOX_BODY_TIMEOUT", value_name = "SECONDS")]
    body_timeout: Option<u64>,
    /// Seconds that a connection may wait for another request [default: 60]
    #[arg(long, global = true, env = "CARTO_SANDBOX_IDLE_TIMEOUT", value_name = "SECONDS")]
    idle_timeout: Option<u64>,
    /// Seconds in which a client must take a part of its answer [default: 30]
    #[arg(long, global = true, env = "CARTO_SANDBOX_WRITE_TIMEOUT", value_name = "SECONDS")]
    write_timeout: Option<u64>,
    /// Maps that are kept for a user, the last used ones [default: 5000]
    #[arg(long, global = true, env = "CARTO_SANDBOX_MAX_MAPS", value_name = "NUMBER")]
    max_maps: Option<usize>,
    /// Megabytes of maps that are kept for a user [default: 16]
    #[arg(long, global = true, env = "CARTO_SANDBOX_MAX_MAPS_SIZE", value_name = "MB")]
    max_maps_size: Option<usize>,
    /// Megabytes that a file may have that is sent to be imported [default: 1024]
    #[arg(long, global = true, env = "CARTO_SANDBOX_MAX_IMPORT_SIZE", value_name = "MB")]
    max_import_size: Option<u64>,
    /// Only the rate limits of the file of settings
    #[arg(long, global = true, env = "CARTO_SANDBOX_NO_RATE_LIMITS")]
    no_rate_limits: bool,
    /// A host that pictures of styles and tiles of http layers may come from, such as icons.example.com; may be given several times
    #[arg(long, global = true, env = "CARTO_SANDBOX_PICTURE_HOST", value_delimiter = ',', value_name = "HOST")]
    picture_host: Vec<String>,
}

#[derive(Subcommand)]
enum Task {
    /// Serve (also without a command)
    Serve,
    /// Users: add, list, delete
    #[command(subcommand)]
    User(commands::user::User),
    /// API keys: create, list, regenerate, delete
    #[command(subcommand)]
    Key(commands::key::Key),
    Import(commands::import::Import),
    Adopt(commands::adopt::Adopt),
    Optimize(commands::optimize::Optimize),
}

/// Threads for each core: while some are about a large style or a large answer, another one says that all is well.
const THREADS_PER_CORE: usize = 4;

fn main() -> ExitCode {
    let arguments = arguments();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(cores() * THREADS_PER_CORE).enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(CommandError::Said(format!("The server cannot start its threads: {error}."))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("carto-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line; the help of a command shows its own options and not those to serve.
fn arguments() -> Arguments {
    let mut known = Arguments::command();
    let commands: Vec<&str> =
        known.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "serve").collect();
    if std::env::args().skip(1).any(|argument| commands.contains(&argument.as_str())) {
        known = known.mut_args(|argument| {
            let is_to_serve = argument.get_help_heading() == Some(OPTIONS_TO_SERVE);
            argument.hide(is_to_serve)
        });
    }
    Arguments::from_arg_matches(&known.get_matches()).unwrap_or_else(|error| error.exit())
}

async fn run(arguments: Arguments) -> Result<(), CommandError> {
    let settings = arguments.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data_dir = arguments.data_dir.or(settings.data_dir.clone()).unwrap_or_else(|| workspace.join(".sandbox"));
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let database_url = arguments.database_url.filter(|url| !url.is_empty());
    let database_url = database_url.or_else(|| variable("DATABASE_URL")).or_else(|| settings.database_url.clone());
    let secret = secret(arguments.secret_file, variable("CARTO_SANDBOX_SECRET"), settings.secret_file.as_deref())?;
    let mut serve = arguments.serve;
    // Not read by clap, for which it would contradict --host and --port: options go before variables.
    if let (None, None, None, Some(listen)) = (serve.listen, serve.host, serve.port, variable("CARTO_SANDBOX_LISTEN")) {
        let wrong =
            || CommandError::Said("CARTO_SANDBOX_LISTEN is no address with a port, such as 0.0.0.0:8182.".into());
        serve.listen = Some(listen.parse().map_err(|_| wrong())?);
    }
    if !serve.demo && !serve.no_demo {
        let is_on =
            |name: &str| variable(name).is_some_and(|value| !["0", "false", "no", "off"].contains(&value.as_str()));
        serve.demo = is_on("CARTO_SANDBOX_DEMO");
        serve.no_demo = is_on("CARTO_SANDBOX_NO_DEMO");
    }
    let command = match arguments.task {
        None | Some(Task::Serve) => None,
        Some(Task::User(user)) => Some(Command::User(user)),
        Some(Task::Key(key)) => Some(Command::Key(key)),
        Some(Task::Import(import)) => Some(Command::Import(import)),
        Some(Task::Adopt(adopt)) => Some(Command::Adopt(adopt)),
        Some(Task::Optimize(optimize)) => Some(Command::Optimize(optimize)),
    };
    let log = serve.log.or(settings.log).unwrap_or_default();
    let usual = Connections::default();
    let database_connections = Connections {
        per_key: arguments
            .database_connections_per_key
            .or(settings.database_connections_per_key)
            .unwrap_or(usual.per_key),
        keys: arguments.database_keys.or(settings.database_keys).unwrap_or(usual.keys),
        is_pooled: arguments.pooled || settings.pooled.unwrap_or(false),
    };
    let config = Config { secret, database_connections, ..config(serve, settings, data_dir, database_url) };
    begin_log(log);
    let Some(command) = command else {
        return Ok(carto_sandbox::run(config).await?);
    };
    let database = carto_sandbox::open_database(&config).await?;
    let done = command.run(&database).await;
    database.close().await;
    done
}

/// The secret of passwords: of a file that is named now, of a variable, of the file that the settings name.
fn secret(file: Option<PathBuf>, given: Option<String>, known: Option<&Path>) -> Result<Option<Secret>, CommandError> {
    let read = |file: &Path| {
        let said = |error| CommandError::Said(format!("The secret in {} cannot be used: {error}.", file.display()));
        Secret::read(file).map(Some).map_err(said)
    };
    match (file, given, known) {
        (Some(file), _, _) => read(&file),
        (None, Some(text), _) => {
            let said = |error| CommandError::Said(format!("CARTO_SANDBOX_SECRET cannot be used: {error}."));
            Secret::new(&text).map(Some).map_err(said)
        }
        (None, None, Some(file)) => read(file),
        (None, None, None) => Ok(None),
    }
}

/// Begins the log; without one, only what somebody should look at is said.
fn begin_log(log: Log) {
    let level = if log == Log::Off { tracing::Level::WARN } else { tracing::Level::INFO };
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).with_max_level(level);
    match log {
        Log::Json => lines.json().flatten_event(true).init(),
        Log::Off | Log::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
    }
}

fn config(serve: Serve, settings: Settings, data_dir: PathBuf, database_url: Option<String>) -> Config {
    let listen = serve.listen.or(settings.listen.filter(|_| serve.host.is_none() && serve.port.is_none()));
    let host = serve.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let listen = listen.unwrap_or(SocketAddr::new(host, serve.port.unwrap_or(8182)));
    let or = |given: Vec<String>, set: Vec<String>| if given.is_empty() { set } else { given };
    let seconds = |given: Option<u64>, set: Option<u64>, default| given.or(set).map_or(default, Duration::from_secs);
    // Nobody gets a demo by chance where others could reach it.
    let is_at_home = database_url.is_none() && listen.ip().to_canonical().is_loopback();
    let (limits, caps) = (Limits::default(), Caps::default());
    let megabytes = serve.max_maps_size.or(settings.max_maps_size).map(|size| size.saturating_mul(1 << 20));
    Config {
        host: listen.ip(),
        port: listen.port(),
        data_dir,
        database_url,
        secret: None,
        database_connections: Connections::default(),
        recordings: serve.load_recordings,
        timeout: Duration::from_secs(serve.timeout.or(settings.timeout).unwrap_or(10).max(1)),
        memory: serve.memory.or(settings.memory).map(|megabytes| megabytes.saturating_mul(1 << 20)),
        drawing_timeout: Duration::from_secs(serve.drawing_timeout.or(settings.drawing_timeout).unwrap_or(10).max(1)),
        drawings: serve.drawings.or(settings.drawings).unwrap_or_else(cores).max(1),
        demo: !serve.no_demo && (serve.demo || settings.demo.unwrap_or(is_at_home)),
        demo_keys: serve.demo_keys,
        allowed_origins: or(serve.allow_origin, settings.allow_origin),
        public_hosts: or(serve.public_host, settings.public_host),
        picture_hosts: or(serve.picture_host, settings.picture_host),
        rate_limits: settings.rate_limits,
        default_rate_limits: !serve.no_rate_limits && !settings.no_rate_limits.unwrap_or(false),
        connections: Limits {
            connections: serve.max_connections.or(settings.max_connections).unwrap_or(limits.connections),
            per_address: serve
                .max_connections_per_address
                .or(settings.max_connections_per_address)
                .unwrap_or(limits.per_address),
            header_timeout: seconds(serve.header_timeout, settings.header_timeout, limits.header_timeout),
            body_timeout: seconds(serve.body_timeout, settings.body_timeout, limits.body_timeout),
            idle_timeout: seconds(serve.idle_timeout, settings.idle_timeout, limits.idle_timeout),
            write_timeout: seconds(serve.write_timeout, settings.write_timeout, limits.write_timeout),
        },
        trusted_proxies: or(serve.trusted_proxy, settings.trusted_proxy),
        admin_listen: serve.admin_listen.or(settings.admin_listen),
        maps: Caps {
            maps: serve.max_maps.or(settings.max_maps).unwrap_or(caps.maps),
            bytes: megabytes.unwrap_or(caps.bytes),
        },
        largest_import: serve
            .max_import_size
            .or(settings.max_import_size)
            .map_or(LARGEST_IMPORT, |megabytes| megabytes.saturating_mul(1 << 20)),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
