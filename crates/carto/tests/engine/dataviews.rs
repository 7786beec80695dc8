//! When dataviews are read.
use crate::world::*;
use carto::maps::failure::Failure;
use carto::model::client::{Dataview, Spatial};
use carto::model::dataview::{DataviewOptions, Kind, Part};
use carto::model::effect::Status;
use carto::model::filter::spatial::Shape;
use maps_api::json::Value;
use std::rc::Rc;

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
    let data = r#"formula.dataChanged({"nulls":0,"operation":"sum","result":42})"#;
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
