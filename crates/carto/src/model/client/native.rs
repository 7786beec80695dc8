//! The native layer of a client: its tiles, and features under the pointer (spec 5).

use super::{Client, Effect, State};
use crate::error::{CartoError, RawError};
use crate::event::Event;
use crate::maps::failure::{Failure, RequestKind};
use crate::maps::grid::Grid;
use crate::model::hover::{GridKey, Pointer, Reaction};
use maps_api::json::Value;
use std::rc::Rc;

impl Client {
    /// Tells the native layer its tile address when that changed.
    pub(super) fn refresh_tiles(&self) -> Vec<Effect> {
        let mut state = self.state.borrow_mut();
        let visible = state.shown.iter().enumerate().filter(|(_, layer)| layer.is_visible());
        let visible: Vec<usize> = visible.map(|(index, _)| index).collect();
        let address = state.tiles.as_ref().and_then(|tiles| tiles.tiles(&visible));
        if address == state.address {
            return Vec::new();
        }
        state.address = address;
        let mut effects = Vec::new();
        self.forget_lost(&mut state, &mut effects);
        if state.hover.reset() {
            effects.push(self.tell_native("cursor", false));
        }
        effects.push(Effect::Tell(self.native.clone(), Self::tiles_event(&state)));
        effects
    }

    fn tiles_event(state: &State) -> Event {
        let subdomains = state.tiles.as_ref().map(|tiles| tiles.subdomains.as_slice()).unwrap_or_default();
        Event::new("tiles", [Value::from(state.address.clone()).into(), Value::from(subdomains).into()])
    }

    /// Tells a native layer that is new where the tiles are.
    pub fn greet_native(self: &Rc<Self>) {
        let event = Self::tiles_event(&self.state.borrow());
        self.run(vec![Effect::Tell(self.native.clone(), event)]);
    }

    /// Tells the native layer to show a hand as the `cursor` or not, or to load lost tiles `again` or not.
    #[inline(never)]
    pub(super) fn tell_native(&self, what: &'static str, flag: bool) -> Effect {
        Effect::Tell(self.native.clone(), Event::of(what, Value::Bool(flag)))
    }

    /// The pointer moved or clicked on the map.
    pub fn pointer(self: &Rc<Self>, pointer: &Pointer) {
        let reaction = {
            let state = &mut *self.state.borrow_mut();
            let Some(tiles) = &state.tiles else { return };
            state.hover.pointer(&state.shown, tiles, pointer)
        };
        self.react(reaction, Vec::new());
    }

    /// The pointer left the map.
    pub fn pointer_left(self: &Rc<Self>) {
        let reaction = {
            let state = &mut *self.state.borrow_mut();
            state.hover.leave(&state.shown)
        };
        self.react(reaction, Vec::new());
    }

    /// Takes a grid that was read.
    #[inline(never)]
    pub fn grid_answer(self: &Rc<Self>, key: GridKey, epoch: u32, answer: Result<Value, Failure>) {
        let may_pass = answer.as_ref().is_err_and(Failure::may_pass);
        let reaction = {
            let state = &mut *self.state.borrow_mut();
            let grid = answer.map(Grid::from_value).map_err(|failure| (self.grid_error(&failure), may_pass));
            state.hover.answer(&state.shown, key, epoch, grid)
        };
        if reaction.is_back {
            self.is_back();
        }
        let mut effects = Vec::new();
        if may_pass {
            self.wait(&mut effects);
        }
        self.react(reaction, effects);
    }

    /// The error of a tile or grid.
    #[inline(never)]
    pub(super) fn error(&self, failure: &Failure) -> RawError {
        failure.errors(RequestKind::Map, self.settings().credentials()).into_iter().next().unwrap_or_default()
    }

    /// What a layer is told of a grid that could not be read.
    fn grid_error(&self, failure: &Failure) -> Event {
        let mut raw = self.error(failure);
        if matches!(raw.kind.as_str(), "" | "generic" | "unknown") {
            raw.origin = "windshaft";
            raw.kind = "tile".to_owned();
        }
        Event::of("featureError", CartoError::new(raw))
    }

    fn react(self: &Rc<Self>, reaction: Reaction, mut effects: Vec<Effect>) {
        effects.extend(reaction.hand.map(|hand| self.tell_native("cursor", hand)));
        effects.extend(reaction.reads.into_iter().map(|(key, epoch, url)| Effect::ReadGrid { key, epoch, url }));
        let events = reaction.events.into_iter();
        effects.extend(events.map(|(layer, event)| Effect::Tell(layer, event)));
        if let Some(clicked) = reaction.clicked {
            effects.push(Effect::Tell(self.subject.clone(), clicked));
        }
        self.run(effects);
    }
}
