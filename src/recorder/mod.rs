//! The one writer: decide, append, apply, answer.
//!
//! Orders wait in a bounded queue; whatever waits when a group begins goes into it, so that one sync
//! serves many, with no timer. Nothing is answered before it is durable. Read first: `writer`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Principal, RequestId, RowOutcome};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Place, Revision};
use crate::domain::subject::SubjectNumber;
use crate::domain::supervision_fact::ReadInFullFact;
use crate::grading::commands::GradeCommand;
use crate::group::memory::Memory;
use crate::group::unsettled;
use crate::ingest::breach::{RecordBreach, ReviveCommitment};
use crate::ingest::commands::{RecordCommitments, RecordPerformance, WithdrawCommitment};
use crate::ingest::records::commands::RecordCommand;
use crate::ingest::withdrawals::WithdrawBatches;
use crate::notices::commands::NoticeCommand;
use crate::oversight::OversightCommand;
use crate::policy::{Kind, Policies};
use crate::store::record::Facts;
use crate::store::{Head, Tables, View};
use crate::subjects::commands::SubjectCommand;

mod data;
pub mod in_memory;
#[cfg(test)]
mod in_memory_tests;
pub mod start;
mod writer;

pub use data::RefusedData;

/// Format numbers of what is written, for those who ask.
pub const LEDGER_FORMAT: u16 = crate::ledger::frame::FORMAT;
pub const TABLES_FORMAT: u8 = crate::store::reflects::VERSION;

/// After which time a caller that found the queue full may try again.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// How often a read that asks for a later revision looks again, at most until its deadline.
const REVISION_WAIT_MAX: Duration = Duration::from_secs(5);

/// Reads the wall clock.
pub type Now = Arc<dyn Fn() -> Instant + Send + Sync>;
/// Reads a clock that never goes back; only differences count.
pub type Monotonic = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What is asked of the recorder.
#[derive(Clone, Debug)]
pub enum Command {
    RecordCommitments(RecordCommitments),
    Withdraw(WithdrawCommitment),
    RecordPerformance(RecordPerformance),
    Record(RecordCommand),
    Subject(SubjectCommand),
    Oversight(OversightCommand),
    Grade(GradeCommand),
    Notice(NoticeCommand),
    RecordBreach(Box<RecordBreach>),
    Revive(ReviveCommitment),
    WithdrawBatches(WithdrawBatches),
    /// A person was looked up; the reading is a fact.
    NoteSealedRead {
        subject: SubjectNumber,
        purpose: String,
    },
    /// Rows are about to be told with natural persons in full; the reading is a fact.
    NoteReadInFull(ReadInFullFact),
    /// Finds out whether a ledger that took no writes takes them again; records nothing.
    Probe,
    /// Turns every day from the last turned one up to this.
    TurnDays {
        until: CivilDate,
    },
}

impl Command {
    /// Says whether effects of it follow in groups of their own.
    fn has_effects(&self) -> bool {
        match self {
            Self::WithdrawBatches(_) | Self::TurnDays { .. } | Self::Grade(GradeCommand::Run { .. }) => true,
            Self::RecordCommitments(_)
            | Self::Withdraw(_)
            | Self::RecordPerformance(_)
            | Self::Record(_)
            | Self::Subject(_)
            | Self::Oversight(_)
            | Self::Grade(_)
            | Self::Notice(_)
            | Self::RecordBreach(_)
            | Self::Revive(_)
            | Self::NoteSealedRead { .. }
            | Self::NoteReadInFull(_)
            | Self::Probe => false,
        }
    }
}

/// A request id with the hash of the whole request, its id left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub id: RequestId,
    pub hash: [u8; 32],
}

/// A command with who asks, and how.
#[derive(Clone, Debug)]
pub struct Order {
    pub principal: Principal,
    /// `None` for what needs no repeating: a noted read, the turn of a day.
    pub request: Option<Request>,
    pub validate_only: bool,
    pub command: Command,
    /// Monotonic reading after which nobody waits for the answer.
    pub deadline: Option<Duration>,
}

/// What an order came to, once it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The end of the group, whose state a read will show at least.
    pub place: Place,
    /// The same request was answered before, and this is that answer.
    pub replayed: bool,
    /// One outcome per row, in order; one for a single record.
    pub outcomes: Vec<RowOutcome>,
}

type Reply = oneshot::Sender<Result<Answer, Refusal>>;

/// Whether the ledger takes writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Serving,
    /// Writes are refused for now, and nothing was half done.
    ReadOnly(String),
    /// A write failed half-way; this process writes no more and ends soon.
    Failed(String),
    Stopped,
}

/// What readers and the writer share.
pub struct Shared {
    pub tables: Arc<dyn Tables>,
    pub facts: Facts,
    /// What was computed before, for writer and readers alike.
    pub memory: Memory,
    /// The data in force.
    pub policies: Arc<Policies>,
    /// Data that was proposed at this start and not adopted for its mistakes.
    pub refused_data: Vec<RefusedData>,
    /// Revision at which each kind of data was adopted last.
    adoptions: Mutex<BTreeMap<String, Revision>>,
    condition: watch::Sender<Condition>,
    head: watch::Sender<Head>,
}

impl Shared {
    /// Tells when the condition changes.
    #[must_use]
    pub fn condition(&self) -> watch::Receiver<Condition> {
        self.condition.subscribe()
    }

    /// The last durable and visible group.
    #[must_use]
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// Tells when a group becomes visible.
    #[must_use]
    pub fn heads(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// Revision at which the data of a kind that is in force was adopted.
    #[must_use]
    pub fn adopted_at(&self, kind: &Kind) -> Revision {
        let adoptions = self.adoptions.lock().unwrap_or_else(PoisonError::into_inner);
        adoptions.get(kind.name).copied().unwrap_or_default()
    }

    /// Remembers an adoption.
    fn adopted(&self, kind: &str, revision: Revision) {
        let mut adoptions = self.adoptions.lock().unwrap_or_else(PoisonError::into_inner);
        adoptions.insert(kind.to_owned(), revision);
    }

    /// A ledger that took no writes takes them again.
    fn serves_again(&self) {
        self.condition.send_if_modified(|condition| {
            std::mem::replace(condition, Condition::Serving) != Condition::Serving
        });
    }

    /// A view of the present state, in which the effects of every fact are seen.
    ///
    /// # Errors
    /// `STORAGE_FAILED`.
    pub fn view(&self) -> Result<Arc<dyn View>, Refusal> {
        let view = self.tables.view();
        view.and_then(|view| unsettled::seen(view, &self.facts))
            .map_err(|error| storage(&error))
    }

    /// Waits until the effects of every fact are settled, or nothing more is written.
    ///
    /// # Errors
    /// `STORAGE_FAILED`; `OUTCOME_UNKNOWN` if the writer ends before.
    pub async fn effects_settled(&self) -> Result<(), Refusal> {
        let mut heads = self.heads();
        let mut condition = self.condition();
        loop {
            heads.mark_unchanged();
            let view = self.tables.view().map_err(|error| storage(&error))?;
            let causes = unsettled::causes(&*view).map_err(|error| storage(&error))?;
            if causes.is_empty() {
                return Ok(());
            }
            let ended =
                |condition: &Condition| matches!(condition, Condition::Failed(_) | Condition::Stopped);
            tokio::select! {
                changed = heads.changed() => changed.map_err(|_| Refusal::plain(Reason::OutcomeUnknown))?,
                _ = condition.wait_for(ended) => return Err(Refusal::plain(Reason::OutcomeUnknown)),
            }
        }
    }

    /// A view that shows at least `place`, waiting a little for it.
    ///
    /// # Errors
    /// `EPOCH_ENDED`, `REVISION_NOT_REACHED`, `STORAGE_FAILED`.
    pub async fn view_at_least(&self, place: Option<Place>) -> Result<Arc<dyn View>, Refusal> {
        let Some(place) = place else { return self.view() };
        let here = self.head().place;
        if place.epoch < here.epoch {
            return Err(Refusal::plain(Reason::EpochEnded)
                .with("asked", place.to_string())
                .with("epoch", here.epoch.0.to_string()));
        }
        let mut heads = self.heads();
        let reached = heads.wait_for(|head| head.place >= place);
        if here < place && !matches!(tokio::time::timeout(REVISION_WAIT_MAX, reached).await, Ok(Ok(_))) {
            return Err(Refusal::plain(Reason::RevisionNotReached)
                .with("asked", place.to_string())
                .with("reached", self.head().place.to_string()));
        }
        self.view()
    }
}

/// Turns a failure of the tables into what a caller is told; the words of the engine go to the log.
#[must_use]
pub fn storage(error: &crate::store::Error) -> Refusal {
    match error {
        crate::store::Error::ViewExpired => Refusal::plain(Reason::ViewExpired),
        crate::store::Error::Engine { .. } => {
            tracing::error!("{error}");
            Refusal::plain(Reason::StorageFailed)
        }
    }
}

/// The callers' end of the queue.
#[derive(Clone)]
pub struct Recorder {
    orders: mpsc::Sender<(Order, Reply)>,
}

impl Recorder {
    /// How many orders wait, and how many may.
    #[must_use]
    pub fn queue(&self) -> (usize, usize) {
        let max = self.orders.max_capacity();
        (max - self.orders.capacity(), max)
    }

    /// Hands an order in and waits for its group; refused at once if the queue is full.
    ///
    /// # Errors
    /// `INGEST_QUEUE_FULL` with the time to wait, and every refusal of the command itself.
    pub async fn submit(&self, order: Order) -> Result<Answer, Refusal> {
        let (reply, answer) = oneshot::channel();
        match self.orders.try_send((order, reply)) {
            Ok(()) => settled(answer).await,
            Err(mpsc::error::TrySendError::Full(_)) => {
                Err(Refusal::plain(Reason::IngestQueueFull).retry_after(RETRY_AFTER))
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refusal::plain(Reason::ShuttingDown)),
        }
    }

    /// The same for a stream, which is held back instead of refused; the answer comes by the receiver.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`.
    pub async fn enqueue(
        &self,
        order: Order,
    ) -> Result<impl Future<Output = Result<Answer, Refusal>> + use<>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let sent = self.orders.send((order, reply)).await;
        sent.map_err(|_| Refusal::plain(Reason::ShuttingDown))?;
        Ok(settled(answer))
    }
}

async fn settled(answer: oneshot::Receiver<Result<Answer, Refusal>>) -> Result<Answer, Refusal> {
    // A writer that ends without an answer leaves the outcome open.
    answer
        .await
        .unwrap_or_else(|_| Err(Refusal::plain(Reason::OutcomeUnknown)))
}
