//! Lines of facts of supervision.

use serde_json::{Value, json};

use super::{Names, constant, finding};
use crate::domain::breach::{Breach, Conclusion, Hearing};
use crate::domain::subject::SubjectKind;
use crate::domain::supervision_fact::{BreachFact, SupervisionFact};

pub(super) fn line(fact: &SupervisionFact, names: &Names) -> Value {
    match fact {
        SupervisionFact::BreachRecorded(fact) | SupervisionFact::BreachUpdated(fact) => breach(fact, names),
        SupervisionFact::CommitmentRevived(fact) => json!({
            "commitment": names.get(&fact.first),
            "subject": fact.subject.0,
            // A reason may name the person it is about.
            "reason": if fact.subject_kind == SubjectKind::Person { "*" } else { &fact.reason },
        }),
        SupervisionFact::ExcuseFiled(fact) => {
            let excuse = &fact.excuse;
            json!({
                "reporter": excuse.reporter.to_string(),
                "data": excuse.data.word(),
                "received_from": excuse.received_from.to_string(),
                "received_until": excuse.received_until.to_string(),
                "cause": constant(&format!("{:?}", excuse.cause)),
                "text": excuse.text,
                "evidence": excuse.evidence,
                "filed_on": fact.filed_on.to_string(),
            })
        }
        SupervisionFact::ExcuseJudged(fact) => json!({
            "excuse": fact.excuse.0,
            "accepted": fact.is_accepted,
            "reason": fact.reason,
            "judged_on": fact.judged_on.to_string(),
            "number": fact.number,
        }),
        SupervisionFact::ReadInFull(fact) => json!({
            "purpose": fact.purpose,
            "rows": fact.rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        }),
        SupervisionFact::ZeroReported(fact) => json!({
            "reporter": fact.reporter.to_string(),
            "data": fact.data.word(),
            "month": fact.month.to_string(),
            "remarks": fact.remarks,
            "received_on": fact.received_on.to_string(),
        }),
    }
}

fn breach(fact: &BreachFact, names: &Names) -> Value {
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
    } = &fact.breach;
    let is_person = fact.subject_kind == SubjectKind::Person;
    // Free text of a person's record may name the person, so it is not shown.
    let text = |text: &str| {
        if is_person && !text.is_empty() {
            "*".to_owned()
        } else {
            text.to_owned()
        }
    };
    let hearing = match hearing {
        Hearing::Offered => json!({"state": "OFFERED"}),
        Hearing::Held(on) => json!({"state": "HELD", "on": on.to_string()}),
        Hearing::Waived(on) => json!({"state": "WAIVED", "on": on.to_string()}),
    };
    let conclusion = match conclusion {
        Conclusion::Open => Value::Null,
        Conclusion::Corrected(on) => json!({"corrected_on": on.to_string()}),
        Conclusion::Confirmed(on) => json!({"confirmed_on": on.to_string()}),
        Conclusion::CarriedOut {
            confirmed_on,
            on,
            what,
        } => json!({
            "confirmed_on": confirmed_on.to_string(),
            "carried_out_on": on.to_string(),
            "carried_out": text(what),
        }),
    };
    json!({
        "commitment": names.get(&fact.commitment),
        "subject": fact.subject.0,
        "breach_state": constant(&format!("{:?}", fact.breach.state())),
        "received_on": fact.received_on.to_string(),
        "snapshot": fact.snapshot,
        "findings": fact.findings.iter().map(finding).collect::<Vec<_>>(),
        "content": {
            "finding_body_name": finding_body_name,
            "finding_body_code": finding_body_code.to_string(),
            "unperformed": text(unperformed),
            "basis": text(basis),
            "evidence": evidence.iter().map(|one| text(one)).collect::<Vec<_>>(),
            "notified_on": notified_on.to_string(),
            "correct_by": correct_by.map(|on| on.to_string()),
            "hearing_offered_on": hearing_offered_on.to_string(),
            "hearing": hearing,
            "consequence": text(consequence),
            "conclusion": conclusion,
        },
    })
}
