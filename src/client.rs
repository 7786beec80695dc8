//! `carto.Client` (spec 2.3).

use crate::account;
use crate::convert::{self, promise};
use crate::dataview::{Dataview, DataviewObject};
use crate::driver::{Browser, Limits};
use crate::error::CartoError;
use crate::layer::{Layer, LayerObject};
use crate::model;
use crate::model::hover::Pointer;
use crate::subject::Subject;
use js_sys::{Array, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's `Client` extends.
#[wasm_bindgen]
pub struct Client {
    core: Rc<model::client::Client>,
    limits: Limits,
}

fn refused(token: &str) -> JsValue {
    CartoError::validation("client", token).into()
}

#[wasm_bindgen]
impl Client {
    /// Checks the settings and makes a client. Throws `validation:client:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &JsValue, protocol: Option<String>) -> Result<Client, JsValue> {
        let checked = account::settings(settings)?;
        let limits = account::limits(settings)?;
        // Pages opened from a disk count as plain HTTP (spec 4.3), any other page as secure.
        let secure = protocol.map(|protocol| !matches!(protocol.as_str(), "http:" | "file:"));
        Ok(Client { core: model::client::Client::new(checked, secure, Box::new(Browser(limits))), limits })
    }

    /// Binds the page's object.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, object: &JsValue) {
        convert::bind(&self.core.subject, object);
    }

    /// Binds the object that is told of tile addresses (`tiles`) and cursors (`cursor`).
    #[wasm_bindgen(js_name = __bindNative)]
    pub fn bind_native(&self, object: &JsValue) {
        convert::bind(&self.core.native, object);
    }

    /// Tells the native object where the tiles are now.
    #[wasm_bindgen(js_name = __greet)]
    pub fn greet(&self) {
        self.core.greet_native();
    }

    /// Adds layers on top. Throws `bad-layer-type`, `duplicated-layer-id`.
    #[wasm_bindgen(js_name = addLayers)]
    pub fn add_layers(&self, layers: &JsValue) -> Result<Promise, JsValue> {
        let ticket = self.core.add_layers(layers_of(layers)?)?;
        Ok(promise(Some(ticket), None))
    }

    /// Removes layers. Throws `bad-layer-type`.
    #[wasm_bindgen(js_name = removeLayers)]
    pub fn remove_layers(&self, layers: &JsValue) -> Result<Promise, JsValue> {
        Ok(promise(Some(self.core.remove_layers(&layers_of(layers)?)), None))
    }

    /// Moves a layer. Throws `bad-layer-type`, `index-number`, `index-out-of-range`.
    #[wasm_bindgen(js_name = moveLayer)]
    pub fn move_layer(&self, layer: &JsValue, index: &JsValue) -> Result<Promise, JsValue> {
        let layer = layer_of(layer)?;
        Ok(promise(self.core.move_layer(&layer, index.as_f64())?, None))
    }

    /// The page's layer objects, bottom first.
    #[wasm_bindgen(js_name = __layers)]
    pub fn layers(&self) -> Array {
        objects(self.core.layers().iter().map(|layer| &*layer.subject))
    }

    /// Adds dataviews.
    #[wasm_bindgen(js_name = addDataviews)]
    pub fn add_dataviews(&self, dataviews: &JsValue) -> Result<Promise, JsValue> {
        let list = dataviews.dyn_ref::<Array>().ok_or_else(dataview_refused)?;
        let dataviews: Result<Vec<_>, JsValue> = list.iter().map(|item| dataview_of(&item)).collect();
        Ok(promise(Some(self.core.add_dataviews(dataviews?)?), None))
    }

    /// Aborts requests, rejects promises, and lets go of everything.
    #[wasm_bindgen(js_name = __dispose)]
    pub fn dispose(&self) {
        self.core.dispose();
    }

    /// Removes a dataview.
    #[wasm_bindgen(js_name = removeDataview)]
    pub fn remove_dataview(&self, dataview: &JsValue) -> Promise {
        // What is no dataview is not there either.
        let ticket = dataview_of(dataview).ok().and_then(|dataview| self.core.remove_dataview(&dataview));
        promise(ticket, None)
    }

    /// The page's dataview objects.
    #[wasm_bindgen(js_name = __dataviews)]
    pub fn dataviews(&self) -> Array {
        objects(self.core.dataviews().iter().map(|dataview| &*dataview.subject))
    }

    /// Asks with another key from now on. Throws `api-key-required`, `api-key-string`.
    #[wasm_bindgen(js_name = setApiKey)]
    pub fn set_api_key(&self, key: &JsValue) -> Result<Promise, JsValue> {
        Ok(promise(Some(self.core.set_api_key(convert::shallow(key).as_ref())?), None))
    }

    /// Asks the SQL API. Throws `validation:sql:*`.
    #[wasm_bindgen]
    pub fn sql(&self, query: &JsValue, options: &JsValue) -> Result<Promise, JsValue> {
        account::sql(&self.core.settings(), self.limits, query, options)
    }

    /// Finds out what the key is good for; `origin` is the page's, where there is a page.
    #[wasm_bindgen(js_name = checkKey)]
    pub fn check_key(&self, options: &JsValue, origin: Option<String>) -> Result<Promise, JsValue> {
        account::check_key(self.core.settings(), self.limits, options, origin)
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

    /// An image tile could not be loaded.
    #[wasm_bindgen(js_name = __tileFailed)]
    pub fn tile_failed(&self) {
        self.core.tile_failed();
    }
}

fn objects<'a>(subjects: impl Iterator<Item = &'a Subject>) -> Array {
    subjects.map(convert::object).filter(|object| !object.is_undefined()).collect()
}

fn layer_of(value: &JsValue) -> Result<Rc<model::layer::Layer>, JsValue> {
    Layer::of(value.unchecked_ref::<LayerObject>()).ok_or_else(|| refused("badLayerType"))
}

fn layers_of(value: &JsValue) -> Result<Vec<Rc<model::layer::Layer>>, JsValue> {
    let list = value.dyn_ref::<Array>().ok_or_else(|| refused("badLayerType"))?;
    list.iter().map(|item| layer_of(&item)).collect()
}

fn dataview_refused() -> JsValue {
    CartoError::validation("client", "The given object is not a dataview.").into()
}

fn dataview_of(value: &JsValue) -> Result<Rc<model::dataview::Dataview>, JsValue> {
    Dataview::of(value.unchecked_ref::<DataviewObject>()).ok_or_else(dataview_refused)
}
