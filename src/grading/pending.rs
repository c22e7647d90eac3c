//! Grades whose turn has not come yet: a reader sees all of what a day or a run does, or nothing of it.

use crate::domain::catalog::SectorCode;
use crate::domain::fact::Fact;
use crate::domain::grade_fact::{Cause, GradeFact, RunFact, SettledFact};
use crate::domain::revision::Revision;
use crate::domain::rules::CycleKind;
use crate::domain::subject::SubjectNumber;
use crate::domain::subject_fact::Who;
use crate::group::fold::grades::pair_row;
use crate::group::unsettled::{self, Cause as Open};
use crate::ingest::rows::Error;
use crate::subjects::place::Known;

use super::assess::next_change;
use super::evidence::digest;
use super::read::{GradeRead, Grades, HISTORY_MAX};
use super::runs::{self, is_settled};
use super::{members, settle, turn};

impl Grades<'_> {
    /// The grade of a pair whose turn has not come yet, assessed as its slice will: a reader sees all of
    /// what a day or a run does, or nothing of it.
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
        for cause in causes.iter().rev() {
            let Fact::Grade(GradeFact::RunOpened(run)) = unsettled::recorded(cause, self.facts)?.fact else {
                continue;
            };
            if run.sector == sector
                && run.effect_on <= known.on
                && let Some(found) = self.of_open_run(subject, cause, &run)?
            {
                return Ok(Some(found));
            }
        }
        self.of_turn(subject, sector, known)
    }

    fn of_open_run(
        &self,
        subject: SubjectNumber,
        cause: &Open,
        run: &RunFact,
    ) -> Result<Option<GradeRead>, Error> {
        let Some(rules) = settle::rules_then(self.view, self.policies, &run.rules)? else {
            return Ok(None);
        };
        if rules.cycle.kind == CycleKind::RealTime
            || is_settled(self.view, subject, run.sector, cause.revision)?
            || !members::all(self.view, run.sector, run.period)?.contains(&subject)
        {
            return Ok(None);
        }
        let places = runs::places(self.reader(), rules, cause.revision, run)?;
        let (found, rank) = runs::result(self.reader(), rules, subject, cause.revision, run, &places)?;
        let fact = runs::of_run(self.view, rules, subject, cause.revision, run, &found, rank)?;
        Ok(Some(unsettled_grade(fact)))
    }

    fn of_turn(
        &self,
        subject: SubjectNumber,
        sector: SectorCode,
        known: Known,
    ) -> Result<Option<GradeRead>, Error> {
        let turned = turn::last_day(self.view)?;
        let row = pair_row(self.view, sector, subject)?;
        let due = row
            .due
            .filter(|due| *due <= known.on && turned.is_some_and(|turned| *due <= turned));
        let Some(due) = due else {
            return Ok(None);
        };
        // From day to day as the slices do, until nothing is due any more.
        let mut day = due;
        let mut last = None;
        for _ in 0..HISTORY_MAX {
            let Some(rules) = self.policies.rules.of(sector, day) else {
                break;
            };
            if rules.cycle.kind != CycleKind::RealTime {
                break;
            }
            let known_then = Known {
                revision: known.revision,
                on: day,
            };
            let read = self.assessed(subject, rules, known_then, Revision(u64::MAX))?;
            let next = next_change(rules, &read.evidence, read.period, day);
            last = Some((rules, read, day));
            match next.filter(|next| *next <= known.on && *next > day) {
                None => break,
                Some(next) => day = next,
            }
        }
        let Some((rules, found, day)) = last else {
            return Ok(None);
        };
        let who = Who {
            subject,
            kind: crate::subjects::row(self.view, subject)?.kind,
        };
        let fact = SettledFact {
            who,
            sector,
            judgement: found.judgement(),
            period: found.period,
            assessed_on: day,
            from: day,
            until: None,
            rules: Some(settle::rules_ref(self.view, rules)?),
            known: known.revision,
            evidence: digest(&found.evidence),
            rank: None,
            cause: Cause::Day,
            by: Revision(0),
            earlier: row.last,
            due: None,
            reason: String::new(),
            basis: String::new(),
        };
        Ok(Some(unsettled_grade(fact)))
    }
}

fn unsettled_grade(fact: SettledFact) -> GradeRead {
    GradeRead {
        fact,
        settled: None,
        is_objected: false,
        has_correction: false,
    }
}
