//! Paths and what they lead to.

use super::*;
use crate::http::rate_limits::PARTS;

fn maps(path: &str) -> Option<MapsRoute> {
    match Target::parse(&format!("/user/demo/api/v1/map{path}"))?.route {
        Route::Maps(route) => Some(route),
        _ => None,
    }
}

#[test]
fn users_are_found_in_the_path() {
    let of = |path: &str| Target::parse(path).map(|target| (target.user, target.root));
    let user = |user: &str, root: &str| Some((Some(user.to_owned()), root.to_owned()));
    assert_eq!(of("/user/demo/api/v1/map"), user("demo", "/user/demo"));
    assert_eq!(of("/demo/api/v1/map/x/0/0/0.png"), user("demo", "/demo"));
    assert_eq!(of("/user/d%65mo/api/v2/sql"), user("demo", "/user/d%65mo"));
    assert_eq!(of("/api/v3/api_keys/a%2Fb/token/regenerate"), Some((None, String::new())));
    for path in [
        "/",
        "/health",
        "/user/demo",
        "/user/demo/api/v1/nope",
        "/user/demo/api/v1/maps",
        "/a/b/c/api/v1/map",
        "/user//api/v1/map",
        "//api/v1/map",
    ] {
        assert_eq!(of(path), None, "{path}");
    }
    let long = |letters: usize| of(&format!("/user/{}/api/v1/map", "x".repeat(letters)));
    assert!(long(LONGEST_NAME).is_some() && long(LONGEST_NAME + 1).is_none());
}

#[test]
fn paths_have_their_route_and_part() {
    let of_map = |route| MapsRoute::Map(MapToken { id: "a".into(), version: 1 }, route);
    let tile = |layers: Option<&str>, y: &str, format: &str| {
        let (z, x) = ("2".into(), "3".into());
        of_map(MapRoute::Tile(TileRoute { layers: layers.map(text), z, x, y: y.into(), format: format.into() }))
    };
    let size = |format: &str| StaticSize { width: "5".into(), height: "6".into(), format: format.into() };
    let center = |format| {
        let (zoom, lat, lng) = ("1".into(), "-2.5".into(), "3".into());
        of_map(MapRoute::StaticCenter { zoom, lat, lng, size: size(format) })
    };
    let bounds = of_map(MapRoute::StaticBounds { bounds: "1,2,3,4".into(), size: size("jpg") });
    let attributes = of_map(MapRoute::Attributes { layer: "0".into(), feature: "7".into() });
    let cluster = of_map(MapRoute::Cluster { layer: "0".into(), zoom: "4".into(), feature: "7".into() });
    let unknown = |token: Option<&str>, part| MapsRoute::Unknown { token: token.map(MapToken::parse), part };
    let named = |template: &str| MapsRoute::Named { template: template.into() };
    let table = [
        ("", MapsRoute::Instantiation, "anonymous"),
        ("/", MapsRoute::Instantiation, "anonymous"),
        ("/a:1/2/3/4.png", tile(None, "4", "png"), "tile"),
        ("/a%3A1/2/3/4@2x.png", tile(None, "4@2x", "png"), "tile"),
        ("/a:1/0%2C1/2/3/4.grid.json", tile(Some("0,1"), "4", "grid.json"), "tile"),
        ("/a:1/all/2/3/4.mvt", tile(Some("all"), "4", "mvt"), "tile"),
        ("/a:1/2/3/4", tile(None, "4", ""), "tile"),
        ("/a:1/dataview/d", of_map(MapRoute::Dataview("d".into())), "dataview"),
        ("/a:1/dataview/d%2F/search", of_map(MapRoute::DataviewSearch("d/".into())), "dataview_search"),
        ("/a:1/dataview", unknown(Some("a:1"), "dataview"), "dataview"),
        ("/a:1/analysis/node/n", of_map(MapRoute::AnalysisNode("n".into())), "analysis"),
        ("/a:1/analysis", unknown(Some("a:1"), "analysis"), "analysis"),
        ("/a:1/0/attributes/7", attributes, "attributes"),
        ("/a:1/0/4/cluster/7", cluster, "cluster"),
        ("/static/center/a:1/1/-2.5/3/5/6.png", center("png"), "static"),
        ("/static/center/a:1/1/-2.5/3/5/6", center(""), "static"),
        ("/static/bbox/a:1/1,2,3,4/5/6.jpg", bounds, "static"),
        ("/static/named/a/5/6.jpg", named("a"), "anonymous"),
        ("/named/a", named("a"), "anonymous"),
        ("/named/a/0/0/0.png", named("a"), "anonymous"),
        ("/named", named(""), "anonymous"),
        ("/static", unknown(None, "static"), "static"),
        ("/a:1", unknown(Some("a:1"), "tile"), "tile"),
        ("/a:1/", unknown(Some("a:1"), "tile"), "tile"),
        ("/a:1/0/1/2/3/4.png", unknown(Some("a:1"), "tile"), "tile"),
    ];
    for (path, route, part) in table {
        assert_eq!(maps(path), Some(route.clone()), "{path}");
        assert_eq!(Route::Maps(route).part(), part, "{path}");
        assert!(PARTS.contains(&part), "{part}");
    }
}

#[test]
fn other_services_have_routes() {
    let table = [
        ("/u/api/v2/sql", Route::Sql(SqlRoute::Statement), "query"),
        ("/u/api/v1/sql", Route::Sql(SqlRoute::Statement), "query"),
        ("/u/api/v2/sql/job/1", Route::Sql(SqlRoute::Job), "query"),
        ("/u/api/v2/sql/copyfrom", Route::Sql(SqlRoute::CopyFrom), "query"),
        ("/u/api/v2/sql/copyto", Route::Sql(SqlRoute::CopyTo), "query"),
        ("/u/api/v2/sql/nope", Route::Sql(SqlRoute::Unknown), "query"),
        ("/u/api/v3/api_keys", Route::ApiKeys(ApiKeysRoute::List), "auth"),
        ("/u/api/v3/api_keys/a%20b", Route::ApiKeys(ApiKeysRoute::Key("a b".into())), "auth"),
        ("/u/api/v3/api_keys/a/token/regenerate", Route::ApiKeys(ApiKeysRoute::Regenerate("a".into())), "auth"),
        ("/u/api/v3/api_keys/a/token", Route::ApiKeys(ApiKeysRoute::Unknown), "auth"),
        ("/u/api/v4/datasets", Route::Datasets(DatasetsRoute::List), "auth"),
        ("/u/api/v4/datasets/a", Route::Datasets(DatasetsRoute::Unknown), "auth"),
        ("/u/api/v1/viz/", Route::Datasets(DatasetsRoute::Visualizations), "auth"),
        ("/u/api/v1/viz/a", Route::Datasets(DatasetsRoute::Visualization("a".into())), "auth"),
        ("/u/api/v1/tables/a/", Route::Datasets(DatasetsRoute::Table("a".into())), "auth"),
        ("/u/api/v1/tables", Route::Datasets(DatasetsRoute::Unknown), "auth"),
        ("/u/api/v1/imports/", Route::Imports(ImportsRoute::List), "import"),
        ("/u/api/v1/imports/a-b", Route::Imports(ImportsRoute::Import("a-b".into())), "import"),
        ("/u/api/v1/imports/a/b", Route::Imports(ImportsRoute::Unknown), "import"),
    ];
    for (path, route, part) in table {
        let found = Target::parse(path).map(|target| target.route);
        assert_eq!(found, Some(route.clone()), "{path}");
        assert_eq!((route.part(), PARTS.contains(&part)), (part, true), "{path}");
    }
}

#[test]
fn maps_are_named_with_their_version() {
    let token = |path| maps(path).and_then(|route| route.token().cloned()).map(|token| (token.id, token.version));
    assert_eq!(token("/a:1577934246000/0/0/0.png"), Some(("a".to_owned(), 1_577_934_246_000)));
    assert_eq!(token("/a/0/0/0.png"), Some(("a".to_owned(), 0)));
    assert_eq!(token("/a:b/0/0/0.png"), Some(("a".to_owned(), 0)));
    assert_eq!(token(""), None);
    assert!(maps("/a/0/0/0.mvt").is_some_and(|route| route.is_vector_tile()));
    assert!(maps("/a/0/0/0.png").is_some_and(|route| !route.is_vector_tile()));
}
