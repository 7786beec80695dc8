//! A pool of connections between the server and the database: PgBouncer, which gives a connection to each transaction.

use crate::support::{config, fresh_user, runtime, sandbox};
use carto_sandbox::auth_api::api_keys;
use carto_sandbox::auth_api::grants::{Grants, TableGrant};
use carto_sandbox::db::server::Connections;
use carto_sandbox::db::{AllRows, Database, Role, changes};
use carto_sandbox::sql_guard::RunnableSql;
use carto_sandbox::{Config, open_database};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const NAME: &str = "pooled_test";
const PASSWORD: &str = "of-the-pool";

struct Pool {
    process: Child,
    port: u16,
}

impl Drop for Pool {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The login, its password, and host with port of an address.
fn parts(url: &str) -> (String, Option<String>, String) {
    let rest = url.split_once("://").unwrap().1;
    let (login, rest) = rest.rsplit_once('@').expect("a login in DATABASE_URL");
    let (login, password) = login.split_once(':').map_or((login, None), |(login, word)| (login, Some(word)));
    (login.to_owned(), password.map(str::to_owned), rest.split('/').next().unwrap().to_owned())
}

fn pool(url: &str) -> Pool {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pooled");
    std::fs::create_dir_all(&directory).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (login, password, host) = parts(url);
    let (host, server_port) = host.rsplit_once(':').unwrap_or((&host, "5432"));
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    // As root it does not run; where it goes then, it may read nothing of ours but what it has opened before.
    let user = if is_root { "user = nobody\n" } else { "" };
    // Few connections, so that one work's next transaction has another one's.
    let settings = format!(
        "[databases]\n{NAME} = host={host} port={server_port} auth_user={login}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}/users.txt\n\
         pool_mode = transaction\nserver_reset_query_always = 1\ndefault_pool_size = 3\n{user}",
        directory.display()
    );
    let users = format!("\"{login}\" \"{}\"\n", password.as_deref().unwrap_or(PASSWORD));
    std::fs::write(directory.join("users.txt"), users).unwrap();
    std::fs::write(directory.join("pgbouncer.ini"), settings).unwrap();
    let log = std::fs::File::create(directory.join("log")).unwrap();
    let mut command = Command::new("pgbouncer");
    command.arg(directory.join("pgbouncer.ini")).stdout(Stdio::null()).stderr(log);
    let mut pool = Pool { process: command.spawn().unwrap(), port };
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let ended = pool.process.try_wait().unwrap();
        let told = || std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert!(ended.is_none() && begin.elapsed() < Duration::from_secs(20), "{}", told());
        std::thread::sleep(Duration::from_millis(50));
    }
    pool
}

async fn rows(database: &Database, role: &Role, sql: &str) -> i64 {
    let limits = sandbox().limits;
    let rows = database.read(role, RunnableSql::of_server(sql), Vec::new(), limits).await;
    i64::try_from(rows.unwrap_or_else(|error| panic!("{sql}: {error}")).len()).unwrap()
}

#[test]
fn everything_works_behind_a_pool_of_transactions() {
    let Some(url) = config("").database_url else { return };
    if !Command::new("pgbouncer").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("\n*** NOT TESTED: there is no PgBouncer here. Install it: apt-get install pgbouncer\n");
        return;
    }
    assert!(Path::new(env!("CARGO_TARGET_TMPDIR")).exists());
    let pool = pool(&url);
    let (login, password, _) = parts(&url);
    let address =
        format!("postgres://{login}:{}@127.0.0.1:{}/{NAME}", password.as_deref().unwrap_or(PASSWORD), pool.port);
    let connections = Connections { is_pooled: true, ..Connections::default() };
    let open = async || {
        let config = Config { database_url: Some(address.clone()), database_connections: connections, ..config("") };
        open_database(&config).await.unwrap_or_else(|error| panic!("{error}"))
    };
    let server = &sandbox().database;
    runtime().block_on(async {
        server.admin(&format!("DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")).await.unwrap();
        server.admin(&format!("CREATE DATABASE {NAME} TEMPLATE template0")).await.unwrap();
        let database = open().await;
        let (account, _) = fresh_user(&database, "ada").await;
        let owner = &account.role;
        database
            .admin(&format!(
                "CREATE TYPE ada.kind AS ENUM ('a', 'b');
                 CREATE TABLE ada.t (cartodb_id int PRIMARY KEY, the_geom geometry(Point, 4326), box ada.kind, place geography);
                 INSERT INTO ada.t SELECT n, ST_SetSRID(ST_MakePoint(n, n), 4326) FROM generate_series(1, 40) AS n;
                 ALTER TABLE ada.t OWNER TO \"{owner}\""
            ))
            .await
            .unwrap();
        changes::watch(&database, "ada", "t").await.unwrap();
        let tables = || {
            let permissions = vec!["insert".to_owned(), "select".to_owned()];
            vec![TableGrant { schema: "ada".into(), name: "t".into(), permissions, is_owner: false }]
        };
        let mut roles = vec![Role { name: owner.clone(), schema: "ada".into() }];
        for name in ["one", "two"] {
            let grants = Grants { apis: vec!["sql".into()], tables: tables(), ..Grants::default() };
            api_keys::create(&database, &account, name, &grants).await.unwrap();
            let sql = "SELECT role FROM sandbox.api_keys WHERE name = $1";
            let found = database.admin_query(sql, vec![Box::new(name)]).await.unwrap();
            roles.push(Role { name: found[0].get(0), schema: "ada".into() });
        }
        // Another process on the same pool.
        let other = open().await;
        let mut work = Vec::new();
        for number in 0..12 {
            let (database, role) = (if number % 2 == 0 { &database } else { &other }, &roles[number % 3]);
            work.push(async move {
                let sql = match number % 4 {
                    0 => "SELECT cartodb_id, the_geom FROM t",
                    1 => "SELECT box, place, the_geom FROM t",
                    2 => "SELECT place FROM t",
                    _ => "SELECT count(*), max(cartodb_id) FROM t GROUP BY cartodb_id",
                };
                assert_eq!(rows(database, role, sql).await, 40, "{sql}");
                let columns = database.columns(role, RunnableSql::of_server("SELECT the_geom FROM t"), sandbox().limits);
                assert_eq!(columns.await.unwrap().len(), 1);
            });
        }
        futures_util::future::join_all(work).await;
        let tables = [("ada".to_owned(), "t".to_owned())];
        let before = changes::settled(&database, &tables).await.unwrap();
        let insert = RunnableSql::of_server("INSERT INTO t (cartodb_id) VALUES (41)");
        let limits = sandbox().limits;
        let written = other.write(&roles[1], insert, limits.timeout, AllRows::new(limits)).await.unwrap();
        assert_eq!(written.1, 1);
        let after = changes::settled(&other, &tables).await.unwrap();
        assert!(before.is_watched && after.is_watched && after.number > before.number);
        // What takes too long ends, and the key goes on.
        let short = carto_sandbox::db::Limits { timeout: Duration::from_millis(300), ..limits };
        let slow = database.read(&roles[1], RunnableSql::of_server("SELECT pg_sleep(20)"), Vec::new(), short).await;
        assert!(matches!(slow, Err(carto_sandbox::db::QueryError::Timeout)), "{slow:?}");
        assert_eq!(rows(&database, &roles[1], "SELECT * FROM t").await, 41);
        let denied = RunnableSql::of_server("DELETE FROM t");
        assert!(database.write(&roles[1], denied, limits.timeout, AllRows::new(limits)).await.is_err());
        drop((database, other));
        server.admin(&format!("DROP DATABASE {NAME} WITH (FORCE)")).await.unwrap();
        for role in roles.iter().rev() {
            server.admin(&format!("DROP ROLE \"{}\"", role.name)).await.unwrap();
        }
    });
}
