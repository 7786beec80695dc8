//! Bodies that keep an eye on themselves.

use super::activity::Receiving;
use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// The body of a request did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the body takes too long")]
pub struct TooSlow;

/// The body of a request, which must be there in time.
pub(super) struct Received {
    body: Incoming,
    deadline: Pin<Box<Sleep>>,
    receiving: Option<Receiving>,
}

impl Received {
    pub(super) fn new(body: Incoming, time: Duration, receiving: Receiving) -> Received {
        let receiving = Some(receiving).filter(|_| !body.is_end_stream());
        Received { body, deadline: Box::pin(tokio::time::sleep(time)), receiving }
    }
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context).map_err(Into::into);
        if frame.is_pending() && self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(Box::new(TooSlow))));
        }
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.receiving = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer that keeps something until it was sent, or nobody wants it any more.
pub struct Keeping<T> {
    body: Body,
    _kept: T,
}

impl<T> Keeping<T> {
    /// Drops what is kept with the body.
    pub fn new(body: Body, kept: T) -> Keeping<T> {
        Keeping { body, _kept: kept }
    }
}

impl<T: Unpin> HttpBody for Keeping<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
