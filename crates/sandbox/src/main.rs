//! `carto-sandbox`: a local CARTO server for development and tests.

use carto_sandbox::Config;
use clap::Parser;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// A local CARTO server for development and tests.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8182)]
    port: u16,
    /// Where the embedded database is
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// A PostgreSQL server with PostGIS, in place of the embedded database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Load the tables of the recordings from this directory, beside the demo
    #[arg(long, value_name = "DIR")]
    load_recordings: Option<PathBuf>,
    /// Seconds that one query may take
    #[arg(long, default_value_t = 10)]
    timeout: u64,
    /// An origin whose pages may manage API keys, such as https://maps.example.com; may be given several times
    #[arg(long, value_name = "URL")]
    allow_origin: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let config = Config {
        host: arguments.host,
        port: arguments.port,
        data_dir: arguments.data_dir.unwrap_or_else(|| workspace.join(".sandbox")),
        database_url: arguments.database_url.filter(|url| !url.is_empty()),
        recordings: arguments.load_recordings,
        timeout: Duration::from_secs(arguments.timeout.max(1)),
        demo: true,
        allowed_origins: arguments.allow_origin,
    };
    match carto_sandbox::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("carto-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
