//! Grades on the wire.

use super::timestamp;
use crate::domain::grade_fact::{Cause, CorrectionFact, ObjectionFact};
use crate::domain::grading::{Event, Outcome, Points, Step, StepKind};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Epoch, Instant, Place, Revision};
use crate::domain::rules::{CycleKind, Inspection, Measure, MeasureKind, RuleSet};
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::grading::explain::titles;
use crate::grading::read::{AssessmentRead, Changed, Counted, GradeRead, RunRead};
use crate::services::convert::catalog::standing;
use crate::services::pb;

/// Writes the outcome.
#[must_use]
pub fn outcome(outcome: Outcome) -> pb::GradeOutcome {
    match outcome {
        Outcome::Graded => pb::GradeOutcome::Graded,
        Outcome::NotRated => pb::GradeOutcome::NotRated,
        Outcome::New => pb::GradeOutcome::New,
        Outcome::Missing => pb::GradeOutcome::Missing,
        Outcome::Refused => pb::GradeOutcome::Refused,
        Outcome::Failed => pb::GradeOutcome::Failed,
    }
}

/// Reads an outcome that passes; `None` lets all pass.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn wanted(number: i32) -> Result<Option<Outcome>, Refusal> {
    super::timeliness::choice("outcome", number)
}

fn cause(cause: Cause) -> pb::GradeCause {
    match cause {
        Cause::Fact => pb::GradeCause::Fact,
        Cause::Day => pb::GradeCause::Day,
        Cause::Run => pb::GradeCause::Run,
        Cause::Correction => pb::GradeCause::Correction,
        Cause::Officer => pb::GradeCause::Officer,
        Cause::Data => pb::GradeCause::Data,
    }
}

fn points(points: Option<Points>) -> String {
    points.map(|points| points.to_string()).unwrap_or_default()
}

fn at(epoch: Epoch, revision: Revision) -> String {
    Place { epoch, revision }.to_string()
}

fn subject(name: SubjectName) -> String {
    format!("subjects/{name}")
}

/// Writes a rule set.
#[must_use]
pub fn rule_set(rules: &RuleSet) -> pb::RuleSet {
    pb::RuleSet {
        code: rules.code.clone(),
        sector: format!("sectors/{}", rules.sector),
        title_zh: rules.title_zh.clone(),
        title_en: rules.title_en.clone(),
        standing: standing(rules.standing).to_owned(),
        follows: rules.follows.clone().unwrap_or_default(),
        adopted_by: rules.adopted_by.clone().unwrap_or_default(),
        source: rules.source.clone(),
        trust: rules.trust.mark().to_owned(),
        from: rules.from.to_string(),
        until: rules.until.map(|until| until.to_string()).unwrap_or_default(),
        cycle: rules.cycle.kind.word().to_owned(),
        polarity: rules.polarity.word().to_owned(),
        levels: rules
            .levels
            .iter()
            .map(|level| pb::GradeLevel {
                code: level.code.clone(),
                title_zh: level.title_zh.clone(),
                title_en: level.title_en.clone(),
                unranked: !level.is_ranked,
                measures: rules.measures_of(&level.code).map(measure).collect(),
            })
            .collect(),
    }
}

fn measure(measure: &Measure) -> pb::GradeMeasure {
    let plain = pb::GradeMeasure {
        title_zh: measure.basis.title_zh.clone(),
        title_en: measure.basis.title_en.clone(),
        ..Default::default()
    };
    match &measure.kind {
        MeasureKind::Inspection(inspection) => {
            let (ratio_percent, per_year) = match inspection {
                Inspection::RatioPercent(percent) => (Some(u32::from(*percent)), None),
                Inspection::PerYear(least, most) => (None, Some((u32::from(*least), u32::from(*most)))),
                Inspection::CauseOnly => (None, None),
            };
            pb::GradeMeasure {
                kind: "inspection".to_owned(),
                ratio_percent,
                per_year_min: per_year.map(|(least, _)| least),
                per_year_max: per_year.map(|(_, most)| most),
                ..plain
            }
        }
        MeasureKind::Service => pb::GradeMeasure {
            kind: "service".to_owned(),
            ..plain
        },
        MeasureKind::Restraint { list_entry, basis } => pb::GradeMeasure {
            kind: "restraint".to_owned(),
            list_entry: list_entry.to_string(),
            basis: basis.clone(),
            ..plain
        },
    }
}

/// Writes a grade; `rules` are those it was settled by, if they are known.
#[must_use]
pub fn grade(read: &GradeRead, name: SubjectName, rules: Option<&RuleSet>, place: Place) -> pb::Grade {
    let fact = &read.fact;
    let judged = &fact.judgement;
    let level = rules.and_then(|rules| rules.levels.iter().find(|level| level.code == judged.level));
    let used = fact.rules.as_ref();
    // An officer's words about a person may name him.
    let reason = match fact.who.kind {
        SubjectKind::Person if !fact.reason.is_empty() => "*".to_owned(),
        SubjectKind::Person | SubjectKind::Organisation | SubjectKind::IndividualBusiness => {
            fact.reason.clone()
        }
    };
    pb::Grade {
        subject: subject(name),
        sector: format!("sectors/{}", fact.sector),
        outcome: outcome(judged.outcome).into(),
        level: judged.level.clone(),
        level_title_zh: level.map(|level| level.title_zh.clone()).unwrap_or_default(),
        level_title_en: level.map(|level| level.title_en.clone()).unwrap_or_default(),
        score: points(judged.score),
        from: fact.from.to_string(),
        until: fact.until.map(|until| until.to_string()).unwrap_or_default(),
        period_first: fact.period.first.to_string(),
        period_last: fact.period.last.to_string(),
        assessed_on: fact.assessed_on.to_string(),
        rule_set: used.map(|used| used.code.clone()).unwrap_or_default(),
        rule_set_standing: rules
            .filter(|_| used.is_some())
            .map(|rules| standing(rules.standing).to_owned())
            .unwrap_or_default(),
        rules_adopted: used.map(|used| at(place.epoch, used.adopted)).unwrap_or_default(),
        semantics: used.map_or(0, |used| used.semantics),
        evidence_digest: data_encoding::HEXLOWER.encode(&fact.evidence),
        cause: cause(fact.cause).into(),
        cause_revision: match fact.by {
            Revision(0) => String::new(),
            by => at(place.epoch, by),
        },
        reason,
        basis: fact.basis.clone(),
        measures: rules
            .into_iter()
            .flat_map(|rules| rules.measures_of(&judged.level))
            .map(measure)
            .collect(),
        provisional: read.settled.is_none(),
        objected: read.is_objected,
        correction_open: read.has_correction,
        revision: read
            .settled
            .map(|(revision, _)| at(place.epoch, revision))
            .unwrap_or_default(),
        settled_at: read.settled.map(|(_, instant)| timestamp(instant)),
        reflects: place.to_string(),
    }
}

fn step_kind(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Base => "base",
        StepKind::NotRated => "not_rated",
        StepKind::Indicator => "indicator",
        StepKind::Group => "group",
        StepKind::Score => "score",
        StepKind::Band => "band",
        StepKind::Verdict => "verdict",
        StepKind::Lowered => "lowered",
        StepKind::Bar => "bar",
        StepKind::Upgrade => "upgrade",
        StepKind::Reset => "reset",
        StepKind::Failed => "failed",
    }
}

fn step(step: &Step, rules: &RuleSet) -> pb::AssessmentStep {
    let (title_zh, title_en) = titles(rules, step);
    let (level_before, level_after) = step.level.clone().unwrap_or_default();
    pb::AssessmentStep {
        kind: step_kind(step.kind).to_owned(),
        code: step.code.clone(),
        title_zh,
        title_en,
        law: step.law.clone(),
        raw_points: points(step.raw),
        points: points(step.points),
        level_before,
        level_after,
        facts: step
            .events
            .iter()
            .map(|place| u32::try_from(*place).unwrap_or(u32::MAX))
            .collect(),
        failure: step.failure.clone().unwrap_or_default(),
    }
}

fn fact(event: &Event, kind: SubjectKind, epoch: Epoch) -> pb::AssessmentFact {
    pb::AssessmentFact {
        record: event.record.clone(),
        kind: event.kind.word().to_owned(),
        item: event.item.clone(),
        level: event.level.clone(),
        matter: match kind {
            SubjectKind::Person => String::new(),
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => event.matter.clone(),
        },
        decided_on: event.decided.to_string(),
        in_sector: event.in_sector,
        revision: at(epoch, event.revision),
    }
}

/// Writes an assessment.
#[must_use]
pub fn assessment(read: &AssessmentRead, name: SubjectName, place: Place) -> pb::Assessment {
    let found = &read.found.assessment;
    let known = read.known.min(place.revision);
    pb::Assessment {
        subject: subject(name),
        sector: format!("sectors/{}", read.rules.sector),
        rule_set: read.rules.code.clone(),
        rule_set_standing: standing(read.rules.standing).to_owned(),
        outcome: outcome(found.outcome).into(),
        level: found.level.clone(),
        score: points(found.score),
        as_of: read.as_of.to_string(),
        period_first: read.found.period.first.to_string(),
        period_last: read.found.period.last.to_string(),
        steps: found.steps.iter().map(|one| step(one, &read.rules)).collect(),
        facts: read
            .found
            .evidence
            .events
            .iter()
            .map(|event| fact(event, read.who.kind, place.epoch))
            .collect(),
        evidence_digest: data_encoding::HEXLOWER.encode(&read.digest),
        may_change_on: read.may_change_on.map(|day| day.to_string()).unwrap_or_default(),
        provisional: read.rules.cycle.kind != CycleKind::RealTime,
        known: at(place.epoch, known),
    }
}

/// Writes a run.
#[must_use]
pub fn run(read: &RunRead, epoch: Epoch) -> pb::Run {
    let fact = &read.fact;
    let day = |day: Option<crate::domain::civil_date::CivilDate>| {
        day.map(|day| day.to_string()).unwrap_or_default()
    };
    pb::Run {
        sector: format!("sectors/{}", fact.sector),
        rule_set: fact.rules.code.clone(),
        period_first: fact.period.first.to_string(),
        period_last: fact.period.last.to_string(),
        result_on: fact.result_on.to_string(),
        displayed_until: day(fact.displayed_until),
        objections_until: day(fact.objections_until),
        effect_on: fact.effect_on.to_string(),
        cohort: fact.cohort,
        reason: fact.reason.clone(),
        settled: read.is_settled,
        revision: at(epoch, read.revision),
        opened_at: Some(timestamp(read.at)),
    }
}

/// Writes a correction with the grade it is of.
#[must_use]
pub fn correction(
    (revision, found, raised_at): (Revision, &CorrectionFact, Instant),
    name: SubjectName,
    grade: pb::Grade,
    epoch: Epoch,
) -> pb::Correction {
    pb::Correction {
        subject: subject(name),
        sector: format!("sectors/{}", found.sector),
        grade: Some(grade),
        outcome: outcome(found.judgement.outcome).into(),
        level: found.judgement.level.clone(),
        score: points(found.judgement.score),
        cause_revision: at(epoch, found.by),
        revision: at(epoch, revision),
        raised_at: Some(timestamp(raised_at)),
    }
}

/// Writes an objection.
#[must_use]
pub fn objection(
    revision: Revision,
    filed: &ObjectionFact,
    name: SubjectName,
    epoch: Epoch,
) -> pb::Objection {
    pb::Objection {
        name: format!("objections/{}", at(epoch, revision)),
        subject: subject(name),
        sector: format!("sectors/{}", filed.sector),
        grade_revision: at(epoch, filed.grade),
        text: match filed.who.kind {
            SubjectKind::Person => "*".to_owned(),
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => filed.text.clone(),
        },
        filed_on: filed.filed_on.to_string(),
        answer_by: filed.answer_by.map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// Reads the name of an objection.
///
/// # Errors
/// `MALFORMED_NAME`; `EPOCH_ENDED` for one of an earlier epoch.
pub fn objection_name(text: &str, place: Place) -> Result<Revision, Refusal> {
    let malformed = || {
        Refusal::plain(Reason::MalformedName)
            .violating("name", "is not objections/ followed by EPOCH.REVISION")
    };
    let found: Place = text
        .strip_prefix("objections/")
        .and_then(|rest| rest.parse().ok())
        .ok_or_else(malformed)?;
    if found.epoch == place.epoch {
        Ok(found.revision)
    } else {
        Err(Refusal::plain(Reason::EpochEnded).with("epoch", place.epoch.0.to_string()))
    }
}

/// Writes the counts of a sector.
#[must_use]
pub fn counted(sector: &str, department: String, counted: &Counted) -> pb::SectorGrades {
    let count = |((of, level), grades): (&(Outcome, String), &u64)| pb::GradeCount {
        outcome: outcome(*of).into(),
        level: level.clone(),
        grades: *grades,
    };
    pb::SectorGrades {
        sector: format!("sectors/{sector}"),
        department,
        members: counted.members,
        graded_members: counted.graded_members,
        counts: counted.counts.iter().map(count).collect(),
    }
}

/// Writes the changes of a sector in a month.
#[must_use]
pub fn changed(sector: &str, month: String, changed: Changed) -> pb::GradeChanges {
    pb::GradeChanges {
        sector: format!("sectors/{sector}"),
        month,
        first: changed.first,
        up: changed.up,
        down: changed.down,
        other: changed.other,
        unchanged: changed.unchanged,
    }
}
