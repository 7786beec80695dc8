//! Where on earth an image is.

/// Half of the side of the world in Web Mercator, in metres.
pub const HALF_WORLD: f64 = 20_037_508.342_789_244;

/// Pixels of a tile's side.
pub(crate) const TILE_SIZE: u32 = 256;

/// Deeper tiles would be smaller than a millimetre.
const DEEPEST: u32 = 34;

/// A rectangle in Web Mercator metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least x.
    pub west: f64,
    /// Least y.
    pub south: f64,
    /// Greatest x.
    pub east: f64,
    /// Greatest y.
    pub north: f64,
}

/// A tile of the usual scheme: y grows to the south.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileId {
    /// Zoom level.
    pub z: u32,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
}

impl TileId {
    /// What the tile covers.
    #[must_use]
    pub fn bounds_mercator(self) -> Bounds {
        let size = self.size_metres();
        let west = f64::from(self.x) * size - HALF_WORLD;
        let north = HALF_WORLD - f64::from(self.y) * size;
        Bounds { west, south: north - size, east: west + size, north }
    }

    /// What the tile covers and a number of pixels around it.
    #[must_use]
    pub fn buffered_bounds(self, pixels: f64) -> Bounds {
        let margin = pixels * self.size_metres() / f64::from(TILE_SIZE);
        let Bounds { west, south, east, north } = self.bounds_mercator();
        Bounds { west: west - margin, south: south - margin, east: east + margin, north: north + margin }
    }

    /// The tile as an image; a scale of 2 gives one of 512 pixels.
    #[must_use]
    pub fn view(self, scale: u32) -> View {
        let scale = scale.clamp(1, 4);
        View {
            bounds: self.bounds_mercator(),
            width: TILE_SIZE * scale,
            height: TILE_SIZE * scale,
            zoom: self.z,
            scale: f64::from(scale),
        }
    }

    fn size_metres(self) -> f64 {
        HALF_WORLD * 2.0 / f64::from(self.z.min(DEEPEST)).exp2()
    }
}

/// An image of a part of the earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// What it covers.
    pub bounds: Bounds,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The zoom level that styles see.
    pub zoom: u32,
    /// Pixels of the image for one of the style.
    pub scale: f64,
}

/// From metres to pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Projection {
    west: f64,
    north: f64,
    per_metre_x: f64,
    per_metre_y: f64,
}

impl Projection {
    /// The projection of a view; `size` is how large the target is in units, usually its pixels.
    pub(crate) fn new(bounds: &Bounds, width: f64, height: f64) -> Self {
        Self {
            west: bounds.west,
            north: bounds.north,
            per_metre_x: width / (bounds.east - bounds.west),
            per_metre_y: height / (bounds.north - bounds.south),
        }
    }

    /// The pixel of a place, or nothing when it has none.
    pub(crate) fn pixel(&self, place: geo_types::Coord<f64>) -> Option<Pixel> {
        let x = (place.x - self.west) * self.per_metre_x;
        let y = (self.north - place.y) * self.per_metre_y;
        (x.is_finite() && y.is_finite()).then_some(Pixel { x, y })
    }
}

/// A place in an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pixel {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Pixel {
    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The place a part of the way to another.
    pub(crate) fn towards(self, other: Self, part: f64) -> Self {
        Self { x: self.x + (other.x - self.x) * part, y: self.y + (other.y - self.y) * part }
    }
}

/// A rectangle in an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PixelBox {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl PixelBox {
    /// An image of a size with a margin around it.
    pub(crate) fn around(width: f64, height: f64, margin: f64) -> Self {
        Self { left: -margin, top: -margin, right: width + margin, bottom: height + margin }
    }

    /// The rectangle with a margin around it.
    pub(crate) fn grown(&self, margin: f64) -> Self {
        Self {
            left: self.left - margin,
            top: self.top - margin,
            right: self.right + margin,
            bottom: self.bottom + margin,
        }
    }

    pub(crate) fn contains(&self, pixel: Pixel) -> bool {
        pixel.x >= self.left && pixel.x <= self.right && pixel.y >= self.top && pixel.y <= self.bottom
    }

    pub(crate) fn intersects(&self, other: &Self) -> bool {
        self.left <= other.right && other.left <= self.right && self.top <= other.bottom && other.top <= self.bottom
    }
}
