//! Around every request: what it holds of the memory that requests share, until its answer is sent.

use super::compression;
use crate::Sandbox;
use crate::db::memory;
use crate::http::listen::Keeping;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

pub(super) async fn hold(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Response {
    let held = sandbox.database.memory().hold();
    let names_encodings = request.headers().contains_key(header::ACCEPT_ENCODING);
    let mut response = memory::within(held.clone(), next.run(request)).await;
    // Of all that was needed, the answer is left.
    let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
    held.shrink_to(size.unwrap_or(usize::MAX));
    compression::prepare(&mut response, names_encodings, &held);
    response.map(|body| Body::new(Keeping::new(body, held)))
}
