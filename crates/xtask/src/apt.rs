//! Debian's packages, for machines where root may install them.
use crate::console;
use crate::process::{self, Program};
use anyhow::{Result, bail};

/// Whether packages can be installed here without asking anybody.
pub fn available() -> bool {
    process::is_root() && process::find("apt-get").is_some()
}

/// Installs what is missing; `purpose` ends the sentence "needed for …".
pub fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let list = packages.join(" ");
    if !available() {
        bail!("{purpose} needs Debian's packages: run `apt-get install {list}` as root and try again");
    }
    console::step("Installing", format!("{list} ({purpose})"));
    // Without network the lists may still be good enough.
    if apt_get().args(["update", "-qq"]).run_quietly("apt-get update").is_err() {
        console::note("the package lists could not be refreshed, going on with the old ones");
    }
    apt_get()
        .args(["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"])
        .args(packages)
        .run_quietly(&format!("apt-get install {list}"))
        .map_err(|error| error.context(format!("cannot install {list}; install them by hand and try again")))
}

fn apt_get() -> Program {
    Program::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive")
}
