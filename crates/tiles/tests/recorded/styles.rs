//! The recorded styles. With `CARTO_SHEETS=DIRECTORY` each is written there beside the recorded image.
//!
//! These are not among them, because they cannot be drawn alike:
//! - `p-pattern-svg`: the original compiler refuses it too;
//! - `p-field-width`: the recorded server drew features whose field is null over the whole image;
//! - `g-marker-on-polygon`: Mapnik sought the middle of what several tiles together show of a polygon, ours is that of
//!   the polygon, the same in every tile;
//! - `l-dash` at zoom 4: Mapnik began to count dashes where the line enters the image, ours go on from tile to tile;
//! - `heat`: image filters are not drawn.

use crate::data::{Table, near, rounded, wire};
use crate::image::{Difference, compare};
use base64::Engine;
use cartocss::Stylesheet;
use serde_json::Value;
use std::path::Path;
use tiles::{Layer, TileId};
use tiny_skia::Pixmap;

/// Styles, and the greatest differences that are allowed: the mean of the channels of painted pixels, of 255, and the
/// share of painted pixels of which a channel differs by more than 32. The recorded images have 256 colours at most,
/// so nothing is quite equal.
const STYLES: &[(&str, f64, f64)] = &[
    ("g-category", 0.5, 0.001),
    ("g-comp-op", 0.8, 0.001),
    ("g-default", 1.5, 0.001),
    ("g-gamma", 0.6, 0.003),
    ("g-ramp", 0.9, 0.001),
    ("l-casing", 4.8, 0.005),
    ("l-dash", 15.8, 0.08),
    ("l-default", 4.6, 0.001),
    ("l-miter", 2.7, 0.005),
    ("l-offset", 6.5, 0.017),
    ("l-ramp-width", 3.1, 0.004),
    ("l-thick-join", 1.5, 0.002),
    ("p-arrow", 3.9, 0.001),
    ("p-attachment", 4.5, 0.002),
    ("p-big-transparent", 1.4, 0.001),
    ("p-color-functions", 1.4, 0.001),
    ("p-colors", 2.0, 0.001),
    ("p-comments", 6.1, 0.003),
    ("p-comp-op-lighten-style", 0.8, 0.001),
    ("p-comp-op-multiply", 1.6, 0.001),
    ("p-comp-op-screen", 1.0, 0.001),
    ("p-default", 1.8, 0.001),
    ("p-filter-num", 4.2, 0.003),
    ("p-filter-regex-chain", 2.6, 0.002),
    ("p-filter-text", 4.3, 0.001),
    ("p-no-overlap", 1.6, 0.001),
    ("p-ramp-category", 4.9, 0.005),
    ("p-ramp-colorbrewer", 5.0, 0.005),
    ("p-ramp-equal", 4.8, 0.003),
    ("p-ramp-headtails", 4.8, 0.004),
    ("p-ramp-jenks", 4.9, 0.004),
    ("p-ramp-old-form", 2.4, 0.002),
    ("p-ramp-quantiles", 1.8, 0.002),
    ("p-ramp-tuple-eq", 4.8, 0.005),
    ("p-rect-size", 1.3, 0.001),
    ("g-labels", 4.6, 0.053),
    ("mix-all", 1.3, 0.01),
    ("p-text", 8.2, 0.136),
    ("p-text-placement", 8.1, 0.015),
    ("p-text-transform", 17.5, 0.133),
    ("p-variables", 4.0, 0.001),
    ("p-zoom-filter", 3.7, 0.002),
];

fn recorded(style: &str) -> Value {
    let path = wire().join("styles").join(format!("{style}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Draws the tiles of a recorded style with CartoCSS of one's own, and compares them.
fn differences(recorded: &Value, css: &str) -> Vec<(u32, Difference)> {
    let table = Table::query(recorded["sql"].as_str().unwrap());
    let style = Stylesheet::parse(css).unwrap();
    let tiles = recorded["tiles"].as_array().unwrap().iter();
    tiles
        .map(|tile| {
            let number = |name: &str| u32::try_from(tile[name].as_u64().unwrap()).unwrap();
            let id = TileId { z: number("z"), x: number("x"), y: number("y") };
            let features = rounded(&near(&table.features, id), id);
            let layer = Layer { style: &style, columns: &table.columns, features: &features };
            let ours = tiles::draw(&[layer], id, 1).unwrap();
            let theirs =
                base64::engine::general_purpose::STANDARD.decode(tile["png_base64"].as_str().unwrap()).unwrap();
            let (ours, theirs) = (Pixmap::decode_png(&ours).unwrap(), Pixmap::decode_png(&theirs).unwrap());
            if let Some(directory) = std::env::var_os("CARTO_SHEETS") {
                let name = format!("{}-{}.png", recorded["style"].as_str().unwrap(), id.z);
                sheet(&ours, &theirs).save_png(Path::new(&directory).join(name)).unwrap();
            }
            (id.z, compare(&ours, &theirs))
        })
        .collect()
}

/// Two images beside each other on white, ours on the left, each twice as large.
fn sheet(ours: &Pixmap, theirs: &Pixmap) -> Pixmap {
    let mut sheet = Pixmap::new(4 * ours.width() + 8, 2 * ours.height()).unwrap();
    sheet.fill(tiny_skia::Color::WHITE);
    for (image, left) in [(ours, 0.0), (theirs, 2.0 * ours.width() as f32 + 8.0)] {
        let place = tiny_skia::Transform::from_row(2.0, 0.0, 0.0, 2.0, left, 0.0);
        sheet.draw_pixmap(0, 0, image.as_ref(), &tiny_skia::PixmapPaint::default(), place, None);
    }
    sheet
}

#[test]
fn styles_look_as_recorded() {
    let mut failures = Vec::new();
    for (name, mean, far) in STYLES {
        let recorded = recorded(name);
        // Ramps are in the compiled style what they come to with the data of the map.
        for (zoom, difference) in differences(&recorded, recorded["cartocss_compiled"].as_str().unwrap()) {
            if *name == "l-dash" && zoom == 4 {
                continue;
            }
            println!("{name:26} zoom {zoom}: mean {:5.2}, far {:.4}", difference.mean, difference.far);
            if difference.mean > *mean || difference.far > *far || difference.painted < 0.01 {
                failures.push((name, zoom, difference));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn small_changes_of_a_style_are_noticed() {
    for (name, from, to) in [
        ("p-default", "marker-width: 7", "marker-width: 8"),
        ("p-default", "marker-fill: #EE4D5A", "marker-fill: #EE6D5A"),
        ("p-default", "marker-line-width: 1", "marker-line-width: 1.5"),
        ("p-filter-num", "pop > 50000", "pop > 60000"),
        ("p-no-overlap", "marker-allow-overlap: false", "marker-allow-overlap: true"),
        ("g-default", "line-width: 1", "line-width: 2"),
        ("g-default", "polygon-opacity: 0.9", "polygon-opacity: 0.8"),
        ("l-thick-join", "line-join: round", "line-join: bevel"),
        ("l-default", "line-width: 1.5", "line-width: 2"),
        ("p-text", "text-size: 11", "text-size: 12"),
        ("p-text-placement", "text-dy: -10", "text-dy: 10"),
        ("g-labels", "text-placement: interior", "text-placement: vertex"),
    ] {
        let (_, mean, far) = STYLES.iter().find(|(style, _, _)| *style == name).unwrap();
        let recorded = recorded(name);
        let css = recorded["cartocss"].as_str().unwrap();
        assert!(css.contains(from));
        let noticed = differences(&recorded, &css.replace(from, to))
            .iter()
            .any(|(_, difference)| difference.mean > *mean || difference.far > *far);
        assert!(noticed, "{name}: {to}");
    }
}
