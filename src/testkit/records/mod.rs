//! The rest of the year: the register, memberships and credit records, beside the commitments.
//!
//! Drawn from streams of their own, so that the commitments of a seed stay as they are. Every event of a
//! record lies on a later day than the one before, so that rows of one day may be sent in any order.
//! Read first: [`whole_year`].

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::dice::Dice;
use super::generator::{District, instant, year_with_promisors};
use super::numbers;
use super::plan::{Outcome, Step, Year};
use super::record_plan::{EndSend, RecordBatch, RecordRow, YearCounts};
use super::register::{REGISTER_ENTRIES, Register};
use super::sheets::{last_weekday, weekday_from};
use crate::domain::attribution::Attribution;
use crate::domain::catalog::{Authority, Catalog};
use crate::domain::record::{End, RecordKind, ReportedRecord, Source};
use crate::domain::subject::SubjectKind;

mod calendar;
mod counts;
mod fates;
mod faults;
mod fresh;
mod members;
mod rows;
#[cfg(test)]
mod tests;

const STREAM: u64 = 1;
const REQUESTS: Uuid = Uuid::from_u128(0x4352_4544_454e_4345_2072_6563_6f72_6473);

/// Rows of one batch.
const BATCH_ROWS_MAX: usize = 1_000;

/// Matters that no data attribute, unless a rule holds for the whole body.
const GENERAL: [&str; 4] = [
    "未按规定保存档案",
    "妨碍执法人员执行公务",
    "未按要求限期改正",
    "违反公共秩序管理规定",
];

/// A body that decides, with the matters it decides on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub name: String,
    pub code: String,
    /// Each with the sector it belongs to; `None` where no data say one.
    pub matters: Vec<(String, Option<String>)>,
}

/// What the generator must know of bodies and sectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorities {
    /// Bodies that impose penalties, in the order of the catalogue.
    pub penalising: Vec<Body>,
    /// Departments that grant licences.
    pub licensing: Vec<Body>,
    pub sectors: Vec<String>,
}

impl Authorities {
    /// Takes from the data what the generator needs.
    #[must_use]
    pub fn of(catalog: &Catalog, attribution: &Attribution) -> Self {
        let body = |name: &str, code: String, kind: RecordKind| {
            let mut matters = Vec::new();
            let mut of_all = None;
            for rule in attribution.rules() {
                let is_its = rule.bodies.iter().any(|one| one.to_string() == code);
                if rule.kind != kind || !is_its || rule.until.is_some() {
                    continue;
                }
                let sector = rule.sectors.first().map(ToString::to_string);
                if rule.matters.is_empty() {
                    of_all.clone_from(&sector);
                }
                let named = rule
                    .matters
                    .iter()
                    .map(|one| (one.as_str().to_owned(), sector.clone()));
                matters.extend(named);
            }
            matters.extend(GENERAL.map(|matter| (matter.to_owned(), of_all.clone())));
            Body {
                name: name.to_owned(),
                code,
                matters,
            }
        };
        let penalising = catalog.bodies().iter();
        let penalising = penalising.map(|one| {
            body(
                &one.title_zh,
                one.social_credit_code.to_string(),
                RecordKind::Penalty,
            )
        });
        let licensing = catalog.departments_with(Authority::License);
        let licensing = licensing.map(|one| {
            body(
                &one.title_zh,
                one.social_credit_code.to_string(),
                RecordKind::Licence,
            )
        });
        Self {
            penalising: penalising.collect(),
            licensing: licensing.collect(),
            sectors: catalog.sectors().iter().map(|one| one.code.to_string()).collect(),
        }
    }
}

/// Whom a record is about.
#[derive(Clone, Debug)]
struct Party {
    kind: SubjectKind,
    name: String,
    code: String,
    representative: String,
    /// Place in the register; `None` for a person.
    place: Option<usize>,
}

/// One record and what the year makes of it.
struct Entry {
    kind: RecordKind,
    /// The row as it was first sent.
    first: ReportedRecord,
    party: Party,
    /// Place of its body among those that decide on such records; of other kinds, the sender's.
    body: usize,
    number: String,
    decided_on: Date,
    received_on: Date,
    /// Later events need a later day.
    last_on: Date,
    penalty_kinds: &'static [&'static str],
    sector: Option<String>,
    end: Option<End>,
    by_ruling: bool,
    /// Stands to the end, whatever comes.
    keeps: bool,
    /// Taken by one of the fates that must not meet.
    taken: bool,
    /// Place of its first row in its sheet.
    group: usize,
}

/// What is sent on a day, by sheet.
#[derive(Default)]
struct Day {
    /// Rows that must stay in order stand in one group.
    sheets: BTreeMap<Sheet, Vec<Vec<RecordRow>>>,
    ends: Vec<EndSend>,
}

/// Layout's family and body.
type Sheet = (u8, usize);

const PENALTIES: u8 = 1;
const LICENCES: u8 = 2;
const OTHERS: u8 = 3;
const HISTORY: u8 = 4;
const RULINGS: u8 = 5;

struct Maker<'a> {
    dice: Dice,
    seed: u64,
    scale: usize,
    division: &'a str,
    authorities: &'a Authorities,
    register: Register,
    /// Days on which something is sent, in order.
    days: Vec<Date>,
    sends: BTreeMap<Date, Day>,
    entries: Vec<Entry>,
    serials: HashMap<(u8, usize), usize>,
    persons: HashSet<String>,
    requests: u32,
    counts: YearCounts,
}

/// Makes the whole year of `seed`, `scale` times smaller than the real one.
///
/// # Panics
/// As [`year`](super::generator::year); if no body imposes penalties or grants licences.
#[must_use]
pub fn whole_year(seed: u64, scale: u32, district: &District, authorities: &Authorities) -> Year {
    let (mut year, promisors) = year_with_promisors(seed, scale, district);
    let small = usize::try_from(scale).expect("at most a hundred");
    let register = Register::new(seed, &district.division, promisors, REGISTER_ENTRIES / small);
    let mut maker = Maker {
        dice: Dice::beside(seed, STREAM, 0),
        seed,
        scale: small,
        division: &district.division,
        authorities,
        register,
        days: days(),
        sends: BTreeMap::new(),
        entries: Vec::new(),
        serials: HashMap::new(),
        persons: HashSet::new(),
        requests: 0,
        counts: YearCounts::default(),
    };
    maker.fresh();
    maker.fates();
    maker.finish(&mut year);
    year
}

/// Month ends, and three days of each month between.
fn days() -> Vec<Date> {
    let of = |month| {
        let between = [4, 11, 18].map(|day| weekday_from(date(2024, month, day)));
        between.into_iter().chain([last_weekday(month)])
    };
    (1..=12).flat_map(of).collect()
}

impl Maker<'_> {
    /// A count of the real year at this scale, at least one.
    fn scaled(&self, count: usize) -> usize {
        (count / self.scale).max(1)
    }

    fn request_id(&mut self) -> Uuid {
        self.requests += 1;
        let text = format!("{}/{}/{}", self.seed, self.scale, self.requests);
        Uuid::new_v5(&REQUESTS, text.as_bytes())
    }

    fn source(&mut self, system: &str) -> Source {
        self.requests += 1;
        Source {
            system: system.to_owned(),
            key: format!("K{:07}", self.requests),
            batch: String::new(),
        }
    }

    /// Somebody of the register, or in a few of a hundred draws a person of nobody's.
    fn party(&mut self, persons_permille: usize) -> Party {
        if self.dice.chance(persons_permille) {
            return self.person();
        }
        let place = self.dice.below(self.register.untouched());
        let entry = self.register.entry(place);
        Party {
            kind: entry.kind,
            name: entry.name,
            code: entry.code,
            representative: entry.representative,
            place: Some(place),
        }
    }

    fn person(&mut self) -> Party {
        loop {
            let number = self.persons.len();
            let days = i64::try_from(self.dice.below(14_000)).expect("some years");
            let born = (date(1960, 1, 1) + days.days()).strftime("%Y%m%d").to_string();
            let code = numbers::resident_id(self.division, &born, self.dice.below(1_000));
            if self.persons.insert(code.clone()) {
                return Party {
                    kind: SubjectKind::Person,
                    name: super::subjects::representative(&mut self.dice, number),
                    code,
                    representative: String::new(),
                    place: None,
                };
            }
        }
    }

    /// A number that no other decision of this body bears.
    fn number(&mut self, family: u8, body: usize, words: &str, year: i16) -> String {
        let serial = self.serials.entry((family, body)).or_insert(0);
        *serial += 1;
        format!("临测{words}〔{year}〕{:02}{serial:04}号", body + 1)
    }

    /// A later day for an entry; from then on events need a day later still.
    fn later(&mut self, entry: usize) -> Option<Date> {
        let from = self
            .days
            .partition_point(|day| *day <= self.entries[entry].last_on);
        if from == self.days.len() {
            return None;
        }
        let day = self.days[from + self.dice.below(self.days.len() - from)];
        self.entries[entry].last_on = day;
        Some(day)
    }

    fn push(&mut self, day: Date, sheet: Sheet, row: RecordRow) -> usize {
        let groups = self
            .sends
            .entry(day)
            .or_default()
            .sheets
            .entry(sheet)
            .or_default();
        groups.push(vec![row]);
        groups.len() - 1
    }

    /// Sends a row of an entry again on a later day; `false` if none is left.
    fn again(&mut self, entry: usize, row: ReportedRecord, outcome: Outcome) -> bool {
        let Some(day) = self.later(entry) else {
            return false;
        };
        let record = Some(entry);
        let sheet = sheet_of(&self.entries[entry]);
        self.push(
            day,
            sheet,
            RecordRow {
                reported: row,
                record,
                outcome,
            },
        );
        true
    }

    fn finish(mut self, year: &mut Year) {
        let mut steps = self.opening();
        let last = self.sends.keys().next_back().copied();
        let mut silent = Vec::new();
        for (day, sends) in std::mem::take(&mut self.sends) {
            let mut batches = Vec::new();
            let mut sheets = telling(sends.sheets, &mut silent);
            if Some(&day) == last.as_ref() && !silent.is_empty() {
                sheets.push(std::mem::take(&mut silent));
            }
            for mut groups in sheets {
                self.dice.shuffle(&mut groups);
                for rows in cut(groups) {
                    rows.iter().for_each(|row| counts::row(&mut self.counts, row));
                    let request_id = self.request_id();
                    batches.push(RecordBatch { request_id, rows });
                    self.counts.year_batches += 1;
                }
            }
            let of_day = steps.entry(day).or_default();
            if !batches.is_empty() {
                of_day.push(Step::Records(batches));
            }
            if !sends.ends.is_empty() {
                of_day.push(Step::End(sends.ends));
            }
        }
        self.count();
        year.plan.expected.year = self.counts;
        year.sends = merged(std::mem::take(&mut year.sends), steps);
    }
}

fn sheet_of(entry: &Entry) -> Sheet {
    let family = match entry.kind {
        RecordKind::Penalty => PENALTIES,
        RecordKind::Licence => LICENCES,
        RecordKind::Ruling => RULINGS,
        RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult => OTHERS,
    };
    (family, entry.body)
}

/// Puts rows of sheets without anything new among those of another sheet, of this day or a later one: a
/// batch of which nothing is recorded leaves no trace in a ledger. What was said before may wait: it is
/// repeated or refused on a later day as well.
fn telling(
    sheets: BTreeMap<Sheet, Vec<Vec<RecordRow>>>,
    silent: &mut Vec<Vec<RecordRow>>,
) -> Vec<Vec<Vec<RecordRow>>> {
    let is_new = |row: &RecordRow| matches!(row.outcome, Outcome::Created | Outcome::Corrected);
    let is_telling = |groups: &Vec<Vec<RecordRow>>| groups.iter().flatten().any(is_new);
    let (mut telling, others): (Vec<_>, Vec<_>) = sheets.into_values().partition(is_telling);
    silent.extend(others.into_iter().flatten());
    if let Some(first) = telling.first_mut() {
        first.append(silent);
    }
    telling
}

/// Cuts a sheet into batches without cutting a group.
fn cut(groups: Vec<Vec<RecordRow>>) -> Vec<Vec<RecordRow>> {
    let mut batches: Vec<Vec<RecordRow>> = vec![Vec::new()];
    for group in groups {
        let last = batches.last_mut().expect("there is always a batch");
        if last.len() + group.len() > BATCH_ROWS_MAX {
            batches.push(group);
        } else {
            last.extend(group);
        }
    }
    batches
}

/// Puts the steps of days among those of the commitments, which stay as they are.
fn merged(commitments: Vec<Step>, mut others: BTreeMap<Date, Vec<Step>>) -> Vec<Step> {
    let mut steps = Vec::new();
    for step in commitments {
        if let Step::Advance(to) = step {
            let next = others.split_off(&day_of(to));
            for (day, more) in std::mem::replace(&mut others, next) {
                steps.push(Step::Advance(instant(day, 8 * 60)));
                steps.extend(more);
            }
            steps.push(Step::Advance(to));
            steps.extend(others.remove(&day_of(to)).into_iter().flatten());
        } else {
            steps.push(step);
        }
    }
    assert!(others.is_empty(), "the year ends on its last day");
    steps
}

fn day_of(instant: crate::domain::revision::Instant) -> Date {
    crate::domain::civil_date::CivilDate::of_instant(instant)
        .to_string()
        .parse()
        .expect("a civil date is written as one")
}
