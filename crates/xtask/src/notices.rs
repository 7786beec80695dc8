//! `notices`: pkg/THIRD-PARTY.md, which names everything of others in the npm package, with the texts that its licences
//! ask for. What is linked is what `cargo tree` tells of carto-wasm for wasm32, without macros, which only run in the compiler.
use crate::house::{House, WASM_TARGET};
use crate::pins;
use crate::say;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Where every MIT licence begins, after its title and the names of those who hold the copyright.
const GRANT: &str = "Permission is hereby granted";
/// Licences beside MIT, and the file of a crate that has the text.
const OTHERS: [(&str, &str); 1] = [("Unicode-3.0", "LICENSE-UNICODE")];

#[derive(clap::Args)]
pub struct Options {
    /// Write nothing, and fail when the file is out of date
    #[arg(long)]
    pub check: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// None for the crates of this workspace.
    source: Option<String>,
    repository: Option<String>,
    authors: Vec<String>,
    manifest_path: PathBuf,
}

pub fn run(house: &House, options: &Options) -> Result<()> {
    let file = house.pkg().join("THIRD-PARTY.md");
    let text = text(house)?;
    if fs::read_to_string(&file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if options.check {
        bail!("pkg/THIRD-PARTY.md is not what Cargo.lock says: run `cargo xtask notices` and commit what changes");
    }
    say::step("Writing", "pkg/THIRD-PARTY.md");
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn text(house: &House) -> Result<String> {
    let tree = house
        .cargo()
        .args(["tree", "--locked", "-p", "carto-wasm", "--target", WASM_TARGET, "-e", "normal,no-proc-macro"])
        .args(["--prefix", "none", "-f", "{p}"])
        .output()
        .context("cargo does not tell what carto-wasm is made of")?;
    let answer = house
        .cargo()
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", WASM_TARGET])
        .output()
        .context("cargo does not tell about the crates")?;
    let Metadata { mut packages } = serde_json::from_str(&answer)?;
    let linked = linked(&tree);
    packages.retain(|package| {
        package.source.is_some() && linked.contains(&(package.name.as_str(), package.version.as_str()))
    });
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    let own = fs::read_to_string(house.root.join("LICENSE-MIT")).context("LICENSE-MIT is missing")?;
    written(&packages, grant(&own).context("LICENSE-MIT is no MIT licence")?)
}

/// The names and versions of `name v1.2.3 (where)` lines.
fn linked(tree: &str) -> BTreeSet<(&str, &str)> {
    let words = tree.lines().map(|line| line.split(' '));
    words.filter_map(|mut words| Some((words.next()?, words.next()?.strip_prefix('v')?))).collect()
}

/// The file, for crates in order of their names; `mit` is the text of that licence.
fn written(packages: &[Package], mit: &str) -> Result<String> {
    let mut table = String::new();
    let mut holders = String::new();
    let mut texts = BTreeMap::from([("MIT", mit.trim_end().to_owned())]);
    for package in packages {
        let Package { name, version, .. } = package;
        let license = package.license.as_deref().with_context(|| format!("{name} names no licence"))?;
        let from = package.repository.as_deref().with_context(|| format!("{name} does not say where it is from"))?;
        writeln!(table, "| {name} | {version} | {license} | {from} |")?;
        for taken in taken(license).with_context(|| format!("{name} is under `{license}`"))? {
            match OTHERS.iter().find(|(other, _)| *other == taken) {
                None => writeln!(holders, "- {name}: {}", copyright(package, mit)?)?,
                Some((other, file)) => {
                    let text = read(&package.manifest_path.with_file_name(file))?;
                    if texts.insert(other, text.trim_end().to_owned()).is_some_and(|before| before != text.trim_end()) {
                        bail!("{name} has another text of {other} than the crates before it");
                    }
                }
            }
        }
    }
    let mut page = format!(
        "# Third-party notices\n\n\
         What is of others in the package carto-wasm: in the WebAssembly module, which is in `carto_bg.wasm` and `carto.js`, and\n\
         in the scripts. carto-wasm itself is under MIT or Apache-2.0. `cargo xtask notices` writes this file.\n\n\
         ## Rust crates\n\n\
         | crate | version | licence | from |\n| --- | --- | --- | --- |\n{table}\n\
         Where a crate leaves the choice, it is taken under MIT.\n\n\
         ## Of the tools\n\n\
         | what | version | licence | from |\n| --- | --- | --- | --- |\n\
         | Rust's standard library, in the module | that of the compiler | MIT OR Apache-2.0, and Unicode-3.0 for tables of letters | https://github.com/rust-lang/rust |\n\
         | the glue of wasm-bindgen, in the scripts | {} | MIT OR Apache-2.0 | https://github.com/wasm-bindgen/wasm-bindgen |\n\n\
         ## Copyright\n\n{holders}\
         - Rust's standard library: The Rust Project Developers (https://thanks.rust-lang.org); tables of letters: Copyright © 1991-2024 Unicode, Inc.\n\
         - the glue of wasm-bindgen: as wasm-bindgen\n",
        pins::WASM_BINDGEN,
    );
    for (name, text) in texts {
        write!(page, "\n## {name}\n\n```text\n{text}\n```\n")?;
    }
    Ok(page)
}

/// The licences that hold for us: of each choice MIT, or the one of `OTHERS` that there is.
fn taken(license: &str) -> Result<Vec<&str>> {
    let known = |name: &&str| *name == "MIT" || OTHERS.iter().any(|(other, _)| other == name);
    license
        .split(" AND ")
        .map(|term| {
            let names = term.trim_matches(['(', ')']).split(" OR ").flat_map(|names| names.split('/')).map(str::trim);
            names
                .filter(known)
                .min_by_key(|name| *name != "MIT")
                .context("pkg/THIRD-PARTY.md cannot bring its text yet")
        })
        .collect()
}

/// Who holds the copyright, by the crate's own licence, or else who wrote it.
fn copyright(package: &Package, mit: &str) -> Result<String> {
    for file in ["LICENSE-MIT", "LICENSE", "LICENSE.md"] {
        let Ok(text) = fs::read_to_string(package.manifest_path.with_file_name(file)) else {
            continue;
        };
        let Some(grant) = grant(&text) else {
            continue;
        };
        if plain(grant) != plain(mit) {
            bail!("{} has an MIT licence in words of its own ({file})", package.name);
        }
        let before = text.lines().take_while(|line| !line.contains(GRANT)).map(str::trim);
        let lines: Vec<_> = before.filter(|line| line.starts_with("Copyright")).collect();
        if !lines.is_empty() {
            return Ok(lines.join("; "));
        }
    }
    let authors: Vec<_> =
        package.authors.iter().map(|author| author.split('<').next().unwrap_or_default().trim()).collect();
    Ok(if authors.is_empty() { "its authors".to_owned() } else { format!("by {}", authors.join(", ")) })
}

fn grant(license: &str) -> Option<&str> {
    license.find(GRANT).and_then(|start| license.get(start..))
}

/// A text without its line breaks and curly quotes.
fn plain(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace(['“', '”'], "\"")
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} is missing", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_choice_one_licence_is_taken() {
        let test = |license, expected: &[&str]| assert_eq!(taken(license).expect("is known"), expected, "{license}");
        test("MIT", &["MIT"]);
        test("Apache-2.0 OR MIT", &["MIT"]);
        test("MIT/Apache-2.0", &["MIT"]);
        test("(MIT OR Apache-2.0) AND Unicode-3.0", &["MIT", "Unicode-3.0"]);
        assert!(taken("GPL-3.0-only").is_err());
        assert!(taken("MIT AND GPL-3.0-only").is_err());
    }

    #[test]
    fn reads_the_tree() {
        let tree = "carto v0.1.0 (/somewhere/crates/carto)\nbytes v1.2.3\nbytes v1.2.3 (*)\n";
        assert_eq!(linked(tree).into_iter().collect::<Vec<_>>(), [("bytes", "1.2.3"), ("carto", "0.1.0")]);
    }

    /// A crate whose files are in a directory of its own.
    fn package(directory: &Path, license: &str) -> Package {
        Package {
            name: "slab".to_owned(),
            version: "1.0.0".to_owned(),
            license: Some(license.to_owned()),
            source: Some("registry".to_owned()),
            repository: Some("https://example.com/slab".to_owned()),
            authors: vec!["Ada <ada@example.com>".to_owned()],
            manifest_path: directory.join("Cargo.toml"),
        }
    }

    #[test]
    fn the_file_names_holders_and_brings_texts() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let mit = "Permission is hereby granted to\nall \"as is\".\n";
        let slab = |license| written(&[package(directory.path(), license)], mit);
        let page = slab("MIT").expect("writes");
        assert!(page.contains("| slab | 1.0.0 | MIT | https://example.com/slab |"), "{page}");
        assert!(page.contains("- slab: by Ada\n"), "{page}");
        assert!(page.contains("## MIT\n\n```text\nPermission"), "{page}");
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("writes");
        write("LICENSE", "Title\n\nCopyright (c) 2020 Ada\n\nPermission is hereby granted to all\n“as is”.\n");
        assert!(slab("MIT").expect("writes").contains("- slab: Copyright (c) 2020 Ada\n"));
        assert!(slab("MIT AND Unicode-3.0").is_err(), "the text is missing");
        write("LICENSE-UNICODE", "UNICODE\n");
        assert!(slab("MIT AND Unicode-3.0").expect("writes").ends_with("## Unicode-3.0\n\n```text\nUNICODE\n```\n"));
        write("LICENSE", "Copyright (c) 2020 Ada\n\nPermission is hereby granted to few.\n");
        assert!(slab("MIT").is_err(), "its words are others");
    }
}
