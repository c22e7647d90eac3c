//! Facts about notice pairs, kinds 70 to 84. One fact is one event for those who follow pairs.
//!
//! What a pair is after each of them, [`Pair::after`](super::notice::Pair::after) says.
//!
//! Source: `domain.md` 4.

use super::catalog::DepartmentCode;
use super::civil_date::CivilDate;
use super::notice::{Clock, ClockSet, Exclusion, NoticeName, Numbered, Verdict};
use super::notice_content::NoticeContent;
use super::record::RecordKind;
use super::revision::Revision;
use super::service_mode::Delivery;
use super::social_credit_code::SocialCreditCode;
use super::subject_fact::Who;

/// A fact about a notice pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeFact {
    /// Notice, number, decision and deadlines, whole or not at all.
    Issued(Box<IssuedFact>),
    /// A decision in scope arrived for which nothing was prepared.
    Owed(Box<OwedFact>),
    /// The record of a pair's decision arrived.
    Matched(MatchedFact),
    /// A receipt of a delivery or of an attempt.
    Received(Box<ReceiptFact>),
    /// Both documents are delivered: together or late, for good.
    Judged(JudgedFact),
    Suspended(SuspendedFact),
    Resumed(ResumedFact),
    /// By a changed calendar an open deadline is another day.
    Moved(MovedFact),
    /// A deadline passed; said once.
    Overdue(OverdueFact),
    Voided(VoidedFact),
    /// What voided it was taken back.
    Restored(RestoredFact),
    /// The record says something else than the notice; an officer replaces the notice or leaves it.
    Questioned(QuestionedFact),
    /// What was withdrawn or changed is taken down.
    TakenDown(TakenDownFact),
    /// Decisions that get no pair, of one command.
    OutOfScope(ScopeFact),
}

impl NoticeFact {
    /// The kind number of the fact; stored, never reused.
    #[must_use]
    pub fn kind_number(&self) -> u16 {
        match self {
            Self::Issued(_) => 70,
            Self::Owed(_) => 71,
            Self::Matched(_) => 72,
            Self::Received(_) => 73,
            Self::Judged(_) => 74,
            Self::Suspended(_) => 75,
            Self::Resumed(_) => 76,
            Self::Moved(_) => 77,
            Self::Overdue(_) => 78,
            Self::Voided(_) => 79,
            Self::Restored(_) => 80,
            Self::Questioned(_) => 81,
            Self::TakenDown(_) => 82,
            Self::OutOfScope(_) => 83,
        }
    }

    /// The name of the kind in exports and logs.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Issued(_) => "notice_issued",
            Self::Owed(_) => "notice_owed",
            Self::Matched(_) => "notice_matched",
            Self::Received(_) => "receipt_recorded",
            Self::Judged(_) => "notice_judged",
            Self::Suspended(_) => "notice_clock_suspended",
            Self::Resumed(_) => "notice_clock_resumed",
            Self::Moved(_) => "notice_deadline_moved",
            Self::Overdue(_) => "notice_overdue",
            Self::Voided(_) => "notice_voided",
            Self::Restored(_) => "notice_restored",
            Self::Questioned(_) => "notice_questioned",
            Self::TakenDown(_) => "notice_taken_down",
            Self::OutOfScope(_) => "notices_out_of_scope",
        }
    }

    /// The pair that a fact recorded at `at` is about; `None` where it is about none.
    #[must_use]
    pub fn pair(&self, at: Revision) -> Option<Revision> {
        match self {
            Self::Issued(fact) => Some(fact.pair.unwrap_or(at)),
            Self::Owed(_) => Some(at),
            Self::Matched(fact) => Some(fact.of.pair),
            Self::Received(fact) => Some(fact.of.pair),
            Self::Judged(fact) => Some(fact.of.pair),
            Self::Suspended(fact) => Some(fact.of.pair),
            Self::Resumed(fact) => Some(fact.of.pair),
            Self::Moved(fact) => Some(fact.of.pair),
            Self::Overdue(fact) => Some(fact.of.pair),
            Self::Voided(fact) => Some(fact.of.pair),
            Self::Restored(fact) => Some(fact.of.pair),
            Self::Questioned(fact) => Some(fact.of.pair),
            Self::TakenDown(fact) => Some(fact.of.pair),
            Self::OutOfScope(_) => None,
        }
    }

    /// The subject a fact is about, by whose kind it is sealed; `None` where it is about several.
    #[must_use]
    pub fn who(&self) -> Option<Who> {
        match self {
            Self::Issued(fact) => Some(fact.who),
            Self::Owed(fact) => Some(fact.who),
            Self::Matched(fact) => Some(fact.of.who),
            Self::Received(fact) => Some(fact.of.who),
            Self::Judged(fact) => Some(fact.of.who),
            Self::Suspended(fact) => Some(fact.of.who),
            Self::Resumed(fact) => Some(fact.of.who),
            Self::Moved(fact) => Some(fact.of.who),
            Self::Overdue(fact) => Some(fact.of.who),
            Self::Voided(fact) => Some(fact.of.who),
            Self::Restored(fact) => Some(fact.of.who),
            Self::Questioned(fact) => Some(fact.of.who),
            Self::TakenDown(fact) => Some(fact.of.who),
            Self::OutOfScope(_) => None,
        }
    }
}

/// A deadline, or the year whose calendar is wanting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueDay {
    /// The last day in time.
    On(CivilDate),
    /// It depends on a year that has no calendar yet.
    NoCalendar(i16),
}

impl DueDay {
    /// The day, where it is known.
    #[must_use]
    pub fn day(self) -> Option<CivilDate> {
        match self {
            Self::On(day) => Some(day),
            Self::NoCalendar(_) => None,
        }
    }
}

/// Which pair a later fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of {
    /// First revision of the pair.
    pub pair: Revision,
    pub who: Who,
}

/// A notice with its number, its decision and its deadlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedFact {
    /// First revision of the owed pair whose notice it is; `None` where it opens a pair.
    pub pair: Option<Revision>,
    pub name: NoticeName,
    /// The kind is a person's also where only the number is one.
    pub who: Who,
    pub body: SocialCreditCode,
    pub department: DepartmentCode,
    /// By which decision and record find the pair; under the lookup key if the party is a person.
    pub key: [u8; 16],
    pub number: Numbered,
    /// The whole notice, its number and the decision included.
    pub content: NoticeContent,
    pub clocks: Vec<ClockSet>,
    /// First revision of the decision's record, where it is here already.
    pub record: Option<Revision>,
    /// First revision of the pair whose place it takes.
    pub replaces: Option<Revision>,
    /// Day of issue.
    pub on: CivilDate,
}

impl IssuedFact {
    /// Kind and date of the decision.
    #[must_use]
    pub fn decision(&self) -> (RecordKind, CivilDate) {
        (self.content.reference.kind, self.content.reference.decided_on)
    }
}

/// A pair that is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedFact {
    pub name: NoticeName,
    pub who: Who,
    pub body: SocialCreditCode,
    pub department: DepartmentCode,
    pub key: [u8; 16],
    pub kind: RecordKind,
    pub decided_on: CivilDate,
    pub decision_number: String,
    /// First revision of the decision's record.
    pub record: Revision,
    pub clocks: Vec<ClockSet>,
    pub on: CivilDate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedFact {
    pub of: Of,
    /// First revision of the record.
    pub record: Revision,
    /// Day of its receipt.
    pub on: CivilDate,
}

/// A receipt 送达回证 for one document or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptFact {
    pub of: Of,
    pub of_decision: bool,
    pub of_notice: bool,
    pub delivery: Delivery,
    /// From which day it delivers; `None` for an attempt that failed.
    pub served: Option<CivilDate>,
    /// Revision of the receipt for the other document.
    pub linked: Option<Revision>,
    /// It came after what it could change was settled.
    pub is_late_event: bool,
    /// Day on which it came here.
    pub on: CivilDate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedFact {
    pub of: Of,
    pub verdict: Verdict,
    pub decision_on: CivilDate,
    pub notice_on: CivilDate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspendedFact {
    pub of: Of,
    pub clock: Clock,
    /// First day that does not count.
    pub on: CivilDate,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumedFact {
    pub of: Of,
    pub clock: Clock,
    /// First day that counts again.
    pub on: CivilDate,
    /// Working days for which it was suspended.
    pub days: u16,
    pub due: DueDay,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedFact {
    pub of: Of,
    pub clock: Clock,
    pub from: DueDay,
    pub to: DueDay,
    /// Revision at which the calendar was adopted.
    pub by: Revision,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueFact {
    pub of: Of,
    pub clock: Clock,
    /// The last day in time.
    pub due: CivilDate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidedFact {
    pub of: Of,
    /// Revision of the fact that ended the record; `None` where an officer said it before any record came.
    pub by: Option<Revision>,
    pub on: CivilDate,
    /// The take-down clock; `None` where nothing was shown.
    pub clock: Option<ClockSet>,
    pub reason: String,
    /// Number of the document it rests on.
    pub basis: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoredFact {
    pub of: Of,
    /// Revision of the fact that revived the record.
    pub by: Revision,
    pub on: CivilDate,
    /// Clocks that begin anew: delivery, where it is still to be made.
    pub clocks: Vec<ClockSet>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionedFact {
    pub of: Of,
    /// Revision of the snapshot or end that says something else.
    pub by: Revision,
    /// What differs, by the names of [`differences`](crate::domain::notice_fact::Difference).
    pub differs: Vec<Difference>,
    /// The take-down clock, where a ruling changed a decision that is shown.
    pub clock: Option<ClockSet>,
    pub on: CivilDate,
}

/// What of a record differs from its notice. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Difference {
    DecidedOn = 1,
    PenaltyKinds = 2,
    Fine = 3,
    Confiscated = 4,
    Violation = 5,
    /// The record is deleted here; the decision may stand.
    Deleted = 6,
    /// A ruling changed the decision.
    Ruling = 7,
    /// The record is of another party or number now.
    Party = 8,
}

super::numbered::numbered!(Difference {
    DecidedOn,
    PenaltyKinds,
    Fine,
    Confiscated,
    Violation,
    Deleted,
    Ruling,
    Party,
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenDownFact {
    pub of: Of,
    pub on: CivilDate,
    /// How the public was told why.
    pub explanation: String,
}

/// Decisions that get no pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeFact {
    pub records: Vec<OutOfScope>,
}

/// A decision that gets no pair, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfScope {
    /// First revision of the record.
    pub record: Revision,
    pub reason: Exclusion,
}
