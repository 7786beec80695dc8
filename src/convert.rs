//! Every conversion between JavaScript and the pure part.

use carto::error::{CartoError, RawError};
use carto::event::{Arg, Event};
use carto::page_value::PageValue;
use carto::refusal::Api;
use carto::settings::Settings;
use carto::subject::Subject;
use carto::ticket::{Pending, Told};
use js_sys::{Array, JSON, Object, Promise, Reflect};
use maps_api::json::{DEEPEST, Value};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// Builds an object of one of the rim's classes from its properties: a `CartoError`, or a rule of a style.
    fn build(error: bool, properties: &JsValue) -> JsValue;
    /// The page's object, or the rim's, that has a number; undefined when it was collected.
    #[wasm_bindgen(js_name = object)]
    fn numbered(number: u32) -> JsValue;
    /// Tells an event to an object. Listeners are isolated from each other there: nothing that they throw comes here.
    #[wasm_bindgen(js_name = tell)]
    fn emit(target: &JsValue, name: &str, args: &Array);
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(callback: &JsValue);
    /// Not that of `js_sys`: the text of an answer is JavaScript's already, and need not come here and go back.
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn parse_text(text: &JsValue) -> Result<JsValue, JsValue>;
}

/// Binds the page's object to its subject, by the number that the rim gave it: a value that is held here is never collected.
pub fn bind(subject: &Subject, number: u32) {
    subject.bind(Box::new(number));
}

/// The number of the object behind a subject, or 0.
pub fn number(subject: &Subject) -> u32 {
    subject.handle().copied().unwrap_or_default()
}

/// The page's object behind a subject; undefined when it was collected.
pub fn object(subject: &Subject) -> JsValue {
    subject.handle().map(|number| numbered(*number)).unwrap_or_default()
}

/// Tells an event to the page's object behind a subject.
pub fn tell(subject: &Subject, event: &Event) {
    let target = object(subject);
    if target.is_undefined() {
        return;
    }
    let args = Array::new();
    for arg in &event.args {
        args.push(&match arg {
            Arg::Value(value) => to_js(value),
            Arg::Error(error) => error_to_js(error),
            Arg::Raw(raw) => raw_to_js(raw),
            Arg::Myself => target.clone(),
            Arg::Page(value) => value.as_ref().and_then(page_value).unwrap_or_default(),
            Arg::Styles(rules) => {
                let styles: Array = rules.iter().map(|rule| build(false, &to_js(rule))).collect();
                object_of(&[("styles", styles.into())])
            }
            Arg::NoFeature => {
                let left = Object::new();
                for name in ["data", "latLng"] {
                    let _ = Reflect::set(&left, &JsValue::from_str(name), &JsValue::UNDEFINED);
                }
                left.into()
            }
            Arg::Features(features, place) => {
                let feature = |(layer, data): &(Rc<Subject>, Value)| {
                    object_of(&[("layer", object(layer)), ("data", to_js(data))])
                };
                let event = to_js(place);
                let features: Array = features.iter().map(feature).collect();
                let _ = Reflect::set(&event, &"features".into(), &features);
                event
            }
        });
    }
    emit(&target, event.name, &args);
}

/// What the page gets back.
pub fn page_value(PageValue(value): &PageValue) -> Option<JsValue> {
    value.downcast_ref().cloned()
}

/// A JavaScript object of the given members; what is undefined is left out.
pub fn object_of(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        if !value.is_undefined() {
            let _ = Reflect::set(&object, &JsValue::from_str(name), value);
        }
    }
    object.into()
}

/// A value of the page, one level deep: enough for every check. `None` is undefined; whatever is neither a simple value
/// nor a list of those is an empty object.
pub fn shallow(js: &JsValue) -> Option<Value> {
    if js.is_undefined() {
        return None;
    }
    Some(match js.dyn_ref::<Array>() {
        Some(list) => Value::Array(list.iter().map(|item| simple(&item)).collect()),
        None => simple(js),
    })
}

fn simple(js: &JsValue) -> Value {
    if js.is_null() {
        Value::Null
    } else if let Some(text) = js.as_string() {
        Value::String(text)
    } else if let Some(number) = js.as_f64() {
        Value::Number(number)
    } else if let Some(flag) = js.as_bool() {
        Value::Bool(flag)
    } else {
        Value::Object(Vec::new())
    }
}

/// A property of the page's options; `None` when it is undefined or there are no options.
pub fn option(options: &JsValue, name: &str) -> Result<JsValue, Thrown> {
    Ok(if options.is_object() { Reflect::get(options, &JsValue::from_str(name))? } else { JsValue::UNDEFINED })
}

/// Several properties of the page's options, one level deep each.
pub fn options<const N: usize>(options: &JsValue, names: [&str; N]) -> Result<[Option<Value>; N], Thrown> {
    let mut values = [const { None }; N];
    read_options(options, &names, &mut values)?;
    Ok(values)
}

// Apart, so that it exists once and not for every number of options.
#[inline(never)]
fn read_options(options: &JsValue, names: &[&str], values: &mut [Option<Value>]) -> Result<(), Thrown> {
    for (value, name) in values.iter_mut().zip(names) {
        *value = shallow(&option(options, name)?);
    }
    Ok(())
}

/// The settings of a client. Throws `validation:client:*`.
pub fn settings(given: &JsValue) -> Result<Settings, Thrown> {
    let [api_key, username, server_url] = options(given, ["apiKey", "username", "serverUrl"])?;
    Ok(Settings::check(api_key.as_ref(), username.as_ref(), server_url.as_ref())?)
}

/// A whole object of the page as it would be sent: functions are left out, and there is none of what JSON cannot say.
pub fn deep(js: &JsValue) -> Option<Value> {
    parse(JSON::stringify(js).ok()?.as_ref())
}

/// Reads a text of JSON; `None` when it is none.
pub fn parse(text: &JsValue) -> Option<Value> {
    from_js(&parsed(text)?, DEEPEST)
}

/// The JavaScript value that a text of JSON says; `None` when it is none.
pub fn parsed(text: &JsValue) -> Option<JsValue> {
    if text.is_string() { parse_text(text).ok() } else { None }
}

fn from_js(js: &JsValue, levels: u8) -> Option<Value> {
    if let Some(list) = js.dyn_ref::<Array>() {
        let levels = levels.checked_sub(1)?;
        let items: Option<Vec<Value>> = list.iter().map(|item| from_js(&item, levels)).collect();
        return items.map(Value::Array);
    }
    if !js.is_object() {
        return Some(simple(js));
    }
    let levels = levels.checked_sub(1)?;
    let object: &Object = js.unchecked_ref();
    let mut members = Vec::new();
    for key in Object::keys(object).iter() {
        let value = Reflect::get(object, &key).ok()?;
        members.push((key.as_string()?, from_js(&value, levels)?));
    }
    Some(Value::Object(members))
}

/// A value for the page, as JSON has it: objects are plain ones.
pub fn to_js(value: &Value) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or_default()
}

/// A value as JSON text.
pub fn stringify(value: &Value) -> String {
    JSON::stringify(&to_js(value)).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// The error that the page catches.
pub fn error_to_js(error: &CartoError) -> JsValue {
    let refusal = error.refusal.as_ref();
    let text = |text: Option<&str>| text.map_or(JsValue::UNDEFINED, JsValue::from_str);
    let subject = |subject: &Option<Rc<Subject>>| subject.as_deref().map_or(JsValue::UNDEFINED, object);
    let raw = error.raw.as_ref();
    let cause = raw.and_then(|raw| raw.cause.as_ref()).and_then(page_value);
    build(
        true,
        &object_of(&[
            ("message", text(Some(&error.message))),
            ("origin", text(Some(error.origin))),
            ("type", text(Some(&error.kind))),
            ("errorCode", text(Some(&error.error_code))),
            ("status", error.status.into()),
            ("forbidden", refusal.is_some_and(|refusal| refusal.forbidden).into()),
            ("reason", text(refusal.map(|refusal| refusal.reason))),
            ("hint", text(refusal.map(|refusal| &refusal.hint).or(error.hint.as_ref()).map(String::as_str))),
            ("api", text(refusal.and_then(|refusal| refusal.api).map(Api::word))),
            ("dataset", text(refusal.and_then(|refusal| refusal.dataset.as_deref()))),
            (
                "originalError",
                raw.filter(|raw| !raw.origin.is_empty() || raw.message.is_some()).map_or(JsValue::UNDEFINED, raw_to_js),
            ),
            ("cause", cause.unwrap_or_default()),
            ("layer", subject(&error.layer)),
            ("source", subject(&error.source)),
            ("sourceId", text(error.source_id.as_deref())),
        ]),
    )
}

fn raw_to_js(raw: &RawError) -> JsValue {
    let mut value = Value::object([]);
    let mut put = |name: &str, part: Value| {
        if part != Value::Null {
            value.push(name, part);
        }
    };
    let filled = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    put("origin", filled(raw.origin));
    put("type", filled(&raw.kind));
    put("subtype", raw.subtype.clone().into());
    put("message", raw.message.clone().into());
    put("context", raw.context.clone());
    put("layerId", raw.layer_id.clone().into());
    put("analysisId", raw.analysis_id.clone().into());
    to_js(&value)
}

/// What the page catches: an error of ours, or whatever its own code has thrown.
#[derive(Debug)]
pub struct Thrown(JsValue);

impl From<CartoError> for Thrown {
    fn from(error: CartoError) -> Thrown {
        Thrown(error_to_js(&error))
    }
}

impl From<JsValue> for Thrown {
    fn from(value: JsValue) -> Thrown {
        Thrown(value)
    }
}

impl From<Thrown> for JsValue {
    fn from(thrown: Thrown) -> JsValue {
        thrown.0
    }
}

/// What a promise of the page's settles with.
pub type Settle = Box<dyn FnOnce(Result<JsValue, CartoError>)>;

/// A promise of the page's; `begin` gets what settles it.
pub fn answer(begin: impl FnOnce(Settle)) -> Promise {
    let mut settle: Option<Settle> = None;
    let promise = Promise::new(&mut |resolve, reject| {
        settle = Some(Box::new(move |result| {
            let (function, value) = match result {
                Ok(value) => (resolve, value),
                Err(error) => (reject, error_to_js(&error)),
            };
            let _ = function.call1(&JsValue::UNDEFINED, &value);
        }));
    });
    if let Some(settle) = settle {
        begin(settle);
    }
    promise
}

/// Tells what a change leads to at once, and gives the page's promise for the rest.
pub fn promise(pending: Pending) -> Promise {
    answer(|settle| finish(pending, settle))
}

/// Tells what a change leads to, at once and when the server has answered; `settle` gets what the promise gives.
pub fn finish(mut pending: Pending, settle: Settle) {
    tell_all(std::mem::take(&mut pending.told));
    let ticket = pending.ticket.clone();
    // The engine is at work when a ticket is settled: what follows waits until it has finished.
    let then: Box<dyn FnOnce()> = Box::new(move || {
        let outcome = pending.finish();
        tell_all(outcome.told);
        settle(outcome.result.map(|value| value.map_or(JsValue::UNDEFINED, |value| to_js(&value))));
    });
    match ticket {
        Some(ticket) => ticket.when_settled(Box::new(move || soon(then))),
        None => soon(then),
    }
}

/// Tells events, one after the other.
pub fn tell_all(told: Told) {
    for (subject, event) in told {
        tell(&subject, &event);
    }
}

/// Calls back before the next turn of the event loop.
pub fn soon(callback: Box<dyn FnOnce()>) {
    queue_microtask(&Closure::once_into_js(callback));
}
