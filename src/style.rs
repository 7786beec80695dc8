//! `carto.style.CartoCSS` (spec 2.6).

use crate::convert::{self, Thrown, promise, shallow};
use carto::model;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's `CartoCSS` holds.
#[wasm_bindgen]
pub struct Style {
    core: Rc<model::client::Style>,
}

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// A second handle of what is behind an object of the page; `None` when that is no style.
    #[wasm_bindgen(js_name = style)]
    fn behind(object: &JsValue) -> Option<Style>;
}

impl Style {
    /// The style behind an object of the page, which stays usable; `None` when it is none.
    pub fn of(object: &JsValue) -> Option<Rc<model::client::Style>> {
        behind(object).map(|style| style.core.clone())
    }
}

#[wasm_bindgen]
impl Style {
    /// Checks the text and makes a style. Throws `validation:style:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(content: &JsValue) -> Result<Style, Thrown> {
        Ok(Style { core: Rc::new(model::client::Style::new(shallow(content).as_ref())?) })
    }

    /// Binds the page's object by its number.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, number: u32) {
        convert::bind(&self.core.subject, number);
    }

    /// A second handle of the same style.
    #[wasm_bindgen(js_name = __share)]
    pub fn share(&self) -> Style {
        Style { core: self.core.clone() }
    }

    /// The text.
    #[wasm_bindgen(js_name = getContent)]
    pub fn content(&self) -> String {
        self.core.content()
    }

    /// Replaces the text; the promise resolves with it. Throws `validation:style:*`.
    #[wasm_bindgen(js_name = setContent)]
    pub fn set_content(&self, content: &JsValue) -> Result<Promise, Thrown> {
        Ok(promise(self.core.set_content(shallow(content).as_ref())?))
    }
}
