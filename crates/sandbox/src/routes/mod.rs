//! The Maps API over HTTP: addresses, keys, CORS, JSONP, caching.

pub mod dataviews;
pub mod map;
mod tilejson;
pub mod tiles;

use crate::Sandbox;
use crate::errors::ApiError;
use crate::keys::{self, Access, Api, Token};
use crate::layergroup::Layergroup;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::Arc;

const ALLOWED_HEADERS: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, Carto-Event, \
                               Carto-Event-Source, Carto-Event-Group-Id";
const ALLOWED_HEADERS_PREFLIGHT: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, \
                                         Carto-Event, Carto-Event-Source, Carto-Event-Group-Id, Content-Type";
const JSON: &str = "application/json; charset=utf-8";
/// The id of a layergroup changes with its data, so what hangs off it can be kept.
const CACHE_FOREVER: &str = "public,max-age=31536000";

/// The server's routes.
pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/", get(status))
        .route("/health", get(health))
        .route("/demo/keys.json", get(demo_keys))
        .fallback(maps_api)
        .with_state(sandbox)
}

async fn health() -> Response {
    let mut response = Response::new(Body::from(json!({ "enabled": false, "ok": true }).to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
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

/// A request to the Maps API, taken apart.
pub struct Call {
    /// Whose map it is.
    pub username: String,
    /// What comes before `/api/v1/map` in the path.
    pub root: String,
    /// The host with its port, as the client knows it.
    pub host: String,
    /// What comes after `/api/v1/map/`, decoded.
    pub segments: Vec<String>,
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Request headers.
    pub headers: HeaderMap,
}

impl Call {
    fn new(parts: &Parts) -> Option<Call> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        // It comes back in addresses of the answer: nothing but a host may be in it.
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
        let host = if is_host { host } else { "localhost" };
        let (root, rest) = parts.uri.path().split_once("/api/v1/map")?;
        let rest = match rest {
            "" | "/" => "",
            rest => rest.strip_prefix('/')?,
        };
        let username = match root.split('/').collect::<Vec<_>>().as_slice() {
            // By host name: the first label.
            [""] => host.split(['.', ':']).next().unwrap_or_default(),
            ["", "user", user] | ["", user] if !user.is_empty() => user,
            _ => return None,
        };
        let segments = rest.split('/').filter(|_| !rest.is_empty()).map(decode).collect();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Some(Call {
            username: decode(username),
            root: root.to_owned(),
            host: host.to_owned(),
            segments,
            query,
            headers: parts.headers.clone(),
        })
    }

    /// The first query parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The key that the request shows outside of its body.
    pub fn token(&self) -> Option<Token> {
        keys::token_of(&self.headers, &self.query, None)
    }
}

fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// What a route answers.
pub struct Reply {
    /// The content.
    pub content: Content,
    /// Value of `cache-control`, when there is one.
    pub cache: Option<&'static str>,
    /// Id and version of the map.
    pub map: Option<(String, i64)>,
    /// Whether the map was instantiated just now.
    pub is_instance: bool,
}

/// The content of an answer.
pub enum Content {
    /// JSON, or JavaScript when the request has a `callback`.
    Json(Value),
    /// An image.
    Png(Vec<u8>),
}

async fn maps_api(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(call) = Call::new(&parts) else { return not_found(user_of(parts.uri.path())) };
    if parts.method == Method::OPTIONS {
        return preflight(call.segments.is_empty());
    }
    let result = dispatch(&sandbox, &parts.method, &call, body).await;
    respond(&call, result)
}

async fn dispatch(sandbox: &Sandbox, method: &Method, call: &Call, body: Body) -> Option<Result<Reply, ApiError>> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    match segments.as_slice() {
        [] if is_get => Some(map::instantiate_by_get(sandbox, call).await),
        [] if method == Method::POST => Some(map::instantiate_by_post(sandbox, call, body).await),
        _ if !is_get => None,
        [token, rest @ ..] => {
            let (id, version) = split_token(token);
            let request = LayergroupRequest { sandbox, call, id, version };
            let result = match rest {
                ["dataview", dataview] => dataviews::dataview(&request, dataview).await,
                ["dataview", dataview, "search"] => dataviews::search(&request, dataview).await,
                ["analysis", "node", node] => map::analysis_node(&request, node).await,
                [z, x, y] => tiles::tile(&request, None, [z, x, y]).await,
                [layers, z, x, y] => tiles::tile(&request, Some(layers), [z, x, y]).await,
                _ => return None,
            };
            Some(result.map_err(|error| error.in_map(id)))
        }
        _ => None,
    }
}

/// Splits `{id}:{version}`. Real servers also know `{user}@{template}@{id}`, which is of no use here.
fn split_token(token: &str) -> (&str, i64) {
    let (id, version) = token.split_once(':').unwrap_or((token, "0"));
    (id, version.parse().unwrap_or(0))
}

/// A request that hangs off a layergroup.
pub struct LayergroupRequest<'a> {
    /// The server.
    pub sandbox: &'a Sandbox,
    /// The request.
    pub call: &'a Call,
    /// Id of the layergroup.
    pub id: &'a str,
    /// Version in the address.
    pub version: i64,
}

impl LayergroupRequest<'_> {
    /// Checks the key, then finds the map: a layergroup carries no permission.
    ///
    /// # Errors
    /// As [`keys::authorize`]; 400 for an unknown layergroup.
    pub async fn open(&self) -> Result<(Access, Arc<Layergroup>), ApiError> {
        let database = &self.sandbox.database;
        let access = keys::authorize(database, &self.call.username, self.call.token().as_ref(), Api::Maps).await?;
        let found = self.sandbox.layergroups.get(database, access.user_id, self.id).await;
        let layergroup = found.map_err(ApiError::from_query)?.ok_or_else(|| ApiError::unknown_layergroup(self.id))?;
        Ok((access, layergroup))
    }

    /// An answer that clients may keep.
    pub fn reply(&self, content: Content) -> Reply {
        let map = Some((self.id.to_owned(), self.version));
        Reply { content, cache: Some(CACHE_FOREVER), map, is_instance: false }
    }
}

fn preflight(is_instantiation: bool) -> Response {
    let allow = if is_instantiation { "GET,HEAD,POST" } else { "GET,HEAD" };
    let mut response = Response::new(Body::from(allow));
    cors(response.headers_mut(), ALLOWED_HEADERS_PREFLIGHT);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// The user in a path of no route.
fn user_of(path: &str) -> Option<&str> {
    path.strip_prefix("/user/")?.split('/').next()
}

fn not_found(username: Option<&str>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_FOUND;
    cors(response.headers_mut(), ALLOWED_HEADERS);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    if let Some(username) = username.and_then(|username| HeaderValue::from_str(username).ok()) {
        response.headers_mut().insert("carto-user", username);
    }
    response
}

fn cors(headers: &mut HeaderMap, allowed: &'static str) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
}

fn respond(call: &Call, result: Option<Result<Reply, ApiError>>) -> Response {
    let Some(result) = result else { return not_found(Some(&call.username)) };
    let callback = call.parameter("callback").map(safe_callback).filter(|name| !name.is_empty());
    let mut response = Response::new(Body::empty());
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    // Real servers stumble over such bodies before they come to CORS.
    let is_unread = matches!(&result, Err(error) if error.kind.starts_with("entity."));
    let (status, content) = match result {
        Ok(reply) => {
            put("vary", "Authorization");
            if let Some(cache) = reply.cache {
                put("cache-control", cache);
            }
            if let Some((id, version)) = reply.map {
                put("carto-map-id", &id);
                put("carto-cache-buster", &version.to_string());
                if reply.is_instance {
                    put("x-layergroup-id", &format!("{id}:{version}"));
                }
            }
            (StatusCode::OK, reply.content)
        }
        Err(error) => {
            if !error.before_auth {
                put("vary", "Authorization");
            }
            if let Some(id) = &error.map_id {
                put("carto-map-id", id);
                let version = call.segments.first().map_or(0, |token| split_token(token).1);
                put("carto-cache-buster", &version.to_string());
            }
            // A script element cannot see the body of a failed request.
            let status = if callback.is_some() { StatusCode::OK } else { error.status };
            (status, Content::Json(error.body()))
        }
    };
    put("carto-user", &call.username);
    let body = match (content, &callback) {
        (Content::Png(bytes), _) => {
            put("content-type", "image/png");
            Body::from(bytes)
        }
        (Content::Json(value), None) => {
            put("content-type", JSON);
            Body::from(value.to_string())
        }
        (Content::Json(value), Some(name)) => {
            put("content-type", "text/javascript; charset=utf-8");
            put("x-content-type-options", "nosniff");
            // Both are line ends in old JavaScript, and plain characters in JSON.
            let json = value.to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
            Body::from(format!("/**/ typeof {name} === 'function' && {name}({json});"))
        }
    };
    *response.status_mut() = status;
    if !is_unread {
        cors(response.headers_mut(), ALLOWED_HEADERS);
    }
    *response.body_mut() = body;
    response
}

/// The name of a function and nothing else.
fn safe_callback(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "[]_$.".contains(*c)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str, host: &str) -> Option<Call> {
        let request = axum::http::Request::builder().uri(path).header("host", host).body(()).ok()?;
        Call::new(&request.into_parts().0)
    }

    #[test]
    fn users_are_found_in_path_and_host() {
        let user = |path, host| call(path, host).map(|call| (call.username, call.root));
        let of = |user: &str, root: &str| Some((user.to_owned(), root.to_owned()));
        assert_eq!(user("/user/demo/api/v1/map", "h"), of("demo", "/user/demo"));
        assert_eq!(user("/demo/api/v1/map/x/0/0/0.png", "h"), of("demo", "/demo"));
        assert_eq!(user("/api/v1/map", "demo.localhost:8182"), of("demo", ""));
        assert_eq!(user("/user/demo/api/v1/map", "other.localhost"), of("demo", "/user/demo"));
        assert_eq!(user("/user/demo/api/v1/nope", "h"), None);
        assert_eq!(user("/a/b/c/api/v1/map", "h"), None);
        assert_eq!(user("/user/demo/api/v1/maps", "h"), None);
    }

    #[test]
    fn segments_and_parameters_are_decoded() {
        let call = call("/u/api/v1/map/a%3A1/0%2C1/0/0/0.png?api_key=a%20b&callback=x", "h");
        let segments = call.as_ref().map(|call| call.segments.clone()).unwrap_or_default();
        assert_eq!(segments, ["a:1", "0,1", "0", "0", "0.png"]);
        assert_eq!(call.as_ref().and_then(|call| call.parameter("api_key")), Some("a b"));
    }

    #[test]
    fn callbacks_are_names() {
        assert_eq!(safe_callback("a.b[0]_$"), "a.b[0]_$");
        assert_eq!(safe_callback("alert('x');//<"), "alertx");
    }
}
