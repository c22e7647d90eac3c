//! The server over real sockets on loopback, with a service whose handlers misbehave in every way.

use std::pin::Pin;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;
use tokio_stream::{Stream, StreamExt};
use tonic::codec::Streaming;
use tonic::transport::Channel;
use tonic::{Code, Request as Call, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

use super::*;
use crate::domain::refusal::Reason;
use crate::services::pb::commitment_service_client::CommitmentServiceClient;
use crate::services::pb::commitment_service_server::{CommitmentService, CommitmentServiceServer};

/// Handlers that panic, hang, refuse or stream, as the name in the request says.
struct Misbehaving;

type Answers = Pin<Box<dyn Stream<Item = Result<pb::ImportCommitmentsResponse, Status>> + Send>>;

/// Writes the service out: two handlers that matter, and the others, which answer nothing of interest.
macro_rules! misbehaving {
    ($($method:ident($request:ident) -> $answer:ident;)*) => {
        #[tonic::async_trait]
        impl CommitmentService for Misbehaving {
            type ImportCommitmentsStream = Answers;

            /// Answers each batch by its id; panics at a batch called `panic`, goes on for ever otherwise.
            async fn import_commitments(
                &self,
                request: Call<Streaming<pb::ImportCommitmentsRequest>>,
            ) -> Result<Response<Answers>, Status> {
                let answers = request.into_inner().map(|batch| {
                    let request_id = batch?.request_id;
                    assert_ne!(request_id, "panic");
                    let answer = None;
                    Ok(pb::ImportCommitmentsResponse { request_id, answer })
                });
                Ok(Response::new(Box::pin(answers)))
            }

            async fn get_commitment(
                &self,
                request: Call<pb::GetCommitmentRequest>,
            ) -> Result<Response<pb::Commitment>, Status> {
                let name = request.into_inner().name;
                match name.as_str() {
                    "panic" => panic!("a bug"),
                    "hang" => std::future::pending().await,
                    "bare" => Err(Status::internal("made by a library")),
                    _ => Ok(Response::new(pb::Commitment { name, ..Default::default() })),
                }
            }

            $(async fn $method(&self, _: Call<pb::$request>) -> Result<Response<pb::$answer>, Status> {
                Ok(Response::new(pb::$answer::default()))
            })*
        }
    };
}

misbehaving! {
    record_commitments(RecordCommitmentsRequest) -> CommitmentBatchResult;
    list_commitments(ListCommitmentsRequest) -> ListCommitmentsResponse;
    list_commitments_in_full(ListCommitmentsInFullRequest) -> ListCommitmentsResponse;
    count_commitments(CountCommitmentsRequest) -> CountCommitmentsResponse;
    list_commitment_snapshots(ListCommitmentSnapshotsRequest) -> ListCommitmentSnapshotsResponse;
    withdraw_commitment(WithdrawCommitmentRequest) -> Commitment;
    withdraw_batches(WithdrawBatchesRequest) -> WithdrawBatchesResponse;
    record_performance(RecordPerformanceRequest) -> RecordPerformanceResponse;
    list_open_questions(ListOpenQuestionsRequest) -> ListOpenQuestionsResponse;
    revive_commitment(ReviveCommitmentRequest) -> Commitment;
    record_breach(RecordBreachRequest) -> RecordBreachResponse;
    list_due_commitments(ListDueCommitmentsRequest) -> ListDueCommitmentsResponse;
    count_performance(CountPerformanceRequest) -> CountPerformanceResponse;
}

type Batches = tokio::sync::mpsc::Sender<pb::ImportCommitmentsRequest>;

/// A gate that takes everybody for the same one.
fn local() -> Arc<Gate> {
    Arc::new(Gate::open(None).expect("no list is read"))
}

/// A server on a free port, stopped by `stop`.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Drained>,
}

impl Running {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let settings = Config::gather(
            None,
            std::iter::empty(),
            &[("listen".into(), "127.0.0.1:0".into())],
        );
        let mut config = Config::check(&settings.expect("defaults")).expect("defaults");
        change(&mut config);
        let listener = bind(config.listen).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let commitments = CommitmentServiceServer::new(Misbehaving)
            .max_decoding_message_size(config.message_size_max)
            .accept_compressed(tonic::codec::CompressionEncoding::Gzip);
        let (stop, stopped) = oneshot::channel();
        let server = Server::new(&config, local());
        let ended = tokio::spawn(server.run(listener, Routes::new(commitments), async {
            _ = stopped.await;
        }));
        Self { address, stop, ended }
    }

    async fn channel(&self) -> Channel {
        let uri = format!("http://{}", self.address);
        Channel::from_shared(uri)
            .expect("a valid address")
            .connect()
            .await
            .expect("the server listens")
    }

    async fn client(&self) -> CommitmentServiceClient<Channel> {
        CommitmentServiceClient::new(self.channel().await)
    }

    /// Asks for a commitment over a connection of its own.
    async fn get(&self, name: &str) -> Result<pb::Commitment, Status> {
        let answer = self.client().await.get_commitment(get(name)).await?;
        Ok(answer.into_inner())
    }

    /// Begins an import whose batches come by the sender.
    async fn import(&self) -> (Batches, Streaming<pb::ImportCommitmentsResponse>) {
        let (batches, sent) = tokio::sync::mpsc::channel(4);
        let sent = tokio_stream::wrappers::ReceiverStream::new(sent);
        let answers = self.client().await.import_commitments(sent).await;
        (batches, answers.expect("begun").into_inner())
    }

    async fn stop(self) -> Drained {
        self.stop.send(()).expect("the server runs");
        self.ended.await.expect("the server does not panic")
    }
}

fn get(name: &str) -> pb::GetCommitmentRequest {
    pb::GetCommitmentRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn batch(request_id: &str) -> pb::ImportCommitmentsRequest {
    pb::ImportCommitmentsRequest {
        request_id: request_id.to_owned(),
        ..Default::default()
    }
}

#[track_caller]
fn check(status: &Status, code: Code, reason: Reason) {
    let info = status
        .get_details_error_info()
        .unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!((status.code(), info.reason.as_str()), (code, reason.name()));
    assert_eq!(info.domain, "credence.supervision");
    let text = status
        .get_details_localized_message()
        .expect("LocalizedMessage is there");
    assert_eq!(text.locale, "zh-CN");
}

/// Sends raw bytes as the body of a call and returns the HTTP status and the gRPC status.
async fn raw(channel: Channel, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Status) {
    let body = Full::new(Bytes::copy_from_slice(body));
    let mut request = http::Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(tonic::body::Body::new(body))
        .expect("a valid request");
    let response = channel.oneshot(request).await.expect("the connection holds");
    let http_status = response.status().as_u16();
    let headers = response.headers().clone();
    let collected = response
        .into_body()
        .collect()
        .await
        .expect("the answer ends in order");
    let trailers = collected.trailers().cloned().unwrap_or(headers);
    (
        http_status,
        Status::from_header_map(&trailers).expect("a gRPC status"),
    )
}

const GRPC: &[(&str, &str)] = &[("content-type", "application/grpc"), ("te", "trailers")];
const GET: &str = "/credit.supervision.v1.CommitmentService/GetCommitment";

#[tokio::test]
async fn a_good_call_passes_untouched() {
    let server = Running::start(|_| {}).await;
    let answer = server.get("commitments/x").await.expect("answered");
    assert_eq!(answer.name, "commitments/x");
    assert_eq!(server.stop().await, Drained { calls_cut: 0 });
}

#[tokio::test]
async fn a_panic_is_an_answer_with_an_incident_and_the_connection_lives_on() {
    let server = Running::start(|_| {}).await;
    let mut client = server.client().await;
    let status = client.get_commitment(get("panic")).await.expect_err("it panics");
    check(&status, Code::Internal, Reason::HandlerPanicked);
    let info = status.get_details_error_info().expect("checked");
    assert_eq!(info.metadata["incident"].len(), 32);
    assert!(!status.message().contains("a bug"));
    client
        .get_commitment(get("after"))
        .await
        .expect("the same connection answers");
}

#[tokio::test]
async fn a_panic_in_mid_stream_ends_the_stream_with_an_incident() {
    let server = Running::start(|_| {}).await;
    let (batches, mut answers) = server.import().await;
    batches.send(batch("1")).await.expect("open");
    assert_eq!(
        answers
            .message()
            .await
            .expect("answered")
            .expect("there")
            .request_id,
        "1"
    );
    batches.send(batch("panic")).await.expect("open");
    check(
        &answers.message().await.expect_err("it panics"),
        Code::Internal,
        Reason::HandlerPanicked,
    );
}

#[tokio::test]
async fn a_call_that_hangs_is_ended_by_the_server() {
    let server = Running::start(|config| config.call_timeout = Duration::from_millis(50)).await;
    let status = server.get("hang").await.expect_err("it hangs");
    check(&status, Code::DeadlineExceeded, Reason::DeadlinePassed);
}

#[tokio::test]
async fn a_deadline_of_the_caller_is_kept_by_the_server_too() {
    // A client library would give the call up by itself, so this one asks without a client.
    let (_stopping, is_stopping) = watch::channel(false);
    let limits = Limits {
        message_size_max: 1_000,
        call_timeout: Duration::from_secs(3_600),
    };
    let routes = Routes::new(CommitmentServiceServer::new(Misbehaving)).prepare();
    let request = Request::post(GET)
        .header("content-type", "application/grpc")
        .header("grpc-timeout", "20m")
        .body(Full::new(Bytes::from_static(b"\x00\x00\x00\x00\x06\x0a\x04hang")))
        .expect("a valid request");
    let answer = Polite::new(routes, Shared::new(limits, local(), is_stopping))
        .oneshot(request)
        .await;
    let answer = answer.expect("a refusal is an answer");
    let status = Status::from_header_map(answer.headers()).expect("a status");
    check(&status, Code::DeadlineExceeded, Reason::DeadlinePassed);
}

#[tokio::test]
async fn a_status_made_by_a_library_gets_a_reason() {
    let server = Running::start(|_| {}).await;
    let status = server.get("bare").await.expect_err("refused");
    check(&status, Code::Internal, Reason::ServerFault);
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let server = Running::start(|config| config.message_size_max = 1_000).await;
    let mut client = server.client().await;
    // Field tag and length take three bytes.
    client
        .get_commitment(get(&"n".repeat(997)))
        .await
        .expect("at the limit");
    let status = client
        .get_commitment(get(&"n".repeat(998)))
        .await
        .expect_err("over it");
    check(&status, Code::ResourceExhausted, Reason::MessageTooLarge);
    let info = status.get_details_error_info().expect("checked");
    assert_eq!(
        (
            &*info.metadata["message_size"],
            &*info.metadata["message_size_max"]
        ),
        ("1001", "1000")
    );
}

#[tokio::test]
async fn a_small_message_that_unpacks_to_a_large_one_is_refused() {
    let server = Running::start(|config| config.message_size_max = 1_000).await;
    let mut client = server
        .client()
        .await
        .send_compressed(tonic::codec::CompressionEncoding::Gzip);
    client
        .get_commitment(get(&"n".repeat(900)))
        .await
        .expect("small enough");
    let status = client
        .get_commitment(get(&"n".repeat(5_000)))
        .await
        .expect_err("too large unpacked");
    check(&status, Code::ResourceExhausted, Reason::MessageTooLarge);
}

#[tokio::test]
async fn what_does_not_decode_is_the_callers_fault() {
    let server = Running::start(|_| {}).await;
    for (body, what) in [
        (&b"\x00\x00\x00\x00\x03\x0a\x01\xff"[..], "text that is not UTF-8"),
        (b"\x00\x00\x00\x00\x02\x0a\x09", "a field longer than the message"),
        (b"\x00\x00\x00\x00\x09\x0a", "a message shorter than announced"),
        (
            b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            "a second message on a unary call",
        ),
        (b"", "no message"),
        (
            b"\x01\x00\x00\x00\x00",
            "a compressed message without a method of compression",
        ),
        (b"\x07\x00\x00\x00\x00", "a flag that does not exist"),
    ] {
        let (http_status, status) = raw(server.channel().await, GET, GRPC, body).await;
        assert_eq!(http_status, 200, "{what}");
        check(&status, Code::InvalidArgument, Reason::MalformedRequest);
    }
}

#[tokio::test]
async fn what_is_no_grpc_is_refused_at_the_door() {
    let server = Running::start(|_| {}).await;
    let (http_status, status) = raw(server.channel().await, GET, &[("content-type", "text/html")], b"").await;
    assert_eq!(http_status, 415);
    check(&status, Code::InvalidArgument, Reason::ContentTypeUnsupported);
}

#[tokio::test]
async fn unknown_methods_and_compressions_are_told_apart() {
    let server = Running::start(|_| {}).await;
    let (_, status) = raw(
        server.channel().await,
        "/nobody/Nothing",
        GRPC,
        b"\x00\x00\x00\x00\x00",
    )
    .await;
    check(&status, Code::Unimplemented, Reason::MethodUnknown);
    let headers = [GRPC, &[("grpc-encoding", "zstd")]].concat();
    let (_, status) = raw(server.channel().await, GET, &headers, b"\x01\x00\x00\x00\x00").await;
    check(&status, Code::Unimplemented, Reason::EncodingUnsupported);
}

#[tokio::test]
async fn health_names_every_service_and_turns_off_on_a_stop_with_open_streams_and_idle_sockets() {
    let server = Running::start(|_| {}).await;
    let mut idle = TcpStream::connect(server.address)
        .await
        .expect("the server listens");
    let _quiet = server.channel().await;
    let mut health = HealthClient::new(server.channel().await);
    for service in service_names().into_iter().chain([String::new()]) {
        let answer = health
            .check(HealthCheckRequest { service })
            .await
            .expect("a known service");
        assert_eq!(answer.into_inner().status, 1);
    }
    let unknown = HealthCheckRequest {
        service: "nobody".into(),
    };
    check(
        &health.check(unknown).await.expect_err("unknown"),
        Code::NotFound,
        Reason::ServiceUnknown,
    );

    let watch = health
        .watch(HealthCheckRequest::default())
        .await
        .expect("a stream");
    let mut watch = watch.into_inner();
    assert_eq!(watch.message().await.expect("open").expect("there").status, 1);
    let drained = server.stop().await;
    assert_eq!(drained, Drained { calls_cut: 0 });
    assert_eq!(
        watch
            .message()
            .await
            .expect("the last word")
            .expect("there")
            .status,
        2
    );
    check(
        &watch.message().await.expect_err("ended"),
        Code::Unavailable,
        Reason::ShuttingDown,
    );
    _ = idle.write_all(b"PRI").await;
}

#[tokio::test]
async fn the_drain_timeout_cuts_off_what_does_not_end() {
    let server = Running::start(|config| config.drain_timeout = Duration::from_millis(100)).await;
    let (batches, mut answers) = server.import().await;
    batches.send(batch("1")).await.expect("open");
    answers.message().await.expect("answered").expect("there");
    assert_eq!(server.stop().await, Drained { calls_cut: 1 });
    answers.message().await.expect_err("cut off");
}

/// Asks reflection for the file of a symbol and returns whether it is there.
async fn reflects(channel: Channel, symbol: &str, alpha: bool) -> bool {
    macro_rules! ask {
        ($version:ident) => {{
            use reflection::server_reflection_request::MessageRequest::FileContainingSymbol;
            use reflection::server_reflection_response::MessageResponse::FileDescriptorResponse;
            use tonic_reflection::pb::$version as reflection;
            let mut client = reflection::server_reflection_client::ServerReflectionClient::new(channel);
            let request = reflection::ServerReflectionRequest {
                host: String::new(),
                message_request: Some(FileContainingSymbol(symbol.to_owned())),
            };
            let answers = client.server_reflection_info(tokio_stream::iter([request])).await;
            let mut answers = answers.expect("reflection is served").into_inner();
            match answers.message().await {
                Ok(answer) => {
                    let answer = answer.expect("one answer per question").message_response;
                    matches!(answer, Some(FileDescriptorResponse(_)))
                }
                Err(status) => {
                    check(&status, Code::NotFound, Reason::ServiceUnknown);
                    false
                }
            }
        }};
    }
    if alpha { ask!(v1alpha) } else { ask!(v1) }
}

#[tokio::test]
async fn both_reflections_show_the_contract_and_the_error_details() {
    let server = Running::start(|_| {}).await;
    for alpha in [false, true] {
        for symbol in [
            "credit.supervision.v1.CommitmentService",
            "credit.supervision.v1.ErrorReason",
            "google.rpc.ErrorInfo",
            "google.rpc.LocalizedMessage",
            "google.rpc.Status",
            "grpc.health.v1.Health",
        ] {
            assert!(reflects(server.channel().await, symbol, alpha).await, "{symbol}");
        }
        assert!(!reflects(server.channel().await, "credence.stored.v1.Commitment", alpha).await);
    }
}
