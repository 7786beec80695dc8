//! How long large tiles take. Run it by hand: `cargo test --release -p tiles --test speed -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cartocss::{FieldValue, Stylesheet};
use geo_types::{Geometry, LineString, Point, Polygon};
use std::time::{Duration, Instant};
use tiles::{Feature, GridOptions, Layer, TileId};

const TILE: TileId = TileId { z: 2, x: 2, y: 1 };

/// Numbers from 0 to 1 that only look random.
fn numbers() -> impl FnMut() -> f64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn feature(index: i64, number: f64, geometry: Geometry<f64>) -> Feature {
    Feature { geometry: Some(geometry), fields: vec![FieldValue::Integer(index), FieldValue::Number(number)] }
}

fn places(count: i64) -> Vec<Feature> {
    let mut next = numbers();
    let bounds = TILE.buffered_bounds(64.0);
    (0..count)
        .map(|index| {
            let (across, down) = (next(), next());
            let x = bounds.west + across * (bounds.east - bounds.west);
            let y = bounds.south + down * (bounds.north - bounds.south);
            feature(index, next() * 1000.0, Point::new(x, y).into())
        })
        .collect()
}

/// Stars of many corners, some much larger than the tile.
fn areas(count: i64, corners: u32) -> Vec<Feature> {
    let mut next = numbers();
    places(count)
        .into_iter()
        .zip(0..)
        .map(|(place, index)| {
            let Some(Geometry::Point(middle)) = place.geometry else { unreachable!() };
            let size = 10_f64.powf(4.0 + next() * 3.0);
            let ring = (0..corners).map(|corner| {
                let angle = f64::from(corner) / f64::from(corners) * std::f64::consts::TAU;
                let radius = size * (0.5 + next() / 2.0);
                (middle.x() + angle.cos() * radius, middle.y() + angle.sin() * radius)
            });
            let ring = LineString::from_iter(ring);
            feature(index, next() * 1000.0, Polygon::new(ring, Vec::new()).into())
        })
        .collect()
}

fn time(what: &str, work: impl Fn()) -> Duration {
    let best = (0..5)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap();
    println!("{what:50} {:8.1} ms", best.as_secs_f64() * 1000.0);
    best
}

#[test]
#[ignore = "measures time, which tests that run side by side disturb"]
fn large_tiles_are_drawn_quickly() {
    let columns = ["cartodb_id".to_owned(), "pop".to_owned()];
    let points = places(40_000);
    let polygons = areas(2_000, 200);
    let mut slowest = Duration::ZERO;
    for (what, css, features) in [
        (
            "40,000 markers",
            "marker-width: 7; marker-fill-opacity: 0.9; marker-line-color: #fff; marker-allow-overlap: true;",
            &points,
        ),
        ("40,000 markers that must not overlap", "marker-width: 7;", &points),
        (
            "40,000 markers by filter",
            "marker-width: 4; marker-allow-overlap: true; [pop > 500] { marker-width: 9; } [pop > 900] { marker-fill: red; }",
            &points,
        ),
        ("40,000 markers by expression", "marker-width: 2 + [pop] / 100; marker-allow-overlap: true;", &points),
        ("40,000 large markers", "marker-width: 40; marker-fill-opacity: 0.2; marker-allow-overlap: true;", &points),
        (
            "2,000 polygons of 200 corners",
            "polygon-fill: #826DBA; ::outline { line-color: #fff; line-width: 1; }",
            &polygons,
        ),
        ("2,000 dashed outlines of 200 corners", "line-color: #fff; line-width: 2; line-dasharray: 4, 2;", &polygons),
    ] {
        let style = Stylesheet::parse(&format!("#layer {{ {css} }}")).unwrap();
        let layer = Layer { style: &style, columns: &columns, features };
        let taken = time(what, || drop(tiles::draw(&[layer], TILE, 1).unwrap()));
        if what.contains("markers") {
            slowest = slowest.max(taken);
        }
        time(&format!("{what}, 512 pixels"), || drop(tiles::draw(&[layer], TILE, 2).unwrap()));
        let options = GridOptions { key: Some("cartodb_id"), columns: &["cartodb_id", "pop"] };
        time(&format!("{what}, grid"), || drop(tiles::grid(&layer, TILE, &options)));
    }
    assert!(slowest < Duration::from_millis(300), "{slowest:?}");
}
