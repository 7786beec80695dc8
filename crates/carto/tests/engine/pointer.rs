//! Features under the pointer.
use crate::world::*;
use carto::maps::failure::Failure;
use carto::model::hover::Pointer;

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
    assert_eq!(world.told()[1], "layer.featureOut(no feature)");
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
    assert_eq!(world.grids.borrow().len(), 2, "a grid that failed is not asked for again at once (Q-54)");
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
