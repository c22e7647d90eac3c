//! Facts of supervision to stored bodies.

use prost::Message;

use super::subjects::Seal;
use super::{finding_out, stored};
use crate::domain::breach::{Breach, Conclusion, Hearing};
use crate::domain::civil_date::CivilDate;
use crate::domain::supervision_fact::{
    BreachFact, ExcuseFact, JudgmentFact, RevivalFact, SupervisionFact, ZeroReportFact,
};

/// Writes the message of a fact.
pub(super) fn encode(principal: String, fact: &SupervisionFact, seal: Seal<'_>) -> Vec<u8> {
    match fact {
        SupervisionFact::BreachRecorded(fact) | SupervisionFact::BreachUpdated(fact) => {
            breach(principal, fact, seal).encode_to_vec()
        }
        SupervisionFact::CommitmentRevived(fact) => revived(principal, fact, seal).encode_to_vec(),
        SupervisionFact::ExcuseFiled(fact) => filed(principal, fact).encode_to_vec(),
        SupervisionFact::ExcuseJudged(fact) => judged(principal, fact).encode_to_vec(),
        SupervisionFact::ZeroReported(fact) => zero(principal, fact).encode_to_vec(),
        SupervisionFact::ReadInFull(fact) => stored::ReadInFull {
            principal,
            purpose: fact.purpose.clone(),
            rows: fact.rows.iter().map(|row| row.0).collect(),
        }
        .encode_to_vec(),
    }
}

fn breach(principal: String, fact: &BreachFact, seal: Seal<'_>) -> stored::BreachRecorded {
    let content = content(&fact.breach).encode_to_vec();
    stored::BreachRecorded {
        principal,
        subject: fact.subject.0,
        subject_kind: fact.subject_kind.number().into(),
        commitment: fact.commitment.0,
        state: fact.breach.state().number().into(),
        received_on: fact.received_on.days(),
        snapshot: fact.snapshot,
        findings: fact.findings.iter().map(finding_out).collect(),
        content: seal(fact.subject, fact.subject_kind, content),
    }
}

fn content(breach: &Breach) -> stored::BreachContent {
    // Taken apart by name, so that a new item cannot be forgotten here.
    let Breach {
        finding_body_name,
        finding_body_code,
        unperformed,
        basis,
        evidence,
        notified_on,
        correct_by,
        hearing_offered_on,
        hearing,
        consequence,
        conclusion,
    } = breach;
    let (held, waived) = match hearing {
        Hearing::Offered => (None, None),
        Hearing::Held(on) => (Some(*on), None),
        Hearing::Waived(on) => (None, Some(*on)),
    };
    let (corrected, confirmed, carried_out, what) = match conclusion {
        Conclusion::Open => (None, None, None, ""),
        Conclusion::Corrected(on) => (Some(*on), None, None, ""),
        Conclusion::Confirmed(on) => (None, Some(*on), None, ""),
        Conclusion::CarriedOut {
            confirmed_on,
            on,
            what,
        } => (None, Some(*confirmed_on), Some(*on), what.as_str()),
    };
    stored::BreachContent {
        finding_body_name: finding_body_name.clone(),
        finding_body_code: finding_body_code.to_string(),
        unperformed: unperformed.clone(),
        basis: basis.clone(),
        evidence: evidence.clone(),
        notified_on: notified_on.days(),
        correct_by: correct_by.map(CivilDate::days),
        hearing_offered_on: hearing_offered_on.days(),
        hearing_held_on: held.map(CivilDate::days),
        hearing_waived_on: waived.map(CivilDate::days),
        consequence: consequence.clone(),
        corrected_on: corrected.map(CivilDate::days),
        confirmed_on: confirmed.map(CivilDate::days),
        carried_out_on: carried_out.map(CivilDate::days),
        carried_out: what.to_owned(),
    }
}

fn revived(principal: String, fact: &RevivalFact, seal: Seal<'_>) -> stored::CommitmentRevived {
    stored::CommitmentRevived {
        principal,
        subject: fact.subject.0,
        subject_kind: fact.subject_kind.number().into(),
        first: fact.first.0,
        content: seal(fact.subject, fact.subject_kind, fact.reason.clone().into_bytes()),
    }
}

fn filed(principal: String, fact: &ExcuseFact) -> stored::ExcuseFiled {
    let excuse = &fact.excuse;
    stored::ExcuseFiled {
        principal,
        reporter: excuse.reporter.to_string(),
        data: excuse.data.number().into(),
        received_from: excuse.received_from.days(),
        received_until: excuse.received_until.days(),
        cause: excuse.cause.number().into(),
        text: excuse.text.clone(),
        evidence: excuse.evidence.clone(),
        filed_on: fact.filed_on.days(),
    }
}

fn judged(principal: String, fact: &JudgmentFact) -> stored::ExcuseJudged {
    stored::ExcuseJudged {
        principal,
        excuse: fact.excuse.0,
        accepted: fact.is_accepted,
        reason: fact.reason.clone(),
        judged_on: fact.judged_on.days(),
        number: fact.number,
    }
}

fn zero(principal: String, fact: &ZeroReportFact) -> stored::ZeroReported {
    stored::ZeroReported {
        principal,
        reporter: fact.reporter.to_string(),
        data: fact.data.number().into(),
        month: fact.month.first_day().days(),
        remarks: fact.remarks.clone(),
        received_on: fact.received_on.days(),
    }
}
