//! Filters that narrow a source: those of dataviews, sent with the map, and those of space, sent with a request.

use crate::db::{quote_identifier, quote_literal};
use crate::map::error::ApiError;
use crate::map::layergroup::Layergroup;
use maps_api::config::DataviewConfig;
use maps_api::json::Value as Json;
use serde_json::Value;

/// Latitudes beyond this one have no place in Web Mercator.
const MAX_LATITUDE: f64 = 89.99;

/// The SQL that a layer draws: its source with the filters of all dataviews over it, in what the layer puts around it.
pub fn layer_sql(map: &Layergroup, index: usize) -> Option<String> {
    let layer = map.config.layers.get(index)?;
    let sql = match &layer.source {
        Some(source) => node_sql(map, source)?,
        None => layer.sql.clone()?,
    };
    Some(match map.raw["layers"][index]["options"]["sql_wrap"].as_str() {
        Some(wrap) => put_into(wrap, &sql),
        None => sql,
    })
}

/// What stands for the SQL of a layer in what it puts around it: `<%= sql %>`, with any space.
fn placeholders(wrap: &str) -> impl Iterator<Item = (usize, usize)> {
    wrap.match_indices("<%=").filter_map(|(start, _)| {
        let behind = wrap.get(start + 3..)?;
        let rest = behind.trim_start().strip_prefix("sql")?.trim_start().strip_prefix("%>")?;
        Some((start, start + 3 + behind.len() - rest.len()))
    })
}

/// How often a `sql_wrap` names the SQL that it is put around.
pub fn count_placeholders(wrap: &str) -> usize {
    placeholders(wrap).count()
}

fn put_into(wrap: &str, sql: &str) -> String {
    let mut whole = String::with_capacity(wrap.len() + sql.len());
    let mut behind = 0;
    for (start, end) in placeholders(wrap) {
        whole.push_str(wrap.get(behind..start).unwrap_or_default());
        whole.push_str(sql);
        if sql.contains("--") {
            // A remark at its end would swallow what follows.
            whole.push('\n');
        }
        behind = end;
    }
    whole.push_str(wrap.get(behind..).unwrap_or_default());
    whole
}

/// The SQL of an analysis node with its own filters and those of all dataviews over it.
pub fn node_sql(map: &Layergroup, source: &str) -> Option<String> {
    narrowed(map, source, |_| true)
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
    match which {
        Which::None => map.config.query_of(&dataview.source).map(str::to_owned),
        Which::WithOwn => node_sql(map, &dataview.source),
        Which::Others => narrowed(map, &dataview.source, |of| of != id),
    }
}

/// The SQL of a node with its own filters and those of some dataviews over it.
fn narrowed(map: &Layergroup, source: &str, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
    let sql = map.config.query_of(source)?.to_owned();
    let of_dataviews = map.filtered_dataviews(source).into_iter().filter(|(id, ..)| is_wanted(id));
    let of_dataviews = of_dataviews.filter_map(|(_, dataview, filter)| {
        let column = dataview.options.get("column").and_then(Json::as_str)?;
        // A histogram with a time aggregation is over dates, whatever their type.
        let is_time = dataview.kind == "histogram" && dataview.options.get("aggregation").is_some();
        condition(column, is_time || map.is_date(source, column), filter)
    });
    let of_node = map.filters_of_node(source).filter_map(|filter| {
        let column = filter["column"].as_str()?;
        condition(column, map.is_date(source, column), &filter["params"])
    });
    Some(of_dataviews.chain(of_node).fold(sql, |sql, condition| {
        // The user's SQL is checked after this as well as before; a remark at its end must not swallow the rest.
        format!("SELECT * FROM ({sql}\n) AS filtered WHERE {condition}")
    }))
}

/// The condition of one filter; `None` when it filters nothing.
fn condition(column: &str, is_time: bool, filter: &Value) -> Option<String> {
    let column = quote_identifier(column);
    let mut conditions = Vec::new();
    match filter["accept"].as_array().map(Vec::as_slice) {
        None => {}
        // Who accepts nothing gets nothing.
        Some([]) => conditions.push("false".to_owned()),
        Some(accepted) => conditions.push(format!("{column}::text IN ({})", literals(accepted))),
    }
    if let Some(rejected) = filter["reject"].as_array().filter(|items| !items.is_empty()) {
        conditions.push(format!("{column}::text NOT IN ({})", literals(rejected)));
    }
    // Bounds of dates are seconds since 1970.
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
        intersects(&format!("ST_Transform(ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326), 3857)"))
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
        "ST_DWithin(ST_Transform(the_geom_webmercator::geometry, 4326)::geography, ST_SetSRID(ST_Point({lng}, {lat}), 4326)::geography, {radius})"
    ))
}

fn polygon_condition(polygon: &str) -> Result<String, ApiError> {
    let value: Value =
        serde_json::from_str(polygon).map_err(|_| invalid("Invalid polygon parameter. Expected a valid JSON"))?;
    if value["type"] != "Polygon" {
        return Err(invalid("Invalid type of geometry. Valid ones: \"Polygon\""));
    }
    let literal = quote_literal(&value.to_string());
    Ok(intersects(&format!("ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON({literal}), 4326), 3857)")))
}

/// What touches an area. The cast is for a geometry of nothing, which has no type of its own.
fn intersects(area: &str) -> String {
    format!("ST_Intersects(the_geom_webmercator::geometry, {area})")
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
        let filter = json!({"accept": ["it's", 1, null], "reject": ["x"], "min": 1, "max": 2.5});
        let expected = "\"a\"\"b\"::text IN ('it''s', '1', 'null') AND \"a\"\"b\"::text NOT IN ('x') AND \"a\"\"b\" >= 1 AND \"a\"\"b\" <= 2.5";
        assert_eq!(condition("a\"b", false, &filter).as_deref(), Some(expected));
        assert_eq!(condition("a", false, &json!({"accept": []})).as_deref(), Some("false"));
        assert_eq!(condition("a", false, &json!({"reject": []})), None);
        assert_eq!(condition("a", true, &json!({"min": 5})).as_deref(), Some("date_part('epoch', \"a\") >= 5"));
    }

    #[test]
    fn sql_is_put_where_its_name_stands() {
        assert_eq!(put_into("SELECT * FROM (<%= sql %>) w", "SELECT 1"), "SELECT * FROM (SELECT 1) w");
        assert_eq!(put_into("(<%=sql%>), (<%=  sql\t%>)", "a -- b"), "(a -- b\n), (a -- b\n)");
        assert_eq!(put_into("SELECT '<%= other %>' <%=", "a"), "SELECT '<%= other %>' <%=");
    }
}
