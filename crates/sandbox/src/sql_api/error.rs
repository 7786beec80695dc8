//! Errors as the SQL API answers them: `{"error": […], "hint"?, "detail"?, "context"?}`.

use crate::db::QueryError;
use crate::map::error::shortened;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A refusal or failure that a client is told about.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlError {
    /// HTTP status.
    pub status: StatusCode,
    /// What is wrong.
    pub message: String,
    /// What the database advises.
    pub hint: Option<String>,
    /// More of the same; the kind of the limit when it is about one.
    pub detail: Option<String>,
    /// `limit`, or where in a function of the database it happened.
    pub context: Option<String>,
    /// Whether the key was known already; such answers vary with it.
    pub after_auth: bool,
}

impl SqlError {
    /// An error that only has a status and a text.
    pub fn new(status: StatusCode, message: impl Into<String>) -> SqlError {
        SqlError { status, message: message.into(), hint: None, detail: None, context: None, after_auth: true }
    }

    /// A request that makes no sense.
    pub fn bad_request(message: impl Into<String>) -> SqlError {
        SqlError::new(StatusCode::BAD_REQUEST, message)
    }

    /// Something that the key may not do.
    pub fn forbidden(message: impl Into<String>) -> SqlError {
        SqlError::new(StatusCode::FORBIDDEN, message)
    }

    /// The key or the user is refused.
    pub fn refused(status: StatusCode, message: impl Into<String>) -> SqlError {
        SqlError { after_auth: false, ..SqlError::new(status, message) }
    }

    /// One request too many.
    pub fn too_many() -> SqlError {
        SqlError {
            detail: Some("rate-limit".into()),
            after_auth: false,
            ..SqlError::limit("You are over platform's limits. Please contact us to know more details")
        }
    }

    /// The server has more to do than it can; the same request may go through in a moment.
    pub fn overloaded() -> SqlError {
        SqlError {
            detail: Some("overloaded".into()),
            context: Some("limit".into()),
            ..SqlError::new(StatusCode::SERVICE_UNAVAILABLE, "The server is overloaded. Please try again in a moment")
        }
    }

    fn limit(message: &str) -> SqlError {
        SqlError {
            detail: Some("datasource".into()),
            context: Some("limit".into()),
            ..SqlError::new(StatusCode::TOO_MANY_REQUESTS, message)
        }
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        let mut body = json!({ "error": [shortened(&self.message)] });
        for (name, text) in [("hint", &self.hint), ("context", &self.context), ("detail", &self.detail)] {
            if let Some(text) = text {
                body[name] = shortened(text).into();
            }
        }
        body
    }
}

impl From<QueryError> for SqlError {
    fn from(error: QueryError) -> SqlError {
        match error {
            QueryError::Timeout => SqlError::limit(
                "You are over platform's limits: SQL query timeout error. Refactor your query before running again or \
                 contact CARTO support for more details.",
            ),
            QueryError::TooLarge => SqlError::limit(
                "You are over platform's limits: the result of the query is too large. Refactor your query before \
                 running again.",
            ),
            QueryError::Overloaded => SqlError::overloaded(),
            QueryError::Unsendable | QueryError::UnknownFunction(_) => SqlError::bad_request(error.to_string()),
            QueryError::Gone => SqlError::refused(StatusCode::UNAUTHORIZED, "Unauthorized"),
            QueryError::Lost => SqlError::new(StatusCode::SERVICE_UNAVAILABLE, "The database is not reachable"),
            QueryError::Database(refusal) => {
                let is_denied = refusal.message().contains("permission denied");
                let status = if is_denied { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
                SqlError {
                    hint: refusal.hint().map(str::to_owned),
                    detail: refusal.detail().map(str::to_owned),
                    ..SqlError::new(status, refusal.message())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_what_there_is() {
        assert_eq!(SqlError::forbidden("no").body().to_string(), r#"{"error":["no"]}"#);
        let body = SqlError::from(QueryError::Timeout).body();
        assert_eq!((body["context"].as_str(), body["detail"].as_str()), (Some("limit"), Some("datasource")));
    }
}
