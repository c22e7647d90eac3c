//! The one place where tables are numbered and laid out. A number once used stays taken.
//!
//! Keys are big-endian, at most [`KEY_SIZE_MAX`](super::KEY_SIZE_MAX) bytes with the table's number;
//! no personal identifier is part of a key. `docs/data-format.md` shows the same as a table.

use bytes::Bytes;

use crate::domain::breach::BreachState;
use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{CommitmentKind, PerformanceState, Publication, Validity};
use crate::domain::fact::{Principal, RequestId};
use crate::domain::hash::hash16;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{SubjectKind, SubjectName, SubjectNumber};

use super::{KeyRange, Table};

pub mod grades;
pub mod notices;
pub mod records;
pub mod subjects;
pub mod supervision;

/// first revision u64 -> [`CommitmentRow`]
pub const COMMITMENT: Table = Table(1);
/// natural key 16 | snapshot u32 -> revision u64 | content hash 16
pub const SNAPSHOT: Table = Table(2);
/// subject u32 | kind u8 | civil date u32 | first revision u64 -> nothing
pub const SUBJECT_FILE: Table = Table(3);
/// hash of the promise's content apart from its code 16 -> first revision u64 of the first such promise
pub const SAME_PROMISE: Table = Table(4);
/// subject u32 -> name 20 | kind u8 | revision of its opening u64
pub const SUBJECT: Table = Table(5);
/// subject name 20 -> subject u32
pub const SUBJECT_NAME: Table = Table(6);
/// identity hash 16 | from civil date u32 (0: from the beginning) -> subject u32
pub const SUBJECT_IDENTITY: Table = Table(7);
/// hash of principal and request id 16 -> revision of the answer u64
pub const REQUEST: Table = Table(8);
/// hash of the data's kind 16 -> revision u64 of the last adoption
pub const DATA: Table = Table(9);
/// what u8 -> number u64
pub const COUNTER: Table = Table(10);
/// revision u64 -> nothing; facts with an open question, and stopped rows
pub const QUESTION: Table = Table(11);
/// hash of a stopped row 16 -> revision u64
pub const STOPPED: Table = Table(12);

/// first revision u64 -> [`records::RecordRow`]
pub const RECORD: Table = Table(20);
/// name 20 -> first revision u64
pub const RECORD_NAME: Table = Table(21);
/// hash of body and number 12 | first revision u64 -> nothing; the records of one decision
pub const DECISION: Table = Table(22);
/// first revision u64 | hash of the source 12 -> revision u64 of the fact that names the source
pub const RECORD_SOURCE: Table = Table(23);
/// hash of the body and number ruled on 12 | first revision of the ruling u64 -> [`records::RulingRow`]
pub const RULING: Table = Table(24);
/// first revision of a ruling u64 -> revision u64 of the fact that asks for its decision
pub const AWAITED: Table = Table(25);
/// first revision of a ruling u64 -> hash of the body and number it is about 12
pub const RULES_ON: Table = Table(26);

/// subject u32 | revision u64 -> kind u16; every fact about the subject itself
pub const SUBJECT_HISTORY: Table = Table(30);
/// subject u32 -> [`subjects::SubjectState`]
pub const SUBJECT_STATE: Table = Table(31);
/// hash of a compared name 16 | subject u32 -> revision u64 of its first use | 1 by the register or 0 u8
pub const TITLE: Table = Table(32);
/// subject u32 | hash of a compared name 16 -> revision u64 of its first use
pub const SUBJECT_TITLES: Table = Table(33);
/// subject u32 | revision u64 -> successor u32 (0: the merger never was) | on u32
pub const MERGE: Table = Table(34);
/// successor u32 | subject u32 -> nothing; whether it still holds, [`MERGE`] says
pub const MERGED_IN: Table = Table(35);
/// first revision of a record u64 | revision u64 -> reported subject u32 | its subject u32
pub const PLACED: Table = Table(36);
/// subject u32 | first revision of a record u64 | revision u64 -> kind u8; whether it holds, [`PLACED`] says
pub const PLACED_IN: Table = Table(37);
/// memberships and their two indexes, see [`subjects`]
pub const MEMBERSHIP: Table = Table(38);
/// attributions, what is unattributed, and subjects with an open question, see [`subjects`]
pub const ATTRIBUTION: Table = Table(39);

/// revision of an excuse's filing u64 -> [`supervision::ExcuseRow`]
pub const EXCUSE: Table = Table(40);
/// first day of a month u32 | hash of reporter and kind of data 16 -> revision u64 of the zero report
pub const ZERO_REPORT: Table = Table(41);

/// subject u32 | sector 8 | revision u64 of an objection -> revision u64 of the grade; while it waits for an answer
pub const OBJECTED: Table = Table(46);

/// subject u32 | sector 8 | revision u64 -> [`grades::GradeRow`]; every settled grade
pub const GRADE: Table = Table(50);
/// sector 8 | subject u32 -> [`grades::PairRow`]
pub const GRADE_PAIR: Table = Table(51);
/// day u32 | subject u32 | sector 8 -> the sector's code 16; who is to be assessed on a day
pub const GRADE_DUE: Table = Table(52);
/// sector 8 | last day of the period u32 | revision u64 of the opening -> nothing
pub const GRADE_RUN: Table = Table(53);
/// kind u8 | revision u64 -> nothing; corrections and objections that wait for an officer
pub const GRADE_OPEN: Table = Table(54);
/// first revision of a record u64 | revision u64 -> sectors, as an officer said then
pub const GRADE_SAID: Table = Table(55);
/// first revision of a record u64 | revision u64 -> [`grades::ENDED`] or [`grades::REVIVED`] u8
pub const ENDS: Table = Table(56);

/// first revision of a pair u64 -> [`notices::encode`]
pub const NOTICE: Table = Table(60);
/// name 20 -> first revision of the pair u64
pub const NOTICE_NAME: Table = Table(61);
/// body 18 | year i16 -> the last serial u32 of its notices
pub const NOTICE_SERIAL: Table = Table(62);
/// hash of a notice number 16 -> revision u64 of the fact that issued it | first revision of its pair u64
pub const NOTICE_NUMBER: Table = Table(63);
/// hash of body, number and party 16 -> first revision u64 of the pair that is the last for it
pub const NOTICE_DECISION: Table = Table(64);
/// first revision of a record u64 -> [`notices::Answered`]
pub const NOTICE_RECORD: Table = Table(65);
/// last day u32 | clock u8 | first revision of the pair u64 -> nothing; what is to be told when it is over
pub const NOTICE_DUE: Table = Table(66);
/// first revision of a pair u64 | revision u64 -> kind u16; every fact about a pair
pub const NOTICE_HISTORY: Table = Table(67);

/// revision of a cause u64 -> first revision of the next slice u64 | slices settled u32
pub const CAUSE: Table = Table(13);

/// Counters of [`COUNTER`].
pub const COUNTER_SUBJECTS: u8 = 1;
pub const COUNTER_DAY: u8 = 2;

/// Kind of a [`SUBJECT_FILE`] entry.
pub const FILE_COMMITMENT: u8 = 1;

#[must_use]
pub fn revision_key(revision: Revision) -> Bytes {
    Bytes::copy_from_slice(&revision.0.to_be_bytes())
}

/// # Panics
/// If there are not eight bytes: a table of ours holds other bytes than we wrote.
#[must_use]
pub fn revision_value(bytes: &[u8]) -> Revision {
    Revision(u64_at(bytes, 0))
}

#[must_use]
pub fn snapshot_key(natural: &[u8; 16], snapshot: u32) -> Bytes {
    joined(&[natural, &snapshot.to_be_bytes()])
}

/// All snapshots of one natural key.
#[must_use]
pub fn snapshots_of(natural: &[u8; 16]) -> KeyRange {
    KeyRange {
        from: snapshot_key(natural, 0),
        until: Some(snapshot_key(natural, u32::MAX)),
    }
}

#[must_use]
pub fn snapshot_value(revision: Revision, content: &[u8; 16]) -> Bytes {
    joined(&[&revision.0.to_be_bytes(), content])
}

#[must_use]
pub fn snapshot_content(value: &[u8]) -> [u8; 16] {
    array_at(value, 8)
}

#[must_use]
pub fn subject_file_key(subject: SubjectNumber, kind: u8, on: CivilDate, first: Revision) -> Bytes {
    joined(&[
        &subject.0.to_be_bytes(),
        &[kind],
        &on.key().to_be_bytes(),
        &first.0.to_be_bytes(),
    ])
}

/// A subject's whole file of one kind, by date.
#[must_use]
pub fn subject_file_of(subject: SubjectNumber, kind: u8) -> KeyRange {
    KeyRange {
        from: joined(&[&subject.0.to_be_bytes(), &[kind]]),
        until: Some(joined(&[&subject.0.to_be_bytes(), &[kind + 1]])),
    }
}

#[must_use]
pub fn subject_file_first(key: &[u8]) -> Revision {
    Revision(u64_at(key, 9))
}

#[must_use]
pub fn subject_key(subject: SubjectNumber) -> Bytes {
    Bytes::copy_from_slice(&subject.0.to_be_bytes())
}

#[must_use]
pub fn subject_value(bytes: &[u8]) -> SubjectNumber {
    SubjectNumber(u32::from_be_bytes(array_at(bytes, 0)))
}

/// What [`SUBJECT`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    pub name: SubjectName,
    pub kind: SubjectKind,
    pub opened: Revision,
}

impl SubjectRow {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        joined(&[
            self.name.as_bytes(),
            &[self.kind.number()],
            &self.opened.0.to_be_bytes(),
        ])
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            name: SubjectName::from_text(std::str::from_utf8(bytes.get(..20)?).ok()?)?,
            kind: SubjectKind::try_from(*bytes.get(20)?).ok()?,
            opened: Revision(u64::from_be_bytes(bytes.get(21..29)?.try_into().ok()?)),
        })
    }
}

#[must_use]
pub fn identity_key(identity: &[u8; 16]) -> Bytes {
    joined(&[identity, &0_u32.to_be_bytes()])
}

#[must_use]
pub fn request_key(principal: &Principal, id: RequestId) -> Bytes {
    let name = principal.as_str().as_bytes();
    let hash = hash16(b"request", &[name, &id.0]);
    Bytes::copy_from_slice(&hash)
}

#[must_use]
pub fn data_key(kind: &str) -> Bytes {
    Bytes::copy_from_slice(&hash16(b"data", &[kind.as_bytes()]))
}

#[must_use]
pub fn cause_value(next: Revision, slices: u32) -> Bytes {
    joined(&[&next.0.to_be_bytes(), &slices.to_be_bytes()])
}

/// The first revision of the next slice, and how many slices are settled.
#[must_use]
pub fn cause_row(value: &[u8]) -> (Revision, u32) {
    (Revision(u64_at(value, 0)), u32::from_be_bytes(array_at(value, 8)))
}

#[must_use]
pub fn counter_key(counter: u8) -> Bytes {
    Bytes::copy_from_slice(&[counter])
}

/// The current state of a commitment: columns to filter by, and where its bodies stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitmentRow {
    pub current: Revision,
    pub snapshots: u32,
    pub subject: SubjectNumber,
    pub department: DepartmentCode,
    pub kind: CommitmentKind,
    pub subject_kind: SubjectKind,
    pub publication: Publication,
    pub made_on: CivilDate,
    /// Day of receipt of the first snapshot.
    pub received_on: CivilDate,
    pub validity: Validity,
    pub performance: Option<PerformanceColumns>,
    pub withdrawn: Option<Revision>,
    pub natural: [u8; 16],
    /// The accepting body.
    pub body: SocialCreditCode,
    /// Hash of how the promise is worded, under the lookup key.
    pub wording: [u8; 16],
    /// Of the last revival.
    pub revived: Option<Revision>,
    pub breach: Option<BreachColumns>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreachColumns {
    pub state: BreachState,
    pub current: Revision,
    pub snapshots: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerformanceColumns {
    pub state: PerformanceState,
    pub current: Revision,
    pub snapshots: u32,
}

/// Size of an encoded [`CommitmentRow`].
pub const COMMITMENT_ROW_SIZE: usize = 140;

impl CommitmentRow {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut department = [0; 16];
        let code = self.department.as_str().as_bytes();
        department[..code.len()].copy_from_slice(code);
        let (validity, until) = match self.validity {
            Validity::NotStated => (0, 0),
            Validity::Until(on) => (1, on.key()),
            Validity::OpenEnded => (2, 0),
        };
        let (performance, breach) = (self.performance, self.breach);
        let bytes = joined(&[
            &self.current.0.to_be_bytes(),
            &self.snapshots.to_be_bytes(),
            &self.subject.0.to_be_bytes(),
            &department,
            &[
                self.kind.number(),
                self.subject_kind.number(),
                self.publication.number(),
            ],
            &self.made_on.key().to_be_bytes(),
            &self.received_on.key().to_be_bytes(),
            &[validity],
            &until.to_be_bytes(),
            &[performance.map_or(0, |found| found.state.number())],
            &performance.map_or(0, |found| found.current.0).to_be_bytes(),
            &performance.map_or(0, |found| found.snapshots).to_be_bytes(),
            &self.withdrawn.map_or(0, |revision| revision.0).to_be_bytes(),
            &self.natural,
            self.body.as_str().as_bytes(),
            &self.wording,
            &self.revived.map_or(0, |revision| revision.0).to_be_bytes(),
            &[breach.map_or(0, |found| found.state.number())],
            &breach.map_or(0, |found| found.current.0).to_be_bytes(),
            &breach.map_or(0, |found| found.snapshots).to_be_bytes(),
        ]);
        debug_assert_eq!(bytes.len(), COMMITMENT_ROW_SIZE);
        bytes
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != COMMITMENT_ROW_SIZE {
            return None;
        }
        let date = |at: usize| CivilDate::from_key(u32::from_be_bytes(array_at(bytes, at)));
        let department = std::str::from_utf8(&bytes[16..32]).ok()?.trim_end_matches('\0');
        Some(Self {
            current: Revision(u64_at(bytes, 0)),
            snapshots: u32::from_be_bytes(array_at(bytes, 8)),
            subject: SubjectNumber(u32::from_be_bytes(array_at(bytes, 12))),
            department: department.parse().ok()?,
            kind: CommitmentKind::try_from(bytes[32]).ok()?,
            subject_kind: SubjectKind::try_from(bytes[33]).ok()?,
            publication: Publication::try_from(bytes[34]).ok()?,
            made_on: date(35)?,
            received_on: date(39)?,
            validity: match bytes[43] {
                0 => Validity::NotStated,
                1 => Validity::Until(date(44)?),
                2 => Validity::OpenEnded,
                _ => return None,
            },
            performance: match bytes[48] {
                0 => None,
                state => Some(PerformanceColumns {
                    state: PerformanceState::try_from(state).ok()?,
                    current: Revision(u64_at(bytes, 49)),
                    snapshots: u32::from_be_bytes(array_at(bytes, 57)),
                }),
            },
            withdrawn: Some(Revision(u64_at(bytes, 61))).filter(|revision| revision.0 > 0),
            natural: array_at(bytes, 69),
            body: std::str::from_utf8(&bytes[85..103]).ok()?.parse().ok()?,
            wording: array_at(bytes, 103),
            revived: Some(Revision(u64_at(bytes, 119))).filter(|revision| revision.0 > 0),
            breach: match bytes[127] {
                0 => None,
                state => Some(BreachColumns {
                    state: BreachState::try_from(state).ok()?,
                    current: Revision(u64_at(bytes, 128)),
                    snapshots: u32::from_be_bytes(array_at(bytes, 136)),
                }),
            },
        })
    }
}

fn joined(parts: &[&[u8]]) -> Bytes {
    Bytes::from(parts.concat())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array_at(bytes, at))
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N]
        .try_into()
        .expect("the layouts of this file hold their fixed widths")
}
