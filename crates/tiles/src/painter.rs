//! Painting what layers are rendered to.

use crate::cache::{Look, LookKey, MarkerCache};
use crate::canvas::Canvas;
use crate::draw::Surface;
#[cfg(not(feature = "skia"))]
use crate::drawing::Cover;
use crate::drawing::{FillRule, Path};
#[cfg(feature = "text")]
use crate::drawing::{LineJoin, Stroke};
use crate::font::Drawing;
#[cfg(feature = "pictures")]
use crate::image::Image;
use crate::label::Label;
use crate::marker::Marker;
use crate::picture::Pictures;
#[cfg(not(feature = "skia"))]
use crate::shapes::{Form, Shapes};
use crate::sprite::Sprites;
use crate::typesetter::{Typesetter, Written};
use crate::view::Pixel;
#[cfg(feature = "pictures")]
use crate::view::PixelBox;
#[cfg(feature = "pictures")]
use cartocss::Pattern;
#[cfg(not(feature = "skia"))]
use cartocss::Symbolizer;
use cartocss::{Color, CompOp, Line, Polygon, Style, Text};

/// Labels and halos of an image that somebody else draws: more than anybody can read, and no more than takes a second.
const MOST_WRITTEN: usize = 8_000;

/// A surface of pixels.
pub(crate) struct Painter<'a> {
    /// The shapes of the layer that is painted, where they are kept, and the place of the feature.
    #[cfg(not(feature = "skia"))]
    shapes: Option<Shapes>,
    #[cfg(not(feature = "skia"))]
    feature: usize,
    canvas: Canvas,
    /// What was painted before a style that goes together with it as a whole.
    below: Option<Canvas>,
    sprites: Sprites,
    pictures: Pictures,
    cache: &'a MarkerCache,
    /// Labels and halos that somebody else was asked for.
    written: usize,
    scale: f32,
}

impl<'a> Painter<'a> {
    /// Paints on an image, at a scale.
    pub(crate) fn new(canvas: Canvas, cache: &'a MarkerCache, scale: f32) -> Self {
        Self {
            #[cfg(not(feature = "skia"))]
            shapes: None,
            #[cfg(not(feature = "skia"))]
            feature: 0,
            canvas,
            below: None,
            sprites: Sprites::new(cache.clone()),
            pictures: Pictures::new(cache),
            cache,
            written: 0,
            scale,
        }
    }

    /// The image.
    pub(crate) fn into_canvas(self) -> Canvas {
        self.canvas
    }
}

impl Surface for Painter<'_> {
    fn start(&mut self, style: &Style<'_>) {
        if style.comp_op() != CompOp::SrcOver || style.opacity() < 1.0 {
            self.below = self.canvas.same_size().map(|empty| std::mem::replace(&mut self.canvas, empty));
        }
    }

    fn finish(&mut self, style: &Style<'_>) {
        if let Some(below) = self.below.take() {
            let above = std::mem::replace(&mut self.canvas, below);
            self.canvas.composite(&above, style.comp_op(), style.opacity());
        }
    }

    #[cfg(feature = "skia")]
    fn feature(&mut self, _index: usize) {}

    #[cfg(not(feature = "skia"))]
    fn feature(&mut self, index: usize) {
        self.feature = index;
    }

    #[cfg(not(feature = "skia"))]
    fn keep(&mut self, shapes: &Shapes) {
        shapes.start();
        self.shapes = Some(shapes.clone());
    }

    #[cfg(not(feature = "skia"))]
    fn kept(&mut self) {
        if let Some(shapes) = self.shapes.take() {
            shapes.finish();
        }
    }

    #[cfg(not(feature = "skia"))]
    fn again(&mut self, symbolizer: &Symbolizer) -> bool {
        let Some((shapes, form)) = self.shapes.as_ref().zip(Form::of(symbolizer)) else { return false };
        let canvas = &mut self.canvas;
        shapes.find(form, self.feature, |cover| match symbolizer {
            Symbolizer::Polygon(Polygon { fill, gamma, comp_op }) => canvas.fill_cover(cover, *fill, *comp_op, *gamma),
            Symbolizer::Line(Line { color, comp_op, .. }) => canvas.fill_cover(cover, *color, *comp_op, 1.0),
            _ => {}
        })
    }

    #[cfg(not(feature = "skia"))]
    fn nothing(&mut self, symbolizer: &Symbolizer) {
        if let Some((shapes, form)) = self.shapes.as_ref().zip(Form::of(symbolizer)) {
            shapes.put(form, self.feature, Cover::default());
        }
    }

    fn polygon(&mut self, area: &Path, &Polygon { fill, gamma, comp_op }: &Polygon) {
        #[cfg(not(feature = "skia"))]
        if self.fill_and_keep(Form::Area, area, FillRule::EvenOdd, (fill, comp_op, gamma)) {
            return;
        }
        self.canvas.fill_path(area, FillRule::EvenOdd, fill, comp_op, gamma);
    }

    fn line(&mut self, area: &Path, line: &Line) {
        #[cfg(not(feature = "skia"))]
        if self.fill_and_keep(Form::Line(line), area, FillRule::Winding, (line.color, line.comp_op, 1.0)) {
            return;
        }
        self.canvas.fill_path(area, FillRule::Winding, line.color, line.comp_op, 1.0);
    }

    fn pictures(&mut self) -> &mut Pictures {
        &mut self.pictures
    }

    fn typesetter(&self) -> Option<&'static dyn Typesetter> {
        self.cache.typesetter()
    }

    #[cfg(feature = "pictures")]
    fn pattern(&mut self, area: &Path, pattern: &Pattern, origin: (f32, f32)) {
        if let Some(tile) = self.pictures.tile(&pattern.address, self.scale) {
            self.canvas.fill_pattern(area, tile, origin, pattern);
        }
    }

    #[cfg(feature = "pictures")]
    fn image(&mut self, image: &Image, place: &PixelBox) {
        self.canvas.paint_image(image.pixels(), place);
    }

    fn marker(&mut self, marker: &Marker<'_>, at: Pixel) {
        self.sprites.paint(&mut self.canvas, &mut self.pictures, marker, at);
    }

    fn label(&mut self, label: &Label, text: &Text, scale: f32) {
        let line = 2.0 * text.halo_radius * scale;
        let has_halo = line > 0.0 && text.halo_fill.alpha > 0.0;
        match &label.letters {
            #[cfg(feature = "text")]
            Drawing::Outlined(outline) => {
                if has_halo {
                    let stroke = Stroke { width: line, line_join: LineJoin::Round, ..Stroke::default() };
                    if let Some(halo) = outline.stroke(&stroke, 1.0) {
                        self.canvas.fill_path(&halo, FillRule::Winding, text.halo_fill, text.comp_op, 1.0);
                    }
                }
                self.canvas.fill_path(outline, FillRule::Winding, text.fill, text.comp_op, 1.0);
            }
            Drawing::Written(written) => {
                if has_halo {
                    self.write(written, line, text.halo_fill, text.comp_op);
                }
                self.write(written, 0.0, text.fill, text.comp_op);
            }
        }
    }
}

impl Painter<'_> {
    /// Fills an area, whose shape is kept for the next drawing. Whether shapes are kept at all.
    #[cfg(not(feature = "skia"))]
    fn fill_and_keep(
        &mut self,
        form: Form<'_>,
        area: &Path,
        rule: FillRule,
        (color, comp_op, gamma): (Color, CompOp, f32),
    ) -> bool {
        let Some(shapes) = &self.shapes else { return false };
        let cover = self.canvas.cover(area, rule);
        self.canvas.fill_cover(&cover, color, comp_op, gamma);
        shapes.put(form, self.feature, cover);
        true
    }

    /// Paints letters that somebody else draws, or a line around them.
    fn write(&mut self, written: &Written, line: f32, color: Color, comp_op: CompOp) {
        if self.written >= MOST_WRITTEN {
            return;
        }
        let Some(shown) = written.within(self.canvas.size(), line) else { return };
        self.written += 1;
        let look = self.cache.get(LookKey::Letters(shown.key().into()), || Some(Look::Letters(shown.cover()?.into())));
        if let Some(Look::Letters(covered)) = look {
            self.canvas.fill_mask((shown.left, shown.top, shown.width), &covered, color, comp_op);
        }
    }
}
