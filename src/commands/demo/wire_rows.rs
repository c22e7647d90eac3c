//! Generated rows as the wire carries them.

use crate::domain::commitment::{
    Choice, CommitmentKind, PerformanceState, Publication, Reported, ReportedPerformance,
};
use crate::domain::subject::SubjectKind;
use crate::services::pb;
use crate::testkit::plan::Batch;

pub(super) fn request(batch: &Batch) -> pb::ImportCommitmentsRequest {
    pb::ImportCommitmentsRequest {
        request_id: batch.request_id.to_string(),
        rows: batch.rows.iter().map(|row| commitment(&row.reported)).collect(),
        validate_only: false,
        correct_performance: false,
    }
}

pub(in crate::commands) fn commitment(row: &Reported) -> pb::CommitmentRow {
    pb::CommitmentRow {
        code: row.code.clone(),
        subject_name: row.subject_name.clone(),
        subject_kind: number(&row.subject_kind, subject_kind),
        subject_code: row.subject_code.clone(),
        kind: number(&row.kind, kind),
        kind_words: row.kind_words.clone(),
        reason: row.reason.clone(),
        content: row.content.clone(),
        liability: row.liability.clone(),
        made_on: row.made_on.clone(),
        valid_until: row.valid_until.clone(),
        performance: row.performance.as_ref().map(performance),
        accepting_body_name: row.accepting_body_name.clone(),
        accepting_body_code: row.accepting_body_code.clone(),
        publication: number(&row.publication, publication),
        remarks: row.remarks.clone(),
    }
}

pub(in crate::commands) fn performance(items: &ReportedPerformance) -> pb::PerformanceItems {
    pb::PerformanceItems {
        state: number(&items.state, state),
        unperformed: items.unperformed.clone(),
        measures_taken: items.measures_taken.clone(),
        found_on: items.found_on.clone(),
        finding_body_name: items.finding_body_name.clone(),
        finding_body_code: items.finding_body_code.clone(),
    }
}

/// The number of a value; what stands on no list is sent as the number it says, or as one of no list.
fn number<T: Copy, W: Into<i32>>(choice: &Choice<T>, wire: fn(T) -> W) -> i32 {
    match choice {
        Choice::Absent => 0,
        Choice::Known(value) => wire(*value).into(),
        Choice::Unknown(text) => text.parse().unwrap_or(i32::MAX),
    }
}

fn subject_kind(kind: SubjectKind) -> pb::SubjectKind {
    match kind {
        SubjectKind::Organisation => pb::SubjectKind::Organisation,
        SubjectKind::Person => pb::SubjectKind::Person,
        SubjectKind::IndividualBusiness => pb::SubjectKind::IndividualBusiness,
    }
}

fn kind(kind: CommitmentKind) -> pb::CommitmentKind {
    match kind {
        CommitmentKind::ApprovalReplacing => pb::CommitmentKind::ApprovalReplacing,
        CommitmentKind::AcceptedWithGaps => pb::CommitmentKind::AcceptedWithGaps,
        CommitmentKind::CertificateReplacing => pb::CommitmentKind::CertificateReplacing,
        CommitmentKind::CreditRepair => pb::CommitmentKind::CreditRepair,
        CommitmentKind::SelfDiscipline => pb::CommitmentKind::SelfDiscipline,
        CommitmentKind::Voluntary => pb::CommitmentKind::Voluntary,
        CommitmentKind::Other => pb::CommitmentKind::Other,
    }
}

fn publication(publication: Publication) -> pb::PublicationType {
    match publication {
        Publication::Public => pb::PublicationType::Public,
        Publication::Limited => pb::PublicationType::Limited,
        Publication::Closed => pb::PublicationType::Closed,
    }
}

fn state(state: PerformanceState) -> pb::PerformanceState {
    match state {
        PerformanceState::Full => pb::PerformanceState::Full,
        PerformanceState::Partial => pb::PerformanceState::Partial,
        PerformanceState::Unperformed => pb::PerformanceState::Unperformed,
    }
}
