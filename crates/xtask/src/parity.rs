//! `parity`: the same page scripts under CARTO.js 4.2.2 and under this library.
use crate::workspace::Workspace;
use crate::{browser, console};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What we are compared with. Its own dependencies cannot be installed, and its bundle needs none.
const REFERENCE: &str = "@carto/carto.js@4.2.2";
/// What the registry must send for it.
const INTEGRITY: &str =
    "sha512-RGtVCADoZhecNlD2TwJ7nACqeGrPeYB8DeJW45Ngu6AUN5BIAVzBOofoD+pQpxPmfFT3i0jaC79Lu8/tbUXPYQ==";
/// Longer than all scenarios take on two cores.
const LIMIT: Duration = Duration::from_secs(15 * 60);

#[derive(clap::Args, Default)]
pub struct Options {
    /// Only scenarios with this text in their file or name
    #[arg(long)]
    only: Option<String>,
    /// With carto.core.js, and some scenarios that need no more
    #[arg(long, conflicts_with = "cost")]
    core: bool,
    /// Print what both libraries did
    #[arg(long)]
    show: bool,
    /// Measure what actions cost in requests, bytes and time instead
    #[arg(long, conflicts_with_all = ["only", "show"])]
    cost: bool,
}

impl Options {
    /// The scenarios that the core is tested with.
    pub fn of_core() -> Options {
        Options { core: true, ..Options::default() }
    }
}

/// Runs the scenarios against the built package, and prints the table of rows when `table` is set.
pub fn run(workspace: &Workspace, options: &Options, table: bool) -> Result<()> {
    let chromium = browser::ensure()?;
    let script = if options.cost { "tests/parity/cost.mjs" } else { "tests/parity/run.mjs" };
    let program = workspace.program("node").arg(script).env("CARTO_REFERENCE", reference(workspace)?);
    let mut program = program.env("CHROMIUM", &chromium).limit(LIMIT);
    if options.cost {
        return program.run();
    }
    if let Some(only) = &options.only {
        program = program.args(["--only", only]);
    }
    if options.core {
        program = program.arg("--core");
    }
    if options.show {
        program = program.arg("--show");
    }
    if table && !options.core {
        program = program.arg("--table");
    }
    program.run()
}

#[derive(Deserialize)]
struct Packed {
    filename: String,
    integrity: String,
}

/// The bundle of CARTO.js 4.2.2, fetched once.
pub fn reference(workspace: &Workspace) -> Result<PathBuf> {
    let directory = workspace.cache().join("reference");
    let bundle = directory.join("package/carto.min.js");
    if bundle.exists() {
        return Ok(bundle);
    }
    console::step("Fetching", format!("{REFERENCE}, to compare with"));
    std::fs::create_dir_all(&directory)?;
    let pack = workspace.program("npm").args(["pack", REFERENCE, "--json", "--loglevel=error", "--pack-destination"]);
    let answer = pack.arg(&directory).output().with_context(|| format!("npm cannot fetch {REFERENCE}"))?;
    unpack(workspace, &directory, &answer)?;
    if !bundle.exists() {
        bail!("{REFERENCE} has no carto.min.js");
    }
    Ok(bundle)
}

fn unpack(workspace: &Workspace, directory: &Path, answer: &str) -> Result<()> {
    let packed: Vec<Packed> = serde_json::from_str(answer).context("npm pack printed something else than JSON")?;
    let packed = packed.first().context("npm pack packed nothing")?;
    if packed.integrity != INTEGRITY {
        bail!("the registry sent another {REFERENCE} than the one that this suite was written against");
    }
    let tarball = directory.join(&packed.filename);
    workspace.program("tar").arg("-xzf").arg(&tarball).arg("-C").arg(directory).run_quietly("tar")?;
    std::fs::remove_file(&tarball).with_context(|| format!("cannot remove {}", tarball.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_tarball_is_refused() {
        let workspace = Workspace { root: ".".into(), target: "target".into() };
        let answer = r#"[{"filename": "carto-carto.js-4.2.2.tgz", "integrity": "sha512-AAAA"}]"#;
        let refused = unpack(&workspace, Path::new("."), answer).expect_err("another sum");
        assert!(refused.to_string().contains("another @carto/carto.js@4.2.2"), "{refused}");
    }
}
