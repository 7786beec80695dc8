//! What can be said of the configuration of a map without looking at what it refers to.

use crate::map::error::ApiError;
use crate::query::filters;
use crate::render::mvt;
use serde_json::{Value, json};

/// The versions of configurations that are understood, the first and the last one.
const VERSIONS: ([u64; 3], [u64; 3]) = ([1, 0, 0], [1, 8, 0]);
/// How often a `sql_wrap` may name the SQL that it is put around.
const MOST_PLACEHOLDERS: usize = 10;

/// Whether a configuration has the form of one.
///
/// # Errors
/// 400 with what it lacks.
pub fn check(raw: &Value, username: &str) -> Result<(), ApiError> {
    let Some(layers) = raw["layers"].as_array() else {
        return Err(ApiError::bad_request("Missing layers array from layergroup config"));
    };
    if let Some(version) = raw["version"].as_str().filter(|version| !is_known_version(version)) {
        return Err(ApiError::bad_request(format!("Unsupported layergroup configuration version {version}")));
    }
    for (format, size) in raw["buffersize"].as_object().into_iter().flatten() {
        if !size.is_number() {
            return Err(ApiError::bad_request(format!("Buffer size of format \"{format}\" must be a number")));
        }
    }
    if let Some(named) = layers.iter().find(|layer| layer["type"] == "named") {
        let name = named["options"]["name"].as_str().unwrap_or_default();
        return Err(ApiError::bad_request(format!("Template '{name}' of user '{username}' not found")));
    }
    for (index, layer) in layers.iter().enumerate() {
        check_layer(index, layer)?;
    }
    // Only such layers have vector tiles.
    let drawn = layers.iter().filter(|layer| matches!(layer["type"].as_str(), None | Some("" | "mapnik" | "cartodb")));
    mvt::check_extents(drawn.map(|layer| &layer["options"]))
}

fn check_layer(index: usize, layer: &Value) -> Result<(), ApiError> {
    let options = &layer["options"];
    if layer.is_object() && options.is_null() {
        return Err(ApiError::bad_request(format!("Missing options from layer {index} of layergroup config")));
    }
    let refuse = |message: &str| Err(ApiError::bad_request(format!("Layer {index}: {message}")).of_kind("layer"));
    if options["geom_type"] == "raster" {
        return refuse("geometries of type raster cannot be drawn by this server");
    }
    if layer["type"] == "plain" && !options["imageUrl"].is_null() {
        return refuse("the imageUrl of a plain layer cannot be drawn by this server");
    }
    if options["sql_wrap"].as_str().is_some_and(|wrap| filters::count_placeholders(wrap) > MOST_PLACEHOLDERS) {
        return refuse(&format!("a sql_wrap may name the SQL {MOST_PLACEHOLDERS} times"));
    }
    Ok(())
}

fn is_known_version(version: &str) -> bool {
    let parts: Vec<u64> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    let parts = <[u64; 3]>::try_from(parts).ok().filter(|_| version.split('.').count() == 3);
    parts.is_some_and(|parts| (VERSIONS.0..=VERSIONS.1).contains(&parts))
}

/// Turns aggregation off for all layers where a request says so.
///
/// # Errors
/// 400 when it says something else than `true` or `false`.
pub fn set_aggregation(raw: &mut Value, requested: Option<&str>) -> Result<(), ApiError> {
    match requested {
        None | Some("true") => Ok(()),
        Some("false") => {
            let layers = raw.get_mut("layers").and_then(Value::as_array_mut).into_iter().flatten();
            for options in layers.filter_map(|layer| layer.get_mut("options")).filter(|options| options.is_object()) {
                options["aggregation"] = json!(false);
            }
            Ok(())
        }
        Some(other) => Err(ApiError::bad_request(format!(
            "Invalid value for the parameter 'aggregation': {other}. Valid ones: true, false"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_from_the_first_to_the_last_are_known() {
        for version in ["1.0.0", "1.0.1", "1.3.7", "1.7.99", "1.8.0"] {
            assert!(is_known_version(version), "{version}");
        }
        for version in ["", "1", "1.8", "1.8.1", "0.9.9", "2.0.0", "1.2.3.4", "1.x.3", "1.2.x.3"] {
            assert!(!is_known_version(version), "{version}");
        }
    }

    #[test]
    fn forms_are_checked() {
        let layers = |layers: Value| check(&json!({ "layers": layers }), "u").err().map(|error| error.message);
        assert_eq!(layers(json!([{"options": {}}, null])), None);
        assert_eq!(layers(json!([{}])).as_deref(), Some("Missing options from layer 0 of layergroup config"));
        let extent = |extent: Value| layers(json!([{"options": {"vector_extent": extent}}]));
        assert_eq!(extent(json!(256)), None);
        for wrong in [json!(0), json!("big"), json!(-5), json!(3_000_000_000_u64)] {
            assert!(
                extent(wrong.clone()).is_some_and(|message| message.starts_with("Invalid vector_extent")),
                "{wrong}"
            );
        }
        let simple = json!([{"options": {"vector_extent": 256, "vector_simplify_extent": 257}}]);
        assert!(layers(simple).is_some_and(|message| message.starts_with("Invalid vector_simplify_extent")));
        assert!(layers(json!([{"options": {"vector_extent": 256}}, {"options": {}}])).is_some());
        assert_eq!(layers(json!([{"options": {"vector_extent": 256}}, {"type": "plain", "options": {}}])), None);
        assert!(layers(json!([{"options": {"sql_wrap": "<%= sql %>".repeat(11)}}])).is_some());
    }

    #[test]
    fn requests_turn_aggregation_off() {
        let mut raw = json!({"layers": [{"options": {"aggregation": {"threshold": 1}}}, null, {"options": 7}]});
        assert!(set_aggregation(&mut raw, Some("false")).is_ok());
        assert_eq!(raw["layers"][0]["options"]["aggregation"], false);
        assert!(set_aggregation(&mut raw, Some("wadus")).is_err());
        assert!(set_aggregation(&mut raw, None).is_ok());
    }
}
