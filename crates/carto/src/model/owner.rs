//! [`Owner`]: what layers, sources and styles ask of the client that they are attached to. They know no more of it.
//!
//! The client is a type parameter of theirs, not a `dyn`: there is only one, and calls through tables weigh more than a
//! kilobyte.

use crate::slot::Slot;
use crate::ticket::Ticket;
use std::rc::{Rc, Weak};

/// A client, as what is attached to it sees it.
pub trait Owner: Sized {
    /// Asks for a map request.
    fn reload(self: &Rc<Self>) -> Ticket;
    /// A layer was shown or hidden: tile address and hit testing change at once.
    fn visibility_changed(self: &Rc<Self>);
}

/// Binds an object to a client; `Err` when it belongs to another one.
pub(super) fn attach<O>(slot: &Slot<Weak<O>>, client: &Rc<O>) -> Result<(), ()> {
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

/// Undoes [`attach`].
pub(super) fn release<O>(slot: &Slot<Weak<O>>, client: &Rc<O>) {
    if std::ptr::eq(slot.borrow().as_ptr(), &**client) {
        slot.replace(Weak::new());
    }
}
