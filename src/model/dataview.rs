//! Dataviews: numbers about a source (spec 2.10 to 2.12, 3.5).

use super::UnderWay;
use super::client::{Client, Effect};
use super::filter::BoundingBox;
use super::source::Source;
use crate::error::{CartoError, RawError};
use crate::json::Value;
use crate::maps::config::DataviewConfig;
use crate::maps::dataviews;
use crate::maps::failure::{Failure, Request};
use crate::subject::{Arg, Event, Subject};
use crate::text;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });

/// The values of `carto.operation`.
const OPERATIONS: [&str; 5] = ["count", "sum", "avg", "max", "min"];
/// Categories of a category dataview, when the page does not say.
const DEFAULT_LIMIT: f64 = 6.0;

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

/// The class of a dataview.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// One number.
    Formula,
    /// Groups of rows.
    Category,
}

/// What setters replace.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen(js_name = DataviewPart))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// The column.
    Column,
    /// How rows become a number.
    Operation,
    /// The column that the operation is applied to.
    OperationColumn,
    /// How many categories.
    Limit,
}

/// The options of a dataview, as the page gave them; `None` is JavaScript's `undefined`.
#[derive(Clone, Debug, Default)]
pub struct DataviewOptions {
    /// How rows become a number.
    pub operation: Option<Value>,
    /// The column that the operation is applied to.
    pub operation_column: Option<Value>,
    /// How many categories.
    pub limit: Option<Value>,
}

/// A dataview.
#[derive(Debug)]
pub struct Dataview {
    /// The public object.
    pub subject: Rc<Subject>,
    /// The id on the wire.
    pub id: String,
    /// The source, which cannot be changed.
    pub source: Rc<Source>,
    kind: Kind,
    column: RefCell<String>,
    operation: RefCell<String>,
    operation_column: RefCell<String>,
    limit: Cell<f64>,
    status: Cell<Status>,
    enabled: Cell<bool>,
    /// Whether something changed while the dataview was disabled.
    missed: Cell<bool>,
    /// Whether a request was ever sent: the first one is sent even when disabled.
    asked: Cell<bool>,
    url: RefCell<Option<String>>,
    /// Number of the latest request; answers to older ones are ignored.
    request: Cell<u32>,
    /// The request that a newer one would supersede.
    pub under_way: UnderWay,
    data: RefCell<Option<Value>>,
    bounding_box: RefCell<Option<Rc<BoundingBox>>>,
    client: RefCell<Weak<Client>>,
}

fn refuse(token: &str) -> CartoError {
    CartoError::validation("dataview", token)
}

fn check_column(column: Option<&Value>) -> Result<String, CartoError> {
    match column {
        None => Err(refuse("columnRequired")),
        Some(Value::String(column)) if column.is_empty() => Err(refuse("emptyColumn")),
        Some(Value::String(column)) => Ok(column.clone()),
        Some(_) => Err(refuse("columnString")),
    }
}

fn check_operation_column(column: Option<&Value>) -> Result<String, CartoError> {
    match column {
        None => Err(refuse("categoryOperationRequired")),
        Some(Value::String(column)) if column.is_empty() => Err(refuse("categoryOperationEmpty")),
        Some(Value::String(column)) => Ok(column.clone()),
        Some(_) => Err(refuse("categoryOperationString")),
    }
}

fn check_limit(limit: Option<&Value>) -> Result<f64, CartoError> {
    match limit {
        None => Err(refuse("categoryLimitRequired")),
        Some(Value::Number(limit)) if *limit <= 0.0 => Err(refuse("categoryLimitPositive")),
        Some(Value::Number(limit)) => Ok(*limit),
        Some(_) => Err(refuse("categoryLimitNumber")),
    }
}

impl Kind {
    fn check_operation(self, operation: Option<&Value>) -> Result<String, CartoError> {
        match operation.and_then(Value::as_str) {
            Some(operation) if OPERATIONS.contains(&operation) => Ok(operation.to_owned()),
            _ if self == Kind::Formula => Err(refuse("formulaInvalidOperation")),
            _ => Err(refuse("categoryInvalidOperation")),
        }
    }

    fn id_prefix(self) -> &'static str {
        match self {
            Kind::Formula => "formula-c",
            Kind::Category => "category-c",
        }
    }
}

impl Dataview {
    /// Checks the arguments and makes a dataview.
    ///
    /// # Errors
    /// `validation:dataview:*`.
    pub fn new(
        kind: Kind,
        source: Rc<Source>,
        column: Option<&Value>,
        options: &DataviewOptions,
    ) -> Result<Dataview, CartoError> {
        let column = check_column(column)?;
        let (default_operation, default_limit) = (Value::from("count"), Value::from(DEFAULT_LIMIT));
        let default_column = Value::from(column.as_str());
        let limit = match kind {
            Kind::Formula => DEFAULT_LIMIT,
            Kind::Category => check_limit(options.limit.as_ref().or(Some(&default_limit)))?,
        };
        let operation = kind.check_operation(options.operation.as_ref().or(Some(&default_operation)))?;
        let operation_column = match kind {
            Kind::Formula => column.clone(),
            Kind::Category => check_operation_column(options.operation_column.as_ref().or(Some(&default_column)))?,
        };
        Ok(Dataview {
            subject: Rc::default(),
            id: super::next_id(kind.id_prefix(), &COUNT),
            source,
            kind,
            column: RefCell::new(column),
            operation: RefCell::new(operation),
            operation_column: RefCell::new(operation_column),
            limit: Cell::new(limit),
            status: Cell::new(Status::NotLoaded),
            enabled: Cell::new(true),
            missed: Cell::new(false),
            asked: Cell::new(false),
            url: RefCell::default(),
            request: Cell::new(0),
            under_way: UnderWay::default(),
            data: RefCell::default(),
            bounding_box: RefCell::default(),
            client: RefCell::default(),
        })
    }

    /// Where the dataview stands.
    pub fn status(&self) -> Status {
        self.status.get()
    }

    /// Whether map changes and filters lead to new data.
    pub fn is_enabled(&self) -> bool {
        self.enabled.get()
    }

    /// The column.
    pub fn column(&self) -> String {
        self.column.borrow().clone()
    }

    /// How rows become a number.
    pub fn operation(&self) -> String {
        self.operation.borrow().clone()
    }

    /// The column that the operation is applied to.
    pub fn operation_column(&self) -> String {
        self.operation_column.borrow().clone()
    }

    /// How many categories.
    pub fn limit(&self) -> f64 {
        self.limit.get()
    }

    /// The client that the dataview is attached to.
    pub fn client(&self) -> Option<Rc<Client>> {
        self.client.borrow().upgrade()
    }

    pub(super) fn attach(&self, client: &Rc<Client>) {
        *self.client.borrow_mut() = Rc::downgrade(client);
    }

    /// Replaces one part, and gives the event to tell when that is a change.
    ///
    /// # Errors
    /// `validation:dataview:*`.
    pub fn set(self: &Rc<Self>, part: Part, value: Option<&Value>) -> Result<Option<Event>, CartoError> {
        let (slot, text, name) = match part {
            Part::Column => (&self.column, check_column(value)?, "columnChanged"),
            Part::Operation => (&self.operation, self.kind.check_operation(value)?, "operationChanged"),
            Part::OperationColumn => (&self.operation_column, check_operation_column(value)?, "operationColumnChanged"),
            Part::Limit => return self.set_limit(check_limit(value)?),
        };
        if *slot.borrow() == text {
            return Ok(None);
        }
        slot.replace(text.clone());
        let client = self.client();
        if let Some(client) = &client {
            client.reload();
        }
        // A column's event is told only when attached.
        let told = client.is_some() || part != Part::Column;
        Ok(told.then(|| Event::new(name, [text.into()])))
    }

    /// The number of categories is a parameter of the dataview's own request: no map request is needed.
    fn set_limit(self: &Rc<Self>, limit: f64) -> Result<Option<Event>, CartoError> {
        if self.limit.replace(limit) == limit {
            return Ok(None);
        }
        self.perform(|dataview, effects| dataview.read(effects));
        Ok(Some(Event::new("limitChanged", [Value::from(limit).into()])))
    }

    /// Lets changes lead to new data again, and catches up with those that were missed.
    pub fn enable(self: &Rc<Self>) {
        self.enabled.set(true);
        if self.missed.get() {
            self.perform(|dataview, effects| dataview.read(effects));
        }
    }

    /// Stops reading new data.
    pub fn disable(&self) {
        self.enabled.set(false);
    }

    /// Puts a bounding box in its place; a former one is replaced.
    pub fn add_bounding_box(self: &Rc<Self>, filter: &Rc<BoundingBox>) {
        if self.has_bounding_box(filter) {
            return;
        }
        if let Some(old) = self.bounding_box.replace(Some(filter.clone())) {
            old.remove_user(self);
        }
        filter.add_user(self);
        // Without bounds there is nothing to ask for yet.
        if filter.parameter().is_some() {
            self.filter_changed();
        }
    }

    /// Takes a bounding box away, when it is the one in its place.
    pub fn remove_bounding_box(self: &Rc<Self>, filter: &Rc<BoundingBox>) {
        if self.has_bounding_box(filter) {
            *self.bounding_box.borrow_mut() = None;
            filter.remove_user(self);
            self.filter_changed();
        }
    }

    /// Whether this very bounding box is used.
    pub fn has_bounding_box(&self, filter: &Rc<BoundingBox>) -> bool {
        self.bounding_box.borrow().as_ref().is_some_and(|used| Rc::ptr_eq(used, filter))
    }

    pub(super) fn filter_changed(self: &Rc<Self>) {
        self.perform(Dataview::read_unless_disabled);
    }

    /// What the page gets: `None` while on no map, empty shapes before the first answer.
    pub fn data(&self) -> Option<Value> {
        self.client()?;
        let operation = Value::from(self.operation());
        let mut data = self.data.borrow().clone().unwrap_or_else(|| match self.kind {
            Kind::Formula => Value::object([("result", Value::Array(Vec::new()))]),
            Kind::Category => Value::object([("categories", Value::Array(Vec::new()))]),
        });
        data.push("operation", operation);
        Some(data)
    }

    /// The dataview as it is sent (spec 4.2).
    pub(super) fn config(&self) -> DataviewConfig {
        let column = ("column", self.column().into());
        let (kind, options) = match self.kind {
            Kind::Formula => ("formula", Value::object([column, ("operation", self.operation().into())])),
            Kind::Category => (
                "aggregation",
                Value::object([
                    column,
                    ("aggregation", self.operation().into()),
                    ("aggregationColumn", self.operation_column().into()),
                ]),
            ),
        };
        DataviewConfig { kind: kind.to_owned(), source: self.source.id.clone(), options }
    }

    fn perform(self: &Rc<Self>, step: impl FnOnce(&Rc<Self>, &mut Vec<Effect>)) {
        if let Some(client) = self.client() {
            let mut effects = Vec::new();
            step(self, &mut effects);
            client.run(effects);
        }
    }

    /// Takes the address that a map answer gave; the same one as before changes nothing.
    pub(super) fn take_url(self: &Rc<Self>, url: &str, effects: &mut Vec<Effect>) {
        if self.url.borrow().as_deref() != Some(url) {
            *self.url.borrow_mut() = Some(url.to_owned());
            self.read_unless_disabled(effects);
        }
    }

    fn read_unless_disabled(self: &Rc<Self>, effects: &mut Vec<Effect>) {
        if self.enabled.get() || !self.asked.get() {
            self.read(effects);
        } else {
            self.missed.set(true);
        }
    }

    /// Reads the data, unless the address or the bounds are not known yet.
    fn read(self: &Rc<Self>, effects: &mut Vec<Effect>) {
        let (Some(base), Some(client)) = (self.url.borrow().clone(), self.client()) else { return };
        let spatial = match self.bounding_box.borrow().as_ref().map(|filter| filter.parameter()) {
            Some(None) => return,
            Some(parameter) => parameter,
            None => None,
        };
        self.asked.set(true);
        self.missed.set(false);
        self.request.set(self.request.get() + 1);
        // Servers count whole categories.
        let limit = text::number(self.limit.get() as u64);
        let own = [("own_filter", "0"), ("categories", limit.as_str())];
        let own = if self.kind == Kind::Category { &own[..] } else { &[] };
        let url = dataviews::url(&base, spatial.as_deref(), own, &client.settings.api_key);
        if url.len() > dataviews::LONGEST_URL {
            let message = dataviews::URL_TOO_LONG.to_owned();
            self.fail(RawError { message: Some(message), ..RawError::default() }, effects);
            return;
        }
        effects.push(Effect::Status(self.clone(), Status::Loading, None));
        effects.push(Effect::Read { dataview: self.clone(), request: self.request.get(), url });
    }

    /// Takes the answer to a request.
    #[inline(never)]
    pub fn answer(self: &Rc<Self>, request: u32, answer: Result<Value, Failure>) {
        if request != self.request.get() {
            return;
        }
        self.under_way.end();
        self.perform(|dataview, effects| match answer {
            Ok(body) => dataview.take(&body, effects),
            Err(failure) => {
                let Some(client) = dataview.client() else { return };
                if let Some(raw) = failure.errors(Request::Dataview, client.asker()).into_iter().next() {
                    dataview.fail(raw, effects);
                }
            }
        });
    }

    fn take(self: &Rc<Self>, body: &Value, effects: &mut Vec<Effect>) {
        let (data, part) = match self.kind {
            Kind::Formula => (dataviews::formula(body), "result"),
            Kind::Category => (dataviews::category(body), "categories"),
        };
        let before = self.data.replace(Some(data.clone()));
        // Only a changed result, respectively list of categories, is news.
        if before.as_ref().and_then(|before| before.get(part)) != data.get(part)
            && let Some(data) = self.data()
        {
            effects.push(Effect::Tell(self.subject.clone(), Event::new("dataChanged", [data.into()])));
        }
        effects.push(Effect::Status(self.clone(), Status::Loaded, None));
    }

    pub(super) fn fail(self: &Rc<Self>, raw: RawError, effects: &mut Vec<Effect>) {
        let error = CartoError::new(raw.clone());
        effects.push(Effect::Status(self.clone(), Status::Error, Some(Box::new(raw))));
        effects.push(Effect::Tell(self.subject.clone(), Event::new("error", [error.into()])));
    }

    /// Moves to a status and gives the event that tells it.
    pub(super) fn enter(&self, status: Status, raw: Option<Box<RawError>>) -> Event {
        self.status.set(status);
        let mut args = vec![Arg::Value(status.text().into())];
        args.extend(raw.map(Arg::Raw));
        Event::new("statusChanged", args)
    }
}
