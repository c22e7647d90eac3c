//! Makes a year from a seed. Read first: [`year`].

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use uuid::Uuid;

use super::dice::Dice;
use super::plan::{Outcome, PerformanceSend, REPORTED_COLLECTED, Row, Withdrawal, Year};
use super::sheets::{Slot, sheets};
use super::subjects::{Promisor, population};
use super::texts;
use crate::domain::catalog::{Authority, Catalog};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{
    Choice, CommitmentKind, PerformanceState, Publication, Reported, ReportedPerformance,
};
use crate::domain::finding::Rule;
use crate::domain::revision::Instant;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::SubjectKind;

const REQUESTS: Uuid = Uuid::from_u128(0x4352_4544_454e_4345_2079_6561_7220_2d2d);

/// A body that accepts commitments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub name: String,
    pub code: String,
    /// Code of its department, such as `SCJG`.
    pub department: String,
    /// Its department leads a sector: such a one is never silent for a whole year.
    pub leads_sector: bool,
}

/// What the generator must know of a district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct District {
    /// Administrative division, 6 digits.
    pub division: String,
    /// Departments that take commitments and the bodies under them, in the order of the catalogue.
    pub bodies: Vec<Body>,
}

impl District {
    /// Takes from a catalogue what the generator needs, as it stood on the last day of 2024.
    ///
    /// # Panics
    /// If the catalogue names no division for 2024.
    #[must_use]
    pub fn of(catalog: &Catalog) -> Self {
        let end = CivilDate::new(2024, 12, 31).expect("a day of the calendar");
        let stands =
            |from: CivilDate, until: Option<CivilDate>| from <= end && until.is_none_or(|until| until >= end);
        let division = catalog.divisions().iter().find(|one| stands(one.from, one.until));
        let mut bodies = Vec::new();
        for department in catalog.departments_with(Authority::Commitment) {
            let body = |name: &String, code: SocialCreditCode| Body {
                name: name.clone(),
                code: code.to_string(),
                department: department.code.to_string(),
                leads_sector: department.has(Authority::SectorLead),
            };
            bodies.push(body(&department.title_zh, department.social_credit_code));
            let under = catalog
                .bodies()
                .iter()
                .filter(|one| one.department == department.code);
            bodies.extend(under.map(|one| body(&one.title_zh, one.social_credit_code)));
        }
        let mut seen = HashSet::new();
        bodies.retain(|body| seen.insert(body.code.clone()));
        Self {
            division: division
                .expect("the district has a division code in 2024")
                .code
                .clone(),
            bodies,
        }
    }
}

/// One natural key and what the year makes of it.
pub(super) struct Entry {
    pub(super) first: Reported,
    pub(super) body: usize,
    pub(super) slot: usize,
    /// Place of the row's group in its sheet.
    pub(super) group: usize,
    pub(super) kind: CommitmentKind,
    pub(super) subject_kind: SubjectKind,
    /// What must become of items 11 to 16 of the first row.
    pub(super) part: Option<Outcome>,
    pub(super) performance: Option<PerformanceState>,
    /// Day from which the performance stands; later steps need a later day.
    pub(super) performed_on: Option<Date>,
    pub(super) withdrawn_on: Option<Date>,
    pub(super) same_as: bool,
    /// Taken by one of the fates that must not meet: corrected, withdrawn, part of a pair.
    pub(super) taken: bool,
}

type Tuple = (String, CommitmentKind, String, String, usize);

pub(super) struct Maker<'a> {
    pub(super) dice: Dice,
    pub(super) seed: u64,
    pub(super) scale: u32,
    pub(super) district: &'a District,
    pub(super) promisors: Vec<Promisor>,
    pub(super) slots: Vec<Slot>,
    /// The day of each sheet.
    pub(super) days: Vec<Date>,
    pub(super) slots_of_body: Vec<Vec<usize>>,
    pub(super) entries: Vec<Entry>,
    pub(super) serials: HashMap<(usize, Date), u32>,
    pub(super) tuples: HashSet<Tuple>,
    pub(super) performances: BTreeMap<Date, Vec<PerformanceSend>>,
    pub(super) withdrawals: BTreeMap<Date, Vec<Withdrawal>>,
    /// Sheets in which an entry stands already: two rows of one key may not meet in a batch.
    pub(super) met: HashSet<(usize, usize)>,
    pub(super) requests: u32,
}

/// Makes the year of `seed`, `scale` times smaller than the real one.
///
/// The same arguments give the same year. A row's fate never depends on another row of the same step.
///
/// # Panics
/// If the district has too few bodies for a year with zero reporters, or `scale` is not within 1..=100.
#[must_use]
pub fn year(seed: u64, scale: u32, district: &District) -> Year {
    year_with_promisors(seed, scale, district).0
}

/// The year, and the organisations and individual businesses that promise something in it.
pub(super) fn year_with_promisors(
    seed: u64,
    scale: u32,
    district: &District,
) -> (Year, Vec<(SubjectKind, String, String)>) {
    assert!(
        (1..=100).contains(&scale),
        "a year can be made up to a hundred times smaller"
    );
    let collected = usize::try_from(REPORTED_COLLECTED / u64::from(scale)).expect("fits");
    let mut dice = Dice::new(seed);
    let withdrawn = permille(collected, 7);
    let promisors = population(&mut dice, &district.division, collected * 2 / 5 + 20);
    let slots = sheets(&mut dice, district, collected + withdrawn);
    let mut slots_of_body = vec![Vec::new(); district.bodies.len()];
    for (index, slot) in slots.iter().enumerate() {
        slots_of_body[slot.body].push(index);
    }
    let days = slots.iter().map(|slot| slot.day).collect();
    let mut maker = Maker {
        dice,
        seed,
        scale,
        district,
        promisors,
        slots,
        days,
        slots_of_body,
        entries: Vec::new(),
        serials: HashMap::new(),
        tuples: HashSet::new(),
        performances: BTreeMap::new(),
        withdrawals: BTreeMap::new(),
        met: HashSet::new(),
        requests: 0,
    };
    maker.fresh_rows();
    maker.corrections(permille(collected, 12));
    maker.withdrawals(withdrawn);
    maker.repeats(permille(collected, 25));
    maker.doubles(permille(collected, 25));
    maker.refusals(permille(collected, 20));
    maker.foreigners(permille(collected, 6));
    maker.late_performances(permille(collected, 40));
    let in_register = |one: &&Promisor| one.kind != SubjectKind::Person;
    let promisors = maker.promisors.iter().filter(in_register);
    let promisors = promisors.map(|one| (one.kind, one.name.clone(), one.code.clone()));
    let promisors = promisors.collect();
    (maker.finish(), promisors)
}

fn permille(of: usize, share: usize) -> usize {
    (of * share).div_ceil(1_000)
}

impl Maker<'_> {
    pub(super) fn request_id(&mut self) -> Uuid {
        self.requests += 1;
        Uuid::new_v5(
            &REQUESTS,
            format!("{}/{}/{}", self.seed, self.scale, self.requests).as_bytes(),
        )
    }

    fn fresh_rows(&mut self) {
        for slot in 0..self.slots.len() {
            for _ in 0..self.slots[slot].fresh {
                let pair = if self.dice.chance(4) {
                    self.pair_for(slot)
                } else {
                    None
                };
                let same_as = pair.is_some();
                let mut row = match pair {
                    Some(earlier) => self.same_promise(earlier),
                    None => self.promise(slot, None),
                };
                let day = self.slots[slot].day;
                let part = if same_as {
                    None
                } else {
                    self.performance_in_row(&mut row, day)
                };
                let known = self.record(slot, row.clone(), same_as);
                self.entries[known].part = part;
                if part == Some(Outcome::Created) {
                    self.entries[known].performance = row.performance.as_ref().map(state_of);
                    self.entries[known].performed_on = Some(day);
                }
                let row = Row {
                    reported: row,
                    outcome: Outcome::Created,
                    performance: part,
                    same_as,
                };
                self.slots[slot].groups.push(vec![row]);
            }
        }
    }

    pub(super) fn record(&mut self, slot: usize, row: Reported, same_as: bool) -> usize {
        let (Choice::Known(kind), Choice::Known(subject_kind)) = (&row.kind, &row.subject_kind) else {
            unreachable!("good rows have known kinds")
        };
        self.entries.push(Entry {
            kind: *kind,
            subject_kind: *subject_kind,
            body: self.slots[slot].body,
            slot,
            group: self.slots[slot].groups.len(),
            first: row,
            part: None,
            performance: None,
            performed_on: None,
            withdrawn_on: None,
            same_as,
            taken: same_as,
        });
        let known = self.entries.len() - 1;
        self.met.insert((slot, known));
        known
    }

    /// A good row that nobody has sent yet, received on the day of `slot`.
    pub(super) fn promise(&mut self, slot: usize, wanted: Option<SubjectKind>) -> Reported {
        let (day, body) = (self.slots[slot].day, self.slots[slot].body);
        loop {
            let promisor = &self.promisors[self.dice.below(self.promisors.len())];
            if wanted.is_some_and(|kind| kind != promisor.kind) {
                continue;
            }
            let kind = texts::KINDS[self.dice.weighted(&texts::KINDS.map(|(_, share)| share))].0;
            let reason = texts::reason(&mut self.dice, kind);
            // Most promises are days old when they arrive; some of them were made the year before.
            let lag = if self.dice.chance(150) {
                self.dice.below(60)
            } else {
                self.dice.below(28)
            };
            let made_on = day - i64::try_from(lag).expect("small").days();
            let tuple = (
                promisor.code.clone(),
                kind,
                reason.clone(),
                made_on.to_string(),
                body,
            );
            if !self.tuples.insert(tuple) {
                continue;
            }
            let publication = match promisor.kind {
                SubjectKind::Person => [Publication::Limited, Publication::Closed][self.dice.below(2)],
                SubjectKind::Organisation | SubjectKind::IndividualBusiness => {
                    [Publication::Public, Publication::Limited][self.dice.weighted(&[9, 1])]
                }
            };
            let (content, liability) = texts::promise(kind);
            let valid_until = match self.dice.below(10) {
                0 => "2099-12-31".to_owned(),
                1..=5 => (made_on + [30, 90, 180, 365][self.dice.below(4)].days()).to_string(),
                _ => String::new(),
            };
            let (name, code) = (promisor.name.clone(), promisor.code.clone());
            let subject_kind = Choice::Known(promisor.kind);
            let body = &self.district.bodies[body];
            let (accepting_body_name, accepting_body_code) = (body.name.clone(), body.code.clone());
            return Reported {
                code: self.commitment_code(slot, made_on),
                subject_name: name,
                subject_kind,
                subject_code: code,
                kind: Choice::Known(kind),
                kind_words: texts::kind_words(kind),
                reason,
                content: content.to_owned(),
                liability: liability.to_owned(),
                made_on: made_on.to_string(),
                valid_until,
                performance: None,
                accepting_body_name,
                accepting_body_code,
                publication: Choice::Known(publication),
                remarks: String::new(),
            };
        }
    }

    /// Serials restart per body and day, as they do where bodies count for themselves.
    pub(super) fn commitment_code(&mut self, slot: usize, made_on: Date) -> String {
        let serial = self.serials.entry((self.slots[slot].body, made_on)).or_insert(0);
        *serial += 1;
        format!(
            "{}{}{serial:06}",
            self.district.division,
            made_on.strftime("%Y%m%d")
        )
    }

    pub(super) fn pair_for(&mut self, slot: usize) -> Option<usize> {
        let body = self.slots[slot].body;
        let earlier: Vec<usize> = (0..self.entries.len())
            .filter(|entry| self.entries[*entry].body == body && self.entries[*entry].slot < slot)
            .filter(|entry| !self.entries[*entry].taken)
            .collect();
        if earlier.is_empty() {
            return None;
        }
        let entry = *self.dice.pick(&earlier);
        self.entries[entry].taken = true;
        Some(entry)
    }

    /// The promise of an earlier entry under a code of its own.
    pub(super) fn same_promise(&mut self, earlier: usize) -> Reported {
        let made_on: Date = self.entries[earlier]
            .first
            .made_on
            .parse()
            .expect("composed from a date");
        let slot = self.entries[earlier].slot;
        let mut row = self.entries[earlier].first.clone();
        row.code = self.commitment_code(slot, made_on);
        row.performance = None;
        row
    }

    /// Fills items 11 to 16, a few times wrongly; says what must become of them.
    fn performance_in_row(&mut self, row: &mut Reported, day: Date) -> Option<Outcome> {
        if !self.dice.chance(400) {
            return None;
        }
        let state = self.state();
        let mut items = self.performance(row, state, day);
        let outcome = if !self.dice.chance(8) {
            Outcome::Created
        } else if self.dice.chance(500) {
            items.state = Choice::Known(PerformanceState::Full);
            items.unperformed = "未按承诺完成整改".to_owned();
            items.measures_taken = String::new();
            Outcome::Refused(Rule::MustBeEmpty)
        } else {
            let made_on: Date = row.made_on.parse().expect("composed from a date");
            items.found_on = (made_on - 1.days()).to_string();
            Outcome::Refused(Rule::FindingBeforePromise)
        };
        row.performance = Some(items);
        Some(outcome)
    }

    pub(super) fn state(&mut self) -> PerformanceState {
        [
            PerformanceState::Full,
            PerformanceState::Partial,
            PerformanceState::Unperformed,
        ][self.dice.weighted(&[88, 7, 5])]
    }

    pub(super) fn performance(
        &mut self,
        row: &Reported,
        state: PerformanceState,
        day: Date,
    ) -> ReportedPerformance {
        let (unperformed, measures_taken) = match state {
            PerformanceState::Full => (String::new(), String::new()),
            PerformanceState::Partial | PerformanceState::Unperformed => texts::breach(&mut self.dice),
        };
        ReportedPerformance {
            state: Choice::Known(state),
            unperformed,
            measures_taken,
            found_on: day.to_string(),
            finding_body_name: row.accepting_body_name.clone(),
            finding_body_code: row.accepting_body_code.clone(),
        }
    }
}

/// The instant at which a minute of a day begins in UTC+8.
pub(super) fn instant(day: Date, minute: usize) -> Instant {
    let minute = i64::try_from(minute).expect("minutes of a day");
    let start = Offset::constant(8)
        .to_timestamp(day.at(0, 0, 0, 0))
        .expect("a day of 2024");
    Instant((start.as_second() + minute * 60) * 1_000_000_000)
}

fn state_of(performance: &ReportedPerformance) -> PerformanceState {
    match performance.state {
        Choice::Known(state) => state,
        Choice::Absent | Choice::Unknown(_) => unreachable!("generated performance has a known state"),
    }
}

#[cfg(test)]
#[path = "generator_tests.rs"]
mod tests;
