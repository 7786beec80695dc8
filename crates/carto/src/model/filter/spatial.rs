//! Spatial filters: the area that dataviews are computed over (spec 2.16).

use crate::maps::request::encode;
use crate::slot::Slot;
use crate::text;
use std::rc::{Rc, Weak};

/// The form of an area; a dataview has room for one filter of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// West, south, east and north in degrees.
    BoundingBox,
    /// A center in degrees and a radius in meters.
    Circle,
    /// A GeoJSON polygon in degrees.
    Polygon,
}

impl Shape {
    /// All shapes; when a dataview has several, the first one counts.
    pub const ALL: [Shape; 3] = [Shape::BoundingBox, Shape::Circle, Shape::Polygon];

    /// What a value of the wrong form is refused with.
    pub fn refusal(self) -> &'static str {
        match self {
            Shape::BoundingBox => "invalidBoundsObject",
            Shape::Circle => "invalidCircleObject",
            Shape::Polygon => "invalidPolygonObject",
        }
    }

    /// The parameter of a dataview request (spec 4.5.2).
    fn parameter(self, area: &str) -> String {
        match self {
            // Numbers and commas need no encoding.
            Shape::BoundingBox => text::concat(&["bbox=", area]),
            Shape::Circle => text::concat(&["circle=", &encode(area)]),
            Shape::Polygon => text::concat(&["polygon=", &encode(area)]),
        }
    }
}

/// What uses a spatial filter.
pub trait User {
    /// A filter of this shape has another area.
    fn area_changed(self: &Rc<Self>, shape: Shape);
}

/// A spatial filter.
#[derive(Debug)]
pub struct Spatial<U> {
    /// Its form, which never changes.
    pub shape: Shape,
    parameter: Slot<Option<String>>,
    users: Slot<Vec<Weak<U>>>,
}

impl<U: User> Spatial<U> {
    /// A filter without an area.
    pub fn new(shape: Shape) -> Spatial<U> {
        Spatial { shape, parameter: Slot::default(), users: Slot::default() }
    }

    /// The parameter of a dataview request; `None` until the area is known.
    pub fn parameter(&self) -> Option<String> {
        self.parameter.borrow().clone()
    }

    /// Sets the area, and lets those who use it read again.
    ///
    /// It comes as text, `west,south,east,north` or JSON: JavaScript has written it, and the code that writes numbers is
    /// a tenth of the library.
    pub fn set(&self, area: &str) {
        *self.parameter.borrow_mut() = Some(self.shape.parameter(area));
        let users: Vec<Rc<U>> = self.users.borrow().iter().filter_map(Weak::upgrade).collect();
        for user in users {
            user.area_changed(self.shape);
        }
    }

    pub(crate) fn add_user(&self, user: &Rc<U>) {
        super::push_alive(&mut self.users.borrow_mut(), Rc::downgrade(user), |user| user.strong_count() > 0);
    }

    pub(crate) fn remove_user(&self, gone: &Rc<U>) {
        self.users.borrow_mut().retain(|user| user.strong_count() > 0 && !std::ptr::eq(user.as_ptr(), &**gone));
    }
}
