//! What a refusal of the SQL API or the Auth API becomes.

use crate::error::{CartoError, RawError};
use crate::explain::explain;
use crate::maps::failure::{Failure, RequestKind};
use crate::refusal::{Api, Credentials, Refusal};
use crate::text;
use maps_api::json::Value;

/// Longest text that is taken over from a server, in characters.
const MESSAGE_CHARS: usize = 1_000;

/// The error that a page sees: of the Maps API as everywhere, else `{origin}:{reason}`, where the origin is `sql` or
/// `auth`. `managing` tells that keys are made or changed, which needs the master key.
pub fn error(failure: &Failure, api: Api, managing: bool, credentials: Credentials) -> CartoError {
    if api == Api::Maps {
        return CartoError::new(failure.errors(RequestKind::Map, credentials).into_iter().next().unwrap_or_default());
    }
    let mut raw = raw(failure, api, credentials);
    if managing && raw.refusal.as_ref().is_some_and(|refusal| refusal.reason == "unknown-key") {
        raw.refusal = Some(Refusal::new("master-key-required", api, "", credentials.username));
    }
    let mut error = CartoError::new(raw);
    if let Some(refusal) = error.refusal.clone() {
        error.error_code = text::concat(&[api.word(), ":", refusal.reason]);
        if error.message.is_empty() {
            error.message = refusal.hint;
        }
    }
    error
}

fn raw(failure: &Failure, api: Api, credentials: Credentials) -> RawError {
    let (status, body) = match failure {
        Failure::Server(status, body) => (*status, body),
        // The Auth API refuses without a word.
        Failure::NotJson(status @ (401 | 404), _) if api == Api::Auth => (*status, &Value::Null),
        other => {
            let mut raw = other.errors(RequestKind::Map, credentials).into_iter().next().unwrap_or_default();
            raw.message.get_or_insert_default();
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
        message: Some(text::beginning(told.unwrap_or_default(), MESSAGE_CHARS)),
        // What a limit was about; elsewhere a detail is for people.
        subtype: part("context").and(part("detail")).map(str::to_owned),
        status: Some(status),
        ..RawError::default()
    };
    raw.refusal = explain(&raw, api, credentials).or_else(|| {
        let message = raw.message.as_deref().filter(|message| !message.is_empty())?;
        let mut refusal = Refusal::new("invalid-query", api, message, credentials.username);
        if let Some(hint) = part("hint").or(part("detail")) {
            refusal.hint = text::concat(&[&refusal.hint, " ", hint]);
        }
        (api == Api::Sql).then_some(refusal)
    });
    raw
}
