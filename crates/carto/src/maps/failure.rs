//! A failed request: the body of a refusal, or what went wrong before there was one, as raw errors (spec 2.2.4, 2.2.5).

use crate::error::RawError;
use crate::explain::explain;
use crate::page_value::PageValue;
use crate::refusal::{Api, Credentials, Refusal};
use crate::text;
use maps_api::json::Value;

/// Longest message that is taken over from a server, in characters (spec 2.2.4).
const MESSAGE_CHARS: usize = 256;

/// How a request failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// A newer request took its place; nobody is told.
    Aborted,
    /// No server was asked: what is wrong with the form of the key.
    MalformedKey(&'static str),
    /// No answer within so many milliseconds.
    Timeout(u32),
    /// No answer that the browser lets us read: no connection, or no CORS headers; with what `fetch` threw.
    Unreachable(Option<PageValue>),
    /// An answer that is no JSON, with its HTTP status and status text.
    NotJson(u16, String),
    /// JSON that reports an error, with its HTTP status.
    Server(u16, Value),
}

/// Which kind of request failed: it decides what CARTO.js calls the error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RequestKind {
    /// Instantiating a map.
    Map,
    /// Reading a dataview.
    Dataview,
}

impl Failure {
    /// The raw errors that a page gets to see; never empty, but for [`Failure::Aborted`].
    #[inline(never)]
    pub fn errors(&self, request: RequestKind, credentials: Credentials) -> Vec<RawError> {
        let refusal_of = |word, detail: &str| Refusal::new(word, Api::Maps, detail, credentials.username);
        let (status, mut refusal, text) = match self {
            Failure::Aborted => return Vec::new(),
            Failure::Server(status, body) => {
                let errors = server_errors(*status, body, request, credentials);
                if !errors.is_empty() {
                    return errors;
                }
                (Some(*status), refusal_of("not-maps-api", ""), "")
            }
            Failure::MalformedKey(what) => {
                let refusal = Some(refusal_of("malformed-key", what));
                let message = Some(text::concat(&["The API key ", what, "."]));
                let raw =
                    RawError { origin: "windshaft", kind: "auth".into(), message, refusal, ..RawError::default() };
                return vec![raw];
            }
            Failure::Timeout(limit) => (None, refusal_of("timeout", &text::number((limit / 1000).into())), "error"),
            Failure::Unreachable(_) => (None, refusal_of("unreachable", ""), "error"),
            Failure::NotJson(status, status_text) => {
                (Some(*status), refusal_of("not-json", &text::number((*status).into())), status_text.as_str())
            }
        };
        let cause = if let Failure::Unreachable(cause) = self { cause.clone() } else { None };
        refusal.forbidden = matches!(status, Some(401..=403));
        let (reason, refusal) = (refusal.reason, Some(refusal));
        vec![match (request, reason) {
            // What CARTO.js calls these (spec 2.2.5, Q-80, Q-81): the reason tells them apart.
            (RequestKind::Dataview, reason) if reason != "not-maps-api" => RawError {
                origin: "ajax",
                kind: "dataview".into(),
                message: Some(text.to_owned()),
                status,
                refusal,
                cause,
                ..RawError::default()
            },
            _ => RawError { status, refusal, cause, ..RawError::default() },
        }]
    }

    /// Whether the same request may succeed later: the server, or the way to it, may be back then.
    pub fn may_pass(&self) -> bool {
        match self {
            Failure::Timeout(_) | Failure::Unreachable(_) => true,
            Failure::NotJson(status, _) | Failure::Server(status, _) => {
                *status >= 500 || self.retry_delay(None, 0).is_some()
            }
            Failure::Aborted | Failure::MalformedKey(_) => false,
        }
    }

    /// Milliseconds to wait before the request is worth repeating; `None` when it is not.
    ///
    /// `retry_after` is the header in seconds, where the browser lets it be read; `attempt` counts from 0.
    pub fn retry_delay(&self, retry_after: Option<u32>, attempt: u32) -> Option<u32> {
        const ATTEMPTS: u32 = 2;
        const LONGEST_MS: u32 = 10_000;
        let status = match self {
            Failure::Server(status, body) => {
                // A map or query that took too long takes too long again: only a rate limit passes by itself.
                let first = body.get("errors_with_context").and_then(|list| list.items().first());
                let subtype = first.and_then(|error| error.get("subtype")).and_then(Value::as_str);
                if *status == 429 && subtype.is_some_and(|subtype| subtype != "rate-limit") {
                    return None;
                }
                *status
            }
            Failure::NotJson(status, _) => *status,
            _ => return None,
        };
        let wanted = retry_after.map_or(1000 << attempt.min(4), |seconds| seconds.saturating_mul(1000));
        (matches!(status, 429 | 503) && attempt < ATTEMPTS && wanted <= LONGEST_MS).then_some(wanted)
    }
}

/// Whether a body of any status reports errors: HTTP 200 with `errors` is a failure too (spec 4.3).
pub fn reports_errors(body: &Value) -> bool {
    body.get("errors").is_some() || body.get("errors_with_context").is_some()
}

fn server_errors(status: u16, body: &Value, request: RequestKind, credentials: Credentials) -> Vec<RawError> {
    let all = body.get("errors_with_context").filter(|list| list.is_array()).map(Value::items);
    let entries = all.unwrap_or_else(|| match body.get("errors") {
        Some(Value::Array(errors)) => errors.get(..1).unwrap_or_default(),
        // The Auth API, and proxies that imitate it, send one text.
        Some(text @ Value::String(_)) => std::slice::from_ref(text),
        _ => &[],
    });
    entries.iter().map(|entry| raw_error(status, entry, request, credentials)).collect()
}

fn raw_error(status: u16, entry: &Value, request: RequestKind, credentials: Credentials) -> RawError {
    let text = |path: &[&str]| entry.at(path).and_then(Value::as_str);
    let kind = text(&["type"]).filter(|kind| !kind.is_empty());
    let kind = match (kind, request) {
        (None | Some("unknown"), RequestKind::Dataview) => "dataview",
        (kind, _) => kind.unwrap_or("generic"),
    };
    let about = |wanted: &str, path: &[&str]| if kind == wanted { entry.at(path) } else { None };
    let context = match kind {
        "layer" | "analysis" => entry.at(&[kind, "context"]),
        _ => entry.get("context"),
    };
    let analysis_id = about("analysis", &["analysis", "node_id"]).or(about("analysis", &["analysis", "id"]));
    let message = text(&["message"]).or(entry.as_str());
    let mut raw = RawError {
        origin: "windshaft",
        kind: kind.to_owned(),
        subtype: text(&["subtype"]).map(str::to_owned),
        message: message.map(|message| text::beginning(message, MESSAGE_CHARS)),
        context: context.cloned().unwrap_or_default(),
        layer_id: about("layer", &["layer", "id"]).cloned(),
        analysis_id: analysis_id.and_then(Value::as_str).map(str::to_owned),
        status: Some(status),
        refusal: None,
        cause: None,
    };
    raw.refusal = explain(&raw, Api::Maps, credentials);
    raw
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CartoError;

    const ASKER: Credentials = Credentials { api_key: "k", username: "demo" };

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap_or_default()
    }

    fn first(failure: &Failure, request: RequestKind) -> CartoError {
        CartoError::new(failure.errors(request, ASKER).into_iter().next().unwrap_or_default())
    }

    #[test]
    fn bodies_become_raw_errors() {
        let body =
            json(r#"{"errors":["x"],"errors_with_context":[{"type":"layer","message":"m","layer":{"id":"L1"}}]}"#);
        let error = first(&Failure::Server(400, body), RequestKind::Map);
        assert_eq!(error.error_code, "windshaft:layer:generic-layer-error");
        assert_eq!(error.raw.as_ref().and_then(|raw| raw.layer_id.clone()), Some("L1".into()));
        let plain = first(&Failure::Server(400, json(r#"{"errors":["Forbidden","second"]}"#)), RequestKind::Map);
        assert_eq!(
            (plain.error_code.as_str(), plain.message.as_str()),
            ("windshaft:generic:unknown-error", "Forbidden")
        );
        let unknown = json(r#"{"errors_with_context":[{"type":"unknown","message":"column \"a\" does not exist"}]}"#);
        let dataview = first(&Failure::Server(404, unknown.clone()), RequestKind::Dataview);
        assert_eq!(dataview.error_code, "windshaft:dataview:column-does-not-exist");
        assert_eq!(
            first(&Failure::Server(404, unknown), RequestKind::Map).error_code,
            "windshaft:unknown:unknown-error"
        );
    }

    #[test]
    fn transport_failures_keep_their_codes_and_tell_their_reason() {
        let cases = [
            (Failure::Timeout(30_000), "timeout"),
            (Failure::Unreachable(None), "unreachable"),
            (Failure::NotJson(502, "Bad Gateway".into()), "not-json"),
            (Failure::Server(200, json("{}")), "not-maps-api"),
        ];
        for (failure, reason) in cases {
            let error = first(&failure, RequestKind::Map);
            assert_eq!(
                (error.error_code.as_str(), error.message.as_str()),
                ("generic:unknown-error", "unexpected error")
            );
            assert_eq!(error.refusal.as_ref().map(|refusal| refusal.reason), Some(reason));
        }
        let html = first(&Failure::NotJson(500, "Internal Server Error".into()), RequestKind::Dataview);
        assert_eq!(html.error_code, "ajax:dataview:unknown-error");
        assert_eq!((html.message.as_str(), html.status), ("Internal Server Error", Some(500)));
        assert!(Failure::Aborted.errors(RequestKind::Map, ASKER).is_empty());
    }

    #[test]
    fn an_error_list_without_entries_is_still_an_error() {
        let error = first(&Failure::Server(400, json(r#"{"errors":[]}"#)), RequestKind::Dataview);
        assert_eq!(error.error_code, "generic:unknown-error");
    }

    #[test]
    fn only_what_passes_by_itself_is_retried() {
        let limited =
            Failure::Server(429, json(r#"{"errors_with_context":[{"type":"limit","subtype":"rate-limit"}]}"#));
        assert_eq!(limited.retry_delay(None, 0), Some(1000));
        assert_eq!(limited.retry_delay(None, 1), Some(2000));
        assert_eq!(limited.retry_delay(Some(3), 0), Some(3000));
        assert_eq!(limited.retry_delay(Some(3600), 0), None, "nobody waits an hour");
        assert_eq!(limited.retry_delay(None, 2), None);
        let render = Failure::Server(429, json(r#"{"errors_with_context":[{"type":"limit","subtype":"render"}]}"#));
        assert_eq!(render.retry_delay(None, 0), None);
        assert_eq!(Failure::NotJson(503, String::new()).retry_delay(None, 0), Some(1000));
        assert_eq!(Failure::NotJson(500, String::new()).retry_delay(None, 0), None);
        assert_eq!(Failure::Timeout(1).retry_delay(None, 0), None);
    }

    #[test]
    fn long_messages_are_cut() {
        let body = Value::object([("errors", Value::Array(vec!["é".repeat(400).into()]))]);
        let raw = Failure::Server(400, body).errors(RequestKind::Map, ASKER);
        assert_eq!(raw.first().and_then(|raw| raw.message.as_ref()).map(|message| message.chars().count()), Some(256));
    }
}
