//! Instantiation of maps: `POST|GET {base}/api/v1/map`.

use super::call::Call;
use super::maps::{CACHE_CHECKED, Content, MapsReply};
use crate::Sandbox;
use crate::accounts::keys::{self, Token};
use crate::map::error::ApiError;
use crate::map::instantiation::{self, Instantiation};
use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// Bodies are read up to this size, in bytes.
pub(super) const LARGEST_BODY: usize = 100 * 1024;
/// An LZMA stream may not unpack to more than this, in bytes.
const LARGEST_UNPACKED: usize = 1024 * 1024;

/// `GET …/api/v1/map?config=…`
pub(super) async fn instantiate_by_get(sandbox: &Sandbox, call: &Call) -> Result<MapsReply, ApiError> {
    let config = match (call.parameter("config"), call.parameter("lzma")) {
        (Some(config), _) => config.to_owned(),
        (None, Some(lzma)) => {
            unpack(lzma).ok_or_else(|| ApiError::bad_request("The lzma parameter cannot be unpacked"))?
        }
        (None, None) => {
            // A wrong key is the more important news.
            keys::authorize(&sandbox.database, &call.username, call.token().as_ref()).await?;
            return Err(ApiError::bad_request("layergroup GET needs a \"config\" parameter"));
        }
    };
    let raw: Value = serde_json::from_str(&config).map_err(|error| ApiError::bad_request(syntax_error(&error)))?;
    let mut reply = instantiate(sandbox, call, raw, call.token()).await?;
    // Its content is the version of the data: who keeps it sees no change of theirs.
    reply.cache = Some(CACHE_CHECKED);
    Ok(reply)
}

/// `POST …/api/v1/map`
pub(super) async fn instantiate_by_post(sandbox: &Sandbox, call: &Call, body: Body) -> Result<MapsReply, ApiError> {
    if !call.content_type().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::bad_request("POST data must be of type application/json"));
    }
    let body = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| ApiError::bad_request("request entity too large").of_kind("entity.too.large").before_auth())?;
    let raw: Value = serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad_request(syntax_error(&error)).of_kind("entity.parse.failed").before_auth())?;
    let token = keys::token_of(&call.headers, &call.query, raw["api_key"].as_str());
    instantiate(sandbox, call, raw, token).await
}

/// The words of JavaScript, as far as they can be known.
fn syntax_error(error: &serde_json::Error) -> String {
    if error.is_eof() { "SyntaxError: Unexpected end of JSON input".into() } else { format!("SyntaxError: {error}") }
}

/// Unpacks base64 of an LZMA stream whose signed bytes were moved by 128.
fn unpack(lzma: &str) -> Option<String> {
    // A plus that was not percent-encoded arrives as a blank.
    let packed: Vec<u8> = BASE64_STANDARD.decode(lzma.replace(' ', "+")).ok()?.iter().map(|byte| byte ^ 0x80).collect();
    let mut unpacked = Limited(Vec::new());
    let options = lzma_rs::decompress::Options { memlimit: Some(16 << 20), ..Default::default() };
    lzma_rs::lzma_decompress_with_options(&mut packed.as_slice(), &mut unpacked, &options).ok()?;
    let value: Value = serde_json::from_slice(&unpacked.0).ok()?;
    value["config"].as_str().map(str::to_owned)
}

/// A buffer that refuses to grow beyond the limit.
struct Limited(Vec<u8>);

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST_UNPACKED {
            return Err(std::io::ErrorKind::OutOfMemory.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn instantiate(sandbox: &Sandbox, call: &Call, raw: Value, token: Option<Token>) -> Result<MapsReply, ApiError> {
    let request = Instantiation {
        username: &call.username,
        token: token.as_ref(),
        scheme: call.scheme,
        base: &format!("{}{}", call.host, call.root),
        filters: call.parameter("filters"),
        aggregation: call.parameter("aggregation"),
    };
    let made = instantiation::instantiate(sandbox, &request, raw).await?;
    Ok(MapsReply {
        content: Content::Json(made.body),
        cache: None,
        map: Some((made.id, made.version)),
        is_instance: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_lzma_is_refused() {
        assert_eq!(unpack("nope"), None);
        assert_eq!(unpack(""), None);
    }
}
