//! First rows: penalties, licences, the smaller layouts, and the history file.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::rows::{self, Decided, OTHERS as SMALL};
use super::{Body, Entry, HISTORY, LICENCES, Maker, OTHERS, PENALTIES, Party, Sheet, calendar};
use crate::domain::record::{RecordKind, ReportedRecord};
use crate::testkit::plan::Outcome;
use crate::testkit::record_plan::{REPORTED_PENALTIES, RecordRow};

/// Licences of the real year.
const LICENCES_COUNT: usize = 640;
/// Rows of the history file.
const HISTORY_COUNT: usize = 500;
/// In so many of a thousand decisions a second party is punished, in some of these a third.
const SEVERAL_PERMILLE: usize = 30;

/// In so many of a thousand decisions the matter is a general one.
const GENERAL_PERMILLE: usize = 80;

/// A day on which a body sends.
struct Slot {
    day: Date,
    body: usize,
}

impl Maker<'_> {
    pub(super) fn fresh(&mut self) {
        let counted = usize::try_from(REPORTED_PENALTIES).expect("fits") / self.scale;
        self.penalties(counted + self.ends_of(counted).total());
        let licences = self.scaled(LICENCES_COUNT) + self.licence_ends();
        self.licences(licences);
        self.small_layouts();
        self.history();
    }

    /// Bodies in random order with the days on which they send: the first of a body in the first half of
    /// the year, so that every body has a decision that can go its way.
    fn slots(&mut self, bodies: usize, busy: usize) -> (Vec<Slot>, Vec<usize>, Vec<usize>) {
        let mut order: Vec<usize> = (0..bodies).collect();
        self.dice.shuffle(&mut order);
        let (mut slots, mut weights, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
        for (rank, body) in order.into_iter().enumerate() {
            let share = 1_200 / (rank + 4);
            for (place, day) in self.days.iter().copied().enumerate() {
                let is_month_end = place % 4 == 3;
                let weight = match (is_month_end, day.month() % 3 == 0) {
                    (true, true) => 14,
                    (true, false) => 6,
                    (false, _) if rank < busy => 3,
                    (false, _) => continue,
                };
                if is_month_end && day.month() == 1 {
                    firsts.push(slots.len());
                }
                slots.push(Slot { day, body });
                weights.push(share * weight);
            }
        }
        (slots, weights, firsts)
    }

    fn penalties(&mut self, wanted: usize) {
        let bodies = self.authorities.penalising.len();
        let (slots, weights, mut firsts) = self.slots(bodies, 12);
        if wanted < 2 * bodies {
            // A year as small as this cannot have one for every body.
            firsts.clear();
        }
        let mut made = 0;
        while made < wanted {
            let first = firsts.get(made).copied();
            let at = first.unwrap_or_else(|| self.dice.weighted(&weights));
            let (day, body) = (slots[at].day, slots[at].body);
            let on = self.decision_before(day);
            let number = self.number(PENALTIES, body, "罚决", 2024);
            let mut parties = 1;
            if first.is_none() && self.dice.chance(SEVERAL_PERMILLE) {
                parties += 1 + usize::from(self.dice.chance(300));
            }
            let mut met = Vec::new();
            let (matter, sector) = self.matter(|all| &all.penalising, body);
            while parties > 0 && made < wanted {
                let party = self.party(45);
                if met.contains(&party.code) {
                    continue;
                }
                met.push(party.code.clone());
                let (row, codes) = self.penalty_row(body, &party, &number, on, &matter);
                let entry = Entry {
                    penalty_kinds: codes,
                    sector: sector.clone(),
                    keeps: first.is_some(),
                    ..self.entry(RecordKind::Penalty, row, party, body, &number, [on, day])
                };
                self.record(day, (PENALTIES, body), entry);
                parties -= 1;
                made += 1;
            }
        }
    }

    pub(super) fn penalty_row(
        &mut self,
        body: usize,
        party: &Party,
        number: &str,
        on: Date,
        matter: &str,
    ) -> (ReportedRecord, &'static [&'static str]) {
        let sanction = rows::sanction(&mut self.dice);
        let source = self.source("部门业务系统");
        let decided = Decided {
            party,
            body: &self.authorities.penalising[body],
            number,
            on,
            matter,
            source,
        };
        let row = rows::penalty(&mut self.dice, &decided, &sanction);
        (row, sanction.codes)
    }

    /// Most decisions come within the term, one in ten long after it.
    pub(super) fn decision_before(&mut self, received_on: Date) -> Date {
        let lag = if self.dice.chance(100) {
            8 + self.dice.below(23)
        } else {
            self.dice.below(8)
        };
        calendar::before(received_on, lag)
    }

    pub(super) fn matter(
        &mut self,
        of: fn(&super::Authorities) -> &[Body],
        body: usize,
    ) -> (String, Option<String>) {
        let matters = &of(self.authorities)[body].matters;
        let (named, general) = matters.split_at(matters.len() - super::GENERAL.len());
        let matters = if named.is_empty() || self.dice.chance(GENERAL_PERMILLE) {
            general
        } else {
            named
        };
        self.dice.pick(matters).clone()
    }

    pub(super) fn entry(
        &self,
        kind: RecordKind,
        first: ReportedRecord,
        party: Party,
        body: usize,
        number: &str,
        [decided_on, received_on]: [Date; 2],
    ) -> Entry {
        Entry {
            kind,
            first,
            party,
            body,
            number: number.to_owned(),
            decided_on,
            received_on,
            last_on: received_on,
            penalty_kinds: &[],
            sector: None,
            end: None,
            by_ruling: false,
            keeps: false,
            taken: false,
            group: 0,
        }
    }

    /// Keeps an entry and sends its first row.
    pub(super) fn record(&mut self, day: Date, sheet: Sheet, entry: Entry) {
        let row = RecordRow {
            reported: entry.first.clone(),
            record: Some(self.entries.len()),
            outcome: Outcome::Created,
        };
        let group = self.push(day, sheet, row);
        self.entries.push(Entry { group, ..entry });
    }

    fn licences(&mut self, wanted: usize) {
        let bodies = self.authorities.licensing.len();
        let (slots, weights, _) = self.slots(bodies, 6);
        for _ in 0..wanted {
            let at = self.dice.weighted(&weights);
            let (day, body) = (slots[at].day, slots[at].body);
            let on = self.decision_before(day);
            let number = self.number(LICENCES, body, "许可", 2024);
            let party = self.party(20);
            let (matter, sector) = self.matter(|all| &all.licensing, body);
            let source = self.source("政务服务平台");
            let decided = Decided {
                party: &party,
                body: &self.authorities.licensing[body],
                number: &number,
                on,
                matter: &matter,
                source,
            };
            let row = rows::licence(&mut self.dice, &decided);
            let entry = Entry {
                sector,
                ..self.entry(RecordKind::Licence, row, party, body, &number, [on, day])
            };
            self.record(day, (LICENCES, body), entry);
        }
    }

    fn small_layouts(&mut self) {
        for (place, small) in SMALL.iter().enumerate() {
            for _ in 0..self.scaled(small.count) {
                let day = *self.dice.pick(&self.days);
                let body = self.dice.below(self.authorities.penalising.len());
                let words = ["列严", "列异", "表彰", "评价", "检查"][place];
                let number = self.number(OTHERS, body, words, 2024);
                let party = self.party(0);
                let matter = (*self.dice.pick(small.matters)).to_owned();
                let on = self.decision_before(day);
                let source = self.source("部门业务系统");
                let decided = Decided {
                    party: &party,
                    body: &self.authorities.penalising[body],
                    number: &number,
                    on,
                    matter: &matter,
                    source,
                };
                let row = rows::other(small, &decided);
                let kind = [
                    RecordKind::Listing,
                    RecordKind::AbnormalListing,
                    RecordKind::Commendation,
                    RecordKind::Evaluation,
                    RecordKind::InspectionResult,
                ][place];
                let entry = self.entry(kind, row, party, body, &number, [on, day]);
                self.record(day, (OTHERS, body), entry);
            }
        }
    }

    /// One file with decisions of 2016 to 2018, as a department hands it over in spring.
    fn history(&mut self) {
        let day = self.days[10];
        for _ in 0..self.scaled(HISTORY_COUNT) {
            let body = self.dice.below(self.authorities.penalising.len());
            let ago = i64::try_from(self.dice.below(1_090)).expect("three years");
            let on = date(2016, 1, 4) + ago.days();
            let number = self.number(HISTORY, body, "罚", on.year());
            let party = self.party(60);
            let (matter, sector) = self.matter(|all| &all.penalising, body);
            let sanction = rows::sanction(&mut self.dice);
            let source = self.source("历史数据");
            let decided = Decided {
                party: &party,
                body: &self.authorities.penalising[body],
                number: &number,
                on,
                matter: &matter,
                source,
            };
            let row = rows::old_penalty(&decided, &sanction, self.division);
            let entry = Entry {
                sector,
                taken: true,
                ..self.entry(RecordKind::Penalty, row, party, body, &number, [on, day])
            };
            self.record(day, (HISTORY, 0), entry);
        }
    }
}
