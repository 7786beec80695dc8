//! Keys that many make and delete at a time, in one process and in several on one server.

use crate::lifecycle::{Running, wait_for_end_of};
use crate::support::{alone, config, fresh_user, program, runtime, sandbox};
use axum::body::Body;
use axum::http::Request;
use carto_sandbox::accounts::users;
use carto_sandbox::db::Database;
use carto_sandbox::{Config, Sandbox, http};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// Keys that a user may have.
const QUOTA: u32 = 200;
/// Requests under way at a time.
const AT_ONCE: usize = 50;

/// A fresh user with a table of shops, and the token of the master key.
fn fresh(database: &Database, name: &str) -> String {
    runtime().block_on(async {
        let (account, token) = fresh_user(database, name).await;
        let table = format!("\"{name}\".shops");
        let sql = format!("CREATE TABLE {table} (a int); ALTER TABLE {table} OWNER TO \"{}\"", account.role);
        database.admin(&sql).await.unwrap();
        token
    })
}

fn body(name: &str) -> String {
    let grants = json!([
        {"type": "apis", "apis": ["sql", "maps"]},
        {"type": "database", "tables": [{"schema": "public", "name": "shops", "permissions": ["select", "insert"]}],
         "schemas": [{"name": "public", "permissions": ["create"]}]}
    ]);
    json!({"name": name, "grants": grants}).to_string()
}

/// Keys of a user and roles of keys, by number; both are the same where nothing is half done.
fn keys_and_roles(database: &Database, user: &str) -> (Vec<String>, Vec<String>) {
    runtime().block_on(async {
        let keys = "SELECT k.role FROM sandbox.api_keys k JOIN sandbox.users u ON u.id = k.user_id
                     WHERE u.username = $1 AND k.type <> 'master' ORDER BY k.role";
        let roles = "SELECT rolname::text FROM pg_roles, sandbox.users
                      WHERE username = $1 AND starts_with(rolname, role || '_') ORDER BY 1";
        let list = async |sql: &str| -> Vec<String> {
            let rows = database.admin_query(sql, vec![Box::new(user.to_owned())]).await.unwrap();
            let mut names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            names.sort();
            names
        };
        (list(keys).await, list(roles).await)
    })
}

fn call(sandbox: &Arc<Sandbox>, method: &str, uri: String, body: String) -> impl Future<Output = (u16, Value)> + use<> {
    let router = http::router(sandbox.clone());
    let request = Request::builder().method(method).uri(uri).header("host", "127.0.0.1:18182");
    let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
    async move {
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }
}

/// Sends requests, so many of them at a time, and gives the answers.
fn side_by_side(requests: Vec<(&'static str, String, String)>) -> Vec<(u16, Value)> {
    let gate = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    runtime().block_on(async move {
        let tasks: Vec<_> = requests
            .into_iter()
            .map(|(method, uri, body)| {
                let (gate, answer) = (gate.clone(), call(sandbox(), method, uri, body));
                tokio::spawn(async move {
                    let _permit = gate.acquire().await.unwrap();
                    answer.await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    })
}

fn counted(statuses: impl Iterator<Item = u16>) -> BTreeMap<u16, u32> {
    let mut counted = BTreeMap::new();
    statuses.for_each(|status| *counted.entry(status).or_default() += 1);
    counted
}

#[test]
fn many_keys_at_a_time_are_as_many_as_allowed() {
    let master = fresh(&sandbox().database, "crowded");
    let uri = |tail: &str| format!("/user/crowded/api/v3/api_keys{tail}?api_key={master}");
    let create = |n: u32| ("POST", uri(""), body(&format!("key {n}")));
    // Half of them beforehand, among them some of the same name.
    let answers = side_by_side((0..100).chain(0..20).map(create).collect());
    assert_eq!(counted(answers.iter().map(|answer| answer.0)), BTreeMap::from([(201, 100), (422, 20)]), "{answers:?}");
    // New tokens, and ends, of the same keys at a time.
    let renewed = (0..60).map(|n| ("POST", uri(&format!("/key%20{}/token/regenerate", n % 30)), String::new()));
    let deleted = (40..80).map(|n| ("DELETE", uri(&format!("/key%20{}", 40 + n % 20)), String::new()));
    let answers = side_by_side(renewed.chain(deleted).collect());
    let statuses = counted(answers.iter().map(|answer| answer.0));
    assert_eq!(statuses, BTreeMap::from([(200, 60), (204, 20), (404, 20)]), "{answers:?}");
    let answers = side_by_side((100..260).map(create).collect());
    let statuses = counted(answers.iter().map(|answer| answer.0));
    assert_eq!(statuses, BTreeMap::from([(201, QUOTA - 80), (403, 160 - (QUOTA - 80))]), "{answers:?}");
    let shown = answers.iter().find(|answer| answer.0 == 201).unwrap().1["grants"].clone();
    assert_eq!(shown[1]["tables"][0]["permissions"], json!(["select", "insert"]), "{shown}");
    assert_eq!(shown[1]["schemas"][0]["permissions"], json!(["create"]), "{shown}");
    let (keys, roles) = keys_and_roles(&sandbox().database, "crowded");
    assert_eq!((keys.len(), &keys), (QUOTA as usize + 1, &roles));
    // Whoever goes while others come in leaves nothing behind, and nobody hears that the server failed.
    let come = (300..340).map(create);
    let go = runtime().spawn(async { users::delete(&sandbox().database, "crowded").await });
    let answers = side_by_side(come.collect());
    runtime().block_on(go).unwrap().unwrap();
    assert!(answers.iter().all(|answer| [201, 401, 403].contains(&answer.0)), "{answers:?}");
    let left = "SELECT count(*) FROM pg_roles WHERE rolname ~ '^carto_(.*_)?crowded(_[0-9]+)?$'";
    let rows = runtime().block_on(sandbox().database.admin_query(left, Vec::new())).unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 0);
}

fn serve(config: &Config) -> Command {
    let mut command = program();
    command.args(["serve", "--no-demo", "--port", "0", "--data-dir"]).arg(&config.data_dir);
    command
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// The attack: 50 at a time, 260 in all, two processes.
#[test]
fn two_processes_make_as_many_keys_as_allowed() {
    if config("").database_url.is_none() {
        return; // An embedded database belongs to one process.
    }
    let master = fresh(&sandbox().database, "shared");
    let processes = [Running::of(&mut serve(&config("unused"))), Running::of(&mut serve(&config("unused")))];
    let next = AtomicU32::new(0);
    let begin = Instant::now();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|thread| {
                let (next, master, process) = (&next, &master, &processes[thread % 2]);
                scope.spawn(move || {
                    let mut statuses = Vec::new();
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= 260 {
                            return statuses;
                        }
                        let uri = format!("/user/shared/api/v3/api_keys?api_key={master}");
                        statuses.push(status(&process.request("POST", &uri, &body(&format!("key {n}")))));
                    }
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(counted(statuses.into_iter()), BTreeMap::from([(201, QUOTA), (403, 260 - QUOTA)]));
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
    let (keys, roles) = keys_and_roles(&sandbox().database, "shared");
    assert_eq!((keys.len(), &keys), (QUOTA as usize + 1, &roles));
    runtime().block_on(users::delete(&sandbox().database, "shared")).unwrap();
}

#[test]
fn a_process_that_is_killed_leaves_no_half_of_a_key() {
    let (_alone, config) = alone();
    let is_embedded = config.database_url.is_none();
    let master = {
        let database = runtime().block_on(carto_sandbox::open_database(&config)).unwrap();
        let master = fresh(&database, "killed");
        runtime().block_on(database.close());
        master
    };
    let mut process = Running::of(&mut serve(&config));
    let made = AtomicU32::new(0);
    std::thread::scope(|scope| {
        let (process_of_threads, made, master) = (&process, &made, &master);
        for thread in 0..8 {
            scope.spawn(move || {
                for n in 0.. {
                    let uri = format!("/user/killed/api/v3/api_keys?api_key={master}");
                    let answer = process_of_threads.try_request("POST", &uri, &body(&format!("{thread} {n}")));
                    let Some(answer) = answer.filter(|answer| !answer.is_empty()) else { return };
                    assert_eq!(status(&answer), 201, "{answer}");
                    if made.fetch_add(1, Ordering::Relaxed) == 20 {
                        process_of_threads.signal("-KILL");
                    }
                }
            });
        }
    });
    let database_process = std::fs::read_to_string(config.data_dir.join("sandbox.pid")).ok();
    process.kill();
    if let Some(database_process) = database_process.filter(|_| is_embedded) {
        wait_for_end_of(&database_process);
    }
    let database = runtime().block_on(carto_sandbox::open_database(&config)).unwrap();
    // The server hears of the end of a connection when it looks.
    let begin = Instant::now();
    let (keys, roles) = loop {
        let found = keys_and_roles(&database, "killed");
        if found.0 == found.1 || begin.elapsed() > Duration::from_secs(5) {
            break found;
        }
    };
    assert!(keys.len() > 20 && keys == roles, "{keys:?} {roles:?}");
    runtime().block_on(async {
        users::delete(&database, "killed").await.unwrap();
        database.close().await;
    });
}
