//! The APIs over HTTP: addresses, keys, CORS, JSONP, caching.

mod absent;
pub mod auth;
mod bodies;
pub mod call;
mod compression;
mod datasets;
pub mod health;
mod held;
mod imports;
mod instantiation;
pub mod listen;
pub mod maps;
pub mod metrics;
mod observed;
pub mod origins;
pub mod rate_limits;
mod reply;
pub mod route;
pub mod sql;
mod tags;

use crate::Sandbox;
use crate::accounts::demo_keys;
use crate::http::listen::client::Client;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
pub(crate) use bodies::is_too_slow;
use call::Call;
use route::{Route, Target};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::set_header::SetResponseHeaderLayer;

/// Where the server tells about itself.
const STATUS: &str = "/";
const HEALTH: &str = "/health";
const METRICS: &str = "/metrics";
const DEMO_KEYS: &str = "/demo/keys.json";

const JSON: &str = "application/json; charset=utf-8";
const TOO_SLOW: &str = "The body of the request did not come in time";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The server's routes.
pub fn router(sandbox: Arc<Sandbox>) -> Router {
    let router = Router::new().route(STATUS, get(status)).route(HEALTH, get(health));
    // With a listener of their own, the numbers are nowhere else.
    let router = if sandbox.has_admin { router } else { router.route(METRICS, get(metrics)) };
    let router = if sandbox.has_demo { router.route(DEMO_KEYS, get(demo_keys)) } else { router };
    router
        .fallback(api)
        .layer(middleware::from_fn_with_state(sandbox.clone(), held::hold))
        .layer(compression::layer())
        .layer(middleware::from_fn_with_state(sandbox.clone(), observed::observe))
        .layer(no_sniffing())
        .with_state(sandbox)
}

/// The routes of the listener for those who watch the server.
pub fn admin_router(sandbox: Arc<Sandbox>) -> Router {
    Router::new().route(HEALTH, get(health)).route(METRICS, get(metrics)).layer(no_sniffing()).with_state(sandbox)
}

/// No browser takes an answer for something else than it says it is.
fn no_sniffing() -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
}

/// Whether the database answers.
async fn health(State(sandbox): State<Arc<Sandbox>>) -> Response {
    // The embedded database does one thing at a time.
    let busy = if sandbox.database.is_embedded() { sandbox.limits.timeout } else { Duration::ZERO };
    let is_well = sandbox.health.of(&sandbox.database, busy).await;
    let mut response = Response::new(Body::from(json!({ "enabled": true, "ok": is_well }).to_string()));
    if !is_well {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn metrics(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let text = sandbox.metrics.text(sandbox.database.sessions(), sandbox.connections.len());
    let mut response = Response::new(Body::from(text));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

async fn status(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let kind = if sandbox.database.is_embedded() { "embedded" } else { "server" };
    plain_json(&json!({ "name": "carto-sandbox", "version": env!("CARGO_PKG_VERSION"), "database": kind }))
}

/// The keys of the demo that are for its pages, and so for everybody.
async fn demo_keys(State(sandbox): State<Arc<Sandbox>>) -> Response {
    match demo_keys::public(&sandbox.database).await {
        Ok(keys) => plain_json(&keys),
        Err(_) => {
            let mut response = plain_json(&json!({}));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    }
}

fn plain_json(value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// One of the APIs.
async fn api(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let target: Option<Target> = parts.extensions.remove();
    let Some(call) = target.and_then(|target| Call::new(&parts, target)) else {
        return maps::not_found(&parts.uri, user_of(parts.uri.path()));
    };
    let Client(address) = parts.extensions.get().copied().unwrap_or_default();
    let standing = match rate_limited_part(&parts.method, &call) {
        Some(part) => {
            let (database, user) = (&sandbox.database, call.username.as_str());
            sandbox.rate_limits.count(database, user, part, address, Instant::now()).await
        }
        None => None,
    };
    let mut response = match standing.filter(|standing| standing.retry_after.is_some()) {
        Some(_) => refused(&call, Refused::TooMany),
        None => answered(&sandbox, &parts.method, &call, body).await,
    };
    if matches!(call.route, Route::ApiKeys(_) | Route::Datasets(_) | Route::Imports(_))
        && response.status() == StatusCode::UNAUTHORIZED
    {
        sandbox.rate_limits.count_failure(&call.username, address, Instant::now());
    }
    if let Some(standing) = standing {
        standing.write(response.headers_mut());
    }
    response
}

async fn answered(sandbox: &Sandbox, method: &Method, call: &Call, body: Body) -> Response {
    let body = match bodies::read(method, &call.route, body).await {
        Ok(body) => body,
        Err(why) => return refused(call, why),
    };
    match &call.route {
        Route::Maps(route) => maps::answer(sandbox, method, call, route, body).await,
        Route::Sql(route) => sql::answer(sandbox, method, call, *route, body).await,
        Route::ApiKeys(route) => auth::answer_api_keys(sandbox, method, call, route, body).await,
        Route::Datasets(route) => datasets::answer(sandbox, method, call, route, body).await,
        Route::Imports(route) => imports::answer(sandbox, method, call, route, body).await,
    }
}

/// Why a request is refused before anybody looks at what it is about.
#[derive(Clone, Copy, Debug)]
enum Refused {
    /// One request too many.
    TooMany,
    /// The body did not come in time.
    TooSlow,
}

fn refused(call: &Call, why: Refused) -> Response {
    match &call.route {
        Route::Maps(route) => maps::refused(call, route, why),
        Route::Sql(_) => sql::refused(call, why),
        Route::ApiKeys(_) => reply::respond(reply::refused(why)),
        Route::Datasets(_) => reply::open(reply::respond(reply::refused(why)), datasets::METHODS),
        Route::Imports(_) => reply::open(reply::respond(imports::in_shape(reply::refused(why))), imports::METHODS),
    }
}

/// The part that a request is counted for. Browsers ask beforehand for nothing.
fn rate_limited_part(method: &Method, call: &Call) -> Option<&'static str> {
    (*method != Method::OPTIONS).then(|| call.route.part())
}

/// The user in a path of no route.
fn user_of(path: &str) -> Option<&str> {
    path.strip_prefix("/user/")?.split('/').next()
}

/// A script that hands JSON to a function, if there is such a function.
fn called_back(name: &str, json: Vec<u8>) -> Vec<u8> {
    // Both are line ends in old JavaScript, and plain characters in JSON.
    const LINE_ENDS: [(&[u8], &[u8]); 2] = [(b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029")];
    let mut script = format!("/**/ typeof {name} === 'function' && {name}(").into_bytes();
    let mut rest = json.as_slice();
    while let Some(at) = rest.iter().position(|byte| *byte == 0xe2) {
        let (before, from) = rest.split_at(at);
        script.extend_from_slice(before);
        let line_end = LINE_ENDS.iter().find(|(bytes, _)| from.starts_with(bytes));
        let (written, length) =
            line_end.map_or((from.get(..1).unwrap_or_default(), 1), |(bytes, escape)| (*escape, bytes.len()));
        script.extend_from_slice(written);
        rest = from.get(length..).unwrap_or_default();
    }
    script.extend_from_slice(rest);
    script.extend_from_slice(b");");
    script
}
