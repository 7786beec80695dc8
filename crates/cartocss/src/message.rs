//! The words of mistakes. A build that hands every mistake to a server needs none.

/// A message, as `format!` makes it.
#[cfg(feature = "standalone")]
macro_rules! message {
    ($($part:tt)*) => { format!($($part)*) };
}

/// No message.
#[cfg(not(feature = "standalone"))]
macro_rules! message {
    ($($part:tt)*) => {{
        if false {
            let _ = format_args!($($part)*);
        }
        crate::message::Message
    }};
}

pub(crate) use message;

/// The words of a mistake.
#[cfg(feature = "standalone")]
pub(crate) type Message = String;

/// That there are no words.
#[cfg(not(feature = "standalone"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message;

#[cfg(not(feature = "standalone"))]
impl From<&str> for Message {
    fn from(_: &str) -> Self {
        Self
    }
}
