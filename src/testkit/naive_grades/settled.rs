//! Which grades were settled, day by day and run by run. Read first: [`District::timeline`].

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::assess::{away, in_month, judge, period_of};
use super::told::Moment;
use super::{District, Grade, judged, standing};
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::grading::{Event, Outcome, Period, Points, Rank};
use crate::domain::rules::{CycleKind, ResultDay, RuleSet, Stands};

impl District {
    /// Every grade settled for a subject in a sector, in the order of settling.
    #[must_use]
    pub fn timeline(&self, subject: u64, sector: SectorCode) -> Rc<Vec<Grade>> {
        if let Some(known) = self.settled.borrow().get(&(subject, sector)) {
            return Rc::clone(known);
        }
        let (mut grades, mut before, mut events) = (Vec::new(), 0, Vec::new());
        let decided = self
            .told
            .decided
            .get(&(subject, sector))
            .map_or(&[][..], Vec::as_slice);
        let far = CivilDate::new(9999, 12, 31).expect("the last day");
        let mut ever = BTreeSet::new();
        self.ever(subject, &mut ever);
        for moment in &self.told.moments {
            grades.extend(
                decided
                    .iter()
                    .filter(|one| before < one.at && one.at <= moment.last)
                    .cloned(),
            );
            let begun = std::mem::replace(&mut before, moment.last);
            let is_touched = self.is_touched(&ever, begun, moment.last);
            if !is_touched && moment.turned.is_empty() && !moment.adopts {
                continue;
            }
            let family = self.family(subject, moment.last, far);
            if is_touched {
                events = self.events(&family, sector, moment.last);
            }
            let member = !self.memberships(&family, sector, moment.last).is_empty();
            if !member || self.successor(subject, moment.last, far) != subject {
                continue;
            }
            for day in &moment.turned {
                self.in_real_time(subject, sector, moment, *day, &events, &mut grades);
                self.in_run(subject, sector, moment, *day, &events, &mut grades);
            }
            if is_touched || moment.adopts {
                self.in_real_time(subject, sector, moment, moment.today, &events, &mut grades);
            }
        }
        let grades = Rc::new(grades);
        self.settled
            .borrow_mut()
            .insert((subject, sector), Rc::clone(&grades));
        grades
    }

    fn is_touched(&self, family: &BTreeSet<u64>, after: u64, last: u64) -> bool {
        let touched = family.iter().filter_map(|one| self.told.touched.get(one));
        touched
            .into_iter()
            .any(|all| all.range(after + 1..=last).next().is_some())
    }

    fn in_real_time(
        &self,
        subject: u64,
        sector: SectorCode,
        moment: &Moment,
        day: CivilDate,
        events: &[Event],
        grades: &mut Vec<Grade>,
    ) {
        let rules = self.rules(moment.last).of(sector, day);
        let Some(rules) = rules.filter(|rules| rules.cycle.kind == CycleKind::RealTime) else {
            return;
        };
        let Some(period) = period_of(rules.cycle.kind, day) else {
            return;
        };
        let stands = standing(grades, moment.last, day);
        if stands.is_some_and(|one| one.is_officers) {
            return;
        }
        let earlier = self.earlier(subject, rules, moment.last, day, Some(grades));
        let evidence = self.evidence(subject, sector, moment.last, day, events.to_vec(), earlier);
        let (outcome, level, _) = judged(rules, &evidence, period, day);
        if stands.is_none_or(|one| (one.outcome, &one.level) != (outcome, &level)) {
            let (at, from, period_last) = (moment.last, day, period.last);
            grades.push(Grade {
                at,
                from,
                until: None,
                outcome,
                level,
                period_last,
                run: None,
                is_officers: false,
            });
        }
    }

    /// Settles what a run says whose result day has come.
    fn in_run(
        &self,
        subject: u64,
        sector: SectorCode,
        moment: &Moment,
        day: CivilDate,
        events: &[Event],
        grades: &mut Vec<Grade>,
    ) {
        let known = moment.last;
        for rules in self.rules(known).of_sector(sector) {
            let Some(period) = due_period(rules, day).filter(|period| rules.stands_on(period.last)) else {
                continue;
            };
            let display = u32::from(rules.cycle.display_working_days);
            let shown = if display == 0 {
                Ok(day)
            } else {
                self.policies.calendar.add(day, display)
            };
            let objections = self
                .policies
                .calendar
                .add(day, u32::from(rules.cycle.objection_working_days));
            let (Ok(shown), true) = (
                shown,
                rules.cycle.objection_working_days == 0 || objections.is_ok(),
            ) else {
                continue;
            };
            if !self.is_member_in(subject, sector, known, period) {
                continue;
            }
            let before = self.earlier(subject, rules, known - 1, day, Some(grades));
            let mut evidence = self.evidence(subject, sector, known, day, events.to_vec(), before);
            evidence.rank = self.ranks(rules, known, day, period).get(&subject).copied();
            let (outcome, level, _) = judge(rules, &evidence, period, day);
            let from = if display == 0 {
                day
            } else {
                shown.next().unwrap_or(shown)
            };
            let until = match rules.cycle.stands {
                Stands::UntilNext => None,
                Stands::For(span) => away(from, span, 1).and_then(CivilDate::previous),
            };
            let (at, period_last) = (known, period.last);
            grades.push(Grade {
                at,
                from,
                until,
                outcome,
                level,
                period_last,
                run: Some(day),
                is_officers: false,
            });
        }
    }

    /// Says whether a correction of a run's grade waits for a decision: one was raised when something was
    /// said that made the last run's grade another, and that is still so.
    #[must_use]
    pub fn has_correction(&self, subject: u64, sector: SectorCode) -> bool {
        let grades = self.timeline(subject, sector);
        let (mut open, mut before, mut ever) = (None, 0, BTreeSet::new());
        self.ever(subject, &mut ever);
        for moment in &self.told.moments {
            let begun = std::mem::replace(&mut before, moment.last);
            let rules = self.rules(moment.last).of(sector, moment.today);
            let closed = self.told.closed.get(&(subject, sector)).into_iter().flatten();
            if closed.into_iter().any(|at| begun < *at && *at <= moment.last) {
                open = None;
            }
            let in_runs = rules.is_some_and(|rules| rules.cycle.kind != CycleKind::RealTime);
            if !in_runs || !self.is_touched(&ever, begun, moment.last) {
                continue;
            }
            if let Some((of, said)) = open.take()
                && self.anew(subject, sector, &grades, of, moment.last) == said
            {
                open = Some((of, said));
                continue;
            }
            let last = grades
                .iter()
                .rposition(|one| one.at <= moment.last && one.run.is_some());
            open = last.and_then(|of| {
                let found = self.anew(subject, sector, &grades, of, moment.last);
                found.is_some().then_some((of, found))
            });
        }
        open.is_some()
    }

    /// What the grade of a run should have been by what was known later, if that is another.
    fn anew(
        &self,
        subject: u64,
        sector: SectorCode,
        grades: &[Grade],
        of: usize,
        known: u64,
    ) -> Option<(Outcome, String)> {
        let settled = &grades[of];
        let run = grades
            .iter()
            .find(|one| one.run == settled.run && one.period_last == settled.period_last)?;
        let day = run.run?;
        let rules = self.rules(run.at).of_sector(sector);
        let rules = rules.filter(|one| one.stands_on(run.period_last) && due_period(one, day).is_some());
        let rules = rules.last()?;
        let period = period_of(rules.cycle.kind, run.period_last)?;
        let events = self.events(&self.family(subject, known, day), sector, known);
        let earlier = self.earlier(subject, rules, run.at - 1, day, None);
        let mut evidence = self.evidence(subject, sector, known, day, events, earlier);
        evidence.rank = self.ranks(rules, run.at, day, period).get(&subject).copied();
        let (outcome, level, _) = judge(rules, &evidence, period, day);
        ((outcome, &level) != (settled.outcome, &settled.level)).then_some((outcome, level))
    }

    pub(super) fn is_member_in(&self, subject: u64, sector: SectorCode, known: u64, period: Period) -> bool {
        let far = CivilDate::new(9999, 12, 31).expect("the last day");
        let all = self.memberships(&self.family(subject, known, far), sector, known);
        all.iter()
            .any(|(from, until)| *from <= period.last && until.is_none_or(|until| until >= period.first))
    }

    /// The places of a cohort whose rules ask for them.
    fn ranks(&self, rules: &RuleSet, known: u64, day: CivilDate, period: Period) -> Rc<BTreeMap<u64, Rank>> {
        if !rules
            .bands
            .iter()
            .any(|band| band.rank_top_percent.or(band.rank_above_percent).is_some())
        {
            return Rc::default();
        }
        if let Some(ranks) = self.ranks.borrow().get(&(rules.sector, known)) {
            return Rc::clone(ranks);
        }
        let far = CivilDate::new(9999, 12, 31).expect("the last day");
        let mut scores = Vec::new();
        for subject in self.told.subjects.keys() {
            if self.successor(*subject, known, far) == *subject
                && self.is_member_in(*subject, rules.sector, known, period)
            {
                let events = self.events(&self.family(*subject, known, day), rules.sector, known);
                let earlier = Vec::new();
                let evidence = self.evidence(*subject, rules.sector, known, day, events, earlier);
                let (outcome, _, score) = judge(rules, &evidence, period, day);
                let is_rated = matches!(outcome, Outcome::Graded | Outcome::Failed);
                scores.extend(score.filter(|_| is_rated).map(|score| (*subject, score)));
            }
        }
        let better = |one: Points| {
            scores
                .iter()
                .filter(|(_, other)| rules.polarity.is_better(*other, one))
                .count()
        };
        let number = |count: usize| u32::try_from(count).expect("a district is small");
        let rank = |(subject, score): &(u64, Points)| {
            (
                *subject,
                Rank {
                    place: number(better(*score) + 1),
                    of: number(scores.len()),
                },
            )
        };
        let ranks: Rc<BTreeMap<u64, Rank>> = Rc::new(scores.iter().map(rank).collect());
        self.ranks
            .borrow_mut()
            .insert((rules.sector, known), Rc::clone(&ranks));
        ranks
    }
}

/// The period whose results are due on a day.
fn due_period(rules: &RuleSet, day: CivilDate) -> Option<Period> {
    let period = period_of(
        rules.cycle.kind,
        period_of(rules.cycle.kind, day)?.first.previous()?,
    )?;
    let (year, month) = (i32::from(period.last.year()), i32::from(period.last.month()));
    let due = match rules.cycle.result {
        ResultDay::AtOnce => None,
        ResultDay::OfNextMonth(of) => in_month(year, month + 1, of),
        ResultDay::OfNextYear(in_its, of) => in_month(year + 1, i32::from(in_its), of),
    };
    (due == Some(day)).then_some(period)
}
