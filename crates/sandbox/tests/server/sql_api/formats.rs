//! Forms, scripts, `COPY` and formats of the SQL API.

use crate::sql_api::statements::{MASTER, query};
use crate::support::{Answer, get, send};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn error(answer: &Answer) -> String {
    answer.json()["error"][0].as_str().unwrap_or_default().to_owned()
}

#[test]
fn forms_of_pages_are_read() {
    let body = "--xyz\r\ncontent-disposition: form-data; name=\"q\"\r\n\r\nSELECT 2 as n\r\n--xyz--\r\n";
    let headers = [("content-type".to_owned(), "multipart/form-data; boundary=xyz".to_owned())];
    let answer = send("POST", "/user/demo/api/v2/sql", &headers, body.into());
    assert_eq!((answer.status, &answer.json()["rows"]), (200, &json!([{"n": 2}])));
    let broken = send("POST", "/user/demo/api/v2/sql", &headers, "--abc".into());
    assert!(broken.status == 400 && error(&broken).starts_with("Invalid form"), "{}", broken.text());
}

#[test]
fn statements_of_one_request_are_one_transaction() {
    let answer = get("/user/demo/api/v2/sql?q=SELECT+1;+SELECT+2+as+b");
    assert_eq!((answer.status, &answer.json()["rows"]), (200, &json!([{"b": 2}])));
    assert_eq!(answer.headers["cache-control"], "no-cache,max-age=31536000,must-revalidate,public");
    let script = "BEGIN; DROP TABLE IF EXISTS scripted; CREATE TABLE scripted (a int, b text); \
                  INSERT INTO scripted VALUES (1, 'x;y'), (2, 'z'); COMMIT; SELECT a, b FROM scripted ORDER BY a;";
    let answer = query(script, MASTER);
    assert_eq!(answer.json()["rows"], json!([{"a": 1, "b": "x;y"}, {"a": 2, "b": "z"}]), "{}", answer.text());
    let answer = query("UPDATE scripted SET a = a + 1; DELETE FROM scripted WHERE a = 3 RETURNING b", MASTER).json();
    assert_eq!((&answer["rows"], answer["total_rows"].as_u64()), (&json!([{"b": "z"}]), Some(1)), "{answer}");
    // What fails takes back what was done before it.
    assert_eq!(query("DELETE FROM scripted; SELECT 1/0", MASTER).status, 400);
    assert_eq!(query("SELECT count(*) FROM scripted", MASTER).json()["rows"], json!([{"count": 1}]));
    // Each one is looked at.
    for (script, key, status) in [
        ("SELECT 1; SET ROLE postgres", MASTER, 403),
        ("DELETE FROM scripted; SELECT set_config('role', 'postgres', false)", MASTER, 403),
        ("SELECT 1; DELETE FROM scripted", "default_public", 403),
        ("DELETE FROM scripted; ROLLBACK; SELECT 1", MASTER, 403),
        ("SELECT 1; SELECT * FROM private_places", "default_public", 403),
    ] {
        let refused = query(script, key);
        assert_eq!(refused.status, status, "{script}: {}", refused.text());
    }
    assert_eq!(query("SELECT count(*) FROM scripted", MASTER).json()["rows"], json!([{"count": 1}]));
    assert_eq!(query("DROP TABLE scripted", MASTER).json()["rows"], json!([]));
}

#[test]
fn the_guard_lets_the_database_decide() {
    for (sql, expected) in [
        ("SELECT (ST_Dump(ST_GeomFromText('MULTIPOINT(1 2,3 4)'))).path[1] AS a LIMIT 1", json!({"a": 1})),
        ("SELECT count(*) AS a FROM (SELECT (ST_Dump(ST_GeomFromText('MULTIPOINT(1 2,3 4)'))).*) d", json!({"a": 2})),
        ("SELECT (x).* FROM (SELECT ROW(1, 2)::record) y(x) LIMIT 0; SELECT 1 AS a", json!({"a": 1})),
        ("SELECT 2 BETWEEN SYMMETRIC 3 AND 1 AS a", json!({"a": true})),
        ("SELECT b AS a FROM ROWS FROM (generate_series(1, 1), generate_series(5, 5)) AS f(c, b)", json!({"a": 5})),
        ("SELECT format('%s-%s', VARIADIC ARRAY['x', 'y']) AS a", json!({"a": "x-y"})),
        (
            "SELECT sum(n) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS a FROM generate_series(1, 2) n ORDER BY n DESC LIMIT 1",
            json!({"a": 1}),
        ),
        ("SELECT xmlelement(name b, 'c')::text AS a", json!({"a": "<b>c</b>"})),
    ] {
        let answer = query(sql, "default_public");
        assert_eq!(answer.json()["rows"][0], expected, "{sql}: {}", answer.text());
    }
    let map = crate::support::map_over(
        "SELECT cartodb_id, the_geom_webmercator, (ST_Dump(the_geom)).* FROM populated_places",
    );
    let id = crate::support::layergroup(&map, "default_public");
    assert_eq!(get(&format!("/user/demo/api/v1/map/{id}/dataview/n")).json()["result"], 5000);
    // What is refused says why.
    let unread = query("ALTER TABLE cities INHERIT shops", MASTER);
    let place = "cannot be read by the sandbox: it stops at line 1, column 20";
    assert!(unread.status == 400 && error(&unread).contains(place), "{}", unread.text());
    let parameter = query("SELECT $1 AS a", "default_public");
    assert_eq!((parameter.status, error(&parameter).as_str()), (400, "there is no parameter $1"));
}

#[test]
fn csv_begins_with_the_geometry() {
    let csv = get(
        "/user/demo/api/v2/sql?format=csv&q=select+cartodb_id,+name||';'+AS+name,+the_geom+from+populated_places+order+by+1+limit+1",
    );
    let text = csv.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "the_geom,cartodb_id,name");
    assert!(lines[1].starts_with("0101000020E6100000") && lines[1].ends_with(",1,\"Place 0001;\""), "{text}");
}

#[test]
fn features_are_written_for_other_programs() {
    let sql = "SELECT cartodb_id, name, pop, opened, the_geom FROM populated_places ORDER BY cartodb_id LIMIT 2";
    let of = |format: &str| get(&format!("/user/demo/api/v2/sql?format={format}&q={}", encode(sql)));
    let saved = |answer: &Answer| answer.headers["content-disposition"].to_str().unwrap_or_default().to_owned();
    let shp = of("shp");
    assert_eq!((shp.status, saved(&shp).as_str()), (200, "attachment; filename=cartodb-query.zip"), "{}", shp.text());
    let mut archive = zip::ZipArchive::new(Cursor::new(shp.body)).unwrap();
    let mut part = |ending: &str| {
        let mut bytes = Vec::new();
        archive.by_name(&format!("cartodb_query.{ending}")).unwrap().read_to_end(&mut bytes).unwrap();
        Cursor::new(bytes)
    };
    let (shapes, table) = (part("shp"), part("dbf"));
    let mut reader = shapefile::Reader::new(
        shapefile::ShapeReader::new(shapes).unwrap(),
        shapefile::dbase::Reader::new(table).unwrap(),
    );
    let features = reader.read().unwrap();
    assert_eq!(features.len(), 2);
    assert_eq!(features[0].1.get("name").map(ToString::to_string).as_deref(), Some("Character(Some(\"Place 0001\"))"));
    let package = of("gpkg");
    assert_eq!((package.status, saved(&package).as_str()), (200, "attachment; filename=cartodb-query.gpkg"));
    assert!(package.body.starts_with(b"SQLite format 3\0"));
    // As recorded, but for what changes in each answer.
    for case in ["sql-24-svg", "sql-29-kml"] {
        let recorded: Value = serde_json::from_str(
            &std::fs::read_to_string(crate::support::wire().join(format!("{case}.json"))).unwrap(),
        )
        .unwrap();
        let q = &recorded["request"]["query"];
        let uri = format!(
            "/user/demo/api/v2/sql?format={}&q={}",
            q["format"].as_str().unwrap(),
            encode(q["q"].as_str().unwrap())
        );
        let answer = get(&uri);
        assert_eq!(answer.text(), recorded["response"]["body"].as_str().unwrap(), "{case}");
        assert_eq!(answer.headers["content-type"], recorded["response"]["headers"]["content-type"].as_str().unwrap());
    }
    let mixed = "SELECT CDB_LatLng(1, 2) AS the_geom UNION ALL SELECT ST_MakeLine(CDB_LatLng(1, 2), CDB_LatLng(3, 4))";
    let refused = get(&format!("/user/demo/api/v2/sql?format=shp&q={}", encode(mixed)));
    assert!(refused.status == 400 && error(&refused).contains("one kind"), "{}", refused.text());
    // Collections, curves and surfaces are written as their parts.
    for (geometry, expected) in [
        (
            "GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(MULTIPOINT(3 4,5 6)))",
            "<MultiGeometry><Point><coordinates>1,2</coordinates></Point><Point><coordinates>3,4</coordinates></Point><Point><coordinates>5,6</coordinates></Point></MultiGeometry>",
        ),
        ("TIN(((0 0,0 1,1 1,0 0)))", "<MultiGeometry><Polygon>"),
        ("CIRCULARSTRING(0 0,1 1,2 0)", "<MultiGeometry><LineString>"),
        ("GEOMETRYCOLLECTION EMPTY", "  <Placemark>\n  </Placemark>"),
    ] {
        let sql = format!("SELECT ST_GeomFromText('{geometry}', 4326) AS the_geom");
        let answer = get(&format!("/user/demo/api/v2/sql?format=kml&q={}", encode(&sql)));
        assert!(answer.status == 200 && answer.text().contains(expected), "{geometry}: {}", answer.text());
    }
    for format in ["kml", "svg", "shp", "gpkg"] {
        let none = get(&format!("/user/demo/api/v2/sql?format={format}&q=SELECT+1+AS+a"));
        assert_eq!((none.status, error(&none).as_str()), (400, "column \"the_geom\" does not exist"), "{format}");
        let empty = get(&format!(
            "/user/demo/api/v2/sql?format={format}&q={}",
            encode("SELECT the_geom FROM populated_places LIMIT 0")
        ));
        assert_eq!(empty.status, 200, "{format}: {}", empty.text());
    }
}

fn copy_from(statement: &str, key: &str, packing: Option<&str>, body: Vec<u8>) -> Answer {
    let uri = format!("/user/demo/api/v2/sql/copyfrom?q={}&api_key={key}", encode(statement));
    let headers: Vec<_> =
        packing.map(|packing| ("content-encoding".to_owned(), packing.to_owned())).into_iter().collect();
    send("POST", &uri, &headers, body)
}

#[test]
fn rows_go_in_and_out_by_copy() {
    assert_eq!(query("DROP TABLE IF EXISTS copied; CREATE TABLE copied (a int, b text)", MASTER).status, 200);
    let done = copy_from(
        "COPY copied (a, b) FROM STDIN WITH (FORMAT csv, HEADER true)",
        MASTER,
        None,
        b"a,b\n1,x\n2,\"y,z\"\n".to_vec(),
    );
    assert_eq!((done.status, done.json()["total_rows"].as_u64()), (200, Some(2)), "{}", done.text());
    // More than one piece, packed.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for n in 3..20_003 {
        writeln!(packed, "{n}\trow {n}").unwrap();
    }
    let done = copy_from("COPY public.copied FROM STDIN", MASTER, Some("gzip"), packed.finish().unwrap());
    assert_eq!((done.status, done.json()["total_rows"].as_u64()), (200, Some(20_000)), "{}", done.text());
    let out = |key: &str, headers: &[(String, String)]| {
        let sql = "COPY (SELECT a, b FROM public.copied WHERE a < 3 ORDER BY a) TO STDOUT WITH (FORMAT csv)";
        send(
            "GET",
            &format!("/user/demo/api/v2/sql/copyto?q={}&api_key={key}&filename=a.csv", encode(sql)),
            headers,
            Vec::new(),
        )
    };
    let plain = out(MASTER, &[]);
    assert_eq!((plain.status, plain.text().as_str()), (200, "1,x\n2,\"y,z\"\n"));
    assert_eq!(plain.headers["content-disposition"], "attachment; filename=a.csv");
    let packed = out(MASTER, &[("accept-encoding".into(), "gzip, deflate".into())]);
    assert_eq!(packed.headers["content-encoding"], "gzip");
    let mut text = String::new();
    GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
    // Rights, statements, rows that are none; nothing is kept of those.
    assert_eq!(out("default_public", &[]).status, 403);
    for (statement, key, packing, body, status) in [
        ("COPY copied FROM STDIN", "default_public", None, "9\tx\n", 403),
        ("COPY copied FROM '/etc/passwd'", MASTER, None, "", 400),
        ("COPY copied FROM PROGRAM 'id'", MASTER, None, "", 400),
        ("COPY pg_authid TO STDOUT", MASTER, None, "", 403),
        ("SELECT 1", MASTER, None, "", 400),
        ("COPY copied FROM STDIN", MASTER, None, "7\tx\nno number\ty\n", 400),
        ("COPY copied FROM STDIN", MASTER, Some("gzip"), "7\tx\n", 400),
        ("COPY copied FROM STDIN", MASTER, Some("br"), "7\tx\n", 415),
        ("COPY private_places FROM STDIN", "default_public", None, "", 403),
    ] {
        let refused = copy_from(statement, key, packing, body.into());
        assert_eq!(refused.status, status, "{statement}: {}", refused.text());
    }
    assert_eq!(
        query("SELECT count(*) AS n, max(a) AS a FROM copied", MASTER).json()["rows"],
        json!([{"n": 20002, "a": 20002}])
    );
    assert_eq!(query("DROP TABLE copied", MASTER).status, 200);
    let job = send("POST", "/user/demo/api/v2/sql/job", &[], b"{}".to_vec());
    assert!(job.status == 501 && error(&job).contains("batch jobs"), "{}", job.text());
}
