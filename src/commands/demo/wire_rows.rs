//! Generated rows as the wire carries them.

use crate::domain::commitment::{
    Choice, CommitmentKind, PerformanceState, Publication, Reported, ReportedPerformance,
};
use crate::domain::record::{End, ReportedRecord};
use crate::domain::subject::SubjectKind;
use crate::services::pb;
use crate::testkit::plan::Batch;
use crate::testkit::record_plan::{EndSend, MembershipBatch, RecordBatch};
use crate::testkit::register::{RegisterBatch, RegisterRow};

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

pub(super) fn register(batch: &RegisterBatch) -> pb::ImportSubjectsRequest {
    pb::ImportSubjectsRequest {
        request_id: batch.request_id.to_string(),
        rows: batch.rows.iter().map(entry).collect(),
        validate_only: false,
    }
}

fn entry(row: &RegisterRow) -> pb::RegisterRow {
    let state = if row.deregistered_on.is_empty() {
        pb::RegisterState::Active
    } else {
        pb::RegisterState::Deregistered
    };
    pb::RegisterRow {
        social_credit_code: row.entry.code.clone(),
        name: row.entry.name.clone(),
        kind: subject_kind(row.entry.kind).into(),
        established_on: row.entry.established_on.to_string(),
        changed_on: row.changed_on.clone(),
        state: state.into(),
        deregistered_on: row.deregistered_on.clone(),
        ..pb::RegisterRow::default()
    }
}

pub(super) fn memberships(batch: &MembershipBatch) -> pb::ImportMembershipsRequest {
    let row = |row: &crate::testkit::record_plan::MembershipRow| pb::MembershipRow {
        subject_name: row.name.clone(),
        subject_kind: subject_kind(row.kind).into(),
        subject_code: row.code.clone(),
        sector: row.sector.clone(),
        from: row.from.clone(),
        until: String::new(),
        evidence: row.evidence.clone(),
    };
    pb::ImportMembershipsRequest {
        request_id: batch.request_id.to_string(),
        rows: batch.rows.iter().map(row).collect(),
        validate_only: false,
    }
}

pub(super) fn records(batch: &RecordBatch) -> pb::ImportRecordsRequest {
    pb::ImportRecordsRequest {
        request_id: batch.request_id.to_string(),
        rows: batch.rows.iter().map(|row| record(&row.reported)).collect(),
        ..pb::ImportRecordsRequest::default()
    }
}

fn record(row: &ReportedRecord) -> pb::RecordRow {
    let item = |(code, text): &(String, String)| pb::RecordItem {
        code: code.clone(),
        text: text.clone(),
    };
    pb::RecordRow {
        layout: row.layout.clone(),
        items: row.items.iter().map(item).collect(),
        source: Some(pb::RecordSource {
            system: row.source.system.clone(),
            key: row.source.key.clone(),
            batch: row.source.batch.clone(),
        }),
    }
}

pub(super) fn end(send: &EndSend, name: &str) -> pb::EndRecordRequest {
    let end = match send.end {
        End::Withdrawn => pb::RecordEnd::Withdrawn,
        End::Deleted => pb::RecordEnd::Deleted,
        End::Repaired => pb::RecordEnd::Repaired,
        End::Expired => pb::RecordEnd::Expired,
    };
    pb::EndRecordRequest {
        request_id: send.request_id.to_string(),
        name: name.to_owned(),
        end: end.into(),
        on: send.on.clone(),
        reason: send.reason.clone(),
        basis: send.basis.clone(),
        validate_only: false,
    }
}
