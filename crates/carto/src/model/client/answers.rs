//! What answers lead to: who is told, what is asked next (spec 3.1, 3.6).

use super::{Client, Effect, Layer, Source};
use crate::error::{CartoError, RawError};
use crate::event::Event;
use crate::explain::name_dataset;
use crate::maps::failure::{Failure, RequestKind};
use crate::maps::tiles::TileSource;
use crate::model::source::source_of;
use crate::text;
use crate::ticket::Ticket;
use maps_api::instance::MapInstance;
use maps_api::json::Value;
use std::rc::Rc;

impl Client {
    /// Takes the answer to a map request; one that was superseded is ignored.
    #[inline(never)]
    pub fn answer(self: &Rc<Self>, generation: u32, answer: Result<Value, Failure>) {
        if generation != self.state.borrow().generation {
            return;
        }
        self.under_way.end();
        let answer = answer.and_then(|body| match MapInstance::without_dataviews(&body) {
            Some(instance) => Ok((instance, body)),
            None => Err(Failure::Server(200, body)),
        });
        let (result, effects) = match answer {
            Ok((instance, body)) => (Ok(()), self.take(&instance, &body)),
            Err(failure) => {
                let settings = self.settings();
                let mut errors = failure.errors(RequestKind::Map, settings.credentials());
                for error in &mut errors {
                    let source = error.analysis_id.as_ref().and_then(|id| self.source(id));
                    if let Some(name) = source.and_then(|source| source.dataset()) {
                        name_dataset(error, &name, settings.credentials());
                    }
                }
                let leading = errors.iter().find(|raw| raw.kind != "layer" && raw.kind != "analysis");
                let leading = leading.or(errors.first()).cloned().unwrap_or_default();
                (Err(leading.clone()), self.route(errors, leading))
            }
        };
        // Promises go on in later jobs, so after the events below; settled first, they settle whatever listeners do.
        let settled: Vec<Ticket> = {
            let mut state = self.state.borrow_mut();
            // They are in the order of the calls, so those that wait for a later request are at the end.
            let settled = state.tickets.iter().take_while(|(by, _)| by.is_some_and(|by| by <= generation)).count();
            state.tickets.drain(..settled).map(|(_, ticket)| ticket).collect()
        };
        for ticket in settled {
            ticket.settle(result.clone());
        }
        self.run(effects);
    }

    fn take(self: &Rc<Self>, instance: &MapInstance, body: &Value) -> Vec<Effect> {
        let mut effects = Vec::new();
        let dataviews = {
            let mut state = self.state.borrow_mut();
            state.shown = std::mem::take(&mut state.sent);
            let mut metas = instance.layers.iter().filter(|layer| layer.kind == "mapnik").map(|layer| &layer.meta);
            for layer in &state.shown {
                layer.error.take();
                layer.wanted_source().error.take();
                let changed = layer.take_meta(metas.next().unwrap_or(&Value::Null));
                effects.extend(changed.map(|event| Effect::Tell(layer.subject.clone(), event)));
            }
            state.tiles = Some(TileSource::new(instance, &self.settings()));
            state.dataviews.clone()
        };
        effects.extend(self.refresh_tiles());
        dataviews.take_urls(self, body, &mut effects);
        #[cfg(feature = "dataviews")]
        self.take_nodes(body, &mut effects);
        effects.push(self.success());
        effects
    }

    /// The source behind a node.
    pub(super) fn source(&self, node: &str) -> Option<Rc<Source>> {
        let id = source_of(node);
        let state = self.state.borrow();
        let of_layers =
            |layers: &[Rc<Layer>]| layers.iter().map(|layer| layer.wanted_source()).find(|source| source.id == id);
        let of_dataviews = || state.dataviews.sources().find(|source| source.id == id);
        of_layers(&state.sent).or_else(|| of_layers(&state.shown)).or_else(of_dataviews)
    }

    /// Tells each error to whom it concerns, then the leading one to the client (spec 3.1).
    fn route(self: &Rc<Self>, errors: Vec<RawError>, leading: RawError) -> Vec<Effect> {
        let mut effects = Vec::new();
        let (sent, dataviews) = {
            let state = self.state.borrow();
            (state.sent.clone(), state.dataviews.clone())
        };
        let layer_of = |raw: &RawError| sent.iter().find(|layer| raw.layer_id.as_ref() == Some(&layer.id));
        for raw in errors {
            let mut error = CartoError::new(raw.clone());
            if let Some(layer) = layer_of(&raw).filter(|_| raw.kind == "layer") {
                // Told only once, until it changes or goes away.
                if layer.error.replace(Some(raw.clone())).as_ref() != Some(&raw) {
                    // Messages about the style are the style's.
                    let about_style = raw.message.as_deref().is_some_and(|message| text::contains(message, "style"));
                    let subject = if about_style { &layer.wanted_style().subject } else { &layer.subject };
                    effects.push(Effect::Tell(subject.clone(), Event::of("error", error)));
                }
            } else if let Some(id) = raw.analysis_id.as_ref().filter(|_| raw.kind == "analysis") {
                let Some(source) = self.source(id) else { continue };
                let before = source.error.replace(Some(raw.clone()));
                if before.as_ref() != Some(&raw) {
                    error.source = Some(source.subject.clone());
                    effects.push(Effect::Tell(source.subject.clone(), Event::of("error", error)));
                }
                if before.is_none() {
                    dataviews.fail(id, &raw, &mut effects);
                }
            }
        }
        let layer = layer_of(&leading).filter(|_| leading.kind == "layer").map(|layer| layer.subject.clone());
        let mut error = CartoError::new(leading);
        error.layer = layer;
        effects.push(Effect::Tell(self.subject.clone(), Event::of("error", error)));
        effects
    }
}
