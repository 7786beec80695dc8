//! GeoJSON: the features of a collection, or one.

use super::{Content, Form, ImportError};
use geojson::{FeatureCollection, GeoJson};
use serde_json::Value;
use std::io::Read;

/// Reads features.
///
/// # Errors
/// In one sentence, with the number of the feature where it is known.
pub fn read(source: impl Read) -> Result<Content, ImportError> {
    let broken = |error: &dyn std::fmt::Display| ImportError(format!("The file is no GeoJSON: {error}."));
    let collection = match GeoJson::from_reader(source).map_err(|error| broken(&error))? {
        GeoJson::FeatureCollection(collection) => collection,
        GeoJson::Feature(feature) => FeatureCollection { features: vec![feature], ..FeatureCollection::default() },
        GeoJson::Geometry(_) => return Err(ImportError("The file has a geometry, but no features.".into())),
    };
    let crs = collection.foreign_members.as_ref().and_then(|members| members.get("crs"));
    let mut content = Content {
        unit: ("feature", 1),
        form: Some(Form::GeoJson),
        is_typed: true,
        srid: crs.map(srid).transpose()?.flatten(),
        ..Content::default()
    };
    for feature in &collection.features {
        for name in feature.properties.iter().flat_map(|properties| properties.keys()) {
            if !content.columns.contains(name) {
                content.columns.push(name.clone());
            }
        }
    }
    for feature in collection.features {
        let value =
            |name: &String| feature.properties.as_ref().and_then(|properties| properties.get(name)).and_then(text);
        content.rows.push(content.columns.iter().map(value).collect());
        content.geometries.push(feature.geometry.map(|geometry| geometry.to_string()));
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
    fn what_is_no_geojson_is_refused() {
        for text in ["", "{}", "[1]", r#"{"type": "Point", "coordinates": [1, 2]}"#] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
