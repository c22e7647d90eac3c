//! Rows of our own layouts: withdrawals, breaches, ends, register and rosters.
//!
//! Each function gives the text of an item by its code; empty for one that the service does not answer.
//! Read first: [`breach`].

use super::commitments::{OPEN_ENDED, Words};
use crate::services::pb;

/// A commitment that was taken back.
#[must_use]
pub fn withdrawal(commitment: &pb::Commitment, item: &str, _words: &Words<'_>) -> String {
    match item {
        "acceptanceUnitIdentify" => commitment.accepting_body_code.clone(),
        "code" => commitment.code.clone(),
        "withdrawalReason" => commitment.withdrawn_reason.clone(),
        _ => String::new(),
    }
}

/// What is recorded about a breach.
#[must_use]
pub fn breach(commitment: &pb::Commitment, item: &str, words: &Words<'_>) -> String {
    let Some(breach) = commitment.breach.as_ref().and_then(|one| one.items.as_ref()) else {
        return String::new();
    };
    match item {
        "breachUnit" => breach.finding_body_name.clone(),
        "breachUnitIdentify" => breach.finding_body_code.clone(),
        "breachContent" => breach.unperformed.clone(),
        "breachBasis" => breach.basis.clone(),
        "breachEvidence" => breach.evidence.join("；"),
        "notifiedOn" => breach.notified_on.clone(),
        "correctBy" => breach.correct_by.clone(),
        "hearingOfferedOn" => breach.hearing_offered_on.clone(),
        "hearingHeldOn" => breach.hearing_held_on.clone(),
        "hearingWaivedOn" => breach.hearing_waived_on.clone(),
        "breachConsequence" => breach.consequence.clone(),
        "correctedOn" => breach.corrected_on.clone(),
        "confirmedOn" => breach.confirmed_on.clone(),
        "carriedOutOn" => breach.carried_out_on.clone(),
        "carriedOut" => breach.carried_out.clone(),
        _ => withdrawal(commitment, item, words),
    }
}

/// The end of a record.
#[must_use]
pub fn end(record: &pb::Record, item: &str, words: &Words<'_>) -> String {
    let ending =
        |text: &dyn Fn(&pb::RecordEnding) -> String| record.ending.as_ref().map(text).unwrap_or_default();
    let is_person = record.party_kind() == pb::SubjectKind::Person;
    match item {
        "CX_LB" => words.number("record_kind", record.kind),
        "CX_JGDM" => record.body_code.clone(),
        "CX_WSH" => record.number.clone(),
        "CX_YJDRQ" => record.decided_on.clone(),
        "CX_XDR_MC" => record.party_name.clone(),
        "CX_XDR_LB" => words.number("party_kind", record.party_kind),
        "CX_XDR_SHXYM" if !is_person => record.party_code.clone(),
        "CX_XDR_ZJLX" if is_person => words.of("document_kind", "01"),
        "CX_XDR_ZJHM" if is_person => record.party_code.clone(),
        "CX_JSLX" => match record.state() {
            pb::RecordState::Unspecified | pb::RecordState::Recorded => String::new(),
            pb::RecordState::Withdrawn => words.number("end", pb::RecordEnd::Withdrawn.into()),
            pb::RecordState::Deleted => words.number("end", pb::RecordEnd::Deleted.into()),
            pb::RecordState::Repaired => words.number("end", pb::RecordEnd::Repaired.into()),
            pb::RecordState::Expired => words.number("end", pb::RecordEnd::Expired.into()),
        },
        "CX_JSRQ" => ending(&|one| one.on.clone()),
        "CX_YY" => ending(&|one| one.reason.clone()),
        "CX_YJWH" => ending(&|one| one.basis.clone()),
        _ => String::new(),
    }
}

/// A subject's row of the register.
#[must_use]
pub fn register(row: &pb::RegisterRow, item: &str, words: &Words<'_>) -> String {
    match item {
        "DJ_MC" => row.name.clone(),
        "DJ_LB" => words.number("party_kind", row.kind),
        "DJ_SHXYM" => row.social_credit_code.clone(),
        "DJ_GSZC" => row.registration_number.clone(),
        "DJ_ZZJG" => row.organisation_code.clone(),
        "DJ_SWDJ" => row.tax_number.clone(),
        "DJ_SYDW" => row.institution_certificate.clone(),
        "DJ_SHZZ" => row.social_organisation_certificate.clone(),
        "DJ_CLRQ" => row.established_on.clone(),
        "DJ_BGRQ" => row.changed_on.clone(),
        "DJ_ZXRQ" => row.deregistered_on.clone(),
        "DJ_DZQH" => row.division.clone(),
        "DJ_DZ" => row.address.clone(),
        "DJ_QSDM" => row.predecessors.join(";"),
        "DJ_QSGX" => words.number("succession", row.succession),
        _ => String::new(),
    }
}

/// A membership in a sector.
#[must_use]
pub fn membership(row: &pb::Membership, item: &str, words: &Words<'_>) -> String {
    let is_person = row.subject_kind() == pb::SubjectKind::Person;
    match item {
        "LY_XDR_MC" => row.subject_title.clone(),
        "LY_XDR_LB" => words.number("party_kind", row.subject_kind),
        "LY_XDR_SHXYM" if !is_person => row.subject_code.clone(),
        "LY_XDR_ZJHM" if is_person => row.subject_code.clone(),
        "LY_DM" => row.sector.trim_start_matches("sectors/").to_owned(),
        "LY_QSRQ" => row.from.clone(),
        "LY_ZZRQ" if row.until.is_empty() => OPEN_ENDED.to_owned(),
        "LY_ZZRQ" => row.until.clone(),
        "LY_YJ" => row.evidence.clone(),
        _ => String::new(),
    }
}
