//! `carto.dataview.Formula` and `carto.dataview.Category` (spec 2.10 to 2.12).

use crate::convert::{self, shallow, to_js};
use crate::error::CartoError;
use crate::filter::{BoundingBox, BoundingBoxObject};
use crate::model;
use crate::model::dataview::{DataviewOptions, Kind, Part};
use crate::source::{Source, SourceObject};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's dataviews extend.
#[wasm_bindgen]
pub struct Dataview {
    core: Rc<model::dataview::Dataview>,
}

#[wasm_bindgen]
extern "C" {
    /// An object of the page that may be a dataview.
    pub type DataviewObject;
    #[wasm_bindgen(method, structural, catch, js_name = __dataview)]
    fn share(this: &DataviewObject) -> Result<Dataview, JsValue>;
}

fn refused(token: &str) -> JsValue {
    CartoError::validation("dataview", token).into()
}

fn filter_of(value: &JsValue) -> Result<Rc<model::filter::BoundingBox>, JsValue> {
    BoundingBox::of(value.unchecked_ref::<BoundingBoxObject>()).ok_or_else(|| refused("filterRequired"))
}

impl Dataview {
    /// The dataview behind an object of the page, which stays usable; `None` when it is none.
    pub fn of(object: &DataviewObject) -> Option<Rc<model::dataview::Dataview>> {
        object.share().ok().map(|dataview| dataview.core.clone())
    }
}

#[wasm_bindgen]
impl Dataview {
    /// Makes a dataview. Throws `validation:dataview:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(category: bool, source: &JsValue, column: &JsValue, options: &JsValue) -> Result<Dataview, JsValue> {
        let source = Source::of(source.unchecked_ref::<SourceObject>()).ok_or_else(|| refused("sourceRequired"))?;
        let [operation, operation_column, limit] =
            convert::options(options, ["operation", "operationColumn", "limit"])?;
        let options = DataviewOptions { operation, operation_column, limit };
        let kind = if category { Kind::Category } else { Kind::Formula };
        let core = model::dataview::Dataview::new(kind, source, shallow(column).as_ref(), &options)?;
        Ok(Dataview { core: Rc::new(core) })
    }

    /// Binds the page's object.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, object: &JsValue) {
        convert::bind(&self.core.subject, object);
    }

    /// A second handle of the same dataview.
    #[wasm_bindgen(js_name = __dataview)]
    pub fn share(&self) -> Dataview {
        Dataview { core: self.core.clone() }
    }

    /// `notLoaded`, `loading`, `loaded` or `error`.
    #[wasm_bindgen(js_name = getStatus)]
    pub fn status(&self) -> String {
        self.core.status().text().to_owned()
    }

    /// Lets changes lead to new data again.
    #[wasm_bindgen(js_name = __enable)]
    pub fn enable(&self) {
        self.core.enable();
    }

    /// Stops reading new data.
    #[wasm_bindgen(js_name = __disable)]
    pub fn disable(&self) {
        self.core.disable();
    }

    /// Whether changes lead to new data.
    #[wasm_bindgen(js_name = isEnabled)]
    pub fn is_enabled(&self) -> bool {
        self.core.is_enabled()
    }

    /// The page's source object.
    #[wasm_bindgen(js_name = getSource)]
    pub fn source(&self) -> JsValue {
        convert::object(&self.core.source.subject)
    }

    /// The column.
    #[wasm_bindgen(js_name = getColumn)]
    pub fn column(&self) -> String {
        self.core.column()
    }

    /// Replaces the column, the operation, the operation's column or the limit. Throws `validation:dataview:*`.
    #[wasm_bindgen(js_name = __set)]
    pub fn set(&self, part: Part, value: &JsValue) -> Result<(), JsValue> {
        let value = shallow(value);
        if let Some(event) = self.core.set(part, value.as_ref())? {
            convert::tell(&self.core.subject, &event);
        }
        Ok(())
    }

    /// The operation.
    #[wasm_bindgen(js_name = getOperation)]
    pub fn operation(&self) -> String {
        self.core.operation()
    }

    /// The column that the operation is applied to.
    #[wasm_bindgen(js_name = __operationColumn)]
    pub fn operation_column(&self) -> String {
        self.core.operation_column()
    }

    /// How many categories.
    #[wasm_bindgen(js_name = __limit)]
    pub fn limit(&self) -> f64 {
        self.core.limit()
    }

    /// Uses a bounding box. Throws `filter-required`.
    #[wasm_bindgen(js_name = __addFilter)]
    pub fn add_filter(&self, filter: &JsValue) -> Result<(), JsValue> {
        self.core.add_bounding_box(&filter_of(filter)?);
        Ok(())
    }

    /// Stops using it. Throws `filter-required`.
    #[wasm_bindgen(js_name = __removeFilter)]
    pub fn remove_filter(&self, filter: &JsValue) -> Result<(), JsValue> {
        self.core.remove_bounding_box(&filter_of(filter)?);
        Ok(())
    }

    /// Whether it is used. Throws `filter-required`.
    #[wasm_bindgen(js_name = hasFilter)]
    pub fn has_filter(&self, filter: &JsValue) -> Result<bool, JsValue> {
        Ok(self.core.has_bounding_box(&filter_of(filter)?))
    }

    /// The data; null while on no map.
    #[wasm_bindgen(js_name = getData)]
    pub fn data(&self) -> JsValue {
        self.core.data().map_or(JsValue::NULL, |data| to_js(&data))
    }
}
