//! Analysis nodes that are not ready: who waits for them, and when they are asked about (spec 3.6).

use super::{Client, Effect};
use crate::error::{CartoError, RawError};
use crate::event::Event;
use crate::maps::failure::Failure;
use crate::maps::request;
use crate::model::effect::Poll;
use maps_api::instance::{MapInstance, NodeMeta};
use maps_api::json::Value;
use std::rc::Rc;

/// Milliseconds after the first answer about an analysis node until the second question; each later wait is half as
/// long again (spec 3.6).
const FIRST_POLL: u32 = 1_000;

impl Client {
    /// Takes the nodes of an answer, and asks about those that are under way.
    pub(super) fn take_nodes(self: &Rc<Self>, answer: &Value, effects: &mut Vec<Effect>) {
        for (id, node) in &MapInstance::nodes_of(answer) {
            self.take_node(id, node, false, effects);
            if let Some(url) = self.address(&node.url).filter(|_| node.is_under_way()) {
                let url = request::read_from(url, None, &[], &self.settings().api_key);
                let generation = self.state.borrow().generation;
                effects.push(Effect::Poll(Poll { node: id.clone(), url, delay: 0, generation }));
            }
        }
    }

    /// Takes the status of an analysis node (spec 3.6); `polled` when it was asked for by itself.
    fn take_node(self: &Rc<Self>, id: &str, node: &NodeMeta, polled: bool, effects: &mut Vec<Effect>) {
        let dataviews = {
            let mut state = self.state.borrow_mut();
            // Ready nodes are not remembered: on most servers all are.
            let index = state.nodes.iter().position(|(known, _)| known == id);
            let before = index.map(|index| state.nodes.swap_remove(index).1);
            if node.status != "ready" {
                state.nodes.push((id.to_owned(), node.status.clone()));
            }
            if before.as_deref().unwrap_or("ready") == node.status {
                return;
            }
            state.dataviews.clone()
        };
        if node.is_under_way() {
            dataviews.wait(id, effects);
        } else if node.status == "failed" {
            let raw = RawError { message: node.error_message.clone(), ..RawError::default() };
            dataviews.fail(id, &raw, effects);
            if let Some(source) = self.source(id) {
                let error = CartoError::new(raw.clone());
                effects.push(Effect::Tell(source.subject.clone(), Event::of("error", error)));
            }
        } else if polled {
            // The map was made before the node was ready.
            self.reload();
        }
    }

    /// Takes the answer to [`Effect::Poll`]; a failed one ends the polling of the node.
    #[inline(never)]
    pub fn node_answer(self: &Rc<Self>, poll: Poll, answer: Result<Value, Failure>) {
        let Ok(body) = answer else { return };
        if self.state.borrow().generation != poll.generation {
            return;
        }
        let node = NodeMeta::from_value(&body);
        let mut effects = Vec::new();
        self.take_node(&poll.node, &node, true, &mut effects);
        if node.is_under_way() {
            let delay = if poll.delay == 0 { FIRST_POLL } else { poll.delay.saturating_mul(3) / 2 };
            effects.push(Effect::Poll(Poll { delay, ..poll }));
        }
        self.run(effects);
    }
}
