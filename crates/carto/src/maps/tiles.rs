//! Addresses of tiles and grids (spec 4.4).

use super::request::encode;
use crate::settings::Settings;
use crate::text;
use maps_api::instance::MapInstance;

/// Where the tiles of a map come from: all but the list of layers.
#[derive(Clone, Debug, PartialEq)]
pub struct TileSource {
    host: String,
    /// What `{s}` in the host stands for; empty when there is no `{s}`.
    pub subdomains: Vec<String>,
    layergroupid: String,
    /// Positions of the map's layers among all layers of the answer.
    positions: Vec<usize>,
    api_key: String,
}

impl TileSource {
    /// Reads it off an answer.
    pub fn new(instance: &MapInstance, settings: &Settings) -> TileSource {
        let secure = settings.is_secure();
        let template = if secure { &instance.cdn.templates.1 } else { &instance.cdn.templates.0 };
        let user = &settings.username;
        let (host, subdomains) = match (template, instance.cdn.hosts.of(secure)) {
            (Some(template), _) => (text::concat(&[&template.url, "/", user]), template.subdomains.clone()),
            (None, Some(host)) => {
                (text::concat(&[if secure { "https://" } else { "http://" }, host, "/", user]), Vec::new())
            }
            (None, None) => (settings.base.clone(), Vec::new()),
        };
        let drawn = instance.layers.iter().enumerate().filter(|(_, layer)| layer.kind == "mapnik");
        TileSource {
            host,
            subdomains,
            layergroupid: instance.layergroupid.clone(),
            positions: drawn.map(|(position, _)| position).collect(),
            api_key: encode(&settings.api_key),
        }
    }

    /// The tile address of some layers, given by their index in the map, bottom first, with `{s}`, `{z}`, `{x}` and
    /// `{y}` left open. `None` when no layer is shown.
    pub fn tiles(&self, shown: &[usize]) -> Option<String> {
        let positions: Vec<String> = shown
            .iter()
            .filter_map(|index| self.positions.get(*index))
            .map(|position| text::number(*position as u64))
            .collect();
        (!positions.is_empty()).then(|| self.url(&text::join_all(&positions, ","), "{z}/{x}/{y}", ".png?api_key="))
    }

    /// The grid address of one layer's tile; the first subdomain is used.
    pub fn grid(&self, index: usize, z: u32, x: i64, y: i64) -> Option<String> {
        let position = self.positions.get(index)?;
        let url = self.url(
            &text::number(*position as u64),
            &text::join_all(&[z.into(), x as u64, y as u64].map(text::number), "/"),
            ".grid.json?api_key=",
        );
        Some(text::replace_once(&url, "{s}", self.subdomains.first().map_or("", String::as_str)))
    }

    fn url(&self, layers: &str, tile: &str, format: &str) -> String {
        let TileSource { host, layergroupid, api_key, .. } = self;
        text::concat(&[host, "/api/v1/map/", layergroupid, "/", layers, "/", tile, format, api_key])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maps_api::json::Value;

    fn source(cdn: &str, base: &str) -> TileSource {
        let answer = format!(
            r#"{{"layergroupid":"abc:0","metadata":{{"layers":[{{"type":"http"}},{{"type":"mapnik"}},{{"type":"mapnik"}}]}},
            "cdn_url":{cdn}}}"#
        );
        let value: Value = serde_json::from_str(&answer).unwrap_or_default();
        let settings = Settings { api_key: "k".into(), username: "u".into(), base: base.into() };
        TileSource::new(&MapInstance::from_value(&value).unwrap_or_default(), &settings)
    }

    #[test]
    fn templates_come_before_hosts_and_hosts_before_the_server() {
        let templates = r#"{"http":"c.test","https":"c.test","templates":{"http":{"url":"http://{s}.c.test","subdomains":["a","b"]}}}"#;
        let tiles = source(templates, "http://h.test/user/u");
        let url = "http://{s}.c.test/u/api/v1/map/abc:0/1,2/{z}/{x}/{y}.png?api_key=k";
        assert_eq!(tiles.tiles(&[0, 1]).as_deref(), Some(url));
        assert_eq!(tiles.subdomains, ["a", "b"]);
        let grid = "http://a.c.test/u/api/v1/map/abc:0/2/3/4/5.grid.json?api_key=k";
        assert_eq!(tiles.grid(1, 3, 4, 5).as_deref(), Some(grid));
        let hosts = source(templates, "https://h.test/user/u").tiles(&[1]);
        assert_eq!(hosts.as_deref(), Some("https://c.test/u/api/v1/map/abc:0/2/{z}/{x}/{y}.png?api_key=k"));
        let plain = source("{}", "http://h.test/user/u").tiles(&[0]);
        assert_eq!(plain.as_deref(), Some("http://h.test/user/u/api/v1/map/abc:0/1/{z}/{x}/{y}.png?api_key=k"));
    }

    #[test]
    fn nothing_shown_has_no_address() {
        assert_eq!(source("{}", "http://h.test").tiles(&[]), None);
        assert_eq!(source("{}", "http://h.test").tiles(&[7]), None);
    }
}
