//! [`Subject`]: an object that pages hold and that events are told to.
//!
//! The pure part names it; only the rim knows the JavaScript object behind it, and holds that weakly, because a
//! JavaScript value held by Rust is never collected.

use std::any::Any;
use std::cell::OnceCell;
use std::fmt;

/// An object that events are told to.
#[derive(Default)]
pub struct Subject {
    handle: OnceCell<Box<dyn Any>>,
}

impl Subject {
    /// Binds the rim's handle; only the first one counts.
    pub fn bind(&self, handle: Box<dyn Any>) {
        let _ = self.handle.set(handle);
    }

    /// The handle, as the type that the rim bound.
    pub fn handle<T: 'static>(&self) -> Option<&T> {
        self.handle.get().and_then(|handle| handle.downcast_ref())
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Subject")
    }
}
