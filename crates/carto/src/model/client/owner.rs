//! How what is attached to a client sees it.

use super::Client;
use crate::model::owner::Owner;
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
