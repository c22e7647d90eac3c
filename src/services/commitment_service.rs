//! `CommitmentService`: parse, call, convert. What comes after the form (due lists, breaches, revivals) is
//! in [`commitment_supervision`](super::commitment_supervision).

use tonic::{Request, Response, Status, Streaming};

use super::batches::{Answers, Batch, import};
use super::commitment_rows::CommitmentRows;
use super::context::{Context, reflecting};
use super::convert::answers::{self, BatchAnswered};
use super::convert::requests::{self, WITHDRAWAL_REASON_LENGTH_MAX};
use super::convert::supervision;
use super::page::{Listing, question};
use super::pb;
use super::pb::commitment_service_server::CommitmentService;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Place;
use crate::ingest::commands::{RecordPerformance, WithdrawCommitment};
use crate::ingest::questions;
use crate::ingest::read::{self, CommitmentRead};
use crate::ingest::withdrawals::{self, WithdrawBatches};
use crate::recorder::{Command, Order, Request as Asked};

/// The service over one recorder.
pub struct Commitments(pub Context);

#[tonic::async_trait]
impl CommitmentService for Commitments {
    type ImportCommitmentsStream = Answers<pb::ImportCommitmentsResponse>;

    async fn import_commitments(
        &self,
        request: Request<Streaming<pb::ImportCommitmentsRequest>>,
    ) -> Result<Response<Self::ImportCommitmentsStream>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let answers = import::<CommitmentRows>(self.0.clone(), caller, request.into_inner());
        Ok(reflecting(answers, self.0.shared.head().place))
    }

    async fn record_commitments(
        &self,
        request: Request<pb::RecordCommitmentsRequest>,
    ) -> Result<Response<pb::CommitmentBatchResult>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let (_, extensions, message) = request.into_parts();
        let batch = Batch::<CommitmentRows>::checked(&self.0, &caller, message).await?;
        let (result, answer) = batch.recorded(&self.0, &extensions).await?;
        Ok(reflecting(result, answer.place))
    }

    async fn get_commitment(
        &self,
        request: Request<pb::GetCommitmentRequest>,
    ) -> Result<Response<pb::Commitment>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = requests::commitment_name("name", &message.name)?;
        self.0.own_commitment(&extensions, &name)?;
        self.0
            .read(&message.min_revision, move |reading| {
                let read = read::commitment(reading.view, reading.facts, &name, message.snapshot)?;
                Ok(shown(&read, reading.place))
            })
            .await
    }

    async fn list_commitments(
        &self,
        request: Request<pb::ListCommitmentsRequest>,
    ) -> Result<Response<pb::ListCommitmentsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = requests::filter(message.filter.as_ref())?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListCommitments", message.filter.as_ref());
        self.0
            .read(&message.min_revision, move |reading| {
                let list = Listing::at(&message.page_token, asked, reading)?;
                let wanted = read::resolve(reading.view, filter)?;
                let page = read::list(reading.view, reading.facts, &wanted, list.span(size))?;
                Ok(pb::ListCommitmentsResponse {
                    commitments: page.items.iter().map(|read| shown(read, reading.place)).collect(),
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn list_commitments_in_full(
        &self,
        request: Request<pb::ListCommitmentsInFullRequest>,
    ) -> Result<Response<pb::ListCommitmentsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let reader = self.0.in_full(&extensions, &message.purpose)?;
        let filter = requests::filter(message.filter.as_ref())?;
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListCommitmentsInFull", message.filter.as_ref());
        let answer = self
            .0
            .read(&message.min_revision, move |reading| {
                let list = Listing::at(&message.page_token, asked, reading)?;
                let wanted = read::resolve(reading.view, filter)?;
                let page = read::list(reading.view, reading.facts, &wanted, list.span(size))?;
                let shown = page.items.iter();
                let shown = shown.map(|read| answers::commitment_in_full(&parts(read, reading.place)));
                let told = pb::ListCommitmentsResponse {
                    commitments: shown.collect(),
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                };
                let rows = page.items.iter().map(|read| read.row.current).collect();
                Ok((told, rows))
            })
            .await?;
        let (metadata, (told, rows), further) = answer.into_parts();
        self.0.note(reader, rows, self.0.deadline(&extensions)).await?;
        Ok(Response::from_parts(metadata, told, further))
    }

    async fn count_commitments(
        &self,
        request: Request<pb::CountCommitmentsRequest>,
    ) -> Result<Response<pb::CountCommitmentsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = requests::filter(message.filter.as_ref())?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let dimensions = requests::dimensions(&message.group_by)?;
        self.0
            .read(&message.min_revision, move |reading| {
                let wanted = read::resolve(reading.view, filter)?;
                let (total, counts) = read::count(reading.view, &wanted, &dimensions)?;
                let row = |(keys, count): (Vec<read::CountKey>, u64)| pb::CommitmentCount {
                    keys: keys.into_iter().map(answers::count_key).collect(),
                    count,
                };
                Ok(pb::CountCommitmentsResponse {
                    revision: reading.place.to_string(),
                    total,
                    rows: counts.into_iter().map(row).collect(),
                })
            })
            .await
    }

    async fn list_commitment_snapshots(
        &self,
        request: Request<pb::ListCommitmentSnapshotsRequest>,
    ) -> Result<Response<pb::ListCommitmentSnapshotsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = requests::commitment_name("name", &message.name)?;
        self.0.own_commitment(&extensions, &name)?;
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListCommitmentSnapshots", Some(&message.name));
        self.0
            .read(&message.min_revision, move |reading| {
                let list = Listing::at(&message.page_token, asked, reading)?;
                let page = read::snapshots(reading.view, reading.facts, &name, list.after, size)?;
                Ok(pb::ListCommitmentSnapshotsResponse {
                    snapshots: page.items.iter().map(|read| shown(read, reading.place)).collect(),
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn withdraw_commitment(
        &self,
        request: Request<pb::WithdrawCommitmentRequest>,
    ) -> Result<Response<pb::Commitment>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        let name = requests::commitment_name("name", &message.name)?;
        self.0.own_commitment(&extensions, &name)?;
        let reason = requests::text("reason", &message.reason, WITHDRAWAL_REASON_LENGTH_MAX)?;
        message.request_id.clear();
        let order = Order {
            principal,
            request: Some(Asked {
                id,
                hash: requests::request_hash("WithdrawCommitment", &message),
            }),
            validate_only: message.validate_only,
            command: Command::Withdraw(WithdrawCommitment { name, reason }),
            deadline: self.0.deadline(&extensions),
        };
        let answer = self.0.recorder.submit(order).await?;
        self.0
            .read(&answer.place.to_string(), move |reading| {
                let read = read::commitment(reading.view, reading.facts, &name, 0)?;
                Ok(shown(&read, reading.place))
            })
            .await
    }

    async fn withdraw_batches(
        &self,
        request: Request<pb::WithdrawBatchesRequest>,
    ) -> Result<Response<pb::WithdrawBatchesResponse>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        let batches = requests::batch_ids(&message.batches)?;
        let reason = requests::text("reason", &message.reason, WITHDRAWAL_REASON_LENGTH_MAX)?;
        message.request_id.clear();
        let asker = principal.clone();
        let resolved = self.0.read("", move |reading| {
            let spans = withdrawals::spans(reading.view, reading.facts, &asker, &batches)?;
            let count = withdrawals::count(reading.view, &spans)?;
            Ok((spans, count))
        });
        let (spans, commitment_count) = resolved.await?.into_inner();
        let order = Order {
            principal,
            request: Some(Asked {
                id,
                hash: requests::request_hash("WithdrawBatches", &message),
            }),
            validate_only: message.validate_only,
            command: Command::WithdrawBatches(WithdrawBatches { spans, reason }),
            deadline: self.0.deadline(&extensions),
        };
        let answer = self.0.recorder.submit(order).await?;
        let response = pb::WithdrawBatchesResponse {
            revision: answer.place.to_string(),
            replayed: answer.replayed,
            commitment_count,
        };
        Ok(reflecting(response, answer.place))
    }

    async fn record_performance(
        &self,
        request: Request<pb::RecordPerformanceRequest>,
    ) -> Result<Response<pb::RecordPerformanceResponse>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        let name = requests::commitment_name("commitment", &message.commitment)?;
        self.0.own_commitment(&extensions, &name)?;
        message.request_id.clear();
        let hash = requests::request_hash("RecordPerformance", &message);
        let empty = || Refusal::plain(Reason::MalformedValue).violating("performance", "is required");
        let reported = message
            .performance
            .and_then(requests::reported_performance)
            .ok_or_else(empty)?;
        let order = Order {
            principal,
            request: Some(Asked { id, hash }),
            validate_only: message.validate_only,
            command: Command::RecordPerformance(RecordPerformance {
                name,
                reported,
                correct: message.correct,
            }),
            deadline: self.0.deadline(&extensions),
        };
        let answer = self.0.recorder.submit(order).await?;
        let answered = BatchAnswered {
            place: answer.place,
            replayed: answer.replayed,
            validate_only: message.validate_only,
        };
        let result = answer
            .outcomes
            .first()
            .map(|part| answers::performance_result(part, answered));
        let response = pb::RecordPerformanceResponse {
            revision: answer.place.to_string(),
            replayed: answer.replayed,
            commitment: name.to_string(),
            result,
        };
        Ok(reflecting(response, answer.place))
    }

    async fn revive_commitment(
        &self,
        request: Request<pb::ReviveCommitmentRequest>,
    ) -> Result<Response<pb::Commitment>, Status> {
        self.revived(request).await
    }

    async fn record_breach(
        &self,
        request: Request<pb::RecordBreachRequest>,
    ) -> Result<Response<pb::RecordBreachResponse>, Status> {
        self.breach_recorded(request).await
    }

    async fn list_due_commitments(
        &self,
        request: Request<pb::ListDueCommitmentsRequest>,
    ) -> Result<Response<pb::ListDueCommitmentsResponse>, Status> {
        self.due_listed(request).await
    }

    async fn count_performance(
        &self,
        request: Request<pb::CountPerformanceRequest>,
    ) -> Result<Response<pb::CountPerformanceResponse>, Status> {
        self.performance_counted(request).await
    }

    async fn list_open_questions(
        &self,
        request: Request<pb::ListOpenQuestionsRequest>,
    ) -> Result<Response<pb::ListOpenQuestionsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListOpenQuestions", None::<&String>);
        self.0
            .read(&message.min_revision, move |reading| {
                let list = Listing::at(&message.page_token, asked, reading)?;
                let until = list.first_page.revision;
                let page = questions::list(reading.view, reading.facts, list.after, until, size)?;
                Ok(pb::ListOpenQuestionsResponse {
                    questions: page
                        .items
                        .iter()
                        .map(|one| answers::open_question(one, reading.epoch()))
                        .collect(),
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }
}

/// Shows a commitment that was read at `place`.
pub(super) fn shown(read: &CommitmentRead, place: Place) -> pb::Commitment {
    answers::commitment(&parts(read, place))
}

fn parts(read: &CommitmentRead, place: Place) -> answers::CommitmentShown<'_> {
    let at = |revision| Place {
        epoch: place.epoch,
        revision,
    };
    answers::CommitmentShown {
        fact: &read.fact,
        recorded_at: read.recorded_at,
        snapshot_count: read.row.snapshots,
        subject: read.subject,
        changed: at(read.changed),
        received_on: read.row.received_on,
        performance: read
            .performance
            .as_ref()
            .map(|performance| answers::PerformanceShown {
                fact: &performance.fact,
                recorded: at(performance.recorded),
                recorded_at: performance.recorded_at,
                snapshot_count: performance.snapshot_count,
            }),
        withdrawn: read.withdrawn.as_ref().map(|(reason, at)| (reason.as_str(), *at)),
        revived: read.revived.as_ref().map(|(reason, at)| (reason.as_str(), *at)),
        breach: read.breach.as_ref().map(|breach| supervision::BreachShown {
            fact: &breach.fact,
            recorded: at(breach.recorded),
            recorded_at: breach.recorded_at,
        }),
    }
}
