//! The settings of a client: what the constructor accepts and refuses (spec 2.3).

use crate::error::CartoError;
use crate::refusal::Credentials;
use crate::text;
use maps_api::json::Value;
use std::fmt;

/// Checked settings.
#[derive(Clone, PartialEq)]
pub struct Settings {
    /// The key that every request carries.
    pub api_key: String,
    /// The account.
    pub username: String,
    /// Where the Maps API is, without a slash at the end.
    pub base: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // Not the key: it is a secret.
        f.debug_struct("Settings").field("username", &self.username).field("base", &self.base).finish_non_exhaustive()
    }
}

/// JavaScript's idea of truth for a value that may be absent.
pub fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => *number != 0.0 && !number.is_nan(),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(_) | Value::Object(_)) => true,
    }
}

impl Settings {
    /// Checks what a page passed, in the order of spec 2.3. `None` is JavaScript's `undefined`.
    ///
    /// # Errors
    /// The `validation:client:*` error of the first check that fails.
    pub fn check(
        api_key: Option<&Value>,
        username: Option<&Value>,
        server_url: Option<&Value>,
    ) -> Result<Settings, CartoError> {
        let refuse = |token: &str| Err(CartoError::validation("client", token));
        let api_key = check_key(api_key)?;
        if !truthy(username) {
            return refuse("usernameRequired");
        }
        let Some(username) = username.and_then(Value::as_str) else { return refuse("usernameString") };
        let template = match server_url {
            url if !truthy(url) => "https://{username}.carto.com",
            Some(Value::String(url)) => url,
            _ => return refuse("nonValidServerURL"),
        };
        let url = text::replace_once(template, "{username}", username);
        if !is_server_url(&url) {
            return Err(not_valid(template));
        }
        if !text::contains(&url, username) {
            return refuse("serverURLDoesntMatchUsername");
        }
        Ok(Settings {
            api_key: api_key.to_owned(),
            username: username.to_owned(),
            base: url.strip_suffix('/').unwrap_or(&url).to_owned(),
        })
    }

    /// The same with another key.
    ///
    /// # Errors
    /// `validation:client:api-key-required`, `…:api-key-string`
    pub fn with_key(&self, api_key: Option<&Value>) -> Result<Settings, CartoError> {
        let api_key = check_key(api_key)?.to_owned();
        Ok(Settings { api_key, username: self.username.clone(), base: self.base.clone() })
    }

    /// Who asks.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials { api_key: &self.api_key, username: &self.username }
    }

    /// Whether tiles come over TLS (spec 4.4).
    pub fn is_secure(&self) -> bool {
        self.base.starts_with("https")
    }
}

fn check_key(api_key: Option<&Value>) -> Result<&str, CartoError> {
    if !truthy(api_key) {
        return Err(CartoError::validation("client", "apiKeyRequired"));
    }
    api_key.and_then(Value::as_str).ok_or_else(|| CartoError::validation("client", "apiKeyString"))
}

/// The refusal of an address, with what to write where that is known.
fn not_valid(template: &str) -> CartoError {
    let mut error = CartoError::validation("client", "nonValidServerURL");
    if text::contains(template, "//localhost") {
        let instead = text::replace_once(template, "//localhost", "//127.0.0.1");
        error.hint =
            Some(text::concat(&["Write ", &instead, ": as in CARTO.js, the name of the host must have a dot."]));
    }
    error
}

/// The forms of a server URL that CARTO.js accepts (spec 2.3, step 4).
fn is_server_url(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
    let rest = rest.as_bytes();
    let host_char = |byte: &u8| byte.is_ascii_alphanumeric() || text::is_one_of(*byte, b"_.-");
    let path_char = |byte: &u8| byte.is_ascii_alphanumeric() || text::is_one_of(*byte, b"_-.~:/?#[]@!$&'()*+,;=");
    // A host that has a dot with something before it, one character of the host and any further one behind it.
    let host = rest.iter().take_while(|byte| host_char(byte)).count();
    let dot = rest.iter().take(host).skip(1).position(|byte| *byte == b'.').map(|before| before + 1);
    dot.is_some_and(|dot| dot + 1 < host && dot + 2 < rest.len()) && rest.iter().all(path_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> Vec<Value> {
        let text = include_str!("../../../tests/vectors/carto-js-v4-vectors.json");
        let all: Value = serde_json::from_str(text).unwrap_or_default();
        all.get("clientSettings").map(Value::items).unwrap_or_default().to_vec()
    }

    #[test]
    fn what_to_write_for_localhost_is_told() {
        let check = |url: &str| Settings::check(Some(&"k".into()), Some(&"u".into()), Some(&url.into()));
        let hint = |url| check(url).err().and_then(|error| error.hint.clone());
        let told = "Write http://127.0.0.1:8181/user/{username}: as in CARTO.js, the name of the host must have a dot.";
        assert_eq!(hint("http://localhost:8181/user/{username}").as_deref(), Some(told));
        assert_eq!(hint("ftp://u.carto.com"), None);
        assert!(check("http://127.0.0.1:8181/user/{username}").is_ok());
    }

    #[test]
    fn recorded_settings_are_accepted_and_refused_alike() {
        let vectors = vectors();
        assert!(vectors.len() > 20, "the vector file has {} cases", vectors.len());
        for case in &vectors {
            let settings = case.get("settings").cloned().unwrap_or_default();
            let result = Settings::check(settings.get("apiKey"), settings.get("username"), settings.get("serverUrl"));
            if case.get("ok").and_then(Value::as_bool) == Some(true) {
                assert!(result.is_ok(), "{settings:?} gave {result:?}");
            } else {
                // A TypeError of CARTO.js is an error of our own, so that nothing but CartoErrors is thrown.
                let Err(error) = result else { panic!("{settings:?} was accepted") };
                if let Some(code) = case.get("errorCode").and_then(Value::as_str) {
                    assert_eq!(error.error_code, code, "{settings:?}");
                    assert_eq!(Some(error.message.as_str()), case.get("message").and_then(Value::as_str));
                }
            }
        }
    }
}
