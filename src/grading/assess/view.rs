//! Evidence as conditions see it, on one day.

use std::cell::Cell;

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Earlier, Event, EventKind, Evidence, Outcome, Period, Points, Procedure};
use crate::domain::record::{End, Severity};
use crate::domain::rules::condition::{Absent, Cause, Facts, Number, Operation};
use crate::domain::rules::variables::{
    EventFlag, EventNumber, EventWord, SubjectFlag, SubjectNumber, SubjectWord,
};
use crate::domain::rules::{
    Count, CountOf, CycleKind, Fault, InputFrom, OfEvent, OfSubject, RuleSet, Select, SubjectCondition,
    Window,
};
use crate::domain::subject::SubjectKind;

/// The word of a level that is not there.
const NONE: &str = "none";

/// Evidence, looked at by a rule set on a day.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub rules: &'a RuleSet,
    pub evidence: &'a Evidence,
    pub period: Period,
    pub day: CivilDate,
    /// Events decided on or before this day do not count.
    pub reset_on: Option<CivilDate>,
}

/// One event on a day.
pub struct EventFacts<'a> {
    pub event: &'a Event,
    pub day: CivilDate,
}

fn ended(event: &Event, how: End, day: CivilDate) -> bool {
    event.ended.is_some_and(|(end, since)| end == how && since <= day)
}

fn number(of: CivilDate) -> i64 {
    i64::from(of.days())
}

impl Facts<OfEvent> for EventFacts<'_> {
    fn flag(&self, name: EventFlag) -> bool {
        match name {
            EventFlag::HasAmount => self.event.amount.is_some(),
            EventFlag::HasValue => self.event.value.is_some(),
            EventFlag::OpenEnded => match self.event.until {
                Validity::NotStated | Validity::OpenEnded => true,
                Validity::Until(_) => false,
            },
            EventFlag::Repaired => ended(self.event, End::Repaired, self.day),
            EventFlag::Expired => ended(self.event, End::Expired, self.day),
            EventFlag::InSector => self.event.in_sector,
        }
    }

    fn number(&self, name: EventNumber) -> Result<i64, Absent> {
        match name {
            EventNumber::Amount => self.event.amount.ok_or(Absent::Missing),
            EventNumber::Quantity => Ok(self.event.quantity),
            EventNumber::Value => self.event.value.map(|value| value.0).ok_or(Absent::Missing),
            EventNumber::Decided => Ok(number(self.event.decided)),
            EventNumber::Until => match self.event.until {
                Validity::Until(day) => Ok(number(day)),
                Validity::NotStated | Validity::OpenEnded => Err(Absent::Missing),
            },
            EventNumber::AgeDays => Ok(number(self.day) - number(self.event.decided)),
            EventNumber::Day => Ok(number(self.day)),
        }
    }

    fn word(&self, name: EventWord) -> &str {
        match name {
            EventWord::Kind => self.event.kind.word(),
            EventWord::Item => &self.event.item,
            EventWord::Level => &self.event.level,
            EventWord::Matter => &self.event.matter,
            EventWord::Severity => match self.event.severity {
                None => NONE,
                Some(Severity::Minor) => "minor",
                Some(Severity::General) => "general",
                Some(Severity::Serious) => "serious",
            },
            EventWord::Procedure => match self.event.procedure {
                Procedure::Simple => "simple",
                Procedure::General => "general",
                Procedure::Unknown => "unknown",
            },
        }
    }
}

impl<'a> View<'a> {
    /// Looks at the evidence, and finds out from which day it counts.
    ///
    /// # Errors
    /// The fault of the condition of the reset.
    pub fn new(
        rules: &'a RuleSet,
        evidence: &'a Evidence,
        period: Period,
        day: CivilDate,
    ) -> Result<Self, Fault> {
        let mut view = Self {
            rules,
            evidence,
            period,
            day,
            reset_on: None,
        };
        if let Some(reset) = &rules.reset {
            let mut on = None;
            view.each(reset, |_, event| {
                on = Some(event.decided);
                Ok(())
            })?;
            view.reset_on = on;
        }
        Ok(view)
    }

    /// The same evidence on an earlier day, in the cycle of that day.
    pub fn on(&self, day: CivilDate) -> Result<Self, Fault> {
        let period = self.rules.cycle.kind.containing(day);
        Self::new(self.rules, self.evidence, period, day)
    }

    /// Visits the events that are chosen, in their order, with their places.
    pub fn each(
        &self,
        select: &Select,
        mut visit: impl FnMut(usize, &'a Event) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let after = match select.window {
            Window::Rolling(span) => Some(span.before(self.day)),
            Window::Period | Window::All | Window::Valid => None,
        };
        for (place, event) in self.evidence.events.iter().enumerate() {
            let counts = event.decided <= self.day
                && (select.of_subject || event.in_sector)
                && self.reset_on.is_none_or(|reset| reset < event.decided)
                && self.lies_in(select.window, after, event)
                && (select.counts_repaired || !ended(event, End::Repaired, self.day))
                && (select.counts_expired || !ended(event, End::Expired, self.day));
            let facts = EventFacts { event, day: self.day };
            if counts && select.when.program.holds(&facts)? {
                visit(place, event)?;
            }
        }
        Ok(())
    }

    fn lies_in(&self, window: Window, after: Option<CivilDate>, event: &Event) -> bool {
        match window {
            Window::Period => self.period.first <= event.decided && event.decided <= self.period.last,
            Window::Rolling(_) => after.is_none_or(|after| after < event.decided),
            Window::All => true,
            Window::Valid => is_valid(event, self.day),
        }
    }

    /// Places of the events chosen that were decided on a day.
    pub fn ending_in(&self, select: &Select, on: CivilDate) -> Vec<usize> {
        let whole = Self {
            reset_on: None,
            ..*self
        };
        let mut places = whole.places(select);
        places.retain(|place| self.evidence.events[*place].decided == on);
        places
    }

    fn places(&self, select: &Select) -> Vec<usize> {
        let mut places = Vec::new();
        // Where the condition fails, the condition on the subject has failed before.
        let _ = self.each(select, |place, _| {
            places.push(place);
            Ok(())
        });
        places
    }

    /// Places of the events that the counts of a condition rest on.
    pub fn behind(&self, condition: &SubjectCondition) -> Vec<usize> {
        let mut places = Vec::new();
        for (node, _) in &condition.program.numbers {
            if let Number::Variable(SubjectNumber::Count(count)) = node {
                places.extend(self.places(&self.rules.counts[usize::from(*count)].select));
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The grades of this sector that were settled before this assessment, in their order.
    ///
    /// In real time those that began before the day, else those of earlier cycles.
    pub fn earlier(&self) -> impl DoubleEndedIterator<Item = &'a Earlier> + Clone {
        let (sector, day, last) = (self.rules.sector, self.day, self.period.last);
        let is_real_time = self.rules.cycle.kind == CycleKind::RealTime;
        self.evidence.earlier.iter().filter(move |one| {
            let is_before = if is_real_time {
                one.from < day
            } else {
                one.period_last < last
            };
            one.sector == sector && one.from <= day && is_before
        })
    }

    /// The last grade of this sector that was settled before; what was not graded is passed over.
    pub fn previous(&self) -> Option<&'a Earlier> {
        let graded = self.earlier().filter(|one| one.outcome == Outcome::Graded);
        graded.max_by_key(|one| one.period_last)
    }

    /// Computes a count.
    ///
    /// # Errors
    /// The fault of its condition, an overflow, or an amount that is not stated.
    pub fn count(&self, count: &Count) -> Result<i64, Fault> {
        let fault = |cause| Fault {
            cause,
            place: count.select.when.place,
        };
        let mut sum = 0_i64;
        let mut cases: Vec<&str> = Vec::new();
        self.each(&count.select, |_, event| {
            let more = match count.of {
                CountOf::Events => 1,
                CountOf::Cases if event.case.is_empty() => 1,
                CountOf::Cases if cases.contains(&event.case.as_str()) => 0,
                CountOf::Cases => {
                    cases.push(&event.case);
                    1
                }
                CountOf::Quantity => event.quantity,
                CountOf::Amount => event.amount.ok_or_else(|| fault(Cause::Missing("amount")))?,
            };
            sum = Operation::Add.of(sum, more).map_err(fault)?;
            Ok(())
        })?;
        Ok(sum)
    }

    /// Number of the last consecutive cycles, before this one, that were settled at the level or better.
    fn streak(&self, level: usize) -> i64 {
        let kind = self.rules.cycle.kind;
        let mut cycle = kind.before(self.period);
        let mut length = 0;
        while let Some(period) = cycle {
            let of_cycle = |one: &&Earlier| one.period_last == period.last;
            let good = self.earlier().rev().find(of_cycle).is_some_and(|one| {
                let found = self.rules.level(&one.level);
                let ranked = found.filter(|found| self.rules.levels[*found].is_ranked);
                one.outcome == Outcome::Graded && ranked.is_some_and(|found| found <= level)
            });
            if !good {
                break;
            }
            length += 1;
            cycle = kind.before(period);
        }
        length
    }

    fn input(&self, from: &InputFrom) -> &'a str {
        match from {
            InputFrom::Evaluation(kind) => {
                let valid = self.evidence.events.iter().rfind(|event| {
                    event.kind == EventKind::Evaluation
                        && event.item == *kind
                        && event.decided <= self.day
                        && is_valid(event, self.day)
                        && event.ended.is_none_or(|(_, since)| self.day < since)
                });
                valid.map_or(NONE, |event| &event.level)
            }
            InputFrom::Sector(sector) => {
                let stands = |one: &&Earlier| {
                    one.sector == *sector
                        && one.from <= self.day
                        && one.until.is_none_or(|until| self.day <= until)
                };
                let last = self.evidence.earlier.iter().rfind(stands);
                let graded = last.filter(|one| one.outcome == Outcome::Graded);
                graded.map_or(NONE, |one| &one.level)
            }
        }
    }
}

/// Says whether what an event grants or imposes is not over before the day.
pub fn is_valid(event: &Event, day: CivilDate) -> bool {
    match event.until {
        Validity::NotStated | Validity::OpenEnded => true,
        Validity::Until(last) => day <= last,
    }
}

/// The subject on a day, with its counts as far as they were asked for.
pub struct SubjectFacts<'a> {
    pub view: &'a View<'a>,
    pub score: Option<Points>,
    counts: Vec<Cell<Option<Result<i64, Fault>>>>,
}

impl<'a> SubjectFacts<'a> {
    pub fn new(view: &'a View<'a>) -> Self {
        Self {
            view,
            score: None,
            counts: vec![Cell::new(None); view.rules.counts.len()],
        }
    }

    fn count(&self, place: u16) -> Result<i64, Absent> {
        let known = &self.counts[usize::from(place)];
        let counted = known
            .get()
            .unwrap_or_else(|| self.view.count(&self.view.rules.counts[usize::from(place)]));
        known.set(Some(counted));
        counted.map_err(Absent::Failed)
    }
}

impl Facts<OfSubject> for SubjectFacts<'_> {
    fn flag(&self, name: SubjectFlag) -> bool {
        let evidence = self.view.evidence;
        match name {
            SubjectFlag::Registered => evidence.is_registered,
            SubjectFlag::Deregistered => evidence.deregistered_on.is_some_and(|on| on <= self.view.day),
            SubjectFlag::HasEstablished => evidence.established_on.is_some(),
            SubjectFlag::IsFirst => self.view.previous().is_none(),
        }
    }

    fn number(&self, name: SubjectNumber) -> Result<i64, Absent> {
        let evidence = self.view.evidence;
        let day = |day: Option<CivilDate>| day.map(number).ok_or(Absent::Missing);
        match name {
            SubjectNumber::Day => Ok(number(self.view.day)),
            SubjectNumber::PeriodStart => Ok(number(self.view.period.first)),
            SubjectNumber::PeriodEnd => Ok(number(self.view.period.last)),
            SubjectNumber::MemberDays => Ok(number(self.view.day) - day(evidence.member_from)?),
            SubjectNumber::MemberSince => day(evidence.member_from),
            SubjectNumber::Established => day(evidence.established_on),
            SubjectNumber::Score => self.score.map(|score| score.0).ok_or(Absent::Missing),
            SubjectNumber::Count(place) => self.count(place),
            SubjectNumber::Streak(place) => Ok(self
                .view
                .streak(self.view.rules.streaks[usize::from(place)].level)),
        }
    }

    fn word(&self, name: SubjectWord) -> &str {
        match name {
            SubjectWord::SubjectKind => match self.view.evidence.subject_kind {
                SubjectKind::Organisation => "organisation",
                SubjectKind::Person => "person",
                SubjectKind::IndividualBusiness => "individual_business",
            },
            SubjectWord::Previous => self.view.previous().map_or(NONE, |one| &one.level),
            SubjectWord::Input(place) => self.view.input(&self.view.rules.inputs[usize::from(place)].from),
        }
    }
}
