//! The Maps API over HTTP: routes, CORS, JSONP, caching.

use super::call::Call;
use super::{JSON, Refused, SCRIPT, TOO_SLOW, dataviews, layer_features, map, static_map, tiles};
use crate::Sandbox;
use crate::accounts::keys::{self, Access};
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

const ALLOWED_HEADERS: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, Carto-Event, \
                               Carto-Event-Source, Carto-Event-Group-Id";
const ALLOWED_HEADERS_PREFLIGHT: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, \
                                         Carto-Event, Carto-Event-Source, Carto-Event-Group-Id, Content-Type";
/// The id of a layergroup changes with its data, so what hangs off it can be kept.
const CACHE_FOREVER: &str = "public,max-age=31536000";

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
    /// An image without transparency.
    Jpeg(Vec<u8>),
    /// A vector tile; none when it is empty.
    Vector(Vec<u8>),
}

/// Answers a request to the Maps API.
pub(super) async fn answer(sandbox: &Sandbox, method: &Method, call: &Call, body: Body) -> Response {
    if *method == Method::OPTIONS {
        return preflight(call.segments.is_empty());
    }
    let result = dispatch(sandbox, method, call, body).await;
    respond(call, result)
}

async fn dispatch(sandbox: &Sandbox, method: &Method, call: &Call, body: Body) -> Option<Result<Reply, ApiError>> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    match segments.as_slice() {
        [] if is_get => Some(map::instantiate_by_get(sandbox, call).await),
        [] if method == Method::POST => Some(map::instantiate_by_post(sandbox, call, body).await),
        _ if !is_get => None,
        ["static", rest @ ..] => static_map::answer(sandbox, call, rest).await,
        [token, rest @ ..] => {
            let (id, version) = split_token(token);
            let request = LayergroupRequest { sandbox, call, id, version };
            let result = match rest {
                ["dataview", dataview] => dataviews::dataview(&request, dataview).await,
                ["dataview", dataview, "search"] => dataviews::search(&request, dataview).await,
                ["analysis", "node", node] => map::analysis_node(&request, node).await,
                [layer, "attributes", feature] => layer_features::attributes(&request, layer, feature).await,
                [layer, z, "cluster", feature] => layer_features::cluster(&request, layer, z, feature).await,
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
pub(super) fn split_token(token: &str) -> (&str, i64) {
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
        let access = keys::authorize(database, &self.call.username, self.call.token().as_ref()).await?;
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

/// The answer to a request that nobody looks at.
pub(super) fn refused(call: &Call, why: Refused) -> Response {
    let error = match why {
        Refused::TooMany => crate::http::rate_limits::too_many(),
        Refused::TooSlow => ApiError::new(StatusCode::REQUEST_TIMEOUT, TOO_SLOW),
    };
    let id = call.segments.first().map(|token| split_token(token).0);
    respond(call, Some(Err(id.map_or_else(|| error.clone(), |id| error.clone().in_map(id)))))
}

pub(super) fn not_found(username: Option<&str>) -> Response {
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
    let callback = call.callback();
    let mut response = Response::new(Body::empty());
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    // Real servers stumble over such bodies before they come to CORS.
    let is_unread = matches!(&result, Err(error) if error.kind.starts_with("entity."));
    let (mut status, content) = match result {
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
            let is_vector = call.segments.last().is_some_and(|file| file.ends_with(".mvt"));
            let tile = if is_vector && error.kind == "limit" { crate::render::mvt::error_tile().ok() } else { None };
            (status, tile.map_or_else(|| Content::Json(error.body()), Content::Vector))
        }
    };
    put("carto-user", &call.username);
    let body = match (content, &callback) {
        (Content::Png(bytes), _) => {
            put("content-type", "image/png");
            Body::from(bytes)
        }
        (Content::Jpeg(bytes), _) => {
            put("content-type", "image/jpeg");
            Body::from(bytes)
        }
        (Content::Vector(bytes), _) if bytes.is_empty() => {
            status = StatusCode::NO_CONTENT;
            Body::empty()
        }
        (Content::Vector(bytes), _) => {
            put("content-type", "application/x-protobuf");
            Body::from(bytes)
        }
        (Content::Json(value), None) => {
            put("content-type", JSON);
            Body::from(value.to_string())
        }
        (Content::Json(value), Some(name)) => {
            put("content-type", SCRIPT);
            Body::from(super::called_back(name, value.to_string().into_bytes()))
        }
    };
    *response.status_mut() = status;
    if !is_unread {
        cors(response.headers_mut(), ALLOWED_HEADERS);
    }
    *response.body_mut() = body;
    response
}
