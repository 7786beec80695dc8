//! Where things are: the workspace's root, cargo's target directory, the package, the site.
use crate::process::Program;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::PathBuf;

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

#[derive(Clone)]
pub struct Workspace {
    pub root: PathBuf,
    /// Cargo's target directory: CARGO_TARGET_DIR and cargo's configuration are respected.
    pub target: PathBuf,
}

#[derive(serde::Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

impl Workspace {
    pub fn find() -> Result<Workspace> {
        // Set by `cargo run`. Not the directory of compile time: a shared target directory may serve several checkouts.
        let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let answer = Program::new(cargo_program())
            .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
            .dir(here)
            .output()
            .context("cannot ask cargo about the workspace; run this as `cargo xtask …` inside the checkout")?;
        let Metadata { target_directory, workspace_root } = serde_json::from_str(&answer)?;
        Ok(Workspace { root: workspace_root, target: target_directory })
    }

    /// The hand-written npm package, into which the built files go.
    pub fn pkg(&self) -> PathBuf {
        self.root.join("pkg")
    }

    /// What xtask keeps between two runs.
    pub fn cache(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Cargo for code that runs on this machine.
    pub fn cargo(&self) -> Program {
        Program::new(cargo_program()).dir(&self.root)
    }

    pub fn program(&self, name: impl AsRef<std::ffi::OsStr>) -> Program {
        Program::new(name).dir(&self.root)
    }
}

/// The cargo that runs this: with it goes the right compiler.
fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
