//! Instantiation: what layers may say, what is told of them, and how they are refused.

use crate::render::tiles::decode;
use crate::support::{Answer, get, instantiate, layergroup, send};
use serde_json::{Value, json};

const POINT: &str = "SELECT 1 AS cartodb_id, 'x' AS name, ST_SetSRID(ST_MakePoint(0, 0), 3857) AS the_geom_webmercator";

fn options(changes: Value) -> Value {
    let mut options = json!({"sql": POINT, "cartocss": "#l { marker-width: 20; }", "cartocss_version": "2.3.0"});
    for (name, value) in changes.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}

fn layers(layers: Value) -> Answer {
    instantiate(&json!({"version": "1.8.0", "layers": layers}), "default_public")
}

fn of_layers(answer: &Answer, member: &str) -> Vec<String> {
    let body = answer.json();
    let layers = body["metadata"]["layers"].as_array().unwrap_or_else(|| panic!("{}", answer.text()));
    layers.iter().map(|layer| layer[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// Pixels of a tile of the world that are not empty.
fn pixels(map: &Value, layers: &str) -> usize {
    let id = layergroup(map, "default_public");
    let tile = get(&format!("/user/demo/api/v1/map/{id}{layers}/0/0/0.png"));
    assert_eq!(tile.status, 200, "{}", tile.text());
    decode(&tile.body).pixels.iter().filter(|pixel| pixel[3] > 0).count()
}

#[test]
fn layers_are_mapnik_unless_they_say_otherwise() {
    for kind in [json!({}), json!({"type": "cartodb"}), json!({"type": ""}), json!({"type": null})] {
        let mut layer = kind.clone();
        layer["options"] = options(json!({}));
        let map = json!({"version": "1.0.0", "layers": [layer]});
        let answer = instantiate(&map, "default_public");
        assert_eq!(
            (of_layers(&answer, "type"), of_layers(&answer, "id")),
            (vec!["mapnik".into()], vec!["layer0".into()])
        );
        assert!(pixels(&map, "") > 100, "{kind}");
        let mut wrong = map.clone();
        wrong["layers"][0]["options"]["cartocss"] = "#l { nope: 1; }".into();
        let told = &instantiate(&wrong, "default_public").json()["errors_with_context"][0]["layer"];
        assert_eq!(told, &json!({"id": "layer0", "index": 0, "type": "mapnik"}), "{kind}");
    }
    for version in ["1.0.0", "1.0.7", "1.4.1", "1.7.5", "1.8.0"] {
        let map = json!({"version": version, "layers": [{"options": options(json!({}))}]});
        assert_eq!(instantiate(&map, "default_public").status, 200, "{version}");
    }
    assert_eq!(layers(json!([{"type": "mapnik"}])).message(), "Missing options from layer 0 of layergroup config");
}

#[test]
fn layers_keep_their_places_and_are_counted_by_type() {
    let tiles = json!({"urlTemplate": "http://{s}.example.com/{z}/{x}/{y}.png", "subdomains": ["a"]});
    let all = json!([
        {"type": "http", "options": tiles}, {"type": "plain", "options": {"color": "red"}}, {"type": "mapnik", "options": options(json!({}))},
        {"type": "http", "options": tiles}, {"options": options(json!({}))},
    ]);
    let answer = layers(all.clone());
    assert_eq!(of_layers(&answer, "type"), ["http", "plain", "mapnik", "http", "mapnik"]);
    assert_eq!(of_layers(&answer, "id"), ["http-layer0", "plain-layer0", "layer0", "http-layer1", "layer1"]);
    let map = json!({"layers": [{"type": "plain", "options": {"color": "red"}}, {"type": "mapnik", "options": {"sql": POINT}}]});
    let id = layergroup(&map, "default_public");
    let tile = crate::render::vector::read(&get(&format!("/user/demo/api/v1/map/{id}/0/0/0.mvt")).body).unwrap();
    assert_eq!(tile[0].0, "layer0");
    // Without a host that is allowed, its tiles are refused where they are asked for, and no others.
    let id = answer.json()["layergroupid"].as_str().unwrap().to_owned();
    assert_eq!(get(&format!("/user/demo/api/v1/map/{id}/0/0/0.png")).status, 200);
    let refused = get(&format!("/user/demo/api/v1/map/{id}/all/0/0/0.png"));
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("this server fetches no tiles from a.example.com"), "{}", refused.text());
    let refused = layers(json!([{"type": "http", "options": {}}]));
    assert!(refused.status == 400 && refused.message().contains("urlTemplate"), "{}", refused.text());
    let torque = layers(json!([{"type": "torque", "options": options(json!({}))}]));
    assert_eq!(
        (torque.status, torque.message().as_str()),
        (400, "Layers of type torque cannot be drawn by this server")
    );
    // Old pages say so that they want no grid.
    for none in ["", " , "] {
        let answer = layers(json!([{"type": "mapnik", "options": options(json!({ "interactivity": none }))}]));
        assert_eq!(of_layers(&answer, "type"), ["mapnik"], "{}", answer.text());
    }
}

#[test]
fn sql_may_be_wrapped_and_geometry_named() {
    let seen = |changes: Value| pixels(&json!({"layers": [{"type": "mapnik", "options": options(changes)}]}), "");
    assert_eq!(seen(json!({"sql_wrap": "SELECT * FROM (<%= sql %>) w WHERE false"})), 0);
    assert!(seen(json!({"sql_wrap": "SELECT * FROM (<%=sql%>) w WHERE true"})) > 100);
    assert!(seen(json!({"sql": format!("{POINT} -- a remark"), "sql_wrap": "SELECT * FROM (<%= sql %>) w"})) > 100);
    let degrees = "SELECT 1 AS cartodb_id, ST_SetSRID(ST_MakePoint(10, 10), 4326) AS g";
    assert!(seen(json!({"sql": degrees, "geom_column": "g", "srid": 4326})) > 100);
    assert!(
        seen(json!({"sql": "SELECT 1 AS cartodb_id, ST_MakePoint(10, 10) AS g", "geom_column": "g", "srid": "4326"}))
            > 100
    );
    let own =
        "SELECT 1 AS cartodb_id, ST_SetSRID(ST_MakePoint(0, 0), 3857) AS g, NULL::geometry AS the_geom_webmercator";
    assert!(seen(json!({"sql": own, "geom_column": "g"})) > 100);
    assert!(seen(json!({"sql": "SELECT * FROM populated_places", "geom_column": "the_geom", "srid": 4326})) > 1000);
    assert_eq!(seen(json!({"sql": "SELECT 1 AS cartodb_id, NULL AS the_geom_webmercator"})), 0);
    for (changes, word) in [
        (json!({"geom_column": "nope"}), "column \"nope\" does not exist"),
        (json!({"srid": "4326) FROM pg_user --"}), "Invalid srid"),
        (json!({"geom_type": "raster"}), "raster"),
        (json!({"sql_wrap": "SELECT * FROM nowhere WHERE <%= sql %>"}), "syntax error"),
    ] {
        let answer = layers(json!([{"type": "mapnik", "options": options(changes.clone())}]));
        assert!(answer.status == 400 && answer.message().contains(word), "{changes}: {}", answer.text());
    }
    // It counts for classes, too.
    let ramp = options(json!({
        "sql": "SELECT * FROM populated_places", "sql_wrap": "SELECT * FROM (<%= sql %>) w WHERE pop BETWEEN 10 AND 20000",
        "cartocss": "#l { marker-width: ramp([pop], (1, 2), equal(2)); }"
    }));
    let answer = layers(json!([{"type": "mapnik", "options": ramp}]));
    let buckets = answer.json()["metadata"]["layers"][0]["meta"]["cartocss_meta"]["rules"][0]["buckets"].clone();
    assert!(buckets[1]["filter"]["end"].as_f64().is_some_and(|end| end <= 20_000.0), "{}", answer.text());
}

#[test]
fn every_layer_that_fails_is_told() {
    let ramp = |column: &str| {
        let cartocss = format!("#l{{marker-width:ramp([{column}],(1,2))}}");
        json!({"type": "mapnik", "options": options(json!({"cartocss": cartocss}))})
    };
    let fine = json!({"type": "mapnik", "options": options(json!({}))});
    let answer =
        layers(json!([ramp("a"), fine, ramp("b"), {"type": "mapnik", "options": options(json!({"cartocss": "#l{"}))}]));
    let body = answer.json();
    assert_eq!((answer.status, body["errors"].as_array().map(Vec::len)), (400, Some(3)), "{body}");
    let told: Vec<i64> = body["errors_with_context"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["layer"]["index"].as_i64().unwrap())
        .collect();
    assert_eq!(told, [0, 2, 3]);
    assert!(body["errors"][1].as_str().unwrap().contains("column \"b\" does not exist"), "{body}");
}

#[test]
fn categories_may_be_numbers() {
    let style = |cartocss: &str| {
        let options =
            options(json!({"sql": "SELECT *, cartodb_id % 5 AS rank FROM populated_places", "cartocss": cartocss}));
        let answer = layers(json!([{"type": "mapnik", "options": options}]));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["metadata"]["layers"][0]["meta"].clone()
    };
    let meta = style("#l{marker-fill: ramp([rank], (red,green,blue), (6,8,4), category)}");
    let rule = &meta["cartocss_meta"]["rules"][0];
    assert_eq!(rule["mapping"], "=", "{meta}");
    let css = meta["cartocss"].as_str().unwrap();
    for (number, color) in [(6, "red"), (8, "green"), (4, "blue")] {
        assert!(
            css.contains(&format!("[ rank = {number} ]{{marker-fill:{color}"))
                || css.contains(&format!("[ rank = {number} ]{{marker-fill: {color}")),
            "{css}"
        );
    }
    let meta = style("#l{marker-fill: ramp([rank], (red,green,blue), buckets(rank, category, 3))}");
    assert_eq!(meta["cartocss_meta"]["rules"][0]["mapping"], "=", "{meta}");
    assert!(meta["cartocss"].as_str().unwrap().starts_with("#l{marker-fill: red;[ rank = "), "{meta}");
}

#[test]
fn requests_turn_aggregation_off() {
    let map = json!({"version": "1.6.0", "layers": [{"type": "mapnik", "options": {"sql": "SELECT * FROM populated_places", "aggregation": {"threshold": 1}}}]});
    let asked = |query: &str, map: &Value| {
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        send("POST", &format!("/user/demo/api/v1/map{query}"), &headers, map.to_string().into_bytes())
    };
    let aggregation = |answer: &Answer| answer.json()["metadata"]["layers"][0]["meta"]["aggregation"].clone();
    assert_eq!(aggregation(&asked("", &map)), json!({"png": false, "mvt": true}));
    assert_eq!(aggregation(&asked("?aggregation=true", &map)), json!({"png": false, "mvt": true}));
    assert_eq!(aggregation(&asked("?aggregation=false", &map)), Value::Null);
    assert_ne!(asked("", &map).json()["layergroupid"], asked("?aggregation=false", &map).json()["layergroupid"]);
    let wadus = asked("?aggregation=wadus", &map);
    assert!(wadus.status == 400 && wadus.message().contains("wadus"), "{}", wadus.text());
    let below = json!({"layers": [{"type": "mapnik", "options": options(json!({"aggregation": true}))}]});
    assert_eq!(aggregation(&instantiate(&below, "default_public")), json!({"png": false, "mvt": false}));
}

#[test]
fn what_is_not_drawn_is_said_with_its_line() {
    for (style, told) in [
        (
            "#l {\n  shield-name: [name];\n  shield-file: url(a.png);\n  shield-face-name: 'DejaVu Sans Book';\n}",
            "style0:2:2 shield-name",
        ),
        ("#l { line-pattern-file: url(a.png); }", "line-pattern-file"),
        ("#l { building-fill: red; }", "building-fill"),
        ("#l { point-file: url(a.png); }", "point-file"),
        ("#l { dot-fill: red; }", "dot-fill"),
        ("#l { raster-opacity: 0.5; }", "raster-opacity"),
        ("#l { debug-mode: 'collision'; }", "debug-mode"),
        ("#l {\n\n\n marker-transform: rotate(45); }", "style0:4:1 marker-transform"),
        ("#l { polygon-geometry-transform: translate(5, 5); }", "polygon-geometry-transform"),
        ("#l { line-smooth: 0.5; }", "line-smooth"),
        ("#l { marker-width: 5; [name = 'x'] { marker-smooth: [cartodb_id]; } }", "marker-smooth"),
        ("#l { polygon-fill: red; polygon-comp-op: grain-merge; }", "polygon-comp-op"),
        ("#l { marker-width: 5; image-filters: blur; }", "image-filters"),
    ] {
        let answer = layers(json!([{"type": "mapnik", "options": options(json!({"cartocss": style}))}]));
        assert_eq!(answer.status, 400, "{style}: {}", answer.text());
        let message = answer.message();
        assert!(message.contains(told) && message.ends_with(" cannot be drawn by this server"), "{style}: {message}");
    }
    for style in [
        "#l { line-smooth: 0; line-width: 1; }",
        "\u{feff}#l { marker-width: 5; }",
        "\u{feff}#l { marker-width: ramp([cartodb_id], (1, 2)); }",
    ] {
        let answer = layers(json!([{"type": "mapnik", "options": options(json!({"cartocss": style}))}]));
        assert_eq!(answer.status, 200, "{style}: {}", answer.text());
    }
    // An exponent of 0 fills what is touched, and nothing else.
    let square = "SELECT 1 AS cartodb_id, ST_MakeEnvelope(0, 0, 5000000, 5000000, 3857) AS the_geom_webmercator";
    let seen = |gamma: &str| {
        let cartocss = format!("#l {{ polygon-fill: red; {gamma} }}");
        pixels(
            &json!({"layers": [{"type": "mapnik", "options": options(json!({"sql": square, "cartocss": cartocss}))}]}),
            "",
        )
    };
    assert_eq!(seen("polygon-gamma: 0;"), seen(""));
}

#[test]
fn every_absence_has_its_sentence() {
    for (method, uri, word) in [
        ("GET", "/user/demo/api/v2/viz/0a1b/viz.json", "viz.json"),
        ("GET", "/user/demo/api/v1/synchronizations", "Synchronization API"),
        ("POST", "/user/demo/api/v1/map/named", "named maps"),
        ("POST", "/user/demo/api/v1/map/named/nope", "Template 'nope' of user 'demo' not found"),
        ("GET", "/user/demo/api/v1/map/named/nope/0/0/0.png", "named maps"),
        ("GET", "/user/demo/api/v1/map/static/named/nope/200/200.png", "named maps"),
        ("GET", "/user/demo/api/v1/nope", "no such API"),
        ("DELETE", "/user/demo/api/v1/map", "no such address"),
        ("GET", "/user/demo/api/v1/map/0123456789abcdef0123456789abcdef/nope", "no such address"),
        ("GET", "/nowhere", "nothing at this address"),
    ] {
        let answer = send(method, uri, &[], Vec::new());
        assert_eq!(
            (answer.status, &answer.headers["content-type"] == "application/json; charset=utf-8"),
            (404, true),
            "{uri}"
        );
        assert!(answer.message().contains(word), "{method} {uri}: {}", answer.text());
        assert_eq!(answer.json()["errors_with_context"][0]["message"], answer.json()["errors"][0], "{uri}");
    }
    let script = get("/user/demo/api/v2/viz/0a1b/viz.json?callback=f");
    assert!(script.status == 200 && script.text().contains("f({\"errors\":"), "{}", script.text());
}

#[test]
fn names_of_users_have_no_case() {
    let map =
        json!({"layers": [{"type": "mapnik", "options": options(json!({"sql": "SELECT * FROM populated_places"}))}]});
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let answer = send("POST", "/user/Demo/api/v1/map", &headers, map.to_string().into_bytes());
    assert_eq!((answer.status, answer.headers["carto-user"].to_str().unwrap()), (200, "demo"), "{}", answer.text());
    let id = answer.json()["layergroupid"].as_str().unwrap().to_owned();
    assert_eq!(get(&format!("/user/DEMO/api/v1/map/{id}/0/0/0.png")).status, 200);
    assert_eq!(get("/user/DEMO/api/v2/sql?q=SELECT%20count(*)%20FROM%20Demo.populated_places").status, 200);
}

#[test]
fn complaints_of_the_database_are_told_as_they_are() {
    for sql in [
        "SELECT $1",
        "SELECT $1::geometry AS the_geom_webmercator",
        "SELECT * FROM populated_places WHERE pop > $2",
        "SELECT 1 / 0 AS a",
        "SELECT 'x'::int",
    ] {
        let map = json!({"layers": [{"type": "mapnik", "options": options(json!({"sql": sql}))}]});
        let answers = [
            instantiate(&map, "default_public"),
            instantiate(&crate::support::map_over(sql), "default_public"),
            get(&format!(
                "/user/demo/api/v2/sql?q={}",
                form_urlencoded::byte_serialize(sql.as_bytes()).collect::<String>()
            )),
        ];
        for answer in answers {
            assert!(
                answer.status == 400 && !answer.text().contains("reachable"),
                "{sql}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
}
