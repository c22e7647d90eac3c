//! Facts of grading to stored bodies.

use prost::Message;

use super::stored;
use super::subjects::Seal;
use crate::domain::civil_date::CivilDate;
use crate::domain::grade_fact::{
    AnswerFact, CorrectionClose, CorrectionFact, Due, GradeFact, Judgement, ObjectionFact, RulesRef, RunFact,
    SettledFact,
};
use crate::domain::grading::Rank;
use crate::domain::subject_fact::Who;

/// Writes the message of a fact.
pub(super) fn encode(principal: String, fact: &GradeFact, seal: Seal<'_>) -> Vec<u8> {
    match fact {
        GradeFact::Settled(fact) => settled(principal, fact, seal).encode_to_vec(),
        GradeFact::Reviewed(fact) => stored::GradesReviewed {
            principal,
            pairs: fact.pairs.iter().map(due_out).collect(),
        }
        .encode_to_vec(),
        GradeFact::RunOpened(fact) => run(principal, fact).encode_to_vec(),
        GradeFact::CorrectionRaised(fact) => raised(principal, fact, seal).encode_to_vec(),
        GradeFact::CorrectionClosed(fact) => closed(principal, fact, seal).encode_to_vec(),
        GradeFact::ObjectionFiled(fact) => filed(principal, fact, seal).encode_to_vec(),
        GradeFact::ObjectionAnswered(fact) => answered(principal, fact, seal).encode_to_vec(),
    }
}

fn kind(who: Who) -> u32 {
    who.kind.number().into()
}

fn rules_out(rules: &RulesRef) -> stored::RulesRef {
    stored::RulesRef {
        code: rules.code.clone(),
        adopted: rules.adopted.0,
        semantics: rules.semantics,
    }
}

fn due_out(due: &Due) -> stored::GradeDue {
    stored::GradeDue {
        subject: due.who.subject.0,
        subject_kind: kind(due.who),
        sector: due.sector.to_string(),
        due: due.on.map(CivilDate::days),
    }
}

fn content(
    judgement: &Judgement,
    evidence: &[u8; 32],
    rank: Option<Rank>,
    reason: &str,
    basis: &str,
) -> Vec<u8> {
    stored::JudgementContent {
        outcome: judgement.outcome.number().into(),
        level: judgement.level.clone(),
        score: judgement.score.map(|score| score.0),
        evidence: evidence.to_vec(),
        reason: reason.to_owned(),
        basis: basis.to_owned(),
        rank_place: rank.map_or(0, |rank| rank.place),
        rank_of: rank.map_or(0, |rank| rank.of),
    }
    .encode_to_vec()
}

fn settled(principal: String, fact: &SettledFact, seal: Seal<'_>) -> stored::GradeSettled {
    let inner = content(
        &fact.judgement,
        &fact.evidence,
        fact.rank,
        &fact.reason,
        &fact.basis,
    );
    stored::GradeSettled {
        principal,
        subject: fact.who.subject.0,
        subject_kind: kind(fact.who),
        sector: fact.sector.to_string(),
        period_first: fact.period.first.days(),
        period_last: fact.period.last.days(),
        assessed_on: fact.assessed_on.days(),
        from: fact.from.days(),
        until: fact.until.map(CivilDate::days),
        rules: fact.rules.as_ref().map(rules_out),
        known: fact.known.0,
        cause: fact.cause.number().into(),
        by: fact.by.0,
        earlier: fact.earlier.map_or(0, |revision| revision.0),
        due: fact.due.map(CivilDate::days),
        content: seal(fact.who.subject, fact.who.kind, inner),
    }
}

fn run(principal: String, fact: &RunFact) -> stored::RunOpened {
    stored::RunOpened {
        principal,
        sector: fact.sector.to_string(),
        rules: Some(rules_out(&fact.rules)),
        period_first: fact.period.first.days(),
        period_last: fact.period.last.days(),
        result_on: fact.result_on.days(),
        displayed_until: fact.displayed_until.map(CivilDate::days),
        objections_until: fact.objections_until.map(CivilDate::days),
        effect_on: fact.effect_on.days(),
        cohort: fact.cohort,
        reason: fact.reason.clone(),
    }
}

fn raised(principal: String, fact: &CorrectionFact, seal: Seal<'_>) -> stored::CorrectionRaised {
    let inner = content(&fact.judgement, &fact.evidence, fact.rank, "", "");
    stored::CorrectionRaised {
        principal,
        subject: fact.who.subject.0,
        subject_kind: kind(fact.who),
        sector: fact.sector.to_string(),
        grade: fact.grade.0,
        known: fact.known.0,
        by: fact.by.0,
        content: seal(fact.who.subject, fact.who.kind, inner),
    }
}

fn closed(principal: String, fact: &CorrectionClose, seal: Seal<'_>) -> stored::CorrectionClosed {
    stored::CorrectionClosed {
        principal,
        subject: fact.who.subject.0,
        subject_kind: kind(fact.who),
        sector: fact.sector.to_string(),
        correction: fact.correction.0,
        closed: fact.closed.number().into(),
        content: seal(fact.who.subject, fact.who.kind, fact.reason.clone().into_bytes()),
    }
}

fn filed(principal: String, fact: &ObjectionFact, seal: Seal<'_>) -> stored::ObjectionFiled {
    stored::ObjectionFiled {
        principal,
        subject: fact.who.subject.0,
        subject_kind: kind(fact.who),
        sector: fact.sector.to_string(),
        grade: fact.grade.0,
        filed_on: fact.filed_on.days(),
        answer_by: fact.answer_by.map(CivilDate::days),
        content: seal(fact.who.subject, fact.who.kind, fact.text.clone().into_bytes()),
    }
}

fn answered(principal: String, fact: &AnswerFact, seal: Seal<'_>) -> stored::ObjectionAnswered {
    stored::ObjectionAnswered {
        principal,
        subject: fact.who.subject.0,
        subject_kind: kind(fact.who),
        sector: fact.sector.to_string(),
        objection: fact.objection.0,
        upheld: fact.is_upheld,
        answered_on: fact.answered_on.days(),
        content: seal(fact.who.subject, fact.who.kind, fact.text.clone().into_bytes()),
    }
}
