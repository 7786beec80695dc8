//! The demo: where it is, and who knows its keys.

use crate::lifecycle::Running;
use crate::sql_api::statements::MASTER;
use crate::support::{config, demo_keys, program, refusal, runtime, sandbox};
use std::path::PathBuf;
use std::process::Command;

/// A database that is this test's alone, for it changes the demo's keys.
fn database() -> (PathBuf, Option<String>) {
    let config = config("sandbox-demo");
    let url = config.database_url.map(|url| {
        runtime().block_on(async {
            let database = &sandbox().database;
            database.admin("DROP DATABASE IF EXISTS carto_demo_test").await.unwrap();
            database.admin("CREATE DATABASE carto_demo_test").await.unwrap();
        });
        format!("{}/carto_demo_test", url.rsplit_once('/').unwrap().0)
    });
    (config.data_dir, url)
}

fn command(database: &(PathBuf, Option<String>), arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).arg("--data-dir").arg(&database.0);
    command.env_remove("DATABASE_URL").env_remove("CARTO_SANDBOX_DEMO_KEYS");
    if let Some(url) = &database.1 {
        command.args(["--database-url", url]);
    }
    command
}

fn status(running: &Running, path: &str) -> String {
    running.request("GET", path, "").split(' ').nth(1).unwrap_or_default().to_owned()
}

fn may_write(running: &Running, key: &str) -> bool {
    let answer = status(running, &format!("/user/demo/api/v2/sql?q=DELETE+FROM+shops+WHERE+false&api_key={key}"));
    assert!(["200", "401"].contains(&answer.as_str()), "{answer}");
    answer == "200"
}

#[test]
fn the_demo_stays_at_home_and_nobody_knows_its_master_key() {
    let database = database();
    let keys = demo_keys();
    let given = ["--port", "0", "--demo", "--demo-keys", keys.to_str().unwrap()];
    let running = Running::of(&mut command(&database, &given));
    assert!(may_write(&running, MASTER));
    running.end("-TERM");

    // A database from when keys were published.
    let running = Running::of(&mut command(&database, &["--port", "0"]));
    assert!(!may_write(&running, MASTER), "the published key still opens everything");
    // Only on the embedded database it is there without being asked for.
    assert_eq!(status(&running, "/demo/keys.json"), if database.1.is_none() { "200" } else { "404" });
    running.end("-TERM");

    let running = Running::of(&mut command(&database, &["--port", "0", "--demo"]));
    let public = running.request("GET", "/demo/keys.json", "");
    let master = match &database.1 {
        None => {
            let file = std::fs::read_to_string(database.0.join("demo-keys.json")).unwrap();
            let keys: serde_json::Value = serde_json::from_str(&file).unwrap();
            keys["master"].as_str().unwrap().to_owned()
        }
        Some(_) => {
            let output = command(&database, &["key", "list", "--user", "demo", "--show"]).output().unwrap();
            let lines = String::from_utf8(output.stdout).unwrap();
            let line = lines.lines().find(|line| line.starts_with("Master\t")).unwrap();
            line.rsplit('\t').next().unwrap().to_owned()
        }
    };
    assert!(master.len() == 40 && master != MASTER);
    assert!(may_write(&running, &master));
    for published in ["demo_maps_key_for_cities_only_0001", "demo_sql_key_without_the_maps_api_0001", &master] {
        assert!(public.contains("\"restricted\":") && !public.contains(published), "{public}");
    }
    let said = running.said.join("\n");
    let complaint = running.end("-TERM");
    assert!(!said.contains(&master) && !complaint.contains(&master));

    // Where others reach it, there is none unless it is asked for, and never one whose keys are known.
    let open = ["--listen", "0.0.0.0:0"];
    let running = Running::of(&mut command(&database, &open));
    assert_eq!(status(&running, "/demo/keys.json"), "404");
    running.end("-TERM");
    for known in ["--demo-keys", "--load-recordings"] {
        let told = refusal(&mut command(&database, &[&open[..], &[known, keys.to_str().unwrap()]].concat()));
        assert!(told.contains(known) && told.contains("loopback"), "{told}");
    }
    assert!(refusal(&mut command(&database, &["--demo", "--no-demo"])).contains("cannot be used with"));
    let wrong = refusal(&mut command(&database, &["--port", "0", "--demo-keys", "/nonexistent/keys.json"]));
    assert!(wrong.contains("/nonexistent/keys.json cannot be read"), "{wrong}");
    for (option, value, sentence) in [
        ("--max-connections", "0", "must be between 1 and"),
        ("--header-timeout", "0", "between 1 and 3600 seconds"),
        ("--write-timeout", "99999", "between 1 and 3600 seconds"),
        ("--max-maps", "1", "must be between 8 and"),
        ("--max-maps-size", "0", "between 1 and"),
        ("--allow-origin", "localhost", "is no origin"),
        ("--public-host", "https://a", "is no host"),
        ("--trusted-proxy", "10.0.0.0/99", "is no address of a proxy"),
    ] {
        let told = refusal(&mut command(&database, &["--port", "0", option, value]));
        assert!(told.contains(sentence), "{option}: {told}");
    }
}
