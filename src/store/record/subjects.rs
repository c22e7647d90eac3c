//! Facts about subjects to stored bodies.

use prost::Message;

use super::{finding_out, stored};
use crate::domain::civil_date::CivilDate;
use crate::domain::subject::{Identity, SubjectKind, SubjectNumber};
use crate::domain::subject_fact::{
    AttributionFact, Change, MembershipEnd, MembershipFact, RegisterFact, SubjectChange, SubjectFact,
};

/// Seals what is a person's and leaves the rest open.
pub(super) type Seal<'a> = &'a dyn Fn(SubjectNumber, SubjectKind, Vec<u8>) -> Option<stored::Content>;

/// Writes the message of a fact.
pub(super) fn encode(principal: String, fact: &SubjectFact, seal: Seal<'_>) -> Vec<u8> {
    match fact {
        SubjectFact::Registered(fact) => registered(principal, fact).encode_to_vec(),
        SubjectFact::Changed(fact) => changed(principal, fact, seal).encode_to_vec(),
        SubjectFact::Member(fact) => member(principal, fact, seal).encode_to_vec(),
        SubjectFact::MembershipEnded(fact) => ended(principal, fact, seal).encode_to_vec(),
        SubjectFact::Attributed(fact) => attributed(principal, fact).encode_to_vec(),
    }
}

fn identity(identity: &Identity) -> stored::StoredIdentity {
    stored::StoredIdentity {
        kind: identity.kind().number().into(),
        text: identity.expose().to_owned(),
    }
}

fn registered(principal: String, fact: &RegisterFact) -> stored::SubjectRegistered {
    let entry = &fact.entry;
    stored::SubjectRegistered {
        principal,
        subject: fact.subject.0,
        subject_kind: entry.kind.number().into(),
        received_on: fact.received_on.days(),
        first: fact.first.map_or(0, |revision| revision.0),
        snapshot: fact.snapshot,
        findings: fact.findings.iter().map(finding_out).collect(),
        code: entry.code.to_string(),
        name: entry.name.clone(),
        older_codes: entry.older_codes.iter().map(identity).collect(),
        established_on: entry.established_on.map(CivilDate::days),
        holds_from: entry.holds_from.map(CivilDate::days),
        state: entry.state.number().into(),
        deregistered_on: entry.deregistered_on.map(CivilDate::days),
        division: entry.further.division.clone(),
        address: entry.further.address.clone(),
        predecessors: entry
            .further
            .predecessors
            .iter()
            .map(ToString::to_string)
            .collect(),
        succession: entry.further.succession.map_or(0, |one| one.number()).into(),
    }
}

fn changed(principal: String, fact: &SubjectChange, seal: Seal<'_>) -> stored::SubjectChanged {
    let mut message = stored::SubjectChanged {
        principal,
        subject: fact.who.subject.0,
        subject_kind: fact.who.kind.number().into(),
        ..Default::default()
    };
    let mut content = stored::SubjectChangeContent {
        reason: fact.reason.clone(),
        ..Default::default()
    };
    match &fact.change {
        Change::Renamed { name, from } => {
            content.name.clone_from(name);
            message.on = from.days();
        }
        Change::CodeAssigned { identity: one, from } => {
            content.identity = Some(identity(one));
            message.on = from.days();
        }
        Change::CodeEnded { identity: one, until } => {
            content.identity = Some(identity(one));
            message.on = until.days();
        }
        Change::Merged { into, on } => {
            message.others = vec![into.0];
            message.on = on.days();
        }
        Change::MergeUndone { into, merge } => {
            message.others = vec![into.0];
            message.refers = merge.0;
        }
        Change::Split { into, on } => {
            message.others = into.iter().map(|subject| subject.0).collect();
            message.on = on.days();
        }
        Change::Deregistered { on } => message.on = on.days(),
        Change::Reattributed { to, records } => {
            message.others = vec![to.0];
            message.records = records
                .iter()
                .map(|record| stored::MovedRecord {
                    file: record.file.into(),
                    first: record.first.0,
                    reported: record.reported.0,
                })
                .collect();
        }
        Change::Answered { question, answer } => {
            message.refers = question.0;
            message.settlement = answer.number().into();
        }
    }
    message.content = seal(fact.who.subject, fact.who.kind, content.encode_to_vec());
    message
}

fn member(principal: String, fact: &MembershipFact, seal: Seal<'_>) -> stored::MembershipRecorded {
    let membership = &fact.membership;
    let evidence = membership.evidence.clone().into_bytes();
    stored::MembershipRecorded {
        principal,
        subject: fact.who.subject.0,
        subject_kind: fact.who.kind.number().into(),
        sector: membership.sector.to_string(),
        from: membership.from.days(),
        until: membership.until.map(CivilDate::days),
        received_on: fact.received_on.days(),
        first: fact.first.map_or(0, |revision| revision.0),
        snapshot: fact.snapshot,
        findings: fact.findings.iter().map(finding_out).collect(),
        content: seal(fact.who.subject, fact.who.kind, evidence),
    }
}

fn ended(principal: String, fact: &MembershipEnd, seal: Seal<'_>) -> stored::MembershipEnded {
    stored::MembershipEnded {
        principal,
        subject: fact.who.subject.0,
        subject_kind: fact.who.kind.number().into(),
        first: fact.first.0,
        on: fact.on.days(),
        content: seal(fact.who.subject, fact.who.kind, fact.reason.clone().into_bytes()),
    }
}

fn attributed(principal: String, fact: &AttributionFact) -> stored::AttributionDecided {
    let mut message = stored::AttributionDecided {
        principal,
        sectors: fact.sectors.iter().map(ToString::to_string).collect(),
        department: fact.department.to_string(),
        reason: fact.reason.clone(),
        ..Default::default()
    };
    message.records = fact.records.iter().map(|first| first.0).collect();
    if let Some(class) = &fact.class {
        message.record_kind = class.kind.number().into();
        message.body = class.body.to_string();
        message.matter.clone_from(&class.matter);
    }
    message
}
