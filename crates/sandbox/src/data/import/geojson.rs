//! GeoJSON: the features of a collection, or one.

use super::columns::Typing;
use super::{Content, Form, ImportError};
use geojson::Feature;
use serde_json::Value;
use std::collections::HashMap;
use std::io::Read;

/// Columns that a table may have in the database. With more, rows and columns would multiply.
const MOST_COLUMNS: usize = 1_500;

/// Reads features.
///
/// # Errors
/// In one sentence, with the line of a broken text, or with the number of a broken feature.
pub fn read(source: impl Read) -> Result<Content, ImportError> {
    let said = |text: &str| ImportError(text.to_owned());
    let value: Value =
        serde_json::from_reader(source).map_err(|error| ImportError(format!("The file is no GeoJSON: {error}.")))?;
    let crs = value.get("crs").map(srid).transpose()?.flatten();
    let kind = value["type"].as_str().map(str::to_owned);
    let features = match (kind.as_deref(), value) {
        (Some("FeatureCollection"), Value::Object(mut members)) => match members.remove("features") {
            Some(Value::Array(features)) => features,
            _ => return Err(said("The file is no GeoJSON: its collection has no features.")),
        },
        (Some("Feature"), feature) => vec![feature],
        (
            Some(
                "GeometryCollection" | "LineString" | "MultiLineString" | "MultiPoint" | "MultiPolygon" | "Point"
                | "Polygon",
            ),
            _,
        ) => return Err(said("The file has a geometry, but no features.")),
        _ => return Err(said("The file is no GeoJSON: it has no type that GeoJSON knows.")),
    };
    let mut content = Content { unit: ("feature", 1), form: Some(Form::GeoJson), srid: crs, ..Content::default() };
    let mut rows = Vec::with_capacity(features.len());
    let mut places = HashMap::new();
    for (index, feature) in features.into_iter().enumerate() {
        let feature = serde_json::from_value::<Feature>(feature)
            .map_err(|error| ImportError(format!("Feature {} is none: {error}.", index + 1)))?;
        let mut row = Vec::new();
        for (name, value) in feature.properties.into_iter().flatten() {
            let place = *places.entry(name).or_insert_with_key(|name: &String| {
                content.columns.push(name.clone());
                content.typing.push(Typing::Guessed);
                content.columns.len() - 1
            });
            if content.columns.len() > MOST_COLUMNS {
                return Err(ImportError(format!("The features have more than {MOST_COLUMNS} different properties.")));
            }
            if let Some(typing) = content.typing.get_mut(place).filter(|_| value.is_string()) {
                // GeoJSON has no times of its own.
                *typing = Typing::TextOrTime;
            }
            row.push((place, text(&value)));
        }
        rows.push(row);
        content.geometries.push(feature.geometry.map(|geometry| geometry.to_string()));
    }
    for row in rows {
        let mut values = vec![None; content.columns.len()];
        for (place, value) in row {
            if let Some(known) = values.get_mut(place) {
                *known = value;
            }
        }
        content.rows.push(values);
    }
    Ok(content)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The reference system that older files name.
fn srid(crs: &Value) -> Result<Option<i32>, ImportError> {
    if crs.is_null() {
        return Ok(None);
    }
    let name = crs["properties"]["name"].as_str().unwrap_or_default();
    if name.ends_with("CRS84") {
        return Ok(Some(4326));
    }
    let number = name.rsplit(':').next().and_then(|number| number.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| ImportError(format!("The reference system \"{name}\" is not understood: --srid NUMBER")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_nested_or_multiplied_ends_the_process() {
        for unit in ["[", "{\"type\":", "{\"type\":\"FeatureCollection\",\"features\":["] {
            for count in [100, 10_000, 10_000_000 / unit.len()] {
                assert!(read(unit.repeat(count).as_bytes()).is_err());
            }
        }
        let collection = |features: String| format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}");
        let nested = "{\"type\":\"GeometryCollection\",\"geometries\":[".repeat(50) + &"]}".repeat(50);
        let feature = format!("{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{nested}}}");
        let _ = read(collection(feature).as_bytes());
        let feature = |n: usize| format!("{{\"type\":\"Feature\",\"properties\":{{\"p{n}\":1}},\"geometry\":null}}");
        let many = (0..20_000).map(feature).collect::<Vec<_>>().join(",");
        let message = read(collection(many).as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(message, "The features have more than 1500 different properties.");
    }

    #[test]
    fn features_become_rows() {
        let text = r#"{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}},
            "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"a": 1, "b": null}},
                         {"type": "Feature", "geometry": null, "properties": {"c": {"d": [true]}}}]}"#;
        let content = read(text.as_bytes()).unwrap_or_default();
        assert_eq!(content.columns, ["a", "b", "c"]);
        assert_eq!(content.srid, Some(3857));
        assert_eq!(content.rows.last(), Some(&vec![None, None, Some(r#"{"d":[true]}"#.to_owned())]));
        assert!(
            content.geometries.first().is_some_and(|first| first.as_ref().is_some_and(|text| text.contains("Point")))
        );
    }

    #[test]
    fn mistakes_have_a_number_or_a_line() {
        let message = |text: &str| read(text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        let collection = |second: &str| {
            format!(
                r#"{{"type": "FeatureCollection", "features": [{{"type": "Feature", "geometry": null, "properties": null}}, {second}]}}"#
            )
        };
        let point = r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": ["a"]}, "properties": {}}"#;
        assert!(message(&collection(point)).starts_with("Feature 2 is none: "), "{}", message(&collection(point)));
        assert!(message(&collection("7")).starts_with("Feature 2 is none: "));
        assert!(message("{\n\"type\": }").contains("line 2"));
    }

    #[test]
    fn texts_stay_texts() {
        let text =
            r#"{"type": "Feature", "geometry": null, "properties": {"zip": "10115", "on": "2020-01-02", "n": 5}}"#;
        let content = read(text.as_bytes()).unwrap_or_default();
        let kinds: Vec<&str> = super::super::columns::of(&content).iter().map(|column| column.kind).collect();
        assert_eq!(kinds, ["text", "timestamptz", "bigint"]);
    }

    #[test]
    fn what_is_no_geojson_is_refused() {
        for text in ["", "{}", "[1]", r#"{"type": "Point", "coordinates": [1, 2]}"#] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
