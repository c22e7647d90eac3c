//! Wiring of the wire: the listener, its limits, health, reflection, and a stop that ends in time.
//!
//! The accept loop is our own: the library's stop waits for open streams without bound, and its sockets
//! may be silent for ever. Read first: [`Server::run`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tonic::service::Routes;
use tonic::transport::server::TcpConnectInfo;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

use crate::config::Config;
use crate::principals::Fingerprint;
use crate::services::gate::{Gate, PeerCertificate};
use crate::services::manners::{Limits, Polite, Shared};
use crate::services::pb;

pub mod tls;

use tls::Tls;

/// Most connections at a time; further ones wait in the listener's backlog.
pub const CONNECTIONS_MAX: usize = 1_024;

/// Most open calls on one connection.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 256;

/// Longest time until the first byte of a connection.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time that a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Flow-control windows in bytes, per stream and per connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 2 << 20;

/// How often a quiet connection is asked whether its other end lives, and how long that may take.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Largest list of request headers, in bytes.
const HEADERS_SIZE_MAX: u32 = 16 << 10;

/// After the last answer, how long connections may take to be closed in good order.
const FAREWELL_TIMEOUT: Duration = Duration::from_millis(500);

/// A server before it listens.
#[derive(Debug)]
pub struct Server {
    stopping: watch::Sender<bool>,
    shared: Arc<Shared>,
    health: HealthReporter,
    drain_timeout: Duration,
    tls: Option<Arc<Tls>>,
}

/// How a stop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Calls that were cut off because the drain timeout had passed.
    pub calls_cut: usize,
}

/// Turns health on or off for all services; what is told holds until told otherwise.
#[derive(Clone, Debug)]
pub struct Health(HealthReporter);

impl Health {
    /// Says for every service, and for the server as a whole, whether it serves.
    pub async fn set_serving(&self, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        self.0.set_service_status("", status).await;
        for name in service_names() {
            self.0.set_service_status(name, status).await;
        }
    }
}

impl Server {
    /// A server with the limits of `config`, behind a gate, in the clear.
    #[must_use]
    pub fn new(config: &Config, gate: Arc<Gate>) -> Self {
        let (stopping, is_stopping) = watch::channel(false);
        let limits = Limits {
            message_size_max: config.message_size_max,
            call_timeout: config.call_timeout,
        };
        Self {
            stopping,
            shared: Shared::new(limits, gate, is_stopping),
            health: HealthReporter::new(),
            drain_timeout: config.drain_timeout,
            tls: None,
        }
    }

    /// The same under TLS.
    #[must_use]
    pub fn with_tls(self, tls: Option<Arc<Tls>>) -> Self {
        Self { tls, ..self }
    }

    /// Turns true when the server begins to stop; streams then end with `SHUTTING_DOWN`.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// The handle by which a failing ledger turns health off.
    #[must_use]
    pub fn health(&self) -> Health {
        Health(self.health.clone())
    }

    /// Serves `routes`, with health and reflection beside them, until `stop` completes; then drains.
    ///
    /// The drain: health turns off, nothing new is accepted, streams end, calls finish. After
    /// `drain_timeout` what is left is cut off. Idle connections do not hold it up.
    pub async fn run(self, listener: TcpListener, routes: Routes, stop: impl Future<Output = ()>) -> Drained {
        let health = self.health();
        health.set_serving(true).await;
        let routes = with_reflection(routes)
            .add_service(tonic_health::pb::health_server::HealthServer::new(
                tonic_health::server::HealthService::from_health_reporter(self.health.clone()),
            ))
            .prepare();
        let service = Polite::new(routes, Arc::clone(&self.shared));

        let mut connections = JoinSet::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&listener, &places) => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    let (service, stopping) = (service.clone(), self.stopping());
                    let tls = self.tls.clone();
                    connections.spawn(async move {
                        serve_connection(stream, peer, tls, service, stopping).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    warn!(error = %error, "a connection could not be accepted: {error}");
                    // Out of descriptors, for one: trying again at once would spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(listener);
        self.drain(&health, connections).await
    }

    async fn drain(self, health: &Health, mut connections: JoinSet<()>) -> Drained {
        let deadline = Instant::now() + self.drain_timeout;
        health.set_serving(false).await;
        self.stopping.send_replace(true);
        let mut open = self.shared.open_calls();
        info!(
            calls.open = *open.borrow(),
            "stopping: no new calls, open ones are being answered"
        );

        // The sender lives in `shared`, so waiting ends by the count or by the deadline only.
        let finished = timeout_at(deadline, open.wait_for(|open| *open == 0))
            .await
            .is_ok();
        let calls_cut = if finished { 0 } else { *open.borrow() };
        if finished {
            let farewell = async { while connections.join_next().await.is_some() {} };
            _ = timeout(FAREWELL_TIMEOUT, farewell).await;
            info!("stopped: every open call was answered");
        } else {
            warn!(
                calls.cut = calls_cut,
                "stopped: {calls_cut} open calls were cut off by the drain timeout"
            );
        }
        connections.shutdown().await;
        Drained { calls_cut }
    }
}

/// Binds the listener; port 0 takes a free one, which the listener's own address then names.
///
/// # Errors
/// Those of the operating system, such as an address in use.
pub async fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(listen).await
}

/// Names of all services of the contract, such as `credit.supervision.v1.CommitmentService`.
#[must_use]
pub fn service_names() -> Vec<String> {
    let set = prost_types::FileDescriptorSet::decode(pb::FILE_DESCRIPTOR_SET)
        .expect("the built-in descriptor decodes");
    let of_file = |file: &prost_types::FileDescriptorProto| {
        let package = file.package().to_owned();
        file.service
            .iter()
            .map(move |service| format!("{package}.{}", service.name()))
            .collect::<Vec<_>>()
    };
    set.file.iter().flat_map(of_file).collect()
}

/// Takes the next connection once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// Serves one connection to its end, or until the server stops and its calls are answered.
async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Arc<Tls>>,
    service: Polite<Routes>,
    mut stopping: watch::Receiver<bool>,
) {
    // Small answers must not wait for acknowledgements: that costs 40 ms a call.
    if stream.set_nodelay(true).is_err() || !speaks(&stream, &mut stopping).await {
        return;
    }
    let info = TcpConnectInfo {
        local_addr: stream.local_addr().ok(),
        remote_addr: Some(peer),
    };
    let Some(tls) = tls else {
        return serve_stream(stream, info, None, service, stopping).await;
    };
    let shaken = tokio::select! {
        shaken = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => shaken,
        () = stopped(&mut stopping) => return,
    };
    match shaken {
        Ok(Ok((stream, certificate))) => serve_stream(stream, info, certificate, service, stopping).await,
        Ok(Err(error)) => debug!(error = %error, "a handshake failed: {error}"),
        Err(_) => debug!("a handshake was not finished in time"),
    }
}

/// Serves what has shaken hands, or needs not.
async fn serve_stream<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    info: TcpConnectInfo,
    certificate: Option<Fingerprint>,
    service: Polite<Routes>,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service.map_request(move |mut request: Request<_>| {
        request.extensions_mut().insert(info.clone());
        if let Some(fingerprint) = certificate {
            request.extensions_mut().insert(PeerCertificate(fingerprint));
        }
        request
    });
    let builder = connection_builder();
    let mut connection =
        pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = ended {
        debug!(error = %error, "a connection broke: {error}");
    }
}

/// Waits for the first byte; says no if none comes in time or the server stops before.
async fn speaks(stream: &TcpStream, stopping: &mut watch::Receiver<bool>) -> bool {
    let mut first = [0];
    tokio::select! {
        peeked = timeout(FIRST_BYTE_TIMEOUT, stream.peek(&mut first)) => matches!(peeked, Ok(Ok(1..))),
        () = stopped(stopping) => false,
    }
}

/// Completes when the server begins to stop, or is gone.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    _ = stopping.wait_for(|stopping| *stopping).await;
}

fn connection_builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http2_only();
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .max_header_list_size(HEADERS_SIZE_MAX)
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    builder
}

/// Adds both versions of reflection: clients ask for either. Error details are readable only if their
/// types are served too.
fn with_reflection(routes: Routes) -> Routes {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let v1 = builder().build_v1().expect("the built-in descriptors are whole");
    let v1alpha = builder()
        .build_v1alpha()
        .expect("the built-in descriptors are whole");
    routes.add_service(v1).add_service(v1alpha)
}

#[cfg(test)]
mod tests;
