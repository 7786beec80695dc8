//! Why a server refused a key or a user, and what to do about it, as far as an answer lets one know.
//!
//! CARTO's guide to API keys promises a 403 for a malformed key and for a wrong username; real servers answer 401, 403
//! or 404. So every refusal of key or user is `forbidden`, whichever status it came with.

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
pub struct Credentials<'a> {
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
    let odd = |byte: &u8| !(byte.is_ascii_alphanumeric() || text::is_one_of(*byte, b"_-"));
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
    #[cfg(feature = "account")]
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
    #[cfg(feature = "account")]
    reason("key-not-found", false, "The account \"{user}\" has no API key of this name."),
    #[cfg(feature = "account")]
    reason("name-taken", false, "The account \"{user}\" has an API key of this name: choose another one."),
    #[cfg(feature = "account")]
    reason("invalid-grants", false, "The server refused the grants: {detail}."),
    #[cfg(feature = "account")]
    reason("fixed-key", false, "\"Master\" and \"Default public\" cannot be deleted."),
    #[cfg(feature = "account")]
    reason("quota", false, "The account \"{user}\" has as many API keys as its plan allows: delete one first."),
    #[cfg(feature = "account")]
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

impl Refusal {
    /// The refusal of a reason, with its hint filled in.
    pub fn new(word: &str, api: Api, detail: &str, user: &str) -> Refusal {
        let known = REASONS.iter().find(|reason| reason.word == word);
        let hint = known.map(|reason| reason.hint).unwrap_or_default();
        let hint = text::replace_once(hint, "{api}", api.title());
        // The user comes last: whatever a server names could hold the same braces.
        let hint = match text::split_once(&hint, "{user}") {
            Some((before, behind)) => text::concat(&[&text::replace_once(before, "{detail}", detail), user, behind]),
            None => text::replace_once(&hint, "{detail}", detail),
        };
        let forbidden = known.is_some_and(|reason| reason.forbidden);
        let reason = known.map_or("forbidden", |known| known.word);
        Refusal { reason, hint, forbidden, dataset: None, api: Some(api) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn keys_are_judged_by_their_form() {
        for good in ["default_public", "fd5a2f0d5c1b4b0e8f3a5f0c9b1e2d3c4a5b6c7d", "AbC-12_x"] {
            assert_eq!(malformed_key(good), None, "{good}");
        }
        for bad in ["YOUR_API_KEY", "{YOUR_API_KEY}", "'abc'", "abc def", "ключ", "a/b", "<api_key>"] {
            assert!(malformed_key(bad).is_some(), "{bad}");
        }
    }
}
