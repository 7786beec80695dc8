//! Which answers are sent compressed, and that they are the same.

use crate::sql_api::statements::MASTER;
use crate::support::{Answer, layergroup, map_over, send};
use std::io::Read;

fn ask(method: &str, uri: &str, encodings: Option<&str>) -> Answer {
    let encodings = encodings.map(|encodings| ("accept-encoding".to_owned(), encodings.to_owned()));
    send(method, uri, encodings.as_slice(), Vec::new())
}

fn encoding(answer: &Answer) -> Option<&str> {
    answer.headers.get("content-encoding").map(|name| name.to_str().unwrap())
}

fn varies_with_encoding(answer: &Answer) -> bool {
    answer.headers.get_all("vary").iter().filter(|value| *value == "accept-encoding").count() == 1
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    match encoding(answer) {
        Some("gzip") => flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_end(&mut bytes).unwrap(),
        Some("br") => brotli::Decompressor::new(answer.body.as_slice(), 4096).read_to_end(&mut bytes).unwrap(),
        other => panic!("{other:?}"),
    };
    bytes
}

#[test]
fn data_is_sent_compressed_to_those_who_read_it() {
    let id = layergroup(&map_over("SELECT * FROM populated_places"), "default_public");
    let map = format!("/user/demo/api/v1/map/{id}");
    let rows = "/user/demo/api/v2/sql?q=SELECT+cartodb_id,+name,+the_geom+FROM+populated_places+LIMIT+1000";
    for uri in [
        format!("{map}/0/0/0/0.grid.json"),
        format!("{map}/0/0/0/0.grid.json?callback=show"),
        format!("{map}/0/0/0.mvt"),
        format!("{rows}&format=csv"),
        format!("{rows}&format=geojson"),
    ] {
        let plain = ask("GET", &uri, None);
        assert!(plain.status == 200 && encoding(&plain).is_none() && varies_with_encoding(&plain), "{uri}");
        for (asked, given) in [("gzip", "gzip"), ("gzip, deflate, br, zstd", "br")] {
            let answer = ask("GET", &uri, Some(asked));
            assert_eq!((answer.status, encoding(&answer)), (200, Some(given)), "{uri}: {asked}");
            assert!(unpacked(&answer) == plain.body && answer.body.len() < plain.body.len(), "{uri}: {asked}");
            assert!(varies_with_encoding(&answer) && answer.headers["vary"] == "Authorization", "{uri}: {asked}");
            assert!(!answer.headers.contains_key("content-length"), "{uri}: {asked}");
            assert_eq!(answer.headers["access-control-allow-origin"], "*");
        }
    }
}

#[test]
fn clients_choose_the_encoding() {
    let rows = "/user/demo/api/v2/sql?q=SELECT+cartodb_id,+name+FROM+populated_places+LIMIT+100";
    for (asked, given) in [
        ("br;q=0.5, gzip", Some("gzip")),
        ("br;q=0, gzip;q=0.1", Some("gzip")),
        ("*", Some("br")),
        ("", None),
        ("identity", None),
        ("deflate", None),
        ("gzip;q=0", None),
        ("nonsense", None),
    ] {
        let answer = ask("GET", rows, Some(asked));
        assert_eq!((answer.status, encoding(&answer)), (200, given), "{asked}");
    }
    let head = ask("HEAD", rows, Some("gzip"));
    assert_eq!((head.status, encoding(&head)), (200, Some("gzip")));
}

#[test]
fn images_small_answers_and_keys_are_sent_as_they_are() {
    let id = layergroup(&map_over("SELECT * FROM populated_places"), "default_public");
    let map = format!("/user/demo/api/v1/map/{id}");
    let errors = format!("/user/demo/api/v3/api_keys/{}?api_key={MASTER}", "x".repeat(3_000));
    for uri in [
        format!("{map}/0/0/0.png"),
        format!("{map}/static/center/0/0/0/300/300.jpg"),
        format!("{map}/dataview/n"),
        format!("/user/demo/api/v3/api_keys?per_page=100&api_key={MASTER}"),
        errors,
        "/health".to_owned(),
    ] {
        let answer = ask("GET", &uri, Some("gzip, br"));
        assert!(encoding(&answer).is_none() && !varies_with_encoding(&answer), "{uri}");
    }
}
