//! `soak`: the release server under use and attack for as long as one wants, and whether it stays as it was. Not in CI.
use crate::sandbox::Profile;
use crate::workspace::Workspace;
use crate::{postgres, sandbox};
use anyhow::Result;
use std::time::Duration;

#[derive(clap::Args)]
pub struct Options {
    /// Requests in all
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    requests: u32,
    /// Minutes in all
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    minutes: u32,
    /// Another number makes another order of requests
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// On a throw-away PostgreSQL server, in place of an embedded database
    #[arg(long)]
    on_postgres: bool,
}

/// Runs the script against the server, which it starts and ends.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let server = sandbox::build(workspace, Profile::Release)?;
    let cluster = options.on_postgres.then(postgres::Cluster::start_installed).transpose()?;
    let program = workspace.program("node").arg("tests/soak/run.mjs");
    let program = program.arg("--program").arg(server);
    let program =
        program.args(["--requests", &options.requests.to_string(), "--minutes", &options.minutes.to_string()]);
    let mut program = program.args(["--seed", &options.seed.to_string()]);
    if let Some(cluster) = &cluster {
        program = program.args(["--database-url", &cluster.url]);
    }
    // The script ends itself before.
    program.limit(Duration::from_secs(60 * (u64::from(options.minutes) + 20))).run()
}
