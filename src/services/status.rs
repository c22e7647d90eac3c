//! Refusals as gRPC statuses: the one place where codes are chosen.
//!
//! Read first: [`status`].

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt};

use crate::domain::refusal::{Reason, Refusal, Violation};

/// The domain in the `ErrorInfo` of every error of this server.
pub const ERROR_DOMAIN: &str = "credence.supervision";

/// The locale of the `LocalizedMessage` of every error.
pub const ERROR_LOCALE: &str = "zh-CN";

/// Most violations that one status carries: headers are small, and clients refuse large ones.
pub const VIOLATIONS_MAX: usize = 40;

/// Longest text of a status, a violation or a metadata value, in characters.
const TEXT_LENGTH_MAX: usize = 300;

/// Returns the code of a reason.
#[must_use]
pub fn code(reason: Reason) -> Code {
    match reason {
        Reason::PermissionRefused => Code::PermissionDenied,
        Reason::CallerUnknown => Code::Unauthenticated,
        Reason::MethodUnknown | Reason::EncodingUnsupported => Code::Unimplemented,
        Reason::ServiceUnknown
        | Reason::CommitmentUnknown
        | Reason::BatchUnknown
        | Reason::RecordUnknown
        | Reason::SubjectUnknown
        | Reason::MembershipUnknown
        | Reason::MergeUnknown
        | Reason::QuestionUnknown
        | Reason::SnapshotUnknown
        | Reason::DepartmentUnknown
        | Reason::BodyUnknown
        | Reason::SectorUnknown
        | Reason::EditionUnknown
        | Reason::ExcuseUnknown
        | Reason::LayoutUnknown
        | Reason::RuleSetUnknown
        | Reason::GradeUnknown
        | Reason::CorrectionUnknown
        | Reason::ObjectionUnknown
        | Reason::NoticeUnknown
        | Reason::ReceiptUnknown => Code::NotFound,
        Reason::ContentTypeUnsupported
        | Reason::MalformedRequest
        | Reason::MalformedRequestId
        | Reason::MalformedName
        | Reason::MalformedRevision
        | Reason::MalformedPageToken
        | Reason::PageTokenForeign
        | Reason::MalformedValue
        | Reason::PurposeRequired
        | Reason::BatchEmpty
        | Reason::BatchTooLarge => Code::InvalidArgument,
        Reason::MessageTooLarge | Reason::IngestQueueFull => Code::ResourceExhausted,
        Reason::EpochEnded
        | Reason::SubjectMerged
        | Reason::SubjectsUnlike
        | Reason::SelectionEmpty
        | Reason::SelectionTooLarge
        | Reason::CommitmentWithdrawn
        | Reason::PerformanceExists
        | Reason::RecordEnded
        | Reason::RecordNotEnded
        | Reason::RulingStands
        | Reason::RowRefused
        | Reason::ReceiptIncomplete
        | Reason::CalendarMissing
        | Reason::BreachExists
        | Reason::ExcuseJudged
        | Reason::MonthNotOver
        | Reason::MonthNotEmpty
        | Reason::ObjectionTermOver
        | Reason::NoticeOutOfScope
        | Reason::NoticeExists
        | Reason::NoticeNotIssued
        | Reason::NoticeMatched
        | Reason::NoticeEnded
        | Reason::ModeNotAllowed
        | Reason::ClockNotRunning
        | Reason::RepairRulesMissing
        | Reason::ConsequenceNotInForm
        | Reason::NoTestClock
        | Reason::ClockBackwards
        | Reason::ClockDiffers
        | Reason::RevisionNotReached => Code::FailedPrecondition,
        Reason::RequestIdReused => Code::AlreadyExists,
        Reason::ViewExpired => Code::Aborted,
        Reason::DeadlinePassed => Code::DeadlineExceeded,
        Reason::CallCancelled => Code::Cancelled,
        Reason::ShuttingDown
        | Reason::ReadOnly
        | Reason::ClockBehind
        | Reason::OutcomeUnknown
        | Reason::Rebuilding => Code::Unavailable,
        Reason::RecordCorrupt => Code::DataLoss,
        Reason::StorageFailed | Reason::HandlerPanicked | Reason::ServerFault => Code::Internal,
    }
}

/// Makes the status of a refusal: code, English text, and the details `ErrorInfo`, `LocalizedMessage`,
/// `BadRequest` if fields are wrong, `RetryInfo` if waiting helps.
///
/// Of more than [`VIOLATIONS_MAX`] violations the first ones are given, and the metadata
/// `violations_left_out` says how many are not.
#[must_use]
pub fn status(refusal: &Refusal) -> Status {
    let mut metadata: HashMap<String, String> = refusal
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), shortened(value)))
        .collect();
    let left_out = refusal.violations.len().saturating_sub(VIOLATIONS_MAX);
    if left_out > 0 {
        metadata.insert("violations_left_out".to_owned(), left_out.to_string());
    }
    let mut details = ErrorDetails::new();
    details.set_error_info(refusal.reason.name(), ERROR_DOMAIN, metadata);
    details.set_localized_message(ERROR_LOCALE, shortened(&refusal.chinese));
    let violations: Vec<FieldViolation> = refusal
        .violations
        .iter()
        .take(VIOLATIONS_MAX)
        .map(field_violation)
        .collect();
    if !violations.is_empty() {
        details.set_bad_request(violations);
    }
    if let Some(wait) = refusal.retry_after {
        details.set_retry_info(Some(wait));
    }
    Status::with_error_details(code(refusal.reason), shortened(&refusal.english), details)
}

fn field_violation(violation: &Violation) -> FieldViolation {
    let chinese = violation.chinese.as_deref();
    FieldViolation {
        localized_message: chinese.map(|text| LocalizedMessage::new(ERROR_LOCALE, shortened(text))),
        ..FieldViolation::new(violation.field.as_str(), shortened(&violation.english))
    }
}

/// Makes the status of a refusal as a message, for an answer inside a stream.
#[must_use]
pub fn status_message(refusal: &Refusal) -> tonic_types::Status {
    let status = status(refusal);
    <tonic_types::Status as prost::Message>::decode(status.details())
        .expect("the details of a status made here are a google.rpc.Status")
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        status(&refusal)
    }
}

/// Cuts a text that is longer than [`TEXT_LENGTH_MAX`] and marks the cut.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_LENGTH_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The name of a code as the gRPC documents write it.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::services::pb;

    #[test]
    fn every_reason_has_a_code_a_page_and_two_texts() {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
        for &reason in Reason::ALL {
            let name = reason.name();
            let page = std::fs::read_to_string(pages.join(format!("{name}.md"))).expect(name);
            let code_name = super::code_name(code(reason));
            assert!(
                page.contains(&format!("`{code_name}`")),
                "{name}: page says {code_name}"
            );
            assert_ne!(code(reason), Code::Ok);
            assert!(page.contains(reason.english()), "{name}");
            assert!(page.contains(reason.chinese()), "{name}");
            assert!(!reason.chinese().is_ascii(), "{name}");
        }
        let count = std::fs::read_dir(&pages)
            .expect("docs/errors is a folder")
            .count();
        assert_eq!(count, Reason::ALL.len(), "a page without a reason");
    }

    #[test]
    fn the_wire_names_the_reasons_in_the_order_of_precedence() {
        let wire: Vec<&str> = {
            let set: prost_types::FileDescriptorSet =
                prost::Message::decode(pb::FILE_DESCRIPTOR_SET).expect("the built-in descriptor decodes");
            let file = set
                .file
                .iter()
                .find(|file| file.name().ends_with("error_reason.proto"));
            let file = file.expect("error_reason.proto is compiled").clone();
            file.enum_type[0]
                .value
                .iter()
                .map(|value| value.name().to_owned().leak() as &str)
                .collect()
        };
        let named: Vec<String> = Reason::ALL
            .iter()
            .map(|reason| format!("ERROR_REASON_{}", reason.name()))
            .collect();
        assert_eq!(wire[0], "ERROR_REASON_UNSPECIFIED");
        assert_eq!(wire[1..], named);
    }

    #[test]
    fn a_refusal_keeps_all_it_says_on_the_wire() {
        let refusal = Refusal::new(Reason::IngestQueueFull, "full", "已满")
            .with("queue_commands_max", "64")
            .violating("rows", "one too many")
            .violating_in_both("on", "is too late", "过晚")
            .retry_after(Duration::from_millis(250));
        let status = status(&refusal);
        assert_eq!(
            (status.code(), status.message()),
            (Code::ResourceExhausted, "full")
        );
        let info = status.get_details_error_info().expect("ErrorInfo is there");
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            ("INGEST_QUEUE_FULL", ERROR_DOMAIN)
        );
        assert_eq!(info.metadata["queue_commands_max"], "64");
        let text = status
            .get_details_localized_message()
            .expect("LocalizedMessage is there");
        assert_eq!((text.locale.as_str(), text.message.as_str()), ("zh-CN", "已满"));
        let bad = status.get_details_bad_request().expect("BadRequest is there");
        assert_eq!(bad.field_violations[0].field, "rows");
        assert!(bad.field_violations[0].localized_message.is_none());
        let chinese = bad.field_violations[1].localized_message.as_ref();
        assert_eq!(chinese.map(|said| said.message.as_str()), Some("过晚"));
        let retry = status.get_details_retry_info().expect("RetryInfo is there");
        assert_eq!(retry.retry_delay, Some(Duration::from_millis(250)));
        assert_eq!(status_message(&refusal).message, "full");
        assert_eq!(status_message(&refusal).code, Code::ResourceExhausted as i32);
    }

    #[test]
    fn violations_beyond_the_limit_are_counted_and_long_texts_are_cut() {
        let mut refusal = Refusal::plain(Reason::RowRefused);
        for number in 0..=VIOLATIONS_MAX {
            refusal = refusal.violating(format!("rows[{number}].code"), "错".repeat(400));
        }
        let status = status(&refusal);
        let bad = status.get_details_bad_request().expect("BadRequest is there");
        assert_eq!(bad.field_violations.len(), VIOLATIONS_MAX);
        assert_eq!(
            bad.field_violations[0].description.chars().count(),
            TEXT_LENGTH_MAX + 1
        );
        let info = status.get_details_error_info().expect("ErrorInfo is there");
        assert_eq!(info.metadata["violations_left_out"], "1");
    }
}
