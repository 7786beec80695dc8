//! The project's own commands. `cargo xtask help` lists them.
mod apt;
mod browser;
mod debian;
mod house;
mod node;
mod pins;
mod postgres;
mod process;
mod say;
mod setup;
mod stamp;
mod toolchain;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};
use house::House;
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
    match cli.command {
        Command::Setup(options) => setup::run(&house, cli.toolchain, &options),
        Command::Build { dev } => {
            let toolchain = setup::for_build(&house, cli.toolchain)?;
            wasm::build(&house, &toolchain, if dev { Mode::Dev } else { Mode::Release })
        }
    }
}
