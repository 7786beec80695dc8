//! Sums by which others see that a file is the one that was made: of all files, and of scripts in the form of a page's tag.
use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// As `sha256sum --check` reads it.
pub const FILE: &str = "SHA256SUMS";

/// Writes the sums of all files of a directory.
pub fn write(directory: &Path) -> Result<()> {
    let names = fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
    names.retain(|name| name != FILE);
    names.sort();
    let mut text = String::new();
    for name in names {
        let content = fs::read(directory.join(&name)).with_context(|| format!("{name} cannot be read"))?;
        writeln!(text, "{}  {name}", hexadecimal(&Sha256::digest(content)))?;
    }
    fs::write(directory.join(FILE), text).with_context(|| format!("{FILE} cannot be written"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The values of the attribute `integrity`, of those scripts that are there.
pub fn integrity(directory: &Path, scripts: &[&str]) -> Result<String> {
    let mut values = Map::new();
    for name in scripts.iter().filter(|name| directory.join(name).exists()) {
        values.insert((*name).to_owned(), Value::String(value(&fs::read(directory.join(name))?)));
    }
    Ok(format!("{:#}\n", Value::Object(values)))
}

fn value(script: &[u8]) -> String {
    format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(script)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_other_programs() {
        let directory = tempfile::tempdir().expect("temporary directory");
        fs::write(directory.path().join("b"), "").expect("writes");
        fs::write(directory.path().join("a"), "abc").expect("writes");
        for _ in 0..2 {
            write(directory.path()).expect("writes");
            assert_eq!(
                fs::read_to_string(directory.path().join(FILE)).expect("reads"),
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n\
                 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"
            );
        }
        assert_eq!(
            integrity(directory.path(), &["b", "missing"]).expect("reads"),
            "{\n  \"b\": \"sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb\"\n}\n"
        );
    }
}
