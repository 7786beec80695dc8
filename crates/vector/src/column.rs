//! The values of a key, of all features of a layer.

use crate::TileError;
use crate::protobuf::{Field, Reader, signed_long};

/// Numbers beyond this one are not all exact as `f64`.
const EXACT: u64 = 1 << 53;
/// The place of no value.
pub(crate) const NOTHING: u32 = u32::MAX;

/// One value of a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// SQL's `NULL`: the feature has no such key.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number, written as such.
    Integer(i64),
    /// Any other number; `NaN` and infinity may be among them.
    Number(f64),
    /// A text.
    Text(&'a str),
}

impl Value<'_> {
    /// The value as a number, if it is one.
    #[must_use]
    pub fn as_number(self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as everything that is computed with")]
            Self::Integer(number) => Some(number as f64),
            Self::Number(number) => Some(number),
            Self::Null | Self::Bool(_) | Self::Text(_) => None,
        }
    }
}

/// How numbers were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// All as whole numbers, and exact.
    Whole,
    /// All with 32 bits, of a column of type `real`.
    Single,
    /// With 64 bits, or not alike.
    Double,
}

/// The values of a column, one for each feature. Where a feature has none is said beside numbers, and by the place or the value itself elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers.
    Numbers {
        /// How they were written.
        form: Numbers,
        /// The numbers; 0 where there is none.
        numbers: Vec<f64>,
        /// Which features have one.
        present: Bits,
    },
    /// Truth values; `None` where there is none.
    Bools(Vec<Option<bool>>),
    /// Texts.
    Texts {
        /// The texts. One may be there twice when the tile has it twice.
        dictionary: Dictionary,
        /// The place of each feature's text in the dictionary; `u32::MAX` where there is none.
        places: Vec<u32>,
    },
    /// Values of several types, or whole numbers that are not exact as `f64`.
    Mixed {
        /// The values.
        values: Vec<Mixed>,
        /// The place of each feature's value; `u32::MAX` where there is none.
        places: Vec<u32>,
    },
}

/// A value of a column without a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Mixed {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(Box<str>),
}

/// One bit for each feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    pub(crate) fn set(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Is the bit set? Those beyond the end are not.
    #[inline]
    #[must_use]
    pub fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    pub(crate) fn weight(&self) -> usize {
        self.0.len() * 8
    }

    /// How many bits are set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

/// Texts one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    text: String,
    ends: Vec<usize>,
}

impl Dictionary {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// The number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text at a place; `None` beyond the end.
    #[must_use]
    pub fn get(&self, place: u32) -> Option<&str> {
        let place = place as usize;
        let end = *self.ends.get(place)?;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end)
    }
}

/// A key and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The key.
    pub name: Box<str>,
    /// One value for each feature of the layer.
    pub values: Values,
}

impl Column {
    /// The value of a feature; [`Value::Null`] where there is none, and beyond the end.
    #[must_use]
    pub fn get(&self, feature: usize) -> Value<'_> {
        self.find(feature).unwrap_or_default()
    }

    /// Whether a feature has no value.
    #[must_use]
    pub fn is_null(&self, feature: usize) -> bool {
        self.find(feature).is_none()
    }

    /// The number of a feature; `None` where there is none, and of columns of other types.
    #[inline]
    #[must_use]
    pub fn number(&self, feature: usize) -> Option<f64> {
        match &self.values {
            Values::Numbers { numbers, present, .. } => numbers.get(feature).copied().filter(|_| present.has(feature)),
            _ => None,
        }
    }

    fn find(&self, feature: usize) -> Option<Value<'_>> {
        match &self.values {
            Values::Numbers { form, numbers, present } => {
                let number = *numbers.get(feature).filter(|_| present.has(feature))?;
                Some(match form {
                    #[expect(clippy::cast_possible_truncation, reason = "whole numbers are exact")]
                    Numbers::Whole => Value::Integer(number as i64),
                    Numbers::Single | Numbers::Double => Value::Number(number),
                })
            }
            Values::Bools(bools) => bools.get(feature)?.map(Value::Bool),
            Values::Texts { dictionary, places } => dictionary.get(*places.get(feature)?).map(Value::Text),
            Values::Mixed { values, places } => values.get(*places.get(feature)? as usize).map(|value| match value {
                Mixed::Bool(value) => Value::Bool(*value),
                Mixed::Integer(value) => Value::Integer(*value),
                Mixed::Number(value) => Value::Number(*value),
                Mixed::Text(text) => Value::Text(text),
            }),
        }
    }

    /// The texts as numbers, when all are some.
    pub(crate) fn numbers_of_texts(&self, read: &dyn Fn(&str) -> f64) -> Option<Values> {
        let Values::Texts { dictionary, places } = &self.values else { return None };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let mut known = Vec::with_capacity(dictionary.len());
        for text in (0..).map_while(|place| dictionary.get(place)) {
            let number = match text {
                "NaN" => f64::NAN,
                text if is_digits(text) => Some(read(text)).filter(|number| number.is_finite())?,
                _ => return None,
            };
            known.push(number);
        }
        let (mut numbers, mut present) = (vec![0.0; places.len()], Bits::new(places.len()));
        for (index, (number, place)) in numbers.iter_mut().zip(places).enumerate() {
            if let Some(found) = known.get(*place as usize) {
                *number = *found;
                present.set(index);
            }
        }
        Some(Values::Numbers { form: Numbers::Double, numbers, present })
    }

    /// Bytes that the values take.
    pub(crate) fn weight(&self) -> usize {
        let values = match &self.values {
            Values::Numbers { numbers, .. } => numbers.len() * 8 + numbers.len() / 8,
            Values::Bools(bools) => bools.len(),
            Values::Texts { dictionary, places } => {
                dictionary.text.len() + dictionary.ends.len() * size_of::<usize>() + places.len() * 4
            }
            Values::Mixed { values, places } => {
                let text = |value: &Mixed| if let Mixed::Text(text) = value { text.len() } else { 0 };
                values.iter().map(text).sum::<usize>() + values.len() * size_of::<Mixed>() + places.len() * 4
            }
        };
        values + self.name.len() + size_of::<Self>()
    }
}

/// A value as the tile has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Raw<'a> {
    Nothing,
    Bool(bool),
    Integer(i64),
    Single(f32),
    Double(f64),
    Text(&'a str),
}

impl<'a> Raw<'a> {
    /// Reads the message of a value; the last of its fields counts.
    pub(crate) fn read(message: &'a [u8]) -> Result<Self, TileError> {
        let mut reader = Reader::new(message);
        let mut value = Raw::Nothing;
        while let Some(field) = reader.field()? {
            value = match field {
                (1, Field::Bytes(text)) => Raw::Text(std::str::from_utf8(text).map_err(|_| TileError::Text)?),
                (2, Field::Fixed32(bytes)) => Raw::Single(f32::from_le_bytes(bytes)),
                (3, Field::Fixed64(bytes)) => Raw::Double(f64::from_le_bytes(bytes)),
                (4, Field::Varint(number)) => Raw::Integer(number.cast_signed()),
                (5, Field::Varint(number)) => match i64::try_from(number) {
                    Ok(number) => Raw::Integer(number),
                    #[expect(clippy::cast_precision_loss, reason = "no type of SQL has it")]
                    Err(_) => Raw::Double(number as f64),
                },
                (6, Field::Varint(number)) => Raw::Integer(signed_long(number)),
                (7, Field::Varint(truth)) => Raw::Bool(truth != 0),
                _ => value,
            };
        }
        Ok(value)
    }
}

/// Which types a column's values are of.
#[derive(Clone, Copy, Debug, Default)]
struct Types {
    bools: bool,
    whole: bool,
    inexact: bool,
    single: bool,
    double: bool,
    texts: bool,
}

impl Types {
    fn add(&mut self, value: Raw<'_>) {
        match value {
            Raw::Nothing => {}
            Raw::Bool(_) => self.bools = true,
            Raw::Integer(number) if number.unsigned_abs() > EXACT => self.inexact = true,
            Raw::Integer(_) => self.whole = true,
            Raw::Single(_) => self.single = true,
            Raw::Double(_) => self.double = true,
            Raw::Text(_) => self.texts = true,
        }
    }
}

/// Makes typed columns of places in a layer's table of values.
pub(crate) struct Typing<'a> {
    table: &'a [Raw<'a>],
    /// For each value, the last column that used it, and its place there.
    known: Vec<(u32, u32)>,
    column: u32,
    /// Bytes of text that may be kept yet. Many columns can use one text.
    text_left: usize,
}

impl<'a> Typing<'a> {
    pub(crate) fn new(table: &'a [Raw<'a>], most_text: usize) -> Self {
        Self { table, known: Vec::new(), column: 0, text_left: most_text }
    }

    pub(crate) fn text_left(&self) -> usize {
        self.text_left
    }

    fn at(&self, place: u32) -> Raw<'a> {
        self.table.get(place as usize).copied().unwrap_or(Raw::Nothing)
    }

    /// The values of a column.
    pub(crate) fn values(&mut self, places: Vec<u32>) -> Result<Values, TileError> {
        let mut types = Types::default();
        places.iter().for_each(|place| types.add(self.at(*place)));
        Ok(match types {
            Types { inexact: false, bools: false, texts: false, whole, single, double } => {
                let form = match (whole, single, double) {
                    (_, false, false) => Numbers::Whole,
                    (false, true, false) => Numbers::Single,
                    _ => Numbers::Double,
                };
                self.numbers(form, &places)
            }
            Types { bools: true, texts: false, whole: false, inexact: false, single: false, double: false } => {
                let truth = |place: &u32| if let Raw::Bool(truth) = self.at(*place) { Some(truth) } else { None };
                Values::Bools(places.iter().map(truth).collect())
            }
            Types { texts: true, bools: false, whole: false, inexact: false, single: false, double: false } => {
                let mut dictionary = Dictionary::default();
                let places = self.renumbered(places, |value| {
                    if let Raw::Text(text) = value {
                        dictionary.add(text);
                    }
                })?;
                Values::Texts { dictionary, places }
            }
            _ => {
                let mut values = Vec::new();
                let places = self.renumbered(places, |value| {
                    values.extend(match value {
                        Raw::Nothing => None,
                        Raw::Bool(truth) => Some(Mixed::Bool(truth)),
                        Raw::Integer(number) => Some(Mixed::Integer(number)),
                        Raw::Single(number) => Some(Mixed::Number(number.into())),
                        Raw::Double(number) => Some(Mixed::Number(number)),
                        Raw::Text(text) => Some(Mixed::Text(text.into())),
                    });
                })?;
                Values::Mixed { values, places }
            }
        })
    }

    fn numbers(&self, form: Numbers, places: &[u32]) -> Values {
        let mut present = Bits::new(places.len());
        let number = |(feature, place): (usize, &u32)| {
            let number = match self.at(*place) {
                #[expect(clippy::cast_precision_loss, reason = "what is beyond it has no column of numbers")]
                Raw::Integer(number) => number as f64,
                Raw::Single(number) => number.into(),
                Raw::Double(number) => number,
                Raw::Nothing | Raw::Bool(_) | Raw::Text(_) => return 0.0,
            };
            present.set(feature);
            number
        };
        let numbers = places.iter().enumerate().map(number).collect();
        Values::Numbers { form, numbers, present }
    }

    /// Numbers the values that a column uses in the order in which they come, and tells each of them once.
    fn renumbered(&mut self, mut places: Vec<u32>, mut tell: impl FnMut(Raw<'a>)) -> Result<Vec<u32>, TileError> {
        self.known.resize(self.table.len(), (0, 0));
        self.column += 1;
        let mut next = 0;
        for place in &mut places {
            let index = *place as usize;
            let (Some(known), Some(value)) = (self.known.get_mut(index), self.table.get(index)) else {
                *place = NOTHING;
                continue;
            };
            if let Raw::Nothing = value {
                *place = NOTHING;
                continue;
            }
            if known.0 != self.column {
                *known = (self.column, next);
                next += 1;
                if let Raw::Text(text) = value {
                    self.text_left =
                        self.text_left.checked_sub(text.len()).ok_or(TileError::TooMany("bytes of text"))?;
                }
                tell(*value);
            }
            *place = known.1;
        }
        Ok(places)
    }
}
