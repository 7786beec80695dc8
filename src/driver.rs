//! Carries out what the engine wants done, with timers and requests.

use crate::convert::{self, Thrown, option, soon};
use crate::http::{self, Answered, Call, Done};
use carto::maps::failure::Failure;
use carto::maps::request::{self, HttpRequest, LONGEST_GET};
use carto::model::client::{Client, Driver, Effect};
use carto::refusal::hopeless_key;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

#[wasm_bindgen(module = "carto-rim")]
extern "C" {
    /// Whether the object of a number answers requests in the server's place.
    fn answers(native: u32) -> bool;
}

/// The limits of requests.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Milliseconds until an answer must be complete.
    pub timeout: u32,
    /// Longest URL of a map request by GET, in characters.
    pub longest_get: usize,
}

/// Milliseconds until an answer must be complete, when the page does not say.
const DEFAULT_TIMEOUT: u32 = 30_000;

/// Milliseconds at most to find out why a tile could not be loaded.
const LONGEST_QUESTION: u32 = 5_000;

impl Limits {
    /// The limits among a client's settings; what is no number from 1 on counts as not said.
    pub fn of(settings: &JsValue) -> Result<Limits, Thrown> {
        let whole = |name: &str, default: u32| -> Result<u32, Thrown> {
            let given = option(settings, name)?.as_f64().filter(|number| *number >= 1.0);
            Ok(given.map_or(default, |number| number as u32))
        };
        let longest_get = whole("maxUrlLength", LONGEST_GET as u32)? as usize;
        Ok(Limits { timeout: whole("timeout", DEFAULT_TIMEOUT)?, longest_get })
    }
}

/// The driver of one client.
pub struct Browser(pub Limits);

impl Driver for Browser {
    #[cfg(feature = "dataviews")]
    fn number(&self, number: f64) -> String {
        crate::written::written(&number.into())
    }

    fn now(&self) -> f64 {
        now()
    }

    #[cfg(feature = "dataviews")]
    fn local_offset(&self) -> f64 {
        js_sys::Date::new_0().get_timezone_offset() * -60.0
    }

    fn perform(&self, client: &Rc<Client>, effect: Effect) {
        let client = client.clone();
        let timeout = self.0.timeout;
        match effect {
            Effect::Schedule { delay, schedule } => {
                // The page may keep nothing but a listener's closure: its object must live until it was told.
                let alive = convert::object(&client.subject);
                let send = move || {
                    client.send_scheduled(schedule);
                    drop(alive);
                };
                http::later(delay, Box::new(send));
            }
            Effect::Instantiate { generation, config } => {
                let config = convert::stringify(&config);
                let settings = client.settings();
                let native = convert::number(&client.native);
                // Who answers in the server's place must see what is asked: it is sent as it is.
                let longest_get = if answers(native) { 0 } else { self.0.longest_get };
                let request = request::instantiate(&settings, config, longest_get);
                let hopeless = hopeless_key(&settings.api_key);
                let call = Call::through(native);
                client.under_way.supersede({
                    let call = call.clone();
                    move || call.abort()
                });
                let alive = convert::object(&client.subject);
                let taken: Done<_> = Box::new(move |answer| {
                    client.answer(generation, answer);
                    drop(alive);
                });
                match hopeless {
                    Some(what) => soon(Box::new(move || taken(Err(Failure::MalformedKey(what))))),
                    None => call.json(request, timeout, taken),
                }
            }
            #[cfg(feature = "dataviews")]
            Effect::Read { dataview, request, url } => crate::dataview::read(client, dataview, request, url, timeout),
            Effect::ReadGrid { key, epoch, url } => {
                let native = convert::number(&client.native);
                let taken = move |answer| client.grid_answer(key, epoch, answer);
                Call::through(native).json(HttpRequest::get(url), timeout, Box::new(taken));
            }
            Effect::AskForTile { url, address } => {
                let taken = move |answer: Result<Answered, Failure>| client.tile_answer(address, answer.map(drop));
                // Errors wait for it, so it is asked once, and not for long.
                let request = HttpRequest { safe: false, ..HttpRequest::get(url) };
                Call::default().text(request, timeout.min(LONGEST_QUESTION), Box::new(taken));
            }
            Effect::AskAgain { delay } => {
                http::later_or_online(delay, move |is_online| client.ask_again(is_online));
            }
            #[cfg(feature = "dataviews")]
            Effect::Poll(poll) => {
                let delay = poll.delay;
                let ask = move || {
                    let request = HttpRequest::get(poll.url.clone());
                    Call::default().json(request, timeout, Box::new(move |answer| client.node_answer(poll, answer)));
                };
                http::later(delay, Box::new(ask));
            }
            Effect::Tell(subject, event) => convert::tell(&subject, &event),
            // The engine turns a status into an event itself; without dataviews there are none of the others either.
            _ => {}
        }
    }
}
