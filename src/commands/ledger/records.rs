//! Facts about credit records as lines of an export; persons stand masked.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{constant, finding, shown_name, shown_validity, subject_kind};
use crate::domain::record::{Item, Source, Value as Said};
use crate::domain::record_fact::{About, RecordFact, RecordedFact};
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectKind;

type Names = HashMap<Revision, String>;

/// What a fact says, apart from its kind and principal.
pub(super) fn line(fact: &RecordFact, revision: Revision, names: &mut Names) -> Value {
    match fact {
        RecordFact::Recorded(fact) => {
            let name = fact.name.to_string();
            names.insert(fact.first.unwrap_or(revision), name.clone());
            recorded(fact, &name, names)
        }
        RecordFact::Ended(fact) => json!({
            "record": names.get(&fact.about.first),
            "subject": fact.about.subject.0,
            "end": constant(&format!("{:?}", fact.end)),
            "on": fact.on.to_string(),
            "reason": text(fact.about, &fact.reason),
            "basis": text(fact.about, &fact.basis),
            "ruling": fact.ruling.and_then(|ruling| names.get(&ruling)),
        }),
        RecordFact::Revived(fact) => json!({
            "record": names.get(&fact.about.first),
            "subject": fact.about.subject.0,
            "on": fact.on.to_string(),
            "reason": text(fact.about, &fact.reason),
            "basis": text(fact.about, &fact.basis),
            "ruling": fact.ruling.and_then(|ruling| names.get(&ruling)),
            "restored": fact.restored.map(|ending| constant(&format!("{:?}", ending.end))),
            "restored_on": fact.restored.map(|ending| ending.on.to_string()),
        }),
        RecordFact::SourceAdded(fact) => json!({
            "record": names.get(&fact.about.first),
            "subject": fact.about.subject.0,
            "snapshot": fact.snapshot,
            "received_on": fact.received_on.to_string(),
            "source": source(&fact.source),
        }),
        RecordFact::Stopped(fact) => json!({
            "layout": fact.layout,
            "department": fact.department.map(|code| code.to_string()),
            "body": fact.body.map(|code| code.to_string()),
            "received_on": fact.received_on.to_string(),
            "findings": fact.findings.iter().map(finding).collect::<Vec<_>>(),
        }),
        RecordFact::RulingUnmatched { ruling, findings } => json!({
            "record": names.get(ruling),
            "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        }),
        RecordFact::RulingSettled { ruling, .. } => json!({"record": names.get(ruling)}),
    }
}

/// Free text about a person may name the person, so it is not shown.
fn text(about: About, text: &str) -> &str {
    if about.subject_kind == SubjectKind::Person && !text.is_empty() {
        "*"
    } else {
        text
    }
}

fn recorded(fact: &RecordedFact, name: &str, names: &Names) -> Value {
    let record = &fact.record;
    let is_personal = record.party.is_personal();
    let kind = record.party.sealing_kind();
    json!({
        "record": name,
        "subject": fact.subject.0,
        "department": fact.department.to_string(),
        "record_kind": constant(&format!("{:?}", record.kind)),
        "layout": record.layout,
        "subject_kind": subject_kind(record.party.kind),
        "decided_on": record.decided_on.to_string(),
        "received_on": fact.received_on.to_string(),
        "until": shown_validity(record.until),
        "matter": record.matter.as_ref().map(|matter| if is_personal { "*" } else { matter }),
        "severity": record.severity.map(|severity| constant(&format!("{severity:?}"))),
        "snapshot": fact.snapshot,
        "sectors": fact.sectors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "changed_by": fact.changed_by.as_ref().and_then(|changed| names.get(&changed.ruling)),
        "source": source(&fact.source),
        "findings": fact.findings.iter().map(finding).collect::<Vec<_>>(),
        "content": {
            "party_name": shown_name(kind, &record.party.name),
            "party_code": record.party.identity.shown(),
            "body": record.body.to_string(),
            "number": if is_personal { "*" } else { &record.number },
            "items": record.items.iter().map(|item| shown(item, fact)).collect::<Vec<_>>(),
        },
    })
}

/// Of a person's record texts and numbers are left out, and of every record what names a person.
fn shown(item: &Item, fact: &RecordedFact) -> Value {
    let hides = fact.record.party.is_personal() || fact.personal.contains(&item.code);
    let value = match &item.value {
        Said::Text(_) | Said::Document(_) if hides => json!("*"),
        Said::Text(text) => json!(text),
        Said::Document(_) => json!("*"),
        Said::Date(on) => json!(on.to_string()),
        Said::Until(validity) => shown_validity(*validity),
        Said::Fen(fen) => json!(fen),
        Said::Millionths(millionths) => json!(millionths),
        Said::Choices(chosen) => json!(chosen.iter().map(|one| &one.code).collect::<Vec<_>>()),
        Said::Code(code) => json!(code.to_string()),
    };
    json!({"code": item.code, "value": value})
}

fn source(source: &Source) -> Value {
    json!({"system": source.system, "key": source.key, "batch": source.batch})
}
