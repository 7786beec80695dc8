//! `notices`: pkg/THIRD-PARTY.md, which names everything of others in the npm package, with the texts that its licences
//! ask for. What is linked is what `cargo tree` tells of carto-wasm for wasm32, without macros, which only run in the compiler;
//! what the widgets bring along is what pkg/bundled.json says, which their build holds to.
use crate::console;
use crate::pins;
use crate::workspace::{WASM_TARGET, Workspace};
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

/// Where the licences of packages of npm begin, after their title and holders.
const STARTS: [(&str, &str); 2] =
    [("BSD-3-Clause", "Redistribution and use"), ("ISC", "Permission to use, copy, modify")];

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

/// A crate, as cargo tells of it.
#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    /// None for the crates of this workspace.
    pub source: Option<String>,
    pub repository: Option<String>,
    pub authors: Vec<String>,
    pub manifest_path: PathBuf,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let file = workspace.pkg().join("THIRD-PARTY.md");
    let text = text(workspace)?;
    if fs::read_to_string(&file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if options.check {
        bail!("pkg/THIRD-PARTY.md is not what Cargo.lock says: run `cargo xtask notices` and commit what changes");
    }
    console::step("Writing", "pkg/THIRD-PARTY.md");
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn text(workspace: &Workspace) -> Result<String> {
    let packages = packages(workspace, "carto-wasm", WASM_TARGET)?;
    let own = fs::read_to_string(workspace.root.join("LICENSE-MIT")).context("LICENSE-MIT is missing")?;
    let names: Vec<String> = serde_json::from_str(&read(&workspace.pkg().join("bundled.json"))?)?;
    let scripts = names.iter().map(|name| Script::read(&workspace.root.join("node_modules"), name));
    let scripts = scripts.collect::<Result<Vec<_>>>().context("run `npm ci` first")?;
    written(&packages, &scripts, grant(&own).context("LICENSE-MIT is no MIT licence")?)
}

/// The crates of others that one of ours links for a target, in order of their names.
pub fn packages(workspace: &Workspace, of: &str, target: &str) -> Result<Vec<Package>> {
    let tree = workspace
        .cargo()
        .args(["tree", "--locked", "-p", of, "--target", target, "-e", "normal,no-proc-macro"])
        .args(["--prefix", "none", "-f", "{p}"])
        .output()
        .with_context(|| format!("cargo does not tell what {of} is made of"))?;
    let answer = workspace
        .cargo()
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target])
        .output()
        .context("cargo does not tell about the crates")?;
    let Metadata { mut packages } = serde_json::from_str(&answer)?;
    let linked = linked(&tree);
    packages.retain(|package| {
        package.source.is_some() && linked.contains(&(package.name.as_str(), package.version.as_str()))
    });
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    Ok(packages)
}

/// A package of npm that the widgets have inside.
struct Script {
    name: String,
    version: String,
    license: String,
    from: String,
    holders: String,
    /// The licence without its title and holders.
    text: String,
}

#[derive(Deserialize)]
struct Manifest {
    version: String,
    license: String,
    repository: Repository,
}

#[derive(Deserialize)]
struct Repository {
    url: String,
}

impl Script {
    fn read(node_modules: &Path, name: &str) -> Result<Script> {
        let directory = node_modules.join(name);
        let Manifest { version, license, repository } =
            serde_json::from_str(&read(&directory.join("package.json"))?)
                .with_context(|| format!("package.json of {name} is not as expected"))?;
        let words = read(&directory.join("LICENSE"))?;
        let holders = words.lines().filter(|line| line.starts_with("Copyright")).collect::<Vec<_>>().join("; ");
        let (_, start) = STARTS
            .iter()
            .find(|(known, _)| *known == license)
            .with_context(|| format!("{name} is under `{license}`, which the notices do not know yet"))?;
        let text = words.find(start).and_then(|at| words.get(at..)).map(|text| text.trim_end().to_owned());
        let text = text.with_context(|| format!("{name} has another text of {license}"))?;
        let from = repository.url.trim_start_matches("git+").trim_end_matches(".git").to_owned();
        Ok(Script { name: name.to_owned(), version, license, from, holders, text })
    }
}

/// The names and versions of `name v1.2.3 (where)` lines.
fn linked(tree: &str) -> BTreeSet<(&str, &str)> {
    let words = tree.lines().map(|line| line.split(' '));
    words.filter_map(|mut words| Some((words.next()?, words.next()?.strip_prefix('v')?))).collect()
}

/// The file, for crates in order of their names; `mit` is the text of that licence.
fn written(packages: &[Package], scripts: &[Script], mit: &str) -> Result<String> {
    let mut table = String::new();
    let mut holders = String::new();
    let mut inside = String::new();
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
    for Script { name, version, license, from, holders: by, text } in scripts {
        writeln!(inside, "| {name} | {version} | {license} | {from} |")?;
        writeln!(holders, "- {name}: {by}")?;
        if texts.insert(license, text.clone()).is_some_and(|before| plain(&before) != plain(text)) {
            bail!("{name} has another text of {license} than the packages before it");
        }
    }
    let mut page = format!(
        "# Third-party notices\n\n\
         What is of others in the package carto-wasm: in the WebAssembly module, which is in `carto_bg.wasm` and `carto.js`, and\n\
         in the scripts. carto-wasm itself is under MIT or Apache-2.0. `cargo xtask notices` writes this file.\n\n\
         ## Rust crates\n\n\
         | crate | version | licence | from |\n| --- | --- | --- | --- |\n{table}\n\
         Where a crate leaves the choice, it is taken under MIT.\n\n\
         ## In the widgets\n\n\
         | package of npm | version | licence | from |\n| --- | --- | --- | --- |\n{inside}\n\
         They are in `carto.widgets.js` and `carto.widgets.mjs` only.\n\n\
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
        let slab = |license| written(&[package(directory.path(), license)], &[], mit);
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

    #[test]
    fn a_package_of_npm_is_named_with_its_licence() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let home = directory.path().join("ticks");
        fs::create_dir(&home).expect("creates");
        let write = |name: &str, text: &str| fs::write(home.join(name), text).expect("writes");
        let manifest = |license: &str| {
            format!(
                r#"{{"version": "3.0.0", "license": "{license}", "repository": {{"url": "git+https://example.com/ticks.git"}}}}"#
            )
        };
        write("package.json", &manifest("ISC"));
        write("LICENSE", "Copyright 2010 Ada\n\nPermission to use, copy, modify it.\n");
        let page = || written(&[], &[Script::read(directory.path(), "ticks")?], "Permission is hereby granted\n");
        let text = page().expect("writes");
        assert!(text.contains("| ticks | 3.0.0 | ISC | https://example.com/ticks |"), "{text}");
        assert!(text.contains("- ticks: Copyright 2010 Ada\n"), "{text}");
        assert!(text.contains("## ISC\n\n```text\nPermission to use, copy, modify it.\n```"), "{text}");
        write("package.json", &manifest("GPL-3.0-only"));
        assert!(page().is_err(), "it is not known");
    }
}
