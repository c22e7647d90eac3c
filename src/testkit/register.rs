//! The generated register of subjects: every row is made of the seed and its place, so that a register of
//! any size is sent without being held. Read first: [`Register::entry`].

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::dice::Dice;
use super::numbers;
use super::plan::Outcome;
use super::subjects::{PLACES, TRADES, representative};
use crate::domain::subject::SubjectKind;

/// Rows of one batch: as many as the interface takes.
pub const REGISTER_BATCH_ROWS: usize = 1_000;

/// Entries of the register of the whole year.
pub const REGISTER_ENTRIES: usize = 60_000;

const STREAM: u64 = 2;
const REQUESTS: Uuid = Uuid::from_u128(0x4352_4544_454e_4345_2072_6567_6973_7465);

/// A subject as the register has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: SubjectKind,
    pub name: String,
    pub code: String,
    pub representative: String,
    pub established_on: Date,
}

/// The register.
#[derive(Clone, Debug)]
pub struct Register {
    seed: u64,
    division: String,
    /// Kind, name and code of those who promise something in the year; they come first.
    promisors: Arc<[(SubjectKind, String, String)]>,
    count: usize,
}

/// One batch of rows under one request id.
#[derive(Clone, Debug)]
pub struct RegisterBatch {
    pub request_id: Uuid,
    pub rows: Vec<RegisterRow>,
}

/// A row of the register and what must become of it.
#[derive(Clone, Debug)]
pub struct RegisterRow {
    pub entry: Entry,
    /// First day of a changed name; empty if nothing changed.
    pub changed_on: String,
    /// Last day of an ended subject; empty while it lives.
    pub deregistered_on: String,
    pub outcome: Outcome,
}

impl Register {
    pub(super) fn new(
        seed: u64,
        division: &str,
        promisors: Vec<(SubjectKind, String, String)>,
        count: usize,
    ) -> Self {
        Self {
            seed,
            division: division.to_owned(),
            count: count.max(promisors.len()),
            promisors: promisors.into(),
        }
    }

    /// How many subjects it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The subject at a place.
    ///
    /// # Panics
    /// For a place beyond the register's end.
    #[must_use]
    pub fn entry(&self, place: usize) -> Entry {
        assert!(place < self.count, "the register has {} entries", self.count);
        let mut dice = Dice::beside(self.seed, STREAM, place as u64);
        let days = i64::try_from(dice.below(9_000)).expect("some years");
        let established_on = date(1999, 1, 4) + days.days();
        let representative = representative(&mut dice, place);
        if let Some((kind, name, code)) = self.promisors.get(place) {
            return Entry {
                kind: *kind,
                name: name.clone(),
                code: code.clone(),
                representative,
                established_on,
            };
        }
        let (kind, prefix, form) = if dice.chance(550) {
            (SubjectKind::Organisation, "91", "有限责任公司")
        } else {
            (SubjectKind::IndividualBusiness, "92", "经营部")
        };
        let (at, trade) = (dice.pick(&PLACES), dice.pick(&TRADES));
        // Registers number on; other generated codes begin with MA0.
        let part = format!("MA{}{:05}", 5 + place / 100_000, place % 100_000);
        Entry {
            kind,
            name: format!("（测试）巴彦淖尔{at}{trade}第{place}{form}"),
            code: numbers::social_credit_code(prefix, &self.division, &part),
            representative,
            established_on,
        }
    }

    /// The batches in which it is sent, each made when it is asked for.
    pub fn batches(&self) -> impl Iterator<Item = RegisterBatch> + Send + use<> {
        let register = self.clone();
        (0..self.count).step_by(REGISTER_BATCH_ROWS).map(move |from| {
            let until = register.count.min(from + REGISTER_BATCH_ROWS);
            RegisterBatch {
                request_id: register.request_id(&format!("register/{from}")),
                rows: (from..until).map(|place| register.row(place)).collect(),
            }
        })
    }

    fn row(&self, place: usize) -> RegisterRow {
        RegisterRow {
            entry: self.entry(place),
            changed_on: String::new(),
            deregistered_on: String::new(),
            outcome: Outcome::Created,
        }
    }

    /// A request id that no other send of this register has.
    pub(super) fn request_id(&self, of: &str) -> Uuid {
        Uuid::new_v5(&REQUESTS, format!("{}/{}/{of}", self.seed, self.count).as_bytes())
    }

    /// What the register sends in the middle of the year: rows as they were, changed names, ends, and rows
    /// that are refused. Entries that others rest on stay as they are.
    pub(super) fn update(&self, day: Date, scale: usize) -> RegisterBatch {
        let mut rows = Vec::new();
        let mut dice = Dice::beside(self.seed, STREAM, u64::MAX);
        let mut place = self.count;
        let mut next = || {
            place -= 1;
            self.row(place)
        };
        for _ in 0..(240 / scale).max(2) {
            rows.push(RegisterRow {
                outcome: Outcome::Repeated,
                ..next()
            });
        }
        for _ in 0..(60 / scale).max(2) {
            let mut row = next();
            row.entry.name = row.entry.name.replace("巴彦淖尔", "河套新城");
            row.changed_on = (day - 20.days()).to_string();
            rows.push(RegisterRow {
                outcome: Outcome::Corrected,
                ..row
            });
        }
        for _ in 0..(40 / scale).max(2) {
            let mut row = next();
            let ago = i64::try_from(dice.below(100)).expect("small");
            row.deregistered_on = (day - (ago + 1).days()).to_string();
            rows.push(RegisterRow {
                outcome: Outcome::Corrected,
                ..row
            });
        }
        for _ in 0..(30 / scale).max(2) {
            let mut row = next();
            row.entry.code = numbers::with_wrong_last(&row.entry.code, "0123456789ABCDEFGHJKLMNPQRTUWXY");
            rows.push(RegisterRow {
                outcome: Outcome::Refused(crate::domain::finding::Rule::SocialCreditCodeCheck),
                ..row
            });
        }
        RegisterBatch {
            request_id: self.request_id("update"),
            rows,
        }
    }

    /// Places that [`Register::update`] does not touch.
    pub(super) fn untouched(&self) -> usize {
        self.count.saturating_sub(400).max(self.count / 2)
    }
}
