//! `carto.filter`: filters of rows (spec 2.17, 2.18).

use crate::client::objects;
use crate::convert::{self, Thrown, object_of, shallow};
use crate::enums::FilterClass;
use crate::source::Source;
use crate::written::{DEEPEST_LIST, written};
use carto::error::CartoError;
use carto::event::Arg;
use carto::model;
use carto::model::filter::sql::{Class, Conditions, Operand};
use carto::page_value::PageValue;
use js_sys::{Array, Date, Function, Object, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

fn refused(token: &str) -> Thrown {
    CartoError::validation("filter", token).into()
}

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// A second handle of what is behind an object of the page; `None` when that is no filter of rows.
    #[wasm_bindgen(js_name = rows)]
    fn behind(object: &JsValue) -> Option<SqlFilter>;
    /// Replaces what is in a list of the page's.
    #[wasm_bindgen(catch)]
    fn refill(list: &Array, items: &Array) -> Result<(), JsValue>;
}

/// What the rim's filters of rows hold.
#[wasm_bindgen]
pub struct SqlFilter {
    core: Rc<model::client::SqlFilter>,
}

/// What JavaScript writes for a value; nothing for an object that cannot be written.
fn text(value: &JsValue) -> String {
    if value.as_f64().is_some() {
        return written(value);
    }
    let write = Reflect::get(value, &JsValue::from_str("toString")).ok();
    let write = write.as_ref().and_then(|write| write.dyn_ref::<Function>());
    write.and_then(|write| write.call0(value).ok()).and_then(|text| text.as_string()).unwrap_or_default()
}

/// The value of a condition; JavaScript writes numbers and dates.
fn operand(value: &JsValue) -> Operand {
    operand_in(value, DEEPEST_LIST)
}

fn operand_in(value: &JsValue, levels: u8) -> Operand {
    if let Some(text) = value.as_string() {
        return Operand::Text(text);
    }
    if value.as_f64().is_some() {
        return Operand::Number(text(value));
    }
    if let Some(list) = value.dyn_ref::<Array>() {
        let Some(levels) = levels.checked_sub(1) else { return Operand::Other };
        // In lists truth values are texts.
        let item = |item: JsValue| match item.as_bool() {
            Some(flag) => Operand::Text(if flag { "true" } else { "false" }.to_owned()),
            None => operand_in(&item, levels),
        };
        return Operand::List(list.iter().map(item).collect());
    }
    if let Some(date) = value.dyn_ref::<Date>() {
        // One that is no date has no ISO form: the server says so.
        return if date.get_time().is_nan() {
            Operand::Text(text(value))
        } else {
            Operand::Date(date.to_iso_string().into())
        };
    }
    if !value.is_object() && !value.is_function() {
        return Operand::Other;
    }
    let part = |name| Reflect::get(value, &JsValue::from_str(name)).ok().filter(|part| !part.is_undefined());
    let end = |name| part(name).map(|end| Box::new(operand_of_end(&end)));
    Operand::Object {
        query: part("query").and_then(|query| query.as_string()),
        min: end("min"),
        max: end("max"),
        text: text(value),
    }
}

/// An end of a range; not an object again, which might contain itself.
fn operand_of_end(value: &JsValue) -> Operand {
    if value.as_f64().is_some() || value.is_instance_of::<Date>() { operand(value) } else { Operand::Other }
}

fn conditions(object: &JsValue) -> Conditions {
    if !object.is_object() {
        return Conditions::new();
    }
    let keys = Object::keys(object.unchecked_ref::<Object>());
    keys.iter().filter_map(|key| Some((key.as_string()?, operand(&Reflect::get(object, &key).ok()?)))).collect()
}

impl SqlFilter {
    /// The filter behind an object of the page, which stays usable. Throws `wrong-filter-type` when it is none.
    pub fn of(object: &JsValue) -> Result<Rc<model::client::SqlFilter>, Thrown> {
        let filter = behind(object).map(|filter| filter.core.clone());
        filter.ok_or_else(|| refused("wrongFilterType"))
    }
}

/// Brings the page's list of a collection's members in order.
fn fill(list: &Array, collection: &model::client::SqlFilter) {
    let members = collection.members();
    // A page that froze its list keeps it as it is.
    let _ = refill(list, &objects(members.iter().map(|member| &*member.subject)));
}

/// Tells a change of a filter to it and everything around it, and reloads the maps that it concerns.
pub fn changed(filter: &model::client::SqlFilter, conditions: Arg) {
    let (told, sources) = filter.changed(conditions);
    convert::tell_all(told);
    for source in sources {
        convert::finish(source.filters_changed(), Box::new(drop));
    }
}

#[wasm_bindgen]
impl SqlFilter {
    /// Makes a filter of conditions. Throws `validation:filter:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(class: FilterClass, column: &JsValue, given: &JsValue, options: &JsValue) -> Result<SqlFilter, Thrown> {
        let class = class.into();
        if matches!(class, Class::And | Class::Or) {
            return Ok(SqlFilter { core: Rc::new(model::client::SqlFilter::collection(class)) });
        }
        let options: Vec<String> = if options.is_object() {
            Object::keys(options.unchecked_ref::<Object>()).iter().filter_map(|name| name.as_string()).collect()
        } else {
            Vec::new()
        };
        let core = model::client::SqlFilter::new(class, shallow(column).as_ref(), conditions(given), &options)?;
        Ok(SqlFilter { core: Rc::new(core) })
    }

    /// Binds the page's object by its number.
    #[wasm_bindgen(js_name = __bind)]
    pub fn bind(&self, number: u32) {
        convert::bind(&self.core.subject, number);
    }

    /// A second handle of the same filter.
    #[wasm_bindgen(js_name = __share)]
    pub fn share(&self) -> SqlFilter {
        SqlFilter { core: self.core.clone() }
    }

    /// Replaces one condition; without a name or a value nothing happens. Throws `invalid-filter`,
    /// `invalid-parameter-type`.
    #[wasm_bindgen(js_name = __set)]
    pub fn set(&self, name: &JsValue, value: &JsValue) -> Result<(), Thrown> {
        let Some(name) = name.as_string().filter(|name| !name.is_empty()) else { return Ok(()) };
        if value.is_null() || value.is_undefined() {
            return Ok(());
        }
        self.core.set(name.clone(), operand(value))?;
        changed(&self.core, page_arg(object_of(&[(name.as_str(), value.clone())])));
        Ok(())
    }

    /// Replaces all conditions. Throws `invalid-filter`, `invalid-parameter-type`.
    #[wasm_bindgen(js_name = __setAll)]
    pub fn set_all(&self, given: &JsValue) -> Result<(), Thrown> {
        if given.is_object() {
            self.core.set_all(conditions(given))?;
            changed(&self.core, page_arg(given.clone()));
        }
        Ok(())
    }

    /// Adds a member, to the page's list of them too. Throws `wrong-filter-type`.
    #[wasm_bindgen(js_name = __add)]
    pub fn add(&self, member: &JsValue, list: &Array) -> Result<(), Thrown> {
        if self.core.add(&SqlFilter::of(member)?)? {
            // Before listeners hear of it.
            fill(list, &self.core);
            changed(&self.core, Arg::Page(None));
        }
        Ok(())
    }

    /// Removes a member, from the page's list of them too, and tells whether it was there.
    #[wasm_bindgen(js_name = __remove)]
    pub fn remove(&self, member: &JsValue, list: &Array) -> bool {
        let removed = SqlFilter::of(member).is_ok_and(|member| self.core.remove(&member));
        if removed {
            fill(list, &self.core);
            changed(&self.core, Arg::Page(None));
        }
        removed
    }
}

#[wasm_bindgen]
impl Source {
    /// Adds a filter, to the page's list of them too. Throws `wrong-filter-type`.
    #[wasm_bindgen(js_name = __addFilter)]
    pub fn add_filter(&self, filter: &JsValue, list: &Array) -> Result<(), Thrown> {
        self.core.filters.add(&SqlFilter::of(filter)?)?;
        fill(list, &self.core.filters);
        changed(&self.core.filters, Arg::Page(None));
        Ok(())
    }

    /// Removes a filter, from the page's list of them too.
    #[wasm_bindgen(js_name = __removeFilter)]
    pub fn remove_filter(&self, filter: &JsValue, list: &Array) {
        if let Ok(filter) = SqlFilter::of(filter) {
            self.core.filters.remove(&filter);
        }
        fill(list, &self.core.filters);
        changed(&self.core.filters, Arg::Page(None));
    }
}

/// A value of the page's that the pure part passes on.
fn page_arg(value: JsValue) -> Arg {
    Arg::Page(Some(PageValue(Rc::new(value))))
}
