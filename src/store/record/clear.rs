//! What can be said of a sealed body without its key: the columns that stand in clear.

use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::{CommitmentKind, PerformanceState, Publication, Validity};
use crate::domain::fact::Principal;
use crate::domain::finding::Finding;
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectName, SubjectNumber};
use crate::ledger::Body;

use super::decode::{finding_in, read, validity_in};
use super::{Error, stored};

/// The clear columns of one sealed fact; those that its kind does not have are absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearPart {
    /// The name of the fact's kind, as [`kind_name`](super::kind_name) gives it.
    pub kind: &'static str,
    pub principal: Principal,
    /// Whose key opens the rest.
    pub subject: SubjectNumber,
    pub subject_name: Option<SubjectName>,
    pub subject_kind: Option<SubjectKind>,
    pub department: Option<DepartmentCode>,
    pub commitment_kind: Option<CommitmentKind>,
    pub publication: Option<Publication>,
    pub performance: Option<PerformanceState>,
    pub made_on: Option<CivilDate>,
    pub received_on: Option<CivilDate>,
    pub found_on: Option<CivilDate>,
    pub validity: Option<Validity>,
    /// Revision of the first snapshot of the commitment that is meant; none in the first itself.
    pub first: Option<Revision>,
    pub snapshot: Option<u32>,
    pub findings: Vec<Finding>,
}

/// The clear part of a body whose content is sealed; `None` if nothing of it is, or its kind has none.
///
/// # Errors
/// [`Error::Corrupt`] if the clear columns do not decode.
pub fn clear_part(body: &Body, revision: Revision) -> Result<Option<ClearPart>, Error> {
    let part = match body.kind {
        10 => subject(&body.bytes),
        11 => commitment("commitment_recorded", &body.bytes),
        12 => commitment("commitment_corrected", &body.bytes),
        13 => withdrawn(&body.bytes),
        14 => performance("performance_recorded", &body.bytes),
        15 => performance("performance_corrected", &body.bytes),
        _ => Some(None),
    };
    part.ok_or(Error::Corrupt(revision.0, "its clear columns do not decode"))
}

fn is_sealed(content: Option<&stored::Content>) -> Option<bool> {
    Some(matches!(
        content?.form.as_ref()?,
        stored::content::Form::Sealed(_)
    ))
}

fn part(kind: &'static str, principal: String, subject: u32) -> ClearPart {
    ClearPart {
        kind,
        principal: Principal::stored(principal),
        subject: SubjectNumber(subject),
        subject_name: None,
        subject_kind: None,
        department: None,
        commitment_kind: None,
        publication: None,
        performance: None,
        made_on: None,
        received_on: None,
        found_on: None,
        validity: None,
        first: None,
        snapshot: None,
        findings: Vec::new(),
    }
}

fn subject(bytes: &[u8]) -> Option<Option<ClearPart>> {
    let message: stored::SubjectOpened = read(bytes)?;
    if !is_sealed(message.content.as_ref())? {
        return Some(None);
    }
    Some(Some(ClearPart {
        subject_name: Some(SubjectName::from_text(&message.name)?),
        subject_kind: Some(u8::try_from(message.kind).ok()?.try_into().ok()?),
        ..part("subject_opened", message.principal, message.number)
    }))
}

fn commitment(kind: &'static str, bytes: &[u8]) -> Option<Option<ClearPart>> {
    let message: stored::CommitmentRecorded = read(bytes)?;
    if !is_sealed(message.content.as_ref())? {
        return Some(None);
    }
    Some(Some(ClearPart {
        subject_kind: Some(u8::try_from(message.subject_kind).ok()?.try_into().ok()?),
        department: Some(message.department.parse().ok()?),
        commitment_kind: Some(u8::try_from(message.kind).ok()?.try_into().ok()?),
        publication: Some(u8::try_from(message.publication).ok()?.try_into().ok()?),
        made_on: Some(CivilDate::from_days(message.made_on)?),
        received_on: Some(CivilDate::from_days(message.received_on)?),
        validity: Some(validity_in(message.validity, message.valid_until)?),
        first: Some(Revision(message.first)).filter(|first| first.0 > 0),
        snapshot: Some(message.snapshot),
        findings: message
            .findings
            .into_iter()
            .map(finding_in)
            .collect::<Option<_>>()?,
        ..part(kind, message.principal, message.subject)
    }))
}

fn withdrawn(bytes: &[u8]) -> Option<Option<ClearPart>> {
    let message: stored::CommitmentWithdrawn = read(bytes)?;
    if !is_sealed(message.content.as_ref())? {
        return Some(None);
    }
    Some(Some(ClearPart {
        subject_kind: Some(SubjectKind::Person),
        first: Some(Revision(message.first)),
        ..part("commitment_withdrawn", message.principal, message.subject)
    }))
}

fn performance(kind: &'static str, bytes: &[u8]) -> Option<Option<ClearPart>> {
    let message: stored::PerformanceRecorded = read(bytes)?;
    if !is_sealed(message.content.as_ref())? {
        return Some(None);
    }
    let found_on = match message.found_on_stated {
        true => Some(CivilDate::from_days(message.found_on)?),
        false => None,
    };
    Some(Some(ClearPart {
        subject_kind: Some(SubjectKind::Person),
        performance: Some(u8::try_from(message.state).ok()?.try_into().ok()?),
        received_on: Some(CivilDate::from_days(message.received_on)?),
        found_on,
        first: Some(Revision(message.commitment)),
        snapshot: Some(message.snapshot),
        findings: message
            .findings
            .into_iter()
            .map(finding_in)
            .collect::<Option<_>>()?,
        ..part(kind, message.principal, message.subject)
    }))
}
