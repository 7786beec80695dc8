//! The generator of the glue and the crate it serves must be of one version. The generator is linked into this program,
//! so its version is fixed in Cargo.lock; the test below holds every manifest to it.

/// The version of wasm-bindgen and of wasm-bindgen-cli-support.
pub const WASM_BINDGEN: &str = "0.2.130";

#[cfg(test)]
mod tests {
    use super::WASM_BINDGEN;
    use std::path::Path;

    fn read(path: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        std::fs::read_to_string(root.join(path)).expect("the file is in the checkout")
    }

    fn locked<'a>(lock: &'a str, name: &str) -> Vec<&'a str> {
        let wanted = format!("name = \"{name}\"");
        let packages = lock.split("[[package]]").filter(|package| package.lines().any(|line| line == wanted));
        packages
            .filter_map(|package| package.lines().find_map(|line| line.strip_prefix("version = ")))
            .map(|version| version.trim_matches('"'))
            .collect()
    }

    #[test]
    fn one_version_of_wasm_bindgen() {
        let lock = read("Cargo.lock");
        for name in ["wasm-bindgen", "wasm-bindgen-cli-support", "wasm-bindgen-shared"] {
            assert_eq!(locked(&lock, name), [WASM_BINDGEN], "{name} in Cargo.lock");
        }
        let exact = format!("\"={WASM_BINDGEN}\"");
        for (manifest, name) in
            [("Cargo.toml", "wasm-bindgen"), ("crates/xtask/Cargo.toml", "wasm-bindgen-cli-support")]
        {
            let text = read(manifest);
            let line = text.lines().find(|line| line.starts_with(&format!("{name} = "))).expect("is a dependency");
            assert!(line.contains(&exact), "{manifest} must pin {name} to ={WASM_BINDGEN}: {line}");
        }
    }

    #[test]
    fn one_version_of_crates_and_package() {
        let package: serde_json::Value = serde_json::from_str(&read("pkg/package.json")).expect("is JSON");
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"), "pkg/package.json and Cargo.toml");
    }

    #[test]
    fn lock_files_name_no_host_but_the_standard_index() {
        let index = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        for line in read("Cargo.lock").lines().filter(|line| line.contains("://")) {
            assert_eq!(line, index);
        }
        let resolved = read("package-lock.json").lines().filter(|line| line.contains("\"resolved\"")).count();
        assert_eq!(resolved, 0, "package-lock.json names download addresses: install with the root's .npmrc in force");
    }
}
