//! Sends batches over a stream until each is answered, whatever happens to stream and server meanwhile.
//!
//! The server keeps no session: what was not answered is sent again under the same id, and the ids follow
//! from the file, so that a second import of it repeats the first. Read first: [`drive`].

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::lane::{Answers, Lane};
use super::outcome::BatchOutcome;
use super::reading::Batch;

/// Batches of a stream that may be unanswered; the service reads no further.
const UNANSWERED_MAX: usize = 4;
/// First wait before a stream is opened again; each further one is twice as long,
const WAIT_FIRST: Duration = Duration::from_millis(200);
/// up to this.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// How long a server is tried that has not answered at all.
const FIRST_PATIENCE: Duration = Duration::from_secs(3);
/// A silent connection is asked this often whether it lives,
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
/// and given up after this.
const KEEPALIVE_WAIT: Duration = Duration::from_secs(20);

/// The space of names in which request ids of imports are made.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_92d4_5b8e_4a53_9c1e_2d0b_7a64_c3e8);

/// Why not all of a file was answered.
#[derive(Debug)]
pub enum Stopped {
    /// The address is none.
    Address(String),
    /// Nothing answers, or nothing answers any more.
    Unreachable { words: String },
    /// The server refuses, and waiting does not mend it.
    Refused(Box<Status>),
    /// An answer that the contract does not know.
    Contract(&'static str),
    /// The file could not be read to its end, or what comes back could not be written; in both languages.
    Local { english: String, chinese: String },
}

/// Told of what happens.
pub trait Told {
    /// A batch is answered, or had no rows to send; an error ends the import.
    fn answered(&mut self, batch: &Batch, outcome: &BatchOutcome) -> Result<(), Stopped>;
    /// The connection is lost, or the server asks to wait.
    fn waits(&mut self, words: &str, wait: Duration);
}

/// Reads elapsed time, so that waiting has an end.
pub type Elapsed = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How and for how long a server is tried.
#[derive(Clone)]
pub struct Patience {
    pub elapsed: Elapsed,
    /// How long a server that has answered once may answer nothing.
    pub wait: Duration,
}

/// A batch that was sent and not answered.
struct Open<R> {
    id: String,
    batch: Batch,
    request: R,
}

/// Names a batch by its file, layout, place and content: the same rows of the same file, the same id.
#[must_use]
pub fn request_id(file: &[u8; 32], layout: &str, number: u32, content: &[u8]) -> String {
    let mut name = Vec::new();
    name.extend_from_slice(file);
    name.extend_from_slice(layout.as_bytes());
    name.extend_from_slice(&number.to_be_bytes());
    name.extend_from_slice(&Sha256::digest(content));
    Uuid::new_v5(&NAMESPACE, &name).to_string()
}

/// Makes the endpoint of a server.
///
/// # Errors
/// [`Stopped::Address`].
pub fn endpoint(address: &str) -> Result<Endpoint, Stopped> {
    let with_scheme = if address.contains("://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    };
    let endpoint = Endpoint::from_shared(with_scheme).map_err(|_| Stopped::Address(address.to_owned()))?;
    Ok(endpoint
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(10))
        .http2_keep_alive_interval(KEEPALIVE_EVERY)
        .keep_alive_timeout(KEEPALIVE_WAIT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(2 << 20))
}

/// Sends every batch that comes from `source` and tells `told` of each answer.
///
/// # Errors
/// [`Stopped`]; what was answered until then stands.
pub async fn drive<L: Lane>(
    lane: &L,
    endpoint: &Endpoint,
    (file, layout): (&[u8; 32], &str),
    mut source: mpsc::Receiver<Batch>,
    patience: &Patience,
    told: &mut dyn Told,
) -> Result<(), Stopped> {
    let mut driver = Driver {
        lane,
        file,
        layout,
        open: Vec::new(),
        is_over: false,
    };
    let mut last_progress = (patience.elapsed)();
    let mut limit = FIRST_PATIENCE;
    let mut wait = WAIT_FIRST;
    loop {
        let answered = driver.answered(endpoint, &mut source, told).await;
        let (progress, stopped) = match answered {
            Ok(()) => return Ok(()),
            Err(broken) => broken,
        };
        if progress > 0 {
            (last_progress, limit, wait) = ((patience.elapsed)(), patience.wait, WAIT_FIRST);
        }
        let (words, asked) = match stopped {
            Broken::Fatal(stopped) => return Err(stopped),
            Broken::Passing { words, wait } => (words, wait),
        };
        let next = asked.unwrap_or(wait);
        if (patience.elapsed)().saturating_sub(last_progress) + next > limit {
            return Err(Stopped::Unreachable { words });
        }
        told.waits(&words, next);
        tokio::time::sleep(next).await;
        wait = (2 * wait).min(WAIT_MAX);
    }
}

/// Why one stream came to its end before everything was answered.
enum Broken {
    Fatal(Stopped),
    /// Worth another try, after this long if the server says so.
    Passing {
        words: String,
        wait: Option<Duration>,
    },
}

struct Driver<'a, L: Lane> {
    lane: &'a L,
    file: &'a [u8; 32],
    layout: &'a str,
    open: Vec<Open<L::Request>>,
    /// No further batch comes.
    is_over: bool,
}

impl<L: Lane> Driver<'_, L> {
    /// Runs one stream to its end; an error comes with the number of batches answered until then.
    async fn answered(
        &mut self,
        endpoint: &Endpoint,
        source: &mut mpsc::Receiver<Batch>,
        told: &mut dyn Told,
    ) -> Result<(), (u64, Broken)> {
        let mut progress = 0;
        match self.run(endpoint, source, told, &mut progress).await {
            Ok(()) => Ok(()),
            Err(broken) => Err((progress, broken)),
        }
    }

    async fn run(
        &mut self,
        endpoint: &Endpoint,
        source: &mut mpsc::Receiver<Batch>,
        told: &mut dyn Told,
        progress: &mut u64,
    ) -> Result<(), Broken> {
        // Nothing to say is no reason to connect.
        self.take(source, told).await?;
        if self.is_done() {
            return Ok(());
        }
        let channel = endpoint.connect().await.map_err(|error| Broken::Passing {
            words: innermost(&error),
            wait: None,
        })?;
        let (requests, mut answers) = self.reopen(channel).await?;
        while !self.is_done() {
            tokio::select! {
                answer = answers.next() => match answer {
                    Some(Ok(answer)) => {
                        self.settle(answer, told)?;
                        *progress += 1;
                    }
                    Some(Err(status)) => return Err(broken(status)),
                    None => return Err(Broken::Passing { words: "the stream ended".to_owned(), wait: None }),
                },
                batch = source.recv(), if !self.is_over && self.open.len() < UNANSWERED_MAX => {
                    if let Some(request) = self.opened(batch, told)? {
                        // Where the stream is gone, its last answer says why.
                        _ = requests.send(request).await;
                    }
                }
            }
        }
        drop(requests);
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.is_over && self.open.is_empty()
    }

    /// Waits for a first batch, unless some are open.
    async fn take(&mut self, source: &mut mpsc::Receiver<Batch>, told: &mut dyn Told) -> Result<(), Broken> {
        while self.open.is_empty() && !self.is_over {
            let batch = source.recv().await;
            self.opened(batch, told)?;
        }
        Ok(())
    }

    /// Puts a batch among the open ones; `None` where there is nothing to send.
    fn opened(&mut self, batch: Option<Batch>, told: &mut dyn Told) -> Result<Option<L::Request>, Broken> {
        let Some(batch) = batch else {
            self.is_over = true;
            return Ok(None);
        };
        if batch.sent.is_empty() {
            told.answered(&batch, &BatchOutcome::default())
                .map_err(Broken::Fatal)?;
            return Ok(None);
        }
        let mut request = self.lane.request(&batch.sent);
        let id = request_id(self.file, self.layout, batch.number, &L::content(&request));
        L::name(&mut request, id.clone());
        let sent = request.clone();
        self.open.push(Open { id, batch, request });
        Ok(Some(sent))
    }

    /// Opens a stream and sends again what is open.
    async fn reopen(
        &mut self,
        channel: Channel,
    ) -> Result<(mpsc::Sender<L::Request>, Answers<L::Answer>), Broken> {
        let (requests, sent) = mpsc::channel(UNANSWERED_MAX);
        for open in &self.open {
            requests
                .try_send(open.request.clone())
                .expect("no more are open than the channel holds");
        }
        let answers = self
            .lane
            .open(channel, ReceiverStream::new(sent))
            .await
            .map_err(broken)?;
        Ok((requests, answers))
    }

    fn settle(&mut self, answer: L::Answer, told: &mut dyn Told) -> Result<(), Broken> {
        let contract = |words| Broken::Fatal(Stopped::Contract(words));
        let answered = self
            .lane
            .read(answer)
            .ok_or_else(|| contract("an answer without result"))?;
        let is_meant = |open: &Open<_>| open.id == answered.request_id;
        let place = self.open.iter().position(is_meant);
        let place = place.ok_or_else(|| contract("an answer to what was not sent"))?;
        match answered.outcome {
            // What is to be sent again stays open: the next stream begins with it.
            Err(status) => Err(broken(*status)),
            Ok(outcome) if outcome.rows.len() != self.open[place].batch.sent.len() => {
                Err(contract("an answer with another number of rows"))
            }
            Ok(outcome) => {
                let open = self.open.remove(place);
                told.answered(&open.batch, &outcome).map_err(Broken::Fatal)
            }
        }
    }
}

/// Says whether a status is worth another try: one without a reason of the service is of the connection.
#[must_use]
pub fn passes(status: &Status) -> bool {
    let has_reason = status.get_details_error_info().is_some();
    match status.code() {
        Code::Unavailable
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::DeadlineExceeded
        | Code::Cancelled => true,
        Code::Unknown | Code::Internal => !has_reason,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

fn broken(status: Status) -> Broken {
    if !passes(&status) {
        return Broken::Fatal(Stopped::Refused(Box::new(status)));
    }
    let wait = status
        .get_details_retry_info()
        .and_then(|retry| retry.retry_delay);
    Broken::Passing {
        words: status.message().to_owned(),
        wait,
    }
}

/// The words of the error that began it all, such as "Connection refused".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_one_name_for_each_content_and_place() {
        let id =
            |file: u8, layout: &str, number, content: &[u8]| request_id(&[file; 32], layout, number, content);
        let first = id(1, "COMMITMENT", 0, b"rows");
        assert_eq!(first, id(1, "COMMITMENT", 0, b"rows"));
        for other in [
            id(2, "COMMITMENT", 0, b"rows"),
            id(1, "PENALTY_V2", 0, b"rows"),
            id(1, "COMMITMENT", 1, b"rows"),
            id(1, "COMMITMENT", 0, b"row"),
        ] {
            assert_ne!(first, other);
        }
        assert!(Uuid::parse_str(&first).is_ok());
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let passes = |code| matches!(broken(Status::new(code, "x")), Broken::Passing { .. });
        assert!(passes(Code::Unavailable) && passes(Code::Unknown) && passes(Code::ResourceExhausted));
        assert!(
            !passes(Code::InvalidArgument) && !passes(Code::PermissionDenied) && !passes(Code::Unimplemented)
        );
        let ours = tonic_types::ErrorDetails::with_error_info(
            "STORAGE_FAILED",
            "credence.supervision",
            std::collections::HashMap::new(),
        );
        let status = Status::with_error_details(Code::Internal, "x", ours);
        assert!(matches!(broken(status), Broken::Fatal(Stopped::Refused(_))));
    }
}
