//! Which route a path is: decided here, once, for whoever answers, limits, counts or logs the request.

/// An API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `/api/v1/map`
    Maps,
    /// `/api/v2/sql`, and `/api/v1/sql`
    Sql,
    /// `/api/v3/api_keys`
    ApiKeys,
    /// `/api/v4/datasets`
    Datasets,
    /// `/api/v1/viz`: the same datasets, as older clients ask for them.
    Visualizations,
    /// `/api/v1/tables`: and once more.
    Tables,
    /// `/api/v1/imports`
    Imports,
}

/// Where the services are.
const SERVICES: &[(&str, Service)] = &[
    ("/api/v1/map", Service::Maps),
    ("/api/v2/sql", Service::Sql),
    ("/api/v1/sql", Service::Sql),
    ("/api/v3/api_keys", Service::ApiKeys),
    ("/api/v4/datasets", Service::Datasets),
    ("/api/v1/viz", Service::Visualizations),
    ("/api/v1/tables", Service::Tables),
    ("/api/v1/imports", Service::Imports),
];

/// Letters of a user's name in an address; no user has a longer one.
pub const LONGEST_NAME: usize = 63;

/// What a path of an API leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What comes before `/api`.
    pub root: String,
    /// The user that the path names, decoded; without one, the host names it.
    pub user: Option<String>,
    /// What is asked for.
    pub route: Route,
}

impl Target {
    /// Reads a path as it was sent; `None` when it is none of an API.
    pub fn parse(path: &str) -> Option<Target> {
        let (service, root, rest) = SERVICES.iter().find_map(|(address, service)| {
            let (root, rest) = path.split_once(address)?;
            let is_whole = rest.is_empty() || rest.starts_with('/');
            is_whole.then_some((*service, root, rest.strip_prefix('/').unwrap_or_default()))
        })?;
        let user = match root.split('/').collect::<Vec<_>>().as_slice() {
            [""] => None,
            ["", "user", user] | ["", user] if !user.is_empty() => Some(*user),
            _ => return None,
        };
        if user.is_some_and(|user| user.len() > LONGEST_NAME) {
            return None;
        }
        let segments: Vec<String> = rest.split('/').filter(|_| !rest.is_empty()).map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(Target { root: root.to_owned(), user: user.map(decode), route: Route::parse(service, &segments) })
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Of the Maps API.
    Maps(MapsRoute),
    /// Of the SQL API.
    Sql(SqlRoute),
    /// Of the Auth API.
    ApiKeys(ApiKeysRoute),
    /// Of datasets: their list, and what is changed about them.
    Datasets(DatasetsRoute),
    /// Of the Import API.
    Imports(ImportsRoute),
}

impl Route {
    /// Reads what comes behind the address of a service, in decoded parts.
    pub fn parse(service: Service, segments: &[&str]) -> Route {
        match service {
            Service::Maps => Route::Maps(MapsRoute::parse(segments)),
            Service::Sql => Route::Sql(SqlRoute::parse(segments)),
            Service::ApiKeys => Route::ApiKeys(ApiKeysRoute::parse(segments)),
            Service::Datasets => Route::Datasets(match segments {
                [] => DatasetsRoute::List,
                _ => DatasetsRoute::Unknown,
            }),
            Service::Visualizations => Route::Datasets(match segments {
                [] | [""] => DatasetsRoute::Visualizations,
                [name] | [name, ""] => DatasetsRoute::Visualization(text(name)),
                _ => DatasetsRoute::Unknown,
            }),
            Service::Tables => Route::Datasets(match segments {
                [name] | [name, ""] if !name.is_empty() => DatasetsRoute::Table(text(name)),
                _ => DatasetsRoute::Unknown,
            }),
            Service::Imports => Route::Imports(match segments {
                [] | [""] => ImportsRoute::List,
                [id] | [id, ""] => ImportsRoute::Import(text(id)),
                _ => ImportsRoute::Unknown,
            }),
        }
    }

    /// The API that it is of.
    pub fn service(&self) -> Service {
        match self {
            Route::Maps(_) => Service::Maps,
            Route::Sql(_) => Service::Sql,
            Route::ApiKeys(_) => Service::ApiKeys,
            Route::Datasets(_) => Service::Datasets,
            Route::Imports(_) => Service::Imports,
        }
    }

    /// The part that it is limited and counted by: one of [`PARTS`](super::rate_limits::PARTS).
    pub fn part(&self) -> &'static str {
        match self {
            Route::Maps(route) => route.part(),
            Route::Sql(_) => "query",
            Route::ApiKeys(_) | Route::Datasets(_) => "auth",
            Route::Imports(_) => "import",
        }
    }
}

/// A route of the Maps API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapsRoute {
    /// The address itself: a map is made.
    Instantiation,
    /// `{token}/…`: what hangs off a map.
    Map(MapToken, MapRoute),
    /// `named/…` and `static/named/…`, which there are not here.
    Named {
        /// The name of the template, or nothing.
        template: String,
    },
    /// There is no such address; it is counted all the same, by what it begins with.
    Unknown {
        /// What stands where maps are named.
        token: Option<MapToken>,
        /// The part that it is counted by.
        part: &'static str,
    },
}

/// The name of a map in an address: `{id}:{version}`. Real servers also know `{user}@{template}@{id}`, which is of no use
/// here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapToken {
    /// Id of the layergroup.
    pub id: String,
    /// When its data were changed; 0 when it is no number.
    pub version: i64,
}

impl MapToken {
    fn parse(token: &str) -> MapToken {
        let (id, version) = token.split_once(':').unwrap_or((token, "0"));
        MapToken { id: id.to_owned(), version: version.parse().unwrap_or(0) }
    }
}

/// What hangs off a map. Texts are as they were sent: what is wrong with them is told once the map is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapRoute {
    /// `{z}/{x}/{y}.{format}`, or `{layers}/{z}/{x}/{y}.{format}`.
    Tile(TileRoute),
    /// `dataview/{id}`
    Dataview(String),
    /// `dataview/{id}/search`
    DataviewSearch(String),
    /// `analysis/node/{id}`
    AnalysisNode(String),
    /// `{layer}/attributes/{feature}`
    Attributes {
        /// Index of the layer.
        layer: String,
        /// Number of the feature.
        feature: String,
    },
    /// `{layer}/{zoom}/cluster/{feature}`
    Cluster {
        /// Index of the layer.
        layer: String,
        /// Zoom level.
        zoom: String,
        /// Number of the aggregated feature.
        feature: String,
    },
    /// `static/center/{token}/{zoom}/{lat}/{lng}/{width}/{height}.{format}`
    StaticCenter {
        /// Zoom level.
        zoom: String,
        /// Latitude of the middle.
        lat: String,
        /// Longitude of the middle.
        lng: String,
        /// What the image is like.
        size: StaticSize,
    },
    /// `static/bbox/{token}/{west},{south},{east},{north}/{width}/{height}.{format}`
    StaticBounds {
        /// West, south, east, north.
        bounds: String,
        /// What the image is like.
        size: StaticSize,
    },
}

/// The tile that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileRoute {
    /// The list of layers, where there is one.
    pub layers: Option<String>,
    /// Zoom level.
    pub z: String,
    /// Column.
    pub x: String,
    /// Row; `@2x` may follow.
    pub y: String,
    /// What follows the first point.
    pub format: String,
}

/// Size and format of an image of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticSize {
    /// Pixels from west to east.
    pub width: String,
    /// Pixels from north to south.
    pub height: String,
    /// What follows the last point.
    pub format: String,
}

impl MapsRoute {
    fn parse(segments: &[&str]) -> MapsRoute {
        let of_map = |token: &str, route| MapsRoute::Map(MapToken::parse(token), route);
        let unknown =
            |token: Option<&&str>, part| MapsRoute::Unknown { token: token.map(|t| MapToken::parse(t)), part };
        match segments {
            [] => MapsRoute::Instantiation,
            ["static", "center", token, zoom, lat, lng, width, file] => {
                let (zoom, lat, lng) = (text(zoom), text(lat), text(lng));
                of_map(token, MapRoute::StaticCenter { zoom, lat, lng, size: StaticSize::parse(width, file) })
            }
            ["static", "bbox", token, bounds, width, file] => {
                of_map(token, MapRoute::StaticBounds { bounds: text(bounds), size: StaticSize::parse(width, file) })
            }
            ["named", rest @ ..] | ["static", "named", rest @ ..] => {
                MapsRoute::Named { template: rest.first().map(|name| text(name)).unwrap_or_default() }
            }
            ["static", rest @ ..] => unknown(rest.get(1), "static"),
            [token, "dataview", id] => of_map(token, MapRoute::Dataview(text(id))),
            [token, "dataview", id, "search"] => of_map(token, MapRoute::DataviewSearch(text(id))),
            [token, "analysis", "node", id] => of_map(token, MapRoute::AnalysisNode(text(id))),
            [token, layer, "attributes", feature] => {
                of_map(token, MapRoute::Attributes { layer: text(layer), feature: text(feature) })
            }
            [token, layer, zoom, "cluster", feature] => {
                let (layer, zoom, feature) = (text(layer), text(zoom), text(feature));
                of_map(token, MapRoute::Cluster { layer, zoom, feature })
            }
            [token, z, x, file] => of_map(token, MapRoute::Tile(TileRoute::parse(None, z, x, file))),
            [token, layers, z, x, file] => of_map(token, MapRoute::Tile(TileRoute::parse(Some(layers), z, x, file))),
            [token, "dataview", ..] => unknown(Some(token), "dataview"),
            [token, "analysis", ..] => unknown(Some(token), "analysis"),
            [token, ..] => unknown(Some(token), "tile"),
        }
    }

    /// The map that it is about.
    pub fn token(&self) -> Option<&MapToken> {
        match self {
            MapsRoute::Instantiation | MapsRoute::Named { .. } => None,
            MapsRoute::Map(token, _) => Some(token),
            MapsRoute::Unknown { token, .. } => token.as_ref(),
        }
    }

    /// Whether a vector tile is asked for.
    pub fn is_vector_tile(&self) -> bool {
        matches!(self, MapsRoute::Map(_, MapRoute::Tile(tile)) if tile.format == "mvt")
    }

    fn part(&self) -> &'static str {
        let route = match self {
            MapsRoute::Instantiation | MapsRoute::Named { .. } => return "anonymous",
            MapsRoute::Unknown { part, .. } => return part,
            MapsRoute::Map(_, route) => route,
        };
        match route {
            MapRoute::Tile(_) => "tile",
            MapRoute::Dataview(_) => "dataview",
            MapRoute::DataviewSearch(_) => "dataview_search",
            MapRoute::AnalysisNode(_) => "analysis",
            MapRoute::Attributes { .. } => "attributes",
            MapRoute::Cluster { .. } => "cluster",
            MapRoute::StaticCenter { .. } | MapRoute::StaticBounds { .. } => "static",
        }
    }
}

impl TileRoute {
    fn parse(layers: Option<&str>, z: &str, x: &str, file: &str) -> TileRoute {
        let (y, format) = file.split_once('.').unwrap_or((file, ""));
        TileRoute { layers: layers.map(text), z: text(z), x: text(x), y: text(y), format: text(format) }
    }
}

impl StaticSize {
    fn parse(width: &str, file: &str) -> StaticSize {
        let (height, format) = file.rsplit_once('.').unwrap_or((file, ""));
        StaticSize { width: text(width), height: text(height), format: text(format) }
    }

    /// Width, height and format.
    pub fn parts(&self) -> [&str; 3] {
        [&self.width, &self.height, &self.format]
    }
}

/// A route of the SQL API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlRoute {
    /// The address itself: a statement is run.
    Statement,
    /// `job…`, which there is not here.
    Job,
    /// `copyfrom`: rows go into a table.
    CopyFrom,
    /// `copyto`: rows come out.
    CopyTo,
    /// There is no such address.
    Unknown,
}

impl SqlRoute {
    fn parse(segments: &[&str]) -> SqlRoute {
        match segments {
            [] => SqlRoute::Statement,
            ["job", ..] => SqlRoute::Job,
            ["copyfrom"] => SqlRoute::CopyFrom,
            ["copyto"] => SqlRoute::CopyTo,
            _ => SqlRoute::Unknown,
        }
    }
}

/// A route of the Auth API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiKeysRoute {
    /// The address itself: all keys, or a new one.
    List,
    /// `{name}`
    Key(String),
    /// `{name}/token/regenerate`
    Regenerate(String),
    /// There is no such address.
    Unknown,
}

impl ApiKeysRoute {
    fn parse(segments: &[&str]) -> ApiKeysRoute {
        match segments {
            [] => ApiKeysRoute::List,
            [name] => ApiKeysRoute::Key(text(name)),
            [name, "token", "regenerate"] => ApiKeysRoute::Regenerate(text(name)),
            _ => ApiKeysRoute::Unknown,
        }
    }
}

/// A route of datasets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatasetsRoute {
    /// The address itself.
    List,
    /// The same as visualizations of the type `table`.
    Visualizations,
    /// `{name}`: one of those.
    Visualization(String),
    /// `{name}`: the same as a table.
    Table(String),
    /// There is no such address.
    Unknown,
}

/// A route of the Import API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportsRoute {
    /// The address itself: all imports, or a new one.
    List,
    /// `{id}`
    Import(String),
    /// There is no such address.
    Unknown,
}

fn text(segment: &str) -> String {
    segment.to_owned()
}

fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests;
