//! Errors as the Maps API answers them: `{"errors": […], "errors_with_context": […]}`.

use crate::db::QueryError;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Letters of a text in an answer that tells what is wrong; what was sent may be in it.
const LONGEST_TEXT: usize = 2_000;

/// Letters of the id of a map in an address; ours have 32, and real servers' templates have names.
const LONGEST_ID: usize = 200;

/// A text as answers show it: not longer than somebody reads.
pub fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// The same for all texts of a value, names of members, too.
fn shortened_all(value: &Value) -> Value {
    match value {
        Value::String(text) => shortened(text).into(),
        Value::Array(items) => items.iter().map(shortened_all).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (shortened(name).into_owned(), shortened_all(value))).collect()
        }
        other => other.clone(),
    }
}

/// A refusal or failure that a client is told about.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// What is wrong.
    pub message: String,
    /// Which part found it: `auth`, `layer`, `analysis`, `dataview`, `limit`, `tile`, `unknown`, …
    pub kind: &'static str,
    /// A finer kind, for some.
    pub subtype: Option<&'static str>,
    /// Where in the map it is: the member `layer` or `analysis`.
    pub context: Option<Box<(&'static str, Value)>>,
    /// The map that it happened in, when that was known.
    pub map_id: Option<Box<str>>,
    /// Whether it was found before anybody looked at the key; such answers do not vary with it.
    pub before_auth: bool,
    /// What else is wrong, each with its own entry in the answer.
    pub also: Vec<ApiError>,
}

impl ApiError {
    /// An error that only has a status and a text.
    pub fn new(status: StatusCode, message: impl Into<String>) -> ApiError {
        let message = message.into();
        ApiError {
            status,
            message,
            kind: "unknown",
            subtype: None,
            context: None,
            map_id: None,
            before_auth: false,
            also: Vec::new(),
        }
    }

    /// All of these in one answer, which has the status of the first; none when nothing is wrong.
    pub fn all(errors: Vec<ApiError>) -> Option<ApiError> {
        let mut errors = errors.into_iter();
        let mut first = errors.next()?;
        first.also.extend(errors);
        Some(first)
    }

    /// A request that makes no sense.
    pub fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, message)
    }

    /// The key is not known for this user.
    pub fn unauthorized() -> ApiError {
        ApiError::new(StatusCode::UNAUTHORIZED, "Unauthorized").of_kind("auth").of_subtype("api-key-not-found")
    }

    /// The key is known, but not for this API.
    pub fn forbidden() -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, "Forbidden").of_kind("auth").of_subtype("api-key-does-not-grant-access")
    }

    /// The user is not known and no key was sent. A real server speaks of its key store here.
    pub fn unknown_user() -> ApiError {
        let message = "DB host or name not found in redis (try CARTODB/script/restore_redis)";
        ApiError::new(StatusCode::NOT_FOUND, message)
    }

    /// The layergroup does not exist or has expired.
    pub fn unknown_layergroup(id: &str) -> ApiError {
        ApiError::bad_request(format!("Invalid or nonexistent map configuration token '{id}'"))
    }

    /// A query of a user took too long.
    pub fn query_timeout() -> ApiError {
        let message = "You are over platform's limits: SQL query timeout error. Refactor your query before running \
                       again or contact CARTO support for more details.";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).of_kind("limit").of_subtype("datasource")
    }

    /// A tile took too long.
    pub fn render_timeout() -> ApiError {
        let message = "You are over platform's limits: Render timeout error. Contact CARTO support for more details.";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).of_kind("limit").of_subtype("render")
    }

    /// The server has more to do than it can; the same request may go through in a moment.
    pub fn overloaded() -> ApiError {
        let message = "The server is overloaded. Please try again in a moment";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message).of_kind("limit").of_subtype("overloaded")
    }

    /// What a failed query looks like where the database's own words are passed on.
    pub fn from_query(error: QueryError) -> ApiError {
        match error {
            QueryError::Timeout => ApiError::query_timeout(),
            QueryError::TooLarge => ApiError::too_large(),
            QueryError::Overloaded => ApiError::overloaded(),
            QueryError::Unsendable | QueryError::UnknownFunction(_) => ApiError::bad_request(error.to_string()),
            QueryError::Gone => ApiError::unauthorized(),
            QueryError::Lost => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "The database is not reachable"),
            QueryError::Database(refusal) => ApiError::new(status_of(refusal.message()), refusal.message().to_owned()),
        }
    }

    fn too_large() -> ApiError {
        let message = "You are over platform's limits: the result of the query is too large. Refactor your query \
                       before running again.";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).of_kind("limit").of_subtype("datasource")
    }

    /// What a failed query of a layer looks like: the drawing library of real servers wraps the database's words.
    pub fn from_layer_query(error: QueryError, sql: &str, layer_id: &str) -> ApiError {
        let refusal = match error {
            QueryError::Timeout => return ApiError::render_timeout(),
            QueryError::Database(refusal) => refusal,
            other => return ApiError::from_query(other),
        };
        let hint = refusal.hint().map(|hint| format!("HINT:  {hint}\n")).unwrap_or_default();
        let message = format!(
            "Postgis Plugin: ERROR:  {}\n{hint}in executeQuery Full sql was: '{sql}'\n  encountered during parsing of layer '{layer_id}' in Layer",
            refusal.message()
        );
        ApiError::new(status_of(&message), message)
    }

    /// The error of a layer in the words of another part of real servers, the one that writes vector tiles.
    pub fn of_vector_tile(mut self) -> ApiError {
        let words = self.message.strip_prefix("Postgis Plugin: ERROR:  ").and_then(|rest| rest.lines().next());
        if let Some(words) = words {
            self.message = format!("PgMvtFactory: {words}");
        }
        self
    }

    /// Sets the kind.
    pub fn of_kind(mut self, kind: &'static str) -> ApiError {
        self.kind = kind;
        self
    }

    /// Sets the kind unless the error is about a limit, which says so wherever it happens.
    pub fn found_by(self, kind: &'static str) -> ApiError {
        if self.kind == "limit" { self } else { self.of_kind(kind) }
    }

    /// Sets the finer kind, unless there is one.
    pub fn of_subtype(mut self, subtype: &'static str) -> ApiError {
        self.subtype.get_or_insert(subtype);
        self
    }

    /// Says which layer or analysis it is about.
    pub fn at(mut self, member: &'static str, mut place: Value) -> ApiError {
        // Where in the style of a layer is known before which layer.
        if let Some(known) = self.context.take().and_then(|known| known.1.get("context").cloned()) {
            place["context"] = known;
        }
        self.context = Some(Box::new((member, place)));
        self
    }

    /// Says which map it is about.
    pub fn in_map(mut self, map_id: &str) -> ApiError {
        // It goes into a header, and clients may write anything there.
        self.map_id = Some(map_id).filter(|id| id.len() <= LONGEST_ID).map(Into::into);
        self
    }

    /// Says that nobody has looked at the key yet.
    pub fn before_auth(mut self) -> ApiError {
        self.before_auth = true;
        self
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        let all = || std::iter::once(self).chain(&self.also);
        let messages: Vec<_> = all().map(|error| shortened(&error.message)).collect();
        json!({ "errors": messages, "errors_with_context": all().map(ApiError::entry).collect::<Vec<_>>() })
    }

    /// What is told of it, beside its message.
    fn entry(&self) -> Value {
        let mut context = Map::new();
        context.insert("type".into(), self.kind.into());
        context.insert("message".into(), shortened(&self.message).into());
        if let Some(subtype) = self.subtype {
            context.insert("subtype".into(), subtype.into());
        }
        if let Some((member, place)) = self.context.as_deref() {
            context.insert((*member).into(), shortened_all(place));
        }
        context.into()
    }
}

/// The status that real servers read off a message.
fn status_of(message: &str) -> StatusCode {
    if message.contains("permission denied") {
        StatusCode::FORBIDDEN
    } else if message.starts_with("Postgis Plugin") {
        StatusCode::BAD_REQUEST
    } else if message.contains("does not exist") && !message.starts_with("function ") {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::BAD_REQUEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_their_status() {
        assert_eq!(status_of("permission denied for table t"), StatusCode::FORBIDDEN);
        assert_eq!(status_of("relation \"t\" does not exist"), StatusCode::NOT_FOUND);
        assert_eq!(status_of("operator does not exist: text - text"), StatusCode::NOT_FOUND);
        assert_eq!(status_of("function sum(text) does not exist"), StatusCode::BAD_REQUEST);
        assert_eq!(status_of("Postgis Plugin: ERROR:  column \"x\" does not exist"), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn nobody_gets_back_all_that_was_sent() {
        let long = "ä".repeat(100_000);
        let error =
            ApiError::bad_request(long.clone()).at("layer", json!({ "id": long, "context": { "source": [long] } }));
        assert!(error.body().to_string().len() < 20_000);
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&long).chars().count(), LONGEST_TEXT + 1);
    }

    #[test]
    fn bodies_have_the_members_in_order() {
        let error = ApiError::unauthorized();
        let expected = r#"{"errors":["Unauthorized"],"errors_with_context":[{"type":"auth","message":"Unauthorized","subtype":"api-key-not-found"}]}"#;
        assert_eq!(error.body().to_string(), expected);
        let two = ApiError::all(vec![ApiError::bad_request("one"), ApiError::forbidden()]);
        let body = two.map(|error| error.body()).unwrap_or_default();
        assert_eq!(body["errors"], json!(["one", "Forbidden"]));
        assert_eq!(body["errors_with_context"][1]["type"], "auth");
        assert!(ApiError::all(Vec::new()).is_none());
    }
}
