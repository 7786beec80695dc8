//! What a connection is doing, as its parts tell it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What a connection is doing.
#[derive(Debug)]
pub struct Activity(Mutex<State>);

/// The same at one moment.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Requests whose answer is not handed over yet.
    pub running: usize,
    /// Those of them whose body is still awaited.
    pub receiving: usize,
    /// Those of them whose answer is made, and not taken yet.
    pub sending: usize,
    /// When it began to do what it does.
    pub since: Instant,
    /// When the first byte of the next request came.
    pub begun: Option<Instant>,
    /// Bytes of answers that the client's side has taken.
    pub written: u64,
    /// Whether it takes no more for now.
    pub is_blocked: bool,
}

impl State {
    /// Whether nothing happens before the client does something.
    pub fn is_waiting(&self) -> bool {
        self.running == self.receiving + self.sending
    }
}

impl Activity {
    /// A new connection: the head of a request is awaited.
    pub fn new(now: Instant) -> Activity {
        Activity(Mutex::new(State {
            running: 0,
            receiving: 0,
            sending: 0,
            since: now,
            begun: Some(now),
            written: 0,
            is_blocked: false,
        }))
    }

    /// What it is doing now.
    pub fn state(&self) -> State {
        *self.lock()
    }

    pub(super) fn has_read(&self) {
        let mut state = self.lock();
        if state.running == 0 && state.begun.is_none() {
            state.begun = Some(Instant::now());
        }
    }

    pub(super) fn has_written(&self, bytes: usize) {
        let mut state = self.lock();
        state.written += bytes as u64;
        state.is_blocked = false;
    }

    pub(super) fn cannot_write(&self) {
        self.lock().is_blocked = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request, until its answer is handed over or nobody waits for it.
#[derive(Debug)]
pub(super) struct Exchange {
    activity: Arc<Activity>,
    is_sending: bool,
}

impl Exchange {
    pub(super) fn begin(activity: &Arc<Activity>) -> Exchange {
        let mut state = activity.lock();
        state.running += 1;
        state.begun = None;
        state.since = Instant::now();
        drop(state);
        Exchange { activity: activity.clone(), is_sending: false }
    }

    /// The answer is made.
    pub(super) fn send(&mut self) {
        self.is_sending = true;
        let mut state = self.activity.lock();
        state.sending += 1;
        state.since = Instant::now();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        state.running = state.running.saturating_sub(1);
        if self.is_sending {
            state.sending = state.sending.saturating_sub(1);
        }
        state.since = Instant::now();
    }
}

/// A body of a request that is awaited.
#[derive(Debug)]
pub(super) struct Receiving(Arc<Activity>);

impl Receiving {
    pub(super) fn begin(activity: &Arc<Activity>) -> Receiving {
        activity.lock().receiving += 1;
        Receiving(activity.clone())
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.receiving = state.receiving.saturating_sub(1);
        state.since = Instant::now();
    }
}
