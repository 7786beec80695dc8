//! Answers made smaller with gzip or Brotli, where a client says that it reads them.
//!
//! Images are as small as they get. What nobody may store holds keys and goes out as it is: of a secret that is compressed
//! beside the words of a stranger, the length of both tells something (BREACH).

use crate::db::memory::Held;
use axum::body::HttpBody;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use tower_http::CompressionLevel;
use tower_http::compression::{CompressionLayer, Predicate};

/// Smaller answers need one packet in any case.
const LEAST: u64 = 1_024;
/// The level of both. Of Brotli's the fourth takes 12 MB for each answer under way and twice the time, and gains 3 %.
const LEVEL: i32 = 2;
/// Bytes that compressing one answer takes until it is sent, at most: 0.3 MB with gzip, 0.6 MB with Brotli.
const WORKSPACE: usize = 1 << 20;
const KINDS: [&str; 6] =
    ["application/json", "application/kml", "application/x-protobuf", "image/svg+xml", "text/csv", "text/javascript"];

/// What an answer has that is to be compressed.
#[derive(Clone, Copy)]
struct Compressible;

/// Whether an answer was found fit to be compressed.
#[derive(Clone, Copy)]
pub(super) struct WasPrepared;

impl Predicate for WasPrepared {
    fn should_compress<B: HttpBody>(&self, response: &axum::http::Response<B>) -> bool {
        response.extensions().get::<Compressible>().is_some()
    }
}

/// Compresses what [`prepare`] has found fit.
pub(super) fn layer() -> CompressionLayer<WasPrepared> {
    CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL)).compress_when(WasPrepared)
}

/// Leaves out where a client refuses answers as they are (`identity;q=0`, `*;q=0`): it would be refused after its request was
/// carried out, and gets what it can be given instead.
pub(super) fn accept_identity(headers: &mut HeaderMap) {
    let refused = |wanted: &str| {
        let (name, quality) = wanted.split_once(';').unwrap_or((wanted, ""));
        let quality = quality.trim().to_ascii_lowercase();
        let is_none = quality.strip_prefix("q=").and_then(|number| number.trim().parse::<f32>().ok()) == Some(0.0);
        is_none && (name.trim() == "*" || name.trim().eq_ignore_ascii_case("identity"))
    };
    let lines: Vec<&str> =
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok()).collect();
    let wanted = lines.iter().flat_map(|line| line.split(','));
    if !wanted.clone().any(refused) {
        return;
    }
    let kept = wanted.filter(|wanted| !refused(wanted)).collect::<Vec<_>>().join(",");
    if let Ok(kept) = HeaderValue::try_from(kept) {
        headers.insert(header::ACCEPT_ENCODING, kept);
    }
}

/// Says what an answer depends on, and whether it is to be compressed for a client that names encodings. Where there is no
/// memory left for that, it is sent as it is.
pub(super) fn prepare(response: &mut Response, names_encodings: bool, held: &Held) {
    let is_fit = is_fit(response);
    if !is_fit && response.status() != StatusCode::NOT_MODIFIED {
        return;
    }
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from(header::ACCEPT_ENCODING));
    weaken(headers);
    if is_fit && names_encodings && held.try_grow(WORKSPACE) {
        response.extensions_mut().insert(Compressible);
    }
}

fn is_fit(response: &Response) -> bool {
    let headers = response.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    KINDS.contains(&kind)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !text(header::CACHE_CONTROL).contains("no-store")
        && response.body().size_hint().exact().is_none_or(|size| size >= LEAST)
}

/// A strong tag would say that both forms are the same bytes.
fn weaken(headers: &mut HeaderMap) {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(format!("W/{tag}")).ok()) {
        headers.insert(header::ETAG, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::memory::Memory;
    use axum::body::Body;

    fn answer(status: u16, kind: &str, size: usize, cache: &str) -> Response {
        let answer = axum::http::Response::builder().status(status).header("content-type", kind);
        let answer = answer.header("cache-control", cache).header("etag", "\"7\"").header("vary", "Authorization");
        answer.body(Body::from(vec![b'a'; size])).unwrap()
    }

    /// The tag, all that the answer varies with, and whether it is compressed.
    fn prepared(mut response: Response, names_encodings: bool, held: &Held) -> (String, Vec<String>, bool) {
        prepare(&mut response, names_encodings, held);
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let varies = response.headers().get_all("vary").iter().map(text).collect();
        (text(&response.headers()["etag"]), varies, WasPrepared.should_compress(&response))
    }

    #[test]
    fn what_is_large_and_no_secret_is_compressed() {
        let memory = Memory::new(0);
        let both = || vec!["Authorization".to_owned(), "accept-encoding".to_owned()];
        let one = || vec!["Authorization".to_owned()];
        let of = |status, kind, size, cache| prepared(answer(status, kind, size, cache), true, &memory.hold());
        let (weak, strong) = (|| "W/\"7\"".to_owned(), || "\"7\"".to_owned());
        for kind in ["application/json; charset=utf-8", "application/x-protobuf", "text/csv; header=present"] {
            assert_eq!(of(200, kind, 2_000, "public"), (weak(), both(), true), "{kind}");
        }
        assert_eq!(of(200, "application/json", 1_000, "public"), (strong(), one(), false));
        assert_eq!(of(200, "image/png", 2_000, "public"), (strong(), one(), false));
        assert_eq!(of(200, "application/json", 2_000, "no-store"), (strong(), one(), false));
        assert_eq!(of(304, "application/json", 0, "public"), (weak(), both(), false));
        let plain = prepared(answer(200, "text/csv", 2_000, "public"), false, &memory.hold());
        assert_eq!(plain, (weak(), both(), false), "a client that names no encoding");
    }

    #[test]
    fn nobody_is_refused_for_what_can_be_sent() {
        let of = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
            }
            accept_identity(&mut headers);
            headers
                .get_all(header::ACCEPT_ENCODING)
                .iter()
                .map(|line| line.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&["gzip, identity;q=0"]), ["gzip"]);
        assert_eq!(of(&["br;q=0.5", "*; q=0.0, gzip"]), ["br;q=0.5, gzip"]);
        assert_eq!(of(&["identity;q=0"]), [""]);
        assert_eq!(of(&["gzip;q=0, identity;q=0.5"]), ["gzip;q=0, identity;q=0.5"]);
        assert!(of(&[]).is_empty());
    }

    #[tokio::test]
    async fn without_memory_nothing_is_compressed() {
        let memory = Memory::new(0);
        let (one, other) = (memory.hold(), memory.hold());
        assert!(one.grow(32 << 20).await.is_ok() && other.grow(32 << 20).await.is_ok());
        let held = memory.hold();
        assert!(!prepared(answer(200, "text/csv", 2_000, "public"), true, &held).2);
        drop(one);
        assert!(prepared(answer(200, "text/csv", 2_000, "public"), true, &held).2);
        assert_eq!(held.bytes(), WORKSPACE);
    }
}
