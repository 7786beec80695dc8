//! `carto.Client` (spec 2.3).

use crate::convert::{self, Thrown, promise};
use crate::driver::{Browser, Limits};
use crate::layer::Layer;
use carto::error::CartoError;
use carto::model;
use carto::model::hover::Pointer;
use carto::refusal::looks_like_master;
use carto::subject::Subject;
use js_sys::{Array, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's `Client` holds.
#[wasm_bindgen]
pub struct Client {
    pub(crate) core: Rc<model::client::Client>,
    #[cfg_attr(not(feature = "account"), expect(dead_code, reason = "for requests of the account"))]
    pub(crate) limits: Limits,
}

fn refused(token: &str) -> Thrown {
    CartoError::validation("client", token).into()
}

#[wasm_bindgen]
impl Client {
    /// Checks the settings and makes a client. Throws `validation:client:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &JsValue, protocol: Option<String>) -> Result<Client, Thrown> {
        let (checked, limits) = (convert::settings(settings)?, Limits::of(settings)?);
        // Pages opened from a disk count as plain HTTP (spec 4.3), any other page as secure.
        let secure = protocol.map(|protocol| !matches!(protocol.as_str(), "http:" | "file:"));
        Ok(Client { core: model::client::Client::new(checked, secure, Box::new(Browser(limits))), limits })
    }

    /// Binds the page's object by its number.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, number: u32) {
        convert::bind(&self.core.subject, number);
    }

    /// Binds the object that is told of tile addresses (`tiles`) and cursors (`cursor`).
    #[wasm_bindgen(js_name = __bindNative)]
    pub fn bind_native(&self, number: u32) {
        convert::bind(&self.core.native, number);
    }

    /// Tells the native object where the tiles are now.
    #[wasm_bindgen(js_name = __greet)]
    pub fn greet(&self) {
        self.core.greet_native();
    }

    /// Adds layers on top. Throws `bad-layer-type`, `duplicated-layer-id`.
    #[wasm_bindgen(js_name = addLayers)]
    pub fn add_layers(&self, layers: &JsValue) -> Result<Promise, Thrown> {
        let ticket = self.core.add_layers(layers_of(layers)?)?;
        Ok(promise(ticket.into()))
    }

    /// Removes layers. Throws `bad-layer-type`.
    #[wasm_bindgen(js_name = removeLayers)]
    pub fn remove_layers(&self, layers: &JsValue) -> Result<Promise, Thrown> {
        Ok(promise(self.core.remove_layers(&layers_of(layers)?).into()))
    }

    /// Moves a layer. Throws `bad-layer-type`, `index-number`, `index-out-of-range`.
    #[wasm_bindgen(js_name = moveLayer)]
    pub fn move_layer(&self, layer: &JsValue, index: &JsValue) -> Result<Promise, Thrown> {
        let layer = layer_of(layer)?;
        Ok(promise(self.core.move_layer(&layer, index.as_f64())?.into()))
    }

    /// The page's layer objects, bottom first.
    #[wasm_bindgen(js_name = __layers)]
    pub fn layers(&self) -> Array {
        objects(self.core.layers().iter().map(|layer| &*layer.subject))
    }

    /// Aborts requests, rejects promises, and lets go of everything.
    #[wasm_bindgen(js_name = __dispose)]
    pub fn dispose(&self) {
        self.core.dispose();
    }

    /// Asks with another key from now on. Throws `api-key-required`, `api-key-string`.
    #[wasm_bindgen(js_name = setApiKey)]
    pub fn set_api_key(&self, key: &JsValue) -> Result<Promise, Thrown> {
        Ok(promise(self.core.set_api_key(convert::shallow(key).as_ref())?.into()))
    }

    /// Whether the key has the form of a master key.
    #[wasm_bindgen(getter, js_name = __isMaster)]
    pub fn is_master(&self) -> bool {
        looks_like_master(&self.core.settings().api_key)
    }

    /// The pointer moved (or clicked) at a position in degrees, at pixels of the container, and at pixels of the world
    /// at a zoom level.
    #[wasm_bindgen(js_name = __pointer)]
    #[expect(clippy::too_many_arguments, reason = "numbers cross to WebAssembly for nothing, objects do not")]
    pub fn pointer(&self, click: bool, lat: f64, lng: f64, x: f64, y: f64, zoom: f64, world_x: f64, world_y: f64) {
        self.core.pointer(&Pointer { click, lat, lng, zoom, world: (world_x, world_y), x, y });
    }

    /// The pointer left the map.
    #[wasm_bindgen(js_name = __pointerLeft)]
    pub fn pointer_left(&self) {
        self.core.pointer_left();
    }

    /// An image tile could not be loaded; `is_known` when that was said before.
    #[wasm_bindgen(js_name = __tileFailed)]
    pub fn tile_failed(&self, url: String, is_known: bool) {
        self.core.tile_failed(url, is_known);
    }

    /// All tiles that could not be loaded are there after all.
    #[wasm_bindgen(js_name = __tilesBack)]
    pub fn tiles_are_back(&self) {
        self.core.tiles_are_back();
    }
}

/// The page's objects behind subjects.
pub fn objects<'a>(subjects: impl Iterator<Item = &'a Subject>) -> Array {
    subjects.map(convert::object).filter(|object| !object.is_undefined()).collect()
}

fn layer_of(value: &JsValue) -> Result<Rc<model::client::Layer>, Thrown> {
    Layer::of(value).ok_or_else(|| refused("badLayerType"))
}

fn layers_of(value: &JsValue) -> Result<Vec<Rc<model::client::Layer>>, Thrown> {
    let list = value.dyn_ref::<Array>().ok_or_else(|| refused("badLayerType"))?;
    list.iter().map(|item| layer_of(&item)).collect()
}
