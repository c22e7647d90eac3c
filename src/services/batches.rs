//! A batch of commitments from the wire to the recorder and back, alone or in a stream.
//!
//! Read first: [`Batch::checked`]; then [`import`].

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use tokio::sync::{Semaphore, mpsc};
use tokio_stream::Stream;
use tonic::{Extensions, Status, Streaming};

use super::context::{Context, is_gone};
use super::convert::answers::{BatchAnswered, batch_result};
use super::convert::requests;
use super::pb;
use super::pb::import_commitments_response::Answer as Answered;
use super::status::status_message;
use crate::domain::fact::Principal;
use crate::domain::refusal::{Reason, Refusal};
use crate::ingest::check::check;
use crate::ingest::commands::{CommitmentName, RecordCommitments, Row};
use crate::recorder::{Answer, Command, Order, Request};

/// Most batches of one stream that wait for their answer; then the stream is not read.
pub const BATCHES_UNANSWERED_MAX: usize = 4;

/// A batch whose rows are checked.
pub struct Batch {
    names: Vec<Option<CommitmentName>>,
    validate_only: bool,
    order: Order,
}

impl Batch {
    /// Parses and checks a batch, off the async threads: this is the work that all cores share.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST_ID`, `BATCH_EMPTY`, `BATCH_TOO_LARGE`.
    pub async fn checked(
        context: &Context,
        principal: Principal,
        mut request: pb::RecordCommitmentsRequest,
    ) -> Result<Self, Refusal> {
        let id = requests::request_id(&request.request_id)?;
        requests::batch_size(request.rows.len())?;
        let policies = Arc::clone(&context.shared.policies);
        let today = context.today();
        let parse = move || {
            request.request_id.clear();
            let hash = requests::request_hash("RecordCommitments", &request);
            let rows: Vec<Row> = request
                .rows
                .into_iter()
                .map(|row| {
                    let reported = requests::reported(row);
                    Row {
                        name: requests::name_of(&reported),
                        checked: check(&reported, &policies.catalog, today),
                    }
                })
                .collect();
            let names = rows.iter().map(|row| row.name).collect();
            let command = RecordCommitments {
                rows,
                correct_performance: request.correct_performance,
            };
            let order = Order {
                principal,
                request: Some(Request { id, hash }),
                validate_only: request.validate_only,
                command: Command::RecordCommitments(command),
                deadline: None,
            };
            Ok(Self {
                names,
                validate_only: request.validate_only,
                order,
            })
        };
        context.readers.run(parse).await
    }

    /// Records a batch that came by itself.
    ///
    /// # Errors
    /// `INGEST_QUEUE_FULL` and every refusal of the recorder.
    pub async fn recorded(
        self,
        context: &Context,
        extensions: &Extensions,
    ) -> Result<(pb::CommitmentBatchResult, Answer), Refusal> {
        let order = Order {
            deadline: context.deadline(extensions),
            ..self.order
        };
        let answer = context.recorder.submit(order).await?;
        Ok((result(&self.names, self.validate_only, &answer), answer))
    }
}

fn result(
    names: &[Option<CommitmentName>],
    validate_only: bool,
    answer: &Answer,
) -> pb::CommitmentBatchResult {
    let answered = BatchAnswered {
        place: answer.place,
        replayed: answer.replayed,
        validate_only,
    };
    batch_result(answered, names.iter().copied().zip(&answer.outcomes))
}

type Item = Result<pb::ImportCommitmentsResponse, Status>;

/// The answers of one import stream, in the order of the batches.
pub struct Answers {
    /// `None` is the end as it ought to be; a channel that closes without it lost its task.
    items: mpsc::Receiver<Option<Item>>,
    ended: bool,
}

impl Stream for Answers {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let Poll::Ready(item) = self.items.poll_recv(task) else {
            return Poll::Pending;
        };
        self.ended = !matches!(item, Some(Some(Ok(_))));
        // A lost task has panicked: so does its caller, who then has an incident to name.
        Poll::Ready(item.expect("the task of an import stream sends an end"))
    }
}

/// Takes batches from a stream and answers them in order.
///
/// Reading and answering run side by side, so that the next batch is checked while the one before it is
/// being synced. When the server stops, what was taken up is answered first.
pub fn import(
    context: Context,
    principal: Principal,
    batches: Streaming<pb::ImportCommitmentsRequest>,
) -> Answers {
    let (answers, items) = mpsc::channel(1);
    let (taken, open) = mpsc::channel(BATCHES_UNANSWERED_MAX);
    tokio::spawn(async move {
        let gone = answers.clone();
        let (end, ()) = tokio::join!(
            async {
                tokio::select! {
                    end = take(&context, principal, batches, taken) => end,
                    () = gone.closed() => None,
                }
            },
            answer(open, &answers)
        );
        // If nobody listens any more, nobody misses the end either.
        _ = answers.send(end.map(Err)).await;
    });
    Answers { items, ended: false }
}

/// A batch that was taken up, with the place it holds among the unanswered ones.
struct Open {
    request_id: String,
    answer: Pin<Box<dyn Future<Output = Result<pb::CommitmentBatchResult, Refusal>> + Send>>,
    _place: tokio::sync::OwnedSemaphorePermit,
}

/// Reads batches and hands them to the recorder; returns how the stream is to end.
async fn take(
    context: &Context,
    principal: Principal,
    mut batches: Streaming<pb::ImportCommitmentsRequest>,
    taken: mpsc::Sender<Open>,
) -> Option<Status> {
    let places = Arc::new(Semaphore::new(BATCHES_UNANSWERED_MAX));
    let mut stopping = context.stopping.clone();
    loop {
        let next = async {
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            (batches.message().await, place)
        };
        let (message, place) = tokio::select! {
            biased;
            () = async { _ = stopping.wait_for(|stopping| *stopping).await } => {
                return Some(Refusal::plain(Reason::ShuttingDown).into());
            }
            next = next => next,
        };
        let batch = match message {
            Ok(Some(batch)) => batch,
            Ok(None) => return None,
            Err(status) if is_gone(&status) => return None,
            Err(status) => return Some(status),
        };
        let request_id = batch.request_id.clone();
        let answer = taken_up(context, principal.clone(), batch).await;
        if taken
            .send(Open {
                request_id,
                answer,
                _place: place,
            })
            .await
            .is_err()
        {
            return None;
        }
    }
}

/// Puts a batch into the recorder's queue, waiting for a place there: a stream is held back, not refused.
async fn taken_up(
    context: &Context,
    principal: Principal,
    batch: pb::ImportCommitmentsRequest,
) -> Pin<Box<dyn Future<Output = Result<pb::CommitmentBatchResult, Refusal>> + Send>> {
    let pb::ImportCommitmentsRequest {
        request_id,
        rows,
        validate_only,
        correct_performance,
    } = batch;
    let request = pb::RecordCommitmentsRequest {
        request_id,
        rows,
        validate_only,
        correct_performance,
    };
    let queued = async {
        let Batch {
            names,
            validate_only,
            order,
        } = Batch::checked(context, principal, request).await?;
        let answer = context.recorder.enqueue(order).await?;
        Ok((names, validate_only, answer))
    };
    match queued.await {
        Err(refusal) => Box::pin(std::future::ready(Err(refusal))),
        Ok((names, validate_only, answer)) => {
            Box::pin(async move { Ok(result(&names, validate_only, &answer.await?)) })
        }
    }
}

/// Answers batches in their order; a batch gives up its place once its answer is on its way.
async fn answer(mut open: mpsc::Receiver<Open>, answers: &mpsc::Sender<Option<Item>>) {
    while let Some(Open {
        request_id,
        answer,
        _place,
    }) = open.recv().await
    {
        let answer = match answer.await {
            Ok(result) => Answered::Result(result),
            Err(refusal) => Answered::Refusal(status_message(&refusal)),
        };
        let response = pb::ImportCommitmentsResponse {
            request_id,
            answer: Some(answer),
        };
        if answers.send(Some(Ok(response))).await.is_err() {
            return;
        }
    }
}
