//! Skips work whose inputs and outputs are as the last run left them. Contents are compared, not dates: git and copies
//! change dates, and the outputs belong to the comparison because several builds write the same files.
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

pub struct Stamp {
    file: PathBuf,
    key: String,
    paths: Vec<PathBuf>,
}

impl Stamp {
    /// `key` holds what else decides: versions, options. `paths` are files and directories, inputs and outputs.
    pub fn new(
        workspace: &Workspace,
        name: &str,
        key: impl Into<String>,
        paths: impl IntoIterator<Item = PathBuf>,
    ) -> Stamp {
        let file = workspace.cache().join("stamps").join(name);
        Stamp { file, key: key.into(), paths: paths.into_iter().collect() }
    }

    pub fn is_current(&self) -> bool {
        let Ok(kept) = fs::read_to_string(&self.file) else {
            return false;
        };
        self.value().is_ok_and(|value| value == kept)
    }

    /// To be called when the work is done.
    pub fn write(&self) -> Result<()> {
        let write = || {
            fs::create_dir_all(self.file.parent().unwrap_or(Path::new(".")))?;
            fs::write(&self.file, self.value()?)
        };
        write().with_context(|| format!("cannot write {}", self.file.display()))
    }

    fn value(&self) -> std::io::Result<String> {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        for path in &self.paths {
            hash_tree(path, &mut hasher)?;
        }
        Ok(format!("{:016x}\n", hasher.finish()))
    }
}

fn hash_tree(path: &Path, hasher: &mut DefaultHasher) -> std::io::Result<()> {
    path.hash(hasher);
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        entries.retain(|entry| !entry.ends_with("node_modules"));
        entries.sort();
        for entry in entries {
            hash_tree(&entry, hasher)?;
        }
    } else {
        // A file that is missing is a state like any other.
        fs::read(path).ok().hash(hasher);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_changed_inputs_and_lost_outputs() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let workspace = Workspace { root: directory.path().to_owned(), target: directory.path().join("target") };
        let pkg = workspace.pkg();
        fs::create_dir_all(pkg.join("types")).expect("creates");
        fs::write(pkg.join("input"), "1").expect("writes");
        fs::write(pkg.join("types/output"), "1").expect("writes");
        let stamp = |key: &str| Stamp::new(&workspace, "test", key, [pkg.clone()]);
        assert!(!stamp("a").is_current());
        stamp("a").write().expect("writes");
        assert!(stamp("a").is_current());
        assert!(!stamp("b").is_current());
        fs::write(pkg.join("input"), "2").expect("writes");
        assert!(!stamp("a").is_current());
        stamp("a").write().expect("writes");
        fs::remove_file(pkg.join("types/output")).expect("removes");
        assert!(!stamp("a").is_current());
    }
}
