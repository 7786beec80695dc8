//! `bench`: this library beside CARTO.js 4.2.2 in one run, on the same machine. It prints ratios and never fails on time.
use crate::house::House;
use crate::{browser, parity};
use anyhow::Result;
use std::time::Duration;

/// Longer than all measures take on two cores.
const LIMIT: Duration = Duration::from_secs(30 * 60);

#[derive(clap::Args)]
pub struct Options {
    /// Take each measure once
    #[arg(long)]
    quick: bool,
    /// Only measures with this text in their name
    #[arg(long)]
    only: Option<String>,
    /// Write the tables into BENCHMARKS.md
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    write: bool,
}

impl Options {
    /// A few measures, each once.
    pub fn smoke() -> Options {
        Options { quick: true, only: Some("100 layers".into()), write: false }
    }
}

/// Measures the built package.
pub fn run(house: &House, options: &Options) -> Result<()> {
    let chromium = browser::ensure()?;
    let program = house.program("node").arg("tests/bench/run.mjs").env("CARTO_REFERENCE", parity::reference(house)?);
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
