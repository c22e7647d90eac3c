//! What becomes of records: heard again, corrected, ended, ruled upon; and rows that must not count.

use jiff::ToSpan;

use super::rows::{self, Decided, Ruling};
use super::{Entry, Maker, PENALTIES, RULINGS};
use crate::domain::finding::Rule;
use crate::domain::record::{End, RecordKind};
use crate::domain::subject::SubjectKind;
use crate::testkit::numbers;
use crate::testkit::plan::Outcome;
use crate::testkit::record_plan::{EndSend, REPORTED_PENALTIES, RecordRow};

/// Rulings that the district received in 2024, and those of them that corrected a penalty.
const RULINGS_RECEIVED: usize = 182;
const RULINGS_CORRECTING: usize = 9;

/// How many penalties come to an end that keeps them from counting.
pub(super) struct Ends {
    withdrawn: usize,
    deleted: usize,
    /// Withdrawn by a row that says so.
    by_row: usize,
    annulled: usize,
}

impl Ends {
    pub(super) fn total(&self) -> usize {
        self.withdrawn + self.deleted + self.by_row + self.annulled
    }
}

fn permille(of: usize, share: usize) -> usize {
    (of * share).div_ceil(1_000)
}

impl Maker<'_> {
    pub(super) fn ends_of(&self, counted: usize) -> Ends {
        Ends {
            withdrawn: permille(counted, 8),
            deleted: permille(counted, 3),
            by_row: permille(counted, 3),
            annulled: self.scaled(RULINGS_CORRECTING).div_ceil(2),
        }
    }

    pub(super) fn licence_ends(&self) -> usize {
        self.scaled(8)
    }

    pub(super) fn fates(&mut self) {
        let counted = usize::try_from(REPORTED_PENALTIES).expect("fits") / self.scale;
        let ends = self.ends_of(counted);
        self.ended(RecordKind::Penalty, ends.withdrawn, End::Withdrawn);
        self.ended(RecordKind::Penalty, ends.deleted, End::Deleted);
        self.ended(RecordKind::Penalty, permille(counted, 5), End::Repaired);
        self.ended(RecordKind::Licence, self.licence_ends(), End::Withdrawn);
        self.ended_by_row(ends.by_row);
        self.corrections(permille(counted, 12));
        self.sources(permille(counted, 25), "市级回流");
        self.sources(permille(counted, 12), "自治区双公示平台");
        self.repeats(permille(counted, 15));
        self.doubles(permille(counted, 10));
        self.refused_after(permille(counted, 4));
        self.refusals(permille(counted, 22));
        self.rulings(ends.annulled);
    }

    /// Entries in random order; `fate` says whether it took one.
    fn until(&mut self, wanted: usize, mut fate: impl FnMut(&mut Self, usize) -> bool) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        self.dice.shuffle(&mut order);
        let mut done = 0;
        for entry in order {
            if done == wanted {
                return;
            }
            done += usize::from(fate(self, entry));
        }
        assert_eq!(done, wanted, "the year is too small for its fates");
    }

    fn is_free(&self, entry: usize, kind: RecordKind) -> bool {
        let known = &self.entries[entry];
        known.kind == kind && !known.taken && !known.keeps && known.end.is_none()
    }

    fn ended(&mut self, kind: RecordKind, wanted: usize, end: End) {
        self.until(wanted, |maker, entry| {
            if !maker.is_free(entry, kind) {
                return false;
            }
            let Some(day) = maker.later(entry) else {
                return false;
            };
            let reason = match end {
                End::Withdrawn => "决定机关自行撤销",
                End::Deleted => "不属于公示范围",
                End::Repaired => "已完成信用修复",
                End::Expired => "公示期满",
            };
            let send = EndSend {
                request_id: maker.request_id(),
                record: entry,
                end,
                on: day.to_string(),
                reason: reason.to_owned(),
                basis: String::new(),
            };
            maker.entries[entry].end = Some(end);
            maker.entries[entry].taken = true;
            maker.sends.entry(day).or_default().ends.push(send);
            true
        });
    }

    fn ended_by_row(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            if !maker.is_free(entry, RecordKind::Penalty) {
                return false;
            }
            let mut row = maker.entries[entry].first.clone();
            rows::set(&mut row, "CF_GSZT", "撤销");
            if !maker.again(entry, row, Outcome::Corrected) {
                return false;
            }
            maker.entries[entry].end = Some(End::Withdrawn);
            maker.entries[entry].taken = true;
            true
        });
    }

    fn corrections(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            if !maker.is_free(entry, RecordKind::Penalty) {
                return false;
            }
            let mut row = maker.entries[entry].first.clone();
            if maker.dice.chance(500) {
                rows::set(&mut row, "BZ", "更正后重新报送");
            } else {
                let fact = "经复核，违法事实表述有误，现予更正。";
                rows::set(&mut row, "CF_SY", fact);
            }
            let taken = maker.again(entry, row, Outcome::Corrected);
            maker.entries[entry].taken |= taken;
            taken
        });
    }

    /// The same record from another system, in another writing.
    fn sources(&mut self, wanted: usize, system: &'static str) {
        self.until(wanted, |maker, entry| {
            let known = &maker.entries[entry];
            if !matches!(known.kind, RecordKind::Penalty | RecordKind::Licence) {
                return false;
            }
            let first = known.first.clone();
            let source = maker.source(system);
            let row = rows::retold(&mut maker.dice, &first, source);
            maker.again(entry, row, Outcome::Repeated)
        });
    }

    /// Rows of earlier sheets under new request ids.
    fn repeats(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            let row = maker.entries[entry].first.clone();
            maker.again(entry, row, Outcome::Repeated)
        });
    }

    /// Rows that stand twice in one sheet.
    fn doubles(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            let known = &maker.entries[entry];
            let sheet = if known.first.layout == "PENALTY_V1" {
                (super::HISTORY, 0)
            } else {
                super::sheet_of(known)
            };
            let row = RecordRow {
                reported: known.first.clone(),
                record: Some(entry),
                outcome: Outcome::Repeated,
            };
            let sheets = maker.sends.get_mut(&known.received_on).map(|day| &mut day.sheets);
            let groups = sheets.and_then(|sheets| sheets.get_mut(&sheet));
            groups.expect("the first row stands there")[known.group].push(row);
            true
        });
    }

    /// What was withdrawn or deleted takes no other content.
    fn refused_after(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            let known = &maker.entries[entry];
            let is_gone = matches!(known.end, Some(End::Withdrawn | End::Deleted));
            if known.kind != RecordKind::Penalty || !is_gone {
                return false;
            }
            let mut row = known.first.clone();
            rows::set(&mut row, "BZ", "撤销后再次报送");
            maker.again(entry, row, Outcome::Refused(Rule::RecordEnded))
        });
    }

    /// Rulings on penalties; `annulled` of them annul, as many more as correct change, the others do nothing.
    fn rulings(&mut self, annulled: usize) {
        let correcting = self.scaled(RULINGS_CORRECTING);
        let mut left = 0;
        self.until(self.scaled(RULINGS_RECEIVED), |maker, entry| {
            let known = &maker.entries[entry];
            let corrects = left < correcting;
            let is_of_kind = known.first.layout == "PENALTY_V2" && known.party.kind != SubjectKind::Person;
            let is_over = known.end.is_some() || corrects && (known.taken || known.keeps);
            if !is_of_kind || is_over {
                return false;
            }
            let (outcome, changes, end) = match left {
                number if number < annulled => ("撤销", "", Some(End::Withdrawn)),
                number if number < correcting => ("变更", "罚款金额减半", None),
                _ => (
                    ["维持", "驳回申请", "终止", "不予受理"][maker.dice.below(4)],
                    "",
                    None,
                ),
            };
            let taken = maker.ruling(entry, outcome, changes);
            if taken && corrects {
                maker.entries[entry].end = end;
                maker.entries[entry].by_ruling = true;
                maker.entries[entry].taken = true;
            }
            left += usize::from(taken);
            taken
        });
    }

    fn ruling(&mut self, entry: usize, outcome: &'static str, changes: &'static str) -> bool {
        let Some(day) = self.later(entry) else {
            return false;
        };
        let on = day - i64::try_from(self.dice.below(3)).expect("small").days();
        let on = on.max(self.entries[entry].decided_on);
        let is_suit = self.dice.chance(250);
        let (kind, court) = if is_suit {
            ("行政诉讼一审", "（测试）临河区人民法院")
        } else {
            ("行政复议", "（测试）临河区人民政府")
        };
        let body = self.entries[entry].body;
        let number = self.number(RULINGS, body, if is_suit { "行初" } else { "复决" }, 2024);
        let source = self.source("复议诉讼台账");
        let court_code =
            numbers::social_credit_code("11", self.division, if is_suit { "01180002" } else { "01180001" });
        let known = &self.entries[entry];
        let target = &self.authorities.penalising[body];
        let decided = Decided {
            party: &known.party,
            body: target,
            number: &number,
            on,
            matter: "",
            source,
        };
        let ruling = Ruling {
            kind,
            outcome,
            changes,
            target_number: &known.number,
            target_on: known.decided_on,
            target_body: target,
            court: (court, court_code),
        };
        let row = rows::ruling(&decided, &ruling);
        let party = known.party.clone();
        let entry = Entry {
            taken: true,
            ..self.entry(RecordKind::Ruling, row, party, body, &number, [on, day])
        };
        self.record(day, (RULINGS, body), entry);
        true
    }

    /// Rows that are refused for one rule each, the bodies of another district among them.
    fn refusals(&mut self, wanted: usize) {
        for number in 0..wanted.max(super::faults::RULES.len()) {
            let rule = super::faults::RULES[number % super::faults::RULES.len()];
            let day = *self.dice.pick(&self.days);
            let body = self.dice.below(self.authorities.penalising.len());
            let party = if super::faults::needs_person(rule) {
                self.person()
            } else {
                self.party(0)
            };
            let on = self.decision_before(day);
            let number = self.number(PENALTIES, body, "罚决", 2024);
            let (matter, _) = self.matter(|all| &all.penalising, body);
            let (mut row, _) = self.penalty_row(body, &party, &number, on, &matter);
            super::faults::spoil(&mut self.dice, rule, &mut row, &party);
            let row = RecordRow {
                reported: row,
                record: None,
                outcome: Outcome::Refused(rule),
            };
            self.push(day, (PENALTIES, body), row);
        }
    }
}
