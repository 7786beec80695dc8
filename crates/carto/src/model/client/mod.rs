//! The engine of one client: what is on the map, when to reload, who is told (spec 2.3, 3.1).

mod again;
mod answers;
#[cfg(feature = "dataviews")]
mod dataviews;
#[cfg(not(feature = "dataviews"))]
#[path = "../absent/dataviews.rs"]
mod dataviews;
mod native;
#[cfg(feature = "dataviews")]
mod nodes;
mod owner;

#[cfg(feature = "dataviews")]
use super::dataview;
use super::hover::Hover;
use super::owner::{attach, release};
use super::{UnderWay, effect, filter, layer, source, style};
use crate::error::{CartoError, RawError};
use crate::maps::tiles::TileSource;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::slot::Slot;
use crate::subject::Subject;
use crate::ticket::Ticket;
use again::{Again, Lost};
use dataviews::Dataviews;
use maps_api::config::{AnalysisConfig, MapConfig};
use maps_api::json::Value;
use std::fmt;
use std::rc::Rc;

/// Milliseconds without a change after which changes are sent that follow a request closely.
const PAUSE: f64 = 100.0;

/// A source that is attached to clients.
pub type Source = source::Source<Client>;
/// A style.
pub type Style = style::Style<Client>;
/// A layer.
pub type Layer = layer::Layer<Client>;
/// A new value for one part of a layer.
pub type Change = layer::Change<Client>;
/// A dataview.
#[cfg(feature = "dataviews")]
pub type Dataview = dataview::Dataview<Client>;
/// There is none.
#[cfg(not(feature = "dataviews"))]
pub type Dataview = std::convert::Infallible;
/// A filter of rows.
pub type SqlFilter = filter::sql::SqlFilter<Source>;
/// A spatial filter.
#[cfg(feature = "dataviews")]
pub type Spatial = filter::spatial::Spatial<Dataview>;
/// What is done for a client.
pub type Effect = effect::Effect<Dataview>;

/// What the engine needs of the world: the rim implements it with timers and `fetch`, tests with a list.
pub trait Driver {
    /// Carries out one effect other than [`Effect::Status`].
    fn perform(&self, client: &Rc<Client>, effect: Effect);
    #[cfg(feature = "dataviews")]
    /// A number as JavaScript writes it: the code that does it is a tenth of the library, and on the page already.
    fn number(&self, number: f64) -> String;
    #[cfg(feature = "dataviews")]
    /// Seconds east of UTC where the page is, now.
    fn local_offset(&self) -> f64;
    /// Milliseconds on a clock that only goes forward.
    fn now(&self) -> f64;
}

/// A client.
pub struct Client {
    /// What the page passed, checked; the key may be replaced.
    settings: Slot<Rc<Settings>>,
    /// The public object.
    pub subject: Rc<Subject>,
    /// The native layer's adapter, which is told of new tile addresses and cursors.
    pub native: Rc<Subject>,
    /// Whether the page came over TLS, which decides the protocol of dataviews; `None` where there is no page.
    #[cfg_attr(not(feature = "dataviews"), expect(dead_code, reason = "for dataviews"))]
    secure_page: Option<bool>,
    /// The map request that a newer one would supersede.
    pub under_way: UnderWay,
    state: Slot<State>,
    driver: Box<dyn Driver>,
}

#[derive(Debug, Default)]
struct State {
    layers: Vec<Rc<Layer>>,
    dataviews: Dataviews,
    /// Changes that wait for an answer, with the generation of the request that carries them, once it was sent.
    tickets: Vec<(Option<u32>, Ticket)>,
    /// When a request is to be sent, as a number; `None` when nothing has changed.
    scheduled: Option<u32>,
    schedules: u32,
    /// When the latest request was sent, in milliseconds.
    sent_at: Option<f64>,
    disposed: bool,
    /// Number of the latest map request; answers to older ones are ignored.
    generation: u32,
    /// The layers of the latest request, to which the positions in its answer refer.
    sent: Vec<Rc<Layer>>,
    /// The layers of the latest good answer.
    shown: Vec<Rc<Layer>>,
    tiles: Option<TileSource>,
    /// The tile address that the native layer has.
    address: Option<String>,
    /// How many addresses there were.
    addresses: u32,
    lost: Lost,
    again: Again,
    hover: Hover,
    #[cfg(feature = "dataviews")]
    /// The analysis nodes of the latest good answer, with their status.
    nodes: Vec<(String, String)>,
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
        let settings = Slot::new(Rc::new(settings));
        Rc::new(Client { settings, subject, native, secure_page, under_way, state, driver })
    }

    /// Whose key and account requests carry, and where they go.
    pub fn settings(&self) -> Rc<Settings> {
        self.settings.borrow().clone()
    }

    /// Puts another key in the place of the one that requests carry, and asks for the map with it.
    ///
    /// # Errors
    /// `validation:client:api-key-required`, `…:api-key-string`; when the client was disposed of.
    pub fn set_api_key(self: &Rc<Self>, key: Option<&Value>) -> Result<Ticket, CartoError> {
        self.check_life()?;
        let settings = self.settings().with_key(key)?;
        self.settings.replace(Rc::new(settings));
        Ok(self.reload())
    }

    /// Carries out effects; none of the engine's state is borrowed while listeners run.
    fn run(self: &Rc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            self.driver.perform(self, dataviews::entered(effect));
        }
    }

    /// Asks for a map request: in the next turn of the event loop, however often it is called in this one. Changes that
    /// follow a request within [`PAUSE`] wait until there was a pause of that length, as all did in CARTO.js (spec 3.1):
    /// a page that changes its map in many turns must not send many requests.
    pub fn reload(self: &Rc<Self>) -> Ticket {
        let ticket = Ticket::default();
        let now = self.driver.now();
        let schedule = {
            let mut state = self.state.borrow_mut();
            if state.disposed {
                ticket.settle(Err(disposed()));
                return ticket;
            }
            state.tickets.push((None, ticket.clone()));
            let soon = state.sent_at.is_some_and(|sent_at| now - sent_at < PAUSE);
            if state.scheduled.is_some() && !soon {
                return ticket;
            }
            state.schedules += 1;
            state.scheduled = Some(state.schedules);
            Effect::Schedule { delay: if soon { PAUSE as u32 } else { 0 }, schedule: state.schedules }
        };
        self.run(vec![schedule]);
        ticket
    }

    /// Puts layers on top of the others and asks for a reload.
    ///
    /// # Errors
    /// `validation:client:duplicated-layer-id` and the refusal of another client's style; nothing is added then.
    pub fn add_layers(self: &Rc<Self>, layers: Vec<Rc<Layer>>) -> Result<Ticket, CartoError> {
        self.check_life()?;
        {
            let state = self.state.borrow();
            for (index, layer) in layers.iter().enumerate() {
                let taken = |others: &[Rc<Layer>]| others.iter().any(|other| other.id == layer.id);
                if taken(&state.layers) || taken(layers.get(..index).unwrap_or_default()) {
                    return Err(CartoError::validation("client", "duplicatedLayerId"));
                }
            }
        }
        // A layer that is in another client already is drawn in both (2.15).
        for layer in layers.iter().filter(|layer| layer.client().is_none()) {
            attach(&layer.wanted_style().client, self)
                .map_err(|()| CartoError::validation("layer", "CartoCSS engine cannot be changed"))?;
        }
        for layer in layers {
            layer.attach(self);
            // A source of another client is accepted; it goes on reloading that one (2.15).
            let _ = attach(&layer.wanted_source().client, self);
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
    /// `validation:client:index-number` and `…:index-out-of-range`; when the client was disposed of.
    pub fn move_layer(self: &Rc<Self>, layer: &Rc<Layer>, index: Option<f64>) -> Result<Option<Ticket>, CartoError> {
        self.check_life()?;
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

    /// Refuses what is asked of a client after its end.
    ///
    /// # Errors
    /// When the client was disposed of.
    pub fn check_life(&self) -> Result<(), CartoError> {
        if self.state.borrow().disposed { Err(CartoError::new(disposed())) } else { Ok(()) }
    }

    /// Ends the client: requests are aborted, promises rejected, and layers, dataviews, sources and styles can go to
    /// another client. A second call does nothing.
    pub fn dispose(self: &Rc<Self>) {
        let state = {
            let mut state = self.state.borrow_mut();
            if state.disposed {
                return;
            }
            let generation = state.generation + 1;
            std::mem::replace(&mut *state, State { disposed: true, generation, ..State::default() })
        };
        self.under_way.abort();
        for layer in &state.layers {
            release(&layer.client, self);
            release(&layer.wanted_style().client, self);
            release(&layer.style().client, self);
            release(&layer.wanted_source().client, self);
            release(&layer.source().client, self);
        }
        state.dataviews.release(self);
        for (_, ticket) in state.tickets {
            ticket.settle(Err(disposed()));
        }
    }

    /// Sends the map as it is now (spec 4.2), unless a later schedule took the place of this one. The driver calls it
    /// after [`Effect::Schedule`].
    pub fn send_scheduled(self: &Rc<Self>, schedule: u32) {
        let now = self.driver.now();
        let effect = {
            let mut state = self.state.borrow_mut();
            if state.scheduled != Some(schedule) {
                return;
            }
            state.scheduled = None;
            state.sent_at = Some(now);
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
}

/// What calls of a client that was disposed of are refused with.
fn disposed() -> RawError {
    let hint = "Make a new carto.Client: this one was disposed of.".to_owned();
    let refusal = Refusal { reason: "disposed", hint, forbidden: false, dataset: None, api: None };
    RawError { message: Some("The client was disposed of.".to_owned()), refusal: Some(refusal), ..RawError::default() }
}

impl State {
    fn config(&self) -> MapConfig {
        let mut analyses: Vec<AnalysisConfig> = Vec::new();
        let of_layer = |layer: &Rc<Layer>| layer.wanted_source().node();
        for node in self.layers.iter().map(of_layer).chain(self.dataviews.nodes()) {
            if !analyses.iter().any(|known| known.id == node.id) {
                analyses.push(node);
            }
        }
        MapConfig {
            buffersize: Value::object([("mvt", 0.0.into())]),
            layers: self.layers.iter().map(|layer| layer.config()).collect(),
            dataviews: self.dataviews.configs(),
            analyses,
        }
    }
}
