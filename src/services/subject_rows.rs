//! Batches of the register and of rosters, as the common way of batches takes them.

use super::batches::Rows;
use super::convert::answers::BatchAnswered;
use super::convert::answers::subjects::{membership_result, register_result};
use super::convert::requests::subjects as requests;
use super::pb;
use super::pb::import_memberships_response::Answer as MembershipsAnswered;
use super::pb::import_subjects_response::Answer as SubjectsAnswered;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::recorder::{Answer, Command, Shared};
use crate::subjects::commands::SubjectCommand;
use crate::subjects::{memberships, register};

/// Rows of the subject register.
pub enum RegisterRows {}

impl From<pb::ImportSubjectsRequest> for pb::RegisterSubjectsRequest {
    fn from(batch: pb::ImportSubjectsRequest) -> Self {
        let pb::ImportSubjectsRequest {
            request_id,
            rows,
            validate_only,
        } = batch;
        Self {
            request_id,
            rows,
            validate_only,
        }
    }
}

impl Rows for RegisterRows {
    const METHOD: &'static str = "RegisterSubjects";
    type Request = pb::RegisterSubjectsRequest;
    type Streamed = pb::ImportSubjectsRequest;
    type Named = ();
    type Result = pb::RegisterBatchResult;
    type Response = pb::ImportSubjectsResponse;

    fn request_id(request: &mut Self::Request) -> &mut String {
        &mut request.request_id
    }

    fn count(request: &Self::Request) -> usize {
        request.rows.len()
    }

    fn validate_only(request: &Self::Request) -> bool {
        request.validate_only
    }

    fn checked(request: Self::Request, _shared: &Shared, today: CivilDate) -> ((), Command) {
        let row = |row| register::check(&requests::entry(row), today);
        let rows = request.rows.into_iter().map(row).collect();
        ((), Command::Subject(SubjectCommand::Register(rows)))
    }

    fn result((): &(), answered: BatchAnswered, answer: &Answer) -> Self::Result {
        register_result(answered, &answer.outcomes)
    }

    fn response(request_id: String, answer: Result<Self::Result, tonic_types::Status>) -> Self::Response {
        let answer = match answer {
            Ok(result) => SubjectsAnswered::Result(result),
            Err(refusal) => SubjectsAnswered::Refusal(refusal),
        };
        pb::ImportSubjectsResponse {
            request_id,
            answer: Some(answer),
        }
    }
}

/// Rows of a roster.
pub enum MembershipRows {}

impl From<pb::ImportMembershipsRequest> for pb::RecordMembershipsRequest {
    fn from(batch: pb::ImportMembershipsRequest) -> Self {
        let pb::ImportMembershipsRequest {
            request_id,
            rows,
            validate_only,
        } = batch;
        Self {
            request_id,
            rows,
            validate_only,
        }
    }
}

impl Rows for MembershipRows {
    const METHOD: &'static str = "RecordMemberships";
    type Request = pb::RecordMembershipsRequest;
    type Streamed = pb::ImportMembershipsRequest;
    type Named = Vec<Option<(SectorCode, CivilDate)>>;
    type Result = pb::MembershipBatchResult;
    type Response = pb::ImportMembershipsResponse;

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
        let row = |row| memberships::check(&requests::membership(row), &shared.policies.catalog, today);
        let rows: Vec<memberships::CheckedMembership> = request.rows.into_iter().map(row).collect();
        let said =
            |row: &memberships::CheckedMembership| row.row.as_ref().map(|(_, said)| (said.sector, said.from));
        let named = rows.iter().map(said).collect();
        (named, Command::Subject(SubjectCommand::RecordMemberships(rows)))
    }

    fn result(named: &Self::Named, answered: BatchAnswered, answer: &Answer) -> Self::Result {
        membership_result(answered, named, &answer.outcomes)
    }

    fn response(request_id: String, answer: Result<Self::Result, tonic_types::Status>) -> Self::Response {
        let answer = match answer {
            Ok(result) => MembershipsAnswered::Result(result),
            Err(refusal) => MembershipsAnswered::Refusal(refusal),
        };
        pb::ImportMembershipsResponse {
            request_id,
            answer: Some(answer),
        }
    }
}
