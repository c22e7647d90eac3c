//! Sends a year through the service's client and keeps what the answers say.
//!
//! Nothing here looks at the plan's counts: what is tallied comes from the answers alone.

use std::collections::VecDeque;
use std::time::Duration;

use prost_types::Timestamp;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::import::{Commitments, Memberships, Records, Register, import};
use super::tally::{Tally, bare, differs, note};
use super::wire_rows;
use crate::domain::revision::Instant;
use crate::services::pb;
use crate::services::pb::commitment_service_client::CommitmentServiceClient;
use crate::services::pb::grading_service_client::GradingServiceClient;
use crate::services::pb::operations_service_client::OperationsServiceClient;
use crate::services::pb::record_service_client::RecordServiceClient;
use crate::services::pb::subject_service_client::SubjectServiceClient;
use crate::testkit::plan::{PerformanceSend, Step, Withdrawal};
use crate::testkit::record_plan::EndSend;

/// Single calls under way at a time.
const CALLS: usize = 32;
/// Times a batch or call is sent again because the queue was full.
pub(super) const ATTEMPTS_MAX: u32 = 100;
/// Largest answer taken, in bytes: a batch's findings in two languages.
const ANSWER_SIZE_MAX: usize = 16 << 20;

/// Why a year could not be sent to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{call} failed: {}: {}", .status.code(), .status.message())]
    Call { call: &'static str, status: Box<Status> },
    #[error("the service broke the contract: {0}")]
    Contract(String),
    #[error("the queue stayed full over {ATTEMPTS_MAX} attempts")]
    QueueFull,
}

/// The service's clients over one channel.
#[derive(Clone, Debug)]
pub struct Clients {
    pub commitments: CommitmentServiceClient<Channel>,
    pub operations: OperationsServiceClient<Channel>,
    pub subjects: SubjectServiceClient<Channel>,
    pub records: RecordServiceClient<Channel>,
    pub grading: GradingServiceClient<Channel>,
}

impl Clients {
    #[must_use]
    pub fn new(channel: &Channel) -> Self {
        Self {
            commitments: CommitmentServiceClient::new(channel.clone())
                .max_decoding_message_size(ANSWER_SIZE_MAX),
            operations: OperationsServiceClient::new(channel.clone()),
            subjects: SubjectServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_SIZE_MAX),
            records: RecordServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_SIZE_MAX),
            grading: GradingServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_SIZE_MAX),
        }
    }
}

/// Sends the steps in order. `progress` is told of every row, call and day that is answered.
///
/// Days before the clock's are not turned again: a second run over a folder starts at its last instant.
///
/// # Errors
/// [`Error`]; a row that is answered otherwise than planned is no error but a surprise of the tally.
pub async fn drive(clients: &Clients, sends: &[Step], progress: &mut dyn FnMut(u64)) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let mut clock = now(clients).await?;
    for step in sends {
        match step {
            Step::Advance(to) if *to > clock => {
                advance(clients, *to).await?;
                clock = *to;
            }
            Step::Advance(_) => {}
            Step::Import(batches) => {
                import::<Commitments>(clients, batches.iter(), &mut tally, progress).await?;
            }
            Step::Perform(sends) => perform(clients, sends, &mut tally, progress).await?,
            Step::Withdraw(withdrawals) => withdraw(clients, withdrawals, &mut tally, progress).await?,
            Step::Register(register) => {
                import::<Register>(clients, register.batches(), &mut tally, progress).await?;
            }
            Step::RegisterRows(batches) => {
                import::<Register>(clients, batches.iter().cloned(), &mut tally, progress).await?;
            }
            Step::Memberships(batches) => {
                import::<Memberships>(clients, batches.iter(), &mut tally, progress).await?;
            }
            Step::Records(batches) => {
                import::<Records>(clients, batches.iter(), &mut tally, progress).await?;
            }
            Step::End(sends) => end(clients, sends, &mut tally, progress).await?,
        }
    }
    Ok(tally)
}

pub(super) fn failed(call: &'static str) -> impl FnOnce(Status) -> Error {
    move |status| Error::Call {
        call,
        status: Box::new(status),
    }
}

/// Where the test clock stands.
async fn now(clients: &Clients) -> Result<Instant, Error> {
    let info = clients
        .operations
        .clone()
        .get_server_info(pb::GetServerInfoRequest::default())
        .await;
    let info = info.map_err(failed("GetServerInfo"))?.into_inner();
    Ok(info.clock.map_or(Instant(i64::MIN), |clock| instant(&clock)))
}

/// Moves the clock on, unless it stands there or behind it already.
pub(super) async fn advance_to(clients: &Clients, to: Instant) -> Result<(), Error> {
    if now(clients).await? < to {
        advance(clients, to).await?;
    }
    Ok(())
}

async fn advance(clients: &Clients, to: Instant) -> Result<(), Error> {
    let to = Timestamp {
        seconds: to.0.div_euclid(1_000_000_000),
        nanos: i32::try_from(to.0.rem_euclid(1_000_000_000)).expect("nanoseconds of a second"),
    };
    let request = pb::AdvanceClockRequest {
        to: Some(pb::advance_clock_request::To::Instant(to)),
    };
    clients
        .operations
        .clone()
        .advance_clock(request)
        .await
        .map_err(failed("AdvanceClock"))?;
    Ok(())
}

fn instant(stamp: &Timestamp) -> Instant {
    Instant(stamp.seconds * 1_000_000_000 + i64::from(stamp.nanos))
}

pub(super) fn status_of(refusal: tonic_types::Status) -> Status {
    let details = prost::Message::encode_to_vec(&refusal).into();
    Status::with_details(Code::from_i32(refusal.code), refusal.message, details)
}

/// How long to wait before sending again; an error for a refusal that waiting does not mend.
pub(super) fn retry_delay(status: &Status, call: &'static str) -> Result<Duration, Error> {
    let retry = status
        .get_details_retry_info()
        .and_then(|retry| retry.retry_delay);
    match (status.code(), retry) {
        (Code::ResourceExhausted, Some(delay)) => Ok(delay),
        _ => Err(failed(call)(status.clone())),
    }
}

async fn perform(
    clients: &Clients,
    sends: &[PerformanceSend],
    tally: &mut Tally,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let mut open: VecDeque<&PerformanceSend> = sends.iter().collect();
    let mut calls = JoinSet::new();
    while !open.is_empty() || !calls.is_empty() {
        while calls.len() < CALLS
            && let Some(send) = open.pop_front()
        {
            let mut client = clients.commitments.clone();
            let planned = send.outcome;
            let request = pb::RecordPerformanceRequest {
                request_id: send.request_id.to_string(),
                commitment: send.commitment.clone(),
                performance: Some(wire_rows::performance(&send.performance)),
                correct: send.correct,
                validate_only: false,
            };
            calls.spawn(async move {
                for _ in 0..ATTEMPTS_MAX {
                    match client.record_performance(request.clone()).await {
                        Ok(answer) => return (planned, Ok(answer.into_inner())),
                        Err(status) if reason_of(&status) == "PERFORMANCE_EXISTS" => {
                            return (planned, Ok(refused_performance(request.commitment)));
                        }
                        Err(status) => match retry_delay(&status, "RecordPerformance") {
                            Ok(delay) => tokio::time::sleep(delay).await,
                            Err(error) => return (planned, Err(error)),
                        },
                    }
                }
                (planned, Err(Error::QueueFull))
            });
        }
        let Some(ended) = calls.join_next().await else {
            continue;
        };
        let (planned, answer) = ended.expect("a call's task does not panic");
        let answer = answer?;
        let Some(result) = answer.result else {
            return Err(Error::Contract(
                "a performance answered without result".to_owned(),
            ));
        };
        let outcome = bare(result.outcome().as_str_name(), "OUTCOME_");
        *tally.performance_outcomes.entry(outcome).or_default() += 1;
        if let Some(surprise) = differs(planned, result.outcome(), &result.findings) {
            note(tally, format!("performance of {}: {surprise}", answer.commitment));
        }
        progress(1);
    }
    Ok(())
}

/// The reason that a failed call carries; empty if it carries none.
fn reason_of(status: &Status) -> String {
    status
        .get_details_error_info()
        .map_or_else(String::new, |info| info.reason)
}

/// A single call that meets another performance fails; in numbers it is a refused record.
fn refused_performance(commitment: String) -> pb::RecordPerformanceResponse {
    let finding = pb::Finding {
        rule: pb::FindingRule::PerformanceExists.into(),
        kind: pb::CheckKind::Reject.into(),
        ..pb::Finding::default()
    };
    let result = pb::PerformanceResult {
        outcome: pb::Outcome::Refused.into(),
        findings: vec![finding],
        ..pb::PerformanceResult::default()
    };
    pb::RecordPerformanceResponse {
        commitment,
        result: Some(result),
        ..pb::RecordPerformanceResponse::default()
    }
}

async fn withdraw(
    clients: &Clients,
    withdrawals: &[Withdrawal],
    tally: &mut Tally,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    for withdrawal in withdrawals {
        let request = pb::WithdrawCommitmentRequest {
            request_id: withdrawal.request_id.to_string(),
            name: withdrawal.commitment.clone(),
            reason: withdrawal.reason.clone(),
            validate_only: false,
        };
        let mut client = clients.commitments.clone();
        // One call at a time cannot fill the queue.
        let answer = client
            .withdraw_commitment(request)
            .await
            .map_err(failed("WithdrawCommitment"))?
            .into_inner();
        if answer.state() != pb::CommitmentState::Withdrawn {
            note(
                tally,
                format!("{} is not withdrawn after its withdrawal", withdrawal.commitment),
            );
        }
        tally.withdrawals += 1;
        progress(1);
    }
    Ok(())
}

/// Brings records to their ends, by the names that their rows were answered with.
async fn end(
    clients: &Clients,
    sends: &[EndSend],
    tally: &mut Tally,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    for send in sends {
        let name = tally.names.get(&send.record).cloned();
        let name = name.ok_or_else(|| Error::Contract("a record was recorded without a name".to_owned()))?;
        let request = wire_rows::end(send, &name);
        // One call at a time cannot fill the queue.
        let answer = clients.records.clone().end_record(request).await;
        let answer = answer.map_err(failed("EndRecord"))?.into_inner();
        if answer.ending.is_none() {
            note(tally, format!("{name} stands after its end"));
        }
        progress(1);
    }
    Ok(())
}
