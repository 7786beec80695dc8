//! What is asked for again when the server or the network is back.
use crate::world::*;
use carto::maps::failure::Failure;
use carto::model::client::{Client, Dataview, Spatial};
use carto::model::dataview::{DataviewOptions, Kind, Part};
use carto::model::effect::Status;
use carto::model::filter::spatial::Shape;
use carto::model::hover::Pointer;
use std::rc::Rc;

const TILE_ERROR: &str = "client.error(windshaft:tile:generic-tile-error)";

fn gateway() -> Failure {
    Failure::NotJson(502, String::new())
}

/// A client with a layer on the map, and the world in which nothing was told yet.
fn map() -> (Rc<Client>, Rc<World>) {
    let (client, world) = client();
    client.add_layers(vec![layer("a", &sql("SELECT 1"), &css("#l {}"))]).expect("added");
    succeed(&client, &world, "g1");
    world.told();
    (client, world)
}

/// A tile fails, and is the one that is asked for.
fn lose(client: &Rc<Client>, world: &World, is_known: bool, failure: Failure) {
    let asked = world.tiles.borrow().len();
    client.tile_failed("http://h.test/1.png".to_owned(), is_known);
    let (url, address) = world.tiles.borrow().last().cloned().expect("one is asked for");
    assert_eq!((url.as_str(), world.tiles.borrow().len()), ("http://h.test/1.png", asked + 1));
    client.tile_answer(address, Err(failure));
}

fn delays(world: &World) -> Vec<u32> {
    world.again.borrow_mut().drain(..).collect()
}

#[test]
fn tiles_are_loaded_again_until_they_are_there() {
    let (client, world) = map();
    client.tile_failed("http://h.test/1.png".to_owned(), false);
    client.tile_failed("http://h.test/2.png".to_owned(), false);
    let (_, address) = world.tiles.borrow().first().cloned().expect("one is asked for");
    assert!(world.told().is_empty(), "nobody knows why yet");
    client.tile_answer(address, Err(Failure::Unreachable(None)));
    assert_eq!(world.told(), [TILE_ERROR; 2]);
    // What fails while the reason is known is told at once.
    client.tile_failed("http://h.test/3.png".to_owned(), false);
    assert_eq!((world.told().len(), world.tiles.borrow().len(), delays(&world)), (1, 1, vec![1_000]));
    client.ask_again(false);
    assert_eq!(world.told(), ["native.again(true)"]);
    client.ask_again(false);
    assert!(world.told().is_empty(), "there is one wait at a time");
    // It fails again and again, and is told once.
    for _ in 0..8 {
        lose(&client, &world, true, gateway());
        client.tile_failed("http://h.test/2.png".to_owned(), true);
        assert!(world.told().is_empty());
        client.ask_again(false);
        world.told();
    }
    assert_eq!(delays(&world), [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    client.tiles_are_back();
    assert_eq!(world.told(), ["client.success()"]);
    lose(&client, &world, false, gateway());
    assert_eq!(delays(&world), [1_000], "another time");
}

#[test]
fn a_network_that_is_back_is_asked_often_again() {
    let (client, world) = map();
    for is_online in [false, false, true, false] {
        lose(&client, &world, true, Failure::Timeout(5_000));
        client.ask_again(is_online);
    }
    assert_eq!(delays(&world), [1_000, 2_000, 4_000, 1_000]);
}

#[test]
fn tiles_that_the_server_refuses_are_given_up() {
    let (client, world) = map();
    lose(&client, &world, false, Failure::Server(403, json(r#"{"errors":["Forbidden"]}"#)));
    assert_eq!(world.told(), [TILE_ERROR, "native.again(false)"]);
    client.tile_failed("http://h.test/2.png".to_owned(), false);
    assert_eq!((world.told().len(), world.tiles.borrow().len()), (1, 1), "one question is enough for a while");
}

#[test]
fn tiles_of_another_address_begin_anew() {
    let (client, world) = map();
    client.tile_failed("http://h.test/1.png".to_owned(), false);
    let (_, address) = world.tiles.borrow().first().cloned().expect("one is asked for");
    client.reload();
    succeed(&client, &world, "g2");
    assert_eq!(world.told().first().map(String::as_str), Some(TILE_ERROR), "what was not told yet is");
    client.tile_answer(address, Err(gateway()));
    assert!(delays(&world).is_empty() && world.told().is_empty(), "the old address is nobody's");
    lose(&client, &world, false, gateway());
    assert_eq!((world.told().len(), delays(&world)), (1, vec![1_000]));
}

#[test]
fn nothing_is_asked_for_again_after_the_end() {
    let (client, world) = map();
    lose(&client, &world, false, gateway());
    world.told();
    client.dispose();
    client.ask_again(true);
    client.tile_failed("http://h.test/2.png".to_owned(), false);
    assert!(world.told().is_empty());
    assert_eq!(world.tiles.borrow().len(), 1);
}

#[test]
fn a_tile_without_an_address_is_only_told() {
    let (client, world) = map();
    client.tile_failed(String::new(), false);
    assert_eq!((world.told(), world.tiles.borrow().len()), (vec![TILE_ERROR.to_owned()], 0));
    assert!(delays(&world).is_empty());
}

/// A client with a dataview, and the dataview.
fn with(formula: &Rc<Dataview>) -> (Rc<Client>, Rc<World>) {
    let (client, world) = client();
    client.add_dataviews(vec![formula.clone()]).expect("added");
    succeed(&client, &world, "g1");
    world.told();
    (client, world)
}

/// The latest request of a dataview fails.
fn deny(world: &World, failure: Failure) {
    let (dataview, request, _) = world.reads.borrow().last().cloned().expect("a request");
    dataview.answer(request, Err(failure));
}

fn accept(world: &World, body: &str) {
    let (dataview, request, _) = world.reads.borrow().last().cloned().expect("a request");
    dataview.answer(request, Ok(json(body)));
}

const LOADING: &str = r#"formula.statusChanged("loading")"#;
const LOADED: &str = r#"formula.statusChanged("loaded")"#;
const LOST: [&str; 2] =
    [r#"formula.statusChanged("error", raw dataview)"#, "formula.error(ajax:dataview:unknown-error)"];

#[test]
fn dataviews_are_asked_for_again_and_told_once() {
    let formula = formula(&sql("SELECT 1"));
    let (client, world) = with(&formula);
    for round in 0..3 {
        deny(&world, gateway());
        assert_eq!(world.told(), if round == 0 { LOST.to_vec() } else { vec![] });
        client.ask_again(false);
        assert_eq!(world.told(), ["native.again(true)"]);
        assert_eq!((world.reads.borrow().len(), formula.status()), (round + 2, Status::Error));
    }
    assert_eq!(delays(&world), [1_000, 2_000, 4_000]);
    accept(&world, r#"{"result":42,"nulls":0}"#);
    let data = r#"formula.dataChanged({"nulls":0,"operation":"sum","result":42})"#;
    assert_eq!(world.told(), [LOADING, data, LOADED]);
    deny(&world, gateway());
    assert_eq!((world.told(), delays(&world)), (LOST.map(str::to_owned).to_vec(), vec![1_000]), "another time");
}

#[test]
fn dataviews_that_the_server_refuses_are_not_asked_for_again() {
    let (client, world) = with(&formula(&sql("SELECT 1")));
    let refused = || Failure::Server(400, json(r#"{"errors":["no"]}"#));
    deny(&world, refused());
    assert_eq!((world.told().len(), delays(&world)), (2, vec![]));
    client.reload();
    succeed(&client, &world, "g2");
    deny(&world, gateway());
    client.ask_again(false);
    world.told();
    deny(&world, refused());
    assert_eq!((world.told().len(), delays(&world)), (2, vec![1_000]), "told, as it is another reason");
    client.ask_again(false);
    assert_eq!(world.reads.borrow().len(), 3);
}

#[test]
fn only_what_is_wanted_is_asked_for_again() {
    let formula = formula(&sql("SELECT 1"));
    let (client, world) = with(&formula);
    deny(&world, gateway());
    // The page asks itself in the meantime.
    changed(&formula, Part::Limit, Some(&4.0.into()));
    assert_eq!(world.told()[2..], [LOADING], "and hears of it");
    client.ask_again(false);
    assert_eq!(world.reads.borrow().len(), 2, "it is on its way");
    deny(&world, gateway());
    assert_eq!(world.told()[1..], LOST, "another failure");
    formula.disable();
    client.ask_again(false);
    assert_eq!(world.reads.borrow().len(), 2, "nobody wants it");
    formula.enable();
    assert_eq!(world.reads.borrow().len(), 3, "it was missed");
    deny(&world, gateway());
    // A map that is answered has the same address: the server is there.
    client.reload();
    succeed(&client, &world, "g1");
    assert_eq!(world.reads.borrow().len(), 4);
    deny(&world, gateway());
    client.remove_dataview(&formula);
    client.ask_again(false);
    assert_eq!(world.reads.borrow().len(), 4);
}

#[test]
fn histograms_go_on_where_they_failed() {
    let options = DataviewOptions { bins: Some(2.0.into()), ..DataviewOptions::default() };
    let source = sql("SELECT 1");
    let histogram =
        Dataview::new(Kind::Histogram, source, text("pop").as_ref(), &options, Vec::new()).expect("a dataview");
    name(&histogram.subject, "formula");
    let circle = Rc::new(Spatial::new(Shape::Circle));
    circle.set("{}");
    histogram.add_filter(&circle);
    let (client, world) = with(&histogram);
    let unfiltered = || world.reads.borrow().last().is_some_and(|(_, _, url)| url.contains("no_filters=1"));
    deny(&world, gateway());
    client.ask_again(false);
    assert!(unfiltered());
    world.told();
    accept(&world, r#"{"bin_width":1,"bins_count":2,"bins_start":0,"nulls":0,"bins":[{"bin":0,"freq":1}]}"#);
    assert_eq!((world.told(), unfiltered()), (vec![LOADING.to_owned()], false), "the data are next");
    deny(&world, gateway());
    client.ask_again(false);
    assert!(!unfiltered());
}

#[test]
fn grids_are_asked_for_again_when_the_pointer_needs_them() {
    let (client, world) = map();
    let pointer = |click| {
        client.pointer(&Pointer { click, lat: 0.0, lng: 0.0, zoom: 0.0, world: (4.0, 0.0), x: 4.0, y: 0.0 });
    };
    let answer = |answer| {
        let (key, epoch, _) = world.grids.borrow().last().cloned().expect("a grid");
        client.grid_answer(key, epoch, answer);
    };
    pointer(false);
    answer(Err(gateway()));
    assert_eq!(world.told(), ["layer.featureError(windshaft:tile:generic-tile-error)"]);
    pointer(false);
    assert_eq!(world.grids.borrow().len(), 1, "not yet");
    client.ask_again(false);
    assert_eq!((world.told().len(), world.grids.borrow().len()), (1, 1), "only when the pointer needs it");
    pointer(false);
    answer(Err(gateway()));
    assert!(world.told().is_empty(), "told once");
    client.ask_again(false);
    pointer(true);
    world.told();
    answer(Ok(json(r#"{"grid":[" !"],"keys":["","7"],"data":{"7":{"cartodb_id":7,"name":"x"}}}"#)));
    assert!(world.told().iter().any(|told| told.starts_with("layer.featureClicked")));
    assert_eq!((world.grids.borrow().len(), delays(&world)), (3, vec![1_000, 2_000]));
}
