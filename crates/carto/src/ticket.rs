//! [`Ticket`]: a change that waits for the map request which carries it; [`Pending`]: with what follows then.

use crate::error::{CartoError, RawError};
use crate::event::Event;
use crate::slot::Slot;
use crate::subject::Subject;
use maps_api::json::Value;
use std::fmt;
use std::rc::Rc;

/// Settles once, with the answer to the first map request that contains the change.
#[derive(Clone, Default)]
pub struct Ticket(Rc<Slot<State>>);

#[derive(Default)]
struct State {
    result: Option<Result<(), RawError>>,
    waiting: Option<Box<dyn FnOnce()>>,
}

impl Ticket {
    /// Settles the ticket; only the first result counts.
    pub fn settle(&self, result: Result<(), RawError>) {
        let waiting = {
            let mut state = self.0.borrow_mut();
            if state.result.is_some() {
                return;
            }
            state.result = Some(result);
            state.waiting.take()
        };
        if let Some(notify) = waiting {
            notify();
        }
    }

    /// The result, when there is one. Every call makes an error of its own (spec 3.1).
    pub fn result(&self) -> Option<Result<(), CartoError>> {
        self.0.borrow().result.clone().map(|result| result.map_err(CartoError::new))
    }

    /// Calls back when there is a result, at once where there is one already. The engine is at work then: what is called
    /// may only make a note of it.
    pub fn when_settled(&self, notify: Box<dyn FnOnce()>) {
        if self.0.borrow().result.is_none() {
            self.0.borrow_mut().waiting = Some(notify);
        } else {
            notify();
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_tuple("Ticket").field(&self.0.borrow().result).finish()
    }
}

/// Events, each with the object that it is told to, in order.
pub type Told = Vec<(Rc<Subject>, Event)>;

/// What a page is told and given when a change counts, or was refused.
#[derive(Debug)]
pub struct Outcome {
    /// What is told first.
    pub told: Told,
    /// What the promise of the page settles with; `None` is JavaScript's `undefined`.
    pub result: Result<Option<Value>, CartoError>,
}

/// What follows on the answer of the server.
type Then = Box<dyn FnOnce(Result<(), CartoError>) -> (Told, Result<(), CartoError>)>;

/// What a setter leads to.
#[derive(Default)]
pub struct Pending {
    /// What is told at once.
    pub told: Told,
    /// What is waited for; nothing where the change counts already.
    pub ticket: Option<Ticket>,
    then: Option<Then>,
    gives: Option<Value>,
}

impl Pending {
    /// Something is told at once, and no server is asked.
    pub fn tell(subject: &Rc<Subject>, event: Event) -> Pending {
        Pending { told: vec![(subject.clone(), event)], ..Pending::default() }
    }

    /// The server is asked, and `then` follows on its answer.
    pub fn when(
        ticket: Ticket,
        then: impl FnOnce(Result<(), CartoError>) -> (Told, Result<(), CartoError>) + 'static,
    ) -> Pending {
        Pending { ticket: Some(ticket), then: Some(Box::new(then)), ..Pending::default() }
    }

    /// The server is asked, and something is told when it agrees.
    pub fn tell_when(ticket: Ticket, subject: &Rc<Subject>, event: Event) -> Pending {
        let subject = subject.clone();
        Pending::when(ticket, move |result| {
            let told = result.is_ok().then_some((subject, event)).into_iter().collect();
            (told, result)
        })
    }

    /// The same with something that the promise of the page gives.
    pub fn giving(self, value: Value) -> Pending {
        Pending { gives: Some(value), ..self }
    }

    /// What follows: called once, when the ticket is settled, or later in the same turn where there is none.
    pub fn finish(self) -> Outcome {
        let result = self.ticket.and_then(|ticket| ticket.result()).unwrap_or(Ok(()));
        let (told, result) = match self.then {
            Some(then) => then(result),
            None => (Vec::new(), result),
        };
        Outcome { told, result: result.map(|()| self.gives) }
    }
}

impl From<Ticket> for Pending {
    fn from(ticket: Ticket) -> Pending {
        Pending { ticket: Some(ticket), ..Pending::default() }
    }
}

impl From<Option<Ticket>> for Pending {
    fn from(ticket: Option<Ticket>) -> Pending {
        Pending { ticket, ..Pending::default() }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Pending").field("told", &self.told).field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
