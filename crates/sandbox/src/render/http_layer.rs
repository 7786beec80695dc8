//! Layers of type `http`: tiles of other servers, which are drawn into images with those of this one.

use crate::Sandbox;
use crate::map::error::ApiError;
use crate::query::source::{HALF_WORLD, View};
use crate::render::pictures::shown;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tiles::{Bounds, Image, TileId};

/// Tiles that one image shows of a layer.
const MOST_TILES: usize = 100;
/// Tiles of a layer that are fetched at a time.
const AT_A_TIME: usize = 6;
/// What stands for `{s}` when the layer does not say.
const SUBDOMAINS: &[&str] = &["a", "b", "c"];

/// Where the tiles of a layer are.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpLayer {
    template: String,
    subdomains: Vec<String>,
    /// Whether rows are counted from the south.
    is_from_south: bool,
}

impl HttpLayer {
    /// Reads the options of a layer.
    ///
    /// # Errors
    /// 400 without an address, or one that is too long.
    pub fn read(options: &Value) -> Result<HttpLayer, ApiError> {
        let template = options["urlTemplate"].as_str().filter(|template| !template.is_empty());
        let template = template.ok_or_else(|| {
            ApiError::bad_request("A layer of type http needs a \"urlTemplate\" of up to 1000 letters").of_kind("layer")
        })?;
        let named: Vec<String> = options["subdomains"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect();
        let letters = || options["subdomains"].as_str().unwrap_or_default().chars().map(String::from).collect();
        let mut subdomains = if named.is_empty() { letters() } else { named };
        if subdomains.is_empty() {
            subdomains = SUBDOMAINS.iter().map(|name| (*name).to_owned()).collect();
        }
        let is_from_south = options["tms"].as_bool() == Some(true);
        Ok(HttpLayer { template: template.to_owned(), subdomains, is_from_south })
    }

    /// The address of a tile.
    fn address(&self, tile: TileId) -> String {
        let rows = 1_u64 << tile.z.min(40);
        let y = if self.is_from_south { rows.saturating_sub(1 + u64::from(tile.y)) } else { tile.y.into() };
        let turn = (u64::from(tile.x) + u64::from(tile.y)) % (self.subdomains.len().max(1) as u64);
        let subdomain = self.subdomains.get(turn as usize).map(String::as_str).unwrap_or_default();
        let address = self.template.replace("{s}", subdomain).replace("{z}", &tile.z.to_string());
        address.replace("{x}", &tile.x.to_string()).replace("{y}", &y.to_string())
    }

    /// The tiles of a view at a zoom level.
    ///
    /// # Errors
    /// 400 when there are too many, or one cannot be had.
    pub async fn images(&self, sandbox: &Sandbox, layer: &str, zoom: u32, view: &View) -> Result<Vec<Image>, ApiError> {
        let tiles = tiles_of(zoom, view);
        if tiles.len() > MOST_TILES {
            let message =
                format!("An image shows at most {MOST_TILES} tiles of the layer {layer}; this one would have more");
            return Err(ApiError::bad_request(message).of_kind("tile"));
        }
        let fetched = stream::iter(tiles).map(|tile| async move {
            let address = self.address(tile);
            let refused = |why: String| {
                let message = format!("The tile {} of the layer {layer} cannot be drawn: {why}", shown(&address));
                ApiError::bad_request(message).of_kind("tile")
            };
            let bytes = sandbox.pictures.tile(&address).await.map_err(&refused)?;
            let image = sandbox.drawings.read(move |_| Image::read(&bytes, tile.bounds_mercator())).await?;
            image.map_err(|error| refused(error.to_string()))
        });
        fetched.buffered(AT_A_TIME).try_collect().await
    }
}

/// The tiles that a view shows; one more than too many of a view that shows more.
fn tiles_of(zoom: u32, view: &View) -> Vec<TileId> {
    let side = HALF_WORLD * 2.0 / f64::from(zoom).exp2();
    let last = f64::from(zoom).exp2() - 1.0;
    let [west, south, east, north] = view.bbox;
    // What only touches a tile does not show it.
    let first = |metres: f64| ((metres / side) + 1e-6).floor().clamp(0.0, last) as u32;
    let end = |metres: f64| ((metres / side) - 1e-6).floor().clamp(0.0, last) as u32;
    let columns = first(west + HALF_WORLD)..=end(east + HALF_WORLD);
    let rows = first(HALF_WORLD - north)..=end(HALF_WORLD - south);
    rows.flat_map(|y| columns.clone().map(move |x| TileId { z: zoom, x, y })).take(MOST_TILES + 1).collect()
}

/// An image further east.
pub fn moved(mut image: Image, metres: f64) -> Image {
    let Bounds { west, south, east, north } = image.bounds;
    image.bounds = Bounds { west: west + metres, south, east: east + metres, north };
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tiles_have_their_address() {
        let address =
            |options: Value, x, y| HttpLayer::read(&options).map(|layer| layer.address(TileId { z: 2, x, y }));
        let url = "http://{s}.example.com/{z}/{x}/{y}.png";
        let of = |options: Value, x, y| address(options, x, y).unwrap_or_default();
        assert_eq!(of(json!({"urlTemplate": url}), 1, 0), "http://b.example.com/2/1/0.png");
        assert_eq!(of(json!({"urlTemplate": url, "subdomains": ["x"]}), 1, 0), "http://x.example.com/2/1/0.png");
        assert_eq!(of(json!({"urlTemplate": url, "subdomains": "de"}), 1, 2), "http://e.example.com/2/1/2.png");
        assert_eq!(of(json!({"urlTemplate": "http://a/{z}/{x}/{y}", "tms": true}), 1, 0), "http://a/2/1/3");
        assert!(address(json!({}), 0, 0).is_err());
    }

    #[test]
    fn views_show_tiles() {
        let tile = |z: u32, x: u32, y: u32| TileId { z, x, y };
        assert_eq!(tiles_of(0, &View::WORLD), [tile(0, 0, 0)]);
        let east = View { bbox: [0.0, -1000.0, HALF_WORLD, HALF_WORLD], pixel: 1.0 };
        assert_eq!(tiles_of(1, &east), [tile(1, 1, 0), tile(1, 1, 1)]);
        assert_eq!(tiles_of(12, &View::WORLD).len(), MOST_TILES + 1);
    }
}
