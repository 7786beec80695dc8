//! What of others is in the server's program: a table of crates, and the texts of licences that they bring.
use crate::notices::{Package, packages};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How the files of a crate begin that are to go along with it.
const PAPERS: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

pub fn text(workspace: &Workspace, host: &str) -> Result<String> {
    written(&packages(workspace, "carto-sandbox", host)?)
}

fn written(packages: &[Package]) -> Result<String> {
    let mut table = String::new();
    // Many crates bring the same text.
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let Package { name, version, .. } = package;
        let license = package.license.as_deref().unwrap_or("see its text below");
        writeln!(
            table,
            "| {name} | {version} | {license} | {} |",
            package.repository.as_deref().unwrap_or("crates.io")
        )?;
        let directory = package.manifest_path.parent().context("a manifest is in no directory")?;
        for paper in papers(directory)? {
            let of = texts.entry(paper.trim().replace("\r\n", "\n")).or_default();
            let crate_name = format!("{name} {version}");
            if !of.contains(&crate_name) {
                of.push(crate_name);
            }
        }
    }
    let mut page = format!(
        "# Third-party notices of the server\n\n\
         What is of others in the program carto-sandbox, which itself is under MIT or Apache-2.0. `cargo xtask dist` writes this\n\
         file.\n\n\
         | crate | version | licence | from |\n| --- | --- | --- | --- |\n{table}\n\
         Rust's standard library is under MIT or Apache-2.0. SQLite, which libsqlite3-sys brings, is in the public domain.\n"
    );
    for (text, of) in texts {
        // A text may have a fence of its own.
        write!(page, "\n## {}\n\n~~~~~text\n{text}\n~~~~~\n", of.join(", "))?;
    }
    Ok(page)
}

/// The texts in a crate's directory, in order of their names.
fn papers(directory: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(directory).with_context(|| format!("{} cannot be read", directory.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        file.is_file() && PAPERS.iter().any(|start| name.starts_with(start))
    });
    files.sort();
    Ok(files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_there_once_with_all_who_bring_it() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let package = |name: &str| {
            let place = directory.path().join(name);
            fs::create_dir_all(&place).expect("creates");
            fs::write(place.join("LICENSE-MIT"), "the same text\r\n").expect("writes");
            fs::write(place.join("README"), "no licence").expect("writes");
            Package {
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                license: Some("MIT".to_owned()),
                source: Some("registry".to_owned()),
                repository: None,
                authors: Vec::new(),
                manifest_path: place.join("Cargo.toml"),
            }
        };
        let page = written(&[package("one"), package("two")]).expect("writes");
        assert!(page.contains("| one | 1.0.0 | MIT | crates.io |\n| two |"), "{page}");
        assert!(page.ends_with("\n## one 1.0.0, two 1.0.0\n\n~~~~~text\nthe same text\n~~~~~\n"), "{page}");
        assert!(!page.contains("no licence"), "{page}");
    }
}
