//! What strangers send to be parsed and drawn: nothing of it ends the process, takes a core for long, or all memory.

use crate::support::{Answer, DRAWING_TIMEOUT, assert_whole, get, instantiate, layergroup, runtime, sandbox, send};
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use carto_sandbox::http;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// Builds for tests are slow, and tests run side by side.
const PATIENCE: Duration = Duration::from_secs(30);

fn styled(sql: &str, cartocss: &str) -> Value {
    json!({"layers": [{"type": "mapnik", "options": {"sql": sql, "cartocss": cartocss, "cartocss_version": "2.1.0",
        "interactivity": ["cartodb_id"]}}]})
}

const PLACES: &str = "SELECT * FROM populated_places";

/// The message with which a style is refused, however it is sent.
fn refusal(cartocss: &str) -> String {
    let begin = Instant::now();
    let map = styled(PLACES, cartocss);
    let posted = instantiate(&map, "default_public");
    assert_eq!(posted.status, 400, "{}", posted.text());
    let config: String = form_urlencoded::byte_serialize(map.to_string().as_bytes()).collect();
    if config.len() < 60_000 {
        let got = get(&format!("/user/demo/api/v1/map?config={config}"));
        assert_eq!((got.status, got.message()), (400, posted.message()));
    }
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    posted.message()
}

fn list(count: usize, column: &str) -> String {
    (0..count).map(|number| format!("[{column}={number}]")).collect::<Vec<_>>().join(",")
}

#[test]
fn styles_that_nest_or_multiply_are_refused_with_their_line() {
    for (cartocss, line, why) in [
        (format!("#layer{{marker-width:{}1;}}", "1+".repeat(3_100)), 1, "more than 128 operators"),
        (format!("#layer{{\nmarker-width:{}1;}}", "1*".repeat(40_000)), 2, "more than 128 operators"),
        (format!("#layer{{\nmarker-width:{}1{};}}", "(".repeat(20_000), ")".repeat(20_000)), 2, "nested too deeply"),
        (
            format!("#layer{{\nmarker-fill:{}1{};}}", "lighten(".repeat(5_000), ")".repeat(5_000)),
            2,
            "nested too deeply",
        ),
        (format!("{}{}", "#a{".repeat(20_000), "}".repeat(20_000)), 1, "Rules are nested too deeply"),
        (
            format!("#a{{\n{0}{{{0}{{{0}{{{0}{{marker-width:1;}}}}}}}}}}", list(30, "pop_max")),
            2,
            "more than 20000 rules",
        ),
        ((0..1_500).map(|n| format!("#a[name=~'.*{n}.*']{{marker-width:1;}}\n")).collect(), 201, "200 patterns"),
    ] {
        let message = refusal(&cartocss);
        assert!(message.starts_with(&format!("style0:{line}:")) && message.contains(why), "{message}");
    }
    let nested = format!("#a{{marker-width:{}[pop_max]{};}}", "ramp(".repeat(5_000), ")".repeat(5_000));
    assert!(refusal(&nested).starts_with("style0:1:"));
    let ramps =
        (0..80).map(|n| format!("#a[b={n}]{{marker-width:ramp([pop_max],(1,2,3),jenks);}}\n")).collect::<String>();
    assert!(refusal(&ramps).contains("a style may have 64 ramps"));
    assert_whole();
}

fn svg(contents: &str) -> String {
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'>{contents}</svg>");
    format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(svg))
}

#[test]
fn pictures_that_take_long_are_refused_with_a_reason() {
    for (contents, why) in [
        (
            "<filter id='f'><feTurbulence numOctaves='2000' baseFrequency='0.5'/></filter>
             <rect width='99' height='99' filter='url(#f)'/>"
                .to_owned(),
            "filters of SVG are not drawn",
        ),
        ("<style>rect{filter:blur(900px)}</style><rect width='99' height='99'/>".into(), "filters of SVG are not drawn"),
        (
            "<pattern id='p' width='1e9' height='1e9' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern>
             <rect width='99' height='99' fill='url(#p)'/>"
                .into(),
            "patterns of SVG are not drawn",
        ),
        ("<rect width='9' height='9'/>".repeat(1_900) + &"<g>".repeat(90) + &"</g>".repeat(90), "too many elements"),
        ("<path d='M0 0h1e6' stroke='red' stroke-dasharray='1e-3'/>".into(), "too many elements"),
    ] {
        for file in ["marker-file", "polygon-pattern-file"] {
            let message = refusal(&format!("#l {{ {file}: url('{}'); }}", svg(&contents)));
            assert!(message.starts_with("style0: the picture data:image/svg+xml") && message.contains(why), "{message}");
        }
    }
    assert_whole();
}

#[test]
fn markers_and_lines_of_any_size_are_drawn_in_time() {
    let picture = svg("<rect width='99' height='99'/>");
    let line = "SELECT 1 AS cartodb_id, 'word' AS name, ST_SetSRID(ST_MakeLine(ARRAY(SELECT ST_MakePoint((i % 2) * 2e7 - 1e7, i * 1e3) \
                FROM generate_series(0, 4000) AS i)), 3857) AS the_geom_webmercator";
    for css in [
        "marker-width: 1e9; marker-height: 1e9; marker-allow-overlap: true;".to_owned(),
        format!("marker-file: url('{picture}'); marker-width: 1e9; marker-allow-overlap: true;"),
        "line-dasharray: 0.0001; line-width: 1e9; line-offset: -1e9;".into(),
        "marker-placement: line; marker-spacing: 0.0001; marker-allow-overlap: true;".into(),
        "text-name: [name]; text-face-name: 'x'; text-placement: line; text-spacing: 0.001; text-size: 900;".into(),
    ] {
        let id = layergroup(&styled(line, &format!("#l {{ {css} }}")), "default_public");
        for place in ["0/0/0/0.png", "0/0/0/0.grid.json", "0/5/16/15.png"] {
            let begin = Instant::now();
            let answer = get(&format!("/user/demo/api/v1/map/{id}/{place}"));
            assert!([200, 429].contains(&answer.status), "{css}: {}", answer.text());
            assert!(begin.elapsed() < PATIENCE, "{css} {place}: {:?}", begin.elapsed());
        }
    }
    assert_whole();
}

/// A map whose tiles take much longer than they may.
fn slow_map() -> String {
    let patterns = (0..190).map(|n| format!("[name =~ '(a+a+)+b{n}'] {{ marker-width: {n}; }}")).collect::<String>();
    let sql = "SELECT cartodb_id, the_geom_webmercator, repeat('a', 8000) AS name FROM populated_places LIMIT 50";
    layergroup(&styled(sql, &format!("#l {{ marker-width: 1; {patterns} }}")), "default_public")
}

#[test]
fn drawing_has_a_deadline_and_ends_when_the_client_leaves() {
    let id = slow_map();
    for place in ["0/0/0/0.png", "0/0/0/0.grid.json"] {
        let begin = Instant::now();
        let answer = get(&format!("/user/demo/api/v1/map/{id}/{place}"));
        assert_eq!(answer.status, 429, "{}", answer.text());
        let context = &answer.json()["errors_with_context"][0];
        assert_eq!((&context["type"], &context["subtype"]), (&json!("limit"), &json!("render")));
        assert!(begin.elapsed() < DRAWING_TIMEOUT + PATIENCE);
    }
    // Many clients ask and leave. All places would be taken for minutes.
    runtime().block_on(async {
        let leaving = (0..20).map(|_| {
            let uri = format!("/user/demo/api/v1/map/{id}/0/0/0/0.png");
            tokio::spawn(async move {
                let request = Request::get(uri).header("host", "127.0.0.1:18182").body(Body::empty()).unwrap();
                tokio::time::timeout(Duration::from_millis(700), http::router(sandbox().clone()).oneshot(request)).await
            })
        });
        for one in leaving.collect::<Vec<_>>() {
            let _ = one.await;
        }
    });
    let plain = layergroup(&styled(PLACES, "#l { marker-width: 3; }"), "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{plain}/0/0/0/0.png"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_whole();
}

#[test]
fn static_images_have_a_size_and_wait_for_each_other() {
    let id = layergroup(&styled(PLACES, "#l { marker-width: 3; } Map { background-color: red; }"), "default_public");
    let place = |side: u32| format!("/user/demo/api/v1/map/static/center/{id}/1/0/0/{side}/{side}.png");
    for side in [8192, 4097, 0] {
        let answer = get(&place(side));
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.message().starts_with("Invalid size for a static map"), "{}", answer.message());
    }
    let statuses: Vec<u16> = runtime().block_on(async {
        let all: Vec<_> = (0..6)
            .map(|_| {
                let request = Request::get(place(2048)).header("host", "127.0.0.1:18182").body(Body::empty()).unwrap();
                tokio::spawn(async move { http::router(sandbox().clone()).oneshot(request).await.unwrap().status() })
            })
            .collect();
        let mut statuses = Vec::new();
        for one in all {
            statuses.push(one.await.unwrap().as_u16());
        }
        statuses
    });
    assert!(statuses.iter().all(|status| [200, 429, 503].contains(status)), "{statuses:?}");
    assert_whole();
}

#[test]
fn maps_have_a_size() {
    let layer = styled(PLACES, "#l { marker-width: 3; }")["layers"][0].clone();
    let many = |count: usize| instantiate(&json!({ "layers": vec![layer.clone(); count] }), "default_public");
    let answer = many(400);
    assert_eq!((answer.status, answer.message().as_str()), (400, "A map may have 200 layers; this one has 400"));
    let id = layergroup(&json!({ "layers": [layer] }), "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{id}/{}/0/0/0.png", vec!["0"; 3_000].join(",")));
    assert_eq!((answer.status, answer.message().as_str()), (400, "Invalid layer filtering"));
}

/// A map that unpacks to three megabytes of space, as the parameter `lzma` has it.
const THREE_MEGABYTES: &str = include_str!("three-megabytes.lzma.txt");

fn post(body: Vec<u8>) -> Answer {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    send("POST", "/user/demo/api/v1/map", &headers, body)
}

fn packed(config: &[u8]) -> String {
    let mut lzma = Vec::new();
    lzma_rs::lzma_compress(&mut &config[..], &mut lzma).unwrap();
    let signed: Vec<u8> = lzma.iter().map(|byte| byte ^ 0x80).collect();
    form_urlencoded::byte_serialize(BASE64_STANDARD.encode(signed).as_bytes()).collect()
}

#[test]
fn nested_maps_and_parameters_are_refused() {
    for unit in ["[", "{\"layers\":", "{\"layers\":[", "{\"a\":[[[["] {
        for count in [100, 200, 10_000, 10_000_000 / unit.len()] {
            let nested = unit.repeat(count);
            let answer = post(nested.clone().into_bytes());
            assert!([400, 413].contains(&answer.status), "{}", answer.text());
            if count < 10_000 {
                let text: String = form_urlencoded::byte_serialize(nested.as_bytes()).collect();
                assert_eq!(get(&format!("/user/demo/api/v1/map?config={text}")).status, 400);
                let answer = get(&format!("/user/demo/api/v1/map?lzma={}", packed(nested.as_bytes())));
                assert_eq!(answer.status, 400, "{}", answer.text());
            }
        }
    }
    let lzma: String = form_urlencoded::byte_serialize(THREE_MEGABYTES.trim().as_bytes()).collect();
    let answer = get(&format!("/user/demo/api/v1/map?lzma={lzma}"));
    assert_eq!(answer.status, 400);
    let map = json!({
        "layers": [], "analyses": [{"id": "S", "type": "source", "params": {"query": PLACES}}],
        "dataviews": {"n": {"type": "formula", "source": {"id": "S"}, "options": {"column": "cartodb_id", "operation": "count"}}}
    });
    let id = layergroup(&map, "default_public");
    let coordinates =
        |depth: usize| format!("{{\"type\":\"Polygon\",\"coordinates\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let collections = |depth: usize| {
        let open = "{\"type\":\"GeometryCollection\",\"geometries\":[".repeat(depth);
        format!("{{\"type\":\"Polygon\",\"geometries\":[{open}{}]}}", "]}".repeat(depth))
    };
    for (name, value) in [
        ("polygon", coordinates(3)),
        ("polygon", coordinates(100)),
        ("polygon", coordinates(9_000)),
        ("polygon", collections(60)),
        ("polygon", collections(400)),
        ("circle", "[".repeat(19_000)),
        ("circle", "{\"lat\":1e308,\"lng\":1e308,\"radius\":1e308}".into()),
        ("bbox", "1,".repeat(10_000)),
        ("bbox", "1e308,-1e308,1e308,1e308".into()),
        ("filters", "{\"dataviews\":".repeat(2_000)),
    ] {
        let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/n?{name}={value}"));
        assert!([200, 400, 429].contains(&answer.status), "{name}: {}", answer.text());
    }
    assert_whole();
}

#[test]
fn nested_geometries_of_queries_end_nothing() {
    let nested = |depth: usize, open: &str, inner: &str, close: &str| {
        format!("repeat('{open}', {depth}) || '{inner}' || repeat('{close}', {depth})")
    };
    let (collection, point) = ("0107000000010000000", "0101000000");
    let binary = |depth: usize| {
        format!("decode(repeat('{}', {depth}) || '{point}' || repeat('0', 32), 'hex')", &collection[..18])
    };
    for depth in [10, 150, 100_000] {
        for text in [
            format!("ST_GeomFromText({})", nested(depth, "GEOMETRYCOLLECTION(", "POINT(1 2)", ")")),
            format!(
                "ST_GeomFromGeoJSON({})",
                nested(depth, "{\"type\":\"GeometryCollection\",\"geometries\":[", "", "]}")
            ),
            format!("ST_GeomFromWKB({})", binary(depth)),
        ] {
            let sql = format!("SELECT 1 AS cartodb_id, ST_SetSRID({text}, 3857) AS the_geom_webmercator");
            let map = instantiate(&styled(&sql, "#l { marker-width: 3; line-width: 1; }"), "default_public");
            if map.status == 200 {
                let id = map.json()["layergroupid"].as_str().unwrap().to_owned();
                for place in ["0/0/0/0.png", "0/0/0/0.mvt", "0/0/0/0.grid.json"] {
                    let status = get(&format!("/user/demo/api/v1/map/{id}/{place}")).status;
                    assert!((200..504).contains(&status), "{depth} {place}: {status}");
                }
            }
        }
    }
    assert_whole();
}
