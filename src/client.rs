//! `carto.Client` (spec 2.3).

use crate::account::{self, params::Param};
use crate::convert::{self, answer, option, promise};
use crate::dataview::Dataview;
use crate::driver::{Browser, Limits};
use crate::error::CartoError;
use crate::http::{Answered, Call};
use crate::layer::Layer;
use crate::maps::failure::Failure;
use crate::maps::request::{LONGEST_GET, Verb};
use crate::model;
use crate::model::hover::Pointer;
use crate::refusal::{Api, because, hopeless_key, looks_like_master};
use crate::settings::Settings;
use crate::subject::Subject;
use js_sys::{Array, Function, JSON, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's `Client` holds.
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
        let checked = settings_of(settings)?;
        let limits = limits_of(settings)?;
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

    /// Asks an API of the account: 0 for maps, 1 for SQL, 2 for keys, by a verb in the order of `Verb`. Gives parsed JSON,
    /// or the text when `text` is set.
    #[wasm_bindgen(js_name = __ask)]
    pub fn ask(&self, api: u8, verb: u8, tail: &str, body: &str, text: bool) -> Promise {
        let verb = match verb {
            0 => Verb::Get,
            1 => Verb::Json,
            2 => Verb::Form,
            _ => Verb::Delete,
        };
        let api = api_of(api);
        let settings = self.core.settings();
        let request = account::request(&settings, verb, tail, body, self.limits.longest_get);
        let timeout = self.limits.timeout;
        let life = self.core.check_life();
        answer(Box::pin(async move {
            life?;
            let managing = api == Api::Auth && verb != Verb::Get;
            let refused = |failed: Failure| account::failure::error(&failed, api, managing, settings.asker());
            if let Some(what) = hopeless_key(&settings.api_key) {
                return Err(refused(Failure::MalformedKey(what)));
            }
            let Answered { status, status_text, text: got } =
                Call::default().text(request, timeout).await.map_err(refused)?;
            // What was deleted has nothing to say.
            if text || status == 204 {
                return Ok(got);
            }
            // What is read is the page's: it need not pass through here.
            let got = got.as_string().and_then(|text| JSON::parse(&text).ok()).filter(JsValue::is_object);
            let got = got.ok_or_else(|| refused(Failure::NotJson(status, status_text)))?;
            // The SQL API finds some errors while it is sending rows.
            let error = Reflect::get(&got, &JsValue::from_str("error")).unwrap_or_default();
            if error.is_undefined() {
                return Ok(got);
            }
            Err(refused(Failure::Server(status, convert::deep(&got).unwrap_or_default())))
        }))
    }

    /// Puts values in the place of their names in SQL; `find` gives them. Throws `validation:sql:*`.
    #[wasm_bindgen(js_name = __fill)]
    pub fn fill(&self, sql: &str, find: &Function) -> Result<String, JsValue> {
        // What has no form in SQL is refused by its name, as a text that cannot be.
        let param = |value: &JsValue| convert::param(value, DEEPEST_LIST).unwrap_or(Param::Text("\0".to_owned()));
        let value = |name: &str| find.call1(&JsValue::UNDEFINED, &JsValue::from_str(name)).ok();
        let find = |name: &str| value(name).filter(|value| !value.is_undefined()).map(|value| param(&value));
        Ok(account::params::fill(sql, &find)?)
    }

    /// The account, its address, whether the key is everybody's, and whether it looks like a master key.
    #[wasm_bindgen(js_name = __account)]
    pub fn account(&self) -> Array {
        let settings = self.core.settings();
        let is_public = settings.api_key == "default_public";
        let is_master = looks_like_master(&settings.api_key);
        let (username, base) = (settings.username.as_str().into(), settings.base.as_str().into());
        Array::of4(&username, &base, &is_public.into(), &is_master.into())
    }

    /// What is wrong with a key that no server needs to be asked about.
    #[wasm_bindgen(js_name = __malformed)]
    pub fn malformed(&self) -> Option<String> {
        hopeless_key(&self.core.settings().api_key).map(str::to_owned)
    }

    /// The hint of a reason that the check of a key found by itself.
    #[wasm_bindgen(js_name = __hint)]
    pub fn hint(&self, word: &str, api: u8, detail: &str) -> String {
        because(word, api_of(api), detail, &self.core.settings().username).hint
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

/// Milliseconds until an answer must be complete, when the page does not say.
const DEFAULT_TIMEOUT: u32 = 30_000;
/// Lists in lists of parameters that are read; deeper ones have no form in SQL.
const DEEPEST_LIST: u8 = 8;

fn api_of(number: u8) -> Api {
    match number {
        0 => Api::Maps,
        1 => Api::Sql,
        _ => Api::Auth,
    }
}

fn settings_of(given: &JsValue) -> Result<Settings, JsValue> {
    let [api_key, username, server_url] = convert::options(given, ["apiKey", "username", "serverUrl"])?;
    Ok(Settings::check(api_key.as_ref(), username.as_ref(), server_url.as_ref())?)
}

fn limits_of(given: &JsValue) -> Result<Limits, JsValue> {
    let whole = |name: &str, default: u32| -> Result<u32, JsValue> {
        let given = option(given, name)?.as_f64().filter(|number| *number >= 1.0);
        Ok(given.map_or(default, |number| number as u32))
    };
    let longest_get = whole("maxUrlLength", LONGEST_GET as u32)? as usize;
    Ok(Limits { timeout: whole("timeout", DEFAULT_TIMEOUT)?, longest_get })
}

fn objects<'a>(subjects: impl Iterator<Item = &'a Subject>) -> Array {
    subjects.map(convert::object).filter(|object| !object.is_undefined()).collect()
}

fn layer_of(value: &JsValue) -> Result<Rc<model::layer::Layer>, JsValue> {
    Layer::of(value).ok_or_else(|| refused("badLayerType"))
}

fn layers_of(value: &JsValue) -> Result<Vec<Rc<model::layer::Layer>>, JsValue> {
    let list = value.dyn_ref::<Array>().ok_or_else(|| refused("badLayerType"))?;
    list.iter().map(|item| layer_of(&item)).collect()
}

fn dataview_refused() -> JsValue {
    CartoError::validation("client", "The given object is not a dataview.").into()
}

fn dataview_of(value: &JsValue) -> Result<Rc<model::dataview::Dataview>, JsValue> {
    Dataview::of(value).ok_or_else(dataview_refused)
}
