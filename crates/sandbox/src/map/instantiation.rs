//! Making a map: its configuration is checked, asked of the database, kept and told about.

use crate::Sandbox;
use crate::accounts::keys::{self, Access, Token};
use crate::db::changes;
use crate::map::error::ApiError;
use crate::map::layer_source::LayerSource;
use crate::map::layergroup::Layergroup;
use crate::map::tilejson::{self, Addresses, Formats};
use crate::map::{form, size, style};
use crate::query::aggregation::Aggregation;
use crate::query::reads::{Dependencies, Reads};
use crate::query::source::{self, Description, UnusableReason, View};
use crate::query::{features, filters, layer_stats};
use crate::render::http_layer::HttpLayer;
use crate::render::ramps;
use axum::http::StatusCode;
use cartocss::ramp::Compiled;
use maps_api::config::LayerConfig;
use maps_api::instance::{LayerMeta, MapInstance, NodeMeta};
use maps_api::json::Value as Json;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use time::OffsetDateTime;

/// A map that is to be made, beside its configuration.
#[derive(Clone, Copy, Debug)]
pub struct Instantiation<'a> {
    /// Whose map it is.
    pub username: &'a str,
    /// The key that was shown.
    pub token: Option<&'a Token>,
    /// `http` or `https`, as the client speaks it.
    pub scheme: &'a str,
    /// Host and path before `/api`, as the client knows them.
    pub base: &'a str,
    /// Filters of dataviews and analyses, as JSON.
    pub filters: Option<&'a str>,
    /// `false` where no layer is to be aggregated.
    pub aggregation: Option<&'a str>,
}

/// A map that was made.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What is told about it.
    pub body: Value,
    /// Its id.
    pub id: String,
    /// When its data were changed.
    pub version: i64,
}

/// Checks a configuration, and keeps the map for later requests.
///
/// # Errors
/// As [`keys::authorize`]; what is wrong with the configuration; the database refuses.
pub async fn instantiate(sandbox: &Sandbox, request: &Instantiation<'_>, mut raw: Value) -> Result<Instance, ApiError> {
    let access = keys::authorize(&sandbox.database, request.username, request.token).await?;
    form::check(&raw, request.username)?;
    size::check_sizes(&raw)?;
    form::set_aggregation(&mut raw, request.aggregation)?;
    // What nobody reads is dropped, and so cannot be wrong; conditions of filters are looked at before.
    let filters = aggregation_filters(&raw);
    let mut map = Layergroup::new(raw, request.filters);
    check_references(&map)?;
    check_aggregations(&map, &filters)?;
    let sources = check_sources(sandbox, &access, &map).await?;
    map.dates = dates(&map, &sources);
    let layers = check_layers(sandbox, &access, &map, &sources).await?;

    let mut reads = Reads::default();
    let of_layers = layers.iter().flatten().map(|layer| &layer.reads);
    let of_dataviews = map.config.dataviews.iter().filter_map(|(_, dataview)| sources.get(&dataview.source));
    of_layers.chain(of_dataviews.map(|source| &source.reads)).for_each(|known| reads.add(known));
    let dependencies =
        reads.dependencies(&sandbox.database, &access.role.schema).await.map_err(ApiError::from_query)?;
    let known = changes::settled(&sandbox.database, &dependencies.tables).await.map_err(ApiError::from_query)?;
    let version = known.number;
    // What other servers send changes when they like.
    let is_own =
        layers.iter().flatten().all(|layer| layer.is_own) && map.layers().all(|(_, layer)| layer.kind != "http");
    let dependencies = dependencies.kept();
    map.dependencies = Dependencies { is_steady: dependencies.is_steady && is_own && known.is_watched, ..dependencies };
    map.described.set_version(version);
    let layergroupid = format!("{}:{version}", map.id);
    let addresses = Addresses::new(request.scheme, request.base, &layergroupid, request.token);
    let body = instance(&map, &layers, &addresses, &layergroupid, version);
    let id = map.id.clone();
    sandbox.layergroups.put(&sandbox.database, access.user_id, map).await.map_err(ApiError::from_query)?;
    Ok(Instance { body, id, version })
}

/// Whether what layers and dataviews name is there.
fn check_references(map: &Layergroup) -> Result<(), ApiError> {
    for (id, dataview) in &map.config.dataviews {
        if !map.raw["dataviews"][id]["options"].is_object() {
            return Err(ApiError::bad_request("Cannot convert undefined or null to object"));
        }
        if map.config.query_of(&dataview.source).is_none() {
            let message =
                format!("Node with `source.id=\"{}\"` not found in analyses for dataview \"{id}\"", dataview.source);
            return Err(ApiError::bad_request(message).of_kind("analysis"));
        }
    }
    for (index, layer) in map.layers() {
        if let Some(source) = layer.source.as_ref().filter(|source| map.config.query_of(source).is_none()) {
            return Err(ApiError::bad_request(format!("Missing analysis node.id=\"{source}\" for layer={index}")));
        }
    }
    for filter in map.node_filters.as_object().into_iter().flatten().filter_map(|(_, all)| all.as_array()).flatten() {
        if !matches!(filter["type"].as_str(), Some("range" | "category")) {
            let message = format!("Invalid filter type {} of an analysis. Valid ones: range, category", filter["type"]);
            return Err(ApiError::bad_request(message).of_kind("filter"));
        }
    }
    Ok(())
}

/// Options of layers that have filters of aggregations, with no other member, by index.
fn aggregation_filters(raw: &Value) -> Vec<Value> {
    let layers = raw["layers"].as_array().into_iter().flatten();
    let aggregation = |layer: &Value| match &layer["options"]["aggregation"] {
        aggregation if aggregation["filters"].is_null() => Value::Null,
        aggregation => json!({ "aggregation": aggregation }),
    };
    layers.map(aggregation).collect()
}

/// Whether layers ask for aggregations that there are.
fn check_aggregations(map: &Layergroup, filters: &[Value]) -> Result<(), ApiError> {
    for (index, layer) in map.layers() {
        let place = |error: ApiError| {
            error.at("layer", json!({ "id": map.layer_id(index), "index": index, "type": layer.kind }))
        };
        Aggregation::read(&map.raw["layers"][index]["options"]).map_err(place)?;
        Aggregation::check_filters(filters.get(index).unwrap_or(&Value::Null)).map_err(place)?;
    }
    Ok(())
}

/// Nodes and columns of filters that are over dates.
fn dates(map: &Layergroup, sources: &HashMap<String, Description>) -> Vec<(String, String)> {
    let of_dataviews = map.config.dataviews.iter().filter(|(id, _)| !map.filters[id].is_null());
    let of_dataviews = of_dataviews
        .filter_map(|(_, dataview)| Some((dataview.source.as_str(), dataview.options.get("column")?.as_str()?)));
    let of_nodes = map.node_filters.as_object().into_iter().flatten();
    let of_nodes = of_nodes.flat_map(|(node, _)| {
        map.filters_of_node(node).filter_map(|filter| Some((node.as_str(), filter["column"].as_str()?)))
    });
    let is_date = |(node, column): &(&str, &str)| {
        let kind = sources.get(*node).and_then(|source| source.column(column)).map(|column| column.kind.name());
        matches!(kind, Some("date" | "timestamp" | "timestamptz"))
    };
    let mut dates: Vec<_> = of_dataviews.chain(of_nodes).filter(is_date).collect();
    dates.sort_unstable();
    dates.dedup();
    dates.into_iter().map(|(node, column)| (node.to_owned(), column.to_owned())).collect()
}

/// Asks the database about the query of each analysis node.
async fn check_sources(
    sandbox: &Sandbox,
    access: &Access,
    map: &Layergroup,
) -> Result<HashMap<String, Description>, ApiError> {
    let mut descriptions = HashMap::new();
    for node in &map.config.analyses {
        let place = |with_node: bool| {
            let mut place = json!({ "id": node.id });
            if with_node {
                place["node_id"] = node.id.as_str().into();
            }
            place["type"] = node.kind.as_str().into();
            place
        };
        if node.kind != "source" {
            let message = format!("The sandbox does not run analyses of type \"{}\"", node.kind);
            return Err(ApiError::bad_request(message).of_kind("analysis").at("analysis", place(true)));
        }
        match source::describe(&sandbox.database, &access.role, &node.query, sandbox.limits).await {
            Ok(description) => {
                descriptions.insert(node.id.clone(), description);
            }
            Err(unusable) => {
                // The guard's refusals say which name they are about.
                let is_guarded = matches!(unusable.error, UnusableReason::Forbidden(_));
                let mut error = unusable.plain().found_by("analysis");
                let is_denied = error.status == StatusCode::FORBIDDEN;
                if is_denied && !is_guarded {
                    error.message = "Analysis requires authentication with API key: permission denied.".into();
                }
                return Err(error.at("analysis", place(!is_denied)));
            }
        }
    }
    Ok(descriptions)
}

/// What is known of a layer once it was checked.
struct CheckedLayer {
    stats: Value,
    is_aggregated: bool,
    /// Whether it would be, were there points enough.
    is_to_be_aggregated: bool,
    style: Option<Compiled>,
    reads: Reads,
    /// Whether its pictures, if it has some, are in its style.
    is_own: bool,
}

/// Checks each layer: its style compiles, and the database can answer what drawing it will ask.
async fn check_layers(
    sandbox: &Sandbox,
    access: &Access,
    map: &Layergroup,
    sources: &HashMap<String, Description>,
) -> Result<Vec<Option<CheckedLayer>>, ApiError> {
    let mut checked = Vec::new();
    let mut refused: Vec<ApiError> = Vec::new();
    for (index, layer) in map.layers() {
        let layer_id = map.layer_id(index);
        let at_layer = |error: ApiError| {
            let error =
                error.found_by("layer").at("layer", json!({ "id": layer_id, "index": index, "type": layer.kind }));
            // Ramps are computed before a map has its id.
            if error.subtype == Some("turbo-carto") { error } else { error.in_map(&map.id) }
        };
        let result = match layer.kind.as_str() {
            "mapnik" => checked_layer(sandbox, access, map, (index, layer), sources).await.map(Some),
            "http" => HttpLayer::read(&map.raw["layers"][index]["options"]).map(|_| None),
            "torque" => Err(ApiError::bad_request("Layers of type torque cannot be drawn by this server")),
            // Of any other type nothing is drawn, as on CARTO's servers.
            _ => Ok(None),
        };
        match result.map_err(at_layer) {
            Ok(layer) => checked.push(layer),
            // What took too long for one layer would for the next ones.
            Err(error) if error.kind == "limit" || error.status.is_server_error() => return Err(error),
            Err(error) => refused.push(error),
        }
    }
    ApiError::all(refused).map_or(Ok(checked), Err)
}

async fn checked_layer(
    sandbox: &Sandbox,
    access: &Access,
    map: &Layergroup,
    (index, layer): (usize, &LayerConfig),
    sources: &HashMap<String, Description>,
) -> Result<CheckedLayer, ApiError> {
    let (source, is_own) = check_layer(sandbox, access, map, (index, layer), sources).await?;
    let stats = layer_stats::of_layer(sandbox, &access.role, map, index, &source).await?;
    let is_aggregated = source.aggregation.is_some();
    let is_to_be_aggregated = Aggregation::read(&map.raw["layers"][index]["options"])?.is_some();
    Ok(CheckedLayer {
        stats,
        is_aggregated,
        is_to_be_aggregated,
        style: source.style,
        reads: source.description.reads,
        is_own,
    })
}

/// Gives the source of a layer, and whether all that is drawn of it is this server's.
async fn check_layer(
    sandbox: &Sandbox,
    access: &Access,
    map: &Layergroup,
    (index, layer): (usize, &LayerConfig),
    sources: &HashMap<String, Description>,
) -> Result<(LayerSource, bool), ApiError> {
    let (database, role) = (&sandbox.database, &access.role);
    let layer_id = &map.layer_id(index);
    // A node that no filter touches was described before.
    let is_wrapped = !map.raw["layers"][index]["options"]["sql_wrap"].is_null();
    let known = layer.source.as_ref().filter(|id| !is_wrapped && !map.is_filtered(id));
    let known = known.and_then(|id| sources.get(id)).cloned();
    let refuse = |unusable: source::Unusable| unusable.of_layer(layer_id).of_subtype("query");
    let source = LayerSource::open(sandbox, role, map, index, known, refuse).await?;
    let description = &source.description;
    // Attributes are the source's own, also where points stand for many.
    if let Some(attributes) = layer.attributes.as_ref().filter(|_| source.aggregation.is_none()) {
        for column in attributes.columns.iter().chain([&attributes.id]) {
            if description.column(column).is_none() {
                let message = format!("column \"{column}\" does not exist");
                return Err(ApiError::new(StatusCode::NOT_FOUND, message));
            }
        }
    }
    let Some(compiled) = &source.style else { return Ok((source, true)) };
    let (style, is_own) = style::check(sandbox, map, index, &compiled.cartocss).await?;
    // The database parses the very query that tiles will ask.
    let columns = style.columns().iter().cloned().chain(layer.interactivity.iter().cloned());
    let query = features::query(&source.sql, &columns.collect::<Vec<_>>(), description, &View::WORLD, 0)
        .map_err(|refusal| features::refused(&refusal))?;
    database
        .columns(role, query.clone(), sandbox.limits)
        .await
        .map_err(|error| ApiError::from_layer_query(error, query.as_str(), layer_id).of_subtype("query"))?;
    Ok((source, is_own))
}

/// The answer.
fn instance(
    map: &Layergroup,
    layers: &[Option<CheckedLayer>],
    addresses: &Addresses,
    layergroupid: &str,
    version: i64,
) -> Value {
    let mut instance = MapInstance { layergroupid: layergroupid.to_owned(), ..MapInstance::default() };
    let mut documents = Vec::new();
    for (index, layer) in map.layers() {
        let meta = match (layers.get(index).and_then(Option::as_ref), layer.kind.as_str()) {
            (Some(checked), _) => layer_meta(layer, checked),
            (None, "plain" | "http") => json!({ "stats": {} }),
            // Real servers leave out layers of types that they do not know.
            (None, _) => continue,
        };
        let id = map.layer_id(index);
        documents.push(tilejson::documents(addresses, Some(&id), Formats::of_layer(map, index)));
        instance.layers.push(LayerMeta { kind: layer.kind.clone(), id: id.into(), meta: to_shared(meta) });
    }
    for (id, _) in &map.config.dataviews {
        instance.dataviews.push((id.clone(), addresses.both(&format!("dataview/{id}"))));
    }
    for node in &map.config.analyses {
        let url = addresses.both(&format!("analysis/node/{}", node_id(&node.query)));
        let query = filters::node_sql(map, &node.id);
        let meta = NodeMeta { status: "ready".into(), url, query, error_message: None };
        instance.nodes.push((node.id.clone(), meta));
    }
    let mut body = serde_json::to_value(instance.to_value()).unwrap_or_default();
    for (layer, document) in body["metadata"]["layers"].as_array_mut().into_iter().flatten().zip(documents) {
        layer["tilejson"] = document;
    }
    // One entry for each node, as real servers have it.
    let nodes = body["metadata"]["analyses"][0]["nodes"].as_object().cloned().unwrap_or_default();
    let entries = nodes.into_iter().map(|(id, node)| json!({ "nodes": Map::from_iter([(id, node)]) }));
    body["metadata"]["analyses"] = entries.collect();
    let formats = Formats::of_map(map);
    body["metadata"]["tilejson"] = tilejson::documents(addresses, None, formats);
    body["metadata"]["url"] = tilejson::templates(addresses, formats);
    body["last_updated"] = iso_time(version).into();
    body
}

fn layer_meta(layer: &LayerConfig, checked: &CheckedLayer) -> Value {
    let mut meta = Map::new();
    if let Some(style) = &checked.style {
        meta.insert("cartocss".into(), style.cartocss.as_str().into());
    }
    meta.insert("stats".into(), checked.stats.clone());
    if let Some(style) = &checked.style {
        meta.insert("cartocss_meta".into(), ramps::meta(&style.rules));
    }
    if checked.is_to_be_aggregated {
        let is_aggregated = checked.is_aggregated;
        let is_drawn = is_aggregated && layer.cartocss.is_some();
        meta.insert("aggregation".into(), json!({ "png": is_drawn, "mvt": is_aggregated }));
    }
    meta.into()
}

fn to_shared(value: Value) -> Json {
    serde_json::from_value(value).unwrap_or_default()
}

/// The address of a node depends on its content.
fn node_id(query: &str) -> String {
    Md5::digest(query.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Milliseconds since 1970 as JavaScript's `toISOString` writes them; what no calendar has is 1970.
fn iso_time(ms: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    let time = time.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = time.to_calendar_date();
    let (hours, minutes, seconds, milliseconds) = time.to_hms_milli();
    format!("{year:04}-{:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}Z", u8::from(month))
}

/// What is told about an analysis node of a map of a version; source nodes are always ready.
///
/// # Errors
/// 404 when the map has no such node.
pub fn analysis_node(map: &Layergroup, version: i64, node: &str) -> Result<Value, ApiError> {
    if !map.config.analyses.iter().any(|analysis| node_id(&analysis.query) == node) {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "Analysis node not found"));
    }
    Ok(json!({ "node_id": node, "status": "ready", "updated_at": iso_time(version) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_like_javascript_does() {
        assert_eq!(iso_time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso_time(1_577_934_245_000), "2020-01-02T03:04:05.000Z");
        assert_eq!(iso_time(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
        assert_eq!(iso_time(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(iso_time(i64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
