//! `serve`: everything between a checkout and a map on the screen.
use crate::house::House;
use crate::sandbox::{Database, Keys, Profile};
use crate::toolchain::Origin;
use crate::wasm::{self, Mode};
use crate::{ports, sandbox, say, setup, site};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};

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

pub fn run(house: &House, origin: Origin, options: &Options) -> Result<()> {
    if options.port == options.server_port {
        bail!("--port and --server-port are both {}: give the page and the server different ports", options.port);
    }
    // Before the long work, so that nobody waits minutes for this sentence.
    let page = ports::listen(options.port, "--port")?;
    drop(ports::listen(options.server_port, "--server-port")?);

    let toolchain = setup::for_build(house, origin)?;
    wasm::build(house, &toolchain, Mode::Release)?;
    let program = sandbox::build(house, Profile::Release)?;
    let data = house.root.join(&options.data_dir);
    let mut server = sandbox::start(house, &program, options.server_port, &data, Database::Environment, Keys::Random)?;
    let site = site::start(house, page, options.server_port)?;

    let url = site.url();
    // Whoever reads this may read the file: the page asks for the key, and nobody else gets to know it.
    let keys = data.join("demo-keys.json");
    let master = if keys.exists() { format!(" (the master key is in {})", keys.display()) } else { String::new() };
    println!(
        "\n  The map:     {url}\n  API keys:    {url}keys.html{master}\n  Examples:    {url}examples/\n  The server:  http://127.0.0.1:{}/\n\n  Ctrl-C stops both.\n",
        options.server_port
    );
    if !options.no_open && has_display() {
        open(&url);
    }
    server.wait()
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
        say::note(format!("the browser could not be opened: open {url} yourself"));
    }
}
