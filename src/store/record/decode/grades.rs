//! Stored bodies of facts of grading, back to facts.

use super::{Decoder, read, stored};
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Fact;
use crate::domain::grade_fact::{
    AnswerFact, Cause, Closed, CorrectionClose, CorrectionFact, Due, GradeFact, Judgement, ObjectionFact,
    ReviewedFact, RulesRef, RunFact, SettledFact,
};
use crate::domain::grading::{Outcome, Period, Points, Rank};
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::domain::subject_fact::Who;

impl Decoder<'_> {
    /// Reads a body of kinds 60 to 69.
    pub(super) fn about_grades(&self, bytes: &[u8]) -> Option<(String, Fact)> {
        let (principal, fact) = match self.kind {
            60 => self.settled(read(bytes)?)?,
            61 => reviewed(read(bytes)?)?,
            62 => run(read(bytes)?)?,
            63 => self.raised(read(bytes)?)?,
            64 => self.closed(read(bytes)?)?,
            65 => self.filed(read(bytes)?)?,
            66 => self.answered(read(bytes)?)?,
            _ => return None,
        };
        Some((principal, Fact::Grade(fact)))
    }

    fn judgement(&self, subject: u32, sealed: Option<stored::Content>) -> Option<Content> {
        let content: stored::JudgementContent = read(&self.content(subject, sealed)?)?;
        Some(Content {
            judgement: Judgement {
                outcome: Outcome::try_from(u8::try_from(content.outcome).ok()?).ok()?,
                level: content.level,
                score: content.score.map(Points),
            },
            evidence: content.evidence.try_into().ok()?,
            rank: (content.rank_of > 0).then_some(Rank {
                place: content.rank_place,
                of: content.rank_of,
            }),
            reason: content.reason,
            basis: content.basis,
        })
    }

    fn words(&self, subject: u32, sealed: Option<stored::Content>) -> Option<String> {
        String::from_utf8(self.content(subject, sealed)?).ok()
    }

    fn settled(&self, message: stored::GradeSettled) -> Option<(String, GradeFact)> {
        let content = self.judgement(message.subject, message.content)?;
        let fact = SettledFact {
            who: who(message.subject, message.subject_kind)?,
            sector: sector(&message.sector)?,
            judgement: content.judgement,
            period: period(message.period_first, message.period_last)?,
            assessed_on: CivilDate::from_days(message.assessed_on)?,
            from: CivilDate::from_days(message.from)?,
            until: maybe(message.until)?,
            rules: message.rules.map(rules),
            known: Revision(message.known),
            evidence: content.evidence,
            rank: content.rank,
            cause: Cause::try_from(u8::try_from(message.cause).ok()?).ok()?,
            by: Revision(message.by),
            earlier: (message.earlier > 0).then_some(Revision(message.earlier)),
            due: maybe(message.due)?,
            reason: content.reason,
            basis: content.basis,
        };
        Some((message.principal, GradeFact::Settled(Box::new(fact))))
    }

    fn raised(&self, message: stored::CorrectionRaised) -> Option<(String, GradeFact)> {
        let content = self.judgement(message.subject, message.content)?;
        let fact = CorrectionFact {
            who: who(message.subject, message.subject_kind)?,
            sector: sector(&message.sector)?,
            grade: Revision(message.grade),
            judgement: content.judgement,
            evidence: content.evidence,
            rank: content.rank,
            known: Revision(message.known),
            by: Revision(message.by),
        };
        Some((message.principal, GradeFact::CorrectionRaised(Box::new(fact))))
    }

    fn closed(&self, message: stored::CorrectionClosed) -> Option<(String, GradeFact)> {
        let fact = CorrectionClose {
            who: who(message.subject, message.subject_kind)?,
            sector: sector(&message.sector)?,
            correction: Revision(message.correction),
            closed: Closed::try_from(u8::try_from(message.closed).ok()?).ok()?,
            reason: self.words(message.subject, message.content)?,
        };
        Some((message.principal, GradeFact::CorrectionClosed(fact)))
    }

    fn filed(&self, message: stored::ObjectionFiled) -> Option<(String, GradeFact)> {
        let fact = ObjectionFact {
            who: who(message.subject, message.subject_kind)?,
            sector: sector(&message.sector)?,
            grade: Revision(message.grade),
            text: self.words(message.subject, message.content)?,
            filed_on: CivilDate::from_days(message.filed_on)?,
            answer_by: maybe(message.answer_by)?,
        };
        Some((message.principal, GradeFact::ObjectionFiled(Box::new(fact))))
    }

    fn answered(&self, message: stored::ObjectionAnswered) -> Option<(String, GradeFact)> {
        let fact = AnswerFact {
            who: who(message.subject, message.subject_kind)?,
            sector: sector(&message.sector)?,
            objection: Revision(message.objection),
            is_upheld: message.upheld,
            text: self.words(message.subject, message.content)?,
            answered_on: CivilDate::from_days(message.answered_on)?,
        };
        Some((message.principal, GradeFact::ObjectionAnswered(Box::new(fact))))
    }
}

struct Content {
    judgement: Judgement,
    evidence: [u8; 32],
    rank: Option<Rank>,
    reason: String,
    basis: String,
}

fn who(subject: u32, kind: u32) -> Option<Who> {
    Some(Who {
        subject: SubjectNumber(subject),
        kind: SubjectKind::try_from(u8::try_from(kind).ok()?).ok()?,
    })
}

fn sector(code: &str) -> Option<SectorCode> {
    code.parse().ok()
}

fn period(first: i32, last: i32) -> Option<Period> {
    Some(Period {
        first: CivilDate::from_days(first)?,
        last: CivilDate::from_days(last)?,
    })
}

/// A day that may be absent; `None` if it is no day.
#[allow(clippy::option_option, reason = "absent and wrong are two things")]
fn maybe(days: Option<i32>) -> Option<Option<CivilDate>> {
    match days {
        None => Some(None),
        Some(days) => Some(Some(CivilDate::from_days(days)?)),
    }
}

fn rules(rules: stored::RulesRef) -> RulesRef {
    RulesRef {
        code: rules.code,
        adopted: Revision(rules.adopted),
        semantics: rules.semantics,
    }
}

fn reviewed(message: stored::GradesReviewed) -> Option<(String, GradeFact)> {
    let due = |one: stored::GradeDue| {
        Some(Due {
            who: who(one.subject, one.subject_kind)?,
            sector: sector(&one.sector)?,
            on: maybe(one.due)?,
        })
    };
    let pairs = message.pairs.into_iter().map(due).collect::<Option<_>>()?;
    Some((message.principal, GradeFact::Reviewed(ReviewedFact { pairs })))
}

fn run(message: stored::RunOpened) -> Option<(String, GradeFact)> {
    let fact = RunFact {
        sector: sector(&message.sector)?,
        rules: message.rules.map(rules)?,
        period: period(message.period_first, message.period_last)?,
        result_on: CivilDate::from_days(message.result_on)?,
        displayed_until: maybe(message.displayed_until)?,
        objections_until: maybe(message.objections_until)?,
        effect_on: CivilDate::from_days(message.effect_on)?,
        cohort: message.cohort,
        reason: message.reason,
    };
    Some((message.principal, GradeFact::RunOpened(Box::new(fact))))
}
