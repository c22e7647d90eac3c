//! What all services share, and the moves that all their methods make.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tonic::metadata::AsciiMetadataValue;
use tonic::{Code, Extensions, Response, Status};

use super::blocking::Readers;
use super::convert::requests;
use super::gate::{Caller, Gate};
use super::manners::Deadline;
use crate::clock::{Clock, ClockTrust, TestClock};
use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Principal;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Epoch, Place, Revision};
use crate::domain::supervision_fact::ReadInFullFact;
use crate::ingest::commands::CommitmentName;
use crate::ingest::read;
use crate::recorder::{self, Command, Monotonic, Order, Recorder, Shared};
use crate::store::View;
use crate::store::record::Facts;

/// Header that names the revision an answer reflects.
pub const REVISION_HEADER: &str = "credence-revision";

/// What the services are made of.
pub struct Parts {
    pub recorder: Recorder,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    /// The same clock, if it is one that is moved by hand.
    pub test_clock: Option<Arc<TestClock>>,
    /// Whether the clock is believed.
    pub trust: Arc<ClockTrust>,
    /// Reads a clock that never goes back, as the recorder does.
    pub monotonic: Monotonic,
    /// Turns true when the server stops.
    pub stopping: watch::Receiver<bool>,
    /// Whether natural persons may be read in full.
    pub reads_in_full: bool,
    /// Largest message taken, in bytes.
    pub message_size_max: usize,
    /// Who may do what.
    pub gate: Arc<Gate>,
}

/// What each service works with: the parts, and a bounded way off the async threads.
#[derive(Clone)]
pub struct Context {
    pub parts: Arc<Parts>,
    pub readers: Readers,
}

impl std::ops::Deref for Context {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl From<Parts> for Context {
    fn from(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            readers: Readers::default(),
        }
    }
}

impl Context {
    /// Who asks, and within which bounds; the gate has let him in.
    ///
    /// # Errors
    /// `PERMISSION_REFUSED` for a call that did not come through the gate.
    pub fn caller<'a>(&self, extensions: &'a Extensions) -> Result<&'a Caller, Refusal> {
        extensions
            .get::<Caller>()
            .ok_or_else(|| Refusal::plain(Reason::PermissionRefused))
    }

    /// Under whose name a fact is recorded.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub fn principal(&self, extensions: &Extensions) -> Result<Principal, Refusal> {
        Ok(self.caller(extensions)?.principal().clone())
    }

    /// Who reads natural persons in full, and for what. With a list of principals the roles say who may;
    /// without one the operator does, for all.
    ///
    /// # Errors
    /// `PERMISSION_REFUSED`, `PURPOSE_REQUIRED`, `MALFORMED_VALUE`.
    pub fn in_full(&self, extensions: &Extensions, purpose: &str) -> Result<(Principal, String), Refusal> {
        let principal = self.principal(extensions)?;
        if !self.gate.has_list() && !self.reads_in_full {
            return Err(Refusal::plain(Reason::PermissionRefused).with("setting", "reads_in_full".to_owned()));
        }
        if purpose.trim().is_empty() {
            return Err(Refusal::plain(Reason::PurposeRequired).violating("purpose", "is required"));
        }
        let purpose = requests::text("purpose", purpose, requests::PURPOSE_LENGTH_MAX)?;
        Ok((principal, purpose))
    }

    /// Says that a commitment of another's is not there, in the words for one that is not.
    ///
    /// # Errors
    /// `COMMITMENT_UNKNOWN`; `PERMISSION_REFUSED` as in [`Self::caller`].
    pub fn own_commitment(&self, extensions: &Extensions, name: &CommitmentName) -> Result<(), Refusal> {
        let catalog = &self.shared.policies.catalog;
        if self.caller(extensions)?.scope().has_body(name.body, catalog) {
            return Ok(());
        }
        Err(Refusal::plain(Reason::CommitmentUnknown).with("name", name.to_string()))
    }

    /// Bounds a question about many commitments or records to what its caller may see.
    ///
    /// # Errors
    /// `PERMISSION_REFUSED`.
    pub fn narrowed(
        &self,
        extensions: &Extensions,
        asked: Option<DepartmentCode>,
    ) -> Result<Option<DepartmentCode>, Refusal> {
        self.caller(extensions)?.scope().narrowed(asked)
    }

    /// Records a reading in full before anything of it is told; one of nothing leaves nothing.
    ///
    /// # Errors
    /// The recorder's.
    pub async fn note(
        &self,
        (principal, purpose): (Principal, String),
        rows: Vec<Revision>,
        deadline: Option<Duration>,
    ) -> Result<(), Refusal> {
        if rows.is_empty() {
            return Ok(());
        }
        let order = Order {
            principal,
            request: None,
            validate_only: false,
            command: Command::NoteReadInFull(ReadInFullFact { purpose, rows }),
            deadline,
        };
        self.recorder.submit(order).await.map(drop)
    }

    /// The day on which what comes in now is received.
    #[must_use]
    pub fn today(&self) -> CivilDate {
        CivilDate::of_instant(self.clock.now())
    }

    /// The call's deadline as the recorder counts.
    #[must_use]
    pub fn deadline(&self, extensions: &Extensions) -> Option<Duration> {
        let deadline = extensions.get::<Deadline>()?;
        let left = deadline.0.saturating_duration_since(Instant::now());
        Some((self.monotonic)() + left)
    }

    /// Answers a question off the async threads, over a view that shows at least `min_revision`.
    ///
    /// # Errors
    /// `MALFORMED_REVISION`, `EPOCH_ENDED`, `REVISION_NOT_REACHED`; those of `ask`.
    pub async fn read<T: Send + 'static>(
        &self,
        min_revision: &str,
        ask: impl FnOnce(&Reading<'_>) -> Result<T, read::Error> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let least = requests::min_revision(min_revision)?;
        let view = self.shared.view_at_least(least).await?;
        let shared = Arc::clone(&self.shared);
        let (answer, place) = self
            .readers
            .run(move || {
                let place = view.head().map_or_else(|| shared.head().place, |head| head.place);
                let reading = Reading {
                    view: &*view,
                    facts: &shared.facts,
                    place,
                };
                ask(&reading).map(|answer| (answer, place)).map_err(refusal)
            })
            .await?;
        Ok(reflecting(answer, place))
    }
}

/// What a question is answered from.
pub struct Reading<'a> {
    pub view: &'a dyn View,
    pub facts: &'a Facts,
    /// What the view reflects.
    pub place: Place,
}

impl Reading<'_> {
    /// The epoch of everything in the view.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.place.epoch
    }
}

/// An answer with the header that names its revision.
#[must_use]
pub fn reflecting<T>(answer: T, place: Place) -> Response<T> {
    let mut response = Response::new(answer);
    let value = AsciiMetadataValue::try_from(place.to_string()).expect("a revision is ASCII");
    response.metadata_mut().insert(REVISION_HEADER, value);
    response
}

/// What a caller is told of a failed read; the chain goes to the log.
#[must_use]
pub fn refusal(error: read::Error) -> Refusal {
    match error {
        read::Error::Refused(refusal) => refusal,
        read::Error::Store(error) => recorder::storage(&error),
        read::Error::Record(error) => {
            tracing::error!("a record cannot be read: {error}");
            let reason = match error {
                crate::store::record::Error::Corrupt(..) | crate::store::record::Error::Absent(_) => {
                    Reason::RecordCorrupt
                }
                crate::store::record::Error::Disk(_) => Reason::StorageFailed,
            };
            Refusal::plain(reason)
        }
    }
}

/// Says whether a status only tells that the caller went away.
#[must_use]
pub fn is_gone(status: &Status) -> bool {
    status.code() == Code::Cancelled
}
