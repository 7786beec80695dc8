//! A Chromium for the browser tests: the user's own, or Debian's.
use crate::apt;
use crate::process;
use anyhow::{Result, anyhow, bail};
use std::path::{Path, PathBuf};

/// The browser without a window of its own comes first: a page opens there in a third of the time.
const SHELL: &str = "chromium-headless-shell";
const VARIABLES: [&str; 2] = ["CHROME", "CHROMIUM"];
const NAMES: [&str; 6] = [SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// Where they are on systems that do not put them on PATH.
const ELSEWHERE: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
];

/// The browser's path; on Debian as root it is installed where there is none.
pub fn ensure() -> Result<PathBuf> {
    let found = find()?;
    let is_asked_for = VARIABLES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if is_asked_for || process::find(SHELL).is_some() || !apt::available() {
        return found.ok_or_else(|| {
            anyhow!("the browser tests need Chromium or Chrome: install one, or set CHROME to the path of its program")
        });
    }
    if let Err(error) = apt::install(&[SHELL, "fonts-liberation"], "the browser tests") {
        // Older Debians have the whole browser only, and the one that is there does, too.
        match found {
            Some(path) => return Ok(path),
            None => apt::install(&["chromium", "fonts-liberation"], "the browser tests").map_err(|_| error)?,
        }
    }
    find()?.ok_or_else(|| anyhow!("{SHELL} was installed but is not on PATH: set CHROME to the path of its program"))
}

fn find() -> Result<Option<PathBuf>> {
    program(&VARIABLES, &NAMES, &ELSEWHERE)
}

/// The program that a variable of the environment names, else one on PATH, else one at a usual place.
pub fn program(variables: &[&str], names: &[&str], places: &[&str]) -> Result<Option<PathBuf>> {
    for name in variables {
        if let Some(path) = std::env::var_os(name).filter(|value| !value.is_empty()) {
            let path = PathBuf::from(path);
            if !process::is_program(&path) {
                bail!("{name} is {}, which is no program: set it to the program's path", path.display());
            }
            return Ok(Some(path));
        }
    }
    let on_path = names.iter().find_map(|name| process::find(name));
    Ok(on_path.or_else(|| places.iter().map(Path::new).find(|path| process::is_program(path)).map(Path::to_owned)))
}
