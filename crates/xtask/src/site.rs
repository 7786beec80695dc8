//! The static server: www/ with the package, Leaflet and the sandbox's address beside it.
use crate::house::House;
use anyhow::{Context, Result};
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::routing::get;
use std::net::{SocketAddr, TcpListener};
use tokio::runtime::Runtime;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// A running server; dropping it closes the port.
pub struct Site {
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Site {
    /// `url` is what the page opens.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves on a listener that was opened before the long work began, so that nobody takes the port meanwhile.
pub fn start(house: &House, listener: TcpListener, server_port: u16) -> Result<Site> {
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let app = router(house, server_port);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener).context("cannot serve the site")?
    };
    runtime.spawn(async move {
        // Accept errors are retried by axum itself; this ends with the runtime only.
        let _ = axum::serve(listener, app).await;
    });
    Ok(Site { address, runtime: Some(runtime) })
}

fn router(house: &House, server_port: u16) -> Router {
    // What the page needs to know about this machine.
    let config = serde_json::json!({ "serverUrl": server_url(server_port) }).to_string();
    let config = move || async move { ([(CONTENT_TYPE, "application/json")], config) };
    Router::new()
        .route("/config.json", get(config))
        .nest_service("/pkg", ServeDir::new(house.pkg()))
        .nest_service("/vendor/leaflet", ServeDir::new(house.root.join("node_modules/leaflet/dist")))
        .fallback_service(ServeDir::new(house.root.join("www")))
        // Ask every time, answer 304: after a build a reload shows the new one.
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_TYPE, javascript))
}

/// The standard's name of the type (RFC 9239) in place of the older one.
fn javascript<Body>(response: &axum::http::Response<Body>) -> Option<HeaderValue> {
    let given = response.headers().get(CONTENT_TYPE)?;
    Some(if given == "application/javascript" { HeaderValue::from_static("text/javascript") } else { given.clone() })
}

/// The address that goes into `new carto.Client(…, { serverUrl })`.
pub fn server_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/user/{{username}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).expect("connects");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("writes");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("reads");
        answer.to_lowercase()
    }

    #[test]
    fn serves_the_page_the_package_and_the_servers_address() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let house = House { root: directory.path().to_owned(), target: directory.path().join("target") };
        for (file, text) in [
            ("www/index.html", "<!doctype html>"),
            ("www/demo.mjs", "1"),
            ("pkg/carto_bg.wasm", "wasm"),
            ("node_modules/leaflet/dist/leaflet.css", "css"),
            ("secret", "secret"),
        ] {
            let file = house.root.join(file);
            fs::create_dir_all(file.parent().expect("has a parent")).expect("creates");
            fs::write(file, text).expect("writes");
        }
        let site = start(&house, TcpListener::bind("127.0.0.1:0").expect("a port"), 8182).expect("serves");
        for (path, kind) in [
            ("/", "text/html"),
            ("/demo.mjs", "text/javascript"),
            ("/pkg/carto_bg.wasm", "application/wasm"),
            ("/vendor/leaflet/leaflet.css", "text/css"),
            ("/config.json", "application/json"),
        ] {
            let answer = get(site.address, path);
            assert!(answer.starts_with("http/1.1 200"), "{path}: {answer}");
            assert!(answer.contains(&format!("content-type: {kind}")), "{path}: {answer}");
            assert!(answer.contains("cache-control: no-cache"), "{path}: {answer}");
        }
        assert!(
            get(site.address, "/config.json").ends_with(r#"{"serverurl":"http://127.0.0.1:8182/user/{username}"}"#)
        );
        for path in ["/missing", "/../secret", "/%2e%2e/secret", "/pkg/..%2f..%2fsecret"] {
            let answer = get(site.address, path);
            assert!(!answer.starts_with("http/1.1 200"), "{path}: {answer}");
        }
    }
}
