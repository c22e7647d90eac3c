//! Facts about credit records to stored bodies.

use prost::Message;

use super::subjects::Seal;
use super::{finding_out, stored};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::record::{End, Item, Record, Severity, Source, Target, Value};
use crate::domain::record_fact::{EndedFact, RecordFact, RecordedFact, RevivedFact, SourceFact};
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectNumber};

/// The subject whose key a fact is sealed with; `None` if nothing of it is sealed.
#[must_use]
pub fn sealed_for(fact: &RecordFact) -> Option<SubjectNumber> {
    let about = match fact {
        RecordFact::Recorded(fact) => {
            let seals = fact.record.party.is_personal() || fact.sealed_items().next().is_some();
            return seals.then_some(fact.subject);
        }
        RecordFact::Ended(fact) => &fact.about,
        RecordFact::Revived(fact) => &fact.about,
        RecordFact::SourceAdded(fact) => &fact.about,
        RecordFact::Stopped(_) | RecordFact::RulingUnmatched { .. } | RecordFact::RulingSettled { .. } => {
            return None;
        }
    };
    (about.subject_kind == SubjectKind::Person).then_some(about.subject)
}

/// Writes the message of a fact.
pub(super) fn encode(principal: String, fact: &RecordFact, seal: Seal<'_>) -> Vec<u8> {
    match fact {
        RecordFact::Recorded(fact) => recorded(principal, fact, seal).encode_to_vec(),
        RecordFact::Ended(fact) => ended(principal, fact, seal).encode_to_vec(),
        RecordFact::Revived(fact) => revived(principal, fact, seal).encode_to_vec(),
        RecordFact::SourceAdded(fact) => source_added(principal, fact, seal).encode_to_vec(),
        RecordFact::Stopped(fact) => stored::RecordStopped {
            principal,
            layout: fact.layout.clone(),
            department: fact.department.map_or_else(String::new, |code| code.to_string()),
            body: fact.body.map_or_else(String::new, |code| code.to_string()),
            received_on: fact.received_on.days(),
            findings: fact.findings.iter().map(finding_out).collect(),
            row_hash: fact.row.to_vec(),
        }
        .encode_to_vec(),
        RecordFact::RulingUnmatched { ruling, findings } => stored::RulingUnmatched {
            principal,
            ruling: ruling.0,
            findings: findings.iter().map(finding_out).collect(),
        }
        .encode_to_vec(),
        RecordFact::RulingSettled { ruling, unmatched } => stored::RulingSettled {
            principal,
            ruling: ruling.0,
            unmatched: unmatched.0,
        }
        .encode_to_vec(),
    }
}

fn or_zero(revision: Option<Revision>) -> u64 {
    revision.map_or(0, |revision| revision.0)
}

fn validity_out(validity: Validity) -> (u32, i32) {
    match validity {
        Validity::NotStated => (0, 0),
        Validity::Until(on) => (1, on.days()),
        Validity::OpenEnded => (2, 0),
    }
}

fn recorded(principal: String, fact: &RecordedFact, seal: Seal<'_>) -> stored::RecordRecorded {
    let record = &fact.record;
    let (validity, valid_until) = validity_out(record.until);
    // One nonce stands for the whole fact: either the content is sealed, or a few items, never both.
    let apart: Vec<stored::RecordItem> = fact
        .sealed_items()
        .map(|(place, item)| item_out(place, item))
        .collect();
    let personal = if apart.is_empty() {
        None
    } else {
        let items = stored::RecordItems { items: apart };
        seal(fact.subject, SubjectKind::Person, items.encode_to_vec())
    };
    let kind = record.party.sealing_kind();
    stored::RecordRecorded {
        principal,
        subject: fact.subject.0,
        department: fact.department.to_string(),
        subject_kind: kind.number().into(),
        kind: record.kind.number().into(),
        layout: record.layout.clone(),
        name: fact.name.as_str().to_owned(),
        decided_on: record.decided_on.days(),
        received_on: fact.received_on.days(),
        validity,
        valid_until,
        first: or_zero(fact.first),
        snapshot: fact.snapshot,
        changed_by: fact.changed_by.as_ref().map_or(0, |changed| changed.ruling.0),
        changed_before: fact.changed_by.as_ref().map_or(0, |changed| changed.before.0),
        findings: fact.findings.iter().map(finding_out).collect(),
        content: seal(fact.subject, kind, content(fact, record).encode_to_vec()),
        personal,
        sectors: fact.sectors.iter().map(ToString::to_string).collect(),
    }
}

fn content(fact: &RecordedFact, record: &Record) -> stored::RecordContent {
    let apart: Vec<usize> = fact.sealed_items().map(|(place, _)| place).collect();
    let items = record.items.iter().enumerate();
    stored::RecordContent {
        identity_kind: record.party.identity.kind().number().into(),
        identity: record.party.identity.expose().to_owned(),
        party_name: record.party.name.clone(),
        party_kind: record.party.kind.number().into(),
        body: record.body.to_string(),
        number: record.number.clone(),
        severity: record.severity.map_or(0, Severity::number).into(),
        matter: record.matter.clone(),
        target: record.target.as_ref().map(target_out),
        items: items
            .filter(|(place, _)| !apart.contains(place))
            .map(|(place, item)| item_out(place, item))
            .collect(),
        personal: fact.personal.clone(),
        source: Some(source_out(&fact.source)),
        changes: fact.changes.clone(),
        changed_words: fact
            .changed_by
            .as_ref()
            .map_or_else(String::new, |changed| changed.words.clone()),
    }
}

fn target_out(target: &Target) -> stored::RecordTarget {
    stored::RecordTarget {
        kind: target.kind.number().into(),
        body: target.body.to_string(),
        number: target.number.clone(),
        decided_on: target.decided_on.map(CivilDate::days),
        end: target.end.map_or(0, End::number).into(),
    }
}

fn item_out(place: usize, item: &Item) -> stored::RecordItem {
    use stored::record_item::Value as Stored;
    let value = match &item.value {
        Value::Text(text) => Stored::Text(text.clone()),
        Value::Date(on) => Stored::Date(on.days()),
        Value::Until(validity) => {
            let (validity, valid_until) = validity_out(*validity);
            Stored::Until(stored::RecordUntil {
                validity,
                valid_until,
            })
        }
        Value::Fen(fen) => Stored::Fen(*fen),
        Value::Millionths(millionths) => Stored::Millionths(*millionths),
        Value::Choices(chosen) => Stored::Choices(stored::RecordChoices {
            values: chosen
                .iter()
                .map(|one| stored::RecordChosen {
                    code: one.code.clone(),
                    words: one.words.clone(),
                })
                .collect(),
        }),
        Value::Code(code) => Stored::SocialCreditCode(code.to_string()),
        Value::Document(number) => Stored::Document(number.clone()),
    };
    stored::RecordItem {
        place: u32::try_from(place).expect("a row has few items"),
        code: item.code.clone(),
        value: Some(value),
        of_the_row: item.of_the_row,
    }
}

fn source_out(source: &Source) -> stored::RecordSource {
    stored::RecordSource {
        system: source.system.clone(),
        key: source.key.clone(),
        batch: source.batch.clone(),
    }
}

fn grounds(reason: &str, basis: &str) -> Vec<u8> {
    stored::RecordGrounds {
        reason: reason.to_owned(),
        basis: basis.to_owned(),
    }
    .encode_to_vec()
}

fn ended(principal: String, fact: &EndedFact, seal: Seal<'_>) -> stored::RecordEnded {
    let about = fact.about;
    stored::RecordEnded {
        principal,
        subject: about.subject.0,
        subject_kind: about.subject_kind.number().into(),
        first: about.first.0,
        end: fact.end.number().into(),
        on: fact.on.days(),
        ruling: or_zero(fact.ruling),
        earlier: or_zero(fact.earlier),
        content: seal(
            about.subject,
            about.subject_kind,
            grounds(&fact.reason, &fact.basis),
        ),
    }
}

fn revived(principal: String, fact: &RevivedFact, seal: Seal<'_>) -> stored::RecordRevived {
    let (about, restored) = (fact.about, fact.restored);
    stored::RecordRevived {
        principal,
        subject: about.subject.0,
        subject_kind: about.subject_kind.number().into(),
        first: about.first.0,
        on: fact.on.days(),
        ruling: or_zero(fact.ruling),
        restored_end: restored.map_or(0, |ending| ending.end.number()).into(),
        restored_on: restored.map_or(0, |ending| ending.on.days()),
        restored_fact: or_zero(restored.map(|ending| ending.fact)),
        restored_ruling: or_zero(restored.and_then(|ending| ending.ruling)),
        content: seal(
            about.subject,
            about.subject_kind,
            grounds(&fact.reason, &fact.basis),
        ),
    }
}

fn source_added(principal: String, fact: &SourceFact, seal: Seal<'_>) -> stored::RecordSourceAdded {
    let about = fact.about;
    stored::RecordSourceAdded {
        principal,
        subject: about.subject.0,
        subject_kind: about.subject_kind.number().into(),
        first: about.first.0,
        snapshot: fact.snapshot,
        received_on: fact.received_on.days(),
        content: seal(
            about.subject,
            about.subject_kind,
            source_out(&fact.source).encode_to_vec(),
        ),
    }
}
