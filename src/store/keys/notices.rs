//! Layouts of the tables about notice pairs, 60 to 69.

use bytes::Bytes;

use super::{array_at, joined, subjects::under, u64_at};
use crate::domain::civil_date::CivilDate;
use crate::domain::hash::hash16;
use crate::domain::notice::{Begun, Clock, ClockNow, Exclusion, NoticeName, Numbered, Pair, Served, Verdict};
use crate::domain::notice_fact::DueDay;
use crate::domain::record::RecordKind;
use crate::domain::revision::Revision;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::domain::subject_fact::Who;
use crate::store::KeyRange;

const CLOCK_SIZE: usize = 21;
/// No time of the day is known.
const NO_MINUTE: u16 = u16::MAX;

/// Size of an encoded [`Pair`].
pub const PAIR_SIZE: usize = 162 + 3 * CLOCK_SIZE;

fn day_or_zero(day: Option<CivilDate>) -> [u8; 4] {
    day.map_or(0, CivilDate::key).to_be_bytes()
}

fn or_zero(revision: Option<Revision>) -> [u8; 8] {
    revision.map_or(0, |revision| revision.0).to_be_bytes()
}

fn due_bytes(due: DueDay) -> [u8; 5] {
    let (kind, number) = match due {
        DueDay::On(day) => (1, day.key()),
        DueDay::NoCalendar(year) => (2, u32::from(year.cast_unsigned())),
    };
    let [a, b, c, d] = number.to_be_bytes();
    [kind, a, b, c, d]
}

fn served_bytes(served: Option<Served>) -> [u8; 6] {
    let [a, b, c, d] = day_or_zero(served.map(|served| served.on));
    let [e, f] = served
        .and_then(|served| served.minute)
        .unwrap_or(NO_MINUTE)
        .to_be_bytes();
    [a, b, c, d, e, f]
}

fn clock_bytes(clock: Option<&ClockNow>) -> Vec<u8> {
    let Some(clock) = clock else {
        return vec![0; CLOCK_SIZE];
    };
    [
        &clock.start.key().to_be_bytes()[..],
        &clock.days.to_be_bytes(),
        &clock.suspended_days.to_be_bytes(),
        &due_bytes(clock.due),
        &day_or_zero(clock.suspended_on),
        &day_or_zero(clock.ended_on),
    ]
    .concat()
}

/// Writes a row of [`NOTICE`](super::NOTICE).
#[must_use]
pub fn encode(pair: &Pair) -> Bytes {
    let mut department = [0; 16];
    let code = pair.department.as_str().as_bytes();
    department[..code.len()].copy_from_slice(code);
    let number = pair.number.unwrap_or(Numbered { year: 0, serial: 0 });
    let told = pair.clocks.iter().enumerate().fold(0_u8, |bits, (place, clock)| {
        let is_told = clock.as_ref().is_some_and(|clock| clock.told);
        bits | u8::from(is_told) << place
    });
    let clocks: Vec<u8> = pair
        .clocks
        .iter()
        .flat_map(|clock| clock_bytes(clock.as_ref()))
        .collect();
    let bytes = joined(&[
        pair.name.as_bytes(),
        &pair.who.subject.0.to_be_bytes(),
        &[pair.who.kind.number(), pair.kind.number(), pair.begun.number()],
        &[pair.verdict.map_or(0, Verdict::number), pair.failed, told],
        pair.body.as_bytes(),
        &department,
        &pair.decided_on.key().to_be_bytes(),
        &pair.opened_on.key().to_be_bytes(),
        &pair.key,
        &number.year.to_be_bytes(),
        &number.serial.to_be_bytes(),
        &or_zero(pair.issued),
        &or_zero(pair.record),
        &served_bytes(pair.decision),
        &served_bytes(pair.notice),
        &or_zero(pair.voided),
        &or_zero(pair.replaced_by),
        &or_zero(pair.replaces),
        &or_zero(pair.questioned),
        &pair.changed.0.to_be_bytes(),
        &clocks,
    ]);
    debug_assert_eq!(bytes.len(), PAIR_SIZE);
    bytes
}

fn day_at(bytes: &[u8], at: usize) -> Option<CivilDate> {
    CivilDate::from_key(u32::from_be_bytes(array_at(bytes, at)))
}

fn maybe_day(bytes: &[u8], at: usize) -> Option<Option<CivilDate>> {
    match u32::from_be_bytes(array_at(bytes, at)) {
        0 => Some(None),
        key => CivilDate::from_key(key).map(Some),
    }
}

fn maybe(bytes: &[u8], at: usize) -> Option<Revision> {
    Some(Revision(u64_at(bytes, at))).filter(|revision| revision.0 > 0)
}

fn served_at(bytes: &[u8], at: usize) -> Option<Option<Served>> {
    let minute = u16::from_be_bytes(array_at(bytes, at + 4));
    let served = |on| Served {
        on,
        minute: (minute != NO_MINUTE).then_some(minute),
    };
    maybe_day(bytes, at).map(|on| on.map(served))
}

fn clock_at(bytes: &[u8], at: usize, is_told: bool) -> Option<Option<ClockNow>> {
    let due = match bytes[at + 8] {
        0 => return Some(None),
        1 => DueDay::On(day_at(bytes, at + 9)?),
        2 => {
            let year = u32::from_be_bytes(array_at(bytes, at + 9));
            DueDay::NoCalendar(u16::try_from(year).ok()?.cast_signed())
        }
        _ => return None,
    };
    Some(Some(ClockNow {
        start: day_at(bytes, at)?,
        days: u16::from_be_bytes(array_at(bytes, at + 4)),
        suspended_days: u16::from_be_bytes(array_at(bytes, at + 6)),
        due,
        suspended_on: maybe_day(bytes, at + 13)?,
        ended_on: maybe_day(bytes, at + 17)?,
        told: is_told,
    }))
}

/// Reads such a row; `None` if the bytes are none.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Pair> {
    if bytes.len() != PAIR_SIZE {
        return None;
    }
    let department = std::str::from_utf8(&bytes[48..64]).ok()?.trim_end_matches('\0');
    let serial = u32::from_be_bytes(array_at(bytes, 90));
    let clock = |place: usize| {
        let is_told = bytes[29] & (1 << place) != 0;
        clock_at(bytes, 162 + place * CLOCK_SIZE, is_told)
    };
    Some(Pair {
        name: NoticeName::from_text(std::str::from_utf8(&bytes[..20]).ok()?)?,
        who: Who {
            subject: SubjectNumber(u32::from_be_bytes(array_at(bytes, 20))),
            kind: SubjectKind::try_from(bytes[24]).ok()?,
        },
        kind: RecordKind::try_from(bytes[25]).ok()?,
        begun: Begun::try_from(bytes[26]).ok()?,
        verdict: match bytes[27] {
            0 => None,
            number => Some(Verdict::try_from(number).ok()?),
        },
        failed: bytes[28],
        body: std::str::from_utf8(&bytes[30..48]).ok()?.parse().ok()?,
        department: department.parse().ok()?,
        decided_on: day_at(bytes, 64)?,
        opened_on: day_at(bytes, 68)?,
        key: array_at(bytes, 72),
        number: (serial > 0).then_some(Numbered {
            year: i16::from_be_bytes(array_at(bytes, 88)),
            serial,
        }),
        issued: maybe(bytes, 94),
        record: maybe(bytes, 102),
        decision: served_at(bytes, 110)?,
        notice: served_at(bytes, 116)?,
        voided: maybe(bytes, 122),
        replaced_by: maybe(bytes, 130),
        replaces: maybe(bytes, 138),
        questioned: maybe(bytes, 146),
        changed: Revision(u64_at(bytes, 154)),
        clocks: [clock(0)?, clock(1)?, clock(2)?],
    })
}

/// A key of [`NOTICE_SERIAL`](super::NOTICE_SERIAL).
#[must_use]
pub fn serial_key(body: &SocialCreditCode, year: i16) -> Bytes {
    joined(&[body.as_bytes(), &year.to_be_bytes()])
}

/// A key of [`NOTICE_NUMBER`](super::NOTICE_NUMBER).
#[must_use]
pub fn number_key(text: &str) -> Bytes {
    Bytes::copy_from_slice(&hash16(b"notice number", &[text.as_bytes()]))
}

/// What [`NOTICE_RECORD`](super::NOTICE_RECORD) holds: what became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It has this pair.
    Pair(Revision),
    OutOfScope(Exclusion, Revision),
}

impl Answered {
    #[must_use]
    pub fn encode(self) -> Bytes {
        let (number, revision) = match self {
            Self::Pair(first) => (0, first),
            Self::OutOfScope(reason, at) => (reason.number(), at),
        };
        joined(&[&[number], &revision.0.to_be_bytes()])
    }

    /// `None` if the bytes are no such row.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 9 {
            return None;
        }
        let revision = Revision(u64_at(bytes, 1));
        Some(match bytes[0] {
            0 => Self::Pair(revision),
            number => Self::OutOfScope(Exclusion::try_from(number).ok()?, revision),
        })
    }
}

/// A key of [`NOTICE_DUE`](super::NOTICE_DUE).
#[must_use]
pub fn due_key(on: CivilDate, clock: Clock, pair: Revision) -> Bytes {
    joined(&[&on.key().to_be_bytes(), &[clock.number()], &pair.0.to_be_bytes()])
}

/// Day, clock and pair of such a key; `None` if it is none.
#[must_use]
pub fn due_read(key: &[u8]) -> Option<(CivilDate, Clock, Revision)> {
    if key.len() != 13 {
        return None;
    }
    let clock = Clock::try_from(key[4]).ok()?;
    Some((day_at(key, 0)?, clock, Revision(u64_at(key, 5))))
}

/// Everything whose last day lies before a day.
#[must_use]
pub fn due_before(day: CivilDate) -> KeyRange {
    KeyRange {
        from: Bytes::new(),
        until: Some(Bytes::copy_from_slice(&day.key().to_be_bytes())),
    }
}

/// A key of [`NOTICE_HISTORY`](super::NOTICE_HISTORY).
#[must_use]
pub fn history_key(pair: Revision, at: Revision) -> Bytes {
    joined(&[&pair.0.to_be_bytes(), &at.0.to_be_bytes()])
}

/// Every fact about a pair, in order.
#[must_use]
pub fn history_of(pair: Revision) -> KeyRange {
    under(&pair.0.to_be_bytes())
}

/// The fact's revision in such a key.
#[must_use]
pub fn history_at(key: &[u8]) -> Revision {
    Revision(u64_at(key, 8))
}
