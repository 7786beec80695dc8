//! The Auth API over HTTP, and who may use it and its neighbours.

use super::call::{Call, FOREIGN_PAGE};
use super::reply::{JsonReply, respond};
use super::route::ApiKeysRoute;
use crate::Sandbox;
use crate::accounts::keys::{self, Account, Key};
use crate::auth_api::api_keys::{self, ApiKey, KeyError, Selection};
use crate::auth_api::grants::Grants;
use crate::auth_api::paging;
use crate::sql_api::request::parameters_of_body;
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// Bodies are read up to this size, in bytes.
pub(super) const LARGEST_BODY: usize = 256 * 1024;

impl JsonReply {
    fn of_key_error(error: KeyError, name: &str) -> JsonReply {
        match error {
            KeyError::Invalid(texts) => {
                JsonReply::error(StatusCode::UNPROCESSABLE_ENTITY, format!("Validation failed: {}", texts.join(", ")))
            }
            KeyError::Quota => {
                JsonReply::error(StatusCode::FORBIDDEN, "You have reached the limit of API keys for your plan")
            }
            KeyError::Fixed => JsonReply::error(StatusCode::FORBIDDEN, NO_PERMISSION),
            KeyError::NotFound => JsonReply::error(StatusCode::NOT_FOUND, format!("API key not found: {name}")),
            KeyError::Query(error) => error.into(),
        }
    }
}

pub(super) const NO_PERMISSION: &str = "You don't have permission to access that resource";

/// Answers a request about API keys.
pub(super) async fn answer_api_keys(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &ApiKeysRoute,
    body: Body,
) -> Response {
    let reply = match *method {
        Method::OPTIONS => JsonReply::empty(StatusCode::NO_CONTENT),
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

/// Whether keys are managed under the name that the request was sent to.
pub(super) fn check_host(sandbox: &Sandbox, call: &Call) -> Result<(), JsonReply> {
    let sentence = call.misdirected(&sandbox.trust);
    sentence.map_or(Ok(()), |sentence| Err(JsonReply::error(StatusCode::MISDIRECTED_REQUEST, sentence)))
}

async fn api_keys(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &ApiKeysRoute,
    body: Body,
) -> Result<JsonReply, JsonReply> {
    check_host(sandbox, call)?;
    let body = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| JsonReply::error(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large"))?;
    let of_body = parameters_of_body(call.content_type(), &body)
        .map_err(|error| JsonReply::error(StatusCode::BAD_REQUEST, error.message))?;
    let mut parameters = call.query.clone();
    parameters.extend(of_body);
    let (account, key) = authorize(sandbox, call, &parameters).await?;
    let target = parameters.iter().find(|(name, _)| name == "target_user");
    if target.is_some_and(|(_, user)| *user != account.username) {
        return Err(JsonReply::error(StatusCode::FORBIDDEN, NO_PERMISSION));
    }
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    // A page needs no answer to do harm.
    if !is_get && key.is_master() && sandbox.trust.is_foreign(&call.headers, call.sent_to.as_deref()) {
        return Err(JsonReply::error(StatusCode::FORBIDDEN, FOREIGN_PAGE));
    }
    let is_post = *method == Method::POST;
    let only_master = || if key.is_master() { Ok(()) } else { Err(JsonReply::empty(StatusCode::UNAUTHORIZED)) };
    let database = &sandbox.database;
    match route {
        ApiKeysRoute::List if is_get => list(sandbox, call, &account, &key).await,
        ApiKeysRoute::List if is_post => {
            only_master()?;
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let name = body["name"].as_str().unwrap_or_default();
            let made = match Grants::read(&body["grants"]) {
                Ok(grants) => api_keys::create(database, &account, name, &grants).await,
                Err(texts) => Err(KeyError::Invalid(texts)),
            };
            let key = made.map_err(|error| JsonReply::of_key_error(error, name))?;
            Ok(JsonReply::new(StatusCode::CREATED, shown(&account, &key)))
        }
        ApiKeysRoute::Key(name) if is_get => {
            let found = api_keys::find(database, &account, name).await?;
            let visible = found.filter(|found| key.is_master() || found.id() == key.id);
            let found = visible.ok_or_else(|| JsonReply::of_key_error(KeyError::NotFound, name))?;
            Ok(JsonReply::new(StatusCode::OK, shown(&account, &found)))
        }
        ApiKeysRoute::Key(name) if *method == Method::DELETE => {
            only_master()?;
            let deleted = api_keys::delete(database, &account, name).await;
            deleted.map_err(|error| JsonReply::of_key_error(error, name))?;
            Ok(JsonReply::empty(StatusCode::NO_CONTENT))
        }
        ApiKeysRoute::Regenerate(name) if is_post => {
            only_master()?;
            let renewed = api_keys::regenerate(database, &account, name).await;
            let key = renewed.map_err(|error| JsonReply::of_key_error(error, name))?;
            Ok(JsonReply::new(StatusCode::OK, shown(&account, &key)))
        }
        _ => Err(JsonReply::empty(StatusCode::NOT_FOUND)),
    }
}

/// Who asks: a key is needed here, and the user of HTTP Basic must be the one of the address.
pub(super) async fn authorize(
    sandbox: &Sandbox,
    call: &Call,
    parameters: &[(String, String)],
) -> Result<(Account, Key), JsonReply> {
    let refused = || JsonReply::empty(StatusCode::UNAUTHORIZED);
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

async fn list(sandbox: &Sandbox, call: &Call, account: &Account, key: &Key) -> Result<JsonReply, JsonReply> {
    let bad = |text: String| JsonReply::error(StatusCode::BAD_REQUEST, text);
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
    let address = call.address("/api/v3/api_keys");
    let shown = keys.iter().map(|key| {
        let mut value = shown(account, key);
        let name: String = form_urlencoded::byte_serialize(key.name.as_bytes()).collect();
        value["_links"] = json!({ "self": format!("{address}/{name}") });
        value
    });
    Ok(JsonReply::new(StatusCode::OK, page.wrapped(&address, total, shown.collect())))
}

/// Whose account a request changes: the master key is needed, and no page that nobody trusts may show it.
pub(super) async fn authorize_change(
    sandbox: &Sandbox,
    call: &Call,
    parameters: &[(String, String)],
) -> Result<Account, JsonReply> {
    let account = authorize_master(sandbox, call, parameters).await?;
    if sandbox.trust.is_foreign(&call.headers, call.sent_to.as_deref()) {
        return Err(JsonReply::error(StatusCode::FORBIDDEN, FOREIGN_PAGE));
    }
    Ok(account)
}

/// Whose account a request is about, which shows the master key.
pub(super) async fn authorize_master(
    sandbox: &Sandbox,
    call: &Call,
    parameters: &[(String, String)],
) -> Result<Account, JsonReply> {
    check_host(sandbox, call)?;
    let (account, key) = authorize(sandbox, call, parameters).await?;
    match key.is_master() {
        true => Ok(account),
        false => Err(JsonReply::error(StatusCode::FORBIDDEN, "This needs the master key of the account")),
    }
}
