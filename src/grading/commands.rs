//! What officers decide about grades: runs, corrections, decisions of their own, objections.

use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Outcome as Done, Principal, RowOutcome};
use crate::domain::grade_fact::{
    AnswerFact, Cause, Closed, CorrectionClose, CorrectionFact, GradeFact, Judgement, ObjectionFact,
    SettledFact,
};
use crate::domain::grading::{Outcome, Period};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::rules::{CycleKind, RuleSet};
use crate::domain::subject::{SubjectName, SubjectNumber};
use crate::domain::subject_fact::Who;
use crate::group::Group;
use crate::group::fold::grades::pair_row;
use crate::ingest::commands::Failure;
use crate::ingest::rows::{Error, contradiction};
use crate::store::keys::grades as layout;
use crate::store::{self, View, keys};
use crate::subjects::place::{self, Known};

use super::evidence::{digest, settled};
use super::runs;
use super::settle::{self, Why, assessed, last_of_run, reader, settled_at};

/// Working days in which an objection is answered where the rule set names no term.
///
/// Source: the common figure of provincial regulations (`domain.md` 3.5, general knowledge).
const ANSWER_WORKING_DAYS: u32 = 7;

/// A command about grades.
#[derive(Clone, Debug)]
pub enum GradeCommand {
    /// Grades everyone in a sector for a period that is over.
    Run {
        sector: SectorCode,
        /// A day of the period; `None` for the last period that is over.
        period_of: Option<CivilDate>,
        reason: String,
    },
    CloseCorrection {
        subject: SubjectName,
        sector: SectorCode,
        is_confirmed: bool,
        reason: String,
    },
    Decide {
        subject: SubjectName,
        sector: SectorCode,
        level: String,
        /// Last day on which it holds.
        until: CivilDate,
        reason: String,
        basis: String,
    },
    Object {
        subject: SubjectName,
        sector: SectorCode,
        text: String,
    },
    AnswerObjection {
        objection: Revision,
        is_upheld: bool,
        text: String,
    },
}

/// Decides a command; the outcome's revision is that of the fact it made.
///
/// # Errors
/// As each verb's; the view's and the ledger's.
pub fn decide(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &GradeCommand,
    earlier: Option<&[RowOutcome]>,
) -> Result<Vec<RowOutcome>, Failure> {
    if let Some(outcomes) = earlier {
        return Ok(outcomes.to_vec());
    }
    let revision = decided(group, principal, command).map_err(failure)?;
    Ok(vec![RowOutcome::of(Done::Created, revision, 0, Vec::new())])
}

/// A refusal stays one; what could not be read is the store's.
#[must_use]
pub fn failure(error: Error) -> Failure {
    match error {
        Error::Refused(refusal) => Failure::Refused(refusal),
        Error::Store(error) => Failure::Store(error),
        Error::Record(error) => Failure::Store(unread(&error)),
    }
}

/// The same where nothing can be refused.
#[must_use]
pub fn storage(error: Error) -> store::Error {
    match error {
        Error::Store(error) => error,
        Error::Refused(error) => unread(&error),
        Error::Record(error) => unread(&error),
    }
}

fn unread(error: &dyn std::fmt::Display) -> store::Error {
    store::Error::Engine {
        operation: "settle grades",
        detail: error.to_string(),
    }
}

fn decided(group: &mut Group<'_>, principal: &Principal, command: &GradeCommand) -> Result<Revision, Error> {
    match command {
        GradeCommand::Run {
            sector,
            period_of,
            reason,
        } => run(group, principal, *sector, *period_of, reason),
        GradeCommand::CloseCorrection {
            subject,
            sector,
            is_confirmed,
            reason,
        } => close(group, principal, *subject, *sector, *is_confirmed, reason),
        GradeCommand::Decide {
            subject,
            sector,
            level,
            until,
            reason,
            basis,
        } => officer(
            group,
            principal,
            (*subject, *sector),
            level,
            *until,
            (reason, basis),
        ),
        GradeCommand::Object {
            subject,
            sector,
            text,
        } => object(group, principal, *subject, *sector, text),
        GradeCommand::AnswerObjection {
            objection,
            is_upheld,
            text,
        } => answer(group, principal, *objection, *is_upheld, text),
    }
}

/// The subject of a name, as it counts now.
///
/// # Errors
/// `SUBJECT_UNKNOWN`; the view's.
pub fn subject_of(view: &dyn View, name: SubjectName) -> Result<Who, Error> {
    let number = crate::subjects::read::number(view, name)?;
    let subject = place::current(view, number)?;
    Ok(Who {
        subject,
        kind: crate::subjects::row(view, subject)?.kind,
    })
}

fn no_rules(sector: SectorCode, day: CivilDate) -> Refusal {
    Refusal::plain(Reason::RuleSetUnknown)
        .with("sector", format!("sectors/{sector}"))
        .with("day", day.to_string())
}

/// The rules of a sector on a day.
///
/// # Errors
/// `SECTOR_UNKNOWN`, `RULE_SET_UNKNOWN`.
pub fn rules_on<'a>(group: &Group<'a>, sector: SectorCode, day: CivilDate) -> Result<&'a RuleSet, Error> {
    let policies = group.policies();
    if policies.catalog.sector(sector).is_none() {
        let refusal = Refusal::plain(Reason::SectorUnknown).with("name", format!("sectors/{sector}"));
        return Err(refusal.into());
    }
    let rules = policies.rules.of(sector, day);
    Ok(rules.ok_or_else(|| no_rules(sector, day))?)
}

fn run(
    group: &mut Group<'_>,
    principal: &Principal,
    sector: SectorCode,
    period_of: Option<CivilDate>,
    reason: &str,
) -> Result<Revision, Error> {
    let today = group.today();
    let now = rules_on(group, sector, today)?;
    if now.cycle.kind == CycleKind::RealTime {
        return Err(malformed("sector", "is graded in real time and has no runs").into());
    }
    let period = match period_of {
        Some(day) => rules_on(group, sector, day)?.cycle.kind.containing(day),
        None => {
            let kind = now.cycle.kind;
            let before = kind.before(kind.containing(today));
            before.ok_or_else(|| no_rules(sector, today))?
        }
    };
    let rules = rules_on(group, sector, period.last.min(today))?;
    if period.last >= today {
        return Err(malformed("period_of", "lies in a period that is not over").into());
    }
    let opened = runs::open(group, principal, rules, period, today, reason)?;
    Ok(opened.ok_or_else(|| Refusal::plain(Reason::CalendarMissing).with("day", today.to_string()))?)
}

fn malformed(field: &str, what: &str) -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating(field, what)
}

fn close(
    group: &mut Group<'_>,
    principal: &Principal,
    subject: SubjectName,
    sector: SectorCode,
    is_confirmed: bool,
    reason: &str,
) -> Result<Revision, Error> {
    let who = subject_of(group, subject)?;
    let open = pair_row(group, sector, who.subject)?.correction;
    let Some(correction) = open else {
        let refusal = Refusal::plain(Reason::CorrectionUnknown)
            .with("subject", format!("subjects/{subject}"))
            .with("sector", format!("sectors/{sector}"));
        return Err(refusal.into());
    };
    let Fact::Grade(GradeFact::CorrectionRaised(raised)) = group.recall(correction)? else {
        return Err(contradiction(correction));
    };
    let of = raised.grade;
    let closed = CorrectionClose {
        who,
        sector,
        correction,
        closed: if is_confirmed {
            Closed::Confirmed
        } else {
            Closed::Dismissed
        },
        reason: reason.to_owned(),
    };
    let closed = Fact::Grade(GradeFact::CorrectionClosed(closed));
    let revision = group.push(principal, closed)?;
    if is_confirmed {
        let fact = corrected(group, &raised, correction)?;
        group.push(principal, Fact::Grade(GradeFact::Settled(Box::new(fact))))?;
    }
    // What was open about an earlier period kept the last one waiting.
    if last_of_run(group, group, who.subject, sector)?.is_some_and(|(last, _)| last > of) {
        let why = Why {
            cause: Cause::Fact,
            by: revision,
        };
        settle::correction(group, who, sector, why)?;
    }
    Ok(revision)
}

/// The grade that a confirmed correction settles, from today on.
///
/// Where a later run has followed it holds on no day: it is what that period should have been, and the grade
/// in force stays.
fn corrected(group: &Group<'_>, raised: &CorrectionFact, correction: Revision) -> Result<SettledFact, Error> {
    let was = settled_at(group, raised.grade)?;
    let last = last_of_run(group, group, was.who.subject, was.sector)?;
    let is_followed = last.is_some_and(|(_, last)| last.period.last > was.period.last);
    let from = group.today().max(was.from);
    Ok(SettledFact {
        judgement: raised.judgement.clone(),
        from,
        until: if is_followed { from.previous() } else { was.until },
        known: raised.known,
        evidence: raised.evidence,
        rank: raised.rank,
        cause: Cause::Correction,
        by: correction,
        earlier: pair_row(group, was.sector, was.who.subject)?.last,
        due: pair_row(group, was.sector, was.who.subject)?.due,
        reason: String::new(),
        basis: String::new(),
        ..was
    })
}

fn officer(
    group: &mut Group<'_>,
    principal: &Principal,
    (subject, sector): (SubjectName, SectorCode),
    level: &str,
    until: CivilDate,
    (reason, basis): (&str, &str),
) -> Result<Revision, Error> {
    let today = group.today();
    let who = subject_of(group, subject)?;
    let rules = rules_on(group, sector, today)?;
    if rules.level(level).is_none() {
        let known: Vec<&str> = rules.levels.iter().map(|level| level.code.as_str()).collect();
        let words = format!("is none of the levels in force: {}", known.join(", "));
        return Err(malformed("level", &words).into());
    }
    if until < today {
        return Err(malformed("until", "lies before today").into());
    }
    let all = Revision(u64::MAX);
    let known = Known {
        revision: Revision(group.next().0 - 1),
        on: today,
    };
    let period = rules.cycle.kind.containing(today);
    let found = assessed(reader(group), rules, who.subject, known, period, all)?;
    let row = pair_row(group, sector, who.subject)?;
    let fact = SettledFact {
        who,
        sector,
        judgement: Judgement {
            outcome: Outcome::Graded,
            level: level.to_owned(),
            score: None,
        },
        period: Period {
            first: today,
            last: until,
        },
        assessed_on: today,
        from: today,
        until: Some(until),
        rules: None,
        known: known.revision,
        evidence: digest(&found.evidence),
        rank: None,
        cause: Cause::Officer,
        by: Revision(0),
        earlier: row.last,
        // The day after its end the rules have the word again.
        due: until.next(),
        reason: reason.to_owned(),
        basis: basis.to_owned(),
    };
    let fact = Fact::Grade(GradeFact::Settled(Box::new(fact)));
    Ok(group.push(principal, fact)?)
}

/// The grade that holds on a day, or else the one settled last.
///
/// # Errors
/// `GRADE_UNKNOWN`; the view's.
pub fn standing(
    view: &dyn View,
    subject: SubjectNumber,
    sector: SectorCode,
    day: CivilDate,
) -> Result<Revision, Error> {
    let rows = settled(view, subject, sector)?;
    let holding = rows.iter().rev().find(|(_, row)| row.holds_on(day));
    let found = holding.or(rows.last()).map(|(revision, _)| *revision);
    let unknown = || Refusal::plain(Reason::GradeUnknown).with("sector", format!("sectors/{sector}"));
    Ok(found.ok_or_else(unknown)?)
}

fn object(
    group: &mut Group<'_>,
    principal: &Principal,
    subject: SubjectName,
    sector: SectorCode,
    text: &str,
) -> Result<Revision, Error> {
    let who = subject_of(group, subject)?;
    let today = group.today();
    // A result on display is objected to before it holds.
    let rows = settled(group, who.subject, sector)?;
    let last = rows.last().map(|(revision, _)| *revision);
    let unknown = || Refusal::plain(Reason::GradeUnknown).with("sector", format!("sectors/{sector}"));
    let grade = last.ok_or_else(unknown)?;
    let fact = settled_at(group, grade)?;
    if fact.cause == Cause::Run
        && let Fact::Grade(GradeFact::RunOpened(run)) = group.recall(fact.by)?
        && run.objections_until.is_some_and(|last| last < today)
    {
        let last = run
            .objections_until
            .map(|day| day.to_string())
            .unwrap_or_default();
        return Err(Refusal::plain(Reason::ObjectionTermOver)
            .with("objections_until", last)
            .into());
    }
    let answer_by = group.policies().calendar.add(today, ANSWER_WORKING_DAYS).ok();
    let filed = ObjectionFact {
        who,
        sector,
        grade,
        text: text.to_owned(),
        filed_on: today,
        answer_by,
    };
    let filed = Fact::Grade(GradeFact::ObjectionFiled(Box::new(filed)));
    Ok(group.push(principal, filed)?)
}

fn answer(
    group: &mut Group<'_>,
    principal: &Principal,
    objection: Revision,
    is_upheld: bool,
    text: &str,
) -> Result<Revision, Error> {
    let key = layout::open_key(layout::OPEN_OBJECTION, objection);
    let unknown = || Refusal::plain(Reason::ObjectionUnknown).with("objection", objection.0.to_string());
    if group.get(keys::GRADE_OPEN, &key)?.is_none() {
        return Err(unknown().into());
    }
    let Fact::Grade(GradeFact::ObjectionFiled(filed)) = group.recall(objection)? else {
        return Err(contradiction(objection));
    };
    let fact = AnswerFact {
        who: filed.who,
        sector: filed.sector,
        objection,
        is_upheld,
        text: text.to_owned(),
        answered_on: group.today(),
    };
    let fact = Fact::Grade(GradeFact::ObjectionAnswered(Box::new(fact)));
    Ok(group.push(principal, fact)?)
}
