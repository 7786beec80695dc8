//! What the shapes of markers cover of pixels, whatever their colours are.

use crate::canvas::{Sprite, skia_color};
use crate::drawing::{FillRule, Mask, Path, Pixmap, PixmapPaint, PremultipliedColorU8, Transform};
use crate::marker::Marker;
use cartocss::Color;

/// Shapes are drawn so much larger and then averaged, for smooth edges.
const OVERSAMPLING: usize = 4;
const SAMPLES: usize = OVERSAMPLING * OVERSAMPLING;

/// What a marker of some size covers at a place within a pixel.
#[derive(Debug)]
pub(crate) struct MarkerMask {
    width: u32,
    height: u32,
    left: i32,
    top: i32,
    fill: Coverage,
    line: Option<Coverage>,
}

impl MarkerMask {
    /// The mask of a shape. A picture has none.
    pub(crate) fn new(marker: &Marker<'_>, place: [i32; 3]) -> Option<Self> {
        let (reach_x, reach_y) = marker.reach();
        let (width, height) = (u32::try_from(reach_x * 2).ok()?, u32::try_from(reach_y * 2).ok()?);
        let (x, y) = marker.middle(place);
        let shape = marker.shape(x, y)?;
        // Fill and line are averaged each on its own, so that an edge pixel of both is as transparent as in Mapnik.
        let fill = Coverage::new(&shape, width, height)?;
        let line = marker.line(&shape).and_then(|line| Coverage::new(&line, width, height));
        Some(Self { width, height, left: -reach_x, top: -reach_y, fill, line })
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.fill.bytes() + self.line.as_ref().map_or(0, Coverage::bytes)
    }

    /// The marker in its colours.
    pub(crate) fn sprite(&self, fill: Color, line: Color) -> Option<Sprite> {
        let mut image = self.fill.colored(fill, self.width, self.height)?;
        if let Some(line) = self.line.as_ref().and_then(|covered| covered.colored(line, self.width, self.height)) {
            image.draw_pixmap(0, 0, line.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
        }
        Some(Sprite { image, left: self.left, top: self.top })
    }
}

/// What an area covers of each pixel: nothing, all of it, or some of its samples.
///
/// The samples are kept one by one: colours are rounded for each of them, so that their mean alone would not give the
/// same pixel.
#[derive(Debug)]
struct Coverage {
    /// 0 for nothing, 1 for all, and two more than the number of the edge.
    pixels: Vec<u16>,
    edges: Vec<[u8; SAMPLES]>,
}

impl Coverage {
    fn new(area: &Path, width: u32, height: u32) -> Option<Self> {
        let factor = OVERSAMPLING as u32;
        let mut large = Mask::new(width * factor, height * factor)?;
        large.fill_path(area, FillRule::Winding, true, Transform::from_scale(factor as f32, factor as f32));
        let large_width = large.width() as usize;
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        let mut edges: Vec<[u8; SAMPLES]> = Vec::new();
        for rows in large.data().chunks_exact(large_width * OVERSAMPLING) {
            for column in 0..width as usize {
                let mut samples = [0; SAMPLES];
                let sampled = rows.chunks_exact(large_width).zip(samples.chunks_exact_mut(OVERSAMPLING));
                for (row, target) in sampled {
                    if let Some(found) = row.get(column * OVERSAMPLING..(column + 1) * OVERSAMPLING) {
                        target.copy_from_slice(found);
                    }
                }
                pixels.push(match samples {
                    _ if samples == [0; SAMPLES] => 0,
                    _ if samples == [255; SAMPLES] => 1,
                    _ => {
                        edges.push(samples);
                        u16::try_from(edges.len() + 1).ok()?
                    }
                });
            }
        }
        edges.shrink_to_fit();
        Some(Self { pixels, edges })
    }

    fn bytes(&self) -> usize {
        self.pixels.len() * size_of::<u16>() + self.edges.len() * SAMPLES
    }

    /// The area in a colour.
    fn colored(&self, color: Color, width: u32, height: u32) -> Option<Pixmap> {
        let mut image = Pixmap::new(width, height)?;
        let whole = skia_color(color).premultiply().to_color_u8();
        let channels = [whole.red(), whole.green(), whole.blue(), whole.alpha()];
        let mut partly = [[0_u16; 4]; 256];
        for (covered, sample) in (0_u16..).zip(partly.iter_mut()) {
            *sample = channels.map(|channel| part_of(channel, covered));
        }
        for (target, covered) in image.pixels_mut().iter_mut().zip(&self.pixels) {
            match covered.checked_sub(2) {
                None if *covered == 0 => {}
                None => *target = whole,
                Some(edge) => {
                    let Some(samples) = self.edges.get(usize::from(edge)) else { continue };
                    if let Some(mean) = mean(samples, &partly) {
                        *target = mean;
                    }
                }
            }
        }
        Some(image)
    }
}

/// A channel of a pixel that is partly covered, rounded as the drawing library does it.
fn part_of(channel: u8, covered: u16) -> u16 {
    (u16::from(channel) * covered + 255) >> 8
}

/// The colour of a pixel whose samples are covered so much.
fn mean(samples: &[u8; SAMPLES], partly: &[[u16; 4]; 256]) -> Option<PremultipliedColorU8> {
    let mut sums = [0_u16; 4];
    for sample in samples.iter().filter_map(|covered| partly.get(usize::from(*covered))) {
        for (sum, channel) in sums.iter_mut().zip(sample) {
            *sum += channel;
        }
    }
    let count = SAMPLES as u16;
    let [red, green, blue, alpha] = sums.map(|sum| ((sum + count / 2) / count) as u8);
    PremultipliedColorU8::from_rgba(red.min(alpha), green.min(alpha), blue.min(alpha), alpha)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartocss::{MarkerShape, Stylesheet};
    use tiny_skia::Paint;

    /// An area drawn in its colour and then averaged, with the drawing library alone.
    fn drawn(path: &Path, color: Color, width: u32, height: u32) -> Pixmap {
        let factor = OVERSAMPLING as u32;
        let mut large = Pixmap::new(width * factor, height * factor).unwrap();
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(skia_color(color));
        large.fill_path(path, &paint, FillRule::Winding, Transform::from_scale(factor as f32, factor as f32), None);
        let mut small = Pixmap::new(width, height).unwrap();
        for (index, target) in small.pixels_mut().iter_mut().enumerate() {
            let (x, y) = (index as u32 % width * factor, index as u32 / width * factor);
            let mut sums = [0_u32; 4];
            for sample in 0..factor * factor {
                let pixel = large.pixel(x + sample % factor, y + sample / factor).unwrap();
                let channels = [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()];
                sums.iter_mut().zip(channels).for_each(|(sum, channel)| *sum += u32::from(channel));
            }
            let [red, green, blue, alpha] = sums.map(|sum| ((sum + 8) / 16) as u8);
            *target =
                PremultipliedColorU8::from_rgba(red.min(alpha), green.min(alpha), blue.min(alpha), alpha).unwrap();
        }
        small
    }

    /// The way without masks: fill and line are drawn in their colours.
    fn drawn_in_colors(marker: &Marker<'_>, place: [i32; 3]) -> Pixmap {
        let (reach_x, reach_y) = marker.reach();
        let (width, height) = (2 * reach_x as u32, 2 * reach_y as u32);
        let (x, y) = marker.middle(place);
        let shape = marker.shape(x, y).unwrap();
        let mut image = drawn(&shape, marker.fill(), width, height);
        if let Some(line) = marker.line(&shape) {
            let line = drawn(&line, marker.line_color(), width, height);
            image.draw_pixmap(0, 0, line.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
        }
        image
    }

    #[test]
    fn masks_in_colours_are_what_is_drawn_in_colours() {
        let css = "#l { marker-width: 10; marker-allow-overlap: true; }";
        let style = Stylesheet::parse(css).unwrap();
        let mut styles = style.at::<&str>(0, &[]);
        let symbolizers = styles.first_mut().unwrap().symbolizers(&[], cartocss::GeometryKind::Point);
        let cartocss::Symbolizer::Markers(plain) = symbolizers.first().unwrap().clone() else { unreachable!() };
        let colors = [
            Color { red: 255, green: 255, blue: 255, alpha: 1.0 },
            Color { red: 0, green: 0, blue: 0, alpha: 0.9 },
            Color { red: 130, green: 109, blue: 186, alpha: 0.37 },
            Color { red: 1, green: 254, blue: 77, alpha: 0.004 },
            Color { red: 200, green: 3, blue: 128, alpha: 0.0 },
        ];
        let mut seen = 0;
        for shape in [MarkerShape::Ellipse, MarkerShape::Rectangle, MarkerShape::Arrow] {
            for (width, line_width, scale) in
                [(0.3, 0.0, 1.0), (3.0, 0.5, 2.0), (7.0, 1.0, 1.0), (9.25, 2.5, 1.0), (41.0, 3.0, 2.0)]
            {
                for (index, color) in colors.iter().enumerate() {
                    let mut markers = plain.clone();
                    (markers.shape, markers.width, markers.line_width) = (shape, Some(width), line_width);
                    (markers.fill, markers.line_color) = (*color, colors[(index + 2) % colors.len()]);
                    for (angle, place) in [(0.0, [16, 0, 0]), (0.7, [16, 5, 11]), (0.0, [8, 7, 3]), (3.0, [4, 1, 3])] {
                        let marker = Marker::new(&markers, None, angle, scale);
                        let mask = MarkerMask::new(&marker, place).unwrap();
                        let sprite = mask.sprite(markers.fill, markers.line_color).unwrap();
                        let expected = drawn_in_colors(&marker, place);
                        assert!(sprite.image == expected, "{shape:?} {width} {line_width} {color:?} {angle} {place:?}");
                        seen += usize::from(expected.data().iter().any(|byte| *byte > 0));
                    }
                }
            }
        }
        assert!(seen > 200, "{seen}");
    }

    #[test]
    fn every_colour_is_rounded_as_the_library_does_it() {
        // One pixel that is covered to a quarter of a quarter, and so on: all that the library's edges can be.
        for quarters in 1..16_u16 {
            let (width, height) = (1.0 + f32::from(quarters % 4), 1.0 + f32::from(quarters / 4));
            let area = tiny_skia::PathBuilder::from_rect(
                tiny_skia::Rect::from_xywh(0.0, 0.0, width / 16.0, height / 16.0).unwrap(),
            );
            let coverage = Coverage::new(&area, 1, 1).unwrap();
            for red in 0..=255 {
                let alpha = f32::from(red) / 255.0;
                let color = Color { red, green: 255, blue: 255 - red, alpha };
                assert!(coverage.colored(color, 1, 1).unwrap() == drawn(&area, color, 1, 1), "{quarters} {red}");
            }
        }
    }
}
