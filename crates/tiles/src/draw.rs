//! Painting layers.

use crate::cache::MarkerCache;
use crate::canvas::Canvas;
use crate::collision::Collisions;
use crate::drawing::Path;
use crate::feature::{Features, Layer, Listed};
use crate::image::Image;
#[cfg(feature = "encode")]
use crate::jpeg;
use crate::label::{Label, Words};
use crate::marker::Marker;
use crate::painter::Painter;
use crate::path;
use crate::picture::Pictures;
use crate::placement::Placer;
use crate::shapes::Shapes;
use crate::typesetter::Typesetter;
use crate::view::{Bounds, Pixel, PixelBox, Projection, View};
#[cfg(feature = "encode")]
use crate::view::{TILE_SIZE, TileId};
#[cfg(feature = "pictures")]
use cartocss::Pattern;
use cartocss::{Cancel, Line, Markers, Polygon, Style, Stylesheet, Symbolizer, Text};
use geo_types::Geometry;
use std::cell::OnceCell;
use std::fmt;
#[cfg(feature = "encode")]
use std::sync::OnceLock;

/// Pixels that an image may have.
const MOST_PIXELS: u64 = 8192 * 8192;

/// Why an image could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrawError {
    /// The image would have no pixel, or too many.
    Size,
    /// The image could not be encoded.
    Encoding(String),
    /// Nobody waits for the image any more.
    Cancelled,
}

impl fmt::Display for DrawError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size => out.write_str("The image is empty or too large"),
            Self::Encoding(reason) => write!(out, "The image cannot be encoded: {reason}"),
            Self::Cancelled => out.write_str("The image is not wanted any more"),
        }
    }
}

impl std::error::Error for DrawError {}

/// Draws layers, bottom first, into the PNG image of a tile. A scale of 2 gives 512 pixels.
///
/// # Errors
/// The image cannot be encoded.
#[cfg(feature = "encode")]
pub fn draw(layers: &[Layer<'_>], tile: TileId, scale: u32) -> Result<Vec<u8>, DrawError> {
    draw_view(layers, &tile.view(scale))
}

/// Draws layers, bottom first, into the PNG image of any view. The last style that says a background gives it.
///
/// # Errors
/// The image is too large, or cannot be encoded.
#[cfg(feature = "encode")]
pub fn draw_view(layers: &[Layer<'_>], view: &View) -> Result<Vec<u8>, DrawError> {
    draw_view_unless(&Cancel::default(), layers, view)
}

/// The same, for as long as somebody waits for it.
///
/// # Errors
/// The image is too large, cannot be encoded, or nobody waits for it.
#[cfg(feature = "encode")]
pub fn draw_view_unless(cancel: &Cancel, layers: &[Layer<'_>], view: &View) -> Result<Vec<u8>, DrawError> {
    let layers: Vec<Painted<'_>> = layers.iter().copied().map(Painted::Features).collect();
    paint_unless(cancel, &MarkerCache::default(), &layers, view)?.png()
}

/// Features in their style, each made when it is needed, and the shapes of an earlier drawing.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    /// The style.
    pub style: &'a Stylesheet,
    /// Names of the features' fields.
    pub columns: &'a [String],
    /// The features.
    pub features: &'a dyn Features,
    /// Their shapes, where they are known; those that are drawn now are put there.
    pub shapes: &'a Shapes,
}

/// What is painted, bottom first.
#[derive(Clone, Copy)]
pub enum Painted<'a> {
    /// Features in their style.
    Features(Layer<'a>),
    /// The same, each made when it is needed, with the shapes of an earlier drawing.
    Kept(Kept<'a>),
    /// Images beside each other.
    Images(&'a [Image]),
}

impl Painted<'_> {
    /// Features, or images.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Features(layer) => layer.features.len(),
            Self::Kept(layer) => layer.features.count(),
            Self::Images(images) => images.len(),
        }
    }
}

/// Paints features and images over each other into an image of any view, for as long as somebody waits for it. What
/// markers look like is taken from a cache, and kept there for the next image.
///
/// # Errors
/// The image is too large, or nobody waits for it.
pub fn paint_unless(
    cancel: &Cancel,
    cache: &MarkerCache,
    layers: &[Painted<'_>],
    view: &View,
) -> Result<Painting, DrawError> {
    if u64::from(view.width) * u64::from(view.height) > MOST_PIXELS {
        return Err(DrawError::Size);
    }
    let background = layers.iter().rev().find_map(|layer| match layer {
        Painted::Features(layer) => layer.style.background(),
        Painted::Kept(layer) => layer.style.background(),
        Painted::Images(_) => None,
    });
    let mut canvas = Canvas::new(view.width, view.height).ok_or(DrawError::Size)?;
    if background.is_none() && layers.iter().all(|layer| layer.count() == 0) {
        return Ok(Painting { canvas, is_empty: true });
    }
    if let Some(color) = background {
        canvas.fill(color);
    }
    let mut painter = Painter::new(canvas, cache, view.scale as f32);
    render(cancel, layers, view, &mut painter).ok_or(DrawError::Cancelled)?;
    Ok(Painting { canvas: painter.into_canvas(), is_empty: false })
}

/// A painted image.
#[derive(Debug)]
pub struct Painting {
    canvas: Canvas,
    is_empty: bool,
}

impl Painting {
    /// Red, green, blue and opacity of each pixel, the colours not multiplied by the opacity.
    #[must_use]
    pub fn rgba(&self) -> Vec<u8> {
        self.canvas.rgba()
    }

    /// The image as PNG.
    ///
    /// # Errors
    /// It cannot be encoded.
    #[cfg(feature = "encode")]
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        static TILES: [OnceLock<Vec<u8>>; 2] = [OnceLock::new(), OnceLock::new()];
        let encode = || self.canvas.encode().map_err(DrawError::Encoding);
        // Most of the world's tiles are empty: they are encoded once.
        let known = match self.canvas.size() {
            _ if !self.is_empty => None,
            (TILE_SIZE, TILE_SIZE) => TILES.first(),
            (width, height) if width == 2 * TILE_SIZE && height == width => TILES.last(),
            _ => None,
        };
        let Some(known) = known else { return encode() };
        match known.get() {
            Some(image) => Ok(image.clone()),
            // Somebody else may have been faster; all of them are alike.
            None => Ok(known
                .get_or_init({
                    let image = encode()?;
                    || image
                })
                .clone()),
        }
    }

    /// The image as JPEG, on white.
    ///
    /// # Errors
    /// It has more than 65,535 pixels on a side.
    #[cfg(feature = "encode")]
    pub fn jpeg(&self) -> Result<Vec<u8>, DrawError> {
        jpeg::encode(self.canvas.pixels())
    }
}

/// What layers are rendered to.
pub(crate) trait Surface {
    /// A style begins.
    fn start(&mut self, style: &Style<'_>);
    /// The style ends.
    fn finish(&mut self, style: &Style<'_>);
    /// What follows belongs to a feature of the layer.
    fn feature(&mut self, index: usize);
    /// Shapes are taken from what is kept of a layer, and put there, until [`Surface::kept`].
    fn keep(&mut self, _shapes: &Shapes) {}
    /// The layer ends.
    fn kept(&mut self) {}
    /// The shape of the feature in a symbolizer, as it is kept. Whether it is.
    fn again(&mut self, _symbolizer: &Symbolizer) -> bool {
        false
    }
    /// Nothing of the feature can be seen in a symbolizer.
    fn nothing(&mut self, _symbolizer: &Symbolizer) {}
    /// The area of a polygon.
    fn polygon(&mut self, area: &Path, polygon: &Polygon);
    /// The area of a line.
    fn line(&mut self, area: &Path, line: &Line);
    /// The pictures of markers and patterns.
    fn pictures(&mut self) -> &mut Pictures;
    /// Who sets text, where fonts are somebody else's.
    fn typesetter(&self) -> Option<&'static dyn Typesetter>;
    /// The area of a polygon that is filled with a picture, and where the picture begins.
    #[cfg(feature = "pictures")]
    fn pattern(&mut self, area: &Path, pattern: &Pattern, origin: (f32, f32));
    /// A marker.
    fn marker(&mut self, marker: &Marker<'_>, at: Pixel);
    /// A label.
    fn label(&mut self, label: &Label, text: &Text, scale: f32);
    /// An image of a part of the view; grids have none.
    fn image(&mut self, _image: &Image, _place: &PixelBox) {}
}

/// Renders layers: each style of each layer, all features of each style, all symbolizers of each feature. Nothing when it
/// was cancelled.
pub(crate) fn render(cancel: &Cancel, layers: &[Painted<'_>], view: &View, surface: &mut dyn Surface) -> Option<()> {
    let projection = Projection::new(&view.bounds, f64::from(view.width), f64::from(view.height));
    let mut rendering = Rendering::new(cancel, &projection, view, surface);
    for layer in layers {
        match layer {
            Painted::Features(Layer { style, columns, features }) => {
                rendering.layer(style, columns, &Listed(features))?;
            }
            Painted::Kept(Kept { style, columns, features, shapes }) => {
                rendering.surface.keep(shapes);
                rendering.layer(style, columns, *features)?;
                rendering.surface.kept();
            }
            Painted::Images(images) => images.iter().for_each(|image| rendering.image(image)),
        }
    }
    rendering.is_wanted()
}

/// Symbolizers on their way to a surface.
pub(crate) struct Rendering<'a, S: Surface + ?Sized> {
    cancel: &'a Cancel,
    zoom: u32,
    projection: &'a Projection,
    /// The image; with a margin for the edges of areas; and with all that may reach into it.
    visible: PixelBox,
    near: PixelBox,
    extent: PixelBox,
    placer: Placer<'a>,
    collisions: Collisions,
    scale: f64,
    pub(crate) surface: &'a mut S,
}

impl<'a, S: Surface + ?Sized> Rendering<'a, S> {
    pub(crate) fn new(cancel: &'a Cancel, projection: &'a Projection, view: &View, surface: &'a mut S) -> Self {
        let (width, height) = (f64::from(view.width), f64::from(view.height));
        let extent = PixelBox::around(width, height, crate::BUFFER * view.scale);
        Self {
            cancel,
            zoom: view.zoom,
            projection,
            visible: PixelBox::around(width, height, 0.0),
            near: PixelBox::around(width, height, 8.0),
            extent,
            placer: Placer { cancel, projection, extent, scale: view.scale },
            collisions: Collisions::new(extent),
            scale: view.scale,
            surface,
        }
    }

    /// Nothing when nobody waits any more.
    pub(crate) fn is_wanted(&self) -> Option<()> {
        (!self.cancel.is_cancelled()).then_some(())
    }

    /// Renders the features of a layer.
    fn layer(&mut self, style: &Stylesheet, columns: &[String], features: &dyn Features) -> Option<()> {
        let mut spare = Vec::new();
        for mut style in style.at(self.zoom, columns) {
            self.is_wanted()?;
            self.surface.start(&style);
            for index in 0..features.count() {
                let Some(kind) = features.kind(index) else { continue };
                self.is_wanted()?;
                self.surface.feature(index);
                spare.clear();
                let fields = features.fields(index, &mut spare);
                let geometry = OnceCell::new();
                for symbolizer in style.symbolizers_unless(self.cancel, fields, kind)?.iter() {
                    if self.surface.again(symbolizer) {
                        continue;
                    }
                    if let Some(geometry) = geometry.get_or_init(|| features.geometry(index)) {
                        self.symbolizer(symbolizer, geometry);
                    }
                }
            }
            self.surface.finish(&style);
        }
        Some(())
    }

    pub(crate) fn symbolizer(&mut self, symbolizer: &Symbolizer, geometry: &Geometry<f64>) {
        match symbolizer {
            Symbolizer::Polygon(polygon) => match path::area(geometry, self.projection, &self.near) {
                Some(area) => self.surface.polygon(&area, polygon),
                None => self.surface.nothing(symbolizer),
            },
            #[cfg(not(feature = "pictures"))]
            Symbolizer::PolygonPattern(_) => {}
            #[cfg(feature = "pictures")]
            Symbolizer::PolygonPattern(pattern) => {
                if let Some(area) = path::area(geometry, self.projection, &self.near) {
                    let origin = path::origin(geometry, self.projection, pattern.is_local);
                    self.surface.pattern(&area, pattern, origin);
                }
            }
            Symbolizer::Line(line) => {
                match path::stroked(self.cancel, geometry, line, self.projection, &self.visible, self.scale) {
                    Some(area) => self.surface.line(&area, line),
                    None => self.surface.nothing(symbolizer),
                }
            }
            Symbolizer::Markers(markers) => self.markers(markers, geometry),
            Symbolizer::Text(text) => self.labels(text, geometry),
            Symbolizer::Undrawn(_) => {}
        }
    }

    /// Paints an image on whole pixels, so that those beside it leave no gap.
    fn image(&mut self, image: &Image) {
        let corner = |x: f64, y: f64| self.projection.pixel(geo_types::Coord { x, y });
        let Bounds { west, south, east, north } = image.bounds;
        if let (Some(from), Some(to)) = (corner(west, north), corner(east, south)) {
            let (left, top, right, bottom) = (from.x.round(), from.y.round(), to.x.round(), to.y.round());
            let place = PixelBox { left, top, right, bottom };
            if self.visible.intersects(&place) {
                self.surface.image(image, &place);
            }
        }
    }

    fn markers(&mut self, markers: &Markers, geometry: &Geometry<f64>) {
        let picture = markers.picture.as_ref();
        let known = picture.map(|picture| self.surface.pictures().known(&picture.address));
        // A picture that cannot be read is not drawn.
        if known == Some(None) {
            return;
        }
        let (visible, extent, scale) = (self.visible, self.extent, self.scale as f32);
        let (collisions, surface) = (&mut self.collisions, &mut self.surface);
        self.placer.anchors(geometry, markers, &mut |anchor| {
            let marker = Marker::new(markers, known.flatten(), anchor.angle, scale);
            let wanted = marker.placement_box(anchor.at);
            if !extent.intersects(&marker.painted_box(anchor.at)) {
                return;
            }
            if !markers.allow_overlap && !collisions.is_free(&wanted) {
                return;
            }
            if !markers.ignore_placement {
                collisions.insert(wanted);
            }
            if marker.is_visible() && visible.intersects(&marker.painted_box(anchor.at)) {
                surface.marker(&marker, anchor.at);
            }
        });
    }

    fn labels(&mut self, text: &Text, geometry: &Geometry<f64>) {
        let Some(words) = Words::new(text, self.scale as f32, self.surface.typesetter()) else { return };
        let (extent, scale) = (self.extent, self.scale);
        let (collisions, surface) = (&mut self.collisions, &mut self.surface);
        self.placer.labels(geometry, &words, &mut |label| {
            let margin = f64::from(text.margin) * scale;
            let mut is_free = |taken: &PixelBox| collisions.is_free(&taken.grown(margin));
            let is_near = label.boxes.iter().any(|taken| extent.intersects(taken));
            if !is_near || !text.allow_overlap && !label.boxes.iter().all(&mut is_free) {
                return;
            }
            label.boxes.iter().for_each(|taken| collisions.insert(*taken));
            surface.label(&label, text, scale as f32);
        });
    }
}
