//! Why a server refused a key or a user, and what to do about it, as far as an answer lets one know.
//!
//! CARTO's guide to API keys promises a 403 for a malformed key and for a wrong username; real servers answer 401, 403
//! or 404. So every refusal of key or user is `forbidden`, whichever status it came with.

use crate::error::RawError;
use crate::text;

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Maps, tiles, dataviews.
    Maps,
    /// Queries.
    Sql,
    /// API keys.
    Auth,
}

impl Api {
    /// The API's name in grants and errors.
    pub fn word(self) -> &'static str {
        match self {
            Api::Maps => "maps",
            Api::Sql => "sql",
            Api::Auth => "auth",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Api::Maps => "Maps",
            Api::Sql => "SQL",
            Api::Auth => "Auth",
        }
    }
}

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
    /// Who refused.
    pub api: Option<Api>,
}

/// Who asks: what hints talk about.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The key; only looked at, never repeated.
    pub api_key: &'a str,
    /// The account.
    pub username: &'a str,
}

/// What is said of a key that some server might know, unlikely as that is.
const STRANGE: &str = "contains characters that no key has";

/// What is wrong with the form of a key.
///
/// ```
/// use carto::refusal::malformed_key;
/// assert!(malformed_key("YOUR_API_KEY").is_some());
/// assert!(malformed_key("default_public").is_none());
/// ```
pub fn malformed_key(key: &str) -> Option<&'static str> {
    let letters = key.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    let word: Vec<u8> = letters.collect();
    if [&b"yourapikey"[..], b"apikey", b"myapikey", b"yourkey", b"xxx"].contains(&word.as_slice()) {
        return Some("is a placeholder, not a key");
    }
    let odd = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    key.bytes().filter(odd).map(complaint).min_by_key(|complaint| *complaint == STRANGE)
}

fn complaint(byte: u8) -> &'static str {
    match byte {
        b'"' | b'\'' | b'`' => "contains quotes",
        0..=b' ' | 127 => "contains blanks",
        128.. => "contains characters that are not ASCII",
        _ => STRANGE,
    }
}

/// What is wrong with a key that no server needs to be asked about: a placeholder, blanks, quotes, letters of no key.
///
/// ```
/// use carto::refusal::hopeless_key;
/// assert!(hopeless_key("{YOUR_API_KEY}").is_some() && hopeless_key("a key").is_some());
/// assert!(hopeless_key("a+key").is_none());
/// ```
pub fn hopeless_key(key: &str) -> Option<&'static str> {
    malformed_key(key).filter(|what| *what != STRANGE)
}

/// Whether a key has the form of a master key: 40 hexadecimal digits. Other keys are shorter and have more letters.
pub fn looks_like_master(key: &str) -> bool {
    key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A reason, with what is told of it: code, hints and the table of the guide are made from this.
#[derive(Debug)]
pub struct Reason {
    /// The word for programs.
    pub word: &'static str,
    /// Whether key or user were refused.
    pub forbidden: bool,
    /// What is wrong and what to do; `{user}`, `{api}` and `{detail}` are filled in.
    pub hint: &'static str,
}

const fn reason(word: &'static str, forbidden: bool, hint: &'static str) -> Reason {
    Reason { word, forbidden, hint }
}

/// All reasons that a server's answer, or the form of a key, can have.
pub static REASONS: &[Reason] = &[
    reason(
        "malformed-key",
        true,
        "The API key {detail}: copy it again from the API keys page of the account \"{user}\".",
    ),
    reason(
        "unknown-key",
        true,
        "The server knows no such API key for \"{user}\", or no such user: check the username, and that the key was \
         neither regenerated nor deleted.",
    ),
    reason("unknown-user", true, "The server knows no user \"{user}\": check the username."),
    reason(
        "api-not-granted",
        true,
        "The API key is valid but does not grant the {api} API: create a key that does, since the APIs of a key cannot be \
         changed.",
    ),
    reason(
        "dataset-not-granted",
        true,
        "The API key does not grant {detail}: create a key with SELECT on it (or what else a query does with it), or check the name of the \
         dataset.",
    ),
    reason(
        "master-key-required",
        true,
        "API keys are managed with the master key of \"{user}\": this key is another one, or was regenerated.",
    ),
    reason(
        "forbidden",
        true,
        "The server, or a proxy before it, refused the request: check the API key, the username \"{user}\" and the server \
         URL.",
    ),
    reason("dataset-not-found", false, "There is no {detail}: check its name, and the schema that it is in."),
    reason("key-not-found", false, "The account \"{user}\" has no API key of this name."),
    reason("name-taken", false, "The account \"{user}\" has an API key of this name: choose another one."),
    reason("invalid-grants", false, "The server refused the grants: {detail}."),
    reason("fixed-key", false, "\"Master\" and \"Default public\" cannot be deleted."),
    reason("quota", false, "The account \"{user}\" has as many API keys as its plan allows: delete one first."),
    reason("no-such-api", false, "The server has no {api} API for \"{user}\": check the server URL."),
    reason("invalid-query", false, "The database refused the query: {detail}."),
    reason("not-found", false, "The server has nothing there: {detail}."),
    reason("rate-limited", false, "Too many requests: wait a little, or send fewer of them."),
    reason("over-limit", false, "The server gave up on this map or query: ask for less data at once."),
    reason("timeout", false, "No answer within {detail} s: the server is slow or the query heavy."),
    reason(
        "not-json",
        false,
        "HTTP {detail} without JSON: a proxy answered in place of the server, or the URL is wrong.",
    ),
    reason("not-maps-api", false, "This is no answer of the Maps API: check the server URL."),
    reason(
        "unreachable",
        false,
        "No answer that the browser may read: the server is down, its address is wrong, or it answered without CORS \
         headers.",
    ),
];

/// A reason with its hint filled in.
pub fn because(word: &str, api: Api, detail: &str, user: &str) -> Refusal {
    let known = REASONS.iter().find(|reason| reason.word == word);
    let hint = known.map(|reason| reason.hint).unwrap_or_default();
    let hint = text::replace_once(hint, "{api}", api.title());
    // The user comes last: whatever a server names could hold the same braces.
    let hint = match text::split_once(&hint, "{user}") {
        Some((before, behind)) => [&text::replace_once(before, "{detail}", detail), user, behind].concat(),
        None => text::replace_once(&hint, "{detail}", detail),
    };
    let forbidden = known.is_some_and(|reason| reason.forbidden);
    let reason = known.map_or("forbidden", |known| known.word);
    Refusal { reason, hint, forbidden, dataset: None, api: Some(api) }
}

/// Says which dataset was refused, where the server named a node of the map only.
pub fn name_dataset(error: &mut RawError, name: &str, asker: Asker) {
    if let Some(refusal) = &mut error.refusal
        && refusal.reason == "dataset-not-granted"
        && refusal.dataset.is_none()
    {
        refusal.hint = because(refusal.reason, Api::Maps, &["the dataset ", name].concat(), asker.username).hint;
        refusal.dataset = Some(name.to_owned());
    }
}

/// Explains an error of an API; `None` when it is about neither key nor user nor limits.
pub fn explain(error: &RawError, api: Api, asker: Asker) -> Option<Refusal> {
    let message = error.message.as_deref().unwrap_or_default();
    let says = |part: &str| text::contains(message, part);
    let because = |word, detail: &str| Some(because(word, api, detail, asker.username));
    match error.status.unwrap_or_default() {
        401 => match malformed_key(asker.api_key) {
            Some(what) => because("malformed-key", what),
            None => because("unknown-key", ""),
        },
        403 if error.subtype.as_deref() == Some("api-key-does-not-grant-access")
            || api == Api::Sql && message == "forbidden" =>
        {
            because("api-not-granted", "")
        }
        403 if says("permission denied") => {
            let dataset = text::split_once(message, "permission denied for ")
                .and_then(|(_, object)| text::split_once(object, " "))
                .filter(|(kind, _)| matches!(*kind, "table" | "relation" | "view" | "sequence"))
                .map(|(_, name)| text::split_once(name, "\n").map_or(name, |(name, _)| name).to_owned());
            let what = match (&dataset, &error.analysis_id) {
                (Some(table), _) => ["the dataset ", table].concat(),
                (None, Some(node)) => ["a dataset of source ", node].concat(),
                (None, None) if api == Api::Maps => "a dataset of this map".to_owned(),
                (None, None) => "what the query does".to_owned(),
            };
            because("dataset-not-granted", &what).map(|refusal| Refusal { dataset, ..refusal })
        }
        403 if api == Api::Auth && says("limit of API keys") => because("quota", ""),
        403 if api == Api::Auth && says("permission to access") => because("fixed-key", ""),
        404 if says("not found in redis") || says("find CARTO user") => because("unknown-user", ""),
        404 if api == Api::Auth => because(if message.is_empty() { "no-such-api" } else { "key-not-found" }, ""),
        402 | 403 => because("forbidden", ""),
        400 | 404 if says("does not exist") => {
            let missing = text::split_once(message, "relation \"").and_then(|(_, name)| text::split_once(name, "\""));
            let Some((name, _)) = missing else {
                // The SQL API tells more, which its own reading puts into the hint.
                return if api == Api::Sql { None } else { because("invalid-query", message) };
            };
            let refusal = because("dataset-not-found", &["dataset ", name].concat());
            refusal.map(|refusal| Refusal { dataset: Some(name.to_owned()), ..refusal })
        }
        404 => because("not-found", message),
        422 if says("been taken") => because("name-taken", ""),
        422 if says("table permissions you have") => because("dataset-not-found", "such dataset of the account"),
        422 => because("invalid-grants", message),
        429 => match error.subtype.as_deref() {
            None | Some("rate-limit") => because("rate-limited", ""),
            _ => because("over-limit", ""),
        },
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
        let refusal = explain(&error, Api::Maps, Asker { api_key, username: "demo" })?;
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
        assert_eq!(of(400, None, "syntax error", "k1"), None);
        assert_eq!(of(403, None, "<html>", "k1"), Some("forbidden"));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let of = |message: &str| {
            let error = RawError { status: Some(404), message: Some(message.to_owned()), ..RawError::default() };
            let refusal = explain(&error, Api::Maps, Asker { api_key: "k1", username: "demo" });
            refusal.map(|refusal| (refusal.reason, refusal.forbidden, refusal.dataset))
        };
        assert_eq!(
            of("relation \"shops\" does not exist"),
            Some(("dataset-not-found", false, Some("shops".to_owned())))
        );
        assert_eq!(of("column \"x\" does not exist"), Some(("invalid-query", false, None)));
        assert_eq!(of("Template 'x' not found"), Some(("not-found", false, None)));
    }

    #[test]
    fn a_dataset_is_named_where_the_server_names_a_node() {
        let asker = Asker { api_key: "k1", username: "demo" };
        let message = "Analysis requires authentication with API key: permission denied.";
        let mut error = RawError {
            status: Some(403),
            message: Some(message.to_owned()),
            analysis_id: Some("S1".to_owned()),
            ..RawError::default()
        };
        error.refusal = explain(&error, Api::Maps, asker);
        name_dataset(&mut error, "shops", asker);
        let refusal = error.refusal.unwrap_or_else(|| because("", Api::Maps, "", ""));
        assert_eq!(refusal.dataset.as_deref(), Some("shops"));
        assert!(refusal.hint.contains("does not grant the dataset shops:"), "{}", refusal.hint);
    }

    #[test]
    fn the_guide_tells_all_reasons() {
        let guide = include_str!("../../../www/docs/api-keys.md");
        for Reason { word, forbidden, hint } in REASONS {
            let row = format!("| `{word}` | {} | {hint} |", if *forbidden { "yes" } else { "no" });
            assert!(guide.lines().any(|line| line == row), "www/docs/api-keys.md lacks the row\n{row}");
        }
        let rows = guide.lines().filter(|line| line.starts_with("| `") && line.matches(" | ").count() == 2);
        // The table of keys has three columns, too.
        assert_eq!(rows.filter(|row| row.contains(" | yes | ") || row.contains(" | no | ")).count(), REASONS.len());
    }

    #[test]
    fn master_keys_have_a_form() {
        assert!(looks_like_master("0123456789abcdef0123456789abcdef01234567"));
        assert!(!looks_like_master("default_public") && !looks_like_master("AbC-1234567890_defGHIJ"));
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
