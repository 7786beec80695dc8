//! The bodies of requests, read before anybody works on them.

use super::call::Service;
use crate::listen::TooSlow;
use axum::body::{Body, HttpBody};
use axum::http::Method;
use std::error::Error;

/// What became of a body.
pub(super) enum Buffered {
    /// It is there; one that is too large, or broken off, fails when it is read.
    Body(Body),
    /// It did not come in time.
    TooSlow,
}

/// Bodies are read up to this size, in bytes; the services say what is too large for them.
fn largest(service: Service) -> usize {
    match service {
        Service::Maps => super::map::LARGEST_BODY,
        Service::Sql => super::sql::LARGEST_BODY,
        Service::ApiKeys | Service::Datasets => super::auth::LARGEST_BODY,
    }
}

/// Reads the body of a request that may have one.
pub(super) async fn read(method: &Method, service: Service, body: Body) -> Buffered {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Buffered::Body(Body::empty());
    }
    let limit = largest(service);
    // What says that it is too large is not read at all.
    if body.size_hint().lower() > limit as u64 {
        return Buffered::Body(failing());
    }
    match axum::body::to_bytes(body, limit).await {
        Ok(bytes) => Buffered::Body(bytes.into()),
        Err(error) if is_too_slow(&error) => Buffered::TooSlow,
        Err(_) => Buffered::Body(failing()),
    }
}

fn failing() -> Body {
    Body::from_stream(futures_util::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("too large")) }))
}

fn is_too_slow(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return true;
        }
        cause = error.source();
    }
    false
}
