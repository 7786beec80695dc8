//! The Auth API: API keys, their grants, and how they are asked for (`/api/v3/api_keys`).

pub mod check;
pub mod failure;
pub mod grants;

use crate::error::CartoError;
use crate::json::Value;
use crate::maps::request::{Request, Verb, encode};
use crate::settings::Settings;
use crate::text;

/// Which keys to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Query parameters, ready to be appended.
    parameters: String,
}

fn refuse(token: &str) -> CartoError {
    CartoError::validation("auth", token)
}

impl Page {
    /// Reads `page`, `perPage`, `order` and `type`.
    ///
    /// # Errors
    /// `validation:auth:invalid-page`, `…:invalid-order`, `…:invalid-type`
    pub fn read(options: &Value) -> Result<Page, CartoError> {
        let mut parameters = String::new();
        for (name, parameter) in [("page", "&page="), ("perPage", "&per_page=")] {
            match options.get(name) {
                None | Some(Value::Null) => {}
                Some(Value::Number(number)) if *number >= 1.0 && number.fract() == 0.0 && *number < 1e9 => {
                    parameters.push_str(&[parameter, &text::number(*number as u64)].concat());
                }
                Some(_) => return Err(refuse("invalidPage")),
            }
        }
        match options.get("order") {
            None | Some(Value::Null) => {}
            Some(Value::String(order)) if matches!(order.as_str(), "type" | "name" | "updated_at") => {
                parameters.push_str(&["&order=", order].concat());
            }
            Some(_) => return Err(refuse("invalidOrder")),
        }
        let types = match options.get("type") {
            None | Some(Value::Null) => &[],
            Some(one @ Value::String(_)) => std::slice::from_ref(one),
            Some(Value::Array(types)) => types.as_slice(),
            Some(_) => return Err(refuse("invalidType")),
        };
        for (index, kind) in types.iter().enumerate() {
            let kind = kind.as_str().filter(|kind| matches!(*kind, "master" | "default" | "regular"));
            parameters.push_str(
                &[if index == 0 { "&type=" } else { "," }, kind.ok_or_else(|| refuse("invalidType"))?].concat(),
            );
        }
        Ok(Page { parameters })
    }
}

/// What is asked of the Auth API.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// A page of keys.
    List(Page),
    /// One key.
    Show(String),
    /// A new key, with the body that describes it.
    Create(Value),
    /// A new token for a key.
    Regenerate(String),
    /// The end of a key.
    Delete(String),
    /// The datasets of the account.
    Datasets(Page),
}

/// Checks the name of a key; any but the reserved ones for a new key.
///
/// # Errors
/// `validation:auth:name-required`, `…:name-reserved`
pub fn name(name: Option<&Value>, is_new: bool) -> Result<String, CartoError> {
    let name = name.and_then(Value::as_str).filter(|name| name.bytes().any(|byte| byte > b' '));
    // Servers find keys by their name in the path, where a slash ends it and dots climb.
    let whole = |name: &&str| name.bytes().all(|byte| byte != b'/') && !matches!(*name, "." | "..");
    let name = name.filter(whole).ok_or_else(|| refuse("nameRequired"))?;
    if is_new && matches!(name, "Master" | "Default public") {
        return Err(refuse("nameReserved"));
    }
    Ok(name.to_owned())
}

/// The request for a question. The key goes along as a parameter: an `Authorization` header is more than the CORS rules
/// of original servers allow, and in a body it stays out of logs.
///
/// `write` writes JSON.
pub fn request(settings: &Settings, question: Question, write: &dyn Fn(&Value) -> String) -> Request {
    let keys = [&settings.base, "/api/v3/api_keys"].concat();
    let key = ["api_key=", &encode(&settings.api_key)].concat();
    let of = |name: &str| [&keys, "/", &encode(name)].concat();
    let unsafe_ = |verb, url, body| Request { verb, url, body, safe: false };
    match question {
        Question::List(page) => Request::get([&keys, "?", &key, &page.parameters].concat()),
        Question::Show(name) => Request::get([&of(&name), "?", &key].concat()),
        Question::Create(mut body) => {
            body.push("api_key", settings.api_key.as_str());
            unsafe_(Verb::Json, keys, write(&body))
        }
        Question::Regenerate(name) => unsafe_(Verb::Form, [&of(&name), "/token/regenerate"].concat(), key),
        Question::Delete(name) => unsafe_(Verb::Delete, [&of(&name), "?", &key].concat(), String::new()),
        Question::Datasets(page) => {
            Request::get([&settings.base, "/api/v4/datasets?", &key, &page.parameters].concat())
        }
    }
}

/// A key as pages see it, from the server's object.
pub fn key(server: &Value) -> Value {
    let part = |name: &str| server.get(name).cloned().unwrap_or_default();
    let section = |kind: &str, list: &str| {
        let sections = server.get("grants").map(Value::items).unwrap_or_default();
        let section = sections.iter().find(|grant| grant.get("type").and_then(Value::as_str) == Some(kind));
        section.and_then(|section| section.get(list)).cloned().unwrap_or(Value::Array(Vec::new()))
    };
    Value::object([
        ("name", part("name")),
        ("user", server.at(&["user", "username"]).cloned().unwrap_or_default()),
        ("type", part("type")),
        ("token", part("token")),
        ("apis", section("apis", "apis")),
        ("datasets", section("database", "tables")),
        ("schemas", section("database", "schemas")),
        ("dataservices", section("dataservices", "services")),
        ("createdAt", moment(server, "created_at")),
        ("updatedAt", moment(server, "updated_at")),
    ])
}

/// A list of keys as pages see it.
pub fn keys(server: &Value) -> Value {
    let part = |name: &str| server.get(name).cloned().unwrap_or_default();
    let list = server.get("result").map(Value::items).unwrap_or_default().iter().map(key).collect();
    Value::object([("total", part("total")), ("count", part("count")), ("keys", Value::Array(list))])
}

/// A list of datasets as pages see it.
pub fn datasets(server: &Value) -> Value {
    let part = |name: &str| server.get(name).cloned().unwrap_or_default();
    Value::object([("total", part("total")), ("count", part("count")), ("datasets", part("result"))])
}

/// `2018-02-14 13:23:12 +0000` as ISO 8601.
fn moment(server: &Value, name: &str) -> Value {
    let Some(text) = server.get(name).and_then(Value::as_str) else { return Value::Null };
    let joined = text::replace_once(&text::replace_once(text, " ", "T"), " ", "");
    text::split_once(&joined, "+0000").map_or(joined.clone(), |(utc, _)| [utc, "Z"].concat()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { api_key: "a&b".into(), username: "u".into(), base: "http://h.test/user/u".into() }
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap_or_default()
    }

    #[test]
    fn pages_are_checked() {
        let page = Page::read(&json(r#"{"page":2,"perPage":50,"order":"name","type":["master","regular"]}"#));
        let parameters = page.map(|page| page.parameters).unwrap_or_default();
        assert_eq!(parameters, "&page=2&per_page=50&order=name&type=master,regular");
        for (bad, code) in [
            (r#"{"page":0}"#, "page"),
            (r#"{"perPage":1.5}"#, "page"),
            (r#"{"order":"token"}"#, "order"),
            (r#"{"type":"all"}"#, "type"),
            (r#"{"type":["master",1]}"#, "type"),
        ] {
            let error = Page::read(&json(bad)).err().map(|error| error.error_code.clone());
            assert_eq!(error, Some(format!("validation:auth:invalid-{code}")), "{bad}");
        }
    }

    #[test]
    fn names_are_encoded_and_keys_stay_out_of_paths() {
        let write = |body: &Value| format!("{:?}", body.get("api_key").and_then(Value::as_str));
        let of = |question| request(&settings(), question, &write);
        let show = of(Question::Show("a b?#%é..".into()));
        assert_eq!(show.url, "http://h.test/user/u/api/v3/api_keys/a%20b%3F%23%25%C3%A9..?api_key=a%26b");
        let new = of(Question::Create(json(r#"{"name":"x"}"#)));
        assert_eq!((new.verb, new.url.as_str()), (Verb::Json, "http://h.test/user/u/api/v3/api_keys"));
        assert_eq!(new.body, "Some(\"a&b\")");
        let again = of(Question::Regenerate("Master".into()));
        assert!(again.url.ends_with("/api_keys/Master/token/regenerate") && again.body == "api_key=a%26b");
        for (bad, is_new) in [
            ("null", false),
            ("\"\"", false),
            ("\" \"", true),
            ("\"a/b\"", false),
            ("\"..\"", false),
            ("\"Master\"", true),
            ("7", true),
        ] {
            assert!(name(Some(&json(bad)), is_new).is_err(), "{bad}");
        }
        assert!(name(Some(&json("\"Master\"")), false).is_ok());
    }
}
