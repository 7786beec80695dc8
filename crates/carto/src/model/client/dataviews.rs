//! Where dataviews join the engine: they add sources to the map, take addresses from answers, and share the errors of their
//! sources.

use super::{Client, Dataview, Effect, Source};
use crate::error::{CartoError, RawError};
use crate::model::dataview::DataviewOwner;
use crate::model::effect::Status;
use crate::model::owner::{attach, release};
use crate::settings::Settings;
use crate::ticket::Ticket;
use maps_api::config::{AnalysisConfig, DataviewConfig};
use maps_api::instance::{MapInstance, Urls};
use maps_api::json::Value;
use std::rc::Rc;

/// The dataviews of a client, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(super) struct Dataviews(Vec<Rc<Dataview>>);

impl Dataviews {
    /// The sources, one for each dataview.
    pub(super) fn sources(&self) -> impl Iterator<Item = Rc<Source>> {
        self.0.iter().map(|dataview| dataview.source.clone())
    }

    /// The nodes that they are computed over.
    pub(super) fn nodes(&self) -> impl Iterator<Item = AnalysisConfig> {
        self.0.iter().map(|dataview| dataview.node())
    }

    /// The dataviews as they are sent.
    pub(super) fn configs(&self) -> Vec<(String, DataviewConfig)> {
        self.0.iter().map(|dataview| (dataview.id.clone(), dataview.config())).collect()
    }

    /// Gives each its address in an answer.
    pub(super) fn take_urls(&self, client: &Client, answer: &Value, effects: &mut Vec<Effect>) {
        let urls = MapInstance::dataviews_of(answer);
        for dataview in &self.0 {
            dataview.source.error.take();
            let urls = urls.iter().find(|(id, _)| *id == dataview.id);
            if let Some(url) = urls.and_then(|(_, urls)| client.address(urls)) {
                dataview.take_url(url, effects);
            }
        }
    }

    fn of_node(&self, id: &str) -> impl Iterator<Item = &Rc<Dataview>> {
        self.0.iter().filter(move |dataview| dataview.node().id == id)
    }

    /// A node is not ready yet.
    pub(super) fn wait(&self, node: &str, effects: &mut Vec<Effect>) {
        for dataview in self.of_node(node) {
            effects.push(Effect::Status(dataview.clone(), Status::Loading, None));
        }
    }

    /// A node has failed.
    pub(super) fn fail(&self, node: &str, raw: &RawError, effects: &mut Vec<Effect>) {
        for dataview in self.of_node(node) {
            dataview.fail(raw.clone(), effects);
        }
    }

    /// Those that could not be read are asked for again.
    pub(super) fn ask_again(&self, effects: &mut Vec<Effect>) {
        for dataview in &self.0 {
            dataview.ask_again(effects);
        }
    }

    /// They can go to another client.
    pub(super) fn release(&self, client: &Rc<Client>) {
        for dataview in &self.0 {
            release(&dataview.source.client, client);
            dataview.detach(client);
        }
    }
}

/// A new status of a dataview as what is told of it; any other effect as it is.
pub(super) fn entered(effect: Effect) -> Effect {
    match effect {
        Effect::Status(dataview, status, raw) => {
            let event = dataview.enter(status, raw);
            Effect::Tell(dataview.subject.clone(), event)
        }
        other => other,
    }
}

impl Client {
    /// The address by the page's own protocol, or else the other one.
    pub(super) fn address<'a>(&self, urls: &'a Urls) -> Option<&'a str> {
        let secure = self.secure_page.unwrap_or(self.settings().is_secure());
        urls.of(secure).or(urls.of(!secure))
    }

    /// Adds dataviews and asks for a reload.
    ///
    /// # Errors
    /// When the client was disposed of.
    pub fn add_dataviews(self: &Rc<Self>, dataviews: Vec<Rc<Dataview>>) -> Result<Ticket, CartoError> {
        self.check_life()?;
        for dataview in dataviews {
            let _ = attach(&dataview.source.client, self);
            dataview.attach(self);
            self.state.borrow_mut().dataviews.0.push(dataview);
        }
        Ok(self.reload())
    }

    /// Removes and disables a dataview; `None` when it is not there.
    pub fn remove_dataview(self: &Rc<Self>, dataview: &Rc<Dataview>) -> Option<Ticket> {
        {
            let mut state = self.state.borrow_mut();
            let list = &mut state.dataviews.0;
            let index = list.iter().position(|other| Rc::ptr_eq(other, dataview))?;
            list.remove(index);
        }
        dataview.disable();
        Some(self.reload())
    }

    /// The dataviews, in the order in which they were added.
    pub fn dataviews(&self) -> Vec<Rc<Dataview>> {
        self.state.borrow().dataviews.0.clone()
    }
}

impl DataviewOwner for Client {
    fn settings(&self) -> Rc<Settings> {
        Client::settings(self)
    }

    fn number(&self, number: f64) -> String {
        self.driver.number(number)
    }

    fn local_offset(&self) -> f64 {
        self.driver.local_offset()
    }

    fn wait(&self, effects: &mut Vec<Effect>) {
        Client::wait(self, effects);
    }

    fn is_back(&self) {
        Client::is_back(self);
    }

    fn run(self: &Rc<Self>, effects: Vec<Effect>) {
        Client::run(self, effects);
    }
}
