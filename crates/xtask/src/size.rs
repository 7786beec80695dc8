//! `size`: how many bytes a page downloads, and the budget for them.
use crate::console;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// The bytes of one shipped file.
#[derive(Debug, PartialEq, Eq)]
pub struct Sizes {
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// What pkg/size-budget.json allows a file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    raw: Option<u64>,
    gzip: Option<u64>,
    brotli: Option<u64>,
}

type Budget = BTreeMap<String, Limits>;

#[derive(Deserialize)]
struct Package {
    files: Vec<String>,
}

/// Prints the table of the built package; an error when a file is above its budget.
pub fn run(workspace: &Workspace) -> Result<()> {
    let pkg = workspace.pkg();
    let package: Package = read_json(&pkg.join("package.json"))?;
    let budget: Budget = read_json(&pkg.join("size-budget.json"))?;
    let mut names = Vec::new();
    let missing: Vec<_> = package.files.iter().filter_map(|entry| list(&pkg, entry, &mut names).err()).collect();
    let sizes = names.iter().map(|name| measure(&pkg, name)).collect::<Result<Vec<_>>>()?;
    print!("{}", table(&sizes));
    if let Some(error) = missing.into_iter().next() {
        return Err(error);
    }
    let broken = over(&sizes, &budget);
    if !broken.is_empty() {
        bail!("{}: make it smaller, or raise the budget in pkg/size-budget.json and say why", broken.join("; "));
    }
    Ok(())
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("{} is missing", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))
}

/// The files of one entry of "files", which may be a directory.
fn list(pkg: &Path, entry: &str, names: &mut Vec<String>) -> Result<()> {
    let path = pkg.join(entry);
    if path.is_dir() {
        let mut inside: Vec<String> = fs::read_dir(&path)?
            .map(|file| Ok(format!("{}/{}", entry.trim_end_matches('/'), file?.file_name().to_string_lossy())))
            .collect::<Result<_>>()?;
        inside.sort();
        return inside.iter().try_for_each(|file| list(pkg, file, names));
    }
    if !path.exists() {
        bail!("pkg/{entry} is named in \"files\" of pkg/package.json but was not built: correct the one or the other");
    }
    names.push(entry.to_owned());
    Ok(())
}

fn measure(pkg: &Path, name: &str) -> Result<Sizes> {
    let bytes = fs::read(pkg.join(name)).with_context(|| format!("cannot read pkg/{name}"))?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&bytes)?;
    let gzip = gzip.finish()?;
    let mut brotli = Vec::new();
    let best =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut brotli, &best)?;
    Ok(Sizes { name: name.to_owned(), raw: bytes.len() as u64, gzip: gzip.len() as u64, brotli: brotli.len() as u64 })
}

fn table(sizes: &[Sizes]) -> String {
    let width = sizes.iter().map(|file| file.name.len()).max().unwrap_or(0).max("file".len());
    let mut text = format!("{:width$}  {:>11}  {:>11}  {:>11}\n", "file", "raw", "gzip -9", "brotli 11");
    for file in sizes {
        let [raw, gzip, brotli] = [file.raw, file.gzip, file.brotli].map(console::thousands);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:width$}  {raw:>11}  {gzip:>11}  {brotli:>11}", file.name);
    }
    text
}

/// One sentence part for each broken limit, and for each limit of a file that is not shipped.
fn over(sizes: &[Sizes], budget: &Budget) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, limits) in budget {
        let Some(file) = sizes.iter().find(|file| file.name == *name) else {
            broken.push(format!("{name} has a budget but is not shipped"));
            continue;
        };
        let kinds =
            [("raw", file.raw, limits.raw), ("gzip", file.gzip, limits.gzip), ("brotli", file.brotli, limits.brotli)];
        for (kind, is, limit) in kinds {
            if let Some(limit) = limit.filter(|limit| is > *limit) {
                let (is, limit) = (console::thousands(is), console::thousands(limit));
                broken.push(format!("{name} has {is} bytes ({kind}), the budget is {limit}"));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, raw: u64, gzip: u64, brotli: u64) -> Sizes {
        Sizes { name: name.to_owned(), raw, gzip, brotli }
    }

    #[test]
    fn the_table_lines_up() {
        let text = table(&[file("carto.js", 1_234_567, 70_000, 61_000), file("types/a.d.ts", 12, 30, 16)]);
        assert_eq!(
            text,
            "file                  raw      gzip -9    brotli 11\n\
             carto.js        1,234,567       70,000       61,000\n\
             types/a.d.ts           12           30           16\n"
        );
    }

    #[test]
    fn only_what_is_above_its_limit_is_reported() {
        let budget: Budget =
            serde_json::from_str(r#"{"carto.js": {"gzip": 70000, "raw": 200000}, "gone.js": {"raw": 1}}"#)
                .expect("JSON");
        let broken = over(&[file("carto.js", 200_000, 70_001, 1), file("free.js", 9_000_000, 1, 1)], &budget);
        assert_eq!(
            broken,
            ["carto.js has 70,001 bytes (gzip), the budget is 70,000", "gone.js has a budget but is not shipped"]
        );
        assert!(serde_json::from_str::<Budget>(r#"{"carto.js": {"gz": 70000}}"#).is_err());
    }

    #[test]
    fn measures_files_and_directories() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let pkg = directory.path();
        fs::create_dir_all(pkg.join("types")).expect("creates");
        fs::write(pkg.join("types/a.d.ts"), "a".repeat(10_000)).expect("writes");
        let mut names = Vec::new();
        list(pkg, "types/", &mut names).expect("lists");
        assert_eq!(names, ["types/a.d.ts"]);
        let sizes = measure(pkg, &names[0]).expect("measures");
        assert_eq!(sizes.raw, 10_000);
        assert!(sizes.gzip < 100 && sizes.brotli < 100, "{sizes:?}");
        assert!(list(pkg, "missing.js", &mut names).is_err());
    }
}
