//! One server for all tests, spoken to without a network.

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use carto_sandbox::accounts::keys::Account;
use carto_sandbox::accounts::users;
use carto_sandbox::db::server::Connections;
use carto_sandbox::db::{Database, Role};
use carto_sandbox::http::listen::Limits;
use carto_sandbox::map::layergroups::Caps;
use carto_sandbox::{Config, Sandbox, http};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Time that one query may take in these tests.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Time that one drawing may take in these tests; builds for tests are slow.
pub const DRAWING_TIMEOUT: Duration = Duration::from_secs(12);

pub fn wire() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wire")
}

pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

pub fn config(data_dir: &str) -> Config {
    Config {
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 0,
        // Kept between runs: making it takes longer than all tests together.
        data_dir: Path::new(env!("CARGO_TARGET_TMPDIR")).join(data_dir),
        database_url: std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()),
        database_connections: Connections::default(),
        secret: None,
        recordings: Some(wire().join("data")),
        timeout: TIMEOUT,
        memory: None,
        drawing_timeout: DRAWING_TIMEOUT,
        // More than tests that run side by side take at a time.
        drawings: 16,
        demo: true,
        demo_keys: Some(demo_keys()),
        allowed_origins: vec!["https://maps.example.com".into()],
        public_hosts: Vec::new(),
        picture_hosts: vec![tile_host().into()],
        rate_limits: Vec::new(),
        default_rate_limits: false,
        connections: Limits::default(),
        trusted_proxies: Vec::new(),
        admin_listen: None,
        maps: Caps::default(),
        largest_import: LARGEST_IMPORT,
    }
}

/// A host of tiles: of one colour each, which their column and row say, or a white photo; and of what is none.
pub fn tile_host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer_tile(stream);
            }
        });
        name
    })
}

/// Bytes of a file to import that these tests send at most.
pub const LARGEST_IMPORT: u64 = 1 << 20;

fn answer_tile(mut stream: TcpStream) {
    let mut request = [0; 2048];
    let length = stream.read(&mut request).unwrap_or(0);
    let path = String::from_utf8_lossy(&request[..length]).split(' ').nth(1).unwrap_or_default().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split(['/', '.', '?']).collect();
    let (head, body) = match parts.as_slice() {
        ["photo", ..] => ("200 OK", photo()),
        ["text", ..] => ("200 OK", b"nothing to see".to_vec()),
        ["away", ..] => ("302 Found\r\nlocation: http://127.0.0.1:1/", Vec::new()),
        [_, x, y, "png"] => {
            let color = |number: &str| number.parse::<u8>().unwrap_or(0).saturating_mul(100);
            ("200 OK", one_color([color(x), color(y), 50, 255]))
        }
        _ => ("404 Not Found", Vec::new()),
    };
    let _ = write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(&body);
}

/// A white tile as JPEG.
fn photo() -> Vec<u8> {
    let view = tiles::TileId { z: 0, x: 0, y: 0 }.view(1);
    let painting = tiles::paint_unless(&tiles::Cancel::default(), &tiles::MarkerCache::default(), &[], &view);
    painting.unwrap().jpeg().unwrap()
}

fn one_color(color: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 256, 256);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&color.repeat(256 * 256)).unwrap();
    writer.finish().unwrap();
    bytes
}

/// The keys of the demo that recordings and tests know.
pub fn demo_keys() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/demo-keys.json")
}

/// The program, in whose demo tests know the keys; on a server other tests use the same database, whose keys must stay.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sandbox"));
    command.env("CARTO_SANDBOX_DEMO_KEYS", demo_keys()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a program complains of that does not start.
pub fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

pub fn signal(process: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

/// A user without tables, and the token of the master key.
pub async fn fresh_user(database: &Database, name: &str) -> (Account, String) {
    if users::find(database, name).await.unwrap().is_some() {
        users::delete(database, name).await.unwrap();
    }
    let token = users::add(database, name).await.unwrap();
    (users::existing(database, name).await.unwrap(), token)
}

/// Settings of programs that have a database for themselves; an embedded one belongs to one process, and so to one test,
/// at a time.
pub fn alone() -> (MutexGuard<'static, ()>, Config) {
    static ALONE: Mutex<()> = Mutex::new(());
    (ALONE.lock().unwrap_or_else(PoisonError::into_inner), config("sandbox-alone"))
}

/// The server; a test that finds no Node.js fails with the sentence that says so.
pub fn sandbox() -> &'static Arc<Sandbox> {
    static SANDBOX: OnceLock<Arc<Sandbox>> = OnceLock::new();
    SANDBOX.get_or_init(|| match runtime().block_on(Sandbox::open(&config("sandbox"))) {
        Ok(sandbox) => Arc::new(sandbox),
        Err(error) => panic!("the tests need a database: {error}"),
    })
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn message(&self) -> String {
        self.json()["errors"][0].as_str().unwrap_or_default().to_owned()
    }
}

pub fn send(method: &str, uri: &str, headers: &[(String, String)], body: Vec<u8>) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request = request.header("host", "127.0.0.1:18182");
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body)).unwrap();
    let router = http::router(sandbox().clone());
    runtime().block_on(async move {
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    })
}

pub fn get(uri: &str) -> Answer {
    send("GET", uri, &[], Vec::new())
}

pub fn instantiate(config: &Value, key: &str) -> Answer {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    send("POST", &format!("/user/demo/api/v1/map?api_key={key}"), &headers, config.to_string().into_bytes())
}

/// A map of one source with a layer, a formula that counts, and a category.
pub fn map_over(sql: &str) -> Value {
    json!({
        "layers": [{"id": "L1", "type": "mapnik", "options": {
            "cartocss": "#l { marker-width: 8; }", "cartocss_version": "2.1.0", "source": {"id": "S1"}, "interactivity": ["cartodb_id"]
        }}],
        "dataviews": {"n": {"type": "formula", "source": {"id": "S1"}, "options": {"column": "cartodb_id", "operation": "count"}}},
        "analyses": [{"id": "S1", "type": "source", "params": {"query": sql}}]
    })
}

pub fn layergroup(config: &Value, key: &str) -> String {
    let answer = instantiate(config, key);
    answer.json()["layergroupid"].as_str().unwrap_or_else(|| panic!("no map: {}", answer.text())).to_owned()
}

/// The role of the key that everybody has for the demo's user.
pub fn public_role() -> Role {
    let sql = "SELECT k.role FROM sandbox.api_keys k JOIN sandbox.users u ON u.id = k.user_id
                WHERE u.username = 'demo' AND k.type = 'default'";
    let rows = runtime().block_on(sandbox().database.admin_query(sql, Vec::new())).unwrap();
    Role { name: rows[0].get(0), schema: "demo".into() }
}

/// What every containment test ends with: the server is whole, and roles are what they were.
pub fn assert_whole() {
    let id = layergroup(&map_over("SELECT * FROM populated_places"), "default_public");
    let answer = get(&format!("/user/demo/api/v1/map/{id}/dataview/n"));
    assert_eq!(answer.json()["result"], 5000, "{}", answer.text());
    let secret = instantiate(&map_over("SELECT * FROM private_places"), "default_public");
    assert_eq!(secret.status, 403, "{}", secret.text());
}
