//! `credence healthcheck`: asks a running server for its health.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::config::{Config, Mistakes};
use crate::server::tls;

mod pinned;

/// How long a server may take to answer.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(3);

#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Address of the server; without it, the one that the settings have `serve` listen on.
    #[arg(long)]
    pub address: Option<SocketAddr>,
    /// The settings file of the server; the variable CREDENCE_CONFIG may name one too.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

/// Why the server is not taken for healthy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Settings(#[from] Mistakes),
    #[error("the settings let the server take any free port; say --address")]
    AnyPort,
    #[error("the certificate of the settings cannot be read: {0}")]
    Certificate(#[from] tls::Error),
    #[error("no server answers: {0}")]
    Unreachable(#[from] tonic::transport::Error),
    #[error("the server refuses to say: {}", .0.message())]
    Refused(Box<tonic::Status>),
    #[error("the server does not serve")]
    NotServing,
}

/// Asks for the health of the whole server.
///
/// # Errors
/// Each [`Error`].
pub async fn run(options: Options) -> Result<(), Error> {
    let config = Config::load(options.config.as_deref(), &[])?;
    let address = match options.address {
        Some(address) => address,
        None => reached(config.listen)?,
    };
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?
        .timeout(ANSWER_WAIT_MAX)
        .connect_timeout(ANSWER_WAIT_MAX);
    let channel = match &config.tls_certificate {
        None => endpoint.connect().await?,
        Some(path) => {
            let certificate = tls::certificates(path)?.swap_remove(0);
            let client = pinned::client(certificate).map_err(tls::Error::from)?;
            let connector = TlsConnector::from(Arc::new(client));
            let connect = tower::service_fn(move |_| shaken(connector.clone(), address));
            endpoint.connect_with_connector(connect).await?
        }
    };
    let answer = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    let answer = answer
        .map_err(|status| Error::Refused(Box::new(status)))?
        .into_inner();
    if answer.status() == ServingStatus::Serving {
        Ok(())
    } else {
        Err(Error::NotServing)
    }
}

/// Connects and shakes hands.
async fn shaken(connector: TlsConnector, address: SocketAddr) -> io::Result<TokioIo<TlsStream<TcpStream>>> {
    let stream = TcpStream::connect(address).await?;
    let stream = connector.connect(ServerName::from(address.ip()), stream).await?;
    Ok(TokioIo::new(stream))
}

/// Where a server that listens on `listen` is reached from the same machine.
fn reached(listen: SocketAddr) -> Result<SocketAddr, Error> {
    if listen.port() == 0 {
        return Err(Error::AnyPort);
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    Ok(SocketAddr::new(ip, listen.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listen: &str, expected: Option<&str>) {
        let found = reached(listen.parse().expect("an address")).ok();
        assert_eq!(found.map(|address| address.to_string()).as_deref(), expected);
    }

    #[test]
    fn a_server_on_every_address_is_reached_on_loopback() {
        check("0.0.0.0:50051", Some("127.0.0.1:50051"));
        check("[::]:50051", Some("[::1]:50051"));
        check("192.0.2.7:50051", Some("192.0.2.7:50051"));
        check("127.0.0.1:0", None);
    }
}
