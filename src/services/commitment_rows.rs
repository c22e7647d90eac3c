//! Batches of commitments, as the common way of batches takes them.

use super::batches::Rows;
use super::convert::answers::{BatchAnswered, batch_result};
use super::convert::requests;
use super::pb;
use super::pb::import_commitments_response::Answer as Answered;
use crate::domain::caller::Scope;
use crate::domain::civil_date::CivilDate;
use crate::ingest::check::check;
use crate::ingest::commands::{CommitmentName, RecordCommitments, Row};
use crate::recorder::{Answer, Command, Shared};

/// Rows of the collection form of commitments.
pub enum CommitmentRows {}

impl From<pb::ImportCommitmentsRequest> for pb::RecordCommitmentsRequest {
    fn from(batch: pb::ImportCommitmentsRequest) -> Self {
        // Taken apart by name, so that a new field cannot be forgotten here.
        let pb::ImportCommitmentsRequest {
            request_id,
            rows,
            validate_only,
            correct_performance,
        } = batch;
        Self {
            request_id,
            rows,
            validate_only,
            correct_performance,
        }
    }
}

impl Rows for CommitmentRows {
    const METHOD: &'static str = "RecordCommitments";
    type Request = pb::RecordCommitmentsRequest;
    type Streamed = pb::ImportCommitmentsRequest;
    type Named = Vec<Option<CommitmentName>>;
    type Result = pb::CommitmentBatchResult;
    type Response = pb::ImportCommitmentsResponse;

    fn request_id(request: &mut Self::Request) -> &mut String {
        &mut request.request_id
    }

    fn count(request: &Self::Request) -> usize {
        request.rows.len()
    }

    fn validate_only(request: &Self::Request) -> bool {
        request.validate_only
    }

    fn checked(request: Self::Request, shared: &Shared, today: CivilDate) -> (Self::Named, Command) {
        let row = |row| {
            let reported = requests::reported(row);
            Row {
                name: requests::name_of(&reported),
                checked: check(&reported, &shared.policies.catalog, today),
            }
        };
        let rows: Vec<Row> = request.rows.into_iter().map(row).collect();
        let names = rows.iter().map(|row| row.name).collect();
        let command = RecordCommitments {
            rows,
            correct_performance: request.correct_performance,
        };
        (names, Command::RecordCommitments(command))
    }

    fn outside(command: &Command, scope: &Scope, shared: &Shared) -> Option<usize> {
        let Command::RecordCommitments(RecordCommitments { rows, .. }) = command else {
            return None;
        };
        let catalog = &shared.policies.catalog;
        // A row without a name is refused by its own checks, and nothing is looked up for it.
        let is_foreign = |row: &Row| row.name.is_some_and(|name| !scope.has_body(name.body, catalog));
        rows.iter().position(is_foreign)
    }

    fn result(named: &Self::Named, answered: BatchAnswered, answer: &Answer) -> Self::Result {
        batch_result(answered, named.iter().copied().zip(&answer.outcomes))
    }

    fn response(request_id: String, answer: Result<Self::Result, tonic_types::Status>) -> Self::Response {
        let answer = match answer {
            Ok(result) => Answered::Result(result),
            Err(refusal) => Answered::Refusal(refusal),
        };
        pb::ImportCommitmentsResponse {
            request_id,
            answer: Some(answer),
        }
    }
}
