//! Metrics: counts and times of calls as they happen, and the state of the service as it is when asked.
//!
//! Labels are methods, codes and states, never a name, a number or an address of anybody.
//! Read first: [`Metrics`].

use std::collections::HashSet;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

/// What the text says it is.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Upper ends of the classes of time, in seconds.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// The label of methods that the contract does not have: callers must not make series of their own.
const OTHER: &str = "other";

/// The states a service can be in, one of which is 1.
pub const STATES: [&str; 4] = ["serving", "read_only", "failed", "stopped"];

/// Everything that is measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    methods: HashSet<String>,
    calls: IntCounterVec,
    call_seconds: HistogramVec,
    calls_open: IntGauge,
    connections: IntCounter,
    connections_open: IntGauge,
    handshakes_failed: IntCounter,
    state: IntGaugeVec,
    epoch: IntGauge,
    revision: IntGauge,
    queue: IntGauge,
    queue_max: IntGauge,
    disk_free: IntGauge,
    disk_reserve: IntGauge,
    clock_trusted: IntGauge,
}

/// The service as it is when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// One of [`STATES`].
    pub state: &'static str,
    pub epoch: u32,
    pub revision: u64,
    /// Commands that wait for the recorder, and the most that may.
    pub queue: usize,
    pub queue_max: usize,
    /// Free space on the disk of the data folder, in bytes; `None` if the disk does not say.
    pub disk_free: Option<u64>,
    /// In bytes.
    pub disk_reserve: u64,
    pub clock_is_trusted: bool,
}

impl Metrics {
    /// Metrics of calls to `methods`, given as paths.
    #[must_use]
    pub fn new(methods: HashSet<String>, version: &str) -> Self {
        let registry = Registry::new();
        let made = |name: &str, help: &str| Opts::new(name, help);
        let gauge = |name, help| registered(&registry, IntGauge::new(name, help));
        let counter = |name, help| registered(&registry, IntCounter::new(name, help));
        let info =
            made("credence_build_info", "Version of the program; always 1.").const_label("version", version);
        registered(&registry, IntGauge::with_opts(info)).set(1);
        let seconds = HistogramOpts::new(
            "credence_call_duration_seconds",
            "Time from the arrival of a call to the end of its answer; streams last as long as they are open.",
        );
        Self {
            calls: registered(
                &registry,
                IntCounterVec::new(
                    made(
                        "credence_calls_total",
                        "Calls that have ended, by method and gRPC code.",
                    ),
                    &["method", "code"],
                ),
            ),
            call_seconds: registered(
                &registry,
                HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["method"]),
            ),
            calls_open: gauge("credence_calls_open", "Calls whose answer has not ended."),
            connections: counter("credence_connections_total", "Connections that were accepted."),
            connections_open: gauge("credence_connections_open", "Connections that are open."),
            handshakes_failed: counter(
                "credence_handshakes_failed_total",
                "Connections that ended in their TLS handshake: no TLS, a certificate that is not accepted, or silence.",
            ),
            state: registered(
                &registry,
                IntGaugeVec::new(
                    made("credence_state", "1 for the state the service is in."),
                    &["state"],
                ),
            ),
            epoch: gauge("credence_ledger_epoch", "Epoch of the ledger."),
            revision: gauge(
                "credence_ledger_revision",
                "Last revision that is durable and visible.",
            ),
            queue: gauge("credence_recorder_queue", "Commands that wait for the recorder."),
            queue_max: gauge(
                "credence_recorder_queue_max",
                "Most commands that may wait for the recorder.",
            ),
            disk_free: gauge(
                "credence_disk_free_bytes",
                "Free space on the disk of the data folder; -1 if unknown.",
            ),
            disk_reserve: gauge(
                "credence_disk_reserve_bytes",
                "Free space below which writes are refused.",
            ),
            clock_trusted: gauge(
                "credence_clock_trusted",
                "0 if the clock has jumped and waits for ConfirmClock, else 1.",
            ),
            registry,
            methods,
        }
    }

    fn method<'a>(&self, path: &'a str) -> &'a str {
        if self.methods.contains(path) {
            path.trim_start_matches('/')
        } else {
            OTHER
        }
    }

    /// A call has come.
    pub fn call_begun(&self) {
        self.calls_open.inc();
    }

    /// A call has ended with this code, written as the gRPC documents write it.
    pub fn call_ended(&self, path: &str, code: &'static str, took: Duration) {
        self.calls_open.dec();
        let method = self.method(path);
        self.calls.with_label_values(&[method, code]).inc();
        self.call_seconds
            .with_label_values(&[method])
            .observe(took.as_secs_f64());
    }

    /// A connection was accepted; it is open until the returned value is dropped.
    #[must_use]
    pub fn connection(&self) -> OpenConnection {
        self.connections.inc();
        self.connections_open.inc();
        OpenConnection(self.connections_open.clone())
    }

    /// A handshake came to nothing.
    pub fn handshake_failed(&self) {
        self.handshakes_failed.inc();
    }

    /// Everything measured so far and the state of the service, in the text format of Prometheus.
    #[must_use]
    pub fn text(&self, now: &Snapshot) -> String {
        for state in STATES {
            let is_it = i64::from(state == now.state);
            self.state.with_label_values(&[state]).set(is_it);
        }
        let size = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.epoch.set(now.epoch.into());
        self.revision.set(size(now.revision));
        self.queue.set(count(now.queue));
        self.queue_max.set(count(now.queue_max));
        self.disk_free.set(now.disk_free.map_or(-1, size));
        self.disk_reserve.set(size(now.disk_reserve));
        self.clock_trusted.set(now.clock_is_trusted.into());
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .expect("names are checked when they are registered");
        String::from_utf8(text).expect("the text format is UTF-8")
    }
}

/// A connection that is counted as open.
#[derive(Debug)]
pub struct OpenConnection(IntGauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Registers a metric under its name.
fn registered<M: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<M>) -> M {
    let metric = metric.expect("names and labels here are valid");
    registry
        .register(Box::new(metric.clone()))
        .expect("no name is used twice");
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            state: "read_only",
            epoch: 2,
            revision: 7,
            queue: 1,
            queue_max: 64,
            disk_free: None,
            disk_reserve: 1 << 20,
            clock_is_trusted: true,
        }
    }

    #[test]
    fn each_metric_has_its_help_and_type_and_unknown_methods_make_no_series() {
        let metrics = Metrics::new(HashSet::from(["/a.B/C".to_owned()]), "0.0.0");
        metrics.call_begun();
        metrics.call_ended("/a.B/C", "NOT_FOUND", Duration::from_millis(3));
        for number in 0..100 {
            metrics.call_begun();
            metrics.call_ended(&format!("/a.B/{number}"), "UNIMPLEMENTED", Duration::ZERO);
        }
        let open = metrics.connection();
        let text = metrics.text(&snapshot());
        for line in [
            "credence_calls_total{code=\"NOT_FOUND\",method=\"a.B/C\"} 1",
            "credence_calls_total{code=\"UNIMPLEMENTED\",method=\"other\"} 100",
            "credence_call_duration_seconds_bucket{method=\"a.B/C\",le=\"0.005\"} 1",
            "credence_calls_open 0",
            "credence_connections_open 1",
            "credence_state{state=\"read_only\"} 1",
            "credence_state{state=\"serving\"} 0",
            "credence_ledger_revision 7",
            "credence_disk_free_bytes -1",
            "credence_build_info{version=\"0.0.0\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(open);
        assert!(metrics.text(&snapshot()).contains("credence_connections_open 0"));
        let named = |prefix: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
            lines
                .filter_map(|line| line.split(' ').next())
                .collect::<HashSet<_>>()
        };
        assert_eq!(named("# HELP "), named("# TYPE "));
        assert!(named("# HELP ").len() >= 14);
    }
}
