//! Numbers for whoever watches the server, in the format of Prometheus.

use crate::db::Sessions;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// Upper ends of the classes of durations, in seconds.
const SECONDS: [f64; 12] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Answer {
    part: &'static str,
    status: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Format {
    format: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Part {
    part: &'static str,
}

/// What is counted. Users are no labels: there may be many.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answer, Counter>,
    durations: Family<Part, Histogram>,
    running: Gauge,
    tiles: Family<Format, Counter>,
    sessions: Family<State, Gauge>,
    connections: Gauge,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("carto_sandbox");
        let requests = Family::<Answer, Counter>::default();
        let durations = Family::<Part, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let running = Gauge::default();
        registry.register("requests", "Requests that were answered", requests.clone());
        registry.register_with_unit("request_duration", "Time to an answer", Unit::Seconds, durations.clone());
        registry.register("requests_running", "Requests that wait for their answer", running.clone());
        let (tiles, sessions) = (Family::<Format, Counter>::default(), Family::<State, Gauge>::default());
        registry.register("tiles", "Tiles that were made, empty ones too", tiles.clone());
        registry.register(
            "database_sessions",
            "Sessions with the database, and requests that wait for one",
            sessions.clone(),
        );
        let connections = Gauge::default();
        registry.register("connections", "Connections of clients, those that do nothing, too", connections.clone());
        Metrics { registry, requests, durations, running, tiles, sessions, connections }
    }
}

impl Metrics {
    /// A request came.
    pub fn begin(&self) {
        self.running.inc();
    }

    /// It was answered, or its client went away.
    pub fn end(&self) {
        self.running.dec();
    }

    /// Counts an answer.
    pub fn answered(&self, part: &'static str, status: u16, time: Duration) {
        self.requests.get_or_create(&Answer { part, status }).inc();
        self.durations.get_or_create(&Part { part }).observe(time.as_secs_f64());
    }

    /// Counts a tile: `png`, `mvt` or `grid`.
    pub fn tile(&self, format: &'static str) {
        self.tiles.get_or_create(&Format { format }).inc();
    }

    /// All numbers as text, with the sessions and connections of this moment.
    pub fn text(&self, sessions: Sessions, connections: usize) -> String {
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
        let Sessions { open, used, waiting } = sessions;
        for (state, number) in [("open", open), ("used", used), ("waiting", waiting)] {
            self.sessions.get_or_create(&State { state }).set(number.into());
        }
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_part_and_status() {
        let metrics = Metrics::default();
        metrics.begin();
        metrics.answered("tile", 200, Duration::from_millis(30));
        metrics.answered("tile", 200, Duration::from_millis(3));
        metrics.tile("png");
        let text = metrics.text(Sessions { open: 3, used: 2, waiting: 1 }, 7);
        for line in [
            r#"carto_sandbox_requests_total{part="tile",status="200"} 2"#,
            r#"carto_sandbox_request_duration_seconds_bucket{le="0.005",part="tile"} 1"#,
            "carto_sandbox_requests_running 1",
            "carto_sandbox_connections 7",
            r#"carto_sandbox_tiles_total{format="png"} 1"#,
            r#"carto_sandbox_database_sessions{state="used"} 2"#,
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
