//! Layouts of the tables of grading.
//!
//! In keys eight bytes stand for a sector's code, as for memberships; the row has the code.

use bytes::Bytes;

use super::subjects::under;
use super::{array_at, joined, u64_at};
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::grade_fact::Cause;
use crate::domain::grading::{Outcome, Points};
use crate::domain::hash::hash16;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::store::KeyRange;

/// Most bytes of a level's code.
pub const LEVEL_SIZE: usize = 16;
const SECTOR_SIZE: usize = 16;

/// Kinds of what is open in [`GRADE_OPEN`](super::GRADE_OPEN).
pub const OPEN_CORRECTION: u8 = 1;
pub const OPEN_OBJECTION: u8 = 2;

/// Kinds of facts in [`ENDS`](super::ENDS).
pub const ENDED: u8 = 1;
pub const REVIVED: u8 = 2;

fn sector_hash(sector: SectorCode) -> [u8; 8] {
    array_at(&hash16(b"sector", &[sector.as_str().as_bytes()]), 0)
}

fn padded(text: &str) -> [u8; SECTOR_SIZE] {
    let mut bytes = [0; SECTOR_SIZE];
    let length = text.len().min(SECTOR_SIZE);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    bytes
}

fn text_at(bytes: &[u8], at: usize) -> Option<&str> {
    let text = std::str::from_utf8(bytes.get(at..at + SECTOR_SIZE)?).ok()?;
    Some(text.trim_end_matches('\0'))
}

fn day_at(bytes: &[u8], at: usize) -> Option<CivilDate> {
    CivilDate::from_key(u32::from_be_bytes(array_at(bytes, at)))
}

fn day_or_zero(day: Option<CivilDate>) -> [u8; 4] {
    day.map_or(0, CivilDate::key).to_be_bytes()
}

/// A grade that was settled at a revision.
#[must_use]
pub fn grade_key(subject: SubjectNumber, sector: SectorCode, revision: Revision) -> Bytes {
    joined(&[
        &subject.0.to_be_bytes(),
        &sector_hash(sector),
        &revision.0.to_be_bytes(),
    ])
}

/// The settled grades of a subject in a sector, in the order of settling.
#[must_use]
pub fn grades_of(subject: SubjectNumber, sector: SectorCode) -> KeyRange {
    under(&joined(&[&subject.0.to_be_bytes(), &sector_hash(sector)]))
}

#[must_use]
pub fn grade_revision(key: &[u8]) -> Revision {
    Revision(u64_at(key, key.len() - 8))
}

/// What [`GRADE`](super::GRADE) holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeRow {
    pub sector: SectorCode,
    pub outcome: Outcome,
    pub level: String,
    pub score: Option<Points>,
    pub from: CivilDate,
    pub until: Option<CivilDate>,
    pub period_last: CivilDate,
    pub cause: Cause,
    /// The run that settled it.
    pub by: Revision,
}

/// Size of an encoded [`GradeRow`].
pub const GRADE_ROW_SIZE: usize = 62;

impl GradeRow {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        joined(&[
            &padded(self.sector.as_str()),
            &padded(&self.level),
            &[self.outcome.number(), self.cause.number()],
            &self.score.map_or(i64::MIN, |score| score.0).to_be_bytes(),
            &self.from.key().to_be_bytes(),
            &day_or_zero(self.until),
            &self.period_last.key().to_be_bytes(),
            &self.by.0.to_be_bytes(),
        ])
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != GRADE_ROW_SIZE {
            return None;
        }
        let score = i64::from_be_bytes(array_at(bytes, 34));
        Some(Self {
            sector: text_at(bytes, 0)?.parse().ok()?,
            level: text_at(bytes, 16)?.to_owned(),
            outcome: Outcome::try_from(bytes[32]).ok()?,
            cause: Cause::try_from(bytes[33]).ok()?,
            score: (score != i64::MIN).then_some(Points(score)),
            from: day_at(bytes, 42)?,
            until: day_at(bytes, 46),
            period_last: day_at(bytes, 50)?,
            by: Revision(u64_at(bytes, 54)),
        })
    }

    /// Says whether the grade holds on a day, both its ends included.
    #[must_use]
    pub fn holds_on(&self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// A subject in a sector that was assessed at least once.
#[must_use]
pub fn pair_key(sector: SectorCode, subject: SubjectNumber) -> Bytes {
    joined(&[&sector_hash(sector), &subject.0.to_be_bytes()])
}

/// The pairs of a sector behind a subject.
#[must_use]
pub fn pairs_in(sector: SectorCode, after: SubjectNumber) -> KeyRange {
    KeyRange {
        from: pair_key(sector, SubjectNumber(after.0.saturating_add(1))),
        ..under(&sector_hash(sector))
    }
}

#[must_use]
pub fn pair_subject(key: &[u8]) -> SubjectNumber {
    SubjectNumber(u32::from_be_bytes(array_at(key, 8)))
}

/// What [`GRADE_PAIR`](super::GRADE_PAIR) holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PairRow {
    /// The grade settled last.
    pub last: Option<Revision>,
    pub due: Option<CivilDate>,
    /// The correction that waits for a decision.
    pub correction: Option<Revision>,
}

/// Size of an encoded [`PairRow`].
pub const PAIR_ROW_SIZE: usize = 20;

impl PairRow {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let or_zero = |revision: Option<Revision>| revision.map_or(0, |revision| revision.0).to_be_bytes();
        joined(&[
            &or_zero(self.last),
            &day_or_zero(self.due),
            &or_zero(self.correction),
        ])
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != PAIR_ROW_SIZE {
            return None;
        }
        let revision = |at| Some(Revision(u64_at(bytes, at))).filter(|revision| revision.0 > 0);
        Some(Self {
            last: revision(0),
            due: day_at(bytes, 8),
            correction: revision(12),
        })
    }
}

/// A pair that is due on a day.
#[must_use]
pub fn due_key(on: CivilDate, subject: SubjectNumber, sector: SectorCode) -> Bytes {
    joined(&[
        &on.key().to_be_bytes(),
        &subject.0.to_be_bytes(),
        &sector_hash(sector),
    ])
}

/// Everything due on a day or before.
///
/// # Panics
/// Never: the keys of days do not reach the last number.
#[must_use]
pub fn due_until(day: CivilDate) -> KeyRange {
    let after = day
        .key()
        .checked_add(1)
        .expect("keys of days end before the last number");
    KeyRange {
        from: Bytes::new(),
        until: Some(Bytes::copy_from_slice(&after.to_be_bytes())),
    }
}

#[must_use]
pub fn due_value(sector: SectorCode) -> Bytes {
    joined(&[&padded(sector.as_str())])
}

/// Day, subject and sector of an entry; `None` if the bytes are none.
#[must_use]
pub fn due_read(key: &[u8], value: &[u8]) -> Option<(CivilDate, SubjectNumber, SectorCode)> {
    let subject = SubjectNumber(u32::from_be_bytes(key.get(4..8)?.try_into().ok()?));
    Some((day_at(key, 0)?, subject, text_at(value, 0)?.parse().ok()?))
}

/// A run of a sector.
#[must_use]
pub fn run_key(sector: SectorCode, period_last: CivilDate, revision: Revision) -> Bytes {
    joined(&[
        &sector_hash(sector),
        &period_last.key().to_be_bytes(),
        &revision.0.to_be_bytes(),
    ])
}

/// The runs of a sector, by the last day of their period.
#[must_use]
pub fn runs_of(sector: SectorCode) -> KeyRange {
    under(&sector_hash(sector))
}

/// Something that waits for an officer.
#[must_use]
pub fn open_key(kind: u8, revision: Revision) -> Bytes {
    joined(&[&[kind], &revision.0.to_be_bytes()])
}

/// What is open of a kind behind a revision.
#[must_use]
pub fn open_after(kind: u8, after: Revision) -> KeyRange {
    KeyRange {
        from: open_key(kind, after.plus(1)),
        ..under(&[kind])
    }
}

/// An end or a revival of a record, in [`ENDS`](super::ENDS).
#[must_use]
pub fn ends_key(first: Revision, revision: Revision) -> Bytes {
    said_key(first, revision)
}

/// Sectors that were said of a record at a revision.
#[must_use]
pub fn said_key(first: Revision, revision: Revision) -> Bytes {
    joined(&[&first.0.to_be_bytes(), &revision.0.to_be_bytes()])
}

/// Everything an officer said of the sectors of a record, or every end and revival of it.
#[must_use]
pub fn said_of(first: Revision) -> KeyRange {
    under(&first.0.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_back() {
        let grade = GradeRow {
            sector: "FOOD_PROD".parse().unwrap(),
            outcome: Outcome::Graded,
            level: "AAAA".to_owned(),
            score: Some(Points(-50_000)),
            from: "2024-03-01".parse().unwrap(),
            until: None,
            period_last: "2023-12-31".parse().unwrap(),
            cause: Cause::Run,
            by: Revision(7),
        };
        assert_eq!(GradeRow::decode(&grade.encode()), Some(grade.clone()));
        assert_eq!(GradeRow::decode(&grade.encode()[1..]), None);
        let pair = PairRow {
            last: Some(Revision(9)),
            due: Some("2024-03-01".parse().unwrap()),
            correction: None,
        };
        assert_eq!(PairRow::decode(&pair.encode()), Some(pair));
        assert_eq!(PairRow::decode(&[]), None);
    }

    #[test]
    fn what_is_due_comes_in_the_order_of_days_and_within_its_range() {
        let sector = "TAX".parse().unwrap();
        let day = |text: &str| text.parse::<CivilDate>().unwrap();
        let key = due_key(day("2024-12-31"), SubjectNumber(9), sector);
        assert!(key < due_key(day("2025-01-01"), SubjectNumber(1), sector));
        let range = due_until(day("2024-12-31"));
        assert!(key < range.until.clone().unwrap());
        assert!(due_key(day("2025-01-01"), SubjectNumber(0), sector) >= range.until.unwrap());
        let read = due_read(&key, &due_value(sector));
        assert_eq!(read, Some((day("2024-12-31"), SubjectNumber(9), sector)));
    }
}
