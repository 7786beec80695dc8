//! `bench`: this library beside CARTO.js 4.2.2 in one run, on the same machine. It prints ratios and never fails on time.
use crate::workspace::Workspace;
use crate::{bench_server, browser, parity};
use anyhow::Result;
use std::time::Duration;

/// Longer than all measures take on two cores.
const LIMIT: Duration = Duration::from_secs(30 * 60);

#[derive(clap::Args, Default)]
pub struct Options {
    /// Take each measure once
    #[arg(long)]
    quick: bool,
    /// Only measures with this text in their name
    #[arg(long)]
    only: Option<String>,
    /// Write the tables into BENCHMARKS.md, or that of the server into its README
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    write: bool,
    #[command(flatten)]
    server: bench_server::ServerOptions,
}

impl Options {
    /// A few measures, each once.
    pub fn smoke() -> Options {
        Options { quick: true, only: Some("100 layers".into()), ..Options::default() }
    }

    /// Whether the server is measured, in place of the package.
    pub fn is_of_server(&self) -> bool {
        self.server.server
    }
}

/// Measures the server.
pub fn run_server(workspace: &Workspace, options: &Options) -> Result<()> {
    bench_server::run(workspace, &options.server, options.write)
}

/// Measures the built package.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let chromium = browser::ensure()?;
    let program =
        workspace.program("node").arg("tests/bench/run.mjs").env("CARTO_REFERENCE", parity::reference(workspace)?);
    let mut program = program.env("CHROMIUM", &chromium).limit(LIMIT);
    if options.quick {
        program = program.arg("--quick");
    }
    if let Some(only) = &options.only {
        program = program.args(["--only", only]);
    }
    if options.write {
        program = program.arg("--write");
    }
    program.run()
}
