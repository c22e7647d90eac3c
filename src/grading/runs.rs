//! Runs: everyone in a sector is graded for a period, on its result day, in slices behind one fact.
//!
//! The cohort of a run is frozen: who was a member in the period, by what was known when it was opened.
//! Read first: [`due_on`], then [`slice()`].
//!
//! Source: `domain.md` 3.1, 3.2 (10, 11, 12), 3.5.

use crate::domain::calendar::WorkingDays;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Principal};
use crate::domain::grade_fact::{Cause as Causes, Due, GradeFact, RunFact, SettledFact};
use crate::domain::grading::{Evidence, Outcome, Period, Points, Rank};
use crate::domain::revision::Revision;
use crate::domain::rules::{CycleKind, Polarity, RuleSet, RuleSets, Stands};
use crate::domain::subject::SubjectNumber;
use crate::domain::subject_fact::Who;
use crate::group::Group;
use crate::group::fold::grades::pair_row;
use crate::group::memory::Places;
use crate::group::unsettled::Cause;
use crate::ingest::rows::Error;
use crate::policy::Policies;
use crate::store::View;
use crate::subjects::place::Known;

use super::evidence::{Reader, digest, settled};
use super::members;
use super::settle::{self, Assessed, Why, assessed, of_evidence, rules_ref};
use super::turn;

/// Memberships that one slice looks at; each changes at most four rows.
const SLICE_MEMBERS: usize = 200;

/// The rule sets whose results are due on a day, with the period they speak of: those with a cycle on
/// their result day, those of real time on their first day in force.
#[must_use]
pub fn due_on(rules: &RuleSets, day: CivilDate) -> Vec<(&RuleSet, Period)> {
    let due = |one: &RuleSet| {
        let now = one.cycle.kind.containing(day);
        if one.cycle.kind == CycleKind::RealTime {
            return (one.from == day).then_some(now);
        }
        let period = one.cycle.kind.before(now)?;
        let governs = one.stands_on(period.last);
        (governs && one.cycle.result_day(period) == Some(day)).then_some(period)
    };
    rules
        .all()
        .iter()
        .filter_map(|one| Some((one, due(one)?)))
        .collect()
}

/// Opens the runs that are due on a day, in sectors with members.
///
/// Where no calendar reaches the days of a run, an officer opens it once there is one.
///
/// # Errors
/// The view's.
pub fn open_due(group: &mut Group<'_>, policies: &Policies, day: CivilDate) -> Result<(), Error> {
    for (rules, period) in due_on(&policies.rules, day) {
        if let Some(fact) = opened(group, policies, rules, period, day, "")?.filter(|run| run.cohort > 0) {
            let fact = Fact::Grade(GradeFact::RunOpened(Box::new(fact)));
            group.push(&Principal::service(), fact)?;
        }
    }
    Ok(())
}

/// The days of a run that follow from its result day; `None` where no calendar reaches so far.
#[must_use]
pub fn days(
    rules: &RuleSet,
    result_on: CivilDate,
    calendar: &WorkingDays,
) -> Option<(Option<CivilDate>, Option<CivilDate>, CivilDate)> {
    let after = |days: u16| match days {
        0 => Some(None),
        days => calendar.add(result_on, u32::from(days)).ok().map(Some),
    };
    let displayed_until = after(rules.cycle.display_working_days)?;
    let objections_until = after(rules.cycle.objection_working_days)?;
    let effect_on = match displayed_until {
        None => result_on,
        Some(last) => last.next()?,
    };
    Some((displayed_until, objections_until, effect_on))
}

/// Opens a run; its grades follow in slices. Returns `None` where no calendar reaches its days.
///
/// # Errors
/// The view's.
pub fn open(
    group: &mut Group<'_>,
    principal: &Principal,
    rules: &RuleSet,
    period: Period,
    result_on: CivilDate,
    reason: &str,
) -> Result<Option<Revision>, Error> {
    let Some(fact) = opened(group, group.policies(), rules, period, result_on, reason)? else {
        return Ok(None);
    };
    let fact = Fact::Grade(GradeFact::RunOpened(Box::new(fact)));
    Ok(Some(group.push(principal, fact)?))
}

fn opened(
    view: &dyn View,
    policies: &Policies,
    rules: &RuleSet,
    period: Period,
    result_on: CivilDate,
    reason: &str,
) -> Result<Option<RunFact>, Error> {
    let Some((displayed_until, objections_until, effect_on)) = days(rules, result_on, &policies.calendar)
    else {
        return Ok(None);
    };
    let cohort = members::all(
        view,
        rules.sector,
        cohort_period(rules, period, result_on),
        Revision(u64::MAX),
    )?
    .len();
    Ok(Some(RunFact {
        sector: rules.sector,
        rules: rules_ref(view, rules)?,
        period,
        result_on,
        displayed_until,
        objections_until,
        effect_on,
        cohort: u32::try_from(cohort).unwrap_or(u32::MAX),
        reason: reason.to_owned(),
    }))
}

/// The runs by which newly adopted rules reach those who are graded in real time.
///
/// # Errors
/// The view's.
pub fn after_adoption(view: &dyn View, policies: &Policies, today: CivilDate) -> Result<Vec<Fact>, Error> {
    let mut facts = Vec::new();
    let in_force = policies.rules.all().iter().filter(|rules| rules.stands_on(today));
    for rules in in_force.filter(|rules| rules.cycle.kind == CycleKind::RealTime) {
        let period = rules.cycle.kind.containing(today);
        if let Some(fact) = opened(view, policies, rules, period, today, "rules adopted")? {
            facts.push(Fact::Grade(GradeFact::RunOpened(Box::new(fact))));
        }
    }
    Ok(facts)
}

/// In real time whoever is a member on the day is looked at.
fn cohort_period(rules: &RuleSet, period: Period, day: CivilDate) -> Period {
    match rules.cycle.kind {
        CycleKind::RealTime => Period {
            first: day,
            last: day,
        },
        CycleKind::Month | CycleKind::Quarter | CycleKind::Year => period,
    }
}

/// Adds the next slice of a run.
///
/// # Errors
/// The view's and the ledger's.
pub fn slice(group: &mut Group<'_>, cause: &Cause, run: &RunFact) -> Result<(), Error> {
    // By the rules it was opened by, whatever was adopted since.
    let next = match settle::rules_then(group, group.policies(), &run.rules)? {
        None => None,
        Some(rules) => {
            let period = cohort_period(rules, run.period, run.result_on);
            let from = (cause.next, cause.revision);
            let found = members::page(group, run.sector, period, from, SLICE_MEMBERS)?;
            let mut reviewed = Vec::new();
            for subject in &found.subjects {
                subject_in_run(group, rules, cause.revision, run, *subject, &mut reviewed)?;
            }
            settle::review(group, reviewed)?;
            found.next
        }
    };
    let settled = Fact::EffectsSettled {
        cause: cause.revision,
        slice: cause.slices + 1,
        next: next.unwrap_or(Revision(0)),
    };
    group.push(&Principal::service(), settled)?;
    Ok(())
}

/// Settles what an open run says of a subject, if it is one of its cohort: what its slice will do.
///
/// # Errors
/// The view's and the ledger's.
pub fn of_subject(
    group: &mut Group<'_>,
    run_at: Revision,
    run: &RunFact,
    subject: SubjectNumber,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    let Some(rules) = settle::rules_then(group, group.policies(), &run.rules)? else {
        return Ok(());
    };
    let period = cohort_period(rules, run.period, run.result_on);
    if members::is_in(group, subject, run.sector, period, run_at)? {
        subject_in_run(group, rules, run_at, run, subject, reviewed)?;
    }
    Ok(())
}

fn subject_in_run(
    group: &mut Group<'_>,
    rules: &RuleSet,
    run_at: Revision,
    run: &RunFact,
    subject: SubjectNumber,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    match rules.cycle.kind {
        CycleKind::RealTime => {
            let why = Why {
                cause: Causes::Run,
                by: run_at,
            };
            let who = who(group, subject)?;
            settle::with_readers(group, who, run.sector, run.result_on, why, reviewed)
        }
        CycleKind::Month | CycleKind::Quarter | CycleKind::Year => {
            in_cycle(group, rules, run_at, run, subject, reviewed)
        }
    }
}

fn who(view: &dyn View, subject: SubjectNumber) -> Result<Who, Error> {
    Ok(Who {
        subject,
        kind: crate::subjects::row(view, subject)?.kind,
    })
}

fn in_cycle(
    group: &mut Group<'_>,
    rules: &RuleSet,
    run_at: Revision,
    run: &RunFact,
    subject: SubjectNumber,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    if is_settled(group, subject, run.sector, run_at)? {
        return Ok(());
    }
    let reader = settle::reader(group);
    let places = group
        .memory()
        .places(run_at, || places(reader, rules, run_at, run))?;
    let (found, rank) = result(reader, rules, subject, run_at, run, &places)?;
    let fact = of_run(group, rules, subject, run_at, run, &found, rank)?;
    let who = fact.who;
    group.push(
        &Principal::service(),
        Fact::Grade(GradeFact::Settled(Box::new(fact))),
    )?;
    readers(group, who, run_at, run, reviewed)
}

/// Where the grade of a run counts from its first day on: that day is to be looked at, or is now if it has
/// begun.
fn readers(
    group: &mut Group<'_>,
    who: Who,
    run_at: Revision,
    run: &RunFact,
    reviewed: &mut Vec<Due>,
) -> Result<(), Error> {
    let sectors = members::sectors_of(group, who.subject)?;
    let rules = &group.policies().rules;
    let begun = turn::last_day(group)?.is_some_and(|last| run.effect_on <= last);
    let why = Why {
        cause: Causes::Run,
        by: run_at,
    };
    for sector in settle::readers(rules, &sectors, run.sector, run.effect_on) {
        if begun {
            settle::with_readers(group, who, sector, run.effect_on, why, reviewed)?;
            continue;
        }
        let due = settle::due(group, reviewed, who, sector)?;
        if due.is_none_or(|due| due > run.effect_on) {
            reviewed.retain(|one| one.who != who || one.sector != sector);
            reviewed.push(Due {
                who,
                sector,
                on: Some(run.effect_on),
            });
        }
    }
    Ok(())
}

/// Says whether a run has settled the grade of a subject already.
///
/// # Errors
/// The view's.
pub fn is_settled(
    view: &dyn View,
    subject: SubjectNumber,
    sector: SectorCode,
    run: Revision,
) -> Result<bool, Error> {
    let rows = settled(view, subject, sector)?;
    Ok(rows
        .iter()
        .any(|(_, row)| row.cause == Causes::Run && row.by == run))
}

/// Ranks the cohort of a run by its scores, the best first; who has no score has no place.
///
/// # Errors
/// The view's and the ledger's.
pub fn places(reader: Reader<'_>, rules: &RuleSet, run_at: Revision, run: &RunFact) -> Result<Places, Error> {
    let mut places = Places::new();
    if !rules.needs_rank() {
        return Ok(places);
    }
    let mut scores: Vec<(Points, SubjectNumber)> = Vec::new();
    for subject in members::all(reader.view, run.sector, run.period, run_at)? {
        let found = unranked(reader, rules, subject, run_at, run)?;
        let is_rated = matches!(found.assessment.outcome, Outcome::Graded | Outcome::Failed);
        if let Some(score) = found.assessment.score.filter(|_| is_rated) {
            scores.push((score, subject));
        }
    }
    let of = u32::try_from(scores.len()).unwrap_or(u32::MAX);
    // Best first; equals have the place of the first of them.
    scores.sort_unstable_by(|(one, _), (other, _)| match rules.polarity {
        Polarity::Credit => other.cmp(one),
        Polarity::Risk | Polarity::NoScore => one.cmp(other),
    });
    let mut place = 0;
    let mut last = None;
    for (at, (score, subject)) in (1_u32..).zip(&scores) {
        if last.is_none_or(|last| rules.polarity.is_better(last, *score)) {
            place = at;
        }
        last = Some(*score);
        places.insert(*subject, Rank { place, of });
    }
    Ok(places)
}

fn unranked(
    reader: Reader<'_>,
    rules: &RuleSet,
    subject: SubjectNumber,
    run_at: Revision,
    run: &RunFact,
) -> Result<Assessed, Error> {
    let known = Known {
        revision: run_at,
        on: run.result_on,
    };
    assessed(reader, rules, subject, known, run.period, run_at)
}

/// What a run says of a subject.
///
/// # Errors
/// The view's and the ledger's.
pub fn result(
    reader: Reader<'_>,
    rules: &RuleSet,
    subject: SubjectNumber,
    run_at: Revision,
    run: &RunFact,
    places: &Places,
) -> Result<(Assessed, Option<Rank>), Error> {
    let found = unranked(reader, rules, subject, run_at, run)?;
    let Some(rank) = places.get(&subject) else {
        return Ok((found, None));
    };
    let evidence = Evidence {
        rank: Some(*rank),
        ..found.evidence
    };
    Ok((
        of_evidence(rules, evidence, run.period, run.result_on),
        Some(*rank),
    ))
}

/// The grade that a run settles.
///
/// # Errors
/// The view's.
pub fn of_run(
    view: &dyn View,
    rules: &RuleSet,
    subject: SubjectNumber,
    run_at: Revision,
    run: &RunFact,
    found: &Assessed,
    rank: Option<Rank>,
) -> Result<SettledFact, Error> {
    let until = match rules.cycle.stands {
        Stands::UntilNext => None,
        Stands::For(span) => span.after(run.effect_on).and_then(CivilDate::previous),
    };
    let row = pair_row(view, run.sector, subject)?;
    Ok(SettledFact {
        who: who(view, subject)?,
        sector: run.sector,
        judgement: found.judgement(),
        period: run.period,
        assessed_on: run.result_on,
        from: run.effect_on,
        until,
        rules: Some(run.rules.clone()),
        known: run_at,
        evidence: digest(&found.evidence),
        rank,
        cause: Causes::Run,
        by: run_at,
        earlier: row.last,
        due: row.due,
        reason: String::new(),
        basis: String::new(),
    })
}
