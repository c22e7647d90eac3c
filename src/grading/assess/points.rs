//! Indicators, groups and the score.

use super::view::View;
use super::{Failed, Step, StepKind, Trace, step};
use crate::domain::grading::{Event, Points};
use crate::domain::rules::{
    Cause, Fault, Group, Indicator, Per, Pick, Polarity, RuleSet, Tier, TierOf, Worth,
};

/// What the groups came to.
pub struct Scores {
    /// Of each group, after cap, floor and weight.
    pub groups: Vec<Points>,
    /// Of each group, how many events gave points.
    pub counted: Vec<usize>,
    /// Base and all groups; `None` where the rules know no score.
    pub whole: Option<Points>,
}

/// An event that gives points.
struct Counted<'a> {
    place: usize,
    case: &'a str,
    points: i64,
}

impl Scores {
    pub fn of<'a>(view: &View<'a>, trace: &mut impl Trace) -> Result<Self, Failed<'a>> {
        let rules: &'a RuleSet = view.rules;
        let mut scores = Self {
            groups: vec![Points(0); rules.groups.len()],
            counted: vec![0; rules.groups.len()],
            whole: None,
        };
        if rules.polarity == Polarity::NoScore {
            return Ok(scores);
        }
        trace.step(|| Step {
            points: Some(rules.base),
            ..step(StepKind::Base, "base", None)
        });
        let mut found = Vec::new();
        for indicator in &rules.indicators {
            let sum = indicator_sum(view, indicator, &mut found, trace)
                .map_err(Failed::in_entry(&indicator.code))?;
            let group = &mut scores.groups[indicator.group];
            *group = group.plus(sum).ok_or_else(|| overflow(indicator))?;
            scores.counted[indicator.group] += found.len();
        }
        for (group, sum) in rules.groups.iter().zip(&mut scores.groups) {
            *sum = weighed(group, *sum, trace).ok_or_else(|| too_large(rules))?;
        }
        let whole = scores.with_base(rules, None).ok_or_else(|| too_large(rules))?;
        trace.step(|| Step {
            points: Some(whole),
            ..step(StepKind::Score, "score", None)
        });
        scores.whole = Some(whole);
        Ok(scores)
    }

    /// Base and the groups named; `None` of groups: all. `None` if the sum overflows.
    pub fn with_base(&self, rules: &RuleSet, of: Option<&[usize]>) -> Option<Points> {
        let mut sum = rules.base;
        for (place, points) in self.groups.iter().enumerate() {
            if of.is_none_or(|of| of.contains(&place)) {
                sum = sum.plus(*points)?;
            }
        }
        Some(sum)
    }
}

/// The fault of a sum over all groups.
pub fn too_large(rules: &RuleSet) -> Failed<'_> {
    let place = rules.indicators.first().map(|one| one.select.when.place);
    Failed {
        code: "score",
        fault: Fault {
            cause: Cause::Overflow,
            place: place.unwrap_or_default(),
        },
    }
}

fn overflow(indicator: &Indicator) -> Failed<'_> {
    Failed {
        code: &indicator.code,
        fault: fault(indicator, Cause::Overflow),
    }
}

fn fault(indicator: &Indicator, cause: Cause) -> Fault {
    Fault {
        cause,
        place: indicator.select.when.place,
    }
}

/// Sums an indicator up; `found` then holds the events that gave the points.
fn indicator_sum<'a>(
    view: &View<'a>,
    indicator: &Indicator,
    found: &mut Vec<Counted<'a>>,
    trace: &mut impl Trace,
) -> Result<Points, Fault> {
    let fault = |cause| fault(indicator, cause);
    found.clear();
    view.each(&indicator.select, |place, event| {
        if let Some(points) = worth(indicator, event).map_err(fault)? {
            found.push(Counted {
                place,
                case: &event.case,
                points: points.0,
            });
        }
        Ok(())
    })?;
    if found.is_empty() {
        return Ok(Points(0));
    }
    pick(indicator, found);
    let sum = found
        .iter()
        .try_fold(0_i64, |sum, one| sum.checked_add(one.points));
    let raw = Points(sum.ok_or_else(|| fault(Cause::Overflow))?);
    let points = indicator.limits.within(raw);
    trace.step(|| Step {
        raw: Some(raw),
        points: Some(points),
        events: found.iter().map(|one| one.place).collect(),
        ..step(StepKind::Indicator, &indicator.code, Some(&indicator.basis))
    });
    Ok(points)
}

/// Leaves those that give points.
fn pick(indicator: &Indicator, found: &mut Vec<Counted<'_>>) {
    match (indicator.per, indicator.pick) {
        (Per::Event | Per::Quantity, Pick::Heaviest | Pick::Sum) | (Per::Case, Pick::Sum) => {}
        (Per::Case, Pick::Heaviest) => {
            keep_heaviest(found, |one, other| !one.case.is_empty() && one.case == other.case)
        }
        (Per::Once, Pick::Heaviest | Pick::Sum) => keep_heaviest(found, |_, _| true),
    }
}

/// Of those that belong together the one with the most points stays, of equals the first.
fn keep_heaviest(found: &mut Vec<Counted<'_>>, together: impl Fn(&Counted<'_>, &Counted<'_>) -> bool) {
    let mut kept = 0;
    for next in 0..found.len() {
        match (0..kept).find(|place| together(&found[*place], &found[next])) {
            None => {
                found.swap(kept, next);
                kept += 1;
            }
            Some(place) => {
                if found[place].points.unsigned_abs() < found[next].points.unsigned_abs() {
                    found.swap(place, next);
                }
            }
        }
    }
    found.truncate(kept);
}

/// What one event is worth; `None` if it does not count.
fn worth(indicator: &Indicator, event: &Event) -> Result<Option<Points>, Cause> {
    let each = match &indicator.worth {
        Worth::Each(points) => Some(*points),
        Worth::OwnValue(times) => {
            let value = event.value.ok_or(Cause::Missing("value"))?;
            Some(value.times(*times).ok_or(Cause::Overflow)?)
        }
        Worth::ByItem(items) => items
            .iter()
            .find(|(item, _)| *item == event.item)
            .map(|(_, points)| *points),
        Worth::Tiers(tiers) => tier(tiers, event)?,
    };
    match (indicator.per, each) {
        (Per::Quantity, Some(points)) => {
            let product = points.0.checked_mul(event.quantity);
            Ok(Some(Points(product.ok_or(Cause::Overflow)?)))
        }
        (Per::Event | Per::Case | Per::Once, Some(_)) | (_, None) => Ok(each),
    }
}

fn tier(tiers: &[Tier], event: &Event) -> Result<Option<Points>, Cause> {
    for tier in tiers {
        let number = match tier.of {
            TierOf::Amount => event.amount.ok_or(Cause::Missing("amount"))?,
            TierOf::Quantity => event.quantity,
            TierOf::Value => event.value.ok_or(Cause::Missing("value"))?.0,
        };
        if tier.bounds.hold(number) {
            return Ok(Some(tier.points));
        }
    }
    Ok(None)
}

/// Cap, floor and weight; `None` if the product overflows.
fn weighed(group: &Group, raw: Points, trace: &mut impl Trace) -> Option<Points> {
    let points = group.limits.within(raw).percent(group.weight)?;
    if points != raw {
        trace.step(|| Step {
            raw: Some(raw),
            points: Some(points),
            ..step(StepKind::Group, &group.code, None)
        });
    }
    Some(points)
}
