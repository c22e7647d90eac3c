//! A batch of rows from the wire to the recorder and back, alone or in a stream, whatever it reports.
//!
//! What differs between commitments and other records is said by [`Rows`]. Read first:
//! [`Batch::checked`]; then [`import`].

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use prost::Message;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::Stream;
use tonic::{Extensions, Status, Streaming};

use super::context::{Context, is_gone};
use super::convert::answers::BatchAnswered;
use super::convert::requests;
use super::gate::Caller;
use super::status::status_message;
use crate::domain::caller::Scope;
use crate::domain::civil_date::CivilDate;
use crate::domain::refusal::{Reason, Refusal};
use crate::recorder::{Answer, Command, Order, Request, Shared};

/// Most batches of one stream that wait for their answer; then the stream is not read.
pub const BATCHES_UNANSWERED_MAX: usize = 4;

/// The rows of one kind of batch, as they come and as they are answered.
pub trait Rows: 'static {
    /// Name of the unary method; part of the hash of a request, however it came.
    const METHOD: &'static str;
    /// A batch by itself.
    type Request: Message + Default + Send;
    /// A batch of a stream.
    type Streamed: Message + Default + Send + Into<Self::Request>;
    /// What is kept of the rows for their answer.
    type Named: Send;
    /// The answer to a batch.
    type Result: Send;
    /// The answer to a batch of a stream.
    type Response: Send + 'static;

    /// The field that holds the request id.
    fn request_id(request: &mut Self::Request) -> &mut String;
    /// How many rows there are.
    fn count(request: &Self::Request) -> usize;
    fn validate_only(request: &Self::Request) -> bool;
    /// Checks every row against the data in force, received `today`.
    fn checked(request: Self::Request, shared: &Shared, today: CivilDate) -> (Self::Named, Command);
    /// The first row that lies outside the bounds of its caller; none where the method has no bounds.
    fn outside(_command: &Command, _scope: &Scope, _shared: &Shared) -> Option<usize> {
        None
    }
    /// The answer to a batch that was taken up.
    fn result(named: &Self::Named, answered: BatchAnswered, answer: &Answer) -> Self::Result;
    /// The same, or the refusal of the whole batch, as an answer in a stream.
    fn response(request_id: String, answer: Result<Self::Result, tonic_types::Status>) -> Self::Response;
}

/// A batch whose rows are checked.
pub struct Batch<R: Rows> {
    named: R::Named,
    validate_only: bool,
    order: Order,
}

impl<R: Rows> Batch<R> {
    /// Parses and checks a batch, off the async threads: this is the work that all cores share.
    ///
    /// # Errors
    /// `PERMISSION_REFUSED` for a row of another department or body, `MALFORMED_REQUEST_ID`, `BATCH_EMPTY`,
    /// `BATCH_TOO_LARGE`.
    pub async fn checked(
        context: &Context,
        caller: &Caller,
        mut request: R::Request,
    ) -> Result<Self, Refusal> {
        let id = requests::request_id(R::request_id(&mut request))?;
        requests::batch_size(R::count(&request))?;
        let shared = Arc::clone(&context.shared);
        let today = context.today();
        // The list may have changed since a stream began.
        let caller = context.gate.again(caller)?;
        let parse = move || {
            R::request_id(&mut request).clear();
            let hash = requests::request_hash(R::METHOD, &request);
            let validate_only = R::validate_only(&request);
            let (named, command) = R::checked(request, &shared, today);
            if let Some(index) = R::outside(&command, caller.scope(), &shared) {
                return Err(foreign_row(index));
            }
            let order = Order {
                principal: caller.principal().clone(),
                request: Some(Request { id, hash }),
                validate_only,
                command,
                deadline: None,
            };
            Ok(Self {
                named,
                validate_only,
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
    ) -> Result<(R::Result, Answer), Refusal> {
        let order = Order {
            deadline: context.deadline(extensions),
            ..self.order
        };
        let answer = context.recorder.submit(order).await?;
        Ok((result::<R>(&self.named, self.validate_only, &answer), answer))
    }
}

fn foreign_row(index: usize) -> Refusal {
    Refusal::new(
        Reason::PermissionRefused,
        format!("row {index} is of a body that is not the caller's"),
        format!("第 {index} 行（从 0 起）所属单位不在调用方的权限范围内"),
    )
    .with("row", index.to_string())
}

fn result<R: Rows>(named: &R::Named, validate_only: bool, answer: &Answer) -> R::Result {
    let answered = BatchAnswered {
        place: answer.place,
        replayed: answer.replayed,
        validate_only,
    };
    R::result(named, answered, answer)
}

type Item<T> = Result<T, Status>;

/// The answers of one import stream, in the order of the batches.
pub struct Answers<T> {
    /// `None` is the end as it ought to be; a channel that closes without it lost its task.
    items: mpsc::Receiver<Option<Item<T>>>,
    ended: bool,
}

impl<T> Stream for Answers<T> {
    type Item = Item<T>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Item<T>>> {
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
pub fn import<R: Rows>(
    context: Context,
    caller: Caller,
    batches: Streaming<R::Streamed>,
) -> Answers<R::Response> {
    let (answers, items) = mpsc::channel(1);
    let (taken, open) = mpsc::channel(BATCHES_UNANSWERED_MAX);
    tokio::spawn(async move {
        let gone = answers.clone();
        let (end, ()) = tokio::join!(
            async {
                tokio::select! {
                    end = take::<R>(&context, &caller, batches, taken) => end,
                    () = gone.closed() => None,
                }
            },
            answer::<R>(open, &answers)
        );
        // If nobody listens any more, nobody misses the end either.
        _ = answers.send(end.map(Err)).await;
    });
    Answers { items, ended: false }
}

type Answering<R> = Pin<Box<dyn Future<Output = Result<<R as Rows>::Result, Refusal>> + Send>>;

/// A batch that was taken up, with the place it holds among the unanswered ones.
struct Open<R: Rows> {
    request_id: String,
    answer: Answering<R>,
    _place: tokio::sync::OwnedSemaphorePermit,
}

/// Reads batches and hands them to the recorder; returns how the stream is to end.
async fn take<R: Rows>(
    context: &Context,
    caller: &Caller,
    mut batches: Streaming<R::Streamed>,
    taken: mpsc::Sender<Open<R>>,
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
        let mut batch: R::Request = match message {
            Ok(Some(batch)) => batch.into(),
            Ok(None) => return None,
            Err(status) if is_gone(&status) => return None,
            Err(status) => return Some(status),
        };
        let request_id = R::request_id(&mut batch).clone();
        let answer = taken_up::<R>(context, caller, batch).await;
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
async fn taken_up<R: Rows>(context: &Context, caller: &Caller, request: R::Request) -> Answering<R> {
    let queued = async {
        let Batch {
            named,
            validate_only,
            order,
        } = Batch::<R>::checked(context, caller, request).await?;
        let answer = context.recorder.enqueue(order).await?;
        Ok((named, validate_only, answer))
    };
    match queued.await {
        Err(refusal) => Box::pin(std::future::ready(Err(refusal))),
        Ok((named, validate_only, answer)) => Box::pin(async move {
            let answer = answer.await?;
            Ok(result::<R>(&named, validate_only, &answer))
        }),
    }
}

/// Answers batches in their order; a batch gives up its place once its answer is on its way.
async fn answer<R: Rows>(
    mut open: mpsc::Receiver<Open<R>>,
    answers: &mpsc::Sender<Option<Item<R::Response>>>,
) {
    while let Some(Open {
        request_id,
        answer,
        _place,
    }) = open.recv().await
    {
        let answer = answer.await.map_err(|refusal| status_message(&refusal));
        let response = R::response(request_id, answer);
        if answers.send(Some(Ok(response))).await.is_err() {
            return;
        }
    }
}
