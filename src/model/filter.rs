//! Spatial filters: the area that dataviews are computed over (spec 2.16).

use super::dataview::Dataview;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// A bounding box; each dataview has room for one.
#[derive(Debug, Default)]
pub struct BoundingBox {
    bounds: RefCell<Option<String>>,
    users: RefCell<Vec<Weak<Dataview>>>,
}

impl BoundingBox {
    /// The parameter of a dataview request; `None` until bounds are known.
    pub fn parameter(&self) -> Option<String> {
        self.bounds.borrow().as_ref().map(|bounds| ["bbox=", bounds].concat())
    }

    /// Sets the bounds, `west,south,east,north` in degrees, and lets the dataviews that use them read again.
    ///
    /// They come as text: JavaScript has written them, and the code that writes numbers is a tenth of the library.
    pub fn set(&self, bounds: String) {
        *self.bounds.borrow_mut() = Some(bounds);
        let users: Vec<Rc<Dataview>> = self.users.borrow().iter().filter_map(Weak::upgrade).collect();
        for dataview in users {
            dataview.filter_changed();
        }
    }

    pub(super) fn add_user(&self, dataview: &Rc<Dataview>) {
        self.users.borrow_mut().push(Rc::downgrade(dataview));
    }

    pub(super) fn remove_user(&self, dataview: &Rc<Dataview>) {
        self.users.borrow_mut().retain(|user| user.strong_count() > 0 && !std::ptr::eq(user.as_ptr(), &**dataview));
    }
}
