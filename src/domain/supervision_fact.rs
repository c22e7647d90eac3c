//! Facts of supervision: breaches, revivals, excuses for lateness, months confirmed as empty.

use super::breach::Breach;
use super::civil_date::{CivilDate, Month};
use super::finding::Finding;
use super::reporting::{DataKind, Reporter};
use super::revision::Revision;
use super::subject::{SubjectKind, SubjectNumber};
use super::timeliness::Cause;

/// A fact of kinds 50 to 59.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupervisionFact {
    /// The first report of a breach.
    BreachRecorded(Box<BreachFact>),
    /// A later one: the breach went on, or was corrected.
    BreachUpdated(Box<BreachFact>),
    CommitmentRevived(RevivalFact),
    ExcuseFiled(ExcuseFact),
    ExcuseJudged(JudgmentFact),
    ZeroReported(ZeroReportFact),
    /// Rows were told with natural persons in full.
    ReadInFull(ReadInFullFact),
}

impl SupervisionFact {
    /// The kind number of the fact; stored, never reused.
    #[must_use]
    pub fn kind_number(&self) -> u16 {
        match self {
            Self::BreachRecorded(_) => 50,
            Self::BreachUpdated(_) => 51,
            Self::CommitmentRevived(_) => 52,
            Self::ExcuseFiled(_) => 53,
            Self::ExcuseJudged(_) => 54,
            Self::ZeroReported(_) => 55,
            Self::ReadInFull(_) => 56,
        }
    }

    /// The name of the kind in exports and logs.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::BreachRecorded(_) => "breach_recorded",
            Self::BreachUpdated(_) => "breach_updated",
            Self::CommitmentRevived(_) => "commitment_revived",
            Self::ExcuseFiled(_) => "excuse_filed",
            Self::ExcuseJudged(_) => "excuse_judged",
            Self::ZeroReported(_) => "zero_reported",
            Self::ReadInFull(_) => "read_in_full",
        }
    }
}

/// A page of rows that was told with natural persons in full, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadInFullFact {
    pub purpose: String,
    /// Revisions of the snapshots that were told.
    pub rows: Vec<Revision>,
}

/// A breach as it stands from here on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreachFact {
    pub subject: SubjectNumber,
    pub subject_kind: SubjectKind,
    /// Revision of the commitment's first snapshot.
    pub commitment: Revision,
    pub received_on: CivilDate,
    /// Counts the snapshots of the breach, from 1.
    pub snapshot: u32,
    pub breach: Breach,
    pub findings: Vec<Finding>,
}

/// A withdrawn commitment counts again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevivalFact {
    pub subject: SubjectNumber,
    pub subject_kind: SubjectKind,
    /// Revision of the commitment's first snapshot.
    pub first: Revision,
    pub reason: String,
}

/// What is said to excuse lateness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excuse {
    pub reporter: Reporter,
    pub data: DataKind,
    /// First and last day of receipt of the late rows, both included.
    pub received_from: CivilDate,
    pub received_until: CivilDate,
    pub cause: Cause,
    pub text: String,
    /// References to what proves it.
    pub evidence: Vec<String>,
}

impl Excuse {
    /// Says whether the excuse is about what somebody reported on a day.
    #[must_use]
    pub fn covers(&self, data: DataKind, reporters: &[Reporter], received_on: CivilDate) -> bool {
        self.data == data
            && reporters.contains(&self.reporter)
            && self.received_from <= received_on
            && received_on <= self.received_until
    }
}

/// An excuse was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcuseFact {
    pub excuse: Excuse,
    pub filed_on: CivilDate,
}

/// An excuse was judged, or judged anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgmentFact {
    /// Revision at which the excuse was filed.
    pub excuse: Revision,
    pub is_accepted: bool,
    pub reason: String,
    pub judged_on: CivilDate,
    /// Counts the judgments of the excuse, from 1.
    pub number: u32,
}

/// A month is truly empty 零报告.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZeroReportFact {
    pub reporter: Reporter,
    pub data: DataKind,
    /// Month of the promise or decision.
    pub month: Month,
    pub remarks: String,
    pub received_on: CivilDate,
}
