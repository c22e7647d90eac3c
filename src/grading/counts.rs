//! Counts of grades: in force by sector, and changes by month.

use std::collections::BTreeMap;

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::grading::Period;
use crate::domain::revision::Revision;
use crate::group::unsettled;
use crate::ingest::rows::{Error, contradiction};
use crate::store::keys;
use crate::store::keys::grades::{self as layout, GradeRow};
use crate::subjects::place;

use super::evidence::settled;
use super::members;
use super::read::{Changed, Counted, Grades};

impl Grades<'_> {
    /// Counts the members of a sector on a day and their grades in force.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn count(&self, sector: SectorCode, day: CivilDate) -> Result<Counted, Error> {
        let mut counted = Counted::default();
        let today = Period {
            first: day,
            last: day,
        };
        let pending = unsettled::causes(self.view)?;
        for subject in members::all(self.view, sector, today, Revision(u64::MAX))? {
            counted.members += 1;
            let judged = if pending.is_empty() {
                let rows = settled(self.view, subject, sector)?;
                let holding = rows.into_iter().rev().find(|(_, row)| row.holds_on(day));
                holding.map(|(_, row)| (row.outcome, row.level))
            } else {
                let read = self.in_force(subject, sector, day)?;
                read.map(|read| (read.fact.judgement.outcome, read.fact.judgement.level))
            };
            if let Some(judged) = judged {
                counted.graded_members += 1;
                *counted.counts.entry(judged).or_default() += 1;
            }
        }
        Ok(counted)
    }

    /// Counts the changes of settled grades by sector and month of effect.
    ///
    /// # Errors
    /// The view's; the tables' if a row does not decode.
    pub fn changes(&self) -> Result<BTreeMap<(SectorCode, Month), Changed>, Error> {
        let mut changes: BTreeMap<(SectorCode, Month), Changed> = BTreeMap::new();
        let mut before: Option<(Vec<u8>, GradeRow)> = None;
        let mut broken = None;
        let all = crate::store::KeyRange {
            from: bytes::Bytes::new(),
            until: None,
        };
        place::each(self.view, keys::GRADE, all, |key, value| {
            let Some(row) = GradeRow::decode(value) else {
                broken = Some(layout::grade_revision(key));
                return;
            };
            let pair = key[..key.len() - 8].to_vec();
            let earlier = before.take().filter(|(other, _)| *other == pair);
            let count = changes.entry((row.sector, Month::of(row.from))).or_default();
            self.change(earlier.as_ref().map(|(_, row)| row), &row, count);
            before = Some((pair, row));
        })?;
        match broken {
            None => Ok(changes),
            Some(revision) => Err(contradiction(revision)),
        }
    }

    fn change(&self, earlier: Option<&GradeRow>, row: &GradeRow, count: &mut Changed) {
        let Some(earlier) = earlier else {
            count.first += 1;
            return;
        };
        if (earlier.outcome, &earlier.level) == (row.outcome, &row.level) {
            count.unchanged += 1;
            return;
        }
        let rules = self.policies.rules.of(row.sector, row.from);
        let place = |level: &str| {
            let rules = rules?;
            let place = rules.level(level)?;
            rules.levels[place].is_ranked.then_some(place)
        };
        match (place(&earlier.level), place(&row.level)) {
            (Some(was), Some(is)) if is < was => count.up += 1,
            (Some(was), Some(is)) if is > was => count.down += 1,
            (Some(_) | None, Some(_) | None) => count.other += 1,
        }
    }
}
