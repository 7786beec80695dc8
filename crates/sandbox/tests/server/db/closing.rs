//! What is taken from everybody, by logins with and without the rights to do so.

use crate::support::{config, runtime, sandbox};
use carto_sandbox::db::Database;
use carto_sandbox::{Config, open_database};

const NAME: &str = "closing_test";

/// The address of another database of the tests' server, for its own login or another one.
fn address(url: &str, login: Option<&str>) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (own, rest) = rest.rsplit_once('@').expect("a login in DATABASE_URL");
    let host = rest.split('/').next().unwrap();
    format!("{scheme}://{}@{host}/{NAME}", login.unwrap_or(own))
}

async fn may_everybody(database: &Database) -> bool {
    let sql = "SELECT has_function_privilege('closing_other', 'pg_catalog.set_config(text, text, boolean)', 'EXECUTE')
                   OR has_table_privilege('closing_other', 'pg_catalog.pg_class', 'SELECT')";
    database.admin_query(sql, Vec::new()).await.unwrap()[0].get(0)
}

#[test]
fn what_one_login_may_not_take_the_next_one_takes() {
    let config = config("sandbox");
    let Some(url) = config.database_url.clone() else {
        // The login of the embedded database may take everything.
        return;
    };
    let open = async |login| {
        let url = Some(address(&url, login));
        open_database(&Config { database_url: url, ..config.clone() }).await.unwrap()
    };
    runtime().block_on(async {
        let database = &sandbox().database;
        for sql in [
            "DROP DATABASE IF EXISTS closing_test WITH (FORCE)",
            "DROP ROLE IF EXISTS closing_login, closing_other",
            "CREATE ROLE closing_other",
            "CREATE ROLE closing_login LOGIN CREATEROLE PASSWORD 'closing'",
            // Nobody has closed this one.
            "CREATE DATABASE closing_test OWNER closing_login TEMPLATE template0",
        ] {
            database.admin(sql).await.unwrap();
        }
        // Only a superuser may add it.
        let (client, connection) = tokio_postgres::connect(&address(&url, None), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(async move { drop(connection.await) });
        client.batch_execute("CREATE EXTENSION postgis").await.unwrap();
        // Again, for what was not done is not remembered as done.
        for _ in 0..2 {
            assert!(may_everybody(&open(Some("closing_login:closing")).await).await);
        }
        assert!(!may_everybody(&open(None).await).await);
        assert!(!may_everybody(&open(Some("closing_login:closing")).await).await);
        drop(client);
        database.admin("DROP DATABASE closing_test WITH (FORCE)").await.unwrap();
    });
}
