//! Rows of lines and areas that come with boxes around them, compared with a slow model.

use crate::dataviews::is_touched;
use crate::random::Random;
use crate::writer::{LayerWriter, Written, text};
use vector::{
    Answer, Area, Column, Dataview, Formula, Kind, Limits, Operation, Point, Request, Schema, Store, Tile, TileKey,
    Type, Undecided,
};

const ZOOM: u8 = 2;
const EXTENT: f64 = 4096.0;
const UNITS: f64 = 262_144.0;
const PIXEL: f64 = 1024.0;
const BOXES: &str = "boxes";

/// A convex shape, or a line of two points, by parts of the world's side.
type Shape = Vec<[f64; 2]>;

/// What of a convex shape is in a box.
fn clipped(shape: &[[f64; 2]], [west, north, east, south]: [f64; 4]) -> Shape {
    let mut left = shape.to_vec();
    for (axis, edge, sign) in [(0, west, 1.0), (1, north, 1.0), (0, east, -1.0), (1, south, -1.0)] {
        let depth = |place: &[f64; 2]| (place[axis] - edge) * sign;
        let mut kept = Vec::new();
        for (from, to) in left.iter().zip(left.iter().cycle().skip(1)) {
            let (start, end) = (depth(from), depth(to));
            if start >= 0.0 {
                kept.push(*from);
            }
            if (start >= 0.0) != (end >= 0.0) {
                let part = start / (start - end);
                kept.push([from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]);
            }
        }
        left = kept;
    }
    left
}

/// The numbers of the box around a shape.
fn numbers(shape: &[[f64; 2]]) -> String {
    let ends = |along: &dyn Fn(&[f64; 2]) -> f64| {
        let all = shape.iter().map(along);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let ((left, right), (top, bottom)) = (ends(&|place| place[0]), ends(&|place| place[1]));
    let ((least_sum, most_sum), (least, most)) =
        (ends(&|place| place[0] + place[1]), ends(&|place| place[0] - place[1]));
    let all = [
        left.floor(),
        top.floor(),
        (right - left).ceil() + 1.0,
        (bottom - top).ceil() + 1.0,
        (least_sum - left - top).floor(),
        (right - top - most).floor(),
        (least - left + bottom).floor(),
        (right + bottom - most_sum).floor(),
    ];
    all.map(|number| number.to_string()).join(" ")
}

/// The boxes of a shape in a tile, as the server tells them.
fn boxes(shape: &[[f64; 2]], (x, y): (u32, u32)) -> Option<String> {
    let side = 2_f64.powi(ZOOM.into());
    let placed: Shape = shape
        .iter()
        .map(|[across, down]| [(across * side - f64::from(x)) * UNITS, (down * side - f64::from(y)) * UNITS])
        .collect();
    let (low, high) = (-2.0 * PIXEL, UNITS + 2.0 * PIXEL);
    let is_within = placed.iter().flatten().all(|edge| (low..=high).contains(edge));
    let mut told = numbers(&placed);
    if !is_within {
        let cells = (0..16).map(|cell| [f64::from(cell % 4), f64::from(cell / 4)].map(|place| low + place * 66_560.0));
        let parts = cells.map(|[x, y]| clipped(&placed, [x - PIXEL, y - PIXEL, x + 67_584.0, y + 67_584.0]));
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).map(|part| numbers(&part)).collect();
        if parts.is_empty() {
            return None;
        }
        told = [told, parts.join(" ")].join(" ");
    }
    Some(told)
}

fn tags(row: usize) -> Vec<(&'static str, Written)> {
    vec![("cartodb_id", Written::Int(row as i64)), ("n", Written::Int(row as i64 * 37 % 101))]
}

/// The tile of shapes, of which those that are too small are not in it, and of their rows.
fn tile(shapes: &[Shape], place: (u32, u32)) -> Tile {
    let mut layer = LayerWriter::new("layer0");
    let side = 2_f64.powi(ZOOM.into());
    let world = |at: u32, by: f64| (f64::from(at) + by) / side;
    for (row, shape) in shapes.iter().enumerate() {
        let drawn =
            clipped(shape, [world(place.0, -0.25), world(place.1, -0.25), world(place.0, 1.25), world(place.1, 1.25)]);
        let unit = |at: f64, tile: u32| ((at * side - f64::from(tile)) * EXTENT).round() as i32;
        let mut points: Vec<Point> = drawn.iter().map(|[x, y]| [unit(*x, place.0), unit(*y, place.1)]).collect();
        points.dedup();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        let kind = if shape.len() > 2 { Kind::Rings } else { Kind::Lines };
        if kind == Kind::Lines {
            points.truncate(2);
        }
        if points.len() >= shape.len().min(3) {
            layer.feature(None, kind, &[points], &tags(row));
        }
        if let Some(told) = boxes(shape, place) {
            let mut all = tags(row);
            all.push((BOXES, text(&told)));
            layer.point([1024, 1024], &all);
        }
    }
    Tile::decode_apart(&layer.tile(), &Limits::default(), Some(BOXES)).unwrap()
}

fn store(shapes: &[Shape]) -> Store {
    let mut store = Store::new(1 << 30);
    for (x, y) in (0..4).flat_map(|x| (0..4).map(move |y| (x, y))) {
        store.insert(TileKey { layer: 1, zoom: ZOOM, x, y }, tile(shapes, (x, y)), true);
    }
    store
}

fn sum(store: &mut Store, area: &Area) -> Result<Formula, Undecided> {
    let schema = Schema(["cartodb_id", "n"].map(|name| (name.to_owned(), Type::Number)).to_vec());
    let dataview = Dataview::Formula { operation: Operation::Sum, column: Some("n".to_owned()) };
    let request = Request {
        layer: 1,
        zoom: ZOOM,
        area,
        tolerance: 0.75,
        buffer: 64.0,
        schema: &schema,
        filter: None,
        dataview: &dataview,
    };
    match store.dataview(&request)? {
        Answer::Formula(found) => Ok(found),
        other => panic!("{other:?}"),
    }
}

/// Shapes of all sizes, many of them much smaller than a unit of a tile.
fn shapes(random: &mut Random, corners: usize) -> Vec<Shape> {
    let shape = |_| {
        let size = 10_f64.powf(random.within(-7.0, -0.7));
        let (x, y) = (random.within(0.02, 0.98), random.within(0.02, 0.98));
        let mut corner =
            || [x + random.within(-size, size), y + random.within(-size, size)].map(|at| at.clamp(0.0, 1.0));
        (0..corners).map(|_| corner()).collect()
    };
    (0..1500).map(shape).collect()
}

#[test]
fn rows_count_once_whatever_is_drawn_of_them() {
    let mut random = Random::new(29);
    for corners in [2, 3] {
        let shapes = shapes(&mut random, corners);
        let mut store = store(&shapes);
        let (mut decided, mut inside) = (0, 0);
        for _ in 0..400 {
            let mut ends = || {
                let (one, other) = (random.within(0.0, 1.0), random.within(0.0, 1.0));
                (one.min(other), one.max(other))
            };
            let ((west, east), (north, south)) = (ends(), ends());
            // Now and then two boxes, as at the date line, and edges at borders of tiles.
            let areas = match random.below(4) {
                0 => vec![[east, north, 1.0, south], [0.0, north, west, south]],
                1 => vec![[(west * 4.0).floor() / 4.0, north, east, (south * 4.0).ceil() / 4.0]],
                _ => vec![[west, north, east, south]],
            };
            let is_inside = |(_, shape): &(usize, &Shape)| areas.iter().any(|area| is_touched(shape, *area));
            let rows: Vec<usize> = shapes.iter().enumerate().filter(is_inside).map(|(row, _)| row).collect();
            let expected: f64 = rows.iter().map(|row| (row * 37 % 101) as f64).sum();
            match sum(&mut store, &Area(areas.clone())) {
                Ok(found) => {
                    assert_eq!(found.result.unwrap_or(0.0), expected, "{areas:?}");
                    decided += 1;
                    inside += rows.len();
                }
                Err(undecided) => assert_eq!(undecided, Undecided::Edge, "{areas:?}"),
            }
        }
        assert!(decided > 100 && inside > 10_000, "{corners}: {decided} {inside}");
    }
}

#[test]
fn rows_are_not_among_features_that_are_shown() {
    let tile = tile(&[vec![[0.1, 0.1], [0.2, 0.1], [0.1, 0.2]], vec![[0.15, 0.15], [0.150_000_1, 0.15]]], (0, 0));
    let layer = &tile.layers[0];
    assert_eq!((layer.len(), layer.rows()), (1, 1..3));
    assert_eq!(layer.kind(0), Some(Kind::Rings));
    let ids = layer.column("cartodb_id").map(|ids| [0, 1, 2].map(|feature| Column::number(ids, feature)));
    assert_eq!(ids, Some([Some(0.0), Some(0.0), Some(1.0)]));
    let bytes = LayerWriter::new("layer0").point([5, 5], &[("x", Written::Int(1))]).tile();
    let plain = Tile::decode_apart(&bytes, &Limits::default(), Some(BOXES)).unwrap();
    assert_eq!((plain.layers[0].len(), plain.layers[0].rows()), (1, 1..1));
}

/// Where rows are that have boxes.
const QUARTER: Point = [1024, 1024];

/// A store with one tile of the whole world, of rows with texts at points and of a shape.
fn told(rows: &[(i64, &str, Point)], shape: Option<&[Point]>, extent: u32) -> Store {
    let mut layer = LayerWriter::new("layer0");
    layer.extent = Some(extent);
    if let Some(points) = shape {
        layer.feature(None, Kind::Rings, &[points.to_vec()], &[("cartodb_id", Written::Int(1))]);
    }
    for (id, told, point) in rows {
        layer.point(*point, &[("cartodb_id", Written::Int(*id)), ("n", Written::Int(4)), (BOXES, text(told))]);
    }
    let mut store = Store::new(1 << 20);
    for (x, y) in (0..4).flat_map(|x| (0..4).map(move |y| (x, y))) {
        let bytes = if (x, y) == (1, 1) { layer.tile() } else { Vec::new() };
        let tile = Tile::decode_apart(&bytes, &Limits::default(), Some(BOXES)).unwrap();
        store.insert(TileKey { layer: 1, zoom: ZOOM, x, y }, tile, true);
    }
    store
}

#[test]
fn boxes_that_are_not_as_they_should_be_leave_it_to_the_server() {
    let all = Area(vec![[0.26, 0.26, 0.49, 0.49]]);
    let at = "64000 32000 100 100 0 0 0 0";
    let ask = |rows: &[(i64, &str, Point)], shape: Option<&[Point]>| {
        sum(&mut told(rows, shape, 4096), &all).map(|found| found.result)
    };
    assert_eq!(ask(&[(1, at, QUARTER)], None), Ok(Some(4.0)));
    assert_eq!(ask(&[(1, at, QUARTER), (2, at, QUARTER)], None), Ok(Some(8.0)));
    assert_eq!(ask(&[], None), Ok(None));
    let ring: &[Point] = &[[1000, 500], [1002, 500], [1002, 502]];
    assert_eq!(ask(&[(1, at, QUARTER)], Some(ring)), Ok(Some(4.0)));
    // Rows were left out.
    assert_eq!(ask(&[], Some(ring)), Err(Undecided::Incomplete));
    // Two rows of one number.
    assert_eq!(ask(&[(1, at, QUARTER), (1, at, QUARTER)], None), Err(Undecided::Identity));
    // Units are others than ours: the point is elsewhere.
    assert_eq!(ask(&[(1, at, [512, 1024])], None), Err(Undecided::Incomplete));
    assert_eq!(ask(&[(1, "", QUARTER)], None), Err(Undecided::Incomplete));
    for text in ["?", "64000 ? 1 1 0 0 0 0", "-", "a b c", "٣"] {
        let told = ask(&[(1, text, QUARTER)], None);
        assert!(matches!(told, Err(Undecided::Edge | Undecided::Identity)), "{text} {told:?}");
    }
    // A part that cannot be read may be anywhere, unless the others are enough.
    let large = "64000 32000 1000000 1000000 300000 0 0 0";
    let parts = |part: &str| ask(&[(1, &[large, part].join(" "), QUARTER)], None);
    assert_eq!(parts("?"), Err(Undecided::Edge));
    assert_eq!(parts("70000 40000 10 10 0 0 0 0"), Ok(Some(4.0)));
    assert_eq!(parts("? 70000 40000 10 10 0 0 0 0"), Err(Undecided::Edge));
    assert_eq!(parts("70000 40000 10 10 0 0 0 0 ?"), Ok(Some(4.0)));
    assert_eq!(parts("-9000 -9000 10 10 0 0 0 0"), Ok(None));
    let _ = parts("99999999999999999999999999999 9 9 9 9 9 9 9");
    // Another size of units of the tile is as good.
    let one = (1, at, [256, 256]);
    assert_eq!(sum(&mut told(&[one], None, 1024), &all).map(|found| found.result), Ok(Some(4.0)));
}

#[test]
fn boxes_of_many_rows_weigh_what_they_are_work() {
    let long = ["64000 32000 100 100 0 0 0 0"; 2000].join(" ");
    let rows = vec![(1, long.as_str(), QUARTER); 100];
    // The text is in the tile once, but read for each of them: the tile is too heavy for the store.
    let area = Area(vec![[0.26, 0.26, 0.49, 0.49]]);
    assert_eq!(sum(&mut told(&rows, None, 4096), &area), Err(Undecided::Incomplete));
    assert_eq!(sum(&mut told(&rows[..1], None, 4096), &area).map(|found| found.result), Ok(Some(4.0)));
}
