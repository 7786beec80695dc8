//! When dataviews are read.
use crate::world::*;
use carto::maps::failure::Failure;
use carto::model::client::{Dataview, Spatial, SqlFilter};
use carto::model::dataview::{DataviewOptions, Kind, Part};
use carto::model::effect::Status;
use carto::model::filter::spatial::Shape;
use carto::model::filter::sql::{Class, Operand};
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
    let category =
        Dataview::new(Kind::Category, source, text("country").as_ref(), &DataviewOptions::default(), Vec::new());
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

#[test]
fn a_dataview_may_leave_filters_of_its_source_out() {
    let (client, world) = client();
    let source = sql("SELECT 1");
    let named = |value: &str| {
        let conditions = vec![("in".to_owned(), Operand::List(vec![Operand::Text(value.to_owned())]))];
        Rc::new(SqlFilter::new(Class::Category, text("name").as_ref(), conditions, &[]).expect("a filter"))
    };
    let (own, other) = (named("own"), named("other"));
    let both = Rc::new(SqlFilter::collection(Class::And));
    for filter in [&own, &other] {
        both.add(filter).expect("a member");
    }
    let category = |except| {
        let options = DataviewOptions::default();
        Dataview::new(Kind::Category, source.clone(), text("name").as_ref(), &options, except).expect("a dataview")
    };
    let (free, whole) = (category(vec![own.clone()]), category(Vec::new()));
    client.add_dataviews(vec![free.clone(), whole.clone()]).expect("alive");
    let of = |free: &Rc<Dataview>| {
        let (_, config) = world.last_map();
        let list = config.get("analyses").map(Value::items).unwrap_or_default();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let nodes: Vec<(String, String)> = list
            .iter()
            .map(|node| (text(node.get("id")), text(node.get("params").and_then(|params| params.get("query")))))
            .collect();
        let dataviews = config.get("dataviews").expect("dataviews");
        let node = dataviews.get(&free.id).and_then(|one| one.get("source")).and_then(|source| source.get("id"));
        (nodes, text(node))
    };
    succeed(&client, &world, "g1");
    assert_eq!(
        of(&free),
        (vec![(source.id.clone(), "SELECT 1".to_owned())], source.id.clone()),
        "nothing to leave out"
    );

    // Within a collection, too.
    source.filters.add(&both).expect("a member");
    client.reload();
    succeed(&client, &world, "g2");
    let node = format!("{}.{}", source.id, free.id);
    let query = |condition: &str| format!("SELECT * FROM (SELECT 1) as originalQuery WHERE {condition}");
    let nodes = vec![
        (node.clone(), query("name IN ('other')")),
        (source.id.clone(), query("(name IN ('own') AND name IN ('other'))")),
    ];
    assert_eq!(of(&free), (nodes, node.clone()));
    world.told();

    // Set later, it costs a map where it changes something, and none where it does not.
    let maps = world.maps.borrow().len();
    whole.set_except(vec![own.clone()]);
    assert_eq!(whole.except().len(), 1);
    succeed(&client, &world, "g3");
    assert_eq!(of(&whole).1, format!("{}.{}", source.id, whole.id));
    whole.set_except(Vec::new());
    succeed(&client, &world, "g4");
    assert_eq!(of(&whole).1, source.id);
    assert_eq!(world.maps.borrow().len(), maps + 2);

    // The node's own error is of the dataview that it is for, and of the source.
    client.reload();
    let body = format!(
        r#"{{"errors":["no"],"errors_with_context":[{{"type":"analysis","message":"no","analysis":{{"id":"{node}","type":"source"}}}}]}}"#
    );
    fail(&client, &world, &body);
    assert_eq!((free.status(), whole.status()), (Status::Error, Status::Loading));
    assert!(world.told().iter().any(|told| told.starts_with("source.error")));
}
