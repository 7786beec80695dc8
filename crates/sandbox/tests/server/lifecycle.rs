//! The program: start, ready line, refusals to start, end.

use crate::support::{config, map_over, program, refusal, signal};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const KEY: &str = "places_regular_key_000000";

fn data_dir() -> PathBuf {
    config("sandbox-lifecycle").data_dir
}

fn command(port: &str) -> Command {
    let mut command = program();
    command.args(["--port", port, "--timeout", "5", "--data-dir"]).arg(data_dir());
    command.arg("--load-recordings").arg(crate::support::wire().join("data"));
    command.arg("--demo").arg("--demo-keys").arg(crate::support::demo_keys());
    command
}

pub struct Running {
    child: Child,
    pub address: String,
    pub said: Vec<String>,
}

impl Running {
    fn start() -> Running {
        Running::of(&mut command("0"))
    }

    /// Starts the program and waits for its ready line.
    pub fn of(command: &mut Command) -> Running {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                let mut complaint = String::new();
                child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
                panic!("the program ended: {said:?} {complaint}");
            };
            said.push(line.clone());
            if let Some(address) = line.strip_prefix("carto-sandbox ready on http://") {
                break address.to_owned();
            }
        };
        Running { child, address, said }
    }

    pub fn request(&self, method: &str, path: &str, body: &str) -> String {
        // 0.0.0.0 is no address to go to everywhere.
        request_at(&self.address.replace("0.0.0.0", "127.0.0.1"), method, path, body)
    }

    /// As [`Running::request`], for a program that may be gone.
    pub fn try_request(&self, method: &str, path: &str, body: &str) -> Option<String> {
        exchange(&self.address, method, path, body).ok()
    }

    pub fn signal(&self, sent: &str) {
        signal(self.child.id(), sent);
    }

    /// Ends the program without a word to it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal and gives what the program wrote to stderr until its end.
    pub fn end(mut self, sent: &str) -> String {
        self.signal(sent);
        let mut complaint = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        self.child.wait().unwrap();
        complaint
    }
}

/// Sends a request and gives the whole answer.
pub fn request_at(address: &str, method: &str, path: &str, body: &str) -> String {
    exchange(address, method, path, body).unwrap()
}

fn exchange(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
    }
}

fn database_process() -> Option<String> {
    std::fs::read_to_string(data_dir().join("sandbox.pid")).ok()
}

pub fn wait_for_end_of(process: &str) {
    let begin = Instant::now();
    while Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status().unwrap().success() {
        assert!(begin.elapsed() < Duration::from_secs(10), "the database's process is still there");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// One test, for all of it is about one data directory.
#[cfg(unix)]
#[test]
fn the_program_starts_and_ends_in_good_order() {
    let is_embedded = config("").database_url.is_none();
    let running = Running::start();
    assert_eq!(running.said.iter().filter(|line| line.contains("ready")).count(), 1);
    assert!(running.request("GET", "/health", "").ends_with(r#"{"enabled":true,"ok":true}"#));

    let answer = running.request(
        "POST",
        &format!("/user/demo/api/v1/map?api_key={KEY}"),
        &map_over("SELECT * FROM populated_places").to_string(),
    );
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let map: serde_json::Value = serde_json::from_str(body).unwrap();
    let dataview = format!("/user/demo/api/v1/map/{}/dataview/n?api_key={KEY}", map["layergroupid"].as_str().unwrap());
    assert!(running.request("GET", &dataview, "").contains(r#""result":5000"#));

    let port = running.address.rsplit(':').next().unwrap();
    assert!(refusal(&mut command(port)).contains(&format!("Port {port} is in use.")));
    if is_embedded {
        assert!(refusal(&mut command("0")).contains("Another sandbox works on the same data directory."));
        let process = database_process().expect("a database process");
        let said = running.said.join("\n");
        let complaint = running.end("-TERM");
        assert!(!said.contains(KEY) && !complaint.contains(KEY), "{said} {complaint}");
        wait_for_end_of(&process);
        assert!(refusal(command("0").env("PATH", "/nonexistent")).contains("Node.js is not installed"));
    } else {
        running.end("-TERM");
    }

    // Maps outlive the program.
    let running = Running::start();
    assert!(running.request("GET", &dataview, "").contains(r#""result":5000"#));
    let process = database_process();
    running.end("-KILL");
    if let Some(process) = process.filter(|_| is_embedded) {
        wait_for_end_of(&process);
    }

    // Ctrl-C counts from the first moment on.
    let begin = Instant::now();
    Running::start().end("-INT");
    assert!(begin.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_server_that_is_not_there_is_told_in_one_sentence() {
    // Port 1 is the one of a service that nobody runs.
    let url = "postgres://someone:sesame@127.0.0.1:1/none";
    let complaint = refusal(command("0").args(["--database-url", url]));
    assert!(complaint.contains("The database server cannot be reached:"), "{complaint}");
    assert!(!complaint.contains("sesame"));
}
