//! What tiles say, read.

use crate::writer::{LayerWriter, Written, bytes, number, text, tile};
use base64::Engine;
use vector::{Kind, Layer, Limits, Numbers, Tile, TileError, Value, Values};

fn read(bytes: &[u8]) -> Result<Tile, TileError> {
    Tile::decode(bytes, &Limits::default())
}

/// The layer of a tile of one.
fn only(writer: &LayerWriter) -> Layer {
    let mut tile = read(&writer.tile()).unwrap();
    assert_eq!(tile.layers.len(), 1);
    tile.layers.pop().unwrap()
}

fn recorded(name: &str) -> Tile {
    let path = format!("{}/../../tests/wire/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let exchange: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let body = exchange["response"]["body"].as_str().unwrap();
    read(&base64::engine::general_purpose::STANDARD.decode(body).unwrap()).unwrap()
}

#[test]
fn recorded_tiles_are_read() {
    let tile = recorded("tile-mvt-vector-only");
    let layer = &tile.layers[0];
    assert_eq!((&*layer.name, layer.extent, layer.len(), layer.skipped), ("L1", 4096, 60, 0));
    let names: Vec<&str> = layer.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["cartodb_id", "name", "country", "pop", "capital"]);
    assert_eq!(layer.geometry(0).unwrap().points(), [[3043, 2271]]);
    let names = |name| recorded(name).layers.iter().map(|layer| layer.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names("tile-mvt-all-layers").len(), 2);
}

#[test]
fn geometries_are_read() {
    let square = |x: i32, y: i32, side: i32| vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
    let reversed = |mut ring: Vec<[i32; 2]>| {
        ring.reverse();
        ring
    };
    let mut writer = LayerWriter::new("a");
    let rings = [square(0, 0, 100), reversed(square(10, 10, 20)), square(200, 200, 10)];
    let lines = [vec![[-5, 5], [i32::MAX, i32::MIN]], vec![[0, 0], [1, 1], [2, 0]]];
    writer.feature(Some(7), Kind::Points, &[vec![[1, 2], [3, 4]]], &[]);
    writer.feature(None, Kind::Lines, &lines[1..], &[]);
    writer.feature(Some(0), Kind::Rings, &rings, &[]);
    writer.feature(None, Kind::Rings, &rings.clone().map(reversed), &[]);
    let layer = only(&writer);
    assert_eq!((0..4).map(|feature| layer.id(feature)).collect::<Vec<_>>(), [Some(7), None, Some(0), None]);
    assert_eq!(layer.geometry(0).unwrap().parts().collect::<Vec<_>>(), [[[1, 2], [3, 4]]]);
    assert_eq!(layer.geometry(1).unwrap().parts().collect::<Vec<_>>(), [&lines[1]]);
    for feature in [2, 3] {
        let geometry = layer.geometry(feature).unwrap();
        assert_eq!((geometry.kind, geometry.points().len()), (Kind::Rings, 12));
        let polygons: Vec<usize> = geometry.polygons().map(|polygon| polygon.parts().count()).collect();
        assert_eq!(polygons, [2, 1], "an outer ring and its hole, and another");
        let last = geometry.polygons().last().unwrap();
        assert_eq!(last.points(), if feature == 2 { rings[2].clone() } else { reversed(rings[2].clone()) });
    }
    assert!(layer.geometry(4).is_none() && layer.id(4).is_none() && layer.kind(4).is_none());
    assert_eq!(layer.geometry(1).unwrap().polygons().count(), 0);
}

#[test]
fn values_are_typed_by_column() {
    let big = 9_007_199_254_740_993;
    let mut writer = LayerWriter::new("a");
    writer.point([0, 0], &[("whole", Written::Uint(3)), ("single", Written::Single(0.1)), ("name", text("Łódź"))]);
    writer.point([0, 0], &[("whole", Written::Sint(-4)), ("mixed", text("x")), ("truth", Written::Bool(false))]);
    writer.point(
        [0, 0],
        &[("whole", Written::Int(-5)), ("mixed", Written::Double(f64::NAN)), ("big", Written::Int(big))],
    );
    writer.point([0, 0], &[("double", Written::Double(1.5)), ("name", text("")), ("mixed", Written::Bool(true))]);
    writer.point([0, 0], &[("double", Written::Uint(2)), ("name", text("Łódź")), ("big", Written::Uint(u64::MAX))]);
    let layer = only(&writer);
    let values = |name: &str| (0..6).map(|feature| layer.column(name).unwrap().get(feature)).collect::<Vec<_>>();
    let null = Value::Null;
    let whole = [Value::Integer(3), Value::Integer(-4), Value::Integer(-5), null, null, null];
    assert_eq!(values("whole"), whole);
    assert_eq!(values("single"), [Value::Number(0.1_f32.into()), null, null, null, null, null]);
    assert_eq!(values("name"), [Value::Text("Łódź"), null, null, Value::Text(""), Value::Text("Łódź"), null]);
    assert_eq!(values("truth"), [null, Value::Bool(false), null, null, null, null]);
    assert_eq!(values("double"), [null, null, null, Value::Number(1.5), Value::Number(2.0), null]);
    let max = Value::Number(u64::MAX as f64);
    assert_eq!(values("big"), [null, null, Value::Integer(big), null, max, null], "exact");
    assert!(
        matches!(values("mixed")[1..], [Value::Text("x"), Value::Number(nan), Value::Bool(true), ..] if nan.is_nan())
    );
    let form = |name: &str| match layer.column(name).unwrap().values {
        Values::Numbers { form, .. } => Some(form),
        _ => None,
    };
    assert_eq!(
        ["whole", "single", "double", "big"].map(form),
        [Some(Numbers::Whole), Some(Numbers::Single), Some(Numbers::Double), None]
    );
    let Values::Texts { dictionary, places } = &layer.column("name").unwrap().values else { panic!("texts") };
    assert_eq!((dictionary.len(), &places[..]), (2, &[0, u32::MAX, u32::MAX, 1, 0][..]));
    assert!(layer.column("nothing").is_none());
    assert!(layer.columns.iter().all(|column| column.get(usize::MAX) == Value::Null));
}

#[test]
fn features_without_sense_are_left_out() {
    let mut writer = LayerWriter::new("a");
    let point = [9, 2, 2];
    writer.point([5, 5], &[("n", Written::Int(1))]);
    let wrong: [(u64, &[u8], &[u8]); 13] = [
        (0, &point, &[]),
        (4, &point, &[]),
        (1, &[], &[]),
        (1, &[9, 2], &[]),
        (1, &[1], &[]),
        (1, &[10, 2, 2], &[]),
        (1, &[0xf9, 0xff, 0xff, 0xff, 0x0f, 2, 2], &[]),
        (2, &[9, 2, 2], &[]),
        (2, &[10, 2, 2], &[]),
        (3, &[9, 2, 2, 18, 2, 2, 4, 4], &[]),
        (1, &point, &[0]),
        (1, &point, &[1, 0]),
        (1, &point, &[0, 2]),
    ];
    for (kind, commands, tags) in wrong {
        writer.raw_feature(Some(1), kind, commands, tags);
    }
    // Beyond the numbers that coordinates have.
    writer.raw_feature(None, 1, &[17, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 2, 0], &[]);
    writer.point([6, 6], &[("n", Written::Int(2))]);
    let layer = only(&writer);
    assert_eq!((layer.len(), layer.skipped), (2, 14));
    assert_eq!(layer.points(), [[5, 5], [6, 6]]);
    assert_eq!((layer.column("n").unwrap().get(1), layer.id(1)), (Value::Integer(2), None));
}

#[test]
fn rings_without_area_are_let_go() {
    let mut writer = LayerWriter::new("a");
    let ring = vec![[0, 0], [4, 0], [4, 4]];
    let closed = vec![[0, 0], [4, 0], [4, 4], [0, 0]];
    writer.feature(None, Kind::Rings, &[vec![[9, 9], [8, 8]], ring.clone(), closed], &[]);
    writer.feature(None, Kind::Rings, &[vec![[9, 9], [8, 8]]], &[]);
    let layer = only(&writer);
    assert_eq!(layer.geometry(0).unwrap().parts().collect::<Vec<_>>(), [&ring, &ring]);
    assert_eq!((layer.len(), layer.skipped), (1, 1));
}

#[test]
fn numbers_may_come_in_several_fields() {
    let mut feature = Vec::new();
    number(4, 9, &mut feature);
    number(3, 1, &mut feature);
    bytes(4, &[200], &mut feature);
    bytes(4, &[1, 6], &mut feature);
    let mut layer = Vec::new();
    bytes(2, &feature, &mut layer);
    bytes(1, b"a", &mut layer);
    let mut tile = Vec::new();
    bytes(3, &layer, &mut tile);
    let tile = read(&tile).unwrap();
    assert_eq!(tile.layer("a").unwrap().points(), [[100, 3]]);
    assert_eq!(tile.layers[0].extent, 4096, "as nobody says");
}

#[test]
fn damaged_tiles_are_refused() {
    let layer = |change: &dyn Fn(&mut LayerWriter)| {
        let mut writer = LayerWriter::new("a");
        change(&mut writer.clone());
        change(&mut writer);
        read(&writer.tile()).map(drop)
    };
    assert_eq!(layer(&|_| {}), Ok(()));
    assert_eq!(layer(&|writer| writer.version = 3), Err(TileError::Version(3)));
    assert_eq!(layer(&|writer| writer.version = u64::MAX), Err(TileError::Version(u32::MAX)));
    assert_eq!(layer(&|writer| writer.extent = Some(0)), Err(TileError::Extent));
    assert_eq!(layer(&|writer| writer.extent = Some(u32::MAX)), Err(TileError::Extent));
    let one = LayerWriter::new("a");
    assert_eq!(read(&tile(&[&one, &one])).map(drop), Err(TileError::Repeated));
    assert_eq!(read(&[0x1a, 0]).map(drop), Err(TileError::Unnamed));
    assert_eq!(read(&[0x1a, 3, 0x0a, 1, 0xff]).map(drop), Err(TileError::Text));
    for bytes in [
        &[0x1a][..],
        &[0x1a, 5, 0],
        &[0x1b],
        &[0],
        &[0x18, 0x80],
        &[0x18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2],
    ] {
        assert_eq!(read(bytes).map(drop), Err(TileError::Malformed), "{bytes:?}");
    }
    assert_eq!(read(&[]), Ok(Tile::default()));
    assert_eq!(TileError::TooMany("layers").to_string(), "The vector tile has too many layers");
}

#[test]
fn limits_are_kept() {
    let mut writer = LayerWriter::new("a");
    for number in 0..10 {
        let tags = [("n", Written::Int(number)), ("same", text("four"))];
        writer.feature(None, Kind::Points, &[vec![[1, 1], [2, 2]]], &tags);
    }
    writer.point([0, 0], &[("other", text("four"))]);
    let bytes = writer.tile();
    let enough =
        Limits { bytes: bytes.len(), layers: 1, features: 11, vertices: 21, columns: 3, values: 11, cells: 33 };
    assert!(Tile::decode(&bytes, &enough).is_ok());
    let fewer = [
        Limits { bytes: enough.bytes - 1, ..enough },
        Limits { layers: 0, ..enough },
        Limits { features: 10, ..enough },
        Limits { vertices: 20, ..enough },
        Limits { columns: 2, ..enough },
        Limits { values: 10, ..enough },
        Limits { cells: 32, ..enough },
    ];
    for limits in fewer {
        assert!(matches!(Tile::decode(&bytes, &limits), Err(TileError::TooMany(_))), "{limits:?}");
    }
    // One long text that many columns use is not kept again and again.
    let mut writer = LayerWriter::new("a");
    let long = "x".repeat(1000);
    let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let tags: Vec<(&str, Written)> = names.iter().map(|name| (&**name, text(&long))).collect();
    writer.point([0, 0], &tags);
    let bytes = writer.tile();
    let limits = Limits { bytes: 10_000, ..Limits::default() };
    assert_eq!(Tile::decode(&bytes, &limits), Err(TileError::TooMany("bytes of text")));
    assert!(Tile::decode(&bytes, &Limits::default()).is_ok());
}
