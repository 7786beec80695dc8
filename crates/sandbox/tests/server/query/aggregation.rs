//! Vector tiles and grids: what features carry, how points are put together, and which of them are there.

use crate::render::vector::{self, Read};
use crate::support::{Answer, get, instantiate, layergroup};
use serde_json::{Value, json};

fn map(options: &Value) -> Value {
    json!({"version": "1.8.0", "layers": [{"type": "mapnik", "options": options}]})
}

fn part(options: &Value, path: &str) -> Answer {
    get(&format!("/user/demo/api/v1/map/{}/{path}", layergroup(&map(options), "default_public")))
}

/// The features of the tile of the world.
fn features(options: &Value) -> Vec<Read> {
    let tile = part(options, "0/0/0.mvt");
    assert!(tile.status == 200, "{} {}", tile.status, tile.text());
    vector::read(&tile.body).unwrap().remove(0).3
}

fn numbers(features: &[Read], name: &str) -> Vec<f64> {
    let mut numbers: Vec<f64> = features.iter().filter_map(|feature| feature.number(name)).collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn stats(options: &Value) -> Value {
    let answer = instantiate(&map(options), "default_public");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["metadata"]["layers"][0]["meta"]["stats"].clone()
}

/// Points on a diagonal, with their number.
const DIAGONAL: &str = "SELECT x + 4 AS cartodb_id, ST_Transform(ST_SetSRID(ST_MakePoint(x * 10, x * 10), 4326), 3857) AS the_geom_webmercator,
    x AS value, CASE WHEN x < 0 THEN 'low' ELSE 'high' END AS kind FROM generate_series(-3, 3) x";

#[test]
fn aggregated_points_are_filtered() {
    let filtered = |filters: Value| {
        let columns = json!({"value": {"aggregate_function": "sum", "aggregated_column": "value"}});
        json!({"sql": DIAGONAL, "aggregation": {"threshold": 1, "columns": columns, "dimensions": {"kind": "kind"}, "filters": filters}})
    };
    for (filters, values) in [
        (json!({"value": {"greater_than_or_equal_to": 0}}), vec![0.0, 1.0, 2.0, 3.0]),
        (json!({"value": {"greater_than": -2, "less_than": 2}}), vec![-1.0, 0.0, 1.0]),
        (json!({"value": [{"equal": 3}, {"less_than": -1.5}]}), vec![-3.0, -2.0, 3.0]),
        (json!({"value": {"in": [1, 2, 99]}}), vec![1.0, 2.0]),
        (json!({"value": {"not_in": [1, 2]}, "kind": {"equal": "high"}}), vec![0.0, 3.0]),
        (json!({"kind": {"not_equal": "high"}}), vec![-3.0, -2.0, -1.0]),
        (json!({"_cdb_feature_count": {"greater_than": 0}}), vec![-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]),
    ] {
        assert_eq!(numbers(&features(&filtered(filters.clone())), "value"), values, "{filters}");
    }
    for (filters, word) in [
        (json!({"other": {"equal": 1}}), "Invalid filtered column: other"),
        (json!({"value": {"like": "1"}}), "Invalid filter parameter name: like"),
        (json!({"value": {"in": 1}}), "Invalid value"),
        (json!({"value": {"equal": "1); DROP TABLE x --"}}), "invalid input syntax"),
    ] {
        let answer = instantiate(&map(&filtered(filters.clone())), "default_public");
        assert!(answer.status == 400 && answer.message().contains(word), "{filters}: {}", answer.text());
    }
}

#[test]
fn times_are_dimensions() {
    let months = "SELECT row_number() OVER () AS cartodb_id, date, extract(epoch FROM date) AS seconds,
        ST_Transform(ST_SetSRID(ST_MakePoint(0.1, 0.1), 4326), 3857) AS the_geom_webmercator
        FROM generate_series('2000-01-01'::timestamptz, '2005-01-01', '1 month') date";
    let by = |dimension: Value| json!({"sql": months, "dates_as_numbers": true, "aggregation": {"threshold": 1, "dimensions": {"d": dimension}}, "metadata": {"dimensions": true}});
    let years: Vec<f64> = (2000..=2005).map(f64::from).collect();
    let year = by(json!({"column": "date", "group": {"units": "year"}}));
    assert_eq!(numbers(&features(&year), "d"), years);
    let told = &stats(&year)["dimensions"]["d"];
    assert_eq!((&told["type"], &told["min"], &told["max"]), (&json!("number"), &json!(2000), &json!(2005)), "{told}");
    assert_eq!(told["params"]["units"], "year");
    assert_eq!(numbers(&features(&by(json!({"column": "seconds", "group": {"units": "year"}}))), "d"), years);
    let count = |dimension: Value| numbers(&features(&by(dimension)), "d");
    assert_eq!(
        count(json!({"column": "date", "group": {"units": "monthOfYear"}})),
        (1..=12).map(f64::from).collect::<Vec<_>>()
    );
    assert_eq!(count(json!({"column": "date", "group": {"units": "month", "starting": "2000-01-01"}})).len(), 61);
    assert_eq!(
        count(json!({"column": "date", "group": {"units": "month", "count": 12, "starting": "2000-01-01"}})),
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    );
    assert_eq!(count(json!({"column": "date", "group": {"units": "decade"}})), [200.0]);
    assert_eq!(count(json!({"column": "date", "group": {"units": "century"}})), [20.0, 21.0]);
    let texts = features(&by(json!({"column": "date", "format": "iso", "group": {"units": "quarter"}})));
    let mut texts: Vec<&str> = texts.iter().filter_map(|feature| feature.text("d")).collect();
    texts.sort_unstable();
    assert_eq!((texts.len(), texts[0], texts[20]), (21, "2000-Q1", "2005-Q1"));
    // An hour east of the beginning of a year it has begun.
    let zone = by(json!({"column": "date", "group": {"units": "year", "timezone": -3600}}));
    assert_eq!(numbers(&features(&zone), "d")[0], 1999.0);
    let odd = instantiate(&map(&by(json!({"column": "date", "group": {"units": "fortnight"}}))), "default_public");
    assert!(odd.status == 400 && odd.message().contains("fortnight"), "{}", odd.text());
    assert_eq!(stats(&by(json!("seconds")))["dimensions"]["d"], json!({"type": "number"}));
}

#[test]
fn features_carry_numbers() {
    let sql = "SELECT 1 AS cartodb_id, DATE '2018-06-01' AS date, TIMESTAMPTZ '2018-06-01T00:00:01Z' AS moment, 12.5::numeric AS price,
        '2'::text AS word, ST_SetSRID(ST_MakePoint(0, 0), 3857) AS the_geom_webmercator";
    let plain = features(&json!({"sql": sql})).remove(0);
    assert_eq!(
        (plain.number("price"), plain.number("date"), plain.text("word")),
        (Some(12.5), None, Some("2")),
        "{plain:?}"
    );
    let dated = json!({"sql": sql, "dates_as_numbers": true, "metadata": {"columns": true}});
    let found = features(&dated).remove(0);
    assert_eq!(
        (found.number("date"), found.number("moment")),
        (Some(1_527_811_200.0), Some(1_527_811_201.0)),
        "{found:?}"
    );
    assert_eq!(stats(&dated)["dates_as_numbers"], json!(["date", "moment"]));
    let empty = json!({"sql": format!("SELECT * FROM ({sql}) q WHERE false"), "metadata": {"geometryType": true, "sample": true}});
    assert_eq!((&stats(&empty)["geometryType"], &stats(&empty)["sample"]), (&Value::Null, &json!({})));
}

#[test]
fn columns_may_have_any_name() {
    let names = [
        "tile",
        "id",
        "geom",
        "cdbq",
        "points",
        "sample",
        "source",
        "category",
        "value",
        "_cdb_tile",
        "_cdb_tile_geom",
        "_cdb_row",
        "x",
        "y",
        "q",
        "r",
        "f",
        "v",
    ];
    let columns: Vec<String> = names.iter().enumerate().map(|(index, name)| format!("{index} AS \"{name}\"")).collect();
    let sql = format!(
        "SELECT 7 AS cartodb_id, {}, ST_SetSRID(ST_MakePoint(0, 0), 3857) AS the_geom_webmercator",
        columns.join(", ")
    );
    let aggregations = [
        json!(false),
        json!({"threshold": 1}),
        json!({"threshold": 1, "placement": "centroid", "dimensions": {"tile": "tile", "id": "id", "geom": "geom"}}),
    ];
    for aggregation in aggregations {
        let options = json!({"sql": sql, "aggregation": aggregation, "cartocss": "#l { marker-width: 20; [tile > -1] { marker-fill: red; } }",
            "cartocss_version": "2.3.0", "interactivity": ["tile", "id", "geom"], "metadata": {"sample": true, "columnStats": true, "featureCount": true}});
        let found = features(&options).remove(0);
        assert_eq!(
            ["tile", "id", "geom"].map(|name| found.number(name)),
            [Some(0.0), Some(1.0), Some(2.0)],
            "{found:?}"
        );
        let grid = part(&options, "0/0/0/0.grid.json").json();
        assert_eq!(grid["data"]["1"], json!({"tile": 0, "id": 1, "geom": 2}), "{grid}");
        let told = stats(&options);
        assert_eq!((&told["sample"][0]["sample"], &told["featureCount"]), (&json!(5), &json!(1)), "{told}");
    }
    let mut dataviews =
        map(&json!({"source": {"id": "a"}, "cartocss": "#l { marker-width: 20; }", "cartocss_version": "2.3.0"}));
    dataviews["analyses"] = json!([{"id": "a", "type": "source", "params": {"query": sql}}]);
    let mut views = serde_json::Map::new();
    for name in names {
        views.insert(
            format!("f-{name}"),
            json!({"type": "formula", "source": {"id": "a"}, "options": {"column": name, "operation": "sum"}}),
        );
        views.insert(format!("c-{name}"), json!({"type": "aggregation", "source": {"id": "a"}, "options": {"column": name, "aggregation": "sum", "aggregationColumn": name}}));
        views.insert(
            format!("h-{name}"),
            json!({"type": "histogram", "source": {"id": "a"}, "options": {"column": name}}),
        );
    }
    dataviews["dataviews"] = views.clone().into();
    let id = layergroup(&dataviews, "default_public");
    for (index, name) in names.iter().enumerate() {
        let of = |kind: &str| get(&format!("/user/demo/api/v1/map/{id}/dataview/{kind}-{name}")).json();
        assert_eq!(of("f")["result"], json!(index), "{name}");
        assert_eq!(of("c")["categories"], json!([{"category": index, "value": index, "agg": false}]), "{name}");
        assert_eq!(of("h")["bins"][0]["avg"].as_f64(), Some(index as f64), "{name}");
    }
}

#[test]
fn tiles_have_the_extent_that_layers_say() {
    let line = "SELECT 1 AS cartodb_id, ST_SetSRID('LINESTRING(0 0, 5000000 1000, 10000000 0)'::geometry, 3857) AS the_geom_webmercator";
    let read = |extent: Value| {
        let mut options = json!({"sql": line});
        for (name, value) in extent.as_object().unwrap() {
            options[name] = value.clone();
        }
        let tile = part(&options, "0/0/0.mvt");
        let (_, _, extent, mut features) = vector::read(&tile.body).unwrap().remove(0);
        (extent, features.remove(0).parts.remove(0))
    };
    let (extent, points) = read(json!({"vector_extent": 256, "vector_simplify_extent": 256}));
    assert_eq!((extent, points[0], *points.last().unwrap()), (256, (128, 128), (192, 128)));
    assert_eq!(read(json!({})).0, 4096);
    let (extent, points) = read(json!({"vector_extent": 8192, "vector_simplify_extent": 64}));
    assert_eq!((extent, points.len()), (8192, 2), "{points:?}");
    for wrong in [json!({"vector_extent": 0}), json!({"vector_extent": 256, "vector_simplify_extent": 0})] {
        let mut options = json!({"sql": line});
        for (name, value) in wrong.as_object().unwrap() {
            options[name] = value.clone();
        }
        assert_eq!(instantiate(&map(&options), "default_public").status, 400, "{wrong}");
    }
}

#[test]
fn cells_are_in_one_tile_without_a_buffer() {
    // Among them are points on the edges of tiles, and at the edges of the world.
    let sql = "SELECT row_number() OVER () AS cartodb_id, ST_SetSRID(ST_MakePoint(x * 20037508.342789244 / 3, y * 20037508.342789244 / 3), 3857) AS the_geom_webmercator
        FROM generate_series(-3, 3) x, generate_series(-3, 3) y";
    for (placement, resolution) in
        [("centroid", 1.0), ("point-sample", 4.0), ("point-grid", 0.5), ("centroid", 3.0), ("point-sample", 100.0)]
    {
        let mut config = map(
            &json!({"sql": sql, "aggregation": {"threshold": 1, "placement": placement, "resolution": resolution}}),
        );
        config["buffersize"] = json!({"mvt": 0});
        let id = layergroup(&config, "default_public");
        for zoom in [0_u32, 1, 2] {
            let tiles = (0..1 << zoom).flat_map(|x| (0..1 << zoom).map(move |y| (x, y)));
            let counted = tiles.map(|(x, y)| {
                let tile = get(&format!("/user/demo/api/v1/map/{id}/{zoom}/{x}/{y}.mvt"));
                let layers = vector::read(&tile.body).unwrap();
                layers.first().map_or(0.0, |layer| numbers(&layer.3, "_cdb_feature_count").iter().sum::<f64>())
            });
            assert_eq!(counted.sum::<f64>(), 49.0, "{placement} {resolution}, zoom {zoom}");
        }
    }
    let wish =
        json!({"sql": sql, "aggregation": {"threshold": 1, "resolution": 256}, "metadata": {"aggrFeatureCount": 0}});
    let counted = |zoom: i64| {
        let mut wish = wish.clone();
        wish["metadata"]["aggrFeatureCount"] = zoom.into();
        stats(&wish)["aggrFeatureCount"].as_i64().unwrap()
    };
    assert!(counted(0) <= 4 && counted(10) == 49, "{} {}", counted(0), counted(10));
}

#[test]
fn every_feature_of_a_grid_has_its_own_data() {
    let sql = "SELECT 1 AS cartodb_id, 'dup' AS name, 'first' AS address, ST_SetSRID('POINT(-10000000 0)'::geometry, 3857) AS the_geom_webmercator
        UNION ALL SELECT 2, 'dup', 'second', ST_SetSRID('POINT(10000000 0)'::geometry, 3857)";
    let options = |interactivity: &str| json!({"sql": sql, "cartocss": "#l{marker-width:40;marker-allow-overlap:true}", "cartocss_version": "2.3.0", "interactivity": interactivity});
    let grid = part(&options("name,address"), "0/0/0/0.grid.json").json();
    assert_eq!(grid["keys"], json!(["", "1", "2"]), "{grid}");
    assert_eq!((&grid["data"]["1"]["address"], &grid["data"]["2"]["address"]), (&json!("first"), &json!("second")));
    // Also where the number that tells features apart does not.
    let twice = options("cartodb_id,address").to_string().replace("SELECT 2,", "SELECT 1,");
    let grid = part(&serde_json::from_str(&twice).unwrap(), "0/0/0/0.grid.json").json();
    let mut addresses: Vec<&str> =
        grid["data"].as_object().unwrap().values().map(|row| row["address"].as_str().unwrap()).collect();
    addresses.sort_unstable();
    assert_eq!((addresses, grid["keys"].as_array().unwrap().len()), (vec!["first", "second"], 3), "{grid}");
}

#[test]
fn labels_are_in_grids() {
    let sql = "SELECT 1 AS cartodb_id, 'Hello World' AS name, ST_SetSRID('POINT(0 0)'::geometry, 3857) AS the_geom_webmercator";
    let grid = |cartocss: &str| {
        let options =
            json!({"sql": sql, "cartocss": cartocss, "cartocss_version": "2.3.0", "interactivity": "cartodb_id"});
        part(&options, "0/1/0/0.grid.json").json()
    };
    let label = grid(
        "#l{text-name:[name];text-face-name:'DejaVu Sans Book';text-size:20;text-fill:#000;text-allow-overlap:true;text-placement:point;}",
    );
    assert_eq!(label["keys"], json!(["", "1"]), "{label}");
    let cells = |grid: &Value| {
        grid["grid"].as_array().unwrap().iter().map(|row| row.as_str().unwrap().matches('!').count()).sum::<usize>()
    };
    // The north-western quarter of some 115 × 15 pixels, as letters cover them.
    assert!((10..60).contains(&cells(&label)), "{} cells", cells(&label));
    let none = grid(
        "#l{text-name:[name];text-face-name:'DejaVu Sans Book';[cartodb_id > 1]{text-size:20;}marker-width:0;text-size:0;}",
    );
    assert_eq!(cells(&none), 0);
}
