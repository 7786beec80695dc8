//! `serve`: everything between a checkout and a map on the screen.
pub mod making;

use crate::live::{Live, Part};
use crate::meter::Ear;
use crate::process::Service;
use crate::sandbox::{self, Database, Keys, Start};
use crate::site::{self, Site};
use crate::toolchain::Origin;
use crate::wasm;
use crate::workspace::Workspace;
use crate::{console, docs, ports};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

#[derive(clap::Args)]
pub struct Options {
    /// The page's port
    #[arg(long, default_value_t = 8181)]
    port: u16,
    /// The port of the local CARTO server
    #[arg(long, default_value_t = 8182)]
    server_port: u16,
    /// Do not open the browser
    #[arg(long)]
    no_open: bool,
    /// Where the local CARTO server keeps its database
    #[arg(long, default_value = ".sandbox")]
    data_dir: PathBuf,
}

pub fn run(workspace: &Workspace, origin: Origin, options: &Options) -> Result<()> {
    let (site, live) = options.open(workspace, false)?;
    let program = making::make(workspace, origin, &live, || options.show(&site))?;
    let ear = making::ear(&live, Part::Server);
    let server = options.start(workspace, &program, Some(&ear));
    let mut server = server.inspect_err(|error| live.fail(Part::Server, making::reason(error)))?;
    live.finish(Part::Server, true);
    options.say_where(workspace, &site);
    docs::build_in_background(workspace);
    server.wait()
}

impl Options {
    /// The site, whose pages tell how far the rest is. Its port is taken before the long work, so that nobody waits
    /// minutes to hear that it is in use.
    pub fn open(&self, workspace: &Workspace, keeps_on: bool) -> Result<(Site, Arc<Live>)> {
        if self.port == self.server_port {
            bail!("--port and --server-port are both {}: give the page and the server different ports", self.port);
        }
        let page = ports::listen(self.port, "--port")?;
        drop(ports::listen(self.server_port, "--server-port")?);
        // Pages need Leaflet, too.
        let has_package = wasm::is_built(workspace) && workspace.root.join("node_modules/leaflet/dist").exists();
        let live = Live::new(has_package, keeps_on);
        let site = site::start_live(workspace, page, self.server_port, live.clone())?;
        console::step("Serving", format!("{} (the page says how far the rest is)", site.url()));
        Ok((site, live))
    }

    /// Opens the browser, where there is one and nobody said no.
    pub fn show(&self, site: &Site) {
        if !self.no_open && has_display() {
            open(&site.url());
        }
    }

    pub fn data(&self, workspace: &Workspace) -> PathBuf {
        workspace.root.join(&self.data_dir)
    }

    pub fn start(&self, workspace: &Workspace, program: &Path, ear: Ear) -> Result<Service> {
        let data = self.data(workspace);
        let (port, database, keys) = (self.server_port, Database::Environment, Keys::Random);
        sandbox::start(workspace, program, Start { port, data: &data, database, keys, further: &[], ear })
    }

    pub fn say_where(&self, workspace: &Workspace, site: &Site) {
        let url = site.url();
        // Whoever reads this may read the file: the page asks for the key, and nobody else gets to know it.
        let keys = self.data(workspace).join("demo-keys.json");
        let master = if keys.exists() { format!(" (the master key is in {})", keys.display()) } else { String::new() };
        println!(
            "\n  The map:     {url}\n  Account:     {url}keys.html{master}\n  Examples:    {url}examples/\n  The docs:    {url}docs/\n  The server:  http://127.0.0.1:{}/\n\n  Ctrl-C stops both.\n",
            self.server_port
        );
    }
}

fn has_display() -> bool {
    cfg!(any(target_os = "macos", windows))
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some())
}

/// The browser outlives this command, so it is no program that has to be stopped.
fn open(url: &str) {
    let mut opener = match std::env::consts::OS {
        "macos" => Command::new("open"),
        "windows" => Command::new("explorer"),
        _ => Command::new("xdg-open"),
    };
    let opened = opener.arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if opened.is_err() {
        console::note(format!("the browser could not be opened: open {url} yourself"));
    }
}
