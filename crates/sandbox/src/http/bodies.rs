//! The bodies of requests, read before anybody works on them.

use super::Refused;
use super::route::{Route, Service, SqlRoute};
use crate::http::listen::TooSlow;
use axum::body::{Body, HttpBody};
use axum::http::Method;
use std::error::Error;

/// Bodies are read up to this size, in bytes; the services say what is too large for them.
fn largest(service: Service) -> usize {
    match service {
        Service::Maps => super::instantiation::LARGEST_BODY,
        Service::Sql => super::sql::LARGEST_BODY,
        Service::ApiKeys | Service::Datasets | Service::Visualizations | Service::Tables | Service::Imports => {
            super::auth::LARGEST_BODY
        }
    }
}

/// Reads the body of a request that may have one. One that is too large, or broken off, fails when it is read again.
///
/// # Errors
/// It did not come in time.
pub(super) async fn read(method: &Method, route: &Route, body: Body) -> Result<Body, Refused> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(Body::empty());
    }
    // Rows and files go on as they come.
    if matches!(route, Route::Sql(SqlRoute::CopyFrom) | Route::Imports(_)) {
        return Ok(body);
    }
    let limit = largest(route.service());
    // What says that it is too large is not read at all.
    if body.size_hint().lower() > limit as u64 {
        return Ok(failing());
    }
    match axum::body::to_bytes(body, limit).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) if is_too_slow(&error) => Err(Refused::TooSlow),
        Err(_) => Ok(failing()),
    }
}

fn failing() -> Body {
    Body::from_stream(futures_util::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("too large")) }))
}

/// Whether a body did not come in time.
pub(crate) fn is_too_slow(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return true;
        }
        cause = error.source();
    }
    false
}
