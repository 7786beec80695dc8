//! [`Ticket`]: a change that waits for the map request which carries it.

use crate::error::{CartoError, RawError};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Settles once, with the answer to the first map request that contains the change.
#[derive(Clone, Debug, Default)]
pub struct Ticket(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    result: Option<Result<(), RawError>>,
    waker: Option<Waker>,
}

impl Ticket {
    /// Settles the ticket; only the first result counts.
    pub fn settle(&self, result: Result<(), RawError>) {
        let waker = {
            let mut state = self.0.borrow_mut();
            if state.result.is_some() {
                return;
            }
            state.result = Some(result);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The result, when there is one. Every call makes an error of its own (spec 3.1).
    pub fn result(&self) -> Option<Result<(), CartoError>> {
        self.0.borrow().result.clone().map(|result| result.map_err(CartoError::new))
    }
}

impl Future for Ticket {
    type Output = Result<(), CartoError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        match self.result() {
            Some(result) => Poll::Ready(result),
            None => {
                self.0.borrow_mut().waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
