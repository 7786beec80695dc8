//! What belongs to an account beside its maps: requests to the SQL API and the Auth API, and what their refusals become.

pub mod failure;
pub mod params;

use crate::maps::request::{HttpRequest, Verb, encode};
use crate::settings::Settings;
use crate::text::{self, quoted};

/// A request to one of the account's addresses, with the key in it.
///
/// The key goes along as a parameter: an `Authorization` header is more than the CORS rules of original servers allow.
/// In a body it stays out of logs, so that is where it is unless there is none. `tail` is what comes behind the address
/// of the account, with its query; `body` is a form or a JSON object. What is asked by GET with a form goes as a form where
/// its address would be longer than `longest_get`.
pub fn request(settings: &Settings, verb: Verb, tail: &str, body: &str, longest_get: usize) -> HttpRequest {
    let key = text::concat(&["api_key=", &encode(&settings.api_key)]);
    let url = text::concat(&[&settings.base, tail]);
    if verb == Verb::Get && !body.is_empty() {
        let address = text::concat(&[&url, "?", body, "&", &key]);
        if address.len() <= longest_get {
            return HttpRequest { verb, url: address, body: String::new(), safe: false };
        }
        return request(settings, Verb::Form, tail, body, longest_get);
    }
    let join = if tail.bytes().any(|byte| byte == b'?') { "&" } else { "?" };
    // Nobody knows whether a query writes: nothing is sent again.
    match verb {
        Verb::Get | Verb::Delete => {
            HttpRequest { verb, url: text::concat(&[&url, join, &key]), body: String::new(), safe: false }
        }
        Verb::Form => HttpRequest {
            verb,
            url,
            body: text::concat(&[body, if body.is_empty() { "" } else { "&" }, &key]),
            safe: false,
        },
        Verb::Json => {
            let open = body.strip_suffix('}').unwrap_or(body);
            let body = text::concat(&[open, ",\"api_key\":", &quoted(&settings.api_key), "}"]);
            HttpRequest { verb, url, body, safe: false }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_bodies_where_there_are_some() {
        let settings = Settings { api_key: "a&b".into(), username: "u".into(), base: "http://h.test/user/u".into() };
        let of = |verb, tail: &str, body: &str| {
            let request = request(&settings, verb, tail, body, 60);
            (request.url, request.body)
        };
        assert_eq!(of(Verb::Get, "/x?q=1", "").0, "http://h.test/user/u/x?q=1&api_key=a%26b");
        let short = ("http://h.test/user/u/x?q=1&api_key=a%26b".into(), String::new());
        assert_eq!(of(Verb::Get, "/x", "q=1"), short);
        let long = "q=1234567890123456789012345";
        assert_eq!(
            of(Verb::Get, "/x", long),
            ("http://h.test/user/u/x".into(), text::concat(&[long, "&api_key=a%26b"]))
        );
        assert_eq!(of(Verb::Delete, "/x/n", "").0, "http://h.test/user/u/x/n?api_key=a%26b");
        assert_eq!(of(Verb::Form, "/x", "q=1"), ("http://h.test/user/u/x".into(), "q=1&api_key=a%26b".into()));
        assert_eq!(of(Verb::Form, "/x", "").1, "api_key=a%26b");
        assert_eq!(of(Verb::Json, "/x", "{\"a\":1}").1, "{\"a\":1,\"api_key\":\"a&b\"}");
    }

    #[test]
    fn no_text_gets_out_of_its_place_in_an_address() {
        const PARTS: &[&str] =
            &["&", "=", "?", "#", "/", "%", "+", "'", "\\", "<", "ü", "\u{1f30d}", "api_key", "a", "..", ";"];
        // Small and always the same: a linear congruential generator.
        let mut state = 7_u64;
        let mut next = |count: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % count
        };
        for _ in 0..5_000 {
            let key: String = (0..next(9)).filter_map(|_| PARTS.get(next(PARTS.len()))).copied().collect();
            let settings = Settings { api_key: key.clone(), username: "u".into(), base: "http://h.test/user/u".into() };
            let config = text::concat(&["{\"sql\":\"", &key.replace('\\', ""), "\"}"]);
            for request in [
                crate::maps::request::instantiate(&settings, config, 4_000),
                request(&settings, Verb::Get, "/x?q=1", "", 4_000),
                request(&settings, Verb::Delete, "/x", "", 4_000),
                request(&settings, Verb::Form, "/x", "q=1", 4_000),
            ] {
                let parameters = if request.body.is_empty() { &request.url } else { &request.body };
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()$,:;@/?&=+%".contains(&byte);
                assert!(parameters.bytes().all(is_plain), "{parameters}");
                let found: Vec<&str> =
                    parameters.split(['?', '&']).filter_map(|parameter| parameter.strip_prefix("api_key=")).collect();
                assert_eq!(found, [encode(&key)], "{parameters}");
                assert_eq!(request.url.matches('#').count(), 0, "{}", request.url);
            }
        }
    }
}
