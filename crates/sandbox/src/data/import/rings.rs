//! Rings of an area, put together: which ones bound it, and which ones are holes of which.
//!
//! Shapefiles list rings in any order, and say by the way they turn what they are, which many programs get wrong.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// Sides that are looked at for one area; what is left over then goes where the order of the rings puts it.
const MOST_SIDES: usize = 50_000_000;

/// A ring with what is soon known of it.
struct Ring {
    line: LineString,
    least: Coord,
    most: Coord,
    area: f64,
}

/// A ring that bounds an area, and its holes.
struct Area {
    ring: Ring,
    holes: Vec<Ring>,
}

/// Where a point is.
#[derive(PartialEq)]
enum Side {
    Within,
    Without,
    OnTheLine,
}

impl Ring {
    fn new(line: LineString) -> Ring {
        let (mut least, mut most) = (Coord { x: f64::MAX, y: f64::MAX }, Coord { x: f64::MIN, y: f64::MIN });
        for at in line.coords() {
            least = Coord { x: least.x.min(at.x), y: least.y.min(at.y) };
            most = Coord { x: most.x.max(at.x), y: most.y.max(at.y) };
        }
        // From its own corner, so that large numbers lose nothing.
        let double: f64 = line
            .lines()
            .map(|side| {
                (side.start.x - least.x) * (side.end.y - least.y) - (side.end.x - least.x) * (side.start.y - least.y)
            })
            .sum();
        Ring { line, least, most, area: double.abs() / 2.0 }
    }

    fn side_of(&self, point: Coord) -> Side {
        let mut is_within = false;
        for side in self.line.lines() {
            let (a, b) = (side.start, side.end);
            let turn = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
            let is_between = |from: f64, to: f64, value: f64| (from.min(to)..=from.max(to)).contains(&value);
            if turn == 0.0 && is_between(a.x, b.x, point.x) && is_between(a.y, b.y, point.y) {
                return Side::OnTheLine;
            }
            if (a.y > point.y) != (b.y > point.y) && (turn > 0.0) == (b.y > a.y) {
                is_within = !is_within;
            }
        }
        if is_within { Side::Within } else { Side::Without }
    }

    /// Whether another ring lies in this one.
    fn has(&self, other: &Ring, left: &mut usize) -> bool {
        let is_boxed = self.least.x <= other.least.x
            && self.least.y <= other.least.y
            && self.most.x >= other.most.x
            && self.most.y >= other.most.y;
        if !is_boxed || self.area <= other.area {
            return false;
        }
        for point in other.line.coords() {
            *left = left.saturating_sub(self.line.0.len());
            match self.side_of(*point) {
                Side::OnTheLine if *left > 0 => {}
                side => return side != Side::Without,
            }
        }
        true
    }
}

/// The smallest area that has a ring.
fn holder<'a>(areas: &'a mut [Area], ring: &Ring, left: &mut usize) -> Option<&'a mut Area> {
    let holding = areas.iter_mut().filter(|area| *left > 0 && area.ring.has(ring, left));
    holding.min_by(|one, other| one.ring.area.total_cmp(&other.ring.area))
}

/// Puts rings together; each with whether it turns as one that bounds an area does.
pub fn together(rings: impl Iterator<Item = (LineString, bool)>) -> MultiPolygon {
    let mut left = MOST_SIDES;
    let (mut areas, mut holes): (Vec<Area>, Vec<Ring>) = (Vec::new(), Vec::new());
    // Each hole with the number of areas before it.
    let mut before = Vec::new();
    for (line, is_outer) in rings {
        let ring = Ring::new(line);
        if is_outer {
            areas.push(Area { ring, holes: Vec::new() });
        } else {
            before.push(areas.len());
            holes.push(ring);
        }
    }
    // Holes of no area turn the wrong way. The largest first, so that what lies in them comes after them.
    let mut wrong = Vec::new();
    for (ring, before) in holes.into_iter().zip(before) {
        if let Some(area) = holder(&mut areas, &ring, &mut left) {
            area.holes.push(ring);
        } else if let (0, Some(area)) = (left, before.checked_sub(1).and_then(|index| areas.get_mut(index))) {
            area.holes.push(ring);
        } else {
            wrong.push(ring);
        }
    }
    if !wrong.is_empty() {
        wrong.sort_by(|one, other| other.area.total_cmp(&one.area));
        let mut turned: Vec<Area> = Vec::new();
        for ring in wrong {
            match holder(&mut turned, &ring, &mut left) {
                // What lies in a hole is an area again.
                Some(area) if !area.holes.iter().any(|hole| hole.has(&ring, &mut left)) => area.holes.push(ring),
                _ => turned.push(Area { ring, holes: Vec::new() }),
            }
        }
        for Area { ring, holes } in areas {
            match holder(&mut turned, &ring, &mut left) {
                Some(area) => {
                    area.holes.push(ring);
                    turned.extend(holes.into_iter().map(|ring| Area { ring, holes: Vec::new() }));
                }
                None => turned.push(Area { ring, holes }),
            }
        }
        areas = turned;
    }
    let polygon = |area: Area| Polygon::new(area.ring.line, area.holes.into_iter().map(|hole| hole.line).collect());
    MultiPolygon(areas.into_iter().map(polygon).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wkt::ToWkt;

    /// A square from a corner, which turns as the outer rings of shapefiles do, or the other way.
    fn square(x: f64, y: f64, length: f64, is_outer: bool) -> (LineString, bool) {
        let mut corners = vec![(x, y), (x, y + length), (x + length, y + length), (x + length, y), (x, y)];
        if !is_outer {
            corners.reverse();
        }
        (LineString::from(corners), is_outer)
    }

    /// The lengths of the outer rings, each with those of its holes.
    fn of(rings: &[(f64, f64, f64, bool)]) -> Vec<(f64, Vec<f64>)> {
        let found = together(rings.iter().map(|(x, y, length, is_outer)| square(*x, *y, *length, *is_outer)));
        let length = |ring: &LineString| Ring::new(ring.clone()).area.sqrt();
        let area = |area: &Polygon| (length(area.exterior()), area.interiors().iter().map(length).collect());
        let mut found: Vec<(f64, Vec<f64>)> = found.0.iter().map(area).collect();
        found.sort_by(|one, other| other.0.total_cmp(&one.0));
        found
    }

    #[test]
    fn holes_are_in_what_they_lie_in() {
        let two = [(0.0, 0.0, 10.0, true), (20.0, 20.0, 5.0, true)];
        assert_eq!(of(&[two[0], (1.0, 1.0, 2.0, false), two[1]]), [(10.0, vec![2.0]), (5.0, vec![])]);
        assert_eq!(of(&[two[0], two[1], (1.0, 1.0, 2.0, false)]), [(10.0, vec![2.0]), (5.0, vec![])]);
        assert_eq!(of(&[(1.0, 1.0, 2.0, false), two[0], two[1]]), [(10.0, vec![2.0]), (5.0, vec![])]);
        // A hole may touch the ring; an island in a hole has holes of its own.
        let nested = [two[0], (0.0, 0.0, 8.0, false), (1.0, 1.0, 6.0, true), (2.0, 2.0, 3.0, false)];
        assert_eq!(of(&nested), [(10.0, vec![8.0]), (6.0, vec![3.0])]);
    }

    #[test]
    fn rings_that_turn_the_wrong_way_are_areas() {
        assert_eq!(of(&[(0.0, 0.0, 10.0, false)]), [(10.0, vec![])]);
        assert_eq!(of(&[(0.0, 0.0, 10.0, false), (20.0, 0.0, 5.0, false)]), [(10.0, vec![]), (5.0, vec![])]);
        assert_eq!(of(&[(0.0, 0.0, 10.0, false), (1.0, 1.0, 5.0, false)]), [(10.0, vec![5.0])]);
        // All of them turned around: an area, its hole, and an island in that.
        let around = [(0.0, 0.0, 10.0, false), (1.0, 1.0, 8.0, true), (2.0, 2.0, 5.0, false)];
        assert_eq!(of(&around), [(10.0, vec![8.0]), (5.0, vec![])]);
        assert!(of(&[]).is_empty());
        assert!(together([square(0.0, 0.0, 1.0, false)].into_iter()).to_wkt().to_string().starts_with("MULTIPOLYGON"));
    }

    #[test]
    fn many_rings_take_no_time() {
        let many = (0..3_000).map(|number| square(0.0, 0.0, 10.0 + f64::from(number), number % 2 == 0));
        assert!(!together(many).0.is_empty());
    }
}
