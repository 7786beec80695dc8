//! The project's own commands. `cargo xtask help` lists them.
mod apt;
mod bench;
mod browser;
mod debian;
mod engine;
mod group;
mod house;
mod lto;
mod node;
mod notices;
mod pack;
mod parity;
mod pins;
mod ports;
mod postgres;
mod process;
mod sandbox;
mod say;
mod serve;
mod setup;
mod site;
mod size;
mod soak;
mod stamp;
mod test;
mod toolchain;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};
use house::House;
use std::path::PathBuf;
use std::process::ExitCode;
use toolchain::Origin;
use wasm::Mode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Sets up, builds, serves and tests carto-wasm")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Where the wasm32 target comes from
    #[arg(long, global = true, env = "CARTO_WASM_TOOLCHAIN", value_enum, default_value_t)]
    toolchain: Origin,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the other commands need: node_modules and the wasm32 target
    Setup(setup::Options),
    /// Build the npm package pkg/
    Build {
        /// Quick to build, with names for stack traces
        #[arg(long)]
        dev: bool,
    },
    /// Build everything and serve the demo map with a local CARTO server
    Serve(serve::Options),
    /// Check formats, lint, and run the tests
    Test {
        /// Only one kind
        #[arg(long, value_enum)]
        only: Option<test::Group>,
        /// Run the browser tests on a throw-away PostgreSQL server, in place of the embedded database
        #[arg(long)]
        on_postgres: bool,
    },
    /// Compare with CARTO.js 4.2.2, scenario by scenario, and print which row of its behaviour is proved by what
    Parity(parity::Options),
    /// Measure bytes, times and memory beside CARTO.js 4.2.2
    Bench(bench::Options),
    /// Use and attack the release server for half an hour, and tell whether it stays as it was
    Soak(soak::Options),
    /// Show the bytes of each shipped file and hold them to pkg/size-budget.json
    Size,
    /// Write pkg/THIRD-PARTY.md, which names what of others is in the package
    Notices(notices::Options),
    /// Write the npm package's tarball
    Pack {
        /// Where the tarball goes
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            process::wait_if_stopping();
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    process::stop_everything_on_signals()?;
    let house = House::find()?;
    let build = |mode| wasm::build(&house, &setup::for_build(&house, cli.toolchain)?, mode);
    match cli.command {
        Command::Setup(options) => setup::run(&house, cli.toolchain, &options),
        Command::Build { dev } => build(if dev { Mode::Dev } else { Mode::Release }),
        Command::Serve(options) => serve::run(&house, cli.toolchain, &options),
        Command::Test { only, on_postgres } => test::run(&house, cli.toolchain, only, on_postgres),
        Command::Parity(options) => {
            build(Mode::Release)?;
            parity::run(&house, &options, true)
        }
        Command::Bench(options) => {
            build(Mode::Release)?;
            bench::run(&house, &options)
        }
        Command::Soak(options) => soak::run(&house, &options),
        Command::Size => {
            build(Mode::Release)?;
            size::run(&house)
        }
        Command::Notices(options) => notices::run(&house, &options),
        Command::Pack { out } => {
            build(Mode::Release)?;
            pack::pack(&house, &std::path::absolute(out)?).map(drop)
        }
    }
}
