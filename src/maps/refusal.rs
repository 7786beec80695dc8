//! Why a server refused a key or a user, and what to do about it, as far as an answer lets one know.
//!
//! CARTO's guide to API keys promises a 403 for a malformed key and for a wrong username; real servers answer 401, 403
//! or 404. So every refusal of key or user is `forbidden`, whichever status it came with.

use crate::error::RawError;
use crate::text;

/// What the page can check, beside the server's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// A word for programs: `unknown-key`, `timeout`, …
    pub reason: &'static str,
    /// One or two sentences for people. Never contains a key.
    pub hint: String,
    /// Whether the key or the user was refused.
    pub forbidden: bool,
    /// The dataset, where the server names one.
    pub dataset: Option<String>,
}

/// Who asks: what hints talk about.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The key; only looked at, never repeated.
    pub api_key: &'a str,
    /// The account.
    pub username: &'a str,
}

/// What is wrong with the form of a key, before any server is asked.
///
/// ```
/// use carto_wasm::maps::refusal::malformed_key;
/// assert!(malformed_key("YOUR_API_KEY").is_some());
/// assert!(malformed_key("default_public").is_none());
/// ```
pub fn malformed_key(key: &str) -> Option<&'static str> {
    let letters = key.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    let word: Vec<u8> = letters.collect();
    if [&b"yourapikey"[..], b"apikey", b"myapikey", b"yourkey", b"xxx"].contains(&word.as_slice()) {
        return Some("is a placeholder, not a key");
    }
    let odd = key.bytes().find(|byte| !(byte.is_ascii_alphanumeric() || b"_-".contains(byte)))?;
    Some(match odd {
        b'"' | b'\'' | b'`' => "contains quotes",
        b' ' | b'\t' | b'\n' | b'\r' => "contains blanks",
        128.. => "contains characters that are not ASCII",
        _ => "contains characters that no key has",
    })
}

fn forbidden(reason: &'static str, hint: &[&str], dataset: Option<String>) -> Option<Refusal> {
    Some(Refusal { reason, hint: hint.concat(), forbidden: true, dataset })
}

/// Explains an error of the Maps API; `None` when it is about neither key nor user nor limits.
pub fn explain(error: &RawError, asker: Asker) -> Option<Refusal> {
    let user = asker.username;
    let message = error.message.as_deref().unwrap_or_default();
    let denied = text::contains(message, "permission denied");
    match error.status.unwrap_or_default() {
        401 => match malformed_key(asker.api_key) {
            Some(what) => {
                let cure = ": copy it again from the API keys page of the account \"";
                forbidden("malformed-key", &["The API key ", what, cure, user, "\"."], None)
            }
            None => {
                let cure =
                    "\", or no such user: check the username, and that the key was neither regenerated nor deleted.";
                forbidden("unknown-key", &["The server knows no such API key for \"", user, cure], None)
            }
        },
        403 if error.subtype.as_deref() == Some("api-key-does-not-grant-access") => {
            let hint = "The API key is valid but does not grant the Maps API: create a key that does, since the APIs of \
                        a key cannot be changed.";
            forbidden("api-not-granted", &[hint], None)
        }
        403 if denied => {
            let dataset = text::split_once(message, "permission denied for ")
                .and_then(|(_, object)| text::split_once(object, " "))
                .map(|(_, name)| text::split_once(name, "\n").map_or(name, |(name, _)| name).to_owned());
            let (what, which) = match (&dataset, &error.analysis_id) {
                (Some(table), _) => ("the dataset ", table.as_str()),
                (None, Some(node)) => ("a dataset of source ", node.as_str()),
                (None, None) => ("a dataset of this map", ""),
            };
            let cure = ": create a key with SELECT on it, or check the name of the dataset.";
            forbidden("dataset-not-granted", &["The API key does not grant ", what, which, cure], dataset.clone())
        }
        404 if text::contains(message, "not found in redis") => {
            forbidden("unknown-user", &["The server knows no user \"", user, "\": check the username."], None)
        }
        402 | 403 => {
            let what = "The server, or a proxy before it, refused the request: check the API key, the username \"";
            forbidden("forbidden", &[what, user, "\" and the server URL."], None)
        }
        429 => {
            let (reason, hint) = match error.subtype.as_deref() {
                None | Some("rate-limit") => {
                    ("rate-limited", "Too many requests: wait a little, or send fewer of them.")
                }
                _ => ("over-limit", "The server gave up on this map or query: ask for less data at once."),
            };
            Some(Refusal { reason, hint: hint.to_owned(), forbidden: false, dataset: None })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(status: u16, subtype: Option<&str>, message: &str, api_key: &str) -> Option<(&'static str, String)> {
        let error = RawError {
            status: Some(status),
            subtype: subtype.map(str::to_owned),
            message: Some(message.to_owned()),
            analysis_id: message.starts_with("Analysis").then(|| "S1".to_owned()),
            ..RawError::default()
        };
        let refusal = explain(&error, Asker { api_key, username: "demo" })?;
        assert!(refusal.forbidden);
        assert!(!refusal.hint.contains(api_key), "a hint repeats the key: {}", refusal.hint);
        Some((refusal.reason, refusal.hint))
    }

    #[test]
    fn each_refusal_has_its_reason() {
        let not_found = Some("api-key-not-found");
        let of = |status, subtype, message, key| reason(status, subtype, message, key).map(|(reason, _)| reason);
        assert_eq!(of(401, not_found, "Unauthorized", "5up3rs3cr3t"), Some("unknown-key"));
        assert_eq!(of(401, not_found, "Unauthorized", "not a key!"), Some("malformed-key"));
        assert_eq!(of(401, not_found, "Unauthorized", "{YOUR_API_KEY}"), Some("malformed-key"));
        assert_eq!(of(403, Some("api-key-does-not-grant-access"), "Forbidden", "k1"), Some("api-not-granted"));
        let node = "Analysis requires authentication with API key: permission denied.";
        assert_eq!(of(403, None, node, "k1"), Some("dataset-not-granted"));
        let redis = "DB host or name not found in redis (try CARTODB/script/restore_redis)";
        assert_eq!(of(404, None, redis, "k1"), Some("unknown-user"));
        assert_eq!(of(404, None, "relation \"x\" does not exist", "k1"), None);
        assert_eq!(of(400, None, "syntax error", "k1"), None);
        assert_eq!(of(403, None, "<html>", "k1"), Some("forbidden"));
    }

    #[test]
    fn the_dataset_is_named_where_the_server_names_it() {
        let hint = reason(403, None, "permission denied for table private_places", "k1").map(|(_, hint)| hint);
        assert!(hint.is_some_and(|hint| hint.contains("dataset private_places:")));
        let hint = reason(403, None, "Analysis requires authentication with API key: permission denied.", "k1");
        assert!(hint.is_some_and(|(_, hint)| hint.contains("source S1")));
    }

    #[test]
    fn keys_are_judged_by_their_form() {
        for good in ["default_public", "fd5a2f0d5c1b4b0e8f3a5f0c9b1e2d3c4a5b6c7d", "AbC-12_x"] {
            assert_eq!(malformed_key(good), None, "{good}");
        }
        for bad in ["YOUR_API_KEY", "{YOUR_API_KEY}", "'abc'", "abc def", "ключ", "a/b", "<api_key>"] {
            assert!(malformed_key(bad).is_some(), "{bad}");
        }
    }
}
