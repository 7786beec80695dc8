//! Where the markers of a geometry are.

use crate::clip::clip_line;
use crate::feature::{Part, each_part};
use crate::label::{Label, Words};
use crate::view::{Pixel, PixelBox, Projection};
#[cfg(feature = "text")]
use cartocss::TextPlacement;
use cartocss::{Cancel, MarkerPlacement, Markers, MultiPolicy};
use geo_types::{Geometry, LineString, Polygon};

/// More markers of one line than this are not drawn.
const MOST_ALONG_LINE: usize = 10_000;

/// Where a marker is, and in which direction: radians, clockwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    pub(crate) at: Pixel,
    pub(crate) angle: f32,
}

impl Anchor {
    fn upright(at: Pixel) -> Self {
        Self { at, angle: 0.0 }
    }
}

/// Finds the places of markers. Geometries are taken whole, so that a marker is at the same place in every tile;
/// Mapnik cuts them to the tile before, unless `marker-clip` is false.
pub(crate) struct Placer<'a> {
    pub(crate) cancel: &'a Cancel,
    pub(crate) projection: &'a Projection,
    /// Where markers are of interest.
    pub(crate) extent: PixelBox,
    pub(crate) scale: f64,
}

impl Placer<'_> {
    /// Calls back with the place of every marker of a geometry.
    pub(crate) fn anchors(&self, geometry: &Geometry<f64>, markers: &Markers, found: &mut dyn FnMut(Anchor)) {
        let found = &mut |anchor| {
            if !self.cancel.is_cancelled() {
                found(anchor);
            }
        };
        if markers.multi_policy == MultiPolicy::Each {
            each_part(geometry, &mut |part| self.part_anchors(&part, markers, found));
            return;
        }
        let mut largest: Option<(f64, Part<'_>)> = None;
        each_part(geometry, &mut |part| {
            let size = size(&part);
            if largest.as_ref().is_none_or(|(known, _)| size > *known) {
                largest = Some((size, part));
            }
        });
        if let Some((_, part)) = largest {
            self.part_anchors(&part, markers, found);
        }
    }

    /// Calls back with every label of a geometry that may be seen, one after the other: each is large. In browsers points only
    /// have labels: other shapes are cut there at the edges of tiles.
    pub(crate) fn labels(&self, geometry: &Geometry<f64>, words: &Words<'_>, found: &mut dyn FnMut(Label)) {
        // Of many parts the largest one is named, but each point and line has its own name.
        #[cfg(feature = "text")]
        let mut largest: Option<(f64, Part<'_>)> = None;
        each_part(geometry, &mut |part| match part {
            Part::Point(place) => self.label(self.projection.pixel(place), words, found),
            #[cfg(not(feature = "text"))]
            _ => {}
            #[cfg(feature = "text")]
            part => {
                let size = size(&part);
                if largest.as_ref().is_none_or(|(known, _)| size > *known) {
                    largest = Some((size, part));
                }
            }
        });
        #[cfg(feature = "text")]
        if let Some((_, part)) = largest {
            self.shape_labels(&part, words, found);
        }
    }

    /// Calls back with the label around a place, if it may be seen.
    fn label(&self, at: Option<Pixel>, words: &Words<'_>, found: &mut dyn FnMut(Label)) {
        let near = self.extent.grown(words.reach());
        if let Some(at) = at.filter(|at| near.contains(*at) && !self.cancel.is_cancelled())
            && let Some(label) = words.around(at)
        {
            found(label);
        }
    }

    /// Calls back with the labels of a line or an area.
    #[cfg(feature = "text")]
    fn shape_labels(&self, part: &Part<'_>, words: &Words<'_>, found: &mut dyn FnMut(Label)) {
        let rings: Vec<Vec<Pixel>> = match part {
            Part::Point(_) => return,
            Part::Line(line) => vec![self.pixels(line)],
            Part::Polygon(polygon) => {
                std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(|ring| self.pixels(ring)).collect()
            }
        };
        let is_area = matches!(part, Part::Polygon(_));
        let Some(line) = rings.first() else { return };
        match words.text().placement {
            TextPlacement::Line => words.along(self.cancel, line, found),
            TextPlacement::Vertex => {
                line.iter().take(MOST_ALONG_LINE).for_each(|at| self.label(Some(*at), words, found))
            }
            TextPlacement::Interior if is_area => self.label(interior(&rings), words, found),
            TextPlacement::Point if is_area => self.label(centroid(&rings), words, found),
            TextPlacement::Point | TextPlacement::Interior => {
                self.label(at_distance(line, length(line) / 2.0), words, found)
            }
        }
    }

    fn part_anchors(&self, part: &Part<'_>, markers: &Markers, found: &mut dyn FnMut(Anchor)) {
        match part {
            Part::Point(place) => {
                if let Some(at) = self.projection.pixel(*place) {
                    found(Anchor::upright(at));
                }
            }
            Part::Line(line) => self.line_anchors(&self.pixels(line), markers, found),
            Part::Polygon(polygon) => self.polygon_anchors(polygon, markers, found),
        }
    }

    fn line_anchors(&self, pixels: &[Pixel], markers: &Markers, found: &mut dyn FnMut(Anchor)) {
        let one = match markers.placement {
            MarkerPlacement::Line => {
                along(pixels, f64::from(markers.spacing) * self.scale, &self.extent, found);
                return;
            }
            MarkerPlacement::VertexFirst => pixels.first().copied(),
            MarkerPlacement::VertexLast => pixels.last().copied(),
            MarkerPlacement::Point | MarkerPlacement::Interior => at_distance(pixels, length(pixels) / 2.0),
        };
        if let Some(at) = one {
            found(Anchor::upright(at));
        }
    }

    fn polygon_anchors(&self, polygon: &Polygon<f64>, markers: &Markers, found: &mut dyn FnMut(Anchor)) {
        let rings: Vec<Vec<Pixel>> =
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(|ring| self.pixels(ring)).collect();
        let one = match markers.placement {
            MarkerPlacement::Point => centroid(&rings),
            MarkerPlacement::Interior => interior(&rings),
            _ => {
                if let Some(exterior) = rings.first() {
                    self.line_anchors(exterior, markers, found);
                }
                return;
            }
        };
        if let Some(at) = one {
            found(Anchor::upright(at));
        }
    }

    fn pixels(&self, line: &LineString<f64>) -> Vec<Pixel> {
        line.0.iter().filter_map(|place| self.projection.pixel(*place)).collect()
    }
}

fn size(part: &Part<'_>) -> f64 {
    match part {
        Part::Point(_) => 0.0,
        Part::Line(line) => line.lines().map(|line| (line.dx()).hypot(line.dy())).sum(),
        // Areas are larger than all lines.
        Part::Polygon(polygon) => 1e9 + polygon.exterior().lines().map(|line| line.determinant()).sum::<f64>().abs(),
    }
}

fn length(pixels: &[Pixel]) -> f64 {
    pixels.iter().zip(pixels.iter().skip(1)).map(|(from, to)| from.distance(*to)).sum()
}

/// The place at a distance from the start.
fn at_distance(pixels: &[Pixel], distance: f64) -> Option<Pixel> {
    let mut left = distance;
    for (from, to) in pixels.iter().zip(pixels.iter().skip(1)) {
        let length = from.distance(*to);
        if length > 0.0 && left <= length {
            return Some(from.towards(*to, left / length));
        }
        left -= length;
    }
    pixels.last().copied()
}

/// Places along a line that lie within a box: the first half a space from the line's start, wherever that is.
fn along(pixels: &[Pixel], spacing: f64, within: &PixelBox, found: &mut dyn FnMut(Anchor)) {
    let length = length(pixels);
    let spacing = if spacing >= 1.0 { spacing } else { 100.0 };
    let first = length.min(spacing) / 2.0;
    let mut count = 0;
    for piece in clip_line(pixels, false, within) {
        let mut next = first + ((piece.start - first) / spacing).ceil().max(0.0) * spacing;
        let mut travelled = piece.start;
        for (from, to) in piece.pixels.iter().zip(piece.pixels.iter().skip(1)) {
            let step = from.distance(*to);
            while step > 0.0 && next <= travelled + step && next < length && count < MOST_ALONG_LINE {
                let angle = (to.y - from.y).atan2(to.x - from.x) as f32;
                found(Anchor { at: from.towards(*to, (next - travelled) / step), angle });
                // Where numbers are too large for the next place to be another one, there is none.
                next = if next + spacing > next { next + spacing } else { f64::INFINITY };
                count += 1;
            }
            travelled += step;
        }
    }
}

/// The centre of a polygon's area.
fn centroid(rings: &[Vec<Pixel>]) -> Option<Pixel> {
    let first = *rings.first()?.first()?;
    let (mut x, mut y, mut area) = (0.0, 0.0, 0.0);
    for (index, ring) in rings.iter().enumerate() {
        // Relative to a vertex, because far from the origin the differences would drown.
        let (mut ring_x, mut ring_y, mut ring_area) = (0.0, 0.0, 0.0);
        for (from, to) in ring.iter().zip(ring.iter().skip(1)) {
            let (from_x, from_y, to_x, to_y) = (from.x - first.x, from.y - first.y, to.x - first.x, to.y - first.y);
            let cross = from_x * to_y - to_x * from_y;
            ring_area += cross;
            ring_x += (from_x + to_x) * cross;
            ring_y += (from_y + to_y) * cross;
        }
        // Holes count against the outside, whichever way they go round.
        let sign = if (ring_area > 0.0) == (index == 0) { 1.0 } else { -1.0 };
        x += ring_x * sign;
        y += ring_y * sign;
        area += ring_area * sign;
    }
    if area == 0.0 {
        return Some(first);
    }
    Some(Pixel { x: first.x + x / (3.0 * area), y: first.y + y / (3.0 * area) })
}

/// A place inside of a polygon: the middle of the widest stretch at the height of its centre.
fn interior(rings: &[Vec<Pixel>]) -> Option<Pixel> {
    let centre = centroid(rings)?;
    let mut crossings: Vec<f64> = Vec::new();
    for ring in rings {
        for (from, to) in ring.iter().zip(ring.iter().skip(1)) {
            if (from.y <= centre.y) != (to.y <= centre.y) {
                crossings.push(from.x + (centre.y - from.y) / (to.y - from.y) * (to.x - from.x));
            }
        }
    }
    compact::sort_by(&mut crossings, f64::total_cmp);
    let widest = crossings
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [enter, leave] => Some((leave - enter, (leave + enter) / 2.0)),
            _ => None,
        })
        .max_by(|left, right| left.0.total_cmp(&right.0));
    Some(widest.map_or(centre, |(_, x)| Pixel { x, y: centre.y }))
}
