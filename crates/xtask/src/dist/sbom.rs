//! Bills of materials (CycloneDX) by cargo-cyclonedx, of the WebAssembly module and of the server.
use super::context;
use crate::process::{self, Program, TempDir};
use crate::workspace::{WASM_TARGET, Workspace};
use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use std::env::consts::EXE_SUFFIX;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The version that is installed where there is none.
const VERSION: &str = "0.5.9";
/// What cargo-cyclonedx is told to call the files.
const NAME: &str = "sbom";

/// Writes both into a directory.
pub fn write(workspace: &Workspace, out: &Path, version: &str, host: &str) -> Result<()> {
    let program = ensure(workspace)?;
    // It writes beside each Cargo.toml: into a copy.
    let copy = TempDir::new()?;
    let archive = copy.path().join("files.tar.gz");
    context::write(&workspace.root, &archive)?;
    // Systems name the same directory in several ways, and these are taken out of the files.
    let root = copy.path().canonicalize()?.join("files");
    tar::Archive::new(GzDecoder::new(File::open(&archive)?)).unpack(&root)?;
    for (name, directory, target) in [("carto-wasm", "", WASM_TARGET), ("carto-sandbox", "crates/sandbox", host)] {
        let manifest = root.join(directory).join("Cargo.toml");
        let ask =
            Program::new(&program).args(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--no-build-deps"]);
        let ask =
            ask.args(["--override-filename", NAME, "--target", target, "--manifest-path"]).arg(&manifest).dir(&root);
        // Of the release, not of the minute.
        let ask = ask.env("SOURCE_DATE_EPOCH", date(workspace)?);
        ask.run_quietly(&format!("cargo cyclonedx for {name}"))?;
        let text = fs::read_to_string(root.join(directory).join(format!("{NAME}.json")))
            .with_context(|| format!("cargo-cyclonedx has written nothing about {name}"))?;
        fs::write(out.join(format!("{name}-{version}.cdx.json")), without(&text, &root))?;
    }
    Ok(())
}

/// The program, which is installed beside the other things that xtask keeps where it is not on PATH.
fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let name = format!("cargo-cyclonedx{EXE_SUFFIX}");
    if let Some(path) = process::find(&name) {
        return Ok(path);
    }
    let root = workspace.cache().join("tools");
    let path = root.join("bin").join(&name);
    if !path.exists() {
        let install = workspace.cargo().args(["install", "--locked", "--version", VERSION, "--root"]).arg(&root);
        install
            .arg("cargo-cyclonedx")
            .run()
            .context("cargo-cyclonedx cannot be installed; --no-sbom does without it")?;
    }
    Ok(path)
}

/// The date of the commit, in seconds.
fn date(workspace: &Workspace) -> Result<String> {
    let date = workspace.program("git").args(["log", "-1", "--format=%ct"]).output();
    Ok(date.context("git does not tell the commit's date")?.trim().to_owned())
}

/// The text without the directory of this machine.
fn without(text: &str, root: &Path) -> String {
    text.replace(&format!("{}/", root.display()), "").replace(&root.display().to_string(), "")
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_directory_of_this_machine_is_told() {
        let text =
            r#"{"bom-ref": "path+file:///tmp/x/files/crates/tiles#0.1.0", "other": "path+file:///tmp/x/files#0.1.0"}"#;
        let expected = r#"{"bom-ref": "path+file://crates/tiles#0.1.0", "other": "path+file://#0.1.0"}"#;
        assert_eq!(super::without(text, "/tmp/x/files".as_ref()), expected);
    }
}
