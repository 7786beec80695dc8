//! Layers: a source drawn with a style (spec 2.7).

use super::owner::{Owner, attach};
use super::source::Source;
use super::style::Style;
use crate::error::{CartoError, RawError};
use crate::event::{Arg, Event};
use crate::maps::metadata;
use crate::page_value::PageValue;
use crate::settings::truthy;
use crate::slot::Slot;
use crate::subject::Subject;
use crate::text;
use crate::ticket::{Pending, Told};
use maps_api::config::{Attributes, LayerConfig};
use maps_api::json::Value;
use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::sync::atomic::AtomicU32;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A layer.
#[derive(Debug)]
pub struct Layer<O> {
    /// The public object.
    pub subject: Rc<Subject>,
    /// `L1`, `L2`, … or what the page chose.
    pub id: Value,
    /// What the getters give.
    confirmed: Slot<Content<O>>,
    /// What the next request carries; differs from `confirmed` while a setter waits for its answer.
    wanted: Slot<Content<O>>,
    visible: Cell<bool>,
    aggregation: Value,
    minzoom: Value,
    maxzoom: Value,
    /// The client that setters reload: the first one.
    pub(super) client: Slot<Weak<O>>,
    /// Every client that draws the layer.
    viewers: Slot<Vec<Weak<O>>>,
    pub(super) error: Slot<Option<RawError>>,
    /// What the server said of the layer in its latest good answer.
    meta: Slot<Option<Value>>,
}

/// The parts of a layer that setters replace, each after the server has agreed.
#[derive(Debug)]
struct Content<O> {
    source: Rc<Source<O>>,
    style: Rc<Style<O>>,
    click: Columns,
    over: Columns,
}

/// Columns that features carry.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Their names.
    pub names: Vec<String>,
    /// The page's own list of them, which it gets back.
    pub list: Option<PageValue>,
}

/// A new value for one part of a layer.
#[derive(Debug)]
pub enum Change<O> {
    /// Another source.
    Source(Rc<Source<O>>),
    /// Another style.
    Style(Rc<Style<O>>),
    /// Other columns for `featureClicked`.
    Click(Columns),
    /// Other columns for `featureOver`.
    Over(Columns),
}

/// The options of a layer, as the page gave them; `None` is JavaScript's `undefined`.
#[derive(Clone, Debug, Default)]
pub struct LayerOptions {
    /// What [`Layer::id_for`] gave.
    pub id: Value,
    /// Columns for `featureClicked`.
    pub feature_click_columns: Columns,
    /// Columns for `featureOver`.
    pub feature_over_columns: Columns,
    /// Used only when a boolean.
    pub visible: Option<Value>,
    /// Server-side aggregation.
    pub aggregation: Option<Value>,
    /// First zoom level.
    pub minzoom: Option<Value>,
    /// Last zoom level.
    pub maxzoom: Option<Value>,
}

// Derived, these would ask the client to be copied, too.
impl<O> Clone for Content<O> {
    fn clone(&self) -> Self {
        let Content { source, style, click, over } = self;
        Content { source: source.clone(), style: style.clone(), click: click.clone(), over: over.clone() }
    }
}

impl<O> Clone for Change<O> {
    fn clone(&self) -> Self {
        match self {
            Change::Source(source) => Change::Source(source.clone()),
            Change::Style(style) => Change::Style(style.clone()),
            Change::Click(columns) => Change::Click(columns.clone()),
            Change::Over(columns) => Change::Over(columns.clone()),
        }
    }
}

impl<O> Change<O> {
    /// What is told when it counts.
    fn event(&self) -> Option<Event> {
        let name = match self {
            Change::Source(_) => "sourceChanged",
            Change::Style(_) => "styleChanged",
            Change::Click(_) | Change::Over(_) => return None,
        };
        Some(Event::of(name, Arg::Myself))
    }
}

impl<O> Content<O> {
    fn set(&mut self, change: Change<O>) {
        match change {
            Change::Source(source) => self.source = source,
            Change::Style(style) => self.style = style,
            Change::Click(columns) => self.click = columns,
            Change::Over(columns) => self.over = columns,
        }
    }

    /// Whether `change` is what is there already; the order of columns does not count.
    fn has(&self, change: &Change<O>) -> bool {
        let alike = |old: &Columns, new: &Columns| {
            old.names.len() == new.names.len() && new.names.iter().all(|column| old.names.contains(column))
        };
        match change {
            Change::Source(source) => Rc::ptr_eq(&self.source, source),
            Change::Style(style) => Rc::ptr_eq(&self.style, style),
            Change::Click(columns) => alike(&self.click, columns),
            Change::Over(columns) => alike(&self.over, columns),
        }
    }

    fn same_part(&self, change: &Change<O>) -> Change<O> {
        match change {
            Change::Source(_) => Change::Source(self.source.clone()),
            Change::Style(_) => Change::Style(self.style.clone()),
            Change::Click(_) => Change::Click(self.click.clone()),
            Change::Over(_) => Change::Over(self.over.clone()),
        }
    }
}

impl<O: Owner + 'static> Layer<O> {
    /// The id of a layer: any truthy value as it is, else the next number. Asked for before any check, as in CARTO.js,
    /// so that a layer that is refused takes a number too.
    pub fn id_for(id: Option<Value>) -> Value {
        match id {
            Some(id) if truthy(Some(&id)) => id,
            _ => super::next_id("L", &COUNT).into(),
        }
    }

    /// Makes a layer.
    ///
    /// # Errors
    /// `validation:layer:wrong-interactivity-columns` when aggregation does not give a column that features need.
    pub fn new(source: Rc<Source<O>>, style: Rc<Style<O>>, options: LayerOptions) -> Result<Layer<O>, CartoError> {
        // Sent as the page gave it, false values apart.
        let zoom = |zoom: Option<Value>| zoom.filter(|zoom| truthy(Some(zoom)));
        let content =
            Content { source, style, click: options.feature_click_columns, over: options.feature_over_columns };
        let aggregation = options.aggregation.filter(|value| !value.members().is_empty()).unwrap_or_default();
        agree(&aggregation, &content.click.names, "featureClick")?;
        agree(&aggregation, &content.over.names, "featureOver")?;
        Ok(Layer {
            subject: Rc::default(),
            id: options.id,
            confirmed: Slot::new(content.clone()),
            wanted: Slot::new(content),
            visible: Cell::new(options.visible.and_then(|visible| visible.as_bool()).unwrap_or(true)),
            aggregation,
            minzoom: zoom(options.minzoom).unwrap_or(0.0.into()),
            maxzoom: zoom(options.maxzoom).into(),
            client: Slot::default(),
            viewers: Slot::default(),
            error: Slot::default(),
            meta: Slot::default(),
        })
    }

    /// The source that was last confirmed.
    pub fn source(&self) -> Rc<Source<O>> {
        self.confirmed.borrow().source.clone()
    }

    /// The style that was last confirmed.
    pub fn style(&self) -> Rc<Style<O>> {
        self.confirmed.borrow().style.clone()
    }

    /// The source that the next request carries.
    pub(super) fn wanted_source(&self) -> Rc<Source<O>> {
        self.wanted.borrow().source.clone()
    }

    /// The style that the next request carries.
    pub(super) fn wanted_style(&self) -> Rc<Style<O>> {
        self.wanted.borrow().style.clone()
    }

    /// The columns of `featureClicked` that were last confirmed.
    pub fn click_columns(&self) -> Columns {
        self.confirmed.borrow().click.clone()
    }

    /// The columns of `featureOver` that were last confirmed.
    pub fn over_columns(&self) -> Columns {
        self.confirmed.borrow().over.clone()
    }

    /// Whether the layer is shown.
    pub fn is_visible(&self) -> bool {
        self.visible.get()
    }

    /// Whether features have columns, and so are looked for under the pointer.
    pub fn is_interactive(&self) -> bool {
        let content = self.confirmed.borrow();
        !(content.click.names.is_empty() && content.over.names.is_empty())
    }

    /// Shows or hides the layer; no map request is needed. Gives the event to tell, when the state really changed.
    pub fn set_visible(&self, visible: bool) -> Option<Event> {
        if self.visible.replace(visible) == visible {
            return None;
        }
        let viewers: Vec<Rc<O>> = self.viewers.borrow().iter().filter_map(Weak::upgrade).collect();
        for client in viewers {
            client.visibility_changed();
        }
        // The payload tells the new state.
        Some(Event::of("visibilityChanged", Value::Bool(visible)))
    }

    /// Replaces one part.
    ///
    /// # Errors
    /// `validation:layer:source-with-different-client` and `…:style-with-different-client`.
    pub fn change(self: &Rc<Self>, change: Change<O>) -> Result<Pending, CartoError> {
        if self.wanted.borrow().has(&change) {
            return Ok(Pending::default());
        }
        let event = change.event();
        let Some(client) = self.client() else {
            self.wanted.borrow_mut().set(change.clone());
            self.confirmed.borrow_mut().set(change);
            return Ok(event.map(|event| Pending::tell(&self.subject, event)).unwrap_or_default());
        };
        match &change {
            Change::Source(source) => {
                attach(&source.client, &client).map_err(|()| different("differentSourceClient"))?;
            }
            Change::Style(style) => attach(&style.client, &client).map_err(|()| different("differentStyleClient"))?,
            Change::Click(_) | Change::Over(_) => {}
        }
        self.wanted.borrow_mut().set(change.clone());
        let layer = self.clone();
        Ok(Pending::when(client.reload(), move |result| layer.settle(change, event, result)))
    }

    /// Binds the layer to its first client, and remembers every one that draws it.
    pub(super) fn attach(&self, client: &Rc<O>) {
        if self.client().is_none() {
            self.client.replace(Rc::downgrade(client));
        }
        let mut viewers = self.viewers.borrow_mut();
        viewers.retain(|viewer| viewer.strong_count() > 0 && !std::ptr::eq(viewer.as_ptr(), &**client));
        viewers.push(Rc::downgrade(client));
    }

    /// Takes over a change that the server agreed to. One that it refused is undone, unless a later one replaced it.
    fn settle(
        &self,
        change: Change<O>,
        event: Option<Event>,
        result: Result<(), CartoError>,
    ) -> (Told, Result<(), CartoError>) {
        let event = match &result {
            Ok(()) => {
                self.confirmed.borrow_mut().set(change);
                event
            }
            Err(error) => {
                if self.wanted.borrow().has(&change) {
                    let before = self.confirmed.borrow().same_part(&change);
                    self.wanted.borrow_mut().set(before);
                }
                Some(Event::of("error", error.clone()))
            }
        };
        let told = event.map(|event| (self.subject.clone(), event)).into_iter().collect();
        (told, result)
    }

    /// The client that the layer is attached to.
    pub fn client(&self) -> Option<Rc<O>> {
        self.client.borrow().upgrade()
    }

    /// Takes what the server says of the layer, and gives the event to tell when that is news.
    pub(super) fn take_meta(&self, meta: &Value) -> Option<Event> {
        let before = self.meta.replace(Some(meta.clone()));
        let news = before.as_ref() != Some(meta);
        news.then(|| Event::of("metadataChanged", Arg::Styles(metadata::styles(meta))))
    }

    /// The layer as it is sent (spec 4.2).
    pub(super) fn config(&self) -> LayerConfig {
        let content = self.wanted.borrow();
        let mut interactivity = vec!["cartodb_id".to_owned()];
        for columns in [&content.click, &content.over] {
            for column in &columns.names {
                if !interactivity.contains(column) {
                    interactivity.push(column.clone());
                }
            }
        }
        let click = &content.click.names;
        let attributes =
            (!click.is_empty()).then(|| Attributes { id: "cartodb_id".to_owned(), columns: click.clone() });
        LayerConfig {
            id: self.id.clone(),
            kind: "mapnik".to_owned(),
            cartocss: Some(content.style.content()),
            cartocss_version: Some("2.1.0".to_owned()),
            source: Some(content.source.id.clone()),
            sql: None,
            interactivity,
            attributes,
            minzoom: self.minzoom.clone(),
            maxzoom: self.maxzoom.clone(),
            aggregation: self.aggregation.clone(),
        }
    }
}

fn different(token: &str) -> CartoError {
    CartoError::validation("layer", token)
}

/// Reads the argument of a column setter.
///
/// # Errors
/// `validation:layer:non-valid-columns` when it is no list of texts.
pub fn columns(value: Option<&Value>) -> Result<Vec<String>, CartoError> {
    match value {
        Some(list @ Value::Array(items)) if items.iter().all(|item| item.as_str().is_some()) => Ok(list.strings()),
        _ => Err(CartoError::validation("layer", "nonValidColumns")),
    }
}

/// With aggregation, features only have the aggregated columns.
fn agree(aggregation: &Value, columns: &[String], name: &str) -> Result<(), CartoError> {
    let aggregated = aggregation.get("columns").map(Value::members).unwrap_or_default();
    let missing: Vec<&str> = columns
        .iter()
        .map(String::as_str)
        .filter(|column| !aggregated.iter().any(|(aggregated, _)| aggregated == column))
        .collect();
    if aggregated.is_empty() || missing.is_empty() {
        return Ok(());
    }
    let missing = text::join(&missing, ", ");
    Err(CartoError::validation("layer", &text::concat(&["wrongInteractivityColumns[", &missing, "]#", name])))
}
