//! [`Effect`]: what dataviews and the engine want done.

use super::hover::GridKey;
use crate::error::RawError;
use crate::event::Event;
use crate::subject::Subject;
use maps_api::json::Value;
use std::rc::Rc;

/// What the engine wants done, in order, when none of its state is borrowed any more.
#[derive(Debug)]
pub enum Effect<D> {
    /// Call [`super::client::Client::send_scheduled`] after so many milliseconds, 0 meaning in the next turn of the event loop.
    Schedule {
        /// Milliseconds.
        delay: u32,
        /// To be handed back; only the latest one counts.
        schedule: u32,
    },
    /// Instantiate the map, abort an older request, and call [`super::client::Client::answer`].
    Instantiate {
        /// To be handed back with the answer.
        generation: u32,
        /// The configuration as JSON.
        config: Value,
    },
    /// Read a dataview, abort an older request of it, and call [`super::dataview::Dataview::answer`].
    Read {
        /// The dataview.
        dataview: Rc<D>,
        /// To be handed back with the answer.
        request: u32,
        /// The address, with the key in it.
        url: String,
    },
    /// Read a grid and call [`super::client::Client::grid_answer`].
    ReadGrid {
        /// The tile of one layer.
        key: GridKey,
        /// To be handed back with the answer.
        epoch: u32,
        /// The address, with the key in it.
        url: String,
    },
    /// Ask for a tile that could not be loaded, to find out why, and call [`super::client::Client::tile_answer`].
    AskForTile {
        /// The address, with the key in it.
        url: String,
        /// To be handed back with the answer.
        address: u32,
    },
    /// Call [`super::client::Client::ask_again`] after so many milliseconds, or as soon as there is a network again.
    AskAgain {
        /// Milliseconds.
        delay: u32,
    },
    /// Ask for the status of an analysis node, after a while, and call [`super::client::Client::node_answer`].
    Poll(Poll),
    /// Tell listeners.
    Tell(Rc<Subject>, Event),
    /// Move a dataview to a status and tell its listeners.
    Status(Rc<D>, Status, Option<Box<RawError>>),
}

/// A question for the status of an analysis node.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The node.
    pub node: String,
    /// The address, with the key in it.
    pub url: String,
    /// Milliseconds to wait before.
    pub delay: u32,
    /// The map request that the node belongs to.
    pub generation: u32,
}

/// Where a dataview stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Status {
    /// Nothing was asked yet.
    NotLoaded,
    /// A request is under way.
    Loading,
    /// There is data.
    Loaded,
    /// The last request failed.
    Error,
}

impl Status {
    /// The value of `carto.dataview.status`.
    pub fn text(self) -> &'static str {
        match self {
            Status::NotLoaded => "notLoaded",
            Status::Loading => "loading",
            Status::Loaded => "loaded",
            Status::Error => "error",
        }
    }
}
