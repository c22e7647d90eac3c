//! Facts: what was reported, decided or settled. Never changed; a correction is a fact of its own.

use super::catalog::DepartmentCode;
use super::civil_date::CivilDate;
use super::commitment::{Commitment, CommitmentCode, Performance};
use super::finding::Finding;
use super::grade_fact::GradeFact;
use super::notice_fact::NoticeFact;
use super::numbered::numbered;
use super::record_fact::RecordFact;
use super::record_name::RecordName;
use super::revision::{Place, Revision, Span};
use super::social_credit_code::SocialCreditCode;
use super::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use super::subject_fact::SubjectFact;
use super::supervision_fact::SupervisionFact;

/// Who asked for a fact. On loopback, without a list of principals, everybody is [`Principal::local`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal(String);

impl Principal {
    /// The one principal of a loopback listener: every role.
    #[must_use]
    pub fn local() -> Self {
        Self("local".to_owned())
    }

    /// The service itself, for facts nobody asked for: its start, the turn of a day.
    #[must_use]
    pub fn service() -> Self {
        Self("service".to_owned())
    }

    /// Takes a name as it stands in a stored fact.
    #[must_use]
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id a caller gives a write, so that it can be repeated: a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub [u8; 16]);

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    Created = 1,
    /// Its content stands already, as the current or an earlier snapshot.
    Repeated = 2,
    /// It became a new snapshot; the earlier ones are kept.
    Corrected = 3,
    Refused = 4,
}

numbered!(Outcome {
    Created,
    Repeated,
    Corrected,
    Refused
});

/// The answer to one row, as it is given again to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOutcome {
    pub outcome: Outcome,
    /// Revision of the snapshot meant; zero if refused.
    pub revision: Revision,
    /// Counts snapshots from 1; zero if refused.
    pub snapshot: u32,
    pub findings: Vec<Finding>,
    /// What became of items 11 to 16 of a commitment, if any was filled.
    pub performance: Option<Box<RowOutcome>>,
    /// The name of the credit record meant, which only the ledger knows; a commitment's is in its row.
    pub record: Option<RecordName>,
}

impl RowOutcome {
    /// An outcome that stands in the ledger as a snapshot.
    #[must_use]
    pub fn of(outcome: Outcome, revision: Revision, snapshot: u32, findings: Vec<Finding>) -> Self {
        Self {
            outcome,
            revision,
            snapshot,
            findings,
            performance: None,
            record: None,
        }
    }

    #[must_use]
    pub fn refused(findings: Vec<Finding>) -> Self {
        Self::of(Outcome::Refused, Revision(0), 0, findings)
    }
}

/// One fact with who asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub principal: Principal,
    pub fact: Fact,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    LedgerOpened {
        id: [u8; 16],
    },
    EpochOpened {
        cause: String,
        kept: Place,
    },
    ServerStarted {
        version: String,
    },
    DayTurned {
        day: CivilDate,
    },
    DataAdopted {
        kind: String,
        files: Vec<(String, Vec<u8>)>,
        sha256: [u8; 32],
        /// The fact that adopted this kind before; `None` for the first.
        replaces: Option<Revision>,
    },
    RequestRecorded {
        id: RequestId,
        hash: [u8; 32],
        outcomes: Vec<RowOutcome>,
    },
    SubjectOpened {
        number: SubjectNumber,
        name: SubjectName,
        kind: SubjectKind,
        identity: Identity,
        reported_name: String,
    },
    CommitmentRecorded(Box<CommitmentFact>),
    CommitmentCorrected(Box<CommitmentFact>),
    CommitmentWithdrawn {
        first: Revision,
        subject: SubjectNumber,
        subject_kind: SubjectKind,
        reason: String,
    },
    PerformanceRecorded(Box<PerformanceFact>),
    PerformanceCorrected(Box<PerformanceFact>),
    RowStopped {
        body: SocialCreditCode,
        code: CommitmentCode,
        department: DepartmentCode,
        received_on: CivilDate,
        findings: Vec<Finding>,
        row: [u8; 16],
    },
    SealedRead {
        subject: SubjectNumber,
        purpose: String,
    },
    /// What batches created is withdrawn; each commitment's own withdrawal follows in slices.
    BatchesWithdrawn {
        spans: Vec<Span>,
        reason: String,
    },
    /// A slice of the effects of an earlier fact stands, in the group of this one.
    EffectsSettled {
        cause: Revision,
        /// Counts from 1.
        slice: u32,
        /// Where the next slice begins; zero after the last.
        next: Revision,
    },
    /// About subjects themselves, kinds 30 to 49.
    Subject(SubjectFact),
    Record(RecordFact),
    /// Of supervision: breaches, revivals, excuses, zero reports; kinds 50 to 59.
    Supervision(SupervisionFact),
    Grade(GradeFact),
    /// Of notice pairs, kinds 70 to 84.
    Notice(NoticeFact),
}

/// A commitment as recorded or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitmentFact {
    pub subject: SubjectNumber,
    pub department: DepartmentCode,
    /// Day of receipt here, in UTC+8.
    pub received_on: CivilDate,
    /// Revision of the first snapshot; `None` in the first itself.
    pub first: Option<Revision>,
    pub snapshot: u32,
    pub commitment: Commitment,
    pub findings: Vec<Finding>,
}

/// Items 11 to 16 as recorded or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerformanceFact {
    pub subject: SubjectNumber,
    pub subject_kind: SubjectKind,
    /// Revision of the commitment's first snapshot.
    pub commitment: Revision,
    pub received_on: CivilDate,
    pub snapshot: u32,
    pub performance: Performance,
    pub findings: Vec<Finding>,
}
