//! What else hangs off a map: static images, attributes, clusters, statistics, vector tiles.

use crate::render::tiles::decode;
use crate::render::vector;
use crate::support::{Answer, get, layergroup, map_over, send};
use serde_json::{Value, json};

fn layer(options: Value) -> Value {
    let mut layer = json!({"id": "L1", "type": "mapnik", "options": {"sql": "SELECT * FROM populated_places",
        "cartocss": "#layer { marker-width: 8; marker-allow-overlap: true; }", "cartocss_version": "2.1.0"}});
    for (name, value) in options.as_object().unwrap() {
        layer["options"][name] = value.clone();
    }
    json!({"layers": [layer]})
}

fn part(map: &Value, path: &str) -> Answer {
    get(&format!("/user/demo/api/v1/map/{}/{path}", layergroup(map, "default_public")))
}

fn static_map(map: &Value, kind: &str, place: &str) -> Answer {
    get(&format!("/user/demo/api/v1/map/static/{kind}/{}/{place}", layergroup(map, "default_public")))
}

#[test]
fn static_images_go_round_the_world() {
    let map = layer(json!({}));
    let zero = decode(&static_map(&map, "center", "1/0/0/512/512.png").body);
    let east = decode(&static_map(&map, "center", "1/0/180/512/512.png").body);
    let mut drawn = 0;
    for y in 0..512 {
        // A marker at the edge of the world is cut off in one and whole in the other.
        for x in 8..248 {
            assert_eq!(east.at(x, y), zero.at(x + 256, y), "west of the date line, {x} {y}");
            assert_eq!(east.at(x + 256, y), zero.at(x, y), "east of the date line, {x} {y}");
            drawn += usize::from(zero.at(x, y)[3] > 0);
        }
    }
    assert!(drawn > 100, "{drawn} pixels");
    // A tile is the same image, but for which of two markers is above.
    let tile = decode(&part(&map, "1/1/0.png").body);
    let same =
        (0..256).flat_map(|y| (0..256).map(move |x| (x, y))).filter(|(x, y)| tile.at(*x, *y) == zero.at(x + 256, *y));
    assert!(same.count() > 64_800);
}

#[test]
fn static_images_show_bounds_and_chosen_layers() {
    let mut map = layer(json!({}));
    let mut empty = map["layers"][0].clone();
    empty["id"] = "L2".into();
    empty["options"]["sql"] = "SELECT * FROM populated_places WHERE false".into();
    map["layers"].as_array_mut().unwrap().push(empty);
    let seen = |answer: &Answer| decode(&answer.body).pixels.iter().filter(|pixel| pixel[3] > 0).count();
    assert!(seen(&static_map(&map, "bbox", "-180,-80,180,80/256/256.png")) > 100);
    assert!(seen(&static_map(&map, "bbox", "-180,-80,180,80/256/256.png?layer=0")) > 100);
    assert_eq!(seen(&static_map(&map, "bbox", "-180,-80,180,80/256/256.png?layer=1")), 0);
    let photo = static_map(&map, "bbox", "-180,-80,180,80/256/256.jpg");
    assert_eq!(photo.headers["content-type"], "image/jpeg");
    assert!(photo.body.starts_with(&[0xff, 0xd8, 0xff]) && photo.body.len() > 2000, "{} bytes", photo.body.len());
    for wrong in ["bbox", "center"] {
        for place in ["x,y,z,0/256/256.png", "1/0/0/256/99999.png", "1/north/0/256/256.png", "99/0/0/1/1.png"] {
            let answer = static_map(&map, wrong, place);
            assert!([400, 404].contains(&answer.status), "{wrong} {place}: {}", answer.status);
        }
    }
}

#[test]
fn points_stand_for_those_of_their_cell() {
    let wish = json!({"threshold": 1, "resolution": 32, "placement": "point-grid",
        "columns": {"most": {"aggregate_function": "max", "aggregated_column": "pop"}}});
    let map = layer(json!({"aggregation": wish, "interactivity": ["_cdb_feature_count", "most"]}));
    let counted = |answer: &Answer| -> i64 {
        let grid = answer.json();
        grid["data"].as_object().unwrap().values().map(|row| row["_cdb_feature_count"].as_i64().unwrap()).sum()
    };
    let whole = part(&map, "0/0/0/0.grid.json");
    assert_eq!(whole.status, 200, "{}", whole.text());
    let points = whole.json()["data"].as_object().unwrap().len();
    assert!(points < 80, "{points} points");
    assert!(counted(&whole) > 4000, "{}", counted(&whole));
    // Cells are whole in every tile: none is counted in part at an edge, where both tiles show it.
    let tile = vector::read(&part(&map, "0/2/1/1.mvt").body).unwrap();
    let next = vector::read(&part(&map, "0/2/2/1.mvt").body).unwrap();
    let shared: Vec<_> =
        tile[0].3.iter().filter(|one| next[0].3.iter().any(|other| one.attributes == other.attributes)).collect();
    assert!(!shared.is_empty());
    for placement in ["centroid", "point-sample"] {
        let map = layer(json!({"aggregation": {"threshold": 1, "resolution": 16, "placement": placement}}));
        assert_eq!(part(&map, "0/0/0.png").status, 200);
    }
    let below = layer(json!({"aggregation": {"threshold": 6000}, "interactivity": ["cartodb_id"]}));
    assert!(part(&below, "0/0/0/0.grid.json").json()["data"].as_object().unwrap().len() > 1000);
    let areas = json!({"layers": [{"type": "mapnik", "options": {"sql": "SELECT * FROM world_borders",
        "cartocss": "#l { polygon-fill: red; }", "cartocss_version": "2.1.0", "aggregation": {"threshold": 1}}}]});
    let answer = send(
        "POST",
        "/user/demo/api/v1/map",
        &[("content-type".into(), "application/json".into())],
        areas.to_string().into_bytes(),
    );
    assert_eq!(
        answer.message(),
        "Unsupported geometry type: ST_MultiPolygon. Aggregation is available only for geometry type: ST_Point"
    );
}

#[test]
fn clusters_and_attributes_take_no_sql() {
    let wish = json!({"threshold": 1, "resolution": 8});
    let map = layer(json!({"aggregation": wish, "attributes": {"id": "cartodb_id", "columns": ["name"]}}));
    for (path, status) in [
        ("0/attributes/1", 200),
        ("0/attributes/1%20OR%20true", 404),
        ("0/attributes/1;DROP%20TABLE%20x", 404),
        ("0/1/cluster/1", 200),
        ("0/1/cluster/1%20OR%20true", 400),
        ("0/x/cluster/1", 400),
        ("7/1/cluster/1", 400),
        ("0/1/cluster/1?aggregation=nope", 400),
        (r#"0/1/cluster/1?aggregation={%22columns%22:[%22x%22%20FROM%20pg_user--%22]}"#, 400),
        (r#"0/1/cluster/1?aggregation={%22columns%22:[%22name\%22,usename%20FROM%20pg_user--%22]}"#, 404),
    ] {
        let answer = part(&map, path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(!answer.text().contains("postgres"), "{path}");
    }
    let plain = layer(json!({}));
    assert_eq!(part(&plain, "0/1/cluster/1").status, 400);
    let odd = json!({"threshold": 1, "columns": {"a\"b": {"aggregate_function": "sum", "aggregated_column": "pop\") FROM pg_user--"}}});
    let body = layer(json!({"aggregation": odd})).to_string().into_bytes();
    let answer = send("POST", "/user/demo/api/v1/map", &[("content-type".into(), "application/json".into())], body);
    assert!(answer.message().contains("does not exist"), "{}", answer.text());
}

#[test]
fn ramps_know_the_columns_of_aggregations() {
    let columns = json!({"people": {"aggregate_function": "sum", "aggregated_column": "pop"}});
    let ramp = |aggregation: Value| {
        let mut map = layer(json!({ "aggregation": aggregation }));
        map["layers"][0]["options"]["cartocss"] = "#l { marker-width: ramp([people], range(2, 20), equal(3)); }".into();
        send(
            "POST",
            "/user/demo/api/v1/map",
            &[("content-type".into(), "application/json".into())],
            map.to_string().into_bytes(),
        )
    };
    let answer = ramp(json!({"threshold": 1, "resolution": 256, "columns": columns}));
    let rule = &answer.json()["metadata"]["layers"][0]["meta"]["cartocss_meta"]["rules"][0];
    // One cell is the whole world.
    assert_eq!(rule["column"], "people", "{}", answer.text());
    assert!(rule["stats"]["filter_avg"].as_f64().is_some_and(|mean| mean > 1e6), "{rule}");
    let answer = ramp(json!({"threshold": 1}));
    assert!(answer.message().contains("column \"people\" does not exist"), "{}", answer.text());
}

#[test]
fn statistics_count_what_is_there() {
    let wish =
        json!({"featureCount": true, "sample": {"num_rows": 7}, "columnStats": {"topCategories": 3}, "columns": true});
    let map = layer(json!({"metadata": wish}));
    let body = map.to_string().into_bytes();
    let answer = send("POST", "/user/demo/api/v1/map", &[("content-type".into(), "application/json".into())], body);
    let stats = &answer.json()["metadata"]["layers"][0]["meta"]["stats"];
    assert_eq!(stats["featureCount"], 5000);
    assert_eq!(stats["sample"].as_array().map(Vec::len), Some(7));
    assert_eq!(stats["columns"]["country"]["categories"].as_array().map(Vec::len), Some(3));
    assert_eq!(stats["columns"]["pop"]["type"], "number");
    let refused = json!({"metadata": {"sample": {"num_rows": 1, "include_columns": ["cartodb_id\" FROM pg_user--"]}}});
    let answer = send(
        "POST",
        "/user/demo/api/v1/map",
        &[("content-type".into(), "application/json".into())],
        layer(refused).to_string().into_bytes(),
    );
    assert!(answer.message().contains("does not exist"), "{}", answer.text());
}

#[test]
fn vector_tiles_carry_shapes_of_all_kinds() {
    let shapes = "SELECT 1 AS cartodb_id, 2.5::float8 AS d, -3 AS n, true AS b, '2020-01-01'::date AS left_out,
        ST_Transform(ST_GeomFromText('SRID=4326;POLYGON((-60 -40, 60 -40, 60 40, -60 40, -60 -40), (-20 -10, 20 -10, 0 30, -20 -10))'), 3857) AS the_geom_webmercator
        UNION ALL SELECT 2, NULL, 4, false, NULL, ST_GeomFromText('SRID=3857;MULTILINESTRING((0 0, 1000000 1000000, 40000000 2000000), (5 5, 100000 6))')";
    let mut map = map_over(shapes);
    map["layers"][0]["options"]["cartocss"] = "#l { line-width: 1; }".into();
    let layers = vector::read(&part(&map, "0/0/0/0.mvt").body).unwrap();
    let [(_, 2, 4096, features)] = layers.as_slice() else { panic!("{layers:?}") };
    let [lines, area] = features.as_slice() else { panic!("{features:?}") };
    assert_eq!((area.kind, area.parts.len(), lines.kind, lines.parts.len()), (3, 2, 2, 2));
    let names: Vec<&str> = area.attributes.keys().map(String::as_str).collect();
    assert_eq!(names, ["b", "cartodb_id", "d", "n"]);
    // Outer rings run clockwise, holes the other way.
    let turns = |ring: &Vec<(i64, i64)>| -> i64 {
        ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<i64>().signum()
    };
    assert_eq!(area.parts.iter().map(turns).collect::<Vec<_>>(), [1, -1]);
    // What is far out is cut where the buffer ends.
    let east = lines.parts.iter().flatten().map(|point| point.0).max().unwrap();
    assert_eq!(east, 4096 + 64 * 16);
    assert_eq!(part(&map, "0/5/0/0.mvt").status, 204);
}
