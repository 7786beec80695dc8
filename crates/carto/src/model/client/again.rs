//! What could not be had for a reason that may pass is asked for again, after longer and longer waits.

use super::{Client, Effect, State};
use crate::error::{CartoError, RawError};
use crate::event::Event;
use crate::maps::failure::Failure;
use std::mem;
use std::rc::Rc;

/// Milliseconds of the first wait, and of the longest.
const FIRST: u32 = 1_000;
const LONGEST: u32 = 60_000;

/// The wait of a client, one for all that failed: what is down is asked little, however much a page has lost.
#[derive(Debug, Default)]
pub(super) struct Again {
    is_waiting: bool,
    /// Milliseconds of the latest wait.
    delay: u32,
}

/// Tiles of the present address that could not be loaded; which ones they are, the rim knows.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// Errors that the client is told of when it is known why.
    untold: u32,
    /// Whether it is being found out.
    is_asking: bool,
    /// What was found out; during the wait it holds for more tiles.
    reason: Option<CartoError>,
}

impl Client {
    /// The wait is over; `is_online` when the browser has a network again.
    pub fn ask_again(self: &Rc<Self>, is_online: bool) {
        let mut effects = vec![self.tell_native("again", true)];
        let dataviews = {
            let mut state = self.state.borrow_mut();
            // Not so after the end of the client.
            if !mem::take(&mut state.again.is_waiting) {
                return;
            }
            if is_online {
                state.again.delay = 0;
            }
            state.lost.reason = None;
            state.hover.may_ask_again();
            state.dataviews.clone()
        };
        dataviews.ask_again(&mut effects);
        self.run(effects);
    }

    /// Waits for what failed, unless something else is waited for already.
    #[inline(never)]
    pub(super) fn wait(&self, effects: &mut Vec<Effect>) {
        let again = &mut self.state.borrow_mut().again;
        if !mem::replace(&mut again.is_waiting, true) {
            again.delay = again.delay.saturating_mul(2).clamp(FIRST, LONGEST);
            effects.push(Effect::AskAgain { delay: again.delay });
        }
    }

    /// Something came after all: the next wait is a short one.
    pub(super) fn is_back(&self) {
        self.state.borrow_mut().again.delay = 0;
    }

    /// A tile could not be loaded: one error for each, once one of them was asked for to find out why. `is_known`
    /// when it was told of before, and has failed again.
    pub fn tile_failed(self: &Rc<Self>, url: String, is_known: bool) {
        let mut effects = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            let address = state.addresses;
            let is_over = state.disposed;
            let lost = &mut state.lost;
            lost.untold += u32::from(!is_known);
            if lost.is_asking || is_over {
                return;
            }
            if lost.reason.is_some() || url.is_empty() {
                self.tell_lost(&mut state, &mut effects);
            } else {
                lost.is_asking = true;
                effects.push(Effect::AskForTile { url, address });
            }
        }
        self.run(effects);
    }

    /// Takes the answer to [`Effect::AskForTile`].
    #[inline(never)]
    pub fn tile_answer(self: &Rc<Self>, address: u32, answer: Result<(), Failure>) {
        let mut effects = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            if address != state.addresses {
                return;
            }
            state.lost.is_asking = false;
            let failure = answer.err();
            let raw = failure.as_ref().map(|failure| self.error(failure)).unwrap_or_default();
            state.lost.reason = Some(tile_error(raw));
            self.tell_lost(&mut state, &mut effects);
            if failure.is_some_and(|failure| !failure.may_pass()) {
                effects.push(self.tell_native("again", false));
            }
        }
        // Also where there is no hope: more tiles that fail meanwhile are not asked for.
        self.wait(&mut effects);
        self.run(effects);
    }

    /// All tiles that could not be loaded are there after all.
    pub fn tiles_are_back(self: &Rc<Self>) {
        self.is_back();
        self.run(vec![self.success()]);
    }

    /// The map is there as it should be.
    #[inline(never)]
    pub(super) fn success(&self) -> Effect {
        Effect::Tell(self.subject.clone(), Event::new("success", []))
    }

    /// The tiles have another address: those of the old one are told of, and nobody waits for them.
    pub(super) fn forget_lost(&self, state: &mut State, effects: &mut Vec<Effect>) {
        self.tell_lost(state, effects);
        state.lost = Lost::default();
        state.addresses += 1;
    }

    /// The errors of tiles that nobody was told of yet, with what is known of the reason.
    fn tell_lost(&self, state: &mut State, effects: &mut Vec<Effect>) {
        for _ in 0..mem::take(&mut state.lost.untold) {
            let error = state.lost.reason.clone().unwrap_or_else(|| tile_error(RawError::default()));
            effects.push(Effect::Tell(self.subject.clone(), Event::of("error", error)));
        }
    }
}

/// What the client is told of a tile; whatever else the server says of a map says nothing of it.
fn tile_error(raw: RawError) -> CartoError {
    CartoError::new(RawError { origin: "windshaft", kind: "tile".to_owned(), message: None, ..raw })
}
