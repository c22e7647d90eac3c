//! Grades whose turn has not come yet: a reader sees all of what a day or a run does, or nothing of it.
//!
//! For the subject asked about, the slices that are still to come are settled here and now, by the same
//! functions, over a group that nobody writes. So what is told is what will be settled.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::catalog::SectorCode;
use crate::domain::fact::Fact;
use crate::domain::grade_fact::GradeFact;
use crate::domain::revision::Revision;
use crate::domain::rules::RuleSets;
use crate::domain::subject::SubjectNumber;
use crate::group::fold::grades::pair_row;
use crate::group::unsettled;
use crate::group::{Circumstances, Group};
use crate::ingest::rows::Error;
use crate::subjects::place::Known;

use super::evidence::settled;
use super::read::{GradeRead, Grades};
use super::{runs, settle, turn};

impl Grades<'_> {
    /// The grade of a pair as it will stand once every slice is settled; `None` if no slice is to come, or
    /// none that touches the grade.
    pub(super) fn pending(
        &self,
        subject: SubjectNumber,
        sector: SectorCode,
        known: Known,
    ) -> Result<Option<GradeRead>, Error> {
        let causes = unsettled::causes(self.view)?;
        let Some(last) = causes.iter().map(|cause| cause.revision).max() else {
            return Ok(None);
        };
        if known.revision < last {
            return Ok(None);
        }
        let head = self.view.head().map_or(Revision(0), |head| head.place.revision);
        let mut nothing_drawn = || [0; 13];
        let mut group = Group::new(Circumstances {
            view: Arc::new(self.view),
            first: head.plus(1),
            now: self.facts.fact(head)?.1,
            policies: self.policies,
            hashes: &**self.facts.keys(),
            ledger: self.facts,
            memory: self.memory,
            random: &mut nothing_drawn,
        });
        let sectors = with_inputs(&self.policies.rules, sector);
        let mut reviewed = Vec::new();
        for cause in &causes {
            let fact = unsettled::recorded(cause, self.facts)?.fact;
            if let Fact::Grade(GradeFact::RunOpened(run)) = &fact {
                if sectors.contains(&run.sector) {
                    runs::of_subject(&mut group, cause.revision, run, subject, &mut reviewed)?;
                }
            } else if let (Fact::DayTurned { .. }, Some(day)) = (&fact, turn::last_day(self.view)?) {
                turn::of_subject(&mut group, cause.revision, subject, &sectors, day, &mut reviewed)?;
            }
        }
        standing(&group, subject, sector, known, head)
    }
}

/// A sector and those whose grades it looks at, by any rule set and through others.
fn with_inputs(rules: &RuleSets, sector: SectorCode) -> BTreeSet<SectorCode> {
    let mut sectors = BTreeSet::from([sector]);
    let mut waiting = vec![sector];
    while let Some(next) = waiting.pop() {
        for read in rules.of_sector(next).flat_map(|one| one.sectors_read()) {
            if sectors.insert(read) {
                waiting.push(read);
            }
        }
    }
    sectors
}

/// The grade that holds on a day, if it is one of those made in a group behind `head`.
fn standing(
    group: &Group<'_>,
    subject: SubjectNumber,
    sector: SectorCode,
    known: Known,
    head: Revision,
) -> Result<Option<GradeRead>, Error> {
    let rows = settled(group, subject, sector)?;
    let is_known = |revision: Revision| revision <= known.revision || revision > head;
    let holding = rows
        .iter()
        .rev()
        .find(|(revision, row)| is_known(*revision) && row.holds_on(known.on));
    let Some((revision, _)) = holding.filter(|(revision, _)| *revision > head) else {
        return Ok(None);
    };
    Ok(Some(GradeRead {
        fact: settle::settled_at(group, *revision)?,
        settled: None,
        is_objected: false,
        has_correction: pair_row(group, sector, subject)?.correction.is_some(),
    }))
}
