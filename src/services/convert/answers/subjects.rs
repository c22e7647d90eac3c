//! To the wire: subjects, their files, memberships, and results of register and roster rows.

use super::{BatchAnswered, Masked, finding, snapshot_revision};
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Outcome, RowOutcome};
use crate::domain::record::End;
use crate::domain::revision::{Epoch, Place, Revision};
use crate::domain::subject::{Identity, IdentityKind, SubjectKind, SubjectName, masked_name};
use crate::services::convert::timestamp;
use crate::services::pb;
use crate::subjects::counts::{Counts, Standing};
use crate::subjects::file::Entry;
use crate::subjects::lists::{Registered, Summary};
use crate::subjects::memberships::MembershipName;
use crate::subjects::profile::{Coded, MemberRead, Named};
use crate::subjects::read::{Predecessor, SubjectRead};

fn text(day: Option<CivilDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn at(epoch: Epoch, revision: Revision) -> String {
    Place { epoch, revision }.to_string()
}

fn title_of(kind: SubjectKind, title: &str) -> String {
    match kind {
        SubjectKind::Person => masked_name(title),
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => title.to_owned(),
    }
}

fn code_of(identity: &Identity) -> String {
    match identity {
        Identity::Code(code) => code.to_string(),
        Identity::Person(_) | Identity::Older(_) | Identity::Document(_) => String::new(),
    }
}

/// Shows a subject as it was on a day; a natural person is masked.
#[must_use]
pub fn subject(read: &SubjectRead, on: CivilDate, epoch: Epoch) -> pb::Subject {
    let kind = read.kind;
    let profile = &read.profile;
    let registered = profile.registered.is_some();
    let state = state_of(read.successor.is_some(), profile.ended_on, registered, on);
    let person = read.identity.kind().is_personal();
    let ended = |end| read.counts.ended.get(&end).copied().unwrap_or_default();
    pb::Subject {
        name: format!("subjects/{}", read.name),
        kind: kind.number().into(),
        title: read
            .titles
            .first()
            .map(|title| title_of(kind, title))
            .unwrap_or_default(),
        former_titles: read
            .titles
            .iter()
            .skip(1)
            .map(|title| title_of(kind, title))
            .collect(),
        social_credit_code: code_of(&read.identity),
        masked_person_id: if person {
            read.identity.shown()
        } else {
            String::new()
        },
        codes: profile.codes.iter().map(|code| coded(code, epoch)).collect(),
        provisional: profile.registered.is_none(),
        commitment_count: read.counts.commitments,
        performed_count: read.counts.performed,
        breached_count: read.counts.breached,
        confirmed_breach_count: read.counts.confirmed_breaches,
        withdrawn_count: read.counts.withdrawn,
        revision: at(epoch, read.changed),
        state: state.into(),
        titles: profile.names.iter().map(|one| named(kind, one, epoch)).collect(),
        successor: read
            .successor
            .map(|other| format!("subjects/{}", other.name))
            .unwrap_or_default(),
        merged_on: text(read.successor.map(|other| other.on)),
        predecessors: related(&read.predecessors),
        split_into: related(&read.split_into),
        split_from: related(&read.split_from),
        established_on: text(profile.established_on),
        deregistered_on: text(profile.ended_on),
        memberships: read
            .memberships
            .iter()
            .map(|(name, member)| membership(*name, kind, member, epoch))
            .collect(),
        entries: read.entries.iter().map(|one| entry(one, read, epoch)).collect(),
        next_page_token: String::new(),
        record_count: read.counts.records,
        repaired_count: ended(End::Repaired),
        expired_count: ended(End::Expired),
        record_withdrawn_count: ended(End::Withdrawn),
        record_deleted_count: ended(End::Deleted),
        incomplete: !read.complete,
    }
}

fn coded(code: &Coded, epoch: Epoch) -> pb::SubjectCode {
    pb::SubjectCode {
        code: code.identity.shown(),
        recorded_at: Some(timestamp(code.at)),
        revision: at(epoch, code.revision),
        from: text(code.from),
        until: text(code.until),
        kind: code.identity.kind().number().into(),
    }
}

fn named(kind: SubjectKind, one: &Named, epoch: Epoch) -> pb::SubjectTitle {
    pb::SubjectTitle {
        title: title_of(kind, &one.name),
        from: text(one.from),
        until: text(one.until),
        recorded_at: Some(timestamp(one.at)),
        revision: at(epoch, one.revision),
    }
}

fn related(others: &[Predecessor]) -> Vec<pb::SubjectRelation> {
    let relation = |other: &Predecessor| pb::SubjectRelation {
        subject: format!("subjects/{}", other.name),
        on: other.on.to_string(),
    };
    others.iter().map(relation).collect()
}

fn entry(entry: &Entry, read: &SubjectRead, epoch: Epoch) -> pb::SubjectFileEntry {
    let masked = Masked::of(&entry.reported_identity, read.kind, &entry.reported_name);
    let reported_subject = entry
        .reported_subject
        .map(|name| format!("subjects/{name}"))
        .unwrap_or_default();
    pb::SubjectFileEntry {
        record: entry.name.clone(),
        kind: entry.file.into(),
        on: entry.on.to_string(),
        department: format!("departments/{}", entry.department),
        headline: masked.text(&entry.headline),
        reported_title: masked.name.clone(),
        reported_code: masked.code.clone(),
        reported_subject,
        ended: entry.standing.end.is_some(),
        end: entry.standing.end.map_or(0, |end| end.number().into()),
        performance: entry
            .standing
            .performance
            .map_or(0, |state| state.number().into()),
        revision: at(epoch, entry.revision),
        recorded_at: Some(timestamp(entry.recorded_at)),
    }
}

fn state_of(
    is_merged: bool,
    ended_on: Option<CivilDate>,
    is_registered: bool,
    on: CivilDate,
) -> pb::SubjectState {
    if is_merged {
        pb::SubjectState::Merged
    } else if ended_on.is_some_and(|ended| ended < on) {
        pb::SubjectState::Deregistered
    } else if is_registered {
        pb::SubjectState::Registered
    } else {
        pb::SubjectState::Provisional
    }
}

/// Shows counts of subjects by kind and standing.
#[must_use]
pub fn counts(counts: &Counts, revision: String) -> pb::CountSubjectsResponse {
    let count = |(&(kind, standing), &count): (&(SubjectKind, Standing), &u64)| {
        let state = match standing {
            Standing::Provisional => pb::SubjectState::Provisional,
            Standing::Registered => pb::SubjectState::Registered,
            Standing::Ended => pb::SubjectState::Deregistered,
            Standing::Merged => pb::SubjectState::Merged,
        };
        pb::SubjectCount {
            kind: kind.number().into(),
            state: state.into(),
            count,
        }
    };
    pb::CountSubjectsResponse {
        total: counts.values().sum(),
        counts: counts.iter().map(count).collect(),
        revision,
    }
}

/// Shows a subject in short; a natural person is masked.
#[must_use]
pub fn summary(summary: &Summary, today: CivilDate, epoch: Epoch) -> pb::SubjectSummary {
    let state = state_of(
        summary.successor.is_some(),
        summary.ended_on,
        summary.registered,
        today,
    );
    pb::SubjectSummary {
        name: format!("subjects/{}", summary.name),
        kind: summary.kind.number().into(),
        title: title_of(summary.kind, &summary.title),
        code: summary.identity.shown(),
        state: state.into(),
        successor: summary
            .successor
            .map(|name| format!("subjects/{name}"))
            .unwrap_or_default(),
        revision: at(epoch, summary.opened),
    }
}

/// Shows a membership.
#[must_use]
pub fn membership(
    subject: SubjectName,
    kind: SubjectKind,
    read: &MemberRead,
    epoch: Epoch,
) -> pb::Membership {
    let said = &read.membership;
    let name = MembershipName {
        subject,
        sector: said.sector,
        from: said.from,
    };
    pb::Membership {
        name: name.to_string(),
        subject: format!("subjects/{subject}"),
        sector: format!("sectors/{}", said.sector),
        from: said.from.to_string(),
        until: text(said.until),
        // Free text about a person may name the person.
        evidence: match kind {
            SubjectKind::Person => "*".to_owned(),
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => said.evidence.clone(),
        },
        snapshot: read.snapshot,
        revision: at(epoch, read.revision),
        recorded_at: Some(timestamp(read.at)),
        ..pb::Membership::default()
    }
}

/// The same with who the subject is.
#[must_use]
pub fn membership_of(who: &Summary, read: &MemberRead, epoch: Epoch) -> pb::Membership {
    pb::Membership {
        subject_title: title_of(who.kind, &who.title),
        subject_kind: who.kind.number().into(),
        subject_code: who.identity.shown(),
        ..membership(who.name, who.kind, read, epoch)
    }
}

/// Shows a row of the register as it was recorded.
#[must_use]
pub fn register_entry(read: &Registered, epoch: Epoch) -> pb::RegisterEntry {
    let entry = &read.fact.entry;
    let older = |kind: IdentityKind| {
        let code = entry.older_codes.iter().find(|code| code.kind() == kind);
        code.map_or_else(String::new, |code| code.expose().to_owned())
    };
    pb::RegisterEntry {
        subject: format!("subjects/{}", read.name),
        row: Some(pb::RegisterRow {
            social_credit_code: entry.code.to_string(),
            name: entry.name.clone(),
            kind: entry.kind.number().into(),
            registration_number: older(IdentityKind::RegistrationNumber),
            organisation_code: older(IdentityKind::OrganisationCode),
            tax_number: older(IdentityKind::TaxNumber),
            institution_certificate: older(IdentityKind::InstitutionCertificate),
            social_organisation_certificate: older(IdentityKind::SocialOrganisationCertificate),
            established_on: text(entry.established_on),
            changed_on: text(entry.holds_from),
            state: entry.state.number().into(),
            deregistered_on: text(entry.deregistered_on),
            division: entry.further.division.clone(),
            address: entry.further.address.clone(),
            predecessors: entry
                .further
                .predecessors
                .iter()
                .map(ToString::to_string)
                .collect(),
            succession: entry.further.succession.map_or(0, |one| one.number()).into(),
        }),
        snapshot: read.fact.snapshot,
        revision: at(epoch, read.revision),
        recorded_at: Some(timestamp(read.at)),
    }
}

/// How many rows came to each outcome: created, repeated, corrected, refused.
#[derive(Default)]
struct Counted([u32; 4]);

impl Counted {
    fn of(outcomes: &[RowOutcome]) -> Self {
        let mut counted = Self::default();
        for row in outcomes {
            let place = match row.outcome {
                Outcome::Created => 0,
                Outcome::Repeated => 1,
                Outcome::Corrected => 2,
                Outcome::Refused => 3,
            };
            counted.0[place] += 1;
        }
        counted
    }
}

/// The subject that a row's outcome tells; none for a row that was only checked and would open one.
fn told(row: &RowOutcome, answered: BatchAnswered) -> Option<SubjectName> {
    let stands = !answered.validate_only || row.outcome == Outcome::Repeated;
    row.record
        .filter(|_| stands)
        .and_then(|name| SubjectName::from_text(name.as_str()))
}

/// Answers a batch of the register.
#[must_use]
pub fn register_result(answered: BatchAnswered, outcomes: &[RowOutcome]) -> pb::RegisterBatchResult {
    let Counted([created_count, repeated_count, corrected_count, refused_count]) = Counted::of(outcomes);
    let results = (0_u32..).zip(outcomes).map(|(index, row)| pb::RegisterRowResult {
        index,
        outcome: row.outcome.number().into(),
        name: told(row, answered)
            .map(|name| format!("subjects/{name}"))
            .unwrap_or_default(),
        revision: snapshot_revision(row, answered),
        snapshot: row.snapshot,
        findings: row.findings.iter().map(finding).collect(),
    });
    pb::RegisterBatchResult {
        results: results.collect(),
        created_count,
        repeated_count,
        corrected_count,
        refused_count,
        revision: answered.place.to_string(),
        replayed: answered.replayed,
        validate_only: answered.validate_only,
    }
}

/// Answers a batch of memberships; `said` are sector and first day of each row, as far as it has them.
#[must_use]
pub fn membership_result(
    answered: BatchAnswered,
    said: &[Option<(crate::domain::catalog::SectorCode, CivilDate)>],
    outcomes: &[RowOutcome],
) -> pb::MembershipBatchResult {
    let Counted([created_count, repeated_count, corrected_count, refused_count]) = Counted::of(outcomes);
    let results = (0_u32..)
        .zip(outcomes.iter().zip(said))
        .map(|(index, (row, said))| {
            let name = told(row, answered).zip(*said).map(|(subject, (sector, from))| {
                MembershipName {
                    subject,
                    sector,
                    from,
                }
                .to_string()
            });
            pb::MembershipRowResult {
                index,
                outcome: row.outcome.number().into(),
                name: name.unwrap_or_default(),
                revision: snapshot_revision(row, answered),
                snapshot: row.snapshot,
                findings: row.findings.iter().map(finding).collect(),
            }
        });
    pb::MembershipBatchResult {
        results: results.collect(),
        created_count,
        repeated_count,
        corrected_count,
        refused_count,
        revision: answered.place.to_string(),
        replayed: answered.replayed,
        validate_only: answered.validate_only,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subject::IdentityKind;
    use crate::domain::subject_fact::RegisterState;

    #[test]
    fn numbers_of_identities_states_and_entries_are_the_wires() {
        for kind in IdentityKind::ALL {
            assert!(
                pb::IdentityKind::try_from(i32::from(kind.number())).is_ok(),
                "{kind:?}"
            );
        }
        for state in RegisterState::ALL {
            let wire = pb::RegisterState::try_from(i32::from(state.number())).expect("on the wire");
            let name = format!("REGISTER_STATE_{}", format!("{state:?}").to_uppercase());
            assert_eq!(wire.as_str_name(), name);
        }
        for kind in crate::domain::record::RecordKind::ALL {
            let wire = pb::FileEntryKind::try_from(10 + i32::from(kind.number()));
            assert!(wire.is_ok(), "{kind:?}");
        }
        let commitment = i32::from(crate::store::keys::FILE_COMMITMENT);
        assert_eq!(
            pb::FileEntryKind::try_from(commitment),
            Ok(pb::FileEntryKind::Commitment)
        );
    }
}
