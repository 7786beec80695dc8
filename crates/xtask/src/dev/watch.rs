//! Which files are watched, and what an edit of each changes.
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Editors write in several steps.
const QUIET: Duration = Duration::from_millis(60);
/// Directories with all that is in them.
const TREES: [&str; 4] = ["src", "crates", "pkg", "www"];

/// What has to be done after an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Pages load the edited file itself.
    Page,
    /// Scripts around the module.
    Scripts,
    /// The module.
    Package,
    Server,
}

/// Gives each change once, for as long as the receiver is there.
pub fn watch(workspace: &Workspace) -> Result<Receiver<Change>> {
    let (sender, events) = mpsc::channel();
    let mut watcher = RecommendedWatcher::new(sender, notify::Config::default()).context("files cannot be watched")?;
    let mut add =
        |path: &Path, mode| watcher.watch(path, mode).with_context(|| format!("{} cannot be watched", path.display()));
    // Cargo.toml and build.rs.
    add(&workspace.root, RecursiveMode::NonRecursive)?;
    for tree in TREES {
        add(&workspace.root.join(tree), RecursiveMode::Recursive)?;
    }
    let (changed, changes) = mpsc::channel();
    let root = workspace.root.clone();
    thread::spawn(move || {
        // It ends with the thread.
        let _watcher = watcher;
        while let Ok(first) = events.recv() {
            let mut found = BTreeSet::new();
            note(&root, first, &mut found);
            while let Ok(further) = events.recv_timeout(QUIET) {
                note(&root, further, &mut found);
            }
            if found.into_iter().any(|change| changed.send(change).is_err()) {
                return;
            }
        }
    });
    Ok(changes)
}

fn note(root: &Path, event: notify::Result<Event>, found: &mut BTreeSet<Change>) {
    // What cannot be told of one file does not keep the others from being seen.
    let Ok(event) = event else { return };
    if matches!(event.kind, EventKind::Access(_)) {
        return;
    }
    for path in &event.paths {
        if let Ok(path) = path.strip_prefix(root) {
            found.extend(changes(path));
        }
    }
}

/// What an edit of a file changes; the path is that below the workspace's root.
fn changes(path: &Path) -> &'static [Change] {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let name = parts.last().copied().unwrap_or_default();
    // Files that editors and programs keep for themselves.
    let is_hidden = parts.iter().any(|part| part.starts_with('.') || *part == "node_modules");
    let is_passing = is_hidden || name.ends_with('~') || name == "4913";
    if is_passing {
        return &[];
    }
    match parts.as_slice() {
        ["Cargo.toml" | "Cargo.lock"] | ["crates", "maps-api", ..] => &[Change::Package, Change::Server],
        ["build.rs"] | ["src", ..] => &[Change::Package],
        ["crates", _, "tests", ..] => &[],
        ["crates", "carto" | "vector" | "vector-wasm", ..] => &[Change::Package],
        // Vector mode draws with what the server draws with.
        ["crates", "cartocss" | "compact" | "tiles", ..] => &[Change::Package, Change::Server],
        ["crates", "sandbox", ..] => &[Change::Server],
        ["pkg", "rim" | "types" | "widgets", ..] => &[Change::Scripts],
        ["pkg", name] if !is_made(name) => &[Change::Scripts],
        // The documentation's build takes a minute, and is a command of its own.
        ["www", "docs", ..] => &[],
        ["www", ..] => &[Change::Page],
        _ => &[],
    }
}

/// Whether the build writes this file of pkg/.
fn is_made(name: &str) -> bool {
    let is_other = name == "CHANGELOG.md" || name.starts_with("LICENSE-") || name.starts_with("glue");
    let is_script = matches!(name.rsplit_once('.'), Some((_, "js" | "mjs" | "wasm"))) && name != "slim.js";
    is_other || (is_script && !matches!(name, "build.mjs" | "guard.mjs" | "pack.mjs" | "shorten.mjs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_what_is_made_of_the_file() {
        for (path, expected) in [
            ("src/layer.rs", &[Change::Package][..]),
            ("crates/carto/src/model/layer.rs", &[Change::Package]),
            ("crates/carto/tests/wire.rs", &[]),
            ("crates/maps-api/src/lib.rs", &[Change::Package, Change::Server]),
            ("crates/sandbox/src/http/route.rs", &[Change::Server]),
            ("crates/tiles/src/draw.rs", &[Change::Package, Change::Server]),
            ("crates/vector/src/hit.rs", &[Change::Package]),
            ("crates/vector/tests/vector/hits.rs", &[]),
            ("crates/sandbox/tests/server/main.rs", &[]),
            // What is there for work is not packed.
            ("crates/unpack/src/module.rs", &[]),
            ("crates/xtask/src/main.rs", &[]),
            ("pkg/rim/layer.ts", &[Change::Scripts]),
            ("pkg/widgets/index.ts", &[Change::Scripts]),
            ("pkg/build.mjs", &[Change::Scripts]),
            ("pkg/slim.js", &[Change::Scripts]),
            ("pkg/carto.core.js", &[]),
            ("pkg/carto_bg.wasm", &[]),
            ("pkg/glue/carto.js", &[]),
            ("www/demo.css", &[Change::Page]),
            ("www/.demo.css.swp", &[]),
            ("www/docs/README.md", &[]),
            ("Cargo.toml", &[Change::Package, Change::Server]),
            ("README.md", &[]),
        ] {
            assert_eq!(changes(Path::new(path)), expected, "{path}");
        }
    }

    /// What git ignores of pkg/ is what the build writes: an edit of it would build for ever.
    #[test]
    fn what_the_build_writes_is_no_edit() {
        let ignored = include_str!("../../../../.gitignore");
        let made = ignored.lines().filter(|line| line.starts_with("/pkg/"));
        let made: Vec<&str> = made.map(|line| line.trim_start_matches('/').trim_end_matches('*')).collect();
        assert!(made.len() > 5, "{made:?}");
        for path in made {
            assert!(changes(Path::new(path)).is_empty(), "{path}");
        }
    }

    #[test]
    fn an_edit_is_seen_and_reading_is_none() {
        let directory = tempfile::tempdir().expect("temporary directory");
        // Systems name the same directory in several ways.
        let root = directory.path().canonicalize().expect("is there");
        let workspace = Workspace { target: root.join("target"), root };
        for tree in TREES {
            std::fs::create_dir(workspace.root.join(tree)).expect("creates");
        }
        let page = workspace.root.join("www/index.html");
        std::fs::write(&page, "1").expect("writes");
        let changes = watch(&workspace).expect("watches");
        std::fs::read(&page).expect("reads");
        std::fs::write(workspace.root.join("src/lib.rs"), "2").expect("writes");
        assert_eq!(changes.recv_timeout(Duration::from_secs(10)), Ok(Change::Package));
        std::fs::write(&page, "2").expect("writes");
        assert_eq!(changes.recv_timeout(Duration::from_secs(10)), Ok(Change::Page));
    }
}
