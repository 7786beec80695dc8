#![allow(clippy::unwrap_used)]
use super::*;
use crate::dataview::Told;
use crate::paint::Run;
use crate::pointer::Pointer;
use tiles::{TileId, Writing};

#[path = "boxes_tests.rs"]
mod boxes;

const PLAIN: &str = "#layer { marker-width: 5; }";
const TILE: TileId = TileId { z: 3, x: 4, y: 5 };
/// A tile with one point in its middle, `cartodb_id` 7, `x` 3, as servers write it.
const POINT: &[u8] = b"\x1a\x30\x0a\x06layer0\x12\x0f\x12\x04\x00\x00\x01\x01\x18\x01\x22\x05\x09\x80\x20\x80\x10\x1a\x0acartodb_id\x1a\x01x\x22\x02\x28\x07\x22\x02\x28\x03";

fn digits() -> Digits {
    Digits { read: |text| text.parse().unwrap_or(f64::NAN), write: |number| number.to_string() }
}

fn config(layers: &[(&str, &str)]) -> String {
    let layers: Vec<String> = layers
        .iter()
        .map(|(id, css)| {
            format!(
                r#"{{"id":"{id}","type":"mapnik","options":{{"cartocss":"{css}","source":{{"id":"S{id}"}},"interactivity":["cartodb_id","x"]}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"buffersize":{{"mvt":0}},"layers":[{}],"dataviews":{{"f":{{"type":"formula","source":{{"id":"Sa"}},"options":{{"column":"x","operation":"sum"}}}}}},"analyses":[{{"id":"Sa","params":{{"query":"SELECT 1"}}}},{{"id":"Sb","params":{{"query":"SELECT 2;"}}}}]}}"#,
        layers.join(",")
    )
}

fn filtered(config: &str, condition: &str) -> String {
    config.replace("\"SELECT 1\"", &format!("\"SELECT * FROM (SELECT 1) as originalQuery WHERE {condition}\""))
}

fn answered(group: &str, a: &str) -> String {
    let meta = |id: &str, css: &str| {
        format!(
            r#"{{"type":"mapnik","id":"{id}","meta":{{"cartocss":"{css}","cartocss_meta":{{"rules":[7]}},"stats":{{"geometryType":"ST_Point","columns":{{"cartodb_id":{{"type":"number"}},"x":{{"type":"number"}},"d":{{"type":"date"}},"y":{{"type":"number"}},"the_geom":{{"type":"geometry"}}}}}}}}}}"#
        )
    };
    format!(
        r#"{{"layergroupid":"{group}","metadata":{{"layers":[{{"type":"http"}},{},{}],"dataviews":{{"f":{{"url":{{"http":"http://h.test/api/v1/map/{group}/dataview/f"}}}}}}}}}}"#,
        meta("a", a),
        meta("b", PLAIN)
    )
}

fn load(map: &mut Map, config: Option<&str>) {
    for (source, columns, _) in map.wanted(config) {
        map.take_tiles(source, &columns, &format!(r#"{{"layergroupid":"tiles{source}:9"}}"#));
    }
}

/// A browser whose letters are blocks, all of them as wide.
#[derive(Debug)]
struct Blocks;

impl Typesetter for Blocks {
    fn width(&self, text: &str, _is_bold: bool) -> f32 {
        0.6 * text.chars().count() as f32
    }

    fn cover(&self, writing: &Writing<'_>) -> Vec<u8> {
        vec![255; writing.width as usize * writing.height as usize]
    }
}

/// A map with two layers that are shown.
fn map(css: &str, drawn: &str) -> Map {
    map_with(None, css, drawn)
}

fn map_with(typesetter: Option<&'static dyn Typesetter>, css: &str, drawn: &str) -> Map {
    let mut map = Map::new(digits(), typesetter);
    map.take(&config(&[("a", css), ("b", PLAIN)]), &answered("abc:9", drawn)).unwrap();
    load(&mut map, None);
    assert!(map.show("http://h.test/api/v1/map/abc:9/1,2/{z}/{x}/{y}.png?api_key=k", Vec::new()));
    map
}

fn answer(map: &mut Map, config: &str) -> Option<String> {
    load(map, Some(config));
    map.answer(config)
}

fn urls(map: &mut Map) -> Vec<String> {
    map.missing(TILE).into_iter().map(|(_, url)| url).collect()
}

#[test]
fn sources_have_maps_of_tiles_with_the_columns_that_are_needed() {
    let mut map = Map::new(digits(), None);
    let by_y = "#layer { marker-width: [y]; }";
    map.take(&config(&[("a", by_y), ("b", PLAIN)]), &answered("abc:9", by_y)).unwrap();
    let wanted = map.wanted(None);
    let columns: Vec<_> = wanted.iter().map(|(_, columns, _)| columns.join(" ")).collect();
    // Sizes by data and markers that give way to others look far around, and the dataview over the first source counts.
    assert_eq!(columns, ["y \0 cartodb_id x ", "\0 cartodb_id x"]);
    let asked = |config: &str, path: &str| {
        let config = Json::parse(config).unwrap();
        config.get("layers").unwrap().items()[0].at(&["options", path]).unwrap().written()
    };
    let [(_, _, first), (_, _, second)] = wanted.as_slice() else { panic!("{wanted:?}") };
    let sql = r#""SELECT \"y\",\"cartodb_id\",\"x\",the_geom_webmercator FROM (SELECT 1\u000a) AS carto_vector ORDER BY cartodb_id""#;
    assert_eq!(asked(first, "sql"), sql);
    assert!(asked(second, "sql").contains("(SELECT 2\\u000a)"), "{second}");
    assert_eq!((asked(first, "vector_extent"), asked(first, "aggregation")), ("1048576".into(), "false".into()));
    // Dates as numbers.
    let (source, _, _) = wanted[0];
    let sql =
        map.sources.iter().find(|known| known.number == source).unwrap().config(&["cartodb_id".into(), "d".into()]);
    assert!(sql.contains(r#"\"cartodb_id\",date_part('epoch',\"d\") AS \"d\",the_geom"#), "{sql}");
    // Where the server makes none, its images are shown.
    map.take_tiles(source, &[], "{\"errors\":[\"no\"]}");
    assert_eq!(map.mode("\"a\""), Some("image"));
    assert_eq!(map.wanted(None).len(), 1, "it is not asked again for the same");
}

#[test]
fn tiles_are_asked_for_source_by_source() {
    let mut map = map(PLAIN, PLAIN);
    let url = |source: u32| format!("http://h.test/api/v1/map/tiles{source}:9/0/3/4/5.mvt?api_key=k");
    assert_eq!(urls(&mut map), [url(1), url(2)]);
    let (number, _) = map.missing(TILE).remove(0);
    map.put(number, TILE, b"");
    assert_eq!(urls(&mut map), [url(2)]);
}

#[test]
fn maps_that_differ_in_styles_order_or_number_of_layers_are_answered() {
    let mut map = map(PLAIN, PLAIN);
    let red = "#layer { marker-fill: #f00; }";
    let told = Json::parse(&answer(&mut map, &config(&[("b", red), ("a", PLAIN)])).unwrap()).unwrap();
    assert_eq!(told.get("layergroupid").and_then(Json::text), Some("abc:9~1"));
    let layers = told.at(&["metadata", "layers"]).unwrap().items();
    let css: Vec<_> = layers.iter().map(|layer| layer.at(&["meta", "cartocss"]).and_then(Json::text)).collect();
    assert_eq!(css, [Some(red), Some(PLAIN)]);
    assert!(map.show("http://h.test/api/v1/map/abc:9~1/1/{z}/{x}/{y}.png?api_key=k", Vec::new()));
    assert_eq!(
        urls(&mut map),
        ["http://h.test/api/v1/map/tiles1:9/0/3/4/5.mvt?api_key=k"],
        "the upper layer is the first"
    );
    assert!(answer(&mut map, &config(&[("a", red)])).is_some());
    let without = config(&[("a", red)]).replace(r#""dataviews":{"f""#, r#""dataviews":{},"none":{"f""#);
    assert!(answer(&mut map, &without).is_some(), "a dataview was removed");
    // A style with a column that tiles do not carry yet has other tiles.
    assert!(map.answer(&config(&[("a", "#layer { marker-width: [y]; }")])).is_none());
    assert!(answer(&mut map, &config(&[("a", "#layer { marker-width: [y]; }")])).is_some());
}

#[test]
fn other_maps_are_the_servers() {
    let mut map = map(PLAIN, PLAIN);
    for layers in [
        &[("c", PLAIN)][..],
        &[("a", "#layer { marker-width: ramp([x], range(1, 9)); }")],
        &[("a", "#layer { marker-wdth: 1; }")],
        &[("a", "#layer { text-name: [x]; text-face-name: 'x'; }")],
        &[("a", "#layer { marker-width: [z]; }")],
        &[("a", "#layer { marker-width: 1; [d > 5] { marker-width: 2; } }")],
    ] {
        assert_eq!(answer(&mut map, &config(layers)), None, "{layers:?}");
    }
    let all = config(&[("a", PLAIN)]);
    for other in [
        all.replace("SELECT 1", "SELECT 3"),
        all.replace("sum", "avg"),
        filtered(&all, "lower(x) = 'a'"),
        filtered(&all, "z > 1"),
        filtered(&all, "x > 'a'"),
    ] {
        assert_eq!(answer(&mut map, &other), None, "{other}");
    }
    for odd in ["", "{}", "[]", "{\"layers\":1}"] {
        let _ = map.answer(odd);
        assert_eq!(Map::new(digits(), None).answer(odd), None);
    }
}

#[test]
fn filters_are_applied_here() {
    let mut map = map(PLAIN, PLAIN);
    let (number, _) = map.missing(TILE).remove(0);
    map.put(number, TILE, POINT);
    let paint = |map: &mut Map| map.paint((0, 1), TILE, 1).iter().any(|byte| *byte != 0);
    assert!(paint(&mut map));
    let all = config(&[("a", PLAIN), ("b", PLAIN)]);
    for (count, (condition, is_left)) in
        [("x > 3", false), ("(x >= 3 AND cartodb_id IN (7))", true)].into_iter().enumerate()
    {
        let look = map.look();
        let told = map.answer(&filtered(&all, condition)).unwrap();
        let name = format!("abc:9~{}", count + 1);
        assert!(told.contains(&format!("map/{name}/dataview/f")), "{told}");
        assert!(map.show(&format!("http://h.test/api/v1/map/{name}/0,1/{{z}}/{{x}}/{{y}}.png?api_key=k"), Vec::new()));
        assert_ne!(map.look(), look);
        assert_eq!(paint(&mut map), is_left, "{condition}");
    }
    // Back to all: the server's dataview counts again.
    assert!(map.answer(&all).unwrap().contains("map/abc:9/dataview/f"));
}

#[test]
fn a_filter_that_changes_is_applied_here_from_then_on() {
    let all = config(&[("a", PLAIN), ("b", PLAIN)]);
    let mut map = Map::new(digits(), None);
    map.take(&filtered(&all, "x > 1"), &answered("abc:9", PLAIN)).unwrap();
    load(&mut map, None);
    assert!(map.layers[0].filter.is_none());
    let second = filtered(&all, "x > 2");
    assert_eq!(answer(&mut map, &second), None);
    map.take(&second, &answered("def:9", PLAIN)).unwrap();
    load(&mut map, None);
    assert!(map.layers[0].filter.is_some());
    assert!(answer(&mut map, &filtered(&all, "x > 3")).is_some());
}

#[test]
fn dataviews_over_boxes_are_told_when_all_is_there() {
    let mut map = map(PLAIN, PLAIN);
    let (number, _) = map.missing(TILE).remove(0);
    let ask = |map: &mut Map, query: &str| map.dataview(&format!("http://h.test/api/v1/map/abc:9/dataview/{query}"));
    let inside = "f?bbox=10,-60,40,-45&api_key=k";
    assert_eq!(ask(&mut map, inside), Told::Later);
    map.put(number, TILE, POINT);
    let told = r#"{"operation":"sum","result":3,"nulls":0,"nans":0,"infinities":0,"type":"formula"}"#;
    assert_eq!(ask(&mut map, inside), Told::Here(told.to_owned()));
    assert_eq!(ask(&mut map, "f?bbox=10,-60,60,-45"), Told::Later, "the next tile is not there");
    for there in [
        "f",
        "f?",
        "f?no_filters=1",
        "f?bbox=1,2,3",
        "f?bbox=a,b,c,d",
        "f?bbox=1,2,3,4,5",
        "g?bbox=10,-60,40,-45",
        "f?circle=1",
    ] {
        assert_eq!(ask(&mut map, there), Told::There, "{there}");
    }
    map.answer(&filtered(&config(&[("a", PLAIN)]), "x < 3")).unwrap();
    assert_eq!(
        ask(&mut map, inside),
        Told::Here(
            r#"{"operation":"sum","result":null,"nulls":null,"nans":null,"infinities":null,"type":"formula"}"#
                .to_owned()
        )
    );
}

#[test]
fn features_are_met_where_they_are() {
    let mut map = map(PLAIN, PLAIN);
    let ids = ["\"a\"".to_owned(), "\"b\"".to_owned()];
    let at = |x: f64, is_click: bool| Pointer { is_click, zoom: 3, x: 4.0 * 256.0 + x, y: 5.0 * 256.0 + 64.0 };
    assert_eq!(map.pointer(at(128.0, false), &ids), None, "there is no tile");
    for (number, _) in map.missing(TILE) {
        map.put(number, TILE, POINT);
    }
    let data = r#"{"cartodb_id":7,"x":3}"#;
    let over = format!(r#"{{"events":[["a","featureOver",{data}],["b","featureOver",{data}]],"hand":true}}"#);
    assert_eq!(map.pointer(at(130.0, false), &ids), Some(over));
    let out = r#"{"events":[["a","featureOut"],["b","featureOut"]],"hand":false}"#;
    assert_eq!(map.pointer(at(134.0, false), &ids).as_deref(), Some(out));
    let clicked = map.pointer(at(128.0, true), &ids).unwrap();
    assert!(clicked.contains(&format!(r#"["a","featureOut"],["a","featureClicked",{data}]"#)), "{clicked}");
    assert!(clicked.ends_with(&format!(r#""features":[["a",{data}],["b",{data}]]}}"#)), "{clicked}");
    map.pointer(at(128.0, false), &ids[..1]);
    assert_eq!((map.leave().as_str(), map.leave().as_str()), (r#"["a"]"#, "[]"));
    assert_eq!(map.pointer(at(f64::NAN, false), &ids), None);
    assert_eq!(map.pointer(at(128.0, false), &["\"c\"".to_owned()]), None);
}

#[test]
fn what_the_server_made_of_a_ramp_is_known_afterwards() {
    let ramp = "#layer { marker-width: ramp([x], range(1, 9)); }";
    let mut map = map(ramp, "#layer { marker-width: 9; }");
    let told = answer(&mut map, &config(&[("a", ramp)])).unwrap();
    assert!(told.contains("marker-width: 9") && told.contains(r#""rules":[7]"#), "{told}");
    // Other data have other classes.
    assert_eq!(answer(&mut map, &filtered(&config(&[("a", ramp)]), "x > 1")), None);
}

#[test]
fn what_cannot_be_drawn_is_an_image() {
    let mut map = map(PLAIN, "#layer { text-name: [x]; text-face-name: 'x'; }");
    let (number, _) = map.missing(TILE).remove(0);
    map.put(number, TILE, b"");
    let image = |format: &str| Run::Image(format!("http://h.test/api/v1/map/abc:9/1/3/4/5{format}?api_key=k"));
    assert_eq!(map.runs(TILE, 1).unwrap(), [image(".png"), Run::Here(1, 2)]);
    assert_eq!(map.runs(TILE, 2).unwrap(), [image("@2x.png"), Run::Here(1, 2)]);
    assert_eq!((map.mode("\"a\""), map.mode("\"b\""), map.mode("1")), (Some("image"), Some("vector"), None));
    // A damaged tile is the server's, too.
    let other = TileId { x: 1, ..TILE };
    map.put(number, other, b"\x1a\xff\xff");
    assert_eq!(map.runs(other, 1).unwrap().len(), 2);
    assert!(matches!(map.runs(other, 1).unwrap().last(), Some(Run::Image(_))));
}

#[test]
fn lines_beside_areas_are_images() {
    let aside = "#layer { line-width: 2; line-offset: 3; }";
    for (kind, mode) in [("ST_Point", "vector"), ("ST_MultiLineString", "vector"), ("ST_MultiPolygon", "image")] {
        let mut map = Map::new(digits(), None);
        let answer = answered("abc:9", aside).replace("ST_Point", kind);
        map.take(&config(&[("a", aside), ("b", PLAIN)]), &answer).unwrap();
        load(&mut map, None);
        assert!(map.show("http://h.test/api/v1/map/abc:9/1,2/{z}/{x}/{y}.png?api_key=k", Vec::new()));
        assert_eq!((map.mode("\"a\""), map.mode("\"b\"")), (Some(mode), Some("vector")), "{kind}");
    }
}

#[test]
fn labels_of_points_are_drawn_here_by_whoever_has_fonts() {
    let label = |color: &str| {
        format!(
            "#layer {{ text-name: [x]; text-face-name: 'x'; text-size: 20; text-fill: {color}; text-dx: 20; text-dy: 2; text-allow-overlap: true; }}"
        )
    };
    let mut map = map_with(Some(&Blocks), &label("#f00"), &label("#f00"));
    assert_eq!(map.mode("\"a\""), Some("vector"));
    for (number, _) in map.missing(TILE) {
        map.put(number, TILE, POINT);
    }
    assert_eq!(map.runs(TILE, 1).unwrap(), [Run::Here(0, 2)]);
    let pixel = |map: &mut Map, x: usize, y: usize| map.paint((0, 1), TILE, 1)[4 * (256 * y + x)..][..4].to_vec();
    // The point is at 128, 64, and its label right of it.
    assert_eq!((pixel(&mut map, 150, 70), pixel(&mut map, 120, 70)), (vec![255, 0, 0, 255], vec![0; 4]));
    // Another style needs nobody.
    assert!(map.answer(&config(&[("a", &label("#00f")), ("b", PLAIN)])).is_some());
    map.show("http://h.test/api/v1/map/abc:9~1/0,1/{z}/{x}/{y}.png?api_key=k", Vec::new());
    assert_eq!(pixel(&mut map, 150, 70), [0, 0, 255, 255]);
    // A feature is met where its label is, too.
    let ids = ["\"a\"".to_owned()];
    let at = |x: f64, y: f64| Pointer { is_click: false, zoom: 3, x: 4.0 * 256.0 + x, y: 5.0 * 256.0 + y };
    let mut met = |x: f64, y: f64| map.pointer(at(x, y), &ids).is_some_and(|told| told.contains("featureOver"));
    assert!(met(154.0, 72.0) && !met(175.0, 72.0) && !met(154.0, 95.0));
}

#[test]
fn labels_of_lines_and_areas_are_the_servers() {
    let label = "#layer { text-name: [x]; text-face-name: 'x'; }";
    let mut map = Map::new(digits(), Some(&Blocks));
    let answer = answered("abc:9", label).replace("ST_Point", "ST_MultiPolygon");
    map.take(&config(&[("a", label), ("b", PLAIN)]), &answer).unwrap();
    assert_eq!(map.wanted(None).len(), 1, "there is no use of tiles for labels");
    load(&mut map, None);
    assert_eq!((map.mode("\"a\""), map.mode("\"b\"")), (Some("image"), Some("vector")));
}

#[test]
fn the_server_is_to_have_a_map_that_it_draws() {
    let mut map = map(PLAIN, PLAIN);
    assert_eq!(map.twin(), None);
    let red = config(&[("b", PLAIN), ("a", "#layer { marker-fill: #f00; }")]);
    map.answer(&red).unwrap();
    map.show("http://h.test/api/v1/map/abc:9~1/0,1/{z}/{x}/{y}.png?api_key=k", Vec::new());
    for (number, _) in map.missing(TILE) {
        map.put(number, TILE, b"\x1a\xff\xff");
    }
    let grid = "http://h.test/api/v1/map/abc:9~1/1/3/4/5.grid.json?api_key=k";
    let dataview = "http://h.test/api/v1/map/abc:9~1/dataview/f?bbox=1,2,3,4";
    assert_eq!((map.runs(TILE, 1), map.server_address(grid), map.server_address(dataview)), (None, None, None));
    assert_eq!(map.twin(), Some(red));
    map.take_twin(&answered("twin:9", PLAIN)).unwrap();
    let url =
        |position: u32, format: &str| format!("http://h.test/api/v1/map/twin:9/{position}/3/4/5.{format}?api_key=k");
    assert_eq!(map.runs(TILE, 1).unwrap(), [Run::Image(url(1, "png")), Run::Image(url(2, "png"))]);
    assert_eq!(map.server_address(grid), Some(url(2, "grid.json")));
    assert_eq!(
        map.server_address(dataview).as_deref(),
        Some("http://h.test/api/v1/map/twin:9/dataview/f?bbox=1,2,3,4")
    );
    assert_eq!(map.server_address("http://h.test/x").as_deref(), Some("http://h.test/x"));
}

#[test]
fn points_that_reach_near_come_from_near_around_a_tile() {
    let free = "#layer { marker-width: 9; marker-allow-overlap: true; }";
    let mut map = map(free, free);
    let buffer = |wanted: &[(u32, Vec<String>, String)]| {
        let buffers = wanted
            .iter()
            .map(|(_, _, config)| Json::parse(config).unwrap().at(&["buffersize", "mvt"]).unwrap().written());
        buffers.collect::<Vec<_>>()
    };
    let source = map.layers.first().unwrap().source;
    assert_eq!(map.sources[source].buffer(), 16);
    let extent = |columns: &[&str]| {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        let config = Json::parse(&map.sources[source].config(&columns)).unwrap();
        config.get("layers").unwrap().items()[0].at(&["options", "vector_extent"]).unwrap().written()
    };
    assert_eq!([extent(&["x"]), extent(&["x", COUNTED]), extent(&["x", FAR])], ["4096", "1048576", "1048576"]);
    // Other sizes as near, and any colours, need no other tiles; larger ones do, once.
    let styled = |css: &str| config(&[("a", css), ("b", PLAIN)]);
    assert_eq!(
        buffer(
            &map.wanted(Some(&styled("#layer { marker-width: 24; marker-fill: #f00; marker-allow-overlap: true; }")))
        ),
        [""; 0]
    );
    let large = styled("#layer { marker-width: 40; marker-allow-overlap: true; }");
    assert_eq!(buffer(&map.wanted(Some(&large))), ["64"]);
    assert!(answer(&mut map, &large).is_some());
    assert_eq!(map.sources[source].buffer(), 64);
    assert_eq!(buffer(&map.wanted(Some(&styled(free)))), [""; 0]);
}
