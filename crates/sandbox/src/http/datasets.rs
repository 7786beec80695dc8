//! The list of datasets over HTTP, and what is changed about them: as datasets, visualizations and tables, which are three
//! names for the same here.

use super::auth::{NO_PERMISSION, authorize, authorize_change, check_host};
use super::call::Call;
use super::reply::{JsonReply, open, respond};
use super::route::DatasetsRoute;
use super::{absent, auth};
use crate::Sandbox;
use crate::accounts::keys::{Account, Key};
use crate::auth_api::dataset_changes::{self, Change, ChangeError};
use crate::auth_api::datasets::{self, Dataset, Facts};
use crate::auth_api::paging;
use crate::sql_api::request::parameters_of_body;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

/// What pages may ask with.
pub(super) const METHODS: &str = "GET, PUT, DELETE";
/// What is told of a dataset that is none.
const UNKNOWN: &str = "Visualization does not exist";

/// Answers a request about datasets.
pub(super) async fn answer(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &DatasetsRoute,
    body: Body,
) -> Response {
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    let reply = match route {
        _ if *method == Method::OPTIONS => Ok(JsonReply::empty(StatusCode::NO_CONTENT)),
        DatasetsRoute::List if is_get => list(sandbox, call).await,
        DatasetsRoute::Visualizations if is_get => list_visualizations(sandbox, call).await,
        DatasetsRoute::Visualization(name) | DatasetsRoute::Table(name) if is_get => {
            show(sandbox, call, route, name).await
        }
        DatasetsRoute::Visualization(name) | DatasetsRoute::Table(name) if *method == Method::PUT => {
            change(sandbox, call, route, name, body).await
        }
        DatasetsRoute::Visualization(name) | DatasetsRoute::Table(name) if *method == Method::DELETE => {
            delete(sandbox, call, name).await
        }
        _ => Err(JsonReply::error(StatusCode::NOT_FOUND, absent::NO_LIST_OF_DATASETS)),
    };
    open(respond(reply.unwrap_or_else(|reply| reply)), METHODS)
}

/// Whose datasets are asked for, by a key that may list them.
async fn authorize_list(sandbox: &Sandbox, call: &Call) -> Result<(Account, Key), JsonReply> {
    check_host(sandbox, call)?;
    let (account, key) = authorize(sandbox, call, &call.query).await?;
    match key.is_master() || key.table_metadata {
        true => Ok((account, key)),
        false => Err(JsonReply::error(StatusCode::FORBIDDEN, NO_PERMISSION)),
    }
}

/// What is in a dataset. A key that may list them need not be one that may read them.
async fn facts(sandbox: &Sandbox, account: &Account, key: Option<&Key>, dataset: &Dataset) -> Result<Facts, JsonReply> {
    match key.is_none_or(Key::is_master) {
        true => Ok(datasets::facts(&sandbox.database, account, dataset).await?),
        false => Ok(Facts::default()),
    }
}

async fn list(sandbox: &Sandbox, call: &Call) -> Result<JsonReply, JsonReply> {
    let (account, _) = authorize_list(sandbox, call).await?;
    let bad = |text: String| JsonReply::error(StatusCode::BAD_REQUEST, text);
    let page = paging::Page::read(call).map_err(bad)?;
    page.order(call, &["name", "updated_at"]).map_err(bad)?;
    let (found, total) = datasets::list(&sandbox.database, &account, "", page.per_page, page.offset()).await?;
    let address = call.address("/api/v4/datasets");
    let shown = found.iter().map(|dataset| datasets::plain(&account, dataset)).collect();
    Ok(JsonReply::new(StatusCode::OK, page.wrapped(&address, total, shown)))
}

/// Maps are kept nowhere: the only visualizations are datasets.
async fn list_visualizations(sandbox: &Sandbox, call: &Call) -> Result<JsonReply, JsonReply> {
    let (account, key) = authorize_list(sandbox, call).await?;
    let is_of_tables = call.parameter("type").is_none_or(|kind| kind.is_empty() || kind == "table");
    if !is_of_tables {
        return Ok(JsonReply::new(StatusCode::OK, json!({ "visualizations": [], "total_entries": 0 })));
    }
    let page = paging::Page::read(call).map_err(|text| JsonReply::error(StatusCode::BAD_REQUEST, text))?;
    let like = call.parameter("q").unwrap_or_default();
    let (found, total) = datasets::list(&sandbox.database, &account, like, page.per_page, page.offset()).await?;
    let mut shown = Vec::new();
    for dataset in &found {
        let facts = facts(sandbox, &account, Some(&key), dataset).await?;
        shown.push(datasets::visualization(&account, dataset, &facts));
    }
    Ok(JsonReply::new(
        StatusCode::OK,
        json!({ "visualizations": shown, "total_entries": total, "total_user_entries": total }),
    ))
}

async fn show(sandbox: &Sandbox, call: &Call, route: &DatasetsRoute, name: &str) -> Result<JsonReply, JsonReply> {
    let (account, key) = authorize_list(sandbox, call).await?;
    told(sandbox, &account, Some(&key), route, name).await
}

/// A dataset in the words of the address that it was asked for at; without a key, by the master key.
async fn told(
    sandbox: &Sandbox,
    account: &Account,
    key: Option<&Key>,
    route: &DatasetsRoute,
    name: &str,
) -> Result<JsonReply, JsonReply> {
    let found = datasets::find(&sandbox.database, account, name).await?;
    let dataset = found.ok_or_else(|| JsonReply::error(StatusCode::NOT_FOUND, UNKNOWN))?;
    let facts = facts(sandbox, account, key, &dataset).await?;
    let shown = match route {
        DatasetsRoute::Table(_) => datasets::table(account, &dataset, &facts),
        _ => datasets::visualization(account, &dataset, &facts),
    };
    Ok(JsonReply::new(StatusCode::OK, shown))
}

async fn change(
    sandbox: &Sandbox,
    call: &Call,
    route: &DatasetsRoute,
    name: &str,
    body: Body,
) -> Result<JsonReply, JsonReply> {
    let body = axum::body::to_bytes(body, auth::LARGEST_BODY)
        .await
        .map_err(|_| JsonReply::error(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large"))?;
    let bad = |text: &str| JsonReply::error(StatusCode::BAD_REQUEST, text);
    let of_body = parameters_of_body(call.content_type(), &body).map_err(|error| bad(&error.message))?;
    let mut parameters = call.query.clone();
    parameters.extend(of_body.clone());
    let account = authorize_change(sandbox, call, &parameters).await?;
    let wanted: Value = match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Value::Object(members),
        // As a form sends it.
        _ => of_body.into_iter().map(|(name, value)| (name, Value::String(value))).collect(),
    };
    if wanted["id"].as_str().is_some_and(|id| id != name) {
        return Err(JsonReply::error(StatusCode::FORBIDDEN, "The id in the body is another one than in the address"));
    }
    let change = Change::read(&wanted).map_err(|sentence| bad(&sentence))?;
    let changed = dataset_changes::change(&sandbox.database, &account, name, &change).await;
    let name = changed.map_err(of_change)?;
    told(sandbox, &account, None, route, &name).await
}

async fn delete(sandbox: &Sandbox, call: &Call, name: &str) -> Result<JsonReply, JsonReply> {
    let account = authorize_change(sandbox, call, &call.query).await?;
    dataset_changes::delete(&sandbox.database, &account, name).await.map_err(of_change)?;
    Ok(JsonReply::empty(StatusCode::NO_CONTENT))
}

fn of_change(error: ChangeError) -> JsonReply {
    match error {
        ChangeError::NotFound => JsonReply::error(StatusCode::NOT_FOUND, UNKNOWN),
        ChangeError::Invalid(sentence) => JsonReply::error(StatusCode::BAD_REQUEST, sentence),
        ChangeError::Query(error) => error.into(),
    }
}
