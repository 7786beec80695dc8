//! A map that was instantiated: what later requests for tiles, grids and dataviews refer to.

use crate::map::layer_source::LayerSource;
use crate::map::members;
use maps_api::config::{DataviewConfig, LayerConfig, MapConfig};
use md5::{Digest, Md5};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// What the database said of the layers' queries.
    pub described: Described,
}

/// What the database said of the layers' queries, by index. It holds types of columns, no rights to them.
#[derive(Clone, Debug, Default)]
pub struct Described(Arc<Mutex<Sources>>);

#[derive(Debug, Default)]
struct Sources {
    by_index: HashMap<usize, Arc<LayerSource>>,
    bytes: usize,
}

impl Described {
    /// What was said of a layer.
    pub fn get(&self, index: usize) -> Option<Arc<LayerSource>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_index.get(&index).cloned()
    }

    /// Remembers what was said of a layer, as long as there is room.
    pub fn put(&self, index: usize, source: Arc<LayerSource>) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = sources.bytes + size_of(&source);
        if bytes <= MOST_DESCRIBED && !sources.by_index.contains_key(&index) {
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
    /// Reads a configuration. `filters` that are no JSON, or name no dataview of the map, count for nothing.
    pub fn new(raw: Value, filters: Option<&str>) -> Layergroup {
        // Without what nobody reads, keys for one.
        let raw = members::of_config(&raw);
        let config = config_of(&raw);
        let filters: Value = filters.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let known = filters["dataviews"].as_object().cloned().unwrap_or_default();
        let known = known.into_iter().filter(|(id, _)| config.dataviews.iter().any(|(known, _)| known == id));
        let known = known.map(|(id, filter)| (id, members::of_filter(&filter)));
        let filters = Value::Object(known.collect());
        let mut hash = Md5::new();
        hash.update(raw.to_string());
        if filters.as_object().is_some_and(|filters| !filters.is_empty()) {
            hash.update(filters.to_string());
        }
        let id = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Layergroup { id, config, raw, filters, described: Described::default() }
    }

    /// Index and configuration of the layers that the server draws or draws on, in their order.
    pub fn layers(&self) -> impl Iterator<Item = (usize, &LayerConfig)> {
        self.config.layers.iter().enumerate()
    }

    /// Id of a layer as clients know it: its own, or `layer` and its index.
    pub fn layer_id(&self, index: usize) -> String {
        match self.config.layers.get(index).map(|layer| &layer.id) {
            Some(maps_api::json::Value::String(id)) => id.clone(),
            Some(maps_api::json::Value::Number(id)) => id.to_string(),
            _ => format!("layer{index}"),
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

    /// The map as it is stored.
    pub fn to_text(&self) -> String {
        serde_json::json!({ "config": self.raw, "filters": { "dataviews": self.filters } }).to_string()
    }

    /// A map that was stored.
    pub fn from_text(text: &str) -> Option<Layergroup> {
        let mut value: Value = serde_json::from_str(text).ok()?;
        let raw = value["config"].take();
        Some(Layergroup::new(raw, Some(&value["filters"].to_string())))
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
        let map = Layergroup::new(json!({"layers": [{"id": "a"}, {}, {"id": 7}]}), None);
        assert_eq!([map.layer_id(0), map.layer_id(1), map.layer_id(2)], ["a", "layer1", "7"]);
    }
}
