//! Whether link-time optimisation is on. `lto = "fat"` in a profile does not say so: beside a second type of crate cargo
//! leaves it out without a word. Where it is on, the libraries below are compiled to LLVM's bitcode and to nothing else.
use crate::process::Program;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    filenames: Vec<String>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// An error when a library that the module is linked from was compiled for linking as it is; `build` is the command that
/// has built the module.
pub fn check(build: Program, library: &str) -> Result<()> {
    let said = build.args(["--quiet", "--message-format=json"]).output()?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let artifact = messages
        .filter(|message| message.reason == "compiler-artifact")
        .find(|message| message.target.as_ref().is_some_and(|target| target.name == library));
    let files = artifact.map(|message| message.filenames).unwrap_or_default();
    let file = files.iter().find(|file| file.ends_with(".rlib"));
    let file = file.with_context(|| format!("cargo does not say where it has put the library {library}"))?;
    if !is_bitcode(&fs::read(file)?) {
        bail!(
            "the module is built without link-time optimisation, and a fifth larger for it: is there a second crate-type \
             in Cargo.toml, or no lto in [profile.wasm]?"
        );
    }
    Ok(())
}

/// Whether all objects of a library are bitcode.
fn is_bitcode(archive: &[u8]) -> bool {
    let objects: Vec<_> = members(archive).filter(|member| !member.is_table && !member.is_metadata()).collect();
    !objects.is_empty() && objects.iter().all(|member| member.content.starts_with(b"BC\xC0\xDE"))
}

/// A file within an archive.
struct Member<'a> {
    /// A table of names or symbols, which is part of the archive.
    is_table: bool,
    content: &'a [u8],
}

impl Member<'_> {
    /// What rustc keeps for itself, wrapped in an object without code.
    fn is_metadata(&self) -> bool {
        self.content.starts_with(b"\0asm") && self.content.windows(6).take(64).any(|word| word == b".rmeta")
    }
}

/// The members of an archive as GNU's `ar` writes them: 60 bytes of header with the size in decimal digits, and the content,
/// filled up to an even length.
fn members(archive: &[u8]) -> impl Iterator<Item = Member<'_>> {
    let mut rest = archive.strip_prefix(b"!<arch>\n").unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, behind) = rest.split_at_checked(60)?;
        let size: usize = std::str::from_utf8(head.get(48..58)?).ok()?.trim().parse().ok()?;
        let content = behind.get(..size)?;
        rest = behind.get(size + size % 2..).unwrap_or_default();
        Some(Member { is_table: head.starts_with(b"/ ") || head.starts_with(b"// "), content })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(contents: &[&[u8]]) -> Vec<u8> {
        let mut archive = b"!<arch>\n".to_vec();
        for (number, content) in contents.iter().enumerate() {
            let name = if number == 0 { "/".to_owned() } else { format!("{number}.o/") };
            archive.extend(format!("{name:<16}{:<32}{:<10}`\n", "", content.len()).as_bytes());
            archive.extend_from_slice(content);
            archive.extend(vec![b'\n'; content.len() % 2]);
        }
        archive
    }

    #[test]
    fn bitcode_is_told_from_code() {
        let metadata = b"\0asm\x01\0\0\0\0\x10\x06.rmeta...";
        assert!(is_bitcode(&archive(&[b"symbols", metadata, b"BC\xC0\xDE5"])));
        assert!(!is_bitcode(&archive(&[b"symbols", metadata, b"BC\xC0\xDE5", b"\0asm\x01"])));
        assert!(!is_bitcode(&archive(&[b"symbols", metadata])));
        assert!(!is_bitcode(b"no archive"));
    }
}
