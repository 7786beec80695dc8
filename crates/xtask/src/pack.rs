//! `pack`: the tarball that `npm publish` would send.
use crate::console;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Packed {
    filename: String,
    files: Vec<PackedFile>,
}

#[derive(Deserialize)]
struct PackedFile {
    path: String,
    size: u64,
}

/// Packs the built pkg/ into `directory`, prints the contents and returns the tarball's path.
pub fn pack(workspace: &Workspace, directory: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(directory)?;
    let answer = workspace
        .program("npm")
        .args(["pack", "--json", "--loglevel=error", "--pack-destination"])
        .arg(directory)
        .dir(workspace.pkg())
        .output()
        .context("npm cannot pack pkg/")?;
    let packed = first(&answer)?;
    for file in &packed.files {
        println!("{:>11}  {}", console::thousands(file.size), file.path);
    }
    let tarball = directory.join(&packed.filename);
    println!("{}", tarball.display());
    Ok(tarball)
}

fn first(answer: &str) -> Result<Packed> {
    let packed: Vec<Packed> = serde_json::from_str(answer).context("npm pack printed something else than JSON")?;
    packed.into_iter().next().context("npm pack packed nothing")
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_npms_answer() {
        let answer = r#"[{"filename": "carto-wasm-0.1.0.tgz", "size": 9, "files": [{"path": "carto.js", "size": 7, "mode": 420}]}]"#;
        let packed = super::first(answer).expect("reads");
        assert_eq!((packed.filename.as_str(), packed.files[0].size), ("carto-wasm-0.1.0.tgz", 7));
        assert!(super::first("[]").is_err());
    }
}
