//! TileJSON documents and URL templates in the answer to an instantiation.

use crate::accounts::keys::Token;
use crate::map::layergroup::Layergroup;
use serde_json::{Map, Value, json};

/// Where clients find what hangs off a map.
pub struct Addresses {
    /// `http` or `https`.
    scheme: String,
    /// Host and path up to the layergroup, without protocol.
    base: String,
    /// `?api_key=…` when the client showed a key.
    key: String,
}

impl Addresses {
    /// The addresses below scheme, host and path before `/api`, as the client that made a request knows them.
    pub fn new(scheme: &str, base: &str, layergroupid: &str, token: Option<&Token>) -> Addresses {
        let encode = |token: &Token| form_urlencoded::byte_serialize(token.secret().as_bytes()).collect::<String>();
        Addresses {
            scheme: scheme.to_owned(),
            base: format!("{base}/api/v1/map/{layergroupid}"),
            key: token.map(|token| format!("?api_key={}", encode(token))).unwrap_or_default(),
        }
    }

    /// The address of a part of the map, without key, in both protocols.
    pub fn both(&self, path: &str) -> maps_api::instance::Urls {
        let base = &self.base;
        maps_api::instance::Urls {
            http: Some(format!("http://{base}/{path}")),
            https: Some(format!("https://{base}/{path}")),
        }
    }

    /// A tile template. Real servers say https here even when they are plain http servers, where nobody answers.
    fn template(&self, layer: Option<&str>, format: &str) -> String {
        let layer = layer.map(|layer| format!("{layer}/")).unwrap_or_default();
        format!("{}://{}/{layer}{{z}}/{{x}}/{{y}}.{format}{}", self.scheme, self.base, self.key)
    }

    fn document(&self, layer: Option<&str>, format: &str) -> Value {
        json!({ "tilejson": "2.2.0", "tiles": [self.template(layer, format)] })
    }
}

/// Which formats a map or a layer can be had in.
#[derive(Clone, Copy, Default)]
pub struct Formats {
    /// Vector tiles.
    pub vector: bool,
    /// Images.
    pub raster: bool,
    /// UTF grids.
    pub grids: bool,
}

impl Formats {
    /// The formats of one layer of a map.
    pub fn of_layer(map: &Layergroup, index: usize) -> Formats {
        let Some(layer) = map.config.layers.get(index) else { return Formats::default() };
        match layer.kind.as_str() {
            "mapnik" => {
                let raster = layer.cartocss.is_some();
                Formats { vector: true, raster, grids: raster && !layer.interactivity.is_empty() }
            }
            "plain" | "http" => Formats { raster: true, ..Formats::default() },
            _ => Formats::default(),
        }
    }

    /// The formats of a map: vector when any layer has it, raster when no vector layer lacks a style.
    pub fn of_map(map: &Layergroup) -> Formats {
        let layers: Vec<Formats> = (0..map.config.layers.len()).map(|index| Formats::of_layer(map, index)).collect();
        let vector = layers.iter().any(|layer| layer.vector);
        let raster =
            layers.iter().any(|layer| layer.raster) && layers.iter().all(|layer| layer.raster || !layer.vector);
        Formats { vector, raster, grids: false }
    }

    fn each(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let kinds = [(self.vector, "vector", "mvt"), (self.raster, "raster", "png")];
        kinds.into_iter().filter(|(wanted, ..)| *wanted).map(|(_, kind, format)| (kind, format))
    }
}

/// TileJSON of a layer, or of the whole map.
pub fn documents(addresses: &Addresses, layer: Option<&str>, formats: Formats) -> Value {
    let mut documents = Map::new();
    for (kind, format) in formats.each() {
        let mut document = addresses.document(layer, format);
        if kind == "raster" && formats.grids {
            document["grids"] = json!([addresses.template(layer, "grid.json")]);
        }
        documents.insert(kind.into(), document);
    }
    documents.into()
}

/// URL templates of the whole map.
pub fn templates(addresses: &Addresses, formats: Formats) -> Value {
    let template = |format| json!({ "urlTemplate": addresses.template(None, format), "subdomains": [] });
    formats.each().map(|(kind, format)| (kind.to_owned(), template(format))).collect::<Map<_, _>>().into()
}
