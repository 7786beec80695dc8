//! GeoJSON: the features of a collection or one by itself, a geometry, or a feature in each line; read one at a time.

use super::columns::Typing;
use super::properties::Properties;
use super::scan::others;
use super::source::{Column, Each, Input, Place, Row, Source, System};
use super::{ImportError, encoding, geometry};
use encoding_rs::Encoding;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::io::{BufRead, BufReader, Read};

/// Bytes of the first line that are looked at.
const MOST_LOOKED: u64 = 4 << 20;
/// Bytes that one line may have.
const LONGEST_LINE: u64 = 64 << 20;
/// Lines that are told when they cannot be read.
const MOST_TOLD: usize = 20;
/// What sequences of JSON texts have before each text (RFC 8142).
const SEPARATOR: char = '\u{1e}';

/// A file of features.
pub struct GeoJson {
    input: Input,
    encoding: &'static Encoding,
    /// Whether each line is a feature.
    has_lines: bool,
    found: Found,
}

/// What is known after reading.
#[derive(Default)]
struct Found {
    properties: Properties,
    system: System,
    notes: Vec<(u64, String)>,
    /// Lines that are left out beyond those that are told.
    untold: usize,
}

impl GeoJson {
    /// Looks at the first line.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(input: Input) -> Result<GeoJson, ImportError> {
        let encoding = encoding::of(&input)?;
        let mut lines = BufReader::new(encoding::reader(&input, encoding)?.take(MOST_LOOKED)).lines();
        let mut line = || lines.by_ref().map_while(Result::ok).find(|line| !line.trim().is_empty());
        let first = line().and_then(|line| serde_json::from_str::<Value>(line.trim_matches(is_between)).ok());
        let has_lines = first.is_some_and(|value| value["type"] == "Feature") && line().is_some();
        Ok(GeoJson { input, encoding, has_lines, found: Found::default() })
    }

    fn read_lines(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        let mut source = BufReader::new(encoding::reader(&self.input, self.encoding)?);
        self.found.notes.clear();
        self.found.untold = 0;
        let mut line = String::new();
        for number in 1.. {
            line.clear();
            let read = source.by_ref().take(LONGEST_LINE).read_line(&mut line);
            match read.map_err(|error| ImportError(format!("The file cannot be read: {error}.")))? {
                0 => break,
                length if length as u64 == LONGEST_LINE => {
                    return Err(ImportError(format!("Line {number} does not end.")));
                }
                _ => {}
            }
            let text = line.trim_matches(is_between);
            if text.is_empty() {
                continue;
            }
            match serde_json::from_str(text) {
                Ok(value) => each(self.found.row(value, number)?)?,
                Err(error) if self.found.notes.len() < MOST_TOLD => {
                    let note = format!("Line {number} is left out, it cannot be read: {error}.");
                    self.found.notes.push((number, note));
                }
                Err(_) => self.found.untold += 1,
            }
        }
        Ok(())
    }

    fn read_whole(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        let source = Sequence(encoding::reader(&self.input, self.encoding)?);
        let source = BufReader::with_capacity(64 << 10, source);
        let mut texts = serde_json::Deserializer::from_reader(source);
        let mut state = Reading { found: &mut self.found, each, number: 0, refused: None };
        let mut is_first = true;
        while is_first || texts.end().is_err() {
            is_first = false;
            let read = Text { state: &mut state }.deserialize(&mut texts);
            if let Some(refused) = state.refused.take() {
                return Err(refused);
            }
            read.map_err(|error| ImportError(format!("The file is no GeoJSON: {error}.")))?;
        }
        Ok(())
    }
}

/// JSON texts, whose separators are blanks: inside of a text there is none.
struct Sequence<R>(R);

impl<R: Read> Read for Sequence<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.0.read(buffer)?;
        let separators = buffer.iter_mut().take(length).filter(|byte| char::from(**byte) == SEPARATOR);
        separators.for_each(|byte| *byte = b' ');
        Ok(length)
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || c == SEPARATOR
}

impl Source for GeoJson {
    fn unit(&self) -> &'static str {
        if self.has_lines { "Line" } else { "Feature" }
    }

    fn columns(&self) -> Vec<Column> {
        self.found.properties.columns()
    }

    fn system(&self) -> System {
        self.found.system.clone()
    }

    fn notes(&self) -> Vec<(u64, String)> {
        let mut notes = self.found.notes.clone();
        if self.found.untold > 0 {
            notes.push((u64::MAX, others(self.found.untold, "left out, for they cannot be read")));
        }
        notes
    }

    fn read(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        if self.has_lines { self.read_lines(each) } else { self.read_whole(each) }
    }
}

impl Found {
    /// The row of a feature.
    fn row(&mut self, feature: Value, number: u64) -> Result<Row, ImportError> {
        let Value::Object(mut members) = feature else {
            return Ok(Row { number, place: Place::Broken("it is no feature".into()), ..Row::default() });
        };
        let place = match members.remove("geometry").map(geometry::from_json) {
            None | Some(Ok(None)) => Place::None,
            Some(Ok(Some(geometry))) => Place::At(geometry, None),
            Some(Err(what)) => Place::Broken(what),
        };
        let mut row = Row { number, place, ..Row::default() };
        if let Some(Value::Object(properties)) = members.remove("properties") {
            row.values = self.values(properties)?;
        }
        Ok(row)
    }

    fn values(&mut self, properties: Map<String, Value>) -> Result<Vec<Option<String>>, ImportError> {
        let mut values = Vec::new();
        for (name, value) in properties {
            // GeoJSON has no times of its own.
            let typing = value.is_string().then_some(Typing::TextOrTime);
            self.properties.put(&mut values, name, text(value), typing)?;
        }
        Ok(values)
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// The reference system that older files name.
fn system(crs: &Value) -> Result<System, ImportError> {
    if crs.is_null() {
        return Ok(System::Unsaid);
    }
    let properties = &crs["properties"];
    if let Some(number) = properties["code"].as_i64().and_then(|number| i32::try_from(number).ok()) {
        return Ok(System::Number(number));
    }
    let name = properties["name"].as_str().unwrap_or_default().trim();
    if name.ends_with("CRS84") {
        return Ok(System::Number(4326));
    }
    number_in(name)
        .map(System::Number)
        .ok_or_else(|| ImportError(format!("The reference system \"{name}\" is not understood: --srid NUMBER")))
}

/// The number in a name of a reference system: `urn:ogc:def:crs:EPSG::25830`, `http://www.opengis.net/def/crs/EPSG/0/25830`,
/// `http://www.opengis.net/gml/srs/epsg.xml#25830`, `EPSG:25830 - ETRS89 / UTM zone 30N`.
fn number_in(name: &str) -> Option<i32> {
    let last = name.rsplit([':', '/', '#']).next().and_then(|number| number.parse().ok());
    last.or_else(|| {
        let (_, behind) = name.split_once("EPSG:")?;
        behind.trim_start_matches(':').split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    })
}

/// What a file is read with.
struct Reading<'a, 'b> {
    found: &'a mut Found,
    each: Each<'b>,
    number: u64,
    /// Why there is no more to be read, if it is not the file.
    refused: Option<ImportError>,
}

impl Reading<'_, '_> {
    fn feature<E: serde::de::Error>(&mut self, feature: Value) -> Result<(), E> {
        self.number += 1;
        let number = self.number;
        let taken = self.found.row(feature, number).and_then(|row| (self.each)(row));
        taken.map_err(|error| self.refuse(error))
    }

    fn refuse<E: serde::de::Error>(&mut self, error: ImportError) -> E {
        self.refused = Some(error);
        E::custom("refused")
    }
}

/// One JSON text: a collection, a feature or a geometry.
struct Text<'s, 'a, 'b> {
    state: &'s mut Reading<'a, 'b>,
}

impl<'de> DeserializeSeed<'de> for Text<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Text<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with features")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let state = self.state;
        let mut kept = Map::new();
        let mut has_features = false;
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "features" => {
                    members.next_value_seed(FeaturesVisitor { state: &mut *state })?;
                    has_features = true;
                }
                "crs" => {
                    let system = system(&members.next_value()?);
                    state.found.system = system.map_err(|error| state.refuse::<A::Error>(error))?;
                }
                "type" | "geometry" | "properties" | "coordinates" | "geometries" => {
                    kept.insert(name, members.next_value()?);
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        match kept.get("type").and_then(Value::as_str) {
            Some("FeatureCollection") if has_features => Ok(()),
            Some("FeatureCollection") => Err(A::Error::custom("its collection has no features")),
            Some("Feature") => state.feature(Value::Object(kept)),
            Some(
                "GeometryCollection" | "LineString" | "MultiLineString" | "MultiPoint" | "MultiPolygon" | "Point"
                | "Polygon",
            ) => {
                let mut feature = Map::new();
                feature.insert("geometry".into(), Value::Object(kept));
                state.feature(Value::Object(feature))
            }
            _ => Err(A::Error::custom("it has no type that GeoJSON knows")),
        }
    }
}

/// The features of a collection.
struct FeaturesVisitor<'s, 'a, 'b> {
    state: &'s mut Reading<'a, 'b>,
}

impl<'de> DeserializeSeed<'de> for FeaturesVisitor<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FeaturesVisitor<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<(), A::Error> {
        while let Some(feature) = features.next_element()? {
            self.state.feature::<A::Error>(feature)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::rows_of;
    use super::*;
    use geo_types::{Geometry, Point};
    use serde_json::json;
    use std::io::Write;

    struct Content {
        columns: Vec<String>,
        typing: Vec<Typing>,
        rows: Vec<Row>,
        system: System,
        notes: Vec<String>,
    }

    fn read(bytes: &[u8]) -> Result<Content, String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let mut source = GeoJson::open(Input::Unpacked(file)).map_err(|error| error.to_string())?;
        let rows = rows_of(&mut source).map_err(|error| error.to_string())?;
        let (columns, typing) = source.columns().into_iter().map(|column| (column.name, column.typing)).unzip();
        Ok(Content {
            columns,
            typing,
            rows,
            system: source.system(),
            notes: source.notes().into_iter().map(|(_, note)| note).collect(),
        })
    }

    fn collection(features: &str) -> String {
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}")
    }

    #[test]
    fn nothing_nested_or_multiplied_ends_the_process() {
        for unit in ["[", "{\"type\":", "{\"type\":\"FeatureCollection\",\"features\":["] {
            for count in [100, 10_000, 10_000_000 / unit.len()] {
                assert!(read(unit.repeat(count).as_bytes()).is_err());
            }
        }
        let nested = "{\"type\":\"GeometryCollection\",\"geometries\":[".repeat(50) + &"]}".repeat(50);
        let feature = format!("{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{nested}}}");
        let _ = read(collection(&feature).as_bytes());
        let feature = |n: usize| format!("{{\"type\":\"Feature\",\"properties\":{{\"p{n}\":1}},\"geometry\":null}}");
        let many = (0..2_000).map(feature).collect::<Vec<_>>().join(",");
        let message = read(collection(&many).as_bytes()).err().unwrap_or_default();
        assert_eq!(message, "The features have more than 1500 different properties.");
    }

    #[test]
    fn features_become_rows() {
        let text = r#"{"type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"a": 1, "b": null}},
                         {"type": "Feature", "geometry": null, "properties": {"c": {"d": [true]}}}],
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}}"#;
        let content = read(text.as_bytes()).unwrap();
        assert_eq!(content.columns, ["a", "b", "c"]);
        assert_eq!(content.system, System::Number(3857));
        let [first, last] = content.rows.as_slice() else { panic!("two rows") };
        assert_eq!(first.place, Place::At(Geometry::Point(Point::new(1.0, 2.0)), None));
        assert_eq!(last.values, [None, None, Some(r#"{"d":[true]}"#.to_owned())]);
    }

    #[test]
    fn reference_systems_are_named_in_several_ways() {
        for name in [
            "EPSG:25830",
            "urn:ogc:def:crs:EPSG::25830 ",
            "urn:ogc:def:crs:EPSG:6.9:25830",
            "http://www.opengis.net/def/crs/EPSG/0/25830",
            "http://www.opengis.net/gml/srs/epsg.xml#25830",
            "EPSG:25830 - ETRS89 / UTM zone 30N",
        ] {
            let crs = json!({"type": "name", "properties": {"name": name}});
            assert_eq!(system(&crs).unwrap(), System::Number(25_830), "{name}");
        }
        for name in ["ETRS89 / UTM zone 30N", "EPSG:", "somewhere"] {
            let refused = system(&json!({"properties": {"name": name}}));
            assert!(refused.is_err_and(|error| error.0.contains(name)), "{name}");
        }
    }

    #[test]
    fn one_broken_feature_is_kept() {
        let fine = r#"{"type": "Feature", "geometry": null, "properties": {"a": 1}}"#;
        let point =
            r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": ["a"]}, "properties": {"a": 2}}"#;
        let content = read(collection(&format!("{fine},{point},7")).as_bytes()).unwrap();
        let broken = content.rows.iter().filter(|row| matches!(row.place, Place::Broken(_)));
        assert_eq!(broken.map(|row| row.number).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(content.rows.get(1).unwrap().values, [Some("2".to_owned())]);
        assert!(read(b"{\n\"type\": }").is_err_and(|message| message.contains("line 2")));
    }

    #[test]
    fn texts_stay_texts() {
        let text =
            r#"{"type": "Feature", "geometry": null, "properties": {"zip": "10115", "on": "2020-01-02", "n": 5}}"#;
        let content = read(text.as_bytes()).unwrap();
        assert_eq!(content.typing, [Typing::TextOrTime, Typing::TextOrTime, Typing::Guessed]);
    }

    #[test]
    fn features_in_lines_are_read() {
        let line = |n: usize| {
            format!(
                "{{\"type\":\"Feature\",\"properties\":{{\"a\":{n}}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{n},2]}}}}\n"
            )
        };
        let content = read(format!("{}{}\n{{\"type\":\n{}", line(0), line(1), line(2)).as_bytes()).unwrap();
        assert_eq!(content.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 5]);
        assert!(content.notes.first().is_some_and(|note| note.starts_with("Line 4 is left out")));
        // Also where a feature has several lines, or a mark before it.
        let content = read(line(1).replace(",\"geo", ",\n\"geo").repeat(3).as_bytes()).unwrap();
        assert_eq!(content.rows.len(), 3);
        let one = read(format!("\u{1e}{}", line(0)).as_bytes()).unwrap();
        assert_eq!(one.rows.len(), 1);
        // Each may have several lines.
        let long = format!("\u{1e}{}\n\u{1e}{}", line(0).replace(',', ",\n"), line(1).replace(',', ",\n"));
        assert_eq!(read(long.as_bytes()).unwrap().rows.len(), 2);
        let content = read(format!("\u{1e}{}\u{1e}{}", line(0), line(1)).as_bytes()).unwrap();
        assert_eq!(content.rows.len(), 2);
    }

    #[test]
    fn other_encodings_are_read() {
        let text = collection(r#"{"type":"Feature","geometry":null,"properties":{"nom":"Hôtel de Ville, Besançon"}}"#);
        let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let narrow: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for bytes in [format!("\u{feff}{text}").into_bytes(), wide, narrow] {
            let content = read(&bytes).unwrap();
            assert_eq!(content.rows.first().unwrap().values, [Some("Hôtel de Ville, Besançon".to_owned())]);
        }
    }

    #[test]
    fn what_is_no_geojson_is_refused() {
        for text in ["", "{}", "[1]", "{\"type\":\"FeatureCollection\"}", "{\"type\":\"Topology\"}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(read(br#"{"type": "Point", "coordinates": [1, 2]}"#).unwrap().rows.len(), 1);
    }
}
