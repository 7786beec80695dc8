//! Around every request: what it holds of the memory that requests share, until its answer is sent.

use crate::Sandbox;
use crate::db::memory::{self, Held};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub(super) async fn hold(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Response {
    let held = sandbox.database.memory().hold();
    let response = memory::within(held.clone(), next.run(request)).await;
    // Of all that was needed, the answer is left.
    let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
    held.shrink_to(size.unwrap_or(usize::MAX));
    response.map(|body| Body::new(HeldBody { body, _held: held }))
}

/// An answer whose memory is given back when it was sent, or nobody wants it any more.
struct HeldBody {
    body: Body,
    _held: Arc<Held>,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
