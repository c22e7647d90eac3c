//! A service behind a gate: principals by token, TLS by files, and calls of any method in raw bytes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bytes::{Buf, BufMut};
use credence::app::{App, Ended, Reloader};
use credence::principals::Credential;
use data_encoding::HEXLOWER;
use http::uri::PathAndQuery;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::harness::config;

/// A running service; its clients are made by the test.
pub struct Guarded {
    pub address: SocketAddr,
    pub reloader: Reloader,
    pub folder: TempDir,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

impl Guarded {
    /// Starts a service in a folder with further settings, such as `principals`.
    pub async fn start(folder: TempDir, further: &[(&str, &str)]) -> Self {
        let app = App::open(config(&folder.path().join("data"), further)).expect("the folder opens");
        let reloader = app.reloader();
        let listener = app.bind().await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(app.serve(listener, async {
            _ = stopped.await;
        }));
        Self {
            address,
            reloader,
            folder,
            stop,
            ended,
        }
    }

    pub async fn channel(&self) -> Channel {
        let channel = Channel::from_shared(format!("http://{}", self.address)).expect("an address");
        channel.connect().await.expect("the service listens")
    }

    pub fn principals(&self) -> PathBuf {
        principals_in(&self.folder)
    }

    pub async fn stop(self) -> TempDir {
        self.stop.send(()).expect("the service runs");
        assert_eq!(self.ended.await.expect("no panic"), Ended::Cleanly);
        self.folder
    }
}

/// Where the list of a test stands.
pub fn principals_in(folder: &TempDir) -> PathBuf {
    folder.path().join("principals.toml")
}

/// The entry of a principal whose token is its name.
pub fn entry(name: &str, roles: &str, bounds: &str) -> String {
    let Credential::Token(hash) = Credential::token(name.as_bytes()) else {
        panic!("a token is a token")
    };
    let hash = HEXLOWER.encode(&hash);
    format!(
        "[[principal]]\nname = \"{name}\"\nroles = [\"{roles}\"]\ntoken_sha256 = [\"{hash}\"]\n{bounds}\n\n"
    )
}

pub fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a temporary file can be written");
}

/// A request with a bearer token.
pub fn bearing<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("Bearer {token}").parse().expect("ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}

/// Calls any method with one encoded message; returns the first encoded answer.
pub async fn call(channel: &Channel, token: &str, path: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.expect("the service listens");
    let request = bearing(token, tokio_stream::once(message));
    let path = PathAndQuery::try_from(path.to_owned()).expect("a path");
    let mut answers = client.streaming(request, path, Raw).await?.into_inner();
    answers.next().await.unwrap_or_else(|| Ok(Vec::new()))
}

/// Messages as they stand on the wire.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; source.remaining()];
        source.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}
