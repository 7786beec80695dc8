//! Points of a crowd, painted from the topmost one down until nothing more can be seen.

use crate::cache::MarkerCache;
use crate::canvas::Sprite;
use crate::draw::{Rendering, Surface};
use crate::image::Image;
use crate::label::Label;
use crate::marker::Marker;
use crate::picture::Pictures;
use crate::sprite::Sprites;
use crate::typesetter::Typesetter;
use crate::view::{Bounds, Pixel, PixelBox, Projection, View};
#[cfg(feature = "pictures")]
use cartocss::Pattern;
use cartocss::{Cancel, CompOp, FieldValue, GeometryKind, Line, Polygon, Style, Stylesheet, Text};
use geo_types::{Geometry, Point};
use tiny_skia::{Path, Pixmap, PremultipliedColorU8};

/// All that a pixel can let through of what is below, and what counts for nothing: half of a step of a colour.
const CLEAR: u32 = 1 << 16;
const LEAST: u32 = CLEAR / 510;

/// Pixels of a word of bits.
const WORD: usize = u64::BITS as usize;

/// Points that are missing: they lie within bounds, and all of them below the first so many features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Where they are.
    pub bounds: Bounds,
    /// How many features are above them.
    pub above: usize,
}

/// What became of features that were painted from the topmost one down.
#[derive(Clone, Debug, PartialEq)]
pub enum Topmost {
    /// Their style is not made of plain markers: they have to be painted from below, all of them.
    Unknown,
    /// What is missing may matter.
    NotAll,
    /// The image of the view. What is missing cannot be seen.
    Painted(Image),
}

/// Pixels around a view from which points can reach into it, when a style says so of all of them.
#[must_use]
pub fn marker_reach(style: &Stylesheet, zoom: u32, columns: &[String]) -> Option<f64> {
    match style.at(zoom, columns).as_slice() {
        [style] if is_plain(style) => reach(style),
        _ => None,
    }
}

/// Points in a style, topmost first.
pub struct Crowd<'a> {
    /// The style.
    pub style: &'a Stylesheet,
    /// Names of the points' fields.
    pub columns: &'a [String],
    /// Where they are, in Web Mercator metres.
    pub places: &'a [Point<f64>],
    /// Puts the values of a point, of which none are there, in the order of the columns. Most points are never asked for.
    pub fields: &'a dyn Fn(usize, &mut Vec<FieldValue>),
}

/// Paints points, and tells whether others that are missing could be seen. Nothing when nobody waits for it.
///
/// Pixels are those of all points painted the other way to within a few steps of 255: colours are rounded once here, and not with
/// each marker.
#[must_use]
pub fn paint_topmost(
    cancel: &Cancel,
    cache: &MarkerCache,
    crowd: &Crowd<'_>,
    view: &View,
    gaps: &[Gap],
) -> Option<Topmost> {
    let mut styles = crowd.style.at(view.zoom, crowd.columns);
    let [style] = styles.as_mut_slice() else { return Some(Topmost::Unknown) };
    if !is_plain(style) {
        return Some(Topmost::Unknown);
    }
    let reach = style.marker_reach().map(|reach| (f64::from(reach) + 1.0) * view.scale);
    let (width, height) = (f64::from(view.width), f64::from(view.height));
    let projection = Projection::new(&view.bounds, width, height);
    let around = reach.unwrap_or(crate::BUFFER * view.scale);
    let mut gaps: Vec<(usize, PixelBox)> =
        gaps.iter().filter_map(|gap| Some((gap.above, pixels(&gap.bounds, &projection, around)?))).collect();
    gaps.sort_by_key(|(above, _)| std::cmp::Reverse(*above));
    let mut cover = Cover {
        open: Open::new(view.width as usize, view.height as usize),
        light: vec![Light::default(); view.width as usize * view.height as usize],
        gaps,
        is_plain: true,
        is_whole: true,
        sprites: Sprites::new(cache.clone()),
        pictures: Pictures::new(cache),
    };
    let mut fields = Vec::with_capacity(crowd.columns.len());
    let mut rendering = Rendering::new(cancel, &projection, view, &mut cover);
    for (index, point) in crowd.places.iter().enumerate() {
        rendering.is_wanted()?;
        rendering.surface.check_gaps(index);
        if rendering.surface.is_done() {
            break;
        }
        let Some(at) = projection.pixel(point.0) else { continue };
        // Whatever its style is, nobody would see it.
        if reach.is_some_and(|reach| !rendering.surface.open.any(at, reach)) {
            continue;
        }
        fields.clear();
        (crowd.fields)(index, &mut fields);
        for symbolizer in style.symbolizers_unless(cancel, &fields, GeometryKind::Point)?.iter() {
            rendering.symbolizer(symbolizer, &Geometry::Point(*point));
        }
    }
    rendering.is_wanted()?;
    cover.check_gaps(usize::MAX);
    Some(match (cover.is_plain, cover.is_whole) {
        (false, _) => Topmost::Unknown,
        (true, false) => Topmost::NotAll,
        (true, true) => match cover.into_pixels(view) {
            Some(pixels) => Topmost::Painted(Image::new(view.bounds, pixels)),
            None => Topmost::Unknown,
        },
    })
}

fn is_plain(style: &Style<'_>) -> bool {
    style.comp_op() == CompOp::SrcOver && style.opacity() >= 1.0
}

/// Pixels, with what sprites have around markers.
fn reach(style: &Style<'_>) -> Option<f64> {
    style.marker_reach().map(|reach| f64::from(reach) + 3.0).filter(|reach| *reach <= crate::BUFFER)
}

/// The pixels that points within bounds can be seen at.
fn pixels(bounds: &Bounds, projection: &Projection, around: f64) -> Option<PixelBox> {
    let from = projection.pixel(geo_types::Coord { x: bounds.west, y: bounds.north })?;
    let to = projection.pixel(geo_types::Coord { x: bounds.east, y: bounds.south })?;
    Some(PixelBox { left: from.x, top: from.y, right: to.x, bottom: to.y }.grown(around))
}

/// Which pixels let something through, as bits of rows.
struct Open {
    words: Vec<u64>,
    words_of_row: usize,
    width: usize,
    count: usize,
}

impl Open {
    fn new(width: usize, height: usize) -> Self {
        let words_of_row = width.div_ceil(WORD);
        let row = (0..words_of_row).map(|word| mask(word, 0, width));
        let words = std::iter::repeat_n(row, height).flatten().collect();
        Self { words, words_of_row, width, count: width * height }
    }

    /// Is any pixel around a place open?
    fn any(&self, at: Pixel, reach: f64) -> bool {
        self.any_in(&PixelBox { left: at.x, top: at.y, right: at.x, bottom: at.y }.grown(reach))
    }

    /// Is any pixel of a rectangle open?
    fn any_in(&self, place: &PixelBox) -> bool {
        // What is less than nothing becomes nothing.
        let (top, bottom) = (place.top as usize, (place.bottom + 1.0) as usize);
        let (left, right) = (place.left as usize, ((place.right + 1.0) as usize).min(self.width));
        if left >= right || self.count == 0 {
            return false;
        }
        let rows = self.words.len() / self.words_of_row.max(1);
        let (first, last) = (left / WORD, (right - 1) / WORD);
        (first..=last).any(|word| {
            let mask = mask(word, left, right);
            let open = |row: usize| self.words.get(row * self.words_of_row + word).is_some_and(|open| open & mask != 0);
            (top..bottom.min(rows)).any(open)
        })
    }

    /// The open bits of a word of a row.
    fn word(&mut self, row: usize, word: usize) -> Option<&mut u64> {
        self.words.get_mut(row * self.words_of_row + word)
    }
}

/// The bits of a word of a row that lie between two columns.
fn mask(word: usize, left: usize, right: usize) -> u64 {
    let start = word * WORD;
    let below = |column: usize| match column.saturating_sub(start) {
        bits @ 0..WORD => (1_u64 << bits) - 1,
        _ => u64::MAX,
    };
    below(right) & !below(left)
}

/// The colours of a pixel so far, as parts of [`CLEAR`], and what it lets through of what is below.
#[derive(Clone, Copy)]
struct Light {
    channels: [u32; 4],
    through: u32,
}

impl Default for Light {
    fn default() -> Self {
        Self { channels: [0; 4], through: CLEAR }
    }
}

impl Light {
    /// Puts a pixel below; tells whether something is let through still.
    fn put(&mut self, below: PremultipliedColorU8) -> bool {
        let channels = [below.red(), below.green(), below.blue(), below.alpha()];
        for (sum, channel) in self.channels.iter_mut().zip(channels) {
            *sum += u32::from(channel) * self.through;
        }
        self.through = self.through * u32::from(255 - below.alpha()) / 255;
        self.through >= LEAST
    }

    fn pixel(&self) -> PremultipliedColorU8 {
        let [red, green, blue, alpha] = self.channels.map(|sum| ((sum + CLEAR / 2) / CLEAR).min(255) as u8);
        let alpha = if self.through < LEAST { u8::MAX } else { alpha };
        PremultipliedColorU8::from_rgba(red.min(alpha), green.min(alpha), blue.min(alpha), alpha)
            .unwrap_or(PremultipliedColorU8::TRANSPARENT)
    }
}

/// A surface that is painted from above.
struct Cover {
    open: Open,
    light: Vec<Light>,
    /// What is missing, the one with the most features above it first.
    gaps: Vec<(usize, PixelBox)>,
    is_plain: bool,
    is_whole: bool,
    sprites: Sprites,
    pictures: Pictures,
}

impl Cover {
    /// Whether nothing that follows can matter.
    fn is_done(&self) -> bool {
        !self.is_plain || !self.is_whole || self.open.count == 0
    }

    /// Looks whether gaps are covered that lie above the features from one on.
    fn check_gaps(&mut self, feature: usize) {
        while let Some((_, place)) = self.gaps.last().filter(|(above, _)| *above <= feature) {
            if self.open.any_in(place) {
                self.is_whole = false;
                return;
            }
            self.gaps.pop();
        }
    }

    /// Puts a sprite below what is there.
    fn cover(&mut self, sprite: &Sprite, x: i32, y: i32) {
        let side = self.open.width;
        let width = sprite.image.width() as usize;
        let (left, top) = (i64::from(x) + i64::from(sprite.left), i64::from(y) + i64::from(sprite.top));
        let skipped = |start: i64| usize::try_from(-start).unwrap_or(0);
        let first = |start: i64| usize::try_from(start).unwrap_or(0);
        let (column, columns) = (first(left), width.saturating_sub(skipped(left)));
        let right = (column + columns).min(side);
        if column >= right {
            return;
        }
        let sources = sprite.image.pixels().chunks_exact(width).skip(skipped(top));
        let lights = self.light.chunks_exact_mut(side).skip(first(top));
        let mut covered = 0;
        for (row, (light, source)) in lights.zip(sources).enumerate() {
            let source = source.get(skipped(left)..).unwrap_or_default();
            for word in column / WORD..=(right - 1) / WORD {
                let Some(open) = self.open.word(first(top) + row, word) else { continue };
                let mut bits = *open & mask(word, column, right);
                // Most pixels of a crowd are covered already.
                while bits != 0 {
                    let bit = bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let at = word * WORD + bit;
                    let (Some(light), Some(pixel)) = (light.get_mut(at), source.get(at - column)) else { continue };
                    if pixel.alpha() > 0 && !light.put(*pixel) {
                        *open &= !(1 << bit);
                        covered += 1;
                    }
                }
            }
        }
        self.open.count -= covered;
    }

    fn into_pixels(self, view: &View) -> Option<Pixmap> {
        let mut image = Pixmap::new(view.width, view.height)?;
        for (pixel, light) in image.pixels_mut().iter_mut().zip(&self.light) {
            *pixel = light.pixel();
        }
        Some(image)
    }
}

impl Surface for Cover {
    fn start(&mut self, _style: &Style<'_>) {}

    fn finish(&mut self, _style: &Style<'_>) {}

    fn feature(&mut self, _index: usize) {}

    fn polygon(&mut self, _area: &Path, _polygon: &Polygon) {
        self.is_plain = false;
    }

    fn line(&mut self, _area: &Path, _line: &Line) {
        self.is_plain = false;
    }

    fn typesetter(&self) -> Option<&'static dyn Typesetter> {
        None
    }

    fn pictures(&mut self) -> &mut Pictures {
        self.is_plain = false;
        &mut self.pictures
    }

    #[cfg(feature = "pictures")]
    fn pattern(&mut self, _area: &Path, _pattern: &Pattern, _origin: (f32, f32)) {
        self.is_plain = false;
    }

    fn marker(&mut self, marker: &Marker<'_>, at: Pixel) {
        let is_plain = marker.comp_op() == CompOp::SrcOver && marker.allows_overlap() && !marker.has_picture();
        let found = if is_plain { self.sprites.find(&mut self.pictures, marker, at) } else { None };
        match found {
            Some((sprite, x, y)) => self.cover(&sprite, x, y),
            None => self.is_plain = false,
        }
    }

    fn label(&mut self, _label: &Label, _text: &Text, _scale: f32) {
        self.is_plain = false;
    }

    fn image(&mut self, _image: &Image, _place: &PixelBox) {
        self.is_plain = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Feature, Layer, TileId, draw};

    const TILE: TileId = TileId { z: 3, x: 2, y: 5 };

    /// Points all over the tile, which only look random, topmost first.
    fn points(count: u32) -> Vec<Feature> {
        let bounds = TILE.buffered_bounds(64.0);
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count)
            .map(|_| {
                let x = bounds.west + next() * (bounds.east - bounds.west);
                let y = bounds.south + next() * (bounds.north - bounds.south);
                Feature { geometry: Some(Point::new(x, y).into()), fields: vec![FieldValue::Number(next() * 100.0)] }
            })
            .collect()
    }

    fn look(css: &str, features: &[Feature], gaps: &[Gap]) -> Topmost {
        let style = Stylesheet::parse(&format!("#l {{ {css} }}")).unwrap();
        let place = |feature: &Feature| match feature.geometry {
            Some(Geometry::Point(point)) => point,
            _ => panic!("it is no point"),
        };
        let places: Vec<Point<f64>> = features.iter().map(place).collect();
        let fields = |index: usize, fields: &mut Vec<FieldValue>| fields.extend_from_slice(&features[index].fields);
        let crowd = Crowd { style: &style, columns: &["n".to_owned()], places: &places, fields: &fields };
        paint_topmost(&Cancel::default(), &MarkerCache::default(), &crowd, &TILE.view(1), gaps).unwrap()
    }

    const OPAQUE: &str = "marker-width: 7; marker-allow-overlap: true; marker-line-width: 1; marker-line-color: #fff;";

    fn pixels_of(css: &str, topmost_first: &[Feature]) -> Vec<u8> {
        let style = Stylesheet::parse(&format!("#l {{ {css} }}")).unwrap();
        let features: Vec<Feature> = topmost_first.iter().rev().cloned().collect();
        let png = draw(&[Layer { style: &style, columns: &["n".to_owned()], features: &features }], TILE, 1).unwrap();
        Pixmap::decode_png(&png).unwrap().data().to_vec()
    }

    #[test]
    fn pixels_are_those_of_the_other_way_round() {
        let features = points(60_000);
        for (more, features) in [
            ("marker-fill: #f60; [n > 50] { marker-fill: #06f; marker-width: 9; }", features.as_slice()),
            ("marker-fill-opacity: 0.6; marker-line-opacity: 0.5; [n > 80] { marker-fill: #060; }", &features),
            ("marker-fill-opacity: 0.3; marker-line-width: 0; [n > 20] { marker-width: 30; }", &features[..5000]),
            ("marker-width: [n] / 20 + 2; marker-fill: #0a0;", &features[..20_000]),
            ("marker-type: arrow; marker-fill: #0a0;", &features[..2000]),
            ("marker-fill: #f60;", &features[..300]),
        ] {
            let css = format!("{OPAQUE} {more}");
            let Topmost::Painted(image) = look(&css, features, &[]) else { panic!("the style is plain") };
            let (all, some) = (pixels_of(&css, features), image.pixels().data());
            let difference = all.iter().zip(some).map(|(one, other)| one.abs_diff(*other)).max();
            assert!(difference.is_some_and(|difference| difference <= 2), "{css} {difference:?}");
        }
    }

    #[test]
    fn how_far_points_reach_is_said_by_their_style() {
        let reach = |css: &str| {
            let style = Stylesheet::parse(&format!("#l {{ {css} }}")).unwrap();
            marker_reach(&style, 3, &["n".to_owned()])
        };
        assert_eq!(reach("marker-width: 20; marker-line-width: 2; [n > 1] { marker-width: 30; }"), Some(20.0));
        assert_eq!(reach("marker-fill: #f00;"), Some(8.5));
        for css in [
            "marker-width: [n];",
            "marker-width: 300;",
            "marker-type: arrow;",
            "marker-width: 5; [n > 1] { text-name: 'a'; text-face-name: 'DejaVu Sans Book'; }",
            "marker-width: 5; ::other { marker-width: 3; }",
            "marker-width: 5; opacity: 0.5;",
        ] {
            assert_eq!(reach(css), None, "{css}");
        }
    }

    #[test]
    fn gaps_matter_where_they_could_be_seen() {
        let features = points(60_000);
        let gap = |above| Gap { bounds: TILE.bounds_mercator(), above };
        assert!(matches!(look(OPAQUE, &features, &[gap(60_000)]), Topmost::Painted(_)));
        assert_eq!(look(OPAQUE, &features, &[gap(60_000), gap(300)]), Topmost::NotAll);
        assert_eq!(look(OPAQUE, &points(300), &[gap(300)]), Topmost::NotAll);
        // Far away they do not, unless they reach over the edge.
        let Bounds { west, south, east, north } = TILE.bounds_mercator();
        let width = east - west;
        let aside = |by: f64| Gap { bounds: Bounds { west: west + by, south, east: east + by, north }, above: 0 };
        assert!(matches!(look(OPAQUE, &points(300), &[aside(width * 1.04)]), Topmost::Painted(_)));
        assert_eq!(look(OPAQUE, &points(300), &[aside(width * 1.02)]), Topmost::NotAll);
    }

    #[test]
    fn other_styles_need_all_features() {
        for css in [
            "marker-width: 7;",
            "marker-allow-overlap: true; marker-comp-op: multiply;",
            "marker-allow-overlap: true; opacity: 0.5;",
            "marker-allow-overlap: true; ::other { marker-width: 3; }",
            "marker-allow-overlap: true; marker-width: 500;",
            "text-name: 'a'; text-face-name: 'DejaVu Sans Book'; text-allow-overlap: true;",
        ] {
            assert_eq!(look(css, &points(100), &[]), Topmost::Unknown, "{css}");
        }
    }
}
