//! Map configurations and answers of the Maps API: where in them is what.

use crate::json::Json;

pub fn layers_of(config: &Json) -> &[Json] {
    config.get("layers").map(Json::items).unwrap_or_default()
}

pub fn analyses(config: &Json) -> &[Json] {
    config.get("analyses").map(Json::items).unwrap_or_default()
}

pub fn node_query(node: &Json) -> Option<&str> {
    node.at(&["params", "query"])?.text()
}

/// The query of a layer.
pub fn query_of<'a>(config: &'a Json, layer: &Json) -> Option<&'a str> {
    query_of_node(config, layer.at(&["options", "source", "id"])?)
}

/// The query that a dataview is computed over.
pub fn dataview_query<'a>(config: &'a Json, dataview: &Json) -> Option<&'a str> {
    query_of_node(config, dataview.at(&["source", "id"])?)
}

fn query_of_node<'a>(config: &'a Json, id: &Json) -> Option<&'a str> {
    node_query(analyses(config).iter().find(|node| node.get("id") == Some(id))?)
}

/// Whether all dataviews are known, but for what they are computed over.
pub fn are_known(asked: Option<&Json>, known: Option<&Json>) -> bool {
    let Some(Json::Object(asked)) = asked else { return asked == known };
    asked.iter().all(|(id, dataview)| {
        let before = known.and_then(|known| known.get(id));
        ["type", "options"]
            .iter()
            .all(|name| before.is_some() && before.and_then(|one| one.get(name)) == dataview.get(name))
    })
}

/// The layers of an answer that are drawn from data, with their places.
pub fn mapnik(answer: &Json) -> Vec<(usize, &Json)> {
    let layers = answer.at(&["metadata", "layers"]).map(Json::items).unwrap_or_default();
    let is_mapnik = |layer: &Json| layer.get("type").and_then(Json::text) == Some("mapnik");
    layers.iter().enumerate().filter(|(_, layer)| is_mapnik(layer)).collect()
}

/// A layer without its style.
pub fn plain(layer: &Json) -> Json {
    let mut layer = layer.clone();
    if let Some(options) = layer.get_mut("options") {
        options.set("cartocss", "".into());
    }
    layer
}

/// What a server says of a style without rules.
pub fn no_rules() -> Json {
    Json::object([("rules", Json::List(Vec::new()))])
}

/// What colours over the data depend on: the query, and when the data changed.
pub fn made_of(query: &str, group: &str) -> String {
    [group.split_once(':').map_or(group, |(_, changed)| changed), "\n", query].concat()
}
