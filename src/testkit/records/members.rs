//! The register at the beginning of the year, its update in summer, and the rosters of all sectors.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::Maker;
use crate::domain::finding::Rule;
use crate::testkit::plan::{Outcome, Step};
use crate::testkit::record_plan::{MembershipBatch, MembershipRow};
use crate::testkit::register::{REGISTER_BATCH_ROWS, RegisterRow};

/// Rows of one batch.
const BATCH_ROWS_MAX: usize = 1_000;

/// The least members of a sector at any scale.
const MEMBERS_MIN: usize = 24;

impl Maker<'_> {
    /// What is sent before and between everything else, by day.
    pub(super) fn opening(&mut self) -> BTreeMap<Date, Vec<Step>> {
        let update_on = date(2024, 7, 15);
        let update = self.register.update(update_on, self.scale);
        self.count_register(&update.rows);
        let batches = self.memberships();
        let register = self.register.count().div_ceil(REGISTER_BATCH_ROWS);
        self.counts.year_batches += (register + 1 + batches.len()) as u64;
        BTreeMap::from([
            (date(2024, 1, 2), vec![Step::Register(self.register.clone())]),
            (date(2024, 1, 3), vec![Step::Memberships(batches)]),
            (update_on, vec![Step::RegisterRows(vec![update])]),
        ])
    }

    fn count_register(&mut self, update: &[RegisterRow]) {
        let count = self.register.count() as u64;
        let counts = &mut self.counts;
        counts.subjects = count;
        counts.register_rows = count + update.len() as u64;
        counts.register_outcomes.insert("CREATED".to_owned(), count);
        for row in update {
            let name = row.outcome.name().to_owned();
            *counts.register_outcomes.entry(name).or_default() += 1;
        }
    }

    /// Members of every sector: some of the register, and those who are punished or licensed in it.
    fn memberships(&mut self) -> Vec<MembershipBatch> {
        let mut members: BTreeSet<(String, usize)> = BTreeSet::new();
        for sector in self.authorities.sectors.clone() {
            let wanted = ((36 + self.dice.below(100)) / self.scale).max(MEMBERS_MIN);
            let mut drawn = BTreeSet::new();
            while drawn.len() < wanted {
                drawn.insert(self.dice.below(self.register.untouched()));
            }
            members.extend(drawn.into_iter().map(|place| (sector.clone(), place)));
        }
        for entry in &self.entries {
            if let (Some(sector), Some(place)) = (&entry.sector, entry.party.place) {
                members.insert((sector.clone(), place));
            }
        }
        let mut rows: Vec<MembershipRow> = Vec::new();
        for (sector, place) in members {
            *self
                .counts
                .memberships_by_sector
                .entry(sector.clone())
                .or_default() += 1;
            self.counts.memberships += 1;
            let row = self.member(sector, place, Outcome::Created);
            // A few stand twice in their roster.
            if self.dice.chance(10) {
                rows.push(row.clone());
                rows.push(MembershipRow {
                    outcome: Outcome::Repeated,
                    ..row
                });
            } else {
                rows.push(row);
            }
        }
        for number in 0..(40 / self.scale).max(2) {
            let place = self.dice.below(self.register.untouched());
            let row = if number % 2 == 0 {
                self.member("NO_SUCH".to_owned(), place, Outcome::Refused(Rule::SectorUnknown))
            } else {
                let sector = self.authorities.sectors[number % self.authorities.sectors.len()].clone();
                let row = self.member(sector, place, Outcome::Refused(Rule::FutureDate));
                MembershipRow {
                    from: "2026-01-01".to_owned(),
                    ..row
                }
            };
            rows.push(row);
        }
        for row in &rows {
            let name = row.outcome.name().to_owned();
            *self.counts.membership_outcomes.entry(name).or_default() += 1;
        }
        self.batched(rows)
    }

    fn member(&mut self, sector: String, place: usize, outcome: Outcome) -> MembershipRow {
        let entry = self.register.entry(place);
        let days = i64::try_from(self.dice.below(1_200)).expect("some years");
        MembershipRow {
            name: entry.name,
            kind: entry.kind,
            code: entry.code,
            sector,
            from: (date(2020, 9, 1) + days.days()).to_string(),
            evidence: "行业主管部门名录".to_owned(),
            outcome,
        }
    }

    /// Cuts rows into batches; a row and its double stay together.
    fn batched(&mut self, rows: Vec<MembershipRow>) -> Vec<MembershipBatch> {
        let mut batches: Vec<Vec<MembershipRow>> = vec![Vec::new()];
        for row in rows {
            let last = batches.last_mut().expect("there is always a batch");
            if last.len() >= BATCH_ROWS_MAX - 1 && row.outcome != Outcome::Repeated {
                batches.push(vec![row]);
            } else {
                last.push(row);
            }
        }
        let batch = |rows| MembershipBatch {
            request_id: self.request_id(),
            rows,
        };
        batches.into_iter().map(batch).collect()
    }
}
