//! `carto.layer.Aggregation` (spec 2.8).

use crate::convert::{self, Thrown, option, to_js};
use carto::model;
use carto::model::aggregation::{AggregationOptions, Quantity};
use js_sys::Object;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = parseFloat)]
    fn parse_float(value: &JsValue) -> f64;
}

/// Checks the options of `carto.layer.Aggregation` and gives what a layer takes. Throws `validation:aggregation:*`.
#[wasm_bindgen(js_name = aggregation)]
pub fn aggregation(options: &JsValue) -> Result<JsValue, Thrown> {
    let quantity = |name| -> Result<Quantity, Thrown> {
        let value = option(options, name)?;
        Ok(match value.as_f64() {
            Some(number) if number.is_finite() => Quantity::Number(number),
            None if value.is_string() && parse_float(&value).is_finite() => Quantity::Text,
            _ => Quantity::Other,
        })
    };
    let columns = option(options, "columns")?;
    let columns = if columns.is_object() {
        let mut named = Vec::new();
        for name in Object::keys(columns.unchecked_ref::<Object>()).iter().filter_map(|name| name.as_string()) {
            let parts = convert::options(&option(&columns, &name)?, ["aggregatedColumn", "aggregateFunction"])?;
            named.push((name, parts));
        }
        Some(named)
    } else {
        None
    };
    let [placement] = convert::options(options, ["placement"])?;
    let (threshold, resolution) = (quantity("threshold")?, quantity("resolution")?);
    Ok(to_js(&model::aggregation::aggregation(&AggregationOptions { threshold, resolution, placement, columns })?))
}
