//! `carto.layer.Layer` (spec 2.7).

use crate::convert::{self, Thrown, deep, option, promise, shallow, to_js};
use crate::source::Source;
use crate::style::Style;
use carto::error::CartoError;
use carto::model;
use carto::model::client::Change;
use carto::model::layer::{Columns, LayerOptions, columns};
use carto::page_value::PageValue;
use js_sys::{Array, Promise};
use maps_api::json::Value;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's `Layer` holds.
#[wasm_bindgen]
pub struct Layer {
    core: Rc<model::client::Layer>,
}

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// A second handle of what is behind an object of the page; `None` when that is no layer.
    #[wasm_bindgen(js_name = layer)]
    fn behind(object: &JsValue) -> Option<Layer>;
}

fn refused(token: &str) -> Thrown {
    CartoError::validation("layer", token).into()
}

fn source_of(value: &JsValue) -> Result<Rc<model::client::Source>, Thrown> {
    Source::of(value).ok_or_else(|| refused("nonValidSource"))
}

fn style_of(value: &JsValue) -> Result<Rc<model::client::Style>, Thrown> {
    Style::of(value).ok_or_else(|| refused("nonValidStyle"))
}

/// Columns with the page's own list of them, where it is one.
fn listed(list: &JsValue, names: Vec<String>) -> Columns {
    let list = if Array::is_array(list) { list.clone() } else { Array::new().into() };
    Columns { names, list: Some(PageValue(Rc::new(list))) }
}

/// Columns of the options; what is no list has none.
fn option_columns(options: &JsValue, name: &str) -> Result<Columns, Thrown> {
    let list = option(options, name)?;
    let names = shallow(&list).as_ref().map(Value::strings).unwrap_or_default();
    Ok(listed(&list, names))
}

/// Columns that a setter was given.
fn checked_columns(list: &JsValue) -> Result<Columns, Thrown> {
    Ok(listed(list, columns(shallow(list).as_ref())?))
}

/// The page's own list of columns.
fn page_list(columns: Columns) -> JsValue {
    columns.list.as_ref().and_then(convert::page_value).unwrap_or_default()
}

impl Layer {
    /// The layer behind an object of the page, which stays usable; `None` when it is none.
    pub fn of(object: &JsValue) -> Option<Rc<model::client::Layer>> {
        behind(object).map(|layer| layer.core.clone())
    }

    /// Replaces one part.
    fn change(&self, change: Change) -> Result<Promise, Thrown> {
        Ok(promise(self.core.change(change)?))
    }
}

#[wasm_bindgen]
impl Layer {
    /// Makes a layer. Throws `validation:layer:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(source: &JsValue, style: &JsValue, options: &JsValue) -> Result<Layer, Thrown> {
        let id = model::client::Layer::id_for(shallow(&option(options, "id")?));
        let (source, style) = (source_of(source)?, style_of(style)?);
        let aggregation = option(options, "aggregation")?;
        let aggregation = if aggregation.is_object() {
            Some(deep(&aggregation).ok_or_else(|| refused("The aggregation cannot be sent."))?)
        } else {
            None
        };
        let feature_click_columns = option_columns(options, "featureClickColumns")?;
        let feature_over_columns = option_columns(options, "featureOverColumns")?;
        let [visible, minzoom, maxzoom] = convert::options(options, ["visible", "minzoom", "maxzoom"])?;
        let options =
            LayerOptions { id, feature_click_columns, feature_over_columns, visible, aggregation, minzoom, maxzoom };
        Ok(Layer { core: Rc::new(model::client::Layer::new(source, style, options)?) })
    }

    /// Binds the page's object by its number.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, number: u32) {
        convert::bind(&self.core.subject, number);
    }

    /// A second handle of the same layer.
    #[wasm_bindgen(js_name = __share)]
    pub fn share(&self) -> Layer {
        Layer { core: self.core.clone() }
    }

    /// `L1`, `L2`, … or what the page chose.
    #[wasm_bindgen(js_name = getId)]
    pub fn id(&self) -> JsValue {
        to_js(&self.core.id)
    }

    /// The page's source object.
    #[wasm_bindgen(js_name = getSource)]
    pub fn source(&self) -> JsValue {
        convert::object(&self.core.source().subject)
    }

    /// The page's style object.
    #[wasm_bindgen(js_name = getStyle)]
    pub fn style(&self) -> JsValue {
        convert::object(&self.core.style().subject)
    }

    /// Replaces the source. Throws `non-valid-source`, `source-with-different-client`.
    #[wasm_bindgen(js_name = setSource)]
    pub fn set_source(&self, source: &JsValue) -> Result<Promise, Thrown> {
        self.change(Change::Source(source_of(source)?))
    }

    /// Replaces the style. Throws `non-valid-style`, `style-with-different-client`.
    #[wasm_bindgen(js_name = setStyle)]
    pub fn set_style(&self, style: &JsValue) -> Result<Promise, Thrown> {
        self.change(Change::Style(style_of(style)?))
    }

    /// The columns of `featureClicked`.
    #[wasm_bindgen(js_name = getFeatureClickColumns)]
    pub fn click_columns(&self) -> JsValue {
        page_list(self.core.click_columns())
    }

    /// Replaces the columns of `featureClicked`. Throws `non-valid-columns`.
    #[wasm_bindgen(js_name = setFeatureClickColumns)]
    pub fn set_click_columns(&self, names: &JsValue) -> Result<Promise, Thrown> {
        self.change(Change::Click(checked_columns(names)?))
    }

    /// The columns of `featureOver`.
    #[wasm_bindgen(js_name = getFeatureOverColumns)]
    pub fn over_columns(&self) -> JsValue {
        page_list(self.core.over_columns())
    }

    /// Replaces the columns of `featureOver`. Throws `non-valid-columns`.
    #[wasm_bindgen(js_name = setFeatureOverColumns)]
    pub fn set_over_columns(&self, names: &JsValue) -> Result<Promise, Thrown> {
        self.change(Change::Over(checked_columns(names)?))
    }

    /// Shows or hides the layer.
    #[wasm_bindgen(js_name = __setVisible)]
    pub fn set_visible(&self, visible: bool) {
        if let Some(event) = self.core.set_visible(visible) {
            convert::tell(&self.core.subject, &event);
        }
    }

    /// Whether the layer is shown.
    #[wasm_bindgen(js_name = isVisible)]
    pub fn is_visible(&self) -> bool {
        self.core.is_visible()
    }

    /// Whether the layer is not shown.
    #[wasm_bindgen(js_name = isHidden)]
    pub fn is_hidden(&self) -> bool {
        !self.core.is_visible()
    }

    /// Whether features have columns.
    #[wasm_bindgen(js_name = isInteractive)]
    pub fn is_interactive(&self) -> bool {
        self.core.is_interactive()
    }

    /// Moves the layer to an index, 0 at the bottom; on no map nothing happens.
    #[wasm_bindgen(js_name = setOrder)]
    pub fn set_order(&self, index: &JsValue) -> Result<Promise, Thrown> {
        let ticket = match self.core.client() {
            Some(client) => client.move_layer(&self.core, index.as_f64())?,
            None => None,
        };
        Ok(promise(ticket.into()))
    }

    /// The index of the top of the layer's map.
    #[wasm_bindgen(js_name = __top)]
    pub fn top(&self) -> usize {
        self.core.client().map_or(0, |client| client.layers().len().saturating_sub(1))
    }
}
