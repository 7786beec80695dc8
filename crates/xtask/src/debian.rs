//! The fallback where rustup cannot download: Debian ships a recent rustc with the sources of its standard library, but
//! no compiled one for wasm32-unknown-unknown. It is compiled once, into the user's cache.
use crate::apt;
use crate::console;
use crate::process::{self, Program, TempDir};
use crate::toolchain::{Toolchain, has_core};
use crate::workspace::{WASM_TARGET, Workspace};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
const CLIPPY: [&str; 1] = ["rust-web-clippy"];
const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";
const SOURCES: &str = "/usr/lib/rustlib/src/rust";
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";
const VENDORED: &str = "/usr/lib/rustlib/src/rust/library/vendor";
const LINKER: &str = "wasm-ld-19";

/// Whether the fallback exists on this system.
pub fn possible() -> bool {
    is_installed() || (apt::available() && Path::new("/etc/debian_version").exists())
}

fn is_installed() -> bool {
    [CARGO, RUSTC].iter().all(|file| process::is_program(Path::new(file)))
        && Path::new(LIBRARY).exists()
        && process::find(LINKER).is_some()
}

/// The toolchain, when an earlier run has built its standard library.
pub fn ready() -> Result<Option<Toolchain>> {
    if !is_installed() {
        return Ok(None);
    }
    let sysroot = sysroot()?;
    Ok(has_core(&libdir(&sysroot)).then(|| toolchain(&sysroot)))
}

pub fn ensure(workspace: &Workspace) -> Result<Toolchain> {
    if let Some(toolchain) = ready()? {
        return Ok(toolchain);
    }
    if !is_installed() {
        apt::install(&PACKAGES, "compiling to WebAssembly without rustup")?;
    }
    if !is_installed() {
        bail!("Debian's packages {} do not bring {LIBRARY}: use rustup", PACKAGES.join(" "));
    }
    let sysroot = sysroot()?;
    build_std(workspace, &sysroot)?;
    Ok(toolchain(&sysroot))
}

/// Clippy of the same version, which is a package of its own.
pub fn ensure_clippy(toolchain: &Toolchain) -> Result<()> {
    if toolchain.is_debian() && !Path::new("/usr/bin/cargo-clippy").exists() {
        apt::install(&CLIPPY, "linting for WebAssembly without rustup")?;
    }
    Ok(())
}

/// One directory per compiler: a standard library serves only the compiler that made it.
fn sysroot() -> Result<PathBuf> {
    let version = Program::new(RUSTC).arg("-vV").env_remove("RUSTUP_TOOLCHAIN").output()?;
    let field = |name: &str| {
        version.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap_or("unknown").to_owned()
    };
    // A Debian revision changes the compiler without changing its version.
    let built = fs::metadata(RUSTC)?.modified()?.duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let name = format!("{WASM_TARGET}-std-{}-{built}", field("release:"));
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set: set one, the standard library for wasm is kept there")?;
    Ok(cache.join("carto-wasm").join(name))
}

fn libdir(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(WASM_TARGET).join("lib")
}

fn base_env() -> Vec<(&'static str, OsString)> {
    let mut path = OsString::from("/usr/bin:");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    vec![
        // Ahead of rustup's proxies, for the compiler and for clippy.
        ("PATH", path),
        ("RUSTC", RUSTC.into()),
        ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER.into()),
    ]
}

fn toolchain(sysroot: &Path) -> Toolchain {
    let name = sysroot.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let flags = vec![format!("--sysroot={}", sysroot.display())];
    Toolchain::debian(CARGO.into(), base_env(), flags, format!("debian {name}"))
}

fn build_std(workspace: &Workspace, sysroot: &Path) -> Result<()> {
    console::step("Building", "the standard library for wasm32 from Debian's sources, once (about a minute)");
    let work = TempDir::new()?;
    fs::create_dir_all(work.path().join("src"))?;
    fs::write(work.path().join("src/lib.rs"), "")?;
    fs::write(
        work.path().join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n",
    )?;
    if Path::new(VENDORED).exists() {
        // The library's dependencies come with its sources: nothing has to be downloaded.
        fs::create_dir_all(work.path().join(".cargo"))?;
        fs::write(
            work.path().join(".cargo/config.toml"),
            format!("[source.crates-io]\nreplace-with = \"debian\"\n[source.debian]\ndirectory = \"{VENDORED}\"\n"),
        )?;
    }
    // Where the sources were is nothing that a page should download.
    let flags = vec![format!("--remap-path-prefix={SOURCES}/=/")];
    Toolchain::debian(CARGO.into(), base_env(), flags, String::new())
        .cargo(workspace, &[])
        .dir(work.path())
        .args(["build", "--release", "-Z", "build-std=std,panic_abort", "--target", WASM_TARGET])
        // -Z on a stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", work.path().join("target"))
        .run()?;
    // Moved into place as a whole, so that a build that was stopped leaves nothing that looks ready.
    let parent = sysroot.parent().context("the cache has no parent directory")?;
    fs::create_dir_all(parent)?;
    let made = tempfile::Builder::new().prefix("std-").tempdir_in(parent)?;
    let lib = libdir(made.path());
    fs::create_dir_all(&lib)?;
    let built = work.path().join("target").join(WASM_TARGET).join("release/deps");
    for file in fs::read_dir(&built).with_context(|| format!("cargo left nothing in {}", built.display()))? {
        let file = file?;
        let name = file.file_name();
        let text = name.to_string_lossy();
        if text.ends_with(".rlib") && !text.starts_with("libempty-") {
            fs::copy(file.path(), lib.join(&name))?;
        }
    }
    if !has_core(&lib) {
        bail!("the standard library was built, but its files are not where they are expected: {}", built.display());
    }
    fs::rename(made.keep(), sysroot)
        .with_context(|| format!("cannot move the standard library to {}", sysroot.display()))
}
