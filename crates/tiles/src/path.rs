//! From geometries to paths of pixels.

use crate::clip::{Piece, clip_line, clip_ring, thin_out};
use crate::drawing::{Path, PathBuilder, Stroke, StrokeDash};
use crate::feature::{Part, each_part};
use crate::view::{Pixel, PixelBox, Projection};
use cartocss::{Cancel, Line, LineCap, LineJoin};
use geo_types::{Geometry, LineString};

/// Vertices nearer to each other than this are one to the eye.
const SMALLEST_STEP: f64 = 0.15;

/// More dashes of one line than this cannot be told apart; and of all lines of a geometry.
const MOST_DASHES: f64 = 20_000.0;
const MOST_DASHES_OF_ALL: f64 = 200_000.0;

/// Lengths of dashes and gaps; further ones count for nothing.
const MOST_LENGTHS: usize = 64;

/// Corners of lines that are drawn aside go round in steps of so many radians.
const ARC: f64 = 0.3;

/// The widest line.
const WIDEST: f32 = 4096.0;

fn pixels(line: &LineString<f64>, projection: &Projection) -> Vec<Pixel> {
    thin_out(line.0.iter().filter_map(|place| projection.pixel(*place)), SMALLEST_STEP)
}

/// The areas of a geometry's polygons that lie within a box.
pub(crate) fn area(geometry: &Geometry<f64>, projection: &Projection, within: &PixelBox) -> Option<Path> {
    let mut builder = PathBuilder::new();
    each_part(geometry, &mut |part| {
        let Part::Polygon(polygon) = part else { return };
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            let ring = clip_ring(pixels(ring, projection), within);
            if ring.len() > 2 {
                add(&mut builder, &ring, true);
            }
        }
    });
    builder.finish()
}

/// Where the pattern of a geometry begins: at the first vertex, or at the world's corner, of which a tile is a multiple
/// of 256 pixels away.
pub(crate) fn origin(geometry: &Geometry<f64>, projection: &Projection, is_local: bool) -> (f32, f32) {
    let mut first = None;
    each_part(geometry, &mut |part| {
        if let (Part::Polygon(polygon), None) = (part, first) {
            first = polygon.exterior().0.first().and_then(|place| projection.pixel(*place));
        }
    });
    // Whole pixels keep the picture sharp.
    first.filter(|_| is_local).map_or((0.0, 0.0), |at| (at.x.round() as f32, at.y.round() as f32))
}

/// The pieces of a geometry's lines and outlines that lie within a box.
fn outline(geometry: &Geometry<f64>, projection: &Projection, within: &PixelBox) -> Vec<Piece> {
    let mut pieces = Vec::new();
    each_part(geometry, &mut |part| match part {
        Part::Point(_) => {}
        Part::Line(line) => {
            let is_ring = line.0.len() > 3 && line.is_closed();
            pieces.append(&mut clip_line(&pixels(line, projection), is_ring, within));
        }
        Part::Polygon(polygon) => {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                pieces.append(&mut clip_line(&pixels(ring, projection), true, within));
            }
        }
    });
    pieces
}

/// What a drawn line covers of a box.
pub(crate) fn stroked(
    cancel: &Cancel,
    geometry: &Geometry<f64>,
    line: &Line,
    projection: &Projection,
    visible: &PixelBox,
    scale: f64,
) -> Option<Path> {
    let stroke = stroke(line, scale as f32)?;
    // What lies further away than this does not reach into the image, not even with its corners.
    let offset = f64::from(line.offset).clamp(-f64::from(WIDEST), f64::from(WIDEST)) * scale;
    let margin = f64::from(stroke.width) * f64::from(stroke.miter_limit.max(2.0)) + 3.0 * offset.abs() + 8.0;
    let within = PixelBox {
        left: visible.left - margin,
        top: visible.top - margin,
        right: visible.right + margin,
        bottom: visible.bottom + margin,
    };
    let mut pieces = outline(geometry, projection, &within);
    if offset != 0.0 {
        for piece in &mut pieces {
            piece.pixels = moved_aside(&piece.pixels, piece.is_closed, offset);
        }
    }
    let dashes: Vec<f32> = line.dashes.iter().take(MOST_LENGTHS).map(|length| length.max(0.0) * scale as f32).collect();
    let period = f64::from(dashes.iter().sum::<f32>());
    let mut builder = PathBuilder::new();
    if dashes.is_empty() || period <= 0.0 {
        for piece in &pieces {
            add(&mut builder, &piece.pixels, piece.is_closed);
        }
        return builder.finish()?.stroke(&stroke, 1.0);
    }
    // An odd number of lengths is gone through twice, so that dashes and gaps take turns.
    let lengths = if dashes.len().is_multiple_of(2) { dashes } else { dashes.repeat(2) };
    let mut dashes_left = MOST_DASHES_OF_ALL;
    for piece in pieces.iter().take_while(|_| !cancel.is_cancelled()) {
        let mut one = PathBuilder::new();
        add(&mut one, &piece.pixels, piece.is_closed);
        let Some(path) = one.finish() else { continue };
        let length: f64 = piece.pixels.iter().zip(piece.pixels.iter().skip(1)).map(|(a, b)| a.distance(*b)).sum();
        let offset = (piece.start + f64::from(line.dash_offset) * scale) % (period * 2.0);
        let count = length / period;
        let dash = StrokeDash::new(lengths.clone(), offset as f32).filter(|_| count < MOST_DASHES.min(dashes_left));
        dashes_left -= if dash.is_some() { count } else { 0.0 };
        let dashed = match dash {
            Some(dash) => path.dash(&dash, 1.0),
            None => Some(path),
        };
        if let Some(covered) = dashed.and_then(|path| path.stroke(&stroke, 1.0)) {
            builder.push_path(&covered);
        }
    }
    builder.finish()
}

/// A line that runs beside another one, some pixels to its right as seen along it, as the recorded server has it. It goes
/// round the outside of corners, and meets itself on the inside.
fn moved_aside(pixels: &[Pixel], is_closed: bool, distance: f64) -> Vec<Pixel> {
    let mut line: Vec<Pixel> = pixels.to_vec();
    line.dedup_by(|one, other| one.distance(*other) == 0.0);
    let is_ring = is_closed && line.len() > 2;
    if is_ring && line.first().zip(line.last()).is_some_and(|(first, last)| first.distance(*last) == 0.0) {
        line.pop();
    }
    // To the right of each stretch; the one of a ring that leads home comes last.
    let next = line.iter().skip(1).chain(line.first().filter(|_| is_ring));
    let sides: Vec<(f64, f64)> = line
        .iter()
        .zip(next)
        .map(|(from, to)| {
            let length = from.distance(*to);
            ((from.y - to.y) / length, (to.x - from.x) / length)
        })
        .collect();
    let mut moved = Vec::with_capacity(line.len() + 2);
    for (index, pixel) in line.iter().enumerate() {
        let after = sides.get(index);
        let before = match index.checked_sub(1) {
            Some(index) => sides.get(index),
            None => sides.last().filter(|_| is_ring),
        };
        let (Some(one), Some(other)) = (before.or(after), after.or(before)) else { continue };
        let middle = (one.0 + other.0, one.1 + other.1);
        // The square of twice the cosine of half the angle between the two.
        let square = middle.0 * middle.0 + middle.1 * middle.1;
        let aside = |side: (f64, f64)| Pixel { x: pixel.x + side.0 * distance, y: pixel.y + side.1 * distance };
        let turn = (one.0 * other.1 - one.1 * other.0).atan2(one.0 * other.0 + one.1 * other.1);
        if turn * distance < 0.0 || square < 0.01 {
            let steps = (turn.abs() / ARC).ceil().max(1.0);
            for step in 0..=(steps as u32) {
                let (sine, cosine) = (turn * f64::from(step) / steps).sin_cos();
                moved.push(aside((one.0 * cosine - one.1 * sine, one.0 * sine + one.1 * cosine)));
            }
        } else {
            moved.push(aside((middle.0 * 2.0 / square, middle.1 * 2.0 / square)));
        }
    }
    if let Some(first) = moved.first().copied().filter(|_| is_ring) {
        moved.push(first);
    }
    moved
}

fn stroke(line: &Line, scale: f32) -> Option<Stroke> {
    let width = (line.width * scale).min(WIDEST);
    (width > 0.0).then(|| Stroke {
        width,
        miter_limit: line.miter_limit.min(100.0),
        line_cap: match line.cap {
            LineCap::Butt => crate::drawing::LineCap::Butt,
            LineCap::Round => crate::drawing::LineCap::Round,
            LineCap::Square => crate::drawing::LineCap::Square,
        },
        line_join: match line.join {
            LineJoin::Miter => crate::drawing::LineJoin::Miter,
            LineJoin::Round => crate::drawing::LineJoin::Round,
            LineJoin::Bevel => crate::drawing::LineJoin::Bevel,
        },
        dash: None,
    })
}

/// Adds a line or a ring.
fn add(builder: &mut PathBuilder, pixels: &[Pixel], is_closed: bool) {
    let is_repeated = is_closed && pixels.len() > 1 && pixels.first() == pixels.last();
    let count = if is_repeated { pixels.len() - 1 } else { pixels.len() };
    for (index, pixel) in pixels.iter().take(count).enumerate() {
        if index == 0 {
            builder.move_to(pixel.x as f32, pixel.y as f32);
        } else {
            builder.line_to(pixel.x as f32, pixel.y as f32);
        }
    }
    if is_closed {
        builder.close();
    }
}
