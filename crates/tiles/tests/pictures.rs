//! Markers and patterns that are pictures.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartocss::Stylesheet;
use geo_types::{Geometry, LineString, Point, Polygon};
use std::time::{Duration, Instant};
use tiles::{Feature, GridOptions, Layer, TileId, check_picture};
use tiny_skia::Pixmap;

const TILE: TileId = TileId { z: 1, x: 0, y: 0 };
/// Metres of a pixel of that tile.
const PIXEL: f64 = 20_037_508.342_789_244 / 256.0;

const RED: [u8; 4] = [255, 0, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];
const NOTHING: [u8; 4] = [0; 4];

fn svg(width: u32, height: u32, shapes: &str) -> String {
    let text = format!("<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'>{shapes}</svg>");
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(text))
}

fn red_square() -> String {
    svg(10, 10, "<rect width='10' height='10' fill='#f00'/>")
}

/// Left half red, right half blue, as a PNG.
fn halves() -> String {
    let mut image = Pixmap::new(8, 8).unwrap();
    for (index, pixel) in image.pixels_mut().iter_mut().enumerate() {
        let [red, green, blue, alpha] = if index % 8 < 4 { RED } else { BLUE };
        *pixel = tiny_skia::PremultipliedColorU8::from_rgba(red, green, blue, alpha).unwrap();
    }
    format!("data:image/png;base64,{}", STANDARD.encode(image.encode_png().unwrap()))
}

/// A place in metres of a pixel of the tile.
fn place(x: f64, y: f64) -> (f64, f64) {
    (x * PIXEL - 256.0 * PIXEL, 256.0 * PIXEL - y * PIXEL)
}

fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Geometry<f64> {
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| place(x, y));
    Polygon::new(LineString::from(corners.to_vec()), Vec::new()).into()
}

struct Drawn(Pixmap);

impl Drawn {
    fn new(geometry: Geometry<f64>, css: &str, tile: TileId, scale: u32) -> Drawn {
        let style = Stylesheet::parse(&format!("#l {{ {css} }}")).unwrap();
        let features = [Feature { geometry: Some(geometry), fields: Vec::new() }];
        let layer = Layer { style: &style, columns: &[], features: &features };
        Drawn(Pixmap::decode_png(&tiles::draw(&[layer], tile, scale).unwrap()).unwrap())
    }

    fn marker(css: &str) -> Drawn {
        Drawn::new(Point::from(place(100.0, 100.0)).into(), css, TILE, 1)
    }

    fn at(&self, x: u32, y: u32) -> [u8; 4] {
        let color = self.0.pixel(x, y).unwrap().demultiply();
        [color.red(), color.green(), color.blue(), color.alpha()]
    }
}

#[test]
fn markers_are_pictures() {
    let file = format!("marker-file: url('{}');", red_square());
    let plain = Drawn::marker(&file);
    assert_eq!([plain.at(96, 96), plain.at(104, 104)], [RED; 2]);
    assert_eq!([plain.at(94, 100), plain.at(106, 100)], [NOTHING; 2]);
    let wide = Drawn::marker(&format!("{file} marker-width: 30;"));
    assert_eq!([wide.at(86, 86), wide.at(114, 114), wide.at(116, 100)], [RED, RED, NOTHING]);
    let filled = Drawn::marker(&format!("{file} marker-fill: #00f;"));
    assert_eq!(filled.at(100, 100), BLUE);
    let faded = Drawn::marker(&format!("{file} marker-opacity: 0.5;"));
    assert!((126..=129).contains(&faded.at(100, 100)[3]));
    let retina = Drawn::new(Point::from(place(100.0, 100.0)).into(), &file, TILE, 2);
    assert_eq!([retina.at(191, 200), retina.at(208, 200), retina.at(212, 200)], [RED, RED, NOTHING]);
    let png = Drawn::marker(&format!("marker-file: url('{}');", halves()));
    assert_eq!([png.at(97, 100), png.at(102, 100)], [RED, BLUE]);
}

#[test]
fn outlines_change_where_there_are_some() {
    let shapes = "<rect x='4' y='4' width='12' height='12' fill='none' stroke='#000' stroke-width='2'/>";
    let style = format!(
        "marker-file: url('{}'); marker-fill: #0f0; marker-line-color: #00f; marker-line-width: 4;",
        svg(20, 20, shapes)
    );
    let drawn = Drawn::marker(&style);
    assert_eq!(drawn.at(100, 100), NOTHING, "what has no fill gets none");
    assert_eq!([drawn.at(93, 100), drawn.at(95, 100), drawn.at(97, 100)], [BLUE, BLUE, NOTHING]);
}

#[test]
fn patterns_go_on_from_tile_to_tile() {
    let css = format!("polygon-pattern-file: url('{}'); polygon-pattern-alignment: global;", halves());
    let area = rectangle(3.0, 3.0, 600.0, 200.0);
    let (left, right) = (Drawn::new(area.clone(), &css, TILE, 1), Drawn::new(area, &css, TileId { x: 1, ..TILE }, 1));
    assert_eq!([left.at(9, 50), left.at(13, 50), left.at(17, 50)], [RED, BLUE, RED]);
    assert_eq!([left.at(254, 50), right.at(1, 50), right.at(5, 50)], [BLUE, RED, BLUE]);
    assert_eq!([left.at(1, 1), left.at(50, 202)], [NOTHING; 2]);
}

#[test]
fn patterns_may_begin_at_their_area() {
    let css = format!("polygon-pattern-file: url('{}'); polygon-pattern-opacity: 0.5;", halves());
    let drawn = Drawn::new(rectangle(5.0, 5.0, 100.0, 100.0), &css, TILE, 1);
    let [red, blue] = [drawn.at(6, 50), drawn.at(10, 50)];
    assert!(red[0] > 200 && red[2] < 60 && (126..=129).contains(&red[3]), "{red:?}");
    assert!(blue[2] > 200 && blue[0] < 60, "{blue:?}");
}

#[test]
fn grids_know_pictures() {
    let style =
        Stylesheet::parse(&format!("#l {{ marker-file: url('{}'); marker-width: 40; }}", red_square())).unwrap();
    let features = [Feature { geometry: Some(Point::from(place(100.0, 100.0)).into()), fields: vec![7.0.into()] }];
    let columns = ["cartodb_id".to_owned()];
    let layer = Layer { style: &style, columns: &columns, features: &features };
    let grid = tiles::grid(&layer, TILE, &GridOptions { key: Some("cartodb_id"), columns: &["cartodb_id"] });
    assert_eq!(grid.grid[25].chars().filter(|cell| *cell != ' ').count(), 10);
}

#[test]
fn hostile_pictures_are_refused_or_harmless() {
    let start = Instant::now();
    let nested = (0..12).fold(String::new(), |text, level| {
        let uses = format!("<use href='#a{level}'/>").repeat(10);
        format!("{text}<g id='a{}'>{uses}</g>", level + 1)
    });
    let bomb = format!("<defs><rect id='a0' width='1' height='1'/>{nested}</defs><use href='#a12'/>");
    let mut huge_png = halves();
    huge_png.replace_range(.., &{
        let mut bytes = STANDARD.decode(halves().split(',').nth(1).unwrap()).unwrap();
        bytes[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        format!("data:image/png;base64,{}", STANDARD.encode(bytes))
    });
    for address in [
        "",
        "data:",
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/svg+xml,<svg",
        "http://example.com/a.svg",
        "file:///etc/passwd",
        &huge_png,
        &svg(10, 10, &bomb),
    ] {
        assert!(check_picture(address).is_err(), "{}", &address[..address.len().min(60)]);
        let drawn = Drawn::marker(&format!("marker-file: url('{address}'); marker-width: 9;"));
        assert!(drawn.0.pixels().iter().all(|pixel| pixel.alpha() == 0) || address.is_empty());
    }
    let inside = svg(10, 10, "<image href='file:///etc/hostname' width='10' height='10'/>");
    let large = svg(4_000_000, 4_000_000, "<rect width='4000000' height='4000000' fill='#f00'/>");
    for address in [&inside, &large] {
        Drawn::marker(&format!("marker-file: url('{address}'); marker-width: 1e30;"));
        Drawn::new(rectangle(0.0, 0.0, 9.0, 9.0), &format!("polygon-pattern-file: url('{address}');"), TILE, 1);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
