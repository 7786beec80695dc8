//! Logins of keys on a server, and who may read what the sandbox keeps.

use crate::lifecycle::Running;
use crate::sql_api::statements::query;
use crate::support::{config, program, runtime, sandbox};
use carto_sandbox::db::logins::Secret;
use carto_sandbox::db::memory::Memory;
use carto_sandbox::db::server::{Connections, ServerDatabase};
use carto_sandbox::db::{Database, Role, migrations};
use carto_sandbox::sql_guard::RunnableSql;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// One of the tests makes, for a moment, what another one says is not there.
static OLD_LOGINS: Mutex<()> = Mutex::new(());

fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(sql: &str) -> T {
    runtime().block_on(sandbox().database.admin_query(sql, Vec::new())).unwrap()[0].get(0)
}

#[test]
fn nobody_else_reads_what_the_sandbox_keeps() {
    let open: i64 = one(
        "SELECT count(*) FROM pg_roles r, pg_class c
          WHERE r.rolname LIKE 'carto\\_%' AND c.relnamespace = 'sandbox'::regnamespace AND c.relkind = ANY ('{r,v,m,S}')
                AND (has_schema_privilege(r.rolname, 'sandbox', 'USAGE')
                     OR c.relkind <> 'S' AND has_table_privilege(r.rolname, c.oid, 'SELECT,INSERT,UPDATE,DELETE')
                     OR c.relkind = 'S' AND has_sequence_privilege(r.rolname, c.oid, 'USAGE,SELECT,UPDATE'))",
    );
    assert_eq!(open, 0);
    let known: i64 = one("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'carto\\_%'");
    assert!(known > 2);
}

#[test]
fn passwords_are_kept_nowhere_and_follow_the_secret() {
    let Some(url) = config("").database_url else { return };
    assert_eq!(query("SELECT 1 AS one", "default_public").status, 200);
    let role: String = one("SELECT role FROM sandbox.api_keys WHERE token = 'default_public' ORDER BY id LIMIT 1");
    // A verifier was sent, nothing else: from it nobody learns the password, and it is no password itself.
    let kept: Vec<String> = one(&format!(
        "SELECT ARRAY(SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'carto\\_%' AND rolpassword IS NOT NULL
                       AND rolname = '{role}')"
    ));
    assert!(kept.len() == 1 && kept.iter().all(|kept| kept.starts_with("SCRAM-SHA-256$4096:")), "{kept:?}");
    {
        let _alone = OLD_LOGINS.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(one::<bool>("SELECT to_regclass('sandbox.logins') IS NULL"));
    }
    // Other processes with another secret, and the same one again: whoever is refused sets the login anew.
    let role = Role { name: role, schema: "demo".into() };
    let open = |secret: Option<&str>| {
        let secret = secret.map(|text| Secret::new(text).unwrap());
        Database::Server(
            runtime()
                .block_on(ServerDatabase::connect(&url, secret, Memory::quarter(), Connections::default()))
                .unwrap(),
        )
    };
    let who = |database: &Database| -> String {
        let sql = RunnableSql::of_server("SELECT session_user::text");
        let rows = runtime().block_on(database.read(&role, sql, Vec::new(), sandbox().limits));
        rows.unwrap()[0].get(0)
    };
    for secret in [Some("a secret of somebody"), None, Some("a secret of somebody else"), Some("a secret of somebody")]
    {
        assert_eq!(who(&open(secret)), role.name, "{secret:?}");
    }
    // The one that was there before, with new connections.
    runtime().block_on(sandbox().database.forget(&role.name));
    assert_eq!(who(&sandbox().database), role.name);
    // A role that is not there is not a database that is not there.
    let gone = Role { name: "carto_0_nobody_1".into(), schema: "demo".into() };
    let answer = runtime().block_on(sandbox().database.read(
        &gone,
        RunnableSql::of_server("SELECT 1"),
        Vec::new(),
        sandbox().limits,
    ));
    assert!(matches!(answer, Err(carto_sandbox::db::QueryError::Gone)), "{answer:?}");
}

#[test]
fn the_secret_comes_from_a_file_or_a_variable() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("secret.txt");
    let settings = file.with_file_name("secret.toml");
    std::fs::write(&settings, format!("secret_file = {:?}\n", file.to_str().unwrap())).unwrap();
    let command = || {
        let mut command = program();
        command.args(["serve", "--no-demo", "--port", "0"]);
        command
    };
    let refused = |command: &mut Command| {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    std::fs::write(&file, "sesame\n").unwrap();
    for command in [
        command().arg("--secret-file").arg(&file),
        command().env("CARTO_SANDBOX_SECRET_FILE", &file),
        command().env("CARTO_SANDBOX_SECRET", "sesame"),
        command().arg("--config").arg(&settings),
    ] {
        let said = refused(command);
        assert!(said.contains("a secret has at least 16 letters") && !said.contains("sesame"), "{said}");
    }
    assert!(
        refused(command().args(["--secret-file", "/nonexistent"]))
            .contains("The secret in /nonexistent cannot be used")
    );
    if config("").database_url.is_none() {
        return;
    }
    std::fs::write(&file, "a secret that is long enough\n").unwrap();
    for command in [
        command().arg("--secret-file").arg(&file),
        command().env("CARTO_SANDBOX_SECRET", "another secret of the kind"),
        command().arg("--config").arg(&settings),
    ] {
        let running = Running::of(command);
        sandbox();
        let answer = running.request("GET", "/user/demo/api/v2/sql?q=SELECT%201%20AS%20one", "");
        assert!(answer.contains(r#""rows":[{"one":1}]"#), "{answer}");
    }
}

#[test]
fn logins_of_older_versions_end() {
    if config("").database_url.is_none() {
        return;
    }
    let database = &sandbox().database;
    let _alone = OLD_LOGINS.lock().unwrap_or_else(PoisonError::into_inner);
    let role = "carto_0_of_an_older_version";
    runtime().block_on(async {
        let old = format!(
            "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'kept';
             CREATE TABLE IF NOT EXISTS sandbox.logins (role text PRIMARY KEY, password text NOT NULL);
             INSERT INTO sandbox.logins VALUES ('{role}', 'kept'), ('carto_gone', 'x') ON CONFLICT DO NOTHING;
             UPDATE sandbox.settings SET value = '4' WHERE name = 'version'"
        );
        database.admin(&old).await.unwrap();
        migrations::migrate(database).await.unwrap();
    });
    assert!(one::<bool>("SELECT to_regclass('sandbox.logins') IS NULL"));
    assert!(one::<bool>(&format!(
        "SELECT NOT rolcanlogin AND rolpassword IS NULL FROM pg_authid WHERE rolname = '{role}'"
    )));
    runtime().block_on(database.admin(&format!("DROP ROLE {role}"))).unwrap();
}
