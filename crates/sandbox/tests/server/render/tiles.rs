//! Tiles and grids: what is drawn, and how it compares with recorded images.

use crate::replay::{maps, replay};
use crate::support::{Answer, get, instantiate, layergroup, wire};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::fs;

/// An image as rows of red, green, blue, alpha.
pub struct Image {
    pub side: usize,
    pub pixels: Vec<[u8; 4]>,
}

pub fn decode(bytes: &[u8]) -> Image {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let pixels = match info.color_type {
        png::ColorType::Rgba => buffer.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect(),
        png::ColorType::GrayscaleAlpha => buffer.chunks_exact(2).map(|p| [p[0], p[0], p[0], p[1]]).collect(),
        other => panic!("{other:?}"),
    };
    assert_eq!(info.width, info.height);
    Image { side: info.width as usize, pixels }
}

impl Image {
    pub fn at(&self, x: usize, y: usize) -> [u8; 4] {
        self.pixels[y * self.side + x]
    }
}

/// Share of pixels that clearly differ, and the mean difference of all, on white, each from 0 to 1.
fn difference(ours: &Image, theirs: &Image) -> (f64, f64) {
    assert_eq!(ours.side, theirs.side);
    let on_white = |pixel: [u8; 4]| {
        let alpha = f64::from(pixel[3]) / 255.0;
        [0, 1, 2].map(|channel| f64::from(pixel[channel]) * alpha + 255.0 * (1.0 - alpha))
    };
    let (mut clear, mut sum) = (0.0, 0.0);
    for (ours, theirs) in ours.pixels.iter().zip(&theirs.pixels) {
        let (ours, theirs) = (on_white(*ours), on_white(*theirs));
        let worst = (0..3).map(|channel| (ours[channel] - theirs[channel]).abs()).fold(0.0, f64::max) / 255.0;
        sum += worst;
        clear += f64::from(worst > 0.25);
    }
    let count = ours.pixels.len() as f64;
    (clear / count, sum / count)
}

fn recording(case: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(wire().join(case).with_extension("json")).unwrap()).unwrap()
}

fn headers_agree(case: &str, answer: &Answer, recorded: &Value) {
    assert_eq!(u64::from(answer.status), recorded["status"].as_u64().unwrap(), "{case}: {}", answer.text());
    for name in ["content-type", "cache-control", "vary", "access-control-allow-origin", "carto-user"] {
        let ours = answer.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(ours, recorded["headers"][name].as_str(), "{case}: {name}");
    }
}

#[test]
fn tiles_look_like_recorded_ones() {
    let maps = maps();
    for case in [
        "tile-png-all-layers",
        "tile-png-empty",
        "tile-png-layer-0",
        "tile-png-layer-id",
        "tile-png-layers-0-1",
        "tile-png-mapnik-keyword",
        "tile-png-retina",
        "tile-private-map-with-key",
    ] {
        let recording = recording(case);
        let answer = replay(&recording, &maps);
        headers_agree(case, &answer, &recording["response"]);
        let theirs = decode(&BASE64_STANDARD.decode(recording["response"]["body"].as_str().unwrap()).unwrap());
        let (clear, mean) = difference(&decode(&answer.body), &theirs);
        println!("{case}: {clear:.4} of the pixels differ clearly, mean difference {mean:.4}");
        assert!(clear < 0.01 && mean < 0.01, "{case}: {clear} {mean}");
    }
}

/// The feature of each cell of a UTF grid.
fn cells(grid: &Value) -> Vec<String> {
    let keys = grid["keys"].as_array().unwrap();
    let rows = grid["grid"].as_array().unwrap();
    assert_eq!(rows.len(), 64);
    let code = |c: char| {
        let code = c as usize;
        code - 32 - usize::from(code > 34) - usize::from(code > 92)
    };
    let cells = rows.iter().flat_map(|row| row.as_str().unwrap().chars());
    cells.map(|c| keys[code(c)].as_str().unwrap().to_owned()).collect()
}

#[test]
fn grids_say_what_recorded_ones_say() {
    let maps = maps();
    for (case, least) in [("tile-grid-layer-0", 0.97), ("tile-grid-layer-1", 0.9), ("tile-grid-empty", 1.0)] {
        let recording = recording(case);
        let answer = replay(&recording, &maps);
        headers_agree(case, &answer, &recording["response"]);
        let (ours, theirs) = (answer.json(), &recording["response"]["body"]);
        let (our_cells, their_cells) = (cells(&ours), cells(theirs));
        let equal = our_cells.iter().zip(&their_cells).filter(|(ours, theirs)| ours == theirs).count();
        let share = equal as f64 / 4096.0;
        println!("{case}: {share:.4} of the cells are equal");
        assert!(share >= least, "{case}: {share}");
        for (key, data) in ours["data"].as_object().unwrap() {
            if let Some(theirs) = theirs["data"].get(key) {
                assert_eq!(data, theirs, "{case}");
            }
        }
        let shown: Vec<&String> = our_cells.iter().filter(|key| !key.is_empty()).collect();
        assert!(shown.iter().all(|key| ours["data"].get(key.as_str()).is_some()), "{case}: data is missing");
    }
}

/// A layer over one square around the middle of the world, a quarter of its width.
fn square(style: &str) -> Value {
    json!({"id": "L1", "type": "mapnik", "options": {
        "sql": "SELECT 7 AS cartodb_id, 'it' AS name, ST_MakeEnvelope(-5000000, -5000000, 5000000, 5000000, 3857) AS the_geom_webmercator",
        "cartocss": style, "cartocss_version": "2.1.0", "interactivity": ["cartodb_id", "name"]
    }})
}

fn png(config: &Value, tile: &str) -> Image {
    let id = layergroup(config, "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{id}/{tile}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    decode(&answer.body)
}

#[test]
fn layers_are_drawn_over_each_other() {
    let red = square("#l { polygon-fill: #f00; }");
    let blue = square("#l { polygon-fill: #00f; }");
    let config = json!({"layers": [red, blue]});
    let middle = |tile: &str| {
        let image = png(&config, tile);
        assert_eq!(image.at(2, 2), [0, 0, 0, 0], "{tile}");
        image.at(image.side / 2, image.side / 2)
    };
    assert_eq!(middle("0/0/0.png"), [0, 0, 255, 255]);
    assert_eq!(middle("0,1/0/0/0.png"), [0, 0, 255, 255]);
    assert_eq!(middle("1,0/0/0/0.png"), [255, 0, 0, 255]);
    assert_eq!(middle("0/0/0/0.png"), [255, 0, 0, 255]);
    assert_eq!(middle("0/0/0@2x.png"), [0, 0, 255, 255]);
    // A square is square: it ends where it should.
    let image = png(&config, "0/0/0.png");
    assert_eq!((image.at(97, 128)[3], image.at(95, 128)[3]), (255, 0));
    assert_eq!((image.at(128, 158)[3], image.at(128, 161)[3]), (255, 0));
}

#[test]
fn layers_have_a_zoom_range() {
    let mut layer = square("#l { polygon-fill: #f00; }");
    layer["options"]["minzoom"] = json!(1);
    layer["options"]["maxzoom"] = json!(2);
    let config = json!({"layers": [layer]});
    assert_eq!(png(&config, "0/0/0/0.png").at(128, 128)[3], 0);
    assert_eq!(png(&config, "0/1/0/0.png").at(250, 250)[3], 255);
    assert_eq!(png(&config, "0/2/1/1.png").at(250, 250)[3], 255);
    assert_eq!(png(&config, "0/3/3/3.png").at(250, 250)[3], 0);
}

#[test]
fn areas_that_reach_far_out_have_no_edges_inside() {
    let config = json!({"layers": [square("#l { polygon-fill: #f00; line-color: #00f; line-width: 20; }")]});
    let image = png(&config, "0/8/127/127.png");
    assert!(image.pixels.iter().all(|pixel| *pixel == [255, 0, 0, 255]));
}

#[test]
fn values_of_all_types_come_through() {
    let sql =
        "SELECT 1 AS cartodb_id, 2::smallint AS i2, 3::bigint AS i8, 1.5::real AS f4, 2.25::numeric AS n, true AS b,
                      'x'::varchar AS v, NULL::text AS nothing, '2020-01-02'::date AS d, ARRAY[1,2] AS a,
                      ST_MakeEnvelope(-5000000, -5000000, 5000000, 5000000, 3857) AS the_geom_webmercator";
    let columns = json!(["cartodb_id", "i2", "i8", "f4", "n", "b", "v", "nothing", "d", "a"]);
    let mut layer = square(
        "#l { polygon-fill: #f00; [n > 2][v = 'x'] { polygon-fill: #0f0; } [nothing = 'y'] { polygon-fill: #000; } }",
    );
    layer["options"]["sql"] = json!(sql);
    layer["options"]["interactivity"] = columns;
    let config = json!({"layers": [layer]});
    assert_eq!(png(&config, "0/0/0/0.png").at(128, 128), [0, 255, 0, 255]);
    let id = layergroup(&config, "default_public");
    let grid = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.grid.json")).json();
    let data = &grid["data"]["1"];
    assert_eq!((&data["i2"], &data["i8"], &data["f4"], &data["n"]), (&json!(2), &json!(3), &json!(1.5), &json!(2.25)));
    assert_eq!((&data["b"], &data["v"], &data["d"]), (&json!(true), &json!("x"), &json!("2020-01-02")));
}

#[test]
fn crowds_are_drawn_to_the_last_point() {
    // Row by row from the south: the last ones are in the north.
    let sql = "SELECT i AS cartodb_id, ST_SetSRID(ST_MakePoint((i % 300) * 1e5 - 15e6, (i / 300) * 1e5 - 15e6), 3857) \
               AS the_geom_webmercator FROM generate_series(1, 70000) AS i";
    let style = "#l { marker-width: 3; marker-fill: #f00; marker-line-width: 0; marker-allow-overlap: true; }";
    let config = json!({"layers": [{"type": "mapnik", "options": {"sql": sql, "cartocss": style, "cartocss_version": "2.1.0", "interactivity": ["cartodb_id"]}}]});
    let map = instantiate(&config, "default_public");
    assert_eq!(map.status, 200, "{}", map.text());
    let id = map.json()["layergroupid"].as_str().unwrap().to_owned();
    let image = decode(&get(&format!("/user/demo/api/v1/map/{id}/0/0/0.png")).body);
    let pixel = |metres: f64| ((metres + 20_037_508.0) / 40_075_016.0 * 256.0) as usize;
    let (west, north) = (pixel(-15e6), 255 - pixel(233.0 * 1e5 - 15e6));
    assert_eq!([image.at(west + 3, north)[3], image.at(west + 3, 255 - pixel(-15e6))[3]], [255, 255]);
    let grid = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.grid.json")).json();
    let keys = grid["keys"].as_array().unwrap();
    assert!(keys.iter().filter_map(|key| key.as_str()?.parse::<u32>().ok()).any(|id| id > 69_000));
}
