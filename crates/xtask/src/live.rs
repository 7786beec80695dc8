//! What an open page hears of the work behind it: how far it is, the compiler's messages, and that there is something new.
//! The script for that is put into pages on their way, never into files.
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Given};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    RANGE, RETRY_AFTER,
};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

const SCRIPT: &str = include_str!("live/page.mjs");
const WAITING: &str = include_str!("live/waiting.html");
/// Browsers give up on an answer after five minutes.
const PATIENCE: Duration = Duration::from_secs(4 * 60);
/// More than any page has.
const LARGEST_PAGE: usize = 8 << 20;

/// A part of the work, as pages name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Package,
    Server,
}

impl Part {
    pub fn name(self) -> &'static str {
        match self {
            Part::Package => "The package",
            Part::Server => "The server",
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
struct State {
    /// Of what pages load.
    version: u64,
    work: Vec<(Part, String)>,
    failures: Vec<(Part, String)>,
    /// Whether the package's scripts can be loaded.
    has_package: bool,
    /// Whether the server answers.
    has_server: bool,
}

/// What a page is told.
#[derive(Serialize)]
struct Told {
    version: String,
    lines: Vec<String>,
    failure: Option<String>,
}

/// What is told to pages, and by whom.
pub struct Live {
    state: watch::Sender<State>,
    /// A page of an earlier run must see that this is another one.
    run: u128,
    /// Whether pages go on listening when everything is there.
    keeps_on: bool,
}

impl Live {
    /// For the time until everything is there or, with `keeps_on`, for as long as the site is.
    pub fn new(has_package: bool, keeps_on: bool) -> Arc<Live> {
        let state = State { version: 0, work: Vec::new(), failures: Vec::new(), has_package, has_server: false };
        let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        Arc::new(Live { state: watch::Sender::new(state), run, keeps_on })
    }

    /// How far a part is.
    pub fn tell(&self, part: Part, text: impl Into<String>) {
        let text = text.into();
        self.state.send_if_modified(|state| {
            let before = state.work.iter().find(|(of, _)| *of == part);
            if before.is_some_and(|(_, before)| *before == text) {
                return false;
            }
            state.work.retain(|(of, _)| *of != part);
            state.work.push((part, text));
            state.work.sort();
            true
        });
    }

    /// A part is made; `is_new` says whether pages have to load it.
    pub fn finish(&self, part: Part, is_new: bool) {
        self.state.send_modify(|state| {
            state.work.retain(|(of, _)| *of != part);
            state.failures.retain(|(of, _)| *of != part);
            let flag = match part {
                Part::Package => &mut state.has_package,
                Part::Server => &mut state.has_server,
            };
            state.version += u64::from(is_new || !*flag);
            *flag = true;
        });
    }

    /// A part cannot be made, and why.
    pub fn fail(&self, part: Part, why: impl Into<String>) {
        self.state.send_modify(|state| {
            state.work.retain(|(of, _)| *of != part);
            state.failures.retain(|(of, _)| *of != part);
            state.failures.push((part, why.into()));
        });
    }

    /// Something that pages load by themselves has changed.
    pub fn renew(&self) {
        self.state.send_modify(|state| state.version += 1);
    }

    /// Pages as they are, while nothing has to be told.
    fn is_over(&self) -> bool {
        let state = self.state.borrow();
        !self.keeps_on && state.has_package && state.has_server
    }

    fn version(&self, state: &State) -> String {
        format!("{}-{}", self.run, state.version)
    }

    fn told(&self, state: &State) -> Told {
        let lines = state.work.iter().map(|(part, text)| format!("{}: {text}", part.name())).collect();
        let failures: Vec<_> = state.failures.iter().map(|(_, why)| why.as_str()).collect();
        let failure = (!failures.is_empty()).then(|| failures.join("\n\n"));
        Told { version: self.version(state), lines, failure }
    }

    /// Returns when the server answers, or after a while: then the answer is false.
    async fn server(&self) -> bool {
        let mut states = self.state.subscribe();
        tokio::time::timeout(PATIENCE, states.wait_for(|state| state.has_server)).await.is_ok_and(|state| state.is_ok())
    }
}

/// The routes of the pages' script, and the script in every page of `site`.
pub fn with_live(site: Router, live: Arc<Live>) -> Router {
    let script = || async { ([(CONTENT_TYPE, "text/javascript")], SCRIPT) };
    site.route("/.live/page.mjs", get(script))
        .route("/.live/events", get(events).with_state(live.clone()))
        .layer(middleware::from_fn_with_state(live, into_page))
}

/// Answers when the server is there: a page that waits for the server's address waits for the server.
pub async fn when_server_is_there(live: Option<Arc<Live>>, answer: impl IntoResponse) -> Response {
    match live {
        Some(live) if !live.server().await => {
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "10")], "the server is not ready yet").into_response()
        }
        _ => answer.into_response(),
    }
}

async fn events(Given(live): Given<Arc<Live>>) -> impl IntoResponse {
    let mut states = live.state.subscribe();
    states.mark_changed();
    let events = stream::unfold((live, states), |(live, mut states)| async move {
        // The sender lives as long as `live`.
        states.changed().await.ok()?;
        let told = live.told(&states.borrow_and_update());
        let text = serde_json::to_string(&told).unwrap_or_default();
        Some((Ok::<_, Infallible>(Event::default().data(text)), (live, states)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn into_page(Given(live): Given<Arc<Live>>, mut request: Request, next: Next) -> Response {
    if live.is_over() || request.method() != Method::GET || request.uri().path().starts_with("/.live/") {
        return next.run(request).await;
    }
    // Of the page's state, not of what comes while it is read.
    let (version, has_package) = {
        let state = live.state.borrow();
        (live.version(&state), state.has_package)
    };
    for name in [IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE] {
        // Only of pages: other files are large, and kept as they are.
        if is_page(request.uri().path()) {
            request.headers_mut().remove(name);
        }
    }
    let (mut head, body) = next.run(request).await.into_parts();
    let is_html = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_html || head.status != StatusCode::OK {
        return Response::from_parts(head, body);
    }
    let page = if has_package {
        match to_bytes(body, LARGEST_PAGE).await {
            Ok(page) => page.to_vec(),
            Err(_) => return (StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be read").into_response(),
        }
    } else {
        WAITING.as_bytes().to_vec()
    };
    for name in [CONTENT_LENGTH, LAST_MODIFIED, ETAG, ACCEPT_RANGES] {
        head.headers.remove(name);
    }
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let script = format!("<script type=\"module\" src=\"/.live/page.mjs?version={version}\"></script>\n");
    Response::from_parts(head, Body::from([page, script.into_bytes()].concat()))
}

/// Whether a path may be a page's: a directory, or a file of that kind.
fn is_page(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.contains('.') || name.ends_with(".html")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::get;
    use crate::site::{Site, start_live};
    use crate::workspace::Workspace;
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::{fs, thread};

    fn site(has_package: bool, keeps_on: bool) -> (tempfile::TempDir, Site, Arc<Live>) {
        let directory = tempfile::tempdir().expect("temporary directory");
        let root = directory.path().to_owned();
        fs::create_dir_all(root.join("www")).expect("creates");
        fs::write(root.join("www/index.html"), "<title>A map</title>").expect("writes");
        fs::write(root.join("www/demo.js"), "1").expect("writes");
        let workspace = Workspace { target: root.join("target"), root };
        let live = Live::new(has_package, keeps_on);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let site = start_live(&workspace, listener, 8182, live.clone()).expect("serves");
        (directory, site, live)
    }

    /// Reads events until one has all of these texts.
    fn event(events: &mut impl BufRead, texts: &[&str]) -> String {
        loop {
            let mut line = String::new();
            assert!(events.read_line(&mut line).expect("reads") > 0, "the events have ended before {texts:?}");
            if line.starts_with("data:") && texts.iter().all(|text| line.contains(text)) {
                return line;
            }
        }
    }

    #[test]
    fn pages_have_the_script_for_as_long_as_there_is_something_to_hear() {
        let (_directory, site, live) = site(false, false);
        let page = get(site.address, "/");
        assert!(page.contains("carto-wasm is being built") && page.contains("/.live/page.mjs?version="), "{page}");
        live.finish(Part::Package, true);
        let page = get(site.address, "/");
        assert!(page.contains("<title>a map</title><script type=\"module\" src=\"/.live/page.mjs"), "{page}");
        assert!(!page.contains("last-modified"), "a browser may keep it: {page}");
        assert!(get(site.address, "/demo.js").ends_with("\r\n\r\n1"));
        assert!(get(site.address, "/.live/page.mjs").contains("content-type: text/javascript"));
        live.finish(Part::Server, true);
        assert!(get(site.address, "/").ends_with("<title>a map</title>"));
    }

    #[test]
    fn pages_of_work_keep_the_script() {
        let (_directory, site, live) = site(true, true);
        live.finish(Part::Package, false);
        live.finish(Part::Server, true);
        assert!(get(site.address, "/index.html").contains("/.live/page.mjs?version="));
    }

    #[test]
    fn events_tell_of_progress_failures_and_something_new() {
        let (_directory, site, live) = site(true, true);
        let mut stream = TcpStream::connect(site.address).expect("connects");
        write!(stream, "GET /.live/events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("writes");
        let mut events = BufReader::new(stream);
        let first = event(&mut events, &["\"lines\":[]", "\"failure\":null"]);
        live.tell(Part::Server, "compiled 1 of 2 crates");
        event(&mut events, &["The server: compiled 1 of 2 crates"]);
        live.fail(Part::Server, "error: <b>");
        event(&mut events, &["\"lines\":[]", "error: <b>"]);
        live.finish(Part::Server, true);
        let last = event(&mut events, &["\"failure\":null"]);
        let version = |event: &str| event.split("\"version\":").nth(1).map(|rest| rest[..20].to_owned());
        assert_ne!(version(&first), version(&last));
    }

    #[test]
    fn whoever_asks_for_the_server_waits_for_it() {
        let (_directory, site, live) = site(true, false);
        let address = site.address;
        let asking = thread::spawn(move || get(address, "/config.json"));
        // Another answer of the same site shows that it has had the time.
        get(address, "/demo.js");
        assert!(!asking.is_finished());
        live.finish(Part::Server, true);
        assert!(asking.join().expect("answers").contains("serverurl"));
    }
}
