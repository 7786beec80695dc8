//! The Maps API over HTTP: routes, CORS, JSONP, caching.

use super::call::Call;
use super::{JSON, Refused, SCRIPT, TOO_SLOW, called_back, rate_limits};
use crate::Sandbox;
use crate::map::error::ApiError;
use crate::map::instantiation;
use crate::map::open_map::OpenMap;
use crate::query::parameters::Parameters;
use crate::query::{dataviews, layer_features};
use crate::render::mvt;
use crate::render::static_map::{self, Format, Image};
use crate::render::tile::{Place, Rendering};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

const ALLOWED_HEADERS: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, Carto-Event, \
                               Carto-Event-Source, Carto-Event-Group-Id";
const ALLOWED_HEADERS_PREFLIGHT: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, \
                                         Carto-Event, Carto-Event-Source, Carto-Event-Group-Id, Content-Type";
/// The id of a layergroup changes with its data, so what hangs off it can be kept.
const CACHE_FOREVER: &str = "public,max-age=31536000";
/// The state of an analysis may change while it runs.
const CACHE_NODE: &str = "public,max-age=5";

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
        [] if is_get => Some(super::instantiation::instantiate_by_get(sandbox, call).await),
        [] if method == Method::POST => Some(super::instantiation::instantiate_by_post(sandbox, call, body).await),
        _ if !is_get => None,
        ["static", rest @ ..] => {
            let (token, image) = match rest {
                ["center", token, zoom, lat, lng, width, height] => {
                    (token, static_map::centered(zoom, lat, lng, width, height))
                }
                ["bbox", token, bounds, width, height] => (token, static_map::bounded(bounds, width, height)),
                _ => return None,
            };
            let (id, version) = split_token(token);
            let request = LayergroupRequest { sandbox, call, id, version };
            Some(request.static_image(image).await.map_err(|error| error.in_map(id)))
        }
        [token, rest @ ..] => {
            let (id, version) = split_token(token);
            let request = LayergroupRequest { sandbox, call, id, version };
            let result = match rest {
                ["dataview", dataview] => request.dataview(dataview).await,
                ["dataview", dataview, "search"] => request.search(dataview).await,
                ["analysis", "node", node] => request.analysis_node(node).await,
                [layer, "attributes", feature] => request.attributes(layer, feature).await,
                [layer, z, "cluster", feature] => request.cluster(layer, z, feature).await,
                [z, x, y] => request.tile(None, [z, x, y]).await,
                [layers, z, x, y] => request.tile(Some(layers), [z, x, y]).await,
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
struct LayergroupRequest<'a> {
    sandbox: &'a Sandbox,
    call: &'a Call,
    /// Id of the layergroup.
    id: &'a str,
    /// Version in the address.
    version: i64,
}

impl<'a> LayergroupRequest<'a> {
    async fn open(&self) -> Result<OpenMap<'a>, ApiError> {
        OpenMap::open(self.sandbox, &self.call.username, self.call.token().as_ref(), self.id).await
    }

    fn parameters(&self) -> Parameters<'a> {
        Parameters(&self.call.query)
    }

    /// An answer that clients may keep.
    fn reply(&self, content: Content) -> Reply {
        let map = Some((self.id.to_owned(), self.version));
        Reply { content, cache: Some(CACHE_FOREVER), map, is_instance: false }
    }

    async fn tile(&self, layers: Option<&str>, coordinates: [&str; 3]) -> Result<Reply, ApiError> {
        let place = Place::parse(coordinates, layers.is_some())?;
        let open = self.open().await?;
        let rendering = Rendering { open: &open, place: &place };
        let content = match place.format.as_str() {
            "png" => Content::Png(rendering.png(layers).await?),
            "grid.json" => Content::Json(rendering.grid(layers).await?),
            "mvt" => Content::Vector(rendering.vector(layers).await?),
            other => return Err(ApiError::bad_request(format!("Unsupported format {other}"))),
        };
        Ok(self.reply(content))
    }

    async fn static_image(&self, image: Result<Image, ApiError>) -> Result<Reply, ApiError> {
        let image = image?;
        let layers = self.call.parameter("layer").filter(|layers| !layers.is_empty());
        let encoded = static_map::draw_image(&self.open().await?, layers, &image).await?;
        Ok(self.reply(match image.format {
            Format::Png => Content::Png(encoded),
            Format::Jpeg => Content::Jpeg(encoded),
        }))
    }

    async fn dataview(&self, id: &str) -> Result<Reply, ApiError> {
        let result = dataviews::dataview(&self.open().await?, self.parameters(), id).await?;
        Ok(self.reply(Content::Json(result)))
    }

    async fn search(&self, id: &str) -> Result<Reply, ApiError> {
        let found = dataviews::search(&self.open().await?, self.parameters(), id).await?;
        Ok(self.reply(Content::Json(found)))
    }

    async fn analysis_node(&self, node: &str) -> Result<Reply, ApiError> {
        let node = instantiation::analysis_node(&self.open().await?.map, self.version, node)?;
        Ok(Reply { cache: Some(CACHE_NODE), ..self.reply(Content::Json(node)) })
    }

    async fn attributes(&self, layer: &str, feature: &str) -> Result<Reply, ApiError> {
        let attributes = layer_features::attributes(&self.open().await?, layer, feature).await?;
        Ok(self.reply(Content::Json(attributes)))
    }

    async fn cluster(&self, layer: &str, zoom: &str, feature: &str) -> Result<Reply, ApiError> {
        let found = layer_features::cluster(&self.open().await?, self.parameters(), layer, zoom, feature).await?;
        Ok(self.reply(Content::Json(found)))
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
        Refused::TooMany => rate_limits::too_many(),
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
            let tile = if is_vector && error.kind == "limit" { mvt::error_tile().ok() } else { None };
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
            Body::from(called_back(name, value.to_string().into_bytes()))
        }
    };
    *response.status_mut() = status;
    if !is_unread {
        cors(response.headers_mut(), ALLOWED_HEADERS);
    }
    *response.body_mut() = body;
    response
}
