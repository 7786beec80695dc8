//! When dataviews ask the server, and what they make of the answer (spec 3.5, 4.5).

use super::{Dataview, DataviewOwner, Kind};
use crate::error::RawError;
use crate::event::Event;
use crate::maps::dataviews;
use crate::maps::failure::{Failure, RequestKind};
use crate::maps::request;
use crate::model::effect::{Effect, Status};
use maps_api::json::Value;
use std::rc::Rc;

/// What changed while the dataview was disabled.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) enum Missed {
    Nothing,
    /// The area of a filter.
    Area,
    /// The map.
    Map,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// There is no request.
    Idle,
    /// The bins without filters, which decide the range of those with filters.
    Unfiltered,
    /// The data.
    Data,
}

impl<O: DataviewOwner> Dataview<O> {
    /// Lets changes lead to new data again, and catches up with those that were missed.
    pub fn enable(self: &Rc<Self>) {
        self.enabled.set(true);
        match self.missed.get() {
            Missed::Nothing => {}
            Missed::Area => self.perform(Dataview::read_area),
            Missed::Map => self.perform(Dataview::read),
        }
    }

    /// Stops reading new data.
    pub fn disable(&self) {
        self.enabled.set(false);
    }

    /// Takes the address that a map answer gave; the same one as before changes nothing.
    pub(in crate::model) fn take_url(self: &Rc<Self>, url: &str, effects: &mut Vec<Effect<Self>>) {
        if self.url.borrow().as_deref() == Some(url) {
            // The server is there.
            return self.ask_again(effects);
        }
        *self.url.borrow_mut() = Some(url.to_owned());
        if self.is_active() {
            self.read(effects);
        } else {
            self.missed.set(Missed::Map);
        }
    }

    /// Whether changes are read: also the first one of a dataview that is disabled.
    fn is_active(&self) -> bool {
        self.enabled.get() || !self.asked.get()
    }

    pub(super) fn read_area_unless_disabled(self: &Rc<Self>, effects: &mut Vec<Effect<Self>>) {
        if self.is_active() {
            self.read_area(effects);
        } else if self.missed.get() < Missed::Area {
            self.missed.set(Missed::Area);
        }
    }

    /// Reads the data over another area: what is without filters stays.
    fn read_area(self: &Rc<Self>, effects: &mut Vec<Effect<Self>>) {
        let known = !self.kind.is_binned() || self.binned.most.get().is_some();
        match self.phase.get() {
            // Its answer is followed by a request with the area as it is then.
            Phase::Unfiltered => {}
            _ if known => self.ask(Phase::Data, effects),
            _ => self.read(effects),
        }
    }

    /// Reads all anew.
    pub(super) fn read(self: &Rc<Self>, effects: &mut Vec<Effect<Self>>) {
        self.ask(if self.kind.is_binned() { Phase::Unfiltered } else { Phase::Data }, effects);
    }

    /// Sends the request again that failed for a reason that may pass.
    pub(in crate::model) fn ask_again(self: &Rc<Self>, effects: &mut Vec<Effect<Self>>) {
        let failed = self.failed.get();
        if failed != Phase::Idle && self.phase.get() == Phase::Idle {
            if self.enabled.get() {
                self.send(failed, effects);
            } else {
                self.missed.set(Missed::Map);
            }
        }
    }

    /// Sends a request and tells that it is under way.
    fn ask(self: &Rc<Self>, phase: Phase, effects: &mut Vec<Effect<Self>>) {
        self.failed.set(Phase::Idle);
        self.send(phase, effects);
    }

    /// Whether the page hears of a request: one without filters is silent when one with filters follows.
    fn is_told(&self, phase: Phase) -> bool {
        phase == Phase::Data || self.area().is_none()
    }

    /// Sends a request, unless the address or the area are not known yet.
    fn send(self: &Rc<Self>, phase: Phase, effects: &mut Vec<Effect<Self>>) {
        let (Some(base), Some(client)) = (self.url.borrow().clone(), self.client()) else { return };
        let area = match (phase, self.area()) {
            (Phase::Unfiltered, _) | (_, None) => None,
            (_, Some(None)) => return,
            (_, Some(area)) => area,
        };
        self.asked.set(true);
        self.missed.set(Missed::Nothing);
        self.request.set(self.request.get() + 1);
        self.phase.set(phase);
        let own = self.parameters(phase, &client);
        let url = request::read_from(&base, area.as_deref(), &own, &client.settings().api_key);
        if url.len() > dataviews::LONGEST_URL {
            let message = dataviews::URL_TOO_LONG.to_owned();
            self.phase.set(Phase::Idle);
            self.fail(RawError { message: Some(message), ..RawError::default() }, effects);
            return;
        }
        if self.failed.get() == Phase::Idle && self.is_told(phase) {
            effects.push(Effect::Status(self.clone(), Status::Loading, None));
        }
        effects.push(Effect::Read { dataview: self.clone(), request: self.request.get(), url });
    }

    /// The parameters of a request but for area and key (spec 4.5.1).
    fn parameters(&self, phase: Phase, client: &O) -> Vec<(&'static str, String)> {
        let binned = &self.binned;
        let mut own = Vec::new();
        if phase == Phase::Unfiltered {
            own.push(("no_filters", "1".to_owned()));
        }
        match self.kind {
            Kind::Formula => {}
            Kind::Category => {
                own.push(("own_filter", "0".to_owned()));
                own.push(("categories", client.number(self.limit.get())));
            }
            Kind::Histogram => own.push(("bins", client.number(binned.sent_bins.get()))),
            Kind::TimeSeries => {
                own.push(("aggregation", binned.sent_aggregation.borrow().clone()));
                own.push(("offset", client.number(binned.seconds())));
            }
        }
        if let Some((start, end)) = binned.range.get() {
            own.push(("start", client.number(start)));
            own.push(("end", client.number(end)));
        }
        own
    }

    /// Takes the answer to a request.
    #[inline(never)]
    pub fn answer(self: &Rc<Self>, request: u32, answer: Result<Value, Failure>) {
        if request != self.request.get() {
            return;
        }
        self.under_way.end();
        let phase = self.phase.replace(Phase::Idle);
        let Some(client) = self.client() else { return };
        let had_failed = self.failed.replace(Phase::Idle) != Phase::Idle;
        self.perform(|dataview, effects| {
            if had_failed && answer.is_ok() {
                client.is_back();
                if dataview.is_told(phase) {
                    effects.push(Effect::Status(dataview.clone(), Status::Loading, None));
                }
            }
            let taken = answer.and_then(|body| {
                let taken = dataview.take(&body, phase, effects);
                taken.ok_or(Failure::Server(200, body))
            });
            let Err(failure) = taken else { return };
            let may_pass = failure.may_pass();
            if may_pass {
                dataview.failed.set(phase);
                client.wait(effects);
            }
            if !(had_failed && may_pass)
                && let Some(raw) =
                    failure.errors(RequestKind::Dataview, client.settings().credentials()).into_iter().next()
            {
                dataview.fail(raw, effects);
            }
        });
    }

    /// Takes a good answer; `None` when it cannot be read.
    fn take(self: &Rc<Self>, body: &Value, phase: Phase, effects: &mut Vec<Effect<Self>>) -> Option<()> {
        let (data, part) = match self.kind {
            Kind::Formula => (dataviews::formula(body), "result"),
            Kind::Category => (dataviews::category(body), "categories"),
            Kind::Histogram | Kind::TimeSeries => {
                let bins = self.binned.read(self.kind, body, phase == Phase::Data)?;
                if phase == Phase::Unfiltered {
                    self.binned.learn(body, &bins);
                    if self.area().is_some() {
                        self.ask(Phase::Data, effects);
                        return Some(());
                    }
                    // Without an area the second answer would be this one again.
                }
                let data = bins.to_value();
                self.bins.replace(Some(bins));
                (data, "bins")
            }
        };
        let before = self.data.replace(Some(data.clone())).unwrap_or_else(|| self.kind.no_data());
        // Only a changed result, respectively list, is news; a histogram is told every time.
        let news = self.kind == Kind::Histogram || before.get(part) != data.get(part);
        if let Some(data) = self.data().filter(|_| news) {
            effects.push(Effect::Tell(self.subject.clone(), Event::of("dataChanged", data)));
        }
        effects.push(Effect::Status(self.clone(), Status::Loaded, None));
        Some(())
    }
}
