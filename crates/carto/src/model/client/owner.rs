//! How what is attached to a client sees it.

use super::{Client, Effect};
use crate::model::dataview::DataviewOwner;
use crate::model::owner::Owner;
use crate::settings::Settings;
use crate::ticket::Ticket;
use std::rc::Rc;

impl Owner for Client {
    fn reload(self: &Rc<Self>) -> Ticket {
        Client::reload(self)
    }

    fn visibility_changed(self: &Rc<Self>) {
        let effects = self.refresh_tiles();
        self.run(effects);
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
