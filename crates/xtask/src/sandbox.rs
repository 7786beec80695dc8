//! Starting carto-sandbox, the local CARTO server, and waiting until it is ready.
use crate::house::House;
use crate::process::Service;
use crate::say;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const HEARTBEAT: Duration = Duration::from_secs(20);

pub fn build(house: &House) -> Result<()> {
    house
        .cargo()
        .args(["build", "--release", "-p", "carto-sandbox"])
        .run()
        .context("the sandbox does not compile; the compiler's messages are above")
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

/// Starts the server with the demo and relays what it prints; returns when it says that it is ready.
pub fn start(house: &House, port: u16, data: &Path, database: Database, keys: Keys) -> Result<Service> {
    let program = house.program(house.target.join("release/carto-sandbox"));
    let program = program.args(["--demo", "--port", &port.to_string()]).arg("--data-dir").arg(data);
    let program = match keys {
        Keys::Random => program,
        Keys::OfTests => program.arg("--demo-keys").arg(house.root.join("tests/demo-keys.json")),
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
            say::step("sandbox", &line);
            let _ = sender.send(line);
        }
    });
    let start = Instant::now();
    loop {
        match lines.recv_timeout(HEARTBEAT) {
            Ok(line) if line.contains("ready on") => return Ok(service),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => {
                say::step("…", format!("waiting for the sandbox: {}", say::duration(start.elapsed())));
            }
            Err(RecvTimeoutError::Disconnected) => {
                service.wait().context("the sandbox did not start")?;
                bail!("the sandbox did not start");
            }
        }
    }
}
