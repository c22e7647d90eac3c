//! Stored bodies of facts of supervision, back to facts.

use super::{Decoder, finding_in, read, stored};
use crate::domain::breach::{Breach, Conclusion, Hearing};
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::fact::Fact;
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::domain::supervision_fact::{
    BreachFact, Excuse, ExcuseFact, JudgmentFact, ReadInFullFact, RevivalFact, SupervisionFact,
    ZeroReportFact,
};

impl Decoder<'_> {
    /// Reads a body of kinds 50 to 59.
    pub(super) fn about_supervision(&self, bytes: &[u8]) -> Option<(String, Fact)> {
        let (principal, fact) = match self.kind {
            50 | 51 => self.breach(read(bytes)?)?,
            52 => self.commitment_revived(read(bytes)?)?,
            53 => filed(read(bytes)?)?,
            54 => judged(read(bytes)?)?,
            55 => zero(read(bytes)?)?,
            56 => read_in_full(read(bytes)?),
            _ => return None,
        };
        // A first snapshot under the kind of a later one, or the other way round, is damage.
        (fact.kind_number() == self.kind).then_some((principal, Fact::Supervision(fact)))
    }

    fn breach(&self, message: stored::BreachRecorded) -> Option<(String, SupervisionFact)> {
        let content: stored::BreachContent = read(&self.content(message.subject, message.content)?)?;
        let breach = breach(content)?;
        if u32::from(breach.state().number()) != message.state {
            return None;
        }
        let findings = message.findings.into_iter().map(finding_in);
        let fact = Box::new(BreachFact {
            subject: SubjectNumber(message.subject),
            subject_kind: subject_kind(message.subject_kind)?,
            commitment: Revision(message.commitment),
            received_on: CivilDate::from_days(message.received_on)?,
            snapshot: message.snapshot,
            breach,
            findings: findings.collect::<Option<_>>()?,
        });
        let fact = if fact.snapshot == 1 {
            SupervisionFact::BreachRecorded(fact)
        } else {
            SupervisionFact::BreachUpdated(fact)
        };
        Some((message.principal, fact))
    }

    fn commitment_revived(&self, message: stored::CommitmentRevived) -> Option<(String, SupervisionFact)> {
        let reason = String::from_utf8(self.content(message.subject, message.content)?).ok()?;
        let fact = RevivalFact {
            subject: SubjectNumber(message.subject),
            subject_kind: subject_kind(message.subject_kind)?,
            first: Revision(message.first),
            reason,
        };
        Some((message.principal, SupervisionFact::CommitmentRevived(fact)))
    }
}

fn subject_kind(number: u32) -> Option<SubjectKind> {
    u8::try_from(number).ok()?.try_into().ok()
}

/// A day that may be absent; `None` if it is no day.
#[allow(
    clippy::option_option,
    reason = "a day that does not exist is not one that is absent"
)]
fn day(days: Option<i32>) -> Option<Option<CivilDate>> {
    match days {
        None => Some(None),
        Some(days) => CivilDate::from_days(days).map(Some),
    }
}

fn breach(content: stored::BreachContent) -> Option<Breach> {
    let hearing = match (day(content.hearing_held_on)?, day(content.hearing_waived_on)?) {
        (None, None) => Hearing::Offered,
        (Some(on), None) => Hearing::Held(on),
        (None, Some(on)) => Hearing::Waived(on),
        (Some(_), Some(_)) => return None,
    };
    let days = (
        day(content.corrected_on)?,
        day(content.confirmed_on)?,
        day(content.carried_out_on)?,
    );
    let conclusion = match days {
        (None, None, None) => Conclusion::Open,
        (Some(on), None, None) => Conclusion::Corrected(on),
        (None, Some(on), None) => Conclusion::Confirmed(on),
        (None, Some(confirmed_on), Some(on)) => Conclusion::CarriedOut {
            confirmed_on,
            on,
            what: content.carried_out,
        },
        (Some(_), Some(_), _) | (_, None, Some(_)) => return None,
    };
    Some(Breach {
        finding_body_name: content.finding_body_name,
        finding_body_code: content.finding_body_code.parse().ok()?,
        unperformed: content.unperformed,
        basis: content.basis,
        evidence: content.evidence,
        notified_on: CivilDate::from_days(content.notified_on)?,
        correct_by: day(content.correct_by)?,
        hearing_offered_on: CivilDate::from_days(content.hearing_offered_on)?,
        hearing,
        consequence: content.consequence,
        conclusion,
    })
}

fn filed(message: stored::ExcuseFiled) -> Option<(String, SupervisionFact)> {
    let excuse = Excuse {
        reporter: message.reporter.parse().ok()?,
        data: u8::try_from(message.data).ok()?.try_into().ok()?,
        received_from: CivilDate::from_days(message.received_from)?,
        received_until: CivilDate::from_days(message.received_until)?,
        cause: u8::try_from(message.cause).ok()?.try_into().ok()?,
        text: message.text,
        evidence: message.evidence,
    };
    let fact = ExcuseFact {
        excuse,
        filed_on: CivilDate::from_days(message.filed_on)?,
    };
    Some((message.principal, SupervisionFact::ExcuseFiled(fact)))
}

fn judged(message: stored::ExcuseJudged) -> Option<(String, SupervisionFact)> {
    let fact = JudgmentFact {
        excuse: Revision(message.excuse),
        is_accepted: message.accepted,
        reason: message.reason,
        judged_on: CivilDate::from_days(message.judged_on)?,
        number: message.number,
    };
    Some((message.principal, SupervisionFact::ExcuseJudged(fact)))
}

fn read_in_full(message: stored::ReadInFull) -> (String, SupervisionFact) {
    let fact = ReadInFullFact {
        purpose: message.purpose,
        rows: message.rows.into_iter().map(Revision).collect(),
    };
    (message.principal, SupervisionFact::ReadInFull(fact))
}

fn zero(message: stored::ZeroReported) -> Option<(String, SupervisionFact)> {
    let fact = ZeroReportFact {
        reporter: message.reporter.parse().ok()?,
        data: u8::try_from(message.data).ok()?.try_into().ok()?,
        month: Month::of(CivilDate::from_days(message.month)?),
        remarks: message.remarks,
        received_on: CivilDate::from_days(message.received_on)?,
    };
    Some((message.principal, SupervisionFact::ZeroReported(fact)))
}
