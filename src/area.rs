//! `carto.filter`: spatial filters (spec 2.16).

use crate::convert::{Thrown, option};
use crate::enums::SpatialShape;
use carto::error::CartoError;
use carto::model;
use carto::model::filter::spatial::Shape;
use js_sys::{Array, JSON};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's spatial filters hold.
#[wasm_bindgen]
pub struct SpatialFilter {
    core: Rc<model::client::Spatial>,
}

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// A second handle of what is behind an object of the page; `None` when that is no spatial filter.
    #[wasm_bindgen(js_name = spatial)]
    fn behind(object: &JsValue) -> Option<SpatialFilter>;
}

impl SpatialFilter {
    /// The filter behind an object of the page, which stays usable; `None` when it is none.
    pub fn of(object: &JsValue) -> Option<Rc<model::client::Spatial>> {
        behind(object).map(|filter| filter.core.clone())
    }
}

#[wasm_bindgen]
impl SpatialFilter {
    /// A filter without an area.
    #[wasm_bindgen(constructor)]
    pub fn new(shape: SpatialShape) -> SpatialFilter {
        SpatialFilter { core: Rc::new(model::client::Spatial::new(shape.into())) }
    }

    /// A second handle of the same filter.
    #[wasm_bindgen(js_name = __share)]
    pub fn share(&self) -> SpatialFilter {
        SpatialFilter { core: self.core.clone() }
    }

    /// Sets the area. Throws `invalid-bounds-object`, `invalid-circle-object`, `invalid-polygon-object`.
    #[wasm_bindgen(js_name = __set)]
    pub fn set(&self, area: &JsValue) -> Result<(), Thrown> {
        let shape = self.core.shape;
        let numbers = |names: &[&str]| -> Result<Option<Array>, Thrown> {
            let numbers = Array::new();
            for name in names {
                let number = option(area, name)?;
                if number.as_f64().is_none() {
                    return Ok(None);
                }
                numbers.push(&number);
            }
            Ok(Some(numbers))
        };
        let written = || JSON::stringify(area).ok().and_then(|json| json.as_string());
        let area = match shape {
            Shape::BoundingBox => numbers(&["west", "south", "east", "north"])?.map(|list| list.join(",").into()),
            Shape::Circle => numbers(&["lat", "lng", "radius"])?.and_then(|_| written()),
            Shape::Polygon => {
                let polygon = option(area, "type")?.as_string().as_deref() == Some("Polygon");
                if polygon && option(area, "coordinates")?.is_instance_of::<Array>() { written() } else { None }
            }
        };
        self.core.set(&area.ok_or_else(|| CartoError::validation("filter", shape.refusal()))?);
        Ok(())
    }
}
