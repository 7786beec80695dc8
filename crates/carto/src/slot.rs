//! [`Slot`]: a value that changes through shared references.

use std::cell::{Ref, RefCell, RefMut};
use std::fmt;

/// A `RefCell` that does not say who borrowed it when it should not: a `RefCell` keeps the place of each of its hundred
/// callers for the panic, and every page would download them.
pub struct Slot<T>(RefCell<T>);

impl<T> Slot<T> {
    /// Keeps a value.
    pub fn new(value: T) -> Slot<T> {
        Slot(RefCell::new(value))
    }

    /// The value, to be read.
    pub fn borrow(&self) -> Ref<'_, T> {
        self.0.borrow()
    }

    /// The value, to be changed.
    pub fn borrow_mut(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }

    /// Puts another value in its place, and gives the former one.
    pub fn replace(&self, value: T) -> T {
        std::mem::replace(&mut *self.borrow_mut(), value)
    }

    /// Takes the value out.
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }
}

impl<T: Default> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}
