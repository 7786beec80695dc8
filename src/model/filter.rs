//! Spatial filters: the area that dataviews are computed over (spec 2.16).

use super::dataview::Dataview;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// A bounding box; each dataview has room for one.
#[derive(Debug, Default)]
pub struct BoundingBox {
    bounds: RefCell<Option<[f64; 4]>>,
    users: RefCell<Vec<Weak<Dataview>>>,
}

impl BoundingBox {
    /// The parameter of a dataview request; `None` until bounds are known.
    pub fn parameter(&self) -> Option<String> {
        self.bounds.borrow().map(|[west, south, east, north]| format!("bbox={west},{south},{east},{north}"))
    }

    /// Sets the bounds, in degrees, and lets the dataviews that use them read again.
    pub fn set(&self, west: f64, south: f64, east: f64, north: f64) {
        *self.bounds.borrow_mut() = Some([west, south, east, north]);
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
