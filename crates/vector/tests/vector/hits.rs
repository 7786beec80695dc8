//! What is under the pointer.

use crate::random::Random;
use crate::table::{self, Row};
use crate::writer::LayerWriter;
use std::time::Instant;
use vector::{Geometry, Grid, Hit, Kind, Layer, Limits, Reach, Store, Tile, TileKey};

const KEY: TileKey = TileKey { layer: 1, zoom: 3, x: 2, y: 5 };

fn read(writer: &LayerWriter) -> Tile {
    Tile::decode(&writer.tile(), &Limits::default()).unwrap()
}

fn found(grid: &Grid, layer: &Layer, place: [f64; 2], tolerance: f64) -> Vec<usize> {
    let mut found = Vec::new();
    grid.find(layer, place, tolerance, |feature| found.push(feature));
    found
}

/// The distance of a place from a geometry in pixels; 0 within rings.
fn distance(geometry: Geometry<'_>, [x, y]: [f64; 2], scale: f64, is_filled: bool) -> f64 {
    let pixel = |[x, y]: [i32; 2]| [f64::from(x) * scale, f64::from(y) * scale];
    let to = |[a, b]: [f64; 2]| ((a - x).powi(2) + (b - y).powi(2)).sqrt();
    let mut least = f64::INFINITY;
    let mut winding = 0.0;
    for part in geometry.parts() {
        let mut points: Vec<[f64; 2]> = part.iter().map(|point| pixel(*point)).collect();
        if geometry.kind == Kind::Points {
            least = points.into_iter().map(to).fold(least, f64::min);
            continue;
        }
        if geometry.kind == Kind::Rings {
            points.push(points[0]);
        }
        for pair in points.windows(2) {
            let [from, end] = [pair[0], pair[1]];
            let (run, rise) = (end[0] - from[0], end[1] - from[1]);
            let length = (run * run + rise * rise).max(1e-300);
            let along = (((x - from[0]) * run + (y - from[1]) * rise) / length).clamp(0.0, 1.0);
            least = least.min(to([from[0] + along * run, from[1] + along * rise]));
            // Around a place inside the ring turns once, in one direction or the other.
            let angle = |point: [f64; 2]| (point[1] - y).atan2(point[0] - x);
            let turn = angle(end) - angle(from);
            winding += turn - (turn / std::f64::consts::TAU).round() * std::f64::consts::TAU;
        }
    }
    if is_filled && winding.abs() > 1.0 { 0.0 } else { least }
}

#[test]
fn features_are_those_that_reach_a_place() {
    let mut random = Random::new(9);
    let (mut hits, mut misses) = (0, 0);
    for round in 0..30 {
        let mut writer = LayerWriter::new("a");
        writer.extent = Some(*random.pick(&[512, 4096]));
        let units = writer.extent.unwrap();
        let mut reaches = Vec::new();
        let kinds: &[Kind] = if round % 2 == 0 { &[Kind::Points] } else { &[Kind::Points, Kind::Lines, Kind::Rings] };
        for _ in 0..120 {
            let kind = *random.pick(kinds);
            let size = f64::from(units) * random.within(0.01, 0.7);
            let middle = [(); 2].map(|()| random.within(-0.2, 1.2) * f64::from(units));
            let count = if kind == Kind::Points { random.below(2) + 1 } else { 3 };
            let point = |_| middle.map(|middle| (middle + random.within(-size, size)) as i32);
            let points: Vec<_> = (0..count).map(point).collect();
            writer.feature(None, kind, &[points], &[]);
            let width = random.within(0.0, 12.0) as f32;
            let of_shape = [Reach::Stroke(width), Reach::Fill(width), Reach::Fill(0.0)];
            let drawn = if kind == Kind::Points { Reach::Marker(width) } else { *random.pick(&of_shape) };
            reaches.push(if random.below(10) == 0 { Reach::Nothing } else { drawn });
        }
        let layer = read(&writer).layers.remove(0);
        // A ring may be let go that has no area.
        if layer.len() != reaches.len() {
            continue;
        }
        let grid = Grid::new(&layer, reaches.clone());
        let scale = 256.0 / f64::from(units);
        for _ in 0..60 {
            let place = [random.within(0.0, 256.0), random.within(0.0, 256.0)];
            let tolerance = *random.pick(&[0.0, 0.0, 3.0, 20.0]);
            let found = found(&grid, &layer, place, tolerance);
            assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "topmost first, each once");
            for (feature, reach) in reaches.iter().enumerate() {
                let geometry = layer.geometry(feature).unwrap();
                let most = match (reach, geometry.kind) {
                    (Reach::Marker(width), Kind::Points)
                    | (Reach::Stroke(width), Kind::Lines | Kind::Rings)
                    | (Reach::Fill(width), Kind::Rings) => f64::from(*width) + tolerance,
                    _ => -1.0,
                };
                let distance = distance(geometry, place, scale, matches!(reach, Reach::Fill(_)));
                // What is at the very edge may go either way.
                if (distance - most).abs() > 1e-4 {
                    let is_hit = distance < most;
                    assert_eq!(found.contains(&feature), is_hit, "{place:?} {reach:?} {distance}");
                    if is_hit { hits += 1 } else { misses += 1 }
                }
            }
        }
    }
    assert!(hits > 2000 && misses > 100_000, "{hits} {misses}");
}

#[test]
fn layers_are_asked_from_the_topmost_on() {
    let mut store = Store::new(1 << 20);
    let mut writer = LayerWriter::new("a");
    writer.point([2048, 2048], &[]).point([2064, 2048], &[]).point([-20, 100], &[]);
    for layer in [1, 2] {
        store.insert(TileKey { layer, ..KEY }, read(&writer), true);
    }
    let middle = [f64::from(KEY.x) * 256.0 + 128.5, f64::from(KEY.y) * 256.0 + 128.0];
    let at = |store: &Store, [x, y]: [f64; 2], tolerance| {
        store.hit(&[2, 7, 1], 3, x, y, tolerance).iter().map(|hit| (hit.key.layer, hit.feature)).collect::<Vec<_>>()
    };
    assert_eq!(at(&store, middle, 5.0), [], "nobody has said how they are drawn");
    let before = store.weight();
    for layer in [1, 2] {
        let gone = store.set_reaches(&TileKey { layer, ..KEY }, vec![Reach::Marker(3.0); 3]);
        assert!(gone.is_empty());
    }
    assert!(store.weight() > before);
    assert_eq!(at(&store, middle, 0.0), [(2, 1), (2, 0), (1, 1), (1, 0)]);
    assert_eq!(at(&store, [middle[0] - 3.0, middle[1]], 0.0), [(2, 0), (1, 0)]);
    assert_eq!(at(&store, [middle[0] + 7.0, middle[1]], 4.0), [(2, 1), (1, 1)]);
    let around = [middle[0] + 2048.0 * 3.0, middle[1]];
    assert_eq!(at(&store, around, 0.0).len(), 4, "around the world");
    // A marker of the neighbour reaches over the border.
    let border = [f64::from(KEY.x) * 256.0 + 1.0, f64::from(KEY.y) * 256.0 + 6.25];
    assert_eq!(store.hit(&[1], 3, border[0], border[1], 0.0), [Hit { key: TileKey { layer: 1, ..KEY }, feature: 2 }]);
    for [x, y] in [[f64::NAN, 5.0], [5.0, f64::NAN], [5.0, -1.0], [5.0, 2048.0], [f64::INFINITY, 5.0]] {
        assert_eq!(at(&store, [x, y], 5.0), []);
    }
    let with = |store: &mut Store, reach| {
        store.set_reaches(&TileKey { layer: 2, ..KEY }, reach);
        at(store, middle, 0.0).into_iter().filter(|hit| hit.0 == 2).count()
    };
    for reach in
        [Reach::Nothing, Reach::Fill(9.0), Reach::Marker(-1.0), Reach::Marker(f32::NAN), Reach::Marker(f32::INFINITY)]
    {
        assert_eq!(with(&mut store, vec![reach; 3]), 0, "{reach:?}");
    }
    assert_eq!(with(&mut store, vec![Reach::Marker(3.0)]), 1, "those without are not drawn");
    assert!(store.set_reaches(&TileKey { layer: 9, ..KEY }, Vec::new()).is_empty());
}

#[test]
fn extreme_shapes_do_not_take_long() {
    let mut writer = LayerWriter::new("a");
    writer.extent = Some(1);
    let ends = [i32::MIN / 2, i32::MAX / 2];
    for _ in 0..200 {
        let zigzag = (0..200).map(|number| [ends[number % 2], number as i32 / 100]).collect();
        writer.feature(None, Kind::Rings, &[zigzag], &[]);
    }
    let layer = read(&writer).layers.remove(0);
    let grid = Grid::new(&layer, vec![Reach::Fill(f32::MAX); layer.len()]);
    assert_eq!(found(&grid, &layer, [128.0, 128.0], 0.0).len(), 200);
}

/// Run it by hand: `cargo test --release -p vector --test vector -- --ignored --nocapture`. It prints, and never fails.
#[test]
#[ignore = "measures"]
fn measure() {
    let mut random = Random::new(1);
    let best = |work: &mut dyn FnMut()| {
        let time = |_| {
            let start = Instant::now();
            work();
            start.elapsed()
        };
        (0..7).map(time).min().unwrap_or_default()
    };
    let mut store = Store::new(1 << 30);
    let bytes: Vec<Vec<u8>> = (0..12)
        .map(|_| {
            let mut writer = LayerWriter::new("a");
            for id in 0..50_000 / 12 {
                let place = [(); 2].map(|()| random.below(4096) as i32);
                let tags = [
                    ("cartodb_id", crate::writer::Written::Uint(id)),
                    ("n", crate::writer::Written::Double(random.within(0.0, 1e6))),
                    ("c", crate::writer::text(&format!("category {}", random.below(20)))),
                ];
                writer.point(place, &tags);
            }
            writer.tile()
        })
        .collect();
    let limits = Limits::default();
    let decode = best(&mut || bytes.iter().for_each(|bytes| drop(Tile::decode(bytes, &limits))));
    println!("decoding 12 tiles of 50,000 points: {decode:?}");
    let keys: Vec<TileKey> = (0..12).map(|tile| TileKey { layer: 1, zoom: 2, x: tile % 4, y: tile / 4 }).collect();
    for (key, bytes) in keys.iter().zip(&bytes) {
        store.insert(*key, Tile::decode(bytes, &limits).unwrap(), true);
    }
    for radius in [3.0, 10.0] {
        let build = best(&mut || {
            keys.iter().for_each(|key| drop(store.set_reaches(key, vec![Reach::Marker(radius); 50_000 / 12])));
        });
        let places: Vec<[f64; 2]> =
            (0..100_000).map(|_| [random.within(0.0, 1024.0), random.within(0.0, 768.0)]).collect();
        let mut hits = 0;
        let ask = best(&mut || {
            hits = places.iter().map(|[x, y]| store.hit(&[1], 2, *x, *y, 0.0).len()).sum();
        });
        let each = ask / 100_000;
        println!("radius {radius}: building {build:?}, asking {each:?} for {} features", hits / 100_000);
    }
    let schema = vector::Schema(vec![("n".into(), vector::Type::Number), ("c".into(), vector::Type::Text)]);
    let area = vector::Area(vec![[0.01, 0.01, 0.99, 0.74]]);
    let dataviews = [
        vector::Dataview::Formula { operation: vector::Operation::Avg, column: Some("n".into()) },
        vector::Dataview::Category {
            column: "c".into(),
            operation: vector::Operation::Sum,
            operation_column: Some("n".into()),
            limit: 6,
        },
        vector::Dataview::Histogram { column: "n".into(), bins: Some(10), range: None },
    ];
    for extent in [4096, 1 << 16, 1 << 20] {
        let row = |_| Row::point([random.within(0.0, 1.0), random.within(0.0, 1.0)], Vec::new());
        let mut store = table::store(&(0..50_000).map(row).collect::<Vec<_>>(), 2, extent, 64.0);
        let count = vector::Dataview::Formula { operation: vector::Operation::Count, column: None };
        let mut decided = 0;
        for _ in 0..200 {
            let [west, north] = [(); 2].map(|()| random.within(0.0, 0.5));
            let area = vector::Area(vec![[west, north, west + 0.5, north + 0.5]]);
            let (schema, area, dataview) = (&schema, &area, &count);
            let answer = store.dataview(&vector::Request {
                layer: 1,
                zoom: 2,
                area,
                tolerance: 0.5,
                buffer: 64.0,
                schema,
                filter: None,
                dataview,
            });
            decided += usize::from(answer.is_ok());
        }
        println!("extent {extent}: {decided} of 200 boxes over a quarter of 50,000 points are decided");
    }
    for dataview in &dataviews {
        let request = vector::Request {
            layer: 1,
            zoom: 2,
            area: &area,
            tolerance: 0.0,
            buffer: 64.0,
            schema: &schema,
            filter: None,
            dataview,
        };
        let mut answer = None;
        let time = best(&mut || answer = Some(store.dataview(&request)));
        println!("{time:?} of 50,000 rows: {:?}", answer.map(|answer| answer.is_ok()));
    }
}
