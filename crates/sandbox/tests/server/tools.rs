//! Programs of others against the server: GDAL's Carto driver, and CARTO's package for Python.

use crate::sql_api::statements::{MASTER, query};
use crate::support::{runtime, sandbox};
use carto_sandbox::http;
use carto_sandbox::http::listen::client::Proxies;
use carto_sandbox::http::listen::registry::Registry;
use carto_sandbox::http::listen::{self, Limits};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The server on a port, for as long as this is kept. One program at a time: what one lists, another one may drop.
struct Listening {
    address: SocketAddr,
    _alone: MutexGuard<'static, ()>,
    _stop: watch::Sender<bool>,
}

fn listening() -> Listening {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (stop, stopped) = watch::channel(false);
    let registry = Arc::new(Registry::new(Limits::default(), None));
    let router = http::router(sandbox().clone());
    let address = runtime().block_on(async {
        let listener = listen::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(listen::serve(listener, router, registry, Arc::new(Proxies::default()), stopped));
        address
    });
    Listening { address, _alone: alone, _stop: stop }
}

/// Whether a program is there; says loudly when it is not.
fn is_there(program: &Path, arguments: &[&str], how: &str) -> bool {
    let found = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("\n*** NOT TESTED: {} does not run here. {how}\n", program.display());
    }
    found
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn gdal_lists_reads_creates_appends_overwrites_and_deletes() {
    let how = "Install GDAL's programs: apt-get install gdal-bin";
    if !is_there(Path::new("ogr2ogr"), &["--version"], how) || !is_there(Path::new("ogrinfo"), &["--version"], how) {
        return;
    }
    let server = listening();
    let run = |program: &str, key: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.env("CARTO_API_URL", format!("http://{}/user/demo/api/v2/sql", server.address));
        if !key.is_empty() {
            command.env("CARTO_API_KEY", key);
        }
        let output = command.args(arguments).output().unwrap();
        let text = told(&output);
        assert!(output.status.success() && !text.contains("ERROR"), "{program} {arguments:?}: {text}");
        text
    };
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gdal");
    std::fs::create_dir_all(&directory).unwrap();
    let file = |name: &str, names: &[&str]| -> String {
        let feature = |(index, name): (usize, &&str)| {
            json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [index, 40.5]},
                   "properties": {"name": name, "pop": index * 1000, "share": 0.5, "day": "2020/01/02"}})
        };
        let features: Vec<_> = names.iter().enumerate().map(feature).collect();
        let path = directory.join(name);
        std::fs::write(&path, json!({"type": "FeatureCollection", "features": features}).to_string()).unwrap();
        path.to_string_lossy().into_owned()
    };
    let (first, second) = (file("first.geojson", &["a", "it's ä;\t\\"]), file("second.geojson", &["c"]));
    query("DROP TABLE IF EXISTS of_gdal", MASTER);
    let rows = || {
        query(
            "SELECT name, pop, cartodb_id > 0 AS id, round(ST_Y(the_geom_webmercator)) AS y FROM of_gdal ORDER BY name",
            MASTER,
        )
        .json()["rows"]
            .clone()
    };
    let row = |name: &str, pop: u32| json!({"name": name, "pop": pop, "id": true, "y": 4938869});

    run("ogr2ogr", MASTER, &["-f", "CARTO", "CARTO:demo", &first, "-nln", "of_gdal"]);
    assert_eq!(rows(), json!([row("a", 0), row("it's ä;\t\\", 1000)]));
    run("ogr2ogr", MASTER, &["-f", "CARTO", "-append", "CARTO:demo tables=of_gdal", &second, "-nln", "of_gdal"]);
    assert_eq!(rows(), json!([row("a", 0), row("c", 0), row("it's ä;\t\\", 1000)]));
    // As INSERT, with several of them in one request.
    run(
        "ogr2ogr",
        MASTER,
        &["-f", "CARTO", "-append", "-doo", "COPY_MODE=NO", "CARTO:demo tables=of_gdal", &second, "-nln", "of_gdal"],
    );
    assert_eq!(rows().as_array().map(Vec::len), Some(4));

    let listed = run("ogrinfo", MASTER, &["CARTO:demo"]);
    assert!(listed.contains("of_gdal") && listed.contains("private_places"), "{listed}");
    let public = run("ogrinfo", "", &["CARTO:demo"]);
    assert!(
        public.contains("populated_places") && !public.contains("private_places") && !public.contains("of_gdal"),
        "{public}"
    );
    let read = run("ogrinfo", MASTER, &["-al", "CARTO:demo tables=of_gdal", "-where", "pop = 1000"]);
    for part in [
        "Feature Count: 1",
        "POINT (1",
        "pop (Integer) = 1000",
        "share (Real) = 0.5",
        "day (Date) = 2020/01/02",
        "WGS 84",
    ] {
        assert!(read.contains(part), "{part}: {read}");
    }
    // Without a key the columns are told by a function.
    let read = run("ogrinfo", "", &["-so", "CARTO:demo tables=populated_places", "populated_places"]);
    assert!(read.contains("Feature Count: 5000") && read.contains("name: String"), "{read}");

    run("ogr2ogr", MASTER, &["-f", "CARTO", "-update", "-overwrite", "CARTO:demo", &second, "-nln", "of_gdal"]);
    assert_eq!(rows(), json!([row("c", 0)]));
    run("ogrinfo", MASTER, &["-q", "CARTO:demo tables=of_gdal", "-sql", "DELLAYER:of_gdal"]);
    assert_eq!(query("SELECT 1 FROM of_gdal", MASTER).status, 400);
}

/// A Python with CARTO's package: the one of `CARTO_PYTHON`, or one that is made here.
fn python() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("CARTO_PYTHON") {
        return Some(python.into());
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = directory.join("bin/python");
    let is_made =
        Command::new(&python).args(["-c", "import carto"]).output().is_ok_and(|output| output.status.success());
    if !is_made {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&directory).output();
        made.is_ok_and(|output| output.status.success()).then_some(())?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "carto==1.11.3", "six"];
        let installed = Command::new(&python).args(install).output();
        installed.is_ok_and(|output| output.status.success()).then_some(())?;
    }
    Some(python)
}

#[test]
fn the_package_for_python_runs_sql_copy_and_imports() {
    let Some(python) = python() else {
        eprintln!("\n*** NOT TESTED: the package carto of PyPI cannot be installed here.\n");
        return;
    };
    let server = listening();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/carto_python.py");
    query("DROP TABLE IF EXISTS of_python", MASTER);
    let output = Command::new(python)
        .arg(script)
        .arg(format!("http://{}/user/demo/", server.address))
        .arg(MASTER)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(query("SELECT 1 FROM of_python", MASTER).status, 400);
}
