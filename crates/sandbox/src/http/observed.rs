//! Around every request: an id, a line in the log, numbers. Keys are in none of them: no query, no header and no body is
//! written down, only the path, without whatever in it could be a key.

use super::route::Target;
use super::{DEMO_KEYS, HEALTH, METRICS, STATUS, compression};
use crate::Sandbox;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id that a client or a proxy gave.
const LONGEST_ID: usize = 64;

/// Counts a request as running until it is dropped.
struct Running<'a>(&'a Sandbox);

impl<'a> Running<'a> {
    fn new(sandbox: &'a Sandbox) -> Running<'a> {
        sandbox.metrics.begin();
        Running(sandbox)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.metrics.end();
    }
}

pub(super) async fn observe(State(sandbox): State<Arc<Sandbox>>, mut request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let running = Running::new(&sandbox);
    let id = given(&request).unwrap_or_else(new_id);
    let (method, path) = (known(request.method()), request.uri().path().to_owned());
    let target = Target::parse(&path);
    let (part, is_known) = (part(&path, target.as_ref()), target.is_some());
    let is_tile = part == "tile";
    // Whoever answers does not look at the path again.
    if let Some(target) = target {
        request.extensions_mut().insert(target);
    }
    compression::accept_identity(request.headers_mut());
    let mut response = next.run(request).await;
    drop(running);
    let (status, time) = (response.status().as_u16(), begin.elapsed());
    sandbox.metrics.answered(part, status, time);
    if let Some(format) = format(&response).filter(|_| is_tile) {
        sandbox.metrics.tile(format);
    }
    tracing::info!(
        request = id,
        method,
        path = shown(&path, is_known),
        part,
        status,
        ms = time.as_micros() as f64 / 1000.0,
        "answered"
    );
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, id);
    }
    response
}

/// The name of a method for the log; anybody can make one up.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The id that the request has, unless it is a strange one.
fn given(request: &Request) -> Option<String> {
    let id = request.headers().get(ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (!id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(is_plain)).then(|| id.to_owned())
}

/// Different for each request of this run, and most likely of any other.
fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 6];
    let _ = getrandom::fill(&mut bytes);
    let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{random}-{:x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What a tile is, when the answer is one.
fn format(response: &Response) -> Option<&'static str> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match response.status() {
        StatusCode::NO_CONTENT => Some("mvt"),
        StatusCode::OK if kind == "image/png" => Some("png"),
        StatusCode::OK if kind == "application/x-protobuf" => Some("mvt"),
        // A grid; errors of pages that ask by a script element are scripts, too, but have no status of their own.
        StatusCode::OK if kind.starts_with("application/json") => Some("grid"),
        _ => None,
    }
}

/// A path for the log. Clients put keys into the wrong places: what is as long as one is left out, and so is what is at
/// no address of ours.
fn shown(path: &str, is_known: bool) -> String {
    if [STATUS, HEALTH, METRICS, DEMO_KEYS].contains(&path) {
        return path.to_owned();
    }
    let segments = path.split('/').map(|segment| match percent_encoding::percent_decode_str(segment).decode_utf8() {
        Ok(decoded) if decoded.is_empty() || is_known && is_harmless(&decoded) => decoded,
        _ => "…".into(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether a part of a path is no key: short, the id of a map, or numbers.
fn is_harmless(segment: &str) -> bool {
    /// Keys have 22 characters, or 40 for masters.
    const SHORTER_THAN_KEYS: usize = 20;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,:@".contains(&byte);
    let is_number = |byte: u8| byte.is_ascii_digit() || b"-.,:".contains(&byte);
    let id = segment.split_once(':').map_or(segment, |(id, _)| id);
    let is_map = id.len() == 32
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && segment.bytes().skip(id.len()).all(|byte| byte.is_ascii_digit() || byte == b':');
    segment.len() <= SHORTER_THAN_KEYS && segment.bytes().all(is_plain) || is_map || segment.bytes().all(is_number)
}

/// The part of the server that answers.
fn part(path: &str, target: Option<&Target>) -> &'static str {
    match target {
        Some(target) => target.route.part(),
        None if [STATUS, HEALTH, METRICS].contains(&path) => "server",
        None => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_without_keys() {
        let shown = |path: &str| super::shown(path, Target::parse(path).is_some());
        let tile = "/user/demo/api/v1/map/0123456789abcdef0123456789abcdef:1577934246000/0,1/3/4/5@2x.png";
        assert_eq!(shown(tile), tile);
        assert_eq!(shown("/health"), "/health");
        let (master, regular) = ("0123456789abcdef0123456789abcdef01234567", "AbC_dEf-0123456789zzzz");
        for key in [master, regular] {
            assert_eq!(shown(&format!("/user/demo/api/v3/api_keys/{key}")), "/user/demo/api/v3/api_keys/…");
            assert_eq!(shown(&format!("/user/{key}/api/v2/sql")), "/user/…/api/v2/sql");
            assert_eq!(shown(&format!("/api/v1/map/x%3A{key}/0/0/0.png")), "/api/v1/map/…/0/0/0.png");
            assert_eq!(shown(&format!("/{key}")), "/…");
            assert_eq!(shown(&format!("/health/api_key={key}")), "/…/…");
        }
        let bounds =
            "/u/api/v1/map/static/bbox/0123456789abcdef0123456789abcdef:1/-10.123456,-20.5,30.25,40.125/300/200.png";
        assert_eq!(shown(bounds), bounds);
    }
}
