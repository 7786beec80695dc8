//! The APIs over HTTP: addresses, keys, CORS, JSONP, caching.

pub mod auth;
pub mod call;
pub mod dataviews;
mod held;
mod histograms;
mod layer_features;
pub mod map;
pub mod maps;
mod observed;
pub mod sql;
mod static_map;
mod tilejson;
pub mod tiles;

use crate::Sandbox;
use crate::rate_limits::{Standing, part_of_maps};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use call::{Call, Service};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);
const JSON: &str = "application/json; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The server's routes.
pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/", get(status))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/demo/keys.json", get(demo_keys))
        .fallback(api)
        .layer(middleware::from_fn_with_state(sandbox.clone(), held::hold))
        .layer(middleware::from_fn_with_state(sandbox.clone(), observed::observe))
        .with_state(sandbox)
}

/// Whether the database answers.
async fn health(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let asked = tokio::time::timeout(PATIENCE, sandbox.database.admin_query("SELECT 1", Vec::new())).await;
    let is_well = matches!(asked, Ok(Ok(_)));
    let mut response = Response::new(Body::from(json!({ "enabled": true, "ok": is_well }).to_string()));
    if !is_well {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn metrics(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let mut response = Response::new(Body::from(sandbox.metrics.text(sandbox.database.sessions())));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

async fn status(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let kind = if sandbox.database.is_embedded() { "embedded" } else { "server" };
    plain_json(&json!({ "name": "carto-sandbox", "version": env!("CARGO_PKG_VERSION"), "database": kind }))
}

/// The keys of the demo are no secret: they come with the source.
async fn demo_keys() -> Response {
    plain_json(&crate::demo_data::public_keys())
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
    let (parts, body) = request.into_parts();
    let Some(call) = Call::new(&parts) else { return maps::not_found(user_of(parts.uri.path())) };
    let standing = rate_limit(&sandbox, &parts.method, &call);
    if let Some(standing) = standing.filter(|standing| standing.retry_after.is_some()) {
        let mut response = match call.service {
            Service::Sql => sql::too_many(&call),
            _ => maps::too_many(&call),
        };
        standing.write(response.headers_mut());
        return response;
    }
    let mut response = match call.service {
        Service::Maps => maps::answer(&sandbox, &parts.method, &call, body).await,
        Service::Sql => sql::answer(&sandbox, &parts.method, &call, body).await,
        Service::ApiKeys => auth::answer_api_keys(&sandbox, &parts.method, &call, body).await,
        Service::Datasets => auth::answer_datasets(&sandbox, &parts.method, &call).await,
    };
    if let Some(standing) = standing {
        standing.write(response.headers_mut());
    }
    response
}

/// Where a request stands, if its part of the APIs is limited. Browsers ask beforehand for nothing.
fn rate_limit(sandbox: &Sandbox, method: &Method, call: &Call) -> Option<Standing> {
    let part = match call.service {
        _ if *method == Method::OPTIONS => return None,
        Service::Maps => part_of_maps(&call.segments),
        Service::Sql => "query",
        Service::ApiKeys | Service::Datasets => return None,
    };
    sandbox.rate_limits.count(&call.username, part, Instant::now())
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
