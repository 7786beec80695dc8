//! Tags of answers (`ETag`), by which clients ask whether what they have is still right (`If-None-Match`).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use md5::{Digest, Md5};
use std::ops::Range;

/// Gives an answer to `GET` a tag of what is in it, and sends nothing else to a client that has just this.
///
/// `differs` is where something stands that differs each time and says nothing of the data. Answers that are alike but for this
/// have one tag, which then is a weak one.
pub(super) fn tag(method: &Method, asked: &HeaderMap, response: &mut Response, body: Vec<u8>, differs: Range<usize>) {
    if !matches!(*method, Method::GET | Method::HEAD) || response.status() != StatusCode::OK {
        *response.body_mut() = Body::from(body);
        return;
    }
    let mark = if differs.is_empty() { "" } else { "W/" };
    let parts = [body.get(..differs.start), body.get(differs.end..)];
    let digest = parts.into_iter().flatten().fold(Md5::new(), Md5::chain_update).finalize();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let is_known = has_tag(asked, &digest);
    if let Ok(tag) = HeaderValue::try_from(format!("{mark}\"{digest}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_DISPOSITION);
    } else {
        *response.body_mut() = Body::from(body);
    }
}

/// Whether a client has what a tag stands for. A compressed answer has the same tag, but marked as weak.
fn has_tag(asked: &HeaderMap, digest: &str) -> bool {
    let lines = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(method: Method, asked: &[&'static str], status: u16) -> (u16, Option<String>) {
        let mut headers = HeaderMap::new();
        for line in asked {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_static(line));
        }
        let mut response = Response::builder().status(status).body(Body::empty()).unwrap();
        tag(&method, &headers, &mut response, b"one".to_vec(), 0..0);
        let tag = response.headers().get(header::ETAG).map(|tag| tag.to_str().unwrap().to_owned());
        (response.status().as_u16(), tag)
    }

    #[test]
    fn what_differs_each_time_makes_no_other_tag() {
        let tag_of = |body: &str, differs: Range<usize>| {
            let mut response = Response::new(Body::empty());
            tag(&Method::GET, &HeaderMap::new(), &mut response, body.into(), differs);
            response.headers()[header::ETAG].to_str().unwrap().to_owned()
        };
        let first = tag_of("rows 1 ms", 5..6);
        assert_eq!(tag_of("rows 230 ms", 5..8), first);
        assert!(first.starts_with("W/") && tag_of("rows 1 s", 5..6) != first);
        assert!(!tag_of("rows 1 ms", 0..0).starts_with("W/"));
    }

    #[test]
    fn who_has_it_gets_nothing() {
        const ONE: &str = "\"f97c5d29941bfb1b2fdab0874906ab82\"";
        let tag = || Some(ONE.to_owned());
        assert_eq!(answered(Method::GET, &[], 200), (200, tag()));
        for asked in
            [ONE, "W/\"f97c5d29941bfb1b2fdab0874906ab82\"", "\"a\", W/\"f97c5d29941bfb1b2fdab0874906ab82\"", "*"]
        {
            assert_eq!(answered(Method::GET, &[asked], 200), (304, tag()), "{asked}");
        }
        assert_eq!(answered(Method::HEAD, &["\"a\"", ONE], 200), (304, tag()));
        assert_eq!(answered(Method::GET, &["\"a\"", "nonsense, "], 200), (200, tag()));
        assert_eq!(answered(Method::POST, &[ONE], 200), (200, None));
        assert_eq!(answered(Method::GET, &[ONE], 400), (400, None));
    }
}
