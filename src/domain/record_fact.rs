//! Facts about credit records, and the state that they make of a record.
//!
//! Records are named by the revision at which they were first recorded. Read first: [`RecordFact`].

use super::catalog::{DepartmentCode, SectorCode};
use super::civil_date::CivilDate;
use super::finding::Finding;
use super::record::{End, Item, Party, Record, Source};
use super::record_name::RecordName;
use super::revision::Revision;
use super::social_credit_code::SocialCreditCode;
use super::subject::{SubjectKind, SubjectNumber};

/// What is recorded about a credit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordFact {
    /// A first snapshot, or a corrected one.
    Recorded(Box<RecordedFact>),
    Ended(Box<EndedFact>),
    Revived(Box<RevivedFact>),
    /// The same content came from another source too.
    SourceAdded(SourceFact),
    /// A row that was refused and is listed to the credit office.
    Stopped(StoppedFact),
    /// A ruling names a decision that is not recorded; the credit office is asked.
    RulingUnmatched {
        /// First revision of the ruling.
        ruling: Revision,
        findings: Vec<Finding>,
    },
    /// That question is answered: the decision is there now, or the ruling no longer stands.
    RulingSettled {
        ruling: Revision,
        /// Revision of the fact that asked.
        unmatched: Revision,
    },
}

impl RecordFact {
    /// The stored kind number.
    #[must_use]
    pub fn kind_number(&self) -> u16 {
        match self {
            Self::Recorded(fact) if fact.first.is_none() => 20,
            Self::Recorded(_) => 21,
            Self::Ended(_) => 22,
            Self::Revived(_) => 23,
            Self::SourceAdded(_) => 24,
            Self::Stopped(_) => 25,
            Self::RulingUnmatched { .. } => 26,
            Self::RulingSettled { .. } => 27,
        }
    }

    /// The name of the kind in exports, logs and digests.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Recorded(fact) if fact.first.is_none() => "record_recorded",
            Self::Recorded(_) => "record_corrected",
            Self::Ended(_) => "record_ended",
            Self::Revived(_) => "record_revived",
            Self::SourceAdded(_) => "record_source_added",
            Self::Stopped(_) => "record_stopped",
            Self::RulingUnmatched { .. } => "ruling_unmatched",
            Self::RulingSettled { .. } => "ruling_settled",
        }
    }
}

/// Whom a fact is about, so that it can be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// First revision of the record.
    pub first: Revision,
    pub subject: SubjectNumber,
    /// [`SubjectKind::Person`] also where only the number is a person's.
    pub subject_kind: SubjectKind,
}

/// A record as recorded or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFact {
    pub name: RecordName,
    pub subject: SubjectNumber,
    pub department: DepartmentCode,
    /// Day of receipt here, in UTC+8.
    pub received_on: CivilDate,
    /// Revision of the first snapshot; `None` in the first itself.
    pub first: Option<Revision>,
    pub snapshot: u32,
    pub record: Record,
    /// Codes of items that name a natural person also where the record is about an organisation.
    pub personal: Vec<String>,
    /// What a ruling of outcome "changed" says it changes; of all other records empty.
    pub changes: String,
    pub source: Source,
    /// The ruling whose change this snapshot carries.
    pub changed_by: Option<ChangedBy>,
    /// To which it belongs by the data in force or an officer's decision about its class, in the order of
    /// their codes; none if nothing matched.
    pub sectors: Vec<SectorCode>,
    pub findings: Vec<Finding>,
}

impl RecordedFact {
    /// The items that are sealed under the subject's key although the record is not.
    pub fn sealed_items(&self) -> impl Iterator<Item = (usize, &Item)> {
        let is_open = !self.record.party.is_personal();
        let items = self.record.items.iter().enumerate();
        items.filter(move |(_, item)| is_open && self.personal.contains(&item.code))
    }
}

/// A change by a ruling, in words: the deciding body reports the changed items in a row of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedBy {
    /// First revision of the ruling.
    pub ruling: Revision,
    /// The snapshot that stood before the ruling, to which its fall leads back.
    pub before: Revision,
    /// What the ruling changes, as it says it.
    pub words: String,
}

/// One of the four ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedFact {
    pub about: About,
    pub end: End,
    /// The day from which the record has come to its end.
    pub on: CivilDate,
    pub reason: String,
    /// Number of the document it rests on; may be empty.
    pub basis: String,
    /// First revision of the ruling whose effect it is; `None` if it was asked for or reported.
    pub ruling: Option<Revision>,
    /// Revision of the weaker end that stood before.
    pub earlier: Option<Revision>,
}

/// An end taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevivedFact {
    pub about: About,
    pub on: CivilDate,
    pub reason: String,
    pub basis: String,
    /// First revision of the ruling that no longer holds.
    pub ruling: Option<Revision>,
    /// The end that stood before the one taken back, and stands again.
    pub restored: Option<Ending>,
}

/// The end in force of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    pub end: End,
    pub on: CivilDate,
    /// Revision of the fact that says so.
    pub fact: Revision,
    /// First revision of the ruling whose effect it is.
    pub ruling: Option<Revision>,
}

/// Another source of the same content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFact {
    pub about: About,
    /// The snapshot whose content it sent.
    pub snapshot: u32,
    pub received_on: CivilDate,
    pub source: Source,
}

/// A row that was stopped. It holds nothing of the row that might be a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedFact {
    pub layout: String,
    pub department: Option<DepartmentCode>,
    /// The deciding body, if the row names one.
    pub body: Option<SocialCreditCode>,
    pub received_on: CivilDate,
    pub findings: Vec<Finding>,
    /// Hash of the whole row, under the lookup key.
    pub row: [u8; 16],
}

/// What a record is at present. It is moved by verbs, never set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordState {
    /// It stands.
    Recorded,
    Ended(End),
}

impl RecordState {
    /// Says whether the record counts as a fact about its subject: a decision that is gone or a row that
    /// should not be here does not, one that was repaired or ran out does.
    #[must_use]
    pub fn stands(self) -> bool {
        match self {
            Self::Recorded | Self::Ended(End::Repaired | End::Expired) => true,
            Self::Ended(End::Withdrawn | End::Deleted) => false,
        }
    }

    /// Says whether the record may come to this end now: only a stronger end follows an end.
    ///
    /// What ran out may still be repaired, deleted or withdrawn; what is withdrawn stays so.
    #[must_use]
    pub fn allows(self, next: End) -> bool {
        match self {
            Self::Recorded => true,
            Self::Ended(present) => strength(present) < strength(next),
        }
    }
}

fn strength(end: End) -> u8 {
    match end {
        End::Expired => 1,
        End::Repaired => 2,
        End::Deleted => 3,
        End::Withdrawn => 4,
    }
}

impl Source {
    /// Says whether anything is known of where the row came from.
    #[must_use]
    pub fn is_stated(&self) -> bool {
        let Self { system, key, batch } = self;
        [system, key, batch].iter().any(|part| !part.is_empty())
    }
}

impl Party {
    /// Says whether what is known of the party is a natural person's.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.kind == SubjectKind::Person || self.identity.kind().is_personal()
    }

    /// The kind by which facts about the party are sealed and hashed.
    #[must_use]
    pub fn sealing_kind(&self) -> SubjectKind {
        if self.is_personal() {
            SubjectKind::Person
        } else {
            self.kind
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stronger_end_follows_an_end() {
        use End::{Deleted, Expired, Repaired, Withdrawn};
        for (number, end) in [Expired, Repaired, Deleted, Withdrawn].into_iter().enumerate() {
            assert!(RecordState::Recorded.allows(end));
            for (other, next) in [Expired, Repaired, Deleted, Withdrawn].into_iter().enumerate() {
                assert_eq!(
                    RecordState::Ended(end).allows(next),
                    number < other,
                    "{end:?} {next:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_withdrawn_or_deleted_counts_no_more_and_the_rest_does() {
        let standing: Vec<End> = End::ALL
            .iter()
            .copied()
            .filter(|end| RecordState::Ended(*end).stands())
            .collect();
        assert_eq!(standing, [End::Repaired, End::Expired]);
        assert!(RecordState::Recorded.stands());
    }
}
