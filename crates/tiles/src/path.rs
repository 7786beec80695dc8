//! From geometries to paths of pixels.

use crate::clip::{Piece, clip_line, clip_ring, thin_out};
use crate::feature::{Part, each_part};
use crate::view::{Pixel, PixelBox, Projection};
use cartocss::{Line, LineCap, LineJoin};
use geo_types::{Geometry, LineString};
use tiny_skia::{Path, PathBuilder, Stroke, StrokeDash};

/// Vertices nearer to each other than this are one to the eye.
const SMALLEST_STEP: f64 = 0.15;

/// More dashes of one line than this cannot be told apart.
const MOST_DASHES: f64 = 20_000.0;

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
    geometry: &Geometry<f64>,
    line: &Line,
    projection: &Projection,
    visible: &PixelBox,
    scale: f64,
) -> Option<Path> {
    let stroke = stroke(line, scale as f32)?;
    // What lies further away than this does not reach into the image, not even with its corners.
    let margin = f64::from(stroke.width) * f64::from(stroke.miter_limit.max(2.0)) + 8.0;
    let within = PixelBox {
        left: visible.left - margin,
        top: visible.top - margin,
        right: visible.right + margin,
        bottom: visible.bottom + margin,
    };
    let pieces = outline(geometry, projection, &within);
    let dashes: Vec<f32> = line.dashes.iter().map(|length| length.max(0.0) * scale as f32).collect();
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
    for piece in &pieces {
        let mut one = PathBuilder::new();
        add(&mut one, &piece.pixels, piece.is_closed);
        let Some(path) = one.finish() else { continue };
        let length: f64 = piece.pixels.iter().zip(piece.pixels.iter().skip(1)).map(|(a, b)| a.distance(*b)).sum();
        let offset = (piece.start + f64::from(line.dash_offset) * scale) % (period * 2.0);
        let dash = StrokeDash::new(lengths.clone(), offset as f32).filter(|_| length / period < MOST_DASHES);
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

fn stroke(line: &Line, scale: f32) -> Option<Stroke> {
    let width = (line.width * scale).min(WIDEST);
    (width > 0.0).then(|| Stroke {
        width,
        miter_limit: line.miter_limit.min(100.0),
        line_cap: match line.cap {
            LineCap::Butt => tiny_skia::LineCap::Butt,
            LineCap::Round => tiny_skia::LineCap::Round,
            LineCap::Square => tiny_skia::LineCap::Square,
        },
        line_join: match line.join {
            LineJoin::Miter => tiny_skia::LineJoin::Miter,
            LineJoin::Round => tiny_skia::LineJoin::Round,
            LineJoin::Bevel => tiny_skia::LineJoin::Bevel,
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
