//! What is sent to instantiate a map: `POST|GET {base}/api/v1/map` (spec 4.2).
//!
//! The client writes it, the sandbox reads it: one definition for both ends of the wire.

use crate::json::Value;

/// The whole map configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapConfig {
    /// Pixels that a server adds around each tile, by format (`png`, `grid.json`, `mvt`); `Null` when absent.
    pub buffersize: Value,
    /// The layers, bottom first.
    pub layers: Vec<LayerConfig>,
    /// The dataviews by id, in the order in which they were added.
    pub dataviews: Vec<(String, DataviewConfig)>,
    /// The sources that layers and dataviews name.
    pub analyses: Vec<AnalysisConfig>,
}

/// One layer of a [`MapConfig`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerConfig {
    /// The layer's id; any JSON type, because pages may use numbers.
    pub id: Value,
    /// `mapnik` for every layer that this client makes; servers know others.
    pub kind: String,
    /// The style text.
    pub cartocss: Option<String>,
    /// Version of the style language, `2.1.0`.
    pub cartocss_version: Option<String>,
    /// Id of the analysis node that the layer draws.
    pub source: Option<String>,
    /// Inline SQL, which older pages send in place of `source`.
    pub sql: Option<String>,
    /// Columns that the UTF grid carries.
    pub interactivity: Vec<String>,
    /// Columns of the attributes end point, with the id column.
    pub attributes: Option<Attributes>,
    /// First zoom level at which the layer is drawn: a number, or what the page took for one; `Null` when absent.
    pub minzoom: Value,
    /// Last zoom level at which the layer is drawn.
    pub maxzoom: Value,
    /// Server-side aggregation, as `carto.layer.Aggregation` made it; `Null` when absent.
    pub aggregation: Value,
}

/// Which columns of a feature the attributes end point gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// The column that identifies a feature.
    pub id: String,
    /// The columns that are given.
    pub columns: Vec<String>,
}

/// One dataview of a [`MapConfig`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataviewConfig {
    /// `formula`, `aggregation` or `histogram`.
    pub kind: String,
    /// Id of the analysis node that it computes over.
    pub source: String,
    /// Column, operation and so on.
    pub options: Value,
}

/// One analysis node of a [`MapConfig`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnalysisConfig {
    /// The node's id, `S1`, `S2`, …
    pub id: String,
    /// `source` for every node that this client makes.
    pub kind: String,
    /// The SQL of a source node.
    pub query: String,
}

impl MapConfig {
    /// The JSON form, members in the order of spec 4.2.
    pub fn to_value(&self) -> Value {
        let mut config = Value::object([]);
        if self.buffersize != Value::Null {
            config.push("buffersize", self.buffersize.clone());
        }
        config.push("layers", Value::Array(self.layers.iter().map(LayerConfig::to_value).collect()));
        let dataviews = self.dataviews.iter().map(|(id, dataview)| (id.clone(), dataview.to_value()));
        config.push("dataviews", Value::Object(dataviews.collect()));
        config.push("analyses", Value::Array(self.analyses.iter().map(AnalysisConfig::to_value).collect()));
        config
    }

    /// Reads the JSON form. Lenient: what is absent or of another type stays empty, for the server to judge.
    pub fn from_value(value: &Value) -> MapConfig {
        let list = |key: &str| value.get(key).map(Value::items).unwrap_or_default();
        MapConfig {
            buffersize: value.get("buffersize").cloned().unwrap_or_default(),
            layers: list("layers").iter().map(LayerConfig::from_value).collect(),
            dataviews: value
                .get("dataviews")
                .map(Value::members)
                .unwrap_or_default()
                .iter()
                .map(|(id, dataview)| (id.clone(), DataviewConfig::from_value(dataview)))
                .collect(),
            analyses: list("analyses").iter().map(AnalysisConfig::from_value).collect(),
        }
    }

    /// The query behind an analysis node.
    pub fn query_of(&self, source: &str) -> Option<&str> {
        self.analyses.iter().find(|node| node.id == source).map(|node| node.query.as_str())
    }
}

fn text(value: &Value, path: &[&str]) -> Option<String> {
    value.at(path).and_then(Value::as_str).map(str::to_owned)
}

impl LayerConfig {
    fn to_value(&self) -> Value {
        let mut options = Value::object([]);
        let mut put = |key: &str, value: Value| {
            if value != Value::Null {
                options.push(key, value);
            }
        };
        put("cartocss", self.cartocss.clone().into());
        put("cartocss_version", self.cartocss_version.clone().into());
        if let Some(source) = &self.source {
            put("source", Value::object([("id", source.as_str().into())]));
        }
        put("sql", self.sql.clone().into());
        put("interactivity", self.interactivity.as_slice().into());
        if let Some(attributes) = &self.attributes {
            let columns = attributes.columns.as_slice().into();
            put("attributes", Value::object([("id", attributes.id.as_str().into()), ("columns", columns)]));
        }
        put("minzoom", self.minzoom.clone());
        put("maxzoom", self.maxzoom.clone());
        put("aggregation", self.aggregation.clone());
        Value::object([("id", self.id.clone()), ("type", self.kind.as_str().into()), ("options", options)])
    }

    fn from_value(value: &Value) -> LayerConfig {
        let null = Value::Null;
        let options = value.get("options").unwrap_or(&null);
        let interactivity = match options.get("interactivity") {
            // Old pages send the columns as one text, which is empty where they want none.
            Some(Value::String(columns)) => {
                columns.split(',').map(str::trim).filter(|column| !column.is_empty()).map(str::to_owned).collect()
            }
            Some(columns) => columns.strings(),
            None => Vec::new(),
        };
        LayerConfig {
            id: value.get("id").cloned().unwrap_or_default(),
            kind: text(value, &["type"]).unwrap_or_default(),
            cartocss: text(options, &["cartocss"]),
            cartocss_version: text(options, &["cartocss_version"]),
            source: text(options, &["source", "id"]),
            sql: text(options, &["sql"]),
            interactivity,
            attributes: options.get("attributes").map(|attributes| Attributes {
                id: text(attributes, &["id"]).unwrap_or_default(),
                columns: attributes.get("columns").map(Value::strings).unwrap_or_default(),
            }),
            minzoom: options.get("minzoom").cloned().unwrap_or_default(),
            maxzoom: options.get("maxzoom").cloned().unwrap_or_default(),
            aggregation: options.get("aggregation").cloned().unwrap_or_default(),
        }
    }
}

impl DataviewConfig {
    fn to_value(&self) -> Value {
        Value::object([
            ("type", self.kind.as_str().into()),
            ("source", Value::object([("id", self.source.as_str().into())])),
            ("options", self.options.clone()),
        ])
    }

    fn from_value(value: &Value) -> DataviewConfig {
        DataviewConfig {
            kind: text(value, &["type"]).unwrap_or_default(),
            source: text(value, &["source", "id"]).unwrap_or_default(),
            options: value.get("options").cloned().unwrap_or_default(),
        }
    }
}

impl AnalysisConfig {
    fn to_value(&self) -> Value {
        let params = Value::object([("query", self.query.as_str().into())]);
        Value::object([("id", self.id.as_str().into()), ("type", self.kind.as_str().into()), ("params", params)])
    }

    fn from_value(value: &Value) -> AnalysisConfig {
        AnalysisConfig {
            id: text(value, &["id"]).unwrap_or_default(),
            kind: text(value, &["type"]).unwrap_or_default(),
            query: text(value, &["params", "query"]).unwrap_or_default(),
        }
    }
}
