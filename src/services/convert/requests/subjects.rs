//! From the wire: register rows, rosters, and what is asked about subjects.

use super::{Wrong, choice, date, department_name, sector_name, subject_name, text, trimmed};
use crate::domain::civil_date::CivilDate;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Epoch, Place, Revision};
use crate::domain::subject::{Identity, IdentityKind};
use crate::domain::title::ComparedName;
use crate::services::pb;
use crate::subjects::lists::Query;
use crate::subjects::memberships::{MembershipName, ReportedMembership};
use crate::subjects::register::ReportedEntry;
use crate::subjects::select::Selection;

/// Longest reason of a change, in characters.
pub const REASON_LENGTH_MAX: usize = 500;

/// Longest name of a subject, in characters.
pub const TITLE_LENGTH_MAX: usize = 200;

/// Most resource names in a selection.
const SELECTED_NAMES_MAX: usize = 1_000;

/// Takes a row of the register as it comes.
#[must_use]
pub fn entry(row: pb::RegisterRow) -> ReportedEntry {
    ReportedEntry {
        social_credit_code: trimmed(row.social_credit_code),
        name: trimmed(row.name),
        kind: choice(row.kind),
        registration_number: trimmed(row.registration_number),
        organisation_code: trimmed(row.organisation_code),
        tax_number: trimmed(row.tax_number),
        institution_certificate: trimmed(row.institution_certificate),
        social_organisation_certificate: trimmed(row.social_organisation_certificate),
        established_on: trimmed(row.established_on),
        changed_on: trimmed(row.changed_on),
        state: choice(row.state),
        deregistered_on: trimmed(row.deregistered_on),
        division: trimmed(row.division),
        address: trimmed(row.address),
        predecessors: row.predecessors.into_iter().map(trimmed).collect(),
        succession: choice(row.succession),
    }
}

/// Takes a row of a roster as it comes.
#[must_use]
pub fn membership(row: pb::MembershipRow) -> ReportedMembership {
    ReportedMembership {
        subject_name: trimmed(row.subject_name),
        subject_kind: choice(row.subject_kind),
        subject_code: trimmed(row.subject_code),
        sector: trimmed(row.sector),
        from: trimmed(row.from),
        until: trimmed(row.until),
        evidence: trimmed(row.evidence),
    }
}

/// Reads the name of a membership.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn membership_name(field: &str, text: &str) -> Result<MembershipName, Refusal> {
    text.parse().map_err(|()| {
        let form = "is not of the form subjects/{20 characters}/memberships/{SECTOR}-{first day}";
        Refusal::plain(Reason::MalformedName).violating(field, form)
    })
}

/// Reads the reason of a change.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn reason(written: &str) -> Result<String, Refusal> {
    text("reason", written, REASON_LENGTH_MAX)
}

/// Reads a day; empty means `otherwise`.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn day_or(field: &str, written: &str, otherwise: CivilDate) -> Result<CivilDate, Refusal> {
    if written.is_empty() {
        Ok(otherwise)
    } else {
        date(field, written)
    }
}

/// Reads a revision of this epoch that `here` has reached; empty means all that is recorded.
///
/// # Errors
/// `MALFORMED_REVISION`, `EPOCH_ENDED`, `REVISION_NOT_REACHED`.
pub fn known(field: &str, written: &str, here: Place) -> Result<Revision, Refusal> {
    if written.is_empty() {
        return Ok(here.revision);
    }
    let malformed =
        || Refusal::plain(Reason::MalformedRevision).violating(field, "is not of the form EPOCH.REVISION");
    let asked: Place = written.parse().map_err(|_| malformed())?;
    reached(asked, here)?;
    Ok(asked.revision)
}

fn reached(asked: Place, here: Place) -> Result<(), Refusal> {
    let Epoch(epoch) = here.epoch;
    if asked.epoch < here.epoch {
        return Err(Refusal::plain(Reason::EpochEnded)
            .with("asked", asked.to_string())
            .with("epoch", epoch.to_string()));
    }
    if asked > here {
        return Err(Refusal::plain(Reason::RevisionNotReached)
            .with("asked", asked.to_string())
            .with("reached", here.to_string()));
    }
    Ok(())
}

/// Reads a unified code.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn social_credit_code(written: &str) -> Result<Identity, Refusal> {
    let code = written.trim().parse().map_err(|_| {
        Refusal::plain(Reason::MalformedValue).violating("social_credit_code", "is no valid code")
    })?;
    Ok(Identity::Code(code))
}

/// Reads a code of before the unified one.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn older_code(code: &pb::OlderCode) -> Result<Identity, Refusal> {
    let wrong = |field: &str, what: &str| Refusal::plain(Reason::MalformedValue).violating(field, what);
    let kind = u8::try_from(code.kind)
        .ok()
        .and_then(|number| IdentityKind::try_from(number).ok())
        .filter(|kind| !kind.is_personal() && *kind != IdentityKind::SocialCreditCode);
    let kind = kind.ok_or_else(|| wrong("older_code.kind", "is no older code of an organisation"))?;
    Identity::of(kind, &code.code).ok_or_else(|| wrong("older_code.code", "is no number of this kind"))
}

/// The refusal of a request without the code it needs.
#[must_use]
pub fn code_required() -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating("social_credit_code", "is required, or older_code")
}

/// Reads what is searched for.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn query(request: &pb::SearchSubjectsRequest) -> Result<Query, Refusal> {
    use pb::search_subjects_request::Query as Asked;
    match &request.query {
        None => Err(Refusal::plain(Reason::MalformedValue).violating("title", "is required, or a code")),
        Some(Asked::Title(title)) => {
            let title = text("title", title, TITLE_LENGTH_MAX)?;
            let name = ComparedName::of(&title).ok_or_else(|| {
                Refusal::plain(Reason::MalformedValue).violating(
                    "title",
                    "is too vague: at least 2 characters, none of them a star",
                )
            })?;
            Ok(Query::Title(name))
        }
        Some(Asked::SocialCreditCode(code)) => Ok(Query::Identity(social_credit_code(code)?)),
        Some(Asked::OlderCode(code)) => Ok(Query::Identity(older_code(code)?)),
    }
}

/// Reads a selection of records.
///
/// # Errors
/// `MALFORMED_VALUE` or `MALFORMED_NAME`, with every wrong field.
pub fn selection(selection: Option<&pb::RecordSelection>) -> Result<Selection, Refusal> {
    let mut wrong = Wrong::default();
    let Some(asked) = selection.filter(|asked| **asked != pb::RecordSelection::default()) else {
        return Err(Refusal::plain(Reason::MalformedValue)
            .violating("selection", "is required, with at least one field set"));
    };
    if asked.records.len() > SELECTED_NAMES_MAX {
        wrong.value::<()>("selection.records", "names more than 1000 records");
    }
    let mut kinds = Vec::new();
    for (place, number) in asked.kinds.iter().enumerate() {
        match pb::FileEntryKind::try_from(*number) {
            Ok(pb::FileEntryKind::Unspecified) | Err(_) => {
                wrong.value::<()>(&format!("selection.kinds[{place}]"), "is not on the list");
            }
            Ok(kind) => kinds.extend(u8::try_from(i32::from(kind))),
        }
    }
    let title = |field: &str, written: &str| {
        ComparedName::of(written)
            .ok_or_else(|| Refusal::plain(Reason::MalformedValue).violating(field, "is too vague"))
    };
    let parsed = Selection {
        records: asked.records.iter().cloned().collect(),
        kinds,
        department: wrong.set("selection.department", &asked.department, department_name),
        reported_title: wrong.set("selection.reported_title", &asked.reported_title, title),
        from: wrong.set("selection.from", &asked.from, date),
        until: wrong.set("selection.until", &asked.until, date),
    };
    wrong.0.map_or(Ok(parsed), Err)
}

/// Which memberships are wanted, before the subject is looked up.
///
/// # Errors
/// `MALFORMED_VALUE` or `MALFORMED_NAME`, with every wrong field.
pub fn memberships_wanted(
    request: &pb::ListMembershipsRequest,
) -> Result<
    (
        Option<crate::domain::subject::SubjectName>,
        crate::subjects::lists::Wanted,
    ),
    Refusal,
> {
    let mut wrong = Wrong::default();
    let subject = wrong.set("subject", &request.subject, subject_name);
    let wanted = crate::subjects::lists::Wanted {
        subject: None,
        sector: wrong.set("sector", &request.sector, sector_name),
        on: wrong.set("as_of", &request.as_of, date),
    };
    wrong.0.map_or(Ok((subject, wanted)), Err)
}
