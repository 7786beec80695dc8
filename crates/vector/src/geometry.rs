//! Geometries in units of a tile.

use crate::error::TileError;
use crate::protobuf::{Reader, signed};

/// A place in a tile: x to the east and y to the south of its upper left corner, in units of which a side has `extent`.
/// What is in the buffer around the tile is below 0 or beyond the extent.
pub type Point = [i32; 2];

/// What a geometry is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Points. All are in one part.
    Points,
    /// Lines of at least two points; each is a part.
    Lines,
    /// Areas. Each ring is a part, has at least three points, and does not repeat its first one at its end.
    Rings,
}

/// The geometry of a feature, which is borrowed of its layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry<'a> {
    /// What it is made of.
    pub kind: Kind,
    /// The points of all layers' geometries.
    pub(crate) points: &'a [Point],
    /// Where the first part begins.
    pub(crate) start: usize,
    /// Where each part ends.
    pub(crate) ends: &'a [u32],
}

impl<'a> Geometry<'a> {
    /// The parts: the points together, or each line or ring.
    pub fn parts(self) -> impl Iterator<Item = &'a [Point]> {
        let mut start = self.start;
        self.ends.iter().map(move |end| {
            let from = std::mem::replace(&mut start, *end as usize);
            self.points.get(from..*end as usize).unwrap_or_default()
        })
    }

    /// The points of all parts.
    #[must_use]
    pub fn points(self) -> &'a [Point] {
        let end = self.ends.last().map_or(self.start, |end| *end as usize);
        self.points.get(self.start..end).unwrap_or_default()
    }

    /// The rings as polygons, each an outer ring and then its holes. Rings that run as the first one does are outer
    /// ones, so that tiles that run all of them the wrong way are read, too. Nothing for points and lines.
    pub fn polygons(self) -> impl Iterator<Item = Geometry<'a>> {
        let rings = if self.kind == Kind::Rings { self } else { Geometry { ends: &[], ..self } };
        let mut left = rings;
        let outer = rings.parts().next().is_some_and(runs_clockwise);
        std::iter::from_fn(move || {
            let mut parts = left.parts();
            parts.next()?;
            let holes = parts.take_while(|ring| runs_clockwise(ring) != outer).count();
            let (these, others) = left.ends.split_at_checked(holes + 1)?;
            let start = these.last().map_or(left.start, |end| *end as usize);
            let polygon = Geometry { ends: these, ..left };
            left = Geometry { start, ends: others, ..left };
            Some(polygon)
        })
    }
}

/// Does a ring run clockwise, as seen with y to the south? That is how outer rings run.
fn runs_clockwise(ring: &[Point]) -> bool {
    let following = ring.iter().cycle().skip(1);
    let cross = |([x, y], [next_x, next_y]): (&Point, &Point)| {
        f64::from(*x) * f64::from(*next_y) - f64::from(*next_x) * f64::from(*y)
    };
    ring.iter().zip(following).map(cross).sum::<f64>() > 0.0
}

/// Points and where parts end, of all features of a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shapes {
    pub(crate) points: Vec<Point>,
    pub(crate) ends: Vec<u32>,
}

/// Why a geometry is not added.
pub(crate) enum Refusal {
    /// The geometry is none; the rest of the tile may be well.
    Geometry,
    /// There are more points than may be.
    TooMany,
}

impl From<TileError> for Refusal {
    fn from(_: TileError) -> Self {
        Self::Geometry
    }
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl Shapes {
    /// Reads the commands of a geometry and adds what they draw. After a refusal the caller cuts off what is too much.
    pub(crate) fn add(&mut self, kind: Kind, commands: &[u8], most_points: usize) -> Result<(), Refusal> {
        let mut reader = Reader::new(commands);
        let [mut x, mut y] = [0_i32; 2];
        let before = self.points.len();
        // Where the line or ring began that is not at its end.
        let mut open = None;
        while !reader.is_empty() {
            let command = reader.small()?;
            let count = (command >> 3) as usize;
            match (command & 7, kind) {
                (MOVE_TO, Kind::Points) if count > 0 => {}
                (MOVE_TO, Kind::Lines) if count == 1 => {
                    self.end_line(open)?;
                    open = Some(self.points.len());
                }
                (MOVE_TO, Kind::Rings) if count == 1 && open.is_none() => open = Some(self.points.len()),
                (LINE_TO, Kind::Lines | Kind::Rings) if count > 0 && open.is_some() => {}
                (CLOSE_PATH, Kind::Rings) if count == 1 => {
                    self.end_ring(open.take().ok_or(Refusal::Geometry)?);
                    continue;
                }
                _ => return Err(Refusal::Geometry),
            }
            // Each point takes two bytes at least.
            if count > reader.len() / 2 {
                return Err(Refusal::Geometry);
            }
            if count > most_points.saturating_sub(self.points.len()) {
                return Err(Refusal::TooMany);
            }
            for _ in 0..count {
                x = x.checked_add(signed(reader.small()?)).ok_or(Refusal::Geometry)?;
                y = y.checked_add(signed(reader.small()?)).ok_or(Refusal::Geometry)?;
                self.points.push([x, y]);
            }
        }
        match kind {
            Kind::Points => self.end_part(),
            Kind::Lines => self.end_line(open)?,
            Kind::Rings if open.is_some() => return Err(Refusal::Geometry),
            Kind::Rings => {}
        }
        if self.points.len() == before { Err(Refusal::Geometry) } else { Ok(()) }
    }

    fn end_part(&mut self) {
        self.ends.push(u32::try_from(self.points.len()).unwrap_or(u32::MAX));
    }

    fn end_line(&mut self, start: Option<usize>) -> Result<(), Refusal> {
        let Some(start) = start else { return Ok(()) };
        if self.points.len() < start + 2 {
            return Err(Refusal::Geometry);
        }
        self.end_part();
        Ok(())
    }

    /// Rings that have no area because they were small are let go.
    fn end_ring(&mut self, start: usize) {
        // Some writers repeat the first point before they close the ring.
        if self.points.len() > start + 1 && self.points.last() == self.points.get(start) {
            self.points.pop();
        }
        if self.points.len() < start + 3 { self.points.truncate(start) } else { self.end_part() }
    }
}
