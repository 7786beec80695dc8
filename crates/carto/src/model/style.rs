//! Styles: CartoCSS text (spec 2.6).

use super::owner::Owner;
use crate::error::CartoError;
use crate::event::Event;
use crate::settings::truthy;
use crate::slot::Slot;
use crate::subject::Subject;
use crate::ticket::Pending;
use maps_api::json::Value;
use std::rc::{Rc, Weak};

/// A style.
#[derive(Debug)]
pub struct Style<O> {
    /// The public object.
    pub subject: Rc<Subject>,
    content: Slot<String>,
    pub(super) client: Slot<Weak<O>>,
}

impl<O: Owner> Style<O> {
    /// Checks the text and makes a style.
    ///
    /// # Errors
    /// `validation:style:*`.
    pub fn new(content: Option<&Value>) -> Result<Style<O>, CartoError> {
        let content = Slot::new(check(content)?);
        Ok(Style { subject: Rc::default(), content, client: Slot::default() })
    }

    /// The text.
    pub fn content(&self) -> String {
        self.content.borrow().clone()
    }

    /// Checks and stores a new text, and asks for a reload when the style is attached; the promise gives the text.
    ///
    /// # Errors
    /// `validation:style:*`.
    pub fn set_content(&self, content: Option<&Value>) -> Result<Pending, CartoError> {
        *self.content.borrow_mut() = check(content)?;
        // What was set here is told and given, also when something else was set since.
        let changed = Event::of("contentChanged", self.content());
        let pending = match self.client() {
            Some(client) => Pending::tell_when(client.reload(), &self.subject, changed),
            None => Pending::tell(&self.subject, changed),
        };
        Ok(pending.giving(self.content().into()))
    }

    /// The client that the style is attached to.
    pub fn client(&self) -> Option<Rc<O>> {
        self.client.borrow().upgrade()
    }
}

fn check(content: Option<&Value>) -> Result<String, CartoError> {
    match content {
        content if !truthy(content) => Err(CartoError::validation("style", "requiredCSS")),
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(CartoError::validation("style", "requiredCSSString")),
    }
}
