//! A map that was instantiated: what later requests for tiles, grids and dataviews refer to.

use crate::map::layer_source::LayerSource;
use crate::map::members;
use crate::query::reads::Dependencies;
use maps_api::config::{DataviewConfig, LayerConfig, MapConfig};
use md5::{Digest, Md5};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of what the database said of the layers of one map, about; beyond it is asked again.
const MOST_DESCRIBED: usize = 512 * 1024;

/// A map that was instantiated. It carries no permission: every request shows its key again.
#[derive(Clone, Debug)]
pub struct Layergroup {
    /// MD5 of the content.
    pub id: String,
    /// The configuration.
    pub config: MapConfig,
    /// What the configuration says, without what nobody reads.
    pub raw: Value,
    /// Filters by dataview: `{"accept": […]}`, `{"reject": […]}` or `{"min", "max"}`.
    pub filters: Value,
    /// Lists of filters by analysis node, each with a `column` and the same as `params`.
    pub node_filters: Value,
    /// Nodes and columns of filters that are dates; the database said so when the map was made.
    pub dates: Vec<(String, String)>,
    /// What it is made of; the database said so when the map was made.
    pub dependencies: Dependencies,
    /// What the database said of the layers' queries.
    pub described: Described,
}

/// What the database said of the layers' queries, by index, at a version of their data. It holds types of columns and classes
/// of ramps, no rights to them.
#[derive(Clone, Debug, Default)]
pub struct Described(Arc<Mutex<Sources>>);

#[derive(Debug, Default)]
struct Sources {
    version: Option<i64>,
    /// When the first of them was described.
    begin: Option<Instant>,
    by_index: HashMap<usize, Arc<LayerSource>>,
    bytes: usize,
}

impl Described {
    fn lock(&self) -> MutexGuard<'_, Sources> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version that it is known to be of.
    pub fn version(&self) -> Option<i64> {
        self.lock().version
    }

    /// Says which version the data have now; what was said of another one is forgotten.
    pub fn set_version(&self, version: i64) {
        let mut sources = self.lock();
        if sources.version != Some(version) {
            *sources = Sources { version: Some(version), ..Sources::default() };
        }
    }

    /// What was said of a layer, not longer ago than that.
    pub fn get(&self, index: usize, oldest: Duration) -> Option<Arc<LayerSource>> {
        let mut sources = self.lock();
        if sources.begin.is_some_and(|begin| begin.elapsed() > oldest) {
            *sources = Sources { version: sources.version, ..Sources::default() };
        }
        sources.by_index.get(&index).cloned()
    }

    /// Remembers what was said of a layer at a version, as long as there is room and the data are of that version.
    pub fn put(&self, index: usize, source: Arc<LayerSource>, version: Option<i64>) {
        let mut sources = self.lock();
        let bytes = sources.bytes + size_of(&source);
        let is_current = sources.version == version;
        if is_current && bytes <= MOST_DESCRIBED && !sources.by_index.contains_key(&index) {
            sources.begin.get_or_insert_with(Instant::now);
            sources.bytes = bytes;
            sources.by_index.insert(index, source);
        }
    }
}

/// Bytes that a source takes, about.
fn size_of(source: &LayerSource) -> usize {
    let style = source.style.as_ref().map_or(0, |style| style.cartocss.len());
    1_000 + source.sql.len() + 4 * style + 200 * source.description.columns.len()
}

impl Layergroup {
    /// Reads a configuration. `filters` that are no JSON, or name nothing of the map, count for nothing.
    pub fn new(raw: Value, filters: Option<&str>) -> Layergroup {
        // Without what nobody reads, keys for one.
        let mut raw = members::of_config(&raw);
        raw.get_mut("layers").and_then(Value::as_array_mut).into_iter().flatten().for_each(name_type);
        let config = config_of(&raw);
        let sent: Value = filters.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let of = |kind: &str| sent[kind].as_object().cloned().unwrap_or_default().into_iter();
        let filters = of("dataviews").filter(|(id, _)| config.dataviews.iter().any(|(known, _)| known == id));
        let filters = Value::Object(filters.map(|(id, filter)| (id, members::of_filter(&filter))).collect());
        let node_filters = of("analyses").filter(|(id, _)| config.query_of(id).is_some());
        let node_filters =
            Value::Object(node_filters.map(|(id, filters)| (id, members::of_node_filters(&filters))).collect());
        let mut hash = Md5::new();
        hash.update(raw.to_string());
        for filters in [&filters, &node_filters] {
            if filters.as_object().is_some_and(|filters| !filters.is_empty()) {
                hash.update(filters.to_string());
            }
        }
        let id = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Layergroup {
            id,
            config,
            raw,
            filters,
            node_filters,
            dates: Vec::new(),
            dependencies: Dependencies::default(),
            described: Described::default(),
        }
    }

    /// Index and configuration of the layers that the server draws or draws on, in their order.
    pub fn layers(&self) -> impl Iterator<Item = (usize, &LayerConfig)> {
        self.config.layers.iter().enumerate()
    }

    /// Id of a layer as clients know it: its own, or `layer` and its number among those of its type, behind the type where
    /// that is not the usual one.
    pub fn layer_id(&self, index: usize) -> String {
        use maps_api::json::Value as Json;
        let Some(layer) = self.config.layers.get(index) else { return format!("layer{index}") };
        match &layer.id {
            Json::String(id) if !id.is_empty() => return id.clone(),
            Json::Number(id) if *id != 0.0 => return id.to_string(),
            _ => {}
        }
        let number = self.config.layers.iter().take(index).filter(|other| other.kind == layer.kind).count();
        match layer.kind.as_str() {
            "mapnik" | "" => format!("layer{number}"),
            kind => format!("{kind}-layer{number}"),
        }
    }

    /// The dataview of this id.
    pub fn dataview(&self, id: &str) -> Option<&DataviewConfig> {
        self.config.dataviews.iter().find(|(known, _)| known == id).map(|(_, dataview)| dataview)
    }

    /// Ids of the dataviews over a source that have a filter.
    pub fn filtered_dataviews(&self, source: &str) -> Vec<(&str, &DataviewConfig, &Value)> {
        let members = self.filters.as_object().into_iter().flatten();
        members
            .filter_map(|(id, filter)| self.dataview(id).map(|dataview| (id.as_str(), dataview, filter)))
            .filter(|(_, dataview, _)| dataview.source == source)
            .collect()
    }

    /// The filters that an analysis node has itself.
    pub fn filters_of_node(&self, source: &str) -> impl Iterator<Item = &Value> {
        self.node_filters[source].as_array().into_iter().flatten()
    }

    /// Whether anything filters a source.
    pub fn is_filtered(&self, source: &str) -> bool {
        !self.filtered_dataviews(source).is_empty() || self.filters_of_node(source).next().is_some()
    }

    /// Whether a column of a node that is filtered holds dates.
    pub fn is_date(&self, source: &str, column: &str) -> bool {
        self.dates.iter().any(|(node, name)| node == source && name == column)
    }

    /// The map as it is stored.
    pub fn to_text(&self) -> String {
        let filters = serde_json::json!({ "dataviews": self.filters, "analyses": self.node_filters });
        let (dates, dependencies) = (&self.dates, &self.dependencies);
        serde_json::json!({ "config": self.raw, "filters": filters, "dates": dates, "dependencies": dependencies })
            .to_string()
    }

    /// A map that was stored.
    pub fn from_text(text: &str) -> Option<Layergroup> {
        let mut value: Value = serde_json::from_str(text).ok()?;
        let raw = value["config"].take();
        let dates = serde_json::from_value(value["dates"].take()).unwrap_or_default();
        // Maps of older versions do not say it: nobody keeps their tiles.
        let dependencies = serde_json::from_value(value["dependencies"].take()).unwrap_or_default();
        Some(Layergroup { dates, dependencies, ..Layergroup::new(raw, Some(&value["filters"].to_string())) })
    }
}

/// Says the type of a layer: the usual one is `mapnik`, which was once called `cartodb`.
fn name_type(layer: &mut Value) {
    let is_usual = match &layer["type"] {
        Value::Null => true,
        Value::String(kind) => kind.is_empty() || kind == "cartodb",
        _ => false,
    };
    if is_usual && layer.is_object() {
        layer["type"] = "mapnik".into();
    }
}

/// The part of a configuration that both ends of the wire know.
fn config_of(raw: &Value) -> MapConfig {
    let value: maps_api::json::Value = serde_json::from_value(raw.clone()).unwrap_or_default();
    MapConfig::from_value(&value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_depend_on_content_only() {
        let config = json!({"layers": [], "dataviews": {"d": {"type": "formula"}}});
        let mut with_key = config.clone();
        with_key["api_key"] = "secret".into();
        let plain = Layergroup::new(config.clone(), None);
        let mut with_junk = config.clone();
        with_junk["junk"] = "x".repeat(1000).into();
        assert_eq!(plain.id, Layergroup::new(with_junk, None).id);
        let turned = json!({"dataviews": {"d": {"type": "formula"}}, "layers": []});
        assert_eq!(plain.id, Layergroup::new(turned, None).id);
        assert_eq!(plain.id, Layergroup::new(with_key, Some("{nope")).id);
        assert_eq!(plain.id, Layergroup::new(config.clone(), Some(r#"{"dataviews":{"other":{"accept":[]}}}"#)).id);
        let filtered = Layergroup::new(config, Some(r#"{"dataviews":{"d":{"accept":["a"]}}}"#));
        assert_ne!(plain.id, filtered.id);
        let stored = Layergroup::from_text(&filtered.to_text()).map(|stored| stored.id);
        assert_eq!(stored.as_deref(), Some(filtered.id.as_str()));
        assert!(!filtered.to_text().contains("secret"));
    }

    #[test]
    fn layers_without_an_id_get_one() {
        let ids = |layers: Value| -> Vec<String> {
            let map = Layergroup::new(json!({ "layers": layers }), None);
            (0..map.config.layers.len()).map(|index| map.layer_id(index)).collect()
        };
        assert_eq!(ids(json!([{"id": "a"}, {}, {"id": 7}])), ["a", "layer1", "7"]);
        let kinds =
            json!([{"type": "http"}, {"type": "cartodb"}, {"type": "plain"}, {"type": "mapnik"}, {"type": "http"}]);
        assert_eq!(ids(kinds), ["http-layer0", "layer0", "plain-layer0", "layer1", "http-layer1"]);
    }

    #[test]
    fn filters_of_nodes_are_kept() {
        let config =
            json!({"layers": [], "analyses": [{"id": "a", "type": "source", "params": {"query": "SELECT 1"}}]});
        let filters =
            r#"{"analyses": {"a": [{"type": "range", "column": "n", "params": {"min": 2, "junk": 1}}], "b": []}}"#;
        let mut map = Layergroup::new(config, Some(filters));
        map.dates.push(("a".into(), "n".into()));
        map.dependencies = Dependencies { tables: vec![("demo".into(), "t".into())], is_steady: true };
        let stored = Layergroup::from_text(&map.to_text()).unwrap_or_else(|| map.clone());
        assert_eq!(stored.node_filters, json!({"a": [{"type": "range", "column": "n", "params": {"min": 2}}]}));
        assert!(stored.is_filtered("a") && stored.is_date("a", "n") && !stored.is_filtered("b"));
        assert_eq!((stored.id, stored.dependencies), (map.id, map.dependencies));
    }
}
