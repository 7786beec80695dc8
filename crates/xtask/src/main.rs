//! The project's own commands. `cargo xtask help` lists them.
mod apt;
mod bench;
mod bench_server;
mod browser;
mod console;
mod debian;
mod dev;
mod dist;
mod docs;
mod engine;
mod group;
mod live;
mod load;
mod lto;
mod meter;
mod node;
mod notices;
mod pack;
mod parity;
mod pins;
mod ports;
mod postgres;
mod process;
mod sandbox;
mod serve;
mod setup;
mod site;
mod size;
mod soak;
mod stamp;
mod test;
mod toolchain;
mod wasm;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use toolchain::Origin;
use wasm::Mode;
use workspace::Workspace;

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
    /// The same for work on it: what is edited is built again, and open pages load it
    Dev(serve::Options),
    /// Check formats, lint, and run the tests
    Test(test::Options),
    /// Compare with CARTO.js 4.2.2, scenario by scenario, and print which row of its behaviour is proved by what
    Parity(parity::Options),
    /// Measure bytes, times and memory beside CARTO.js 4.2.2, or how much the server answers
    Bench(bench::Options),
    /// Use and attack the release server for half an hour, and tell whether it stays as it was
    Soak(soak::Options),
    /// Show the bytes of each shipped file and hold them to pkg/size-budget.json
    Size,
    /// Write pkg/THIRD-PARTY.md, which names what of others is in the package
    Notices(notices::Options),
    /// Build the documentation with its API reference as a site of static files
    Docs(docs::Options),
    /// Write the npm package's tarball
    Pack {
        /// Where the tarball goes
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
    /// Write all files of a release: tarball, server, container's files, notices, bills of materials, sums
    Dist(dist::Options),
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
    let workspace = Workspace::find()?;
    let build = |mode| wasm::build(&workspace, &setup::for_build(&workspace, cli.toolchain)?, mode);
    match cli.command {
        Command::Setup(options) => setup::run(&workspace, cli.toolchain, &options),
        Command::Build { dev } => build(if dev { Mode::Dev } else { Mode::Release }),
        Command::Serve(options) => serve::run(&workspace, cli.toolchain, &options),
        Command::Dev(options) => dev::run(&workspace, cli.toolchain, &options),
        Command::Test(options) => test::run(&workspace, cli.toolchain, &options),
        Command::Parity(options) => {
            build(Mode::Release)?;
            parity::run(&workspace, &options, true)
        }
        Command::Bench(options) => {
            if options.is_of_server() {
                return bench::run_server(&workspace, &options);
            }
            build(Mode::Release)?;
            bench::run(&workspace, &options)
        }
        Command::Soak(options) => soak::run(&workspace, &options),
        Command::Size => {
            build(Mode::Release)?;
            size::run(&workspace)
        }
        Command::Notices(options) => notices::run(&workspace, &options),
        Command::Docs(options) => docs::run(&workspace, &options),
        Command::Pack { out } => {
            build(Mode::Release)?;
            pack::pack(&workspace, &std::path::absolute(out)?).map(drop)
        }
        Command::Dist(options) => dist::run(&workspace, cli.toolchain, &options),
    }
}
