//! Backups: what `pg_dump` of one database carries is an account again in another one.

use crate::support::{config, runtime, sandbox};
use carto_sandbox::accounts::{keys, users};
use carto_sandbox::auth_api::api_keys;
use carto_sandbox::auth_api::grants::{Grants, TableGrant};
use carto_sandbox::db::{Database, Limits, rights};
use carto_sandbox::sql_guard::RunnableSql;
use carto_sandbox::{Config, open_database};
use std::path::PathBuf;
use std::process::Command;

const COLUMNS: &str =
    "cartodb_id int PRIMARY KEY, the_geom geometry(Point, 4326), the_geom_webmercator geometry(Point, 3857)";

/// The address of another database of the tests' server.
fn address(url: &str, name: &str) -> String {
    let (before, after) = url.split_once("://").unwrap();
    format!("{before}://{}/{name}", after.split('/').next().unwrap())
}

/// A program of PostgreSQL, of the newest version that is installed.
fn program(name: &str) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    let in_path = || Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    found.pop().or_else(|| in_path().then(|| PathBuf::from(name)))
}

fn run(program: &PathBuf, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(database: &Database, sql: &str) -> T {
    database.admin_query(sql, Vec::new()).await.unwrap()[0].get(0)
}

/// Whether a key can do what a statement does.
async fn may(database: &Database, token: &str, sql: &str) -> bool {
    let (headers, query) = (Default::default(), [("api_key".to_owned(), token.to_owned())]);
    let token = keys::token_of(&headers, &query, None);
    let (_, key) = keys::look_up(database, "ada", token.as_ref()).await.unwrap().unwrap();
    let limits: Limits = sandbox().limits;
    let rows = carto_sandbox::db::AllRows::new(limits);
    database.write(&key.unwrap().role, RunnableSql::of_server(sql), limits.timeout, rows).await.is_ok()
}

/// What keys may do, and everything else they may not.
async fn check(database: &Database, master: &str, token: &str) {
    for (statement, of_master, of_key, of_all) in [
        ("SELECT * FROM shops", true, true, false),
        ("UPDATE shops SET cartodb_id = cartodb_id", true, false, false),
        ("INSERT INTO visits (cartodb_id) SELECT max(cartodb_id) + 1 FROM visits", true, true, false),
        ("SELECT * FROM secrets", true, false, false),
        ("SELECT cartodb_id FROM open", true, true, true),
        ("SELECT * FROM open", true, false, false),
        ("SELECT * FROM shown", true, true, true),
        ("CREATE TABLE made (a int); DROP TABLE made", false, false, false),
        ("SELECT * FROM sandbox.api_keys", false, false, false),
    ] {
        for (token, expected) in [(master, of_master), (token, of_key), ("default_public", of_all)] {
            assert_eq!(may(database, token, statement).await, expected, "{statement}: {}", token.len());
        }
    }
    assert!(may(database, master, "CREATE TABLE made (a int)").await && may(database, master, "DROP TABLE made").await);
}

#[test]
fn a_backup_is_an_account_again() {
    let Some(url) = config("").database_url else { return };
    let (Some(pg_dump), Some(psql)) = (program("pg_dump"), program("psql")) else {
        eprintln!("\n*** NOT TESTED: there is no pg_dump here. Install it: apt-get install postgresql-client\n");
        return;
    };
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (whole, plain) = (directory.join("whole.sql"), directory.join("plain.sql"));
    let open = async |name: &str| {
        let config = config("");
        open_database(&Config { database_url: Some(address(&url, name)), ..config }).await.unwrap()
    };
    let server = &sandbox().database;
    let make = async |name: &str| {
        server.admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        server.admin(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    };
    runtime().block_on(async {
        make("backed_up").await;
        let database = open("backed_up").await;
        let master = users::add(&database, "ada").await.unwrap();
        let account = users::existing(&database, "ada").await.unwrap();
        let owner = &account.role;
        let mut sql = String::new();
        for table in ["shops", "visits", "secrets", "open"] {
            sql.push_str(&format!("CREATE TABLE ada.{table} ({COLUMNS}); INSERT INTO ada.{table} VALUES (1); ALTER TABLE ada.{table} OWNER TO \"{owner}\";"));
        }
        let public: String = one(&database, "SELECT role FROM sandbox.api_keys WHERE type = 'default'").await;
        // As psql gives rights.
        sql.push_str(&format!("GRANT SELECT (cartodb_id) ON ada.open TO \"{public}\"; CREATE VIEW ada.shown AS SELECT * FROM ada.open;"));
        sql.push_str(&format!("GRANT SELECT ON ada.shown TO \"{public}\", \"{owner}\";"));
        database.admin(&sql).await.unwrap();
        let table = |name: &str, permissions: &[&str]| TableGrant {
            schema: "ada".into(),
            name: name.into(),
            permissions: permissions.iter().map(|word| (*word).to_owned()).collect(),
            is_owner: false,
        };
        let grants = Grants {
            apis: vec!["sql".into(), "maps".into()],
            tables: vec![table("shops", &["select"]), table("visits", &["insert", "select"])],
            ..Grants::default()
        };
        let token = api_keys::create(&database, &account, "shops", &grants).await.unwrap().token;
        rights::keep(&database).await.unwrap();
        check(&database, &master, &token).await;
        let from = address(&url, "backed_up");
        run(&pg_dump, &["-f", whole.to_str().unwrap(), &from]);
        run(&pg_dump, &["--no-owner", "--no-acl", "-f", plain.to_str().unwrap(), &from]);

        // Beside the database that it is of, whose roles keep what is theirs and get nothing.
        make("restored_beside").await;
        run(&psql, &["-q", "-f", whole.to_str().unwrap(), &address(&url, "restored_beside")]);
        let beside = open("restored_beside").await;
        check(&beside, &master, &token).await;
        check(&database, &master, &token).await;
        let strangers = format!(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'ada'
              WHERE pg_get_userbyid(c.relowner) LIKE '{owner}%' OR c.relacl::text LIKE '%{owner}%' OR n.nspacl::text LIKE '%{owner}%'"
        );
        assert_eq!(one::<i64>(&beside, &strangers).await, 0);
        assert!(one::<i64>(&database, &strangers).await > 4);
        // Keys that are deleted here are still there.
        users::delete(&beside, "ada").await.unwrap();
        check(&database, &master, &token).await;

        // Where nothing of it is known, from a backup without owners and rights.
        let roles: Vec<String> = one(&database, "SELECT ARRAY(SELECT role FROM sandbox.api_keys UNION SELECT role FROM sandbox.users)").await;
        drop(database);
        make("backed_up").await;
        for role in roles {
            server.admin(&format!("DROP ROLE \"{role}\"")).await.unwrap();
        }
        for (name, file) in [("restored_plain", &plain), ("restored_whole", &whole)] {
            make(name).await;
            run(&psql, &["-q", "-f", file.to_str().unwrap(), &address(&url, name)]);
            let restored = open(name).await;
            check(&restored, &master, &token).await;
            // The second start finds all as it is.
            check(&open(name).await, &master, &token).await;
            users::delete(&restored, "ada").await.unwrap();
        }
        for name in ["backed_up", "restored_beside", "restored_plain", "restored_whole"] {
            server.admin(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        }
    });
}
