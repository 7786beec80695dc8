//! A browser that writes down what it is asked for, and hands back what the test answers.
use carto::error::CartoError;
use carto::event::Arg;
use carto::maps::failure::Failure;
use carto::model::client::{Client, Dataview, Driver, Effect, Layer, Source, Style};
use carto::model::dataview::{DataviewOptions, Kind, Part};
use carto::model::effect::Poll;
use carto::model::hover::GridKey;
use carto::model::layer::{Columns, LayerOptions};
use carto::model::source::SourceKind;
use carto::settings::Settings;
use carto::subject::Subject;
use carto::ticket::{Pending, Ticket};
use maps_api::json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[derive(Default)]
pub struct World {
    /// `name(arguments)` of what was told, with the name of whom.
    pub told: RefCell<Vec<String>>,
    /// Delay and number of each.
    pub schedules: RefCell<Vec<(u32, u32)>>,
    pub clock: Cell<f64>,
    pub maps: RefCell<Vec<(u32, Value)>>,
    pub reads: RefCell<Vec<(Rc<Dataview>, u32, String)>>,
    pub grids: RefCell<Vec<(GridKey, u32, String)>>,
    pub polls: RefCell<Vec<Poll>>,
    pub tiles: RefCell<Vec<(String, u32)>>,
    pub again: RefCell<Vec<u32>>,
}

pub struct Recorder(pub Rc<World>);

/// Names a subject in the log of the world.
pub fn name(subject: &Rc<Subject>, name: &'static str) {
    subject.bind(Box::new(name));
}

impl Driver for Recorder {
    fn number(&self, number: f64) -> String {
        number.to_string()
    }

    fn local_offset(&self) -> f64 {
        7_200.0
    }

    fn now(&self) -> f64 {
        self.0.clock.get()
    }

    fn perform(&self, _: &Rc<Client>, effect: Effect) {
        let world = &self.0;
        match effect {
            Effect::Schedule { delay, schedule } => world.schedules.borrow_mut().push((delay, schedule)),
            Effect::Instantiate { generation, config } => world.maps.borrow_mut().push((generation, config)),
            Effect::Read { dataview, request, url } => world.reads.borrow_mut().push((dataview, request, url)),
            Effect::ReadGrid { key, epoch, url } => world.grids.borrow_mut().push((key, epoch, url)),
            Effect::AskForTile { url, address } => world.tiles.borrow_mut().push((url, address)),
            Effect::AskAgain { delay } => world.again.borrow_mut().push(delay),
            Effect::Poll(poll) => world.polls.borrow_mut().push(poll),
            Effect::Tell(subject, event) => {
                let who = subject.handle::<&str>().copied().unwrap_or("?");
                let args: Vec<String> = event.args.iter().map(argument).collect();
                world.told.borrow_mut().push(format!("{who}.{}({})", event.name, args.join(", ")));
            }
            Effect::Status(..) => panic!("the engine turns it into an event itself"),
        }
    }
}

pub fn argument(arg: &Arg) -> String {
    match arg {
        Arg::Value(value) => serde_json::to_string(value).unwrap_or_default(),
        Arg::Error(error) => error.error_code.clone(),
        Arg::Raw(raw) => format!("raw {}", raw.kind),
        Arg::Myself => "this".to_owned(),
        Arg::NoFeature => "no feature".to_owned(),
        Arg::Page(_) => "the page's".to_owned(),
        Arg::Styles(rules) => serde_json::to_string(&Value::Array(rules.clone())).unwrap_or_default(),
        Arg::Features(features, place) => {
            let feature = |(layer, data): &(Rc<Subject>, Value)| {
                let layer = layer.handle::<&str>().copied().unwrap_or("?");
                format!("{layer} {}", serde_json::to_string(data).unwrap_or_default())
            };
            let features: Vec<String> = features.iter().map(feature).collect();
            format!("[{}] at {}", features.join(", "), serde_json::to_string(place).unwrap_or_default())
        }
    }
}

impl World {
    pub fn told(&self) -> Vec<String> {
        self.told.borrow_mut().drain(..).collect()
    }

    pub fn last_map(&self) -> (u32, Value) {
        self.maps.borrow().last().cloned().expect("a map was asked for")
    }
}

pub fn client() -> (Rc<Client>, Rc<World>) {
    let world = Rc::<World>::default();
    let settings = Settings { api_key: "k".into(), username: "u".into(), base: "http://h.test/user/u".into() };
    let client = Client::new(settings, None, Box::new(Recorder(world.clone())));
    name(&client.subject, "client");
    name(&client.native, "native");
    (client, world)
}

/// Time passes until the latest schedule is due.
pub fn send(client: &Rc<Client>, world: &World) {
    let (delay, schedule) = world.schedules.borrow().last().copied().expect("something was scheduled");
    world.clock.set(world.clock.get() + f64::from(delay));
    client.send_scheduled(schedule);
}

pub fn text(text: &str) -> Option<Value> {
    Some(text.into())
}

pub fn sql(query: &str) -> Rc<Source> {
    let source = Source::new(SourceKind::Sql, text(query).as_ref()).expect("a query");
    name(&source.subject, "source");
    source
}

pub fn css(content: &str) -> Rc<Style> {
    let style = Rc::new(Style::new(text(content).as_ref()).expect("a style"));
    name(&style.subject, "style");
    style
}

pub fn layer(id: &str, source: &Rc<Source>, style: &Rc<Style>) -> Rc<Layer> {
    let columns = Columns { names: vec!["name".into()], list: None };
    let options = LayerOptions { id: id.into(), feature_click_columns: columns, ..LayerOptions::default() };
    let layer = Rc::new(Layer::new(source.clone(), style.clone(), options).expect("a layer"));
    name(&layer.subject, "layer");
    layer
}

pub fn formula(source: &Rc<Source>) -> Rc<Dataview> {
    let options = DataviewOptions { operation: text("sum"), ..DataviewOptions::default() };
    let dataview =
        Dataview::new(Kind::Formula, source.clone(), text("pop").as_ref(), &options, Vec::new()).expect("a dataview");
    name(&dataview.subject, "formula");
    dataview
}

/// Sets a part of a dataview as the rim does; whether that told anything.
pub fn changed(dataview: &Rc<Dataview>, part: Part, value: Option<&Value>) -> bool {
    let changes = dataview.set(part, value).expect("valid");
    dataview.follow(&changes);
    !changes.events.is_empty()
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A good answer to a request, with ids and dataviews of its own.
pub fn answer(config: &Value, id: &str) -> Value {
    let layers = config.get("layers").map(Value::items).unwrap_or_default().iter();
    let layers =
        layers.map(|layer| Value::object([("type", "mapnik".into()), ("id", layer.get("id").cloned().into())]));
    let dataviews = config.get("dataviews").map(Value::members).unwrap_or_default().iter().map(|(dataview, _)| {
        let url = Value::object([("http", format!("http://h.test/{id}/dataview/{dataview}").into())]);
        (dataview.clone(), Value::object([("url", url)]))
    });
    let metadata =
        Value::object([("layers", Value::Array(layers.collect())), ("dataviews", Value::Object(dataviews.collect()))]);
    Value::object([("layergroupid", id.into()), ("metadata", metadata)])
}

/// Lets a turn of the event loop pass and the server agree.
pub fn succeed(client: &Rc<Client>, world: &World, id: &str) {
    send(client, world);
    let (generation, config) = world.last_map();
    client.answer(generation, Ok(answer(&config, id)));
}

pub fn fail(client: &Rc<Client>, world: &World, body: &str) {
    send(client, world);
    client.answer(world.last_map().0, Err(Failure::Server(400, json(body))));
}

/// Whether a change counts already.
pub fn result(pending: &Pending) -> String {
    code(pending.ticket.as_ref().map_or(Some(Ok(())), Ticket::result))
}

/// What follows on the answer: who is told what, and what the promise of the page gives.
pub fn finished(pending: Pending) -> (Vec<String>, String) {
    let outcome = pending.finish();
    let who = |subject: &Rc<Subject>| subject.handle::<&str>().copied().unwrap_or("?");
    let told = outcome.told.iter().map(|(subject, event)| format!("{}.{}", who(subject), event.name)).collect();
    let given = match outcome.result {
        Ok(Some(value)) => format!("ok {}", serde_json::to_string(&value).unwrap_or_default()),
        Ok(None) => "ok".to_owned(),
        Err(error) => error.error_code.clone(),
    };
    (told, given)
}

pub fn code(result: Option<Result<(), CartoError>>) -> String {
    match result {
        None => "pending".to_owned(),
        Some(Ok(())) => "ok".to_owned(),
        Some(Err(error)) => error.error_code.clone(),
    }
}
