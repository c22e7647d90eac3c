//! Facts about subjects as lines of an export; persons stand masked.

use serde_json::{Value, json};

use super::{finding, shown_name, subject_kind};
use crate::domain::subject::SubjectKind;
use crate::domain::subject_fact::{Change, SubjectChange, SubjectFact};

/// What a fact says, apart from its kind and principal.
pub(super) fn line(fact: &SubjectFact) -> Value {
    match fact {
        SubjectFact::Registered(fact) => {
            let entry = &fact.entry;
            json!({
                "subject": fact.subject.0,
                "subject_kind": subject_kind(entry.kind),
                "code": entry.code.to_string(),
                "name": entry.name,
                "older_codes": entry.older_codes.iter().map(|one| one.shown()).collect::<Vec<_>>(),
                "established_on": entry.established_on.map(|on| on.to_string()),
                "holds_from": entry.holds_from.map(|on| on.to_string()),
                "state": format!("{:?}", entry.state).to_uppercase(),
                "deregistered_on": entry.deregistered_on.map(|on| on.to_string()),
                "division": entry.further.division,
                "address": entry.further.address,
                "predecessors": entry.further.predecessors.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "succession": entry.further.succession.map(|one| super::constant(&format!("{one:?}"))),
                "received_on": fact.received_on.to_string(),
                "snapshot": fact.snapshot,
                "findings": fact.findings.iter().map(finding).collect::<Vec<_>>(),
            })
        }
        SubjectFact::Changed(fact) => changed(fact),
        SubjectFact::Member(fact) => json!({
            "subject": fact.who.subject.0,
            "sector": fact.membership.sector.to_string(),
            "from": fact.membership.from.to_string(),
            "until": fact.membership.until.map(|on| on.to_string()),
            "evidence": text(fact.who.kind, &fact.membership.evidence),
            "received_on": fact.received_on.to_string(),
            "snapshot": fact.snapshot,
        }),
        SubjectFact::MembershipEnded(fact) => json!({
            "subject": fact.who.subject.0,
            "membership": fact.first.0,
            "on": fact.on.to_string(),
            "reason": text(fact.who.kind, &fact.reason),
        }),
        SubjectFact::Attributed(fact) => json!({
            "records": fact.records.iter().map(|first| first.0).collect::<Vec<_>>(),
            "class": fact.class.as_ref().map(|class| json!({
                "record_kind": format!("{:?}", class.kind).to_uppercase(),
                "body": class.body.to_string(),
                "matter": class.matter,
            })),
            "sectors": fact.sectors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "department": fact.department.to_string(),
            "reason": fact.reason,
        }),
    }
}

fn changed(fact: &SubjectChange) -> Value {
    let mut line = match &fact.change {
        Change::Renamed { name, from } => json!({
            "name": shown_name(fact.who.kind, name),
            "from": from.to_string(),
        }),
        Change::CodeAssigned { identity, from } => {
            json!({"identity": identity.shown(), "from": from.to_string()})
        }
        Change::CodeEnded { identity, until } => {
            json!({"identity": identity.shown(), "until": until.to_string()})
        }
        Change::Merged { into, on } => json!({"into": into.0, "on": on.to_string()}),
        Change::MergeUndone { into, merge } => json!({"into": into.0, "merge": merge.0}),
        Change::Split { into, on } => json!({
            "into": into.iter().map(|subject| subject.0).collect::<Vec<_>>(),
            "on": on.to_string(),
        }),
        Change::Deregistered { on } => json!({"on": on.to_string()}),
        Change::Reattributed { to, records } => json!({
            "to": to.0,
            "records": records.iter().map(|record| record.first.0).collect::<Vec<_>>(),
        }),
        Change::Answered { question, answer } => json!({
            "question": question.0,
            "answer": format!("{answer:?}").to_uppercase(),
        }),
    };
    line["subject"] = json!(fact.who.subject.0);
    line["reason"] = json!(text(fact.who.kind, &fact.reason));
    line
}

/// Free text of a person's record may name the person.
fn text(kind: SubjectKind, text: &str) -> String {
    match kind {
        SubjectKind::Person if !text.is_empty() => "*".to_owned(),
        SubjectKind::Person | SubjectKind::Organisation | SubjectKind::IndividualBusiness => text.to_owned(),
    }
}
