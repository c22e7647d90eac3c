//! Rows that have a call of their own each: performance of commitments, ends of records.
//!
//! Made to look like a stream of batches, so that what is not answered is called again under the same ids.
//! Read first: [`Call`].

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::commitments;
use super::driver::passes;
use super::lane::{Answered, Answers, Lane};
use super::outcome::{BatchOutcome, Found, RowOutcome, became, found};
use super::reading::Taken;
use super::texts::Texts;
use crate::commands::demo::wire_rows;
use crate::domain::finding::CheckKind;
use crate::domain::layout::{Layout, Layouts};
use crate::services::pb;
use crate::services::pb::commitment_service_client::CommitmentServiceClient;

/// Calls of one batch that are open at a time.
const CALLS_MAX: usize = 16;

/// What one row asks for.
pub trait Call: Send + Sync + 'static {
    /// The row on the wire, without its request id.
    type Row: prost::Message + Clone + Send + 'static;

    /// The request of a row.
    fn row(&self, taken: &Taken) -> Self::Row;

    /// Calls; a status is the call's failure.
    fn call(
        &self,
        channel: Channel,
        row: Self::Row,
        id: String,
    ) -> impl Future<Output = Result<Done, Box<Status>>> + Send;

    /// The item that a field of a refusal means; empty for the row as a whole.
    fn item(&self, field: &str) -> String;
}

/// What became of the row of a call that was answered.
pub struct Done {
    pub row: RowOutcome,
    pub revision: String,
    pub is_replayed: bool,
}

/// A lane of single calls.
pub struct Calls<C>(Arc<C>);

impl<C: Call> Calls<C> {
    /// The lane of this call.
    pub fn new(call: C) -> Self {
        Self(Arc::new(call))
    }
}

/// The rows of a batch under its id.
#[derive(Clone)]
pub struct Rows<R> {
    id: String,
    rows: Vec<R>,
}

impl<C: Call> Lane for Calls<C> {
    type Request = Rows<C::Row>;
    type Answer = Answered;

    fn request(&self, rows: &[Taken]) -> Self::Request {
        Rows {
            id: String::new(),
            rows: rows.iter().map(|taken| self.0.row(taken)).collect(),
        }
    }

    fn content(request: &Self::Request) -> Vec<u8> {
        let rows = request.rows.iter();
        rows.flat_map(prost::Message::encode_length_delimited_to_vec)
            .collect()
    }

    fn name(request: &mut Self::Request, id: String) {
        request.id = id;
    }

    async fn open(
        &self,
        channel: Channel,
        requests: ReceiverStream<Self::Request>,
    ) -> Result<Answers<Answered>, Status> {
        let call = self.0.clone();
        let answers = requests.then(move |request| {
            let (call, channel) = (call.clone(), channel.clone());
            async move {
                let id = request.id.clone();
                let outcome = call_all(&call, &channel, request).await;
                Ok(Answered {
                    request_id: id,
                    outcome,
                })
            }
        });
        Ok(Box::pin(answers))
    }

    fn read(&self, answer: Answered) -> Option<Answered> {
        Some(answer)
    }
}

async fn call_all<C: Call>(
    call: &Arc<C>,
    channel: &Channel,
    request: Rows<C::Row>,
) -> Result<BatchOutcome, Box<Status>> {
    let space = Uuid::parse_str(&request.id).expect("a request id is made as a UUID");
    let mut waiting = request.rows.into_iter().enumerate();
    let mut open = JoinSet::new();
    let mut rows = Vec::new();
    let mut outcome = BatchOutcome {
        is_replayed: true,
        ..BatchOutcome::default()
    };
    loop {
        while open.len() < CALLS_MAX
            && let Some((place, row)) = waiting.next()
        {
            let id = Uuid::new_v5(&space, &place.to_be_bytes()).to_string();
            let (call, channel) = (call.clone(), channel.clone());
            open.spawn(async move {
                let answer = call.call(channel, row, id).await;
                (place, answer.or_else(|status| refused(&*call, status)))
            });
        }
        let Some(ended) = open.join_next().await else {
            break;
        };
        let (place, done) = ended.expect("a call's task does not panic");
        let done = done?;
        outcome.is_replayed &= done.is_replayed;
        if !done.revision.is_empty() {
            outcome.revision = done.revision;
        }
        rows.push((place, done.row));
    }
    rows.sort_by_key(|(place, _)| *place);
    outcome.rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(outcome)
}

/// A failure that says what is wrong with the row is its refusal; one that passes is none.
fn refused<C: Call>(call: &C, status: Box<Status>) -> Result<Done, Box<Status>> {
    if passes(&status) || status.get_details_error_info().is_none() {
        return Err(status);
    }
    let whole = status.get_details_localized_message().map(|said| said.message);
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations);
    let mut all: Vec<Found> = Vec::new();
    for violation in violations.unwrap_or_default() {
        let chinese = violation.localized_message.map(|said| said.message);
        all.push(Found {
            item: call.item(&violation.field),
            kind: CheckKind::Reject,
            chinese: chinese.unwrap_or_else(|| violation.description.clone()),
            english: violation.description,
        });
    }
    if all.is_empty() {
        all.push(Found {
            item: String::new(),
            kind: CheckKind::Reject,
            english: status.message().to_owned(),
            chinese: whole.unwrap_or_else(|| status.message().to_owned()),
        });
    }
    Ok(Done {
        row: RowOutcome {
            became: super::outcome::Became::Refused,
            found: all,
            performance: None,
        },
        revision: String::new(),
        is_replayed: false,
    })
}

/// Performance of commitments that comes by itself.
pub struct Performances {
    pub layouts: Layouts,
    pub layout: Layout,
    pub is_check: bool,
    /// What differs from the recorded performance is a correction of it.
    pub corrects: bool,
}

/// Items of the layout of performances that the service does not record.
pub const PERFORMANCE_UNSENT: [&str; 1] = ["remarks"];

impl Call for Performances {
    type Row = pb::RecordPerformanceRequest;

    fn row(&self, taken: &Taken) -> pb::RecordPerformanceRequest {
        let texts = Texts::new(&self.layouts, &self.layout, &taken.items);
        let performance = commitments::performance(&self.layouts, &self.layout, &taken.items);
        pb::RecordPerformanceRequest {
            request_id: String::new(),
            commitment: format!(
                "commitments/{}-{}",
                texts.code("acceptanceUnitIdentify"),
                texts.text("code")
            ),
            performance: Some(
                performance
                    .as_ref()
                    .map(wire_rows::performance)
                    .unwrap_or_default(),
            ),
            correct: self.corrects,
            validate_only: self.is_check,
        }
    }

    async fn call(
        &self,
        channel: Channel,
        row: pb::RecordPerformanceRequest,
        id: String,
    ) -> Result<Done, Box<Status>> {
        let request = pb::RecordPerformanceRequest {
            request_id: id,
            ..row
        };
        let answer = CommitmentServiceClient::new(channel)
            .record_performance(request)
            .await;
        let answer = answer.map_err(Box::new)?.into_inner();
        let result = answer.result.unwrap_or_default();
        let became =
            became(result.outcome).ok_or_else(|| Box::new(Status::data_loss("an answer without outcome")))?;
        let item = |field: &str| self.item(field);
        Ok(Done {
            row: RowOutcome {
                became,
                found: result
                    .findings
                    .into_iter()
                    .map(|finding| found(finding, &item))
                    .collect(),
                performance: None,
            },
            revision: answer.revision,
            is_replayed: answer.replayed,
        })
    }

    fn item(&self, field: &str) -> String {
        match field {
            "commitment" => "code".to_owned(),
            _ => {
                let inner = field.strip_prefix("performance.").unwrap_or(field);
                commitments::item_of(&format!("performance.{inner}")).to_owned()
            }
        }
    }
}
