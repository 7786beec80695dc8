//! What a path covers of pixels: four rows of four samples for each.

use super::pixels::FillRule;
use tiny_skia_path::{Path, PathSegment, Point};

/// Samples of a pixel, in each direction.
const SAMPLES: i32 = 4;

/// Pieces that a curve is drawn as, at most.
const MOST_PIECES: f32 = 64.0;

/// No edge.
const NONE: u32 = u32::MAX;

/// A line of the outline, which only goes down.
#[derive(Clone, Copy)]
struct Edge {
    /// First row of samples that it crosses, and the first that it does not.
    first: i32,
    end: i32,
    /// Another one that begins in the same row.
    next: u32,
    /// Where it crosses the first of those rows, and how much further each next one.
    x: f32,
    step: f32,
    /// 1 when the outline goes down there, -1 when it goes up.
    winding: i32,
}

/// The edges of a path that is drawn larger by a factor, in samples of an image.
struct Edges {
    rows: i32,
    scale: f32,
    all: Vec<Edge>,
}

impl Edges {
    fn line(&mut self, from: Point, to: Point) {
        let [from_x, from_y, to_x, to_y] = [from.x, from.y, to.x, to.y].map(|length| length * self.scale);
        if ![from_x, from_y, to_x, to_y].iter().all(|length| length.is_finite()) {
            return;
        }
        let (winding, x, y, end_x, end_y) =
            if from_y <= to_y { (1, from_x, from_y, to_x, to_y) } else { (-1, to_x, to_y, from_x, from_y) };
        // Rows are crossed at their middle. As floats become whole numbers, what is too large is the last one.
        let first = ((y - 0.5).ceil() as i32).max(0);
        let end = ((end_y - 0.5).ceil() as i32).min(self.rows);
        if first < end {
            let step = (end_x - x) / (end_y - y);
            self.all.push(Edge { first, end, next: NONE, x: x + (first as f32 + 0.5 - y) * step, step, winding });
        }
    }

    /// A curve of control points, as pieces of lines.
    fn curve(&mut self, points: &[Point]) {
        let lengths = points.windows(2).map(|pair| match pair {
            [one, next] => one.distance(*next),
            _ => 0.0,
        });
        let pieces = (lengths.sum::<f32>() * self.scale / 2.0).sqrt().ceil().clamp(1.0, MOST_PIECES);
        let Some(mut from) = points.first().copied() else { return };
        for piece in 1..=pieces as i32 {
            let part = piece as f32 / pieces;
            // Each pass leaves one point less between the others: what is left is on the curve.
            let mut left = points.to_vec();
            while left.len() > 1 {
                left = left
                    .windows(2)
                    .filter_map(|pair| match pair {
                        [a, b] => Some(Point::from_xy(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part)),
                        _ => None,
                    })
                    .collect();
            }
            if let Some(to) = left.first().copied() {
                self.line(from, to);
                from = to;
            }
        }
    }
}

/// Pixels of a row beside each other of which a path covers as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) y: usize,
    /// The first of them.
    pub(super) x: usize,
    pub(super) length: usize,
    /// How much is covered, of 255.
    pub(super) part: u8,
}

/// Calls back with each run of pixels that a path covers part of, row by row.
pub(super) fn cover(
    path: &Path,
    (rule, scale): (FillRule, f32),
    (width, height): (u32, u32),
    found: &mut dyn FnMut(Run),
) {
    let (Ok(columns), Ok(rows)) = (i32::try_from(width), i32::try_from(height)) else { return };
    let Some((columns, rows)) = columns.checked_mul(SAMPLES).zip(rows.checked_mul(SAMPLES)) else { return };
    let mut edges = Edges { rows, scale: scale * SAMPLES as f32, all: Vec::with_capacity(path.len() + 1) };
    let (mut start, mut at) = (Point::zero(), Point::zero());
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => {
                edges.line(at, start);
                (start, at) = (to, to);
            }
            PathSegment::LineTo(to) => {
                edges.line(at, to);
                at = to;
            }
            PathSegment::QuadTo(control, to) => {
                edges.curve(&[at, control, to]);
                at = to;
            }
            PathSegment::CubicTo(one, other, to) => {
                edges.curve(&[at, one, other, to]);
                at = to;
            }
            PathSegment::Close => {
                edges.line(at, start);
                at = start;
            }
        }
    }
    edges.line(at, start);
    let mut edges = edges.all;
    let first = edges.iter().map(|edge| edge.first).min().unwrap_or(rows);
    let last = edges.iter().map(|edge| edge.first).max().unwrap_or(first);
    // Lists of the edges that begin in each row: there is nothing to be sorted.
    let mut heads = vec![NONE; (last - first + 1) as usize];
    for (index, edge) in (0..).zip(&mut edges) {
        if let Some(head) = heads.get_mut((edge.first - first) as usize) {
            edge.next = std::mem::replace(head, index);
        }
    }
    let mut active: Vec<Edge> = Vec::new();
    let mut crossings: Vec<(i32, i32)> = Vec::new();
    let mut row = Row { steps: Vec::new(), width: width as usize };
    for y in first..rows {
        let mut next = heads.get((y - first) as usize).copied().unwrap_or(NONE);
        while let Some(edge) = edges.get(next as usize) {
            active.push(*edge);
            next = edge.next;
        }
        crossings.clear();
        active.retain_mut(|edge| {
            let is_there = edge.end > y;
            if is_there {
                // What is beside the image counts at its border.
                let x = ((edge.x + 0.5).floor() as i32).clamp(0, columns);
                edge.x += edge.step;
                // Mostly they are in order as they were in the row before.
                let behind = crossings.iter().rposition(|(other, _)| *other <= x).map_or(0, |index| index + 1);
                crossings.insert(behind, (x, edge.winding));
            }
            is_there
        });
        let mut winding = 0;
        let mut entered = 0;
        for (x, turn) in &crossings {
            let was_inside = rule.is_inside(winding);
            winding += turn;
            match (was_inside, rule.is_inside(winding)) {
                (false, true) => entered = *x,
                (true, false) => row.add(entered, *x, y),
                _ => {}
            }
        }
        if y % SAMPLES == SAMPLES - 1 {
            row.flush((y / SAMPLES) as usize, found);
            if active.is_empty() && y >= last {
                return;
            }
        }
    }
}

/// How much is covered of a row's pixels: by how much more or less from some pixels on, from left to right.
struct Row {
    steps: Vec<(i32, i32)>,
    width: usize,
}

impl Row {
    /// Adds samples of one of the pixels' rows.
    fn add(&mut self, from: i32, to: i32, y: i32) {
        if from >= to {
            return;
        }
        let (first, last) = (from / SAMPLES, (to - 1) / SAMPLES);
        // All samples of all rows are 255, not 256.
        let whole = if y % SAMPLES == SAMPLES - 1 { 63 } else { 64 };
        let part = |samples: i32| if samples == SAMPLES { whole } else { samples * 16 };
        if first == last {
            self.step(first, part(to - from));
            self.step(first + 1, -part(to - from));
            return;
        }
        let (left, right) = (part((first + 1) * SAMPLES - from), part(to - last * SAMPLES));
        self.step(first, left);
        self.step(first + 1, whole - left);
        self.step(last, right - whole);
        self.step(last + 1, -right);
    }

    fn step(&mut self, at: i32, more: i32) {
        if more == 0 {
            return;
        }
        // Mostly it is near the end.
        let behind = self.steps.iter().rposition(|(other, _)| *other <= at);
        match behind.and_then(|index| self.steps.get_mut(index)) {
            Some((other, sum)) if *other == at => *sum += more,
            _ => self.steps.insert(behind.map_or(0, |index| index + 1), (at, more)),
        }
    }

    /// Hands the row out, and begins with the next one.
    fn flush(&mut self, y: usize, found: &mut dyn FnMut(Run)) {
        let (mut x, mut covered) = (0, 0);
        for (at, more) in self.steps.drain(..) {
            let end = (at as usize).min(self.width);
            if covered > 0 && end > x {
                found(Run { y, x, length: end - x, part: covered.min(255) as u8 });
            }
            (x, covered) = (end, covered + more);
        }
    }
}
