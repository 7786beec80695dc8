//! `public` in front of a table's name is the schema of the user, in every API.

use crate::sql_api::statements::{MASTER, query};
use crate::support::{get, instantiate, layergroup, map_over, send};
use serde_json::json;

#[test]
fn tables_of_the_user_are_found_behind_public() {
    for sql in [
        "SELECT count(*) AS n FROM public.populated_places",
        "SELECT count(*) AS n FROM \"public\".\"populated_places\"",
        "SELECT count(public.populated_places.name) AS n FROM PUBLIC . populated_places",
        "WITH p AS (SELECT * FROM public.populated_places) SELECT count(*) AS n FROM p",
    ] {
        assert_eq!(query(sql, "default_public").json()["rows"], json!([{"n": 5000}]), "{sql}");
    }
    // What is no schema stays what it is, and so do texts.
    let sql =
        "SELECT public.name || ' of public.cities' AS a FROM populated_places AS public ORDER BY cartodb_id LIMIT 1";
    assert_eq!(query(sql, "default_public").json()["rows"][0]["a"], "Place 0001 of public.cities");
    let sql =
        "SELECT public.ST_AsText(public.ST_Point(1, 2)) AS a, (SELECT count(*) > 100 FROM public.spatial_ref_sys) AS b";
    assert_eq!(query(sql, "default_public").json()["rows"], json!([{"a": "POINT(1 2)", "b": true}]));
    // Rights are those to the table.
    let refused = query("SELECT * FROM public.private_places", "default_public");
    assert_eq!(refused.json()["error"], json!(["permission denied for table private_places"]));
}

#[test]
fn maps_draw_tables_behind_public() {
    let id = layergroup(&map_over("SELECT * FROM public.populated_places"), "default_public");
    assert_eq!(get(&format!("/user/demo/api/v1/map/{id}/dataview/n")).json()["result"], 5000);
    for format in ["png", "mvt", "grid.json"] {
        let tile = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.{format}"));
        assert!(tile.status == 200 && tile.body.len() > 100, "{format}: {}", tile.text());
    }
    let private = instantiate(&map_over("SELECT * FROM public.private_places"), "default_public");
    assert_eq!(private.status, 403, "{}", private.text());
}

#[test]
fn writes_go_into_the_schema_of_the_user() {
    for sql in [
        "DROP TABLE IF EXISTS public.behind_public",
        "CREATE TABLE public.behind_public (cartodb_id serial PRIMARY KEY, name text, the_geom public.geometry(Point, 4326), the_geom_webmercator geometry)",
        "CREATE INDEX ON public.behind_public (name)",
        "INSERT INTO public.behind_public (name) VALUES ('public.a')",
        "ALTER TABLE public.behind_public ADD COLUMN size int",
    ] {
        let done = query(sql, MASTER);
        assert_eq!(done.status, 200, "{sql}: {}", done.text());
    }
    let map = || {
        instantiate(&map_over("SELECT * FROM public.behind_public"), MASTER).json()["layergroupid"]
            .as_str()
            .map(str::to_owned)
    };
    let before = map();
    assert_eq!(query("UPDATE public.behind_public SET size = 1", MASTER).json()["total_rows"], 1);
    assert!(before.is_some() && before != map(), "a map over a changed table has another id");
    assert_eq!(query("SELECT name FROM behind_public", MASTER).json()["rows"], json!([{"name": "public.a"}]));
    // A key may be granted the table by the same name.
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let keys = format!("/user/demo/api/v3/api_keys?api_key={MASTER}");
    let key = format!("/user/demo/api/v3/api_keys/behind-public?api_key={MASTER}");
    send("DELETE", &key, &[], Vec::new());
    let grants = json!([{"type": "apis", "apis": ["sql"]}, {"type": "database", "tables":
        [{"schema": "public", "name": "behind_public", "permissions": ["select"]}]}]);
    let made =
        send("POST", &keys, &headers, json!({"name": "behind-public", "grants": grants}).to_string().into_bytes());
    let token = made.json()["token"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned();
    assert_eq!(query("SELECT name FROM public.behind_public", &token).status, 200);
    assert_eq!(query("DELETE FROM public.behind_public", &token).status, 403);
    send("DELETE", &key, &[], Vec::new());
    assert_eq!(query("DROP TABLE public.behind_public", MASTER).status, 200);
}
