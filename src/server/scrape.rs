//! The listener of the metrics: `GET /metrics` in the clear, apart from the calls.
//!
//! Read first: [`serve`].

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::telemetry::metrics;

/// Most connections at a time; further ones wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 8;

/// Longest time that one connection may last.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(300);

/// Longest time that a request's head may take.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// Answers who asks for metrics with `text`, until dropped.
pub async fn serve(listener: TcpListener, text: Arc<dyn Fn() -> String + Send + Sync>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let text = Arc::clone(&text);
        tokio::spawn(async move {
            let answer = tower::service_fn(move |request: Request<_>| {
                let answer = answered(&request, &*text);
                async move { Ok::<_, Infallible>(answer) }
            });
            let mut builder = Builder::new(TokioExecutor::new()).http1_only();
            builder
                .http1()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME_MAX);
            let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(answer));
            // A scraper that is gone or too slow asks again.
            _ = timeout(CONNECTION_TIME_MAX, connection).await;
            drop(place);
        });
    }
}

fn answered<B>(request: &Request<B>, text: &dyn Fn() -> String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    if request.uri().path() != "/metrics" {
        *response.status_mut() = StatusCode::NOT_FOUND;
    } else if request.method() != Method::GET {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    } else {
        let kind = metrics::CONTENT_TYPE.parse().expect("a fixed header");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        *response.body_mut() = Full::from(text());
    }
    response
}
