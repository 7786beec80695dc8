//! The file of settings.

use crate::commands::CommandError;
use carto_sandbox::http::rate_limits::Rule;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What the log looks like.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// No log of requests
    #[default]
    Off,
    /// Lines for people
    Text,
    /// A JSON object a line
    Json,
}

/// What a file of settings can say; the same as the options of the command line.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--database-url`
    pub database_url: Option<String>,
    /// `--database-connections-per-key`
    pub database_connections_per_key: Option<usize>,
    /// `--database-keys`
    pub database_keys: Option<usize>,
    /// `--pooled`
    pub pooled: Option<bool>,
    /// `--secret-file`
    pub secret_file: Option<PathBuf>,
    /// `--timeout`, in seconds.
    pub timeout: Option<u64>,
    /// `--memory`, in megabytes.
    pub memory: Option<usize>,
    /// `--drawing-timeout`, in seconds.
    pub drawing_timeout: Option<u64>,
    /// `--drawings`
    pub drawings: Option<usize>,
    /// `true` for `--demo`, `false` for `--no-demo`
    pub demo: Option<bool>,
    /// `--log`
    pub log: Option<Log>,
    /// How often users may ask; not on the command line.
    #[serde(default)]
    pub rate_limits: Vec<Rule>,
    /// `--allow-origin`
    #[serde(default)]
    pub allow_origin: Vec<String>,
    /// `--public-host`
    #[serde(default)]
    pub public_host: Vec<String>,
    /// `--picture-host`
    #[serde(default)]
    pub picture_host: Vec<String>,
    /// `--trusted-proxy`
    #[serde(default)]
    pub trusted_proxy: Vec<String>,
    /// `--admin-listen`
    pub admin_listen: Option<SocketAddr>,
    /// `--max-connections`
    pub max_connections: Option<usize>,
    /// `--max-connections-per-address`
    pub max_connections_per_address: Option<usize>,
    /// `--header-timeout`, in seconds
    pub header_timeout: Option<u64>,
    /// `--body-timeout`, in seconds
    pub body_timeout: Option<u64>,
    /// `--idle-timeout`, in seconds
    pub idle_timeout: Option<u64>,
    /// `--write-timeout`, in seconds
    pub write_timeout: Option<u64>,
    /// `--max-maps`
    pub max_maps: Option<usize>,
    /// `--max-maps-size`, in megabytes
    pub max_maps_size: Option<usize>,
    /// `--max-import-size`, in megabytes
    pub max_import_size: Option<u64>,
    /// `--no-rate-limits`
    pub no_rate_limits: Option<bool>,
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, or says what is not understood, with the line.
    pub fn read(file: &Path) -> Result<Settings, CommandError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| CommandError::Said(format!("{} cannot be read: {error}.", file.display())))?;
        toml::from_str(&text).map_err(|error| CommandError::Said(told(file, &text, &error)))
    }
}

/// What is wrong and where. The line itself may hold a password: it is not shown.
fn told(file: &Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("{}, line {line}: {}.", file.display(), error.message().trim_end().replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_mistakes_refused() {
        let of = |text: &str| toml::from_str::<Settings>(text).map_err(|error| error.to_string());
        let settings = of(
            "listen = \"0.0.0.0:80\"\ntimeout = 3\ndrawing_timeout = 4\ndrawings = 5\ndemo = false\nallow_origin = [\"https://a.example\"]\nlog = \"json\"\n[[rate_limits]]\nrequests = 2\nseconds = 60",
        );
        let settings = settings.unwrap_or_default();
        assert_eq!((settings.timeout, settings.demo), (Some(3), Some(false)));
        assert_eq!((settings.drawing_timeout, settings.drawings), (Some(4), Some(5)));
        assert_eq!((settings.log, settings.rate_limits.len()), (Some(Log::Json), 1));
        assert_eq!(settings.listen.map(|listen| listen.port()), Some(80));
        let secret = of("secret_file = \"/etc/secret\"").unwrap_or_default().secret_file;
        assert_eq!(secret.as_deref(), Some(Path::new("/etc/secret")));
        let text = "timeout = 3\ndatabase-url = \"postgres://a:sesame@b/c\"";
        let told = toml::from_str::<Settings>(text).err().map(|error| told(Path::new("s.toml"), text, &error));
        let told = told.unwrap_or_default();
        assert!(told.starts_with("s.toml, line 2: unknown field `database-url`"), "{told}");
        assert!(!told.contains("sesame"));
        assert!(of("lisen = \"x\"").is_err_and(|message| message.contains("unknown field `lisen`")));
    }
}
