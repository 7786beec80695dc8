//! The request that instantiates a map: by GET as long as its URL is short enough, packed when that makes it shorter, else
//! by POST (spec 4.1).

#[cfg(feature = "packing")]
use super::lzma;
use crate::settings::Settings;
use crate::text;

/// Longest URL that is sent by GET, in characters.
///
/// A GET needs no CORS preflight and can be cached. CARTO.js stopped at 2,033 for the browsers of its time; the front
/// ends of today accept request lines of 8 kB.
pub const LONGEST_GET: usize = 7_500;

/// What this library says of itself to the server, in place of CARTO.js's `js-4.2.2`.
pub const CLIENT: &str = concat!("wasm-", env!("CARGO_PKG_VERSION"));

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Without a body.
    Get,
    /// JSON, which costs a preflight between origins.
    Json,
    /// A form, which does not.
    Form,
    /// Without a body; the answer may have none either.
    Delete,
}

/// A request to a server.
#[derive(Clone, PartialEq)]
pub struct HttpRequest {
    /// How it is sent.
    pub verb: Verb,
    /// The address, mostly with the key in it.
    pub url: String,
    /// What is sent; nothing by GET and DELETE.
    pub body: String,
    /// Whether it may be sent again when nobody knows what became of it.
    pub safe: bool,
}

impl HttpRequest {
    /// A request by GET.
    pub fn get(url: String) -> HttpRequest {
        HttpRequest { verb: Verb::Get, url, body: String::new(), safe: true }
    }
}

/// Builds the request for a configuration that was already written as JSON.
pub fn instantiate(settings: &Settings, config: String, longest_get: usize) -> HttpRequest {
    let base = &settings.base;
    let tail = text::concat(&["client=", CLIENT, "&api_key=", &encode(&settings.api_key)]);
    let url = text::concat(&[base, "/api/v1/map?config=", &encode_query(&config), "&", &tail]);
    #[cfg(feature = "packing")]
    let url = lzma::shorter(&url, base, &config, &tail).unwrap_or(url);
    if url.len() <= longest_get {
        HttpRequest::get(url)
    } else {
        HttpRequest { verb: Verb::Json, url: text::concat(&[base, "/api/v1/map?", &tail]), body: config, safe: true }
    }
}

/// The address that a dataview or the status of an analysis node is read from: the server's URL plus parameters in the
/// order of spec 4.5.1.
pub fn read_from(base: &str, spatial: Option<&str>, own: &[(&str, String)], api_key: &str) -> String {
    let mut url = base.to_owned();
    let mut separator = if text::contains(base, "?") { '&' } else { '?' };
    let mut push = |parameter: &str| {
        url.push(separator);
        url.push_str(parameter);
        separator = '&';
    };
    if let Some(spatial) = spatial {
        push(spatial);
    }
    for (name, value) in own {
        push(&text::concat(&[name, "=", value]));
    }
    push(&text::concat(&["api_key=", &encode(api_key)]));
    url
}

/// Percent-encodes like JavaScript's `encodeURIComponent`.
pub fn encode(text: &str) -> String {
    percent(text, b"-_.!~*'()", "%20")
}

/// Percent-encodes no more than a query needs (RFC 3986), and blanks as forms do: JSON becomes a quarter shorter.
fn encode_query(text: &str) -> String {
    percent(text, b"-_.!~*'()$,:;@/?", "+")
}

fn percent(text: &str, plain: &[u8], blank: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let hex = |digit: u8| char::from(HEX.get(usize::from(digit)).copied().unwrap_or_default());
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || text::is_one_of(byte, plain) {
            out.push(char::from(byte));
        } else if byte == b' ' {
            out.push_str(blank);
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
        let head = "http://h.test/user/u/api/v1/map?config=%7B%22layers%22:%5B%5D%7D&client=wasm-";
        assert!(request.url.starts_with(head) && request.url.ends_with("&api_key=a%20b"), "{}", request.url);
        assert_eq!(request.verb, Verb::Get);
    }

    #[cfg(feature = "packing")]
    #[test]
    fn longer_ones_are_packed() {
        let config = r#"{"layers":[{"id":"L1","options":{"cartocss":"\n\"\\"}}]}"#.repeat(60);
        let request = instantiate(&settings(), config.clone(), LONGEST_GET);
        assert!(request.url.contains("/api/v1/map?lzma=") && request.url.len() < 600, "{}", request.url.len());
        assert_eq!(request.verb, Verb::Get);
        let wrapped = text::concat(&["{\"config\":", &text::quoted(&config), "}"]);
        let read: maps_api::json::Value = serde_json::from_str(&wrapped).unwrap_or_default();
        assert_eq!(read.get("config").and_then(maps_api::json::Value::as_str), Some(config.as_str()));
    }

    #[test]
    fn long_ones_go_by_post() {
        // Nothing repeats itself in it, so that packing does not help.
        let mut seed = 1_u32;
        let mut letter = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'0' + (seed >> 24) as u8 % 75)
        };
        let config: String = (0..2 * LONGEST_GET).map(|_| letter()).collect();
        let request = instantiate(&settings(), config.clone(), LONGEST_GET);
        assert_eq!((request.verb, request.body), (Verb::Json, config));
        assert!(!request.url.contains("config="));
    }

    #[test]
    fn parameters_have_an_order() {
        let own = [("own_filter", "0".to_owned()), ("categories", "6".to_owned())];
        let with = read_from("http://h/dv/c1", Some("bbox=1,2,3,4"), &own, "k y");
        assert_eq!(with, "http://h/dv/c1?bbox=1,2,3,4&own_filter=0&categories=6&api_key=k%20y");
        assert_eq!(read_from("http://h/dv/c1?a=1", None, &[], "k"), "http://h/dv/c1?a=1&api_key=k");
    }

    #[test]
    fn encoding_is_that_of_javascript() {
        assert_eq!(encode("a-_.!~*'()Z9"), "a-_.!~*'()Z9");
        assert_eq!(encode("é /?&=#%"), "%C3%A9%20%2F%3F%26%3D%23%25");
        assert_eq!(encode_query("a b+c/?&=#%{\"d\":[1,2]}"), "a+b%2Bc/?%26%3D%23%25%7B%22d%22:%5B1,2%5D%7D");
    }
}
