//! When a map is asked for, and what its answers do.
use crate::world::*;
use carto::model::client::Change;
use carto::model::effect::Poll;
use maps_api::json::Value;
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn one_request_carries_all_changes_of_a_turn() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    let first = client.add_layers(vec![layer("a", &source, &style)]).expect("added");
    let second = source.set_text(text("SELECT 2").as_ref()).expect("a query");
    let third = style.set_content(text("#m{}").as_ref()).expect("a style");
    assert_eq!(world.schedules.borrow().len(), 1);
    succeed(&client, &world, "g1");
    assert_eq!(world.maps.borrow().len(), 1);
    let (_, config) = world.last_map();
    let sent = r##"{"buffersize":{"mvt":0},"layers":[{"id":"a","type":"mapnik","options":{"cartocss":"#m{}",
        "cartocss_version":"2.1.0","source":{"id":"ID"},"interactivity":["cartodb_id","name"],
        "attributes":{"id":"cartodb_id","columns":["name"]},"minzoom":0}}],"dataviews":{},
        "analyses":[{"id":"ID","type":"source","params":{"query":"SELECT 2"}}]}"##;
    assert_eq!(config, json(&sent.replace("ID", &source.id)));
    assert_eq!([first.into(), second, third].map(|pending| result(&pending)), ["ok", "ok", "ok"]);
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
    let after = source.set_text(text("SELECT 2").as_ref()).expect("a query");
    client.answer(early, Ok(answer(&config, "g1")));
    assert_eq!((code(before.result()), result(&after)), ("ok".into(), "pending".into()), "Q-16");
    succeed(&client, &world, "g2");
    assert_eq!(result(&after), "ok");
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
    let set = |style: &Rc<_>| layer.change(Change::Style(Rc::clone(style))).expect("a style");
    let refused = set(&bad);
    assert!(Rc::ptr_eq(&layer.style(), &good), "the getter switches after the answer");
    fail(&client, &world, r#"{"errors":["no"]}"#);
    let (told, code) = finished(refused);
    assert_eq!((told, code), (vec!["layer.error".to_owned()], "windshaft:generic:unknown-error".to_owned()));
    assert!(set(&good).ticket.is_none(), "Q-12");
    let again = set(&bad);
    succeed(&client, &world, "g2");
    assert!(Rc::ptr_eq(&layer.style(), &good));
    assert_eq!(finished(again), (vec!["layer.styleChanged".to_owned()], "ok".to_owned()));
    assert!(Rc::ptr_eq(&layer.style(), &bad));
}

#[test]
fn what_was_set_is_told_when_it_counts() {
    let (client, world) = client();
    let (source, style) = (sql("SELECT 1"), css("#l{}"));
    let first = style.set_content(text("#m{}").as_ref()).expect("a style");
    assert_eq!(first.told.len(), 1, "told at once, on no map");
    assert_eq!(finished(first), (vec![], "ok \"#m{}\"".to_owned()));
    client.add_layers(vec![layer("a", &source, &style)]).expect("added");
    let changes = [
        style.set_content(text("#n{}").as_ref()).expect("a style"),
        source.set_text(text("SELECT 2").as_ref()).expect("a query"),
        source.filters_changed(),
    ];
    style.set_content(text("#o{}").as_ref()).expect("a style");
    assert!(changes.iter().all(|pending| pending.told.is_empty() && result(pending) == "pending"));
    succeed(&client, &world, "g1");
    let told = changes.map(finished).map(|(told, result)| format!("{} {result}", told.join(" ")));
    assert_eq!(told, ["style.contentChanged ok \"#n{}\"", "source.queryChanged ok", "source.queryChanged ok"]);
    let refused = source.set_text(text("SELECT !!").as_ref()).expect("a query");
    fail(&client, &world, r#"{"errors":["no"]}"#);
    assert_eq!(finished(refused), (vec![], "windshaft:generic:unknown-error".to_owned()));
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
    assert!(style.set_content(text("#m {}").as_ref()).expect("valid").ticket.is_none(), "attached to nothing");

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
