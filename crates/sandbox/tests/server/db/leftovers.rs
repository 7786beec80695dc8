//! What work that ends halfway leaves behind: nothing.

use crate::lifecycle::wait_for_end_of;
use crate::sql_api::statements::query_as;
use crate::support::{alone, config, fresh_user, map_over, program, runtime, sandbox, send, signal};
use carto_sandbox::accounts::users;
use carto_sandbox::auth_api::api_keys;
use carto_sandbox::auth_api::grants::{Grants, SchemaGrant};
use carto_sandbox::db::{Database, roles, sweep};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

async fn count(database: &Database, sql: &str) -> i64 {
    database.admin_query(&format!("SELECT count(*) FROM {sql}"), Vec::new()).await.unwrap()[0].get(0)
}

async fn fresh(database: &Database, name: &str) -> (String, String) {
    let (account, master) = fresh_user(database, name).await;
    (master, account.role)
}

#[test]
fn roles_of_no_key_go() {
    let database = &sandbox().database;
    runtime().block_on(async {
        let (_, user) = fresh(database, "swept").await;
        let (orphan, stranger) =
            (format!("{user}_999999"), format!("{}nobody_7", roles::prefix(database).await.unwrap()));
        let (owner, of_nobody) =
            (format!("{user}_999998"), format!("{}nobody_8", roles::prefix(database).await.unwrap()));
        let mut sql = String::new();
        for role in [&orphan, &stranger, &owner, &of_nobody] {
            sql.push_str(&format!("CREATE ROLE \"{role}\"; GRANT \"{role}\" TO CURRENT_USER;"));
        }
        // As if a key was being made, or deleted.
        sql.push_str(&format!("GRANT USAGE ON SCHEMA swept TO \"{orphan}\"; GRANT \"{orphan}\" TO \"{user}\";"));
        sql.push_str(&format!("CREATE TABLE swept.made (a int); ALTER TABLE swept.made OWNER TO \"{owner}\";"));
        sql.push_str(&format!("CREATE SCHEMA nobodys AUTHORIZATION \"{of_nobody}\";"));
        // A table of a user that is called as drafts were, and a draft.
        let columns = "(cartodb_id int, the_geom geometry, the_geom_webmercator geometry)";
        sql.push_str(&format!(
            "CREATE TABLE swept.import_0123abcd {columns}; ALTER TABLE swept.import_0123abcd OWNER TO \"{user}\";"
        ));
        sql.push_str(&format!(
            "CREATE TABLE swept.import_89abcdef {columns}; CREATE TABLE swept.import_89abcdee (a int);"
        ));
        database.admin(&sql).await.unwrap();
        sweep::orphaned_roles(database).await.unwrap();
        sweep::drafts_of_old_imports(database).await.unwrap();
        let roles = format!("pg_roles WHERE rolname IN ('{orphan}', '{stranger}', '{owner}')");
        assert_eq!(count(database, &roles).await, 0);
        // What belongs to somebody whom nobody knows is not thrown away.
        assert_eq!(count(database, &format!("pg_roles WHERE rolname = '{of_nobody}'")).await, 1);
        let tables = database
            .admin_query(
                "SELECT string_agg(tablename::text || ' ' || (tableowner = $1)::text, ', ' ORDER BY tablename)
                   FROM pg_tables WHERE schemaname = 'swept'",
                vec![Box::new(user.clone())],
            )
            .await
            .unwrap();
        assert_eq!(tables[0].get::<_, &str>(0), "import_0123abcd true, import_89abcdee false, made true");
        database.admin(&format!("DROP SCHEMA nobodys; DROP ROLE \"{of_nobody}\"")).await.unwrap();
        users::delete(database, "swept").await.unwrap();
    });
}

#[test]
fn a_user_who_is_deleted_leaves_nothing() {
    let database = &sandbox().database;
    let (master, role, id) = runtime().block_on(async {
        let (master, role) = fresh(database, "leaving").await;
        let account = users::existing(database, "leaving").await.unwrap();
        let schemas = vec![SchemaGrant { name: "public".into(), permissions: vec!["create".into()] }];
        let grants = Grants { apis: vec!["sql".into(), "maps".into()], schemas, ..Grants::default() };
        let key = api_keys::create(database, &account, "maker", &grants).await.unwrap();
        let sql = format!(
            "CREATE TABLE leaving.places (cartodb_id serial PRIMARY KEY, the_geom geometry, the_geom_webmercator geometry);
             ALTER TABLE leaving.places OWNER TO \"{role}\";
             ALTER DEFAULT PRIVILEGES FOR ROLE \"{role}\" IN SCHEMA leaving GRANT SELECT ON TABLES TO PUBLIC;
             ALTER DEFAULT PRIVILEGES FOR ROLE \"{role}\" GRANT SELECT ON TABLES TO PUBLIC;
             DO $$ BEGIN EXECUTE format('ALTER LARGE OBJECT %s OWNER TO \"{role}\"', lo_create(0)); END $$;
             CREATE SCHEMA leaving_too AUTHORIZATION \"{role}\"; CREATE TABLE leaving_too.t (a int);
             DO $$ BEGIN FOR i IN 1..450 LOOP
               EXECUTE format('CREATE TABLE leaving.t%s (a int); ALTER TABLE leaving.t%s OWNER TO \"{role}\"', i, i);
             END LOOP; END $$"
        );
        database.admin(&sql).await.unwrap();
        (vec![master, key.token], role, account.user_id)
    });
    assert_eq!(query_as("leaving", "CREATE TABLE of_key (a int)", &master[1], "").status, 200);
    let large = "pg_largeobject_metadata WHERE lomowner = (SELECT oid FROM pg_roles WHERE rolname LIKE '%leaving')";
    assert_eq!(runtime().block_on(count(database, large)), 1);
    let objects = runtime().block_on(count(database, "pg_largeobject_metadata"));
    // While requests run: it begins when some went through, and they end when it is done.
    let (begun, gone) = (AtomicBool::new(false), AtomicBool::new(false));
    let answers: Vec<(u16, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (key, begun, gone) = (&master[thread % 2], &begun, &gone);
                scope.spawn(move || {
                    let mut answers = Vec::new();
                    let mut is_last = false;
                    while !is_last {
                        is_last = gone.load(Ordering::Relaxed);
                        let map = map_over("SELECT * FROM places").to_string().into_bytes();
                        let json = [("content-type".to_owned(), "application/json".to_owned())];
                        let uri = format!("/user/leaving/api/v1/map?api_key={key}");
                        for answer in [
                            query_as("leaving", "INSERT INTO of_key VALUES (1)", key, ""),
                            query_as("leaving", "SELECT count(*) FROM places", key, ""),
                            send("POST", &uri, &json, map),
                        ] {
                            begun.fetch_or(answer.status == 200, Ordering::Relaxed);
                            answers.push((answer.status, answer.text()));
                        }
                    }
                    answers
                })
            })
            .collect();
        let since = Instant::now();
        while !begun.load(Ordering::Relaxed) && since.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let deleted = runtime().block_on(users::delete(database, "leaving"));
        gone.store(true, Ordering::Relaxed);
        deleted.unwrap();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let failed: Vec<_> = answers.iter().filter(|(status, _)| *status >= 500).collect();
    assert!(failed.is_empty() && answers.iter().any(|(status, _)| *status == 200), "{failed:?}");
    runtime().block_on(async {
        for what in [
            format!("pg_roles WHERE rolname LIKE '{role}%'"),
            "pg_namespace WHERE nspname LIKE 'leaving%'".to_owned(),
            "sandbox.users WHERE username = 'leaving'".to_owned(),
            format!("sandbox.api_keys WHERE user_id = {id}"),
            format!("sandbox.layergroups WHERE user_id = {id}"),
            "sandbox.tables WHERE schema_name = 'leaving'".to_owned(),
            "pg_default_acl a WHERE NOT EXISTS (SELECT 1 FROM pg_roles r WHERE r.oid = a.defaclrole)".to_owned(),
        ] {
            assert_eq!(count(database, &what).await, 0, "{what}");
        }
        assert_eq!(count(database, "pg_largeobject_metadata").await, objects - 1);
    });
    assert_eq!(query_as("leaving", "SELECT 1", &master[0], "").status, 404);
}

fn data_dir() -> PathBuf {
    config("sandbox-alone").data_dir
}

fn command(arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).arg("--data-dir").arg(data_dir());
    command
}

/// Starts an import and waits until it has written rows.
fn importing(file: &str) -> Child {
    let mut child = command(&["import", file, "--user", "importer", "--table", "many", "--replace"]).spawn().unwrap();
    let lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    // What other tests leave in the same database is warned of.
    let mut said = lines.map(|line| line.unwrap()).filter(|line| !line.contains(" WARN "));
    let line = said.next().unwrap_or_default();
    assert!(line.starts_with("4000 of 60000"), "{line}");
    child
}

#[cfg(unix)]
#[test]
fn an_import_that_ends_halfway_leaves_nothing() {
    let (_alone, config) = alone();
    let is_embedded = config.database_url.is_none();
    let on_database = |work: &dyn Fn(&Database)| {
        let database = runtime().block_on(carto_sandbox::open_database(&config)).unwrap();
        work(&database);
        runtime().block_on(database.close());
    };
    on_database(&|database| {
        runtime().block_on(fresh(database, "importer"));
    });
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sixty_thousand.csv");
    let rows: String = (0..60_000).map(|n| format!("{},{},row {n}\n", n % 80, n % 170)).collect();
    fs::write(&file, format!("lat,lon,name\n{rows}")).unwrap();
    let file = file.to_str().unwrap();
    let is_clear = |what: &str| {
        on_database(&|database| {
            runtime().block_on(async {
                // The server hears of the end of a connection when its statement is over.
                let begin = Instant::now();
                let tables = "pg_class WHERE relnamespace = 'importer'::regnamespace";
                while count(database, tables).await > 0 {
                    assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
                }
                assert_eq!(count(database, "sandbox.tables WHERE schema_name = 'importer'").await, 0, "{what}");
            });
        });
    };
    // Each start of the embedded database takes seconds.
    let words = [("-TERM", Some(1)), ("-KILL", None), ("-INT", Some(1))];
    for (word, code) in words.into_iter().take(if is_embedded { 2 } else { 3 }) {
        let mut child = importing(file);
        let process = fs::read_to_string(data_dir().join("sandbox.pid")).ok().filter(|_| is_embedded);
        signal(child.id(), word);
        let begin = Instant::now();
        let ended = child.wait().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(20));
        let mut complaint = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        let last = complaint.lines().last().unwrap_or_default();
        assert_eq!(ended.code(), code, "{word}: {complaint}");
        if code.is_some() {
            assert_eq!(last, "carto-sandbox: The import was stopped; nothing is changed.", "{word}: {complaint}");
        }
        if let Some(process) = process {
            wait_for_end_of(&process);
        }
        is_clear(word);
    }
    // The other end goes: the process of the embedded database, or the session on the server.
    let mut child = importing(file);
    if is_embedded {
        let process = fs::read_to_string(data_dir().join("sandbox.pid")).unwrap();
        assert!(Command::new("kill").args(["-KILL", &process]).status().unwrap().success());
    } else {
        let end = "pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE pid <> pg_backend_pid() AND query LIKE 'COPY \"importer\".%'";
        let begin = Instant::now();
        while runtime()
            .block_on(sandbox().database.admin_query(&format!("SELECT {end}"), Vec::new()))
            .unwrap()
            .is_empty()
        {
            assert!(begin.elapsed() < Duration::from_secs(30));
        }
    }
    let mut complaint = String::new();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    let last = complaint.lines().last().unwrap_or_default();
    assert!(last.starts_with("carto-sandbox: The ") && last.ends_with('.'), "{complaint}");
    is_clear("lost");
    // And then it goes through; names of any length have their indexes.
    let small = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("small.csv");
    fs::write(&small, "lat,lon\n1,2\n").unwrap();
    let long = "x".repeat(70);
    for (other, times) in [("", 2), ("y", 1)] {
        let table = format!("{}{other}", &long[..58 - other.len()]);
        for _ in 0..times {
            let user = ["--user", "importer", "--replace", "--public", "--table", &table];
            let done = command(&[&["import", small.to_str().unwrap()], &user[..]].concat()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
    on_database(&|database| {
        runtime().block_on(async {
            assert_eq!(count(database, "pg_class WHERE relnamespace = 'importer'::regnamespace AND relkind = 'i'").await, 6);
            assert_eq!(count(database, "pg_class WHERE relname LIKE 'import\\_%' AND relnamespace = 'importer'::regnamespace AND relkind = 'r'").await, 0);
            users::delete(database, "importer").await.unwrap();
        });
    });
}
