//! What comes back from instantiating a map (spec 4.3).
//!
//! The sandbox writes it, the client reads it: one definition for both ends of the wire.

use crate::json::Value;

/// A map that a server has made ready.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapInstance {
    /// `{md5 of the config}:{last update in milliseconds}`; part of every later URL.
    pub layergroupid: String,
    /// One entry for each layer of the configuration.
    pub layers: Vec<LayerMeta>,
    /// URLs of the dataviews, by dataview id.
    pub dataviews: Vec<(String, Urls)>,
    /// State of the analysis nodes, by node id.
    pub nodes: Vec<(String, NodeMeta)>,
    /// Where tiles come from, when not from the server itself.
    pub cdn: Cdn,
}

/// What a server says of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerMeta {
    /// `mapnik` for a layer drawn by the server.
    pub kind: String,
    /// The layer's id as the server knows it.
    pub id: Value,
    /// Style metadata and statistics.
    pub meta: Value,
}

/// One address in two protocols.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Urls {
    /// The address over plain HTTP.
    pub http: Option<String>,
    /// The address over TLS.
    pub https: Option<String>,
}

/// What a server says of an analysis node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeMeta {
    /// `ready`, `pending`, `waiting`, `running` or `failed`.
    pub status: String,
    /// Where the status can be asked.
    pub url: Urls,
    /// The query behind the node.
    pub query: Option<String>,
    /// Why it failed.
    pub error_message: Option<String>,
}

/// `cdn_url`: the hosts that serve tiles, for each protocol.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cdn {
    /// Plain host names.
    pub hosts: Urls,
    /// Templates with `{s}` and their subdomains, over plain HTTP and over TLS.
    pub templates: (Option<CdnTemplate>, Option<CdnTemplate>),
}

/// A host template with `{s}` in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CdnTemplate {
    /// For example `https://{s}.host`.
    pub url: String,
    /// What `{s}` stands for.
    pub subdomains: Vec<String>,
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

impl Urls {
    /// The address for one protocol.
    pub fn of(&self, secure: bool) -> Option<&str> {
        if secure { self.https.as_deref() } else { self.http.as_deref() }
    }

    fn from_value(value: Option<&Value>) -> Urls {
        let part = |key| value.and_then(|urls| text(urls, key));
        Urls { http: part("http"), https: part("https") }
    }

    fn to_value(&self) -> Value {
        let mut urls = Value::object([]);
        for (key, url) in [("http", &self.http), ("https", &self.https)] {
            if let Some(url) = url {
                urls.push(key, url.as_str());
            }
        }
        urls
    }
}

impl MapInstance {
    /// Reads an answer. `None` when it has no `layergroupid`, which every real answer has; all else may be absent.
    pub fn from_value(value: &Value) -> Option<MapInstance> {
        let (dataviews, nodes) = (MapInstance::dataviews_of(value), MapInstance::nodes_of(value));
        Some(MapInstance { dataviews, nodes, ..MapInstance::without_dataviews(value)? })
    }

    /// The same without dataviews and analysis nodes, which [`MapInstance::dataviews_of`] and [`MapInstance::nodes_of`] read.
    pub fn without_dataviews(value: &Value) -> Option<MapInstance> {
        let layers = value.at(&["metadata", "layers"]).map(Value::items).unwrap_or_default();
        let template = |protocol: &str| {
            let template = value.at(&["cdn_url", "templates", protocol])?;
            Some(CdnTemplate {
                url: text(template, "url")?,
                subdomains: template.get("subdomains").map(Value::strings).unwrap_or_default(),
            })
        };
        Some(MapInstance {
            layergroupid: text(value, "layergroupid")?,
            layers: layers.iter().map(LayerMeta::from_value).collect(),
            dataviews: Vec::new(),
            nodes: Vec::new(),
            cdn: Cdn {
                hosts: Urls::from_value(value.get("cdn_url")),
                templates: (template("http"), template("https")),
            },
        })
    }

    /// URLs of the dataviews in an answer, by dataview id.
    pub fn dataviews_of(value: &Value) -> Vec<(String, Urls)> {
        let mut dataviews = Vec::new();
        let mut read = |members: Option<&Value>| {
            for (id, dataview) in members.map(Value::members).unwrap_or_default() {
                dataviews.push((id.clone(), Urls::from_value(dataview.get("url"))));
            }
        };
        read(value.at(&["metadata", "dataviews"]));
        // Old servers give the addresses of dataviews with the layers.
        for layer in value.at(&["metadata", "layers"]).map(Value::items).unwrap_or_default() {
            read(layer.get("widgets"));
        }
        dataviews
    }

    /// State of the analysis nodes in an answer, by node id.
    pub fn nodes_of(value: &Value) -> Vec<(String, NodeMeta)> {
        let mut nodes = Vec::new();
        for analysis in value.at(&["metadata", "analyses"]).map(Value::items).unwrap_or_default() {
            for (id, node) in analysis.get("nodes").map(Value::members).unwrap_or_default() {
                nodes.push((id.clone(), NodeMeta::from_value(node)));
            }
        }
        nodes
    }

    /// The JSON form, with the members that clients read.
    pub fn to_value(&self) -> Value {
        let layers = self.layers.iter().map(LayerMeta::to_value).collect();
        let dataviews = self.dataviews.iter().map(|(id, url)| (id.clone(), Value::object([("url", url.to_value())])));
        let nodes = self.nodes.iter().map(|(id, node)| (id.clone(), node.to_value()));
        let analyses = Value::Array(vec![Value::object([("nodes", Value::Object(nodes.collect()))])]);
        let metadata = Value::object([
            ("layers", Value::Array(layers)),
            ("dataviews", Value::Object(dataviews.collect())),
            ("analyses", analyses),
        ]);
        let mut cdn = self.cdn.hosts.to_value();
        let mut templates = Value::object([]);
        for (protocol, template) in [("http", &self.cdn.templates.0), ("https", &self.cdn.templates.1)] {
            if let Some(template) = template {
                let subdomains = template.subdomains.as_slice().into();
                templates
                    .push(protocol, Value::object([("url", template.url.as_str().into()), ("subdomains", subdomains)]));
            }
        }
        if !templates.members().is_empty() {
            cdn.push("templates", templates);
        }
        Value::object([("layergroupid", self.layergroupid.as_str().into()), ("metadata", metadata), ("cdn_url", cdn)])
    }
}

impl LayerMeta {
    fn from_value(value: &Value) -> LayerMeta {
        LayerMeta {
            kind: text(value, "type").unwrap_or_default(),
            id: value.get("id").cloned().unwrap_or_default(),
            meta: value.get("meta").cloned().unwrap_or_default(),
        }
    }

    fn to_value(&self) -> Value {
        Value::object([("type", self.kind.as_str().into()), ("id", self.id.clone()), ("meta", self.meta.clone())])
    }
}

impl NodeMeta {
    /// Whether the node is still being computed.
    pub fn is_under_way(&self) -> bool {
        matches!(self.status.as_str(), "pending" | "waiting" | "running")
    }

    /// Reads a node, also from the answer of its own address.
    pub fn from_value(value: &Value) -> NodeMeta {
        NodeMeta {
            status: text(value, "status").unwrap_or_default(),
            url: Urls::from_value(value.get("url")),
            query: text(value, "query"),
            error_message: text(value, "error_message"),
        }
    }

    fn to_value(&self) -> Value {
        let mut node = Value::object([("status", self.status.as_str().into()), ("url", self.url.to_value())]);
        for (key, value) in [("query", &self.query), ("error_message", &self.error_message)] {
            if let Some(value) = value {
                node.push(key, value.as_str());
            }
        }
        node
    }
}
