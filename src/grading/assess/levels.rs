//! From the score to the level: bands, verdicts, lowering, bars, upgrade.

use super::points::{Scores, too_large};
use super::view::{SubjectFacts, View};
use super::{Failed, Step, StepKind, Trace, no_band, step};
use crate::domain::civil_date::CivilDate;
use crate::domain::grading::{Points, Rank};
use crate::domain::rules::{Band, Basis, Cause, Fault, RuleSet, SubjectCondition, Verdict};

/// What levels are found with.
pub struct Levels<'a, 'b> {
    pub view: &'b View<'a>,
    pub facts: &'b SubjectFacts<'b>,
    pub scores: &'b Scores,
}

impl<'a> Levels<'a, '_> {
    pub fn settle(&self, trace: &mut impl Trace) -> Result<usize, Failed<'a>> {
        let rules: &'a RuleSet = self.view.rules;
        let mut level = self.band(trace)?;
        for verdict in &rules.verdicts {
            level = self.verdict(verdict, level, trace)?;
        }
        for lower in &rules.lowers {
            if is_ranked(rules, level) && self.holds(&lower.when, &lower.code)? {
                let after = rules.lowered(level, lower.by);
                trace.step(|| {
                    self.moved(
                        StepKind::Lowered,
                        &lower.code,
                        &lower.basis,
                        &lower.when,
                        level,
                        after,
                    )
                });
                level = after;
            }
        }
        for bar in &rules.bars {
            if is_ranked(rules, level) && self.holds(&bar.when, &bar.code)? {
                let after = rules.worse(level, bar.not_better_than);
                trace.step(|| self.moved(StepKind::Bar, &bar.code, &bar.basis, &bar.when, level, after));
                level = after;
            }
        }
        Ok(self.upgrade(level, trace))
    }

    fn holds(&self, when: &'a SubjectCondition, code: &'a str) -> Result<bool, Failed<'a>> {
        when.program.holds(self.facts).map_err(Failed::in_entry(code))
    }

    /// A step from one level to another; where both are the same, the step says that it held.
    fn moved(
        &self,
        kind: StepKind,
        code: &str,
        basis: &Basis,
        when: &SubjectCondition,
        before: usize,
        after: usize,
    ) -> Step {
        Step {
            level: (before != after).then(|| (self.code(before), self.code(after))),
            events: self.view.behind(when),
            ..step(kind, code, Some(basis))
        }
    }

    fn code(&self, level: usize) -> String {
        self.view.rules.levels[level].code.clone()
    }

    fn band(&self, trace: &mut impl Trace) -> Result<usize, Failed<'a>> {
        let rules: &'a RuleSet = self.view.rules;
        for band in &rules.bands {
            let code = &rules.levels[band.level].code;
            if self.fits(band, code)? {
                trace.step(|| Step {
                    level: Some((String::new(), code.clone())),
                    points: self.scores.whole.and(self.score_of(band)),
                    events: band
                        .when
                        .as_ref()
                        .map_or_else(Vec::new, |when| self.view.behind(when)),
                    ..step(StepKind::Band, code, Some(&band.basis))
                });
                return Ok(band.level);
            }
        }
        Err(no_band(rules))
    }

    fn score_of(&self, band: &Band) -> Option<Points> {
        self.scores.with_base(self.view.rules, band.of.as_deref())
    }

    fn fits(&self, band: &'a Band, code: &'a str) -> Result<bool, Failed<'a>> {
        let rules: &'a RuleSet = self.view.rules;
        let score = self.score_of(band).ok_or_else(|| too_large(rules))?;
        if self.scores.whole.is_some() && !band.bounds.hold(score.0) {
            return Ok(false);
        }
        let of = band.of.as_deref().unwrap_or_default();
        if of
            .iter()
            .any(|group| rules.groups[*group].is_needed && self.scores.counted[*group] == 0)
        {
            return Ok(false);
        }
        if let Some(when) = &band.when
            && !self.holds(when, code)?
        {
            return Ok(false);
        }
        if !band.needs_rank() {
            return Ok(true);
        }
        let fault = Fault {
            cause: Cause::NoRank,
            place: band.place,
        };
        let rank = self.view.evidence.rank.ok_or(Failed { code, fault })?;
        let among = |percent: u8| is_among(rank, percent);
        Ok(band.rank_top_percent.is_none_or(among) && !band.rank_above_percent.is_some_and(among))
    }

    fn verdict(
        &self,
        verdict: &'a Verdict,
        level: usize,
        trace: &mut impl Trace,
    ) -> Result<usize, Failed<'a>> {
        let rules: &'a RuleSet = self.view.rules;
        let held = self.held(verdict).map_err(Failed::in_entry(&verdict.code))?;
        let Some(day) = held else {
            return Ok(level);
        };
        let after = if is_ranked(rules, level) {
            rules.worse(level, verdict.level)
        } else {
            verdict.level
        };
        trace.step(|| {
            let mut step = self.moved(
                StepKind::Verdict,
                &verdict.code,
                &verdict.basis,
                &verdict.when,
                level,
                after,
            );
            if day != self.view.day
                && let Ok(view) = self.view.on(day)
            {
                step.events = view.behind(&verdict.when);
            }
            step
        });
        Ok(after)
    }

    /// Returns the last day on which a verdict held, if it still has effect.
    fn held(&self, verdict: &Verdict) -> Result<Option<CivilDate>, Fault> {
        let now = verdict.when.program.holds(self.facts);
        let Some(span) = verdict.holds_for.filter(|_| now != Ok(true)) else {
            return Ok(now?.then_some(self.view.day));
        };
        let mut fault = now.err();
        let mut asked = None;
        for event in self.view.evidence.events.iter().rev() {
            let day = event.decided;
            if day >= self.view.day || asked == Some(day) {
                continue;
            }
            if !span.reaches(day, self.view.day) {
                break;
            }
            asked = Some(day);
            let then = self
                .view
                .on(day)
                .and_then(|view| verdict.when.program.holds(&SubjectFacts::new(&view)));
            match then {
                Ok(true) => return Ok(Some(day)),
                Ok(false) => {}
                Err(found) => fault = fault.or(Some(found)),
            }
        }
        fault.map_or(Ok(None), Err)
    }

    /// Holds an upgrade back until the last level has stood long enough.
    fn upgrade(&self, level: usize, trace: &mut impl Trace) -> usize {
        let rules = self.view.rules;
        let Some(span) = rules.upgrade_only_after else {
            return level;
        };
        let Some((last, since)) = self.view.stood() else {
            return level;
        };
        let early = span.after(since).is_none_or(|from| self.view.day < from);
        if !is_ranked(rules, level) || !is_ranked(rules, last) || level >= last || !early {
            return level;
        }
        trace.step(|| Step {
            level: Some((self.code(level), self.code(last))),
            ..step(StepKind::Upgrade, "upgrade", None)
        });
        last
    }
}

impl View<'_> {
    /// The level of the last settled outcome, if that was a grade, and since when it stands unbroken.
    pub fn stood(&self) -> Option<(usize, CivilDate)> {
        let mut past = self.earlier().rev();
        let last = past.next()?;
        let level = self.rules.level(&last.level)?;
        let same = past.take_while(|one| one.level == last.level);
        let since = same.last().map_or(last.from, |first| first.from);
        Some((level, since))
    }
}

fn is_ranked(rules: &RuleSet, level: usize) -> bool {
    rules.levels[level].is_ranked
}

/// Says whether a place is among the best so many percent.
fn is_among(rank: Rank, percent: u8) -> bool {
    u64::from(rank.place) * 100 <= u64::from(percent) * u64::from(rank.of)
}
