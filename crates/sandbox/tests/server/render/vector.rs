//! Reads vector tiles, to compare them.

use prost::Message;
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Message)]
struct Tile {
    #[prost(message, repeated, tag = "3")]
    layers: Vec<Layer>,
}

#[derive(Clone, PartialEq, Message)]
struct Layer {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    features: Vec<Feature>,
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    values: Vec<Value>,
    #[prost(uint32, tag = "5")]
    extent: u32,
    #[prost(uint32, tag = "15")]
    version: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Feature {
    #[prost(uint32, repeated, tag = "2")]
    tags: Vec<u32>,
    #[prost(uint32, tag = "3")]
    kind: u32,
    #[prost(uint32, repeated, tag = "4")]
    geometry: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
    #[prost(float, optional, tag = "2")]
    float: Option<f32>,
    #[prost(double, optional, tag = "3")]
    double: Option<f64>,
    #[prost(int64, optional, tag = "4")]
    int: Option<i64>,
    #[prost(uint64, optional, tag = "5")]
    uint: Option<u64>,
    #[prost(sint64, optional, tag = "6")]
    sint: Option<i64>,
    #[prost(bool, optional, tag = "7")]
    bool: Option<bool>,
}

/// A feature of a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub attributes: BTreeMap<String, String>,
    pub kind: u32,
    /// Its rings, lines or points.
    pub parts: Vec<Vec<(i64, i64)>>,
}

impl Read {
    /// The value of an attribute that is a number, of whatever kind.
    pub fn number(&self, name: &str) -> Option<f64> {
        let value = self.attributes.get(name).filter(|value| !value.contains("text: Some("))?;
        value.split_once("Some(")?.1.split_once(')')?.0.parse().ok()
    }

    /// The value of an attribute that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        Some(self.attributes.get(name)?.split_once("text: Some(\"")?.1.split_once("\")")?.0)
    }
}

/// Name, version, extent and features of a layer.
type ReadLayer = (String, u32, u32, Vec<Read>);

/// The layers of a tile; features in the order of their attributes.
///
/// # Errors
/// The bytes are none.
pub fn read(bytes: &[u8]) -> Result<Vec<ReadLayer>, String> {
    let tile = Tile::decode(bytes).map_err(|_| String::from_utf8_lossy(bytes).into_owned())?;
    let layers = tile.layers.into_iter().map(|layer| {
        let mut features: Vec<Read> = layer.features.iter().map(|feature| read_feature(&layer, feature)).collect();
        features.sort_by(|one, other| one.attributes.cmp(&other.attributes));
        (layer.name.clone(), layer.version, layer.extent, features)
    });
    Ok(layers.collect())
}

fn read_feature(layer: &Layer, feature: &Feature) -> Read {
    let attributes = feature
        .tags
        .chunks(2)
        .map(|pair| (layer.keys[pair[0] as usize].clone(), format!("{:?}", layer.values[pair[1] as usize])));
    Read { attributes: attributes.collect(), kind: feature.kind, parts: parts(&feature.geometry) }
}

fn parts(commands: &[u32]) -> Vec<Vec<(i64, i64)>> {
    let (mut parts, mut at, mut commands) = (Vec::<Vec<(i64, i64)>>::new(), (0_i64, 0_i64), commands.iter());
    while let Some(command) = commands.next() {
        for _ in 0..(command >> 3) {
            if command & 7 == 7 {
                break;
            }
            let mut step = || {
                let number = i64::from(*commands.next().unwrap());
                (number >> 1) ^ -(number & 1)
            };
            at = (at.0 + step(), at.1 + step());
            match command & 7 {
                1 => parts.push(vec![at]),
                _ => parts.last_mut().unwrap().push(at),
            }
        }
    }
    parts
}

/// What is different between two tiles, in words.
pub fn differences(ours: &[u8], theirs: &[u8]) -> Vec<String> {
    let (ours, theirs) = match (read(ours), read(theirs)) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (ours, theirs) => return vec![format!("{:?} instead of {:?}", ours.err(), theirs.err())],
    };
    let heads = |layers: &[ReadLayer]| {
        layers
            .iter()
            .map(|(name, version, extent, all)| (name.clone(), *version, *extent, all.len()))
            .collect::<Vec<_>>()
    };
    if heads(&ours) != heads(&theirs) {
        return vec![format!("layers {:?} instead of {:?}", heads(&ours), heads(&theirs))];
    }
    let mut found = Vec::new();
    for ((.., mut ours), (.., mut theirs)) in ours.into_iter().zip(theirs) {
        for features in [&mut ours, &mut theirs] {
            features.sort_by(|one, other| one.attributes.get("cartodb_id").cmp(&other.attributes.get("cartodb_id")));
        }
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let near =
                |one: (i64, i64), other: (i64, i64)| (one.0 - other.0).abs() <= 1 && (one.1 - other.1).abs() <= 1;
            // Corners may come in another order, and rounding may drop one: bounds and direction say enough.
            let is_same = bounds(ours).0 == bounds(theirs).0
                && near(bounds(ours).1, bounds(theirs).1)
                && near(bounds(ours).2, bounds(theirs).2);
            if !same_attributes(ours, theirs) || ours.kind != theirs.kind || !is_same {
                found.push(format!("{ours:?} instead of {theirs:?}"));
            }
        }
    }
    found.truncate(3);
    found
}

/// Whether two features carry the same. Numbers of any precision are numbers in ours, and texts in recorded tiles.
fn same_attributes(ours: &Read, theirs: &Read) -> bool {
    let is_same = |(name, value): (&String, &String)| {
        let number = theirs.text(name).and_then(|text| text.parse::<f64>().ok());
        theirs.attributes.get(name) == Some(value) || number.is_some() && number == ours.number(name)
    };
    ours.attributes.len() == theirs.attributes.len() && ours.attributes.iter().all(is_same)
}

/// Whether the first part runs clockwise as seen, and the corners of what is covered.
fn bounds(feature: &Read) -> (bool, (i64, i64), (i64, i64)) {
    let points = || feature.parts.iter().flatten();
    let first = &feature.parts[0];
    let area: i64 = first.iter().zip(first.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    let least = (points().map(|point| point.0).min().unwrap(), points().map(|point| point.1).min().unwrap());
    let most = (points().map(|point| point.0).max().unwrap(), points().map(|point| point.1).max().unwrap());
    (area > 0, least, most)
}
