//! Batches over streams, for every kind of rows alike.
//!
//! Several streams are open at a time, and what met a full queue is sent again. Read first: [`import`].

use std::borrow::Borrow;
use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_stream::iter;
use tonic::Streaming;
use uuid::Uuid;

use super::drive::{ATTEMPTS_MAX, Clients, Error, failed, retry_delay, status_of};
use super::tally::{self, Tally};
use super::wire_rows;
use crate::services::pb;
use crate::testkit::plan::Batch;
use crate::testkit::record_plan::{MembershipBatch, RecordBatch};
use crate::testkit::register::RegisterBatch;

/// Import streams open at a time; the service takes four batches of each.
const STREAMS: usize = 4;
/// Batches made and held at a time; more of a large import are made when these are answered.
const BATCHES_HELD: usize = 16;

/// A request's answer: its id, and the batch's result or refusal; `None` breaks the contract.
type Answered<R> = (String, Option<Result<R, tonic_types::Status>>);

/// A kind of rows that comes in batches over a stream.
pub(super) trait Import {
    type Batch: Send + Sync;
    type Request: Send + 'static;
    type Response: Send + 'static;
    type Result;

    fn request(batch: &Self::Batch) -> Self::Request;
    fn request_id(batch: &Self::Batch) -> Uuid;
    fn rows(batch: &Self::Batch) -> usize;
    /// Sends the batches of one stream.
    fn open(
        clients: Clients,
        requests: Vec<Self::Request>,
    ) -> impl Future<Output = Result<Streaming<Self::Response>, Error>> + Send;
    fn answered(response: Self::Response) -> Answered<Self::Result>;
    fn count(tally: &mut Tally, batch: &Self::Batch, result: &Self::Result) -> Result<(), Error>;
}

/// Sends batches over several streams at a time and again those that met a full queue.
pub(super) async fn import<I: Import + 'static>(
    clients: &Clients,
    batches: impl Iterator<Item: Borrow<I::Batch>>,
    tally: &mut Tally,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let mut batches = batches.peekable();
    while batches.peek().is_some() {
        let held: Vec<_> = batches.by_ref().take(BATCHES_HELD).collect();
        some::<I>(
            clients,
            held.iter().map(Borrow::borrow).collect(),
            tally,
            progress,
        )
        .await?;
    }
    Ok(())
}

async fn some<I: Import + 'static>(
    clients: &Clients,
    mut open: Vec<&I::Batch>,
    tally: &mut Tally,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    for _ in 0..ATTEMPTS_MAX {
        if open.is_empty() {
            return Ok(());
        }
        let mut streams = JoinSet::new();
        for lane in 0..STREAMS.min(open.len()) {
            let lane = open.iter().skip(lane).step_by(STREAMS);
            let lane = lane.map(|batch| I::request(batch)).collect();
            streams.spawn(stream::<I>(clients.clone(), lane));
        }
        let mut again = Vec::new();
        let mut wait = Duration::ZERO;
        while let Some(answers) = streams.join_next().await {
            for answer in answers.expect("a stream's task does not panic")? {
                let (request_id, answer) = I::answered(answer);
                let sent = open
                    .iter()
                    .find(|batch| I::request_id(batch).to_string() == request_id);
                let Some(batch) = sent else {
                    let sentence = format!("answer for {request_id}, which was not sent");
                    return Err(Error::Contract(sentence));
                };
                match answer {
                    Some(Ok(result)) => {
                        I::count(tally, batch, &result)?;
                        progress(I::rows(batch) as u64);
                    }
                    Some(Err(refusal)) => {
                        wait = wait.max(retry_delay(&status_of(refusal), "a batch")?);
                        again.push(*batch);
                    }
                    None => return Err(Error::Contract("an answer without result or refusal".to_owned())),
                }
            }
        }
        tokio::time::sleep(wait).await;
        open = again;
    }
    Err(Error::QueueFull)
}

/// Sends the batches of one stream and takes the answer of each.
async fn stream<I: Import>(clients: Clients, batches: Vec<I::Request>) -> Result<Vec<I::Response>, Error> {
    let expected = batches.len();
    let mut answers = I::open(clients, batches).await?;
    let mut taken = Vec::with_capacity(expected);
    while let Some(answer) = answers.message().await.map_err(failed("a stream"))? {
        taken.push(answer);
    }
    if taken.len() != expected {
        let sentence = format!("{} answers to the {expected} batches of a stream", taken.len());
        return Err(Error::Contract(sentence));
    }
    Ok(taken)
}

/// Rows of commitments.
pub(super) enum Commitments {}

impl Import for Commitments {
    type Batch = Batch;
    type Request = pb::ImportCommitmentsRequest;
    type Response = pb::ImportCommitmentsResponse;
    type Result = pb::CommitmentBatchResult;

    fn request(batch: &Batch) -> Self::Request {
        wire_rows::request(batch)
    }

    fn request_id(batch: &Batch) -> Uuid {
        batch.request_id
    }

    fn rows(batch: &Batch) -> usize {
        batch.rows.len()
    }

    async fn open(
        mut clients: Clients,
        requests: Vec<Self::Request>,
    ) -> Result<Streaming<Self::Response>, Error> {
        let answers = clients.commitments.import_commitments(iter(requests)).await;
        Ok(answers.map_err(failed("ImportCommitments"))?.into_inner())
    }

    fn answered(response: Self::Response) -> Answered<Self::Result> {
        use pb::import_commitments_response::Answer;
        let answer = response.answer.map(|answer| match answer {
            Answer::Result(result) => Ok(result),
            Answer::Refusal(refusal) => Err(refusal),
        });
        (response.request_id, answer)
    }

    fn count(tally: &mut Tally, batch: &Batch, result: &Self::Result) -> Result<(), Error> {
        tally::count_batch(tally, batch, result)
    }
}

/// Rows of the register.
pub(super) enum Register {}

impl Import for Register {
    type Batch = RegisterBatch;
    type Request = pb::ImportSubjectsRequest;
    type Response = pb::ImportSubjectsResponse;
    type Result = pb::RegisterBatchResult;

    fn request(batch: &RegisterBatch) -> Self::Request {
        wire_rows::register(batch)
    }

    fn request_id(batch: &RegisterBatch) -> Uuid {
        batch.request_id
    }

    fn rows(batch: &RegisterBatch) -> usize {
        batch.rows.len()
    }

    async fn open(
        mut clients: Clients,
        requests: Vec<Self::Request>,
    ) -> Result<Streaming<Self::Response>, Error> {
        let answers = clients.subjects.import_subjects(iter(requests)).await;
        Ok(answers.map_err(failed("ImportSubjects"))?.into_inner())
    }

    fn answered(response: Self::Response) -> Answered<Self::Result> {
        use pb::import_subjects_response::Answer;
        let answer = response.answer.map(|answer| match answer {
            Answer::Result(result) => Ok(result),
            Answer::Refusal(refusal) => Err(refusal),
        });
        (response.request_id, answer)
    }

    fn count(tally: &mut Tally, batch: &RegisterBatch, result: &Self::Result) -> Result<(), Error> {
        tally::count_register(tally, batch, result)
    }
}

/// Rows of rosters.
pub(super) enum Memberships {}

impl Import for Memberships {
    type Batch = MembershipBatch;
    type Request = pb::ImportMembershipsRequest;
    type Response = pb::ImportMembershipsResponse;
    type Result = pb::MembershipBatchResult;

    fn request(batch: &MembershipBatch) -> Self::Request {
        wire_rows::memberships(batch)
    }

    fn request_id(batch: &MembershipBatch) -> Uuid {
        batch.request_id
    }

    fn rows(batch: &MembershipBatch) -> usize {
        batch.rows.len()
    }

    async fn open(
        mut clients: Clients,
        requests: Vec<Self::Request>,
    ) -> Result<Streaming<Self::Response>, Error> {
        let answers = clients.subjects.import_memberships(iter(requests)).await;
        Ok(answers.map_err(failed("ImportMemberships"))?.into_inner())
    }

    fn answered(response: Self::Response) -> Answered<Self::Result> {
        use pb::import_memberships_response::Answer;
        let answer = response.answer.map(|answer| match answer {
            Answer::Result(result) => Ok(result),
            Answer::Refusal(refusal) => Err(refusal),
        });
        (response.request_id, answer)
    }

    fn count(tally: &mut Tally, batch: &MembershipBatch, result: &Self::Result) -> Result<(), Error> {
        tally::count_memberships(tally, batch, result)
    }
}

/// Rows of credit records.
pub(super) enum Records {}

impl Import for Records {
    type Batch = RecordBatch;
    type Request = pb::ImportRecordsRequest;
    type Response = pb::ImportRecordsResponse;
    type Result = pb::RecordBatchResult;

    fn request(batch: &RecordBatch) -> Self::Request {
        wire_rows::records(batch)
    }

    fn request_id(batch: &RecordBatch) -> Uuid {
        batch.request_id
    }

    fn rows(batch: &RecordBatch) -> usize {
        batch.rows.len()
    }

    async fn open(
        mut clients: Clients,
        requests: Vec<Self::Request>,
    ) -> Result<Streaming<Self::Response>, Error> {
        let answers = clients.records.import_records(iter(requests)).await;
        Ok(answers.map_err(failed("ImportRecords"))?.into_inner())
    }

    fn answered(response: Self::Response) -> Answered<Self::Result> {
        use pb::import_records_response::Answer;
        let answer = response.answer.map(|answer| match answer {
            Answer::Result(result) => Ok(result),
            Answer::Refusal(refusal) => Err(refusal),
        });
        (response.request_id, answer)
    }

    fn count(tally: &mut Tally, batch: &RecordBatch, result: &Self::Result) -> Result<(), Error> {
        tally::count_records(tally, batch, result)
    }
}
