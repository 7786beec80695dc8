//! The other engines, in which the core of the browser tests runs too: the user's own, or Debian's.
use crate::{apt, browser};
use anyhow::{Result, bail};
use std::path::PathBuf;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Firefox,
    WebKit,
}

/// The variables that tell the tests where programs are.
pub type Programs = Vec<(&'static str, PathBuf)>;

impl Engine {
    pub const ALL: [Engine; 2] = [Engine::Firefox, Engine::WebKit];

    pub fn name(self) -> &'static str {
        match self {
            Engine::Firefox => "Firefox",
            Engine::WebKit => "WebKit",
        }
    }

    /// What CARTO_ENGINE, the option of `setup` and the driver in tests/browser/engines/ are called.
    pub fn id(self) -> &'static str {
        match self {
            Engine::Firefox => "firefox",
            Engine::WebKit => "webkit",
        }
    }

    /// WebKit's browser has no mode without a screen, so one without hardware comes along.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Engine::Firefox => &["firefox-esr"],
            Engine::WebKit => &["webkit2gtk-driver", "xvfb"],
        }
    }

    /// The programs that run the engine, where they are installed.
    pub fn find(self) -> Result<Option<Programs>> {
        match self {
            Engine::Firefox => {
                let mac = "/Applications/Firefox.app/Contents/MacOS/firefox";
                let firefox = browser::program(&["FIREFOX"], &["firefox-esr", "firefox"], &[mac])?;
                Ok(firefox.map(|path| vec![("FIREFOX", path)]))
            }
            Engine::WebKit => {
                let driver = browser::program(&["WEBKIT_DRIVER"], &["WebKitWebDriver"], &[])?;
                let screen = browser::program(&["XVFB"], &["Xvfb"], &[])?;
                Ok(driver.zip(screen).map(|(driver, screen)| vec![("WEBKIT_DRIVER", driver), ("XVFB", screen)]))
            }
        }
    }

    /// On Debian as root the engine is installed where there is none.
    pub fn ensure(self) -> Result<()> {
        if self.find()?.is_some() {
            return Ok(());
        }
        apt::install(self.packages(), &format!("the browser tests in {}", self.name()))?;
        if self.find()?.is_none() {
            bail!("{} was installed but is not on PATH", self.packages().join(" and "));
        }
        Ok(())
    }

    /// Why its tests are left out.
    pub fn missing(self) -> String {
        let (name, id) = (self.name(), self.id());
        format!("{name} is not installed here (`cargo xtask setup --{id}` does it on Debian as root)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_engine_has_its_driver() {
        let drivers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser/engines");
        for engine in Engine::ALL {
            assert!(drivers.join(format!("{}.mjs", engine.id())).exists(), "{engine:?}");
        }
    }
}
