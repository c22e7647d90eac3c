//! Cuts the sheets into sends and counts what must be true when they are sent.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};

use super::generator::{Entry, Maker, instant};
use super::plan::{Batch, Expected, Outcome, Plan, Row, Step, Year, rule_name, screaming};
use crate::domain::commitment::PerformanceState;
use crate::domain::finding::Rule;

/// Rows of one batch: far below the limit, as departments send a sheet at a time.
pub(super) const BATCH_ROWS_MAX: usize = 200;

impl Maker<'_> {
    pub(super) fn finish(mut self) -> Year {
        let mut expected = Expected::default();
        let mut days: BTreeMap<Date, Vec<Batch>> = BTreeMap::new();
        for mut slot in std::mem::take(&mut self.slots) {
            self.dice.shuffle(&mut slot.groups);
            for rows in batches(slot.groups) {
                let request_id = self.request_id();
                expected.batches += 1;
                rows.iter().for_each(|row| count_row(&mut expected, row));
                days.entry(slot.day).or_default().push(Batch { request_id, rows });
            }
        }
        for send in self.performances.values().flatten() {
            *expected
                .performance_outcomes
                .entry(send.outcome.name().to_owned())
                .or_default() += 1;
        }
        self.count_entries(&mut expected);
        let mut sends = Vec::new();
        for (day, batches) in days {
            let minute = self.dice.below(24 * 60);
            sends.push(Step::Advance(instant(day, minute)));
            sends.push(Step::Import(batches));
            sends.extend(self.performances.remove(&day).map(Step::Perform));
            sends.extend(self.withdrawals.remove(&day).map(Step::Withdraw));
        }
        assert!(
            self.performances.is_empty() && self.withdrawals.is_empty(),
            "every day of a fate has a sheet"
        );
        sends.push(Step::Advance(instant(date(2024, 12, 31), 24 * 60 - 1)));
        Year {
            plan: Plan {
                format: 1,
                seed: self.seed,
                scale: self.scale,
                expected,
            },
            sends,
        }
    }

    fn count_entries(&self, expected: &mut Expected) {
        let mut add = |map: fn(&mut Expected) -> &mut BTreeMap<String, u64>, key: String| {
            *map(expected).entry(key).or_default() += 1;
        };
        let mut collected = 0;
        for entry in &self.entries {
            if entry.withdrawn_on.is_some() {
                continue;
            }
            collected += 1;
            let month = self.days[entry.slot].strftime("%Y-%m").to_string();
            add(|all| &mut all.by_kind, screaming(&format!("{:?}", entry.kind)));
            add(
                |all| &mut all.by_department,
                self.district.bodies[entry.body].department.clone(),
            );
            add(|all| &mut all.by_receipt_month, month);
            add(
                |all| &mut all.by_subject_kind,
                screaming(&format!("{:?}", entry.subject_kind)),
            );
            let performance = entry
                .performance
                .map_or("NONE".to_owned(), |state| screaming(&format!("{state:?}")));
            add(|all| &mut all.by_performance, performance);
        }
        let count =
            |of: &dyn Fn(&Entry) -> bool| self.entries.iter().filter(|entry| of(entry)).count() as u64;
        let stands = |entry: &Entry, breached: bool| {
            entry.withdrawn_on.is_none()
                && entry
                    .performance
                    .is_some_and(|state| (state != PerformanceState::Full) == breached)
        };
        expected.commitments_collected = collected;
        expected.withdrawn = count(&|entry| entry.withdrawn_on.is_some());
        expected.performed = count(&|entry| stands(entry, false));
        expected.breached = count(&|entry| stands(entry, true));
        expected.same_as = count(&|entry| entry.same_as);
        expected.departments_reporting = expected.by_department.len() as u64;
        expected.zero_reporters = self
            .district
            .bodies
            .iter()
            .map(|body| body.department.clone())
            .filter(|department| !expected.by_department.contains_key(department))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
    }
}

/// Cuts a sheet into batches without cutting a group.
fn batches(groups: Vec<Vec<Row>>) -> Vec<Vec<Row>> {
    let total: usize = groups.iter().map(Vec::len).sum();
    let size = total.div_ceil(total.div_ceil(BATCH_ROWS_MAX));
    let mut batches: Vec<Vec<Row>> = vec![Vec::new()];
    for group in groups {
        let last = batches.last_mut().expect("there is always a batch");
        if last.len() >= size {
            batches.push(group);
        } else {
            last.extend(group);
        }
    }
    batches
}

pub(super) fn count_row(expected: &mut Expected, row: &Row) {
    expected.rows_sent += 1;
    match row.outcome {
        Outcome::Created => expected.created += 1,
        Outcome::Repeated => expected.repeated += 1,
        Outcome::Corrected => expected.corrected += 1,
        Outcome::Refused(rule) => {
            expected.refused += 1;
            expected.foreign += u64::from(rule == Rule::ForeignDistrict);
            *expected.refused_by_rule.entry(rule_name(rule)).or_default() += 1;
        }
    }
    if let Some(outcome) = row.performance {
        *expected
            .performance_outcomes
            .entry(outcome.name().to_owned())
            .or_default() += 1;
    }
}
