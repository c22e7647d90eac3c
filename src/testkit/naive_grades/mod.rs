//! Grades, naively: what the rules say of a subject and which grades were settled, over the plain lists of a
//! ledger export.
//!
//! No tables, nothing of what is due, nothing shared with the service's own grading: every day is looked at
//! for every subject asked about. Read first: [`District::timeline`], then [`assess::judge`].
//!
//! Source: `docs/rules-language.md`; `domain.md` 3; design 2.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::grading::{Earlier, Event, Evidence, Outcome, Period, Points, Rank};
use crate::domain::record::End;
use crate::domain::rules::{CycleKind, ResultDay, RuleSet, RuleSets, Stands};
use crate::domain::subject::SubjectKind;
use crate::policy::Policies;

pub mod assess;
pub mod told;

use assess::{away, in_month, judge, period_of};
use told::{Moment, OfRecord, OfSubject, Told};

/// A settled grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    /// Revision by which it stands.
    pub at: u64,
    pub from: CivilDate,
    pub until: Option<CivilDate>,
    pub outcome: Outcome,
    pub level: String,
    pub period_last: CivilDate,
    /// The result day of the run it is of.
    pub run: Option<CivilDate>,
    pub is_officers: bool,
}

/// Outcome, level and score.
pub type Judged = (Outcome, String, Option<Points>);

/// The grade that holds on a day, of those that stand by a revision.
#[must_use]
pub fn standing(grades: &[Grade], known: u64, day: CivilDate) -> Option<&Grade> {
    let holds =
        |one: &&Grade| one.at <= known && one.from <= day && one.until.is_none_or(|until| day <= until);
    grades.iter().rfind(holds)
}

type Timeline = Rc<Vec<Grade>>;
type Ranks = Rc<BTreeMap<u64, Rank>>;

/// A district as its export tells it, with the rules that were adopted, in their order.
pub struct District {
    pub told: Told,
    pub policies: Policies,
    pub adopted: Vec<RuleSets>,
    settled: RefCell<BTreeMap<(u64, SectorCode), Timeline>>,
    ranks: RefCell<BTreeMap<(SectorCode, u64), Ranks>>,
}

impl District {
    #[must_use]
    pub fn new(told: Told, policies: Policies, adopted: Vec<RuleSets>) -> Self {
        assert_eq!(
            told.adopted.len(),
            adopted.len(),
            "one list of rule sets for each adoption"
        );
        Self {
            told,
            policies,
            adopted,
            settled: RefCell::default(),
            ranks: RefCell::default(),
        }
    }

    /// The rule sets as they were known at a revision.
    #[must_use]
    pub fn rules(&self, known: u64) -> &RuleSets {
        let count = self
            .told
            .adopted
            .iter()
            .filter(|(revision, _)| *revision <= known)
            .count();
        &self.adopted[count.max(1) - 1]
    }

    fn said(&self, subject: u64, known: u64) -> impl DoubleEndedIterator<Item = &OfSubject> {
        let all = self.told.subjects.get(&subject).map_or(&[][..], Vec::as_slice);
        all.iter()
            .filter(move |(revision, _)| *revision <= known)
            .map(|(_, said)| said)
    }

    fn merged(&self, subject: u64, known: u64, day: CivilDate) -> Option<u64> {
        let into = |said: &OfSubject| {
            if let OfSubject::Merged(into) = said {
                Some(*into)
            } else {
                None
            }
        };
        let last = self.said(subject, known).filter_map(into).next_back();
        last.flatten().filter(|(_, on)| *on <= day).map(|(into, _)| into)
    }

    /// The subject under which the records of another count.
    #[must_use]
    pub fn successor(&self, subject: u64, known: u64, day: CivilDate) -> u64 {
        self.merged(subject, known, day)
            .map_or(subject, |into| self.successor(into, known, day))
    }

    /// A subject and all that went into it.
    fn family(&self, subject: u64, known: u64, day: CivilDate) -> Vec<u64> {
        let mut all = vec![subject];
        for other in self.told.merging.get(&subject).into_iter().flatten() {
            if self.merged(*other, known, day) == Some(subject) {
                all.extend(self.family(*other, known, day));
            }
        }
        all
    }

    /// A subject and all that ever went into it.
    fn ever(&self, subject: u64, found: &mut BTreeSet<u64>) {
        if found.insert(subject) {
            let others = self.told.merging.get(&subject).into_iter().flatten();
            others.for_each(|other| self.ever(*other, found));
        }
    }

    /// Memberships in a sector, by their first days.
    fn memberships(
        &self,
        family: &[u64],
        sector: SectorCode,
        known: u64,
    ) -> Vec<(CivilDate, Option<CivilDate>)> {
        let mut all = Vec::new();
        for subject in family {
            let mut own = BTreeMap::new();
            for said in self.said(*subject, known) {
                if let OfSubject::Member(of, from, until) = said
                    && *of == sector
                {
                    own.insert(*from, *until);
                }
            }
            all.extend(own);
        }
        all
    }

    /// The events of a family of subjects, by what was known.
    fn events(&self, family: &[u64], sector: SectorCode, known: u64) -> Vec<Event> {
        let mut found = Vec::new();
        let near: BTreeSet<&String> = family
            .iter()
            .filter_map(|one| self.told.near.get(one))
            .flatten()
            .collect();
        for name in near {
            let (mut said, mut reported, mut moved, mut sectors) = (None, 0, None, None);
            let (mut ended, mut item, mut breached) = (None, "", false);
            for (_, line) in self.told.records[name]
                .iter()
                .filter(|(revision, _)| *revision <= known)
            {
                match line {
                    OfRecord::Said(subject, events, by_data) => {
                        (said, reported) = (Some((events, by_data)), *subject)
                    }
                    OfRecord::Ended(end) => ended = *end,
                    OfRecord::Attributed(to) => sectors = Some(to),
                    OfRecord::MovedTo(to) => moved = Some((reported, *to)),
                    OfRecord::Performed(how) => item = how,
                    OfRecord::Breached(is_confirmed) => breached = *is_confirmed,
                }
            }
            // A move holds for the code it found.
            let owner = moved
                .filter(|(of, _)| *of == reported)
                .map_or(reported, |(_, to)| to);
            let Some((events, by_data)) = said.filter(|_| family.contains(&owner)) else {
                continue;
            };
            if matches!(ended, Some((End::Withdrawn | End::Deleted, _))) {
                continue;
            }
            let in_sector = sectors.unwrap_or(by_data).contains(&sector);
            let item = if breached { "breach" } else { item };
            found.extend(events.iter().map(|event| Event {
                ended,
                in_sector,
                item: if item.is_empty() {
                    event.item.clone()
                } else {
                    item.to_owned()
                },
                ..event.clone()
            }));
        }
        let key = |event: &Event| {
            (
                event.decided,
                event.kind,
                event.case.clone(),
                event.item.clone(),
                event.level.clone(),
                event.revision,
            )
        };
        found.sort_by_key(key);
        found
    }

    /// All that rules can look at, as of a day and by what was known; `earlier` are the settled grades.
    fn evidence(
        &self,
        subject: u64,
        sector: SectorCode,
        known: u64,
        day: CivilDate,
        events: Vec<Event>,
        earlier: Vec<Earlier>,
    ) -> Evidence {
        let mut found = Evidence {
            subject_kind: SubjectKind::Organisation,
            is_registered: false,
            established_on: None,
            deregistered_on: None,
            member_from: None,
            member_until: None,
            events,
            earlier,
            rank: None,
        };
        for said in self.said(subject, known) {
            match said {
                OfSubject::Opened(kind) => found.subject_kind = *kind,
                OfSubject::Registered(established, ended) => {
                    found.is_registered = true;
                    found.established_on = established.or(found.established_on);
                    found.deregistered_on = *ended;
                }
                OfSubject::Deregistered(on) => found.deregistered_on = Some(*on),
                OfSubject::Member(..) | OfSubject::Merged(_) => {}
            }
        }
        let family = self.family(subject, known, day);
        let begun = self
            .memberships(&family, sector, known)
            .into_iter()
            .filter(|(from, _)| *from <= day);
        // The one that lasts longest; of equals the one that began first.
        let last = begun.max_by_key(|(from, until)| (until.is_none(), *until, std::cmp::Reverse(*from)));
        (found.member_from, found.member_until) =
            (last.map(|(from, _)| from), last.and_then(|(_, until)| until));
        found
    }

    fn earlier(
        &self,
        subject: u64,
        rules: &RuleSet,
        known: u64,
        day: CivilDate,
        own: Option<&[Grade]>,
    ) -> Vec<Earlier> {
        let mut all = Vec::new();
        for sector in std::iter::once(rules.sector).chain(rules.sectors_read()) {
            let grades = match own.filter(|_| sector == rules.sector) {
                Some(own) => own.to_vec(),
                None => self.timeline(subject, sector).to_vec(),
            };
            all.extend(
                grades
                    .into_iter()
                    .filter(|one| one.at <= known && one.from <= day)
                    .map(|one| Earlier {
                        sector,
                        period_last: one.period_last,
                        outcome: one.outcome,
                        level: one.level,
                        from: one.from,
                        until: one.until,
                    }),
            );
        }
        all.sort_by_key(|one| one.from);
        all
    }

    /// What the rules say of a subject in a sector as of a day, by what was known; `None` without rules.
    #[must_use]
    pub fn assess(&self, subject: u64, sector: SectorCode, known: u64, day: CivilDate) -> Option<Judged> {
        let subject = self.successor(subject, known, day);
        let rules = self.rules(known).of(sector, day)?;
        let events = self.events(&self.family(subject, known, day), sector, known);
        let earlier = self.earlier(subject, rules, known, day, None);
        let evidence = self.evidence(subject, sector, known, day, events, earlier);
        Some(judged(rules, &evidence, period_of(rules.cycle.kind, day)?, day))
    }

    /// The grade that was told of a subject in a sector as of a day, by what was known.
    #[must_use]
    pub fn grade(&self, subject: u64, sector: SectorCode, known: u64, day: CivilDate) -> Option<Grade> {
        let grades = self.timeline(self.successor(subject, known, day), sector);
        standing(&grades, known, day).cloned()
    }

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

    /// Every subject in a sector it, or what went into it, was ever said to be a member of.
    #[must_use]
    pub fn pairs(&self) -> BTreeSet<(u64, SectorCode)> {
        let (end, far) = (u64::MAX, CivilDate::new(9999, 12, 31).expect("the last day"));
        let mut pairs = BTreeSet::new();
        for subject in self.told.subjects.keys() {
            for said in self.said(*subject, end) {
                if let OfSubject::Member(sector, ..) = said {
                    pairs.extend([(*subject, *sector), (self.successor(*subject, end, far), *sector)]);
                }
            }
        }
        pairs
    }

    /// Says whether a subject that did not go into another is a member on a day, by all that is known.
    #[must_use]
    pub fn is_member(&self, subject: u64, sector: SectorCode, day: CivilDate) -> bool {
        let end = u64::MAX;
        let today = Period {
            first: day,
            last: day,
        };
        self.successor(subject, end, day) == subject && self.is_member_in(subject, sector, end, today)
    }

    fn is_member_in(&self, subject: u64, sector: SectorCode, known: u64, period: Period) -> bool {
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

/// Who is no member on the day is not rated in a sector of real time.
fn judged(rules: &RuleSet, evidence: &Evidence, period: Period, day: CivilDate) -> Judged {
    let is_member = evidence.member_from.is_some() && evidence.member_until.is_none_or(|until| day <= until);
    if rules.cycle.kind == CycleKind::RealTime && !is_member {
        return (Outcome::NotRated, String::new(), None);
    }
    judge(rules, evidence, period, day)
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
