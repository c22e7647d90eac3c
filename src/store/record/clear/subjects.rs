//! The clear columns of facts about subjects.

use super::super::decode::{finding_in, read};
use super::super::stored;
use super::{ClearPart, is_sealed, part};
use crate::domain::civil_date::CivilDate;
use crate::domain::revision::Revision;

/// The clear part of a body of kinds 32 to 44; the inner `None` if nothing of it is sealed.
pub(super) fn clear(kind: u16, bytes: &[u8]) -> Option<Option<ClearPart>> {
    match kind {
        32 => changed("subject_renamed", bytes),
        33 => changed("subject_code_assigned", bytes),
        34 => changed("subject_code_ended", bytes),
        35 => changed("subjects_merged", bytes),
        36 => changed("merge_undone", bytes),
        37 => changed("subject_split", bytes),
        38 => changed("subject_deregistered", bytes),
        39 => changed("records_reattributed", bytes),
        44 => changed("question_answered", bytes),
        40 => member("membership_recorded", bytes),
        41 => member("membership_corrected", bytes),
        42 => ended(bytes),
        _ => Some(None),
    }
}

fn changed(name: &'static str, bytes: &[u8]) -> Option<Option<ClearPart>> {
    let message: stored::SubjectChanged = read(bytes)?;
    if !is_sealed(message.content.as_ref())? {
        return Some(None);
    }
    Some(Some(ClearPart {
        subject_kind: Some(u8::try_from(message.subject_kind).ok()?.try_into().ok()?),
        ..part(name, message.principal, message.subject)
    }))
}

fn member(name: &'static str, bytes: &[u8]) -> Option<Option<ClearPart>> {
    let message: stored::MembershipRecorded = read(bytes)?;
    if !is_sealed(message.content.as_ref())? {
        return Some(None);
    }
    Some(Some(ClearPart {
        subject_kind: Some(u8::try_from(message.subject_kind).ok()?.try_into().ok()?),
        received_on: Some(CivilDate::from_days(message.received_on)?),
        first: Some(Revision(message.first)).filter(|first| first.0 > 0),
        snapshot: Some(message.snapshot),
        findings: message
            .findings
            .into_iter()
            .map(finding_in)
            .collect::<Option<_>>()?,
        ..part(name, message.principal, message.subject)
    }))
}

fn ended(bytes: &[u8]) -> Option<Option<ClearPart>> {
    let message: stored::MembershipEnded = read(bytes)?;
    if !is_sealed(message.content.as_ref())? {
        return Some(None);
    }
    Some(Some(ClearPart {
        subject_kind: Some(u8::try_from(message.subject_kind).ok()?.try_into().ok()?),
        first: Some(Revision(message.first)),
        ..part("membership_ended", message.principal, message.subject)
    }))
}
