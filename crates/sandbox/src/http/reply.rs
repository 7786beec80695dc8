//! Answers of the APIs that manage an account: JSON that nobody keeps.

use super::{JSON, Refused, TOO_SLOW};
use crate::db::QueryError;
use crate::map::error::shortened;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// An answer before it has its headers.
pub(super) struct JsonReply {
    pub(super) status: StatusCode,
    pub(super) body: Option<Value>,
}

impl JsonReply {
    pub(super) fn new(status: StatusCode, body: Value) -> JsonReply {
        JsonReply { status, body: Some(body) }
    }

    pub(super) fn empty(status: StatusCode) -> JsonReply {
        JsonReply { status, body: None }
    }

    pub(super) fn error(status: StatusCode, text: impl Into<String>) -> JsonReply {
        JsonReply::new(status, json!({ "errors": shortened(&text.into()), "errors_cause": null }))
    }
}

impl From<QueryError> for JsonReply {
    fn from(error: QueryError) -> JsonReply {
        match error {
            QueryError::Database(error) => JsonReply::error(StatusCode::UNPROCESSABLE_ENTITY, error.message()),
            QueryError::Unsendable => JsonReply::error(StatusCode::BAD_REQUEST, error.to_string()),
            QueryError::Gone => JsonReply::empty(StatusCode::UNAUTHORIZED),
            QueryError::Overloaded => JsonReply::error(
                StatusCode::SERVICE_UNAVAILABLE,
                "The server is overloaded. Please try again in a moment",
            ),
            _ => JsonReply::error(StatusCode::SERVICE_UNAVAILABLE, "The database is not reachable"),
        }
    }
}

/// The answer to a request that nobody looks at.
pub(super) fn refused(why: Refused) -> JsonReply {
    match why {
        Refused::TooMany => {
            JsonReply::error(StatusCode::TOO_MANY_REQUESTS, "Too many requests, or too many wrong keys")
        }
        Refused::TooSlow => JsonReply::error(StatusCode::REQUEST_TIMEOUT, TOO_SLOW),
    }
}

/// An answer that pages of any origin may read; which of them may change something is looked at elsewhere.
pub(super) fn open(mut response: Response, methods: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, Authorization"));
    response
}

/// Never a script: one that holds keys could be read by any page.
pub(super) fn respond(reply: JsonReply) -> Response {
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
