//! [`Value`]: one JSON value, the only form in which data crosses between JavaScript and Rust.
//!
//! Whatever the page hands over and whatever a server answers becomes a `Value` at the rim, and every type of this
//! crate reads and writes itself as a `Value`. One small type in place of derived (de)serialisers keeps
//! the WebAssembly small, and the same code serves the client, the sandbox (through `serde_json`) and the tests.

/// How deep lists and objects may nest: an answer beyond that is hostile, and would exhaust the stack.
pub const DEEPEST: u8 = 100;

/// A JSON value; the members of an object keep their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`, and what JavaScript calls `undefined`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number; JavaScript has only this kind.
    Number(f64),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Members in the order in which they were written.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The member `key` of an object; `None` when there is none or this is no object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The member at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text, when this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when this is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The items of a list; an empty slice for anything else.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// Whether this is a list.
    pub fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// The members of an object; an empty slice for anything else.
    pub fn members(&self) -> &[(String, Value)] {
        match self {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// A list of texts; what is no text is left out.
    pub fn strings(&self) -> Vec<String> {
        self.items().iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// An object of the given members.
    pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
        // On the heap at once, so that the rest exists once and not for every number of members.
        Value::named(Vec::from(members))
    }

    #[inline(never)]
    fn named(members: Vec<(&str, Value)>) -> Value {
        let mut named = Vec::with_capacity(members.len());
        for (name, value) in members {
            named.push((name.to_owned(), value));
        }
        Value::Object(named)
    }

    /// Adds a member before another one, or at the end of an object that has no such other one; anything else stays as it is.
    pub fn insert(&mut self, before: &str, key: &str, value: impl Into<Value>) {
        if let Value::Object(members) = self {
            let at = members.iter().position(|(name, _)| name == before).unwrap_or(members.len());
            members.insert(at, (key.to_owned(), value.into()));
        }
    }

    /// Adds a member at the end of an object; anything else stays as it is.
    pub fn push(&mut self, key: &str, value: impl Into<Value>) {
        if let Value::Object(members) = self {
            members.push((key.to_owned(), value.into()));
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text)
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}
impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::Array(items)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
impl From<&[String]> for Value {
    fn from(texts: &[String]) -> Self {
        Value::Array(texts.iter().map(|text| text.as_str().into()).collect())
    }
}

// In the browser it writes values only: serde's way of reading those of JavaScript weighs 15 kB after compression, so
// `convert` reads them by hand.
#[cfg(feature = "serde")]
mod serde_json_form {
    use super::Value;
    use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
    use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
    use std::fmt;

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Value::Null => serializer.serialize_unit(),
                Value::Bool(flag) => serializer.serialize_bool(*flag),
                Value::Number(number) => {
                    // Whole numbers are written as such: servers compare `0` and `0.0` as text.
                    let whole = *number as i64;
                    if whole as f64 == *number && number.abs() < 9_007_199_254_740_992.0 {
                        serializer.serialize_i64(whole)
                    } else {
                        serializer.serialize_f64(*number)
                    }
                }
                Value::String(text) => serializer.serialize_str(text),
                Value::Array(items) => {
                    let mut seq = serializer.serialize_seq(Some(items.len()))?;
                    for item in items {
                        seq.serialize_element(item)?;
                    }
                    seq.end()
                }
                Value::Object(members) => {
                    let mut map = serializer.serialize_map(Some(members.len()))?;
                    for (name, value) in members {
                        map.serialize_entry(name, value)?;
                    }
                    map.end()
                }
            }
        }
    }

    /// Reads one value that may nest so many levels more.
    struct Levels(u8);

    impl Levels {
        fn inner<E: Error>(&self) -> Result<Levels, E> {
            self.0.checked_sub(1).map(Levels).ok_or_else(|| E::custom("nested too deep"))
        }
    }

    impl<'de> DeserializeSeed<'de> for Levels {
        type Value = Value;
        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
            deserializer.deserialize_any(self)
        }
    }

    impl<'de> Visitor<'de> for Levels {
        type Value = Value;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("JSON")
        }
        fn visit_unit<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }
        fn visit_none<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }
        fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
            inner.deserialize_any(self)
        }
        fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
            Ok(Value::Bool(flag))
        }
        fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
            Ok(Value::Number(number as f64))
        }
        fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
            Ok(Value::Number(number as f64))
        }
        fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
            Ok(Value::Number(number))
        }
        fn visit_str<E>(self, text: &str) -> Result<Value, E> {
            Ok(Value::String(text.to_owned()))
        }
        fn visit_string<E>(self, text: String) -> Result<Value, E> {
            Ok(Value::String(text))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element_seed(self.inner()?)? {
                items.push(item);
            }
            Ok(Value::Array(items))
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
            let mut members = Vec::new();
            while let Some(name) = map.next_key()? {
                members.push((name, map.next_value_seed(self.inner()?)?));
            }
            Ok(Value::Object(members))
        }
    }

    impl<'de> Deserialize<'de> for Value {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Levels(super::DEEPEST).deserialize(deserializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_goes_in_and_out_unchanged() {
        let text = r#"{"b":1,"a":[true,null,"x",-0.5,1e300],"n":{"id":7}}"#;
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let written = serde_json::to_string(&value).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Value>(&written).ok(), Some(value));
        assert!(written.starts_with(r#"{"b":1,"a":[true,null,"x",-0.5,"#), "{written}");
    }

    #[test]
    fn hostile_nesting_is_refused() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(serde_json::from_str::<Value>(&deep(100)).is_ok());
        assert!(serde_json::from_str::<Value>(&deep(101)).is_err());
    }
}
