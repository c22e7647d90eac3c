//! Rows of the collection form of commitments, from texts to the wire. Read first: [`reported`].

use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use super::lane::{ANSWER_SIZE_MAX, Answered, Answers, Lane, lane, status_of};
use super::outcome::{BatchOutcome, RowOutcome, became, found};
use super::reading::Taken;
use super::texts::Texts;
use crate::commands::demo::wire_rows;
use crate::domain::commitment::{
    Choice, CommitmentKind, PerformanceState, Publication, Reported, ReportedPerformance,
};
use crate::domain::layout::{Layout, Layouts};
use crate::domain::subject::SubjectKind;
use crate::services::pb;
use crate::services::pb::commitment_service_client::CommitmentServiceClient;

/// The stream that commitments go into.
pub struct Commitments {
    pub layouts: Layouts,
    pub layout: Layout,
    pub is_check: bool,
    /// Performance that differs from the recorded one is a correction of it.
    pub corrects: bool,
}

lane! {
    Commitments: CommitmentServiceClient.import_commitments,
    ImportCommitmentsRequest, ImportCommitmentsResponse, import_commitments_response,
    correct_performance: |lane: &Commitments| lane.corrects,
    => |lane: &Commitments, taken: &Taken| {
        wire_rows::commitment(&reported(&lane.layouts, &lane.layout, &taken.items))
    },
    |_: &Commitments, row: pb::CommitmentRowResult| {
        let item = |field: &str| item_of(field).to_owned();
        let mut all: Vec<_> = row.findings.into_iter().map(|finding| found(finding, &item)).collect();
        let performance = match row.performance {
            None => None,
            Some(performance) => {
                let became = became(performance.outcome)?;
                all.extend(performance.findings.into_iter().map(|finding| found(finding, &item)));
                Some(became)
            }
        };
        Some(RowOutcome { became: became(row.outcome)?, found: all, performance })
    }
}

/// Code of the item and path of its field on the wire.
const FIELDS: [(&str, &str); 21] = [
    ("code", "code"),
    ("subjectName", "subject_name"),
    ("subjectCategory", "subject_kind"),
    ("identify", "subject_code"),
    ("commitmentTypeId", "kind"),
    ("commitmentTypeId", "kind_words"),
    ("reason", "reason"),
    ("content", "content"),
    ("liabilityBreachCommitment", "liability"),
    ("commitmentDate", "made_on"),
    ("commitmentValidity", "valid_until"),
    ("fulfillmentStatus", "performance.state"),
    ("unperformedCommitmentContent", "performance.unperformed"),
    ("liabilityBreachCommitmentContent", "performance.measures_taken"),
    ("fulfillmentStatusDate", "performance.found_on"),
    ("acceptanceConfirmUnit", "performance.finding_body_name"),
    ("acceptanceConfirmUnitIdentify", "performance.finding_body_code"),
    ("acceptanceUnit", "accepting_body_name"),
    ("acceptanceUnitIdentify", "accepting_body_code"),
    ("publicationType", "publication"),
    ("remarks", "remarks"),
];

/// The code of the item that a field of the wire holds; empty for another field.
#[must_use]
pub fn item_of(field: &str) -> &'static str {
    let pair = FIELDS.iter().find(|(_, path)| *path == field);
    pair.map_or("", |(code, _)| code)
}

fn subject_kind(code: &str) -> Option<SubjectKind> {
    SubjectKind::try_from(code.parse::<u8>().ok()?).ok()
}

fn commitment_kind(code: &str) -> Option<CommitmentKind> {
    match code {
        "SPTDX" => Some(CommitmentKind::ApprovalReplacing),
        "RQSLX" => Some(CommitmentKind::AcceptedWithGaps),
        "ZMSXX" => Some(CommitmentKind::CertificateReplacing),
        "XYXFX" => Some(CommitmentKind::CreditRepair),
        "HYZLX" => Some(CommitmentKind::SelfDiscipline),
        "ZDX" => Some(CommitmentKind::Voluntary),
        "QT" => Some(CommitmentKind::Other),
        _ => None,
    }
}

fn publication(code: &str) -> Option<Publication> {
    Publication::try_from(code.parse::<u8>().ok()?).ok()
}

fn state(code: &str) -> Option<PerformanceState> {
    PerformanceState::try_from(code.parse::<u8>().ok()?).ok()
}

/// The twenty items of a row; what stands on no list goes out as it was written, for the service to judge.
#[must_use]
pub fn reported(layouts: &Layouts, layout: &Layout, items: &[(usize, String)]) -> Reported {
    let texts = Texts::new(layouts, layout, items);
    let (kind, kind_words) = texts.choice("commitmentTypeId", "commitment_kind", commitment_kind);
    Reported {
        code: texts.text("code"),
        subject_name: texts.text("subjectName"),
        subject_kind: texts.choice("subjectCategory", "party_kind", subject_kind).0,
        subject_code: texts.code("identify"),
        kind,
        kind_words,
        reason: texts.text("reason"),
        content: texts.text("content"),
        liability: texts.text("liabilityBreachCommitment"),
        made_on: texts.text("commitmentDate"),
        valid_until: texts.text("commitmentValidity"),
        performance: performance(layouts, layout, items),
        accepting_body_name: texts.text("acceptanceUnit"),
        accepting_body_code: texts.code("acceptanceUnitIdentify"),
        publication: texts.choice("publicationType", "publication", publication).0,
        remarks: texts.text("remarks"),
    }
}

/// Items 11 to 16; `None` if none of them is filled.
#[must_use]
pub fn performance(
    layouts: &Layouts,
    layout: &Layout,
    items: &[(usize, String)],
) -> Option<ReportedPerformance> {
    let texts = Texts::new(layouts, layout, items);
    let performance = ReportedPerformance {
        state: texts.choice("fulfillmentStatus", "performance_state", state).0,
        unperformed: texts.text("unperformedCommitmentContent"),
        measures_taken: texts.text("liabilityBreachCommitmentContent"),
        found_on: texts.text("fulfillmentStatusDate"),
        finding_body_name: texts.text("acceptanceConfirmUnit"),
        finding_body_code: texts.code("acceptanceConfirmUnitIdentify"),
    };
    let is_blank = performance.state == Choice::Absent
        && [
            &performance.unperformed,
            &performance.measures_taken,
            &performance.found_on,
            &performance.finding_body_name,
            &performance.finding_body_code,
        ]
        .iter()
        .all(|text| text.is_empty());
    (!is_blank).then_some(performance)
}
