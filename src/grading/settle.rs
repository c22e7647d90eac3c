//! Settling grades: in real time with the fact that touched a subject, or with the day that did.
//!
//! A grade is settled if and only if the outcome or the level changes; a look that changes neither leaves at
//! most the day of the next look. Read first: [`touched`].

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::grade_fact::{
    Cause, Closed, CorrectionClose, CorrectionFact, Due, GradeFact, Judgement, ReviewedFact, RulesRef,
    SettledFact,
};
use crate::domain::grading::{Assessment, Evidence, Outcome, Period, SEMANTICS};
use crate::domain::revision::Revision;
use crate::domain::rules::{CycleKind, RuleSet, RuleSets};
use crate::domain::subject::SubjectNumber;
use crate::domain::subject_fact::Who;
use crate::group::Group;
use crate::group::fold::grades::pair_row;
use crate::ingest::rows::Error;
use crate::policy::Policies;
use crate::policy::rules::KIND;
use crate::store::keys::grades::GradeRow;
use crate::store::record::Recall;
use crate::store::{View, keys};
use crate::subjects::place::Known;

use super::assess::{assess, next_change};
use super::evidence::{Reader, Wanted, digest, gather, settled, settled_row};
use super::members;
use super::touch;

/// What makes grades to be looked at anew.
#[derive(Clone, Copy, Debug)]
pub struct Why {
    pub cause: Cause,
    pub by: Revision,
}

/// Settles what the facts behind `begun` changed for the subjects they are about.
///
/// # Errors
/// The view's and the ledger's.
pub fn touched(group: &mut Group<'_>, begun: usize) -> Result<(), Error> {
    if group.policies().rules.all().is_empty() {
        return Ok(());
    }
    let today = group.today();
    let mut reviewed = Vec::new();
    for (subject, by) in touch::subjects(group, begun)? {
        let why = Why {
            cause: Cause::Fact,
            by,
        };
        subject_in_all(group, subject, today, why, &mut reviewed)?;
    }
    review(group, reviewed)
}

/// Looks at a subject in every sector it is or was a member of.
///
/// # Errors
/// The view's and the ledger's.
pub fn subject_in_all(
    group: &mut Group<'_>,
    subject: SubjectNumber,
    day: CivilDate,
    why: Why,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    let who = Who {
        subject,
        kind: crate::subjects::row(group, subject)?.kind,
    };
    let sectors = members::sectors_of(group, subject)?;
    for sector in &sectors {
        let kind = group
            .policies()
            .rules
            .of(*sector, day)
            .map(|rules| rules.cycle.kind);
        if kind.is_some_and(|kind| kind != CycleKind::RealTime) {
            correction(group, who, *sector, why)?;
        }
    }
    in_real_time(group, who, &sectors, sectors.clone(), day, why, reviewed)
}

/// Looks at a subject in one sector of real time, and then where that grade counts.
///
/// # Errors
/// The view's and the ledger's.
pub fn with_readers(
    group: &mut Group<'_>,
    who: Who,
    sector: SectorCode,
    day: CivilDate,
    why: Why,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    let sectors = members::sectors_of(group, who.subject)?;
    in_real_time(group, who, &sectors, BTreeSet::from([sector]), day, why, reviewed)
}

fn in_real_time(
    group: &mut Group<'_>,
    who: Who,
    sectors: &BTreeSet<SectorCode>,
    mut waiting: BTreeSet<SectorCode>,
    day: CivilDate,
    why: Why,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    let policies = group.policies();
    while let Some(sector) = waiting.pop_first() {
        let rules = policies.rules.of(sector, day);
        let Some(rules) = rules.filter(|rules| rules.cycle.kind == CycleKind::RealTime) else {
            continue;
        };
        if pair(group, who, rules, day, why, reviewed)? {
            // What rests on this grade is looked at after it; no rule set reads in a circle.
            waiting.extend(readers(&policies.rules, sectors, sector, day));
        }
    }
    Ok(())
}

/// Those of some sectors whose rules in real time read the grade of another.
pub fn readers<'a>(
    rules: &'a RuleSets,
    sectors: &'a BTreeSet<SectorCode>,
    read: SectorCode,
    day: CivilDate,
) -> impl Iterator<Item = SectorCode> + 'a {
    let reads = move |sector: &SectorCode| {
        let own = rules.of(*sector, day);
        own.is_some_and(|own| {
            own.cycle.kind == CycleKind::RealTime && own.sectors_read().any(|one| one == read)
        })
    };
    sectors.iter().copied().filter(reads)
}

/// Records which pairs are to be looked at when.
///
/// # Errors
/// The view's.
pub fn review(group: &mut Group<'_>, pairs: Vec<Due>) -> Result<(), Error> {
    if !pairs.is_empty() {
        let fact = GradeFact::Reviewed(ReviewedFact { pairs });
        group.push(&Principal::service(), Fact::Grade(fact))?;
    }
    Ok(())
}

/// An assessment with what it rests on.
#[derive(Clone, Debug)]
pub struct Assessed {
    pub evidence: Evidence,
    pub assessment: Assessment,
    pub period: Period,
}

impl Assessed {
    /// The outcome without the way to it.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        Judgement {
            outcome: self.assessment.outcome,
            level: self.assessment.level.clone(),
            score: self.assessment.score,
        }
    }
}

/// Assesses a subject as of a day by what is known.
///
/// # Errors
/// The view's and the ledger's.
pub fn assessed(
    reader: Reader<'_>,
    rules: &RuleSet,
    subject: SubjectNumber,
    known: Known,
    period: Period,
    settled_before: Revision,
) -> Result<Assessed, Error> {
    let inputs: Vec<SectorCode> = rules.sectors_read().collect();
    let wanted = Wanted {
        subject,
        sector: rules.sector,
        inputs: &inputs,
        known,
        settled_before,
    };
    let evidence = gather(reader, &wanted)?;
    Ok(of_evidence(rules, evidence, period, known.on))
}

/// Assesses evidence; who is no member on the day is not rated, whatever the rules say.
#[must_use]
pub fn of_evidence(rules: &RuleSet, evidence: Evidence, period: Period, day: CivilDate) -> Assessed {
    let is_member = evidence
        .member_from
        .is_some_and(|from| from <= day && evidence.member_until.is_none_or(|until| until >= day));
    let is_run = rules.cycle.kind != CycleKind::RealTime;
    let assessment = if is_member || is_run {
        assess(rules, &evidence, period, day)
    } else {
        Assessment {
            outcome: Outcome::NotRated,
            level: String::new(),
            score: None,
            steps: Vec::new(),
        }
    };
    Assessed {
        evidence,
        assessment,
        period,
    }
}

/// The rule set as adopted.
///
/// # Errors
/// The view's.
pub fn rules_ref(view: &dyn View, rules: &RuleSet) -> Result<RulesRef, Error> {
    let adopted = view.get(keys::DATA, &keys::data_key(KIND.name))?;
    Ok(RulesRef {
        code: rules.code.clone(),
        adopted: adopted.map_or(Revision(0), |bytes| keys::revision_value(&bytes)),
        semantics: SEMANTICS,
    })
}

/// A rule set as it was adopted then, whatever is in force now; `None` if it is not at hand.
///
/// # Errors
/// The view's.
pub fn rules_then<'a>(
    view: &dyn View,
    policies: &'a Policies,
    wanted: &RulesRef,
) -> Result<Option<&'a RuleSet>, Error> {
    let adopted = view.get(keys::DATA, &keys::data_key(KIND.name))?;
    let is_now = adopted.is_some_and(|bytes| keys::revision_value(&bytes) == wanted.adopted);
    let sets = if is_now {
        Some(&policies.rules)
    } else {
        policies.earlier_rules.adopted_at(wanted.adopted)
    };
    Ok(sets.and_then(|sets| sets.by_code(&wanted.code)))
}

/// Looks at one subject in a sector of real time; says whether a grade was settled.
///
/// # Errors
/// The view's and the ledger's.
pub fn pair(
    group: &mut Group<'_>,
    who: Who,
    rules: &RuleSet,
    day: CivilDate,
    why: Why,
    reviewed: &mut Vec<Due>,
) -> Result<bool, Error> {
    let sector = rules.sector;
    let known = Known {
        revision: Revision(group.next().0 - 1),
        on: day,
    };
    let row = pair_row(group, sector, who.subject)?;
    let last = match row.last {
        None => None,
        Some(revision) => settled_row(group, who.subject, sector, revision)?,
    };
    let stands = last.as_ref().filter(|(_, row)| row.holds_on(day));
    // An officer's decision holds to its end, whatever the rules say meanwhile.
    let decided = stands.filter(|(_, row)| row.cause == Cause::Officer);
    if let Some((_, decision)) = decided {
        let due = decision.until.and_then(CivilDate::next);
        note(reviewed, who, sector, row.due, due);
        return Ok(false);
    }
    let period = rules.cycle.kind.containing(day);
    let all = Revision(u64::MAX);
    let found = assessed(reader(group), rules, who.subject, known, period, all)?;
    let due = next_change(rules, &found.evidence, period, day);
    let judgement = found.judgement();
    let same = |row: &GradeRow| row.outcome == judgement.outcome && row.level == judgement.level;
    if stands.is_some_and(|(_, row)| same(row)) {
        note(reviewed, who, sector, row.due, due);
        return Ok(false);
    }
    let fact = SettledFact {
        who,
        sector,
        judgement,
        period,
        assessed_on: day,
        from: day,
        until: None,
        rules: Some(rules_ref(group, rules)?),
        known: known.revision,
        evidence: digest(&found.evidence),
        rank: None,
        cause: why.cause,
        by: why.by,
        earlier: row.last,
        due,
        reason: String::new(),
        basis: String::new(),
    };
    forget(reviewed, who, sector);
    let fact = GradeFact::Settled(Box::new(fact));
    group.push(&Principal::service(), Fact::Grade(fact))?;
    Ok(true)
}

fn note(
    reviewed: &mut Vec<Due>,
    who: Who,
    sector: SectorCode,
    was: Option<CivilDate>,
    due: Option<CivilDate>,
) {
    forget(reviewed, who, sector);
    if was != due {
        reviewed.push(Due { who, sector, on: due });
    }
}

/// When a pair is due, by what was looked at and by its row.
///
/// # Errors
/// The view's.
pub fn due(
    view: &dyn View,
    reviewed: &[Due],
    who: Who,
    sector: SectorCode,
) -> Result<Option<CivilDate>, Error> {
    match reviewed
        .iter()
        .rev()
        .find(|one| one.who == who && one.sector == sector)
    {
        Some(looked) => Ok(looked.on),
        None => Ok(pair_row(view, sector, who.subject)?.due),
    }
}

/// Notes that a pair is not to be looked at before something is recorded.
pub fn put_off(reviewed: &mut Vec<Due>, who: Who, sector: SectorCode) {
    forget(reviewed, who, sector);
    reviewed.push(Due {
        who,
        sector,
        on: None,
    });
}

/// A later look at a pair takes the place of an earlier one.
fn forget(reviewed: &mut Vec<Due>, who: Who, sector: SectorCode) {
    reviewed.retain(|one| one.who != who || one.sector != sector);
}

/// Reads evidence through the group that is being built.
#[must_use]
pub fn reader<'a>(group: &'a Group<'_>) -> Reader<'a> {
    Reader {
        view: group,
        facts: group,
        layouts: &group.policies().layouts,
    }
}

/// The last grade of a subject that a run settled, or a correction of one.
///
/// # Errors
/// The view's and the ledger's.
pub fn last_of_run(
    view: &dyn View,
    facts: &dyn Recall,
    subject: SubjectNumber,
    sector: SectorCode,
) -> Result<Option<(Revision, SettledFact)>, Error> {
    let rows = settled(view, subject, sector)?;
    let of_run = |row: &GradeRow| matches!(row.cause, Cause::Run | Cause::Correction);
    let Some((revision, _)) = rows.into_iter().rev().find(|(_, row)| of_run(row)) else {
        return Ok(None);
    };
    Ok(Some((revision, settled_at(facts, revision)?)))
}

/// Reads a settled grade.
///
/// # Errors
/// The ledger's; the tables' if another fact stands there.
pub fn settled_at(facts: &dyn Recall, revision: Revision) -> Result<SettledFact, Error> {
    let Fact::Grade(GradeFact::Settled(fact)) = facts.fact(revision)?.0.fact else {
        return Err(crate::ingest::rows::contradiction(revision));
    };
    Ok(*fact)
}

/// From which revision on settled grades are no evidence for a grade: the run that it is of.
///
/// # Errors
/// The ledger's; the tables' if another fact stands there.
pub fn evidence_before(facts: &dyn Recall, fact: &SettledFact) -> Result<Revision, Error> {
    let mut fact = fact.clone();
    loop {
        match fact.cause {
            Cause::Run => return Ok(fact.by),
            Cause::Correction => {
                let Fact::Grade(GradeFact::CorrectionRaised(raised)) = facts.fact(fact.by)?.0.fact else {
                    return Err(crate::ingest::rows::contradiction(fact.by));
                };
                fact = settled_at(facts, raised.grade)?;
            }
            Cause::Fact | Cause::Day | Cause::Officer | Cause::Data => return Ok(Revision(u64::MAX)),
        }
    }
}

/// Raises a correction if the last run's grade would come out otherwise by what is known now, and lets
/// one lapse that makes no difference any more.
///
/// One waits at a time: what is open about an earlier period stays until it is decided or lapses, though
/// a later run has followed.
///
/// # Errors
/// The view's and the ledger's.
pub fn correction(group: &mut Group<'_>, who: Who, sector: SectorCode, why: Why) -> Result<(), Error> {
    if let Some(open) = pair_row(group, sector, who.subject)?.correction {
        let Fact::Grade(GradeFact::CorrectionRaised(raised)) = group.recall(open)? else {
            return Err(crate::ingest::rows::contradiction(open));
        };
        let fact = settled_at(group, raised.grade)?;
        let Some(found) = anew(group, who, &fact)? else {
            return Ok(());
        };
        let judgement = found.judgement();
        if differs(&judgement, &fact.judgement) && !differs(&judgement, &raised.judgement) {
            return Ok(());
        }
        let lapsed = CorrectionClose {
            who,
            sector,
            correction: open,
            closed: Closed::Lapsed,
            reason: String::new(),
        };
        let lapsed = GradeFact::CorrectionClosed(lapsed);
        group.push(&Principal::service(), Fact::Grade(lapsed))?;
    }
    let Some((grade, fact)) = last_of_run(group, group, who.subject, sector)? else {
        return Ok(());
    };
    let known = Revision(group.next().0 - 1);
    let Some(found) = anew(group, who, &fact)? else {
        return Ok(());
    };
    let judgement = found.judgement();
    if differs(&judgement, &fact.judgement) {
        let raised = CorrectionFact {
            who,
            sector,
            grade,
            judgement,
            evidence: digest(&found.evidence),
            rank: fact.rank,
            known,
            by: why.by,
        };
        let raised = GradeFact::CorrectionRaised(Box::new(raised));
        group.push(&Principal::service(), Fact::Grade(raised))?;
    }
    Ok(())
}

fn differs(one: &Judgement, other: &Judgement) -> bool {
    one.outcome != other.outcome || one.level != other.level
}

/// What a settled grade of a run would be by what is known now, by the rules it was settled by; `None`
/// if those are not at hand.
fn anew(group: &Group<'_>, who: Who, fact: &SettledFact) -> Result<Option<Assessed>, Error> {
    let Some(wanted) = &fact.rules else {
        return Ok(None);
    };
    // Another rule set is no late fact.
    let Some(rules) = rules_then(group, group.policies(), wanted)? else {
        return Ok(None);
    };
    let known = Known {
        revision: Revision(group.next().0 - 1),
        on: fact.assessed_on,
    };
    let before = evidence_before(group, fact)?;
    let mut found = assessed(reader(group), rules, who.subject, known, fact.period, before)?;
    if fact.rank.is_some() {
        // The cohort of a run is frozen: the place in it stays.
        let evidence = Evidence {
            rank: fact.rank,
            ..found.evidence
        };
        found = of_evidence(rules, evidence, fact.period, fact.assessed_on);
    }
    Ok(Some(found))
}

/// Subjects with the fact that touched each first.
pub type Touched = BTreeMap<SubjectNumber, Revision>;
