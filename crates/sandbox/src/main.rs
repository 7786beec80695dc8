//! `carto-sandbox`: a CARTO server for development, tests, and pages that lost theirs.

mod commands;
mod settings;

use carto_sandbox::Config;
use clap::{Args, Parser, Subcommand};
use commands::{Command, CommandError};
use settings::{Log, Settings};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

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
    // Before and behind `serve` alike.
    #[command(flatten, next_help_heading = "Options to serve")]
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
    /// Leave the demo out
    #[arg(long, global = true, env = "CARTO_SANDBOX_NO_DEMO")]
    no_demo: bool,
    /// Seconds that one query may take [default: 10]
    #[arg(long, global = true, env = "CARTO_SANDBOX_TIMEOUT", value_name = "SECONDS")]
    timeout: Option<u64>,
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
    /// A host that pictures of styles may come from, such as icons.example.com; may be given several times
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
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("carto-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), CommandError> {
    let settings = arguments.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data_dir = arguments.data_dir.or(settings.data_dir.clone()).unwrap_or_else(|| workspace.join(".sandbox"));
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let database_url = arguments.database_url.filter(|url| !url.is_empty());
    let database_url = database_url.or_else(|| variable("DATABASE_URL")).or_else(|| settings.database_url.clone());
    let mut serve = arguments.serve;
    // Not read by clap, for which it would contradict --host and --port: options go before variables.
    if let (None, None, None, Some(listen)) = (serve.listen, serve.host, serve.port, variable("CARTO_SANDBOX_LISTEN")) {
        let wrong =
            || CommandError::Said("CARTO_SANDBOX_LISTEN is no address with a port, such as 0.0.0.0:8182.".into());
        serve.listen = Some(listen.parse().map_err(|_| wrong())?);
    }
    let command = match arguments.task {
        None | Some(Task::Serve) => None,
        Some(Task::User(user)) => Some(Command::User(user)),
        Some(Task::Key(key)) => Some(Command::Key(key)),
        Some(Task::Import(import)) => Some(Command::Import(import)),
    };
    let log = serve.log.or(settings.log).unwrap_or_default();
    let config = config(serve, settings, data_dir, database_url);
    begin_log(log);
    let Some(command) = command else {
        return Ok(carto_sandbox::run(config).await?);
    };
    let database = carto_sandbox::open_database(&config).await?;
    let done = command.run(&database).await;
    database.close().await;
    done
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
    let allowed = if serve.allow_origin.is_empty() { settings.allow_origin } else { serve.allow_origin };
    let pictures = if serve.picture_host.is_empty() { settings.picture_host } else { serve.picture_host };
    Config {
        host: listen.ip(),
        port: listen.port(),
        data_dir,
        database_url,
        recordings: serve.load_recordings,
        timeout: Duration::from_secs(serve.timeout.or(settings.timeout).unwrap_or(10).max(1)),
        drawing_timeout: Duration::from_secs(serve.drawing_timeout.or(settings.drawing_timeout).unwrap_or(10).max(1)),
        drawings: serve.drawings.or(settings.drawings).unwrap_or_else(cores).max(1),
        demo: !serve.no_demo && settings.demo.unwrap_or(true),
        allowed_origins: allowed,
        picture_hosts: pictures,
        rate_limits: settings.rate_limits,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
