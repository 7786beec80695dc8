//! `carto.filter.BoundingBox` (spec 2.16).

use crate::convert::option;
use crate::error::CartoError;
use crate::model;
use js_sys::Array;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's bounding boxes extend.
#[wasm_bindgen]
pub struct BoundingBox {
    core: Rc<model::filter::BoundingBox>,
}

#[wasm_bindgen]
extern "C" {
    /// An object of the page that may be a bounding box.
    pub type BoundingBoxObject;
    #[wasm_bindgen(method, structural, catch, js_name = __boundingBox)]
    fn share(this: &BoundingBoxObject) -> Result<BoundingBox, JsValue>;
}

impl BoundingBox {
    /// The filter behind an object of the page, which stays usable; `None` when it is none.
    pub fn of(object: &BoundingBoxObject) -> Option<Rc<model::filter::BoundingBox>> {
        object.share().ok().map(|filter| filter.core.clone())
    }
}

#[wasm_bindgen]
impl BoundingBox {
    /// A bounding box without bounds.
    #[wasm_bindgen(constructor)]
    pub fn new() -> BoundingBox {
        BoundingBox { core: Rc::default() }
    }

    /// A second handle of the same filter.
    #[wasm_bindgen(js_name = __boundingBox)]
    pub fn share(&self) -> BoundingBox {
        BoundingBox { core: self.core.clone() }
    }

    /// Sets the bounds in degrees. Throws `invalid-bounds-object`.
    #[wasm_bindgen(js_name = __setBounds)]
    pub fn set_bounds(&self, bounds: &JsValue) -> Result<(), JsValue> {
        let numbers = Array::new();
        for name in ["west", "south", "east", "north"] {
            let number = option(bounds, name)?;
            if number.as_f64().is_none() {
                return Err(CartoError::validation("filter", "invalidBoundsObject").into());
            }
            numbers.push(&number);
        }
        self.core.set(numbers.join(",").into());
        Ok(())
    }
}
