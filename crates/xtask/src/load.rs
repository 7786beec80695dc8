//! Requests of several clients at a time to a server of this machine, and how long each of them took.
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A server that does not answer within this is no faster.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// JSON; empty for none.
    pub body: String,
}

impl Request {
    pub fn get(path: String) -> Request {
        Request { method: "GET", path, body: String::new() }
    }
}

/// What came of many requests.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Requests of a second.
    pub rate: f64,
    pub p50: Duration,
    pub p99: Duration,
}

/// A connection that is kept open.
pub struct Client {
    stream: BufReader<TcpStream>,
    port: u16,
}

impl Client {
    pub fn connect(port: u16) -> Result<Client> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("the server does not listen")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client { stream: BufReader::new(stream), port })
    }

    /// Sends a request and gives the body of the answer; any status but 200 and 204 is an error.
    pub fn send(&mut self, request: &Request) -> Result<Vec<u8>> {
        let Request { method, path, body } = request;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n", self.port);
        if !body.is_empty() {
            head.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        head.push_str(body);
        self.stream.get_mut().write_all(head.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = None;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse().context("an answer without a number as its length")?);
            }
        }
        let length: usize = match (status.as_str(), length) {
            ("204", _) => 0,
            (_, Some(length)) => length,
            (status, None) => bail!("{path} is answered with {status} and no length"),
        };
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        match status.as_str() {
            "200" | "204" => Ok(body),
            status => bail!("{path} is answered with {status}: {}", String::from_utf8_lossy(&body)),
        }
    }
}

/// Sends requests one after the other, on so many connections at a time, for a while. The number of each request is given to
/// whoever makes it.
pub fn measure(
    port: u16,
    clients: usize,
    duration: Duration,
    request: &(dyn Fn(usize) -> Request + Sync),
) -> Result<Measured> {
    let (number, begin) = (AtomicUsize::new(0), Instant::now());
    let all = Mutex::new(Vec::new());
    thread::scope(|scope| -> Result<()> {
        let work = || -> Result<()> {
            let mut client = Client::connect(port)?;
            let mut times = Vec::new();
            while begin.elapsed() < duration {
                let request = request(number.fetch_add(1, Ordering::Relaxed));
                let start = Instant::now();
                client.send(&request)?;
                times.push(start.elapsed());
            }
            if let Ok(mut all) = all.lock() {
                all.append(&mut times);
            }
            Ok(())
        };
        let running: Vec<_> = (0..clients).map(|_| scope.spawn(work)).collect();
        for client in running {
            client.join().unwrap_or_else(|_| bail!("a client broke down"))?;
        }
        Ok(())
    })?;
    let elapsed = begin.elapsed();
    let mut times = all.into_inner().unwrap_or_default();
    times.sort_unstable();
    summary(&times, elapsed).context("no request came to an end")
}

/// Rate and percentiles of sorted times.
fn summary(times: &[Duration], elapsed: Duration) -> Option<Measured> {
    let part = |percent: usize| times.get((times.len() * percent / 100).min(times.len().checked_sub(1)?)).copied();
    Some(Measured { rate: times.len() as f64 / elapsed.as_secs_f64(), p50: part(50)?, p99: part(99)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn times_are_summed_up() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let measured = summary(&times, Duration::from_secs(2)).expect("there are times");
        assert_eq!(measured.rate, 100.0);
        assert_eq!((measured.p50, measured.p99), (Duration::from_millis(101), Duration::from_millis(199)));
        assert!(summary(&[], Duration::from_secs(1)).is_none());
    }

    #[test]
    fn answers_are_read_by_their_length() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            for answer in [
                "200 OK\r\ncontent-length: 2\r\n\r\nok",
                "204 No Content\r\n\r\n",
                "404 x\r\nContent-Length: 4\r\n\r\ngone",
            ] {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes());
            }
        });
        let mut client = Client::connect(port).expect("a connection");
        let request = Request::get("/x".to_owned());
        assert_eq!(client.send(&request).expect("an answer"), b"ok");
        assert_eq!(client.send(&request).expect("an answer"), b"");
        let error = client.send(&request).expect_err("is not found").to_string();
        assert!(error.contains("404") && error.contains("gone"), "{error}");
        server.join().expect("the server ends");
    }
}
