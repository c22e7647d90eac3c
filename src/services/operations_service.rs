//! `OperationsService`: what runs here, where the ledger stands, and the test clock.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use tonic::{Request, Response, Status};

use super::context::{Context, reflecting, refusal};
use super::convert::{instant, requests, timestamp};
use super::pb;
use super::pb::advance_clock_request::To;
use super::pb::operations_service_server::OperationsService;
use crate::clock::Clock;
use crate::domain::catalog::Division;
use crate::domain::civil_date::CivilDate;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Instant;
use crate::recorder::{Command, Condition, LEDGER_FORMAT, Order, RefusedData, TABLES_FORMAT};
use crate::store::content_digest::content_digest;

/// Most days that one order turns, so that no group grows without bound.
const DAYS_PER_ORDER_MAX: i32 = 366;

/// How far an operator's watch may differ from the clock that he confirms, in nanoseconds: 5 minutes.
const CONFIRMED_WITHIN: u64 = 5 * 60 * 1_000_000_000;

/// Most mistakes of a kind of data that are told.
const MISTAKES_SHOWN_MAX: usize = 100;

/// Nanoseconds by which the civil day (UTC+8) begins before that of UTC.
const OFFSET: i64 = 8 * 3_600 * 1_000_000_000;
const DAY: i64 = 24 * 3_600 * 1_000_000_000;

/// What the district's report asks for and this version does not have.
pub const NOT_BUILT: &[&str] = &[
    "the notice pair of two documents delivered together",
    "credit repair and publicity",
    "random inspections with published results",
    "bulletins, supervised assignments and letters",
];

/// The service over one recorder.
pub struct Operations(pub Context);

#[tonic::async_trait]
impl OperationsService for Operations {
    async fn get_server_info(
        &self,
        request: Request<pb::GetServerInfoRequest>,
    ) -> Result<Response<pb::ServerInfo>, Status> {
        self.0.principal(request.extensions())?;
        let least = requests::min_revision(&request.into_inner().min_revision)?;
        self.0.shared.view_at_least(least).await?;
        let place = self.0.shared.head().place;
        let info = pb::ServerInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ledger_format: LEDGER_FORMAT.into(),
            tables_format: TABLES_FORMAT.into(),
            epoch: place.epoch.0,
            revision: place.to_string(),
            state: self.state().into(),
            clock: Some(timestamp(self.0.clock.now())),
            is_test_clock: self.0.test_clock.is_some(),
            not_built: NOT_BUILT.iter().map(|&what| what.to_owned()).collect(),
            division: self.division(),
            clock_unconfirmed: !self.0.trust.is_trusted(),
            refused_data: self.0.shared.refused_data.iter().map(refused_data).collect(),
        };
        Ok(reflecting(info, place))
    }

    async fn get_digests(
        &self,
        request: Request<pb::GetDigestsRequest>,
    ) -> Result<Response<pb::Digests>, Status> {
        self.0.principal(request.extensions())?;
        let least = requests::min_revision(&request.into_inner().min_revision)?;
        self.0.shared.view_at_least(least).await?;
        let shared = Arc::clone(&self.0.shared);
        let taken = self.0.readers.run(move || {
            let taken = shared.tables.digest_at();
            // A recorded start stands in the tables before anything is served; without, they have failed.
            let (head, table_digest) = taken.ok_or_else(|| Refusal::plain(Reason::StorageFailed))?;
            let content = content_digest(&shared.facts, head.place.revision);
            let content = content.map_err(|error| refusal(error.into()))?;
            Ok((head.place, table_digest, content))
        });
        let (place, table_digest, content) = taken.await?;
        let kind = |(kind, count, digest): &(&'static str, u64, [u8; 32])| pb::ContentDigest {
            kind: (*kind).to_owned(),
            count: *count,
            digest: HEXLOWER.encode(digest),
        };
        let digests = pb::Digests {
            revision: place.to_string(),
            table_digest: HEXLOWER.encode(&table_digest),
            content_digest: HEXLOWER.encode(&content.total),
            content_digests: content.kinds.iter().map(kind).collect(),
        };
        Ok(reflecting(digests, place))
    }

    async fn get_head(&self, request: Request<pb::GetHeadRequest>) -> Result<Response<pb::Head>, Status> {
        self.0.principal(request.extensions())?;
        let least = requests::min_revision(&request.into_inner().min_revision)?;
        self.0.shared.view_at_least(least).await?;
        let head = self.0.shared.head();
        let answer = pb::Head {
            revision: head.place.to_string(),
            hash: HEXLOWER.encode(&head.hash),
        };
        Ok(reflecting(answer, head.place))
    }

    async fn confirm_clock(
        &self,
        request: Request<pb::ConfirmClockRequest>,
    ) -> Result<Response<pb::ConfirmClockResponse>, Status> {
        self.0.principal(request.extensions())?;
        let now = self.0.clock.now();
        let stated = request.into_inner().now;
        let stated = stated.and_then(instant).ok_or_else(|| {
            Refusal::plain(Reason::MalformedValue).violating("now", "is required: the time by your own watch")
        })?;
        let apart = stated.0.abs_diff(now.0);
        if apart > CONFIRMED_WITHIN {
            return Err(Refusal::plain(Reason::ClockDiffers)
                .with("seconds_apart", (apart / 1_000_000_000).to_string())
                .into());
        }
        tracing::info!("an operator has confirmed the clock");
        self.0.trust.confirm(now);
        let place = self.0.shared.head().place;
        let answer = pb::ConfirmClockResponse {
            clock: Some(timestamp(now)),
            revision: place.to_string(),
        };
        Ok(reflecting(answer, place))
    }

    async fn advance_clock(
        &self,
        request: Request<pb::AdvanceClockRequest>,
    ) -> Result<Response<pb::AdvanceClockResponse>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let to = whereto(&request.into_inner())?;
        let clock = self
            .0
            .test_clock
            .as_ref()
            .ok_or_else(|| Refusal::plain(Reason::NoTestClock))?;
        let from = CivilDate::of_instant(clock.now());
        clock.advance(to).map_err(|backwards| {
            Refusal::plain(Reason::ClockBackwards)
                .with("clock_nanoseconds", backwards.now.0.to_string())
                .with("asked_nanoseconds", to.0.to_string())
        })?;
        let last = CivilDate::of_instant(to).days();
        let mut turned = from.days();
        let place = loop {
            turned = turned.saturating_add(DAYS_PER_ORDER_MAX).min(last);
            let until = CivilDate::from_days(turned).ok_or_else(|| malformed("is beyond the calendar"))?;
            let order = Order {
                principal: principal.clone(),
                request: None,
                validate_only: false,
                command: Command::TurnDays { until },
                deadline: None,
            };
            let answer = self.0.recorder.enqueue(order).await?.await?;
            self.0.shared.effects_settled().await?;
            if turned == last {
                break answer.place;
            }
        };
        let answer = pb::AdvanceClockResponse {
            clock: Some(timestamp(clock.now())),
            revision: place.to_string(),
        };
        Ok(reflecting(answer, place))
    }
}

impl Operations {
    /// The division in force today; the catalogue has one at a time.
    fn division(&self) -> String {
        let today = self.0.today();
        let in_force = |division: &&Division| {
            division.from <= today && division.until.is_none_or(|until| today <= until)
        };
        let found = self.0.shared.policies.catalog.divisions().iter().find(in_force);
        found.map(|division| division.code.clone()).unwrap_or_default()
    }

    fn state(&self) -> pb::ServerState {
        if *self.0.stopping.borrow() {
            return pb::ServerState::ShuttingDown;
        }
        match *self.0.shared.condition().borrow() {
            Condition::Serving => pb::ServerState::Serving,
            Condition::ReadOnly(_) => pb::ServerState::ReadOnly,
            Condition::Failed(_) => pb::ServerState::OutcomeUnknown,
            Condition::Stopped => pb::ServerState::ShuttingDown,
        }
    }
}

fn refused_data(refused: &RefusedData) -> pb::RefusedData {
    let shown = refused.mistakes.iter().take(MISTAKES_SHOWN_MAX);
    pb::RefusedData {
        kind: refused.kind.to_owned(),
        mistakes: shown.map(ToString::to_string).collect(),
        mistake_count: u32::try_from(refused.mistakes.len()).unwrap_or(u32::MAX),
    }
}

/// The instant to which the clock is to be moved.
fn whereto(message: &pb::AdvanceClockRequest) -> Result<Instant, Refusal> {
    match &message.to {
        None => Err(malformed("is required")),
        Some(To::Instant(at)) => instant(*at).ok_or_else(|| malformed("is no instant of 1678 to 2262")),
        Some(To::Date(text)) => {
            let days = i64::from(requests::date("date", text)?.days());
            let begins = days.checked_mul(DAY).and_then(|start| start.checked_sub(OFFSET));
            begins
                .map(Instant)
                .ok_or_else(|| malformed("is beyond the clock"))
        }
    }
}

fn malformed(what: &str) -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating("to", what)
}
