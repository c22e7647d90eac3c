//! Rows that must not count: corrected, withdrawn, repeated, refused, of another district; and performance
//! that comes later.

use jiff::civil::Date;

use super::generator::Maker;
use super::plan::{Outcome, PerformanceSend, Row, Withdrawal, commitment_name};
use super::{faults, texts};
use crate::domain::commitment::{Choice, PerformanceState, Reported};
use crate::domain::finding::Rule;

impl Maker<'_> {
    /// A sheet of the same body on a later day than `after` in which the entry does not stand yet.
    fn later_slot(&mut self, entry: usize, after: Date) -> Option<usize> {
        let sheets = &self.slots_of_body[self.entries[entry].body];
        let free = |slot: &usize| self.days[*slot] > after && !self.met.contains(&(*slot, entry));
        let later: Vec<usize> = sheets.iter().copied().filter(free).collect();
        if later.is_empty() {
            return None;
        }
        let slot = *self.dice.pick(&later);
        self.met.insert((slot, entry));
        Some(slot)
    }

    fn later_day(&mut self, after: Date) -> Option<Date> {
        let from = self.days.partition_point(|day| *day <= after);
        (from < self.days.len()).then(|| self.days[from + self.dice.below(self.days.len() - from)])
    }

    /// Entries in random order that no fate has taken yet; `fate` says whether it took one.
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

    fn push(&mut self, slot: usize, reported: Reported, outcome: Outcome, performance: Option<Outcome>) {
        self.slots[slot].groups.push(vec![Row {
            reported,
            outcome,
            performance,
            same_as: false,
        }]);
    }

    pub(super) fn corrections(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            if maker.entries[entry].taken {
                return false;
            }
            let (body, day) = (maker.entries[entry].body, maker.day_of(entry));
            let Some(slot) = maker.later_slot(entry, day) else {
                return false;
            };
            let mut row = maker.entries[entry].first.clone();
            row.performance = None;
            if maker.dice.chance(300) {
                let kind = texts::KINDS[maker.dice.below(texts::KINDS.len())].0;
                let tuple = (
                    row.subject_code.clone(),
                    kind,
                    row.reason.clone(),
                    row.made_on.clone(),
                    body,
                );
                if !maker.tuples.insert(tuple) {
                    return false;
                }
                row.kind = Choice::Known(kind);
                row.kind_words = texts::kind_words(kind);
                maker.entries[entry].kind = kind;
            } else {
                row.remarks = "更正后重新报送".to_owned();
            }
            maker.entries[entry].taken = true;
            maker.push(slot, row, Outcome::Corrected, None);
            true
        });
    }

    fn day_of(&self, entry: usize) -> Date {
        self.days[self.entries[entry].slot]
    }

    pub(super) fn withdrawals(&mut self, wanted: usize) {
        let mut refused_after = 0;
        self.until(wanted, |maker, entry| {
            let known = &maker.entries[entry];
            if known.taken || known.performance.is_some() {
                return false;
            }
            let day = maker.day_of(entry);
            let Some(withdrawn_on) = maker.later_day(day) else {
                return false;
            };
            let request_id = maker.request_id();
            let commitment = commitment_name(&maker.entries[entry].first);
            let reason =
                ["重复录入，予以撤销", "承诺人撤回申请", "受理单位填报错误"][maker.dice.below(3)].to_owned();
            let withdrawal = Withdrawal {
                request_id,
                commitment,
                reason,
            };
            maker
                .withdrawals
                .entry(withdrawn_on)
                .or_default()
                .push(withdrawal);
            maker.entries[entry].taken = true;
            maker.entries[entry].withdrawn_on = Some(withdrawn_on);
            // What was withdrawn takes no other content, and does not come back with the old.
            if let Some(slot) = maker.later_slot(entry, withdrawn_on) {
                let mut row = maker.entries[entry].first.clone();
                row.performance = None;
                if refused_after % 2 == 0 {
                    row.remarks = "撤销后再次报送".to_owned();
                    maker.push(slot, row, Outcome::Refused(Rule::Withdrawn), None);
                } else {
                    maker.push(slot, row, Outcome::Repeated, None);
                }
                refused_after += 1;
            }
            true
        });
    }

    /// Rows of an earlier sheet sent again under another request id, some with items 11 to 16 filled since.
    pub(super) fn repeats(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            let known = &maker.entries[entry];
            let after = known.withdrawn_on.unwrap_or_else(|| maker.day_of(entry));
            let Some(slot) = maker.later_slot(entry, after) else {
                return false;
            };
            let mut row = maker.entries[entry].first.clone();
            let mut part = maker.entries[entry].part.map(again);
            if maker.entries[entry].withdrawn_on.is_some() {
                (row.performance, part) = (None, None);
            }
            let open =
                maker.entries[entry].performance.is_none() && maker.entries[entry].withdrawn_on.is_none();
            if open && maker.dice.chance(400) {
                let (state, day) = (maker.state(), maker.slots[slot].day);
                row.performance = Some(maker.performance(&row, state, day));
                part = Some(Outcome::Created);
                maker.entries[entry].performance = Some(state);
                maker.entries[entry].performed_on = Some(day);
            }
            maker.push(slot, row, Outcome::Repeated, part);
            true
        });
    }

    /// Rows that stand twice in one sheet.
    pub(super) fn doubles(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            let known = &maker.entries[entry];
            let reported = known.first.clone();
            let performance = known.part.map(again);
            let row = Row {
                reported,
                outcome: Outcome::Repeated,
                performance,
                same_as: false,
            };
            maker.slots[known.slot].groups[known.group].push(row);
            true
        });
    }

    pub(super) fn refusals(&mut self, wanted: usize) {
        let rules: Vec<Rule> = faults::RULES
            .into_iter()
            .filter(|rule| *rule != Rule::ForeignDistrict)
            .collect();
        for number in 0..wanted {
            self.refuse(rules[number % rules.len()]);
        }
    }

    pub(super) fn foreigners(&mut self, wanted: usize) {
        for _ in 0..wanted {
            self.refuse(Rule::ForeignDistrict);
        }
    }

    fn refuse(&mut self, rule: Rule) {
        let slot = self.dice.below(self.slots.len());
        let mut row = self.promise(slot, faults::needs(rule));
        let day = self.slots[slot].day;
        faults::spoil(&mut self.dice, rule, &mut row, day, &self.district.division);
        self.push(slot, row, Outcome::Refused(rule), None);
    }

    /// Performance sent on its own: first findings, then corrections, repeats and contradictions of them.
    pub(super) fn late_performances(&mut self, wanted: usize) {
        self.until(wanted, |maker, entry| {
            let known = &maker.entries[entry];
            if known.withdrawn_on.is_some() || known.performance.is_some() {
                return false;
            }
            let day = maker.day_of(entry);
            let Some(day) = maker.later_day(day) else {
                return false;
            };
            let state = maker.state();
            maker.perform(entry, state, day, false, Outcome::Created);
            true
        });
        self.until(wanted / 8 + 1, |maker, entry| {
            let Some((day, state)) = maker.entries[entry]
                .performed_on
                .zip(maker.entries[entry].performance)
            else {
                return false;
            };
            let Some(day) = maker.later_day(day) else {
                return false;
            };
            let other = match state {
                PerformanceState::Full => PerformanceState::Partial,
                PerformanceState::Partial | PerformanceState::Unperformed => PerformanceState::Full,
            };
            let correct = maker.dice.chance(600);
            let outcome = if correct {
                Outcome::Corrected
            } else {
                Outcome::Refused(Rule::PerformanceExists)
            };
            maker.perform(entry, other, day, correct, outcome);
            true
        });
    }

    fn perform(&mut self, entry: usize, state: PerformanceState, day: Date, correct: bool, outcome: Outcome) {
        let first = self.entries[entry].first.clone();
        let performance = self.performance(&first, state, day);
        let request_id = self.request_id();
        let commitment = commitment_name(&first);
        let send = PerformanceSend {
            request_id,
            commitment,
            performance,
            correct,
            outcome,
        };
        self.performances.entry(day).or_default().push(send);
        match outcome {
            Outcome::Created | Outcome::Corrected => {
                self.entries[entry].performance = Some(state);
                self.entries[entry].performed_on = Some(day);
            }
            Outcome::Repeated | Outcome::Refused(_) => {}
        }
    }
}

/// What becomes of a part that is sent again as it was.
fn again(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Created | Outcome::Repeated | Outcome::Corrected => Outcome::Repeated,
        Outcome::Refused(rule) => Outcome::Refused(rule),
    }
}
