//! Layouts of the tables about credit records other than commitments, 20 to 29.

use bytes::Bytes;

use super::{array_at, joined, subjects::under, u64_at};
use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::record::{End, RecordKind, Severity};
use crate::domain::record_fact::{Ending, RecordState};
use crate::domain::record_name::RecordName;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::store::KeyRange;

/// Bytes of a hash in a key that ends with a revision.
const SHORT_HASH_SIZE: usize = 12;
/// Room for the code of a layout.
const LAYOUT_SIZE: usize = 24;

/// A hash cut for a key.
pub type ShortHash = [u8; SHORT_HASH_SIZE];

/// Kind of a [`SUBJECT_FILE`](super::SUBJECT_FILE) entry of a record.
#[must_use]
pub fn file_kind(kind: RecordKind) -> u8 {
    10 + kind.number()
}

/// Cuts a hash for a key.
#[must_use]
pub fn short(hash: &[u8; 16]) -> ShortHash {
    std::array::from_fn(|place| hash[place])
}

/// Takes such a hash as a table holds it; `None` for other bytes.
#[must_use]
pub fn short_hash(bytes: &[u8]) -> Option<ShortHash> {
    bytes.try_into().ok()
}

/// A key of [`DECISION`](super::DECISION) or [`RULING`](super::RULING).
#[must_use]
pub fn under_decision(decision: &ShortHash, first: Revision) -> Bytes {
    joined(&[decision, &first.0.to_be_bytes()])
}

/// Every row of a decision in those tables.
#[must_use]
pub fn of_decision(decision: &ShortHash) -> KeyRange {
    under(decision)
}

/// The revision in such a key.
#[must_use]
pub fn decision_first(key: &[u8]) -> Revision {
    Revision(u64_at(key, SHORT_HASH_SIZE))
}

/// A key of [`RECORD_SOURCE`](super::RECORD_SOURCE).
#[must_use]
pub fn source_key(first: Revision, source: &[u8; 16]) -> Bytes {
    joined(&[&first.0.to_be_bytes(), &short(source)])
}

/// All sources of a record.
#[must_use]
pub fn sources_of(first: Revision) -> KeyRange {
    under(&first.0.to_be_bytes())
}

/// What [`RULING`](super::RULING) holds: what a ruling does to the decision under whose key it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulingRow {
    /// Kind of the decision.
    pub kind: RecordKind,
    /// Date of the decision, where its natural key has it.
    pub decided_on: Option<CivilDate>,
    pub end: Option<End>,
    /// It changes the decision.
    pub changes: bool,
}

impl RulingRow {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        joined(&[
            &[
                self.kind.number(),
                self.end.map_or(0, End::number),
                u8::from(self.changes),
            ],
            &self.decided_on.map_or(0, CivilDate::key).to_be_bytes(),
        ])
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 7] = bytes.try_into().ok()?;
        Some(Self {
            kind: RecordKind::try_from(bytes[0]).ok()?,
            end: match bytes[1] {
                0 => None,
                end => Some(End::try_from(end).ok()?),
            },
            changes: bytes[2] == 1,
            decided_on: match u32::from_be_bytes(array_at(&bytes, 3)) {
                0 => None,
                on => Some(CivilDate::from_key(on)?),
            },
        })
    }
}

/// The current state of a record: columns to filter by, and where its bodies stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Revision of the current snapshot.
    pub current: Revision,
    pub snapshots: u32,
    pub subject: SubjectNumber,
    pub department: DepartmentCode,
    pub kind: RecordKind,
    pub subject_kind: SubjectKind,
    pub severity: Option<Severity>,
    pub decided_on: CivilDate,
    /// Day of receipt of the first snapshot.
    pub received_on: CivilDate,
    pub until: Validity,
    /// The end in force.
    pub ending: Option<Ending>,
    /// Of the last fact about the record.
    pub changed: Revision,
    /// First revision of the ruling whose change the current snapshot carries.
    pub changed_by: Option<Revision>,
    pub sources: u32,
    /// The current snapshot was recorded with an open question.
    pub asks: bool,
    /// Filled up with zero bytes, see [`Self::layout`].
    pub layout_bytes: [u8; LAYOUT_SIZE],
    /// The deciding body.
    pub body: SocialCreditCode,
    pub decision: ShortHash,
    /// As tables hold it: under the lookup key if the party is a person.
    pub natural: [u8; 16],
    pub name: RecordName,
}

/// Size of an encoded [`RecordRow`].
pub const RECORD_ROW_SIZE: usize = 180;

impl RecordRow {
    /// The code of a layout as the row holds it; a longer one is cut.
    #[must_use]
    pub fn layout_bytes(code: &str) -> [u8; LAYOUT_SIZE] {
        let mut bytes = [0; LAYOUT_SIZE];
        for (slot, byte) in bytes.iter_mut().zip(code.bytes()) {
            *slot = byte;
        }
        bytes
    }

    /// The code of the layout of the current snapshot.
    #[must_use]
    pub fn layout(&self) -> String {
        String::from_utf8_lossy(&self.layout_bytes)
            .trim_end_matches('\0')
            .to_owned()
    }

    #[must_use]
    pub fn state(&self) -> RecordState {
        self.ending
            .map_or(RecordState::Recorded, |ending| RecordState::Ended(ending.end))
    }

    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut department = [0; 16];
        let code = self.department.as_str().as_bytes();
        department[..code.len()].copy_from_slice(code);
        let (validity, until) = match self.until {
            Validity::NotStated => (0, 0),
            Validity::Until(on) => (1, on.key()),
            Validity::OpenEnded => (2, 0),
        };
        let ending = self.ending;
        let revision = |revision: Option<Revision>| revision.map_or(0, |found| found.0).to_be_bytes();
        let bytes = joined(&[
            &self.current.0.to_be_bytes(),
            &self.snapshots.to_be_bytes(),
            &self.subject.0.to_be_bytes(),
            &department,
            &[
                self.kind.number(),
                self.subject_kind.number(),
                self.severity.map_or(0, Severity::number),
                ending.map_or(0, |ending| ending.end.number()),
            ],
            &self.decided_on.key().to_be_bytes(),
            &self.received_on.key().to_be_bytes(),
            &[validity],
            &until.to_be_bytes(),
            &ending.map_or(0, |ending| ending.on.key()).to_be_bytes(),
            &revision(ending.map(|ending| ending.fact)),
            &revision(ending.and_then(|ending| ending.ruling)),
            &self.changed.0.to_be_bytes(),
            &revision(self.changed_by),
            &self.sources.to_be_bytes(),
            &[u8::from(self.asks)],
            &self.layout_bytes,
            self.body.as_bytes(),
            &self.decision,
            &self.natural,
            self.name.as_bytes(),
        ]);
        debug_assert_eq!(bytes.len(), RECORD_ROW_SIZE);
        bytes
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != RECORD_ROW_SIZE {
            return None;
        }
        let date = |at: usize| CivilDate::from_key(u32::from_be_bytes(array_at(bytes, at)));
        let revision = |at: usize| Some(Revision(u64_at(bytes, at))).filter(|revision| revision.0 > 0);
        let text = |from: usize, until: usize| std::str::from_utf8(&bytes[from..until]).ok();
        Some(Self {
            current: Revision(u64_at(bytes, 0)),
            snapshots: u32::from_be_bytes(array_at(bytes, 8)),
            subject: SubjectNumber(u32::from_be_bytes(array_at(bytes, 12))),
            department: text(16, 32)?.trim_end_matches('\0').parse().ok()?,
            kind: RecordKind::try_from(bytes[32]).ok()?,
            subject_kind: SubjectKind::try_from(bytes[33]).ok()?,
            severity: match bytes[34] {
                0 => None,
                severity => Some(Severity::try_from(severity).ok()?),
            },
            decided_on: date(36)?,
            received_on: date(40)?,
            until: match bytes[44] {
                0 => Validity::NotStated,
                1 => Validity::Until(date(45)?),
                2 => Validity::OpenEnded,
                _ => return None,
            },
            ending: match bytes[35] {
                0 => None,
                end => Some(Ending {
                    end: End::try_from(end).ok()?,
                    on: date(49)?,
                    fact: Revision(u64_at(bytes, 53)),
                    ruling: revision(61),
                }),
            },
            changed: Revision(u64_at(bytes, 69)),
            changed_by: revision(77),
            sources: u32::from_be_bytes(array_at(bytes, 85)),
            asks: bytes[89] == 1,
            layout_bytes: array_at(bytes, 90),
            body: text(114, 132)?.parse().ok()?,
            decision: array_at(bytes, 132),
            natural: array_at(bytes, 144),
            name: RecordName::from_text(text(160, 180)?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subject::SubjectName;

    fn row() -> RecordRow {
        RecordRow {
            current: Revision(u64::MAX),
            snapshots: 3,
            subject: SubjectNumber(7),
            department: "SCJG".parse().unwrap(),
            kind: RecordKind::Penalty,
            subject_kind: SubjectKind::IndividualBusiness,
            severity: Some(Severity::General),
            decided_on: "2024-03-01".parse().unwrap(),
            received_on: "2024-03-08".parse().unwrap(),
            until: Validity::Until("2025-03-01".parse().unwrap()),
            ending: Some(Ending {
                end: End::Repaired,
                on: "2024-09-01".parse().unwrap(),
                fact: Revision(12),
                ruling: Some(Revision(11)),
            }),
            changed: Revision(13),
            changed_by: Some(Revision(9)),
            sources: 2,
            asks: true,
            layout_bytes: RecordRow::layout_bytes("INSPECTION_RESULT"),
            body: "11152105011615166F".parse().unwrap(),
            decision: [1; 12],
            natural: [2; 16],
            name: RecordName::drawn(SubjectName::from_random([3; 13])),
        }
    }

    #[test]
    fn a_row_comes_back_whole_with_and_without_what_may_be_missing() {
        let bare = RecordRow {
            severity: None,
            until: Validity::OpenEnded,
            ending: None,
            changed_by: None,
            asks: false,
            ..row()
        };
        for row in [row(), bare] {
            assert_eq!(row.encode().len(), RECORD_ROW_SIZE);
            assert_eq!(RecordRow::decode(&row.encode()), Some(row));
            assert_eq!(row.layout(), "INSPECTION_RESULT");
        }
        assert_eq!(RecordRow::decode(&row().encode()[1..]), None);
        assert_eq!(row().state(), RecordState::Ended(End::Repaired));
    }

    #[test]
    fn a_ruling_row_comes_back_whole() {
        for row in [
            RulingRow {
                kind: RecordKind::Licence,
                decided_on: Some("2024-03-01".parse().unwrap()),
                end: Some(End::Withdrawn),
                changes: false,
            },
            RulingRow {
                kind: RecordKind::Penalty,
                decided_on: None,
                end: None,
                changes: true,
            },
        ] {
            assert_eq!(RulingRow::decode(&row.encode()), Some(row));
        }
    }
}
