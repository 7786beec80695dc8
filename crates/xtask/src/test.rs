//! `test`: formats, lints and all tests. Every step runs, whatever became of the ones before it.
use crate::engine::Engine;
use crate::house::{House, WASM_TARGET};
use crate::process::{Program, Service, TempDir};
use crate::sandbox::{Database, Keys, Profile};
use crate::site::Site;
use crate::toolchain::{Origin, Toolchain};
use crate::wasm::{self, Mode};
use crate::{bench, browser, debian, notices, pack, parity, ports, postgres, sandbox, say, setup, site, size};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

// Longer than any run on two cores, shorter than anybody's patience; the second one includes compiling.
const NODE_TESTS: Duration = Duration::from_secs(20 * 60);
const SERVER_TESTS: Duration = Duration::from_secs(30 * 60);

/// The server's tests that are about its database: roles in one session, SQL that is looked at before it runs, tiles without
/// `ST_AsMVT`, functions of another PostGIS. Imports are not among them: two at once wait for each other there.
const DIFFERING: &[&str] = &[
    "aggregations::",
    "auth::",
    "carto_functions::",
    "commands::",
    "concurrency::",
    "containment::",
    "damage::",
    "demo::",
    "escapes::",
    "leftovers::",
    "lifecycle::",
    "names::",
    "public_schema::",
    "replay::",
    "sql::",
    "sql_formats::",
    "vector::",
];

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Group {
    /// formats, lints, unit tests
    Rust,
    /// both ends of the wire against recordings and databases
    Wire,
    /// the built package in Chromium against the sandbox
    Browser,
    /// the tarball as npm would install it, and its size
    Package,
    /// page scripts under CARTO.js 4.2.2 and under the built package
    Parity,
}

impl Group {
    fn name(self) -> &'static str {
        match self {
            Group::Rust => "rust",
            Group::Wire => "wire",
            Group::Browser => "browser",
            Group::Package => "package",
            Group::Parity => "parity",
        }
    }
}

enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// Runs steps and remembers what became of them.
#[derive(Default)]
struct Report {
    steps: Vec<(String, Outcome, Duration)>,
}

impl Report {
    /// Returns whether the step passed, for those that build on it.
    fn step(&mut self, group: Group, name: &str, work: impl FnOnce() -> Result<()>) -> bool {
        let name = format!("{}: {name}", group.name());
        println!("\n=== {name}");
        let start = Instant::now();
        let result = work();
        let passed = result.is_ok();
        if let Err(error) = result {
            crate::process::wait_if_stopping();
            println!("FAILED {name}: {error:#}");
        }
        self.steps.push((name, if passed { Outcome::Passed } else { Outcome::Failed }, start.elapsed()));
        passed
    }

    fn skip(&mut self, group: Group, name: &str, why: &str) {
        let name = format!("{}: {name}", group.name());
        println!("\n=== {name}\nskipped: {why}");
        self.steps.push((name, Outcome::Skipped, Duration::ZERO));
    }

    fn count(&self, wanted: fn(&Outcome) -> bool) -> usize {
        self.steps.iter().filter(|(_, outcome, _)| wanted(outcome)).count()
    }

    fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed))
    }

    /// The closing line, in a form that programs read too.
    fn summary(&self) -> String {
        let passed = self.count(|outcome| matches!(outcome, Outcome::Passed));
        let skipped = self.count(|outcome| matches!(outcome, Outcome::Skipped));
        let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        format!("{passed} passed, {} failed{skipped}", self.failed())
    }

    fn print(&self, total: Duration) {
        println!("\n=== summary");
        for (name, outcome, time) in &self.steps {
            let word = match outcome {
                Outcome::Passed => "ok",
                Outcome::Failed => "FAILED",
                Outcome::Skipped => "skipped",
            };
            println!("{word:>8}  {:>12}  {name}", say::duration(*time));
        }
        println!("{:>8}  {:>12}  in all", "", say::duration(total));
        println!("{}", self.summary());
    }
}

pub fn run(house: &House, origin: Origin, only: Option<Group>, on_postgres: bool) -> Result<()> {
    let start = Instant::now();
    let toolchain = setup::for_build(house, origin)?;
    let wanted = |group| only.is_none_or(|only| only == group);
    let mut report = Report::default();
    if wanted(Group::Rust) {
        rust(house, &toolchain, &mut report);
    }
    if wanted(Group::Wire) {
        wire(house, &mut report);
    }
    if let Some(group) = [Group::Browser, Group::Package, Group::Parity].into_iter().find(|group| wanted(*group)) {
        let built = report.step(group, "build pkg/", || wasm::build(house, &toolchain, Mode::Release));
        if wanted(Group::Browser) {
            in_browser(house, &mut report, built, on_postgres);
        }
        if wanted(Group::Package) {
            package(house, &mut report, built);
        }
        if wanted(Group::Parity) {
            report.step(Group::Parity, "scenarios", || {
                if !built {
                    bail!("there is no package to compare: the build failed");
                }
                parity::run(house, &parity::Options::default(), false)
            });
            if built {
                report.step(Group::Parity, "scenarios of the core", || {
                    parity::run(house, &parity::Options::of_core(), false)
                });
            }
            report.step(Group::Parity, "numbers in comments", || node_tests(house, "tests/parity", |program| program));
            // Once and without a look at the figures: that it still measures is what counts.
            report.step(Group::Parity, "benchmarks", || {
                node_tests(house, "tests/bench", |program| program)?;
                bench::run(house, &bench::Options::smoke())
            });
        }
    }
    report.print(start.elapsed());
    match report.failed() {
        0 => Ok(()),
        // The closing line has said it all.
        _ => std::process::exit(1),
    }
}

fn rust(house: &House, toolchain: &Toolchain, report: &mut Report) {
    let group = Group::Rust;
    report.step(group, "format", || house.cargo().args(["fmt", "--all", "--check"]).run());
    report.step(group, "clippy", || {
        house.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()
    });
    report.step(group, "clippy for wasm32", || {
        debian::ensure_clippy(toolchain)?;
        let lint = toolchain.cargo(house, &[]).args(["clippy", "-p", "carto-wasm", "--lib", "--target", WASM_TARGET]);
        lint.args(["--", "-D", "warnings"]).run()
    });
    report.step(group, "clippy for wasm32, the core", || {
        let lint = toolchain.cargo(house, &[]).args(["clippy", "-p", "carto-wasm", "--lib", "--target", WASM_TARGET]);
        lint.args(["--no-default-features", "--", "-D", "warnings"]).run()
    });
    report.step(group, "unit tests", || {
        let test = house
            .cargo()
            .args(["test", "-p", "carto", "-p", "maps-api", "-p", "cartocss", "-p", "tiles", "-p", "xtask"]);
        test.args(["--lib", "--bins"]).run()
    });
    report.step(group, "examples in the documentation", || {
        house.cargo().args(["test", "-p", "carto", "-p", "maps-api", "-p", "cartocss", "-p", "tiles", "--doc"]).run()
    });
    for name in integration_tests(house, "carto").into_iter().flatten().filter(|name| name != "wire") {
        report.step(group, &format!("tests/{name}"), || {
            house.cargo().args(["test", "-p", "carto", "--test", &name]).run()
        });
    }
    for crate_name in ["cartocss", "tiles"] {
        if integration_tests(house, crate_name).is_ok_and(|tests| !tests.is_empty()) {
            report.step(group, &format!("tests of {crate_name}"), || {
                house.cargo().args(["test", "-p", crate_name, "--test", "*"]).run()
            });
        }
    }
    report.step(group, "eslint", || {
        house.program("node").args(["node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "."]).run()
    });
}

/// The names of a crate's integration tests, as cargo sees them.
fn integration_tests(house: &House, package: &str) -> Result<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(serde::Deserialize)]
    struct Package {
        name: String,
        targets: Vec<Target>,
    }
    #[derive(serde::Deserialize)]
    struct Target {
        name: String,
        kind: Vec<String>,
    }
    let answer = house.cargo().args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Metadata = serde_json::from_str(&answer)?;
    let package = metadata.packages.into_iter().find(|found| found.name == package);
    let targets = package.map(|package| package.targets).unwrap_or_default();
    Ok(targets
        .into_iter()
        .filter(|target| target.kind.iter().any(|kind| kind == "test"))
        .map(|test| test.name)
        .collect())
}

fn wire(house: &House, report: &mut Report) {
    let group = Group::Wire;
    report.step(group, "recordings through the client", || {
        house.cargo().args(["test", "-p", "carto", "--test", "wire"]).run()
    });
    let sandbox_tests = || house.cargo().args(["test", "-p", "carto-sandbox"]).limit(SERVER_TESTS);
    let server = postgres::installation();
    report.step(group, "sandbox on the embedded database", || {
        // Where the other database has all tests, this one has those of what differs.
        let narrowed: &[&str] = if server.is_some() { &["--test", "server", "--"] } else { &[] };
        let differing = if server.is_some() { DIFFERING } else { &[] };
        sandbox_tests().args(narrowed).args(differing).env_remove("DATABASE_URL").run()
    });
    let name = "sandbox on PostgreSQL";
    match server {
        Some(bin) => {
            report.step(group, name, || {
                let cluster = postgres::Cluster::start(&bin)?;
                sandbox_tests().env("DATABASE_URL", &cluster.url).run()
            });
        }
        None => report.skip(
            group,
            name,
            "PostgreSQL with PostGIS is not installed here (`cargo xtask setup --postgres` does it on Debian as root)",
        ),
    }
}

/// What the browser tests talk to.
struct Stage {
    chromium: PathBuf,
    site: Site,
    server_port: u16,
    // Stopped before its data goes.
    _server: Service,
    _data: TempDir,
    _cluster: Option<postgres::Cluster>,
}

impl Stage {
    fn set_up(house: &House, on_postgres: bool) -> Result<Stage> {
        let chromium = browser::ensure()?;
        let program = sandbox::build(house, Profile::Tests)?;
        let data = TempDir::new()?;
        let server_port = ports::free()?;
        let cluster = on_postgres.then(postgres::Cluster::start_installed).transpose()?;
        let database = cluster.as_ref().map_or(Database::Embedded, |cluster| Database::Server(cluster.url.clone()));
        let server = sandbox::start(house, &program, server_port, data.path(), database, Keys::OfTests)?;
        let site = site::start(house, ports::listen(0, "--port")?, server_port)?;
        Ok(Stage { chromium, site, server_port, _server: server, _data: data, _cluster: cluster })
    }

    /// Tells a program where the site and the server are.
    fn told(&self, program: Program) -> Program {
        let server = format!("http://127.0.0.1:{}", self.server_port);
        program.env("CARTO_PAGE_URL", self.site.url()).env("CARTO_SERVER_URL", server)
    }
}

fn in_browser(house: &House, report: &mut Report, built: bool, on_postgres: bool) {
    let group = Group::Browser;
    let name = "tests/browser";
    if !built {
        report.step(group, name, || bail!("there is no package to test: the build failed"));
        return;
    }
    let mut stage = None;
    report.step(group, "start the sandbox and the site", || {
        stage = Some(Stage::set_up(house, on_postgres)?);
        Ok(())
    });
    if let Some(stage) = stage {
        report.step(group, name, || {
            let reference = parity::reference(house)?;
            node_tests(house, "tests/browser", |program| {
                stage.told(program).env("CARTO_REFERENCE", &reference).env("CHROMIUM", &stage.chromium)
            })
        });
        for engine in Engine::ALL {
            in_engine(house, report, &stage, engine);
        }
    }
}

/// The core of the browser tests in another engine, where that is installed.
fn in_engine(house: &House, report: &mut Report, stage: &Stage, engine: Engine) {
    let group = Group::Browser;
    let name = format!("tests/browser in {}", engine.name());
    match engine.find() {
        Ok(None) => report.skip(group, &name, &engine.missing()),
        found => {
            report.step(group, &name, || {
                let programs = found?.unwrap_or_default();
                node_tests(house, "tests/browser/engines", |program| {
                    let program = stage.told(program).env("CARTO_ENGINE", engine.id());
                    programs.iter().fold(program, |program, (variable, path)| program.env(variable, path))
                })
            });
        }
    }
}

fn package(house: &House, report: &mut Report, built: bool) {
    let group = Group::Package;
    if !built {
        report.step(group, "tests/package", || bail!("there is no package to test: the build failed"));
        return;
    }
    // The rim is checked against the glue, which the build has written.
    report.step(group, "types", || {
        house.program("node").args(["node_modules/typescript/bin/tsc", "-p", "pkg/tsconfig.json"]).run()
    });
    report.step(group, "size", || size::run(house));
    report.step(group, "third-party notices", || notices::run(house, &notices::Options { check: true }));
    report.step(group, "tests/package", || {
        let directory = TempDir::new()?;
        let tarball = pack::pack(house, directory.path())?;
        let chromium = browser::ensure()?;
        node_tests(house, "tests/package", |program| program.env("CARTO_TARBALL", &tarball).env("CHROMIUM", &chromium))
    });
}

/// Runs the *.test.mjs files of a directory under node's test runner.
fn node_tests(house: &House, directory: &str, environment: impl FnOnce(Program) -> Program) -> Result<()> {
    // Node 20 expands no patterns.
    let files = test_files(&house.root.join(directory)).with_context(|| format!("{directory} cannot be read"))?;
    if files.is_empty() {
        bail!("{directory} has no *.test.mjs files");
    }
    let files = files.into_iter().map(|file| format!("{directory}/{file}"));
    let mut program = house.program("node").args(["--test", "--test-reporter=spec"]);
    let known = house.program("node").arg("--help").output()?;
    // A failed test that leaves its browser open would keep the runner waiting; Firefox is driven by WebSocket.
    for flag in ["--test-force-exit", "--experimental-websocket"] {
        // Versions differ in which they know.
        if known.contains(flag) {
            program = program.arg(flag);
        }
    }
    environment(program.args(files)).limit(NODE_TESTS).run()
}

fn test_files(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(directory)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    names.retain(|name| name.ends_with(".test.mjs"));
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_that_differ_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/tests/server");
        for name in DIFFERING.iter().map(|name| name.trim_end_matches(':')) {
            assert!(root.join(format!("{name}.rs")).exists(), "{name}");
        }
    }

    #[test]
    fn the_closing_line_counts_steps() {
        let mut report = Report::default();
        assert!(report.step(Group::Rust, "a", || Ok(())));
        assert_eq!(report.summary(), "1 passed, 0 failed");
        assert!(!report.step(Group::Rust, "b", || bail!("no")));
        report.skip(Group::Wire, "c", "not here");
        assert_eq!(report.summary(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(report.failed(), 1);
    }

    #[test]
    fn finds_test_files_in_order() {
        let directory = tempfile::tempdir().expect("temporary directory");
        for name in ["b.test.mjs", "a.test.mjs", "helper.mjs"] {
            std::fs::write(directory.path().join(name), "").expect("writes");
        }
        assert_eq!(test_files(directory.path()).expect("reads"), ["a.test.mjs", "b.test.mjs"]);
        assert!(test_files(&directory.path().join("missing")).is_err());
    }
}
