//! Writes vector tiles, as plainly as can be.

use vector::{Kind, Point};

/// A value of a tile, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    Text(String),
    Single(f32),
    Double(f64),
    Int(i64),
    Uint(u64),
    Sint(i64),
    Bool(bool),
}

pub fn text(value: &str) -> Written {
    Written::Text(value.to_owned())
}

pub fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub fn bytes(field: u64, content: &[u8], out: &mut Vec<u8>) {
    varint(field << 3 | 2, out);
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

pub fn number(field: u64, value: u64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(value, out);
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

impl Written {
    fn message(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Written::Text(text) => bytes(1, text.as_bytes(), &mut out),
            Written::Single(value) => {
                out.push(2 << 3 | 5);
                out.extend(value.to_le_bytes());
            }
            Written::Double(value) => {
                out.push(3 << 3 | 1);
                out.extend(value.to_le_bytes());
            }
            Written::Int(value) => number(4, *value as u64, &mut out),
            Written::Uint(value) => number(5, *value, &mut out),
            Written::Sint(value) => number(6, zigzag(*value), &mut out),
            Written::Bool(value) => number(7, u64::from(*value), &mut out),
        }
        out
    }
}

/// A layer that is being written.
#[derive(Clone, Default)]
pub struct LayerWriter {
    name: String,
    pub extent: Option<u32>,
    pub version: u64,
    keys: Vec<String>,
    values: Vec<Written>,
    features: Vec<u8>,
}

/// The bytes of the commands of a geometry.
pub fn commands(kind: Kind, parts: &[Vec<Point>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut last = [0_i64; 2];
    let mut add = |points: &[Point], out: &mut Vec<u8>| {
        for point in points {
            for axis in 0..2 {
                varint(zigzag(i64::from(point[axis]) - last[axis]) & 0xffff_ffff, out);
                last[axis] = i64::from(point[axis]);
            }
        }
    };
    for part in parts {
        if kind == Kind::Points {
            varint((part.len() as u64) << 3 | 1, &mut out);
            add(part, &mut out);
            continue;
        }
        varint(1 << 3 | 1, &mut out);
        add(&part[..1], &mut out);
        varint((part.len() as u64 - 1) << 3 | 2, &mut out);
        add(&part[1..], &mut out);
        if kind == Kind::Rings {
            varint(1 << 3 | 7, &mut out);
        }
    }
    out
}

impl LayerWriter {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), version: 2, ..Self::default() }
    }

    pub fn point(&mut self, point: Point, tags: &[(&str, Written)]) -> &mut Self {
        self.feature(None, Kind::Points, &[vec![point]], tags)
    }

    pub fn feature(
        &mut self,
        id: Option<u64>,
        kind: Kind,
        parts: &[Vec<Point>],
        tags: &[(&str, Written)],
    ) -> &mut Self {
        let mut packed = Vec::new();
        for (key, value) in tags {
            let key = self.key(key);
            let value = self.value(value);
            varint(key, &mut packed);
            varint(value, &mut packed);
        }
        self.raw_feature(id, kind as u64 + 1, &commands(kind, parts), &packed)
    }

    pub fn raw_feature(&mut self, id: Option<u64>, kind: u64, commands: &[u8], tags: &[u8]) -> &mut Self {
        let mut feature = Vec::new();
        if let Some(id) = id {
            number(1, id, &mut feature);
        }
        bytes(2, tags, &mut feature);
        number(3, kind, &mut feature);
        bytes(4, commands, &mut feature);
        bytes(2, &feature, &mut self.features);
        self
    }

    fn key(&mut self, key: &str) -> u64 {
        let place = self.keys.iter().position(|known| known == key).unwrap_or_else(|| {
            self.keys.push(key.to_owned());
            self.keys.len() - 1
        });
        place as u64
    }

    fn value(&mut self, value: &Written) -> u64 {
        // Looking them all through would take long for many.
        let recent = self.values.len().saturating_sub(64);
        let place = self.values[recent..].iter().position(|known| known == value).map(|place| recent + place);
        place.unwrap_or_else(|| {
            self.values.push(value.clone());
            self.values.len() - 1
        }) as u64
    }

    /// The layer as a message.
    pub fn message(&self) -> Vec<u8> {
        let mut out = Vec::new();
        number(15, self.version, &mut out);
        bytes(1, self.name.as_bytes(), &mut out);
        out.extend_from_slice(&self.features);
        self.keys.iter().for_each(|key| bytes(3, key.as_bytes(), &mut out));
        self.values.iter().for_each(|value| bytes(4, &value.message(), &mut out));
        if let Some(extent) = self.extent {
            number(5, extent.into(), &mut out);
        }
        out
    }

    /// A tile of this layer.
    pub fn tile(&self) -> Vec<u8> {
        tile(&[self])
    }
}

/// A tile of layers.
pub fn tile(layers: &[&LayerWriter]) -> Vec<u8> {
    let mut out = Vec::new();
    layers.iter().for_each(|layer| bytes(3, &layer.message(), &mut out));
    out
}
