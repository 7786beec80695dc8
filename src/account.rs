//! What belongs to an account beside its maps: the SQL and Auth APIs.

use crate::client::Client;
use crate::convert::{self, Thrown, answer};
use crate::driver::Limits;
use crate::enums::{AccountApi, RequestVerb};
use crate::http::{Answered, Call};
use crate::written::{DEEPEST_LIST, written};
use carto::account::{self, params::Param};
use carto::maps::failure::Failure;
use carto::maps::request::Verb;
use carto::model;
use carto::refusal::{Api, Refusal, hopeless_key};
use carto::settings::Settings;
use js_sys::{Array, BigInt, Date, Function, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// An account, as a key sees it.
#[wasm_bindgen]
pub struct Account {
    holder: Holder,
    limits: Limits,
}

/// Where the settings are.
enum Holder {
    /// With a client, whose key may change and which may be disposed of.
    Client(Rc<model::client::Client>),
    /// Here.
    Nobody(Rc<Settings>),
}

impl Account {
    /// The account of a client.
    pub fn of(client: Rc<model::client::Client>, limits: Limits) -> Account {
        Account { holder: Holder::Client(client), limits }
    }

    fn settings(&self) -> Rc<Settings> {
        match &self.holder {
            Holder::Client(client) => client.settings(),
            Holder::Nobody(settings) => settings.clone(),
        }
    }
}

#[wasm_bindgen]
impl Account {
    /// Checks the settings, as a client does. Throws `validation:client:*`.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &JsValue) -> Result<Account, Thrown> {
        let (settings, limits) = (convert::settings(settings)?, Limits::of(settings)?);
        Ok(Account { holder: Holder::Nobody(Rc::new(settings)), limits })
    }

    /// The name of the account.
    #[wasm_bindgen(getter)]
    pub fn username(&self) -> String {
        self.settings().username.clone()
    }

    /// Where the APIs are, without a slash at the end.
    #[wasm_bindgen(getter)]
    pub fn base(&self) -> String {
        self.settings().base.clone()
    }

    /// Whether the key is the one that everybody has.
    #[wasm_bindgen(getter, js_name = isPublic)]
    pub fn is_public(&self) -> bool {
        self.settings().api_key == "default_public"
    }

    /// What is wrong with a key that no server needs to be asked about.
    #[wasm_bindgen(getter)]
    pub fn malformed(&self) -> Option<String> {
        hopeless_key(&self.settings().api_key).map(str::to_owned)
    }

    /// The hint of a reason that the check of a key found by itself.
    pub fn hint(&self, word: &str, api: AccountApi, detail: &str) -> String {
        Refusal::new(word, api.into(), detail, &self.settings().username).hint
    }

    /// Asks an API. Gives parsed JSON, or the text when `text` is set.
    pub fn ask(&self, api: AccountApi, verb: RequestVerb, tail: &str, body: &str, text: bool) -> Promise {
        let (api, verb) = (Api::from(api), Verb::from(verb));
        let settings = self.settings();
        let request = account::request(&settings, verb, tail, body, self.limits.longest_get);
        let timeout = self.limits.timeout;
        let life = match &self.holder {
            Holder::Client(client) => client.check_life(),
            Holder::Nobody(_) => Ok(()),
        };
        let hopeless = hopeless_key(&settings.api_key);
        let managing = api == Api::Auth && verb != Verb::Get;
        let refused = move |failed: Failure| account::failure::error(&failed, api, managing, settings.credentials());
        answer(move |settle| {
            let failed = life.err().or_else(|| hopeless.map(|what| refused(Failure::MalformedKey(what))));
            if let Some(failed) = failed {
                return convert::soon(Box::new(move || settle(Err(failed))));
            }
            let read = move |answered: Result<Answered, Failure>| {
                let Answered { status, status_text, text: got } = answered.map_err(&refused)?;
                // What was deleted has nothing to say.
                if text || status == 204 {
                    return Ok(got);
                }
                // What is read is the page's: it need not pass through here.
                let got = convert::parsed(&got).filter(JsValue::is_object);
                let got = got.ok_or_else(|| refused(Failure::NotJson(status, status_text)))?;
                // The SQL API finds some errors while it is sending rows.
                let error = Reflect::get(&got, &JsValue::from_str("error")).unwrap_or_default();
                if error.is_undefined() {
                    return Ok(got);
                }
                Err(refused(Failure::Server(status, convert::deep(&got).unwrap_or_default())))
            };
            Call::default().text(request, timeout, Box::new(move |answered| settle(read(answered))));
        })
    }
}

#[wasm_bindgen]
impl Client {
    /// The account, as the client's key sees it.
    #[wasm_bindgen(js_name = __account)]
    pub fn account(&self) -> Account {
        Account::of(self.core.clone(), self.limits)
    }
}

/// Puts values in the place of their names in SQL; `find` gives them. Throws `validation:sql:*`.
#[wasm_bindgen]
pub fn fill(sql: &str, find: &Function) -> Result<String, Thrown> {
    // What has no form in SQL is refused by its name, as a text that cannot be.
    let form = |value: &JsValue| param(value, DEEPEST_LIST).unwrap_or(Param::Text("\0".to_owned()));
    let value = |name: &str| find.call1(&JsValue::UNDEFINED, &JsValue::from_str(name)).ok();
    let find = |name: &str| value(name).filter(|value| !value.is_undefined()).map(|value| form(&value));
    Ok(account::params::fill(sql, &find)?)
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
        return Some(Param::Number(written(value)));
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
