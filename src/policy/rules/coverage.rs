//! Whether the bands take every score there can be, and each of them some.
//!
//! Scores are looked at exactly: all that can be reached lie between two ends and at whole steps from the
//! base. Read first: [`check`].

use super::super::reader::Entry;
use crate::domain::grading::Points;
use crate::domain::rules::{Band, Bounds, Group, Indicator, Limits, Per, Polarity, RuleSet, Worth};

/// Lowest and highest value of a sum, where it has them.
type Ends = (Option<i64>, Option<i64>);

/// Notes scores that no band takes, bands that no score reaches, and bands that contradict an earlier one.
pub fn check(top: &Entry<'_>, rules: &RuleSet) {
    let scores = Scores::of(rules);
    let rows = top.tables("band");
    let plain = |band: &Band| !band.is_conditional();
    let bounds: Vec<Bounds> = rules
        .bands
        .iter()
        .filter(|band| plain(band))
        .map(|band| band.bounds)
        .collect();
    if let Some(score) = scores.outside(&bounds, Bounds::default()) {
        let conditional = rules.bands.iter().any(Band::is_conditional);
        let text = if rules.polarity == Polarity::NoScore {
            "no band fits where the conditions do not hold; \
             end with a band without condition, or with `when = 'true'`"
                .to_owned()
        } else if conditional {
            format!(
                "no band takes the score {score} where the conditions do not hold; \
                 end with a band without condition, or with `when = 'true'`"
            )
        } else {
            format!("no band takes the score {score}")
        };
        rows.last().unwrap_or(top).mistake_at("level", text);
    }
    proportion(&rows, rules, &scores);
    for (place, band) in rules.bands.iter().enumerate() {
        let earlier = rules.bands[..place].iter().filter(|band| plain(band));
        let earlier: Vec<Bounds> = earlier.map(|band| band.bounds).collect();
        // A band by the sum of other groups is reached by other scores.
        if band.of.is_none() && scores.outside(&earlier, band.bounds).is_none() {
            let text = "the band is never reached: earlier bands take every score that it takes";
            rows[place].mistake_at("level", text);
            continue;
        }
        let is_closed = band.bounds.low.is_some() && band.bounds.high.is_some();
        let overlap = earlier
            .iter()
            .find_map(|other| scores.in_both(*other, band.bounds));
        if let (true, true, Some(score)) = (is_closed, plain(band), overlap) {
            let text = format!("an earlier band takes the score {score} already, which this band states too");
            rows[place].mistake_at("level", text);
        }
    }
}

/// Notes the first two scores of which the better one has the worse level.
fn proportion(rows: &[Entry<'_>], rules: &RuleSet, scores: &Scores) {
    let plain: Vec<(usize, &Band)> = rules
        .bands
        .iter()
        .enumerate()
        .filter(|(_, band)| !band.is_conditional())
        .collect();
    let bounds: Vec<Bounds> = plain.iter().map(|(_, band)| band.bounds).collect();
    let given = |score: i64| {
        let band = plain.iter().find(|(_, band)| band.bounds.hold(score));
        band.filter(|(_, band)| rules.levels[band.level].is_ranked)
    };
    // Highest first.
    for pair in scores.beginnings(&bounds).windows(2) {
        let (Some(high), Some(low)) = (given(pair[0]), given(pair[1])) else {
            continue;
        };
        let (better, worse) = match rules.polarity {
            Polarity::Credit => ((pair[0], high), (pair[1], low)),
            Polarity::Risk => ((pair[1], low), (pair[0], high)),
            Polarity::NoScore => return,
        };
        if better.1.1.level > worse.1.1.level {
            let level = |band: &Band| &rules.levels[band.level].code;
            let text = format!(
                "graver is better: the score {} gives {}, but {}, which is worse, gives {}",
                Points(better.0),
                level(better.1.1),
                Points(worse.0),
                level(worse.1.1)
            );
            rows[better.1.0].mistake_at("level", text);
            return;
        }
    }
}

/// The scores that can be reached.
struct Scores {
    base: i64,
    /// Every score is the base and a whole number of these.
    step: i64,
    lowest: i64,
    highest: i64,
}

impl Scores {
    fn of(rules: &RuleSet) -> Self {
        let mut ends: Ends = (Some(rules.base.0), Some(rules.base.0));
        let mut step = 0;
        for (place, group) in rules.groups.iter().enumerate() {
            let indicators = rules.indicators.iter().filter(|one| one.group == place);
            let mut sum: Ends = (Some(0), Some(0));
            for indicator in indicators {
                sum = plus(sum, within(ends_of(indicator), indicator.limits));
                step = granularity(step, indicator, group);
            }
            ends = plus(ends, weighed(within(sum, group.limits), group));
            step = limits_step(step, group.limits, group.weight);
        }
        // Far from every threshold, and far from overflow.
        let far = i64::MAX / 4;
        Self {
            base: rules.base.0,
            step: step.max(1),
            lowest: ends.0.unwrap_or(-far).clamp(-far, far),
            highest: ends.1.unwrap_or(far).clamp(-far, far),
        }
    }

    /// The first score at or above a number.
    fn from(&self, number: i64) -> i64 {
        let above = (number - self.base).rem_euclid(self.step);
        if above == 0 {
            number
        } else {
            number + self.step - above
        }
    }

    fn can_be(&self, score: i64) -> bool {
        (self.lowest..=self.highest).contains(&score)
    }

    /// Scores at which something may begin: the lowest, and those at and just beyond each end.
    fn beginnings(&self, all: &[Bounds]) -> Vec<i64> {
        let ends = all.iter().flat_map(|bounds| [bounds.low, bounds.high]).flatten();
        let ends = ends.filter(|end| end.at.unsigned_abs() < i64::MAX.unsigned_abs() / 8);
        let mut scores: Vec<i64> = ends
            .flat_map(|end| {
                let at = self.from(end.at);
                [at - self.step, at, at + self.step]
            })
            .chain([self.from(self.lowest), self.from(self.highest) - self.step])
            .filter(|score| self.can_be(*score))
            .collect();
        // Highest first: the gap that is told is the one just under a threshold.
        scores.sort_unstable_by(|one, other| other.cmp(one));
        scores
    }

    /// A score within bounds that none of the bands takes.
    fn outside(&self, bands: &[Bounds], within: Bounds) -> Option<Points> {
        let all: Vec<Bounds> = bands.iter().copied().chain([within]).collect();
        let mut scores = self.beginnings(&all).into_iter();
        scores
            .find(|score| within.hold(*score) && !bands.iter().any(|band| band.hold(*score)))
            .map(Points)
    }

    /// A score that both take.
    fn in_both(&self, one: Bounds, other: Bounds) -> Option<Points> {
        let mut scores = self.beginnings(&[one, other]).into_iter();
        scores
            .find(|score| one.hold(*score) && other.hold(*score))
            .map(Points)
    }
}

fn plus(one: Ends, other: Ends) -> Ends {
    let sum = |one: Option<i64>, other: Option<i64>| one?.checked_add(other?);
    (sum(one.0, other.0), sum(one.1, other.1))
}

fn within(ends: Ends, limits: Limits) -> Ends {
    let limit = |end: Option<i64>, open: Option<Points>| match end {
        Some(end) => Some(limits.within(Points(end)).0),
        None => open.map(|limit| limit.0),
    };
    (limit(ends.0, limits.floor), limit(ends.1, limits.cap))
}

fn weighed(ends: Ends, group: &Group) -> Ends {
    let part = |end: Option<i64>| Points(end?).percent(group.weight).map(|points| points.0);
    (part(ends.0), part(ends.1))
}

/// The sum of an indicator before its cap and floor.
fn ends_of(indicator: &Indicator) -> Ends {
    let listed: Vec<i64> = match &indicator.worth {
        Worth::Each(points) => vec![points.0],
        Worth::ByItem(items) => items.iter().map(|(_, points)| points.0).collect(),
        Worth::Tiers(tiers) => tiers.iter().map(|tier| tier.points.0).collect(),
        Worth::OwnValue(_) => return (None, None),
    };
    let lowest = listed.iter().copied().min().unwrap_or(0).min(0);
    let highest = listed.iter().copied().max().unwrap_or(0).max(0);
    match indicator.per {
        Per::Once => (Some(lowest), Some(highest)),
        Per::Event | Per::Case => ((lowest == 0).then_some(0), (highest == 0).then_some(0)),
        // A quantity may be below 0.
        Per::Quantity => (None, None),
    }
}

fn divisor(one: i64, other: i64) -> i64 {
    let (mut one, mut other) = (one.unsigned_abs(), other.unsigned_abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    i64::try_from(one).unwrap_or(1)
}

/// The step that a number with a weight allows; 1 where a percent of it is not exact.
fn exact(number: i64, weight: u16) -> i64 {
    match number.checked_mul(i64::from(weight)) {
        Some(product) if product % 100 == 0 => product / 100,
        Some(_) | None => 1,
    }
}

fn limits_step(step: i64, limits: Limits, weight: u16) -> i64 {
    let limits = [limits.floor, limits.cap].into_iter().flatten();
    limits.fold(step, |step, limit| divisor(step, exact(limit.0, weight)))
}

fn granularity(step: i64, indicator: &Indicator, group: &Group) -> i64 {
    let listed: Vec<i64> = match &indicator.worth {
        Worth::Each(points) => vec![points.0],
        Worth::ByItem(items) => items.iter().map(|(_, points)| points.0).collect(),
        Worth::Tiers(tiers) => tiers.iter().map(|tier| tier.points.0).collect(),
        Worth::OwnValue(_) => vec![1],
    };
    let step = listed
        .iter()
        .fold(step, |step, points| divisor(step, exact(*points, group.weight)));
    limits_step(step, indicator.limits, group.weight)
}
