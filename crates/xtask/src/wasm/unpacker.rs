//! The module that unpacks another one, and the one that packs it: `crates/unpack`, which has no glue.
use super::{Mode, run_wasm_opt, wasm_opt_version};
use crate::console;
use crate::meter::Ear;
use crate::stamp::Stamp;
use crate::toolchain::{Toolchain, remapped_paths};
use crate::workspace::{WASM_TARGET, Workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// All browsers that the package is for have it.
const VECTORS: &str = "-Ctarget-feature=+simd128";
/// For speed: by "-Oz" it is a few bytes larger, too.
const WASM_OPT: [&str; 3] = ["-O3", "--strip-producers", "--strip-target-features"];

/// Writes both beside the module that they are for; `write_glue` of that clears the directory.
pub fn make(workspace: &Workspace, toolchain: &Toolchain, ear: Ear) -> Result<()> {
    let directory = workspace.pkg().join(super::VECTOR.glue);
    let built = compile(workspace, toolchain, &[], ear)?;
    optimise(workspace, &built, &directory.join("unpack.wasm"))?;
    let built = compile(workspace, toolchain, &["--features", "pack"], ear)?;
    optimise(workspace, &built, &directory.join("pack.wasm"))
}

fn compile(workspace: &Workspace, toolchain: &Toolchain, features: &[&str], ear: Ear) -> Result<PathBuf> {
    let flags: Vec<String> = remapped_paths(&toolchain.rustc()).into_iter().chain([VECTORS.to_owned()]).collect();
    let cargo = toolchain.cargo(workspace, &flags).args(["build", "-p", "unpack", "--lib", "--target", WASM_TARGET]);
    let profile = Mode::Release.cargo_profile();
    cargo
        .args(["--profile", profile])
        .args(features)
        .run_for(ear)
        .context("crates/unpack does not compile for wasm32")?;
    Ok(workspace.target.join(WASM_TARGET).join(profile).join("unpack.wasm"))
}

/// Takes out what the linker exports for debuggers, and makes the rest smaller.
fn optimise(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stamp =
        Stamp::new(workspace, &name, WASM_OPT.join(" "), [from.to_owned(), to.to_owned(), wasm_opt_version(workspace)]);
    if stamp.is_current() {
        return Ok(());
    }
    let mut module = walrus::ModuleConfig::new().generate_name_section(false).parse(&fs::read(from)?)?;
    let unused: Vec<_> =
        module.exports.iter().filter(|export| export.name.starts_with("__")).map(|export| export.id()).collect();
    for export in unused {
        module.exports.delete(export);
    }
    walrus::passes::gc::run(&mut module);
    fs::write(to, module.emit_wasm())?;
    run_wasm_opt(workspace, &WASM_OPT, to, to).with_context(|| format!("wasm-opt cannot optimise {name}"))?;
    console::step("Optimised", format!("{name} to {} bytes", console::thousands(fs::metadata(to)?.len())));
    stamp.write()
}
