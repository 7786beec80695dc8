//! Dataviews: what is counted, how bins are cut, and what filters leave.

use crate::support::{Answer, get, instantiate, layergroup, send};
use serde_json::{Value, json};

/// A map of one source with one dataview, `d`.
fn map(sql: &str, kind: &str, options: Value) -> Value {
    json!({
        "version": "1.5.0",
        "layers": [{"type": "mapnik", "options": {"source": {"id": "a"}, "cartocss": "#l{marker-width:5}", "cartocss_version": "2.3.0"}}],
        "dataviews": {"d": {"type": kind, "source": {"id": "a"}, "options": options}},
        "analyses": [{"id": "a", "type": "source", "params": {"query": sql}}]
    })
}

fn dataview(map: &Value, parameters: &str) -> Value {
    let id = layergroup(map, "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/d?{parameters}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A map that is made with filters.
fn filtered(map: &Value, filters: &Value) -> Answer {
    let uri = format!("/user/demo/api/v1/map?filters={}", encoded(&filters.to_string()));
    send("POST", &uri, &[("content-type".into(), "application/json".into())], map.to_string().into_bytes())
}

fn filtered_dataview(map: &Value, filters: &Value, parameters: &str) -> Value {
    let made = filtered(map, filters);
    let id = made.json()["layergroupid"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned();
    let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/d?{parameters}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn bins_are_as_wide_as_bounds_say() {
    let numbers = map(
        "SELECT NULL::geometry AS the_geom_webmercator, x::int, x / 1000.0::float8 AS f, x / 1000.0 AS n FROM generate_series(0, 1000) x",
        "histogram",
        json!({"column": "x"}),
    );
    let near = |value: &Value, right: f64| value.as_f64().is_some_and(|number| (number - right).abs() < 1e-9);
    for (parameters, width) in [
        ("bins=10&start=0&end=1", 0.1),
        ("bins=3&start=11&end=400", 389.0 / 3.0),
        ("bins=3&start=400&end=11", 389.0 / 3.0),
        ("bins=7&start=-5&end=5.5", 1.5),
        ("bins=3", 1000.0 / 3.0),
    ] {
        let found = dataview(&numbers, parameters);
        assert!(near(&found["bin_width"], width), "{parameters}: {found}");
        assert!(found["bins"].as_array().is_some_and(|bins| !bins.is_empty()), "{parameters}: {found}");
    }
    let found = dataview(&numbers, "bins=3&start=50&end=500");
    let bins = found["bins"].as_array().unwrap();
    assert_eq!((bins.len(), &found["bins_start"]), (3, &json!(50)), "{found}");
    assert_eq!(bins.iter().map(|bin| bin["freq"].as_i64().unwrap()).sum::<i64>(), 451);
    for column in ["f", "n"] {
        let mut map = numbers.clone();
        map["dataviews"]["d"]["options"]["column"] = column.into();
        let found = dataview(&map, "bins=10&start=0&end=1");
        assert!(near(&found["bin_width"], 0.1) && found["bins"].as_array().unwrap().len() == 10, "{column}: {found}");
        assert_eq!(found["bins"][9]["freq"], 101, "the greatest value is in the last bin");
    }
    // A range without width is none.
    assert!(near(&dataview(&numbers, "bins=4&start=5&end=5")["bin_width"], 250.0));
}

#[test]
fn time_has_no_more_than_a_hundred_bins() {
    let series = |from: &str, to: &str, step: &str| {
        let sql = format!(
            "SELECT NULL::geometry AS the_geom_webmercator, date AS d FROM generate_series('{from}'::timestamp, '{to}'::timestamp, '{step}'::interval) date"
        );
        dataview(&map(&sql, "histogram", json!({"column": "d", "aggregation": "auto"})), "")
    };
    for (from, to, step, unit) in [
        ("2007-02-15 01:00:00", "2007-02-15 01:00:57", "0.9 second", "second"),
        ("2007-02-15 01:00:00", "2007-02-15 02:00:57", "75 second", "minute"),
        ("2007-02-15 01:00:00", "2008-04-09 01:00:00", "1 day", "week"),
        ("2007-02-15 01:00:00", "2010-04-09 01:00:00", "1 month", "month"),
        ("2007-02-15 01:00:00", "2020-04-09 01:00:00", "30 days", "quarter"),
        ("1850-02-15 01:00:00", "2018-04-09 01:00:00", "300 days", "decade"),
    ] {
        let found = series(from, to, step);
        assert_eq!(found["aggregation"], unit, "{from} to {to}: {found}");
        assert!(found["bins_count"].as_i64().is_some_and(|count| count <= 101), "{found}");
    }
}

#[test]
fn what_is_nothing_is_not_counted() {
    let formula = |sql: &str, options: Value| dataview(&map(sql, "formula", options), "");
    let odd = "SELECT NULL::geometry AS the_geom_webmercator, CASE WHEN x % 5 = 1 THEN 'infinity'::float WHEN x % 5 = 2 THEN '-infinity'::float
        WHEN x % 5 = 3 THEN 'NaN'::float WHEN x % 5 = 4 THEN NULL ELSE x END AS val, CASE WHEN x < 4 THEN NULL ELSE x END AS nulls,
        CASE WHEN x % 3 = 0 THEN 'NaN'::numeric ELSE x END AS num, 'ab' AS category FROM generate_series(1, 10) x";
    let found = formula(odd, json!({"column": "val", "operation": "count"}));
    assert_eq!(
        found,
        json!({"operation": "count", "result": 2, "nulls": 2, "nans": 2, "infinities": 4, "type": "formula"})
    );
    let found = formula(odd, json!({"column": "nulls", "operation": "count"}));
    assert_eq!(found, json!({"operation": "count", "result": 7, "nulls": 3, "type": "formula"}));
    let found = formula(odd, json!({"column": "num", "operation": "max"}));
    assert_eq!((&found["result"], &found["nans"]), (&json!(10), &json!(3)), "{found}");
    for options in [
        json!({"operation": "count"}),
        json!({"operation": "count", "column": ""}),
        json!({"operation": "count", "column": "*"}),
    ] {
        assert_eq!(formula(odd, options.clone())["result"], 10, "{options}");
    }
    let without = layergroup(&map(odd, "formula", json!({"operation": "sum"})), "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{without}/dataview/d"));
    assert_eq!((answer.status, answer.message()), (400, "Formula expects 'column' in dataview options".to_owned()));
    // Sums of categories leave out what is no number, whatever type it has.
    for column in ["val", "num"] {
        let options = json!({"column": "category", "aggregation": "sum", "aggregationColumn": column});
        let found = dataview(&map(odd, "aggregation", options), "");
        let right = if column == "val" { (15, 2) } else { (37, 3) };
        assert_eq!((&found["categories"][0]["value"], &found["nans"]), (&json!(right.0), &json!(right.1)), "{found}");
    }
    // Rows without a category are in none; counts are those of a column where one is named.
    let sql = "SELECT NULL::geometry AS the_geom_webmercator, * FROM (VALUES ('a', 1), ('a', NULL), (NULL, 3)) AS v (name, n)";
    let counted = |options: Value| dataview(&map(sql, "aggregation", options), "")["categories"].clone();
    let one = |value: i64| json!([{"category": "a", "value": value, "agg": false}]);
    assert_eq!(counted(json!({"column": "name", "aggregation": "count"})), one(2));
    assert_eq!(counted(json!({"column": "name", "aggregation": "count", "aggregationColumn": "n"})), one(1));
}

#[test]
fn boxes_select_what_is_in_them() {
    let shapes = "SELECT 'in' AS val, ST_Transform('SRID=4326;POLYGON((-20 48,0 48,-10 54,-20 48))'::geometry, 3857) AS the_geom_webmercator
        UNION ALL SELECT 'only its envelope', ST_Transform('SRID=4326;POLYGON((17 40,60 40,60 58,17 40))'::geometry, 3857)
        UNION ALL SELECT 'a line beside', ST_Transform('SRID=4326;LINESTRING(-100 50,-77 80)'::geometry, 3857)";
    let found = dataview(
        &map(shapes, "aggregation", json!({"column": "val", "aggregation": "count"})),
        "bbox=-77.34,45.83,17.58,55.97",
    );
    assert_eq!(found["categories"], json!([{"category": "in", "value": 1, "agg": false}]), "{found}");
    // A geometry of nothing is nowhere.
    let nothing = map("SELECT 1 AS n, NULL AS the_geom_webmercator", "formula", json!({"operation": "count"}));
    assert_eq!(dataview(&nothing, "bbox=-10,-10,10,10")["result"], 0);
    assert_eq!(dataview(&nothing, "")["result"], 1);
}

#[test]
fn own_filters_tell_all_that_they_accept() {
    let names: Vec<String> = (1..=9).map(|number| format!("Country 0{number}")).collect();
    let map =
        map("SELECT * FROM populated_places", "aggregation", json!({"column": "country", "aggregation": "count"}));
    let accept = |names: &[String]| json!({"dataviews": {"d": {"accept": names}}});
    let found = filtered_dataview(&map, &accept(&names), "own_filter=1");
    let told: Vec<&str> =
        found["categories"].as_array().unwrap().iter().map(|c| c["category"].as_str().unwrap()).collect();
    assert!(told.len() == 9 && names.iter().all(|name| told.contains(&name.as_str())), "{found}");
    let found = filtered_dataview(&map, &accept(&names), "own_filter=0");
    assert_eq!(found["categories"].as_array().map(Vec::len), Some(6));
    assert_eq!(filtered_dataview(&map, &accept(&[]), "own_filter=1")["categories"], json!([]));
    let rejected = json!({"dataviews": {"d": {"reject": []}}});
    assert_eq!(filtered_dataview(&map, &rejected, "own_filter=1")["count"], 5000);
}

#[test]
fn ranges_of_dates_are_seconds() {
    let by_time = map("SELECT * FROM populated_places", "histogram", json!({"column": "opened"}));
    let all = dataview(&by_time, "bins=1")["bins"][0]["freq"].as_i64().unwrap();
    // 2014-01-01
    let found =
        filtered_dataview(&by_time, &json!({"dataviews": {"d": {"min": 1_388_534_400}}}), "bins=1&own_filter=1");
    let later = found["bins"][0]["freq"].as_i64().unwrap();
    assert!(later > 100 && later < all, "{later} of {all}");
    assert!(found["bins"][0]["min"].as_f64().is_some_and(|first| first >= 1_388_534_400.0), "{found}");
    let none = filtered_dataview(&by_time, &json!({"dataviews": {"d": {"min": 0, "max": 1}}}), "own_filter=1");
    assert_eq!(none["bins"], json!([]), "{none}");
}

#[test]
fn analyses_have_filters_of_their_own() {
    let map = map("SELECT * FROM populated_places", "formula", json!({"column": "pop", "operation": "min"}));
    let of_node = |filters: Value| json!({"analyses": {"a": filters}});
    let range = json!([{"type": "range", "column": "pop", "params": {"min": 200_000}}]);
    let found = filtered_dataview(&map, &of_node(range.clone()), "");
    assert!(found["result"].as_i64().is_some_and(|least| least >= 200_000), "{found}");
    let plain = filtered_dataview(&map, &of_node(range.clone()), "no_filters=1");
    assert!(plain["result"].as_i64().is_some_and(|least| least < 200_000), "{plain}");
    let both = json!([range[0], {"type": "category", "column": "country", "params": {"accept": ["Country 01"]}},
        {"type": "range", "column": "opened", "params": {"min": 1_262_304_000}}]);
    assert_eq!(filtered(&map, &of_node(both.clone())).status, 200);
    assert!(filtered_dataview(&map, &of_node(both), "")["result"].as_i64().is_some_and(|least| least >= 200_000));
    let odd = filtered(&map, &of_node(json!([{"type": "grouped", "column": "pop", "params": {}}])));
    assert_eq!(odd.status, 400, "{}", odd.text());
    assert!(odd.message().contains("\"grouped\""), "{}", odd.text());
    // The layer draws what is left.
    let config = {
        let mut config = map.clone();
        config["layers"][0]["options"]["interactivity"] = json!(["cartodb_id"]);
        config
    };
    let seen = |filters: &Value| {
        let id = filtered(&config, filters).json()["layergroupid"].as_str().unwrap().to_owned();
        get(&format!("/user/demo/api/v1/map/{id}/0/0/0/0.grid.json")).json()["data"].as_object().unwrap().len()
    };
    let (few, all) = (seen(&of_node(range)), seen(&json!({})));
    assert!(few > 0 && few < all, "{few} of {all}");
    assert_eq!(instantiate(&config, "default_public").status, 200);
}
