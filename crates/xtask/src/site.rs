//! The static server: www/ with the package, Leaflet and the sandbox's address beside it.
use crate::docs;
use crate::live::{self, Live};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::routing::get;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::runtime::Runtime;
use tower_http::services::{ServeDir, ServeFile};
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
pub fn start(workspace: &Workspace, listener: TcpListener, server_port: u16) -> Result<Site> {
    serve(listener, router(workspace, server_port, None))
}

/// The same, with pages that hear of the work behind them.
pub fn start_live(workspace: &Workspace, listener: TcpListener, server_port: u16, live: Arc<Live>) -> Result<Site> {
    serve(listener, live::with_live(router(workspace, server_port, Some(live.clone())), live))
}

fn serve(listener: TcpListener, app: Router) -> Result<Site> {
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
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

fn router(workspace: &Workspace, server_port: u16, live: Option<Arc<Live>>) -> Router {
    // What the page needs to know about this machine.
    let config = serde_json::json!({ "serverUrl": server_url(server_port) }).to_string();
    let config =
        move || async move { live::when_server_is_there(live, ([(CONTENT_TYPE, "application/json")], config)).await };
    Router::new()
        .route("/config.json", get(config))
        .nest_service("/docs", docs::router(workspace))
        .nest_service("/pkg", ServeDir::new(workspace.pkg()))
        .nest_service("/vendor/leaflet", ServeDir::new(workspace.root.join("node_modules/leaflet/dist")))
        .nest_service("/vendor/maplibre-gl", ServeDir::new(workspace.root.join("node_modules/maplibre-gl/dist")))
        // Not all of it: the rest is sources.
        .nest_service("/vendor/ol", ServeDir::new(workspace.root.join("node_modules/ol/dist")))
        .route_service("/vendor/ol/ol.css", ServeFile::new(workspace.root.join("node_modules/ol/ol.css")))
        .fallback_service(ServeDir::new(workspace.root.join("www")))
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
pub mod tests {
    use super::*;
    use std::fs;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    pub fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).expect("connects");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("writes");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("reads");
        answer.to_lowercase()
    }

    #[test]
    fn serves_the_page_the_package_and_the_servers_address() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let workspace = Workspace { root: directory.path().to_owned(), target: directory.path().join("target") };
        for (file, text) in [
            ("www/index.html", "<!doctype html>"),
            ("www/demo.mjs", "1"),
            ("pkg/carto_bg.wasm", "wasm"),
            ("node_modules/leaflet/dist/leaflet.css", "css"),
            ("node_modules/maplibre-gl/dist/maplibre-gl.mjs", "js"),
            ("node_modules/ol/dist/ol.js", "js"),
            ("node_modules/ol/ol.css", "css"),
            ("secret", "secret"),
        ] {
            let file = workspace.root.join(file);
            fs::create_dir_all(file.parent().expect("has a parent")).expect("creates");
            fs::write(file, text).expect("writes");
        }
        let site = start(&workspace, TcpListener::bind("127.0.0.1:0").expect("a port"), 8182).expect("serves");
        for (path, kind) in [
            ("/", "text/html"),
            ("/demo.mjs", "text/javascript"),
            ("/pkg/carto_bg.wasm", "application/wasm"),
            ("/vendor/leaflet/leaflet.css", "text/css"),
            ("/vendor/maplibre-gl/maplibre-gl.mjs", "text/javascript"),
            ("/vendor/ol/ol.js", "text/javascript"),
            ("/vendor/ol/ol.css", "text/css"),
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
        for path in ["/docs", "/docs/", "/docs/how-to/page.html"] {
            let answer = get(site.address, path);
            assert!(answer.starts_with("http/1.1 503") && answer.contains("not built yet"), "{path}: {answer}");
        }
        fs::create_dir_all(workspace.target.join("docs")).expect("creates");
        fs::write(workspace.target.join("docs/index.html"), "the first page").expect("writes");
        for path in ["/docs", "/docs/"] {
            let answer = get(site.address, path);
            assert!(answer.starts_with("http/1.1 200") && answer.contains("the first page"), "{path}: {answer}");
        }
        for path in ["/missing", "/../secret", "/%2e%2e/secret", "/pkg/..%2f..%2fsecret"] {
            let answer = get(site.address, path);
            assert!(!answer.starts_with("http/1.1 200"), "{path}: {answer}");
        }
    }
}
