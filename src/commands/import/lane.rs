//! What differs between the streams that files go into, and nothing else. Read first: [`Lane`].

use std::future::Future;
use std::pin::Pin;

use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use super::outcome::BatchOutcome;
use super::reading::Taken;

/// Answers of a stream, whatever they are.
pub type Answers<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// One answer, read.
pub struct Answered {
    pub request_id: String,
    /// What became of the batch, or why it was refused as a whole.
    pub outcome: Result<BatchOutcome, Box<Status>>,
}

/// A stream of batches, one answer each.
pub trait Lane: Send + Sync {
    /// A batch on the wire.
    type Request: Clone + Send + 'static;
    /// Its answer on the wire.
    type Answer: Send + 'static;

    /// The request for some rows, without its id.
    fn request(&self, rows: &[Taken]) -> Self::Request;

    /// The bytes that stand for the request where it is named.
    fn content(request: &Self::Request) -> Vec<u8>;

    /// Names the request.
    fn name(request: &mut Self::Request, id: String);

    /// Opens the stream.
    fn open(
        &self,
        channel: Channel,
        requests: ReceiverStream<Self::Request>,
    ) -> impl Future<Output = Result<Answers<Self::Answer>, Status>> + Send;

    /// Reads an answer; `None` for one that breaks the contract.
    fn read(&self, answer: Self::Answer) -> Option<Answered>;
}

/// The status that a refusal inside a stream stands for.
#[must_use]
pub fn status_of(refusal: tonic_types::Status) -> Box<Status> {
    let details = prost::Message::encode_to_vec(&refusal).into();
    let code = tonic::Code::from_i32(refusal.code);
    Box::new(Status::with_details(code, refusal.message, details))
}

/// Makes a lane of a stream whose request has `request_id`, `rows` and `validate_only`, and whose answer
/// holds a result with one entry per row or a refusal.
macro_rules! lane {
    (
        $lane:ident: $client:ident . $call:ident, $request:ident, $answer:ident, $module:ident,
        $($field:ident: $value:expr,)*
        => $row:expr, $outcome:expr
    ) => {
        impl Lane for $lane {
            type Request = pb::$request;
            type Answer = pb::$answer;

            fn request(&self, rows: &[Taken]) -> pb::$request {
                let row = $row;
                pb::$request {
                    rows: rows.iter().map(|taken| row(self, taken)).collect(),
                    validate_only: self.is_check,
                    $($field: $value(self),)*
                    ..Default::default()
                }
            }

            fn content(request: &pb::$request) -> Vec<u8> {
                prost::Message::encode_to_vec(request)
            }

            fn name(request: &mut pb::$request, id: String) {
                request.request_id = id;
            }

            async fn open(
                &self,
                channel: Channel,
                requests: ReceiverStream<pb::$request>,
            ) -> Result<Answers<pb::$answer>, Status> {
                let mut client = $client::new(channel).max_decoding_message_size(ANSWER_SIZE_MAX);
                Ok(Box::pin(client.$call(requests).await?.into_inner()))
            }

            fn read(&self, answer: pb::$answer) -> Option<Answered> {
                let outcome = match answer.answer? {
                    pb::$module::Answer::Refusal(refusal) => Err(status_of(refusal)),
                    pb::$module::Answer::Result(result) => {
                        let outcome = $outcome;
                        let rows: Option<Vec<_>> =
                            result.results.into_iter().map(|row| outcome(self, row)).collect();
                        Ok(BatchOutcome {
                            revision: result.revision,
                            is_replayed: result.replayed,
                            rows: rows?,
                        })
                    }
                };
                Some(Answered {
                    request_id: answer.request_id,
                    outcome,
                })
            }
        }
    };
}
pub(super) use lane;

/// Largest answer taken, in bytes: a batch's findings in two languages.
pub const ANSWER_SIZE_MAX: usize = 32 << 20;
