//! The outer layer around all services: what every call is checked by, and how every error looks.
//!
//! gRPC libraries answer some faults in codes of their own choosing, or not at all. Here they are told
//! apart by reason: each error status leaves with `ErrorInfo` and `LocalizedMessage`, whoever made it.
//! Read first: [`Polite`]; then [`request`] (frames counted before they are decoded) and [`answer`]
//! (statuses in headers and trailers).

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, StatusCode};
use prost::Message;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{BoxError, Service};
use tracing::{error, warn};

use super::gate::{Caller, Gate, PeerCertificate};
use super::pb;
use super::status::code_name;
use crate::domain::fact::Principal;
use crate::domain::refusal::{Reason, Refusal};
use crate::telemetry::metrics::Metrics;

pub mod answer;
pub mod request;

/// Until when the caller, or else the server, waits for the answer to begin; an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Instant);

/// What the layer goes by.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest message taken, in bytes as sent.
    pub message_size_max: usize,
    /// Longest time until an answer begins.
    pub call_timeout: Duration,
    /// A call that takes as long is logged.
    pub slow_call: Duration,
}

/// What all calls of a server share.
#[derive(Debug)]
pub struct Shared {
    metrics: Metrics,
    limits: Limits,
    gate: Arc<Gate>,
    /// Paths of the methods to which a client may send more than one message.
    client_streaming: HashSet<String>,
    /// Turns true when the server stops.
    stopping: watch::Receiver<bool>,
    /// Number of calls whose answer has not ended.
    open: watch::Sender<usize>,
}

impl Shared {
    /// Shares `limits`, the gate and the signal that the server stops.
    #[must_use]
    pub fn new(limits: Limits, gate: Arc<Gate>, stopping: watch::Receiver<bool>) -> Arc<Self> {
        let client_streaming = client_streaming_paths();
        Arc::new(Self {
            metrics: Metrics::new(all_paths(), env!("CARGO_PKG_VERSION")),
            limits,
            gate,
            client_streaming,
            stopping,
            open: watch::Sender::new(0),
        })
    }

    /// Returns the number of calls whose answer has not ended, as it changes.
    #[must_use]
    pub fn open_calls(&self) -> watch::Receiver<usize> {
        self.open.subscribe()
    }

    /// What is measured of calls.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Counts one call as open until the returned value is dropped.
    fn enter(self: &Arc<Self>, path: &str) -> OpenCall {
        self.open.send_modify(|open| *open += 1);
        self.metrics.call_begun();
        OpenCall {
            shared: Arc::clone(self),
            path: path.to_owned(),
            begun: Instant::now(),
            principal: None,
            // What is dropped before it has ended was given up.
            code: Code::Cancelled,
        }
    }
}

/// A call whose answer has not ended.
#[derive(Debug)]
struct OpenCall {
    shared: Arc<Shared>,
    path: String,
    begun: Instant,
    principal: Option<Principal>,
    /// How it ended.
    code: Code,
}

impl OpenCall {
    fn ended_with(&mut self, code: Code) {
        self.code = code;
    }

    /// Ends the call with a status and nothing else.
    fn refused(mut self, status: &Status) -> Response<Body> {
        self.ended_with(status.code());
        answer::of(status)
    }

    /// A call that is open as long as its caller likes is never slow.
    fn is_slow(&self, took: Duration) -> bool {
        let is_stream = answer::is_endless(&self.path) || self.shared.client_streaming.contains(&self.path);
        took >= self.shared.limits.slow_call && !is_stream
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.shared.open.send_modify(|open| *open -= 1);
        let took = self.begun.elapsed();
        self.shared
            .metrics
            .call_ended(&self.path, code_name(self.code), took);
        if self.is_slow(took) {
            let (path, milliseconds) = (&self.path, took.as_millis());
            let principal = self.principal.as_ref().map_or("", Principal::as_str);
            warn!(rpc.path = %path, rpc.code = ?self.code, rpc.duration_ms = milliseconds,
                principal.name = %principal, "slow: {path} took {milliseconds} ms");
        }
    }
}

/// Services with manners.
#[derive(Clone, Debug)]
pub struct Polite<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Polite<S> {
    /// Puts the layer around `inner`.
    #[must_use]
    pub fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<S, B> Service<Request<B>> for Polite<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut call = self.shared.enter(request.uri().path());
        let mut inner = self.inner.clone();
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            if let Some((refused, status)) = refused_at_the_door(&call.shared, &path, request.headers()) {
                call.ended_with(status);
                return Ok(refused);
            }
            let caller = match admitted(&call.shared.gate, &path, &request) {
                Ok(caller) => caller,
                Err(refusal) => return Ok(call.refused(&refusal.into())),
            };
            call.principal = caller.as_ref().map(|caller| caller.principal().clone());
            let deadline = Deadline(Instant::now() + waiting_time(request.headers(), call.shared.limits));
            let many = call.shared.client_streaming.contains(&path);
            let size_max = call.shared.limits.message_size_max;
            let mut request = request.map(|body| Body::new(request::Counted::new(body, many, size_max)));
            request.extensions_mut().insert(deadline);
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }

            // The service is ready at any time: it is a router over services without queues.
            let handled = CatchPanic(Box::pin(async move {
                std::future::poll_fn(|context| inner.poll_ready(context)).await?;
                inner.call(request).await
            }));
            let response = match tokio::time::timeout_at(deadline.0, handled).await {
                Ok(Ok(Ok(response))) => answer::polished(response, call, path),
                Ok(Ok(Err(error))) => call.refused(&answer::mapped(Status::from_error(error.into()))),
                Ok(Err(Panicked)) => call.refused(&incident(&path)),
                Err(_) => call.refused(&Refusal::plain(Reason::DeadlinePassed).into()),
            };
            Ok(response)
        })
    }
}

/// Answers a call that is not even looked at: no gRPC, or the server is stopping.
fn refused_at_the_door(shared: &Shared, path: &str, headers: &HeaderMap) -> Option<(Response<Body>, Code)> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let kind = content_type.split(';').next().unwrap_or("").trim();
    if kind != "application/grpc" && kind != "application/grpc+proto" {
        let status: Status = Refusal::plain(Reason::ContentTypeUnsupported).into();
        let mut response = answer::of(&status);
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Some((response, status.code()));
    }
    // A health check is answered to the end: it says that the server is not serving.
    let stopped = shared.is_stopping() && path != "/grpc.health.v1.Health/Check";
    stopped.then(|| (answer::of(&shutting_down()), shutting_down().code()))
}

/// Asks the gate, before anything of the request but its path and headers is looked at.
fn admitted<B>(gate: &Gate, path: &str, request: &Request<B>) -> Result<Option<Caller>, Refusal> {
    let certificate = request.extensions().get::<PeerCertificate>();
    gate.admit(path, request.headers(), certificate.map(|shown| shown.0))
}

/// How long the answer to a call may take to begin: as its caller says, at most as the server says.
fn waiting_time(headers: &HeaderMap, limits: Limits) -> Duration {
    let asked = headers
        .get("grpc-timeout")
        .and_then(|value| value.to_str().ok())
        .and_then(timeout);
    asked.map_or(limits.call_timeout, |asked| asked.min(limits.call_timeout))
}

/// Reads a `grpc-timeout`: at most 8 digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// The status of a call that meets a stopping server.
fn shutting_down() -> Status {
    Refusal::plain(Reason::ShuttingDown).into()
}

/// Logs that a handler panicked, and makes the status that names the log line.
fn incident(path: &str) -> Status {
    let incident = uuid::Uuid::new_v4().simple().to_string();
    error!(incident.id = %incident, rpc.path = %path, "incident {incident}: the handler of {path} panicked");
    Refusal::plain(Reason::HandlerPanicked)
        .with("incident", incident)
        .into()
}

/// A future whose panics are values.
struct CatchPanic<F>(Pin<Box<F>>);

/// The future panicked; where and why is the panic hook's to log.
struct Panicked;

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.0.as_mut();
        match std::panic::catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}

/// Paths of the methods with a stream of requests: ours, and reflection's.
fn client_streaming_paths() -> HashSet<String> {
    paths(|method| method.client_streaming())
}

/// Paths of all methods that are served.
fn all_paths() -> HashSet<String> {
    paths(|_| true)
}

fn paths(wanted: impl Fn(&prost_types::MethodDescriptorProto) -> bool) -> HashSet<String> {
    let sets = [
        pb::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let mut paths = HashSet::new();
    for set in sets {
        let set = prost_types::FileDescriptorSet::decode(set).expect("a built-in descriptor decodes");
        for file in set.file {
            for service in &file.service {
                for method in service.method.iter().filter(|method| wanted(method)) {
                    paths.insert(format!(
                        "/{}.{}/{}",
                        file.package(),
                        service.name(),
                        method.name()
                    ));
                }
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_imports_and_reflection_take_many_messages() {
        let paths = client_streaming_paths();
        let is_import = |path: &&String| path.contains("/Import");
        let (imports, others): (Vec<_>, Vec<_>) = paths.iter().partition(is_import);
        assert!(!imports.is_empty());
        let reflections = others
            .iter()
            .filter(|path| path.ends_with("/ServerReflectionInfo"));
        assert_eq!((reflections.count(), others.len()), (2, 2), "{others:?}");
    }

    #[test]
    fn a_timeout_has_at_most_eight_digits_and_a_unit() {
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(
            timeout("99999999H"),
            Some(Duration::from_secs(99_999_999 * 3_600))
        );
        for malformed in ["", "m", "100000000m", "1d", "-1m", "+1m", "1秒"] {
            assert_eq!(timeout(malformed), None, "{malformed}");
        }
    }
}
