//! Images of a map in any size, around a place or of an area.

use crate::map::error::ApiError;
use crate::map::open_map::OpenMap;
use crate::query::source::{HALF_WORLD, View};
use crate::render::draw::{self, Drawn};
use crate::render::drawing::MOST_PIXELS;
use crate::render::http_layer::moved;
use crate::render::tile::drawn_layers;

/// Pixels that an image may have on a side.
const LONGEST: u32 = 8192;
/// Times that an image shows the world.
const MOST_WORLDS: usize = 8;
/// The zoom level that bounds are shown at when they are a point.
const DEEPEST: u32 = 18;
/// Latitude where Web Mercator ends, in degrees.
const MAX_LATITUDE: f64 = 85.051_128_779_806_6;

/// An image that is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Image {
    zoom: u32,
    /// Middle in Web Mercator metres.
    center: (f64, f64),
    width: u32,
    height: u32,
    /// What it is encoded as.
    pub format: Format,
}

/// What the image is encoded as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// With transparency.
    Png,
    /// On white: JPEG has no transparency.
    Jpeg,
}

/// Width, height and format as an address has them.
pub type SizeParts<'a> = [&'a str; 3];

impl Image {
    /// Metres of a pixel.
    fn pixel(&self) -> f64 {
        View::pixel_at(self.zoom)
    }

    /// West, south, east, north in metres; it may reach beyond the world.
    fn bounds(&self) -> [f64; 4] {
        let (x, y) = self.center;
        let (half_width, half_height) =
            (f64::from(self.width) * self.pixel() / 2.0, f64::from(self.height) * self.pixel() / 2.0);
        [x - half_width, y - half_height, x + half_width, y + half_height]
    }
}

/// An image around a place, from the parts of its address.
///
/// # Errors
/// 400 with the one that is wrong.
pub fn centered(zoom: &str, lat: &str, lng: &str, size: SizeParts<'_>) -> Result<Image, ApiError> {
    let (width, height, format) = read_size(size)?;
    let invalid = |what: &str| ApiError::bad_request(format!("Invalid {what} for a static map"));
    let zoom = zoom.parse().ok().filter(|zoom| *zoom <= 30).ok_or_else(|| invalid("zoom"))?;
    let lat = number(lat).ok_or_else(|| invalid("latitude"))?;
    let lng = number(lng).ok_or_else(|| invalid("longitude"))?;
    Ok(Image { zoom, center: mercator(lng, lat), width, height, format })
}

/// An image of an area, from the parts of its address.
///
/// # Errors
/// 400 with the one that is wrong.
pub fn bounded(bounds: &str, size: SizeParts<'_>) -> Result<Image, ApiError> {
    let (width, height, format) = read_size(size)?;
    let invalid = || ApiError::bad_request("Invalid bbox for a static map, expected \"west,south,east,north\"");
    let numbers: Option<Vec<f64>> = bounds.split(',').map(number).collect();
    let Some([west, south, east, north]) = numbers.as_deref().and_then(|all| <[f64; 4]>::try_from(all).ok()) else {
        return Err(invalid());
    };
    let ((left, bottom), (right, top)) = (mercator(west, south), mercator(east, north));
    if left > right || bottom > top {
        return Err(invalid());
    }
    // The deepest level at which all of it is in the image.
    let fits = |zoom: &u32| {
        let pixel = View::pixel_at(*zoom);
        (right - left) / pixel <= f64::from(width) && (top - bottom) / pixel <= f64::from(height)
    };
    let zoom = (0..=DEEPEST).rev().find(fits).unwrap_or(0);
    Ok(Image { zoom, center: ((left + right) / 2.0, (bottom + top) / 2.0), width, height, format })
}

fn read_size([width, height, format]: SizeParts<'_>) -> Result<(u32, u32, Format), ApiError> {
    let format = match format {
        "png" => Format::Png,
        "jpg" | "jpeg" => Format::Jpeg,
        other => return Err(ApiError::bad_request(format!("Unsupported image format \"{other}\""))),
    };
    let side = |text: &str| {
        let pixels = text.parse().ok().filter(|pixels| (1..=LONGEST).contains(pixels));
        pixels.ok_or_else(|| ApiError::bad_request(format!("Invalid size for a static map: 1 to {LONGEST} pixels")))
    };
    let (width, height) = (side(width)?, side(height)?);
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        let message = format!("Invalid size for a static map: at most {MOST_PIXELS} pixels together");
        return Err(ApiError::bad_request(message));
    }
    Ok((width, height, format))
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// From degrees to metres.
fn mercator(lng: f64, lat: f64) -> (f64, f64) {
    let lat = lat.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians();
    let radius = HALF_WORLD / std::f64::consts::PI;
    (lng.clamp(-540.0, 540.0) / 180.0 * HALF_WORLD, lat.tan().asinh() * radius)
}

/// Draws an image of a map: `layers` as in addresses of tiles, all without. Gives it encoded.
///
/// # Errors
/// As [`drawn_layers`], or it takes too long to draw.
pub async fn draw_image(open: &OpenMap<'_>, layers: Option<&str>, image: &Image) -> Result<Vec<u8>, ApiError> {
    let [west, south, east, north] = image.bounds();
    // The world goes round: the image may show parts of it more than once.
    let world = HALF_WORLD * 2.0;
    let turn = |x: f64| ((x + HALF_WORLD) / world).floor() as i32;
    let middle = turn(image.center.0);
    let mut turns: Vec<i32> = (turn(west)..=turn(east)).collect();
    turns.sort_by_key(|turn| (turn - middle).abs());
    turns.truncate(MOST_WORLDS);
    turns.sort_unstable();
    let layers = layers.or(Some("all"));
    let mut drawn: Vec<Drawn> = Vec::new();
    for turn in turns {
        let offset = f64::from(turn) * world;
        let part = View {
            bbox: [
                (west - offset).max(-HALF_WORLD),
                south.max(-HALF_WORLD),
                (east - offset).min(HALF_WORLD),
                north.min(HALF_WORLD),
            ],
            pixel: image.pixel(),
        };
        let found = drawn_layers(open, layers, (image.zoom, &part)).await?;
        for (index, layer) in found.into_iter().enumerate() {
            match (drawn.get_mut(index), at(layer, offset)) {
                (Some(Drawn::Features(known)), Drawn::Features(layer)) => known.features.extend(layer.features),
                (Some(Drawn::Images(known)), Drawn::Images(images)) => known.extend(images),
                (Some(Drawn::Plain(_)), Drawn::Plain(_)) => {}
                (_, layer) => drawn.push(layer),
            }
        }
    }
    let view = tiles::View {
        bounds: tiles::Bounds { west, south, east, north },
        width: image.width,
        height: image.height,
        zoom: image.zoom,
        scale: 1.0,
    };
    let cache = open.sandbox.markers.clone();
    let format = image.format;
    let pixels = u64::from(image.width) * u64::from(image.height);
    let encoded = open.sandbox.drawings.draw(pixels, move |cancel| {
        let painting = draw::paint(cancel, &cache, drawn, &view)?;
        let encoded = match format {
            Format::Png => painting.png(),
            Format::Jpeg => painting.jpeg(),
        };
        encoded.map_err(draw::failed)
    });
    encoded.await?
}

/// What is drawn of a layer, further east.
fn at(layer: Drawn, metres: f64) -> Drawn {
    match layer {
        Drawn::Features(mut layer) => {
            layer.features.move_east(metres);
            Drawn::Features(layer)
        }
        Drawn::Plain(layer) => Drawn::Plain(layer),
        Drawn::Images(images) => Drawn::Images(images.into_iter().map(|image| moved(image, metres)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1.0
    }

    #[test]
    fn images_have_a_place_on_earth() {
        let image = centered("1", "0", "0", ["512", "512", "png"]).map_err(|error| error.message);
        let bounds = image.map(|image| image.bounds());
        assert!(bounds.is_ok_and(|bounds| near(bounds[0], -HALF_WORLD) && near(bounds[3], HALF_WORLD)));
        let (x, y) = mercator(180.0, 85.051_128_779_806_6);
        assert!(near(x, HALF_WORLD) && near(y, HALF_WORLD));
    }

    #[test]
    fn bounds_are_shown_as_large_as_they_fit() {
        let zoom = |bounds: &str| {
            bounded(bounds, ["256", "256", "png"]).map(|image| image.zoom).map_err(|error| error.message)
        };
        assert_eq!(zoom("-180,-85,180,85"), Ok(0));
        assert_eq!(zoom("-90,-60,90,60"), Ok(1));
        assert_eq!(zoom("10,10,10,10"), Ok(DEEPEST));
        assert!(zoom("10,10,0,20").is_err() && zoom("1,2,3").is_err() && zoom("a,b,c,d").is_err());
    }

    #[test]
    fn sizes_and_formats_are_checked() {
        let message = |width, height, format| read_size([width, height, format]).map_err(|error| error.message);
        assert_eq!(message("200", "100", "png"), Ok((200, 100, Format::Png)));
        assert_eq!(message("200", "100", "jpg"), Ok((200, 100, Format::Jpeg)));
        assert_eq!(message("200", "100", "gif"), Err("Unsupported image format \"gif\"".to_owned()));
        assert!(message("0", "100", "png").is_err() && message("9000", "100", "png").is_err());
        assert_eq!(message("8192", "2048", "png"), Ok((8192, 2048, Format::Png)));
        let large = message("8192", "8192", "png");
        assert!(large.is_err_and(|message| message.ends_with("at most 16777216 pixels together")));
    }
}
