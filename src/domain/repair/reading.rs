//! Reads one version for one decision: level, shown or not, both ends.

use super::{
    ApplyFrom, Assumption, Decision, Error, Mark, Maximum, Minimum, Months, RepairRules, Says, Shown,
    TermRule, Version, set_on,
};
use crate::domain::civil_date::CivilDate;
use crate::domain::record::Severity;
use crate::domain::severity::{Case, Level, Procedure, Severities, months_after};

/// What one version says.
pub(super) struct Reading<'a> {
    pub version: &'a Version,
    pub severity: Option<Severity>,
    pub severity_mark: Option<Mark>,
    pub shown: Shown,
    pub shown_mark: Option<Mark>,
    pub minimum: Minimum,
    pub apply_from: Option<CivilDate>,
    pub apply_rule: ApplyFrom,
    pub apply_mark: Mark,
    pub maximum: Option<Maximum>,
    pub terms: Vec<&'a TermRule>,
    pub assumptions: Vec<Assumption>,
}

/// A level and how it was found.
struct Found {
    severity: Option<Severity>,
    mark: Option<Mark>,
    assumption: Option<Assumption>,
}

impl RepairRules {
    /// Reads a version for a decision. Settings are those of `today`.
    pub(super) fn read<'a>(
        &self,
        version: &'a Version,
        decision: &Decision,
        severities: &Severities,
        today: CivilDate,
    ) -> Result<Reading<'a>, Error> {
        let found = level(version, decision, severities);
        let mut assumptions: Vec<Assumption> = found.assumption.into_iter().collect();
        let by_place = |term: &&TermRule| !term.about.sectors.is_empty();
        if decision.sectors.is_empty() && version.terms.iter().any(|term| by_place(&term)) {
            assumptions.push(Assumption::NoSector);
        }
        let is_about = |term: &&TermRule| is_about(term, decision, found.severity);
        let terms: Vec<&TermRule> = version.terms.iter().filter(is_about).collect();
        if terms.is_empty() {
            return Err(Error::NoTerm {
                version: version.code.clone(),
            });
        }
        let optional = set_on(&self.shows_optional, "shows_optional", today)?;
        let apply = set_on(&self.apply_from, "apply_from", today)?;
        let shown = shown(&terms, optional.value);
        let (minimum, maximum) = ends(&terms, shown, decision.decided_on)?;
        Ok(Reading {
            version,
            severity: found.severity,
            severity_mark: found.mark,
            shown,
            shown_mark: terms
                .iter()
                .all(is_optional)
                .then(|| Mark::from(&optional.origin)),
            minimum,
            apply_from: apply_from(minimum, apply.value, decision.decided_on)?,
            apply_rule: apply.value,
            apply_mark: Mark::from(&apply.origin),
            maximum,
            terms,
            assumptions,
        })
    }
}

/// The level: as the body states it, else by the data about levels, else that of the setting. Rules about
/// levels that began with a version are asked for its first day where the decision is older.
fn level(version: &Version, decision: &Decision, severities: &Severities) -> Found {
    let found = |severity, mark, assumption| Found {
        severity,
        mark,
        assumption,
    };
    if decision.severity.is_some() {
        return found(decision.severity, None, None);
    }
    if version.terms.iter().all(|term| term.about.severity.is_none()) {
        return found(None, None, None);
    }
    let mut case = Case {
        kind: decision.kind,
        department: decision.department,
        party: decision.party,
        penalty_kinds: &decision.penalty_kinds,
        procedure: decision.procedure,
        fine: decision.fine,
        decided_on: decision.decided_on.max(version.origin.from),
    };
    let mut assumption = None;
    if severities.level(&case) == Level::DependsOnProcedure {
        assumption = Some(Assumption::GeneralProcedure);
        case.procedure = Some(Procedure::General);
    }
    match severities.level(&case) {
        Level::Known(severity, origin) => found(Some(severity), Some(origin.into()), assumption),
        Level::None | Level::DependsOnProcedure => match &version.severity_default {
            Some(setting) => found(
                Some(setting.value),
                Some((&setting.origin).into()),
                Some(Assumption::DefaultSeverity),
            ),
            None => found(None, None, None),
        },
    }
}

fn is_about(term: &TermRule, decision: &Decision, severity: Option<Severity>) -> bool {
    let about = &term.about;
    let everywhere = about.sectors.is_empty() && about.departments.is_empty();
    let here = decision
        .sectors
        .iter()
        .any(|sector| about.sectors.contains(sector))
        || decision
            .department
            .is_some_and(|department| about.departments.contains(&department));
    let only = |code: &String| about.only_kinds.contains(code);
    term.record == decision.kind
        && about.severity.is_none_or(|level| Some(level) == severity)
        && (everywhere || here)
        && (about.only_kinds.is_empty()
            || (!decision.penalty_kinds.is_empty() && decision.penalty_kinds.iter().all(only)))
        && about
            .procedure
            .is_none_or(|procedure| Some(procedure) == decision.procedure)
        && (!about.is_specially_serious || decision.is_specially_serious)
}

fn shown(terms: &[&TermRule], shows_optional: bool) -> Shown {
    if terms.iter().any(|term| term.says == Says::NotShown) {
        return Shown::NotShown;
    }
    if !shows_optional && terms.iter().all(is_optional) {
        Shown::LeftUnshown
    } else {
        Shown::Shown
    }
}

fn is_optional(term: &&TermRule) -> bool {
    match term.says {
        Says::Shown { is_optional, .. } => is_optional,
        Says::NotShown | Says::NotRepairable { .. } | Says::ByListRule => false,
    }
}

/// Both ends: of several terms the longest, each end by itself; what cannot be repaired outweighs all.
fn ends(
    terms: &[&TermRule],
    shown: Shown,
    decided_on: CivilDate,
) -> Result<(Minimum, Option<Maximum>), Error> {
    let day = |months: Months| months_after(decided_on, months.0).ok_or(Error::OutOfRange);
    let (mut shortest, mut longest): (Option<Months>, Option<Months>) = (None, None);
    let mut is_repairable = true;
    for term in terms {
        match term.says {
            Says::NotShown | Says::ByListRule => {}
            Says::NotRepairable { maximum } => {
                is_repairable = false;
                longest = longest.max(Some(maximum));
            }
            Says::Shown { minimum, maximum, .. } => {
                shortest = shortest.max(Some(minimum));
                longest = longest.max(Some(maximum));
            }
        }
    }
    if shown == Shown::NotShown {
        return Ok((Minimum::AtOnce, None));
    }
    let minimum = match (is_repairable, shortest) {
        (false, _) => Minimum::NotRepairable,
        (true, None) if shown == Shown::Shown => Minimum::ByListRule,
        (true, None | Some(Months(0))) => Minimum::AtOnce,
        (true, Some(months)) => Minimum::Over {
            months: months.0,
            on: day(months)?,
        },
    };
    let maximum = match (shown, longest) {
        (Shown::Shown, Some(months)) => Some(Maximum {
            months: months.0,
            on: day(months)?,
        }),
        (Shown::Shown, None) | (Shown::LeftUnshown | Shown::NotShown, _) => None,
    };
    Ok((minimum, maximum))
}

fn apply_from(minimum: Minimum, rule: ApplyFrom, decided_on: CivilDate) -> Result<Option<CivilDate>, Error> {
    match minimum {
        Minimum::AtOnce => Ok(Some(decided_on)),
        Minimum::Over { on, .. } => match rule {
            ApplyFrom::LastDay => Ok(Some(on)),
            ApplyFrom::DayAfter => on.next().ok_or(Error::OutOfRange).map(Some),
        },
        Minimum::NotRepairable | Minimum::ByListRule => Ok(None),
    }
}
