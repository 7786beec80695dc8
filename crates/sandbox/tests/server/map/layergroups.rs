//! What is kept of maps that anybody may make, and how often anybody may ask.

use crate::sql_api::statements::MASTER;
use crate::support::{get, instantiate, map_over, runtime, sandbox};
use carto_sandbox::db::roles;
use carto_sandbox::http::rate_limits::{Per, RateLimits, Rule};
use carto_sandbox::map::layergroup::Layergroup;
use carto_sandbox::map::layergroups::{Caps, Layergroups};
use serde_json::{Value, json};
use std::time::Instant;

fn map(number: usize, bytes: usize) -> Layergroup {
    Layergroup::new(
        json!({"layers": [{"type": "mapnik", "options": {"sql": format!("SELECT {number} -- {}", "x".repeat(bytes))}}]}),
        None,
    )
}

/// Number and bytes of the maps of a user in the database.
fn stored(user: i32) -> (i64, i64) {
    let sql =
        "SELECT count(*), coalesce(sum(octet_length(config)), 0)::bigint FROM sandbox.layergroups WHERE user_id = $1";
    let rows = runtime().block_on(sandbox().database.admin_query(sql, vec![Box::new(user)])).unwrap();
    (rows[0].get(0), rows[0].get(1))
}

fn user(name: &str) -> i32 {
    runtime().block_on(async {
        let database = &sandbox().database;
        roles::create_user(database, name).await.unwrap();
        let sql = "WITH gone AS (DELETE FROM sandbox.layergroups g USING sandbox.users u WHERE u.id = g.user_id AND u.username = $1)
                   SELECT id FROM sandbox.users WHERE username = $1";
        database.admin_query(sql, vec![Box::new(name.to_owned())]).await.unwrap()[0].get(0)
    })
}

#[test]
fn a_flood_of_maps_has_an_end_and_maps_in_use_stay() {
    let (database, user) = (&sandbox().database, user("flooded"));
    let caps = Caps { maps: 40, bytes: 1 << 20 };
    let layergroups = Layergroups::new(caps);
    let favourite = map(0, 10);
    let id = favourite.id.clone();
    runtime().block_on(layergroups.put(database, user, favourite)).unwrap();
    for number in 1..200 {
        runtime().block_on(layergroups.put(database, user, map(number, 10))).unwrap();
        assert!(runtime().block_on(layergroups.get(database, user, &id)).unwrap().is_some());
        let (maps, _) = stored(user);
        assert!(maps <= 40 + 10 + 5, "{maps} maps");
    }
    for number in 200..300 {
        runtime().block_on(layergroups.put(database, user, map(number, 95_000))).unwrap();
        let (_, bytes) = stored(user);
        assert!(bytes <= (1 << 20) * 11 / 8 + 100_000, "{bytes} bytes");
    }
    // Another run finds the map that was used all the time, and not the first of the flood.
    let next = Layergroups::new(caps);
    let found = |id: &str| runtime().block_on(next.get(database, user, id)).unwrap().is_some();
    assert!(found(&id));
    assert!(!found(&map(1, 10).id));
    assert!(found(&map(299, 95_000).id), "the newest is there until somebody asks for it");
    // A week without use: gone, also where it is still in memory.
    let running = Layergroups::new(caps);
    runtime().block_on(running.put(database, user, map(300, 10))).unwrap();
    let old = "UPDATE sandbox.layergroups SET used_at = now() - interval '8 days' WHERE user_id = $1";
    runtime().block_on(database.admin_query(old, vec![Box::new(user)])).unwrap();
    runtime().block_on(running.clean(database, Some(user))).unwrap();
    assert_eq!(stored(user), (0, 0));
    assert!(runtime().block_on(running.get(database, user, &map(300, 10).id)).unwrap().is_none());
}

#[test]
fn what_nobody_reads_is_not_stored() {
    let plain = map_over("SELECT * FROM cities WHERE cartodb_id = 4711");
    let with_junk = |junk: Value| {
        let mut map = plain.clone();
        map["junk"] = junk.clone();
        map["layers"][0]["junk"] = junk.clone();
        map["layers"][0]["options"]["junk"] = junk;
        map
    };
    let id = |map: &Value| {
        let answer = instantiate(map, MASTER);
        answer.json()["layergroupid"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
    };
    let expected = id(&plain);
    for number in 0..10 {
        assert_eq!(id(&with_junk(json!({"number": number, "text": "x".repeat(30_000)}))), expected);
    }
    let sql = "SELECT octet_length(config) FROM sandbox.layergroups WHERE id = $1";
    let token = expected.split(':').next().unwrap().to_owned();
    let rows = runtime().block_on(sandbox().database.admin_query(sql, vec![Box::new(token)])).unwrap();
    assert!(rows.len() == 1 && rows[0].get::<_, i32>(0) < 2_000);
    assert_eq!(get(&format!("/user/demo/api/v1/map/{expected}/dataview/n?api_key={MASTER}")).json()["result"], 1);
}

#[test]
fn names_that_are_nobodys_are_not_remembered() {
    let rule = |per| Rule { user: None, part: None, per, requests: 2, seconds: 60 };
    let limits = RateLimits::new(vec![rule(Per::User)], false).unwrap();
    let database = &sandbox().database;
    let now = Instant::now();
    let count = |user: &str| runtime().block_on(limits.count(database, user, "tile", None, now));
    for number in 0..50 {
        assert_eq!(count(&format!("nobody-{number}")), None);
    }
    assert_eq!(count("Nobody'; --\0"), None);
    let waits: Vec<bool> = (0..4).map(|_| count("demo").unwrap().retry_after.is_some()).collect();
    assert_eq!(waits, [false, false, true, true]);
    // Of two limits the narrower one is told.
    let both = RateLimits::new(vec![rule(Per::User), Rule { requests: 1, ..rule(Per::Address) }], false).unwrap();
    let address = Some(std::net::IpAddr::from([192, 0, 2, 1]));
    let count = || runtime().block_on(both.count(database, "demo", "tile", address, now)).unwrap();
    assert_eq!((count().limit, count().retry_after.is_some()), (1, true));
}
