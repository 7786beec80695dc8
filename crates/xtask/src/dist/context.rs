//! What `docker build` needs, as one archive: the Dockerfile and what .dockerignore lets it copy.
use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// Writes the archive; the same files give the same bytes.
pub fn write(root: &Path, to: &Path) -> Result<()> {
    let ignored = fs::read_to_string(root.join(".dockerignore")).context(".dockerignore cannot be read")?;
    let mut files = vec![PathBuf::from(".dockerignore"), PathBuf::from("Dockerfile")];
    for name in copied(&ignored) {
        add(root, Path::new(name), &mut files).with_context(|| format!("{name} cannot be read"))?;
    }
    files.sort();
    let mut archive = Builder::new(GzEncoder::new(File::create(to)?, Compression::best()));
    for file in files {
        let content = fs::read(root.join(&file)).with_context(|| format!("{} cannot be read", file.display()))?;
        // Nobody's names, rights and dates.
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(u64::try_from(content.len())?);
        archive.append_data(&mut header, &file, content.as_slice())?;
    }
    archive.into_inner()?.finish().context("the container's files cannot be written")?;
    Ok(())
}

/// The paths that a file names as exceptions from ignoring everything.
fn copied(ignored: &str) -> impl Iterator<Item = &str> {
    ignored.lines().filter_map(|line| line.trim().strip_prefix('!'))
}

/// A file, or all files below a directory.
fn add(root: &Path, path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !root.join(path).is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(root.join(path))? {
        let name = entry?.file_name();
        // What editors and systems leave behind.
        if !name.to_string_lossy().starts_with('.') {
            add(root, &path.join(name), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;

    #[test]
    fn has_the_files_that_are_copied_and_the_same_bytes_each_time() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let root = directory.path();
        fs::create_dir_all(root.join("src/inner")).expect("creates");
        for name in ["Dockerfile", "Cargo.toml", "secret", "src/lib.rs", "src/inner/a.rs", "src/.swp"] {
            fs::write(root.join(name), name).expect("writes");
        }
        fs::write(root.join(".dockerignore"), "# all\n*\n!Cargo.toml\n!src\n").expect("writes");
        write(root, &root.join("1.tar.gz")).expect("writes");
        write(root, &root.join("2.tar.gz")).expect("writes");
        let content = fs::read(root.join("1.tar.gz")).expect("reads");
        assert_eq!(content, fs::read(root.join("2.tar.gz")).expect("reads"));
        let mut archive = tar::Archive::new(GzDecoder::new(content.as_slice()));
        let entries = archive.entries().expect("is an archive");
        let names: Vec<_> =
            entries.map(|entry| entry.expect("reads").path().expect("has a name").into_owned()).collect();
        let expected = [".dockerignore", "Cargo.toml", "Dockerfile", "src/inner/a.rs", "src/lib.rs"].map(PathBuf::from);
        assert_eq!(names, expected);
    }
}
