//! Starting carto-sandbox, the local CARTO server, and waiting until it is ready.
use crate::console;
use crate::meter::Ear;
use crate::process::Service;

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const HEARTBEAT: Duration = Duration::from_secs(20);

/// What the server is compiled for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Use: quick, and slow to compile.
    Release,
    /// `serve`: nearly as quick, and soon there.
    Serve,
    /// The browser tests, which take the program that the server's own tests have compiled already.
    Tests,
}

/// Compiles the server and gives the path of the program.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    build_heard(workspace, profile, None)
}

/// The same, and tells how far it is.
pub fn build_heard(workspace: &Workspace, profile: Profile, ear: Ear) -> Result<PathBuf> {
    let mut cargo = workspace.cargo().args(["build", "-p", "carto-sandbox"]);
    let directory = match profile {
        Profile::Release => {
            cargo = cargo.arg("--release");
            "release"
        }
        Profile::Serve => {
            cargo = cargo.args(["--profile", "serve"]);
            "serve"
        }
        Profile::Tests => "debug",
    };
    cargo.run_for(ear).context("the sandbox does not compile; the compiler's messages are above")?;
    Ok(workspace.target.join(directory).join(format!("carto-sandbox{EXE_SUFFIX}")))
}

/// Which database the server works on.
pub enum Database {
    /// DATABASE_URL's, else the embedded one
    Environment,
    /// The embedded one whatever DATABASE_URL says: a test must not write to somebody's server.
    Embedded,
    /// The one of this address.
    Server(String),
}

/// Which keys the demo has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Its own, which nobody else knows.
    Random,
    /// Those that tests know.
    OfTests,
}

/// How a server is started.
pub struct Start<'a> {
    pub port: u16,
    pub data: &'a Path,
    pub database: Database,
    pub keys: Keys,
    /// Arguments beside those that follow from the rest.
    pub further: &'a [&'a OsStr],
    /// Hears what the server does before it is ready.
    pub ear: Ear<'a>,
}

/// Starts the server with the demo and relays what it prints; returns when it says that it is ready.
pub fn start(workspace: &Workspace, program: &Path, start: Start) -> Result<Service> {
    let Start { port, data, database, keys, further, ear } = start;
    let program = workspace.program(program);
    let program = program.args(["--demo", "--port", &port.to_string()]).arg("--data-dir").arg(data).args(further);
    let program = match keys {
        Keys::Random => program,
        Keys::OfTests => program.arg("--demo-keys").arg(workspace.root.join("tests/demo-keys.json")),
    };
    let program = match database {
        Database::Environment => program,
        Database::Embedded => program.env_remove("DATABASE_URL"),
        Database::Server(url) => program.env("DATABASE_URL", url),
    };
    let mut service = program.start(Stdio::piped())?;
    let stdout = BufReader::new(service.stdout()?);
    let (sender, lines) = mpsc::channel();
    // Goes on after the server is ready: a pipe that nobody reads would stop it.
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            console::step("sandbox", &line);
            let _ = sender.send(line);
        }
    });
    let start = Instant::now();
    loop {
        match lines.recv_timeout(HEARTBEAT) {
            Ok(line) if line.contains("ready on") => return Ok(service),
            Ok(line) => {
                if let Some(tell) = ear {
                    tell(line);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                console::step("…", format!("waiting for the sandbox: {}", console::duration(start.elapsed())));
            }
            Err(RecvTimeoutError::Disconnected) => {
                service.wait().context("the sandbox did not start")?;
                bail!("the sandbox did not start");
            }
        }
    }
}
