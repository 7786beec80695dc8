//! `setup`: what the other commands need on this machine.
use crate::engine::Engine;
use crate::toolchain::{self, Origin, Toolchain};
use crate::workspace::Workspace;
use crate::{browser, console, node, postgres};
use anyhow::Result;

#[derive(clap::Args)]
pub struct Options {
    /// Also find or install a browser for the tests
    #[arg(long)]
    pub browser: bool,
    /// Also find or install Firefox, for the browser tests' core
    #[arg(long)]
    pub firefox: bool,
    /// Also find or install WebKitGTK with its driver, for the browser tests' core
    #[arg(long)]
    pub webkit: bool,
    /// Also install PostgreSQL with PostGIS for the tests (Debian, as root)
    #[arg(long)]
    pub postgres: bool,
}

pub fn run(workspace: &Workspace, origin: Origin, options: &Options) -> Result<()> {
    let toolchain = for_build(workspace, origin)?;
    if options.browser {
        let path = browser::ensure()?;
        console::step("Found", format!("the browser {}", path.display()));
    }
    for (wanted, engine) in [(options.firefox, Engine::Firefox), (options.webkit, Engine::WebKit)] {
        if wanted {
            engine.ensure()?;
            console::step("Found", engine.name());
        }
    }
    if options.postgres {
        postgres::ensure()?;
    }
    console::step("Ready", format!("node, node_modules and a toolchain for wasm32 ({})", toolchain.name));
    Ok(())
}

/// What every build needs.
pub fn for_build(workspace: &Workspace, origin: Origin) -> Result<Toolchain> {
    node::ensure(workspace)?;
    toolchain::ensure(workspace, origin)
}
