//! What a refusal of the SQL API or the Auth API becomes.

use crate::error::{CartoError, RawError};
use crate::json::Value;
use crate::maps::failure::{Failure, Request};
use crate::refusal::{Api, Asker, because, explain};
use crate::text;

/// Longest text that is taken over from a server, in characters.
const MESSAGE_CHARS: usize = 1_000;

/// The error that a page sees: `{origin}:{reason}`, where the origin is `sql` or `auth`.
pub fn error(failure: &Failure, api: Api, asker: Asker) -> CartoError {
    let raw = raw(failure, api, asker);
    let mut error = CartoError::new(raw);
    if let Some(refusal) = error.refusal.clone() {
        error.error_code = [api.word(), ":", refusal.reason].concat();
        if error.message.is_empty() {
            error.message = refusal.hint;
        }
    }
    error
}

fn raw(failure: &Failure, api: Api, asker: Asker) -> RawError {
    let (status, body) = match failure {
        Failure::Server(status, body) => (*status, body),
        // The Auth API refuses without a word.
        Failure::NotJson(status @ (401 | 404), _) if api == Api::Auth => (*status, &Value::Null),
        other => {
            let mut raw = other.errors(Request::Map, asker).into_iter().next().unwrap_or_default();
            raw.message = raw.message.or(Some(String::new()));
            raw.origin = api.word();
            if let Some(refusal) = &mut raw.refusal {
                refusal.api = Some(api);
                if api == Api::Auth && refusal.reason == "unreachable" {
                    refusal.hint.push_str(
                        " The Auth API of most servers answers pages of its own host only: manage keys from there, from Node, \
                         or from a server.",
                    );
                }
            }
            return raw;
        }
    };
    // `error` holds texts, `errors` one text or texts.
    let told = body.get("error").or(body.get("errors"));
    let told = told.and_then(|told| told.as_str().or(told.items().first().and_then(Value::as_str)));
    let part = |name: &str| body.get(name).and_then(Value::as_str);
    let mut raw = RawError {
        origin: api.word(),
        message: Some(told.unwrap_or_default().chars().take(MESSAGE_CHARS).collect()),
        // What a limit was about; elsewhere a detail is for people.
        subtype: part("context").and(part("detail")).map(str::to_owned),
        status: Some(status),
        ..RawError::default()
    };
    raw.refusal = explain(&raw, api, asker).or_else(|| {
        let message = raw.message.as_deref().filter(|message| !message.is_empty())?;
        let mut refusal = because("invalid-query", api, message, asker.username);
        if let Some(hint) = part("hint").or(part("detail")) {
            refusal.hint = [&refusal.hint, " ", hint].concat();
        }
        (api == Api::Sql).then_some(refusal)
    });
    raw
}

/// Whether an error of the SQL API came with status 200, in the middle of the rows.
pub fn reported(body: &Value) -> bool {
    body.get("error").is_some_and(|error| error.is_array() && !error.items().is_empty())
}

/// The reason of a write by a key that is known, and not the master key.
pub fn of_management(failure: &Failure, asker: Asker) -> CartoError {
    let mut error = error(failure, Api::Auth, asker);
    if error.refusal.as_ref().is_some_and(|refusal| text::contains(refusal.reason, "unknown-key")) {
        let refusal = because("master-key-required", Api::Auth, "", asker.username);
        error.error_code = ["auth:", refusal.reason].concat();
        error.message.clone_from(&refusal.hint);
        error.refusal = Some(refusal);
    }
    error
}
