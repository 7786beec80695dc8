//! From the bytes of a tile to layers.

use crate::column::{Bits, Column, NOTHING, Raw, Typing};
use crate::geometry::{Kind, Refusal, Shapes};
use crate::protobuf::{Field, Reader};
use crate::{Layer, Limits, Tile, TileError};

/// Units of a tile's side when a layer does not say.
const USUAL_EXTENT: u32 = 4096;

impl Tile {
    /// Reads a tile. Empty bytes are a tile without layers. Features whose geometry or tags make no sense are left out
    /// and counted in [`Layer::skipped`].
    ///
    /// # Errors
    /// The bytes are no vector tile, or there is more of something than `limits` allow.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, TileError> {
        Self::decode_apart(bytes, limits, None)
    }

    /// Reads a tile whose features that have some key are [`Layer::rows`] of it: they are not among the others.
    ///
    /// # Errors
    /// Those of [`Tile::decode`].
    pub fn decode_apart(bytes: &[u8], limits: &Limits, key: Option<&str>) -> Result<Self, TileError> {
        if bytes.len() > limits.bytes {
            return Err(TileError::TooMany("bytes"));
        }
        let mut reader = Reader::new(bytes);
        let mut left = *limits;
        let mut tile = Tile::default();
        while let Some(field) = reader.field()? {
            let (3, Field::Bytes(message)) = field else { continue };
            take(&mut left.layers, 1, "layers")?;
            let layer = layer(message, &mut left, key)?;
            if tile.layer(&layer.name).is_some() {
                return Err(TileError::Repeated);
            }
            tile.layers.push(layer);
        }
        Ok(tile)
    }
}

/// Takes something of what is left.
fn take(left: &mut usize, count: usize, what: &'static str) -> Result<(), TileError> {
    *left = left.checked_sub(count).ok_or(TileError::TooMany(what))?;
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, TileError> {
    std::str::from_utf8(bytes).map_err(|_| TileError::Text)
}

/// Reads a layer. What is of one layer only is limited for each, the rest is taken of what is left for all.
fn layer(message: &[u8], left: &mut Limits, key: Option<&str>) -> Result<Layer, TileError> {
    let mut reader = Reader::new(message);
    let (mut name, mut version, mut extent) = (None, 1, USUAL_EXTENT);
    let (mut features, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(field) = reader.field()? {
        match field {
            (1, Field::Bytes(bytes)) => name = Some(text(bytes)?),
            (2, Field::Bytes(bytes)) => {
                take(&mut left.features, 1, "features")?;
                features.push(bytes);
            }
            (3, Field::Bytes(_)) if keys.len() == left.columns => return Err(TileError::TooMany("keys")),
            (3, Field::Bytes(bytes)) => keys.push(text(bytes)?),
            (4, Field::Bytes(_)) if values.len() == left.values => return Err(TileError::TooMany("values")),
            (4, Field::Bytes(bytes)) => values.push(Raw::read(bytes)?),
            (5, Field::Varint(number)) => extent = u32::try_from(number).map_err(|_| TileError::Extent)?,
            (15, Field::Varint(number)) => version = u32::try_from(number).unwrap_or(u32::MAX),
            _ => {}
        }
    }
    if !(1..=2).contains(&version) {
        return Err(TileError::Version(version));
    }
    if extent == 0 || i32::try_from(extent).is_err() {
        return Err(TileError::Extent);
    }
    let name = name.ok_or(TileError::Unnamed)?;
    let mut build = Build::new(&keys, values.len(), features.len());
    build.apart = build.columns.iter().position(|(name, _)| Some(*name) == key);
    for feature in &features {
        build.add(feature, false, left)?;
    }
    let shown = build.kinds.len();
    if build.apart.is_some() {
        for feature in &features {
            build.add(feature, true, left)?;
        }
    }
    let mut typing = Typing::new(&values, left.bytes);
    let mut columns = Vec::new();
    for (name, mut places) in std::mem::take(&mut build.columns) {
        if !places.is_empty() {
            places.resize(build.kinds.len(), NOTHING);
            columns.push(Column { name: name.into(), values: typing.values(places)? });
        }
    }
    left.bytes = typing.text_left();
    let place = |key| columns.iter().position(|column| &*column.name == key).unwrap_or(usize::MAX);
    let apart = key.map(place);
    let Build { kinds, ids, has_id, shapes, feature_ends, skipped, .. } = build;
    take(&mut left.vertices, shapes.points.len(), "vertices")?;
    Ok(Layer { name: name.into(), extent, skipped, columns, shown, apart, kinds, ids, has_id, shapes, feature_ends })
}

/// A layer whose features are being read.
struct Build<'a> {
    /// The column that each key stands for; a key may be there twice.
    column_of: Vec<usize>,
    /// Names, and the place of each feature's value in the table of values; empty when no feature has one.
    columns: Vec<(&'a str, Vec<u32>)>,
    /// The column of features that are read apart from others.
    apart: Option<usize>,
    value_count: usize,
    feature_count: usize,
    kinds: Vec<Kind>,
    ids: Vec<u64>,
    has_id: Bits,
    shapes: Shapes,
    feature_ends: Vec<u32>,
    skipped: usize,
}

impl<'a> Build<'a> {
    fn new(keys: &[&'a str], value_count: usize, feature_count: usize) -> Self {
        let mut columns: Vec<(&str, Vec<u32>)> = Vec::new();
        let column_of = keys.iter().map(|key| {
            columns.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
                columns.push((key, Vec::new()));
                columns.len() - 1
            })
        });
        Self {
            column_of: column_of.collect(),
            columns,
            apart: None,
            value_count,
            feature_count,
            kinds: Vec::with_capacity(feature_count),
            ids: Vec::new(),
            has_id: Bits::default(),
            shapes: Shapes::default(),
            feature_ends: Vec::with_capacity(feature_count),
            skipped: 0,
        }
    }

    /// Reads a feature, or counts it as left out, when it is one of those that are read now.
    fn add(&mut self, message: &[u8], is_apart: bool, left: &mut Limits) -> Result<(), TileError> {
        let mut reader = Reader::new(message);
        let (mut id, mut kind) = (None, None);
        let (mut tags, mut commands) = (Packed::default(), Packed::default());
        while let Some(field) = reader.field()? {
            match field {
                (1, Field::Varint(number)) => id = Some(number),
                (2, field) => tags.add(field),
                (3, Field::Varint(number)) => {
                    kind = match number {
                        1 => Some(Kind::Points),
                        2 => Some(Kind::Lines),
                        3 => Some(Kind::Rings),
                        _ => None,
                    }
                }
                (4, field) => commands.add(field),
                _ => {}
            }
        }
        let (are_known, has_column) = self.known(tags.bytes());
        if has_column != is_apart {
            return Ok(());
        }
        let before = (self.shapes.points.len(), self.shapes.ends.len());
        let drawn = kind.filter(|_| are_known).map(|kind| {
            let result = self.shapes.add(kind, commands.bytes(), left.vertices);
            (kind, result)
        });
        match drawn {
            Some((kind, Ok(()))) => {
                self.tag(tags.bytes(), left)?;
                self.identify(id);
                self.kinds.push(kind);
                self.feature_ends.push(u32::try_from(self.shapes.ends.len()).unwrap_or(u32::MAX));
            }
            Some((_, Err(Refusal::TooMany))) => return Err(TileError::TooMany("vertices")),
            Some((_, Err(Refusal::Geometry))) | None => {
                self.shapes.points.truncate(before.0);
                self.shapes.ends.truncate(before.1);
                self.skipped += 1;
            }
        }
        Ok(())
    }

    /// Are tags pairs of a key and a value that there are, and is one of the column that is read apart?
    fn known(&self, tags: &[u8]) -> (bool, bool) {
        let mut tags = Reader::new(tags);
        let mut has_column = false;
        while !tags.is_empty() {
            let (Ok(key), Ok(value)) = (tags.small(), tags.varint()) else { return (false, has_column) };
            let column = self.column_of.get(key as usize);
            if column.is_none() || value >= self.value_count as u64 {
                return (false, has_column);
            }
            has_column |= column == self.apart.as_ref();
        }
        (true, has_column)
    }

    /// Writes the values of the feature that comes next.
    fn tag(&mut self, tags: &[u8], left: &mut Limits) -> Result<(), TileError> {
        let feature = self.kinds.len();
        let mut tags = Reader::new(tags);
        while !tags.is_empty() {
            let (key, value) = (tags.small()? as usize, tags.small()?);
            let column = self.column_of.get(key).and_then(|column| self.columns.get_mut(*column));
            let Some((_, places)) = column else { continue };
            if places.is_empty() {
                take(&mut left.cells, self.feature_count, "values of features")?;
                places.resize(self.feature_count, NOTHING);
            }
            if let Some(place) = places.get_mut(feature) {
                *place = value;
            }
        }
        Ok(())
    }

    fn identify(&mut self, id: Option<u64>) {
        let feature = self.kinds.len();
        if let Some(id) = id {
            if self.ids.is_empty() {
                self.ids.resize(self.feature_count, 0);
                self.has_id = Bits::new(self.feature_count);
            }
            self.has_id.set(feature);
            if let Some(place) = self.ids.get_mut(feature) {
                *place = id;
            }
        }
    }
}

/// Small numbers, which stand in one field, or in several that count as one.
#[derive(Default)]
struct Packed<'a> {
    first: &'a [u8],
    all: Vec<u8>,
}

impl<'a> Packed<'a> {
    fn add(&mut self, field: Field<'a>) {
        match field {
            Field::Bytes(bytes) if self.first.is_empty() && self.all.is_empty() => self.first = bytes,
            Field::Bytes(bytes) => {
                self.join();
                self.all.extend_from_slice(bytes);
            }
            Field::Varint(mut number) => {
                self.join();
                while number >= 0x80 {
                    self.all.push((number & 0x7f) as u8 | 0x80);
                    number >>= 7;
                }
                self.all.push((number & 0x7f) as u8);
            }
            Field::Fixed32(_) | Field::Fixed64(_) => {}
        }
    }

    fn join(&mut self) {
        if self.all.is_empty() {
            self.all.extend_from_slice(self.first);
        }
    }

    fn bytes(&self) -> &[u8] {
        if self.all.is_empty() { self.first } else { &self.all }
    }
}
