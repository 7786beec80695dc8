//! `carto-sandbox`: a CARTO server for development, tests, and pages that lost theirs.

mod commands;
mod settings;

use carto_sandbox::{Config, StartError};
use clap::{Args, Parser, Subcommand};
use commands::{Command, CommandError};
use settings::{Log, Settings};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// A CARTO server: Maps, SQL and Auth API on PostgreSQL with PostGIS
///
/// Without a command it serves. Every option can also come from the file of --config or from a variable of the
/// environment: options go before variables, variables before the file.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// A file of settings (TOML)
    #[arg(long, global = true, env = "CARTO_SANDBOX_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the embedded database is
    #[arg(long, global = true, env = "CARTO_SANDBOX_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A PostgreSQL server with PostGIS, in place of the embedded database
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    serve: Serve,
    #[command(subcommand)]
    task: Option<Task>,
}

/// How to serve.
#[derive(Args)]
struct Serve {
    /// Address and port to listen on, such as 0.0.0.0:8182
    #[arg(long, env = "CARTO_SANDBOX_LISTEN", value_name = "ADDRESS:PORT", conflicts_with_all = ["host", "port"])]
    listen: Option<SocketAddr>,
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 takes a free one [default: 8182]
    #[arg(long)]
    port: Option<u16>,
    /// Load the tables of the recordings from this directory, beside the demo
    #[arg(long, value_name = "DIR")]
    load_recordings: Option<PathBuf>,
    /// Leave the demo out
    #[arg(long, env = "CARTO_SANDBOX_NO_DEMO")]
    no_demo: bool,
    /// Seconds that one query may take [default: 10]
    #[arg(long, env = "CARTO_SANDBOX_TIMEOUT", value_name = "SECONDS")]
    timeout: Option<u64>,
    /// A line in the log for each request, on stderr; no line holds a key [default: off]
    #[arg(long, env = "CARTO_SANDBOX_LOG", value_name = "FORM")]
    log: Option<Log>,
    /// An origin whose pages may manage API keys, such as https://maps.example.com; may be given several times
    #[arg(long, env = "CARTO_SANDBOX_ALLOW_ORIGIN", value_delimiter = ',', value_name = "URL")]
    allow_origin: Vec<String>,
}

#[derive(Subcommand)]
enum Task {
    /// Serve (also without a command)
    Serve(Serve),
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
    let database_url = arguments.database_url.filter(|url| !url.is_empty()).or_else(|| settings.database_url.clone());
    let (serve, command) = match arguments.task {
        None => (arguments.serve, None),
        Some(Task::Serve(serve)) => (serve, None),
        Some(Task::User(user)) => (arguments.serve, Some(Command::User(user))),
        Some(Task::Key(key)) => (arguments.serve, Some(Command::Key(key))),
        Some(Task::Import(import)) => (arguments.serve, Some(Command::Import(import))),
    };
    let log = serve.log.or(settings.log).unwrap_or_default();
    let config = config(serve, settings, data_dir, database_url);
    let Some(command) = command else {
        begin_log(log);
        return Ok(carto_sandbox::run(config).await?);
    };
    let database = carto_sandbox::open_database(&config).await?;
    let done = command.run(&database).await;
    database.close().await;
    done
}

fn begin_log(log: Log) {
    let lines =
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).with_max_level(tracing::Level::INFO);
    match log {
        Log::Off => {}
        Log::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        Log::Json => lines.json().flatten_event(true).init(),
    }
}

fn config(serve: Serve, settings: Settings, data_dir: PathBuf, database_url: Option<String>) -> Config {
    let listen = serve.listen.or(settings.listen.filter(|_| serve.host.is_none() && serve.port.is_none()));
    let host = serve.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let listen = listen.unwrap_or(SocketAddr::new(host, serve.port.unwrap_or(8182)));
    let allowed = if serve.allow_origin.is_empty() { settings.allow_origin } else { serve.allow_origin };
    Config {
        host: listen.ip(),
        port: listen.port(),
        data_dir,
        database_url,
        recordings: serve.load_recordings,
        timeout: Duration::from_secs(serve.timeout.or(settings.timeout).unwrap_or(10).max(1)),
        demo: !serve.no_demo && settings.demo.unwrap_or(true),
        allowed_origins: allowed,
        rate_limits: settings.rate_limits,
    }
}

impl From<toml::de::Error> for CommandError {
    fn from(error: toml::de::Error) -> CommandError {
        CommandError::Start(StartError(format!("The settings are wrong: {error}")))
    }
}
