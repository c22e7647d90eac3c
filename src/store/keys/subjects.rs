//! Layouts of the tables about subjects, 30 to 39.
//!
//! Nothing here is overwritten that a reader of an earlier revision needs: mergers and moved records keep
//! a row per fact, and the reader takes the last one of its revision.

use bytes::Bytes;

use super::{array_at, joined, u64_at};
use crate::domain::catalog::{DepartmentCode, SectorCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::hash::hash16;
use crate::domain::record::RecordKind;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::SubjectNumber;
use crate::domain::title::ComparedName;
use crate::store::KeyRange;

/// First byte of the keys of [`MEMBERSHIP`](super::MEMBERSHIP).
const BY_FIRST: u8 = 1;
const BY_SUBJECT: u8 = 2;
const BY_SECTOR: u8 = 3;
/// First byte of the keys of [`ATTRIBUTION`](super::ATTRIBUTION).
const OF_RECORD: u8 = 1;
const OF_CLASS: u8 = 2;
const UNATTRIBUTED: u8 = 3;
const ASKING: u8 = 4;

/// A key of a subject and a revision.
#[must_use]
pub fn history_key(subject: SubjectNumber, revision: Revision) -> Bytes {
    joined(&[&subject.0.to_be_bytes(), &revision.0.to_be_bytes()])
}

/// Every row of a subject whose key begins with its number.
#[must_use]
pub fn of_subject(subject: SubjectNumber) -> KeyRange {
    under(&subject.0.to_be_bytes())
}

/// All keys that begin with these bytes.
#[must_use]
pub fn under(prefix: &[u8]) -> KeyRange {
    let mut until = prefix.to_vec();
    while let Some(last) = until.pop() {
        if last < u8::MAX {
            until.push(last + 1);
            break;
        }
    }
    KeyRange {
        from: Bytes::copy_from_slice(prefix),
        until: (!until.is_empty()).then(|| Bytes::from(until)),
    }
}

/// The day in a key of [`SUBJECT_FILE`](super::SUBJECT_FILE).
#[must_use]
pub fn file_day(key: &[u8]) -> Option<CivilDate> {
    CivilDate::from_key(u32::from_be_bytes(array_at(key, 5)))
}

/// The kind of entry in a key of [`SUBJECT_FILE`](super::SUBJECT_FILE).
#[must_use]
pub fn file_kind(key: &[u8]) -> u8 {
    key[4]
}

/// The revision in a key of [`history_key`].
#[must_use]
pub fn history_revision(key: &[u8]) -> Revision {
    Revision(u64_at(key, 4))
}

/// What is known of a subject now, for those who decide; what was known, its history says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SubjectState {
    /// Where its records count now.
    pub successor: Option<SubjectNumber>,
    /// Revision of the register's current row; `None` for a provisional subject.
    pub registered: Option<Revision>,
    /// Last day of its life, as far as known.
    pub ended_on: Option<CivilDate>,
    /// Revision of the fact that brought the name it was last reported under.
    pub titled: Revision,
    /// Hash of that name.
    pub title: [u8; 16],
    /// The unified code that the register has for it.
    pub code: Option<SocialCreditCode>,
    /// Revision of the last fact about the subject itself.
    pub changed: Revision,
}

/// Size of an encoded [`SubjectState`].
pub const SUBJECT_STATE_SIZE: usize = 66;

impl SubjectState {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let code = self.code.map_or([0; 18], |code| *code.as_bytes());
        let bytes = joined(&[
            &self.successor.map_or(0, |subject| subject.0).to_be_bytes(),
            &self.registered.map_or(0, |revision| revision.0).to_be_bytes(),
            &self.ended_on.map_or(0, CivilDate::key).to_be_bytes(),
            &self.titled.0.to_be_bytes(),
            &self.title,
            &code,
            &self.changed.0.to_be_bytes(),
        ]);
        debug_assert_eq!(bytes.len(), SUBJECT_STATE_SIZE);
        bytes
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != SUBJECT_STATE_SIZE {
            return None;
        }
        let successor = u32::from_be_bytes(array_at(bytes, 0));
        let ended_on = u32::from_be_bytes(array_at(bytes, 12));
        let code: [u8; 18] = array_at(bytes, 40);
        Some(Self {
            successor: (successor > 0).then_some(SubjectNumber(successor)),
            registered: Some(Revision(u64_at(bytes, 4))).filter(|revision| revision.0 > 0),
            ended_on: if ended_on == 0 {
                None
            } else {
                Some(CivilDate::from_key(ended_on)?)
            },
            titled: Revision(u64_at(bytes, 16)),
            title: array_at(bytes, 24),
            code: if code == [0; 18] {
                None
            } else {
                Some(std::str::from_utf8(&code).ok()?.parse().ok()?)
            },
            changed: Revision(u64_at(bytes, 58)),
        })
    }
}

#[must_use]
pub fn title_key(title: &[u8; 16], subject: SubjectNumber) -> Bytes {
    joined(&[title, &subject.0.to_be_bytes()])
}

#[must_use]
pub fn title_value(first: Revision, by_register: bool) -> Bytes {
    joined(&[&first.0.to_be_bytes(), &[u8::from(by_register)]])
}

/// The subject in a key of [`title_key`].
#[must_use]
pub fn title_subject(key: &[u8]) -> SubjectNumber {
    SubjectNumber(u32::from_be_bytes(array_at(key, 16)))
}

/// Says whether the register, and not only a report, has the name.
#[must_use]
pub fn title_by_register(value: &[u8]) -> bool {
    value.get(8) == Some(&1)
}

#[must_use]
pub fn subject_title_key(subject: SubjectNumber, title: &[u8; 16]) -> Bytes {
    joined(&[&subject.0.to_be_bytes(), title])
}

/// Where an identity stands from a day on; its first row stands at 0, the beginning.
#[must_use]
pub fn identity_from(identity: &[u8; 16], from: Option<CivilDate>) -> Bytes {
    joined(&[identity, &from.map_or(0, CivilDate::key).to_be_bytes()])
}

/// What stands at an identity: a subject or, as 0, nobody; `dated` says that later rows exist.
#[must_use]
pub fn identity_value(subject: Option<SubjectNumber>, dated: bool) -> Bytes {
    let number = subject.map_or(0, |subject| subject.0).to_be_bytes();
    if dated {
        joined(&[&number, &[1]])
    } else {
        Bytes::copy_from_slice(&number)
    }
}

/// Reads [`identity_value`] back.
#[must_use]
pub fn identity_read(value: &[u8]) -> (Option<SubjectNumber>, bool) {
    let number = u32::from_be_bytes(array_at(value, 0));
    ((number > 0).then_some(SubjectNumber(number)), value.len() > 4)
}

/// All rows of an identity up to a day.
#[must_use]
pub fn identity_until(identity: &[u8; 16], on: CivilDate) -> KeyRange {
    KeyRange {
        from: identity_from(identity, None),
        until: Some(joined(&[identity, &(on.key() + 1).to_be_bytes()])),
    }
}

/// The first day in a key of [`identity_from`]; `None` for the beginning.
#[must_use]
pub fn identity_day(key: &[u8]) -> Option<CivilDate> {
    CivilDate::from_key(u32::from_be_bytes(array_at(key, 16)))
}

/// A merger as [`MERGE`](super::MERGE) holds it; without successor it was undone.
#[must_use]
pub fn merge_value(into: Option<SubjectNumber>, on: CivilDate) -> Bytes {
    joined(&[
        &into.map_or(0, |subject| subject.0).to_be_bytes(),
        &on.key().to_be_bytes(),
    ])
}

/// Reads [`merge_value`] back.
#[must_use]
pub fn merge_read(value: &[u8]) -> Option<(SubjectNumber, CivilDate)> {
    let into = u32::from_be_bytes(array_at(value, 0));
    let on = CivilDate::from_key(u32::from_be_bytes(array_at(value, 4)))?;
    (into > 0).then_some((SubjectNumber(into), on))
}

#[must_use]
pub fn merged_in_key(into: SubjectNumber, from: SubjectNumber) -> Bytes {
    joined(&[&into.0.to_be_bytes(), &from.0.to_be_bytes()])
}

/// The subject in a key of [`merged_in_key`].
#[must_use]
pub fn merged_in_subject(key: &[u8]) -> SubjectNumber {
    SubjectNumber(u32::from_be_bytes(array_at(key, 4)))
}

#[must_use]
pub fn placed_key(first: Revision, revision: Revision) -> Bytes {
    joined(&[&first.0.to_be_bytes(), &revision.0.to_be_bytes()])
}

/// All that was ever said of where a record belongs.
#[must_use]
pub fn placed_of(first: Revision) -> KeyRange {
    under(&first.0.to_be_bytes())
}

/// The reported subject and the one whose record it is.
#[must_use]
pub fn placed_value(reported: SubjectNumber, subject: SubjectNumber) -> Bytes {
    joined(&[&reported.0.to_be_bytes(), &subject.0.to_be_bytes()])
}

/// Reads [`placed_value`] back.
#[must_use]
pub fn placed_read(value: &[u8]) -> (SubjectNumber, SubjectNumber) {
    let number = |at| SubjectNumber(u32::from_be_bytes(array_at(value, at)));
    (number(0), number(4))
}

/// The revision of the fact in a key of [`placed_key`].
#[must_use]
pub fn placed_revision(key: &[u8]) -> Revision {
    Revision(u64_at(key, 8))
}

#[must_use]
pub fn placed_in_key(subject: SubjectNumber, first: Revision, revision: Revision) -> Bytes {
    joined(&[
        &subject.0.to_be_bytes(),
        &first.0.to_be_bytes(),
        &revision.0.to_be_bytes(),
    ])
}

/// The record and the fact in a key of [`placed_in_key`].
#[must_use]
pub fn placed_in_read(key: &[u8]) -> (Revision, Revision) {
    (Revision(u64_at(key, 4)), Revision(u64_at(key, 12)))
}

/// The current state of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MembershipRow {
    pub subject: SubjectNumber,
    pub sector: SectorCode,
    pub from: CivilDate,
    /// Last day, whether it was recorded with it or ended since.
    pub until: Option<CivilDate>,
    pub current: Revision,
    pub snapshots: u32,
    /// Revision at which it was ended by itself.
    pub ended: Option<Revision>,
}

/// Size of an encoded [`MembershipRow`].
pub const MEMBERSHIP_ROW_SIZE: usize = 48;

impl MembershipRow {
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let sector = padded(self.sector.as_str());
        let bytes = joined(&[
            &self.subject.0.to_be_bytes(),
            &sector,
            &self.from.key().to_be_bytes(),
            &self.until.map_or(0, CivilDate::key).to_be_bytes(),
            &self.current.0.to_be_bytes(),
            &self.snapshots.to_be_bytes(),
            &self.ended.map_or(0, |revision| revision.0).to_be_bytes(),
        ]);
        debug_assert_eq!(bytes.len(), MEMBERSHIP_ROW_SIZE);
        bytes
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != MEMBERSHIP_ROW_SIZE {
            return None;
        }
        let number = |at: usize| u32::from_be_bytes(array_at(bytes, at));
        let sector = std::str::from_utf8(&bytes[4..20]).ok()?.trim_end_matches('\0');
        Some(Self {
            subject: SubjectNumber(number(0)),
            sector: sector.parse().ok()?,
            from: CivilDate::from_key(number(20))?,
            until: match number(24) {
                0 => None,
                key => Some(CivilDate::from_key(key)?),
            },
            current: Revision(u64_at(bytes, 28)),
            snapshots: number(36),
            ended: Some(Revision(u64_at(bytes, 40))).filter(|revision| revision.0 > 0),
        })
    }

    /// Says whether the subject belongs to the sector on a day.
    #[must_use]
    pub fn holds_on(&self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

#[must_use]
pub fn membership_key(first: Revision) -> Bytes {
    joined(&[&[BY_FIRST], &first.0.to_be_bytes()])
}

/// All memberships behind `after`, by their first revision.
#[must_use]
pub fn memberships_after(after: Revision) -> KeyRange {
    KeyRange {
        from: membership_key(after.plus(1)),
        until: Some(Bytes::from_static(&[BY_SUBJECT])),
    }
}

#[must_use]
pub fn member_key(subject: SubjectNumber, first: Revision) -> Bytes {
    joined(&[&[BY_SUBJECT], &subject.0.to_be_bytes(), &first.0.to_be_bytes()])
}

/// The memberships of a subject behind `after`.
#[must_use]
pub fn members_of(subject: SubjectNumber, after: Revision) -> KeyRange {
    KeyRange {
        from: member_key(subject, after.plus(1)),
        ..under(&joined(&[&[BY_SUBJECT], &subject.0.to_be_bytes()]))
    }
}

/// Eight bytes stand for the sector's code, so that the key keeps to its size; the row has the code.
#[must_use]
pub fn sector_key(sector: SectorCode, first: Revision) -> Bytes {
    joined(&[&sector_prefix(sector), &first.0.to_be_bytes()])
}

/// The memberships in a sector behind `after`.
#[must_use]
pub fn members_in(sector: SectorCode, after: Revision) -> KeyRange {
    KeyRange {
        from: sector_key(sector, after.plus(1)),
        ..under(&sector_prefix(sector))
    }
}

fn sector_prefix(sector: SectorCode) -> Vec<u8> {
    let hash = hash16(b"sector", &[sector.as_str().as_bytes()]);
    [&[BY_SECTOR], &hash[..8]].concat()
}

/// The first revision at the end of each key of [`MEMBERSHIP`](super::MEMBERSHIP).
#[must_use]
pub fn membership_first(key: &[u8]) -> Revision {
    Revision(u64_at(key, key.len() - 8))
}

#[must_use]
pub fn attributed_record_key(first: Revision) -> Bytes {
    joined(&[&[OF_RECORD], &first.0.to_be_bytes()])
}

/// What all records of a kind, a body and a matter have in common.
#[must_use]
pub fn class_hash(kind: RecordKind, body: &SocialCreditCode, matter: &str) -> [u8; 16] {
    let compared = ComparedName::of(matter);
    let matter = compared.as_ref().map_or(matter, ComparedName::as_str);
    hash16(b"matter", &[&[kind.number()], body.as_bytes(), matter.as_bytes()])
}

#[must_use]
pub fn attributed_class_key(class: &[u8; 16]) -> Bytes {
    joined(&[&[OF_CLASS], class])
}

/// The fact that attributes, whether an officer did, and the sectors.
#[must_use]
pub fn attributed_value(revision: Revision, by_officer: bool, sectors: &[SectorCode]) -> Bytes {
    let mut bytes = [&revision.0.to_be_bytes()[..], &[u8::from(by_officer)]].concat();
    for sector in sectors {
        bytes.extend(padded(sector.as_str()));
    }
    Bytes::from(bytes)
}

/// Says whether an officer attributed.
#[must_use]
pub fn attributed_by_officer(value: &[u8]) -> bool {
    value.get(8) == Some(&1)
}

/// The sectors of an attribution; those that do not decode are left out.
#[must_use]
pub fn attributed_sectors(value: &[u8]) -> Vec<SectorCode> {
    let codes = value.get(9..).unwrap_or_default().chunks_exact(16);
    let text = |code| std::str::from_utf8(code).ok();
    codes
        .filter_map(|code| text(code)?.trim_end_matches('\0').parse().ok())
        .collect()
}

fn padded(code: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..code.len()].copy_from_slice(code.as_bytes());
    bytes
}

/// Under which department an unattributed record stands, and its class.
#[must_use]
pub fn unattributed_value(department: DepartmentCode, class: &[u8; 16]) -> Bytes {
    joined(&[&padded(department.as_str()), class])
}

/// Reads [`unattributed_value`] back; `None` if the bytes are no such value.
#[must_use]
pub fn unattributed_read(value: &[u8]) -> Option<(DepartmentCode, [u8; 16])> {
    let department = std::str::from_utf8(value.get(..16)?).ok()?;
    let class = value.get(16..32)?.try_into().ok()?;
    Some((department.trim_end_matches('\0').parse().ok()?, class))
}

/// The record in a key of [`unattributed_key`].
#[must_use]
pub fn unattributed_first(key: &[u8]) -> Revision {
    Revision(u64_at(key, 1))
}

/// A record that belongs to no sector as yet.
#[must_use]
pub fn unattributed_key(first: Revision) -> Bytes {
    joined(&[&[UNATTRIBUTED], &first.0.to_be_bytes()])
}

/// Records of no sector behind `after`.
#[must_use]
pub fn unattributed_after(after: Revision) -> KeyRange {
    KeyRange {
        from: unattributed_key(after.plus(1)),
        until: Some(Bytes::from_static(&[ASKING])),
    }
}

/// A subject that no register has confirmed and nobody has let stand.
#[must_use]
pub fn asking_key(subject: SubjectNumber) -> Bytes {
    joined(&[&[ASKING], &subject.0.to_be_bytes()])
}

/// Subjects with an open question behind `after`.
#[must_use]
pub fn asking_after(after: SubjectNumber) -> KeyRange {
    KeyRange {
        from: asking_key(SubjectNumber(after.0.saturating_add(1))),
        until: Some(Bytes::from_static(&[ASKING + 1])),
    }
}

/// The subject in a key of [`asking_key`].
#[must_use]
pub fn asking_subject(key: &[u8]) -> SubjectNumber {
    SubjectNumber(u32::from_be_bytes(array_at(key, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{KEY_SIZE_MAX, Table};

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn rows_come_back_as_they_went_in() {
        let state = SubjectState {
            successor: Some(SubjectNumber(7)),
            registered: Some(Revision(9)),
            ended_on: Some(day("2024-02-29")),
            titled: Revision(11),
            title: [5; 16],
            code: Some("91440300192317458F".parse().unwrap()),
            changed: Revision(12),
        };
        for state in [state, SubjectState::default()] {
            assert_eq!(SubjectState::decode(&state.encode()), Some(state));
        }
        let row = MembershipRow {
            subject: SubjectNumber(3),
            sector: "FOOD_PROD".parse().unwrap(),
            from: day("2024-01-01"),
            until: Some(day("2024-12-31")),
            current: Revision(5),
            snapshots: 2,
            ended: None,
        };
        assert_eq!(MembershipRow::decode(&row.encode()), Some(row));
        assert!(row.holds_on(day("2024-01-01")) && row.holds_on(day("2024-12-31")));
        assert!(!row.holds_on(day("2023-12-31")) && !row.holds_on(day("2025-01-01")));
        assert_eq!(SubjectState::decode(&[0; 5]), None);
        assert_eq!(MembershipRow::decode(&[0; 5]), None);
    }

    #[test]
    fn no_key_is_longer_than_the_inline_form() {
        let sector = "ABCDEFGHIJKLMNOP".parse().unwrap();
        let (subject, revision) = (SubjectNumber(u32::MAX), Revision(u64::MAX));
        let longest = [
            title_key(&[9; 16], subject),
            identity_from(&[9; 16], Some(day("2024-01-01"))),
            placed_in_key(subject, revision, revision),
            sector_key(sector, revision),
        ];
        for key in longest {
            assert!(
                key.len() + std::mem::size_of::<Table>() <= KEY_SIZE_MAX,
                "{key:?}"
            );
        }
    }

    #[test]
    fn a_prefix_covers_its_keys_and_no_others() {
        assert_eq!(under(&[1, 255]).until.as_deref(), Some(&[2][..]));
        assert_eq!(under(&[255]).until, None);
        let range = members_of(SubjectNumber(1), Revision(4));
        let covers =
            |key: &Bytes| range.from <= *key && range.until.as_ref().is_some_and(|until| key < until);
        assert!(covers(&member_key(SubjectNumber(1), Revision(5))));
        assert!(!covers(&member_key(SubjectNumber(1), Revision(4))));
        assert!(!covers(&member_key(SubjectNumber(2), Revision(5))));
    }
}
