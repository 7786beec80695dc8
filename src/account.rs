//! What belongs to an account beside its maps: queries, keys, and the check of a key.

use crate::auth::check::{self, Answering, Both, Server};
use crate::auth::{self, Page, Question, failure, grants};
use crate::convert::{self, deep, option};
use crate::driver::Limits;
use crate::error::CartoError;
use crate::http::Call;
use crate::json::Value;
use crate::maps::failure::Failure;
use crate::maps::request::{LONGEST_GET, Request};
use crate::refusal::Api;
use crate::settings::Settings;
use crate::sql::params::{self, Param};
use crate::sql::{self, Format};
use js_sys::{Array, BigInt, Date, JSON, Object, Promise, Reflect};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// Milliseconds until an answer must be complete, when the page does not say.
const DEFAULT_TIMEOUT: u32 = 30_000;
/// Lists in lists of parameters that are read; deeper ones have no form in SQL.
const DEEPEST_LIST: u8 = 8;

/// Reads `apiKey`, `username` and `serverUrl`. Throws `validation:client:*`.
pub fn settings(given: &JsValue) -> Result<Settings, JsValue> {
    let [api_key, username, server_url] = convert::options(given, ["apiKey", "username", "serverUrl"])?;
    Ok(Settings::check(api_key.as_ref(), username.as_ref(), server_url.as_ref())?)
}

/// Reads `timeout` and `maxUrlLength`.
pub fn limits(given: &JsValue) -> Result<Limits, JsValue> {
    let whole = |name: &str, default: u32| -> Result<u32, JsValue> {
        let given = option(given, name)?.as_f64().filter(|number| *number >= 1.0);
        Ok(given.map_or(default, |number| number as u32))
    };
    let longest_get = whole("maxUrlLength", LONGEST_GET as u32)? as usize;
    Ok(Limits { timeout: whole("timeout", DEFAULT_TIMEOUT)?, longest_get })
}

/// A promise of the page's for work that gives a value or an error. Boxed: the machinery of a promise is large.
fn answer(work: impl Future<Output = Result<JsValue, CartoError>> + 'static) -> Promise {
    let work: Pin<Box<dyn Future<Output = Result<JsValue, CartoError>>>> = Box::pin(work);
    future_to_promise(async move { work.await.map_err(JsValue::from) })
}

/// The value of a parameter; `None` for what has no form in SQL.
fn param(value: &JsValue, levels: u8) -> Option<Param> {
    if value.is_null() {
        return Some(Param::Null);
    }
    if let Some(flag) = value.as_bool() {
        return Some(Param::Bool(flag));
    }
    if let Some(text) = value.as_string() {
        return Some(Param::Text(text));
    }
    if value.as_f64().is_some() {
        return Some(Param::Number(Object::from(value.clone()).to_string().into()));
    }
    if let Some(number) = value.dyn_ref::<BigInt>() {
        return number.to_string(10).ok().map(|digits| Param::Number(digits.into()));
    }
    if let Some(date) = value.dyn_ref::<Date>() {
        return (!date.get_time().is_nan()).then(|| Param::Date(date.to_iso_string().into()));
    }
    let levels = levels.checked_sub(1)?;
    let list = value.dyn_ref::<Array>()?;
    list.iter().map(|item| param(&item, levels)).collect::<Option<_>>().map(Param::List)
}

/// Asks the SQL API (`client.sql`).
pub fn sql(settings: &Rc<Settings>, limits: Limits, query: &JsValue, options: &JsValue) -> Result<Promise, JsValue> {
    let query = query.as_string().filter(|query| query.bytes().any(|byte| byte > b' '));
    let query = query.ok_or_else(|| CartoError::validation("sql", "queryString"))?;
    let format = option(options, "format")?;
    let format = match format.as_string() {
        None if !format.is_undefined() && !format.is_null() => Format::of(Some("")),
        name => Format::of(name.as_deref()),
    }?;
    let values = option(options, "params")?;
    let query = if values.is_object() {
        let own =
            |name: &str| Reflect::get(&values, &JsValue::from_str(name)).ok().filter(|value| !value.is_undefined());
        // What has no form in SQL is a list in a list in … without an end, which `fill` refuses by name.
        let find =
            |name: &str| own(name).map(|value| param(&value, DEEPEST_LIST).unwrap_or(Param::Text("\0".to_owned())));
        params::fill(&query, find)?
    } else {
        query
    };
    let request = sql::request(settings, &query, format, limits.longest_get);
    let settings = settings.clone();
    Ok(answer(async move {
        let refused = |failed: &Failure| failure::error(failed, Api::Sql, settings.asker());
        let text = Call::default().text(request, limits.timeout).await.map_err(|failed| refused(&failed))?.text;
        if format == Format::Csv {
            return Ok(text);
        }
        // Rows are the page's: they need not pass through here.
        let parsed = text.as_string().and_then(|text| JSON::parse(&text).ok()).filter(JsValue::is_object);
        let Some(parsed) = parsed else { return Err(refused(&Failure::NotJson(200, String::new()))) };
        let error = Reflect::get(&parsed, &"error".into()).unwrap_or_default();
        if !error.is_undefined() {
            let body = deep(&convert::object_of([("error", error)])).unwrap_or_default();
            if failure::reported(&body) {
                return Err(refused(&Failure::Server(200, body)));
            }
        }
        if format == Format::Json {
            let part = |name: &str| Reflect::get(&parsed, &JsValue::from_str(name)).unwrap_or_default();
            let (rows, fields, time) = (part("rows"), part("fields"), part("time"));
            return Ok(convert::object_of([
                ("rows", if rows.is_undefined() { Array::new().into() } else { rows }),
                ("fields", if fields.is_undefined() { Object::new().into() } else { fields }),
                ("time", time),
                ("totalRows", part("total_rows")),
            ]));
        }
        Ok(parsed)
    }))
}

/// The way to the server for the check of a key.
struct Door(u32);

impl Server for Door {
    fn ask(&self, request: Request) -> Answering {
        Call::default().json(request, self.0)
    }

    fn write(&self, value: &Value) -> String {
        convert::stringify(value)
    }

    fn both(&self, one: Answering, other: Answering) -> Pin<Box<dyn Future<Output = Both>>> {
        // One is started, then the other, before either is awaited.
        let (one, other) = (started(one), started(other));
        Box::pin(async move { (one.await, other.await) })
    }
}

/// An answer whose request is sent now, not when it is first awaited.
fn started(answering: Answering) -> Answering {
    let slot = Rc::new(std::cell::RefCell::new(None));
    let filled = slot.clone();
    let done = future_to_promise(async move {
        filled.replace(Some(answering.await));
        Ok(JsValue::UNDEFINED)
    });
    Box::pin(async move {
        let _ = wasm_bindgen_futures::JsFuture::from(done).await;
        slot.take().unwrap_or(Err(Failure::Aborted))
    })
}

/// Whether the Auth API can be asked from a page: CORS of original servers lets only their own pages ask.
fn can_manage(settings: &Settings, origin: Option<&str>) -> bool {
    let rest = settings.base.strip_prefix("http://").unwrap_or_default();
    let local = ["localhost", "127.0.0.1"].iter().any(|host| rest.starts_with(host));
    origin.is_none_or(|origin| local || [&settings.base, "/"].concat().starts_with(&[origin, "/"].concat()))
}

/// Finds out what the key of a client is good for (`client.checkKey`).
pub fn check_key(
    settings: Rc<Settings>,
    limits: Limits,
    options: &JsValue,
    origin: Option<String>,
) -> Result<Promise, JsValue> {
    let words = |name: &str| -> Result<Option<Vec<String>>, JsValue> {
        Ok(option(options, name)?
            .dyn_ref::<Array>()
            .map(|list| list.iter().filter_map(|word| word.as_string()).collect()))
    };
    let datasets = words("datasets")?.unwrap_or_default();
    let apis = words("apis")?.unwrap_or_else(|| vec!["maps".to_owned()]);
    let ask_auth = can_manage(&settings, origin.as_deref());
    Ok(answer(async move {
        let found = check::check(&Door(limits.timeout), &settings, &datasets, &apis, ask_auth).await;
        Ok(convert::to_js(&found))
    }))
}

/// What the rim's `ApiKeys` extends.
#[wasm_bindgen]
pub struct ApiKeys {
    settings: Rc<Settings>,
    limits: Limits,
}

#[wasm_bindgen]
impl ApiKeys {
    /// Checks the settings, which are those of a client with the master key. Throws `validation:client:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(given: &JsValue) -> Result<ApiKeys, JsValue> {
        Ok(ApiKeys { settings: Rc::new(settings(given)?), limits: limits(given)? })
    }

    /// Asks the Auth API: `list`, `get`, `create`, `regenerate`, `delete`, `datasets`. Throws `validation:auth:*`.
    #[wasm_bindgen(js_name = __ask)]
    pub fn ask(&self, what: &str, options: &JsValue) -> Result<Promise, JsValue> {
        let given = deep(options).unwrap_or_default();
        let name = || auth::name(Some(&given), false);
        let question = match what {
            "list" => Question::List(Page::read(&given)?),
            "datasets" => Question::Datasets(Page::read(&given)?),
            "get" => Question::Show(name()?),
            "create" => Question::Create(grants::body(&given)?),
            "regenerate" => Question::Regenerate(name()?),
            _ => Question::Delete(name()?),
        };
        let (is_list, is_datasets) = (what == "list", what == "datasets");
        let is_management = matches!(question, Question::Create(_) | Question::Regenerate(_) | Question::Delete(_));
        let request = auth::request(&self.settings, question, &convert::stringify);
        let (settings, timeout) = (self.settings.clone(), self.limits.timeout);
        Ok(answer(async move {
            let body = Call::default().json(request, timeout).await.map_err(|failed| match is_management {
                true => failure::of_management(&failed, settings.asker()),
                false => failure::error(&failed, Api::Auth, settings.asker()),
            })?;
            Ok(match body {
                Value::Null => JsValue::UNDEFINED,
                body if is_list => convert::to_js(&auth::keys(&body)),
                body if is_datasets => convert::to_js(&auth::datasets(&body)),
                body => convert::to_js(&auth::key(&body)),
            })
        }))
    }
}
