//! `test`: formats, lints and all tests. Every step runs, whatever became of the ones before it.
mod single;

use crate::engine::Engine;
use crate::process::{Program, Service, TempDir};
use crate::sandbox::{Database, Keys, Profile};
use crate::site::Site;
use crate::toolchain::{Origin, Toolchain};
use crate::wasm::{self, Mode};
use crate::workspace::{WASM_TARGET, Workspace};
use crate::{bench, browser, console, debian, dist, notices, parity, ports, postgres, sandbox, setup, site, size};
use anyhow::{Context, Result, bail};
use single::Choice;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

// Longer than any run on two cores, shorter than anybody's patience; the second one includes compiling.
const NODE_TESTS: Duration = Duration::from_secs(20 * 60);
const SERVER_TESTS: Duration = Duration::from_secs(30 * 60);

/// The server's tests that are about its database: roles in one session, SQL that is looked at before it runs, tiles without
/// `ST_AsMVT`, functions of another PostGIS.
const DIFFERING: &[&str] = &[
    "accounts::names::",
    "auth_api::api_keys::",
    "auth_api::dataset_changes::",
    "commands::",
    "data::demo::",
    "data::import::",
    "data::import_api::",
    "db::concurrency::",
    "db::damage::",
    "db::functions::",
    "db::leftovers::",
    "lifecycle::",
    "query::aggregation::",
    "replay::",
    "sql_api::formats::",
    "sql_api::statements::",
    "sql_guard::containment::",
    "sql_guard::escapes::",
    "sql_guard::public_schema::",
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

#[derive(clap::Args)]
pub struct Options {
    /// Only one kind
    #[arg(long, value_enum)]
    only: Option<Group>,
    /// With --only browser or package, only this file of tests/browser or tests/package
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    file: Option<String>,
    /// With --only rust or wire, only the Rust tests with this text in their names
    #[arg(long, value_name = "TEXT", conflicts_with = "on_postgres")]
    name: Option<String>,
    /// Run the browser tests on a throw-away PostgreSQL server, in place of the embedded database
    #[arg(long)]
    on_postgres: bool,
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
            println!("{word:>8}  {:>12}  {name}", console::duration(*time));
        }
        println!("{:>8}  {:>12}  in all", "", console::duration(total));
        println!("{}", self.summary());
    }
}

pub fn run(workspace: &Workspace, origin: Origin, options: &Options) -> Result<()> {
    let Options { only, on_postgres, .. } = *options;
    let choice = options.file.as_deref().map(Choice::File).or(options.name.as_deref().map(Choice::Name));
    if let Some(choice) = choice {
        return single::run(workspace, origin, only, choice, on_postgres);
    }
    let start = Instant::now();
    let toolchain = setup::for_build(workspace, origin)?;
    let wanted = |group| only.is_none_or(|only| only == group);
    let mut report = Report::default();
    if wanted(Group::Rust) {
        rust(workspace, &toolchain, &mut report);
    }
    if wanted(Group::Wire) {
        wire(workspace, &mut report);
    }
    if let Some(group) = [Group::Browser, Group::Package, Group::Parity].into_iter().find(|group| wanted(*group)) {
        let built = report.step(group, "build pkg/", || wasm::build(workspace, &toolchain, Mode::Release));
        if wanted(Group::Browser) {
            in_browser(workspace, &mut report, built, on_postgres);
        }
        if wanted(Group::Package) {
            package(workspace, &mut report, built);
        }
        if wanted(Group::Parity) {
            report.step(Group::Parity, "scenarios", || {
                if !built {
                    bail!("there is no package to compare: the build failed");
                }
                parity::run(workspace, &parity::Options::default(), false)
            });
            if built {
                report.step(Group::Parity, "scenarios of the core", || {
                    parity::run(workspace, &parity::Options::of_core(), false)
                });
            }
            report.step(Group::Parity, "numbers in comments", || {
                node_tests(workspace, "tests/parity", |program| program)
            });
            // Once and without a look at the figures: that it still measures is what counts.
            report.step(Group::Parity, "benchmarks", || {
                node_tests(workspace, "tests/bench", |program| program)?;
                bench::run(workspace, &bench::Options::smoke())
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

/// The crates of the group `rust` that others use, and those that are an end. The server has a group of its own.
const LIBRARIES: &[&str] = &["carto", "cartocss", "compact", "maps-api", "tiles", "vector"];
const PROGRAMS: &[&str] = &["xtask"];

/// What cargo is told of packages.
fn packages<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(|name| ["-p", *name])
}

fn rust(workspace: &Workspace, toolchain: &Toolchain, report: &mut Report) {
    let group = Group::Rust;
    report.step(group, "format", || workspace.cargo().args(["fmt", "--all", "--check"]).run());
    report.step(group, "clippy", || {
        workspace.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()
    });
    for (name, package, features) in [
        ("clippy for wasm32", "carto-wasm", &[][..]),
        ("clippy for wasm32, the core", "carto-wasm", &["--no-default-features"]),
        ("clippy for wasm32, vector mode", "vector-wasm", &[]),
        ("clippy for wasm32, what unpacks it", "unpack", &["--features", "pack"]),
    ] {
        report.step(group, name, || {
            debian::ensure_clippy(toolchain)?;
            let lint =
                toolchain.cargo(workspace, &[]).args(["clippy", "-p", package, "--lib", "--target", WASM_TARGET]);
            lint.args(features).args(["--", "-D", "warnings"]).run()
        });
    }
    report.step(group, "unit tests", || {
        workspace.cargo().arg("test").args(packages(LIBRARIES)).args(packages(PROGRAMS)).args(["--lib", "--bins"]).run()
    });
    // Beside others it would have their features, and draw as the server does.
    report.step(group, "unit tests of vector mode", || {
        workspace.cargo().args(["test", "-p", "vector-wasm", "-p", "unpack", "--lib"]).run()
    });
    report.step(group, "examples in the documentation", || {
        workspace.cargo().arg("test").args(packages(LIBRARIES)).arg("--doc").run()
    });
    for name in integration_tests(workspace, "carto").into_iter().flatten().filter(|name| name != "wire") {
        report.step(group, &format!("tests/{name}"), || {
            workspace.cargo().args(["test", "-p", "carto", "--test", &name]).run()
        });
    }
    for crate_name in LIBRARIES.iter().filter(|name| **name != "carto") {
        if integration_tests(workspace, crate_name).is_ok_and(|tests| !tests.is_empty()) {
            report.step(group, &format!("tests of {crate_name}"), || {
                workspace.cargo().args(["test", "-p", crate_name, "--test", "*"]).run()
            });
        }
    }
    report.step(group, "eslint", || {
        workspace.program("node").args(["node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "."]).run()
    });
}

/// The names of a crate's integration tests, as cargo sees them.
fn integration_tests(workspace: &Workspace, package: &str) -> Result<Vec<String>> {
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
    let answer = workspace.cargo().args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Metadata = serde_json::from_str(&answer)?;
    let package = metadata.packages.into_iter().find(|found| found.name == package);
    let targets = package.map(|package| package.targets).unwrap_or_default();
    Ok(targets
        .into_iter()
        .filter(|target| target.kind.iter().any(|kind| kind == "test"))
        .map(|test| test.name)
        .collect())
}

fn wire(workspace: &Workspace, report: &mut Report) {
    let group = Group::Wire;
    report.step(group, "recordings through the client", || {
        workspace.cargo().args(["test", "-p", "carto", "--test", "wire"]).run()
    });
    let sandbox_tests = || workspace.cargo().args(["test", "-p", "carto-sandbox"]).limit(SERVER_TESTS);
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
    sandbox: PathBuf,
    site: Site,
    server_port: u16,
    // Stopped before its data goes.
    _server: Service,
    _data: TempDir,
    _cluster: Option<postgres::Cluster>,
}

impl Stage {
    fn set_up(workspace: &Workspace, on_postgres: bool) -> Result<Stage> {
        let chromium = browser::ensure()?;
        let program = sandbox::build(workspace, Profile::Tests)?;
        let data = TempDir::new()?;
        let server_port = ports::free()?;
        let cluster = on_postgres.then(postgres::Cluster::start_installed).transpose()?;
        let database = cluster.as_ref().map_or(Database::Embedded, |cluster| Database::Server(cluster.url.clone()));
        let start = sandbox::Start {
            port: server_port,
            data: data.path(),
            database,
            keys: Keys::OfTests,
            further: &[],
            ear: None,
        };
        let server = sandbox::start(workspace, &program, start)?;
        let site = site::start(workspace, ports::listen(0, "--port")?, server_port)?;
        Ok(Stage { chromium, sandbox: program, site, server_port, _server: server, _data: data, _cluster: cluster })
    }

    /// Tells a program where the site and the server are.
    fn told(&self, program: Program) -> Program {
        let server = format!("http://127.0.0.1:{}", self.server_port);
        program.env("CARTO_PAGE_URL", self.site.url()).env("CARTO_SERVER_URL", server)
    }
}

fn in_browser(workspace: &Workspace, report: &mut Report, built: bool, on_postgres: bool) {
    let group = Group::Browser;
    let name = "tests/browser";
    if !built {
        report.step(group, name, || bail!("there is no package to test: the build failed"));
        return;
    }
    let mut stage = None;
    report.step(group, "start the sandbox and the site", || {
        stage = Some(Stage::set_up(workspace, on_postgres)?);
        Ok(())
    });
    if let Some(stage) = stage {
        report.step(group, name, || {
            let reference = parity::reference(workspace)?;
            let xtask = std::env::current_exe()?;
            node_tests(workspace, "tests/browser", |program| {
                let program = stage.told(program).env("CARTO_REFERENCE", &reference).env("CHROMIUM", &stage.chromium);
                // Commands that the documentation shows are looked up in the programs.
                program.env("CARTO_SANDBOX", &stage.sandbox).env("CARTO_XTASK", &xtask)
            })
        });
        for engine in Engine::ALL {
            in_engine(workspace, report, &stage, engine);
        }
    }
}

/// The core of the browser tests in another engine, where that is installed.
fn in_engine(workspace: &Workspace, report: &mut Report, stage: &Stage, engine: Engine) {
    let group = Group::Browser;
    let name = format!("tests/browser in {}", engine.name());
    match engine.find() {
        Ok(None) => report.skip(group, &name, &engine.missing()),
        found => {
            report.step(group, &name, || {
                let programs = found?.unwrap_or_default();
                node_tests(workspace, "tests/browser/engines", |program| {
                    let program = stage.told(program).env("CARTO_ENGINE", engine.id());
                    programs.iter().fold(program, |program, (variable, path)| program.env(variable, path))
                })
            });
        }
    }
}

fn package(workspace: &Workspace, report: &mut Report, built: bool) {
    let group = Group::Package;
    if !built {
        report.step(group, "tests/package", || bail!("there is no package to test: the build failed"));
        return;
    }
    // The rim is checked against the glue, which the build has written.
    report.step(group, "types", || {
        workspace.program("node").args(["node_modules/typescript/bin/tsc", "-p", "pkg/tsconfig.json"]).run()
    });
    report.step(group, "size", || size::run(workspace));
    report.step(group, "third-party notices", || notices::run(workspace, &notices::Options { check: true }));
    report.step(group, "tests/package", || {
        let directory = TempDir::new()?;
        let tarball = dist::write(workspace, &dist::Options::quick(directory.path()))?;
        let chromium = browser::ensure()?;
        node_tests(workspace, "tests/package", |program| {
            program.env("CARTO_TARBALL", &tarball).env("CHROMIUM", &chromium)
        })
    });
}

/// Runs the *.test.mjs files of a directory under node's test runner.
fn node_tests(workspace: &Workspace, directory: &str, environment: impl FnOnce(Program) -> Program) -> Result<()> {
    // Node 20 expands no patterns.
    let files = test_files(&workspace.root.join(directory)).with_context(|| format!("{directory} cannot be read"))?;
    if files.is_empty() {
        bail!("{directory} has no *.test.mjs files");
    }
    node_tests_of(workspace, files.into_iter().map(|file| format!("{directory}/{file}")).collect(), environment)
}

/// Runs these files under node's test runner.
fn node_tests_of(
    workspace: &Workspace,
    files: Vec<String>,
    environment: impl FnOnce(Program) -> Program,
) -> Result<()> {
    let mut program = workspace.program("node").args(["--test", "--test-reporter=spec"]);
    let known = workspace.program("node").arg("--help").output()?;
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
            let file = root.join(format!("{}.rs", name.replace("::", "/")));
            assert!(std::fs::read_to_string(file).is_ok_and(|text| text.contains("test]")), "{name}");
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
