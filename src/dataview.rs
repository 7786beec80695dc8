//! `carto.dataview` (spec 2.10 to 2.14).

use crate::area::SpatialFilter;
use crate::client::{Client, objects};
use crate::convert::{self, Thrown, promise, shallow, to_js};
use crate::enums::{DataviewKind, DataviewPart};
use crate::filter::SqlFilter;
use crate::http::Call;
use crate::source::Source;
use carto::error::CartoError;
use carto::maps::request::HttpRequest;
use carto::model;
use carto::model::dataview::{Changes, DataviewOptions};
use js_sys::{Array, Promise};
use maps_api::json::Value;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What the rim's dataviews hold.
#[wasm_bindgen]
pub struct Dataview {
    core: Rc<model::client::Dataview>,
}

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// A second handle of what is behind an object of the page; `None` when that is no dataview.
    #[wasm_bindgen(js_name = dataview)]
    fn behind(object: &JsValue) -> Option<Dataview>;
}

fn refused(token: &str) -> Thrown {
    CartoError::validation("dataview", token).into()
}

fn filter_of(value: &JsValue) -> Result<Rc<model::client::Spatial>, Thrown> {
    SpatialFilter::of(value).ok_or_else(|| refused("filterRequired"))
}

/// As [`filter_of`], and a collection of filters of rows is refused in words of its own (spec 2.2.6).
fn changed_filter(value: &JsValue) -> Result<Rc<model::client::Spatial>, Thrown> {
    let collection = SqlFilter::of(value).is_ok_and(|filter| filter.is_collection());
    if collection { Err(refused("The filter is not a valid spatial filter.")) } else { filter_of(value) }
}

/// The filters of rows in a list; none without a list.
fn filters_of(list: &JsValue) -> Result<Vec<Rc<model::client::SqlFilter>>, Thrown> {
    if list.is_undefined() {
        return Ok(Vec::new());
    }
    let other = || refused("The exceptFilters are a list of filters of rows.");
    let list = list.dyn_ref::<Array>().ok_or_else(other)?;
    list.iter().map(|filter| SqlFilter::of(&filter).map_err(|_| other())).collect()
}

impl Dataview {
    /// The dataview behind an object of the page, which stays usable; `None` when it is none.
    pub fn of(object: &JsValue) -> Option<Rc<model::client::Dataview>> {
        behind(object).map(|dataview| dataview.core.clone())
    }

    fn tell(&self, changes: &Changes) {
        for event in &changes.events {
            convert::tell(&self.core.subject, event);
        }
        self.core.follow(changes);
    }
}

#[wasm_bindgen]
impl Dataview {
    /// Makes a dataview. Throws `validation:dataview:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(kind: DataviewKind, source: &JsValue, column: &JsValue, options: &JsValue) -> Result<Dataview, Thrown> {
        let source = Source::of(source).ok_or_else(|| refused("sourceRequired"))?;
        let names = ["operation", "operationColumn", "limit", "bins", "start", "end", "aggregation", "offset"];
        let [operation, operation_column, limit, bins, start, end, aggregation, offset] =
            convert::options(options, names)?;
        let [use_local_timezone] = convert::options(options, ["useLocalTimezone"])?;
        let except = filters_of(&convert::option(options, "exceptFilters")?)?;
        let options = DataviewOptions {
            operation,
            operation_column,
            limit,
            bins,
            start,
            end,
            aggregation,
            offset,
            use_local_timezone,
        };
        let column = shallow(column);
        Ok(Dataview { core: model::client::Dataview::new(kind.into(), source, column.as_ref(), &options, except)? })
    }

    /// Binds the page's object by its number.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, number: u32) {
        convert::bind(&self.core.subject, number);
    }

    /// A second handle of the same dataview.
    #[wasm_bindgen(js_name = __share)]
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
    pub fn column(&self) -> JsValue {
        self.get(DataviewPart::Column)
    }

    /// One part as the page set it; undefined where nothing is known.
    #[wasm_bindgen(js_name = __get)]
    pub fn get(&self, part: DataviewPart) -> JsValue {
        match self.core.get(part.into()) {
            Value::Null => JsValue::UNDEFINED,
            value => to_js(&value),
        }
    }

    /// Sets where a histogram starts and ends. Throws `histogram-invalid-start-end`.
    #[wasm_bindgen(js_name = __setEnds)]
    pub fn set_ends(&self, start: &JsValue, end: &JsValue) -> Result<(), Thrown> {
        let changes = self.core.set_ends(shallow(start).as_ref(), shallow(end).as_ref())?;
        self.tell(&changes);
        Ok(())
    }

    /// The letter of a histogram's distribution; null while on no map.
    #[wasm_bindgen(js_name = __distribution)]
    pub fn distribution(&self) -> JsValue {
        self.core.distribution().map_or(JsValue::NULL, JsValue::from_str)
    }

    /// Replaces one part. Throws `validation:dataview:*`.
    #[wasm_bindgen(js_name = __set)]
    pub fn set(&self, part: DataviewPart, value: &JsValue) -> Result<(), Thrown> {
        let changes = self.core.set(part.into(), shallow(value).as_ref())?;
        self.tell(&changes);
        Ok(())
    }

    /// Uses a filter. Throws `filter-required`.
    #[wasm_bindgen(js_name = __addFilter)]
    pub fn add_filter(&self, filter: &JsValue) -> Result<(), Thrown> {
        self.core.add_filter(&changed_filter(filter)?);
        Ok(())
    }

    /// Stops using it. Throws `filter-required`.
    #[wasm_bindgen(js_name = __removeFilter)]
    pub fn remove_filter(&self, filter: &JsValue) -> Result<(), Thrown> {
        self.core.remove_filter(&changed_filter(filter)?);
        Ok(())
    }

    /// Whether it is used. Throws `filter-required`.
    #[wasm_bindgen(js_name = hasFilter)]
    pub fn has_filter(&self, filter: &JsValue) -> Result<bool, Thrown> {
        if SqlFilter::of(filter).is_ok_and(|filter| filter.is_collection()) {
            return Ok(false);
        }
        Ok(self.core.has_filter(&filter_of(filter)?))
    }

    /// The page's objects of the filters that do not count here.
    #[wasm_bindgen(js_name = __except)]
    pub fn except(&self) -> Array {
        objects(self.core.except().iter().map(|filter| &*filter.subject))
    }

    /// Leaves other filters of the source out. Throws what the constructor throws.
    #[wasm_bindgen(js_name = __setExcept)]
    pub fn set_except(&self, filters: &JsValue) -> Result<(), Thrown> {
        self.core.set_except(filters_of(filters)?);
        Ok(())
    }

    /// The data; null while on no map.
    #[wasm_bindgen(js_name = getData)]
    pub fn data(&self) -> JsValue {
        self.core.data().map_or(JsValue::NULL, |data| to_js(&data))
    }
}

#[wasm_bindgen]
impl Client {
    /// Adds dataviews.
    #[wasm_bindgen(js_name = addDataviews)]
    pub fn add_dataviews(&self, dataviews: &JsValue) -> Result<Promise, Thrown> {
        let list = dataviews.dyn_ref::<Array>().ok_or_else(dataview_refused)?;
        let dataviews: Result<Vec<_>, Thrown> = list.iter().map(|item| dataview_of(&item)).collect();
        Ok(promise(self.core.add_dataviews(dataviews?)?.into()))
    }

    /// Removes a dataview.
    #[wasm_bindgen(js_name = removeDataview)]
    pub fn remove_dataview(&self, dataview: &JsValue) -> Promise {
        // What is no dataview is not there either.
        let ticket = dataview_of(dataview).ok().and_then(|dataview| self.core.remove_dataview(&dataview));
        promise(ticket.into())
    }

    /// The page's dataview objects.
    #[wasm_bindgen(js_name = __dataviews)]
    pub fn dataviews(&self) -> Array {
        objects(self.core.dataviews().iter().map(|dataview| &*dataview.subject))
    }
}

fn dataview_refused() -> Thrown {
    CartoError::validation("client", "The given object is not a dataview.").into()
}

fn dataview_of(value: &JsValue) -> Result<Rc<model::client::Dataview>, Thrown> {
    Dataview::of(value).ok_or_else(dataview_refused)
}

/// Asks the server for the data of a dataview.
pub fn read(
    client: Rc<model::client::Client>,
    dataview: Rc<model::client::Dataview>,
    request: u32,
    url: String,
    timeout: u32,
) {
    let call = Call::through(convert::number(&client.native));
    dataview.under_way.supersede({
        let call = call.clone();
        move || call.abort()
    });
    let alive = convert::object(&dataview.subject);
    let taken = move |answer| {
        dataview.answer(request, answer);
        drop((client, alive));
    };
    call.json(HttpRequest::get(url), timeout, Box::new(taken));
}
