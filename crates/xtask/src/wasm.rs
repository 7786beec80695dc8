//! `build`: Rust → wasm → glue → wasm-opt → the bundles of pkg/.
mod panics;
mod unpacker;

use crate::meter::Ear;
use crate::stamp::Stamp;
use crate::toolchain::{Toolchain, remapped_paths};
use crate::workspace::{WASM_TARGET, Workspace};
use crate::{console, lto, pins};
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
            Mode::Dev => "wasm-dev",
        }
    }
}

/// One of the modules that are made from the sources.
struct Module {
    /// The package that it is compiled from.
    package: &'static str,
    /// One of the libraries that it is linked from.
    library: &'static str,
    /// Where its glue is, in pkg/.
    glue: &'static str,
    /// What cargo is told of the features.
    features: &'static [&'static str],
    /// What wasm-opt is told of this module only.
    passes: &'static [&'static str],
}

/// What carto.js and slim.mjs have.
const WHOLE: Module = Module { package: "carto-wasm", library: "carto", glue: "glue", features: &[], passes: &[] };
/// What carto.core.js has.
const CORE: Module = Module {
    package: "carto-wasm",
    library: "carto",
    glue: "glue-core",
    features: &["--no-default-features"],
    passes: &[],
};
/// What carto.vector.js has.
const VECTOR: Module = Module {
    package: "vector-wasm",
    library: "tiles",
    glue: "glue-vector",
    features: &[],
    // It is packed tighter than by gzip, and there ends of blocks that are alike cost next to nothing.
    passes: &["--skip-pass=code-folding"],
};

/// Whether there is a package to show, be it this version's or an older one's.
pub fn is_built(workspace: &Workspace) -> bool {
    ["carto.js", "carto.core.js", "carto.vector.js", "carto.widgets.js"]
        .iter()
        .all(|name| workspace.pkg().join(name).exists())
}

/// Builds the package; nothing is done twice for the same inputs.
pub fn build(workspace: &Workspace, toolchain: &Toolchain, mode: Mode) -> Result<()> {
    build_heard(workspace, toolchain, mode, None).map(drop)
}

/// The same, and tells whether the package is another one than before.
pub fn build_heard(workspace: &Workspace, toolchain: &Toolchain, mode: Mode, ear: Ear) -> Result<bool> {
    let start = Instant::now();
    let _lock = lock(workspace)?;
    // wasm-opt works on one core: meanwhile the other module is compiled.
    thread::scope(|scope| -> Result<()> {
        let whole = make(workspace, toolchain, &WHOLE, mode, ear)?;
        let whole = scope.spawn(move || optimise(workspace, &WHOLE, &whole, mode));
        for module in [&CORE, &VECTOR] {
            let bound = make(workspace, toolchain, module, mode, ear)?;
            if let (Some(tell), Mode::Release) = (ear, mode) {
                tell("making it smaller".to_owned());
            }
            optimise(workspace, module, &bound, mode)?;
        }
        if mode == Mode::Release {
            unpacker::make(workspace, toolchain, ear)?;
        }
        whole.join().unwrap_or_else(|_| bail!("wasm-opt of the whole module was given up"))
    })?;
    let is_new = bundle(workspace, mode, ear)?;
    console::step("Built", format!("pkg/ in {}", console::duration(start.elapsed())));
    Ok(is_new)
}

/// Bundles what is compiled already, after an edit of scripts. Tells whether the package is another one than before.
pub fn bundle_anew(workspace: &Workspace, mode: Mode, ear: Ear) -> Result<bool> {
    let _lock = lock(workspace)?;
    bundle(workspace, mode, ear)
}

/// Two builds write the same files of pkg/: the second waits for the first.
fn lock(workspace: &Workspace) -> Result<File> {
    let directory = workspace.pkg().join("glue");
    fs::create_dir_all(&directory)?;
    let file = File::create(directory.join(".lock"))?;
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        console::note("another build of pkg/ is running, waiting for it");
        file.lock()?;
    }
    Ok(file)
}

/// Compiles a module and writes its glue; gives the module as wasm-bindgen leaves it.
fn make(workspace: &Workspace, toolchain: &Toolchain, module: &Module, mode: Mode, ear: Ear) -> Result<PathBuf> {
    let wasm = compile(workspace, toolchain, module, mode, ear)?;
    write_glue(workspace, module, &wasm, mode)
}

fn compile(workspace: &Workspace, toolchain: &Toolchain, module: &Module, mode: Mode, ear: Ear) -> Result<PathBuf> {
    let cargo = || {
        let cargo = toolchain.cargo(workspace, &remapped_paths(&toolchain.rustc()));
        let cargo = cargo.args(["build", "-p", module.package, "--lib", "--target", WASM_TARGET]);
        cargo.args(["--profile", mode.cargo_profile()]).args(module.features)
    };
    cargo().run_for(ear).context("the library does not compile for wasm32; the compiler's messages are above")?;
    if mode == Mode::Release {
        lto::check(cargo(), module.library)?;
    }
    let file = format!("{}.wasm", module.package.replace('-', "_"));
    Ok(workspace.target.join(WASM_TARGET).join(mode.cargo_profile()).join(file))
}

fn write_glue(workspace: &Workspace, module: &Module, wasm: &Path, mode: Mode) -> Result<PathBuf> {
    let glue = &workspace.pkg().join(module.glue);
    let bound = glue.join("carto_bg.wasm");
    let key = format!("{} {} {}", pins::WASM_BINDGEN, mode.cargo_profile(), panics::WAY);
    let outputs = ["carto.js", "carto.d.ts", "carto_bg.wasm"].map(|name| glue.join(name));
    let stamp = Stamp::new(workspace, module.glue, key, outputs.into_iter().chain([wasm.to_owned()]));
    if stamp.is_current() {
        return Ok(bound);
    }
    console::step("Writing", format!("the glue (wasm-bindgen) to pkg/{}", module.glue));
    fs::create_dir_all(glue)?;
    clear(glue)?;
    let release = mode == Mode::Release;
    Bindgen::new()
        .input_bytes("carto", read(wasm, module, mode)?)
        .out_name("carto")
        .web(true)?
        .typescript(true)
        // The loaders say where the wasm is; bundlers must not go looking for it.
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .keep_debug(false)
        .generate(glue)
        .context("wasm-bindgen cannot write the glue")?;
    stamp.write()?;
    Ok(bound)
}

/// The module as it was linked; without what panics would say where it is published.
fn read(wasm: &Path, module: &Module, mode: Mode) -> Result<Vec<u8>> {
    let bytes = fs::read(wasm)?;
    if mode == Mode::Dev {
        return Ok(bytes);
    }
    let mut linked = walrus::ModuleConfig::new().strict_validate(false).parse(&bytes)?;
    let taken = panics::silence(&mut linked)?;
    console::step(
        "Silenced",
        format!(
            "{} functions that panic, {} that write values and {} places in pkg/{}",
            taken.panics, taken.formatting, taken.places, module.glue
        ),
    );
    Ok(linked.emit_wasm())
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

fn optimise(workspace: &Workspace, module: &Module, from: &Path, mode: Mode) -> Result<()> {
    let to = &workspace.pkg().join(module.glue).join("carto_small.wasm");
    let version = wasm_opt_version(workspace);
    let key = [&[mode.cargo_profile()], &WASM_OPT[..], module.passes].concat().join(" ");
    let stamp =
        Stamp::new(workspace, &["wasm-opt-", module.glue].concat(), key, [from.to_owned(), to.clone(), version]);
    if stamp.is_current() {
        return Ok(());
    }
    if mode == Mode::Dev {
        fs::copy(from, to)?;
        return stamp.write();
    }
    let before = fs::metadata(from)?.len();
    // Features are read from the module's own target_features section.
    let passes = [&WASM_OPT[..], module.passes].concat();
    run_wasm_opt(workspace, &passes, from, to)
        .with_context(|| format!("wasm-opt cannot optimise pkg/{}/carto_bg.wasm", module.glue))?;
    let after = fs::metadata(to)?.len();
    console::step(
        "Optimised",
        format!("the wasm from {} to {} bytes", console::thousands(before), console::thousands(after)),
    );
    stamp.write()
}

/// What changes when wasm-opt does.
fn wasm_opt_version(workspace: &Workspace) -> PathBuf {
    workspace.root.join("node_modules/binaryen/package.json")
}

fn run_wasm_opt(workspace: &Workspace, passes: &[&str], from: &Path, to: &Path) -> Result<()> {
    let tool = workspace.root.join("node_modules/binaryen/bin/wasm-opt");
    if !tool.exists() {
        bail!("node_modules has no binaryen: run `cargo xtask setup`");
    }
    let program = workspace.program("node").arg(&tool).args(passes).arg(from).arg("-o").arg(to);
    program.run_quietly(&["wasm-opt", passes.first().copied().unwrap_or_default()].join(" "))
}

/// pkg/build.mjs bundles the rim, the glue and the wasm. Tells whether there was something to do.
fn bundle(workspace: &Workspace, mode: Mode, ear: Ear) -> Result<bool> {
    let script = workspace.pkg().join("build.mjs");
    if !script.exists() {
        console::note("pkg/build.mjs does not exist yet, so there are no bundles");
        return Ok(false);
    }
    // The whole of pkg/, built files included: whatever differs from the end of the last run is a reason to run.
    let stamp = Stamp::new(
        workspace,
        "bundle",
        mode.cargo_profile(),
        [workspace.pkg(), workspace.root.join("node_modules/.package-lock.json")],
    );
    if stamp.is_current() {
        return Ok(false);
    }
    let program = workspace.program("node").arg("pkg/build.mjs");
    let program = if mode == Mode::Dev { program.arg("--dev") } else { program };
    program.run_for(ear).context("pkg/build.mjs failed; its messages are above")?;
    stamp.write()?;
    Ok(true)
}
