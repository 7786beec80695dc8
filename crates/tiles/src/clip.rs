//! Cutting lines and rings to what can be seen, so that neither size nor number of coordinates matters to drawing.

use crate::view::{Pixel, PixelBox};

/// A piece of a line, and how far from the line's start it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) pixels: Vec<Pixel>,
    pub(crate) start: f64,
    pub(crate) is_closed: bool,
}

/// The pieces of a line, or of a ring's outline, that lie within a box.
pub(crate) fn clip_line(line: &[Pixel], is_ring: bool, within: &PixelBox) -> Vec<Piece> {
    if line.iter().all(|pixel| within.contains(*pixel)) {
        let piece = Piece { pixels: line.to_vec(), start: 0.0, is_closed: is_ring };
        return if line.len() > 1 { vec![piece] } else { Vec::new() };
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut travelled = 0.0;
    let mut is_open = false;
    for (from, to) in line.iter().zip(line.iter().skip(1)) {
        let length = from.distance(*to);
        match visible_part(*from, *to, within) {
            Some((enter, leave)) => {
                let end = from.towards(*to, leave);
                match pieces.last_mut().filter(|_| is_open && enter == 0.0) {
                    Some(piece) => piece.pixels.push(end),
                    None => pieces.push(Piece {
                        pixels: vec![from.towards(*to, enter), end],
                        start: travelled + length * enter,
                        is_closed: false,
                    }),
                }
                is_open = leave == 1.0;
            }
            None => is_open = false,
        }
        travelled += length;
    }
    // A ring that begins inside of the box is one line there, not two with ends.
    let begins_inside = line.first().is_some_and(|first| within.contains(*first));
    if let (true, [first, .., last]) = (is_ring && begins_inside, pieces.as_mut_slice()) {
        last.pixels.extend(first.pixels.drain(..).skip(1));
        pieces.swap_remove(0);
    }
    pieces
}

/// Which part of a segment lies within a box, as parts of its length (Liang and Barsky's method).
fn visible_part(from: Pixel, to: Pixel, within: &PixelBox) -> Option<(f64, f64)> {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (step, room) in [
        (-dx, from.x - within.left),
        (dx, within.right - from.x),
        (-dy, from.y - within.top),
        (dy, within.bottom - from.y),
    ] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    (enter <= leave).then_some((enter, leave))
}

/// The part of a ring's area that lies within a box (Sutherland and Hodgman's method).
pub(crate) fn clip_ring(ring: Vec<Pixel>, within: &PixelBox) -> Vec<Pixel> {
    if ring.iter().all(|pixel| within.contains(*pixel)) {
        return ring;
    }
    let ring = clip_side(&ring, |pixel| pixel.x - within.left);
    let ring = clip_side(&ring, |pixel| within.right - pixel.x);
    let ring = clip_side(&ring, |pixel| pixel.y - within.top);
    clip_side(&ring, |pixel| within.bottom - pixel.y)
}

/// Cuts off what is outside of one side: where `room` is negative.
fn clip_side(ring: &[Pixel], room: impl Fn(Pixel) -> f64) -> Vec<Pixel> {
    let mut clipped = Vec::with_capacity(ring.len() + 4);
    let Some(mut before) = ring.last().copied() else { return clipped };
    let mut room_before = room(before);
    for &pixel in ring {
        let room_here = room(pixel);
        if (room_before < 0.0) != (room_here < 0.0) {
            clipped.push(before.towards(pixel, room_before / (room_before - room_here)));
        }
        if room_here >= 0.0 {
            clipped.push(pixel);
        }
        before = pixel;
        room_before = room_here;
    }
    clipped
}

/// Leaves out vertices that are nearer than a distance to the last one that stays; the first and last always stay.
pub(crate) fn thin_out(line: impl Iterator<Item = Pixel>, distance: f64) -> Vec<Pixel> {
    let mut kept: Vec<Pixel> = Vec::with_capacity(line.size_hint().0);
    let mut skipped = None;
    for pixel in line {
        match kept.last() {
            Some(last) if last.distance(pixel) < distance => skipped = Some(pixel),
            _ => {
                kept.push(pixel);
                skipped = None;
            }
        }
    }
    kept.extend(skipped);
    kept
}
