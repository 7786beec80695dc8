//! The Import API over HTTP: files that come, and how far their imports are.

use super::auth::{authorize_change, authorize_master};
use super::call::Call;
use super::reply::{JsonReply, open, respond};
use super::route::ImportsRoute;
use crate::Sandbox;
use crate::auth_api::dataset_changes::is_public;
use crate::data::import::{Collision, ImportOptions};
use crate::data::import_queue::MOST_UNDER_WAY;
use crate::data::upload::{self, Sent, UploadError};
use crate::db::QueryError;
use crate::map::error::shortened;
use crate::sql_api::request::parameters_of_body;
use axum::body::{Body, HttpBody};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use serde_json::json;

/// What pages may ask with.
pub(super) const METHODS: &str = "GET, POST";
/// What a form may have around its file, in bytes.
const AROUND: u64 = 1 << 20;
/// Bodies without a file are read up to this size, in bytes.
const LARGEST_PLAIN: usize = 64 * 1024;
/// Letters of names that are asked for.
const LONGEST_TEXT: usize = 255;

const NO_FILE: &str = "There is no file: send a form with the field `file`, or the file itself with ?filename=";
const NO_ADDRESSES: &str =
    "This server fetches no files from addresses: download the file, and send it in the field `file`";
const NO_QUERIES: &str = "This server makes no copies here: CREATE TABLE … AS SELECT …, with the SQL API, makes one";

/// Answers a request to the Import API.
pub(super) async fn answer(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: &ImportsRoute,
    body: Body,
) -> Response {
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    let reply = match route {
        _ if *method == Method::OPTIONS => Ok(JsonReply::empty(StatusCode::NO_CONTENT)),
        ImportsRoute::List if is_get => list(sandbox, call).await,
        ImportsRoute::List if *method == Method::POST => begin(sandbox, call, body).await,
        ImportsRoute::Import(id) if is_get => show(sandbox, call, id).await,
        _ => Err(refusal(StatusCode::NOT_FOUND, "The Import API has no such address, or not with this method")),
    };
    open(respond(reply.unwrap_or_else(in_shape)), METHODS)
}

/// A refusal of another part of the server in the shape of this API, which is never empty.
pub(super) fn in_shape(reply: JsonReply) -> JsonReply {
    let words = match &reply.body {
        Some(body) => body["errors"].as_str(),
        None if reply.status == StatusCode::UNAUTHORIZED => Some("This needs the master key of the account: ?api_key="),
        None => Some("The request is refused"),
    };
    match words {
        Some(words) => refusal(reply.status, words),
        None => reply,
    }
}

/// A refusal in the shape of this API.
pub(super) fn refusal(status: StatusCode, sentence: impl AsRef<str>) -> JsonReply {
    JsonReply::new(status, json!({ "errors": { "imports": shortened(sentence.as_ref()) }, "success": false }))
}

async fn list(sandbox: &Sandbox, call: &Call) -> Result<JsonReply, JsonReply> {
    let account = authorize_master(sandbox, call, &call.query).await?;
    let ids = sandbox.imports.ids(account.user_id);
    // Clients need not send what is refused.
    let most = sandbox.largest_import;
    Ok(JsonReply::new(StatusCode::OK, json!({ "imports": ids, "success": true, "max_file_size": most })))
}

async fn show(sandbox: &Sandbox, call: &Call, id: &str) -> Result<JsonReply, JsonReply> {
    let account = authorize_master(sandbox, call, &call.query).await?;
    let told = sandbox.imports.told(account.user_id, id);
    let unknown = || refusal(StatusCode::NOT_FOUND, "There is no such import: the server forgets them after a day");
    Ok(JsonReply::new(StatusCode::OK, told.ok_or_else(unknown)?))
}

/// Takes a file and lets it wait for its turn.
async fn begin(sandbox: &Sandbox, call: &Call, body: Body) -> Result<JsonReply, JsonReply> {
    let kind = call.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).ok();
    if boundary.is_none() && call.parameter("filename").is_none() {
        return without_file(sandbox, call, body).await;
    }
    // Before the body is read: who may not import sends nothing.
    let account = authorize_change(sandbox, call, &call.query).await?;
    let most = sandbox.largest_import;
    if body.size_hint().lower() > most.saturating_add(AROUND) {
        return Err(of_upload(&UploadError::TooLarge(most >> 20)));
    }
    read(&call.query, &account.username)?;
    let place = sandbox.imports.begin(account.user_id).ok_or_else(|| {
        refusal(
            StatusCode::TOO_MANY_REQUESTS,
            format!("{MOST_UNDER_WAY} imports of this account wait or run already: send more when one is done"),
        )
    })?;
    let sent = match (boundary, call.parameter("filename")) {
        (Some(boundary), _) => upload::receive_form(boundary, body, most).await,
        (None, name) => upload::receive_file(name.unwrap_or_default(), body, most).await,
    };
    let Sent { upload, fields } = sent.map_err(|error| of_upload(&error))?;
    let mut parameters = call.query.clone();
    parameters.extend(fields);
    let options = read(&parameters, &account.username)?;
    let upload = upload.ok_or_else(|| refusal(StatusCode::BAD_REQUEST, NO_FILE))?;
    let id = place.fill(&sandbox.database, upload, options);
    Ok(JsonReply::new(StatusCode::OK, json!({ "item_queue_id": id, "success": true })))
}

/// A request with no file in it is an import that has failed already. CARTO's package for Python sends one before each file.
async fn without_file(sandbox: &Sandbox, call: &Call, body: Body) -> Result<JsonReply, JsonReply> {
    let bad = || refusal(StatusCode::BAD_REQUEST, NO_FILE);
    let body = axum::body::to_bytes(body, LARGEST_PLAIN).await.map_err(|_| bad())?;
    let mut parameters = call.query.clone();
    let fields = parameters_of_body(call.content_type(), &body).map_err(|_| bad())?;
    // In JSON, what is null is not wished.
    parameters.extend(fields.into_iter().filter(|(_, value)| value != "null"));
    let account = authorize_change(sandbox, call, &parameters).await?;
    read(&parameters, &account.username)?;
    let id = sandbox.imports.fail(account.user_id, NO_FILE);
    let id = id.ok_or_else(|| JsonReply::from(QueryError::Overloaded))?;
    Ok(JsonReply::new(StatusCode::OK, json!({ "item_queue_id": id, "success": true })))
}

fn of_upload(error: &UploadError) -> JsonReply {
    let status = match error {
        UploadError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        UploadError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        UploadError::Broken(_) => StatusCode::BAD_REQUEST,
        UploadError::Disc(_) => StatusCode::INSUFFICIENT_STORAGE,
    };
    refusal(status, error.to_string())
}

/// Reads what is wished.
fn read(parameters: &[(String, String)], username: &str) -> Result<ImportOptions, JsonReply> {
    let bad = |sentence: String| refusal(StatusCode::BAD_REQUEST, sentence);
    let given = |name: &str| {
        let found = parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    };
    for (names, sentence) in [
        (&["url", "remote_visualization_id", "service_name", "connector"][..], NO_ADDRESSES),
        (&["sql", "table_copy", "from_query"], NO_QUERIES),
    ] {
        if names.iter().any(|name| given(name).is_some()) {
            return Err(bad(sentence.into()));
        }
    }
    for (name, only) in [
        ("type_guessing", "true"),
        ("quoted_fields_guessing", "true"),
        ("content_guessing", "false"),
        ("create_vis", "false"),
    ] {
        if given(name).is_some_and(|value| !value.eq_ignore_ascii_case(only)) {
            return Err(bad(format!("This server imports with {name}={only} only")));
        }
    }
    let collision = match given("collision_strategy") {
        None => Collision::Number,
        Some("skip") => Collision::Skip,
        Some("overwrite") => Collision::Replace,
        Some(_) => return Err(bad("collision_strategy is skip or overwrite; without it a number is added".into())),
    };
    let text = |name: &str| match given(name) {
        Some(text) if text.chars().count() > LONGEST_TEXT => Err(bad(format!("{name} is too long"))),
        text => Ok(text.map(str::to_owned)),
    };
    let srid = given("srid").map(|number| number.parse::<i32>().ok().filter(|number| *number > 0));
    Ok(ImportOptions {
        user: username.to_owned(),
        table: text("table_name")?,
        collision,
        is_public: given("privacy").map(is_public).transpose().map_err(bad)?.unwrap_or(false),
        srid: srid
            .map(|number| number.ok_or_else(|| bad("srid is the number of a reference system".into())))
            .transpose()?,
        layer: text("layer")?,
        timeout: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parameters: &[(&str, &str)]) -> Result<ImportOptions, String> {
        let parameters: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        read(&parameters, "ada").map_err(|reply| reply.body.map(|body| body.to_string()).unwrap_or_default())
    }

    #[test]
    fn wishes_are_read() {
        let plain = of(&[("type_guessing", "True"), ("privacy", ""), ("api_key", "x")]).unwrap();
        assert_eq!((plain.collision, plain.is_public, plain.user.as_str()), (Collision::Number, false, "ada"));
        let all = [
            ("table_name", "a"),
            ("privacy", "PUBLIC"),
            ("collision_strategy", "overwrite"),
            ("srid", "25830"),
            ("layer", "b"),
        ];
        let all = of(&all).unwrap();
        assert_eq!((all.table.as_deref(), all.layer.as_deref(), all.srid), (Some("a"), Some("b"), Some(25830)));
        assert!(all.is_public && all.collision == Collision::Replace);
        for (name, value, word) in [
            ("url", "http://localhost/a.csv", "download the file"),
            ("sql", "SELECT 1", "CREATE TABLE"),
            ("create_vis", "true", "create_vis=false only"),
            ("type_guessing", "false", "type_guessing=true only"),
            ("privacy", "link", "public or private"),
            ("collision_strategy", "x", "skip or overwrite"),
            ("srid", "-1", "number of a reference system"),
            ("srid", "x", "number of a reference system"),
        ] {
            assert!(of(&[(name, value)]).is_err_and(|sentence| sentence.contains(word)), "{name}={value}");
        }
        assert!(of(&[("layer", &"x".repeat(LONGEST_TEXT + 1))]).is_err());
    }
}
