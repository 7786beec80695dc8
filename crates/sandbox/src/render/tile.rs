//! Tiles and grids of maps.

use crate::db::{Limits, QueryError};
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use crate::map::open_map::OpenMap;
use crate::map::{size, style};
use crate::query::aggregation::Aggregation;
use crate::query::features::{self, FeatureRow};
use crate::query::overview::{Overview, Wanted};
use crate::query::source::{HALF_WORLD, View};
use crate::render::crowd::{KeptFeatures, STACKED};
use crate::render::draw::{self, Drawn, DrawnLayer, Features};
use crate::render::http_layer::HttpLayer;
use crate::render::mvt;
use crate::sql_guard::{GuardError, RunnableSql};
use axum::http::StatusCode;
use cartocss::{Cancel, Stylesheet};
use maps_api::config::LayerConfig;
use maps_api::json::Value as Json;
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;
use tiles::{Crowd, TileId, Topmost};
use tokio_postgres::error::SqlState;

/// Pixels around a tile that features are drawn from, when the map does not say.
const BUFFER: u32 = 64;
/// More would be a request for the whole world.
const LARGEST_BUFFER: f64 = 512.0;
/// Beyond this zoom level there is nothing to see.
const DEEPEST: u32 = 30;

/// The tile that an address names.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    z: u32,
    x: u64,
    y: u64,
    /// Pixels for each pixel: 2 with `@2x`.
    scale: u32,
}

impl Place {
    /// Reads `{z}/{x}/{y}`. `@1x` and `@2x` are understood where no layers are listed.
    ///
    /// # Errors
    /// 400 when one of them is no whole number, 404 for other scales.
    pub fn parse([z, x, y]: [&str; 3], has_layers: bool) -> Result<Place, ApiError> {
        let refuse = |what: &str, value: &str| {
            let message =
                format!("Invalid {what} value ({value}). It should be an integer number greather than or equal to 0");
            ApiError::bad_request(message).before_auth()
        };
        let scaled = y.strip_suffix('x').and_then(|y| y.split_once('@')).filter(|_| !has_layers);
        let (y, scale) = match scaled.map(|(y, scale)| (y, scale.parse::<u32>())) {
            Some((y, Ok(scale @ 1..=2))) => (y, scale),
            Some((_, Ok(_))) => {
                let message = "Tile with specified resolution not found";
                return Err(ApiError::new(StatusCode::NOT_FOUND, message).before_auth());
            }
            _ => (y, 1),
        };
        let z = z.parse().map_err(|_| refuse("zoom", z))?;
        let x: u64 = x.parse().map_err(|_| refuse("coodinate 'x'", x))?;
        let y = y.parse().map_err(|_| refuse("coodinate 'y'", y))?;
        Ok(Place { z, x, y, scale })
    }

    /// Tiles on a side of the world.
    fn tiles(&self) -> u64 {
        1 << self.z.min(DEEPEST)
    }

    /// The tile. The world goes round: any `x` has one.
    fn tile(&self) -> TileId {
        // Both are less than 2³⁰ once the view was made.
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        TileId { z: self.z, x: number(self.x % self.tiles()), y: number(self.y) }
    }

    /// The tile's place on earth.
    fn view(&self) -> Result<View, ApiError> {
        let (tiles, x) = (self.tiles(), self.x % self.tiles());
        if self.z > DEEPEST || self.y >= tiles {
            return Err(ApiError::bad_request(format!("Coordinates out of range: {}/{x}/{}", self.z, self.y)));
        }
        let size = HALF_WORLD * 2.0 / tiles as f64;
        let (west, north) = (x as f64 * size - HALF_WORLD, HALF_WORLD - self.y as f64 * size);
        Ok(View { bbox: [west, north - size, west + size, north], pixel: size / 256.0 / f64::from(self.scale) })
    }
}

/// The layers of an image of any view, with the features of each: `layers` as in addresses of tiles.
///
/// # Errors
/// There are no such layers, their styles or colours are wrong, or the database refuses.
pub async fn drawn_layers(
    open: &OpenMap<'_>,
    layers: Option<&str>,
    (zoom, view): (u32, &View),
) -> Result<Vec<Drawn>, ApiError> {
    let place = Place { z: zoom, x: 0, y: 0, scale: 1 };
    Rendering { open, place: &place, is_tile: false }.drawn(&selected(&open.map, layers)?, view).await
}

/// A tile of a map.
pub struct Rendering<'a> {
    /// The map.
    pub open: &'a OpenMap<'a>,
    /// Which tile.
    pub place: &'a Place,
    /// Whether it is a tile, and not an image of another view.
    is_tile: bool,
}

impl<'a> Rendering<'a> {
    /// A tile of a map.
    pub fn new(open: &'a OpenMap<'a>, place: &'a Place) -> Rendering<'a> {
        Rendering { open, place, is_tile: true }
    }

    /// The tile as an image.
    ///
    /// # Errors
    /// As [`drawn_layers`]; or the tile is nowhere on earth, or takes too long to draw.
    pub async fn png(&self, layers: Option<&str>) -> Result<Vec<u8>, ApiError> {
        let wanted = selected(&self.open.map, layers)?;
        let drawn = self.drawn(&wanted, &self.place.view()?).await?;
        let view = self.place.tile().view(self.place.scale);
        let pixels = u64::from(view.width) * u64::from(view.height);
        let cache = self.open.sandbox.markers.clone();
        let drawn = move |cancel: &_| draw::paint(cancel, &cache, drawn, &view)?.png().map_err(draw::failed);
        self.open.sandbox.drawings.draw(pixels, drawn).await?
    }

    /// The layers of an image with their features around a view.
    async fn drawn(&self, wanted: &[usize], view: &View) -> Result<Vec<Drawn>, ApiError> {
        let mut drawn = Vec::new();
        let begin = Instant::now();
        for index in wanted {
            self.check_time(begin)?;
            let Some(layer) = self.open.map.config.layers.get(*index) else { continue };
            if layer.kind == "plain" {
                drawn.push(Drawn::Plain(DrawnLayer::plain(plain_color(&self.open.map, *index))?));
                continue;
            }
            if layer.kind == "http" && self.is_visible(layer) {
                let (sandbox, map) = (self.open.sandbox, &self.open.map);
                let tiles = HttpLayer::read(&map.raw["layers"][*index]["options"])?;
                let images = tiles.images(sandbox, &map.layer_id(*index), self.place.z, view).await?;
                drawn.push(Drawn::Images(images));
                continue;
            }
            if !is_mapnik(layer) {
                continue;
            }
            if layer.cartocss.is_none() {
                let message = "Unsupported format: 'cartocss' option is missing for png";
                return Err(ApiError::bad_request(message).of_kind("tile"));
            }
            let style = self.style(*index).await?;
            if self.is_visible(layer) && style.is_drawn_at(self.place.z) {
                let columns = style.columns().to_vec();
                drawn.push(match self.topmost(*index, &style, &columns, view).await? {
                    Some(drawn) => drawn,
                    None => {
                        let features = Features::Rows(self.features(*index, &columns, view, "png").await?);
                        Drawn::Features(DrawnLayer { style, columns, features })
                    }
                });
            }
        }
        Ok(drawn)
    }

    /// The tile as a grid of the features that can be pointed at.
    ///
    /// # Errors
    /// As [`Self::png`]; 400 for anything but one layer with interactivity.
    pub async fn grid(&self, layers: Option<&str>) -> Result<Value, ApiError> {
        let wanted = selected(&self.open.map, layers)?;
        let view = self.place.view()?;
        let no_grid = || ApiError::bad_request("Tileset has no interactivity");
        let [index] = wanted.as_slice() else { return Err(no_grid()) };
        let layer = self.open.map.config.layers.get(*index).filter(|layer| is_mapnik(layer)).ok_or_else(no_grid)?;
        if layer.cartocss.is_none() || layer.interactivity.is_empty() {
            return Err(no_grid());
        }
        let style = self.style(*index).await?;
        let mut columns = style.columns().to_vec();
        for column in &layer.interactivity {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        let features = match self.is_visible(layer) && style.is_drawn_at(self.place.z) {
            true => match self.all_points(*index, &columns, &view).await? {
                Some(features) => Features::Read(features),
                None => Features::Rows(self.features(*index, &columns, &view, "grid.json").await?),
            },
            false => Features::Rows(Vec::new()),
        };
        let (interactivity, tile) = (layer.interactivity.clone(), self.place.tile());
        let drawn = DrawnLayer { style, columns, features };
        let (drawings, cache) = (&self.open.sandbox.drawings, self.open.sandbox.markers.clone());
        drawings.draw(0, move |cancel| draw::grid(cancel, &cache, drawn, &interactivity, tile)).await?
    }

    /// The tile as a vector tile; nothing when it is empty.
    ///
    /// # Errors
    /// As [`Self::png`].
    pub async fn vector(&self, layers: Option<&str>) -> Result<Vec<u8>, ApiError> {
        let wanted = selected(&self.open.map, layers)?;
        let view = self.place.view()?;
        let mut tile = Vec::new();
        let begin = Instant::now();
        for index in wanted {
            self.check_time(begin)?;
            let layer = self.open.map.config.layers.get(index).filter(|layer| is_mapnik(layer));
            if layer.is_some_and(|layer| self.is_visible(layer)) {
                // Layers of a tile follow each other as they are.
                tile.extend(self.vector_layer(index, &view).await?);
            }
        }
        Ok(tile)
    }

    async fn vector_layer(&self, index: usize, view: &View) -> Result<Vec<u8>, ApiError> {
        let sandbox = self.open.sandbox;
        let layer_id = self.open.map.layer_id(index);
        let source = self.open.layer_source(index).await.map_err(ApiError::of_vector_tile)?;
        let overhang = source.aggregation.as_ref().map_or(0, Aggregation::overhang);
        let options =
            mvt::Options::of_layer(&self.open.map.raw["layers"][index]["options"], self.buffer("mvt"), overhang);
        let probe = format!("SELECT * FROM ({}) as cdbq LIMIT 0", source.sql);
        let ask = async |query: Result<RunnableSql, GuardError>| {
            let query = query.map_err(|refusal| features::refused(&refusal))?;
            let limits = Limits { rows: mvt::MOST_FEATURES, ..sandbox.limits };
            let rows = sandbox.database.read(&self.open.access.role, query, Vec::new(), limits).await;
            rows.map_err(|error| ApiError::from_layer_query(error, &probe, &layer_id).of_vector_tile())
        };
        if !sandbox.database.is_embedded() {
            let rows = ask(mvt::tile_query(&source.sql, &source.description, view, &options, &layer_id)).await?;
            let Some(row) = rows.first() else { return Ok(Vec::new()) };
            if row.try_get(1).is_ok_and(|count: i64| count > mvt::MOST_FEATURES as i64) {
                return Err(ApiError::from_query(QueryError::TooLarge));
            }
            return Ok(row.try_get(0).ok().flatten().unwrap_or_default());
        }
        let rows = ask(mvt::features_query(&source.sql, &source.description, view, &options)).await?;
        let features: Vec<FeatureRow> = rows.iter().filter_map(FeatureRow::from_row).collect();
        let columns = mvt::names(&source.description, &options);
        let written = move |cancel: &_| mvt::encode(cancel, (&layer_id, options.extent), &columns, &features);
        sandbox.drawings.draw(0, written).await.map_err(ApiError::of_vector_tile)?.map_err(|_| failed())
    }

    /// Each layer has its time, and all of them together have no more before they are drawn.
    fn check_time(&self, begin: Instant) -> Result<(), ApiError> {
        let sandbox = self.open.sandbox;
        match begin.elapsed() > sandbox.limits.timeout + sandbox.drawings.patience() {
            true => Err(ApiError::render_timeout()),
            false => Ok(()),
        }
    }

    fn is_visible(&self, layer: &LayerConfig) -> bool {
        let zoom = f64::from(self.place.z);
        layer.minzoom.as_f64().is_none_or(|min| zoom >= min) && layer.maxzoom.as_f64().is_none_or(|max| zoom <= max)
    }

    /// Asks the database for the features of a layer.
    async fn features(
        &self,
        index: usize,
        columns: &[String],
        view: &View,
        format: &str,
    ) -> Result<Vec<FeatureRow>, ApiError> {
        let sandbox = self.open.sandbox;
        let layer_id = self.open.map.layer_id(index);
        let source = self.open.layer_source(index).await?;
        let query = features::query(&source.sql, columns, &source.description, view, self.buffer(format))
            .map_err(|refusal| features::refused(&refusal))?;
        // Of a pixel of a grid, one point is seen. Retina does not make pixels of crowds smaller.
        let stacked = if format == "png" { STACKED } else { 1 };
        let features = KeptFeatures::new(view.pixel * f64::from(self.place.scale), stacked);
        let (role, timeout) = (&self.open.access.role, sandbox.limits.timeout);
        let features = sandbox.database.collect(role, query, Vec::new(), timeout, features).await;
        let probe = format!("SELECT * FROM ({}) as cdbq LIMIT 0", source.sql);
        let features = features.map_err(|error| ApiError::from_layer_query(error, &probe, &layer_id))?;
        Ok(features.into_features())
    }

    /// The overview of a layer, if its tile can be made from one.
    async fn overview(&self, index: usize, columns: &[String]) -> Result<Option<Overview>, ApiError> {
        let (sandbox, role) = (self.open.sandbox, &self.open.access.role);
        let source = self.open.layer_source(index).await?;
        if !self.is_tile || source.aggregation.is_some() {
            return Ok(None);
        }
        let layer = (source.sql.as_str(), columns);
        Ok(Overview::find(&sandbox.database, role, layer, &source.description, self.place.z).await)
    }

    fn wanted(&self, view: &View, format: &str) -> Wanted {
        let around = features::around(view, self.buffer(format)).bbox;
        let stacked = if format == "png" { STACKED } else { 1 };
        Wanted { zoom: self.place.z, around, cell: view.pixel * f64::from(self.place.scale), stacked }
    }

    /// What an overview answered, while it is there.
    fn answered<T>(&self, index: usize, answer: Result<T, QueryError>) -> Result<Option<T>, ApiError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            // Another one took its place since it was found.
            Err(QueryError::Database(refusal)) if *refusal.code() == SqlState::UNDEFINED_TABLE => Ok(None),
            Err(error) => Err(ApiError::from_layer_query(error, "SELECT", &self.open.map.layer_id(index))),
        }
    }

    /// The points of a grid, from the overview of their table. Nothing without an overview.
    async fn all_points(
        &self,
        index: usize,
        columns: &[String],
        view: &View,
    ) -> Result<Option<Vec<tiles::Feature>>, ApiError> {
        let Some(overview) = self.overview(index, columns).await? else { return Ok(None) };
        let (database, timeout) = (&self.open.sandbox.database, self.open.sandbox.limits.timeout);
        let wanted = self.wanted(view, "grid.json");
        let told = self.answered(index, overview.told(database, &wanted, timeout).await)?;
        let Some(told) = told else { return Ok(None) };
        let points = self.answered(index, overview.read(database, (&wanted, &told), true, timeout).await)?;
        Ok(points.map(|points| points.features()))
    }

    /// What can be seen of the points of a layer, from the overview of its table: of crowded squares first the topmost ones,
    /// and the others where those do not hide them. Nothing without an overview.
    async fn topmost(
        &self,
        index: usize,
        style: &Arc<Stylesheet>,
        columns: &[String],
        view: &View,
    ) -> Result<Option<Drawn>, ApiError> {
        let Some(overview) = self.overview(index, columns).await? else { return Ok(None) };
        let (database, timeout) = (&self.open.sandbox.database, self.open.sandbox.limits.timeout);
        let mut wanted = self.wanted(view, "png");
        let told = self.answered(index, overview.told(database, &wanted, timeout).await)?;
        let Some(told) = told else { return Ok(None) };
        if let Some(reach) = tiles::marker_reach(style, self.place.z, columns) {
            let reach = (reach as u32 + 1) * self.place.scale;
            wanted.around = features::around(view, reach.min(self.buffer("png"))).bbox;
        }
        for is_all in [false, true] {
            let points = overview.read(database, (&wanted, &told), is_all, timeout).await;
            let Some(points) = self.answered(index, points)? else { return Ok(None) };
            let (style, columns, cache) = (style.clone(), columns.to_vec(), self.open.sandbox.markers.clone());
            let view = self.place.tile().view(self.place.scale);
            let painted = move |cancel: &Cancel| {
                let crowd = Crowd {
                    style: &style,
                    columns: &columns,
                    places: &points.places,
                    fields: &|index, fields| points.fields(index, fields),
                };
                Some(match tiles::paint_topmost(cancel, &cache, &crowd, &view, &points.gaps)? {
                    Topmost::Painted(image) => Some(Drawn::Images(vec![image])),
                    Topmost::Unknown if points.gaps.is_empty() => {
                        let features = Features::Read(points.features());
                        Some(Drawn::Features(DrawnLayer { style, columns, features }))
                    }
                    Topmost::Unknown | Topmost::NotAll => None,
                })
            };
            let painted = self.open.sandbox.drawings.draw(0, painted).await?;
            if let Some(drawn) = painted.ok_or_else(ApiError::render_timeout)? {
                return Ok(Some(drawn));
            }
        }
        Ok(None)
    }

    /// Pixels of the image around the tile that features are drawn from.
    fn buffer(&self, format: &str) -> u32 {
        let buffer = self.open.map.config.buffersize.get(format).and_then(Json::as_f64);
        buffer.map_or(BUFFER, |buffer| buffer.clamp(0.0, LARGEST_BUFFER) as u32) * self.place.scale
    }

    /// The style of a layer that has one.
    async fn style(&self, index: usize) -> Result<Arc<Stylesheet>, ApiError> {
        let source = self.open.layer_source(index).await?;
        let cartocss = source.style.as_ref().map(|style| style.cartocss.as_str());
        style::compile(self.open.sandbox, &self.open.map, index, cartocss.unwrap_or_default()).await
    }
}

fn failed() -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "The tile cannot be drawn")
}

fn is_mapnik(layer: &LayerConfig) -> bool {
    layer.kind == "mapnik"
}

fn plain_color(map: &Layergroup, index: usize) -> &str {
    map.raw["layers"][index]["options"]["color"].as_str().unwrap_or("transparent")
}

/// Indexes of the layers that an address names.
fn selected(map: &Layergroup, layers: Option<&str>) -> Result<Vec<usize>, ApiError> {
    let all = || map.layers().map(|(index, _)| index);
    let list = match layers {
        Some("all") => return Ok(all().collect()),
        None | Some("mapnik") => {
            return Ok(map.layers().filter(|(_, layer)| is_mapnik(layer)).map(|(i, _)| i).collect());
        }
        Some(list) => list,
    };
    let index = |part: &str| match part.parse::<usize>() {
        Ok(index) if all().any(|known| known == index) => Ok(index),
        Ok(index) => Err(ApiError::bad_request(format!("Layer '{index}' not found in layergroup"))),
        Err(_) => all()
            .find(|index| map.layer_id(*index) == part)
            .ok_or_else(|| ApiError::bad_request("Invalid layer filtering")),
    };
    // A layer may be named twice, but not without end.
    let parts = list.split(',').take(size::MOST_LAYERS + 1);
    let found: Vec<usize> = parts.map(index).collect::<Result<_, _>>()?;
    match found.len() > size::MOST_LAYERS {
        true => Err(ApiError::bad_request("Invalid layer filtering")),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(z: &str, x: &str, y: &str, has_layers: bool) -> Result<Place, String> {
        Place::parse([z, x, y], has_layers).map_err(|error| error.message)
    }

    #[test]
    fn addresses_name_tiles() {
        assert_eq!(place("2", "1", "3", true), Ok(Place { z: 2, x: 1, y: 3, scale: 1 }));
        assert_eq!(place("2", "1", "3@2x", false), Ok(Place { z: 2, x: 1, y: 3, scale: 2 }));
        assert_eq!(place("2", "1", "3@1x", false), Ok(Place { z: 2, x: 1, y: 3, scale: 1 }));
        assert_eq!(place("2", "1", "3@4x", false), Err("Tile with specified resolution not found".to_owned()));
        assert!(place("2", "1", "3@@2x", false).is_err());
        let words = "It should be an integer number greather than or equal to 0";
        assert_eq!(place("2", "1", "3@2x", true), Err(format!("Invalid coodinate 'y' value (3@2x). {words}")));
        assert_eq!(place("a", "b", "c", true), Err(format!("Invalid zoom value (a). {words}")));
    }

    #[test]
    fn tiles_have_a_place_on_earth() {
        let view =
            |z: &str, x: &str, y: &str| place(z, x, y, true).and_then(|place| place.view().map_err(|e| e.message));
        assert_eq!(view("0", "0", "0"), Ok(View::WORLD));
        assert_eq!(view("1", "3", "0").map(|view| view.bbox), Ok([0.0, 0.0, HALF_WORLD, HALF_WORLD]));
        assert_eq!(view("0", "5", "5"), Err("Coordinates out of range: 0/0/5".to_owned()));
        assert!(view("99", "0", "0").is_err());
    }

    #[test]
    fn layers_are_named_by_index_and_id() {
        let layers = json!([{"id": "base", "type": "plain"}, {"id": "a", "type": "mapnik"}, {"type": "mapnik"}]);
        let map = Layergroup::new(json!({ "layers": layers }), None);
        let of = |layers| selected(&map, layers).map_err(|error| error.message);
        assert_eq!(of(None), Ok(vec![1, 2]));
        assert_eq!(of(Some("mapnik")), Ok(vec![1, 2]));
        assert_eq!(of(Some("all")), Ok(vec![0, 1, 2]));
        assert_eq!(of(Some("2,1")), Ok(vec![2, 1]));
        assert_eq!(of(Some("a")), Ok(vec![1]));
        assert_eq!(of(Some("layer1")), Ok(vec![2]));
        assert_eq!(of(Some("9")), Err("Layer '9' not found in layergroup".to_owned()));
        assert_eq!(of(Some("nope")), Err("Invalid layer filtering".to_owned()));
    }
}
