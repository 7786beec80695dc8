//! The engine without a browser: a driver that writes down what it is asked for, and hands back what the test answers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use carto_wasm::error::CartoError;
use carto_wasm::json::Value;
use carto_wasm::maps::failure::Failure;
use carto_wasm::model::client::{Client, Driver, Effect, Poll};
use carto_wasm::model::dataview::{Dataview, DataviewOptions, Kind, Part, Status};
use carto_wasm::model::filter::spatial::{Shape, Spatial};
use carto_wasm::model::hover::{GridKey, Pointer};
use carto_wasm::model::layer::{Change, Layer, LayerOptions, Outcome};
use carto_wasm::model::source::{Source, SourceKind};
use carto_wasm::model::style::Style;
use carto_wasm::settings::Settings;
use carto_wasm::subject::{Arg, Subject};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[derive(Default)]
struct World {
    /// `name(arguments)` of what was told, with the name of whom.
    told: RefCell<Vec<String>>,
    /// Delay and number of each.
    schedules: RefCell<Vec<(u32, u32)>>,
    clock: Cell<f64>,
    maps: RefCell<Vec<(u32, Value)>>,
    reads: RefCell<Vec<(Rc<Dataview>, u32, String)>>,
    grids: RefCell<Vec<(GridKey, u32, String)>>,
    polls: RefCell<Vec<Poll>>,
}

struct Recorder(Rc<World>);

/// Names a subject in the log of the world.
fn name(subject: &Rc<Subject>, name: &'static str) {
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

fn argument(arg: &Arg) -> String {
    match arg {
        Arg::Value(value) => serde_json::to_string(value).unwrap_or_default(),
        Arg::Error(error) => error.error_code.clone(),
        Arg::Raw(raw) => format!("raw {}", raw.kind),
        Arg::Myself => "this".to_owned(),
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
    fn told(&self) -> Vec<String> {
        self.told.borrow_mut().drain(..).collect()
    }

    fn last_map(&self) -> (u32, Value) {
        self.maps.borrow().last().cloned().expect("a map was asked for")
    }
}

fn client() -> (Rc<Client>, Rc<World>) {
    let world = Rc::<World>::default();
    let settings = Settings { api_key: "k".into(), username: "u".into(), base: "http://h.test/user/u".into() };
    let client = Client::new(settings, None, Box::new(Recorder(world.clone())));
    name(&client.subject, "client");
    name(&client.native, "native");
    (client, world)
}

/// Time passes until the latest schedule is due.
fn send(client: &Rc<Client>, world: &World) {
    let (delay, schedule) = world.schedules.borrow().last().copied().expect("something was scheduled");
    world.clock.set(world.clock.get() + f64::from(delay));
    client.send_scheduled(schedule);
}

fn text(text: &str) -> Option<Value> {
    Some(text.into())
}

fn sql(query: &str) -> Rc<Source> {
    let source = Source::new(SourceKind::Sql, text(query).as_ref()).expect("a query");
    name(&source.subject, "source");
    source
}

fn css(content: &str) -> Rc<Style> {
    let style = Rc::new(Style::new(text(content).as_ref()).expect("a style"));
    name(&style.subject, "style");
    style
}

fn layer(id: &str, source: &Rc<Source>, style: &Rc<Style>) -> Rc<Layer> {
    let columns = Some(Value::Array(vec!["name".into()]));
    let options = LayerOptions { id: id.into(), feature_click_columns: columns, ..LayerOptions::default() };
    let layer = Rc::new(Layer::new(source.clone(), style.clone(), options).expect("a layer"));
    name(&layer.subject, "layer");
    layer
}

fn formula(source: &Rc<Source>) -> Rc<Dataview> {
    let options = DataviewOptions { operation: text("sum"), ..DataviewOptions::default() };
    let dataview = Dataview::new(Kind::Formula, source.clone(), text("pop").as_ref(), &options).expect("a dataview");
    name(&dataview.subject, "formula");
    dataview
}

/// Sets a part of a dataview as the rim does; whether that told anything.
fn changed(dataview: &Rc<Dataview>, part: Part, value: Option<&Value>) -> bool {
    let changes = dataview.set(part, value).expect("valid");
    dataview.follow(&changes);
    !changes.events.is_empty()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A good answer to a request, with ids and dataviews of its own.
fn answer(config: &Value, id: &str) -> Value {
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
fn succeed(client: &Rc<Client>, world: &World, id: &str) {
    send(client, world);
    let (generation, config) = world.last_map();
    client.answer(generation, Ok(answer(&config, id)));
}

fn fail(client: &Rc<Client>, world: &World, body: &str) {
    send(client, world);
    client.answer(world.last_map().0, Err(Failure::Server(400, json(body))));
}

fn code(result: Option<Result<(), CartoError>>) -> String {
    match result {
        None => "pending".to_owned(),
        Some(Ok(())) => "ok".to_owned(),
        Some(Err(error)) => error.error_code.clone(),
    }
}

#[test]
fn one_request_carries_all_changes_of_a_turn() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    let first = client.add_layers(vec![layer("a", &source, &style)]).expect("added");
    let second = source.set_text(text("SELECT 2").as_ref()).expect("a query").expect("attached");
    let third = style.set_content(text("#m{}").as_ref()).expect("a style").expect("attached");
    assert_eq!(world.schedules.borrow().len(), 1);
    succeed(&client, &world, "g1");
    assert_eq!(world.maps.borrow().len(), 1);
    let (_, config) = world.last_map();
    let sent = r##"{"buffersize":{"mvt":0},"layers":[{"id":"a","type":"mapnik","options":{"cartocss":"#m{}",
        "cartocss_version":"2.1.0","source":{"id":"ID"},"interactivity":["cartodb_id","name"],
        "attributes":{"id":"cartodb_id","columns":["name"]},"minzoom":0}}],"dataviews":{},
        "analyses":[{"id":"ID","type":"source","params":{"query":"SELECT 2"}}]}"##;
    assert_eq!(config, json(&sent.replace("ID", &source.id)));
    assert_eq!([first, second, third].map(|ticket| code(ticket.result())), ["ok", "ok", "ok"]);
    let tiles = r#"native.tiles("http://h.test/user/u/api/v1/map/g1/0/{z}/{x}/{y}.png?api_key=k", [])"#;
    assert_eq!(world.told(), ["layer.metadataChanged([])", tiles, "client.success()"]);
}

#[test]
fn a_promise_waits_for_the_request_that_carries_its_change() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    let before = client.add_layers(vec![layer("a", &source, &style)]).expect("added");
    send(&client, &world);
    let (early, config) = world.last_map();
    let after = source.set_text(text("SELECT 2").as_ref()).expect("a query").expect("attached");
    client.answer(early, Ok(answer(&config, "g1")));
    assert_eq!((code(before.result()), code(after.result())), ("ok".into(), "pending".into()), "Q-16");
    succeed(&client, &world, "g2");
    assert_eq!(code(after.result()), "ok");
}

#[test]
fn the_answer_to_a_superseded_request_is_ignored() {
    let (client, world) = client();
    let added = client.add_layers(vec![layer("a", &sql("SELECT 1"), &css("#l{}"))]).expect("added");
    send(&client, &world);
    let (old, config) = world.last_map();
    client.reload();
    send(&client, &world);
    client.answer(old, Ok(answer(&config, "old")));
    assert_eq!((code(added.result()), world.told().len()), ("pending".into(), 0));
    let (new, config) = world.last_map();
    client.answer(new, Ok(answer(&config, "new")));
    assert_eq!(code(added.result()), "ok");
    assert!(world.told()[1].contains("/new/"));
}

#[test]
fn errors_go_to_whom_they_concern() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    let dataview = formula(&source);
    let added = client.add_layers(vec![layer("a", &source, &style)]).expect("added");
    client.add_dataviews(vec![dataview.clone()]).expect("alive");
    let bad = r#"{"errors_with_context":[{"type":"analysis","message":"syntax error at or near \"x\"","analysis":{"id":"ID"}}]}"#;
    let bad = bad.replace("ID", &source.id);
    fail(&client, &world, &bad);
    let code = "windshaft:analysis:sql-syntax-error";
    let expected = [
        format!("source.error({code})"),
        r#"formula.statusChanged("error", raw analysis)"#.to_owned(),
        format!("formula.error({code})"),
        format!("client.error({code})"),
    ];
    assert_eq!(world.told(), expected);
    assert_eq!(added.result().and_then(Result::err).map(|error| error.error_code.clone()).as_deref(), Some(code));
    client.reload();
    fail(&client, &world, &bad);
    assert_eq!(world.told(), [format!("client.error({code})")], "the same error is told once");
    client.reload();
    succeed(&client, &world, "g1");
    assert!(!world.told().iter().any(|told| told.contains("error")), "recovery is no error (Q-14)");
}

#[test]
fn style_messages_are_the_styles() {
    let (client, world) = client();
    client.add_layers(vec![layer("a", &sql("SELECT 1"), &css("#l{}"))]).expect("added");
    let body = |message: &str| {
        format!(r#"{{"errors_with_context":[{{"type":"layer","message":"{message}","layer":{{"id":"a"}}}}]}}"#)
    };
    fail(&client, &world, &body("style0:1:6 Unrecognized rule: x"));
    let told = world.told();
    let code = "windshaft:layer:unrecognized-rule";
    assert_eq!(told, [format!("style.error({code})"), format!("client.error({code})")]);
    client.reload();
    fail(&client, &world, &body("something else"));
    assert_eq!(world.told()[0], "layer.error(windshaft:layer:generic-layer-error)");
}

#[test]
fn hiding_needs_no_map_request() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    let layers = ["a", "b", "c"].map(|id| layer(id, &source, &style));
    client.add_layers(layers.to_vec()).expect("added");
    succeed(&client, &world, "g1");
    world.told();
    assert!(layers[1].set_visible(false).is_some());
    assert!(layers[1].set_visible(false).is_none(), "nothing changed");
    assert!(world.told()[0].contains("/g1/0,2/{z}"));
    for layer in &layers {
        layer.set_visible(false);
    }
    assert_eq!(world.told().last().map(String::as_str), Some("native.tiles(null, [])"));
    assert_eq!(world.maps.borrow().len(), 1);
}

#[test]
fn layers_move_and_stay_moved() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    let [a, b] = ["a", "b"].map(|id| layer(id, &source, &style));
    client.add_layers(vec![a.clone(), b.clone()]).expect("added");
    assert!(client.move_layer(&a, Some(0.0)).expect("in range").is_none(), "it is there already");
    assert!(client.move_layer(&a, Some(1.0)).expect("in range").is_some());
    for index in [2.0, -1.0, f64::INFINITY] {
        let refused = client.move_layer(&a, Some(index)).map(|_| ()).map_err(|error| error.error_code.clone());
        assert_eq!(refused, Err("validation:client:index-out-of-range".to_owned()));
    }
    client.add_layers(vec![layer("c", &source, &style)]).expect("added");
    succeed(&client, &world, "g1");
    let config = world.last_map().1;
    let ids = config.get("layers").map(Value::items).unwrap_or_default().iter().filter_map(|l| l.get("id")?.as_str());
    assert_eq!(ids.collect::<Vec<_>>(), ["b", "a", "c"], "Q-09");
    let again = client.add_layers(vec![a]).map(|_| ()).map_err(|error| error.error_code.clone());
    assert_eq!(again, Err("validation:client:duplicated-layer-id".to_owned()));
}

#[test]
fn removing_what_is_not_there_removes_nothing() {
    let (client, _) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    client.add_layers(vec![layer("a", &source, &style)]).expect("added");
    client.remove_layers(&[layer("x", &source, &style)]);
    assert_eq!(client.layers().len(), 1, "Q-08");
}

#[test]
fn a_refused_change_of_a_layer_is_taken_back() {
    let (client, world) = client();
    let (source, good) = (sql("SELECT 1"), css("#good{}"));
    let layer = layer("a", &source, &good);
    client.add_layers(vec![layer.clone()]).expect("added");
    succeed(&client, &world, "g1");
    let bad = css("#bad{}");
    let change = Change::Style(bad.clone());
    let Ok(Outcome::Pending(ticket)) = layer.change(change.clone()) else { panic!("it is on a map") };
    assert!(Rc::ptr_eq(&layer.style(), &good), "the getter switches after the answer");
    fail(&client, &world, r#"{"errors":["no"]}"#);
    assert_eq!(code(ticket.result()), "windshaft:generic:unknown-error");
    layer.roll_back(&change);
    assert!(matches!(layer.change(Change::Style(good)), Ok(Outcome::Nothing)), "Q-12");
    let Ok(Outcome::Pending(_)) = layer.change(change.clone()) else { panic!("the bad one can be tried again") };
    succeed(&client, &world, "g2");
    layer.confirm(change);
    assert!(Rc::ptr_eq(&layer.style(), &bad));
}

#[test]
fn a_style_of_another_client_is_refused_before_anything_is_added() {
    let ((one, _), (two, _)) = (client(), client());
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    one.add_layers(vec![layer("a", &source, &style)]).expect("added");
    let refused = two.add_layers(vec![layer("b", &source, &style)]).map(|_| ()).map_err(|error| error.message.clone());
    assert_eq!(refused, Err("CartoCSS engine cannot be changed".to_owned()));
    assert!(two.layers().is_empty(), "Q-50");
}

#[test]
fn dataviews_tell_loading_data_and_loaded() {
    let (client, world) = client();
    let dataview = formula(&sql("SELECT 1"));
    assert_eq!(dataview.data(), None);
    client.add_dataviews(vec![dataview.clone()]).expect("alive");
    succeed(&client, &world, "g1");
    assert_eq!(
        world.told(),
        ["native.tiles(null, [])", r#"formula.statusChanged("loading")"#, "client.success()"][1..]
    );
    let (_, request, url) = world.reads.borrow()[0].clone();
    assert_eq!(url, format!("http://h.test/g1/dataview/{}?api_key=k", dataview.id));
    dataview.answer(request, Ok(json(r#"{"result":42,"nulls":0}"#)));
    let data = r#"formula.dataChanged({"nulls":0,"result":42,"operation":"sum"})"#;
    assert_eq!(world.told(), [data, r#"formula.statusChanged("loaded")"#]);
    dataview.answer(request + 7, Ok(json(r#"{"result":1}"#)));
    assert_eq!(world.told().len(), 0, "an answer to another request is ignored");
    client.reload();
    succeed(&client, &world, "g1");
    assert_eq!(world.reads.borrow().len(), 1, "the same address has the same data");
    client.reload();
    succeed(&client, &world, "g2");
    let (_, request, _) = world.reads.borrow()[1].clone();
    world.told();
    dataview.answer(request, Ok(json(r#"{"result":42,"nulls":3}"#)));
    assert_eq!(world.told(), [r#"formula.statusChanged("loaded")"#], "only another result is news (Q-40)");
    dataview.answer(request, Err(Failure::NotJson(502, "Bad Gateway".into())));
    let failed = [r#"formula.statusChanged("error", raw dataview)"#, "formula.error(ajax:dataview:unknown-error)"];
    assert_eq!(world.told(), failed);
    assert_eq!(dataview.status(), Status::Error);
}

#[test]
fn disabled_dataviews_read_once_and_catch_up() {
    let (client, world) = client();
    let dataview = formula(&sql("SELECT 1"));
    dataview.disable();
    client.add_dataviews(vec![dataview.clone()]).expect("alive");
    succeed(&client, &world, "g1");
    assert_eq!(world.reads.borrow().len(), 1, "Q-23");
    client.reload();
    succeed(&client, &world, "g2");
    assert_eq!(world.reads.borrow().len(), 1);
    dataview.enable();
    assert_eq!(world.reads.borrow().len(), 2);
    dataview.enable();
    assert_eq!(world.reads.borrow().len(), 2, "nothing was missed");
}

#[test]
fn a_bounding_box_without_bounds_is_waited_for() {
    let (client, world) = client();
    let (dataview, filter) = (formula(&sql("SELECT 1")), Rc::new(Spatial::new(Shape::BoundingBox)));
    dataview.add_filter(&filter);
    filter.set("0,0,1,1");
    let unknown = Rc::new(Spatial::new(Shape::BoundingBox));
    dataview.add_filter(&unknown);
    client.add_dataviews(vec![dataview.clone()]).expect("alive");
    succeed(&client, &world, "g1");
    assert_eq!(world.reads.borrow().len(), 0, "Q-25");
    unknown.set("1,2,3,4");
    assert_eq!(world.reads.borrow().len(), 1, "Q-27");
    assert!(world.reads.borrow()[0].2.contains("?bbox=1,2,3,4&"));
    filter.set("9,9,9,9");
    assert_eq!(world.reads.borrow().len(), 1, "the replaced one is of no account");
    dataview.remove_filter(&unknown);
    assert!(!world.reads.borrow()[1].2.contains("bbox"));
}

#[test]
fn setters_of_dataviews_tell_and_reload_only_changes() {
    let (client, world) = client();
    let source = sql("SELECT 1");
    let category = Dataview::new(Kind::Category, source, text("country").as_ref(), &DataviewOptions::default());
    let category = category.expect("a dataview");
    assert!(!changed(&category, Part::Column, text("city").as_ref()), "Q-43");
    client.add_dataviews(vec![category.clone()]).expect("alive");
    succeed(&client, &world, "g1");
    assert!(world.reads.borrow()[0].2.contains("?own_filter=0&categories=6&api_key=k"));
    let schedules = world.schedules.borrow().len();
    assert!(!changed(&category, Part::Operation, text("count").as_ref()));
    assert!(changed(&category, Part::Limit, Some(&Value::Number(3.0))));
    assert_eq!(world.schedules.borrow().len(), schedules, "Q-72");
    assert!(world.reads.borrow()[1].2.contains("categories=3"));
    assert!(changed(&category, Part::Operation, text("max").as_ref()));
    assert_eq!(world.schedules.borrow().len(), schedules + 1);
    let refused =
        |part, value: Option<&Value>| category.set(part, value).map(|_| ()).expect_err("refused").error_code.clone();
    assert_eq!(refused(Part::Limit, Some(&Value::Number(0.0))), "validation:dataview:category-limit-positive");
    assert_eq!(refused(Part::OperationColumn, None), "validation:dataview:category-operation-required");
    assert_eq!(refused(Part::Operation, text("median").as_ref()), "validation:dataview:category-invalid-operation");
}

fn pointer(click: bool, x: f64) -> Pointer {
    Pointer { click, lat: 0.0, lng: 0.0, zoom: 0.0, world: (x, 0.0), x, y: 0.0 }
}

#[test]
fn features_are_told_bottom_first_and_out_before_click() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    client.add_layers(vec![layer("a", &source, &style)]).expect("added");
    succeed(&client, &world, "g1");
    world.told();
    client.pointer(&pointer(false, 0.0));
    client.pointer(&pointer(false, 4.0));
    let (key, epoch, url) = world.grids.borrow()[0].clone();
    assert_eq!((world.grids.borrow().len(), url.ends_with("/g1/0/0/0/0.grid.json?api_key=k")), (1, true), "{url}");
    let grid = json(r#"{"grid":[" !"],"keys":["","7"],"data":{"7":{"cartodb_id":7,"name":"x"}}}"#);
    client.grid_answer(key, epoch, Ok(grid));
    let over = r#"layer.featureOver({"data":{"cartodb_id":7,"name":"x"},"latLng":{"lat":0,"lng":0},"position":{"x":4,"y":0}})"#;
    assert_eq!(world.told(), ["native.cursor(true)", over], "the latest position counts (Q-95)");
    client.pointer(&pointer(true, 4.0));
    let told = world.told();
    assert!(told[1].starts_with("layer.featureOut") && told[2].starts_with("layer.featureClicked"), "{told:?}");
    client.pointer(&pointer(false, 0.0));
    assert_eq!(world.told()[1], "layer.featureOut({})");
    client.pointer(&pointer(false, 4.0));
    world.told();
    client.layers()[0].set_visible(false);
    assert_eq!(world.told()[0], "native.cursor(false)", "Q-55");
    client.pointer(&pointer(false, 4.0));
    assert_eq!(world.told().len(), 0, "hidden layers have no features");
}

#[test]
fn a_grid_of_a_former_map_is_of_no_use() {
    let (client, world) = client();
    client.add_layers(vec![layer("a", &sql("SELECT 1"), &css("#l{}"))]).expect("added");
    succeed(&client, &world, "g1");
    client.pointer(&pointer(false, 4.0));
    client.reload();
    succeed(&client, &world, "g2");
    world.told();
    let (key, epoch, _) = world.grids.borrow()[0].clone();
    client.grid_answer(key, epoch, Ok(json(r#"{"grid":[" !"],"keys":["","7"],"data":{"7":{}}}"#)));
    assert_eq!(world.told().len(), 0);
    client.pointer(&pointer(false, 4.0));
    let (key, epoch, url) = world.grids.borrow()[1].clone();
    assert!(url.contains("/g2/"));
    client.grid_answer(key, epoch, Err(Failure::Unreachable(None)));
    client.pointer(&pointer(false, 4.0));
    assert_eq!(world.grids.borrow().len(), 2, "a grid that failed is not asked for again (Q-54)");
}

#[test]
fn changes_in_many_turns_need_two_requests_at_most() {
    let (client, world) = client();
    let style = css("#l {}");
    client.add_layers(vec![layer("a", &sql("SELECT 1"), &style)]).expect("added");
    assert_eq!(world.schedules.borrow().as_slice(), [(0, 1)], "the first one in the next turn");
    send(&client, &world);
    for step in 1..=5 {
        world.clock.set(f64::from(step) * 20.0);
        style.set_content(text(&format!("#l {{ line-width: {step} }}")).as_ref()).expect("valid");
        let superseded = world.schedules.borrow().len() as u32 - 1;
        client.send_scheduled(superseded);
    }
    assert_eq!(world.maps.borrow().len(), 1, "an older schedule sends nothing");
    // The last change was too late to be soon after the first request: what is scheduled carries it.
    assert_eq!(world.schedules.borrow().as_slice(), [(0, 1), (100, 2), (100, 3), (100, 4), (100, 5)]);
    send(&client, &world);
    assert_eq!(world.maps.borrow().len(), 2);
    let (_, config) = world.last_map();
    let css = config.get("layers").and_then(|layers| layers.items().first()?.at(&["options", "cartocss"]).cloned());
    assert_eq!(css, Some("#l { line-width: 5 }".into()));
    world.clock.set(1_000.0);
    style.set_content(text("#l {}").as_ref()).expect("valid");
    assert_eq!(world.schedules.borrow().last(), Some(&(0, 6)), "after a pause at once again");
}

#[test]
fn a_disposed_client_rejects_and_lets_go() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l {}"));
    let (layer, sum) = (layer("a", &source, &style), formula(&source));
    let first = client.add_layers(vec![layer.clone()]).expect("added");
    let second = client.add_dataviews(vec![sum.clone()]).expect("added");
    send(&client, &world);
    let aborted = Rc::new(Cell::new(false));
    client.under_way.supersede({
        let aborted = aborted.clone();
        move || aborted.set(true)
    });
    client.dispose();
    client.dispose();
    assert!(aborted.get());
    for ticket in [first, second] {
        assert_eq!(code(ticket.result()), "generic:unknown-error");
    }
    assert!(client.layers().is_empty() && client.dataviews().is_empty());
    let (generation, config) = world.last_map();
    client.answer(generation, Ok(answer(&config, "late")));
    assert!(world.told().is_empty(), "a late answer is nobody's");
    let refused = client.add_layers(vec![layer.clone()]).expect_err("refused");
    assert_eq!(refused.message, "The client was disposed of.");
    assert!(style.set_content(text("#m {}").as_ref()).expect("valid").is_none(), "attached to nothing");

    let (other, _) = self::client();
    other.add_layers(vec![layer]).expect("the style is free");
    other.add_dataviews(vec![sum.clone()]).expect("alive");
    assert!(sum.client().is_some_and(|client| Rc::ptr_eq(&client, &other)));
}

#[test]
fn analyses_that_are_not_ready_are_asked_for_until_they_are() {
    let (client, world) = client();
    let source = sql("SELECT 1");
    let sum = formula(&source);
    client.add_dataviews(vec![sum.clone()]).expect("alive");
    send(&client, &world);
    let (generation, _) = world.last_map();
    let map = |status: &str| {
        json(&format!(
            r#"{{"layergroupid":"g:1","metadata":{{"layers":[],"analyses":[{{"nodes":{{"{}":{{"status":"{status}",
            "url":{{"http":"http://h.test/node"}}}}}}}}]}}}}"#,
            source.id
        ))
    };
    client.answer(generation, Ok(map("pending")));
    assert_eq!(world.told(), [r#"formula.statusChanged("loading")"#, "client.success()"]);
    let poll = |world: &World| world.polls.borrow().last().cloned().expect("a question");
    assert_eq!((poll(&world).url.as_str(), poll(&world).delay), ("http://h.test/node?api_key=k", 0), "Q-66");
    for delay in [1_000, 1_500, 2_250] {
        client.node_answer(poll(&world), Ok(json(r#"{"status":"running"}"#)));
        assert_eq!(poll(&world).delay, delay);
    }
    assert_eq!(world.told(), [r#"formula.statusChanged("loading")"#], "once for each status");
    let schedules = world.schedules.borrow().len();
    client.node_answer(poll(&world), Ok(json(r#"{"status":"ready"}"#)));
    assert_eq!(world.schedules.borrow().len(), schedules + 1, "the map was made before");
    let asked = world.polls.borrow().len();
    send(&client, &world);
    client.answer(world.last_map().0, Ok(map("pending")));
    client.node_answer(poll(&world), Ok(json(r#"{"status":"failed","error_message":"no such function"}"#)));
    assert_eq!(world.polls.borrow().len(), asked + 1);
    let told = world.told();
    assert!(told.contains(&"source.error(generic:unknown-error)".to_owned()), "{told:?}");
    assert!(told.contains(&"formula.error(generic:unknown-error)".to_owned()), "{told:?}");
    client.node_answer(Poll { generation: 1, ..poll(&world) }, Ok(json(r#"{"status":"ready"}"#)));
    assert_eq!(world.schedules.borrow().len(), schedules + 1, "an answer about an older map is ignored");
}

#[test]
fn a_click_tells_the_features_of_all_layers_at_once() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l {}"));
    client.add_layers(vec![layer("a", &source, &style), layer("b", &source, &style)]).expect("added");
    send(&client, &world);
    let (generation, config) = world.last_map();
    client.answer(generation, Ok(answer(&config, "g1")));
    world.told();
    let click = Pointer { click: true, lat: 1.0, lng: 2.0, zoom: 0.0, world: (3.0, 3.0), x: 5.0, y: 6.0 };
    client.pointer(&click);
    let grids: Vec<_> = world.grids.borrow_mut().drain(..).collect();
    assert_eq!(grids.len(), 2);
    let grid =
        |id: u32| json(&format!(r#"{{"grid":["!"],"keys":["","{id}"],"data":{{"{id}":{{"cartodb_id":{id}}}}}}}"#));
    // The upper layer's grid comes first, and the features are in draw order nevertheless.
    client.grid_answer(grids[1].0, grids[1].1, Ok(grid(8)));
    assert!(!world.told().iter().any(|told| told.starts_with("client.")));
    client.grid_answer(grids[0].0, grids[0].1, Ok(grid(7)));
    let expected = r#"client.featuresClicked([layer {"cartodb_id":7}, layer {"cartodb_id":8}] at {"latLng":{"lat":1,"lng":2},"position":{"x":5,"y":6}})"#;
    assert_eq!(world.told().last().map(String::as_str), Some(expected));
    client.pointer(&Pointer { world: (200.0, 200.0), ..click.clone() });
    let expected = r#"client.featuresClicked([] at {"latLng":{"lat":1,"lng":2},"position":{"x":5,"y":6}})"#;
    assert_eq!(world.told().last().map(String::as_str), Some(expected), "also when there is none");
    client.pointer(&Pointer { click: false, ..click });
    assert!(!world.told().iter().any(|told| told.starts_with("client.")), "a move is no click");
}
