//! The program's commands: users, keys, imports, settings.

use crate::lifecycle::{Running, request_at};
use crate::support::{config, program};
use serde_json::Value;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).arg("--data-dir").arg(config("sandbox-commands").data_dir);
    command
}

/// What the program prints when all goes well.
fn done(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What it complains of.
fn refused(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn write(name: &str, content: &[u8]) -> String {
    let file = directory().join(name);
    fs::write(&file, content).unwrap();
    file.to_str().unwrap().to_owned()
}

/// A shapefile of two areas in UTM zone 27, zipped.
fn zipped_shapefile() -> Vec<u8> {
    use shapefile::dbase::{FieldName, Record, TableWriterBuilder};
    use shapefile::{Point, Polygon, PolygonRing};
    let (mut shapes, mut table) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    let name = FieldName::try_from("NAME").unwrap();
    let records = TableWriterBuilder::new().add_character_field(name, 20).build_with_dest(&mut table);
    let mut writer = shapefile::Writer::new(shapefile::ShapeWriter::new(&mut shapes), records);
    for (index, text) in ["one", "two"].into_iter().enumerate() {
        let (west, south) = (500_000.0 + 1e4 * index as f64, 7_000_000.0);
        let ring = [(0.0, 0.0), (0.0, 5e3), (5e3, 5e3), (5e3, 0.0), (0.0, 0.0)];
        let ring = ring.map(|(x, y)| Point::new(west + x, south + y)).to_vec();
        let mut record = Record::default();
        record.insert("NAME".into(), text.to_owned().into());
        writer.write_shape_and_record(&Polygon::new(PolygonRing::Outer(ring)), &record).unwrap();
    }
    drop(writer);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let projection = br#"PROJCS["WGS_1984_UTM_Zone_27N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-21.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
    let projection = projection.to_vec();
    for (name, content) in
        [("a/areas.shp", shapes.into_inner()), ("a/areas.dbf", table.into_inner()), ("a/areas.prj", projection)]
    {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A GeoPackage with a layer of areas, one of which goes down to the pole, and a layer of nothing.
fn geopackage(name: &str) -> String {
    let file = directory().join(name);
    let _ = fs::remove_file(&file);
    let package = rusqlite::Connection::open(&file).unwrap();
    let area = |south: f64| {
        let mut bytes = b"GP\x00\x01\xe6\x10\x00\x00".to_vec();
        bytes.extend([1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
        for (x, y) in [(-60.0, south), (60.0, south), (60.0, -50.0), (-60.0, -50.0), (-60.0, south)] {
            bytes.extend(f64::to_le_bytes(x));
            bytes.extend(f64::to_le_bytes(y));
        }
        bytes
    };
    package
        .execute_batch(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER);
             INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326);
             CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT);
             INSERT INTO gpkg_contents VALUES ('ice', 'features'), ('empty', 'features');
             CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
             INSERT INTO gpkg_geometry_columns VALUES ('ice', 'geom', 4326), ('empty', 'geom', 4326);
             CREATE TABLE empty (fid INTEGER PRIMARY KEY, geom BLOB);
             CREATE TABLE ice (fid INTEGER PRIMARY KEY, geom BLOB, code TEXT, thick DOUBLE, floats BOOLEAN, seen DATE);",
        )
        .unwrap();
    for (south, code) in [(-60.0, "01"), (-90.0, "02")] {
        let row = rusqlite::params![area(south), code, 2.5, true, "2020-02-03"];
        package.execute("INSERT INTO ice (geom, code, thick, floats, seen) VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
    }
    file.to_str().unwrap().to_owned()
}

/// One test, for the embedded database belongs to one process at a time.
#[test]
fn an_operator_gets_from_nothing_to_a_map() {
    fs::create_dir_all(directory()).unwrap();
    if done(&["user", "list"]).contains("cli\t") {
        done(&["user", "delete", "cli", "--with-all-data"]);
    }
    let added = done(&["user", "add", "cli"]);
    let master = added.split("master key ").nth(1).unwrap().trim();
    assert_eq!(master.len(), 40);
    assert!(refused(&["user", "add", "cli"]).contains("There is a user cli already."));
    assert!(refused(&["user", "add", "A b"]).contains("cannot be the name of a user"));
    assert!(refused(&["user", "add", "public"]).contains("it is reserved"));
    assert!(
        refused(&["key", "create", "k", "--user", "cli", "--dataset", "nope:r"])
            .contains("cli has no dataset \"nope\".")
    );
    assert!(refused(&["user", "delete", "cli"]).contains("--with-all-data"));
    assert!(refused(&["user", "delete", "nobody", "--with-all-data"]).contains("There is no user nobody"));

    let help = done(&["import", "--help"]);
    assert!(help.contains("--srid") && help.contains("--data-dir") && !help.contains("--max-connections"), "{help}");
    assert!(done(&["--help"]).contains("--max-connections"));

    let csv = "Name,Lat,Lon,Pop,Since,Zip\nV\u{ed}k,63.41,-19.0,300,1900-01-02,01234\nReykjav\u{ed}k,64.14,-21.9,130000,1786-08-18,00101\nNowhere,,,,,\n";
    let file = write("Places 1.csv", csv.as_bytes());
    assert_eq!(done(&["import", &file, "--user", "cli", "--public"]), "cli.places_1\t3 rows\n");
    assert!(refused(&["import", &file, "--user", "cli"]).contains("--replace"));
    assert!(refused(&["import", &file, "--user", "nobody"]).contains("There is no user nobody"));
    let geojson = r#"{"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[0, 0], [10, 10]]}, "properties": {"cartodb_id": 7, "Length": 1.5, "ok": true}},
        {"type": "Feature", "geometry": null, "properties": {"cartodb_id": 9}}]}"#;
    let lines = write("lines.geojson", geojson.as_bytes());
    assert_eq!(done(&["import", &lines, "--user", "cli", "--table", "ways"]), "cli.ways\t2 rows\n");
    let areas = write("areas.zip", &zipped_shapefile());
    assert_eq!(done(&["import", &areas, "--user", "cli"]), "cli.areas\t2 rows\n");
    let package = geopackage("ice.gpkg");
    assert!(refused(&["import", &package, "--user", "cli", "--table", "a"]).contains("Say --layer NAME."));
    assert!(refused(&["import", &package, "--user", "cli", "--layer", "snow"]).contains("no layer snow: empty, ice."));
    assert_eq!(done(&["import", &package, "--user", "cli"]), "cli.empty\t0 rows\ncli.ice\t2 rows\n");
    assert_eq!(done(&["import", &package, "--user", "cli", "--layer", "ice", "--replace"]), "cli.ice\t2 rows\n");
    // A mistake has a line, and only that row has no place; what cannot be read at all leaves nothing behind.
    let broken = write("broken.csv", b"wkt,a\nPOINT(1 2),1\nPOINT(1),2\n");
    let output = command(&["import", &broken, "--user", "cli"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "cli.broken\t2 rows\n");
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(warnings.contains("Line 3 is kept without a place: "), "{warnings}");
    let odd = write("odd.zip", b"no archive");
    assert!(refused(&["import", &odd, "--user", "cli"]).contains("cannot be read"));
    assert!(done(&["user", "list"]).contains("cli\t6 datasets\t2 keys"));

    let created = done(&["key", "create", "Web page", "--user", "cli", "--dataset", "places_1:r"]);
    let token = created.split("token ").nth(1).unwrap().trim();
    let listed = done(&["key", "list", "--user", "cli"]);
    assert!(listed.contains("Web page\tregular\tmaps+sql\tcli.places_1:select"), "{listed}");
    assert!(!listed.contains(token) && !listed.contains(master));
    assert!(done(&["key", "list", "--user", "cli", "--show"]).contains(token));
    assert!(
        refused(&["key", "create", "x", "--user", "cli", "--dataset", "nope"]).contains("cli has no dataset \"nope\".")
    );
    assert!(refused(&["key", "create", "x", "--user", "cli", "--api", "nope"]).contains("There is no API"));
    // What keys may do outlives a new edition of the dataset.
    assert_eq!(done(&["import", &file, "--user", "cli", "--replace"]), "cli.places_1\t3 rows\n");

    let settings = write("settings.toml", b"listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\nmax_connections = 50\nidle_timeout = 9\npublic_host = [\"*.example.com\"]\ndemo = false\ntimeout = 5\nlog = \"json\"\n[[rate_limits]]\nuser = \"cli\"\npart = \"dataview\"\nrequests = 2\nseconds = 60\n");
    let running = Running::of(&mut command(&["serve", "--config", &settings]));
    let ask = |sql: &str, key: &str| -> Value {
        let query = form_urlencoded::byte_serialize(sql.as_bytes()).collect::<String>();
        let answer = running.request("GET", &format!("/user/cli/api/v2/sql?q={query}&api_key={key}"), "");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    let rows = ask(
        "SELECT cartodb_id, name, pop, since, zip, round(ST_X(the_geom)::numeric, 1)::float8 AS x, round(ST_Y(ST_Transform(the_geom_webmercator, 4326))::numeric, 2)::float8 AS y FROM places_1 ORDER BY 1",
        "default_public",
    );
    let expected = serde_json::json!([
        {"cartodb_id": 1, "name": "V\u{ed}k", "pop": 300, "since": "1900-01-02T00:00:00Z", "zip": "01234", "x": -19, "y": 63.41},
        {"cartodb_id": 2, "name": "Reykjav\u{ed}k", "pop": 130_000, "since": "1786-08-18T00:00:00Z", "zip": "00101", "x": -21.9, "y": 64.14},
        {"cartodb_id": 3, "name": "Nowhere", "pop": null, "since": null, "zip": null, "x": null, "y": null}
    ]);
    assert_eq!(rows["rows"], expected, "{rows}");
    assert_eq!(ask("SELECT count(*) AS n FROM places_1", token)["rows"][0]["n"], 3);
    assert!(ask("SELECT * FROM ways", token)["error"][0].as_str().unwrap().contains("permission denied"));
    let ways = ask("SELECT cartodb_id, length, ok, GeometryType(the_geom) AS shape FROM ways ORDER BY 1", master);
    assert_eq!(
        ways["rows"][0],
        serde_json::json!({"cartodb_id": 7, "length": 1.5, "ok": true, "shape": "MULTILINESTRING"})
    );
    let areas = ask(
        "SELECT name, round(ST_X(ST_Centroid(the_geom))) AS x, round(ST_Y(ST_Centroid(the_geom))) AS y FROM areas ORDER BY 1",
        master,
    );
    assert_eq!(areas["rows"][0], serde_json::json!({"name": "one", "x": -21, "y": 63}), "{areas}");
    let ice = ask(
        "SELECT code, thick, floats, seen, round(ST_YMin(the_geom)) AS south, round(ST_YMin(the_geom_webmercator) / 1e5) AS below FROM ice ORDER BY 1",
        master,
    );
    let expected = serde_json::json!([
        {"code": "01", "thick": 2.5, "floats": true, "seen": "2020-02-03T00:00:00Z", "south": -60, "below": -84},
        {"code": "02", "thick": 2.5, "floats": true, "seen": "2020-02-03T00:00:00Z", "south": -90, "below": -302}
    ]);
    assert_eq!(ice["rows"], expected, "{ice}");
    // A new row gets the next number and a place on the map.
    ask("INSERT INTO ways (the_geom) VALUES (ST_GeomFromText('MULTILINESTRING((0 0, 1 1))', 4326))", master);
    let added = ask("SELECT max(cartodb_id) AS id, count(the_geom_webmercator) AS n FROM ways", master);
    assert_eq!(added["rows"][0], serde_json::json!({"id": 10, "n": 2}));
    let map = r##"{"layers": [{"type": "mapnik", "options": {"sql": "SELECT * FROM places_1", "cartocss": "#l { marker-width: 9; }", "cartocss_version": "2.1.0"}}]}"##;
    let answer = running.request("POST", &format!("/user/cli/api/v1/map?api_key={token}"), map);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    if config("").database_url.is_none() {
        // One process at a time.
        assert!(refused(&["user", "list"]).contains("Another sandbox works"), "the database was not held");
    }
    let limited =
        |path: &str| running.request("GET", &format!("/user/cli/api/v1/map/x:1/dataview/{path}?api_key={token}"), "");
    let header = |answer: &str, name: &str| {
        let line = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.map(|value| value.trim().to_owned())
    };
    let first = limited("a");
    let standing = ["limit", "remaining", "reset"].map(|name| header(&first, &format!("carto-rate-limit-{name}")));
    assert_eq!(standing.map(Option::unwrap), ["2", "1", "30"]);
    assert!(first.starts_with("HTTP/1.1 400"), "{first}");
    limited("a");
    let third = limited("a");
    assert!(third.starts_with("HTTP/1.1 429"), "{third}");
    let wait: u32 = header(&third, "retry-after").unwrap().parse().unwrap();
    assert!((25..=31).contains(&wait), "{wait} seconds");
    assert!(third.contains(r#""subtype":"rate-limit""#) && header(&answer, "carto-rate-limit-limit").is_some());
    // Ids of requests are the client's own, where they are plain.
    assert_eq!(header(&running.request("GET", "/health", ""), "x-request-id").unwrap().len(), 14);
    assert!(running.request("GET", "/health", "").ends_with(r#""ok":true}"#));
    // Those who watch have a listener of their own.
    assert!(running.request("GET", "/metrics", "").starts_with("HTTP/1.1 404"));
    let admin = running.said.iter().find_map(|line| line.strip_prefix("health and metrics on http://")).unwrap();
    assert!(request_at(admin, "GET", "/health", "").ends_with(r#""ok":true}"#));
    assert!(request_at(admin, "GET", "/user/cli/api/v2/sql?q=SELECT+1", "").starts_with("HTTP/1.1 404"));
    let metrics = request_at(admin, "GET", "/metrics", "");
    assert!(metrics.contains("carto_sandbox_connections "), "{metrics}");
    assert!(metrics.contains(r#"carto_sandbox_requests_total{part="dataview",status="429"} 1"#), "{metrics}");
    assert!(metrics.contains(r#"carto_sandbox_requests_total{part="server",status="200"} 2"#), "{metrics}");
    let log = running.end("-TERM");
    let lines = log.lines().map(|line| serde_json::from_str(line).expect(line));
    // What other tests leave in the same database is warned of.
    let lines: Vec<Value> = lines.filter(|line: &Value| line["level"] != "WARN").collect();
    let of = |part: &str| lines.iter().filter(|line| line["part"] == part).count();
    assert_eq!((of("dataview"), of("anonymous"), of("server")), (3, 1, 3), "{log}");
    assert!(
        lines.iter().all(|line| line["request"].is_string() && line["ms"].is_number() && line["status"].is_number())
    );
    assert!(!log.contains(token) && !log.contains(master) && !log.contains("api_key"), "{log}");
    done(&["key", "delete", "Web page", "--user", "cli"]);
    assert!(refused(&["key", "delete", "Web page", "--user", "cli"]).contains("There is no key"));
    done(&["user", "delete", "cli", "--with-all-data"]);
    assert!(!done(&["user", "list"]).contains("cli\t"));
}
