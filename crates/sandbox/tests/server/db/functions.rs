//! CARTO's functions in SQL, with what they give on real servers.

use crate::sql_api::statements::{MASTER, query};
use crate::support::{get, layergroup, map_over};
use serde_json::{Value, json};

fn value(expression: &str) -> Value {
    let answer = query(&format!("SELECT {expression} AS v"), "default_public");
    assert_eq!(answer.status, 200, "{expression}: {}", answer.text());
    answer.json()["rows"][0]["v"].clone()
}

#[test]
fn values_are_those_of_real_servers() {
    let list = "ARRAY[0.99,1.0,1.01,4.99,5.01,NULL,10.01,10.01,15.01,14.99,20.1,19.9]::numeric[]";
    let hundred = "(SELECT array_agg(x::numeric) FROM generate_series(0, 99) x)";
    let odd = "(SELECT array_agg(x::numeric) FROM generate_series(1, 300) x WHERE x % 5 <> 0 AND x % 7 <> 0)";
    let mercator =
        |geometry: &str| format!("ST_AsEWKT(ST_SnapToGrid(CDB_TransformToWebmercator('SRID=4326;{geometry}'), 1))");
    for (expression, expected) in [
        ("ST_AsText(CDB_LatLng(40, -3))".to_owned(), json!("POINT(-3 40)")),
        ("ST_SRID(cartodb.CDB_LatLng(40.5, -3.5))".to_owned(), json!(4326)),
        ("round(CDB_XYZ_Resolution(2)::numeric, 4)".to_owned(), json!(39135.7585)),
        ("round(ST_YMin(CDB_XYZ_Extent(1, 3, 2)))".to_owned(), json!(-20037508)),
        ("CDB_ZoomFromScale(139770566.007)".to_owned(), json!(2)),
        ("CDB_ZoomFromScale(700000000)".to_owned(), json!(null)),
        (format!("CDB_QuantileBins({hundred}, 10)"), json!([9, 19, 29, 39, 49, 59, 69, 79, 89, 99])),
        (format!("CDB_JenksBins({list}, 5)"), json!([1.01, 5.01, 10.01, 15.01, 20.1])),
        (format!("CDB_JenksBins({list}, 5, 0, true)"), json!([0.99, 4.99, 10.01, 14.99, 19.9])),
        ("CDB_JenksBins(ARRAY[0.99, 1.0, 10.01, 10.01]::numeric[], 4)".to_owned(), json!([0.99, 1.0, 10.01])),
        (
            format!("(SELECT array_agg(round(b, 2)) FROM unnest(CDB_EqualIntervalBins({odd}, 3)) b)"),
            json!([100.33, 199.67, 299.0]),
        ),
        (
            "(SELECT array_agg(round(b, 2)) FROM unnest(CDB_HeadsTailsBins((SELECT array_agg(x::numeric) FROM \
             generate_series(1, 100) x WHERE x % 5 <> 0 AND x % 7 <> 0), 7)) b)"
                .to_owned(),
            json!([49.56, 74.44, 87.5, 93.5, 96.5, 98.0, 99.0]),
        ),
        ("(SELECT CDB_Math_Mode(a) FROM unnest(ARRAY[1, 2, 2, 3]) a)".to_owned(), json!(2)),
        ("(SELECT CDB_Math_Mode(a) FROM unnest(ARRAY['y', 'x']) a)".to_owned(), json!("x")),
        ("CDB_DateToNumber('1999-01-08 00:00:00'::timestamp)".to_owned(), json!(915753600)),
        ("CDB_DateToNumber('1999-01-08 00:00:00+05'::timestamptz)".to_owned(), json!(915735600)),
        ("CDB_StringToDate('2020-01-02')".to_owned(), json!("2020-01-02T00:00:00Z")),
        ("CDB_StringToDate('2020-13-45')".to_owned(), json!(null)),
        (mercator("LINESTRING(90 90, 0 80)"), json!("SRID=3857;LINESTRING(9016879 30240972,0 15538711)")),
        (mercator("POINT(0 90)"), json!(null)),
        (mercator("MULTIPOINT(10 3, 0 90)"), json!("SRID=3857;MULTIPOINT(1113195 334111)")),
        ("(SELECT count(*) FROM CDB_HexagonGrid(ST_MakeEnvelope(0, 0, 1000, 1000, 3857), 10))".to_owned(), json!(3886)),
        (
            "(SELECT count(*) FROM CDB_RectangleGrid(ST_MakeEnvelope(0, 0, 1000, 1000, 3857), 10, 10))".to_owned(),
            json!(10000),
        ),
        (
            "ST_AsText(CDB_MakeHexagon(ST_MakePoint(0, 0), 10), 1)".to_owned(),
            json!("POLYGON((-10 0,-5 8.7,5 8.7,10 0,5 -8.7,-5 -8.7,-10 0))"),
        ),
        (
            "ST_AsText(CDB_Great_Circle(CDB_LatLng(10, 170), CDB_LatLng(12, -170), 2000000), 0)".to_owned(),
            json!("MULTILINESTRING((170 10,180 11,180 11),(-180 11,-170 12))"),
        ),
        (
            "(SELECT array_agg(s) FROM CDB_QueryStatements(';;SELECT '';''; -- a;b\nSELECT $x$;$x$ ;') s)".to_owned(),
            json!(["SELECT ';'", "SELECT $x$;$x$"]),
        ),
    ] {
        assert_eq!(value(&expression), expected, "{expression}");
    }
    for (expression, words) in [
        ("CDB_HexagonGrid(ST_MakeEnvelope(0, 0, 1000, 1000, 3857), 1)", "The requested grid is too big to be rendered"),
        ("CDB_RectangleGrid(ST_MakeEnvelope(0, 0, 9, 9), 1, 1, ST_SetSRID(ST_MakePoint(0, 0), 4326))", "SRID mismatch"),
        ("CDB_RectangleGrid(ST_MakeEnvelope(0, 0, 9, 9), 0, 1)", "greater than 0"),
    ] {
        let refused = query(&format!("SELECT {expression}"), "default_public");
        assert!(refused.status == 400 && refused.text().contains(words), "{expression}: {}", refused.text());
    }
}

#[test]
fn cells_of_a_grid_share_their_sides() {
    let sql = "WITH g AS (SELECT row_number() OVER () AS n, g FROM CDB_HexagonGrid(ST_MakeEnvelope(10, 10, 20, 20), 2) g)
               SELECT count(*) FILTER (WHERE ST_Overlaps(a.g, b.g)) AS over, count(*) FILTER (WHERE ST_Touches(a.g, b.g)) AS touching,
                      (SELECT count(*) FROM g WHERE ST_Intersects(ST_Centroid(g), ST_MakeEnvelope(10, 10, 20, 20))) AS inside
                 FROM g a JOIN g b ON a.n < b.n";
    assert_eq!(query(sql, "default_public").json()["rows"], json!([{"over": 0, "touching": 16, "inside": 9}]));
}

#[test]
fn maps_draw_what_functions_give() {
    let sql = "SELECT row_number() OVER () AS cartodb_id, g AS the_geom_webmercator, ST_Transform(g, 4326) AS the_geom
                 FROM CDB_HexagonGrid(ST_Expand(!bbox!, CDB_XYZ_Resolution(0) * 10), CDB_XYZ_Resolution(CDB_ZoomFromScale(!scale_denominator!)) * 40) g";
    let mut map = map_over(sql);
    map["layers"][0]["options"]["cartocss"] = json!("#l { polygon-fill: #f00; }");
    let id = layergroup(&map, "default_public");
    let tile = get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.png"));
    assert!(tile.status == 200 && tile.body.len() > 100, "{}", tile.text());
}

#[test]
fn tables_are_told_to_those_who_may_read_them() {
    let tables = |perm: &str, key: &str| -> Vec<String> {
        let rows = query(&format!("SELECT CDB_UserTables({perm}) AS t"), key).json()["rows"].clone();
        rows.as_array().into_iter().flatten().filter_map(|row| row["t"].as_str().map(str::to_owned)).collect()
    };
    let (own, public) = (tables("", MASTER), tables("'all'", "default_public"));
    assert!(own.contains(&"private_places".to_owned()) && own.contains(&"populated_places".to_owned()), "{own:?}");
    assert!(
        !public.contains(&"private_places".to_owned()) && public.contains(&"populated_places".to_owned()),
        "{public:?}"
    );
    assert!(tables("'private'", MASTER).contains(&"private_places".to_owned()));
    assert!(!tables("'public'", MASTER).contains(&"private_places".to_owned()));
    assert_eq!(tables("'other'", MASTER), Vec::<String>::new());
    let columns = |table: &str, key: &str| query(&format!("SELECT CDB_ColumnNames('{table}') AS c"), key);
    for table in ["populated_places", "public.populated_places", "demo.populated_places"] {
        assert!(columns(table, "default_public").text().contains("\"the_geom_webmercator\""), "{table}");
    }
    for table in ["private_places", "demo.private_places", "pg_catalog.pg_class", "sandbox.api_keys", "nothing"] {
        let refused = columns(table, "default_public");
        assert_eq!(refused.json()["error"], json!([format!("relation \"{table}\" does not exist")]));
    }
    assert_eq!(value("CDB_ColumnType('populated_places', 'name')"), "text");
    assert_eq!(value("CDB_ColumnType('populated_places', 'the_geom')"), "geometry");
    assert_eq!(value("CDB_ColumnType('populated_places', 'nothing')"), json!(null));
    let sql = "CDB_QueryTablesText('SELECT * FROM populated_places p, (SELECT 1 FROM public.world_borders) w JOIN private_places ON true')";
    assert_eq!(value(sql), json!(["public.populated_places", "public.world_borders"]));
}

#[test]
fn functions_that_are_not_there_are_told_with_the_page() {
    let answer = query("SELECT CDB_Geocode_Street_Point('x')", "default_public");
    let error = answer.json()["error"][0].as_str().unwrap_or_default().to_owned();
    assert!(
        answer.status == 400 && error.contains("cdb_geocode_street_point") && error.contains("docs/sql.md"),
        "{error}"
    );
    let map = crate::support::instantiate(&map_over("SELECT cdb_nope(1), * FROM populated_places"), "default_public");
    assert!(map.status == 400 && map.text().contains("docs/sql.md"), "{}", map.text());
    // One that is there says what is wrong in the words of the database.
    let answer = query("SELECT CDB_LatLng('a', 1)", "default_public");
    assert!(answer.text().contains("invalid input syntax"), "{}", answer.text());
}

#[test]
fn datasets_are_made_of_tables() {
    for (number, (made, call)) in [
        ("name text, lon float8", "CDB_CartodbfyTable('fied_0')"),
        ("cartodb_id int, the_geom geometry(Point, 4326)", "cdb_cartodbfytable('demo', 'fied_1')"),
        ("cartodb_id text, the_geom text", "CDB_CartodbfyTable('public', 'fied_2')"),
        ("cartodb_id int, geom geometry(Point, 3857)", "cartodb.CDB_CartodbfyTable('public.fied_3')"),
        ("id int PRIMARY KEY, the_geom_webmercator geometry(Geometry, 3857)", "CDB_CartodbfyTable('fied_4'::regclass)"),
    ]
    .into_iter()
    .enumerate()
    {
        let table = format!("fied_{number}");
        let values = match number {
            0 => "('a', 1), ('b', 2)",
            1 => "(7, 'SRID=4326;POINT(90 0)'), (8, NULL)",
            2 => "('5', 'SRID=4326;POINT(90 0)'), ('6', '')",
            // The same number twice names no row.
            3 => "(1, 'SRID=3857;POINT(10018754.17 0)'), (1, NULL)",
            _ => "(1, 'SRID=3857;POINT(10018754.17 0)'), (2, NULL)",
        };
        let script =
            format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({made}); INSERT INTO {table} VALUES {values}");
        assert_eq!(query(&script, MASTER).status, 200, "{script}");
        // Twice: the second time changes nothing.
        for _ in 0..2 {
            let done = query(&format!("SELECT {call} AS t"), MASTER);
            assert_eq!(done.json()["rows"], json!([{"t": table}]), "{call}: {}", done.text());
        }
        let sql = format!(
            "SELECT count(*) AS n, count(DISTINCT cartodb_id) AS ids, max(round(ST_X(the_geom)::numeric, 3)) AS x,
                    max(round(ST_X(the_geom_webmercator))) AS m FROM {table}"
        );
        let (x, m) = if number == 0 { (json!(null), json!(null)) } else { (json!(90), json!(10018754)) };
        assert_eq!(query(&sql, MASTER).json()["rows"], json!([{"n": 2, "ids": 2, "x": x, "m": m}]), "{table}");
        // New rows are numbered, and drawn.
        if number != 4 {
            let insert = format!(
                "INSERT INTO {table} (the_geom) VALUES ('SRID=4326;POINT(-90 0)') RETURNING cartodb_id > 0 AS n, round(ST_X(the_geom_webmercator)) AS m"
            );
            assert_eq!(query(&insert, MASTER).json()["rows"], json!([{"n": true, "m": -10018754}]), "{table}");
        }
        assert!(query(&format!("SELECT CDB_CartodbfyTable('{table}')"), "default_public").status >= 400);
        assert_eq!(query(&format!("DROP TABLE {table}"), MASTER).status, 200);
    }
    for (call, words) in [
        ("CDB_CartodbfyTable('nothing')", "relation \\\"nothing\\\" does not exist"),
        ("CDB_CartodbfyTable('victim', 'secret')", "does not exist"),
        ("CDB_CartodbfyTable('pg_catalog.pg_class')", "does not exist"),
        ("CDB_CartodbfyTable('a; DROP TABLE cities')", "is not a valid identifier"),
    ] {
        let refused = query(&format!("SELECT {call}"), MASTER);
        assert!(refused.status == 400 && refused.text().contains(words), "{call}: {}", refused.text());
    }
}
