//! The SQL API over HTTP: parameters, keys, headers, JSONP.

use super::call::{Call, FOREIGN_PAGE};
use super::route::SqlRoute;
use super::{JSON, Refused, SCRIPT, TOO_SLOW, called_back, tags};
use crate::Sandbox;
use crate::accounts::keys::{self, Account, Api, Key};
use crate::sql_api::error::SqlError;
use crate::sql_api::request::{Format, SqlRequest, parameters_of_body};
use crate::sql_api::{copy, multipart, run};
use crate::sql_guard::script::check_script;
use crate::sql_guard::writes::CheckedStatement;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use std::ops::Range;
use std::time::Instant;

/// Bodies are read up to this size, in bytes.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
/// Data of maps and queries changes when somebody changes it; caches ask whether it did.
const CACHE_READ: &str = "no-cache,max-age=31536000,must-revalidate,public";
const CACHE_WRITE: &str = "no-cache,max-age=0,must-revalidate,public";
const CACHE_KEPT: &str = "public,max-age=31536000";

/// The answer to a request that nobody looks at.
pub(super) fn refused(call: &Call, why: Refused) -> Response {
    let mut reply = SqlReply::new();
    reply.put("carto-user", &call.username);
    let error = match why {
        Refused::TooMany => SqlError::too_many(),
        Refused::TooSlow => SqlError::refused(StatusCode::REQUEST_TIMEOUT, TOO_SLOW),
    };
    reply.fail(&error, call.callback());
    reply.response
}

/// Answers a request to the SQL API.
pub(super) async fn answer(sandbox: &Sandbox, method: &Method, call: &Call, route: SqlRoute, body: Body) -> Response {
    let mut reply = SqlReply::new();
    if *method == Method::OPTIONS {
        return reply.response;
    }
    reply.put("carto-user", &call.username);
    let callback = call.callback();
    match handled(sandbox, method, call, route, body, &mut reply).await {
        Ok(Content::Whole(written, kind, differs)) => match callback.filter(|_| kind == JSON) {
            Some(name) => reply.script(called_back(&name, written)),
            None => {
                reply.put("content-type", kind);
                tags::tag(method, &call.headers, &mut reply.response, written, differs);
            }
        },
        Ok(Content::Rows(rows)) => {
            reply.put("content-type", "application/octet-stream");
            *reply.response.body_mut() = rows;
        }
        Err(error) => reply.fail(&error, callback),
    }
    reply.response
}

struct SqlReply {
    response: Response,
}

/// The content of an answer.
enum Content {
    /// All of it, with its type, and where in it stands what differs each time.
    Whole(Vec<u8>, &'static str, Range<usize>),
    /// Rows as they come.
    Rows(Body),
}

impl SqlReply {
    fn new() -> SqlReply {
        let mut reply = SqlReply { response: Response::new(Body::empty()) };
        for name in ["access-control-allow-origin", "access-control-allow-headers", "access-control-expose-headers"] {
            reply.put(name, "*");
        }
        reply
    }

    fn fail(&mut self, error: &SqlError, callback: Option<String>) {
        if error.after_auth {
            self.put("vary", "Authorization");
        }
        self.put("cache-control", "no-cache");
        self.put("content-disposition", "inline");
        match callback {
            // A script element cannot see the body of a failed request.
            Some(name) => self.script(called_back(&name, error.body().to_string().into_bytes())),
            None => {
                *self.response.status_mut() = error.status;
                self.put("content-type", JSON);
                *self.response.body_mut() = Body::from(error.body().to_string());
            }
        }
    }

    fn put(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }

    fn script(&mut self, script: Vec<u8>) {
        self.put("content-type", SCRIPT);
        *self.response.body_mut() = Body::from(script);
    }
}

async fn handled(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    route: SqlRoute,
    body: Body,
    reply: &mut SqlReply,
) -> Result<Content, SqlError> {
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    match route {
        SqlRoute::CopyFrom => return copy_from(sandbox, method, call, body, reply).await,
        SqlRoute::CopyTo if is_get => return copy_to(sandbox, call, &call.query, reply).await,
        _ => {}
    }
    let begin = Instant::now();
    let mut parameters = call.query.clone();
    if !is_get {
        let too_large = || SqlError::refused(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large");
        let body = axum::body::to_bytes(body, LARGEST_BODY).await.map_err(|_| too_large())?;
        let whole_type = call.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        parameters.extend(match multipart::fields(whole_type, body.clone()).await? {
            Some(fields) => fields,
            None => parameters_of_body(call.content_type(), &body)?,
        });
    }
    if route == SqlRoute::CopyTo {
        return copy_to(sandbox, call, &parameters, reply).await;
    }
    let (account, key) = authorize(sandbox, call, &parameters).await?;
    match route {
        SqlRoute::Job => return Err(not_there("batch jobs: send the statements to /api/v2/sql")),
        SqlRoute::Unknown => return Err(SqlError::new(StatusCode::NOT_FOUND, "There is no such address")),
        SqlRoute::Statement | SqlRoute::CopyFrom | SqlRoute::CopyTo => {}
    }
    let request = SqlRequest::read(&parameters)?;
    let is_read =
        || check_script(&request.query).is_ok_and(|statements| statements.iter().all(CheckedStatement::is_read));
    if key.is_master() {
        check_page(sandbox, call, is_read)?;
    }
    let done = run(sandbox, &account, &key, &request).await?;
    let format = request.format;
    let (written, differs) = done.result.finish(done.count, begin.elapsed()).map_err(SqlError::bad_request)?;
    reply.put("vary", "Authorization");
    reply.put(
        "cache-control",
        match (done.is_write, request.is_kept) {
            (true, _) => CACHE_WRITE,
            (false, true) => CACHE_KEPT,
            (false, false) => CACHE_READ,
        },
    );
    let is_saved = format != Format::Json || request.filename.is_some();
    let disposition = if is_saved { "attachment" } else { "inline" };
    let name = request.filename.as_deref().unwrap_or("cartodb-query");
    reply.put("content-disposition", &format!("{disposition}; filename={name}.{}", format.ending()));
    Ok(Content::Whole(written, format.content_type(), differs))
}

/// Rows from a client; its statement is in the address.
async fn copy_from(
    sandbox: &Sandbox,
    method: &Method,
    call: &Call,
    body: Body,
    reply: &mut SqlReply,
) -> Result<Content, SqlError> {
    let begin = Instant::now();
    let (account, key) = authorize(sandbox, call, &call.query).await?;
    if *method != Method::POST {
        return Err(SqlError::new(StatusCode::METHOD_NOT_ALLOWED, "Rows are sent with POST"));
    }
    let statement = copy::checked(call.parameter("q"), true)?;
    if key.is_master() {
        check_page(sandbox, call, || false)?;
    }
    let is_packed = match encoding(call, header::CONTENT_ENCODING).trim() {
        "" | "identity" => false,
        "gzip" => true,
        _ => return Err(SqlError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Rows are packed with gzip, or not at all")),
    };
    let rows = copy::copy_in(sandbox, &account, &key, statement, body, is_packed).await?;
    reply.put("vary", "Authorization");
    reply.put("cache-control", CACHE_WRITE);
    let time = (begin.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    Ok(Content::Whole(json!({ "time": time, "total_rows": rows }).to_string().into_bytes(), JSON, 0..0))
}

/// Rows to a client.
async fn copy_to(
    sandbox: &Sandbox,
    call: &Call,
    parameters: &[(String, String)],
    reply: &mut SqlReply,
) -> Result<Content, SqlError> {
    let (_, key) = authorize(sandbox, call, parameters).await?;
    let of = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let statement = copy::checked(of("q"), false)?;
    if key.is_master() {
        check_page(sandbox, call, || true)?;
    }
    let is_packed = encoding(call, header::ACCEPT_ENCODING).split(',').any(|wanted| {
        let (name, quality) = wanted.split_once(';').unwrap_or((wanted, ""));
        name.trim() == "gzip" && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    });
    let rows = copy::copy_out(sandbox, &key, statement, is_packed).await?;
    reply.put("vary", "Authorization, Accept-Encoding");
    reply.put("cache-control", CACHE_READ);
    if is_packed {
        reply.put("content-encoding", "gzip");
    }
    let plain = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let name: String = of("filename").unwrap_or_default().chars().filter(plain).take(100).collect();
    let name = if name.is_empty() { "carto-sql-copyto.dmp" } else { &name };
    reply.put("content-disposition", &format!("attachment; filename={name}"));
    Ok(Content::Rows(rows))
}

fn encoding(call: &Call, name: HeaderName) -> String {
    call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

/// Who holds a master key may do anything: pages that nobody trusts must not do it by way of a visitor who holds one.
fn check_page(sandbox: &Sandbox, call: &Call, is_read: impl FnOnce() -> bool) -> Result<(), SqlError> {
    if let Some(sentence) = call.misdirected(&sandbox.trust) {
        return Err(SqlError::refused(StatusCode::MISDIRECTED_REQUEST, sentence));
    }
    let is_foreign = sandbox.trust.is_foreign(&call.headers, call.sent_to.as_deref());
    if is_foreign && !is_read() {
        return Err(SqlError::forbidden(FOREIGN_PAGE));
    }
    Ok(())
}

fn not_there(what: &str) -> SqlError {
    SqlError::new(StatusCode::NOT_IMPLEMENTED, format!("The sandbox has no {what}"))
}

/// Finds out who asks and whether they may.
async fn authorize(
    sandbox: &Sandbox,
    call: &Call,
    parameters: &[(String, String)],
) -> Result<(Account, Key), SqlError> {
    let token = keys::token_of(&call.headers, parameters, None);
    let Some((account, key)) = keys::look_up(&sandbox.database, &call.username, token.as_ref()).await? else {
        let message = format!(
            "Sorry, we can't find CARTO user '{}'. Please check that you have entered the correct domain.",
            call.username
        );
        return Err(SqlError::refused(StatusCode::NOT_FOUND, message));
    };
    if keys::basic_user(&call.headers).is_some_and(|user| user != call.username) {
        return Err(SqlError::refused(StatusCode::FORBIDDEN, "permission denied"));
    }
    let key = key.ok_or_else(|| SqlError::refused(StatusCode::UNAUTHORIZED, "Unauthorized"))?;
    if !key.grants(Api::Sql) {
        return Err(SqlError::refused(StatusCode::FORBIDDEN, "forbidden"));
    }
    Ok((account, key))
}
