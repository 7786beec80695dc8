//! Layers of type `http`: tiles of another server in images of this one.

use crate::render::tiles::decode;
use crate::support::{get, layergroup, tile_host};
use serde_json::{Value, json};

/// A map of tiles of another server below a point.
fn map(path: &str) -> Value {
    let point = "SELECT 1 AS cartodb_id, ST_SetSRID(ST_MakePoint(0, 0), 3857) AS the_geom_webmercator";
    json!({"layers": [
        {"type": "http", "options": {"urlTemplate": format!("http://{}/{path}", tile_host()), "subdomains": ["a"]}},
        {"type": "mapnik", "options": {"sql": point, "cartocss": "#l { marker-width: 40; marker-fill: #00f; }", "cartocss_version": "2.3.0"}},
    ]})
}

#[test]
fn tiles_of_others_are_below_and_above() {
    let id = layergroup(&map("{z}/{x}/{y}.png"), "default_public");
    let tile = |path: &str| {
        let answer = get(&format!("/user/demo/api/v1/map/{id}/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        decode(&answer.body)
    };
    // The host paints column and row of a tile in red and green.
    let both = tile("all/1/1/0.png");
    assert_eq!((both.at(200, 20), both.at(2, 253)), ([100, 0, 50, 255], [0, 0, 255, 255]));
    assert_eq!(tile("0/1/0/1.png").at(200, 200), [0, 100, 50, 255]);
    assert_eq!(tile("mapnik/1/1/0.png").at(200, 20), [0, 0, 0, 0]);
    assert_eq!(tile("1/1/1/0.png").at(200, 20), [0, 0, 0, 0]);
    let above = tile("1,0/1/1/0.png");
    assert_eq!(above.at(2, 253), [100, 0, 50, 255]);
    let large = tile("1/1/0@2x.png");
    assert_eq!((large.side, large.at(400, 40)), (512, [0, 0, 0, 0]), "without layers, it is the server's own");
}

#[test]
fn static_images_have_tiles_of_others() {
    let id = layergroup(&map("{z}/{x}/{y}.png"), "default_public");
    let image = |place: &str| {
        let answer = get(&format!("/user/demo/api/v1/map/static/center/{id}/{place}"));
        assert_eq!(answer.status, 200, "{place}: {}", answer.text());
        decode(&answer.body)
    };
    let middle = image("1/0/0/400/400.png");
    let corners = [(10, 10), (390, 10), (10, 390), (390, 390)].map(|(x, y)| middle.at(x, y));
    assert_eq!(corners, [[0, 0, 50, 255], [100, 0, 50, 255], [0, 100, 50, 255], [100, 100, 50, 255]]);
    assert_eq!(middle.at(200, 200), [0, 0, 255, 255]);
    // Tiles leave no gap where they meet, and the world goes round.
    let odd = image("1/3.3/179.7/333/333.png");
    assert!(odd.pixels.iter().all(|pixel| pixel[3] == 255));
    let answer = get(&format!("/user/demo/api/v1/map/static/center/{id}/10/0/0/4000/4000.png"));
    assert!(answer.status == 400 && answer.message().contains("at most 100 tiles"), "{}", answer.text());
    let photo = layergroup(&map("photo/{z}/{x}/{y}.jpg"), "default_public");
    let photo = decode(&get(&format!("/user/demo/api/v1/map/{photo}/0/0/0/0.png")).body).at(128, 128);
    assert!(photo[3] == 255 && photo[0] > 250, "{photo:?}");
}

#[test]
fn what_cannot_be_fetched_is_said() {
    let why = |path: &str| {
        let id = layergroup(&map(path), "default_public");
        let answer = get(&format!("/user/demo/api/v1/map/{id}/all/0/0/0.png"));
        assert_eq!(
            (answer.status, get(&format!("/user/demo/api/v1/map/{id}/0/0/0.png")).status),
            (400, 200),
            "{}",
            answer.text()
        );
        answer.message()
    };
    let none = why("none/{z}/{x}/{y}.png?key=sesame");
    assert!(none.ends_with("its host answers 404") && !none.contains("sesame"), "{none}");
    assert!(why("text/{z}/{x}/{y}.png").contains("neither a PNG nor a JPEG"));
    assert!(why("away/{z}/{x}/{y}.png").ends_with("its host answers 302"));
    let mut foreign = map("");
    for address in
        ["http://169.254.169.254/{z}/{x}/{y}", "file:///etc/passwd", "http://{s}.example.com/{z}/{x}/{y}.png"]
    {
        foreign["layers"][0]["options"]["urlTemplate"] = address.into();
        let id = layergroup(&foreign, "default_public");
        let answer = get(&format!("/user/demo/api/v1/map/static/center/{id}/0/0/0/256/256.png"));
        assert!(
            answer.status == 400 && answer.message().contains("layer http-layer0 cannot be drawn"),
            "{}",
            answer.text()
        );
    }
}
