//! What is taken from everybody, by logins with and without the rights to do so.

use super::support::{config, runtime, sandbox};
use carto_sandbox::db::Database;
use carto_sandbox::{Config, open_database};

/// The address of another database of the tests' server, for another login.
fn address(url: &str, login: &str, name: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host).split('/').next().unwrap();
    format!("{scheme}://{login}@{host}/{name}")
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
    let open = async |login: &str| {
        let url = Some(address(&url, login, "closing_test"));
        open_database(&Config { database_url: url, ..config.clone() }).await.unwrap()
    };
    runtime().block_on(async {
        let database = &sandbox().database;
        let superuser: String = database.admin_query("SELECT current_user::text", Vec::new()).await.unwrap()[0].get(0);
        for sql in [
            "DROP DATABASE IF EXISTS closing_test WITH (FORCE)",
            "DROP ROLE IF EXISTS closing_login, closing_other",
            "CREATE ROLE closing_other",
            "CREATE ROLE closing_login LOGIN CREATEROLE",
            // Nobody has closed this one.
            "CREATE DATABASE closing_test OWNER closing_login TEMPLATE template0",
        ] {
            database.admin(sql).await.unwrap();
        }
        // Only a superuser may add it.
        let (client, connection) =
            tokio_postgres::connect(&address(&url, &superuser, "closing_test"), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(async move { drop(connection.await) });
        client.batch_execute("CREATE EXTENSION postgis").await.unwrap();
        // Again, for what was not done is not remembered as done.
        for _ in 0..2 {
            assert!(may_everybody(&open("closing_login").await).await);
        }
        assert!(!may_everybody(&open(&superuser).await).await);
        assert!(!may_everybody(&open("closing_login").await).await);
        drop(client);
        database.admin("DROP DATABASE closing_test WITH (FORCE)").await.unwrap();
    });
}
