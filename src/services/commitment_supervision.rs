//! `CommitmentService`, the part about what comes after the form: due lists, breaches, revivals.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::commitment_service::{Commitments, shown};
use super::context::reflecting;
use super::convert::requests::{self, WITHDRAWAL_REASON_LENGTH_MAX};
use super::convert::{answers, supervision};
use super::page::{Listing, PageKey, question};
use super::pb;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::ingest::breach::{RecordBreach, ReviveCommitment};
use crate::ingest::due::{self, Due, DueKey, DueState, Part, Tally, WITHIN_MAX};
use crate::ingest::read;
use crate::recorder::{Command, Order, Request as Asked};

impl PageKey for DueKey {
    fn bytes(&self) -> Vec<u8> {
        [&self.on.to_be_bytes()[..], &self.first.0.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (on, first) = bytes.split_first_chunk::<4>()?;
        Some(Self {
            on: u32::from_be_bytes(*on),
            first: Revision(u64::from_be_bytes(first.try_into().ok()?)),
        })
    }
}

impl Commitments {
    pub(super) async fn revived(
        &self,
        request: Request<pb::ReviveCommitmentRequest>,
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
                hash: requests::request_hash("ReviveCommitment", &message),
            }),
            validate_only: message.validate_only,
            command: Command::Revive(ReviveCommitment { name, reason }),
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

    pub(super) async fn breach_recorded(
        &self,
        request: Request<pb::RecordBreachRequest>,
    ) -> Result<Response<pb::RecordBreachResponse>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        let name = requests::commitment_name("commitment", &message.commitment)?;
        self.0.own_commitment(&extensions, &name)?;
        message.request_id.clear();
        let hash = requests::request_hash("RecordBreach", &message);
        let empty = || Refusal::plain(Reason::MalformedValue).violating("breach", "is required");
        let reported = supervision::reported_breach(message.breach.ok_or_else(empty)?);
        let order = Order {
            principal,
            request: Some(Asked { id, hash }),
            validate_only: message.validate_only,
            command: Command::RecordBreach(Box::new(RecordBreach {
                name,
                reported,
                correct: message.correct,
            })),
            deadline: self.0.deadline(&extensions),
        };
        let answer = self.0.recorder.submit(order).await?;
        let least = answer.place.to_string();
        let stands = self.0.read(&least, move |reading| {
            let read = read::commitment(reading.view, reading.facts, &name, 0)?;
            Ok(shown(&read, reading.place).breach)
        });
        let breach = stands.await?.into_inner().filter(|_| !message.validate_only);
        let outcome = answer.outcomes.first();
        let response = pb::RecordBreachResponse {
            revision: answer.place.to_string(),
            replayed: answer.replayed,
            commitment: name.to_string(),
            outcome: outcome.map_or(0, |one| one.outcome.number().into()),
            snapshot: outcome.map_or(0, |one| one.snapshot),
            findings: outcome
                .into_iter()
                .flat_map(|one| one.findings.iter().map(answers::finding))
                .collect(),
            breach,
        };
        Ok(reflecting(response, answer.place))
    }

    pub(super) async fn due_listed(
        &self,
        request: Request<pb::ListDueCommitmentsRequest>,
    ) -> Result<Response<pb::ListDueCommitmentsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = requests::filter(message.filter.as_ref())?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let size = requests::page_size(message.page_size)?;
        let as_of = requests::optional_date("as_of", &message.as_of)?.unwrap_or(self.0.today());
        let within = message.within_working_days;
        if within > WITHIN_MAX {
            let wrong = format!("is more than {WITHIN_MAX}");
            return Err(Refusal::plain(Reason::MalformedValue)
                .violating("within_working_days", wrong)
                .into());
        }
        let state = due_state(message.state)?;
        let asked = pb::ListDueCommitmentsRequest {
            as_of: as_of.to_string(),
            page_size: 0,
            page_token: String::new(),
            min_revision: String::new(),
            ..message.clone()
        };
        let asked = question("ListDueCommitments", Some(&asked));
        let policies = Arc::clone(&self.0.shared.policies);
        self.0
            .read(&message.min_revision, move |reading| {
                let list = Listing::<DueKey>::at(&message.page_token, asked, reading)?;
                let wanted = read::resolve(reading.view, filter)?;
                let wants = due::Question {
                    as_of,
                    within,
                    state,
                    calendar: &policies.calendar,
                };
                let part = Part {
                    after: list.after,
                    until: list.first_page.revision,
                    size,
                };
                let (page, total) = due::list(reading.view, reading.facts, &wanted, &wants, part)?;
                let shown = |due: &Due| pb::DueCommitment {
                    commitment: Some(shown(&due.read, reading.place)),
                    state: match due.state {
                        DueState::Due => pb::DueState::Due,
                        DueState::Overdue => pb::DueState::Overdue,
                    }
                    .into(),
                    due_on: due.on.to_string(),
                    working_days_left: due.left,
                    working_days_overdue: due.overdue,
                };
                Ok(pb::ListDueCommitmentsResponse {
                    commitments: page.items.iter().map(shown).collect(),
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                    total,
                    as_of: as_of.to_string(),
                })
            })
            .await
    }

    pub(super) async fn performance_counted(
        &self,
        request: Request<pb::CountPerformanceRequest>,
    ) -> Result<Response<pb::CountPerformanceResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = requests::filter(message.filter.as_ref())?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let dimensions = requests::dimensions(&message.group_by)?;
        let as_of = requests::optional_date("as_of", &message.as_of)?.unwrap_or(self.0.today());
        self.0
            .read(&message.min_revision, move |reading| {
                let wanted = read::resolve(reading.view, filter)?;
                let (total, counts) = due::count(reading.view, &wanted, &dimensions, as_of)?;
                let rows = counts.iter().map(|(keys, tally)| counted(keys, tally));
                Ok(pb::CountPerformanceResponse {
                    revision: reading.place.to_string(),
                    as_of: as_of.to_string(),
                    total: Some(counted(&[], &total)),
                    rows: rows.collect(),
                })
            })
            .await
    }
}

fn counted(keys: &[read::CountKey], tally: &Tally) -> pb::PerformanceCount {
    pb::PerformanceCount {
        keys: keys.iter().map(|key| answers::count_key(*key)).collect(),
        commitments: tally.commitments,
        fell_due: tally.fell_due,
        recorded: tally.recorded(),
        full: tally.full,
        partial: tally.partial,
        unperformed: tally.unperformed,
        recorded_early: tally.recorded_early,
        ratio_basis_points: tally.ratio_basis_points(),
    }
}

fn due_state(number: i32) -> Result<Option<DueState>, Refusal> {
    match pb::DueState::try_from(number) {
        Ok(pb::DueState::Unspecified) => Ok(None),
        Ok(pb::DueState::Due) => Ok(Some(DueState::Due)),
        Ok(pb::DueState::Overdue) => Ok(Some(DueState::Overdue)),
        Err(_) => Err(Refusal::plain(Reason::MalformedValue).violating("state", "is not on the list")),
    }
}
