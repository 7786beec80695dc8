//! How the crate is built: nothing of JavaScript is in it, and no files need each other.
#![allow(clippy::expect_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The text of each module of `src` by its path, without its tests.
fn modules() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    let module = |file: &PathBuf| {
        let path = file.strip_prefix(&root).expect("below src").with_extension("");
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let parts: Vec<_> = parts.into_iter().filter(|part| part != "mod" && part != "lib").collect();
        let text = fs::read_to_string(file).expect("a file");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (parts.join("::"), text)
    };
    found.iter().map(module).filter(|(name, _)| !name.ends_with("tests")).collect()
}

/// The paths in what a `use` line says: `a::{b, c::{d}}` is `a::b` and `a::c::d`.
fn spread(before: &str, said: &str, paths: &mut Vec<String>) {
    let Some((head, rest)) = said.split_once('{') else {
        paths.push(format!("{before}{}", said.trim()));
        return;
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let mut depth = 0;
    for part in inner.split(|char| {
        depth += i32::from(char == '{') - i32::from(char == '}');
        char == ',' && depth == 0
    }) {
        if !part.trim().is_empty() {
            spread(&format!("{before}{}", head.trim()), part.trim(), paths);
        }
    }
}

/// The paths that begin with `crate::`, `super::` or `self::` outside of `use` lines: up to the first name of an item.
fn inline(text: &str, paths: &mut Vec<String>) {
    let of_path = |char: char| char.is_alphanumeric() || char == '_' || char == ':';
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let found = line.split(|char| !of_path(char)).map(|word| word.trim_end_matches(':'));
        paths.extend(found.filter(|word| !word.starts_with(':') && word.contains("::")).map(str::to_owned));
    }
}

/// The modules that a module uses.
fn used(name: &str, text: &str, known: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut paths = Vec::new();
    for line in text.split(';') {
        let line = line.trim_start();
        // What is re-exported is used, too.
        let said = line.rsplit_once("\nuse ").or_else(|| line.rsplit_once("\npub use ")).map(|(_, said)| said);
        let said = said.or_else(|| line.strip_prefix("use ")).or_else(|| line.strip_prefix("pub use "));
        if let Some(said) = said {
            spread("", said, &mut paths);
        }
    }
    inline(text, &mut paths);
    let mut found = BTreeSet::new();
    for path in paths {
        let mut base: Vec<&str> = name.split("::").filter(|part| !part.is_empty()).collect();
        let mut parts = path.split("::").peekable();
        match parts.peek().copied() {
            Some("crate") => {
                parts.next();
                base.clear();
            }
            Some("super" | "self") => {
                while let Some(step @ ("super" | "self")) = parts.peek().copied() {
                    if step == "super" {
                        base.pop();
                    }
                    parts.next();
                }
            }
            _ => continue,
        }
        base.extend(parts);
        // The longest module that the path begins with.
        while !base.is_empty() && !known.contains_key(&base.join("::")) {
            base.pop();
        }
        let module = base.join("::");
        if !module.is_empty() && module != name {
            found.insert(module);
        }
    }
    found
}

#[test]
fn no_files_need_each_other() {
    let modules = modules();
    assert!(modules.len() > 30, "{} modules", modules.len());
    let mut reached: BTreeMap<&str, BTreeSet<String>> =
        modules.iter().map(|(name, text)| (name.as_str(), used(name, text, &modules))).collect();
    assert!(reached.get("model::client").is_some_and(|used| used.contains("model::layer")), "the lines are read");
    // Whatever is used by what is used, until nothing is new.
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        for name in modules.keys() {
            let direct = reached.get(name.as_str()).cloned().unwrap_or_default();
            let further = direct.iter().filter_map(|other| reached.get(other.as_str()).cloned()).flatten().collect();
            let all: BTreeSet<String> = direct.union(&further).cloned().collect();
            reached.insert(name, all);
        }
        if reached.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    let in_rings: Vec<&str> =
        reached.iter().filter(|(name, reached)| reached.contains(**name)).map(|(name, _)| *name).collect();
    assert!(in_rings.is_empty(), "files that need each other: {in_rings:?}");
}

#[test]
fn nothing_of_javascript_is_here() {
    for (name, text) in modules() {
        for word in ["wasm_bindgen", "js_sys", "web_sys", "gloo", "JsValue", "target_arch"] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}
