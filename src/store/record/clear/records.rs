//! The clear columns of facts about credit records.

use crate::domain::record::{End, RecordKind};
use crate::domain::subject::SubjectKind;

use super::super::decode::{read, validity_in};
use super::super::stored;
use super::{Column, Found, Part};

/// Items that name a person are sealed in an organisation's record too, beside an open content.
pub(super) fn recorded(kind: &'static str, bytes: &[u8]) -> Found {
    let message: stored::RecordRecorded = read(bytes)?;
    let is_sealed =
        |content: &&stored::Content| matches!(content.form, Some(stored::content::Form::Sealed(_)));
    let content = message.personal.as_ref().filter(is_sealed);
    let content = content.or(message.content.as_ref());
    let Some(part) = Part::of(kind, message.principal, message.subject, content)? else {
        return Some(None);
    };
    let validity = validity_in(message.validity, message.valid_until)?;
    let sectors = message.sectors.join(" ");
    part.text("name", format!("records/{}", message.name))
        .choice::<SubjectKind>("subject_kind", message.subject_kind)?
        .choice::<RecordKind>("record_kind", message.kind)?
        .text("department", message.department)
        .text("layout", message.layout)
        .day("decided_on", message.decided_on)?
        .day("received_on", message.received_on)?
        .put("valid_until", Column::Validity(validity))
        .text("sectors", sectors)
        .number("first", message.first)
        .number("snapshot", message.snapshot.into())
        .number("changed_by", message.changed_by)
        .done(message.findings)
}

pub(super) fn ended(bytes: &[u8]) -> Found {
    let message: stored::RecordEnded = read(bytes)?;
    let content = message.content.as_ref();
    let Some(part) = Part::of("record_ended", message.principal, message.subject, content)? else {
        return Some(None);
    };
    part.choice::<SubjectKind>("subject_kind", message.subject_kind)?
        .choice::<End>("end", message.end)?
        .day("on", message.on)?
        .number("first", message.first)
        .number("ruling", message.ruling)
        .done(Vec::new())
}

pub(super) fn revived(bytes: &[u8]) -> Found {
    let message: stored::RecordRevived = read(bytes)?;
    let content = message.content.as_ref();
    let Some(part) = Part::of("record_revived", message.principal, message.subject, content)? else {
        return Some(None);
    };
    part.choice::<SubjectKind>("subject_kind", message.subject_kind)?
        .day("on", message.on)?
        .number("first", message.first)
        .number("ruling", message.ruling)
        .done(Vec::new())
}

pub(super) fn source_added(bytes: &[u8]) -> Found {
    let message: stored::RecordSourceAdded = read(bytes)?;
    let content = message.content.as_ref();
    let Some(part) = Part::of("record_source_added", message.principal, message.subject, content)? else {
        return Some(None);
    };
    part.choice::<SubjectKind>("subject_kind", message.subject_kind)?
        .day("received_on", message.received_on)?
        .number("first", message.first)
        .number("snapshot", message.snapshot.into())
        .done(Vec::new())
}
