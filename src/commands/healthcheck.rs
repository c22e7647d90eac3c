//! `credence healthcheck`: asks a running server for its health.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How long a server may take to answer.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(3);

#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Address of the server.
    #[arg(long, default_value = "127.0.0.1:50051")]
    pub address: SocketAddr,
}

/// Why the server is not taken for healthy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
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
    let endpoint = Endpoint::from_shared(format!("http://{}", options.address))?;
    let channel = endpoint
        .timeout(ANSWER_WAIT_MAX)
        .connect_timeout(ANSWER_WAIT_MAX)
        .connect()
        .await?;
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
