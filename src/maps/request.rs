//! The request that instantiates a map: by GET as long as its URL is short enough, else by POST (spec 4.1).

use crate::settings::Settings;

/// Longest URL that is sent by GET, in characters.
///
/// A GET needs no CORS preflight and can be cached. CARTO.js stopped at 2,033 for the browsers of its time; the front
/// ends of today accept request lines of 8 kB.
pub const LONGEST_GET: usize = 7_500;

/// What this library says of itself to the server, in place of CARTO.js's `js-4.2.2`.
pub const CLIENT: &str = concat!("wasm-", env!("CARGO_PKG_VERSION"));

/// A request that instantiates a map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapRequest {
    /// The address, with the key in it.
    pub url: String,
    /// The JSON to send by POST; `None` means GET.
    pub body: Option<String>,
}

/// Builds the request for a configuration that was already written as JSON.
pub fn instantiate(settings: &Settings, config: String, longest_get: usize) -> MapRequest {
    let base = &settings.base;
    let tail = ["client=", CLIENT, "&api_key=", &encode(&settings.api_key)].concat();
    let url = [base, "/api/v1/map?config=", &encode(&config), "&", &tail].concat();
    if url.len() <= longest_get {
        MapRequest { url, body: None }
    } else {
        MapRequest { url: [base, "/api/v1/map?", &tail].concat(), body: Some(config) }
    }
}

/// Percent-encodes like JavaScript's `encodeURIComponent`.
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let hex = |digit: u8| char::from(HEX.get(usize::from(digit)).copied().unwrap_or_default());
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(hex(byte >> 4));
            out.push(hex(byte & 15));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { api_key: "a b".into(), username: "u".into(), base: "http://h.test/user/u".into() }
    }

    #[test]
    fn short_configurations_go_by_get() {
        let request = instantiate(&settings(), r#"{"layers":[]}"#.into(), LONGEST_GET);
        let head = "http://h.test/user/u/api/v1/map?config=%7B%22layers%22%3A%5B%5D%7D&client=wasm-";
        assert!(request.url.starts_with(head) && request.url.ends_with("&api_key=a%20b"), "{}", request.url);
        assert_eq!(request.body, None);
    }

    #[test]
    fn long_ones_go_by_post() {
        let config = "x".repeat(LONGEST_GET);
        let request = instantiate(&settings(), config.clone(), LONGEST_GET);
        assert_eq!(request.body, Some(config));
        assert!(!request.url.contains("config="));
    }

    #[test]
    fn encoding_is_that_of_javascript() {
        assert_eq!(encode("a-_.!~*'()Z9"), "a-_.!~*'()Z9");
        assert_eq!(encode("é /?&=#%"), "%C3%A9%20%2F%3F%26%3D%23%25");
    }
}
