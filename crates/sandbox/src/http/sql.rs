//! The SQL API over HTTP: parameters, keys, headers, JSONP.

use super::call::{Call, FOREIGN_PAGE};
use super::route::SqlRoute;
use super::{JSON, Refused, SCRIPT, TOO_SLOW, called_back};
use crate::Sandbox;
use crate::accounts::keys::{self, Account, Api, Key};
use crate::sql_api::error::SqlError;
use crate::sql_api::request::{Format, SqlRequest, parameters_of_body};
use crate::sql_api::run;
use crate::sql_guard::writes::{CheckedStatement, check_statement};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use std::time::Instant;

/// Bodies are read up to this size, in bytes.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
/// Data of maps and queries changes when somebody changes it; caches ask whether it did.
const CACHE_READ: &str = "no-cache,max-age=31536000,must-revalidate,public";
const CACHE_WRITE: &str = "no-cache,max-age=0,must-revalidate,public";
const CACHE_KEPT: &str = "public,max-age=31536000";

/// The answer to a request that nobody looks at.
pub(super) fn refused(call: &Call, why: Refused) -> Response {
    let mut reply = Reply::new();
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
    let mut reply = Reply::new();
    if *method == Method::OPTIONS {
        return reply.response;
    }
    reply.put("carto-user", &call.username);
    let callback = call.callback();
    match handled(sandbox, method, call, route, body, &mut reply).await {
        Ok((written, kind)) => match callback.filter(|_| kind == JSON) {
            Some(name) => reply.script(called_back(&name, written)),
            None => {
                reply.put("content-type", kind);
                *reply.response.body_mut() = Body::from(written);
            }
        },
        Err(error) => reply.fail(&error, callback),
    }
    reply.response
}

struct Reply {
    response: Response,
}

impl Reply {
    fn new() -> Reply {
        let mut reply = Reply { response: Response::new(Body::empty()) };
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
    reply: &mut Reply,
) -> Result<(Vec<u8>, &'static str), SqlError> {
    let begin = Instant::now();
    let mut parameters = call.query.clone();
    if *method != Method::GET && *method != Method::HEAD {
        let too_large = || SqlError::refused(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large");
        let body = axum::body::to_bytes(body, LARGEST_BODY).await.map_err(|_| too_large())?;
        parameters.extend(parameters_of_body(call.content_type(), &body)?);
    }
    let (account, key) = authorize(sandbox, call, &parameters).await?;
    match route {
        SqlRoute::Statement => {}
        SqlRoute::Job => return Err(not_there("batch jobs: send the statement to /api/v2/sql")),
        SqlRoute::Copy => return Err(not_there("COPY: send INSERT statements to /api/v2/sql")),
        SqlRoute::Unknown => return Err(SqlError::new(StatusCode::NOT_FOUND, "There is no such address")),
    }
    let request = SqlRequest::read(&parameters)?;
    if key.is_master() {
        check_page(sandbox, call, &request.query)?;
    }
    let done = run(sandbox, &account, &key, &request).await?;
    reply.put("vary", "Authorization");
    reply.put(
        "cache-control",
        match (done.is_write, request.is_kept) {
            (true, _) => CACHE_WRITE,
            (false, true) => CACHE_KEPT,
            (false, false) => CACHE_READ,
        },
    );
    let is_saved = request.format != Format::Json || request.filename.is_some();
    let disposition = if is_saved { "attachment" } else { "inline" };
    let name = request.filename.as_deref().unwrap_or("cartodb-query");
    reply.put("content-disposition", &format!("{disposition}; filename={name}.{}", request.format.name()));
    Ok(done.result.finish(done.count, begin.elapsed()))
}

/// Who holds a master key may do anything: pages that nobody trusts must not do it by way of a visitor who holds one.
fn check_page(sandbox: &Sandbox, call: &Call, query: &str) -> Result<(), SqlError> {
    if let Some(sentence) = call.misdirected(&sandbox.trust) {
        return Err(SqlError::refused(StatusCode::MISDIRECTED_REQUEST, sentence));
    }
    let is_foreign = sandbox.trust.is_foreign(&call.headers, call.sent_to.as_deref());
    if is_foreign && !matches!(check_statement(query), Ok(CheckedStatement::Read(_))) {
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
