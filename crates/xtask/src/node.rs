//! Node.js, npm, and the root's node_modules.
use crate::console;
use crate::process;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

const OLDEST_NODE: u32 = 20;
/// The lock file that node_modules was installed from.
const STAMP: &str = "node_modules/.installed-from.json";

/// Checks node and npm, and installs node_modules where it is not what package-lock.json says.
pub fn ensure(workspace: &Workspace) -> Result<()> {
    for name in ["node", "npm"] {
        if process::find(name).is_none() {
            bail!("{name} is not on PATH: install Node.js {OLDEST_NODE} or newer, which brings npm");
        }
    }
    let version = workspace.program("node").arg("--version").output()?;
    let version = version.trim();
    if major(version).is_none_or(|major| major < OLDEST_NODE) {
        bail!("node is {version}: install Node.js {OLDEST_NODE} or newer");
    }
    let lock = std::fs::read_to_string(workspace.root.join("package-lock.json"))
        .context("package-lock.json is missing; restore it from git")?;
    if is_current(workspace, &lock)? {
        return Ok(());
    }
    console::step("Installing", "node_modules, as package-lock.json says");
    workspace
        .program("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .run_quietly("npm ci")
        .context(
            "npm could not install node_modules; check the network and that package-lock.json fits package.json",
        )?;
    std::fs::write(workspace.root.join(STAMP), lock).context("cannot write to node_modules")
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installed from this very lock file, or, as npm's own note says, what an equal one would have installed.
fn is_current(workspace: &Workspace, lock: &str) -> Result<bool> {
    let Ok(installed) = std::fs::read_to_string(workspace.root.join("node_modules/.package-lock.json")) else {
        return Ok(false);
    };
    if std::fs::read_to_string(workspace.root.join(STAMP)).is_ok_and(|stamp| stamp == lock) {
        return Ok(true);
    }
    let wanted: Value = serde_json::from_str(lock).context("package-lock.json is no JSON; restore it from git")?;
    let installed: Value = serde_json::from_str(&installed).unwrap_or_default();
    Ok(agrees(packages(&wanted), packages(&installed)))
}

fn packages(lock: &Value) -> Option<&Map<String, Value>> {
    lock.get("packages")?.as_object()
}

fn agrees(wanted: Option<&Map<String, Value>>, installed: Option<&Map<String, Value>>) -> bool {
    let (Some(wanted), Some(installed)) = (wanted, installed) else {
        return false;
    };
    wanted.iter().filter(|(path, _)| !path.is_empty()).all(|(path, package)| match installed.get(path) {
        Some(there) => there.get("version") == package.get("version"),
        // Binaries for other systems.
        None => package.get("optional").and_then(Value::as_bool).unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_nodes_version() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20.20.2"), None);
    }

    #[test]
    fn node_modules_agree_with_the_lock_file() {
        let lock =
            json!({"": {"name": "tools"}, "a": {"version": "1.0.0"}, "b": {"version": "2.0.0", "optional": true}});
        let test = |installed: Value| agrees(lock.as_object(), installed.as_object());
        assert!(test(json!({"a": {"version": "1.0.0"}})));
        assert!(test(json!({"a": {"version": "1.0.0"}, "b": {"version": "2.0.0"}})));
        assert!(!test(json!({"a": {"version": "1.0.1"}})));
        assert!(!test(json!({"b": {"version": "2.0.0"}})));
        assert!(!test(Value::Null));
    }
}
