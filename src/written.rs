//! What becomes text as JavaScript writes it.

use js_sys::Object;
use wasm_bindgen::prelude::*;

/// Lists in lists of values for SQL that are read; deeper ones, and those that contain themselves, have no form in SQL.
pub const DEEPEST_LIST: u8 = 8;

/// A number as JavaScript writes it.
pub fn written(number: &JsValue) -> String {
    Object::from(number.clone()).to_string().into()
}
