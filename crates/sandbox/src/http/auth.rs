//! The Auth API over HTTP, and the list of datasets for pages that manage keys.

use super::call::{Call, FOREIGN_PAGE};
use super::route::{ApiKeysRoute, DatasetsRoute};
use super::{JSON, Refused, TOO_SLOW};
use crate::Sandbox;
use crate::accounts::keys::{self, Account, Key};
use crate::auth_api::api_keys::{self, ApiKey, Refusal, Selection};
use crate::auth_api::grants::Grants;
use crate::auth_api::{datasets, paging};
use crate::db::QueryError;
use crate::map::error::shortened;
use crate::sql_api::request::parameters_of_body;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// Bodies are read up to this size, in bytes.
pub(super) const LARGEST_BODY: usize = 256 * 1024;

/// An answer before it has its headers.
struct Reply {
    status: StatusCode,
    body: Option<Value>,
}

impl Reply {
    fn new(status: StatusCode, body: Value) -> Reply {
        Reply { status, body: Some(body) }
    }

    fn empty(status: StatusCode) -> Reply {
        Reply { status, body: None }
    }

    fn error(status: StatusCode, text: impl Into<String>) -> Reply {
        Reply::new(status, json!({ "errors": shortened(&text.into()), "errors_cause": null }))
    }
}

impl From<QueryError> for Reply {
    fn from(error: QueryError) -> Reply {
        match error {
            QueryError::Database(refusal) => Reply::error(StatusCode::UNPROCESSABLE_ENTITY, refusal.message()),
            QueryError::Unsendable => Reply::error(StatusCode::BAD_REQUEST, error.to_string()),
            QueryError::Gone => Reply::empty(StatusCode::UNAUTHORIZED),
            QueryError::Overloaded => {
                Reply::error(StatusCode::SERVICE_UNAVAILABLE, "The server is overloaded. Please try again in a moment")
            }
            _ => Reply::error(StatusCode::SERVICE_UNAVAILABLE, "The database is not reachable"),
        }
    }
}

impl Reply {
    fn of_refusal(refusal: Refusal, name: &str) -> Reply {
        match refusal {
            Refusal::Invalid(texts) => {
                Reply::error(StatusCode::UNPROCESSABLE_ENTITY, format!("Validation failed: {}", texts.join(", ")))
            }
            Refusal::Quota => {
                Reply::error(StatusCode::FORBIDDEN, "You have reached the limit of API keys for your plan")
            }
            Refusal::Fixed => Reply::error(StatusCode::FORBIDDEN, NO_PERMISSION),
            Refusal::NotFound => Reply::error(StatusCode::NOT_FOUND, format!("API key not found: {name}")),
            Refusal::Query(error) => error.into(),
        }
    }
}

const NO_PERMISSION: &str = "You don't have permission to access that resource";

/// The answer to a request that nobody looks at.
pub(super) fn refused(why: Refused) -> Response {
    respond(match why {
        Refused::TooMany => Reply::error(StatusCode::TOO_MANY_REQUESTS, "Too many requests, or too many wrong keys"),
        Refused::TooSlow => Reply::error(StatusCode::REQUEST_TIMEOUT, TOO_SLOW),
    })
}

/// Answers a request about API keys.
pub(super) async fn answer_api_keys(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &ApiKeysRoute,
    body: Body,
) -> Response {
    let reply = match *method {
        Method::OPTIONS => Reply::empty(StatusCode::NO_CONTENT),
        _ => api_keys(sandbox, method, call, route, body).await.unwrap_or_else(|reply| reply),
    };
    let mut response = respond(reply);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin, Authorization"));
    // Keys are for those pages only that somebody who runs this server trusts.
    let is_trusted = |origin: &&HeaderValue| sandbox.trust.has_origin(origin, call.sent_to.as_deref());
    if let Some(origin) = call.headers.get(header::ORIGIN).filter(is_trusted) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, Authorization"));
    }
    response
}

/// Answers a request for the list of datasets.
pub(super) async fn answer_datasets(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &DatasetsRoute,
) -> Response {
    let reply = match *method {
        Method::OPTIONS => Reply::empty(StatusCode::NO_CONTENT),
        Method::GET | Method::HEAD => match route {
            DatasetsRoute::List => list_datasets(sandbox, call).await,
            DatasetsRoute::Visualizations => list_visualizations(sandbox, call).await,
            DatasetsRoute::Visualization(name) => visualization(sandbox, call, name).await,
            DatasetsRoute::Unknown => Err(Reply::empty(StatusCode::NOT_FOUND)),
        }
        .unwrap_or_else(|reply| reply),
        _ => Reply::empty(StatusCode::NOT_FOUND),
    };
    let mut response = respond(reply);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, Authorization"));
    response
}

/// Never a script: one that holds keys could be read by any page.
fn respond(reply: Reply) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = reply.status;
    let mut put = |name: &'static str, value: &'static str| {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    };
    // Tokens are in here.
    put("cache-control", "no-store");
    let Some(body) = reply.body else { return response };
    put("content-type", JSON);
    *response.body_mut() = Body::from(body.to_string());
    response
}

/// Whether keys are managed under the name that the request was sent to.
fn check_host(sandbox: &Sandbox, call: &Call) -> Result<(), Reply> {
    let sentence = call.misdirected(&sandbox.trust);
    sentence.map_or(Ok(()), |sentence| Err(Reply::error(StatusCode::MISDIRECTED_REQUEST, sentence)))
}

async fn api_keys(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &ApiKeysRoute,
    body: Body,
) -> Result<Reply, Reply> {
    check_host(sandbox, call)?;
    let body = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large"))?;
    let of_body = parameters_of_body(call.content_type(), &body)
        .map_err(|error| Reply::error(StatusCode::BAD_REQUEST, error.message))?;
    let mut parameters = call.query.clone();
    parameters.extend(of_body);
    let (account, key) = authorize(sandbox, call, &parameters).await?;
    let target = parameters.iter().find(|(name, _)| name == "target_user");
    if target.is_some_and(|(_, user)| *user != account.username) {
        return Err(Reply::error(StatusCode::FORBIDDEN, NO_PERMISSION));
    }
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    // A page needs no answer to do harm.
    if !is_get && key.is_master() && sandbox.trust.is_foreign(&call.headers, call.sent_to.as_deref()) {
        return Err(Reply::error(StatusCode::FORBIDDEN, FOREIGN_PAGE));
    }
    let is_post = *method == Method::POST;
    let only_master = || if key.is_master() { Ok(()) } else { Err(Reply::empty(StatusCode::UNAUTHORIZED)) };
    let database = &sandbox.database;
    match route {
        ApiKeysRoute::List if is_get => list(sandbox, call, &account, &key).await,
        ApiKeysRoute::List if is_post => {
            only_master()?;
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let name = body["name"].as_str().unwrap_or_default();
            let made = match Grants::read(&body["grants"]) {
                Ok(grants) => api_keys::create(database, &account, name, &grants).await,
                Err(texts) => Err(Refusal::Invalid(texts)),
            };
            let key = made.map_err(|refusal| Reply::of_refusal(refusal, name))?;
            Ok(Reply::new(StatusCode::CREATED, shown(&account, &key)))
        }
        ApiKeysRoute::Key(name) if is_get => {
            let found = api_keys::find(database, &account, name).await?;
            let visible = found.filter(|found| key.is_master() || found.id() == key.id);
            let found = visible.ok_or_else(|| Reply::of_refusal(Refusal::NotFound, name))?;
            Ok(Reply::new(StatusCode::OK, shown(&account, &found)))
        }
        ApiKeysRoute::Key(name) if *method == Method::DELETE => {
            only_master()?;
            let deleted = api_keys::delete(database, &account, name).await;
            deleted.map_err(|refusal| Reply::of_refusal(refusal, name))?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ApiKeysRoute::Regenerate(name) if is_post => {
            only_master()?;
            let renewed = api_keys::regenerate(database, &account, name).await;
            let key = renewed.map_err(|refusal| Reply::of_refusal(refusal, name))?;
            Ok(Reply::new(StatusCode::OK, shown(&account, &key)))
        }
        _ => Err(Reply::empty(StatusCode::NOT_FOUND)),
    }
}

/// Who asks: a key is needed here, and the user of HTTP Basic must be the one of the address.
async fn authorize(sandbox: &Sandbox, call: &Call, parameters: &[(String, String)]) -> Result<(Account, Key), Reply> {
    let refused = || Reply::empty(StatusCode::UNAUTHORIZED);
    let token = keys::token_of(&call.headers, parameters, None).ok_or_else(refused)?;
    if keys::basic_user(&call.headers).is_some_and(|user| user != call.username) {
        return Err(refused());
    }
    match keys::look_up(&sandbox.database, &call.username, Some(&token)).await? {
        Some((account, Some(key))) => Ok((account, key)),
        _ => Err(refused()),
    }
}

/// A key as answers show it.
fn shown(account: &Account, key: &ApiKey) -> Value {
    json!({
        "name": key.name,
        "user": { "username": account.username },
        "type": key.kind,
        "token": key.token,
        "grants": key.grants.shown(),
        "created_at": key.created_at,
        "updated_at": key.updated_at,
    })
}

async fn list(sandbox: &Sandbox, call: &Call, account: &Account, key: &Key) -> Result<Reply, Reply> {
    let bad = |text: String| Reply::error(StatusCode::BAD_REQUEST, text);
    let page = paging::Page::read(call).map_err(bad)?;
    let order = page.order(call, &["type", "name", "updated_at"]).map_err(bad)?;
    let kinds: Vec<String> = call
        .parameter("type")
        .into_iter()
        .flat_map(|kinds| kinds.split(','))
        .map(|kind| kind.trim().to_owned())
        .filter(|kind| !kind.is_empty())
        .collect();
    let known = ["master", "default", "regular"];
    if kinds.iter().any(|kind| !known.contains(&kind.as_str())) {
        return Err(bad(format!("Wrong 'type' parameter value. Valid values are one of {known:?}")));
    }
    let selection = Selection {
        kinds,
        only: (!key.is_master()).then_some(key.id),
        order,
        per_page: page.per_page,
        page: page.page,
    };
    // In one transaction: each key is asked about by itself, and the embedded database would let others in between.
    let work = sandbox.database.begin().await?;
    let listed = api_keys::list(&work, account, &selection).await;
    work.rollback().await;
    let (keys, total) = listed?;
    let address = format!("http://{}{}/api/v3/api_keys", call.host, call.root);
    let shown = keys.iter().map(|key| {
        let mut value = shown(account, key);
        let name: String = form_urlencoded::byte_serialize(key.name.as_bytes()).collect();
        value["_links"] = json!({ "self": format!("{address}/{name}") });
        value
    });
    Ok(Reply::new(StatusCode::OK, page.wrapped(&address, total, shown.collect())))
}

/// Whose datasets are asked for, by a key that may list them.
async fn authorize_list(sandbox: &Sandbox, call: &Call) -> Result<Account, Reply> {
    check_host(sandbox, call)?;
    let (account, key) = authorize(sandbox, call, &call.query).await?;
    match key.is_master() || key.table_metadata {
        true => Ok(account),
        false => Err(Reply::error(StatusCode::FORBIDDEN, NO_PERMISSION)),
    }
}

async fn list_datasets(sandbox: &Sandbox, call: &Call) -> Result<Reply, Reply> {
    let account = authorize_list(sandbox, call).await?;
    let bad = |text: String| Reply::error(StatusCode::BAD_REQUEST, text);
    let page = paging::Page::read(call).map_err(bad)?;
    page.order(call, &["name", "updated_at"]).map_err(bad)?;
    let (datasets, total) = datasets::list(&sandbox.database, &account, page.per_page, page.offset()).await?;
    let address = format!("http://{}{}/api/v4/datasets", call.host, call.root);
    Ok(Reply::new(StatusCode::OK, page.wrapped(&address, total, datasets)))
}

/// Maps are kept nowhere: the only visualizations are datasets.
async fn list_visualizations(sandbox: &Sandbox, call: &Call) -> Result<Reply, Reply> {
    let account = authorize_list(sandbox, call).await?;
    let is_of_tables = call.parameter("type").is_none_or(|kind| kind.is_empty() || kind == "table");
    if !is_of_tables {
        return Ok(Reply::new(StatusCode::OK, json!({ "visualizations": [], "total_entries": 0 })));
    }
    let page = paging::Page::read(call).map_err(|text| Reply::error(StatusCode::BAD_REQUEST, text))?;
    let (datasets, total) = datasets::list(&sandbox.database, &account, page.per_page, page.offset()).await?;
    let shown: Vec<Value> = datasets.iter().map(|dataset| datasets::visualization(&account, dataset)).collect();
    Ok(Reply::new(
        StatusCode::OK,
        json!({ "visualizations": shown, "total_entries": total, "total_user_entries": total }),
    ))
}

async fn visualization(sandbox: &Sandbox, call: &Call, name: &str) -> Result<Reply, Reply> {
    let account = authorize_list(sandbox, call).await?;
    let dataset = datasets::find(&sandbox.database, &account, name).await?;
    let dataset = dataset.ok_or_else(|| Reply::error(StatusCode::NOT_FOUND, "Visualization does not exist"))?;
    Ok(Reply::new(StatusCode::OK, datasets::visualization(&account, &dataset)))
}
