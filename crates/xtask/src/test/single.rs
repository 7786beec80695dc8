//! One test file, or Rust tests by name: what somebody runs over and over while working on it.
use super::{Group, LIBRARIES, PROGRAMS, Stage, integration_tests, node_tests_of, packages, test_files};
use crate::process::Program;
use crate::toolchain::{Origin, Toolchain};
use crate::wasm::{self, Mode};
use crate::workspace::Workspace;
use crate::{browser, console, dist, parity, postgres, setup};
use anyhow::{Context, Result, bail};

/// What is run of a group.
pub enum Choice<'a> {
    /// A file of the group's directory.
    File(&'a str),
    /// Rust tests with this text in their names.
    Name(&'a str),
}

pub fn run(
    workspace: &Workspace,
    origin: Origin,
    only: Option<Group>,
    choice: Choice,
    on_postgres: bool,
) -> Result<()> {
    match (only, choice) {
        (Some(group @ (Group::Browser | Group::Package)), Choice::File(name)) => {
            let toolchain = setup::for_build(workspace, origin)?;
            file(workspace, &toolchain, group, name, on_postgres)
        }
        (Some(group @ (Group::Rust | Group::Wire)), Choice::Name(name)) => named(workspace, group, name),
        (_, Choice::File(_)) => {
            bail!("--file names a file of a group with such files: add --only browser or --only package")
        }
        (_, Choice::Name(_)) => bail!("--name names Rust tests: add --only rust or --only wire"),
    }
}

fn file(workspace: &Workspace, toolchain: &Toolchain, group: Group, name: &str, on_postgres: bool) -> Result<()> {
    let directory = if group == Group::Browser { "tests/browser" } else { "tests/package" };
    // Before the build: a typing error should not take a minute to be told.
    let files = test_files(&workspace.root.join(directory)).with_context(|| format!("{directory} cannot be read"))?;
    let file = find(&files, name)
        .with_context(|| format!("{directory} has no {name}.test.mjs; there are {}", short(&files).join(", ")))?;
    wasm::build(workspace, toolchain, Mode::Release)?;
    let files = vec![format!("{directory}/{file}")];
    if group == Group::Browser {
        let stage = Stage::set_up(workspace, on_postgres)?;
        let reference = parity::reference(workspace)?;
        return node_tests_of(workspace, files, |program| {
            stage.told(program).env("CARTO_REFERENCE", &reference).env("CHROMIUM", &stage.chromium)
        });
    }
    let place = crate::process::TempDir::new()?;
    let tarball = dist::write(workspace, &dist::Options::quick(place.path()))?;
    let chromium = browser::ensure()?;
    node_tests_of(workspace, files, |program| program.env("CARTO_TARBALL", &tarball).env("CHROMIUM", &chromium))
}

/// The file that `name` means, with or without its ending.
fn find<'a>(files: &'a [String], name: &str) -> Option<&'a String> {
    let name = short_name(name.rsplit(['/', '\\']).next().unwrap_or(name));
    files.iter().find(|file| short_name(file) == name)
}

fn short(files: &[String]) -> Vec<&str> {
    files.iter().map(|file| short_name(file)).collect()
}

fn short_name(file: &str) -> &str {
    file.strip_suffix(".test.mjs").unwrap_or(file)
}

/// The server's tests run on PostgreSQL where it is installed: it is the quicker of the two databases.
fn named(workspace: &Workspace, group: Group, name: &str) -> Result<()> {
    let cargo =
        |names: &[&str], targets: &[&str]| workspace.cargo().arg("test").args(packages(names)).args(targets).arg(name);
    if group == Group::Wire {
        let cluster = postgres::installation().map(|bin| postgres::Cluster::start(&bin)).transpose()?;
        let server = || {
            let program = cargo(&["carto-sandbox"], &["--lib", "--bins", "--tests"]);
            match &cluster {
                Some(cluster) => program.env("DATABASE_URL", &cluster.url),
                None => program.env_remove("DATABASE_URL"),
            }
        };
        return run_all(name, &[&|| cargo(&["carto"], &["--test", "wire"]), &server]);
    }
    let mut targets = vec!["--lib".to_owned(), "--bins".to_owned()];
    for package in LIBRARIES {
        let tests = integration_tests(workspace, package)?;
        // Of the other group.
        targets.extend(tests.into_iter().filter(|test| test != "wire").flat_map(|test| ["--test".to_owned(), test]));
    }
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let together = || cargo(&[LIBRARIES, PROGRAMS].concat(), &targets);
    run_all(name, &[&together, &|| cargo(&["vector-wasm", "unpack"], &["--lib"])])
}

/// Each program is asked which tests it has before it runs them. None at all is an error: cargo would call it a success.
fn run_all(name: &str, programs: &[&dyn Fn() -> Program]) -> Result<()> {
    let mut count = 0;
    for program in programs {
        let tests = tests(&program().args(["--", "--list", "--format", "terse"]).output_beside_messages()?);
        if tests > 0 {
            program().run()?;
        }
        count += tests;
    }
    if count == 0 {
        bail!("no Rust test of this group has \"{name}\" in its name");
    }
    console::step("Passed", format!("{count} tests with \"{name}\" in their names"));
    Ok(())
}

/// The number of `name: test` lines.
fn tests(list: &str) -> usize {
    list.lines().filter(|line| line.ends_with(": test")).count()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_is_found_by_its_short_name_and_by_its_path() {
        let files = ["demo.test.mjs".to_owned(), "keys.test.mjs".to_owned()];
        for name in ["keys", "keys.test.mjs", "tests/browser/keys.test.mjs"] {
            assert_eq!(super::find(&files, name).map(String::as_str), Some("keys.test.mjs"), "{name}");
        }
        assert!(super::find(&files, "key").is_none());
    }

    #[test]
    fn counts_the_tests_of_a_list() {
        assert_eq!(super::tests("a::b: test\nc: test\nd: benchmark\n\n0 tests, 0 benchmarks\n"), 2);
    }
}
