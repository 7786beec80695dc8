//! Recorded answers of the Maps API: images and UTF grids of a map of six polygons and sixty places.

use crate::data::{Table, rounded, wire};
use crate::image::compare;
use base64::Engine;
use cartocss::Stylesheet;
use serde_json::Value;
use tiles::{Feature, GridOptions, Layer, TileId};
use tiny_skia::Pixmap;

const BORDERS: &str = "#layer { polygon-fill: #826DBA; }";
const PLACES: &str = "#layer { marker-width: 8; marker-fill: #EE4D5A; }";
const WORLD: TileId = TileId { z: 0, x: 0, y: 0 };

/// A layer with its features.
struct Data {
    style: Stylesheet,
    columns: Vec<String>,
    features: Vec<Feature>,
}

impl Data {
    fn new(table: &str, count: usize, css: &str) -> Self {
        let Table { columns, features } = Table::read(table);
        let features = rounded(&features[..count], WORLD);
        Self { style: Stylesheet::parse(css).unwrap(), columns, features }
    }

    fn borders() -> Self {
        Self::new("world_borders", 6, BORDERS)
    }

    fn places() -> Self {
        Self::new("populated_places", 60, PLACES)
    }

    fn layer(&self) -> Layer<'_> {
        Layer { style: &self.style, columns: &self.columns, features: &self.features }
    }
}

fn body(case: &str) -> Value {
    let text = std::fs::read_to_string(wire().join(format!("{case}.json"))).unwrap();
    let mut exchange: Value = serde_json::from_str(&text).unwrap();
    exchange["response"]["body"].take()
}

#[test]
fn images_look_as_recorded() {
    let (borders, places) = (Data::borders(), Data::places());
    let both = [borders.layer(), places.layer()];
    for (case, layers, scale, mean, far) in [
        ("tile-png-layer-0", &both[..1], 1, 1.0, 0.0),
        ("tile-png-layer-id", &both[1..], 1, 4.5, 0.003),
        ("tile-png-layers-0-1", &both[..], 1, 2.8, 0.002),
        ("tile-png-retina", &both[..], 2, 3.6, 0.03),
    ] {
        let theirs = base64::engine::general_purpose::STANDARD.decode(body(case).as_str().unwrap()).unwrap();
        let ours = tiles::draw(layers, WORLD, scale).unwrap();
        let difference = compare(&Pixmap::decode_png(&ours).unwrap(), &Pixmap::decode_png(&theirs).unwrap());
        println!("{case}: {difference:?}");
        assert!(
            difference.mean <= mean && difference.far <= far && difference.painted > 0.01,
            "{case}: {difference:?}"
        );
    }
}

/// The key of each cell, read as clients do.
fn cells(grid: &Value) -> Vec<String> {
    let keys = grid["keys"].as_array().unwrap();
    let key = |character: char| {
        let code = character as usize;
        let code = if code >= 93 { code - 1 } else { code };
        let code = if code >= 35 { code - 1 } else { code };
        keys[code - 32].as_str().unwrap().to_owned()
    };
    let rows = grid["grid"].as_array().unwrap();
    assert_eq!(rows.len(), 64);
    rows.iter().flat_map(|row| row.as_str().unwrap().chars()).map(key).collect()
}

#[test]
fn grids_are_as_recorded() {
    for (case, data, columns, differing) in [
        ("tile-grid-layer-0", Data::borders(), &["cartodb_id", "name"][..], 5),
        ("tile-grid-layer-1", Data::places(), &["cartodb_id", "country", "name"], 14),
    ] {
        let options = GridOptions { key: Some("cartodb_id"), columns };
        let ours = serde_json::to_value(tiles::grid(&data.layer(), WORLD, &options)).unwrap();
        let theirs = body(case);
        let (our_cells, their_cells) = (cells(&ours), cells(&theirs));
        let filled = their_cells.iter().filter(|key| !key.is_empty()).count();
        let count = our_cells.iter().zip(&their_cells).filter(|(ours, theirs)| ours != theirs).count();
        println!("{case}: {count} cells differ, {filled} are filled");
        assert!(count <= differing, "{case}: {count}");
        assert_eq!(ours["keys"].as_array().unwrap().len(), theirs["keys"].as_array().unwrap().len(), "{case}");
        assert_eq!(ours["data"], theirs["data"], "{case}");
    }
}

#[test]
fn an_empty_grid_is_as_recorded() {
    let data = Data::new("populated_places", 0, PLACES);
    let grid = tiles::grid(&data.layer(), WORLD, &GridOptions { key: Some("cartodb_id"), columns: &["cartodb_id"] });
    assert_eq!(serde_json::to_value(grid).unwrap(), body("tile-grid-empty"));
}
