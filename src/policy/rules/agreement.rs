//! Whether the rule sets that stand agree with each other.

use std::collections::BTreeMap;

use super::super::Mistake;
use crate::domain::catalog::{Catalog, SectorCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::rules::{RuleSet, RuleSets};

/// Notes codes that stand twice, days with two rule sets or with none, and sectors that wait for each other.
///
/// `before` are the mistakes found so far: a sector with a file that does not stand is not asked about gaps.
pub fn disagreements(all: &[RuleSet], before: &[Mistake]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (place, rules) in all.iter().enumerate() {
        if let Some(other) = all[..place].iter().find(|other| other.code == rules.code) {
            let text = format!("the code {} is that of {} too", rules.code, other.file);
            mistakes.push(Mistake::whole(&rules.file, text));
        }
    }
    let mut sectors: BTreeMap<SectorCode, Vec<&RuleSet>> = BTreeMap::new();
    for rules in all {
        sectors.entry(rules.sector).or_default().push(rules);
    }
    for (sector, own) in &mut sectors {
        own.sort_by_key(|rules| rules.from);
        let is_whole = !before
            .iter()
            .any(|mistake| mistake.file.contains(sector.as_str()));
        days(own, is_whole, &mut mistakes);
    }
    mistakes.extend(circles(&sectors));
    mistakes
}

/// Checks that the rule sets of one sector, by first day, follow each other without overlap and gap.
fn days(own: &[&RuleSet], is_whole: bool, mistakes: &mut Vec<Mistake>) {
    for pair in own.windows(2) {
        let [one, next] = pair else { continue };
        let text = match one.until {
            Some(until) if until < next.from => {
                let missing = until.next().filter(|day| is_whole && *day < next.from);
                missing.map(|day| {
                    let last = next.from.previous().unwrap_or(day);
                    format!(
                        "{} has no rule set from {day} to {last}: {} ends before",
                        next.sector, one.file
                    )
                })
            }
            Some(_) | None => Some(format!(
                "two rule sets of {} are in force on {}: this one and {}; end the earlier one with `until`",
                next.sector, next.from, one.file
            )),
        };
        if let Some(text) = text {
            mistakes.push(Mistake::whole(&next.file, text));
        }
    }
    if let Some(last) = own.last()
        && let Some(day) = last.until.and_then(CivilDate::next)
        && is_whole
    {
        let text = format!(
            "{} has no rule set from {day} on; leave `until` out, or add the rule set that follows",
            last.sector
        );
        mistakes.push(Mistake::whole(&last.file, text));
    }
}

/// Names the sectors whose grades wait for each other.
fn circles(sectors: &BTreeMap<SectorCode, Vec<&RuleSet>>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (sector, own) in sectors {
        let mut waiting = vec![vec![*sector]];
        let mut seen = vec![*sector];
        while let Some(path) = waiting.pop() {
            let last = path[path.len() - 1];
            let read = sectors
                .get(&last)
                .into_iter()
                .flatten()
                .flat_map(|rules| rules.sectors_read());
            for next in read {
                if next == *sector {
                    let names: Vec<&str> = path.iter().map(SectorCode::as_str).collect();
                    let text = format!("grades wait for each other: {} -> {sector}", names.join(" -> "));
                    mistakes.push(Mistake::whole(&own[0].file, text));
                    return mistakes;
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    let mut longer = path.clone();
                    longer.push(next);
                    waiting.push(longer);
                }
            }
        }
    }
    mistakes
}

/// Returns the sectors that have no rule set on a day: of a complete set, none.
#[must_use]
pub fn uncovered(rules: &RuleSets, catalog: &Catalog, day: CivilDate) -> Vec<SectorCode> {
    let sectors = catalog.sectors().iter().map(|sector| sector.code);
    sectors
        .filter(|sector| rules.of(*sector, day).is_none())
        .collect()
}
