//! Files of the kinds that people have, imported as datasets.

use crate::support::{fresh_user, get, runtime, sandbox};
use carto_sandbox::data::import::{self, Collision, ImportOptions, Report};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

const USER: &str = "files";

/// The master key of the user who has the datasets of these tests.
fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| runtime().block_on(fresh_user(&sandbox().database, USER)).1)
}

fn import_as(name: &str, content: &[u8], wish: ImportOptions) -> Result<Report, String> {
    key();
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("imports");
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join(name);
    std::fs::write(&file, content).unwrap();
    let wish = ImportOptions { user: USER.into(), collision: Collision::Replace, ..wish };
    let imported = runtime().block_on(import::import(&sandbox().database, &file, &wish, |_, _| {}));
    imported.map_err(|error| error.to_string())
}

/// Imports a file that becomes one dataset; its name and the warnings.
fn import(name: &str, content: impl AsRef<[u8]>) -> (String, Vec<String>) {
    let mut report = import_as(name, content.as_ref(), ImportOptions::default()).unwrap();
    assert_eq!(report.tables.len(), 1, "{report:?}");
    (report.tables.remove(0).0, report.warnings)
}

fn refused(name: &str, content: impl AsRef<[u8]>) -> String {
    import_as(name, content.as_ref(), ImportOptions::default()).unwrap_err()
}

/// The rows of a query.
fn rows(sql: &str) -> Value {
    let sql = format!("SELECT coalesce(json_agg(t), '[]')::text FROM ({sql}) AS t");
    let rows = runtime().block_on(sandbox().database.admin_query(&sql, Vec::new())).unwrap();
    serde_json::from_str(rows[0].get(0)).unwrap()
}

/// Names of the columns of a dataset beside those that all have.
fn columns(table: &str) -> Vec<String> {
    let found = rows(&format!(
        "SELECT attname AS name FROM pg_attribute WHERE attrelid = '{USER}.{table}'::regclass AND attnum > 3 AND NOT attisdropped
          ORDER BY attnum"
    ));
    found.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A zipped shapefile of one point in a reference system that is described.
fn point_in(projection: &str, x: f64, y: f64) -> Vec<u8> {
    use shapefile::dbase::{FieldName, Record, TableWriterBuilder};
    let (mut shapes, mut table) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    let records = TableWriterBuilder::new().add_character_field(FieldName::try_from("name").unwrap(), 9);
    let records = records.build_with_dest(&mut table);
    let mut writer = shapefile::Writer::new(shapefile::ShapeWriter::new(&mut shapes), records);
    let mut record = Record::default();
    record.insert("name".into(), "a".to_owned().into());
    writer.write_shape_and_record(&shapefile::Point::new(x, y), &record).unwrap();
    drop(writer);
    zipped(&[
        ("p/here.shp", &shapes.into_inner()),
        ("p/here.dbf", &table.into_inner()),
        ("p/here.prj", projection.as_bytes()),
    ])
}

const NAD83: &str = r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
const BRITISH: &str = r#"PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]"#;
const LAMBERT: &str = r#"PROJCS["RGF93 / Lambert-93",GEOGCS["RGF93",DATUM["Reseau_Geodesique_Francais_1993",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic_2SP"],PARAMETER["standard_parallel_1",49],PARAMETER["standard_parallel_2",44],PARAMETER["latitude_of_origin",46.5],PARAMETER["central_meridian",3],PARAMETER["false_easting",700000],PARAMETER["false_northing",6600000],UNIT["metre",1]]"#;

#[test]
fn columns_and_tables_have_any_name() {
    let names = "id,geom,ordinality,xmin,ctid,User,\"Location (City, Country)\",2020,lat,lon\n";
    let (table, warnings) = import("user.csv", format!("{names}1,round,2,3,4,me,\"Vik, IS\",5,40,3\n"));
    assert_eq!((table.as_str(), warnings.len()), ("user_t", 0));
    let expected =
        ["id", "geom", "ordinality", "_xmin", "_ctid", "_user", "location_city_country_", "_2020", "lat", "lon"];
    assert_eq!(columns("user_t"), expected);
    let row = rows("SELECT id, geom, _xmin, ST_AsText(the_geom) AS at FROM files.user_t");
    assert_eq!(row, json!([{"id": 1, "geom": "round", "_xmin": 3, "at": "POINT(3 40)"}]));
    assert_eq!(import("2000_aridity.csv", "a,lat,lon\n1,2,3\n").0, "table_2000_aridity");
    let feature = r#"{"type":"Feature","properties":{"id":1,"geom":"x","ordinality":2},"geometry":{"type":"Point","coordinates":[1,2]}}"#;
    assert_eq!(import("names.geojson", feature).0, "names");
    assert_eq!(columns("names"), ["id", "geom", "ordinality"]);
}

#[test]
fn reference_systems_are_what_files_describe() {
    for (name, description, x, y, srid) in [
        ("nad83", NAD83, -74.0, 40.7, 4269),
        ("british", BRITISH, 530_000.0, 180_000.0, 27_700),
        ("lambert", LAMBERT, 650_000.0, 6_860_000.0, 2154),
    ] {
        let (table, warnings) = import(&format!("{name}.zip"), point_in(description, x, y));
        assert_eq!((table.as_str(), warnings.len()), (name, 0));
        let distance = rows(&format!(
            "SELECT ST_Distance(the_geom, ST_Transform(ST_SetSRID(ST_MakePoint({x}, {y}), {srid}), 4326)) < 1e-6 AS is_there,
                    ST_Distance(the_geom_webmercator, ST_Transform(the_geom, 3857)) < 1e-3 AS is_drawn FROM files.{table}"
        ));
        assert_eq!(distance, json!([{"is_there": true, "is_drawn": true}]), "{name}");
    }
    assert!(
        refused("odd.zip", point_in("PROJCS[\"Somewhere\"]", 1.0, 2.0))
            .contains("\"Somewhere\" is not understood: --srid")
    );
    let point = |crs: &str| {
        format!(
            r#"{{"type":"FeatureCollection",{crs}"features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Point","coordinates":[440000,4474000]}}}}]}}"#
        )
    };
    assert!(refused("projected.geojson", point("")).contains("--srid"));
    import("projected.geojson", point(r#""crs":{"type":"name","properties":{"name":"EPSG:25830"}},"#));
    let at = rows(
        "SELECT round(ST_X(the_geom)::numeric, 3)::text || ' ' || round(ST_Y(the_geom)::numeric, 3)::text AS at FROM files.projected",
    );
    assert_eq!(at, json!([{"at": "-3.707 40.414"}]));
    // A point that has no place in its system is kept without one.
    let wish = ImportOptions { srid: Some(25_830), ..ImportOptions::default() };
    let report = import_as("metres.csv", b"x,y\n440000,4474000\n1e30,1e30\n440001,4474001\n", wish).unwrap();
    assert!(
        report.warnings.iter().any(|warning| warning.starts_with("Line 3 is kept without a place: ")),
        "{report:?}"
    );
    assert_eq!(
        rows("SELECT count(*) AS rows, count(the_geom) AS places FROM files.metres"),
        json!([{"rows": 3, "places": 2}])
    );
}

#[test]
fn rows_that_are_odd_are_kept_and_told() {
    let (_, warnings) =
        import("odd.csv", "name,lat,lon\na,40.1,-3.5\nb,N/A,N/A\nc,91.5,200\nd,0,0\ne,-999,-999\nf,1,190\n");
    for start in ["Line 3 is kept without a place: latitude N/A", "Line 4 is kept without a place: ", "Line 6 is kept "]
    {
        assert!(warnings.iter().any(|warning| warning.starts_with(start)), "{start}: {warnings:?}");
    }
    let found = rows("SELECT name, lat, ST_AsText(the_geom) AS at FROM files.odd ORDER BY cartodb_id");
    let expected = json!([
        {"name": "a", "lat": 40.1, "at": "POINT(-3.5 40.1)"}, {"name": "b", "lat": null, "at": null},
        {"name": "c", "lat": 91.5, "at": null}, {"name": "d", "lat": 0, "at": "POINT(0 0)"},
        {"name": "e", "lat": -999, "at": null}, {"name": "f", "lat": 1, "at": "POINT(-170 1)"}
    ]);
    assert_eq!(found, expected);
    let (_, warnings) = import("ragged.csv", "name,lat,lon,note\na,40.1,-3.5,x\nb,40.2,-3.6\nc,40.3,-3.7,y,extra\n");
    let starts = ["Line 3 has 3 values for 4 columns", "Line 4 has 5 values for 4 columns"];
    assert!(warnings.iter().zip(starts).all(|(warning, start)| warning.starts_with(start)), "{warnings:?}");
    assert_eq!(
        rows("SELECT count(the_geom) AS n, count(note) AS notes FROM files.ragged"),
        json!([{"n": 3, "notes": 2}])
    );
    let (table, warnings) = import("plain.csv", "a,b\n1,x\n");
    assert!(warnings.iter().any(|warning| warning.contains("no places")), "{table}: {warnings:?}");
}

#[test]
fn numbers_and_dates_are_those_of_the_country() {
    let text = "\u{feff}sep=;\nNombre;Latitud;Longitud;Superficie;Fecha;Hora\nA;40,4168;-3,7038;1.234,5;2020/01/02;2020-01-02 10:20:30 UTC\nB;40,42;-3,70;98,2;2020/3/15;2020-01-02 10:20\n";
    let (_, warnings) = import("parques.csv", text);
    assert_eq!(warnings, Vec::<String>::new());
    let found = rows(
        "SELECT superficie, latitud, fecha AT TIME ZONE 'UTC' AS fecha, hora AT TIME ZONE 'UTC' AS hora, ST_X(the_geom) AS x FROM files.parques ORDER BY 1",
    );
    let expected = json!([
        {"superficie": 98.2, "latitud": 40.42, "fecha": "2020-03-15T00:00:00", "hora": "2020-01-02T10:20:00", "x": -3.7},
        {"superficie": 1234.5, "latitud": 40.4168, "fecha": "2020-01-02T00:00:00", "hora": "2020-01-02T10:20:30", "x": -3.7038}
    ]);
    assert_eq!(found, expected);
    import("latin.csv", b"nom,lat,lon\nH\xf4tel de Ville,48.8566,2.3522\n\xcele,48.85,2.35\n");
    assert_eq!(
        rows("SELECT nom FROM files.latin ORDER BY cartodb_id"),
        json!([{"nom": "H\u{f4}tel de Ville"}, {"nom": "\u{ce}le"}])
    );
    // Signs that COPY gives a meaning.
    import("signs.csv", "a,lat,lon\n\"x\\N\ty\nz\",1,2\n\\N,1,2\n");
    assert_eq!(rows("SELECT a FROM files.signs ORDER BY cartodb_id"), json!([{"a": "x\\N\ty\nz"}, {"a": "\\N"}]));
}

#[test]
fn shapes_end_at_the_edge_of_the_world() {
    let feature = |name: &str, ring: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
        )
    };
    let collection = format!(
        r#"{{"type":"FeatureCollection","features":[{},{}]}}"#,
        feature("fiji", "[[170,-20],[190,-20],[190,-10],[170,-10],[170,-20]]"),
        feature("antarctica", "[[-180,-90],[180,-90],[180,-60],[-180,-60],[-180,-90]]")
    );
    let (_, warnings) = import("beyond.geojson", collection);
    assert_eq!(warnings, Vec::<String>::new());
    let found = rows(
        "SELECT name, ST_NumGeometries(the_geom) AS parts, ST_Area(the_geom) AS area, ST_XMin(the_geom) AS west, ST_XMax(the_geom) AS east,
                round(ST_YMin(the_geom_webmercator) / 1e5) AS south FROM files.beyond ORDER BY cartodb_id",
    );
    let expected = json!([
        {"name": "fiji", "parts": 2, "area": 200, "west": -180, "east": 180, "south": -23},
        {"name": "antarctica", "parts": 1, "area": 10800, "west": -180, "east": 180, "south": -302}
    ]);
    assert_eq!(found, expected);
}

#[test]
fn exports_come_back_as_they_were() {
    let line = |n: u32| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"n{n}","pop":{n}}},"geometry":{{"type":"Point","coordinates":[{n},2]}}}}"#
        )
    };
    let (table, warnings) = import("origin.geojson", format!("{}\n{}\n", line(1), line(2)));
    assert_eq!((table.as_str(), warnings.len()), ("origin", 0));
    for format in ["csv", "geojson"] {
        let answer = get(&format!("/user/{USER}/api/v2/sql?q=SELECT+*+FROM+origin&format={format}&api_key={}", key()));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let (table, warnings) = import(&format!("again_{format}.{format}"), &answer.body);
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(columns(&table), ["name", "pop"], "{format}");
        let same = rows(&format!(
            "SELECT count(*) AS n FROM files.{table} JOIN files.origin o USING (cartodb_id, name, pop) WHERE ST_Equals({table}.the_geom, o.the_geom)"
        ));
        assert_eq!(same, json!([{"n": 2}]), "{format}");
    }
}

#[test]
fn many_formats_are_datasets() {
    let kml = r#"<kml><Document><Placemark><name>a</name><Point><coordinates>1,2,0</coordinates></Point></Placemark></Document></kml>"#;
    let gpx = r#"<gpx><wpt lat="2" lon="1"><name>a</name></wpt><trk><name>t</name><trkseg><trkpt lat="2" lon="1"/><trkpt lat="4" lon="3"/></trkseg></trk></gpx>"#;
    let csv = "name,lat,lon\na,2,1\n";
    let point = r#"{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[1,2]}}"#;
    for (file, content) in [
        ("placemarks.kml", kml.as_bytes().to_vec()),
        ("packed.kmz", zipped(&[("doc.kml", kml.as_bytes()), ("files/a.png", b"x")])),
        ("referring.kmz", zipped(&[("doc.kml", b"<kml><NetworkLink/></kml>"), ("layers/a.kml", kml.as_bytes())])),
        ("kml_in_zip.zip", zipped(&[("a.kml", kml.as_bytes())])),
        ("csv_in_zip.zip", zipped(&[("__MACOSX/._a.csv", b"x"), ("a/a.csv", csv.as_bytes()), ("readme.pdf", b"x")])),
        ("geojson_in_zip.zip", zipped(&[("a.geojson", point.as_bytes())])),
        ("lines.ndjson", format!("{point}\n").into_bytes()),
    ] {
        let (table, warnings) = import(file, content);
        assert_eq!(warnings, Vec::<String>::new(), "{file}");
        assert_eq!(
            rows(&format!("SELECT name, ST_AsText(the_geom) AS at FROM files.{table}")),
            json!([{"name": "a", "at": "POINT(1 2)"}]),
            "{file}"
        );
    }
    let report = import_as("walk.gpx", gpx.as_bytes(), ImportOptions::default()).unwrap();
    assert_eq!(report.tables, [("walk_waypoints".to_owned(), 1), ("walk_tracks".to_owned(), 1)]);
    assert_eq!(
        rows("SELECT name, ST_AsText(the_geom) AS at FROM files.walk_tracks"),
        json!([{"name": "t", "at": "MULTILINESTRING((1 2,3 4))"}])
    );
    let both = zipped(&[("a.csv", csv.as_bytes()), ("b.csv", csv.as_bytes())]);
    let report = import_as("both.zip", &both, ImportOptions::default()).unwrap();
    assert_eq!(report.tables, [("a".to_owned(), 1), ("b".to_owned(), 1)]);
    let report = import_as(
        "both.zip",
        &both,
        ImportOptions { layer: Some("b".into()), table: Some("c".into()), ..ImportOptions::default() },
    )
    .unwrap();
    assert_eq!(report.tables, [("c".to_owned(), 1)]);
}

#[test]
fn no_row_is_lost_to_line_ends_or_quotes() {
    for (name, text, count) in [
        ("cr.csv", "name,lat,lon\ra,1,2\rb,3,4\r", 2),
        ("cr2.csv", "name;lat;lon\r\"a\";1;2\rb;3;4\rc;5;6", 3),
        ("crlf.csv", "name,lat,lon\r\n\"a\r\nz\",1,2\r\n\r\nb,3,4", 2),
    ] {
        let (table, warnings) = import(name, text);
        assert_eq!(warnings, Vec::<String>::new(), "{name}");
        assert_eq!(rows(&format!("SELECT count(the_geom) AS n FROM files.{table}")), json!([{"n": count}]), "{name}");
    }
    let (_, warnings) = import("open.csv", "name,lat,lon\na,1,2\n\"b,3,4\nc,5,6\n");
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert!(warning.starts_with("Line 3: a quote that begins here is never closed"), "{warning}");
    let expected = json!([{"name": "a", "lat": 1}, {"name": "\"b", "lat": 3}, {"name": "c", "lat": 5}]);
    assert_eq!(rows("SELECT name, lat FROM files.open ORDER BY cartodb_id"), expected);
    // Warnings stand in the order of the file.
    let (_, warnings) = import("order.csv", "name,lat,lon,n\na,1,2,N/A\nb,1\nc,x,y,1\n\0d,1,200,N/A\ne,99,99,1\n");
    let starts = [
        "Line 2 has \"N/A\" in n, which is taken for null, and so is one more in this column.",
        "Line 3 is kept without a place",
        "Line 3 has 2 values",
        "Line 4 is kept without a place",
        "Line 5 has NUL bytes, which are left out.",
        "Line 6 is kept without a place",
    ];
    assert_eq!(warnings.len(), starts.len(), "{warnings:?}");
    assert!(warnings.iter().zip(starts).all(|(warning, start)| warning.starts_with(start)), "{warnings:?}");
    assert_eq!(rows("SELECT name FROM files.order_t WHERE cartodb_id = 4"), json!([{"name": "d"}]));
    // More columns than a row of the database has room for.
    let names: Vec<String> = (0..1_499).map(|number| format!("c{number}")).collect();
    let wide = format!("{}\n{}\n", names.join(","), vec!["1"; 1_499].join(","));
    assert!(refused("wide.csv", wide).starts_with("The file has more columns than the database can keep in one row"));
}

#[test]
fn all_of_an_archive_is_imported() {
    let csv: &[u8] = b"name,lat,lon\na,2,1\n";
    let point: &[u8] =
        br#"{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[1,2]}}"#;
    let kml: &[u8] = b"<kml><Placemark><name>a</name><Point><coordinates>1,2</coordinates></Point></Placemark></kml>";
    let several = zipped(&[
        ("a1.csv", csv),
        ("in/a2.csv", csv),
        ("c.geojson", point),
        ("a1.kml", kml),
        ("d.json", point),
        ("meta.json", b"{}"),
        ("readme.txt", b"Some words."),
        ("picture.png", b"x"),
        ("more.zip", b"x"),
    ]);
    let report = import_as("several.zip", &several, ImportOptions::default()).unwrap();
    let names: Vec<&str> = report.tables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a1", "a2", "c", "a1_kml", "d"]);
    assert!(report.tables.iter().all(|(_, rows)| *rows == 1), "{report:?}");
    let told = |start: &str| report.warnings.iter().any(|warning| warning.starts_with(start));
    assert!(
        told("more.zip is left out") && told("meta.json is left out") && told("readme.txt is left out"),
        "{report:?}"
    );
    assert_eq!(report.warnings.len(), 3, "{report:?}");

    let layer = |file: &str, content: &[u8], layer: &str| {
        let wish =
            ImportOptions { layer: Some(layer.into()), table: Some("chosen".into()), ..ImportOptions::default() };
        import_as(file, content, wish).map(|report| report.tables)
    };
    for name in ["a1", "a2.csv", "a1_kml", "d"] {
        assert_eq!(layer("several.zip", &several, name), Ok(vec![("chosen".to_owned(), 1)]), "{name}");
    }
    assert!(
        layer("several.zip", &several, "nope").unwrap_err().starts_with("The archive has no layer nope: a1, a2, c")
    );
    assert_eq!(layer("lay.csv", csv, "lay"), Ok(vec![("chosen".to_owned(), 1)]));
    for (file, content) in [("lay.csv", csv), ("lay.geojson", point), ("lay.kml", kml)] {
        let told = layer(file, content, "nonsense").unwrap_err();
        assert_eq!(told, "The file has one layer, lay, and none that is called nonsense.", "{file}");
    }
    assert!(layer("one.zip", &zipped(&[("a.csv", csv)]), "b").unwrap_err().contains("one layer, a, and none"));
    // What the file says of itself names the file.
    let broken = zipped(&[("a.csv", csv), ("b.csv", b"")]);
    assert_eq!(import_as("broken.zip", &broken, ImportOptions::default()).unwrap_err(), "b.csv: The table is empty.");
}

#[test]
fn files_packed_with_gzip_are_those_in_them() {
    use flate2::{Compression, write::GzEncoder};
    let packed = |text: &str| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let (csv, point) = (
        "name,lat,lon\na,2,1\n",
        r#"{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[1,2]}}"#,
    );
    // Pieces that are packed one by one are one file.
    let pieces = [packed("name,lat,lon\n"), packed("a,2,1\n")].concat();
    for (file, content, table) in [
        ("alone.csv.gz", packed(csv), "alone"),
        ("Pieces.CSV.GZ", pieces, "pieces"),
        ("sequence.geojsons.gz", packed(point), "sequence"),
        ("sequence2.geojsonseq", format!("\u{1e}{point}\n").into_bytes(), "sequence2"),
        ("\u{65e5}\u{672c}.csv", csv.into(), "untitled_table"),
    ] {
        assert_eq!(import(file, content), (table.to_owned(), Vec::new()), "{file}");
        let found = rows(&format!("SELECT name, ST_AsText(the_geom) AS at FROM files.{table}"));
        assert_eq!(found, json!([{"name": "a", "at": "POINT(1 2)"}]), "{file}");
    }
    assert!(refused("plain.csv.gz", csv).starts_with("The file is not packed with gzip"));
    assert!(refused("cut.csv.gz", &packed(csv)[..20]).starts_with("The file is not packed with gzip, or is damaged"));
    assert!(refused("a.tar.gz", packed(csv)).starts_with("Files with the ending \"gz\" are not understood"));
    assert_eq!(refused("a.zip.gz", packed(csv)), "An archive in an archive is not unpacked.");
    assert!(refused("inner.zip", zipped(&[("a.csv.gz", &packed(csv))])).contains("a.csv.gz is left out"));
}

#[test]
fn numbers_keep_their_digits() {
    let text = "whole,long,lat,lon\n9223372036854775807,12345678901234567890123,1,2\n-1,5,1,2\n";
    assert_eq!(import("digits.csv", text).1, Vec::<String>::new());
    let found = rows("SELECT whole::text, long::text FROM files.digits ORDER BY cartodb_id");
    let expected = json!([
        {"whole": "9223372036854775807", "long": "12345678901234567890123"}, {"whole": "-1", "long": "5"}
    ]);
    assert_eq!(found, expected);
    let point = "0101000000000000000000F03F0000000000000040";
    import("bytes.csv", format!("name,wkb\na,\\x{point}\nb,0x{point}\nc,{point}\n"));
    assert_eq!(
        rows("SELECT count(*) AS n FROM files.bytes WHERE ST_AsText(the_geom) = 'POINT(1 2)'"),
        json!([{"n": 3}])
    );
}
