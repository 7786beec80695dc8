//! Filters that narrow a source: those of dataviews, sent with the map, and those of space, sent with a request.

use crate::db::{quote_identifier, quote_literal};
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use maps_api::config::{DataviewConfig, LayerConfig};
use maps_api::json::Value as Json;
use serde_json::Value;

/// Latitudes beyond this one have no place in Web Mercator.
const MAX_LATITUDE: f64 = 89.99;

/// The SQL that a layer draws: its source with the filters of all dataviews over it.
pub fn layer_sql(map: &Layergroup, layer: &LayerConfig) -> Option<String> {
    match &layer.source {
        Some(source) => node_sql(map, source),
        None => layer.sql.clone(),
    }
}

/// The SQL of an analysis node with the filters of all dataviews over it.
pub fn node_sql(map: &Layergroup, source: &str) -> Option<String> {
    let sql = map.config.query_of(source)?.to_owned();
    Some(narrowed(sql, map.filtered_dataviews(source).into_iter().map(|(_, dataview, filter)| (dataview, filter))))
}

/// Which filters of the map a dataview is computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those of the other dataviews.
    Others,
    /// All.
    WithOwn,
    /// None.
    None,
}

/// The SQL that a dataview is computed over, without filters of space.
pub fn dataview_sql(map: &Layergroup, id: &str, dataview: &DataviewConfig, which: Which) -> Option<String> {
    let sql = map.config.query_of(&dataview.source)?.to_owned();
    if which == Which::None {
        return Some(sql);
    }
    let filters = map.filtered_dataviews(&dataview.source);
    let wanted = filters.into_iter().filter(|(of, ..)| *of != id || which == Which::WithOwn);
    Some(narrowed(sql, wanted.map(|(_, dataview, filter)| (dataview, filter))))
}

fn narrowed<'a>(sql: String, filters: impl Iterator<Item = (&'a DataviewConfig, &'a Value)>) -> String {
    filters.filter_map(|(dataview, filter)| condition(dataview, filter)).fold(sql, |sql, condition| {
        // The user's SQL is checked after this as well as before; a remark at its end must not swallow the rest.
        format!("SELECT * FROM ({sql}\n) AS filtered WHERE {condition}")
    })
}

/// The condition of one filter; `None` when it filters nothing.
fn condition(dataview: &DataviewConfig, filter: &Value) -> Option<String> {
    let column = quote_identifier(dataview.options.get("column").and_then(Json::as_str)?);
    let list = |key: &str| filter[key].as_array().filter(|items| !items.is_empty());
    let mut conditions = Vec::new();
    if let Some(accepted) = list("accept") {
        conditions.push(format!("{column}::text IN ({})", literals(accepted)));
    }
    if let Some(rejected) = list("reject") {
        conditions.push(format!("{column}::text NOT IN ({})", literals(rejected)));
    }
    // A histogram with a time aggregation is over dates, and its bounds are seconds.
    let is_time = dataview.kind == "histogram" && dataview.options.get("aggregation").is_some();
    let number = if is_time { format!("date_part('epoch', {column})") } else { column };
    for (key, operator) in [("min", ">="), ("max", "<=")] {
        if let Some(bound) = filter[key].as_f64() {
            conditions.push(format!("{number} {operator} {bound}"));
        }
    }
    (!conditions.is_empty()).then(|| conditions.join(" AND "))
}

fn literals(values: &[Value]) -> String {
    let literal = |value: &Value| match value {
        Value::String(text) => quote_literal(text),
        other => quote_literal(&other.to_string()),
    };
    values.iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// Reads `bbox`, `circle` and `polygon` of a request into a condition on `the_geom_webmercator`.
///
/// # Errors
/// 400 when one of them cannot be read.
pub fn spatial(parameter: impl Fn(&str) -> Option<String>) -> Result<Option<String>, ApiError> {
    if let Some(bbox) = parameter("bbox") {
        return bbox_condition(&bbox).map(Some);
    }
    if let Some(circle) = parameter("circle") {
        return circle_condition(&circle).map(Some);
    }
    if let Some(polygon) = parameter("polygon") {
        return polygon_condition(&polygon).map(Some);
    }
    Ok(None)
}

fn bbox_condition(bbox: &str) -> Result<String, ApiError> {
    let refuse = || ApiError::bad_request("Invalid bbox filter, expected format=\"west,south,east,north\"");
    let numbers: Vec<f64> = bbox
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|number: &f64| number.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(refuse)?;
    let [west, south, east, north] = numbers.as_slice() else { return Err(refuse()) };
    let boxes = split_at_date_line(*west, *east).into_iter().map(|(west, east)| {
        let (south, north) = (south.clamp(-MAX_LATITUDE, MAX_LATITUDE), north.clamp(-MAX_LATITUDE, MAX_LATITUDE));
        format!("the_geom_webmercator && ST_Transform(ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326), 3857)")
    });
    Ok(format!("({})", boxes.collect::<Vec<_>>().join(" OR ")))
}

/// Cuts a range of longitudes into ranges within -180 and 180.
fn split_at_date_line(west: f64, east: f64) -> Vec<(f64, f64)> {
    if east - west >= 360.0 {
        return vec![(-180.0, 180.0)];
    }
    let wrap = |lng: f64| (lng + 180.0).rem_euclid(360.0) - 180.0;
    if west >= -180.0 && east <= 180.0 {
        return vec![(west, east)];
    }
    let (west, east) = (wrap(west), wrap(east));
    if west <= east { vec![(west, east)] } else { vec![(west, 180.0), (-180.0, east)] }
}

fn invalid(message: &str) -> ApiError {
    ApiError::bad_request(message).of_kind("filter")
}

fn circle_condition(circle: &str) -> Result<String, ApiError> {
    let circle: Value =
        serde_json::from_str(circle).map_err(|_| invalid("Invalid circle parameter. Expected a valid JSON"))?;
    let number = |key: &str| circle[key].as_f64();
    let (Some(lat), Some(lng), Some(radius)) = (number("lat"), number("lng"), number("radius")) else {
        return Err(invalid("Invalid circle parameter. Expected lat, lng and radius to be numbers"));
    };
    Ok(format!(
        "ST_DWithin(ST_Transform(the_geom_webmercator, 4326)::geography, ST_SetSRID(ST_Point({lng}, {lat}), 4326)::geography, {radius})"
    ))
}

fn polygon_condition(polygon: &str) -> Result<String, ApiError> {
    let value: Value =
        serde_json::from_str(polygon).map_err(|_| invalid("Invalid polygon parameter. Expected a valid JSON"))?;
    if value["type"] != "Polygon" {
        return Err(invalid("Invalid type of geometry. Valid ones: \"Polygon\""));
    }
    let literal = quote_literal(&value.to_string());
    Ok(format!(
        "ST_Intersects(the_geom_webmercator, ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON({literal}), 4326), 3857))"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ranges_are_cut_at_the_date_line() {
        assert_eq!(split_at_date_line(170.0, 190.0), [(170.0, 180.0), (-180.0, -170.0)]);
        assert_eq!(split_at_date_line(-200.0, -170.0), [(160.0, 180.0), (-180.0, -170.0)]);
        assert_eq!(split_at_date_line(-10.0, 10.0), [(-10.0, 10.0)]);
        assert_eq!(split_at_date_line(-200.0, 300.0), [(-180.0, 180.0)]);
        assert_eq!(split_at_date_line(200.0, 220.0), [(-160.0, -140.0)]);
    }

    #[test]
    fn spatial_parameters_are_checked() {
        let message = |name: &'static str, value: &'static str| {
            spatial(|wanted| (wanted == name).then(|| value.to_owned())).err().map(|error| error.message)
        };
        let bbox = Some("Invalid bbox filter, expected format=\"west,south,east,north\"".to_owned());
        assert_eq!(message("bbox", "a,b,c"), bbox);
        assert_eq!(message("bbox", "1,2,3"), bbox);
        assert_eq!(message("bbox", "1,2,3,NaN"), bbox);
        assert_eq!(message("bbox", "1,2,3,4"), None);
        assert!(message("circle", "nope").is_some() && message("circle", "{}").is_some());
        assert!(message("polygon", r#"{"type":"Point"}"#).is_some());
    }

    #[test]
    fn values_of_filters_are_literals() {
        let options = Json::object([("column", "a\"b".into())]);
        let dataview = DataviewConfig { kind: "aggregation".into(), source: "S".into(), options };
        let filter = json!({"accept": ["it's", 1, null], "reject": ["x"], "min": 1, "max": 2.5});
        let expected = "\"a\"\"b\"::text IN ('it''s', '1', 'null') AND \"a\"\"b\"::text NOT IN ('x') AND \"a\"\"b\" >= 1 AND \"a\"\"b\" <= 2.5";
        assert_eq!(condition(&dataview, &filter).as_deref(), Some(expected));
        assert_eq!(condition(&dataview, &json!({"accept": []})), None);
    }
}
