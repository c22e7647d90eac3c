//! What facts of grading say, with subjects by identity.

use crate::domain::catalog::SectorCode;
use crate::domain::grade_fact::{GradeFact, Judgement, SettledFact};
use crate::domain::hash::hash16;

use super::subjects::Met;

/// Natural key and content hash of a fact; `None` for one that only says when to look again.
pub fn said(fact: &GradeFact, met: &Met) -> Option<([u8; 16], [u8; 16])> {
    let pair = |who: crate::domain::subject_fact::Who, sector: SectorCode| {
        let subject = met.subject(who.subject);
        hash16(b"graded", &[&subject, sector.as_str().as_bytes()])
    };
    Some(match fact {
        GradeFact::Settled(fact) => {
            let days = [fact.period.last, fact.from].map(|day| day.key().to_be_bytes());
            let key = hash16(b"grade", &[&pair(fact.who, fact.sector), &days.concat()]);
            (key, settled(fact))
        }
        GradeFact::Reviewed(_) => return None,
        GradeFact::RunOpened(fact) => {
            let last = fact.period.last.key().to_be_bytes();
            let sector = fact.sector.as_str().as_bytes();
            let key = hash16(b"run", &[sector, &last, fact.reason.as_bytes()]);
            let content = [fact.result_on, fact.effect_on].map(|day| day.key().to_be_bytes());
            let cohort = fact.cohort.to_be_bytes();
            (
                key,
                hash16(b"run", &[fact.rules.code.as_bytes(), &content.concat(), &cohort]),
            )
        }
        GradeFact::CorrectionRaised(fact) => (
            pair(fact.who, fact.sector),
            judgement(&fact.judgement, &fact.evidence),
        ),
        GradeFact::CorrectionClosed(fact) => {
            let content = hash16(b"closed", &[&[fact.closed.number()], fact.reason.as_bytes()]);
            (pair(fact.who, fact.sector), content)
        }
        GradeFact::ObjectionFiled(fact) => {
            let on = fact.filed_on.key().to_be_bytes();
            let content = hash16(b"objection", &[&on, fact.text.as_bytes()]);
            (pair(fact.who, fact.sector), content)
        }
        GradeFact::ObjectionAnswered(fact) => {
            let on = fact.answered_on.key().to_be_bytes();
            let content = [&[u8::from(fact.is_upheld)][..], &on, fact.text.as_bytes()];
            (pair(fact.who, fact.sector), hash16(b"answer", &content))
        }
    })
}

fn judgement(judgement: &Judgement, evidence: &[u8; 32]) -> [u8; 16] {
    let score = judgement
        .score
        .map(|score| score.0.to_be_bytes().to_vec())
        .unwrap_or_default();
    let outcome = [judgement.outcome.number()];
    hash16(
        b"judgement",
        &[&outcome, judgement.level.as_bytes(), &score, evidence],
    )
}

fn settled(fact: &SettledFact) -> [u8; 16] {
    let rules = fact.rules.as_ref().map_or("", |rules| &rules.code);
    let until = fact.until.map_or(0, |until| until.key()).to_be_bytes();
    hash16(
        b"settled",
        &[
            &judgement(&fact.judgement, &fact.evidence),
            rules.as_bytes(),
            &until,
            &[fact.cause.number()],
            fact.reason.as_bytes(),
            fact.basis.as_bytes(),
        ],
    )
}
