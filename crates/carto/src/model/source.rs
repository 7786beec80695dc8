//! Sources: a query or a dataset (spec 2.5).

use super::filter::sql::{Class, SqlFilter};
use super::owner::Owner;
use crate::error::{CartoError, RawError};
use crate::event::Event;
use crate::settings::truthy;
use crate::slot::Slot;
use crate::subject::Subject;
use crate::text;
use crate::ticket::{Pending, Ticket};
use maps_api::config::AnalysisConfig;
use maps_api::json::Value;
use std::rc::{Rc, Weak};
use std::sync::atomic::AtomicU32;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// What the text of a source is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SourceKind {
    /// The name of a table.
    Dataset,
    /// A query.
    Sql,
}

/// A source; an analysis node on the wire.
#[derive(Debug)]
pub struct Source<O> {
    /// The public object.
    pub subject: Rc<Subject>,
    /// `S1`, `S2`, …: the id of the node on the wire.
    pub id: String,
    kind: SourceKind,
    text: Slot<String>,
    /// The filters that the page added; they must all hold.
    pub filters: Rc<SqlFilter<Source<O>>>,
    pub(super) client: Slot<Weak<O>>,
    pub(super) error: Slot<Option<RawError>>,
}

impl<O: Owner> Source<O> {
    /// Checks the text and makes a source.
    ///
    /// # Errors
    /// `validation:source:*`.
    pub fn new(kind: SourceKind, text: Option<&Value>) -> Result<Rc<Source<O>>, CartoError> {
        let text = kind.check(text)?;
        Ok(Rc::new_cyclic(|myself| {
            let filters = SqlFilter::collection(Class::And);
            filters.belong_to(myself.clone());
            Source {
                subject: Rc::default(),
                id: super::next_id("S", &COUNT),
                kind,
                text: Slot::new(text),
                filters: Rc::new(filters),
                client: Slot::default(),
                error: Slot::default(),
            }
        }))
    }

    /// The text as the page gave it.
    pub fn text(&self) -> String {
        self.text.borrow().clone()
    }

    /// The name of the table, when it is one.
    pub fn dataset(&self) -> Option<String> {
        (self.kind == SourceKind::Dataset).then(|| self.text())
    }

    /// The query that is sent, filters included.
    pub fn query(&self) -> String {
        self.filtered_by(&self.filters.sql())
    }

    /// The query with a condition; without one when it is empty.
    pub(super) fn filtered_by(&self, condition: &str) -> String {
        let (query, name) = match self.kind {
            SourceKind::Dataset => (text::concat(&["SELECT * from ", &self.text.borrow()]), "datasetQuery"),
            SourceKind::Sql => (self.text(), "originalQuery"),
        };
        if condition.is_empty() {
            return query;
        }
        text::concat(&["SELECT * FROM (", &query, ") as ", name, " WHERE ", condition])
    }

    /// The analysis node that is sent.
    pub(super) fn node(&self) -> AnalysisConfig {
        AnalysisConfig { id: self.id.clone(), kind: "source".to_owned(), query: self.query() }
    }

    /// Asks for a reload after filters changed, when the source is attached; what the query is now is told when it counts.
    /// Failures are told by events: there is no promise that a page could handle.
    pub fn filters_changed(&self) -> Pending {
        self.client().map(|client| self.tell_when(client.reload())).unwrap_or_default()
    }

    /// Checks and stores a new text, and asks for a reload when the source is attached.
    ///
    /// # Errors
    /// `validation:source:*`.
    pub fn set_text(&self, text: Option<&Value>) -> Result<Pending, CartoError> {
        *self.text.borrow_mut() = self.kind.check(text)?;
        Ok(match self.client() {
            Some(client) => self.tell_when(client.reload()),
            None => Pending::tell(&self.subject, self.changed()),
        })
    }

    /// Tells what the text is now once that counts, also when something else was set since.
    fn tell_when(&self, ticket: Ticket) -> Pending {
        Pending::tell_when(ticket, &self.subject, self.changed())
    }

    /// What is told when the text has changed: the query with filters, respectively the table's name.
    fn changed(&self) -> Event {
        match self.kind {
            SourceKind::Dataset => Event::of("tableNameChanged", self.text()),
            SourceKind::Sql => Event::of("queryChanged", self.query()),
        }
    }

    /// The client that the source is attached to.
    pub fn client(&self) -> Option<Rc<O>> {
        self.client.borrow().upgrade()
    }
}

/// What is behind the id of a source in the id of a node that is of it, too.
pub(super) const OF: &str = ".";

/// The id of the source that a node is of.
pub(super) fn source_of(node: &str) -> &str {
    text::split_once(node, OF).map_or(node, |(source, _)| source)
}

impl SourceKind {
    fn check(self, text: Option<&Value>) -> Result<String, CartoError> {
        let token = match (self, text) {
            (SourceKind::Sql, text) if !truthy(text) => "requiredQuery",
            (SourceKind::Dataset, None) => "noDatasetName",
            (SourceKind::Dataset, Some(Value::String(name))) if name.is_empty() => "requiredDataset",
            (_, Some(Value::String(text))) => return Ok(text.clone()),
            (SourceKind::Sql, _) => "requiredString",
            (SourceKind::Dataset, _) => "requiredDatasetString",
        };
        Err(CartoError::validation("source", token))
    }
}
