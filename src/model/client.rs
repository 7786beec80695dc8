//! The engine of one client: what is on the map, when to reload, who is told (spec 2.3, 3.1).

use super::UnderWay;
use super::dataview::{Dataview, Status};
use super::hover::{GridKey, Hover, Pointer, Reaction};
use super::layer::Layer;
use super::source::Source;
use super::style::Style;
use crate::error::{CartoError, RawError};
use crate::json::Value;
use crate::maps::config::{AnalysisConfig, MapConfig};
use crate::maps::failure::{Failure, Request};
use crate::maps::grid::Grid;
use crate::maps::instance::MapInstance;
use crate::maps::refusal::Asker;
use crate::maps::tiles::TileSource;
use crate::settings::Settings;
use crate::subject::{Event, Subject};
use crate::text;
use crate::ticket::Ticket;
use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

/// What the engine wants done, in order, when none of its state is borrowed any more.
#[derive(Debug)]
pub enum Effect {
    /// Call [`Client::send`] in the next turn of the event loop.
    Schedule,
    /// Instantiate the map, abort an older request, and call [`Client::answer`].
    Instantiate {
        /// To be handed back with the answer.
        generation: u32,
        /// The configuration as JSON.
        config: Value,
    },
    /// Read a dataview, abort an older request of it, and call [`Dataview::answer`].
    Read {
        /// The dataview.
        dataview: Rc<Dataview>,
        /// To be handed back with the answer.
        request: u32,
        /// The address, with the key in it.
        url: String,
    },
    /// Read a grid and call [`Client::grid_answer`].
    ReadGrid {
        /// The tile of one layer.
        key: GridKey,
        /// To be handed back with the answer.
        epoch: u32,
        /// The address, with the key in it.
        url: String,
    },
    /// Tell listeners.
    Tell(Rc<Subject>, Event),
    /// Move a dataview to a status and tell its listeners.
    Status(Rc<Dataview>, Status, Option<Box<RawError>>),
}

/// What the engine needs of the world: the rim implements it with timers and `fetch`, tests with a list.
pub trait Driver {
    /// Carries out one effect other than [`Effect::Status`].
    fn perform(&self, client: &Rc<Client>, effect: Effect);
}

/// A client.
pub struct Client {
    /// What the page passed, checked.
    pub settings: Settings,
    /// The public object.
    pub subject: Rc<Subject>,
    /// The native layer's adapter, which is told of new tile addresses and cursors.
    pub native: Rc<Subject>,
    /// Whether the page came over TLS, which decides the protocol of dataviews; `None` where there is no page.
    secure_page: Option<bool>,
    /// The map request that a newer one would supersede.
    pub under_way: UnderWay,
    state: RefCell<State>,
    driver: Box<dyn Driver>,
}

#[derive(Debug, Default)]
struct State {
    layers: Vec<Rc<Layer>>,
    dataviews: Vec<Rc<Dataview>>,
    /// Changes that wait for an answer, with the generation of the request that carries them, once it was sent.
    tickets: Vec<(Option<u32>, Ticket)>,
    scheduled: bool,
    /// Number of the latest map request; answers to older ones are ignored.
    generation: u32,
    /// The layers of the latest request, to which the positions in its answer refer.
    sent: Vec<Rc<Layer>>,
    /// The layers of the latest good answer.
    shown: Vec<Rc<Layer>>,
    tiles: Option<TileSource>,
    /// The tile address that the native layer has.
    address: Option<String>,
    hover: Hover,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // Nothing of the settings: the key is a secret.
        f.write_str("Client")
    }
}

impl Client {
    /// Makes a client with nothing on its map.
    pub fn new(settings: Settings, secure_page: Option<bool>, driver: Box<dyn Driver>) -> Rc<Client> {
        let (subject, native, under_way, state) = Default::default();
        Rc::new(Client { settings, subject, native, secure_page, under_way, state, driver })
    }

    /// Whose key and account requests carry.
    pub fn asker(&self) -> Asker<'_> {
        Asker { api_key: &self.settings.api_key, username: &self.settings.username }
    }

    /// Carries out effects; none of the engine's state is borrowed while listeners run.
    pub(super) fn run(self: &Rc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            let effect = match effect {
                Effect::Status(dataview, status, raw) => {
                    let event = dataview.enter(status, raw);
                    Effect::Tell(dataview.subject.clone(), event)
                }
                other => other,
            };
            self.driver.perform(self, effect);
        }
    }

    /// Asks for a map request in the next turn of the event loop, however often it is called in this one.
    pub fn reload(self: &Rc<Self>) -> Ticket {
        let ticket = Ticket::default();
        let schedule = {
            let mut state = self.state.borrow_mut();
            state.tickets.push((None, ticket.clone()));
            !std::mem::replace(&mut state.scheduled, true)
        };
        if schedule {
            self.run(vec![Effect::Schedule]);
        }
        ticket
    }

    /// Puts layers on top of the others and asks for a reload.
    ///
    /// # Errors
    /// `validation:client:duplicated-layer-id` and the refusal of another client's style; nothing is added then.
    pub fn add_layers(self: &Rc<Self>, layers: Vec<Rc<Layer>>) -> Result<Ticket, CartoError> {
        {
            let state = self.state.borrow();
            for (index, layer) in layers.iter().enumerate() {
                let before = state.layers.iter().chain(layers.iter().take(index));
                if before.into_iter().any(|other| other.id == layer.id) {
                    return Err(CartoError::validation("client", "duplicatedLayerId"));
                }
            }
        }
        for layer in &layers {
            self.attach_style(&layer.wanted_style())
                .map_err(|()| CartoError::validation("layer", "CartoCSS engine cannot be changed"))?;
        }
        for layer in layers {
            if layer.client().is_none() {
                *layer.client.borrow_mut() = Rc::downgrade(self);
            }
            // A source of another client is accepted; it goes on reloading that one (2.15).
            let _ = self.attach_source(&layer.wanted_source());
            self.state.borrow_mut().layers.push(layer);
        }
        Ok(self.reload())
    }

    /// Takes layers off and asks for a reload; layers that are not there change nothing.
    pub fn remove_layers(self: &Rc<Self>, layers: &[Rc<Layer>]) -> Ticket {
        self.state.borrow_mut().layers.retain(|layer| !layers.iter().any(|removed| Rc::ptr_eq(layer, removed)));
        self.reload()
    }

    /// Moves a layer to an index, 0 at the bottom; `None` when it is there already.
    ///
    /// # Errors
    /// `validation:client:index-number` and `…:index-out-of-range`.
    pub fn move_layer(self: &Rc<Self>, layer: &Rc<Layer>, index: Option<f64>) -> Result<Option<Ticket>, CartoError> {
        let index = index.ok_or_else(|| CartoError::validation("client", "indexNumber"))?;
        {
            let mut state = self.state.borrow_mut();
            if index < 0.0 || index >= state.layers.len() as f64 {
                return Err(CartoError::validation("client", "indexOutOfRange"));
            }
            if let Some(from) = state.layers.iter().position(|other| Rc::ptr_eq(other, layer)) {
                let to = index as usize;
                if from == to {
                    return Ok(None);
                }
                let moved = state.layers.remove(from);
                state.layers.insert(to, moved);
            }
        }
        Ok(Some(self.reload()))
    }

    /// The layers, bottom first.
    pub fn layers(&self) -> Vec<Rc<Layer>> {
        self.state.borrow().layers.clone()
    }

    /// Adds dataviews and asks for a reload.
    pub fn add_dataviews(self: &Rc<Self>, dataviews: Vec<Rc<Dataview>>) -> Ticket {
        for dataview in dataviews {
            let _ = self.attach_source(&dataview.source);
            dataview.attach(self);
            self.state.borrow_mut().dataviews.push(dataview);
        }
        self.reload()
    }

    /// Removes and disables a dataview; `None` when it is not there.
    pub fn remove_dataview(self: &Rc<Self>, dataview: &Rc<Dataview>) -> Option<Ticket> {
        {
            let mut state = self.state.borrow_mut();
            let index = state.dataviews.iter().position(|other| Rc::ptr_eq(other, dataview))?;
            state.dataviews.remove(index);
        }
        dataview.disable();
        Some(self.reload())
    }

    /// The dataviews, in the order in which they were added.
    pub fn dataviews(&self) -> Vec<Rc<Dataview>> {
        self.state.borrow().dataviews.clone()
    }

    /// Binds a source to this client; `Err` when it belongs to another one.
    pub(super) fn attach_source(self: &Rc<Self>, source: &Source) -> Result<(), ()> {
        attach(&source.client, self)
    }

    /// Binds a style to this client; `Err` when it belongs to another one.
    pub(super) fn attach_style(self: &Rc<Self>, style: &Style) -> Result<(), ()> {
        attach(&style.client, self)
    }

    /// Sends the map as it is now (spec 4.2). The driver calls it after [`Effect::Schedule`].
    pub fn send(self: &Rc<Self>) {
        let effect = {
            let mut state = self.state.borrow_mut();
            state.scheduled = false;
            state.generation += 1;
            let generation = state.generation;
            for (carried_by, _) in &mut state.tickets {
                carried_by.get_or_insert(generation);
            }
            state.sent = state.layers.clone();
            Effect::Instantiate { generation, config: state.config().to_value() }
        };
        self.run(vec![effect]);
    }

    /// Takes the answer to a map request; one that was superseded is ignored.
    #[inline(never)]
    pub fn answer(self: &Rc<Self>, generation: u32, answer: Result<Value, Failure>) {
        if generation != self.state.borrow().generation {
            return;
        }
        self.under_way.end();
        let answer = answer.and_then(|body| MapInstance::from_value(&body).ok_or(Failure::Server(200, body)));
        let (result, effects) = match answer {
            Ok(instance) => (Ok(()), self.take(&instance)),
            Err(failure) => {
                let errors = failure.errors(Request::Map, self.asker());
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

    fn take(self: &Rc<Self>, instance: &MapInstance) -> Vec<Effect> {
        let mut effects = Vec::new();
        let dataviews = {
            let mut state = self.state.borrow_mut();
            state.shown = std::mem::take(&mut state.sent);
            for layer in &state.shown {
                layer.error.take();
                layer.wanted_source().error.take();
            }
            state.tiles = Some(TileSource::new(instance, &self.settings));
            state.dataviews.clone()
        };
        effects.extend(self.refresh_tiles());
        for dataview in dataviews {
            dataview.source.error.take();
            let url = instance.dataviews.iter().find(|(id, _)| *id == dataview.id);
            let secure = self.secure_page.unwrap_or(self.settings.is_secure());
            let url = url.and_then(|(_, urls)| urls.of(secure).or(urls.of(!secure)));
            if let Some(url) = url {
                dataview.take_url(url, &mut effects);
            }
        }
        effects.push(Effect::Tell(self.subject.clone(), Event::new("success", [])));
        effects
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
                    effects.push(Effect::Tell(subject.clone(), Event::new("error", [error.into()])));
                }
            } else if let Some(id) = raw.analysis_id.as_ref().filter(|_| raw.kind == "analysis") {
                let of_layers = sent.iter().map(|layer| layer.wanted_source());
                let mut sources = of_layers.chain(dataviews.iter().map(|dataview| dataview.source.clone()));
                let Some(source) = sources.find(|source| source.id == *id) else { continue };
                let before = source.error.replace(Some(raw.clone()));
                if before.as_ref() != Some(&raw) {
                    error.source = Some(source.subject.clone());
                    effects.push(Effect::Tell(source.subject.clone(), Event::new("error", [error.into()])));
                }
                if before.is_none() {
                    for dataview in dataviews.iter().filter(|dataview| Rc::ptr_eq(&dataview.source, &source)) {
                        dataview.fail(raw.clone(), &mut effects);
                    }
                }
            }
        }
        let layer = layer_of(&leading).filter(|_| leading.kind == "layer").map(|layer| layer.subject.clone());
        let mut error = CartoError::new(leading);
        error.layer = layer;
        effects.push(Effect::Tell(self.subject.clone(), Event::new("error", [error.into()])));
        effects
    }

    /// A tile could not be loaded: one error for each.
    pub fn tile_failed(self: &Rc<Self>) {
        let raw = RawError { origin: "windshaft", kind: "tile".into(), ..RawError::default() };
        let event = Event::new("error", [CartoError::new(raw).into()]);
        self.run(vec![Effect::Tell(self.subject.clone(), event)]);
    }

    /// A layer was shown or hidden: tile address and hit testing change at once.
    pub(super) fn visibility_changed(self: &Rc<Self>) {
        let effects = self.refresh_tiles();
        self.run(effects);
    }

    /// Tells the native layer its tile address when that changed.
    fn refresh_tiles(&self) -> Vec<Effect> {
        let mut state = self.state.borrow_mut();
        let visible = state.shown.iter().enumerate().filter(|(_, layer)| layer.is_visible());
        let visible: Vec<usize> = visible.map(|(index, _)| index).collect();
        let address = state.tiles.as_ref().and_then(|tiles| tiles.tiles(&visible));
        if address == state.address {
            return Vec::new();
        }
        state.address = address;
        let mut effects = Vec::new();
        if state.hover.reset() {
            effects.push(self.cursor(false));
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

    fn cursor(&self, hand: bool) -> Effect {
        Effect::Tell(self.native.clone(), Event::new("cursor", [Value::Bool(hand).into()]))
    }

    /// The pointer moved or clicked on the map.
    pub fn pointer(self: &Rc<Self>, pointer: &Pointer) {
        let reaction = {
            let state = &mut *self.state.borrow_mut();
            let Some(tiles) = &state.tiles else { return };
            state.hover.pointer(&state.shown, tiles, pointer)
        };
        self.react(reaction);
    }

    /// The pointer left the map.
    pub fn pointer_left(self: &Rc<Self>) {
        let reaction = {
            let state = &mut *self.state.borrow_mut();
            state.hover.leave(&state.shown)
        };
        self.react(reaction);
    }

    /// Takes a grid that was read.
    #[inline(never)]
    pub fn grid_answer(self: &Rc<Self>, key: GridKey, epoch: u32, answer: Result<Value, Failure>) {
        let reaction = {
            let state = &mut *self.state.borrow_mut();
            let grid = answer.ok().map(Grid::from_value);
            state.hover.answer(&state.shown, key, epoch, grid)
        };
        self.react(reaction);
    }

    fn react(self: &Rc<Self>, reaction: Reaction) {
        let mut effects = Vec::new();
        effects.extend(reaction.hand.map(|hand| self.cursor(hand)));
        effects.extend(reaction.reads.into_iter().map(|(key, epoch, url)| Effect::ReadGrid { key, epoch, url }));
        let events = reaction.events.into_iter();
        effects.extend(events.map(|(layer, event)| Effect::Tell(layer.subject.clone(), event)));
        self.run(effects);
    }
}

fn attach(slot: &RefCell<Weak<Client>>, client: &Rc<Client>) -> Result<(), ()> {
    let current = slot.borrow().upgrade();
    match current {
        Some(current) if Rc::ptr_eq(&current, client) => Ok(()),
        Some(_) => Err(()),
        None => {
            *slot.borrow_mut() = Rc::downgrade(client);
            Ok(())
        }
    }
}

impl State {
    fn config(&self) -> MapConfig {
        let mut analyses: Vec<AnalysisConfig> = Vec::new();
        let of_layers = self.layers.iter().map(|layer| layer.wanted_source());
        for source in of_layers.chain(self.dataviews.iter().map(|dataview| dataview.source.clone())) {
            if !analyses.iter().any(|node| node.id == source.id) {
                analyses.push(AnalysisConfig {
                    id: source.id.clone(),
                    kind: "source".to_owned(),
                    query: source.query(),
                });
            }
        }
        MapConfig {
            buffersize: Value::object([("mvt", 0.0.into())]),
            layers: self.layers.iter().map(|layer| layer.config()).collect(),
            dataviews: self.dataviews.iter().map(|dataview| (dataview.id.clone(), dataview.config())).collect(),
            analyses,
        }
    }
}
