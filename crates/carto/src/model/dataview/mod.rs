//! Dataviews: numbers about a source (spec 2.10 to 2.14, 3.5).

mod binned;
mod options;
mod reading;

pub use options::{DataviewOptions, Kind, Part};

use super::UnderWay;
use super::effect::{Effect, Status};
use super::filter::spatial::{Shape, Spatial, User};
use super::filter::sql::SqlFilter;
use super::owner::Owner;
use super::source::{OF, Source};
use crate::error::{CartoError, RawError};
use crate::event::{Arg, Event};
use crate::maps::bins::Bins;
use crate::settings::Settings;
use crate::slot::Slot;
use crate::subject::Subject;
use crate::text;
use binned::Binned;
use maps_api::config::{AnalysisConfig, DataviewConfig};
use maps_api::json::Value;
use reading::{Missed, Phase};
use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::sync::atomic::AtomicU32;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Categories of a category dataview, when the page does not say.
const DEFAULT_LIMIT: f64 = 6.0;

/// What a dataview asks of its client beside what others do.
pub trait DataviewOwner: Owner {
    /// Whose key requests carry.
    fn settings(&self) -> Rc<Settings>;
    /// A number as JavaScript writes it.
    fn number(&self, number: f64) -> String;
    /// Seconds east of UTC where the page is.
    fn local_offset(&self) -> f64;
    /// Waits for what failed for a reason that may pass, unless something else is waited for already.
    fn wait(&self, effects: &mut Vec<Effect<Dataview<Self>>>);
    /// What had failed came after all.
    fn is_back(&self);
    /// Carries out effects.
    fn run(self: &Rc<Self>, effects: Vec<Effect<Dataview<Self>>>);
}

/// A filter of each shape, in the order of [`Shape::ALL`].
type ByShape<O> = [Option<Rc<Spatial<Dataview<O>>>>; 3];

/// A dataview.
#[derive(Debug)]
pub struct Dataview<O> {
    /// The public object.
    pub subject: Rc<Subject>,
    /// The id on the wire.
    pub id: String,
    /// The source, which cannot be changed.
    pub source: Rc<Source<O>>,
    /// Filters of the source that do not count here.
    except: Slot<Vec<Rc<SqlFilter<Source<O>>>>>,
    kind: Kind,
    column: Slot<String>,
    operation: Slot<String>,
    operation_column: Slot<String>,
    limit: Cell<f64>,
    binned: Binned,
    status: Cell<Status>,
    enabled: Cell<bool>,
    missed: Cell<Missed>,
    /// Whether a request was ever sent: the first one is sent even when disabled.
    asked: Cell<bool>,
    url: Slot<Option<String>>,
    /// Number of the latest request; answers to older ones are ignored.
    request: Cell<u32>,
    /// What the request under way asks for.
    phase: Cell<Phase>,
    /// What failed for a reason that may pass; it is asked for again, and told no more.
    failed: Cell<Phase>,
    /// The request that a newer one would supersede.
    pub under_way: UnderWay,
    data: Slot<Option<Value>>,
    /// The bins behind `data`.
    bins: Slot<Option<Bins>>,
    filters: Slot<ByShape<O>>,
    client: Slot<Weak<O>>,
}

/// What a setter leads to, in order.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What the page is told.
    pub events: Vec<Event>,
    /// Whether the data are read again then, without a map request.
    read: bool,
}

/// Stores a number that no map request carries, and gives the event, with the number in other units.
fn set_number(slot: &Cell<f64>, value: f64, name: &'static str, scale: f64) -> Changes {
    if slot.replace(value) == value {
        return Changes::default();
    }
    Changes { events: vec![Event::of(name, Value::from(value * scale))], read: true }
}

impl Kind {
    fn id_prefix(self) -> &'static str {
        match self {
            Kind::Formula => "formula-c",
            Kind::Category => "category-c",
            Kind::Histogram | Kind::TimeSeries => "histogram-c",
        }
    }

    /// The data before the first answer.
    fn no_data(self) -> Value {
        let none = || Value::Array(Vec::new());
        match self {
            Kind::Formula => Value::object([("result", none())]),
            Kind::Category => Value::object([("categories", none())]),
            _ => Value::object([("bins", none()), ("nulls", 0.0.into()), ("totalAmount", 0.0.into())]),
        }
    }

    fn is_binned(self) -> bool {
        matches!(self, Kind::Histogram | Kind::TimeSeries)
    }
}

impl<O: DataviewOwner> Dataview<O> {
    /// Checks the arguments and makes a dataview; `except` are filters of the source that do not count for it.
    ///
    /// # Errors
    /// `validation:dataview:*`.
    pub fn new(
        kind: Kind,
        source: Rc<Source<O>>,
        column: Option<&Value>,
        options: &DataviewOptions,
        except: Vec<Rc<SqlFilter<Source<O>>>>,
    ) -> Result<Rc<Dataview<O>>, CartoError> {
        let column = options::column(column)?;
        let limit = match (kind, &options.limit) {
            (Kind::Category, Some(limit)) => options::limit(Some(limit))?,
            _ => DEFAULT_LIMIT,
        };
        let operation = match (kind, &options.operation) {
            (Kind::Formula | Kind::Category, Some(operation)) => options::operation(kind, Some(operation))?,
            (Kind::Formula | Kind::Category, None) => "count".to_owned(),
            _ => String::new(),
        };
        let operation_column = match (kind, &options.operation_column) {
            (Kind::Category, Some(column)) => options::operation_column(Some(column))?,
            (Kind::Category, None) => column.clone(),
            _ => String::new(),
        };
        Ok(Rc::new(Dataview {
            binned: Binned::new(options, kind)?,
            subject: Rc::default(),
            id: super::next_id(kind.id_prefix(), &COUNT),
            source,
            except: Slot::new(except),
            kind,
            column: Slot::new(column),
            operation: Slot::new(operation),
            operation_column: Slot::new(operation_column),
            limit: Cell::new(limit),
            status: Cell::new(Status::NotLoaded),
            enabled: Cell::new(true),
            missed: Cell::new(Missed::Nothing),
            asked: Cell::new(false),
            url: Slot::default(),
            request: Cell::new(0),
            phase: Cell::new(Phase::Idle),
            failed: Cell::new(Phase::Idle),
            under_way: UnderWay::default(),
            data: Slot::default(),
            bins: Slot::default(),
            filters: Slot::default(),
            client: Slot::default(),
        }))
    }

    /// Where the dataview stands.
    pub fn status(&self) -> Status {
        self.status.get()
    }

    /// Whether map changes and filters lead to new data.
    pub fn is_enabled(&self) -> bool {
        self.enabled.get()
    }

    /// The client that the dataview is attached to.
    pub fn client(&self) -> Option<Rc<O>> {
        self.client.borrow().upgrade()
    }

    /// Binds the dataview to its first client (2.15); any client that it is added to gives it addresses.
    pub(super) fn attach(&self, client: &Rc<O>) {
        if self.client().is_none() {
            *self.client.borrow_mut() = Rc::downgrade(client);
            self.binned.local_offset.set(client.local_offset());
        }
    }

    /// Lets go of a client that is disposed of: nothing is read any more.
    pub(super) fn detach(&self, client: &Rc<O>) {
        if self.client().is_some_and(|current| !Rc::ptr_eq(&current, client)) {
            return;
        }
        *self.client.borrow_mut() = Weak::new();
        self.url.take();
        self.request.set(self.request.get() + 1);
        self.phase.set(Phase::Idle);
        self.under_way.abort();
    }

    /// One part, as the page set it; `Null` where it is not set.
    pub fn get(&self, part: Part) -> Value {
        let binned = &self.binned;
        let end = |set: &Option<Value>, sent: fn((f64, f64)) -> f64| {
            let set = set.as_ref().and_then(Value::as_f64);
            set.or(binned.range.get().map(sent)).into()
        };
        match part {
            Part::Column => self.column.borrow().as_str().into(),
            Part::Operation => self.operation.borrow().as_str().into(),
            Part::OperationColumn => self.operation_column.borrow().as_str().into(),
            Part::Limit => self.limit.get().into(),
            Part::Bins => binned.bins.get().into(),
            Part::Start => end(&binned.ends.borrow().0, |range| range.0),
            Part::End => end(&binned.ends.borrow().1, |range| range.1),
            Part::Aggregation => binned.aggregation.borrow().as_str().into(),
            Part::Offset => binned.offset.get().into(),
            Part::LocalTimezone => binned.local_timezone.get().into(),
        }
    }

    /// Replaces one part, and gives what to do when that is a change: call [`Dataview::follow`] after telling it.
    ///
    /// # Errors
    /// `validation:dataview:*`.
    pub fn set(self: &Rc<Self>, part: Part, value: Option<&Value>) -> Result<Changes, CartoError> {
        let binned = &self.binned;
        let (slot, text, name) = match part {
            Part::Column => (&self.column, options::column(value)?, "columnChanged"),
            Part::Operation => (&self.operation, options::operation(self.kind, value)?, "operationChanged"),
            Part::OperationColumn => {
                (&self.operation_column, options::operation_column(value)?, "operationColumnChanged")
            }
            Part::Aggregation => {
                let unit = options::aggregation(value)?;
                if binned.aggregation.replace(unit.clone()) == unit {
                    return Ok(Changes::default());
                }
                // What the server made of `auto` is there already.
                let read = binned.sent_aggregation.replace(unit.clone()) != unit;
                return Ok(Changes { events: vec![Event::of("aggregationChanged", unit)], read });
            }
            // The number of categories is a parameter of the dataview's own request.
            Part::Limit => return Ok(set_number(&self.limit, options::limit(value)?, "limitChanged", 1.0)),
            Part::Bins => {
                let bins = options::bins(value)?;
                if bins != binned.bins.get() {
                    binned.sent_bins.set(bins);
                }
                return Ok(set_number(&binned.bins, bins, "binsChanged", 1.0));
            }
            // Told in seconds, though everything else is in hours.
            Part::Offset => {
                return Ok(set_number(&binned.offset, options::offset(value)?, "offsetChanged", 3_600.0));
            }
            Part::LocalTimezone => {
                let flag = options::local_timezone(value)?;
                let events = vec![Event::of("localTimezoneChanged", Value::Bool(flag))];
                let same = binned.local_timezone.replace(flag) == flag;
                return Ok(if same { Changes::default() } else { Changes { events, read: true } });
            }
            // They are set together, by `set_ends`.
            Part::Start | Part::End => return Ok(Changes::default()),
        };
        if *slot.borrow() == text {
            return Ok(Changes::default());
        }
        slot.replace(text.clone());
        if part == Part::Column {
            binned.forget();
        }
        let client = self.client();
        if let Some(client) = &client {
            client.reload();
        }
        // A column's event is told only when attached.
        let told = client.is_some() || part != Part::Column;
        let events = if told { vec![Event::of(name, text)] } else { Vec::new() };
        Ok(Changes { events, read: false })
    }

    /// Does what follows on the events of a change.
    pub fn follow(self: &Rc<Self>, changes: &Changes) {
        if changes.read {
            self.perform(Dataview::read);
        }
    }

    /// Sets where a histogram starts and ends, and gives what to do when that is a change.
    ///
    /// # Errors
    /// `validation:dataview:histogram-invalid-start-end`.
    pub fn set_ends(self: &Rc<Self>, start: Option<&Value>, end: Option<&Value>) -> Result<Changes, CartoError> {
        let ends = options::ends(start, end)?;
        let before = self.binned.ends.replace(ends.clone());
        // Nothing to set leaves the range as it is.
        let range = options::finite(&ends);
        let read = range.is_some() && self.binned.range.replace(range) != range;
        let event = |name, value: Option<&Value>| Event::of(name, Arg::from_page(value));
        let started = (before.0 != ends.0).then(|| event("startChanged", start));
        let ended = (before.1 != ends.1).then(|| event("endChanged", end));
        let mut events = Vec::new();
        events.extend(started);
        events.extend(ended);
        Ok(Changes { events, read })
    }

    /// Puts a filter in the place of its shape; a former one is replaced.
    pub fn add_filter(self: &Rc<Self>, filter: &Rc<Spatial<Self>>) {
        if self.has_filter(filter) {
            return;
        }
        if let Some(old) = self.replace_filter(filter.shape, Some(filter.clone())) {
            old.remove_user(self);
        }
        filter.add_user(self);
        // Without an area there is nothing to ask for yet.
        if filter.parameter().is_some() {
            self.area_changed(filter.shape);
        }
    }

    /// Takes a filter away, when it is the one in its place.
    pub fn remove_filter(self: &Rc<Self>, filter: &Rc<Spatial<Self>>) {
        if self.has_filter(filter) {
            let counted = self.filter().is_some_and(|counting| Rc::ptr_eq(&counting, filter));
            self.replace_filter(filter.shape, None);
            filter.remove_user(self);
            if counted {
                self.perform(Dataview::read_area_unless_disabled);
            }
        }
    }

    fn replace_filter(&self, shape: Shape, filter: Option<Rc<Spatial<Self>>>) -> Option<Rc<Spatial<Self>>> {
        let mut filters = self.filters.borrow_mut();
        let slot = Shape::ALL.iter().zip(filters.iter_mut()).find(|(known, _)| **known == shape);
        slot.and_then(|(_, slot)| std::mem::replace(slot, filter))
    }

    /// Whether this very filter is used.
    pub fn has_filter(&self, filter: &Rc<Spatial<Self>>) -> bool {
        self.filters.borrow().iter().flatten().any(|used| Rc::ptr_eq(used, filter))
    }

    /// The filter that counts: the first one of the shapes' order.
    fn filter(&self) -> Option<Rc<Spatial<Self>>> {
        self.filters.borrow().iter().flatten().next().cloned()
    }

    /// The parameter of the filter that counts: `Some(None)` while it has no area yet.
    fn area(&self) -> Option<Option<String>> {
        self.filter().map(|filter| filter.parameter())
    }

    /// What the page gets: `None` while on no map, empty shapes before the first answer.
    pub fn data(&self) -> Option<Value> {
        self.client()?;
        let mut data = self.data.borrow().clone().unwrap_or_else(|| self.kind.no_data());
        match self.kind {
            // In the place where pages that print the data have it.
            Kind::Formula => data.insert("result", "operation", self.get(Part::Operation)),
            Kind::Category => data.insert("categories", "operation", self.get(Part::Operation)),
            Kind::Histogram => {}
            Kind::TimeSeries => data.insert("totalAmount", "offset", self.binned.seconds() / 3_600.0),
        }
        Some(data)
    }

    /// The letter of a histogram's distribution; `None` while on no map.
    pub fn distribution(&self) -> Option<&'static str> {
        self.client()?;
        Some(self.bins.borrow().as_ref().map_or("S", Bins::distribution))
    }

    /// The filters of the source that do not count here.
    pub fn except(&self) -> Vec<Rc<SqlFilter<Source<O>>>> {
        self.except.borrow().clone()
    }

    /// Leaves other filters of the source out. On a map it reloads it, when that changes what the data are made of.
    pub fn set_except(&self, except: Vec<Rc<SqlFilter<Source<O>>>>) {
        let before = self.node().query;
        self.except.replace(except);
        if let Some(client) = self.client().filter(|_| self.node().query != before) {
            client.reload();
        }
    }

    /// The analysis node that it is computed over, with its query: the source's, unless filters of the source are left out.
    pub(super) fn node(&self) -> AnalysisConfig {
        let (source, mut node) = (&self.source, self.source.node());
        let except = self.except.borrow();
        if !except.is_empty() {
            let query = source.filtered_by(&source.filters.sql_except(&except));
            if query != node.query {
                node = AnalysisConfig { id: text::concat(&[&node.id, OF, &self.id]), query, ..node };
            }
        }
        node
    }

    /// The dataview as it is sent (spec 4.2).
    pub(super) fn config(&self) -> DataviewConfig {
        let (binned, column) = (&self.binned, ("column", self.get(Part::Column)));
        let (kind, options) = match self.kind {
            Kind::Formula => ("formula", Value::object([column, ("operation", self.get(Part::Operation))])),
            Kind::Category => (
                "aggregation",
                Value::object([
                    column,
                    ("aggregation", self.get(Part::Operation)),
                    ("aggregationColumn", self.get(Part::OperationColumn)),
                ]),
            ),
            Kind::Histogram => ("histogram", Value::object([column, ("bins", binned.sent_bins.get().into())])),
            // Never the local offset: maps are shared between time zones.
            Kind::TimeSeries => (
                "histogram",
                Value::object([
                    column,
                    ("aggregation", binned.sent_aggregation.borrow().as_str().into()),
                    ("offset", (binned.offset.get() * 3_600.0).into()),
                ]),
            ),
        };
        DataviewConfig { kind: kind.to_owned(), source: self.node().id, options }
    }

    fn perform(self: &Rc<Self>, step: impl FnOnce(&Rc<Self>, &mut Vec<Effect<Self>>)) {
        if let Some(client) = self.client() {
            let mut effects = Vec::new();
            step(self, &mut effects);
            client.run(effects);
        }
    }

    pub(super) fn fail(self: &Rc<Self>, raw: RawError, effects: &mut Vec<Effect<Self>>) {
        let error = CartoError::new(raw.clone());
        effects.push(Effect::Status(self.clone(), Status::Error, Some(Box::new(raw))));
        effects.push(Effect::Tell(self.subject.clone(), Event::of("error", error)));
    }

    /// Moves to a status and gives the event that tells it.
    pub(super) fn enter(&self, status: Status, raw: Option<Box<RawError>>) -> Event {
        self.status.set(status);
        let mut args = vec![Arg::Value(status.text().into())];
        args.extend(raw.map(Arg::Raw));
        Event::new("statusChanged", args)
    }
}

impl<O: DataviewOwner> User for Dataview<O> {
    /// Reads again, when the filter is the one that counts.
    fn area_changed(self: &Rc<Self>, shape: Shape) {
        if self.filter().is_some_and(|filter| filter.shape == shape) {
            self.perform(Dataview::read_area_unless_disabled);
        }
    }
}
