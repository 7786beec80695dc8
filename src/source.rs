//! `carto.source.SQL` and `carto.source.Dataset` (spec 2.5).

use crate::convert::{self, Thrown, promise, shallow};
use carto::model;
use carto::model::source::SourceKind;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's sources hold.
#[wasm_bindgen]
pub struct Source {
    pub(crate) core: Rc<model::client::Source>,
}

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// A second handle of what is behind an object of the page; `None` when that is no source.
    #[wasm_bindgen(js_name = source)]
    fn behind(object: &JsValue) -> Option<Source>;
}

impl Source {
    /// The source behind an object of the page, which stays usable; `None` when it is none.
    pub fn of(object: &JsValue) -> Option<Rc<model::client::Source>> {
        behind(object).map(|source| source.core.clone())
    }
}

#[wasm_bindgen]
impl Source {
    /// Checks the text and makes a source. Throws `validation:source:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(sql: bool, text: &JsValue) -> Result<Source, Thrown> {
        let kind = if sql { SourceKind::Sql } else { SourceKind::Dataset };
        Ok(Source { core: model::client::Source::new(kind, shallow(text).as_ref())? })
    }

    /// Binds the page's object by its number.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, number: u32) {
        convert::bind(&self.core.subject, number);
    }

    /// A second handle of the same source.
    #[wasm_bindgen(js_name = __share)]
    pub fn share(&self) -> Source {
        Source { core: self.core.clone() }
    }

    /// `S1`, `S2`, …
    #[wasm_bindgen(js_name = getId)]
    pub fn id(&self) -> String {
        self.core.id.clone()
    }

    /// The query or the dataset's name.
    #[wasm_bindgen(js_name = __text)]
    pub fn text(&self) -> String {
        self.core.text()
    }

    /// Replaces the text. Throws `validation:source:*`.
    #[wasm_bindgen(js_name = __setText)]
    pub fn set_text(&self, text: &JsValue) -> Result<Promise, Thrown> {
        Ok(promise(self.core.set_text(shallow(text).as_ref())?))
    }
}
