//! A throw-away PostgreSQL cluster with PostGIS for the wire tests.
use crate::apt;
use crate::process::{self, Program, Service, TempDir};
use crate::{console, ports};
use anyhow::{Context, Result, bail};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// Debian's names that follow its current version, and what the tests try with the server: GDAL, PgBouncer, and a place for a
/// Python package.
const PACKAGES: [&str; 6] = ["postgresql", "postgis", "postgresql-postgis", "gdal-bin", "pgbouncer", "python3-venv"];
const START: Duration = Duration::from_secs(60);
const DATABASE: &str = "carto";

pub fn ensure() -> Result<()> {
    if installation().is_some() {
        return Ok(());
    }
    apt::install(&PACKAGES, "the wire tests on PostgreSQL")
}

/// The directory of initdb and postgres, where PostGIS is installed too.
pub fn installation() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    versions.sort_by_key(|path| path.file_name().and_then(|name| name.to_string_lossy().parse::<u32>().ok()));
    let debian = versions.into_iter().rev().find_map(|version| {
        let share = Path::new("/usr/share/postgresql").join(version.file_name()?);
        complete(&version.join("bin"), &share)
    });
    debian.or_else(|| {
        let ask = |what: &str| Program::new("pg_config").arg(what).output().ok().map(|path| PathBuf::from(path.trim()));
        complete(&ask("--bindir")?, &ask("--sharedir")?)
    })
}

fn complete(bin: &Path, share: &Path) -> Option<PathBuf> {
    let programs = ["initdb", "postgres", "createdb"].iter().all(|name| process::is_program(&bin.join(name)));
    (programs && share.join("extension/postgis.control").exists()).then(|| bin.to_owned())
}

/// A running cluster; dropping it stops the server and removes its files.
pub struct Cluster {
    pub url: String,
    // The server must be gone before its files are.
    _server: Service,
    _files: TempDir,
}

impl Cluster {
    /// As [`Cluster::start`], with the PostgreSQL that is installed.
    pub fn start_installed() -> Result<Cluster> {
        Cluster::start(&installation().context("PostgreSQL with PostGIS is not installed here")?)
    }

    /// Everything in a temporary directory, on a free port of loopback; the login of the address has no password.
    pub fn start(bin: &Path) -> Result<Cluster> {
        let files = TempDir::new()?;
        let data = files.path().join("data");
        #[cfg(unix)]
        let owner = owner()?;
        #[cfg(unix)]
        if let Some((uid, gid)) = owner {
            let given = std::os::unix::fs::chown(files.path(), Some(uid), Some(gid));
            given.context("cannot give the cluster's directory to postgres")?;
        }
        let program = |name: &str| {
            let program = Program::new(bin.join(name)).dir(files.path());
            #[cfg(unix)]
            if let Some((uid, gid)) = owner {
                return program.user(uid, gid);
            }
            program
        };
        program("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .run_quietly("initdb")?;
        // Roles of keys need their passwords, as on other servers; whoever sets things up needs none.
        let access = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), access).context("cannot say who may use the cluster")?;
        let port = ports::free()?;
        let server = program("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k"])
            .arg(files.path())
            // The data is thrown away: nothing has to survive a power cut.
            .args(["-F", "-c", "log_min_messages=fatal"])
            .start(Stdio::null())?;
        wait_for(port)?;
        // The server accepts connections before it answers queries, so the first ones may be refused.
        let start = Instant::now();
        while let Err(error) =
            program("createdb").args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", DATABASE]).output()
        {
            if start.elapsed() > START {
                return Err(error.context("the PostgreSQL cluster for the tests does not answer"));
            }
            thread::sleep(Duration::from_millis(200));
        }
        let url = format!("postgres://postgres@127.0.0.1:{port}/{DATABASE}");
        console::step("Ready", &url);
        Ok(Cluster { url, _server: server, _files: files })
    }
}

/// PostgreSQL refuses to run as root.
#[cfg(unix)]
fn owner() -> Result<Option<(u32, u32)>> {
    if !process::is_root() {
        return Ok(None);
    }
    let id = |flag: &str| {
        let told = Program::new("id").args([flag, "postgres"]).output();
        told.context("there is no user postgres to run PostgreSQL as: install your system's PostgreSQL package")
    };
    Ok(Some((id("-u")?.trim().parse()?, id("-g")?.trim().parse()?)))
}

fn wait_for(port: u16) -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > START {
            bail!("the PostgreSQL cluster for the tests did not start within {}", console::duration(START));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
