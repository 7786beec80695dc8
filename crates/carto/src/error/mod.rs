//! [`CartoError`]: the one error that pages see, thrown and rejected everywhere (spec 2.2).

pub mod codes;

use crate::page_value::PageValue;
use crate::refusal::Refusal;
use crate::subject::Subject;
use maps_api::json::Value;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// An error as a validation, a server or the network reported it, before it got its code and friendly text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawError {
    /// `validation`, `windshaft`, `ajax` or `generic`.
    pub origin: &'static str,
    /// The group: `client`, `layer`, `analysis`, …
    pub kind: String,
    /// A finer group that some server errors have.
    pub subtype: Option<String>,
    /// The text as it came.
    pub message: Option<String>,
    /// What a server adds to errors of layers and analyses.
    pub context: Value,
    /// The layer that a server names.
    pub layer_id: Option<Value>,
    /// The analysis node that a server names.
    pub analysis_id: Option<String>,
    /// HTTP status, when an answer was had.
    pub status: Option<u16>,
    /// What we found out about it beyond CARTO.js: a reason and a hint.
    pub refusal: Option<Refusal>,
    /// What JavaScript threw, when the network failed.
    pub cause: Option<PageValue>,
}

impl RawError {
    /// The error of a check that failed; `token` is looked up in [`codes`].
    pub fn validation(kind: &str, token: &str) -> RawError {
        RawError { origin: "validation", kind: kind.into(), message: Some(token.into()), ..RawError::default() }
    }
}

/// The error that pages see; its [`Details`] are behind a pointer, so that results stay small.
#[derive(Clone, Debug)]
pub struct CartoError(Box<Details>);

impl Deref for CartoError {
    type Target = Details;
    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for CartoError {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// What a [`CartoError`] says.
#[derive(Clone, Debug)]
pub struct Details {
    /// A text for people.
    pub message: String,
    /// `validation`, `windshaft`, `ajax` or `generic`.
    pub origin: &'static str,
    /// The group: `client`, `layer`, `analysis`, …; empty for generic errors.
    pub kind: String,
    /// `origin:type:code`, empty parts left out.
    pub error_code: String,
    /// What it was made from; `None` where CARTO.js has no `originalError`.
    pub raw: Option<RawError>,
    /// What we found out beyond CARTO.js.
    pub refusal: Option<Refusal>,
    /// What to do, where no server has refused anything.
    pub hint: Option<String>,
    /// HTTP status, when an answer was had.
    pub status: Option<u16>,
    /// The public layer, on errors that the client event carries.
    pub layer: Option<Rc<Subject>>,
    /// The public source, on errors that the source event carries.
    pub source: Option<Rc<Subject>>,
    /// The analysis node, on errors of type `analysis`.
    pub source_id: Option<String>,
}

impl CartoError {
    /// Gives a raw error its code and friendly text (spec 2.2.2).
    pub fn new(raw: RawError) -> CartoError {
        let origin = if raw.origin.is_empty() { "generic" } else { raw.origin };
        let message = raw.message.as_deref().unwrap_or(if origin == "generic" { "unexpected error" } else { "" });
        let (code, message) = codes::look_up(origin, &raw.kind, message);
        let mut error_code = origin.to_owned();
        for part in [&raw.kind, &code] {
            if !part.is_empty() {
                error_code.push(':');
                error_code.push_str(part);
            }
        }
        CartoError(Box::new(Details {
            message,
            kind: raw.kind.clone(),
            error_code,
            refusal: raw.refusal.clone(),
            status: raw.status,
            source_id: if raw.kind == "analysis" { raw.analysis_id.clone() } else { None },
            origin,
            raw: Some(raw),
            layer: None,
            source: None,
            hint: None,
        }))
    }

    /// The error of a check that failed (spec 2.2.3).
    ///
    /// ```
    /// let error = carto::error::CartoError::validation("client", "apiKeyRequired");
    /// assert_eq!(error.error_code, "validation:client:api-key-required");
    /// ```
    pub fn validation(kind: &str, token: &str) -> CartoError {
        CartoError::new(RawError::validation(kind, token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(kind: &str, message: &str) -> CartoError {
        let message = Some(message.to_owned());
        CartoError::new(RawError { origin: "windshaft", kind: kind.into(), message, ..RawError::default() })
    }

    #[test]
    fn server_texts_get_their_codes() {
        let missing = server("analysis", "relation \"no_such_table\" does not exist");
        assert_eq!(missing.error_code, "windshaft:analysis:invalid-dataset");
        assert_eq!(missing.message, "Invalid dataset name used. Dataset \"no_such_table\" does not exist.");
        let rule = server("layer", "style0:1:6 Unrecognized rule: marker-wid. Did you mean marker-width?");
        assert_eq!(rule.error_code, "windshaft:layer:unrecognized-rule");
        assert_eq!(server("auth", "Forbidden").message, "Forbidden. API key does not grant access.");
        assert_eq!(server("auth", "Unauthorized").error_code, "windshaft:auth:unknown-error");
        assert_eq!(server("generic", "Forbidden").error_code, "windshaft:generic:unknown-error");
    }

    #[test]
    fn captures_fill_the_texts() {
        let error = CartoError::validation("layer", "wrongInteractivityColumns[a, b]#featureClick");
        assert_eq!(error.error_code, "validation:layer:wrong-interactivity-columns");
        assert!(error.message.starts_with("Columns [a, b] set on `featureClick` do not match"), "{}", error.message);
    }

    #[test]
    fn nothing_known_is_an_unexpected_error() {
        let error = CartoError::new(RawError::default());
        assert_eq!((error.error_code.as_str(), error.message.as_str()), ("generic:unknown-error", "unexpected error"));
    }
}
