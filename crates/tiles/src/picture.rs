//! Pictures of markers and patterns: SVG through `resvg`, and PNG.

use crate::cache::MarkerCache;
use crate::svg::Svg;
use cartocss::{Color, MarkerPicture};
use resvg::usvg::{self, Node, Paint as SvgPaint, PaintOrder};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tiny_skia::{FillRule, FilterQuality, Paint, Path, Pixmap, PixmapPaint, Stroke, Transform};

use crate::canvas::skia_color;

/// Pixels of a picture's side.
pub(crate) const LARGEST: f32 = 1024.0;

/// Bytes that a picture may have.
const MOST_BYTES: usize = 512 * 1024;

/// Pictures of one image, and bytes of their addresses, which may hold them: features can bring their own.
const MOST_PICTURES: usize = 256;
const MOST_ADDRESSES: usize = 8 << 20;

/// Pixels of all patterns of one image.
const MOST_TILE_PIXELS: usize = 16 << 20;

/// Why a picture cannot be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureError {
    /// The address is no data URL.
    Address,
    /// The data are neither SVG nor PNG, or too much of it.
    Data,
    /// The SVG has filters.
    Filters,
    /// The SVG is filled with patterns.
    Patterns,
    /// The SVG has more in it than is drawn.
    TooMuch,
}

impl fmt::Display for PictureError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Address => "only data URLs can be drawn",
            Self::Data => "it is neither an SVG nor a PNG that can be read, or too large",
            Self::Filters => "filters of SVG are not drawn",
            Self::Patterns => "patterns of SVG are not drawn",
            Self::TooMuch => "it has too many elements, references, segments or dashes",
        })
    }
}

impl std::error::Error for PictureError {}

/// Can the picture of this address be drawn?
///
/// # Errors
/// Why not.
pub fn check_picture(address: &str) -> Result<(), PictureError> {
    Picture::open(address).map(|_| ())
}

/// A picture.
#[derive(Clone, Debug)]
pub(crate) enum Picture {
    Svg(Svg),
    Png(Pixmap),
}

impl Picture {
    /// Reads a data URL.
    fn open(address: &str) -> Result<Self, PictureError> {
        let url = data_url::DataUrl::process(address).map_err(|_| PictureError::Address)?;
        let (bytes, _) = url.decode_to_vec().map_err(|_| PictureError::Data)?;
        Self::read(&bytes)
    }

    fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.len() > MOST_BYTES {
            return Err(PictureError::Data);
        }
        if bytes.starts_with(b"\x89PNG") {
            // The sides are at this place of every PNG; who says too much gets no memory.
            let side = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
            let is_small = |side: Option<u32>| side.is_some_and(|side| side as f32 <= LARGEST);
            if !is_small(side(16)) || !is_small(side(20)) {
                return Err(PictureError::Data);
            }
            return Pixmap::decode_png(bytes).map(Self::Png).map_err(|_| PictureError::Data);
        }
        Svg::read(bytes).map(Self::Svg)
    }

    /// Width and height that it has by itself.
    fn size(&self) -> (f32, f32) {
        match self {
            Self::Svg(svg) => (svg.tree.size().width(), svg.tree.size().height()),
            Self::Png(image) => (image.width() as f32, image.height() as f32),
        }
    }

    /// Draws it, its left top corner being where a transformation has its origin.
    fn draw(&self, target: &mut Pixmap, transform: Transform, style: Option<&MarkerPicture>) {
        match (self, style) {
            (Self::Png(image), _) => {
                let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
                target.draw_pixmap(0, 0, image.as_ref(), &paint, transform, None);
            }
            (Self::Svg(svg), _) if !svg.fits(target.width() as f32 * target.height() as f32) => {}
            (Self::Svg(svg), Some(style))
                if style.fill.is_some() || style.line_color.is_some() || style.line_width.is_some() =>
            {
                draw_changed(svg.tree.root(), style, target, transform);
            }
            (Self::Svg(svg), _) => resvg::render(&svg.tree, transform, &mut target.as_mut()),
        }
    }
}

/// Draws shapes with colours and widths of the style, as far as it says some. Clips, masks and filters are left out, as
/// Mapnik does.
fn draw_changed(group: &usvg::Group, style: &MarkerPicture, target: &mut Pixmap, transform: Transform) {
    for node in group.children() {
        match node {
            Node::Group(group) => draw_changed(group, style, target, transform),
            Node::Path(path) if path.is_visible() => {
                let at = transform.pre_concat(path.abs_transform());
                let outline = path.stroke().map(usvg::Stroke::to_tiny_skia);
                let own_line = path.stroke().and_then(|stroke| plain(stroke.paint(), stroke.opacity().get()));
                let own_fill = path.fill().and_then(|fill| plain(fill.paint(), fill.opacity().get()));
                let rule = match path.fill().map(usvg::Fill::rule) {
                    Some(usvg::FillRule::EvenOdd) => FillRule::EvenOdd,
                    _ => FillRule::Winding,
                };
                let fill = |target: &mut Pixmap| {
                    let color = path.fill().and(style.fill.or(own_fill));
                    if let Some(color) = color {
                        target.fill_path(path.data(), &painted(color), rule, at, None);
                    }
                };
                let line = |target: &mut Pixmap| draw_line(target, path.data(), outline.clone(), own_line, style, at);
                match path.paint_order() {
                    PaintOrder::FillAndStroke => {
                        fill(target);
                        line(target);
                    }
                    PaintOrder::StrokeAndFill => {
                        line(target);
                        fill(target);
                    }
                }
            }
            _ => {}
        }
    }
}

fn draw_line(
    target: &mut Pixmap,
    path: &Path,
    outline: Option<Stroke>,
    own: Option<Color>,
    style: &MarkerPicture,
    at: Transform,
) {
    let (Some(mut outline), Some(color)) = (outline, style.line_color.or(own)) else { return };
    outline.width = style.line_width.unwrap_or(outline.width);
    if outline.width > 0.0 {
        target.stroke_path(path, &painted(color), &outline, at, None);
    }
}

/// The colour of a paint; of a gradient, that of its first stop.
fn plain(paint: &SvgPaint, opacity: f32) -> Option<Color> {
    let (color, alpha) = match paint {
        SvgPaint::Color(color) => (*color, opacity),
        SvgPaint::LinearGradient(gradient) => first(gradient.stops(), opacity)?,
        SvgPaint::RadialGradient(gradient) => first(gradient.stops(), opacity)?,
        SvgPaint::Pattern(_) => return None,
    };
    Some(Color { red: color.red, green: color.green, blue: color.blue, alpha })
}

fn first(stops: &[usvg::Stop], opacity: f32) -> Option<(usvg::Color, f32)> {
    stops.first().map(|stop| (stop.color(), stop.opacity().get() * opacity))
}

fn painted(color: Color) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(skia_color(color));
    paint
}

/// What is known of a picture before it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct KnownPicture {
    /// Width and height that it has by itself.
    pub(crate) size: (f32, f32),
    /// What it is told from others by.
    pub(crate) id: u128,
}

/// The pictures of an image, read once.
#[derive(Debug)]
pub(crate) struct Pictures {
    read: HashMap<String, Option<(Picture, u128)>>,
    tiles: HashMap<String, Option<Pixmap>>,
    /// Bytes of addresses, and pixels of tiles.
    address_bytes: usize,
    tile_pixels: usize,
    /// What addresses get their numbers from.
    hashers: Arc<[RandomState; 2]>,
}

impl Pictures {
    pub(crate) fn new(cache: &MarkerCache) -> Self {
        Self { read: HashMap::new(), tiles: HashMap::new(), address_bytes: 0, tile_pixels: 0, hashers: cache.hashers() }
    }

    fn get(&mut self, address: &str) -> Option<&(Picture, u128)> {
        if !self.read.contains_key(address) {
            self.address_bytes = self.address_bytes.saturating_add(address.len());
            if self.read.len() >= MOST_PICTURES || self.address_bytes > MOST_ADDRESSES {
                return None;
            }
            let [one, other] = self.hashers.as_ref();
            let id = u128::from(one.hash_one(address)) << 64 | u128::from(other.hash_one(address));
            self.read.insert(address.to_owned(), Picture::open(address).ok().map(|picture| (picture, id)));
        }
        self.read.get(address)?.as_ref()
    }

    /// The picture of an address; nothing when it cannot be drawn.
    pub(crate) fn known(&mut self, address: &str) -> Option<KnownPicture> {
        let (picture, id) = self.get(address)?;
        let size = Some(picture.size()).filter(|(width, height)| *width > 0.0 && *height > 0.0)?;
        Some(KnownPicture { size, id: *id })
    }

    /// A picture of a marker in an image of pixels: its middle at a place, turned by radians.
    pub(crate) fn marker(
        &mut self,
        style: &MarkerPicture,
        (width, height): (f32, f32),
        angle: f32,
        (x, y): (f32, f32),
        (image_width, image_height): (u32, u32),
    ) -> Option<Pixmap> {
        let (picture, _) = self.get(&style.address)?;
        let (own_width, own_height) = picture.size();
        let (sine, cosine) = angle.sin_cos();
        let transform = Transform::from_row(cosine, sine, -sine, cosine, x, y)
            .pre_scale(width / own_width, height / own_height)
            .pre_translate(-own_width / 2.0, -own_height / 2.0);
        let mut image = Pixmap::new(image_width, image_height)?;
        picture.draw(&mut image, transform, Some(style));
        if style.opacity >= 1.0 {
            return Some(image);
        }
        let mut faded = Pixmap::new(image_width, image_height)?;
        let paint = PixmapPaint { opacity: style.opacity, ..PixmapPaint::default() };
        faded.draw_pixmap(0, 0, image.as_ref(), &paint, Transform::identity(), None);
        Some(faded)
    }

    /// A picture as it is repeated in patterns.
    pub(crate) fn tile(&mut self, address: &str, scale: f32) -> Option<&Pixmap> {
        if !self.tiles.contains_key(address) {
            let left = MOST_TILE_PIXELS.saturating_sub(self.tile_pixels);
            let tile = self.get(address).and_then(|(picture, _)| {
                let (width, height) = picture.size();
                let side = |length: f32| (length * scale).round().clamp(1.0, LARGEST);
                let (columns, rows) = (side(width), side(height));
                if columns as usize * rows as usize > left {
                    return None;
                }
                let mut tile = Pixmap::new(columns as u32, rows as u32)?;
                picture.draw(&mut tile, Transform::from_scale(columns / width, rows / height), None);
                Some(tile)
            });
            // What was too much to be read is too much to be remembered.
            if !self.read.contains_key(address) {
                return None;
            }
            self.tile_pixels += tile.as_ref().map_or(0, |tile| tile.pixels().len());
            self.tiles.insert(address.to_owned(), tile);
        }
        self.tiles.get(address)?.as_ref()
    }
}
