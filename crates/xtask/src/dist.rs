//! `dist`: all files of a release in one directory, with what others need to check them.
mod context;
mod notices;
mod sbom;
mod sums;

use crate::process::Program;
use crate::toolchain::{Origin, remapped_paths};
use crate::wasm::{self, Mode};
use crate::workspace::Workspace;
use crate::{console, pack, setup};
use anyhow::{Context, Result, bail};
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};

/// Scripts that pages load by a tag, where they are built.
const SCRIPTS: [&str; 3] = ["carto.js", "carto.core.js", "carto.widgets.js"];

#[derive(clap::Args)]
pub struct Options {
    /// Where the files go; a directory that is empty or of an earlier run
    #[arg(long, default_value = "dist")]
    out: PathBuf,
    /// Leave out the server's program
    #[arg(long)]
    no_server: bool,
    /// Leave out the bills of materials, and so do without cargo-cyclonedx
    #[arg(long)]
    no_sbom: bool,
}

impl Options {
    /// What is there within seconds after a build of the package.
    pub fn quick(out: &Path) -> Options {
        Options { out: out.to_owned(), no_server: true, no_sbom: true }
    }
}

/// Builds everything, and writes the files.
pub fn run(workspace: &Workspace, origin: Origin, options: &Options) -> Result<()> {
    wasm::build(workspace, &setup::for_build(workspace, origin)?, Mode::Release)?;
    write(workspace, options).map(drop)
}

/// Writes the files beside the built package, and gives the path of npm's tarball.
pub fn write(workspace: &Workspace, options: &Options) -> Result<PathBuf> {
    let out = &std::path::absolute(&options.out)?;
    clear(out)?;
    let version = version(workspace)?;
    let tarball = pack::pack(workspace, out)?;
    let integrity = sums::integrity(&workspace.pkg(), &SCRIPTS)?;
    fs::write(out.join("integrity.json"), integrity)?;
    fs::copy(workspace.pkg().join("THIRD-PARTY.md"), out.join("THIRD-PARTY.md"))?;
    let context = out.join(format!("carto-sandbox-{version}-container.tar.gz"));
    context::write(&workspace.root, &context)?;
    let host = host(workspace)?;
    if !options.no_server {
        let program = server(workspace, &host)?;
        fs::copy(program, out.join(format!("carto-sandbox-{version}-{host}{EXE_SUFFIX}")))
            .context("the server's program cannot be copied")?;
        fs::write(out.join("THIRD-PARTY-server.md"), notices::text(workspace, &host)?)?;
    }
    if !options.no_sbom {
        sbom::write(workspace, out, &version, &host)?;
    }
    sums::write(out)?;
    console::step("Wrote", out.display().to_string());
    Ok(tarball)
}

/// Files of an earlier run must not go out with this one, and nobody's own may be lost.
fn clear(out: &Path) -> Result<()> {
    if out.join(sums::FILE).exists() {
        fs::remove_dir_all(out)?;
    } else if fs::read_dir(out).is_ok_and(|mut files| files.next().is_some()) {
        bail!("{} has files that are not of an earlier `dist`: choose another directory with --out", out.display());
    }
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))
}

fn version(workspace: &Workspace) -> Result<String> {
    #[derive(serde::Deserialize)]
    struct Manifest {
        version: String,
    }
    let text = fs::read_to_string(workspace.pkg().join("package.json"))?;
    Ok(serde_json::from_str::<Manifest>(&text)?.version)
}

/// What the compiler calls this machine.
fn host(workspace: &Workspace) -> Result<String> {
    let told = workspace.program(rustc()).arg("-vV").output()?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("the compiler does not say what this machine is")
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// Compiles the server without the paths of this machine.
fn server(workspace: &Workspace, host: &str) -> Result<PathBuf> {
    let flags = remapped_paths(&rustc()).join("\x1f");
    // With the target named, flags do not reach what runs while compiling.
    let cargo: Program =
        workspace.cargo().args(["build", "--locked", "--release", "-p", "carto-sandbox", "--target", host]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags).run().context("the server does not compile")?;
    Ok(workspace.target.join(host).join("release").join(format!("carto-sandbox{EXE_SUFFIX}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_directory_of_its_own_is_cleared() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let out = directory.path().join("dist");
        clear(&out).expect("makes it");
        fs::write(out.join("mine"), "1").expect("writes");
        assert!(clear(&out).is_err());
        fs::write(out.join(sums::FILE), "").expect("writes");
        clear(&out).expect("clears it");
        assert!(!out.join("mine").exists());
    }
}
