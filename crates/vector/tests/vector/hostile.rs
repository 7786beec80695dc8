//! Tiles that somebody damaged on purpose.

use crate::random::Random;
use crate::writer::{LayerWriter, Written, text, tile};
use vector::{Area, Dataview, Kind, Limits, Operation, Request, Schema, Store, Tile, TileKey, Type};

fn good_tile() -> Vec<u8> {
    let (mut one, mut other) = (LayerWriter::new("points"), LayerWriter::new("shapes"));
    for number in 0..6 {
        let tags = [
            ("cartodb_id", Written::Int(number)),
            ("name", text("1024 1792 9 9 0 0 0 0")),
            ("x", Written::Double(0.5)),
        ];
        one.feature(Some(number as u64), Kind::Points, &[vec![[1024 + number as i32 % 2, 1024]]], &tags);
    }
    other.extent = Some(512);
    let ring = vec![[0, 0], [100, 0], [100, 100], [0, 100]];
    let hole = vec![[10, 10], [10, 20], [20, 20]];
    other.feature(None, Kind::Rings, &[ring, hole], &[("truth", Written::Bool(true))]);
    other.feature(None, Kind::Lines, &[vec![[-9, 4], [8, 3], [300, 200]]], &[("f", Written::Single(1.0))]);
    tile(&[&one, &other])
}

/// Reads all that a tile has.
fn look_through(tile: &Tile) -> usize {
    let mut seen = tile.weight();
    for layer in &tile.layers {
        for feature in 0..=layer.len() {
            seen += usize::from(layer.id(feature).is_some());
            for column in &layer.columns {
                seen += usize::from(column.get(feature).as_number().is_some());
            }
            let Some(geometry) = layer.geometry(feature) else { continue };
            let (parts, points) = (geometry.parts().count(), geometry.points().len());
            assert!(parts > 0 && points >= parts, "an empty geometry");
            assert_eq!(geometry.parts().map(<[_]>::len).sum::<usize>(), points);
            let rings: usize = geometry.polygons().map(|polygon| polygon.parts().count()).sum();
            assert_eq!(rings, if geometry.kind == Kind::Rings { parts } else { 0 });
        }
    }
    seen
}

#[test]
fn damaged_tiles_never_trap() {
    const CASES: usize = 100_000;
    let good = good_tile();
    let limits = Limits { bytes: 1000, features: 20, vertices: 50, cells: 60, ..Limits::default() };
    let mut random = Random::new(16);
    let (mut read, mut refused, mut skipped) = (0, 0, 0);
    // Some of the layers have rows with boxes.
    let (mut store, mut boxed, mut told) = (Store::new(1 << 20), 0, 0);
    let schema = Schema(vec![("cartodb_id".to_owned(), Type::Number)]);
    let request = Request {
        layer: 1,
        zoom: 0,
        area: &Area(vec![[0.0, 0.0, 0.6, 0.6]]),
        tolerance: 0.75,
        buffer: 64.0,
        schema: &schema,
        filter: None,
        dataview: &Dataview::Formula { operation: Operation::Sum, column: Some("cartodb_id".to_owned()) },
    };
    for _ in 0..CASES {
        let mut bytes = good.clone();
        for _ in 0..=random.below(4) {
            let place = random.below(bytes.len());
            match random.below(6) {
                0 => bytes[place] = random.next() as u8,
                1 => bytes[place] ^= 1 << random.below(8),
                2 => bytes[place] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff]),
                3 => bytes.truncate(place.max(1)),
                4 => bytes.insert(place, random.next() as u8),
                _ => {
                    let end = (place + random.below(9)).min(bytes.len());
                    let piece = bytes[place..end].to_vec();
                    let at = random.below(bytes.len());
                    bytes.splice(at..at, piece);
                }
            }
        }
        match Tile::decode(&bytes, &limits) {
            Ok(tile) => {
                read += usize::from(look_through(&tile) > 0);
                skipped += tile.layers.iter().map(|layer| layer.skipped).sum::<usize>();
            }
            Err(error) => refused += usize::from(!error.to_string().is_empty()),
        }
        if let Ok(mut tile) = Tile::decode_apart(&bytes, &limits, Some("name")) {
            boxed += tile.layers.iter().map(|layer| layer.rows().len()).sum::<usize>();
            look_through(&tile);
            tile.layers.truncate(1);
            store.insert(TileKey { layer: 1, zoom: 0, x: 0, y: 0 }, tile, true);
            told += usize::from(store.dataview(&request).is_ok());
        }
    }
    assert_eq!(read + refused, CASES);
    assert!(boxed > CASES / 2 && told > CASES / 100, "{boxed} {told}");
    assert!(read > CASES / 10 && refused > CASES / 10 && skipped > CASES / 20, "{read} {refused} {skipped}");
}
