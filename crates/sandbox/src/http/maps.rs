//! The Maps API over HTTP: routes, CORS, JSONP, caching.

use super::call::{Call, safe_callback};
use super::route::{MapRoute, MapToken, MapsRoute, TileRoute};
use super::{JSON, Refused, SCRIPT, TOO_SLOW, absent, called_back, rate_limits, tags};
use crate::Sandbox;
use crate::accounts::keys;
use crate::map::error::ApiError;
use crate::map::instantiation;
use crate::map::open_map::OpenMap;
use crate::query::parameters::Parameters;
use crate::query::{dataviews, layer_features};
use crate::render::mvt;
use crate::render::static_map::{self, Format, Image};
use crate::render::tile::{Place, Rendering};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value;

const ALLOWED_HEADERS: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, Carto-Event, \
                               Carto-Event-Source, Carto-Event-Group-Id";
const ALLOWED_HEADERS_PREFLIGHT: &str = "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, \
                                         Carto-Event, Carto-Event-Source, Carto-Event-Group-Id, Content-Type";
/// The id of a layergroup has the version of its data, so what hangs off it can be kept while they have that version.
const CACHE_FOREVER: &str = "public,max-age=31536000";
/// What may be another thing at the same address: data of which nobody notes that they change, and ids of an older version,
/// which go on with the data as they are now.
pub(super) const CACHE_CHECKED: &str = "public,max-age=0,must-revalidate";
/// The state of an analysis may change while it runs.
const CACHE_NODE: &str = "public,max-age=5";

/// What a route answers.
pub struct MapsReply {
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
pub(super) async fn answer(sandbox: &Sandbox, method: &Method, call: &Call, route: &MapsRoute, body: Body) -> Response {
    if *method == Method::OPTIONS {
        return preflight(*route == MapsRoute::Instantiation);
    }
    let result = dispatch(sandbox, method, call, route, body).await;
    respond(method, call, route, result)
}

async fn dispatch(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &MapsRoute,
    body: Body,
) -> Option<Result<MapsReply, ApiError>> {
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    match route {
        MapsRoute::Instantiation if is_get => Some(super::instantiation::instantiate_by_get(sandbox, call).await),
        MapsRoute::Instantiation if method == Method::POST => {
            Some(super::instantiation::instantiate_by_post(sandbox, call, body).await)
        }
        MapsRoute::Named { template } => {
            // A wrong key is the more important news.
            let access = keys::authorize(&sandbox.database, &call.username, call.token().as_ref()).await;
            Some(access.and_then(|_| Err(absent::named_map(template, &call.username))))
        }
        MapsRoute::Map(token, route) if is_get => {
            let result = LayergroupRequest { sandbox, call, token }.answer(route).await;
            Some(result.map_err(|error| error.in_map(&token.id)))
        }
        _ => None,
    }
}

/// A request that hangs off a layergroup.
struct LayergroupRequest<'a> {
    sandbox: &'a Sandbox,
    call: &'a Call,
    token: &'a MapToken,
}

impl<'a> LayergroupRequest<'a> {
    async fn open(&self) -> Result<OpenMap<'a>, ApiError> {
        OpenMap::open(self.sandbox, &self.call.username, self.call.token().as_ref(), &self.token.id).await
    }

    fn parameters(&self) -> Parameters<'a> {
        Parameters(&self.call.query)
    }

    /// An answer that clients may keep, as long as it cannot become another one.
    async fn reply(&self, open: &OpenMap<'_>, content: Content) -> Result<MapsReply, ApiError> {
        let is_fixed = open.is_fixed_at(self.token.version).await?;
        let cache = if is_fixed { CACHE_FOREVER } else { CACHE_CHECKED };
        let map = Some((self.token.id.clone(), self.token.version));
        Ok(MapsReply { content, cache: Some(cache), map, is_instance: false })
    }

    async fn answer(&self, route: &MapRoute) -> Result<MapsReply, ApiError> {
        match route {
            MapRoute::Tile(tile) => self.tile(tile).await,
            MapRoute::Dataview(id) => self.dataview(id).await,
            MapRoute::DataviewSearch(id) => self.search(id).await,
            MapRoute::AnalysisNode(node) => self.analysis_node(node).await,
            MapRoute::Attributes { layer, feature } => self.attributes(layer, feature).await,
            MapRoute::Cluster { layer, zoom, feature } => self.cluster(layer, zoom, feature).await,
            MapRoute::StaticCenter { zoom, lat, lng, size } => {
                self.static_image(static_map::centered(zoom, lat, lng, size.parts())?).await
            }
            MapRoute::StaticBounds { bounds, size } => {
                self.static_image(static_map::bounded(bounds, size.parts())?).await
            }
        }
    }

    async fn tile(&self, tile: &TileRoute) -> Result<MapsReply, ApiError> {
        let TileRoute { layers, z, x, y, format } = tile;
        let layers = layers.as_deref();
        let place = Place::parse([z, x, y], layers.is_some())?;
        let open = self.open().await?;
        let rendering = Rendering::new(&open, &place);
        let content = match format.as_str() {
            "png" => Content::Png(rendering.png(layers).await?),
            "grid.json" => Content::Json(rendering.grid(layers).await?),
            "mvt" => Content::Vector(rendering.vector(layers).await?),
            other => return Err(ApiError::bad_request(format!("Unsupported format {other}"))),
        };
        self.reply(&open, content).await
    }

    async fn static_image(&self, image: Image) -> Result<MapsReply, ApiError> {
        let layers = self.call.parameter("layer").filter(|layers| !layers.is_empty());
        let open = self.open().await?;
        let encoded = static_map::draw_image(&open, layers, &image).await?;
        let content = match image.format {
            Format::Png => Content::Png(encoded),
            Format::Jpeg => Content::Jpeg(encoded),
        };
        self.reply(&open, content).await
    }

    async fn dataview(&self, id: &str) -> Result<MapsReply, ApiError> {
        let open = self.open().await?;
        let result = dataviews::dataview(&open, self.parameters(), id).await?;
        self.reply(&open, Content::Json(result)).await
    }

    async fn search(&self, id: &str) -> Result<MapsReply, ApiError> {
        let open = self.open().await?;
        let found = dataviews::search(&open, self.parameters(), id).await?;
        self.reply(&open, Content::Json(found)).await
    }

    async fn analysis_node(&self, node: &str) -> Result<MapsReply, ApiError> {
        let node = instantiation::analysis_node(&self.open().await?.map, self.token.version, node)?;
        let map = Some((self.token.id.clone(), self.token.version));
        Ok(MapsReply { content: Content::Json(node), cache: Some(CACHE_NODE), map, is_instance: false })
    }

    async fn attributes(&self, layer: &str, feature: &str) -> Result<MapsReply, ApiError> {
        let open = self.open().await?;
        let attributes = layer_features::attributes(&open, layer, feature).await?;
        self.reply(&open, Content::Json(attributes)).await
    }

    async fn cluster(&self, layer: &str, zoom: &str, feature: &str) -> Result<MapsReply, ApiError> {
        let open = self.open().await?;
        let found = layer_features::cluster(&open, self.parameters(), layer, zoom, feature).await?;
        self.reply(&open, Content::Json(found)).await
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
pub(super) fn refused(call: &Call, route: &MapsRoute, why: Refused) -> Response {
    let error = match why {
        Refused::TooMany => rate_limits::too_many(),
        Refused::TooSlow => ApiError::new(StatusCode::REQUEST_TIMEOUT, TOO_SLOW),
    };
    let error = match route.token() {
        Some(token) => error.in_map(&token.id),
        None => error,
    };
    respond(&Method::GET, call, route, Some(Err(error)))
}

/// The answer to a request for what no API has.
pub(super) fn not_found(uri: &Uri, username: Option<&str>) -> Response {
    let error = absent::address(uri.path());
    let body = error.body().to_string();
    let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let callback = query.find(|(name, _)| name == "callback").map(|(_, name)| safe_callback(&name));
    let callback = callback.filter(|name| !name.is_empty());
    let (status, kind, body) = match &callback {
        // A script element cannot see the body of a failed request.
        Some(name) => (StatusCode::OK, SCRIPT, called_back(name, body.into_bytes())),
        None => (error.status, JSON, body.into_bytes()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    cors(response.headers_mut(), ALLOWED_HEADERS);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(username) = username.and_then(|username| HeaderValue::from_str(username).ok()) {
        response.headers_mut().insert("carto-user", username);
    }
    response
}

fn cors(headers: &mut HeaderMap, allowed: &'static str) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
}

fn respond(method: &Method, call: &Call, route: &MapsRoute, result: Option<Result<MapsReply, ApiError>>) -> Response {
    let result = result.unwrap_or_else(|| Err(absent::route()));
    let callback = call.callback();
    let has_content = result.is_ok();
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
                let version = route.token().map_or(0, |token| token.version);
                put("carto-cache-buster", &version.to_string());
            }
            // A script element cannot see the body of a failed request.
            let status = if callback.is_some() { StatusCode::OK } else { error.status };
            let tile = if route.is_vector_tile() && error.kind == "limit" { mvt::error_tile().ok() } else { None };
            (status, tile.map_or_else(|| Content::Json(error.body()), Content::Vector))
        }
    };
    put("carto-user", &call.username);
    let body = match (content, &callback) {
        (Content::Png(bytes), _) => {
            put("content-type", "image/png");
            bytes
        }
        (Content::Jpeg(bytes), _) => {
            put("content-type", "image/jpeg");
            bytes
        }
        (Content::Vector(bytes), _) if bytes.is_empty() => {
            status = StatusCode::NO_CONTENT;
            Vec::new()
        }
        (Content::Vector(bytes), _) => {
            put("content-type", "application/x-protobuf");
            bytes
        }
        (Content::Json(value), None) => {
            put("content-type", JSON);
            value.to_string().into_bytes()
        }
        (Content::Json(value), Some(name)) => {
            put("content-type", SCRIPT);
            called_back(name, value.to_string().into_bytes())
        }
    };
    *response.status_mut() = status;
    if !is_unread {
        cors(response.headers_mut(), ALLOWED_HEADERS);
    }
    // A script that tells of an error has nothing that anybody should keep.
    match has_content {
        true => tags::tag(method, &call.headers, &mut response, body, 0..0),
        false => *response.body_mut() = Body::from(body),
    }
    response
}
