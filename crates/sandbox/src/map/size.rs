//! How large a map may be.

use crate::map::error::ApiError;
use serde_json::Value;

/// Layers of a map, and of one tile.
pub const MOST_LAYERS: usize = 200;
const MOST_DATAVIEWS: usize = 500;
const MOST_ANALYSES: usize = 500;
/// Columns that a layer hands out in grids, or as attributes.
const MOST_COLUMNS: usize = 500;
/// Characters of a layer's id, which stands in every address and message.
const LONGEST_ID: usize = 200;

/// Whether a map has no more of anything than the server looks at.
///
/// # Errors
/// 400, with what there is too much of.
pub fn check_sizes(raw: &Value) -> Result<(), ApiError> {
    let length = |value: &Value| match value {
        Value::Array(all) => all.len(),
        Value::Object(all) => all.len(),
        _ => 0,
    };
    let check = |what: &str, count: usize, most: usize| match count > most {
        true => Err(ApiError::bad_request(format!("A map may have {most} {what}; this one has {count}"))),
        false => Ok(()),
    };
    check("layers", length(&raw["layers"]), MOST_LAYERS)?;
    check("dataviews", length(&raw["dataviews"]), MOST_DATAVIEWS)?;
    check("analyses", length(&raw["analyses"]), MOST_ANALYSES)?;
    for layer in raw["layers"].as_array().into_iter().flatten() {
        let options = &layer["options"];
        let columns =
            [&options["interactivity"], &options["attributes"]["columns"], &options["aggregation"]["columns"]];
        for columns in columns {
            check("columns of a layer", length(columns), MOST_COLUMNS)?;
        }
        check("characters in the id of a layer", layer["id"].as_str().map_or(0, str::len), LONGEST_ID)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn maps_have_a_size() {
        let message = |raw: Value| check_sizes(&raw).err().map(|error| error.message);
        let layers = |count: usize| json!({ "layers": vec![json!({ "id": "a" }); count] });
        assert_eq!(message(layers(200)), None);
        assert_eq!(message(layers(201)).as_deref(), Some("A map may have 200 layers; this one has 201"));
        let many =
            |count: usize| (0..count).map(|index| (index.to_string(), json!({}))).collect::<serde_json::Map<_, _>>();
        assert!(message(json!({ "layers": [], "dataviews": many(501) })).is_some());
        assert!(message(json!({ "layers": [], "analyses": vec![json!({}); 501] })).is_some());
        assert!(message(json!({ "layers": [{ "options": { "interactivity": vec!["a"; 501] } }] })).is_some());
        assert!(message(json!({ "layers": [{ "id": "x".repeat(201) }] })).is_some());
        assert_eq!(message(json!({ "layers": 7, "dataviews": null })), None);
    }
}
