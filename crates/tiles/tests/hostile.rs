//! Nothing that comes from a database or a user stops the drawing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cartocss::{FieldValue, Stylesheet};
use geo_types::{Geometry, GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon};
use std::time::{Duration, Instant};
use tiles::{Feature, GridOptions, Layer, TileId};

const COORDINATES: [f64; 10] = [0.0, -0.0, 1.0, -2e7, 2e7, 1e300, -1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

fn geometries() -> Vec<Geometry<f64>> {
    let mut places = Vec::new();
    for x in COORDINATES {
        places.extend(COORDINATES.map(|y| (x, y)));
    }
    let line: LineString<f64> = places.iter().copied().collect();
    let far: LineString<f64> = [(-1e12, -1e12), (1e12, 1e12), (1e12, -1e12), (-1e12, -1e12)].into_iter().collect();
    let polygon = Polygon::new(line.clone(), vec![line.clone(), LineString::new(Vec::new())]);
    let mut all: Vec<Geometry<f64>> = places.iter().map(|place| Point::from(*place).into()).collect();
    all.extend([
        line.clone().into(),
        far.clone().into(),
        polygon.clone().into(),
        Polygon::new(far, Vec::new()).into(),
        Polygon::new(LineString::new(Vec::new()), Vec::new()).into(),
        MultiPolygon(vec![polygon, Polygon::new(LineString::from(vec![(0.0, 0.0); 3]), Vec::new())]).into(),
        MultiPoint(Vec::new()).into(),
        LineString::from(vec![(0.0, 0.0)]).into(),
        Geometry::GeometryCollection(GeometryCollection(vec![line.into(), Point::new(1.0, 2.0).into()])),
    ]);
    all
}

#[test]
fn odd_geometries_and_sizes() {
    let columns = ["n".to_owned()];
    let mut features: Vec<Feature> = geometries()
        .into_iter()
        // Every third of the points will do.
        .enumerate()
        .filter(|(index, _)| *index > 99 || index % 3 == 0)
        .map(|(_, geometry)| geometry)
        .map(|geometry| Feature { geometry: Some(geometry), fields: vec![FieldValue::Number(f64::NAN)] })
        .collect();
    features.push(Feature::default());
    let start = Instant::now();
    for css in [
        "marker-width: 1e30; marker-line-width: 1e30; marker-allow-overlap: true;",
        "marker-width: 0; marker-height: 5;",
        "marker-width: [n]; marker-height: [missing]; marker-placement: line; marker-spacing: 0.000001;",
        "marker-width: 0.000001; marker-type: arrow; marker-placement: interior;",
        "marker-placement: vertex-last; marker-multi-policy: whole; marker-comp-op: src-out;",
        "line-width: 1e30; line-miterlimit: 1e30; line-join: round;",
        "line-width: 0.000001; line-dasharray: 0.000001, 0.000001, 0.000001;",
        "line-width: 2; line-dasharray: 0, 0; line-dash-offset: 1e30;",
        "line-width: 2; line-dasharray: 5, 3; line-offset: 1e30; line-cap: square;",
        "polygon-fill: [n]; polygon-gamma: 1e30; polygon-opacity: 7; comp-op: multiply; opacity: -3;",
    ] {
        let style = Stylesheet::parse(&format!("#a {{ {css} }}")).unwrap();
        let layer = Layer { style: &style, columns: &columns, features: &features };
        for tile in
            [TileId { z: 0, x: 0, y: 0 }, TileId { z: 20, x: 524_288, y: 524_288 }, TileId { z: 99, x: 7, y: 7 }]
        {
            tiles::draw(&[layer], tile, 1).unwrap();
            tiles::draw(&[layer], tile, 999).unwrap();
            let grid = tiles::grid(&layer, tile, &GridOptions { key: Some("n"), columns: &["n", "missing"] });
            assert_eq!(grid.grid.len(), 64);
            serde_json::to_string(&grid).unwrap();
        }
    }
    let style = Stylesheet::parse("#a { marker-width: 3; }").unwrap();
    let points = Layer { style: &style, columns: &columns, features: &features };
    tiles::draw(&[points], TileId { z: 99, x: 7, y: 7 }, 999).unwrap();
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn all_operations() {
    let columns = [];
    let square = |size: f64| {
        let ring = LineString::from(vec![(-size, -size), (size, -size), (size, size), (-size, size)]);
        Feature { geometry: Some(Polygon::new(ring, Vec::new()).into()), fields: Vec::new() }
    };
    let features = [square(1e7), square(1.05e7), square(1.3e7)];
    for operation in [
        "clear",
        "src",
        "dst",
        "dst-over",
        "src-in",
        "dst-in",
        "src-out",
        "dst-out",
        "src-atop",
        "dst-atop",
        "xor",
        "plus",
        "minus",
        "multiply",
        "divide",
        "screen",
        "overlay",
        "darken",
        "lighten",
        "color-dodge",
        "color-burn",
        "linear-dodge",
        "linear-burn",
        "hard-light",
        "soft-light",
        "difference",
        "exclusion",
        "contrast",
        "invert",
        "invert-rgb",
        "grain-merge",
        "grain-extract",
        "hue",
        "saturation",
        "color",
        "value",
    ] {
        let css = format!(
            "#a {{ polygon-fill: #07f; polygon-opacity: 0.7; polygon-comp-op: {operation}; line-width: 3.3; \
             line-color: rgba(255, 130, 0, 0.6); line-comp-op: {operation}; marker-width: 200; \
             marker-comp-op: {operation}; comp-op: {operation}; opacity: 0.6; ::b {{ marker-width: 30; \
             marker-allow-overlap: true; marker-comp-op: {operation}; }} }}"
        );
        let style = Stylesheet::parse(&css).unwrap();
        let layer = Layer { style: &style, columns: &columns, features: &features };
        tiles::draw(&[layer, layer], TileId { z: 0, x: 0, y: 0 }, 1).unwrap();
    }
}

#[test]
fn odd_wkb() {
    let hexadecimal = |text: &str| -> Vec<u8> {
        (0..text.len() / 2).map(|index| u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).unwrap()).collect()
    };
    let empty_point = hexadecimal("0101000000000000000000F87F000000000000F87F");
    for (wkb, has_geometry) in [
        ("0101000020110F000000000000000000000000000000000000", true),
        ("01040000000000000001", true),
        ("010700000000000000", true),
        ("010300000000000000", true),
        ("00000000023ff00000", false),
    ] {
        let feature = Feature::from_wkb(&hexadecimal(wkb), Vec::new());
        assert_eq!(feature.is_ok_and(|feature| feature.geometry.is_some()), has_geometry, "{wkb}");
    }
    // Points without coordinates, alone and among others.
    let _ = Feature::from_wkb(&empty_point, Vec::new()).unwrap();
    let several = [hexadecimal("010400000002000000"), empty_point.clone(), empty_point].concat();
    let _ = Feature::from_wkb(&several, Vec::new());
    // Counts that promise more than there is, nesting without end, and noise.
    assert!(Feature::from_wkb(&hexadecimal("0106000000FFFFFFFF"), Vec::new()).is_err());
    assert!(Feature::from_wkb(&hexadecimal("010700000001000000").repeat(100_000), Vec::new()).is_err());
    assert!(Feature::from_wkb(&[], Vec::new()).is_err());
    let mut state = 3_u64;
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..40)
            .map(|index| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let noise = (state >> 56) as u8;
                if index < 9 && noise > 60 { [1, 1 + noise % 8, 0, 0, 0, 1, 0, 0, 0][index] } else { noise }
            })
            .collect();
        let _ = Feature::from_wkb(&bytes, Vec::new());
    }
}
