//! Dataviews over lines and areas, and over points of servers that round them more than they are asked to.
use super::*;
use crate::boxes::KEY;
use crate::recorded::writer::{LayerWriter, Written, text};
use vector::Kind;

const INSIDE: &str = "f?bbox=10,-60,40,-45";

fn of_areas(config: &str) -> Map {
    let mut map = Map::new(digits(), None);
    let answer = answered("abc:9", PLAIN).replace("ST_Point", "ST_MultiPolygon");
    map.take(config, &answer).unwrap();
    map
}

fn shown(mut map: Map) -> Map {
    assert!(map.show("http://h.test/api/v1/map/abc:9/1,2/{z}/{x}/{y}.png?api_key=k", Vec::new()));
    map
}

fn ask(map: &mut Map, query: &str) -> Told {
    map.dataview(&format!("http://h.test/api/v1/map/abc:9/dataview/{query}"))
}

/// A tile with a square in its middle, `cartodb_id` 7 and `x` 3, and with its boxes, when it has any, and one more row that is too
/// small to be seen.
fn square(boxes: Option<&str>) -> Vec<u8> {
    let mut layer = LayerWriter::new("layer0");
    let tags = |id, x| vec![("cartodb_id", Written::Int(id)), ("x", Written::Int(x))];
    let ring = vec![[2000, 2000], [2100, 2000], [2100, 2100], [2000, 2100]];
    layer.feature(None, Kind::Rings, &[ring], &tags(7, 3));
    for (id, x, told) in boxes.iter().flat_map(|told| [(7, 3, *told), (8, 4, "128000 128050 1 1 0 0 0 0")]) {
        let mut tags = tags(id, x);
        tags.push((KEY, text(told)));
        layer.point([1024, 1024], &tags);
    }
    layer.tile()
}

#[test]
fn boxes_are_asked_for_where_dataviews_are() {
    let all = config(&[("a", PLAIN), ("b", PLAIN)]);
    let mut map = of_areas(&all);
    let wanted = map.wanted(None);
    let columns: Vec<_> = wanted.iter().map(|(_, columns, _)| columns.join(" ")).collect();
    assert_eq!(columns, ["cartodb_id x ", "cartodb_id x"]);
    let [(source, columns, with), (_, _, without)] = wanted.as_slice() else { panic!("{wanted:?}") };
    let start = r#""sql":"SELECT \"cartodb_id\",\"x\",carto_boxes,carto_shape AS the_geom_webmercator FROM (SELECT 1\u000a) AS carto_vector,LATERAL("#;
    assert!(with.contains(start) && with.contains(r#" ORDER BY cartodb_id""#), "{with}");
    let plain = r#""sql":"SELECT \"cartodb_id\",\"x\",the_geom_webmercator FROM (SELECT 2\u000a) AS carto_vector ORDER BY cartodb_id""#;
    assert!(without.contains(plain), "{without}");
    // Where the server refuses them, it is asked without.
    map.take_tiles(*source, columns, "{\"errors\":[\"no\"]}");
    let again = map.wanted(None);
    assert_eq!(again[0].1, ["cartodb_id", "x"]);
    assert!(again[0].2.contains("SELECT 1\\u000a) AS carto_vector ORDER"), "{}", again[0].2);
    load(&mut map, None);
    assert_eq!(map.mode("\"a\""), Some("vector"));
    assert!(map.wanted(None).is_empty());
    // A page without dataviews, points, and rows without numbers: as ever.
    let none = all.replace(r#""dataviews":{"f""#, r#""dataviews":{},"none":{"f""#);
    for (config, kind, id) in
        [(&none, "ST_MultiPolygon", "cartodb_id"), (&all, "ST_Point", "cartodb_id"), (&all, "ST_Polygon", "id")]
    {
        let mut map = Map::new(digits(), None);
        let answer =
            answered("abc:9", PLAIN).replace("ST_Point", kind).replace("\"cartodb_id\":{", &format!("\"{id}\":{{"));
        map.take(config, &answer).unwrap();
        assert!(map.wanted(None).iter().all(|(_, _, config)| !config.contains("LATERAL")), "{kind} {id}");
    }
}

#[test]
fn rows_with_boxes_are_counted_and_not_drawn() {
    let all = config(&[("a", PLAIN), ("b", "#layer { polygon-fill: #f00; marker-width: 40; }")]);
    let mut map = of_areas(&all);
    load(&mut map, None);
    let mut map = shown(map);
    assert_eq!(ask(&mut map, INSIDE), Told::Later);
    let boxes = "128000 128000 6401 6401 0 0 0 0";
    let image = |map: &mut Map, boxes: Option<&str>| {
        for (index, (number, _)) in map.missing(TILE).into_iter().enumerate() {
            map.put(number, TILE, &square(boxes.filter(|_| index == 0)));
        }
        map.paint((0, 1), TILE, 1)
    };
    let with = image(&mut map, Some(boxes));
    let told = r#"{"operation":"sum","result":7,"nulls":0,"nans":0,"infinities":0,"type":"formula"}"#;
    assert_eq!(ask(&mut map, INSIDE), Told::Here(told.to_owned()));
    // Across the middle of the square, and beside it.
    let part = |result: &str| Told::Here(told.replace("\"result\":7", &format!("\"result\":{result}")));
    assert_eq!(ask(&mut map, "f?bbox=22.3,-60,40,-45"), part("3"));
    assert_eq!(ask(&mut map, "f?bbox=23.2,-60,40,-45"), ask(&mut map, "f?bbox=1,-60,2,-45"));
    map.answer(&filtered(&all, "x < 4")).unwrap();
    assert_eq!(ask(&mut map, INSIDE), part("3"));
    let mut plain = shown({
        let mut map = of_areas(&all.replace(r#""dataviews":{"f""#, r#""dataviews":{},"none":{"f""#));
        load(&mut map, None);
        map
    });
    let without = image(&mut plain, None);
    assert!(with == without && with.iter().any(|byte| *byte > 0));
    let over = |map: &mut Map| {
        let pointer = Pointer { is_click: true, zoom: 3, x: 4.0 * 256.0 + 128.0, y: 5.0 * 256.0 + 128.0 };
        map.pointer(pointer, &["\"a\"".to_owned()]).unwrap()
    };
    assert_eq!(over(&mut map), over(&mut plain));
}

#[test]
fn tiles_without_the_boxes_that_were_asked_for_leave_it_to_the_server() {
    for boxes in [None, Some(""), Some("? 1 1 1 1 1 1 1")] {
        let mut map = of_areas(&config(&[("a", PLAIN), ("b", PLAIN)]));
        load(&mut map, None);
        let mut map = shown(map);
        let (number, _) = map.missing(TILE).remove(0);
        map.put(number, TILE, &square(boxes));
        assert_ne!(map.paint((0, 1), TILE, 1), Vec::<u8>::new());
        assert!(matches!(ask(&mut map, INSIDE), Told::Later | Told::There), "{boxes:?}");
    }
}

#[test]
fn points_that_are_rounded_more_than_asked_are_never_counted_wrongly() {
    let (mut here, mut elsewhere) = (0, 0);
    for extent in [4096_u32, 256, 1 << 20] {
        for step in 0..40 {
            // Where it is, in parts of the tile: up to half of a unit from where the tile says.
            let x = 0.5 + f64::from(step) / 40.0 / 4096.0;
            let at = (x * f64::from(extent)).round() as i32;
            let mut layer = LayerWriter::new("layer0");
            layer.extent = Some(extent);
            layer.point([at, extent as i32 / 4], &[("cartodb_id", Written::Int(7)), ("x", Written::Int(3))]);
            let mut map = map(PLAIN, PLAIN);
            let (number, _) = map.missing(TILE).remove(0);
            map.put(number, TILE, &layer.tile());
            for edge in -20..20 {
                let edge = x + f64::from(edge) / 10.0 / f64::from(extent);
                let west = (4.0 + edge) / 8.0 * 360.0 - 180.0;
                match ask(&mut map, &format!("f?bbox={west},-60,44,-45")) {
                    Told::Here(answer) => {
                        assert_eq!(answer.contains("\"result\":3"), x >= edge, "{extent} {x} {edge} {answer}");
                        here += 1;
                    }
                    Told::Later | Told::There => elsewhere += 1,
                }
            }
        }
    }
    assert!(here > 1000 && elsewhere > 1000, "{here} {elsewhere}");
}
