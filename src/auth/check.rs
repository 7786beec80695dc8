//! What a key is good for, found out with the fewest questions that decide it.
//!
//! The form of the key needs none. The Auth API, where a page may ask it, tells all by itself. Else a map and a query, at
//! the same time, tell whether user and key are known and which API they may use; the query asks for all datasets at once,
//! and only a key without SQL needs a map for each of them.

use super::failure;
use crate::json::Value;
use crate::maps::failure::{Failure, Request as About};
use crate::maps::request::{self, Request};
use crate::refusal::{Api, Asker, Refusal, because, malformed_key};
use crate::settings::Settings;
use crate::sql::params::{Param, fill};
use crate::sql::{self, Format};
use std::future::Future;
use std::pin::Pin;

/// An answer to come.
pub type Answering = Pin<Box<dyn Future<Output = Result<Value, Failure>>>>;

/// The way to the server.
pub trait Server {
    /// Sends a request.
    fn ask(&self, request: Request) -> Answering;
    /// Writes JSON.
    fn write(&self, value: &Value) -> String;
    /// Awaits both of two answers.
    fn both(&self, one: Answering, other: Answering) -> Pin<Box<dyn Future<Output = Both>>>;
}

/// Two answers.
pub type Both = (Result<Value, Failure>, Result<Value, Failure>);

/// What is found out about a key.
struct Found<'a> {
    settings: &'a Settings,
    /// Whether the server knows the user; `None` when nobody said.
    user: Option<bool>,
    kind: Option<String>,
    apis: Vec<&'static str>,
    /// Datasets that the key may read, as far as they were asked for or told.
    datasets: Vec<String>,
    problems: Vec<Refusal>,
}

impl Found<'_> {
    fn asker(&self) -> Asker<'_> {
        self.settings.asker()
    }

    fn problem(&mut self, refusal: Refusal) {
        // Both APIs may say the same.
        let same = |known: &Refusal| known.reason == refusal.reason && known.dataset == refusal.dataset;
        if !self.problems.iter().any(same) {
            self.problems.push(refusal);
        }
    }

    fn because(&mut self, word: &'static str, api: Api, detail: &str, dataset: Option<&str>) {
        let mut refusal = because(word, api, detail, &self.settings.username);
        refusal.dataset = dataset.map(str::to_owned);
        self.problem(refusal);
    }

    /// Takes what an API said to the key; gives whether the API is granted.
    fn take(&mut self, api: Api, answer: &Result<Value, Failure>, wanted: bool) -> bool {
        let refusal = match answer {
            Ok(_) => None,
            Err(failure) if api == Api::Maps => {
                let first = failure.errors(About::Map, self.asker()).into_iter().next();
                first.and_then(|raw| raw.refusal)
            }
            Err(failure) => failure::error(failure, api, self.asker()).refusal.clone(),
        };
        let Some(refusal) = refusal else {
            // Whatever else is wrong with a question, the key got through.
            self.user = Some(true);
            self.apis.push(api.word());
            return true;
        };
        match refusal.reason {
            "unknown-user" => self.user = Some(false),
            "api-not-granted" => {
                self.user = Some(true);
                if !wanted {
                    return false;
                }
            }
            "dataset-not-granted" | "invalid-query" => {
                self.user = Some(true);
                self.apis.push(api.word());
                return true;
            }
            // A server need not have every API: the other one decides.
            _ if !wanted && !refusal.forbidden => return false,
            _ => {}
        }
        self.problem(refusal);
        false
    }

    fn done(mut self) -> Value {
        if self.user == Some(false) {
            // The SQL API knows the user from the key, the Maps API does not.
            self.problems.retain(|problem| problem.reason == "unknown-user");
        }
        let list = |words: Vec<String>| Value::Array(words.into_iter().map(Value::from).collect());
        let problem = |problem: &Refusal| {
            let mut object = Value::object([("reason", problem.reason.into()), ("hint", problem.hint.as_str().into())]);
            if let Some(api) = problem.api {
                object.push("api", api.word());
            }
            if let Some(dataset) = &problem.dataset {
                object.push("dataset", dataset.as_str());
            }
            object
        };
        let kind = match (self.kind, self.settings.api_key.as_str()) {
            (Some(kind), _) => kind.into(),
            (None, "default_public") => "default".into(),
            (None, _) => Value::Null,
        };
        let user = if self.user == Some(true) { self.settings.username.as_str().into() } else { Value::Null };
        let apis = self.apis.iter().map(|api| (*api).to_owned()).collect();
        let key = Value::object([("type", kind), ("apis", list(apis)), ("datasets", list(self.datasets))]);
        Value::object([
            ("ok", self.problems.is_empty().into()),
            ("user", user),
            ("key", key),
            ("problems", Value::Array(self.problems.iter().map(problem).collect())),
        ])
    }
}

/// A map that reads from a query, and needs none of its geometry.
fn map_of(server: &dyn Server, settings: &Settings, query: &str) -> Request {
    let options = Value::object([
        ("cartocss", "#layer{marker-width:1}".into()),
        ("cartocss_version", "2.1.0".into()),
        ("sql", query.into()),
    ]);
    let layer = Value::object([("type", "mapnik".into()), ("options", options)]);
    let config = Value::object([("version", "1.3.1".into()), ("layers", Value::Array(vec![layer]))]);
    request::instantiate(settings, server.write(&config), request::LONGEST_GET)
}

/// Asks for nothing but a geometry.
const EMPTY_MAP: &str = "SELECT NULL::geometry AS the_geom_webmercator, 1 AS cartodb_id LIMIT 0";

/// Tells of each dataset whether it is there and whether the key may read it.
const DATASETS: &str = "SELECT name, to_regclass(name) IS NOT NULL AS there, \
                        coalesce(has_table_privilege(to_regclass(name)::oid, 'SELECT'), false) AS granted \
                        FROM unnest(:names::text[]) AS name";

/// Finds out what the key of `settings` is good for.
///
/// `datasets` are those that a page needs, `apis` those that it cannot do without; `ask_auth` tells whether the Auth API
/// can be asked from here. Gives `{ ok, user, key: { type, apis, datasets }, problems: [{ reason, hint, api, dataset }] }`.
pub async fn check(
    server: &dyn Server,
    settings: &Settings,
    datasets: &[String],
    apis: &[String],
    ask_auth: bool,
) -> Value {
    let (apis_told, datasets_told) = (Vec::new(), Vec::new());
    let mut found =
        Found { settings, user: None, kind: None, apis: apis_told, datasets: datasets_told, problems: Vec::new() };
    if let Some(what) = malformed_key(&settings.api_key) {
        found.because("malformed-key", Api::Maps, what, None);
        return found.done();
    }
    let wanted = |api: &str| apis.iter().any(|wanted| wanted == api);
    let mut open: Vec<String> = datasets.to_vec();
    let told = if ask_auth { shown(server, settings).await } else { None };
    if let Some(key) = told {
        found.user = Some(true);
        found.kind = key.get("type").and_then(Value::as_str).map(str::to_owned);
        let has = |api: &str| {
            key.get("apis").map(Value::items).unwrap_or_default().iter().any(|word| word.as_str() == Some(api))
        };
        for api in [Api::Maps, Api::Sql] {
            if has(api.word()) {
                found.apis.push(api.word());
            } else if wanted(api.word()) {
                found.because("api-not-granted", api, "", None);
            }
        }
        for table in key.get("datasets").map(Value::items).unwrap_or_default() {
            let part = |name: &str| table.get(name).and_then(Value::as_str).unwrap_or_default();
            let readable = table.get("permissions").map(Value::items).unwrap_or_default();
            if readable.iter().any(|permission| permission.as_str() == Some("select")) {
                let whole = [part("schema"), ".", part("name")].concat();
                open.retain(|dataset| *dataset != part("name") && *dataset != whole);
                let asked = datasets.iter().find(|dataset| **dataset == whole);
                found.datasets.push(asked.map_or(part("name"), String::as_str).to_owned());
            }
        }
        if open.is_empty() {
            return found.done();
        }
        found.apis.clear();
    }
    let names = Param::List(open.iter().map(|name| Param::Text(name.clone())).collect());
    let query = fill(DATASETS, |_| Some(names.clone())).unwrap_or_default();
    let map = server.ask(map_of(server, settings, EMPTY_MAP));
    let rows = server.ask(sql::request(settings, &query, Format::Json, request::LONGEST_GET));
    let (map, rows) = server.both(map, rows).await;
    let maps = found.take(Api::Maps, &map, wanted("maps"));
    let sql = found.take(Api::Sql, &rows, wanted("sql"));
    if let (true, Ok(rows)) = (sql, &rows) {
        let rows = rows.get("rows").map(Value::items).unwrap_or_default();
        for (dataset, row) in open.iter().zip(rows) {
            let yes = |name: &str| row.get(name).and_then(Value::as_bool) == Some(true);
            note(&mut found, dataset, yes("there"), yes("granted"));
        }
    } else if maps {
        for dataset in &open {
            let (schema, table) = crate::text::split_once(dataset, ".").unwrap_or(("", dataset));
            let parts = [schema, table].into_iter().filter(|part| !part.is_empty());
            let name = Param::List(parts.map(|part| Param::Text(part.to_owned())).collect());
            let query =
                fill("SELECT NULL::geometry AS the_geom_webmercator, 1 AS cartodb_id FROM :\"name\" LIMIT 0", |_| {
                    Some(name.clone())
                });
            let answer = server.ask(map_of(server, settings, &query.unwrap_or_default())).await;
            let denied = |failure: &Failure| {
                failure.errors(About::Map, found.asker()).first().is_some_and(|raw| raw.refusal.is_some())
            };
            let granted = answer.is_ok();
            let there = granted || answer.as_ref().err().is_some_and(denied);
            note(&mut found, dataset, there, granted);
        }
    }
    found.done()
}

fn note(found: &mut Found, dataset: &str, there: bool, granted: bool) {
    let detail = |what: &str| [what, dataset].concat();
    match (there, granted) {
        (_, true) => found.datasets.push(dataset.to_owned()),
        (true, _) => found.because("dataset-not-granted", Api::Maps, &detail("the dataset "), Some(dataset)),
        _ => found.because("dataset-not-found", Api::Maps, &detail("dataset "), Some(dataset)),
    }
}

/// What the Auth API tells of the key that asks: a key that is not the master key sees itself only.
async fn shown(server: &dyn Server, settings: &Settings) -> Option<Value> {
    let page = super::Page::read(&Value::object([("perPage", 100.0.into())])).unwrap_or_default();
    let request = super::request(settings, super::Question::List(page), &|value| server.write(value));
    let list = super::keys(&server.ask(request).await.ok()?);
    let same = |key: &&Value| key.get("token").and_then(Value::as_str) == Some(settings.api_key.as_str());
    list.get("keys").map(Value::items).unwrap_or_default().iter().find(same).cloned()
}
