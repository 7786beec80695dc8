//! [`Event`]: what is told to a [`Subject`], and what listeners get.

use crate::error::{CartoError, RawError};
use crate::page_value::PageValue;
use crate::subject::Subject;
use maps_api::json::Value;
use std::rc::Rc;

/// An event with its arguments.
#[derive(Clone, Debug)]
pub struct Event {
    /// The name that listeners use.
    pub name: &'static str,
    /// What listeners get.
    pub args: Vec<Arg>,
}

impl Event {
    /// An event of one argument.
    pub fn of(name: &'static str, arg: impl Into<Arg>) -> Event {
        Event::single(name, arg.into())
    }

    // Apart, so that it exists once and not at each of dozens of callers.
    #[inline(never)]
    fn single(name: &'static str, arg: Arg) -> Event {
        Event { name, args: vec![arg] }
    }

    /// An event of any number of arguments.
    pub fn new(name: &'static str, args: impl Into<Vec<Arg>>) -> Event {
        Event { name, args: args.into() }
    }
}

/// One argument of an event.
#[derive(Clone, Debug)]
pub enum Arg {
    /// Plain data.
    Value(Value),
    /// An error with its code.
    Error(CartoError),
    /// An error as the server sent it, the second argument of `statusChanged`.
    Raw(Box<RawError>),
    /// The object that the event is told to.
    Myself,
    /// A value of the page's own; `None` is JavaScript's `undefined`.
    Page(Option<PageValue>),
    /// What a server says of a layer's style: each rule becomes an object with getters (spec 2.9).
    Styles(Vec<Value>),
    /// What is told when the pointer has left a feature: a feature's members without values.
    NoFeature,
    /// Features under the pointer with their layers, bottom first, and where it is.
    Features(Vec<(Rc<Subject>, Value)>, Value),
}

impl Arg {
    /// An argument of the page's that is told again.
    pub fn from_page(value: Option<&Value>) -> Arg {
        value.map_or(Arg::Page(None), |value| Arg::Value(value.clone()))
    }
}

impl From<CartoError> for Arg {
    fn from(error: CartoError) -> Arg {
        Arg::Error(error)
    }
}

impl From<Value> for Arg {
    fn from(value: Value) -> Arg {
        Arg::Value(value)
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Value(text.into())
    }
}
