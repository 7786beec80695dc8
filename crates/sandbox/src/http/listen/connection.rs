//! One connection: HTTP over it, and whether its client is too slow.

use super::Limits;
use super::activity::{Activity, Exchange, Receiving, State};
use super::body::{Keeping, Received};
use super::client::Proxies;
use super::registry::Place;
use super::stream::Watched;
use crate::data::upload;
use crate::http::route::{Route, SqlRoute, Target};
use crate::sql_api::copy;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tower::ServiceExt;

/// The head of a request; a map's configuration of 16 kB fits into it with every byte escaped.
const LARGEST_HEAD: usize = 64 * 1024;
/// Requests at a time over one connection of HTTP/2.
const STREAMS: u32 = 32;
/// Requests of HTTP/2 that a client took back and nobody has looked at yet.
const RESETS: usize = 16;
/// Bytes a second that a client must take while it is waited for.
const SLOWEST: u64 = 512;
/// How often a connection is looked at, unless its limits are shorter.
const LOOK: Duration = Duration::from_secs(1);

/// Answers the requests of one connection, until its client, a limit or `stop` ends it.
pub(super) async fn serve(
    stream: TcpStream,
    peer: IpAddr,
    place: Place,
    router: Router,
    proxies: Arc<Proxies>,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are written at once.
    let _ = stream.set_nodelay(true);
    let (limits, activity) = (*place.limits(), place.activity.clone());
    let service = {
        let activity = activity.clone();
        service_fn(move |request| answer(request, peer, router.clone(), proxies.clone(), activity.clone(), limits))
    };
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(LARGEST_HEAD);
    builder
        .http2()
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(LARGEST_HEAD as u32)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS);
    let io = TokioIo::new(Watched::new(stream, activity.clone()));
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut watch = Watch::new(limits, Instant::now());
    let mut looks = tokio::time::interval(limits.shortest().min(LOOK));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = place.end.notified() => return,
            _ = stop.wait_for(|stop| *stop), if !watch.is_ending => {
                if is_idle(&activity) {
                    return;
                }
                watch.is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = looks.tick() => match watch.look(&activity.state(), Instant::now()) {
                Verdict::Fine => {}
                Verdict::End => {
                    watch.is_ending = true;
                    connection.as_mut().graceful_shutdown();
                }
                Verdict::Cut => return,
            },
        }
    }
}

fn is_idle(activity: &Activity) -> bool {
    let state = activity.state();
    state.running == 0 && !state.is_blocked
}

/// The time that the body of a request may take. Rows of a `COPY` and files may take long as a whole; each of their pieces
/// has its own time.
fn body_timeout(path: &str, usual: Duration) -> Duration {
    match Target::parse(path).map(|target| target.route) {
        Some(Route::Sql(SqlRoute::CopyFrom)) => copy::TIMEOUT,
        Some(Route::Imports(_)) => upload::TIMEOUT,
        _ => usual,
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: IpAddr,
    router: Router,
    proxies: Arc<Proxies>,
    activity: Arc<Activity>,
    limits: Limits,
) -> Result<Response<Keeping<Exchange>>, Infallible> {
    let mut exchange = Exchange::begin(&activity);
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(proxies.client(peer, &parts.headers));
    parts.extensions.insert(proxies.forwarded(peer, &parts.headers));
    let timeout = body_timeout(parts.uri.path(), limits.body_timeout);
    let body = Received::new(body, timeout, Receiving::begin(&activity));
    let response = router.oneshot(Request::from_parts(parts, Body::new(body))).await?;
    exchange.send();
    Ok(response.map(|body| Keeping::new(body, exchange)))
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// It ends when what runs has ended.
    End,
    /// It ends now.
    Cut,
}

/// Whether the client of a connection is too slow.
struct Watch {
    limits: Limits,
    /// Whether it was told to end.
    is_ending: bool,
    /// When writing was looked at last, and how much was written then.
    window: (Instant, u64),
}

impl Watch {
    fn new(limits: Limits, now: Instant) -> Watch {
        Watch { limits, is_ending: false, window: (now, 0) }
    }

    fn look(&mut self, state: &State, now: Instant) -> Verdict {
        // The client holds an answer up: its side takes no bytes, or (HTTP/2) has not said that it will.
        if state.is_blocked || state.sending > 0 || self.is_ending {
            let (begin, written) = self.window;
            let time = now.saturating_duration_since(begin);
            if time < self.limits.write_timeout {
                return Verdict::Fine;
            }
            // What still runs is not slow because of the client.
            let is_at_work = self.is_ending && state.running > state.receiving + state.sending;
            if state.written - written < SLOWEST * time.as_secs().max(1) && !is_at_work {
                return Verdict::Cut;
            }
            self.window = (now, state.written);
            return Verdict::Fine;
        }
        self.window = (now, state.written);
        if state.running > 0 {
            return Verdict::Fine;
        }
        match state.begun {
            Some(begun) if now.saturating_duration_since(begun) >= self.limits.header_timeout => Verdict::Cut,
            None if now.saturating_duration_since(state.since) >= self.limits.idle_timeout => Verdict::End,
            _ => Verdict::Fine,
        }
    }
}

impl Limits {
    /// How often somebody must look for no limit to be missed by much.
    fn shortest(&self) -> Duration {
        let times = [self.header_timeout, self.body_timeout, self.idle_timeout, self.write_timeout];
        times.into_iter().min().unwrap_or(LOOK) / 4 + Duration::from_millis(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    fn watch(begin: Instant) -> Watch {
        let limits =
            Limits { header_timeout: TIME, idle_timeout: TIME * 3, write_timeout: TIME * 2, ..Limits::default() };
        Watch::new(limits, begin)
    }

    #[test]
    fn heads_and_pauses_have_their_time() {
        let begin = Instant::now();
        let activity = Arc::new(Activity::new(begin));
        let mut watch = watch(begin);
        assert_eq!(watch.look(&activity.state(), begin + TIME / 2), Verdict::Fine);
        assert_eq!(watch.look(&activity.state(), begin + TIME), Verdict::Cut);
        let exchange = Exchange::begin(&activity);
        assert_eq!(watch.look(&activity.state(), begin + TIME * 9), Verdict::Fine, "an answer is made");
        drop(exchange);
        let since = activity.state().since;
        assert_eq!(watch.look(&activity.state(), since + TIME * 2), Verdict::Fine);
        assert_eq!(watch.look(&activity.state(), since + TIME * 3), Verdict::End);
        activity.has_read();
        assert_eq!(watch.look(&activity.state(), Instant::now() + TIME), Verdict::Cut, "half a head");
    }

    #[test]
    fn who_does_not_read_is_cut_off_and_who_reads_slowly_is_not() {
        let begin = Instant::now();
        let activity = Activity::new(begin);
        let mut watch = watch(begin);
        let mut look = |after: Duration| watch.look(&activity.state(), begin + after);
        activity.cannot_write();
        assert_eq!(look(TIME), Verdict::Fine);
        activity.has_written(40_000);
        activity.cannot_write();
        assert_eq!(look(TIME * 2), Verdict::Fine);
        activity.has_written(100);
        activity.cannot_write();
        assert_eq!(look(TIME * 3), Verdict::Fine);
        assert_eq!(look(TIME * 4), Verdict::Cut, "100 bytes in 20 s");
    }
}
