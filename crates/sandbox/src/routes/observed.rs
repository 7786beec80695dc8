//! Around every request: an id, a line in the log, numbers. Keys are in none of them: no query, no header and no body is
//! written down, only the path.

use super::call::{Call, Service};
use crate::Sandbox;
use crate::rate_limits::part_of_maps;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
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

pub(super) async fn observe(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let running = Running::new(&sandbox);
    let id = given(&request).unwrap_or_else(new_id);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let part = part(&path);
    let mut response = next.run(request).await;
    drop(running);
    let (status, time) = (response.status().as_u16(), begin.elapsed());
    sandbox.metrics.answered(part, status, time);
    tracing::info!(
        request = id,
        %method,
        path,
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

/// The part of the server that answers.
fn part(path: &str) -> &'static str {
    match path {
        "/health" | "/metrics" | "/" => return "server",
        _ => {}
    }
    match Call::service_of(path) {
        Some((Service::Maps, segments)) => part_of_maps(&segments),
        Some((Service::Sql, _)) => "query",
        Some((Service::ApiKeys | Service::Datasets, _)) => "auth",
        None => "other",
    }
}
