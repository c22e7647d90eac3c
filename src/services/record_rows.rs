//! Batches of credit records, as the common way of batches takes them.

use super::batches::Rows;
use super::convert::answers::BatchAnswered;
use super::convert::records;
use super::pb;
use super::pb::import_records_response::Answer as Answered;
use crate::domain::caller::Scope;
use crate::domain::civil_date::CivilDate;
use crate::domain::subject::SubjectKind;
use crate::ingest::records::commands::{RecordCommand, RecordRecords};
use crate::ingest::records::row::{Row, row};
use crate::recorder::{Answer, Command, Shared};

/// Rows of the layouts of credit records.
pub enum RecordRows {}

impl From<pb::ImportRecordsRequest> for pb::RecordRecordsRequest {
    fn from(batch: pb::ImportRecordsRequest) -> Self {
        // Taken apart by name, so that a new field cannot be forgotten here.
        let pb::ImportRecordsRequest {
            request_id,
            rows,
            validate_only,
            party_kind,
            source,
        } = batch;
        Self {
            request_id,
            rows,
            validate_only,
            party_kind,
            source,
        }
    }
}

impl Rows for RecordRows {
    const METHOD: &'static str = "RecordRecords";
    type Request = pb::RecordRecordsRequest;
    type Streamed = pb::ImportRecordsRequest;
    type Named = ();
    type Result = pb::RecordBatchResult;
    type Response = pb::ImportRecordsResponse;

    fn request_id(request: &mut Self::Request) -> &mut String {
        &mut request.request_id
    }

    fn count(request: &Self::Request) -> usize {
        request.rows.len()
    }

    fn validate_only(request: &Self::Request) -> bool {
        request.validate_only
    }

    fn checked(request: Self::Request, shared: &Shared, today: CivilDate) -> ((), Command) {
        // A number that is no kind says nothing, and each row then has to.
        let party_kind = u8::try_from(request.party_kind).ok();
        let party_kind = party_kind.and_then(|number| SubjectKind::try_from(number).ok());
        let source = request.source.unwrap_or_default();
        let policies = &shared.policies;
        let checked = |sent| {
            let reported = records::reported(sent, &source);
            row(reported, party_kind, &policies.layouts, &policies.catalog, today)
        };
        let rows = request.rows.into_iter().map(checked).collect();
        ((), Command::Record(RecordCommand::Record(RecordRecords { rows })))
    }

    fn outside(command: &Command, scope: &Scope, shared: &Shared) -> Option<usize> {
        let Command::Record(RecordCommand::Record(RecordRecords { rows })) = command else {
            return None;
        };
        let catalog = &shared.policies.catalog;
        let is_own = |row: &Row| {
            // What another district's body decided belongs to the department that handed it in.
            // A row that is refused and belongs to nobody is told why.
            (row.checked.record.is_none() && row.checked.department.is_none())
                || row.body.is_some_and(|body| scope.has_body(body, catalog))
                || row
                    .checked
                    .department
                    .is_some_and(|department| scope.has_department(department))
        };
        rows.iter().position(|row| !is_own(row))
    }

    fn result(_named: &(), answered: BatchAnswered, answer: &Answer) -> Self::Result {
        records::batch_result(answered, &answer.outcomes)
    }

    fn response(request_id: String, answer: Result<Self::Result, tonic_types::Status>) -> Self::Response {
        let answer = match answer {
            Ok(result) => Answered::Result(result),
            Err(refusal) => Answered::Refusal(refusal),
        };
        pb::ImportRecordsResponse {
            request_id,
            answer: Some(answer),
        }
    }
}
