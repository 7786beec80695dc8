//! `build`: Rust → wasm → glue → wasm-opt → the bundles of pkg/.
use crate::house::{House, WASM_TARGET};
use crate::process::Program;
use crate::stamp::Stamp;
use crate::toolchain::Toolchain;
use crate::{lto, pins, say};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// what is published
    Release,
    /// quick to build, names kept for stack traces
    Dev,
}

impl Mode {
    fn cargo_profile(self) -> &'static str {
        match self {
            Mode::Release => "wasm",
            Mode::Dev => "dev",
        }
    }

    /// Cargo names one profile's directory differently.
    fn cargo_directory(self) -> &'static str {
        match self {
            Mode::Release => "wasm",
            Mode::Dev => "debug",
        }
    }
}

/// One of the modules that are made from the sources.
struct Module {
    /// Where its glue is, in pkg/.
    glue: &'static str,
    /// What cargo is told of the features.
    features: &'static [&'static str],
}

/// What carto.js and slim.mjs have.
const WHOLE: Module = Module { glue: "glue", features: &[] };
/// What carto.core.js has.
const CORE: Module = Module { glue: "glue-core", features: &["--no-default-features"] };

/// Builds the package; nothing is done twice for the same inputs.
pub fn build(house: &House, toolchain: &Toolchain, mode: Mode) -> Result<()> {
    let start = Instant::now();
    let _lock = lock(house)?;
    // wasm-opt works on one core: meanwhile the other module is compiled.
    thread::scope(|scope| -> Result<()> {
        let whole = make(house, toolchain, &WHOLE, mode)?;
        let whole = scope.spawn(move || optimise(house, &WHOLE, &whole, mode));
        let core = make(house, toolchain, &CORE, mode)?;
        optimise(house, &CORE, &core, mode)?;
        whole.join().unwrap_or_else(|_| bail!("wasm-opt of the whole module was given up"))
    })?;
    bundle(house, mode)?;
    say::step("Built", format!("pkg/ in {}", say::duration(start.elapsed())));
    Ok(())
}

/// Two builds write the same files of pkg/: the second waits for the first.
fn lock(house: &House) -> Result<File> {
    let directory = house.pkg().join("glue");
    fs::create_dir_all(&directory)?;
    let file = File::create(directory.join(".lock"))?;
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        say::note("another build of pkg/ is running, waiting for it");
        file.lock()?;
    }
    Ok(file)
}

/// Compiles a module and writes its glue; gives the module as wasm-bindgen leaves it.
fn make(house: &House, toolchain: &Toolchain, module: &Module, mode: Mode) -> Result<PathBuf> {
    let wasm = compile(house, toolchain, module, mode)?;
    write_glue(house, module, &wasm, mode)
}

fn compile(house: &House, toolchain: &Toolchain, module: &Module, mode: Mode) -> Result<PathBuf> {
    let cargo = || {
        let cargo = toolchain.cargo(house, &remapped_paths(toolchain));
        let cargo = cargo.args(["build", "-p", "carto-wasm", "--lib", "--target", WASM_TARGET]);
        cargo.args(["--profile", mode.cargo_profile()]).args(module.features)
    };
    cargo().run().context("the library does not compile for wasm32; the compiler's messages are above")?;
    if mode == Mode::Release {
        lto::check(cargo(), "carto")?;
    }
    Ok(house.target.join(WASM_TARGET).join(mode.cargo_directory()).join("carto_wasm.wasm"))
}

/// Panic messages name source files: every page would download where this machine keeps them, and so many bytes more.
fn remapped_paths(toolchain: &Toolchain) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    let registries = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    let registries = registries.map(|registry| registry.path());
    // With its sources installed the standard library is named by where they are.
    let sysroot = Program::new(toolchain.rustc()).args(["--print", "sysroot"]).output().unwrap_or_default();
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    registries.chain([library]).map(|path| format!("--remap-path-prefix={}/=", path.display())).collect()
}

fn write_glue(house: &House, module: &Module, wasm: &Path, mode: Mode) -> Result<PathBuf> {
    let glue = &house.pkg().join(module.glue);
    let bound = glue.join("carto_bg.wasm");
    let key = format!("{} {}", pins::WASM_BINDGEN, mode.cargo_profile());
    let outputs = ["carto.js", "carto.d.ts", "carto_bg.wasm"].map(|name| glue.join(name));
    let stamp = Stamp::new(house, module.glue, key, outputs.into_iter().chain([wasm.to_owned()]));
    if stamp.is_current() {
        return Ok(bound);
    }
    say::step("Writing", format!("the glue (wasm-bindgen) to pkg/{}", module.glue));
    fs::create_dir_all(glue)?;
    clear(glue)?;
    let release = mode == Mode::Release;
    Bindgen::new()
        .input_path(wasm)
        .out_name("carto")
        .web(true)?
        .typescript(true)
        // The loaders say where the wasm is; bundlers must not go looking for it.
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .keep_debug(!release)
        .generate(glue)
        .context("wasm-bindgen cannot write the glue")?;
    stamp.write()?;
    Ok(bound)
}

/// Snippets of an earlier build must not be shipped with this one.
fn clear(glue: &Path) -> Result<()> {
    for entry in fs::read_dir(glue)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else if !path.ends_with(".lock") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Measured by what a page downloads (gzip), not by the size of the file: what repeats itself costs little there.
const WASM_OPT: [&str; 5] = [
    "-Oz",
    "--converge",
    // Functions with one caller stay functions unless small: their locals would all need numbers of their own.
    "--one-caller-inline-max-function-size=30",
    // Sharing subexpressions through locals costs more than saying them again.
    "--skip-pass=local-cse",
    // The stack lies below the data, and its last kilobyte is unused: constants go into the offsets of loads.
    "--low-memory-unused",
];

fn optimise(house: &House, module: &Module, from: &Path, mode: Mode) -> Result<()> {
    let to = &house.pkg().join(module.glue).join("carto_small.wasm");
    let tool = house.root.join("node_modules/binaryen/bin/wasm-opt");
    let version = house.root.join("node_modules/binaryen/package.json");
    let key = format!("{} {}", mode.cargo_profile(), WASM_OPT.join(" "));
    let stamp = Stamp::new(house, &["wasm-opt-", module.glue].concat(), key, [from.to_owned(), to.clone(), version]);
    if stamp.is_current() {
        return Ok(());
    }
    if mode == Mode::Dev {
        fs::copy(from, to)?;
        return stamp.write();
    }
    if !tool.exists() {
        bail!("node_modules has no binaryen: run `cargo xtask setup`");
    }
    let before = fs::metadata(from)?.len();
    // Features are read from the module's own target_features section.
    house
        .program("node")
        .arg(&tool)
        .args(WASM_OPT)
        .arg(from)
        .arg("-o")
        .arg(to)
        .run_quietly("wasm-opt -Oz")
        .with_context(|| format!("wasm-opt cannot optimise pkg/{}/carto_bg.wasm", module.glue))?;
    let after = fs::metadata(to)?.len();
    say::step("Optimised", format!("the wasm from {} to {} bytes", say::thousands(before), say::thousands(after)));
    stamp.write()
}

/// pkg/build.mjs bundles the rim, the glue and the wasm, and writes the types.
fn bundle(house: &House, mode: Mode) -> Result<()> {
    let script = house.pkg().join("build.mjs");
    if !script.exists() {
        say::note("pkg/build.mjs does not exist yet, so there are no bundles");
        return Ok(());
    }
    // The whole of pkg/, built files included: whatever differs from the end of the last run is a reason to run.
    let stamp = Stamp::new(
        house,
        "bundle",
        mode.cargo_profile(),
        [house.pkg(), house.root.join("node_modules/.package-lock.json")],
    );
    if stamp.is_current() {
        return Ok(());
    }
    let program = house.program("node").arg("pkg/build.mjs");
    let program = if mode == Mode::Dev { program.arg("--dev") } else { program };
    program.run().context("pkg/build.mjs failed; its messages are above")?;
    stamp.write()
}
