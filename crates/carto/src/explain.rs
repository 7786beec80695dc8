//! What an error of a server means for whoever asked: which of the reasons of [`crate::refusal`] it is.

use crate::error::RawError;
use crate::refusal::{Api, Credentials, Refusal, malformed_key};
use crate::text;

/// Says which dataset was refused, where the server named a node of the map only.
pub fn name_dataset(error: &mut RawError, name: &str, credentials: Credentials) {
    if let Some(refusal) = &mut error.refusal
        && refusal.reason == "dataset-not-granted"
        && refusal.dataset.is_none()
    {
        refusal.hint =
            Refusal::new(refusal.reason, Api::Maps, &text::concat(&["the dataset ", name]), credentials.username).hint;
        refusal.dataset = Some(name.to_owned());
    }
}

/// Explains an error of an API; `None` when it is about neither key nor user nor limits.
pub fn explain(error: &RawError, api: Api, credentials: Credentials) -> Option<Refusal> {
    let message = error.message.as_deref().unwrap_or_default();
    let says = |part: &str| text::contains(message, part);
    let refusal = |word, detail: &str| Some(Refusal::new(word, api, detail, credentials.username));
    match error.status.unwrap_or_default() {
        401 => match malformed_key(credentials.api_key) {
            Some(what) => refusal("malformed-key", what),
            None => refusal("unknown-key", ""),
        },
        403 if error.subtype.as_deref() == Some("api-key-does-not-grant-access")
            || api == Api::Sql && message == "forbidden" =>
        {
            refusal("api-not-granted", "")
        }
        403 if says("permission denied") => {
            let dataset = text::split_once(message, "permission denied for ")
                .and_then(|(_, object)| text::split_once(object, " "))
                .filter(|(kind, _)| matches!(*kind, "table" | "relation" | "view" | "sequence"))
                .map(|(_, name)| text::split_once(name, "\n").map_or(name, |(name, _)| name).to_owned());
            let what = match (&dataset, &error.analysis_id) {
                (Some(table), _) => text::concat(&["the dataset ", table]),
                (None, Some(node)) => text::concat(&["a dataset of source ", node]),
                (None, None) if api == Api::Maps => "a dataset of this map".to_owned(),
                (None, None) => "what the query does".to_owned(),
            };
            refusal("dataset-not-granted", &what).map(|refusal| Refusal { dataset, ..refusal })
        }
        403 if api == Api::Auth && says("limit of API keys") => refusal("quota", ""),
        403 if api == Api::Auth && says("permission to access") => refusal("fixed-key", ""),
        404 if says("not found in redis") || says("find CARTO user") => refusal("unknown-user", ""),
        404 if api == Api::Auth => refusal(if message.is_empty() { "no-such-api" } else { "key-not-found" }, ""),
        402 | 403 => refusal("forbidden", ""),
        400 | 404 if says("does not exist") => {
            let missing = text::split_once(message, "relation \"").and_then(|(_, name)| text::split_once(name, "\""));
            let Some((name, _)) = missing else {
                // The SQL API tells more, which its own reading puts into the hint.
                return if api == Api::Sql { None } else { refusal("invalid-query", message) };
            };
            let refusal = refusal("dataset-not-found", &text::concat(&["dataset ", name]));
            refusal.map(|refusal| Refusal { dataset: Some(name.to_owned()), ..refusal })
        }
        404 => refusal("not-found", message),
        422 if api == Api::Auth && says("been taken") => refusal("name-taken", ""),
        422 if api == Api::Auth && says("table permissions you have") => {
            refusal("dataset-not-found", "such dataset of the account")
        }
        422 if api == Api::Auth => refusal("invalid-grants", message),
        429 => match error.subtype.as_deref() {
            None | Some("rate-limit") => refusal("rate-limited", ""),
            _ => refusal("over-limit", ""),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(status: u16, subtype: Option<&str>, message: &str, api_key: &str) -> Option<(&'static str, String)> {
        let error = RawError {
            status: Some(status),
            subtype: subtype.map(str::to_owned),
            message: Some(message.to_owned()),
            analysis_id: message.starts_with("Analysis").then(|| "S1".to_owned()),
            ..RawError::default()
        };
        let refusal = explain(&error, Api::Maps, Credentials { api_key, username: "demo" })?;
        assert!(refusal.forbidden);
        assert!(!refusal.hint.contains(api_key), "a hint repeats the key: {}", refusal.hint);
        Some((refusal.reason, refusal.hint))
    }

    #[test]
    fn each_refusal_has_its_reason() {
        let not_found = Some("api-key-not-found");
        let of = |status, subtype, message, key| reason(status, subtype, message, key).map(|(reason, _)| reason);
        assert_eq!(of(401, not_found, "Unauthorized", "5up3rs3cr3t"), Some("unknown-key"));
        assert_eq!(of(401, not_found, "Unauthorized", "not a key!"), Some("malformed-key"));
        assert_eq!(of(401, not_found, "Unauthorized", "{YOUR_API_KEY}"), Some("malformed-key"));
        assert_eq!(of(403, Some("api-key-does-not-grant-access"), "Forbidden", "k1"), Some("api-not-granted"));
        let node = "Analysis requires authentication with API key: permission denied.";
        assert_eq!(of(403, None, node, "k1"), Some("dataset-not-granted"));
        let redis = "DB host or name not found in redis (try CARTODB/script/restore_redis)";
        assert_eq!(of(404, None, redis, "k1"), Some("unknown-user"));
        assert_eq!(of(400, None, "syntax error", "k1"), None);
        assert_eq!(of(403, None, "<html>", "k1"), Some("forbidden"));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let of = |message: &str| {
            let error = RawError { status: Some(404), message: Some(message.to_owned()), ..RawError::default() };
            let refusal = explain(&error, Api::Maps, Credentials { api_key: "k1", username: "demo" });
            refusal.map(|refusal| (refusal.reason, refusal.forbidden, refusal.dataset))
        };
        assert_eq!(
            of("relation \"shops\" does not exist"),
            Some(("dataset-not-found", false, Some("shops".to_owned())))
        );
        assert_eq!(of("column \"x\" does not exist"), Some(("invalid-query", false, None)));
        assert_eq!(of("Template 'x' not found"), Some(("not-found", false, None)));
    }

    #[test]
    fn a_dataset_is_named_where_the_server_names_a_node() {
        let credentials = Credentials { api_key: "k1", username: "demo" };
        let message = "Analysis requires authentication with API key: permission denied.";
        let mut error = RawError {
            status: Some(403),
            message: Some(message.to_owned()),
            analysis_id: Some("S1".to_owned()),
            ..RawError::default()
        };
        error.refusal = explain(&error, Api::Maps, credentials);
        name_dataset(&mut error, "shops", credentials);
        let refusal = error.refusal.unwrap_or_else(|| Refusal::new("", Api::Maps, "", ""));
        assert_eq!(refusal.dataset.as_deref(), Some("shops"));
        assert!(refusal.hint.contains("does not grant the dataset shops:"), "{}", refusal.hint);
    }

    #[test]
    fn the_dataset_is_named_where_the_server_names_it() {
        let hint = reason(403, None, "permission denied for table private_places", "k1").map(|(_, hint)| hint);
        assert!(hint.is_some_and(|hint| hint.contains("dataset private_places:")));
        let hint = reason(403, None, "Analysis requires authentication with API key: permission denied.", "k1");
        assert!(hint.is_some_and(|(_, hint)| hint.contains("source S1")));
    }
}
