//! The recorded styles: what the server says of them once it has computed their ramps.

use crate::render::tiles::decode;
use crate::support::{get, instantiate, wire};
use serde_json::{Value, json};
use std::fs;

/// Styles that are not told alike, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("heat", "image filters are refused"),
    ("p-field-width", "the recorded server compiles it and then draws features without a value over the whole image"),
    ("p-pattern-svg", "the recorded compiler takes no data URL"),
];

fn numbers_agree(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => {
            let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
            (ours - theirs).abs() <= theirs.abs() * 1e-12
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| numbers_agree(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && theirs.iter().all(|(name, theirs)| ours.get(name).is_some_and(|ours| numbers_agree(ours, theirs)))
        }
        _ => ours == theirs,
    }
}

#[test]
fn styles_are_compiled_as_recorded() {
    let mut failures = Vec::new();
    let mut ramps = 0;
    for entry in fs::read_dir(wire().join("styles")).unwrap() {
        let recorded: Value = serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        let name = recorded["style"].as_str().unwrap();
        if LEFT_OUT.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let map = json!({
            "layers": [{"id": "L1", "type": "mapnik", "options": {
                "cartocss": recorded["cartocss"], "cartocss_version": "2.1.0", "source": {"id": "S1"}}}],
            "analyses": [{"id": "S1", "type": "source", "params": {"query": recorded["sql"]}}]
        });
        let answer = instantiate(&map, "default_public");
        if u64::from(answer.status) != recorded["status"].as_u64().unwrap() {
            failures.push(format!("{name}: {} {}", answer.status, answer.text()));
            continue;
        }
        let body = answer.json();
        let meta = &body["metadata"]["layers"][0]["meta"];
        if meta["cartocss"] != recorded["cartocss_compiled"] {
            failures.push(format!("{name}: {} instead of {}", meta["cartocss"], recorded["cartocss_compiled"]));
        }
        if !numbers_agree(&meta["cartocss_meta"], &recorded["cartocss_meta"]) {
            failures.push(format!("{name}: {} instead of {}", meta["cartocss_meta"], recorded["cartocss_meta"]));
        }
        ramps += usize::from(meta["cartocss_meta"]["rules"].as_array().is_some_and(|rules| !rules.is_empty()));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(ramps, 11);
}

#[test]
fn filters_of_images_are_refused() {
    let style = |css: &str| json!({"layers": [{"type": "mapnik", "options": {"sql": "SELECT * FROM populated_places", "cartocss": css, "cartocss_version": "2.1.0"}}]});
    for (css, column) in [
        ("#l { marker-width: 3; image-filters: blur; }", 27),
        ("#l { marker-width: 3; [zoom > 9] { image-filters: agg-stack-blur(2, 2); } }", 40),
    ] {
        let answer = instantiate(&style(css), "default_public");
        let told = format!("style0:1:{column} image-filters cannot be drawn by this server");
        assert_eq!((answer.status, answer.message()), (400, told));
    }
    assert_eq!(instantiate(&style("#l { marker-width: 3; /* image-filters: blur; */ }"), "default_public").status, 200);
}

#[test]
fn ramps_take_no_sql() {
    let style = |value: &str| {
        json!({"layers": [{"type": "mapnik", "options": {"sql": "SELECT * FROM populated_places",
            "cartocss": format!("#l {{ marker-fill: ramp({value}, (red, blue, green), quantiles(3)); }}"), "cartocss_version": "2.1.0"}}]})
    };
    for column in [r#"[pop"::numeric AS v FROM pg_user--]"#, "[pop) FROM pg_user--]", "[name]", "[the_geom]", "[]"] {
        let answer = instantiate(&style(column), "default_public");
        assert_eq!(answer.status, 400, "{column}: {}", answer.text());
        let message = answer.message();
        let is_of_ramp =
            message.starts_with("Failed to process \"marker-fill\" property") || message.contains("ramp()");
        assert!(is_of_ramp, "{column}: {message}");
    }
    // A source without rows has no classes.
    let mut empty = style("[pop]");
    empty["layers"][0]["options"]["sql"] = "SELECT * FROM populated_places WHERE false".into();
    assert_eq!(instantiate(&empty, "default_public").status, 200);
}

#[test]
fn pictures_are_drawn_from_data_urls_only() {
    let style = |file: &str| json!({"layers": [{"type": "mapnik", "options": {"sql": "SELECT * FROM populated_places", "cartocss": format!("#l {{ marker-file: url({file}); }}"), "cartocss_version": "2.1.0"}}]});
    let svg = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0naHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmcnIHdpZHRoPSc0JyBoZWlnaHQ9JzQnPjxyZWN0IHdpZHRoPSc0JyBoZWlnaHQ9JzQnIGZpbGw9JyNmMDAnLz48L3N2Zz4=";
    let map = instantiate(&style(&format!("'{svg}'")), "default_public");
    assert_eq!(map.status, 200, "{}", map.text());
    let id = map.json()["layergroupid"].as_str().unwrap().to_owned();
    let tile = decode(&get(&format!("/user/demo/api/v1/map/{id}/0/0/0.png")).body);
    assert!(tile.pixels.iter().filter(|pixel| **pixel == [255, 0, 0, 255]).count() > 1000);
    for (file, why) in [
        ("http://example.com/a.svg", "this server fetches no pictures from example.com; send it as a data URL"),
        ("a.svg", "its address is neither a data URL nor one of http or https"),
    ] {
        let answer = instantiate(&style(file), "default_public");
        let message = format!("style0: the picture {file} cannot be drawn: {why}");
        assert_eq!((answer.status, answer.message()), (400, message));
    }
}
