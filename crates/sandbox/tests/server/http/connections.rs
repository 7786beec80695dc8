//! Clients that send or read slowly, hold connections, or speak nonsense.

use crate::support::{runtime, sandbox};
use axum::Router;
use axum::routing::get;
use carto_sandbox::http;
use carto_sandbox::http::listen::client::Proxies;
use carto_sandbox::http::listen::registry::Registry;
use carto_sandbox::http::listen::{self, Limits};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const SLOW: Duration = Duration::from_secs(3);
const LARGE: usize = 32 << 20;
const SHORT: Duration = Duration::from_millis(600);
/// Longer than any limit here, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Server {
    address: SocketAddr,
    registry: Arc<Registry>,
    stop: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

impl Server {
    /// The server's own routes.
    fn start(limits: Limits) -> Server {
        Server::of(http::router(sandbox().clone()), limits)
    }

    /// Routes that take their time, whatever the database does.
    fn of_slow_answers(limits: Limits) -> Server {
        let slow = || async {
            tokio::time::sleep(SLOW).await;
            "done"
        };
        let router = Router::new().route("/slow", get(slow));
        Server::of(router.route("/large", get(|| async { "x".repeat(LARGE) })), limits)
    }

    fn of(router: Router, limits: Limits) -> Server {
        let registry = Arc::new(Registry::new(limits, None));
        let (stop, stopped) = watch::channel(false);
        let (address, done) = runtime().block_on(async {
            let listener = listen::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
            let address = listener.local_addr().unwrap();
            let serving = listen::serve(listener, router, registry.clone(), Arc::new(Proxies::default()), stopped);
            (address, tokio::spawn(serving))
        });
        Server { address, registry, stop, done }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes, and gives what comes until the connection is closed.
    fn told(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        rest(&mut stream)
    }

    fn get(&self, path: &str) -> String {
        self.told(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())
    }
}

#[test]
fn addresses_in_answers_are_those_that_the_client_knows() {
    let server = Server::start(Limits::default());
    let body = crate::support::map_over("SELECT * FROM populated_places").to_string();
    let told = |headers: &str| {
        let answer = server.told(
            format!(
                "POST /user/demo/api/v1/map HTTP/1.1\r\nhost: inner:80\r\n{headers}connection: close\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        let map: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").last().unwrap()).unwrap();
        let tiles = map["metadata"]["layers"][0]["tilejson"]["raster"]["tiles"][0].as_str().unwrap().to_owned();
        assert_eq!(
            tiles.split("/api/").next(),
            map["metadata"]["url"]["raster"]["urlTemplate"].as_str().unwrap().split("/api/").next()
        );
        let dataview = map["metadata"]["dataviews"]["n"]["url"]["https"].as_str().unwrap().to_owned();
        (tiles.split("/api/").next().unwrap().to_owned(), dataview.split("/api/").next().unwrap().to_owned())
    };
    let of = |tiles: &str, dataview: &str| (format!("{tiles}/user/demo"), format!("{dataview}/user/demo"));
    assert_eq!(told(""), of("http://inner:80", "https://inner:80"));
    assert_eq!(told("x-forwarded-proto: https\r\n"), of("https://inner:80", "https://inner:80"));
    let both = "x-forwarded-proto: https\r\nx-forwarded-host: maps.example.com\r\n";
    assert_eq!(told(both), of("https://maps.example.com", "https://maps.example.com"));
    assert_eq!(told("x-forwarded-host: a/b\"><script>\r\n"), of("http://localhost", "https://localhost"));
    let key = crate::sql_api::statements::MASTER;
    let keys = server.told(
        format!("GET /user/demo/api/v3/api_keys?api_key={key} HTTP/1.1\r\nhost: localhost\r\n{both}connection: close\r\n\r\n")
            .as_bytes(),
    );
    assert!(keys.contains("https://maps.example.com/user/demo/api/v3/api_keys?page=1"), "{keys}");
}

/// What comes until the connection is closed; a reset is an end, too.
fn rest(stream: &mut TcpStream) -> String {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(count) => bytes.extend(&part[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection is still open: {error}"),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a byte at a time until nobody takes them any more; gives the answer.
fn drip(stream: &mut TcpStream, byte: u8) -> String {
    let begin = Instant::now();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while begin.elapsed() < PATIENCE {
        let sent = stream.write_all(&[byte]);
        match stream.read(&mut part) {
            Ok(0) => return String::from_utf8_lossy(&bytes).into_owned(),
            Ok(count) => bytes.extend(&part[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock && sent.is_ok() => {}
            Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
    panic!("the connection is still open")
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn heads_have_their_time() {
    let server = Server::start(Limits { header_timeout: SHORT, ..Limits::default() });
    let begin = Instant::now();
    for begun in ["", "G", "GET / HTTP/1.1\r\nhost: localhost\r\nx-a: ", "PRI * HTTP/2.0\r\n\r\nSM"] {
        assert_eq!(server.told(begun.as_bytes()), "", "{begun}");
    }
    assert!(begin.elapsed() >= SHORT * 4);
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nx-a: ").unwrap();
    assert_eq!(drip(&mut slow, b'a'), "");
    // Also after a request that was answered.
    let mut second = server.connect();
    second.write_all(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HT").unwrap();
    std::thread::sleep(SHORT / 4);
    second.write_all(b"TP/1.1\r\n").unwrap();
    assert!(rest(&mut second).starts_with("HTTP/1.1 404"));
    until("connections are left", || server.registry.is_empty());
}

#[test]
fn bodies_have_their_time() {
    let server = Server::start(Limits { body_timeout: SHORT, ..Limits::default() });
    for path in ["/user/demo/api/v1/map", "/user/demo/api/v2/sql", "/user/demo/api/v3/api_keys"] {
        for length in ["content-length: 5000\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n1388\r\n{"] {
            let mut stream = server.connect();
            let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{length}");
            stream.write_all(head.as_bytes()).unwrap();
            let answer = drip(&mut stream, b' ');
            assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("did not come in time"), "{path}: {answer}");
        }
    }
    // What says that it is too large is not waited for.
    let begin = Instant::now();
    let head = "POST /user/demo/api/v2/sql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n";
    assert!(server.told(head.as_bytes()).starts_with("HTTP/1.1 413"));
    assert!(begin.elapsed() < PATIENCE / 4);
    until("connections are left", || server.registry.is_empty());
}

#[test]
fn idle_connections_are_closed() {
    let server = Server::start(Limits { idle_timeout: SHORT, ..Limits::default() });
    let mut stream = server.connect();
    for _ in 0..3 {
        stream.write_all(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut part = [0; 4096];
        assert!(stream.read(&mut part).unwrap() > 0);
        std::thread::sleep(SHORT / 3);
    }
    assert_eq!(rest(&mut stream), "");
}

#[test]
fn who_does_not_read_is_cut_off() {
    let server = Server::of_slow_answers(Limits { write_timeout: SHORT * 4, ..Limits::default() });
    let mut stream = server.connect();
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    // Connected first, gone then.
    until("nobody connects", || server.registry.len() == 1);
    until("the connection is still there", || server.registry.is_empty());
    // Whoever reads gets all of it, and whoever is slow, but not too slow.
    assert!(server.get("/large").len() > LARGE);
    let mut slow = server.connect();
    slow.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut part = vec![0; 1 << 20];
    for _ in 0..10 {
        slow.read_exact(&mut part).unwrap();
        std::thread::sleep(SHORT / 3);
    }
    assert!(rest(&mut slow).len() > LARGE - (10 << 20));
}

#[test]
fn connections_that_wait_make_room() {
    let server = Server::start(Limits { connections: 20, ..Limits::default() });
    let mut held = Vec::new();
    for number in 0..100 {
        let mut stream = server.connect();
        let begun = match number % 3 {
            0 => "",
            1 => "GET / HTTP/1.1\r\nx-a: ",
            _ => "POST /user/demo/api/v2/sql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nq=",
        };
        // Some are closed at once.
        let _ = stream.write_all(begun.as_bytes());
        held.push(stream);
        if number % 10 == 9 {
            let begin = Instant::now();
            let answer = server.get("/health");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(begin.elapsed() < PATIENCE / 4, "{:?}", begin.elapsed());
        }
        assert!(server.registry.len() <= 20, "{} connections", server.registry.len());
    }
    drop(held);
    until("connections are left", || server.registry.is_empty());
}

#[test]
fn who_is_served_stays_and_the_next_is_told_to_wait() {
    let server = Server::of_slow_answers(Limits { connections: 2, ..Limits::default() });
    let slow = "GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut served: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(slow.as_bytes()).unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(1000));
    assert!(rest(&mut server.connect()).starts_with("HTTP/1.1 503"));
    for stream in &mut served {
        assert!(rest(stream).ends_with("done"));
    }
}

#[test]
fn the_end_waits_for_answers_and_for_nothing_else() {
    let server = Server::of_slow_answers(Limits::default());
    let mut silent = server.connect();
    let mut half = server.connect();
    half.write_all(b"GET / HT").unwrap();
    let mut served = server.connect();
    served.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    until("not all are connected", || server.registry.len() == 3);
    std::thread::sleep(Duration::from_millis(1000));
    let begin = Instant::now();
    server.stop.send_replace(true);
    assert_eq!((rest(&mut silent), rest(&mut half)), (String::new(), String::new()));
    assert!(begin.elapsed() < Duration::from_millis(1500), "{:?}", begin.elapsed());
    assert!(rest(&mut served).ends_with("done"));
    runtime().block_on(async { tokio::time::timeout(PATIENCE, server.done).await }).unwrap().unwrap();
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn heads_may_be_long_and_not_longer() {
    let server = Server::start(Limits::default());
    // A configuration of 16 kB, every byte of it escaped.
    let config = format!(r##"{{"layers":[],"junk":"{}"}}"##, "x".repeat(16_000));
    let escaped: String = config.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = server.get(&format!("/user/demo/api/v1/map?config={escaped}"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for request in [
        format!("GET /?{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "x".repeat(100_000)),
        format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-a: {}\r\n\r\n", "x".repeat(100_000)),
        format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x-a: b\r\n".repeat(500)),
    ] {
        let mut stream = server.connect();
        // It may be refused before all of it is there.
        let _ = stream.write_all(request.as_bytes());
        let answer = rest(&mut stream);
        assert!(
            answer.is_empty() || ["HTTP/1.1 414", "HTTP/1.1 431"].iter().any(|line| answer.starts_with(line)),
            "{answer}"
        );
    }
}

#[test]
fn nonsense_is_the_clients_mistake() {
    let server = Server::start(Limits::default());
    let api = "/user/demo/api";
    let lines = [
        format!("HEAD {api}/v2/sql?q=SELECT+1"),
        format!("HEAD {api}/v1/map?config=%7B"),
        format!("BREW {api}/v1/map"),
        format!("BREW {api}/v2/sql?q=SELECT+1"),
        format!("PUT {api}/v3/api_keys?api_key=x"),
        format!("TRACE {api}/v4/datasets"),
        format!("CONNECT {api}/v1/map"),
        "OPTIONS *".into(),
        "CONNECT localhost:80".into(),
        format!("GET http://localhost{api}/v2/sql?q=SELECT+1"),
        format!("GET http://a@b:99999{api}/v2/sql?q=SELECT+1"),
        "GET /%".into(),
        "GET /%zz%00%ff".into(),
        format!("GET /user/%00{api}/v1/map"),
        "GET /user/%ff/api/v1/map?config=%ff".into(),
        "GET /user/a%00b/api/v2/sql?q=SELECT+1&api_key=%00".into(),
        format!("GET {api}/v2/sql?q=SELECT+'%00'"),
        format!("GET {api}/v1/map/%00:%ff/0/0/0/0.png"),
        format!("GET {api}/v1/map/0123456789abcdef0123456789abcdef:1/dataview/%00"),
        format!("GET {api}/v3/api_keys/%00?api_key=x"),
        format!("GET {api}/v3/api_keys?api_key=%00&page=%00"),
        format!("GET /{}/api/v1/map", "x".repeat(5_000)),
        format!("GET {api}/v1/map/{}/0/0/0/0.png", "x".repeat(5_000)),
        "GET  / HTTP".into(),
        "GET /\u{0}".into(),
    ];
    for line in lines {
        for host in
            ["host: localhost\r\n", "", "host: \u{1}\r\n", "host: a\r\nhost: b\r\n", "x-a: \u{0}\r\nhost: a\r\n"]
        {
            let answer = server.told(format!("{line} HTTP/1.1\r\n{host}connection: close\r\n\r\n").as_bytes());
            let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(400);
            assert!((200..500).contains(&status), "{line} {host:?}: {answer}");
            assert!(answer.len() < 12_000, "{line}: {} bytes", answer.len());
        }
    }
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[test]
fn http_2_has_limits_of_its_own() {
    let server = Server::of_slow_answers(Limits {
        idle_timeout: SHORT,
        header_timeout: SHORT,
        write_timeout: SHORT,
        ..Limits::default()
    });
    let mut stream = server.connect();
    stream.write_all(&[PREFACE, &frame(4, 0, 0, &[])].concat()).unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    let mut settings = vec![0; usize::from(head[2])];
    stream.read_exact(&mut settings).unwrap();
    let value = |id: u8| {
        settings.chunks(6).find(|part| part[1] == id).map(|part| u32::from_be_bytes(part[2..6].try_into().unwrap()))
    };
    assert_eq!((head[3], value(3), value(6)), (4, Some(32), Some(64 * 1024)), "{settings:?}");
    // Connected, and silent.
    until("the connection is still there", || server.registry.is_empty());
    // Requests that are taken back at once, over and over.
    let request = [0x82, 0x84, 0x86, 0x41, 9, b'l', b'o', b'c', b'a', b'l', b'h', b'o', b's', b't'];
    let mut flood = [PREFACE, &frame(4, 0, 0, &[])].concat();
    for number in 0..2_000 {
        flood.extend(frame(1, 5, number * 2 + 1, &request));
        flood.extend(frame(3, 0, number * 2 + 1, &[0, 0, 0, 8]));
    }
    let mut stream = server.connect();
    let _ = stream.write_all(&flood);
    until("the connection is still there", || server.registry.is_empty());
    // An answer that the client says it has no room for.
    let mut stream = server.connect();
    let no_window = [0, 4, 0, 0, 0, 0];
    stream.write_all(&[PREFACE, &frame(4, 0, 0, &no_window), &frame(1, 5, 1, &request)].concat()).unwrap();
    until("the connection is still there", || server.registry.is_empty());
    assert!(server.get("/large").starts_with("HTTP/1.1 200"));
}
