//! A Rust toolchain that compiles for wasm32: the one at hand, rustup's, or Debian's (debian.rs).
use crate::console;
use crate::debian;
use crate::process::{self, Program};
use crate::workspace::{WASM_TARGET, Workspace};
use anyhow::{Context, Result, bail};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Where the wasm32 target is taken from.
#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Origin {
    /// what is there, else rustup, else Debian's packages
    #[default]
    Auto,
    /// the toolchain at hand, the target added by rustup
    Rustup,
    /// Debian's rustc-web with a standard library built from its sources
    Debian,
}

/// How to call cargo for wasm32.
pub struct Toolchain {
    cargo: Option<PathBuf>,
    env: Vec<(&'static str, OsString)>,
    remove: &'static [&'static str],
    rustflags: Vec<String>,
    /// Part of the stamps: another toolchain builds another file.
    pub name: String,
}

impl Toolchain {
    fn native() -> Toolchain {
        Toolchain { cargo: None, env: Vec::new(), remove: &[], rustflags: Vec::new(), name: "native".to_owned() }
    }

    pub fn debian(
        cargo: PathBuf,
        env: Vec<(&'static str, OsString)>,
        rustflags: Vec<String>,
        name: String,
    ) -> Toolchain {
        let remove = &["CARGO", "RUSTUP_TOOLCHAIN", "RUSTUP_HOME"];
        Toolchain { cargo: Some(cargo), env, remove, rustflags, name }
    }

    pub fn is_debian(&self) -> bool {
        self.cargo.is_some()
    }

    /// The compiler, for questions about it.
    pub fn rustc(&self) -> OsString {
        let set = self.env.iter().find(|(name, _)| *name == "RUSTC").map(|(_, value)| value.clone());
        set.or_else(|| std::env::var_os("RUSTC")).unwrap_or_else(|| "rustc".into())
    }

    /// Cargo, to be called with --target: then the flags do not reach build scripts and macros.
    pub fn cargo(&self, workspace: &Workspace, rustflags: &[String]) -> Program {
        let mut program = match &self.cargo {
            Some(cargo) => workspace.program(cargo),
            None => workspace.cargo(),
        };
        for name in self.remove {
            program = program.env_remove(name);
        }
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        let users = std::env::var("RUSTFLAGS").unwrap_or_default();
        let flags = users.split_whitespace().map(str::to_owned);
        let flags: Vec<String> = flags.chain(self.rustflags.iter().cloned()).chain(rustflags.iter().cloned()).collect();
        if flags.is_empty() { program } else { program.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")) }
    }
}

/// Flags against the names of source files in panic messages: everybody would download where this machine keeps them, and so
/// many bytes more.
pub fn remapped_paths(rustc: &OsStr) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    let registries = std::fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    let registries = registries.map(|registry| registry.path());
    // With its sources installed the standard library is named by where they are.
    let sysroot = Program::new(rustc).args(["--print", "sysroot"]).output().unwrap_or_default();
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    registries.chain([library]).map(|path| format!("--remap-path-prefix={}/=", path.display())).collect()
}

/// Finds a toolchain for wasm32, or installs one.
pub fn ensure(workspace: &Workspace, origin: Origin) -> Result<Toolchain> {
    match origin {
        Origin::Auto => {
            if native_has_target() {
                return Ok(Toolchain::native());
            }
            if let Some(toolchain) = debian::ready()? {
                return Ok(toolchain);
            }
            let Err(error) = add_with_rustup(workspace) else {
                return Ok(Toolchain::native());
            };
            if !debian::possible() {
                bail!("{error:#}; then run this again");
            }
            console::note(format!("{error:#}; falling back on Debian's packages"));
            debian::ensure(workspace)
        }
        Origin::Rustup => {
            if !native_has_target() {
                add_with_rustup(workspace)?;
            }
            Ok(Toolchain::native())
        }
        Origin::Debian => debian::ensure(workspace),
    }
}

/// Adds the target with rustup; the error says what to do by hand.
fn add_with_rustup(workspace: &Workspace) -> Result<()> {
    if process::find("rustup").is_none() {
        bail!(
            "this Rust toolchain lacks the target {WASM_TARGET} and rustup is not on PATH: install rustup, or your \
             distribution's package with that target"
        );
    }
    workspace
        .program("rustup")
        .args(["target", "add", WASM_TARGET])
        // A network that says no says so at once; more tries are more silent minutes.
        .env("RUSTUP_MAX_RETRIES", "1")
        .run_quietly(&format!("rustup target add {WASM_TARGET}"))
        .with_context(|| {
            format!(
                "rustup could not add the target {WASM_TARGET}: run `rustup target add {WASM_TARGET}` with a network"
            )
        })?;
    if !native_has_target() {
        bail!("rustup added {WASM_TARGET} to another toolchain than this one: run `rustup show` and compare");
    }
    Ok(())
}

fn native_has_target() -> bool {
    let answer =
        Program::new(Toolchain::native().rustc()).args(["--print", "target-libdir", "--target", WASM_TARGET]).output();
    answer.is_ok_and(|libdir| has_core(Path::new(libdir.trim())))
}

/// Whether a target's library directory holds a standard library.
pub fn has_core(libdir: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(libdir) else {
        return false;
    };
    files.flatten().any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_there_when_its_core_is() {
        let directory = tempfile::tempdir().expect("temporary directory");
        assert!(!has_core(directory.path()));
        std::fs::write(directory.path().join("libcore-0123.rmeta"), "").expect("writes");
        assert!(!has_core(directory.path()));
        std::fs::write(directory.path().join("libcore-0123.rlib"), "").expect("writes");
        assert!(has_core(directory.path()));
        assert!(!has_core(&directory.path().join("missing")));
    }
}
