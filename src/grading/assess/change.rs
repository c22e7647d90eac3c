//! On which later day the result may differ while nothing is recorded.

use super::Untraced;
use super::points::Scores;
use super::view::{EventFacts, SubjectFacts, View};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Event, Evidence, Period};
use crate::domain::rules::{CycleKind, RuleSet, Select, Window};

/// Returns the first day after `day` on which the result may differ if nothing is recorded meanwhile.
///
/// Until the day before it the result is the same as on `day`. `None`: never. What is looked at: events
/// that begin, leave a window or end; terms of memberships, evaluations and grades; verdicts that cease to hold;
/// comparisons with days and ages; the end of the period in real time; the end of the rule set.
#[must_use]
pub fn next_change(
    rules: &RuleSet,
    evidence: &Evidence,
    period: Period,
    day: CivilDate,
) -> Option<CivilDate> {
    let mut first = Earliest {
        after: day,
        found: None,
    };
    let Ok(view) = View::new(rules, evidence, period, day) else {
        // What failed may cease to fail with any day.
        return day.next();
    };
    first.may(rules.until.and_then(CivilDate::next));
    first.may(evidence.deregistered_on);
    first.may(evidence.member_until.and_then(CivilDate::next));
    if rules.cycle.kind == CycleKind::RealTime {
        first.may(period.last.next());
    }
    for earlier in &evidence.earlier {
        first.may(Some(earlier.from));
        first.may(earlier.from.next());
        first.may(earlier.until.and_then(CivilDate::next));
    }
    for event in &evidence.events {
        of_event(&view, event, &mut first);
    }
    of_subject(&view, &mut first);
    first.found
}

/// The earliest of the days offered that lies after a day.
struct Earliest {
    after: CivilDate,
    found: Option<CivilDate>,
}

impl Earliest {
    fn may(&mut self, day: Option<CivilDate>) {
        let later = day.filter(|day| self.after < *day);
        if let Some(day) = later {
            self.found = Some(self.found.map_or(day, |found| found.min(day)));
        }
    }

    /// So many days after.
    fn may_in(&mut self, days: Option<i64>) {
        let number = days.and_then(|days| i32::try_from(days).ok());
        let number = number.and_then(|days| self.after.days().checked_add(days));
        self.may(number.and_then(CivilDate::from_days));
    }
}

/// Every choice of events that the rules make.
fn selects(rules: &RuleSet) -> impl Iterator<Item = &Select> {
    let indicators = rules.indicators.iter().map(|one| &one.select);
    let counts = rules.counts.iter().map(|one| &one.select);
    indicators.chain(counts).chain(&rules.reset)
}

fn of_event(view: &View<'_>, event: &Event, first: &mut Earliest) {
    first.may(Some(event.decided));
    first.may(event.ended.map(|(_, since)| since));
    match event.until {
        Validity::Until(last) => first.may(last.next()),
        Validity::NotStated | Validity::OpenEnded => {}
    }
    for verdict in &view.rules.verdicts {
        first.may(verdict.holds_for.and_then(|span| span.left_on(event.decided)));
    }
    let facts = EventFacts { event, day: view.day };
    for select in selects(view.rules) {
        if !select.of_subject && !event.in_sector {
            continue;
        }
        match select.window {
            Window::Rolling(span) => first.may(span.left_on(event.decided)),
            Window::Period | Window::All | Window::Valid => {}
        }
        first.may_in(select.when.program.turns(&facts));
    }
}

fn of_subject(view: &View<'_>, first: &mut Earliest) {
    let rules = view.rules;
    if let (Some(span), Some((_, since))) = (rules.upgrade_only_after, view.stood()) {
        first.may(span.after(since));
    }
    // The score stays as it is until an event turns, which is looked at by itself.
    let mut facts = SubjectFacts::new(view);
    facts.score = Scores::of(view, &mut Untraced)
        .ok()
        .and_then(|scores| scores.whole);
    let conditions = rules.not_rated.iter().map(|one| &one.when);
    let conditions = conditions.chain(rules.bands.iter().filter_map(|one| one.when.as_ref()));
    let conditions = conditions.chain(rules.verdicts.iter().map(|one| &one.when));
    let conditions = conditions.chain(rules.lowers.iter().map(|one| &one.when));
    for condition in conditions.chain(rules.bars.iter().map(|one| &one.when)) {
        first.may_in(condition.program.turns(&facts));
    }
}
