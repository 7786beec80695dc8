//! Maps that were instantiated: what later requests for tiles, grids and dataviews refer to.

use crate::db::{Database, QueryError};
use crate::layer_source::LayerSource;
use carto_wasm::maps::config::{DataviewConfig, LayerConfig, MapConfig};
use md5::{Digest, Md5};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Maps that are kept in memory; all are in the database as well.
const KEPT: usize = 500;

/// A map that was instantiated. It carries no permission: every request shows its key again.
#[derive(Clone, Debug)]
pub struct Layergroup {
    /// MD5 of the content.
    pub id: String,
    /// The configuration.
    pub config: MapConfig,
    /// What the configuration says beyond [`MapConfig`].
    pub raw: Value,
    /// Filters by dataview: `{"accept": […]}`, `{"reject": […]}` or `{"min", "max"}`.
    pub filters: Value,
    /// What the database said of the layers' queries.
    pub described: Described,
}

/// What the database said of the layers' queries, by index. It holds types of columns, no rights to them.
#[derive(Clone, Debug, Default)]
pub struct Described(Arc<Mutex<HashMap<usize, Arc<LayerSource>>>>);

impl Described {
    /// What was said of a layer.
    pub fn get(&self, index: usize) -> Option<Arc<LayerSource>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&index).cloned()
    }

    /// Remembers what was said of a layer.
    pub fn put(&self, index: usize, source: Arc<LayerSource>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(index, source);
    }
}

impl Layergroup {
    /// Reads a configuration. `filters` that are no JSON, or name no dataview of the map, count for nothing.
    pub fn new(mut raw: Value, filters: Option<&str>) -> Layergroup {
        // Keys are kept nowhere.
        if let Value::Object(members) = &mut raw {
            members.shift_remove("api_key");
        }
        let config = config_of(&raw);
        let filters: Value = filters.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let known = filters["dataviews"].as_object().cloned().unwrap_or_default();
        let known = known.into_iter().filter(|(id, _)| config.dataviews.iter().any(|(known, _)| known == id));
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
            Some(carto_wasm::json::Value::String(id)) => id.clone(),
            Some(carto_wasm::json::Value::Number(id)) => id.to_string(),
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

    fn to_text(&self) -> String {
        serde_json::json!({ "config": self.raw, "filters": { "dataviews": self.filters } }).to_string()
    }

    fn from_text(text: &str) -> Option<Layergroup> {
        let mut value: Value = serde_json::from_str(text).ok()?;
        let raw = value["config"].take();
        Some(Layergroup::new(raw, Some(&value["filters"].to_string())))
    }
}

/// The part of a configuration that both ends of the wire know.
fn config_of(raw: &Value) -> MapConfig {
    let value: carto_wasm::json::Value = serde_json::from_value(raw.clone()).unwrap_or_default();
    MapConfig::from_value(&value)
}

/// Number of a user and id of a map.
type Key = (i32, String);

/// The maps of all users.
#[derive(Clone, Default)]
pub struct Layergroups {
    kept: Arc<Mutex<HashMap<Key, Arc<Layergroup>>>>,
}

impl Layergroups {
    /// Keeps a map for later requests, also of another run of the sandbox.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn put(&self, database: &Database, user: i32, layergroup: Layergroup) -> Result<(), QueryError> {
        let key = (user, layergroup.id.clone());
        let is_known = self.lock().contains_key(&key);
        if !is_known {
            let sql = "INSERT INTO sandbox.layergroups (user_id, id, config) VALUES ($1, $2, $3)
                       ON CONFLICT (user_id, id) DO UPDATE SET used_at = now()";
            database
                .admin_query(sql, vec![Box::new(user), Box::new(key.1.clone()), Box::new(layergroup.to_text())])
                .await?;
        }
        self.keep(key, Arc::new(layergroup));
        Ok(())
    }

    /// The map of this id, from memory or from the database.
    ///
    /// # Errors
    /// The database is not reachable.
    pub async fn get(&self, database: &Database, user: i32, id: &str) -> Result<Option<Arc<Layergroup>>, QueryError> {
        let key = (user, id.to_owned());
        if let Some(layergroup) = self.lock().get(&key) {
            return Ok(Some(layergroup.clone()));
        }
        // Ids are hexadecimal: anything else is not worth a question.
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let sql = "SELECT config FROM sandbox.layergroups WHERE user_id = $1 AND id = $2";
        let rows = database.admin_query(sql, vec![Box::new(user), Box::new(key.1.clone())]).await?;
        let found = rows.first().and_then(|row| Layergroup::from_text(row.get(0))).map(Arc::new);
        if let Some(layergroup) = &found {
            self.keep(key, layergroup.clone());
        }
        Ok(found)
    }

    fn keep(&self, key: Key, layergroup: Arc<Layergroup>) {
        let mut kept = self.lock();
        if kept.len() >= KEPT
            && let Some(any) = kept.keys().next().cloned()
        {
            kept.remove(&any);
        }
        kept.insert(key, layergroup);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Layergroup>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
